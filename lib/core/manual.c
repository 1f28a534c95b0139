/* A person's orders: through the same gate, the same plan and the same exits as a strategy's. Their books are those of the strategies of kind `manual`, which
 * decide nothing by themselves. An order on the other side of such a book is an exit: it is bound by no limit on entries, and never larger than the book. An
 * entry and an exit at a price stay at that price until they fill, are cancelled, or the engine wants the position closed: then the order becomes the exit walk's.
 * Every order has a key, and a key places once: docs/manual-orders.md */
#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/core/core_priv.h"

#define KEY_KEPT NANOS_DAY /* at least; with more orders than keys in that time there is a refusal, not a guess */

/* -- books ------------------------------------------------------------------------------------------------------------------ */

bool core_manual_is(const struct core *c, uint32_t strategy)
{
	return strategy < c->s->strategies && core_ops(c, &c->slot[strategy]) == &strategy_manual;
}

static bool in_contract(const struct slot *s, uint32_t instrument)
{
	return s->plan.state != PLAN_IDLE ? s->plan.contract == instrument : s->book.qty != 0 && s->book.instrument == instrument;
}

uint32_t core_manual_slot(const struct core *c, uint32_t instrument)
{
	uint32_t idle = UINT32_MAX;

	for (uint32_t i = 0; i < c->s->strategies; i++) {
		if (!core_manual_is(c, i))
			continue;
		if (in_contract(&c->slot[i], instrument))
			return i;
		if (idle == UINT32_MAX && c->slot[i].plan.state == PLAN_IDLE && c->slot[i].book.qty == 0)
			idle = i;
	}
	return idle;
}

/* What binds an account binds a person; hours, pauses and counts that keep a strategy from itself do not. */
static void standards(int64_t *params)
{
	strategy_params_standard(&strategy_manual, params);
	params[COMMON_live] = 1;
	params[COMMON_entry_from] = 0;
	params[COMMON_entry_to] = NANOS_DAY;
	params[COMMON_cooldown] = params[COMMON_stopout_cooldown] = 0;
	params[COMMON_entries_per_day] = strategy_common_params[COMMON_entries_per_day].max;
	params[COMMON_loss_streak] = strategy_common_params[COMMON_loss_streak].max;
	params[COMMON_trail_bars] = 0;
}

bool core_manual_define(const struct core *c, struct event_strategy *ret)
{
	char id[] = "manual-1";
	unsigned books = 0;

	for (uint32_t i = 0; i < c->s->strategies; i++)
		books += core_manual_is(c, i);
	memset(ret, 0, sizeof(*ret));
	ret->index = c->s->strategies;
	ret->commons = COMMON_COUNT;
	text_copy(ret->ops, sizeof(ret->ops), strategy_manual.name);
	id[sizeof(id) - 2] = (char)('1' + books);
	text_copy(ret->id, sizeof(ret->id), books ? id : strategy_manual.name);
	standards(ret->params);
	return books < MANUAL_BOOKS && c->s->strategies < c->s->limits.strategies;
}

/* -- keys -------------------------------------------------------------------------------------------------------------------- */

static uint64_t hash_text(const char *text, uint64_t seed)
{
	for (; *text; text++)
		seed = prng_mix(seed ^ (unsigned char)*text);
	return prng_mix(seed);
}

static uint64_t terms_of(const struct event_manual *e, uint32_t instrument)
{
	uint64_t sum = prng_mix(instrument + 1);

	sum = prng_mix(sum + e->side * 2 + e->product);
	return prng_mix(prng_mix(sum + (uint64_t)e->qty) + (uint64_t)e->price);
}

const struct manual_key *core_manual_find(const struct core *c, const char *key)
{
	uint64_t first = hash_text(key, 1), second = hash_text(key, 2), n = c->s->manual_orders;

	for (uint64_t i = 0; i < MANUAL_KEYS && i < n; i++) {
		const struct manual_key *k = &c->s->manual_key[i];

		if (k->hash[0] == first && k->hash[1] == second)
			return k;
	}
	return NULL;
}

static struct manual_key *next_key(const struct core *c)
{
	return &c->s->manual_key[c->s->manual_orders % MANUAL_KEYS];
}

static bool keys_full(const struct core *c)
{
	return c->s->manual_orders >= MANUAL_KEYS && c->s->now - next_key(c)->at < KEY_KEPT;
}

static void remember(struct core *c, const struct event_manual *e, const struct intent *n)
{
	*next_key(c) = (struct manual_key){ .hash = { hash_text(e->key, 1), hash_text(e->key, 2) }, .terms = terms_of(e, n->contract),
	                                    .order = c->slot[n->strategy].plan.order, .at = c->s->now, .strategy = n->strategy };
	c->s->manual_orders++;
}

