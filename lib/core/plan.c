/* A trade from signal to flat. One order at work at a time: the entry walk, then at most one exit, so that two exits can
 * never both fill (an entry proven absent may lie aside). A stop that rests at the broker is that one order, too (stop.c). Exits are sized
 * from the own book. An exit never gives up while the book is not flat. */
#include "lib/core/plan.h"

#include "lib/core/core_priv.h"

#define ENTRY_REPRICES 2
#define EXIT_PERCENT_MAX 40 /* beyond it the exchange's price protection refuses; the walk begins again */

/* -- small facts --------------------------------------------------------------------------------------------------------- */

/* A walk steps once a second, on coarse data once a step: before the next price there is nothing new to walk to. */
nanos_t plan_interval(const struct core *c)
{
	return c->s->start.feed_step > NANOS_SECOND ? c->s->start.feed_step : NANOS_SECOND;
}

static bool is_stop(enum exit_reason r)
{
	return r == EXIT_INDEX_STOP || r == EXIT_OPTION_STOP;
}

price_t plan_within_band(const struct instrument *i, price_t price)
{
	if (i->band_low && price < i->band_low)
		price = price_ceil(i->band_low, i->tick);
	if (i->band_high && price > i->band_high)
		price = price_floor(i->band_high, i->tick);
	return price < i->tick ? i->tick : price;
}

/* Whole lots below the freeze quantity; a freeze that is not known bounds nothing. */
qty_t plan_slice(const struct instrument *i, qty_t qty)
{
	qty_t most = i->freeze >= i->lot ? i->freeze / i->lot * i->lot : qty;

	return qty < most ? qty : most;
}

price_t plan_entry_price(const struct core *c, const struct slot *s, uint32_t contract, enum side side)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	price_t through = s->params[COMMON_entry_ticks] * i->tick;

	if (s->plan.limit)
		return s->plan.limit;
	return side == SIDE_BUY ? plan_within_band(i, price_ceil(quote_ask(q, i), i->tick) + through)
	                        : plan_within_band(i, price_floor(quote_bid(q, i), i->tick) - through);
}

/* Step 0 is two ticks through the market, then 1, 2, 4 ... percent, never less than the two ticks: a cheap option's percent is
 * less than a tick. 0 when there is no price at all to start from. */
static price_t exit_price(const struct core *c, const struct slot *s, uint32_t contract, enum side side, uint32_t step)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	price_t base = side == SIDE_SELL ? quote_bid(q, i) : quote_ask(q, i);
	int64_t away = s->params[COMMON_exit_ticks] * i->tick, percent;

	base = base > 0 ? base : q->last;
	if (base <= 0)
		return 0;
	percent = step == 0 ? 0 : base / 100 * (INT64_C(1) << (step - 1));
	away = percent > away ? percent : away;
	return side == SIDE_SELL ? plan_within_band(i, price_floor(base - away, i->tick)) : plan_within_band(i, price_ceil(base + away, i->tick));
}

price_t plan_exit_price(const struct core *c, const struct slot *s, enum side side)
{
	return exit_price(c, s, s->plan.contract, side, s->plan.exit_walk);
}

/* Continuous trading: outside it no order, modify or cancel leaves. */
bool plan_market_open(const struct core *c)
{
	const struct core_state *s = c->s;

	return s->day_active && !s->feed_ended && s->now >= s->day.open && s->now < s->day.close;
}

/* -- the list of active plans ----------------------------------------------------------------------------------------------- */

static uint32_t *next_of(struct core *c, uint32_t node)
{
	return &c->slot[node / 2].watch_next[node % 2];
}

static uint32_t *previous_of(struct core *c, uint32_t node)
{
	return &c->slot[node / 2].watch_previous[node % 2];
}

static inline void watch(struct core *c, uint32_t instrument, uint32_t node)
{
	uint32_t first = c->link[instrument].watch;

	*next_of(c, node) = first;
	*previous_of(c, node) = WATCH_NONE;
	if (first != WATCH_NONE)
		*previous_of(c, first) = node;
	c->link[instrument].watch = node;
}

