/* How long a piece of work held up the loop, told apart from how long the machine was busy with others: the processor time of the thread, or the
 * wall's when the thread went to sleep by itself (a lock, a disk, a name server), without the time it then stood in line for a processor. */
#pragma once

#include <stdint.h>

#include "lib/base/stamp.h"

#define STINT_LONG (5 * NANOS_MS)

struct stint { nanos_t wall, processor, line; long sleeps; };
struct stints { uint64_t n, over; nanos_t longest; }; /* over: longer than STINT_LONG */

void stint_begin(struct stint *s);
void stint_end(const struct stint *s, struct stints *all);
