/* A trade from signal to flat. One order at work at a time: the entry walk, then at most one exit, so that two exits can
 * never both fill. Exits are sized from the own book. An exit never gives up while the book is not flat. */
#include "lib/core/core_priv.h"

#define ENTRY_REPRICES 2
#define MODIFIES_MAX 15
#define EXIT_TICKS 2
#define ENTRY_TICKS 1
#define EXIT_PERCENT_MAX 40 /* beyond it the exchange's price protection refuses; the walk begins again */
#define EXIT_ALARM (10 * NANOS_SECOND)

/* -- small facts --------------------------------------------------------------------------------------------------------- */

/* A walk steps once a second, on coarse data once a step: before the next price there is nothing new to walk to. */
static nanos_t walk_interval(const struct core *c)
{
	return c->s->start.feed_step > NANOS_SECOND ? c->s->start.feed_step : NANOS_SECOND;
}

static bool is_stop(enum exit_reason r)
{
	return r == EXIT_INDEX_STOP || r == EXIT_OPTION_STOP;
}

static price_t within_band(const struct instrument *i, price_t price)
{
	if (i->band_low && price < i->band_low)
		price = price_ceil(i->band_low, i->tick);
	if (i->band_high && price > i->band_high)
		price = price_floor(i->band_high, i->tick);
	return price < i->tick ? i->tick : price;
}

/* Whole lots below the freeze quantity; a freeze that is not known bounds nothing. */
static qty_t slice(const struct instrument *i, qty_t qty)
{
	qty_t most = i->freeze > i->lot ? i->freeze / i->lot * i->lot : qty;

	return qty < most ? qty : most;
}

static price_t entry_price(const struct core *c, uint32_t contract, enum side side)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];

	return side == SIDE_BUY ? within_band(i, price_ceil(quote_ask(q, i), i->tick) + ENTRY_TICKS * i->tick)
	                        : within_band(i, price_floor(quote_bid(q, i), i->tick) - ENTRY_TICKS * i->tick);
}

/* Step 0 is two ticks through the market, then 1, 2, 4 ... percent. 0 when there is no price at all to start from. */
static price_t exit_price(const struct core *c, uint32_t contract, enum side side, uint32_t step)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	price_t base = side == SIDE_SELL ? quote_bid(q, i) : quote_ask(q, i);
	int64_t away;

	base = base > 0 ? base : q->last;
	if (base <= 0)
		return 0;
	away = step == 0 ? EXIT_TICKS * i->tick : base / 100 * (INT64_C(1) << (step - 1));
	return side == SIDE_SELL ? within_band(i, price_floor(base - away, i->tick)) : within_band(i, price_ceil(base + away, i->tick));
}

/* -- the list of active plans ----------------------------------------------------------------------------------------------- */

static void activate(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];

	s->active_at = c->s->active++;
	c->active[s->active_at] = strategy;
	c->link[s->plan.contract].watchers++;
	if (s->plan.underlying != s->plan.contract)
		c->link[s->plan.underlying].watchers++;
}

static void deactivate(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	uint32_t last = c->active[--c->s->active];

	c->active[s->active_at] = last;
	c->slot[last].active_at = s->active_at;
	c->link[s->plan.contract].watchers--;
	if (s->plan.underlying != s->plan.contract)
		c->link[s->plan.underlying].watchers--;
	s->plan = (struct plan){ .state = PLAN_IDLE };
	core_reschedule(c);
}

/* -- entry ------------------------------------------------------------------------------------------------------------------- */

static void send_entry(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	const struct instrument *i = &c->instrument[p->contract];
	struct order *o;

	if (!risk_rate_take(c, true))
		return;
	o = orders_place(c, strategy, p->contract, (enum side)p->side, PURPOSE_ENTRY, slice(i, p->want - p->entered),
	                 entry_price(c, p->contract, (enum side)p->side), "signal");
	o->walk_at = c->s->now + walk_interval(c);
	p->order = o->request.order;
}

