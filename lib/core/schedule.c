/* What is due by the clock: bars that end, price walks, square-off, the minute's equity point. */
#include "lib/core/core_priv.h"

static void square_off(struct core *c)
{
	struct core_state *s = c->s;

	if (!s->day_active || s->squared_off || s->now < s->day.square_off)
		return;
	s->squared_off = 1;
	plan_exit_all(c, EXIT_SQUARE_OFF);
}

static bool mis_open(const struct core *c)
{
	for (uint32_t i = 0; i < c->s->active; i++)
		if (c->slot[c->active[i]].book.qty != 0 && !c->slot[c->active[i]].params[COMMON_product])
			return true;
	return false;
}

/* Coarse data cannot be flat on the minute: the alarm waits for two steps more. */
static nanos_t flat_deadline(const struct core *c)
{
	nanos_t slack = c->s->start.feed_step > NANOS_MINUTE ? 2 * c->s->start.feed_step : 0;

	return c->s->day.flat_by + slack;
}

static void flat_alarm(struct core *c)
{
	struct core_state *s = c->s;

	if (!s->day_active || s->late_alarm || !s->squared_off || s->now < flat_deadline(c))
		return;
	s->late_alarm = 1;
	if (!mis_open(c))
		return;
	not_flat_latch(c, EXIT_SQUARE_OFF);
	core_alert(c, ALERT_NOT_FLAT, UINT32_MAX, INSTRUMENT_NONE, s->open_books, "positions are open past the square-off deadline");
}

static nanos_t earlier(nanos_t a, nanos_t b)
{
	return a < b ? a : b;
}

static nanos_t plan_due(struct core *c, const struct slot *s)
{
	const struct order *o = order_find(c, s->plan.order);
	nanos_t at = earlier(s->plan.retry_at ? s->plan.retry_at : STAMP_NEVER, late_at(c, &s->plan));

	if (o && order_live((enum order_state)o->state))
		at = earlier(at, o->walk_at);
	return at;
}

/* Exact again, after the walks that were due have been taken. */
static void plans_next(struct core *c)
{
	nanos_t at = STAMP_NEVER;

	for (uint32_t i = 0; i < c->s->active; i++)
		at = earlier(at, plan_due(c, &c->slot[c->active[i]]));
	c->s->plans_at = at;
}

#define PLANS_EXACT 2 /* core_state.reschedule: plans_at was just computed, so an open position alone asks for no timer */

void schedule_due(struct core *c)
{
	market_clock(c);
	plan_touched(c);
	square_off(c);
	delivery_due(c);
	bool due = c->s->plans_at <= c->s->now;

	if (due) {
		plan_timer(c);
		plans_next(c);
	}
	flat_alarm(c);
	not_flat_due(c);
	if (c->s->open_books && !core_flag(c, START_QUIET) && c->s->now >= c->s->equity_at + NANOS_MINUTE)
		account_equity(c);
	c->s->reschedule = due ? PLANS_EXACT : 1;
}

void schedule_next(struct core *c)
{
	struct core_state *s = c->s;
	nanos_t at = s->bars_at;

	bool changed = s->reschedule != PLANS_EXACT;
	s->reschedule = 0;
	if (s->active > 0 && changed) /* what changed in this step is not due before one more step of a walk */
		s->plans_at = earlier(s->plans_at, s->now + plan_interval(c));
	at = earlier(at, s->active > 0 ? s->plans_at : STAMP_NEVER);
	if (s->touched_at)
		at = earlier(at, s->touched_at + 1);
	if (s->day_active && !s->squared_off)
		at = earlier(at, s->day.square_off);
	else if (s->day_active && !s->late_alarm)
		at = earlier(at, flat_deadline(c));
	if (s->delivery)
		at = earlier(at, delivery_at(c));
	if (s->open_books && !core_flag(c, START_QUIET))
		at = earlier(at, s->equity_at + NANOS_MINUTE);
	if (s->stop == STOP_RUNNING)
		at = earlier(at, s->stop_at);
	at = earlier(at, not_flat_at(c));
	s->wake_at = at;
}
