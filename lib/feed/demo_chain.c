#include "lib/feed/demo_chain.h"

#include <string.h>

#include "lib/base/prng.h"
#include "lib/feed/blackscholes.h"
#include "lib/feed/symbol.h"

#define CARRY 0.065       /* a year: the forward's premium over the index */
#define YEAR_NANOS (365.0 * 24 * 3600 * 1e9)
#define YEARS_MIN (60.0 / (365 * 24 * 3600))
#define TICK_UNKNOWN 500  /* 0.05 rupee, as every index option */

static price_t strike_of(const struct demo_chain *c, uint32_t slot)
{
	return c->strike_low + (price_t)slot * DEMO_STRIKE_STEP;
}

void demo_chain_begin(struct demo_chain *c, const struct contract_table *t, date_t expiry, nanos_t expires, date_t date,
                      price_t price)
{
	struct contract_facts facts;

	memset(c, 0, sizeof(*c));
	contract_lookup(t, "NIFTY", expiry, date, &facts);
	bool lot_known = !(facts.unknown & 1u << CONTRACT_LOT), tick_known = !(facts.unknown & 1u << CONTRACT_TICK);
	c->expiry = expiry;
	c->expires = expires;
	c->strike_low = price_nearest(price, DEMO_STRIKE_STEP) - DEMO_STRIKES / 2 * DEMO_STRIKE_STEP;
	c->lot = lot_known ? facts.lot : 1;
	c->tick = tick_known ? facts.tick : TICK_UNKNOWN;
	c->freeze = facts.unknown & 1u << CONTRACT_FREEZE ? 0 : facts.freeze;
	c->flags = INSTRUMENT_TRADABLE;
	if (!lot_known || !tick_known || (facts.assumed & (1u << CONTRACT_LOT | 1u << CONTRACT_TICK)))
		c->flags |= INSTRUMENT_ASSUMED;
	for (uint32_t i = 0; i < DEMO_STRIKES; i++)
		c->contract[i][0].id = c->contract[i][1].id = INSTRUMENT_NONE;
}

void demo_chain_day(struct demo_chain *c)
{
	for (uint32_t i = 0; i < DEMO_STRIKES; i++)
		c->contract[i][0].volume = c->contract[i][1].volume = 0;
}

uint32_t demo_chain_money(const struct demo_chain *c, price_t price)
{
	int64_t slot = num_div_floor(price - c->strike_low + DEMO_STRIKE_STEP / 2, DEMO_STRIKE_STEP);

	if (slot < DEMO_REACH)
		return DEMO_REACH;
	return slot > DEMO_STRIKES - 1 - DEMO_REACH ? DEMO_STRIKES - 1 - DEMO_REACH : (uint32_t)slot;
}

void demo_chain_instrument(const struct demo_chain *c, uint32_t slot, bool call, struct instrument *ret)
{
	memset(ret, 0, sizeof(*ret));
	symbol_option("NIFTY", c->expiry, strike_of(c, slot), call, ret->symbol);
	memcpy(ret->underlying, "NIFTY", sizeof("NIFTY"));
	ret->id = c->contract[slot][!call].id;
	ret->kind = call ? INSTRUMENT_CALL : INSTRUMENT_PUT;
	ret->segment = SEGMENT_NSE_FO;
	ret->flags = (uint16_t)c->flags;
	ret->expiry = c->expiry;
	ret->strike = strike_of(c, slot);
	ret->tick = c->tick;
	ret->lot = c->lot;
	ret->freeze = c->freeze;
}

/* -- quotes ---------------------------------------------------------------------------------------------------------- */

/* Value in 1/10,000 rupee. The smile: puts below the money are dearer, and both ends rise. */
static price_t fair_value(const struct demo_chain *c, const struct demo_market *m, uint32_t slot, bool call, nanos_t now)
{
	double years = (double)(c->expires - now) / YEAR_NANOS;

	if (years < YEARS_MIN)
		years = YEARS_MIN;
	double strike = (double)strike_of(c, slot), forward = (double)m->price * (1 + CARRY * years);
	double away = (strike / forward - 1) * 100; /* percent */
	double vol = (double)m->vol / 10000 * (1 - 0.025 * away + 0.02 * away * away);
	if (vol < 0.05)
		vol = 0.05;
	return (price_t)(black_value(forward, strike, years, vol, call) * (1 - CARRY * years) + 0.5);
}

/* Quoted by lots: many at the money, few far away. */
static qty_t size_of(const struct demo_chain *c, struct demo_market *m, uint32_t away)
{
	return c->lot * (qty_t)(1 + prng_below(&m->random, 8 + 60 / (1 + away)));
}

static void make_levels(const struct demo_chain *c, struct demo_market *m, uint32_t away, price_t fair, struct event_depth *ret)
{
	price_t half = c->tick / 2 + fair / 1200 + (price_t)prng_below(&m->random, 2) * c->tick / 2;
	price_t bid = price_floor(fair - half, c->tick), ask = price_ceil(fair + half, c->tick);

	memset(ret, 0, sizeof(*ret));
	if (ask <= bid)
		ask = bid + c->tick;
	if (ask < c->tick)
		ask = c->tick;
	for (int i = 0; i < DEPTH_LEVELS; i++) {
		if (bid > 0) /* below the lowest price nobody bids */
			ret->bid[i] = (struct depth_level){ bid, size_of(c, m, away) };
		ret->ask[i] = (struct depth_level){ ask, size_of(c, m, away) };
		bid -= c->tick * (price_t)(1 + prng_below(&m->random, 2));
		ask += c->tick * (price_t)(1 + prng_below(&m->random, 2));
	}
}

/* A trade at one side, more often and larger at the money. */
static qty_t trade(struct demo_chain *c, struct demo_market *m, struct demo_contract *k, uint32_t away, const struct event_depth *d)
{
	const struct depth_level *side = prng_below(&m->random, 2) == 0 ? &d->bid[0] : &d->ask[0];

	if (prng_below(&m->random, 2 + away) > 1 || side->price == 0)
		return 0;
	qty_t qty = c->lot * (qty_t)(1 + prng_below(&m->random, 10 + 400 / (1 + away * away)));
	k->last = side->price;
	k->volume += qty;
	k->oi += c->lot * ((qty_t)prng_below(&m->random, (uint64_t)(qty / c->lot) + 2) / 2);
	return qty;
}

static void list(struct demo_chain *c, struct demo_market *m, struct demo_contract *k, uint32_t away, price_t fair)
{
	price_t last = price_nearest(fair, c->tick);

	k->last = last > c->tick ? last : c->tick;
	k->oi = c->lot * (qty_t)(2000 + prng_below(&m->random, 60000 / (1 + away)));
}

void demo_chain_quote(struct demo_chain *c, struct demo_market *m, uint32_t slot, bool call, uint32_t away, nanos_t now,
                      struct event_tick *ret, struct event_depth *ret_depth)
{
	struct demo_contract *k = &c->contract[slot][!call];
	price_t fair = fair_value(c, m, slot, call, now);

	if (k->last == 0)
		list(c, m, k, away, fair);
	make_levels(c, m, away, fair, ret_depth);
	*ret = (struct event_tick){ .last_qty = trade(c, m, k, away, ret_depth) };
	ret->last = k->last;
	ret->bid = ret_depth->bid[0].price;
	ret->bid_qty = ret_depth->bid[0].qty;
	ret->ask = ret_depth->ask[0].price;
	ret->ask_qty = ret_depth->ask[0].qty;
	ret->volume = k->volume;
	ret->oi = k->oi;
	ret->exchange_stamp = now;
}
