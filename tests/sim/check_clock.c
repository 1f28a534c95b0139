/* The time that the engine goes by against the true one: no jump of the machine's wall clock moves it. It may be behind where nobody could know better: the machine stood
 * still, or began with a clock that showed less. It is never ahead: exits near the close would be held, and the square-off would come too early. */
#include "lib/base/obj.h"
#include "tests/sim/check_priv.h"

#define OFF_MOST (2 * NANOS_SECOND)    /* the broker's Date has whole seconds */
#define OFF_SEEN (3 * NANOS_SECOND)    /* after a freeze: the next answer of the broker tells */
#define LATE_MOST (5 * NANOS_SECOND)   /* a turn after a stall */

nanos_t check_clock_off(const struct check *c)
{
	return clock_now(&c->node->clock) - sim_world->now;
}

/* A start to which the broker said nothing believes the machine. */
void check_clock_begun(struct check *c)
{
	nanos_t off = check_clock_off(c);

	check_that(c, 15, off < OFF_MOST || !c->node->told_time, "begins %lld s ahead, and the broker said what time it is", (long long)(off / NANOS_SECOND));
	c->clock_ahead = c->clock_ahead || off >= OFF_MOST;
	c->clock_behind = off <= -OFF_MOST;
}

void check_clock_entry(struct check *c, const char *tag, const char *what)
{
	nanos_t off = check_clock_off(c);

	check_that(c, 15, (off < OFF_MOST && off > -OFF_MOST) || sim_world->now < sim_world->frozen_at + OFF_SEEN, "entry %s %s while its time is off by %lld ms", tag, what,
	           (long long)(off / NANOS_MS));
}

static void check_square_off(struct check *c, const struct core_state *s)
{
	if (!s->day_active || c->clock_ahead)
		return;
	check_that(c, 15, !s->squared_off || sim_world->now > s->day.square_off - OFF_MOST, "the square-off began too early");
	check_that(c, 15, s->squared_off || c->clock_behind || sim_world->now < s->day.square_off + LATE_MOST, "the square-off is late");
}

void check_clock(struct check *c)
{
	const struct core_state *s = c->node->core ? c->node->core->s : NULL;
	nanos_t off = check_clock_off(c);

	if (!s)
		return;
	c->clock_behind = c->clock_behind || sim_world->frozen_at == sim_world->now;
	c->clock_behind = c->clock_behind && off <= -OFF_MOST;
	check_that(c, 15, c->clock_ahead || (off < OFF_MOST && s->now < sim_world->now + OFF_MOST), "the engine's time is %lld ms ahead", (long long)(off / NANOS_MS));
	check_that(c, 15, c->clock_behind || off > -OFF_MOST, "the engine's time is %lld ms behind", (long long)(-off / NANOS_MS));
	check_square_off(c, s);
}