void plan_enter(struct core *c, uint32_t strategy, const struct signal *signal, uint32_t contract, enum side side,
                const struct sizing *z, price_t close)
{
	struct slot *s = &c->slot[strategy];

	assert(s->plan.state == PLAN_IDLE && s->book.qty == 0 && z->qty > 0);
	s->plan = (struct plan){
		.state = PLAN_ENTERING, .direction = signal->direction, .contract = contract, .underlying = s->underlying,
		.side = (uint32_t)side, .want = z->qty, .signal_price = close, .index_stop = signal->index_stop,
		.index_target = signal->index_target, .since = c->s->now,
		.risk = close > signal->index_stop ? close - signal->index_stop : signal->index_stop - close,
	};
	activate(c, strategy);
	send_entry(c, strategy);
	assert(s->plan.order != 0); /* the gate asked for the rate in this same step */
}

static void entry_walk(struct core *c, struct order *o)
{
	price_t price = entry_price(c, o->instrument, (enum side)o->request.side);

	o->walk_at = c->s->now + walk_interval(c);
	if (o->walk >= ENTRY_REPRICES) {
		if (risk_rate_take(c, false))
			orders_cancel(c, o);
		return;
	}
	o->walk++;
	if (price != o->request.price && risk_rate_take(c, true))
		orders_modify(c, o, price);
}

/* Stop and target of the contract, from what was really paid. */
static void set_levels(struct core *c, struct slot *s)
{
	struct plan *p = &s->plan;
	const struct book *b = &s->book;
	const struct instrument *i = &c->instrument[p->contract];
	price_t paid = p->side == SIDE_BUY ? num_div_round(b->buy_value, b->bought) : num_div_round(b->sell_value, b->sold);
	price_t risk = sizing_unit_risk(i, p->risk), reward;

	if (!num_mul_div(risk, s->params[COMMON_reward], NUM_SCALE, &reward))
		reward = 0;
	p->stop = sizing_is_option(i) && paid > risk ? paid - risk : 0;
	p->target = reward == 0 ? 0 : p->side == SIDE_BUY ? paid + reward : paid - reward;
}

/* -- exit ---------------------------------------------------------------------------------------------------------------------- */

static void retry_later(struct core *c, struct plan *p, nanos_t at)
{
	p->retry_at = at > c->s->now ? at : c->s->now + NANOS_MS;
	core_reschedule(c);
}

static void send_exit(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	enum side side = s->book.qty > 0 ? SIDE_SELL : SIDE_BUY;
	price_t price = exit_price(c, p->contract, side, p->exit_walk);
	qty_t held = s->book.qty > 0 ? s->book.qty : -s->book.qty;
	struct order *o;

	p->retry_at = 0;
	if (!c->s->day_active || c->s->now >= c->s->day.close)
		return; /* no order outside the session; the next day's beginning advances the plan */
	if (price == 0) {
		retry_later(c, p, c->s->now + walk_interval(c));
		return;
	}
	if (!risk_rate_take(c, false)) {
		retry_later(c, p, risk_rate_free(c));
		return;
	}
	o = orders_place(c, strategy, p->contract, side, PURPOSE_EXIT, slice(&c->instrument[p->contract], held), price,
	                 exit_reason_name((enum exit_reason)p->exit_reason));
	o->walk_at = c->s->now + walk_interval(c);
	p->order = o->request.order;
	p->state = PLAN_EXITING;
}

static uint32_t next_exit_step(uint32_t step)
{
	return (1u << step) > EXIT_PERCENT_MAX ? 0 : step + 1;
}

static void exit_alarm(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	nanos_t slack = walk_interval(c) > NANOS_SECOND ? 2 * walk_interval(c) : 0;

	if (p->alarmed || !p->exit_since || c->s->now < p->exit_since + EXIT_ALARM + slack)
		return;
	p->alarmed = 1;
	core_alert(c, ALERT_EXIT_LATE, strategy, p->contract, c->slot[strategy].book.qty, "an exit is not filled yet; the walk goes on");
}