static void unwatch(struct core *c, uint32_t instrument, uint32_t node)
{
	uint32_t next = *next_of(c, node), previous = *previous_of(c, node);

	if (next != WATCH_NONE)
		*previous_of(c, next) = previous;
	if (previous != WATCH_NONE)
		*next_of(c, previous) = next;
	else
		c->link[instrument].watch = next;
}

static inline void activate(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];

	assert(s->plan.underlying != INSTRUMENT_NONE);
	s->active_at = c->s->active++;
	c->active[s->active_at] = strategy;
	watch(c, s->plan.contract, 2 * strategy);
	if (s->plan.underlying != s->plan.contract)
		watch(c, s->plan.underlying, 2 * strategy + 1);
}

static void deactivate(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	uint32_t last = c->active[--c->s->active];

	c->active[s->active_at] = last;
	c->slot[last].active_at = s->active_at;
	s->active_at = NOT_ACTIVE;
	unwatch(c, s->plan.contract, 2 * strategy);
	if (s->plan.underlying != s->plan.contract)
		unwatch(c, s->plan.underlying, 2 * strategy + 1);
	s->plan = (struct plan){ .state = PLAN_IDLE };
	core_reschedule(c);
}

/* -- entry ------------------------------------------------------------------------------------------------------------------- */

static inline void send_entry(struct core *c, uint32_t strategy, price_t price)
{
	struct plan *p = &c->slot[strategy].plan;
	const struct instrument *i = &c->instrument[p->contract];
	struct order *o;

	if (!risk_rate_take(c, true))
		return;
	o = orders_place(c, strategy, p->contract, (enum side)p->side, PURPOSE_ENTRY, plan_slice(i, p->want - p->entered), price,
	                 exit_reason_text(p->limit ? EXIT_MANUAL : EXIT_SIGNAL));
	o->walk_at = c->s->now + plan_interval(c);
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
	send_entry(c, strategy, z->price);
	assert(s->plan.order != 0); /* the gate asked for the rate in this same step */
}

void plan_enter_by_hand(struct core *c, const struct intent *n)
{
	struct slot *s = &c->slot[n->strategy];

	assert(s->plan.state == PLAN_IDLE && s->book.qty == 0 && n->qty > 0 && n->price > 0);
	s->plan = (struct plan){
		.state = PLAN_ENTERING, .direction = n->side == SIDE_BUY ? 1 : -1, .contract = n->contract, .underlying = n->contract,
		.side = (uint32_t)n->side, .want = n->qty, .signal_price = n->price, .since = c->s->now, .limit = n->price,
	};
	activate(c, n->strategy);
	send_entry(c, n->strategy, n->price);
	assert(s->plan.order != 0);
}

/* Cancels at the end of the walk, or when the rate next allows. */
void plan_give_up_entry(struct core *c, struct order *o)
{
	o->walk = ENTRY_REPRICES;
	if (!plan_market_open(c)) /* it outlived a close */
		o->walk_at = c->s->day_active && c->s->now < c->s->day.open ? c->s->day.open : STAMP_NEVER;
	else if (risk_rate_take(c, false))
		orders_cancel(c, o);
	else
		o->walk_at = risk_rate_free(c);
	plan_due_by(c, o->walk_at);
}

/* Without a young price inside the limits the order stays where it is: it is never moved to a guess. */
static void entry_walk(struct core *c, const struct slot *s, struct order *o)
{
	o->walk_at = c->s->now + plan_interval(c);
	if (o->walk >= ENTRY_REPRICES) {
		plan_give_up_entry(c, o);
		return;
	}
	if (s->plan.limit)
		return; /* a person's price: it rests until it fills or somebody cancels it */
	o->walk++;
	if (!risk_may_add(c, s))
		return;
	price_t price = plan_entry_price(c, &c->slot[o->request.strategy], o->instrument, (enum side)o->request.side);
	struct intent n = { o->request.strategy, o->instrument, (enum side)o->request.side, slot_product(s), exposure_rest(&s->plan, o), price };
	if (price != o->request.price && risk_may_reprice(c, &n) && risk_rate_take(c, true))
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

	if (p->risk == 0) /* a person's: it has no stop to reckon from */
		return;
	if (!num_mul_div(risk, s->params[COMMON_reward], NUM_SCALE, &reward))
		reward = 0;
	p->stop = sizing_is_option(i) && paid > risk ? paid - risk : 0;
	p->target = reward == 0 ? 0 : p->side == SIDE_BUY ? paid + reward : paid - reward;
}