/* -- the gate ---------------------------------------------------------------------------------------------------------------- */

static qty_t held(const struct slot *s)
{
	return s->book.qty > 0 ? s->book.qty : -s->book.qty;
}

bool manual_closes(const struct core *c, uint32_t strategy, const struct intent *n)
{
	const struct slot *s = strategy < c->s->strategies ? &c->slot[strategy] : NULL;

	return s && s->book.qty != 0 && s->book.instrument == n->contract && (s->book.qty > 0) == (n->side == SIDE_SELL);
}

/* The book as it would be when the order is taken; where there is none yet, one as it would be made. */
static void as_asked(const struct core *c, const struct intent *n, struct slot *ret)
{
	struct event_strategy e;

	if (n->strategy < c->s->strategies)
		*ret = c->slot[n->strategy];
	else {
		memset(ret, 0, sizeof(*ret));
		ret->book.qty = !core_manual_define(c, &e); /* no book is free: each has a position */
		memcpy(ret->params, e.params, sizeof(ret->params));
	}
	ret->params[COMMON_product] = n->product == PRODUCT_NRML;
}

enum refusal manual_gate(const struct core *c, const struct intent *n, uint64_t *all)
{
	struct slot s;
	enum refusal r;

	as_asked(c, n, &s);
	if ((r = risk_strategy(c, &s, all)) != REFUSAL_NONE)
		return r;
	if ((r = risk_account(c, c->instrument[n->contract].underlying, all)) != REFUSAL_NONE)
		return r;
	if ((r = risk_contract(c, n->contract, all)) != REFUSAL_NONE)
		return r;
	return n->price > 0 ? risk_order(c, n, all) : REFUSAL_NONE;
}

/* Without a price the exit walk takes it, which waits for whatever it needs. */
enum refusal manual_exit_gate(const struct core *c, const struct intent *n, uint64_t *all)
{
	RUNG(c->s->stop != STOP_NONE, STOPPING);
	RUNG(n->price > 0 && !c->s->link[LINK_BROKER].up, LINK_DOWN);
	RUNG(!plan_market_open(c), SESSION_CLOSED);
	RUNG(n->price > 0 && risk_price_away(c, n->contract, n->price), PRICE_BAND);
	return REFUSAL_NONE;
}

const char *manual_conflict(const struct core *c, const struct intent *n)
{
	const struct slot *s = &c->slot[n->strategy];
	const struct order *o = order_find(c, s->plan.order);

	if (n->qty > held(s))
		return "more than the book holds; a reversal is two orders";
	if (s->plan.exit_reason != EXIT_NONE)
		return "the position is being closed already";
	if (n->price == 0 && n->qty == held(s))
		return NULL;
	if (s->plan.leave)
		return "an exit by hand is at work: cancel it first";
	if (s->plan.state != PLAN_OPEN)
		return "the entry is still at work: cancel it first";
	return o && order_live((enum order_state)o->state) ? "a stop rests at the broker: set resting_stop off first" : NULL;
}

/* -- placing ----------------------------------------------------------------------------------------------------------------- */

static void refuse(struct core *c, const struct event_manual *e, enum refusal r)
{
	command_reply(c, e->request, ERR_DENIED, r, refusal_text(r));
}

static void decision(struct core *c, const struct intent *n, enum refusal refusal)
{
	struct slot *s = &c->slot[n->strategy];
	struct outcome_decision *d = &core_emit(c, OUTCOME_DECISION, n->contract)->decision;

	d->strategy = n->strategy;
	d->refusal = (uint32_t)refusal;
	d->direction = n->side == SIDE_BUY ? 1 : -1;
	d->lots = (uint32_t)(n->qty / c->instrument[n->contract].lot);
	d->close = c->quote[n->contract].last;
	d->premium = n->price;
	d->order = refusal == REFUSAL_NONE ? s->plan.order : 0;
	s->signal = *d;
	s->signal_at = c->s->now;
	s->funnel.signals++;
	s->funnel.refused[refusal] += refusal != REFUSAL_NONE;
}

static void enter(struct core *c, const struct event_manual *e, struct intent *n)
{
	struct slot *s = &c->slot[n->strategy];
	enum refusal r;

	if (n->price == 0)
		n->price = plan_entry_price(c, s, n->contract, n->side);
	r = manual_gate(c, n, NULL);
	if (r == REFUSAL_NONE) {
		s->params[COMMON_product] = n->product == PRODUCT_NRML;
		plan_enter_by_hand(c, n);
		remember(c, e, n);
	}
	decision(c, n, r);
	if (r == REFUSAL_NONE)
		command_reply(c, e->request, ERR_OK, r, "");
	else
		refuse(c, e, r);
}

