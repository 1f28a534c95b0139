/* What a service manager is told (sd_notify(3), without libsystemd): ready, alive, stopping. Nobody listens: nothing is sent. It never waits: what the
 * manager's socket does not take is said again with the next sign of life. */
#pragma once

#include <stdbool.h>

#include "lib/base/stamp.h"

struct manager {
	int fd;             /* -1 = nobody listens */
	nanos_t every;      /* least time between two signs of life; NUM_UNKNOWN = the manager does not watch */
	nanos_t said;
	bool ready, stopping;
};

/* Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment: no child may speak for us. */
void manager_open(struct manager *n);
void manager_close(struct manager *n);

void manager_status(const struct manager *n, const char *text);
/* At the end of work that proves something, as often as there is such an end: the first makes the service ready. */
void manager_alive(struct manager *n, nanos_t mono);
void manager_stopping(struct manager *n);

/* A listening socket that the manager opened for us (sd_listen_fds(3)), or -1. */
int manager_listener(void);