/* -- exit ---------------------------------------------------------------------------------------------------------------------- */

void plan_retry_later(struct core *c, struct plan *p, nanos_t at)
{
	p->retry_at = at > c->s->now ? at : c->s->now + NANOS_MS;
	plan_due_by(c, p->retry_at);
	core_reschedule(c);
}

static void send_exit(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	enum side side = s->book.qty > 0 ? SIDE_SELL : SIDE_BUY;
	price_t price = exit_price(c, &c->slot[strategy], p->contract, side, p->exit_walk);
	qty_t held = s->book.qty > 0 ? s->book.qty : -s->book.qty;
	struct order *o;

	p->retry_at = 0;
	if (!plan_market_open(c)) { /* the next day's beginning advances the plan */
		if (c->s->day_active && c->s->now < c->s->day.open)
			plan_retry_later(c, p, c->s->day.open);
		return;
	}
	if (price == 0) {
		plan_retry_later(c, p, c->s->now + plan_interval(c));
		return;
	}
	if (!risk_rate_take(c, false)) {
		plan_retry_later(c, p, risk_rate_free(c));
		return;
	}
	o = orders_place(c, strategy, p->contract, side, PURPOSE_EXIT, plan_slice(&c->instrument[p->contract], held), price,
	                 exit_reason_text((enum exit_reason)p->exit_reason));
	o->walk_at = c->s->now + plan_interval(c);
	p->order = o->request.order;
	p->state = PLAN_EXITING;
}

static uint32_t next_exit_step(uint32_t step)
{
	return (1u << step) > EXIT_PERCENT_MAX ? 0 : step + 1;
}

static void exit_walk(struct core *c, uint32_t strategy, struct order *o)
{
	struct plan *p = &c->slot[strategy].plan;
	price_t price;

	p->exit_walk = next_exit_step(p->exit_walk);
	price = exit_price(c, &c->slot[strategy], p->contract, (enum side)o->request.side, p->exit_walk);
	if (price == 0 || price == o->request.price)
		return;
	if (!risk_rate_take(c, false))
		o->walk_at = risk_rate_free(c);
	else if (o->modifies >= PLAN_MODIFIES_MAX)
		orders_cancel(c, o); /* confirmed, then placed anew by plan_order_ended() */
	else {
		orders_terms(o, 0); /* a stop whose trigger traded is a limit, too */
		orders_modify(c, o, price);
	}
}

/* An order that must not fill any more: an entry that is not wanted, or an exit larger than what is left to close. */
static bool harmful(const struct slot *s, const struct order *o)
{
	qty_t held = s->book.qty > 0 ? s->book.qty : -s->book.qty;

	return o->request.purpose == PURPOSE_ENTRY || o->request.qty - o->filled > held ||
	       (o->request.side == SIDE_SELL) != (s->book.qty > 0);
}

static void cancel_harmful(struct core *c, struct plan *p, struct order *o)
{
	if (o->cancelling || !plan_market_open(c))
		return;
	if (risk_rate_take(c, false))
		orders_cancel(c, o);
	else
		plan_retry_later(c, p, risk_rate_free(c));
}

/* An entry that two order books do not show is nothing that an exit should wait for, though it may turn up for minutes: then it is cancelled on sight, and what it
 * bought before leaves as well. */
static bool set_aside(const struct slot *s, struct plan *p, const struct order *o)
{
	if (o->state != ORDER_ABSENT || o->request.purpose != PURPOSE_ENTRY || !o->cancelling || s->book.qty == 0 || p->aside != 0)
		return false;
	p->aside = p->order;
	p->order = 0;
	return true;
}