static void leave(struct core *c, const struct event_manual *e, const struct intent *n)
{
	struct slot *s = &c->slot[n->strategy];
	enum refusal r = manual_exit_gate(c, n, NULL);
	const char *conflict = manual_conflict(c, n);
	price_t price = n->price ? n->price : plan_exit_price(c, s, n->side);

	if (r == REFUSAL_NONE && price == 0 && n->qty < held(s))
		r = REFUSAL_NO_PRICE;
	if (r != REFUSAL_NONE) {
		refuse(c, e, r);
		return;
	}
	if (conflict) {
		command_reply(c, e->request, ERR_BUSY, REFUSAL_NONE, conflict);
		return;
	}
	if (n->price == 0 && n->qty == held(s))
		plan_exit(c, n->strategy, EXIT_MANUAL);
	else {
		s->plan.limit = price;
		s->plan.leave = n->qty;
		manual_tend(c, n->strategy);
	}
	remember(c, e, n);
	command_reply(c, e->request, ERR_OK, REFUSAL_NONE, "");
}

/* What the adapters never send, and a journal of another hand may hold. */
static const char *malformed(const struct core *c, const struct event_manual *e, uint32_t instrument)
{
	const struct instrument *i = instrument < c->s->instruments ? &c->instrument[instrument] : NULL;

	if (!i)
		return "there is no such instrument";
	if (e->key[0] == '\0' || !memchr(e->key, '\0', sizeof(e->key)))
		return "an order needs a key of its own";
	if (e->side > SIDE_SELL || e->product > PRODUCT_NRML)
		return "neither buy nor sell, or neither MIS nor NRML";
	if (e->qty <= 0 || e->qty > NUM_DECIMAL_MAX / NUM_SCALE || i->lot <= 0 || e->qty % i->lot != 0)
		return "the quantity is not a multiple of the lot";
	return e->price < 0 || i->tick <= 0 || e->price % i->tick != 0 ? "the price is not a multiple of the tick" : NULL;
}

/* The same order again is told what became of it; nothing is done. */
static bool placed_before(struct core *c, const struct event_manual *e, uint32_t instrument)
{
	const struct manual_key *known = core_manual_find(c, e->key);

	if (known && known->terms == terms_of(e, instrument))
		command_reply(c, e->request, ERR_OK, REFUSAL_NONE, "placed before");
	else if (known)
		command_reply(c, e->request, ERR_EXIST, REFUSAL_NONE, "this key was used for another order");
	return known != NULL;
}

static void place(struct core *c, const struct event_manual *e, uint32_t instrument)
{
	const char *why = malformed(c, e, instrument);

	if (why) {
		command_reply(c, e->request, ERR_RANGE, REFUSAL_NONE, why);
		return;
	}
	if (placed_before(c, e, instrument))
		return;
	struct intent n = { core_manual_slot(c, instrument), instrument, (enum side)e->side, (enum product)e->product, e->qty, e->price, 0 };
	if (keys_full(c) || n.strategy == UINT32_MAX)
		command_reply(c, e->request, ERR_FULL, REFUSAL_NONE, n.strategy == UINT32_MAX ? "every book for orders by hand is in use" :
		              "too many orders by hand in a day to tell repeated ones apart");
	else if (manual_closes(c, n.strategy, &n))
		leave(c, e, &n);
	else
		enter(c, e, &n);
}

/* -- an exit at a person's price ------------------------------------------------------------------------------------------------ */

static void look_later(struct core *c, struct order *o, nanos_t at)
{
	o->walk_at = at > c->s->now ? at : c->s->now + NANOS_MS;
	plan_due_by(c, o->walk_at);
}

/* walk: somebody wants it gone, so that it is asked for again when the broker refuses. */
static void withdraw(struct core *c, struct order *o)
{
	o->walk = 1;
	look_later(c, o, c->s->now + plan_interval(c));
	if (!plan_market_open(c))
		return;
	if (risk_rate_take(c, false))
		orders_cancel(c, o);
	else
		look_later(c, o, risk_rate_free(c));
}

static bool fits(const struct core *c, const struct slot *s, const struct order *o)
{
	return o->request.qty - o->filled <= held(s) && (o->request.side == SIDE_SELL) == (s->book.qty > 0) && !reconcile_closed_by_others(c, s);
}

static void tend(struct core *c, const struct slot *s, struct order *o)
{
	if (!plan_market_open(c)) {
		if (c->s->day_active && c->s->now < c->s->day.open) /* it outlived a close */
			look_later(c, o, c->s->day.open);
		return;
	}
	look_later(c, o, c->s->now + plan_interval(c));
	if (o->modifying || o->cancelling)
		return;
	if (o->walk || !fits(c, s, o))
		withdraw(c, o);
	else if (o->state == ORDER_ABSENT && risk_rate_take(c, false))
		orders_resend(c, o, o->request.price);
}

