/* The wall clock of a live engine: the machine's, or for rehearsals against a simulator an anchored one that runs faster. Only a loopback
 * broker may be met with a faster clock (engined/ checks it). */
#pragma once

#include "lib/base/stamp.h"

/* speed 1 and virtual_from 0: CLOCK_REALTIME. Else virtual_from + (CLOCK_MONOTONIC - real_from) * speed. */
struct clock { nanos_t virtual_from, real_from; int64_t speed; };

#define CLOCK_SYSTEM (struct clock){ 0, 0, 1 }
nanos_t clock_now(const struct clock *c);
nanos_t clock_mono(void); /* CLOCK_MONOTONIC: for deadlines of requests, which no clock speeds up */
/* Never steps: CLOCK_MONOTONIC, or the anchored clock, which is made of it. For budgets that the broker counts in its own seconds. */
nanos_t clock_steady(const struct clock *c);
/* The wall's time for somebody who waits for instants: it never stands still. A wall set back is waited for at half pace.
 * Begin with { the last time known, clock_steady() }. */
struct clock_forward { nanos_t told, at; };
nanos_t clock_forward(struct clock_forward *f, nanos_t wall, nanos_t steady);
/* Real milliseconds that a span of the clock's time takes, rounded up, at least 1. */
uint64_t clock_ms(const struct clock *c, nanos_t span);
/* "VIRTUAL_NS,REAL_NS,SPEED" with speed 1 to 1000. ERR_PARSE, ERR_RANGE. */
int clock_parse(const char *text, struct clock *ret);
