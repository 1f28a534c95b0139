/* The simulator's time: virtual nanoseconds UTC since 1970, running `speed` times as fast as the machine's monotonic clock
 * from an anchor. engined is given the same anchor (--clock), so both live in the same day. */
#pragma once

#include <stdint.h>

struct sim_clock { int64_t virtual_from, real_from, speed; }; /* real_from: CLOCK_MONOTONIC ns; speed >= 1; 0 = held */

/* A clock that shows `at` now. */
void sim_clock_start(struct sim_clock *c, int64_t at, int64_t speed);
int64_t sim_now(const struct sim_clock *c);
/* Real milliseconds until the clock shows `at`, at least 0, at most 1000. */
int sim_wait_ms(const struct sim_clock *c, int64_t at);

/* India's wall clock: days since 1970 and nanoseconds since midnight, IST. */
int32_t sim_date(int64_t now);
int64_t sim_time_of_day(int64_t now);
int64_t sim_at(int32_t date, int64_t time_of_day);
