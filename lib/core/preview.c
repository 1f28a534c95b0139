/* What the gate would say of an order, and what it would cost: the gate's own ladders, walked to their end. Nothing changes. */
#include "lib/core/core_priv.h"

/* What a marketable entry would pay now; 0 = nobody knows. */
static price_t market_price(const struct core *c, const struct preview_ask *a)
{
	const struct quote *q = &c->quote[a->instrument];
	const struct instrument *i = &c->instrument[a->instrument];

	return a->side == SIDE_BUY ? quote_ask(q, i) : quote_bid(q, i);
}

static void ladders(const struct core *c, const struct preview_ask *a, const struct intent *n, uint64_t *all)
{
	if (a->strategy >= c->s->strategies) {
		manual_gate(c, n, all);
		return;
	}
	risk_strategy(c, &c->slot[a->strategy], all);
	risk_contract(c, a->instrument, all);
	if (n->price > 0)
		risk_order(c, n, all);
}

static void money(const struct core *c, const struct intent *n, struct preview *ret)
{
	const struct instrument *i = &c->instrument[n->contract];
	struct charge_set charges = { 0 };
	money_t value;

	ret->free = exposure_free(c, n);
	if (n->price <= 0 || !exposure_value(n, &value))
		return;
	ret->value = value;
	if (!(i->flags & INSTRUMENT_SYNTHETIC))
		charges_of(core_rates(c, i, n->product), (int)n->side, n->qty, n->price, 1, &charges);
	ret->charges = charges.unknown ? NUM_UNKNOWN : charges_total(&charges);
	if (!exposure_cost(c, n, &ret->cost))
		ret->cost = NUM_UNKNOWN;
	if (n->side == SIDE_BUY && ret->charges != NUM_UNKNOWN) /* what is bought can become worthless, what is sold has no bound */
		ret->worst_loss = ret->value + ret->charges;
	ret->exposure = exposure_account(c) + ret->value;
	if (!exposure_instrument(c, n, &ret->exposure_instrument))
		ret->exposure_instrument = NUM_UNKNOWN;
}

/* Of an exit by hand: what it costs to sell, and nothing is risked that is not held already. */
static void leaving(const struct core *c, const struct intent *asked, struct preview *ret)
{
	const struct slot *s = &c->slot[asked->strategy];
	struct intent n = *asked;

	manual_exit_gate(c, asked, &ret->refused);
	ret->conflict = manual_conflict(c, asked);
	n.price = n.price > 0 ? n.price : plan_exit_price(c, s, n.side);
	ret->price = n.price > 0 ? n.price : NUM_UNKNOWN;
	money(c, &n, ret);
	ret->cost = ret->charges;
	ret->worst_loss = ret->exposure = ret->exposure_instrument = NUM_UNKNOWN;
}

static void entering(const struct core *c, const struct preview_ask *a, struct intent *n, struct preview *ret)
{
	n->price = n->price > 0 ? n->price : market_price(c, a);
	ret->price = n->price > 0 ? n->price : NUM_UNKNOWN;
	ladders(c, a, n, &ret->refused);
	money(c, n, ret);
}

/* In the order of their numbers, but for the one that is asked before all. */
static enum refusal first_of(uint64_t refused)
{
	if (refused & REFUSAL_BIT(REFUSAL_AFTER_MARKET))
		return REFUSAL_AFTER_MARKET;
	return refused ? (enum refusal)__builtin_ctzll(refused) : REFUSAL_NONE;
}

void core_preview(const struct core *c, const struct preview_ask *a, struct preview *ret)
{
	struct intent n = { a->strategy, a->instrument, a->side, a->product, a->qty, a->price, 0 };

	assert(a->instrument < c->s->instruments && a->qty > 0);
	*ret = (struct preview){ .value = NUM_UNKNOWN, .charges = NUM_UNKNOWN, .cost = NUM_UNKNOWN, .worst_loss = NUM_UNKNOWN,
	                         .exposure = NUM_UNKNOWN, .exposure_instrument = NUM_UNKNOWN };
	if (a->strategy == UINT32_MAX)
		n.strategy = core_manual_slot(c, a->instrument);
	ret->closes = a->strategy == UINT32_MAX && manual_closes(c, n.strategy, &n);
	if (ret->closes)
		leaving(c, &n, ret);
	else
		entering(c, a, &n, ret);
	ret->first = first_of(ret->refused);
}
