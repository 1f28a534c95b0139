/* The time that an engine goes by. It runs on the machine's steady clock and follows the wall's only while the two go together: a wall clock that is set (NTP, an
 * operator, a machine that was stopped) is looked at, not believed, until it is back or a second witness, the Date of the broker's answers, says the same.
 * Pure: times come from outside. docs/operating.md "When the clock jumps". */
#pragma once

#include <stdbool.h>

#include "lib/base/stamp.h"

#define CLOCK_APART (NANOS_SECOND / 2) /* so far the wall may be off and is followed, a tenth of a second each second */
#define CLOCK_ANSWERS 3                /* as many of the broker's must agree: whole seconds, met at different moments */

/* At `steady` it was `wall`; `owed`: what was told then is so much more, from before the time was found to be less. What is told never goes back: it runs at half pace
 * until nothing is owed. */
struct clock_base {
	nanos_t wall, steady, owed;
	nanos_t away;                  /* the machine's wall clock less this time, at the last look */
	bool held;                     /* by more than CLOCK_APART: it is not believed */
	unsigned holds, adopted;       /* how often that began; how often the wall turned out to be right */
};

void clock_base_begin(struct clock_base *b, nanos_t wall, nanos_t steady);
/* Before anything was told: what one answer of the broker says of its clock less this one. The earlier of the two is taken, for time can be moved on and never back; the
 * later if the wall shows less than `newest`, the last that is known to have been, and the broker does not. Returns how far it moved. */
nanos_t clock_base_first(struct clock_base *b, nanos_t low, nanos_t high, nanos_t newest);
nanos_t clock_base_now(const struct clock_base *b, nanos_t steady);
nanos_t clock_base_ahead(const struct clock_base *b, nanos_t steady); /* of it, what is still owed: known to be too much */
/* Looks at the wall clock; often, for what is read between is made of the last look. */
void clock_base_keep(struct clock_base *b, nanos_t wall, nanos_t steady);
/* So many answers in a row say that the broker's clock less this one lies between the two. Not 0: the wall clock is right and this time was wrong by so much. It has moved, and
 * if that was forward, what is told did too. */
nanos_t clock_base_witness(struct clock_base *b, nanos_t low, nanos_t high, unsigned answers);