void plan_advance(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	struct order *o = order_find(c, p->order), *aside = order_find(c, p->aside);

	if (p->state == PLAN_IDLE)
		return;
	if (p->exit_reason == EXIT_NONE) {
		stop_tend(c, strategy);
		return;
	}
	if (o && order_live((enum order_state)o->state)) {
		if (o->walk_at == STAMP_NEVER)
			o->walk_at = c->s->now, plan_due_by(c, c->s->now); /* it outlived a close */
		if (harmful(s, o))
			cancel_harmful(c, p, o);
		else if (o->request.purpose == PURPOSE_STOP)
			stop_exit(c, strategy, o);
		else if (p->leave)
			manual_exit(c, strategy, o);
		core_reschedule(c);
		if (!set_aside(s, p, o))
			return;
		aside = o;
	}
	if (s->book.qty != 0)
		send_exit(c, strategy);
	else if (!aside || !order_live((enum order_state)aside->state))
		deactivate(c, strategy);
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

		if (o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) && !o->cancelling)
			plan_give_up_entry(c, o);
	}
}

/* -- what became of orders ------------------------------------------------------------------------------------------------------ */

/* A fill after the plan had given the entry up: the book is not flat, so a plan exists again and leaves at once. */
static void adopt_late_fill(struct core *c, uint32_t strategy, const struct order *o)
{
	struct slot *s = &c->slot[strategy];

	s->plan = (struct plan){ .state = PLAN_OPEN, .contract = o->instrument, .underlying = s->underlying == INSTRUMENT_NONE ? o->instrument : s->underlying,
	                         .side = o->request.side, .direction = o->request.side == SIDE_BUY ? 1 : -1 };
	activate(c, strategy);
	account_open_cost(c, s);
	plan_exit(c, strategy, EXIT_SIGNAL);
}

/* It has no levels of its own: whatever closes everything closes it. */
void plan_take_over(struct core *c, uint32_t strategy, uint32_t contract)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	bool bought = s->book.qty > 0;

	core_reschedule(c);
	if (p->state == PLAN_IDLE) {
		*p = (struct plan){ .state = PLAN_OPEN, .contract = contract, .underlying = contract, .side = bought ? SIDE_BUY : SIDE_SELL,
		                    .direction = bought ? 1 : -1, .since = c->s->now };
		activate(c, strategy);
	}
	p->want = p->entered = bought ? s->book.bought : s->book.sold;
	plan_advance(c, strategy);
}

static void entry_filled(struct core *c, struct slot *s)
{
	struct plan *p = &s->plan;

	if (p->entered == 0) {
		s->entries_today++;
		c->s->account.day_entries++;
		s->funnel.entries++;
		s->acted = c->s->now;
	}
	p->entered = p->side == SIDE_BUY ? s->book.bought : s->book.sold;
	set_levels(c, s);
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
	if (o->request.purpose == PURPOSE_ENTRY && o->request.side == p->side)
		entry_filled(c, s);
	if ((s->book.qty > 0) != (p->side == SIDE_BUY))
		plan_exit(c, o->request.strategy, EXIT_SIGNAL); /* a late fill turned the book round */
	plan_advance(c, o->request.strategy); /* what rests must fit what is left */
}

/* At today's price, so through the gate again: the first slice may have moved the market, and limits may have changed. */
static void next_slice(struct core *c, uint32_t strategy)
{
	const struct slot *s = &c->slot[strategy];
	const struct plan *p = &s->plan;
	struct intent n = { strategy, p->contract, (enum side)p->side, slot_product(s), p->want - p->entered, 0 };

	n.price = plan_entry_price(c, s, n.contract, n.side);
	if (risk_order(c, &n, NULL) == REFUSAL_NONE)
		send_entry(c, strategy, n.price);
}

static void entry_ended(struct core *c, uint32_t strategy, const struct order *o)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;

	if (s->book.qty == 0) {
		s->funnel.unfilled += p->entered == 0;
		deactivate(c, strategy);
		return;
	}
	if (o->state == ORDER_FILLED && p->entered < p->want && p->exit_reason == EXIT_NONE && risk_may_add(c, s))
		next_slice(c, strategy);
	if (p->order == 0) {
		p->state = PLAN_OPEN;
		p->limit = 0;
	}
	plan_advance(c, strategy);
}

