/* Orders meet the market: triggers, fills against the shown depth, trades. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/exchange_priv.h"

/* -- what our own fills took ----------------------------------------------------------------------------------------------------- */

static struct taken *taken_of(struct exchange *x, const struct scrip *s, char side)
{
	uint64_t changes = market_quote(x->market, s)->changes;

	for (int i = 0; i < TAKEN; i++) {
		struct taken *t = &x->taken[i];
		if (t->scrip != s || t->side != side)
			continue;
		if (t->changes != changes)
			*t = (struct taken){ s, changes, side, 0 };
		return t;
	}
	struct taken *t = &x->taken[x->next_taken++ % TAKEN];
	*t = (struct taken){ s, changes, side, 0 };
	return t;
}

/* -- fills ------------------------------------------------------------------------------------------------------------------------ */

static void book_position(struct exchange *x, struct order *o, int64_t qty, int64_t price)
{
	struct position *p = exchange_position_of(x, o->o.scrip, o->o.asked.product);

	if (o->o.asked.side == 'B') {
		p->p.buy += qty;
		p->p.buy_value += qty * price;
	} else {
		p->p.sell += qty;
		p->p.sell_value += qty * price;
	}
}

static void fill(struct exchange *x, struct order *o, int64_t qty, int64_t price)
{
	struct sim_trade *t = calloc(1, sizeof(*t));

	assert(t);
	*t = (struct sim_trade){ .order = o->o.index, .qty = qty, .price = price, .stamp = exchange_now(x) };
	snprintf(t->id, sizeof(t->id), "%llu", (unsigned long long)(20000000 + x->n_trades * 7));
	x->trade = exchange_grow(x->trade, x->n_trades, &x->cap_trades);
	x->trade[x->n_trades++] = t;
	o->o.filled += qty;
	o->o.value += qty * price;
	book_position(x, o, qty, price);
	taken_of(x, o->o.scrip, o->o.asked.side)->qty += qty;
	if (x->events.trade)
		x->events.trade(x->events.ctx, &o->o, t);
	if (x->events.position)
		x->events.position(x->events.ctx, &exchange_position_of(x, o->o.scrip, o->o.asked.product)->p);
	if (o->o.filled == o->o.asked.qty)
		exchange_end(x, o, SIM_COMPLETE, NULL);
	else
		exchange_show(x, o, o->o.status);
}

static const struct level *other_side(const struct exchange *x, const struct order *o)
{
	const struct sim_quote *q = market_quote(x->market, o->o.scrip);

	return o->o.asked.side == 'B' ? q->ask : q->bid;
}

static bool within(const struct order *o, const struct level *l)
{
	return l->qty > 0 && (o->o.asked.side == 'B' ? l->price <= o->o.asked.price : l->price >= o->o.asked.price);
}

static bool fills_now(const struct exchange *x, const struct order *o)
{
	return o->at_exchange && !o->untriggered && exchange_trades_now(x, o->o.scrip) && within(o, &other_side(x, o)[0]);
}

/* Takes level after level; with partial fills one level a look. Behind five levels inside the limit there is more at the fifth's price. */
static void sweep(struct exchange *x, struct order *o)
{
	struct level shown[5];
	int64_t gone = taken_of(x, o->o.scrip, o->o.asked.side)->qty;

	memcpy(shown, other_side(x, o), sizeof(shown));
	for (int i = 0; i < 5 && within(o, &shown[i]); i++) {
		int64_t left = o->o.asked.qty - o->o.filled, here = shown[i].qty > gone ? shown[i].qty - gone : 0;
		bool last = i == 4 || !shown[i + 1].qty;
		gone = gone > shown[i].qty ? gone - shown[i].qty : 0;
		if (last && !x->opt.partial_fills)
			here = left;
		int64_t qty = here < left ? here : left;
		if (qty > 0)
			fill(x, o, qty, o->resting ? o->o.asked.price : shown[i].price);
		if (sim_status_terminal(o->o.status) || (qty > 0 && x->opt.partial_fills))
			return;
	}
}

static void trade(struct exchange *x, struct order *o)
{
	int64_t before = o->o.filled;

	if (fills_now(x, o))
		sweep(x, o);
	if (sim_status_terminal(o->o.status))
		return;
	if (!strcmp(o->o.asked.validity, "IOC")) {
		exchange_end(x, o, SIM_CANCELLED, NULL);
		return;
	}
	bool more = o->o.filled > before && x->opt.partial_fills;
	o->match_at = more ? exchange_now(x) + (x->opt.fill_delay > 0 ? x->opt.fill_delay : 1) : STAMP_NEVER;
	o->resting = o->resting || !more;
}

/* -- triggers ---------------------------------------------------------------------------------------------------------------------- */

static bool triggers(const struct exchange *x, const struct order *o)
{
	int64_t last = market_quote(x->market, o->o.scrip)->last;

	return exchange_trades_now(x, o->o.scrip) && last > 0 && (o->o.asked.side == 'B' ? last >= o->o.asked.trigger : last <= o->o.asked.trigger);
}

static void trigger(struct exchange *x, struct order *o)
{
	const char *reason = exchange_price_protection(x, o->o.scrip, o->o.asked.price);

	if (reason) {
		exchange_end(x, o, SIM_CANCELLED, reason);
		return;
	}
	o->untriggered = false;
	o->match_at = exchange_now(x) + x->opt.fill_delay;
	exchange_show(x, o, o->o.status == SIM_TRIGGER_PENDING ? SIM_OPEN : o->o.status);
}

void exchange_match(struct exchange *x, struct order *o)
{
	o->match_at = STAMP_NEVER;
	if (!o->untriggered)
		trade(x, o);
	else if (triggers(x, o))
		trigger(x, o);
}

/* -- a price moved ------------------------------------------------------------------------------------------------------------------- */

/* Better price first, then the earlier order. */
static bool goes_before(const struct order *a, const struct order *b)
{
	if (a->o.asked.side != b->o.asked.side || a->o.asked.price == b->o.asked.price)
		return a->o.index < b->o.index;
	return (a->o.asked.price > b->o.asked.price) == (a->o.asked.side == 'B');
}

static bool has_a_chance(const struct exchange *x, const struct order *o, const struct scrip *s, int64_t now)
{
	if (o->o.scrip != s || !o->at_exchange || (o->match_at != STAMP_NEVER && o->match_at > now))
		return false;
	return o->untriggered ? triggers(x, o) : fills_now(x, o);
}

void exchange_price(struct exchange *x, const struct scrip *s)
{
	struct order *turn[64];
	size_t n = 0;
	int64_t now = exchange_now(x);

	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	for (size_t i = 0; i < x->n_live && n < ARRAY_LEN(turn); i++) {
		if (!has_a_chance(x, x->live[i], s, now))
			continue;
		size_t at = n++;
		for (; at > 0 && goes_before(x->live[i], turn[at - 1]); at--)
			turn[at] = turn[at - 1];
		turn[at] = x->live[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!sim_status_terminal(turn[i]->o.status))
			exchange_match(x, turn[i]);
}
