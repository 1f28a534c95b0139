#include "lib/loop/clock_base.h"

#define SLEW 10

static nanos_t least(nanos_t a, nanos_t b)
{
	return a < b ? a : b;
}

static nanos_t size_of(nanos_t span)
{
	return span < 0 ? -span : span;
}

void clock_base_begin(struct clock_base *b, nanos_t wall, nanos_t steady)
{
	*b = (struct clock_base){ .wall = wall, .steady = steady };
}

/* All that is told moves by so much, and the wall does not. */
static void move(struct clock_base *b, nanos_t by)
{
	b->wall += by;
	b->away -= by;
	b->held = size_of(b->away) > CLOCK_APART;
}

nanos_t clock_base_first(struct clock_base *b, nanos_t low, nanos_t high, nanos_t newest)
{
	nanos_t middle = low + (high - low) / 2;
	bool ahead = high < -CLOCK_APART, behind = low > CLOCK_APART && b->wall < newest && b->wall + high + CLOCK_APART >= newest;

	if (!ahead && !behind)
		return 0;
	move(b, middle);
	b->holds += b->held;
	return middle;
}

nanos_t clock_base_ahead(const struct clock_base *b, nanos_t steady)
{
	return b->owed - least(b->owed, (steady - b->steady) / 2);
}

nanos_t clock_base_now(const struct clock_base *b, nanos_t steady)
{
	return b->wall + (steady - b->steady) + clock_base_ahead(b, steady);
}

/* Brings the pair up to `steady`. Returns how much time has passed. */
static nanos_t go_on(struct clock_base *b, nanos_t steady)
{
	nanos_t passed = steady - b->steady;

	b->owed -= least(b->owed, passed / 2);
	b->wall += passed;
	b->steady = steady;
	return passed;
}

void clock_base_keep(struct clock_base *b, nanos_t wall, nanos_t steady)
{
	nanos_t passed = go_on(b, steady), most = passed / SLEW;
	bool was = b->held;

	b->away = wall - b->wall;
	b->held = size_of(b->away) > CLOCK_APART;
	b->holds += b->held && !was;
	if (!b->held)
		move(b, b->away > most ? most : b->away < -most ? -most : b->away);
}

nanos_t clock_base_witness(struct clock_base *b, nanos_t low, nanos_t high, unsigned answers)
{
	nanos_t by = b->away;
	bool wrong = low > 0 || high < 0, wall = by >= low - CLOCK_APART && by <= high + CLOCK_APART;

	if (!b->held || b->owed > 0 || answers < CLOCK_ANSWERS || !wrong || !wall)
		return 0;
	move(b, by);
	b->owed = by < 0 ? -by : 0;
	b->adopted++;
	return by;
}
