/* The clock of a live engine: the machine's, looked after by a base where one is given (clock_base.h), or for rehearsals against a simulator an anchored one that runs
 * faster. Only a loopback broker may be met with a faster clock (engined/ checks it). */
#pragma once

#include "lib/loop/clock_base.h"

/* speed 1 and virtual_from 0: the base's time, or CLOCK_REALTIME without one. Else virtual_from + (CLOCK_MONOTONIC - real_from) * speed, and no base. All copies share the base. */
struct clock { nanos_t virtual_from, real_from; int64_t speed; struct clock_base *base; };

#define CLOCK_SYSTEM (struct clock){ 0, 0, 1, NULL }
nanos_t clock_now(const struct clock *c);
nanos_t clock_wall(const struct clock *c); /* what the machine's wall clock shows, right or wrong; an anchored clock's own time */
nanos_t clock_mono(void); /* CLOCK_MONOTONIC: for deadlines of requests, which no clock speeds up */
/* Never steps, and goes on while the machine sleeps: CLOCK_BOOTTIME, or the anchored clock. For budgets that the broker counts in its own seconds, and below every base. */
nanos_t clock_steady(const struct clock *c);
void clock_begin(struct clock *c, struct clock_base *b); /* gives it a base, from the wall as it is; nothing for an anchored clock */
void clock_look(const struct clock *c);                  /* clock_base_keep(), once a turn of the loop; nothing without a base */
bool clock_held(const struct clock *c);                  /* the wall is not believed */
nanos_t clock_ahead(const struct clock *c);              /* so much of clock_now() is known to be too much (clock_base.h); what others stamp is held against the rest */
/* The wall's time for somebody who waits for instants: it never stands still. A wall set back is waited for at half pace.
 * Begin with { the last time known, clock_steady() }. */
struct clock_forward { nanos_t told, at; };
nanos_t clock_forward(struct clock_forward *f, nanos_t wall, nanos_t steady);
/* Real milliseconds that a span of the clock's time takes, rounded up, at least 1. */
uint64_t clock_ms(const struct clock *c, nanos_t span);
/* "VIRTUAL_NS,REAL_NS,SPEED" with speed 1 to 1000. ERR_PARSE, ERR_RANGE. */
int clock_parse(const char *text, struct clock *ret);
