/* What was to be closed and is not yet: said after ten seconds, then each minute (each hour while the market is closed), with
 * what remains and why, until it is flat. Whoever reads one alert must know what a hundred would tell. */
#include "lib/base/prng.h"
#include "lib/core/core_priv.h"

#define FIRST (10 * NANOS_SECOND)

/* How often what is known by now is said again. */
static nanos_t repeat(const struct core *c)
{
	return plan_market_open(c) ? NANOS_MINUTE : NANOS_HOUR;
}

nanos_t late_at(const struct core *c, const struct plan *p)
{
	nanos_t step = plan_interval(c), slack = step > NANOS_SECOND ? 2 * step : 0;

	if (p->state == PLAN_IDLE || p->exit_reason == EXIT_NONE || p->late == LATE_KNOWN)
		return STAMP_NEVER;
	if (p->said_at == 0)
		return p->exit_since + FIRST + slack;
	return p->said_at + repeat(c);
}

static const char *order_why(const struct order *o)
{
	if (o->request.purpose == PURPOSE_ENTRY)
		return "NOT FLAT: an entry is at work and its cancel is not confirmed";
	switch (o->state) {
	case ORDER_INTENT:
	case ORDER_SENT:    return "NOT FLAT: the broker has not answered to the exit";
	case ORDER_UNKNOWN: return "NOT FLAT: it is not known whether the exit reached the broker";
	case ORDER_ABSENT:  return "NOT FLAT: the exit did not reach the broker and goes out again";
	default:            return o->cancelling ? "NOT FLAT: an order is cancelled first" : "NOT FLAT: the exit rests unfilled, its price walks on";
	}
}

static const char *why(const struct core *c, const struct plan *p)
{
	const struct order *o = order_find(c, p->order);
	const struct quote *q = &c->quote[p->contract];

	if (!plan_market_open(c))
		return "NOT FLAT: the market is closed";
	if (!c->s->link[LINK_BROKER].up)
		return "NOT FLAT: the broker is not connected";
	if (o && order_live((enum order_state)o->state))
		return order_why(o);
	return q->last <= 0 && q->bid <= 0 && q->ask <= 0 ? "NOT FLAT: there is no price to close at" : "NOT FLAT: the exit was refused or waits for its turn";
}

void late_say(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	bool first = p->said_at == 0;

	if (c->s->now < late_at(c, p))
		return;
	p->said_at = c->s->now;
	if (!first && p->late == LATE_NOT && not_flat_ordered((enum exit_reason)p->exit_reason)) {
		p->late = LATE_SAID;
		not_flat_latch(c, (enum exit_reason)p->exit_reason);
	} else if (p->late == LATE_SAID)
		not_flat_said(c);
	core_alert(c, first ? ALERT_EXIT_LATE : ALERT_NOT_FLAT, strategy, p->contract, c->slot[strategy].book.qty, why(c, p));
}

/* -- refused exits ---------------------------------------------------------------------------------------------------------- */

static uint64_t cause_of(const struct order *o)
{
	uint64_t cause = 1;

	for (const char *at = o->reason; *at; at++)
		cause = prng_mix(cause + (unsigned char)*at);
	return cause;
}

/* An exit that is refused goes out again each second. Once per cause, then as often as an alarm is repeated. */
bool late_refusal_is_news(struct core *c, const struct order *o)
{
	struct plan *p = &c->slot[o->request.strategy].plan;
	struct plan_refusal *of = &p->refused[0];
	uint64_t cause = cause_of(o);

	if (o->request.purpose != PURPOSE_EXIT || p->state == PLAN_IDLE)
		return true;
	if (p->refused[1].cause == cause || (of->cause != cause && p->refused[1].said < of->said))
		of = &p->refused[1];
	if (of->cause == cause && c->s->now < of->said + repeat(c))
		return false;
	*of = (struct plan_refusal){ cause, c->s->now };
	return true;
}