static void exit_walk(struct core *c, uint32_t strategy, struct order *o)
{
	struct plan *p = &c->slot[strategy].plan;
	price_t price;

	exit_alarm(c, strategy);
	o->walk_at = c->s->now + walk_interval(c);
	p->exit_walk = next_exit_step(p->exit_walk);
	price = exit_price(c, p->contract, (enum side)o->request.side, p->exit_walk);
	if (price == 0 || price == o->request.price)
		return;
	if (!risk_rate_take(c, false))
		o->walk_at = risk_rate_free(c);
	else if (o->modifies >= MODIFIES_MAX)
		orders_cancel(c, o); /* confirmed, then placed anew by plan_order_ended() */
	else
		orders_modify(c, o, price);
}

void plan_advance(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	struct order *o = order_find(c, p->order);

	if (p->state == PLAN_IDLE || p->exit_reason == EXIT_NONE)
		return;
	if (o && order_live((enum order_state)o->state)) {
		if (o->request.purpose == PURPOSE_ENTRY && !o->cancelling && !risk_rate_take(c, false))
			retry_later(c, p, risk_rate_free(c));
		else if (o->request.purpose == PURPOSE_ENTRY)
			orders_cancel(c, o);
		return;
	}
	if (s->book.qty == 0)
		deactivate(c, strategy);
	else
		send_exit(c, strategy);
}

void plan_exit(struct core *c, uint32_t strategy, enum exit_reason reason)
{
	struct plan *p = &c->slot[strategy].plan;

	if (p->state == PLAN_IDLE || p->exit_reason != EXIT_NONE)
		return;
	p->exit_reason = (uint32_t)reason;
	p->exit_since = c->s->now;
	plan_advance(c, strategy);
}

static bool bound_by(const struct slot *s, enum exit_reason reason)
{
	return reason != EXIT_SQUARE_OFF || !s->params[COMMON_product];
}

void plan_exit_all(struct core *c, enum exit_reason reason)
{
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t n = c->s->active; n-- > 0;) {
			uint32_t i = c->active[n];

			if ((pass == 0) == (c->slot[i].book.qty < 0) && bound_by(&c->slot[i], reason))
				plan_exit(c, i, reason);
		}
}

void plan_cancel_entries(struct core *c)
{
	for (uint32_t n = c->s->active; n-- > 0;) {
		struct order *o = order_find(c, c->slot[c->active[n]].plan.order);

		if (o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state)) {
			risk_rate_take(c, false);
			orders_cancel(c, o);
		}
	}
}

/* -- prices -------------------------------------------------------------------------------------------------------------------- */

static bool trail_hit(const struct plan *p, price_t low, price_t high)
{
	return p->trail && (p->direction > 0 ? low <= p->trail : high >= p->trail);
}

