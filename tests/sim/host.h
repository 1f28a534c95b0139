/* The host is lost, and another one begins with a copy of the journal that had lagged: the newest records are in it no more, and what was done in them is known to the broker alone. */
#pragma once

#include "tests/sim/node.h"

/* Of a process that has ended. The copy ends at a record between `least` and the newest; what the lost host had is moved to `kept`, for the checks alone. The copy's last record;
 * 0: there is no copy, and nothing was done. */
uint64_t host_lose(struct node *n, uint64_t least, const char *kept);

/* As engined/restore.c: until the broker's link is up, the journal is one without its end. */
bool host_marked(const struct node *n);
void host_heard(const struct node *n, const struct event_link *l);
