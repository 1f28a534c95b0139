/* Money: positions' cost and result, and what they and new orders need. A bought option costs its premium; futures and written options
 * need a part of the contract's value, less when a bought option of the same kind bounds the loss. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/exchange_priv.h"

#define LEGS 128

/* a * b / d, half away from zero; a, b >= 0. */
static int64_t part(int64_t a, int64_t b, int64_t d)
{
	return d ? (int64_t)(((__int128)a * b + d / 2) / d) : 0;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* -- a position -------------------------------------------------------------------------------------------------------------- */

static int64_t bought(const struct sim_position *p) { return p->cf_buy + p->buy; }
static int64_t sold(const struct sim_position *p) { return p->cf_sell + p->sell; }
static int64_t bought_for(const struct sim_position *p) { return p->cf_buy_value + p->buy_value; }
static int64_t sold_for(const struct sim_position *p) { return p->cf_sell_value + p->sell_value; }

int64_t position_net(const struct sim_position *p)
{
	return bought(p) - sold(p);
}

int64_t position_realised(const struct sim_position *p)
{
	int64_t matched = smaller(bought(p), sold(p));

	return part(sold_for(p), matched, sold(p)) - part(bought_for(p), matched, bought(p));
}

/* Of what is open, never negative. */
static int64_t position_cost(const struct sim_position *p)
{
	int64_t matched = smaller(bought(p), sold(p));

	if (position_net(p) >= 0)
		return bought_for(p) - part(bought_for(p), matched, bought(p));
	return sold_for(p) - part(sold_for(p), matched, sold(p));
}

int64_t position_unrealised(const struct sim_position *p, int64_t price)
{
	int64_t net = position_net(p);

	return net >= 0 ? net * price - position_cost(p) : position_cost(p) + net * price;
}

struct position *exchange_position_of(struct exchange *x, const struct scrip *s, const char *product)
{
	for (size_t i = 0; i < x->n_positions; i++)
		if (x->position[i]->p.scrip == s && !strcmp(x->position[i]->p.product, product))
			return x->position[i];
	struct position *p = calloc(1, sizeof(*p));
	assert(p);
	p->p.scrip = s;
	memcpy(p->p.product, product, strnlen(product, sizeof(p->p.product) - 1));
	x->position = exchange_grow(x->position, x->n_positions, &x->cap_positions);
	return x->position[x->n_positions++] = p;
}

/* -- derivatives of one underlying ------------------------------------------------------------------------------------------- */

struct leg { const struct scrip *scrip; int64_t net, spare; };

static struct leg *leg_of(struct leg *legs, size_t *n, const struct scrip *s)
{
	for (size_t i = 0; i < *n; i++)
		if (legs[i].scrip == s)
			return &legs[i];
	if (*n == LEGS)
		return NULL;
	legs[*n] = (struct leg){ .scrip = s };
	return &legs[(*n)++];
}

static int64_t spot_of(const struct exchange *x, const struct scrip *s)
{
	const struct scrip *spot = exchange_underlying(x, s);

	return spot ? market_quote(x->market, spot)->last : s->strike;
}

/* What one written option can cost tomorrow, a unit; 2 % more on the day it expires. */
static int64_t naked(const struct exchange *x, const struct scrip *s, int64_t spot)
{
	int64_t price = market_quote(x->market, s)->last, out = s->option[0] == 'C' ? s->strike - spot : spot - s->strike;
	int64_t risk = spot * 11 / 100 - (out > 0 ? out : 0), least = spot * 5 / 100;

	return price + (risk > least ? risk : least) + (s->expiry == x->date ? spot / 50 : 0);
}

/* The loss a bought option leaves open; -1 when it does not cover that one. */
static int64_t width(const struct scrip *shorted, const struct scrip *hedge)
{
	int64_t apart = shorted->option[0] == 'C' ? hedge->strike - shorted->strike : shorted->strike - hedge->strike;

	if (hedge->option[0] != shorted->option[0] || hedge->expiry < shorted->expiry)
		return -1;
	return apart > 0 ? apart : 0;
}

static int64_t short_need(const struct exchange *x, struct leg *legs, size_t n, const struct leg *shorted, int64_t spot)
{
	int64_t open = -shorted->net, need = 0, alone = naked(x, shorted->scrip, spot);

	while (open > 0) {
		struct leg *best = NULL;
		for (size_t i = 0; i < n; i++)
			if (legs[i].spare > 0 && width(shorted->scrip, legs[i].scrip) >= 0 &&
			    (!best || width(shorted->scrip, legs[i].scrip) < width(shorted->scrip, best->scrip)))
				best = &legs[i];
		int64_t covered = best ? smaller(open, best->spare) : open, each = best ? smaller(alone, width(shorted->scrip, best->scrip) + spot / 50) : alone;
		if (best)
			best->spare -= covered;
		need += covered * each;
		open -= covered;
	}
	return need;
}

/* With `delta` units of `s` more than the positions hold. */
static int64_t underlying_need(const struct exchange *x, const struct scrip *s, int64_t delta)
{
	struct leg legs[LEGS];
	size_t n = 0;
	int64_t spot = spot_of(x, s), need = 0;

	for (size_t i = 0; i < x->n_positions; i++) {
		const struct sim_position *p = &x->position[i]->p;
		struct leg *leg = p->scrip->segment == s->segment && !strcmp(p->scrip->name, s->name) ? leg_of(legs, &n, p->scrip) : NULL;
		if (leg)
			leg->net += position_net(p);
	}
	struct leg *own = leg_of(legs, &n, s);
	if (own)
		own->net += delta;
	for (size_t i = 0; i < n; i++)
		legs[i].spare = is_option(legs[i].scrip) && legs[i].net > 0 ? legs[i].net : 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_option(legs[i].scrip))
			need += llabs(legs[i].net) * market_quote(x->market, legs[i].scrip)->last * 12 / 100;
		else if (legs[i].net < 0)
			need += short_need(x, legs, n, &legs[i], spot);
	}
	return need;
}