/* A slice of what is still to be closed; retried when it cannot go now. */
static void send(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct plan *p = &s->plan;
	qty_t qty = p->leave < held(s) ? p->leave : held(s);

	if (!plan_market_open(c) || !c->s->link[LINK_BROKER].up || reconcile_closed_by_others(c, s))
		plan_retry_later(c, p, c->s->now + plan_interval(c));
	else if (!risk_rate_take(c, false))
		plan_retry_later(c, p, risk_rate_free(c));
	else {
		struct order *o = orders_place(c, strategy, p->contract, s->book.qty > 0 ? SIDE_SELL : SIDE_BUY, PURPOSE_EXIT,
		                               plan_slice(&c->instrument[p->contract], qty), p->limit, exit_reason_text(EXIT_MANUAL));

		o->walk_at = c->s->now + plan_interval(c);
		p->order = o->request.order;
	}
}

static void give_up(struct plan *p)
{
	p->leave = 0;
	p->limit = 0;
}

bool manual_tend(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];
	struct order *o = order_find(c, s->plan.order);

	if (s->plan.leave == 0)
		return false;
	if (o && !order_live((enum order_state)o->state))
		return true; /* manual_ended() is about to be told */
	if (o)
		tend(c, s, o);
	else if (c->s->stop == STOP_NONE && c->s->day_active)
		send(c, strategy);
	else
		give_up(&s->plan);
	return s->plan.leave != 0;
}

void manual_exit(struct core *c, uint32_t strategy, struct order *o)
{
	struct slot *s = &c->slot[strategy];
	price_t price = plan_exit_price(c, s, (enum side)o->request.side);

	give_up(&s->plan);
	s->plan.state = PLAN_EXITING;
	look_later(c, o, c->s->now + plan_interval(c));
	if ((o->state != ORDER_OPEN && o->state != ORDER_PARTIAL) || o->modifying || o->cancelling || !plan_market_open(c) || price == 0)
		return;
	if (risk_rate_take(c, false))
		orders_modify(c, o, price);
	else
		look_later(c, o, risk_rate_free(c));
}

void manual_ended(struct core *c, uint32_t strategy, const struct order *o)
{
	struct plan *p = &c->slot[strategy].plan;

	if (o->state == ORDER_FILLED && p->leave > o->request.qty)
		p->leave -= o->request.qty;
	else
		give_up(p);
	plan_advance(c, strategy);
}

void manual_withdraw_all(struct core *c)
{
	for (uint32_t n = c->s->active; n-- > 0;) {
		const struct plan *p = &c->slot[c->active[n]].plan;
		struct order *o = order_find(c, p->order);

		if (p->leave && o && order_live((enum order_state)o->state) && !o->cancelling)
			withdraw(c, o);
	}
}

/* -- cancelling ------------------------------------------------------------------------------------------------------------------ */

/* An exit of the engine's stays: without it the position would have none. */
static const char *must_stay(const struct core *c, const struct order *o)
{
	const struct plan *p = &c->slot[o->request.strategy].plan;

	if (order_terminal((enum order_state)o->state))
		return "the order has ended already";
	if (o->request.purpose == PURPOSE_STOP)
		return "the position's stop at the broker: set resting_stop off instead";
	if (o->request.purpose == PURPOSE_EXIT && (p->order != o->request.order || p->leave == 0 || p->exit_reason != EXIT_NONE))
		return "the engine's exit: without it the position would have none";
	return plan_market_open(c) ? NULL : "the market is closed: nothing can be cancelled";
}

static void cancel(struct core *c, const struct event_manual *e)
{
	struct order *o = order_find(c, e->cancel);
	const char *why = o ? must_stay(c, o) : "there is no such order of ours at work";

	if (why) {
		command_reply(c, e->request, o ? ERR_BUSY : ERR_NOENT, REFUSAL_NONE, why);
		return;
	}
	if (!o->cancelling && o->request.purpose == PURPOSE_ENTRY)
		plan_give_up_entry(c, o);
	else if (!o->cancelling)
		withdraw(c, o);
	command_reply(c, e->request, ERR_OK, REFUSAL_NONE, "");
}

const struct order *core_find_order(const struct core *c, uint64_t order)
{
	return order_find(c, order);
}

void manual_apply(struct core *c, const struct event_manual *e, uint32_t instrument)
{
	if (e->cancel)
		cancel(c, e);
	else
		place(c, e, instrument);
}