/* Behind the extreme of the last closed bars, from trail_from times r; it only ever tightens. */
static void trail_move(struct core *c, struct slot *s, price_t low, price_t high)
{
	struct plan *p = &s->plan;
	const struct series *bars = &c->series[s->series];
	uint32_t n = (uint32_t)s->params[COMMON_trail_bars];
	price_t gain = p->direction > 0 ? high - p->signal_price : p->signal_price - low, from;

	if (n == 0 || !num_mul_div(p->risk, s->params[COMMON_trail_from], NUM_SCALE, &from))
		return;
	if (gain >= from)
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

/* The order of the questions is the order of the exits: index stop, option stop, trailing stop, target. */
static enum exit_reason exit_asked(const struct plan *p, price_t low, price_t high)
{
	if (p->direction > 0 ? low <= p->index_stop : high >= p->index_stop)
		return EXIT_INDEX_STOP;
	if (p->touched & TOUCH_OPTION_STOP)
		return EXIT_OPTION_STOP;
	if (trail_hit(p, low, high))
		return EXIT_TRAILING_STOP;
	if ((p->touched & TOUCH_TARGET) || target_hit(p, low, high))
		return EXIT_TARGET;
	return EXIT_NONE;
}

void plan_underlying(struct core *c, uint32_t strategy, price_t low, price_t high, price_t last)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	enum exit_reason reason;

	(void)last;
	if (p->exit_reason != EXIT_NONE)
		return;
	if (p->state == PLAN_ENTERING) { /* dropped if the stop trades first */
		if (p->direction > 0 ? low <= p->index_stop : high >= p->index_stop)
			plan_exit(c, strategy, EXIT_INDEX_STOP);
		return;
	}
	reason = exit_asked(p, low, high);
	p->touched = 0;
	if (reason != EXIT_NONE)
		plan_exit(c, strategy, reason);
	else
		trail_move(c, s, low, high);
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

	if (p->state != PLAN_OPEN)
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

	if (p->state != PLAN_OPEN || p->exit_reason != EXIT_NONE)
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

/* -- what became of orders ------------------------------------------------------------------------------------------------------ */

/* A fill after the plan had given the entry up: the book is not flat, so a plan exists again and leaves at once. */
static void adopt_late_fill(struct core *c, uint32_t strategy, const struct order *o)
{
	struct slot *s = &c->slot[strategy];

	s->plan = (struct plan){ .state = PLAN_OPEN, .contract = o->instrument, .underlying = s->underlying,
	                         .side = o->request.side, .direction = o->request.side == SIDE_BUY ? 1 : -1 };
	activate(c, strategy);
	plan_exit(c, strategy, EXIT_SIGNAL);
}

void plan_filled(struct core *c, struct order *o)
{
	struct slot *s = &c->slot[o->request.strategy];
	struct plan *p = &s->plan;

	core_reschedule(c);
	if (s->book.qty == 0)
		return;
	if (p->state == PLAN_IDLE) {
		adopt_late_fill(c, o->request.strategy, o);
		return;
	}
	if (o->request.purpose != PURPOSE_ENTRY)
		return;
	if (p->entered == 0) {
		s->entries_today++;
		s->funnel.entries++;
		s->acted = c->s->now;
	}
	p->entered = p->side == SIDE_BUY ? s->book.bought : s->book.sold;
	set_levels(c, s);
}

static void entry_ended(struct core *c, uint32_t strategy, const struct order *o)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;

	if (p->entered == 0) {
		s->funnel.unfilled++;
		deactivate(c, strategy);
		return;
	}
	if (o->state == ORDER_FILLED && p->entered < p->want && p->exit_reason == EXIT_NONE)
		send_entry(c, strategy); /* the next slice */
	if (p->order == 0)
		p->state = PLAN_OPEN;
	plan_advance(c, strategy);
}

void plan_order_ended(struct core *c, struct order *o)
{
	uint32_t strategy = o->request.strategy;
	struct plan *p = &c->slot[strategy].plan;

	if (p->state == PLAN_IDLE || p->order != o->request.order)
		return;
	p->order = 0;
	if (o->request.purpose == PURPOSE_ENTRY)
		entry_ended(c, strategy, o);
	else if (o->state == ORDER_REJECTED)
		retry_later(c, p, c->s->now + walk_interval(c));
	else
		plan_advance(c, strategy);
}

void plan_book_closed(struct core *c, uint32_t strategy, enum exit_reason reason)
{
	struct slot *s = &c->slot[strategy];

	s->acted = c->s->now;
	if (is_stop(reason))
		s->stopped_out = c->s->now;
	if (s->plan.state != PLAN_IDLE)
		deactivate(c, strategy);
}

/* -- the clock -------------------------------------------------------------------------------------------------------------------- */

static void walk(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	struct order *o = order_find(c, p->order);

	if (p->retry_at && p->retry_at <= c->s->now) {
		p->retry_at = 0;
		exit_alarm(c, strategy);
		plan_advance(c, strategy);
		return;
	}
	if (!o || !order_live((enum order_state)o->state) || o->walk_at > c->s->now)
		return;
	if (o->modifying || o->cancelling)
		o->walk_at = c->s->now + walk_interval(c);
	else if (o->request.purpose == PURPOSE_ENTRY)
		entry_walk(c, o);
	else
		exit_walk(c, strategy, o);
}

void plan_timer(struct core *c)
{
	for (uint32_t n = c->s->active; n-- > 0;)
		walk(c, c->active[n]);
}