/* -- one order ------------------------------------------------------------------------------------------------------------------ */

/* Units of the same scrip and side other live orders still want; a product only where it matters. */
static int64_t pending(const struct exchange *x, const struct order *self, const struct sim_request *r, const struct scrip *s, bool product)
{
	int64_t units = 0;

	for (size_t i = 0; i < x->n_live; i++) {
		const struct sim_order *o = &x->live[i]->o;
		bool counted = x->live[i]->at_exchange || x->live[i]->step == STEP_EXCHANGE;
		if (x->live[i] != self && counted && o->scrip == s && o->asked.side == r->side && (!product || !strcmp(o->asked.product, r->product)))
			units += o->asked.qty - o->filled;
	}
	return units;
}

static int64_t net_of(const struct exchange *x, const struct scrip *s, const char *product)
{
	int64_t net = 0;

	for (size_t i = 0; i < x->n_positions; i++)
		if (x->position[i]->p.scrip == s && (!product || !strcmp(x->position[i]->p.product, product)))
			net += position_net(&x->position[i]->p);
	return net;
}

/* The part of a quantity that opens something rather than closing what is held. */
static int64_t opening(int64_t net, int64_t waiting, int64_t qty, char side)
{
	int64_t closable = side == 'B' ? -net : net;

	closable -= waiting;
	closable = closable > 0 ? closable : 0;
	return qty > closable ? qty - closable : 0;
}

static int64_t share_need(const struct exchange *x, const struct order *self, const struct sim_request *r, const struct scrip *s, int64_t qty, int64_t price)
{
	int64_t units = opening(net_of(x, s, r->product), pending(x, self, r, s, true), qty, r->side);

	return units * price / (strcmp(r->product, "MIS") ? 1 : 5);
}

int64_t exchange_need(const struct exchange *x, const struct order *self, const struct sim_request *r)
{
	const struct scrip *s = market_find_symbol(x->market, r->segment, r->symbol);
	int64_t qty = r->qty - (self ? self->o.filled : 0);

	if (!s || s->index || qty <= 0)
		return 0;
	int64_t last = market_quote(x->market, s)->last, price = r->price > 0 ? r->price : last;
	if (exchange_is_cash(s->segment))
		return share_need(x, self, r, s, qty, price);
	int64_t sign = r->side == 'B' ? 1 : -1, waiting = pending(x, self, r, s, false);
	int64_t more = underlying_need(x, s, sign * (waiting + qty)) - underlying_need(x, s, sign * waiting);
	int64_t premium = is_option(s) && r->side == 'B' ? price * opening(net_of(x, s, NULL), waiting, qty, 'B') : 0;
	return (more > 0 ? more : 0) + premium;
}

int64_t exchange_margin(const struct exchange *x, const struct sim_request *r)
{
	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	return exchange_need(x, NULL, r);
}

/* -- the account ---------------------------------------------------------------------------------------------------------------- */

static void count_position(const struct exchange *x, const struct sim_position *p, struct sim_funds *f)
{
	int64_t last = market_quote(x->market, p->scrip)->last;

	f->realised += position_realised(p);
	if (position_net(p) == 0)
		return;
	if (exchange_is_cash(p->scrip->segment))
		f->used += position_cost(p) / (strcmp(p->product, "MIS") ? 1 : 5);
	if (is_option(p->scrip) && position_net(p) > 0)
		f->premium += position_cost(p);
	else
		f->unrealised += position_unrealised(p, last);
}

/* Each underlying once: at the first position that names it. */
static bool first_of_underlying(const struct exchange *x, size_t at)
{
	const struct scrip *s = x->position[at]->p.scrip;

	for (size_t i = 0; i < at; i++)
		if (x->position[i]->p.scrip->segment == s->segment && !strcmp(x->position[i]->p.scrip->name, s->name))
			return false;
	return !exchange_is_cash(s->segment);
}

void exchange_funds(const struct exchange *x, struct sim_funds *ret)
{
	CHECK_OBJ(x, SIM_EXCHANGE_MAGIC);
	*ret = (struct sim_funds){ .cash = x->cash };
	for (size_t i = 0; i < x->n_positions; i++) {
		count_position(x, &x->position[i]->p, ret);
		if (first_of_underlying(x, i))
			ret->used += underlying_need(x, x->position[i]->p.scrip, 0);
	}
	for (size_t i = 0; i < x->n_live; i++) {
		const struct sim_order *o = &x->live[i]->o;
		ret->used += part(x->live[i]->blocked, o->asked.qty - o->filled, o->asked.qty);
	}
}

int64_t exchange_available(const struct exchange *x)
{
	struct sim_funds f;

	exchange_funds(x, &f);
	return f.cash + f.collateral + f.realised + f.unrealised - f.used - f.premium;
}
