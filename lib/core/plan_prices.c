/* Which prices end a trade: stops and targets on the underlying and on the contract, and the trailing stop. */
#include "lib/core/plan.h"

#include "lib/core/core_priv.h"

static bool trail_hit(const struct plan *p, price_t low, price_t high)
{
	return p->trail && (p->direction > 0 ? low <= p->trail : high >= p->trail);
}

/* Behind the extreme of the last n closed bars, from trail_from times r; it only ever tightens. */
SELDOM static void trail_move(struct core *c, struct slot *s, uint32_t n, price_t low, price_t high)
{
	struct plan *p = &s->plan;
	price_t from;

	if (p->risk == 0 || s->series == SERIES_NONE || !num_mul_div(p->risk, s->params[COMMON_trail_from], NUM_SCALE, &from))
		return;
	const struct series *bars = &c->series[s->series];
	if ((p->direction > 0 ? high - p->signal_price : p->signal_price - low) >= from)
		p->trailing = 1;
	if (!p->trailing || bars->count < n)
		return;
	price_t level = p->direction > 0 ? series_low(bars, 0, n) : series_high(bars, 0, n);
	bool tighter = p->trail == 0 || (p->direction > 0 ? level > p->trail : level < p->trail);
	p->trail = tighter ? level : p->trail;
}

static bool target_hit(const struct plan *p, price_t low, price_t high)
{
	if (p->index_target && (p->direction > 0 ? high >= p->index_target : low <= p->index_target))
		return true;
	return p->contract == p->underlying && p->target && (p->side == SIDE_BUY ? high >= p->target : low <= p->target);
}

/* A person's plan has no stop on the underlying. */
static bool stop_hit(const struct plan *p, price_t low, price_t high)
{
	return p->index_stop && (p->direction > 0 ? low <= p->index_stop : high >= p->index_stop);
}

/* The order of the questions is the order of the exits: index stop, option stop, trailing stop, target. */
static enum exit_reason exit_asked(const struct plan *p, price_t low, price_t high)
{
	if (stop_hit(p, low, high))
		return EXIT_INDEX_STOP;
	if (p->touched & TOUCH_OPTION_STOP)
		return EXIT_OPTION_STOP;
	if (trail_hit(p, low, high))
		return EXIT_TRAILING_STOP;
	if ((p->touched & TOUCH_TARGET) || target_hit(p, low, high))
		return EXIT_TARGET;
	return EXIT_NONE;
}

void plan_underlying(struct core *c, uint32_t strategy, price_t low, price_t high)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	uint32_t trail_bars = (uint32_t)s->params[COMMON_trail_bars];
	enum exit_reason reason;

	if (p->exit_reason != EXIT_NONE)
		return;
	if (s->book.qty == 0) { /* entering: dropped if the stop trades first */
		if (stop_hit(p, low, high))
			plan_exit(c, strategy, EXIT_INDEX_STOP);
		return;
	}
	reason = exit_asked(p, low, high);
	p->touched = 0;
	if (reason != EXIT_NONE)
		plan_exit(c, strategy, reason);
	else if (trail_bars > 0)
		trail_move(c, s, trail_bars, low, high);
}

static uint32_t levels_touched(const struct plan *p, price_t low_bid, price_t high_bid)
{
	uint32_t touched = 0;

	if (p->stop && low_bid > 0 && low_bid <= p->stop)
		touched |= TOUCH_OPTION_STOP;
	if (p->target && high_bid > 0 && (p->side == SIDE_BUY ? high_bid >= p->target : low_bid <= p->target))
		touched |= TOUCH_TARGET;
	return touched;
}

/* A contract's bar comes before its underlying's bar of the same minute, whose index stop goes first: so what it touched is
 * only noted, and decided with the underlying's bar or, when there is none, a nanosecond later. */
void plan_contract_bar(struct core *c, uint32_t strategy, price_t low, price_t high)
{
	struct plan *p = &c->slot[strategy].plan;
	const struct instrument *i = &c->instrument[p->contract];

	if (p->exit_reason != EXIT_NONE)
		return;
	p->touched |= levels_touched(p, quote_bid(&(struct quote){ .last = low }, i), quote_bid(&(struct quote){ .last = high }, i));
	if (p->touched) {
		c->s->touched_at = c->s->now;
		core_reschedule(c);
	}
}

void plan_contract_tick(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	price_t bid = quote_bid(&c->quote[p->contract], &c->instrument[p->contract]);
	uint32_t touched;

	if (p->exit_reason != EXIT_NONE)
		return;
	touched = levels_touched(p, bid, bid);
	if (touched & TOUCH_OPTION_STOP)
		plan_exit(c, strategy, EXIT_OPTION_STOP);
	else if (touched & TOUCH_TARGET)
		plan_exit(c, strategy, EXIT_TARGET);
}

void plan_touched(struct core *c)
{
	if (c->s->touched_at == 0 || c->s->now <= c->s->touched_at)
		return;
	c->s->touched_at = 0;
	for (uint32_t n = c->s->active; n-- > 0;) {
		uint32_t i = c->active[n], touched = c->slot[i].plan.touched;

		c->slot[i].plan.touched = 0;
		if (touched)
			plan_exit(c, i, touched & TOUCH_OPTION_STOP ? EXIT_OPTION_STOP : EXIT_TARGET);
	}
}
