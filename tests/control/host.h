/* A control server on a loop in a thread, for tests that play its clients with the blocking client. Commands are answered
 * by a small engine that counts; see host.c. */
#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "lib/control/server.h"

struct host_options { uid_t peer; bool as_peer; unsigned clients_max, half_line_ms; size_t backlog_max; };

void host_start(const struct host_options *o); /* options NULL = the standard */
void host_stop(void);
void host_stop_keeping_calls(void); /* answers them after the server is gone */
const char *host_path(void);

/* Runs on the loop's thread, and returns when it ran. */
void host_run(void (*work)(struct control_server *server, void *arg), void *arg);
struct control_server_stats host_stats(void);

/* How often the engine was asked to pause; the state it tells at shutdown. */
extern atomic_int host_pauses;
extern _Atomic(const char *) host_shutdown_state;
/* `debug` is not answered until this is called. */
void host_release_held(void);
