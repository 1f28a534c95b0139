/* The doubles as the run sees them: what the broker sends goes in here, and the journal's thread gets its turn. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* struct sim_broker_options: frame and closed */
void fake_frame(void *ctx, uint32_t id, bool binary, const void *bytes, size_t len);
void fake_closed(void *ctx, uint32_t id);
void fake_heal(void);  /* sockets that stall go on */
void fake_reset(void); /* a new run: numbers begin anew */
void fake_thread_run(void);
bool fake_thread_pause(void); /* the thread that calls it stands still until the next time; false: it is the loop that calls */