void plan_order_ended(struct core *c, struct order *o)
{
	uint32_t strategy = o->request.strategy;
	struct plan *p = &c->slot[strategy].plan;

	if (p->state != PLAN_IDLE && p->aside == o->request.order) {
		p->aside = 0;
		plan_advance(c, strategy);
		return;
	}
	if (p->state == PLAN_IDLE || p->order != o->request.order)
		return;
	p->order = 0;
	if (o->request.purpose == PURPOSE_ENTRY)
		entry_ended(c, strategy, o);
	else if (o->request.purpose == PURPOSE_STOP && p->exit_reason == EXIT_NONE)
		stop_ended(c, strategy, o);
	else if (p->exit_reason == EXIT_NONE)
		manual_ended(c, strategy, o);
	else if (o->state == ORDER_REJECTED)
		plan_retry_later(c, p, c->s->now + plan_interval(c));
	else
		plan_advance(c, strategy);
}

void plan_book_closed(struct core *c, uint32_t strategy, enum exit_reason reason)
{
	struct slot *s = &c->slot[strategy];

	s->acted = c->s->now;
	if (is_stop(reason))
		s->stopped_out = c->s->now;
	if (s->plan.state == PLAN_IDLE)
		return;
	if (s->plan.exit_reason == EXIT_NONE) {
		s->plan.exit_reason = reason == EXIT_NONE ? EXIT_SIGNAL : (uint32_t)reason;
		s->plan.exit_since = c->s->now;
	}
	plan_advance(c, strategy); /* idle now, or as soon as what still rests is cancelled */
}

/* -- the clock -------------------------------------------------------------------------------------------------------------------- */

/* The broker has given it a number; before that it can be neither modified nor forgotten. */
static bool acknowledged(const struct order *o)
{
	return o->state == ORDER_PENDING || o->state == ORDER_TRIGGER_PENDING || o->state == ORDER_OPEN || o->state == ORDER_PARTIAL;
}

/* An exit proven absent goes out again, the same order under the same tag; an entry's chance has passed. */
static void await_broker(struct core *c, uint32_t strategy, struct order *o)
{
	const struct plan *p = &c->slot[strategy].plan;
	price_t price = exit_price(c, &c->slot[strategy], p->contract, (enum side)o->request.side, p->exit_walk);

	if (o->state == ORDER_ABSENT && o->request.purpose != PURPOSE_ENTRY && price > 0 && !harmful(&c->slot[strategy], o) &&
	    risk_rate_take(c, false)) {
		c->slot[strategy].plan.stop_rests = 0;
		orders_terms(o, 0);
		orders_resend(c, o, price);
	}
}

static void walk_order(struct core *c, uint32_t strategy, struct order *o)
{
	struct slot *s = &c->slot[strategy];

	o->walk_at = plan_market_open(c) ? c->s->now + plan_interval(c) : STAMP_NEVER;
	if (!plan_market_open(c) || o->modifying || (o->cancelling && o->state != ORDER_ABSENT))
		return;
	if (s->plan.exit_reason == EXIT_NONE && o->request.purpose != PURPOSE_ENTRY) {
		stop_tend(c, strategy);
		return;
	}
	if (s->plan.exit_reason != EXIT_NONE && harmful(s, o))
		plan_advance(c, strategy);
	else if (o->cancelling)
		return;
	else if (!acknowledged(o) && o->walk < ENTRY_REPRICES)
		await_broker(c, strategy, o);
	else if (o->request.purpose == PURPOSE_ENTRY)
		entry_walk(c, s, o);
	else if (stop_untriggered(o))
		stop_exit(c, strategy, o);
	else
		exit_walk(c, strategy, o);
}

static void walk(struct core *c, uint32_t strategy)
{
	struct plan *p = &c->slot[strategy].plan;
	struct order *o = order_find(c, p->order), *aside = order_find(c, p->aside);

	late_say(c, strategy);
	if (aside && order_live((enum order_state)aside->state))
		cancel_harmful(c, p, aside); /* it turned up, and the broker would not cancel it */
	if (p->retry_at && p->retry_at <= c->s->now) {
		p->retry_at = 0;
		plan_advance(c, strategy);
		return;
	}
	if (o && order_live((enum order_state)o->state) && o->walk_at <= c->s->now)
		walk_order(c, strategy, o);
}

/* Shorts before the longs that may hedge them, here too: the rate may let only some through. */
void plan_timer(struct core *c)
{
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t n = c->s->active; n-- > 0;)
			if ((pass == 0) == (c->slot[c->active[n]].book.qty < 0))
				walk(c, c->active[n]);
}
