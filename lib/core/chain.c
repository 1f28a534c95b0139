/* Which contract a signal trades: the nearest expiry's listed strike nearest that expiry's parity forward, a call for a bullish
 * and a put for a bearish signal; or the underlying itself, or its near future where the index cannot be traded. */
#include "lib/base/prng.h"
#include "lib/core/core_priv.h"
#include "lib/core/parity.h"

#define CHAIN_STRIKES_MAX 512

static bool is_option_of(const struct instrument *i, uint32_t underlying)
{
	return i->underlying_id == underlying && (i->kind == INSTRUMENT_CALL || i->kind == INSTRUMENT_PUT);
}

static date_t nearest_expiry(const struct core *c, uint32_t underlying)
{
	date_t nearest = 0;

	for (uint32_t i = 0; i < c->s->instruments; i++) {
		const struct instrument *at = &c->instrument[i];

		if (is_option_of(at, underlying) && at->expiry >= c->today && (nearest == 0 || at->expiry < nearest))
			nearest = at->expiry;
	}
	return nearest;
}

/* place: a hash table of strikes, 1 + the index of the leg. To look through hundreds of legs for each contract would take far longer than all else
 * between a tick and its order. */
#define CHAIN_PLACES (2 * CHAIN_STRIKES_MAX)
struct legs { size_t n; uint16_t place[CHAIN_PLACES]; struct parity_leg at[CHAIN_STRIKES_MAX]; };

static struct parity_leg *leg_at(struct legs *l, price_t strike)
{
	size_t at = prng_mix((uint64_t)strike) % CHAIN_PLACES;

	while (l->place[at] && l->at[l->place[at] - 1].strike != strike)
		at = (at + 1) % CHAIN_PLACES;
	if (l->place[at])
		return &l->at[l->place[at] - 1];
	if (l->n == CHAIN_STRIKES_MAX)
		return NULL;
	l->at[l->n] = (struct parity_leg){ .strike = strike };
	l->place[at] = (uint16_t)++l->n;
	return &l->at[l->n - 1];
}

static bool in_chain(const struct instrument *i, const struct option_chain *chain)
{
	return is_option_of(i, chain->underlying) && i->expiry == chain->expiry;
}

static void find_chain(const struct core *c, uint32_t underlying, struct option_chain *ret)
{
	*ret = (struct option_chain){ .known = 1, .underlying = underlying, .today = c->today, .expiry = nearest_expiry(c, underlying), .first = UINT32_MAX };
	for (uint32_t i = 0; ret->expiry && i < c->s->instruments; i++) {
		if (!in_chain(&c->instrument[i], ret))
			continue;
		ret->first = i < ret->first ? i : ret->first;
		ret->end = i + 1;
	}
}

/* The memo is no state, as that of the charges. */
static const struct option_chain *chain_of(const struct core *c, uint32_t underlying)
{
	struct option_chain *memo = (struct option_chain *)&c->chain[underlying % CHAIN_MEMO];

	if (!memo->known || memo->underlying != underlying || memo->today != c->today)
		find_chain(c, underlying, memo);
	return memo;
}

static bool forward_of(const struct core *c, const struct option_chain *chain, price_t *ret)
{
	struct legs legs;

	legs.n = 0;
	memset(legs.place, 0, sizeof(legs.place));
	for (uint32_t i = chain->first; i < chain->end; i++) {
		const struct instrument *at = &c->instrument[i];
		struct parity_leg *leg;

		if (!in_chain(at, chain) || !risk_fresh(c, &c->quote[i]) || !(leg = leg_at(&legs, at->strike)))
			continue;
		*(at->kind == INSTRUMENT_CALL ? &leg->call : &leg->put) = quote_mid(&c->quote[i], at);
	}
	return parity_forward(legs.at, legs.n, ret);
}

static uint32_t nearest_strike(const struct core *c, const struct option_chain *chain, enum instrument_kind kind, price_t forward)
{
	uint32_t best = INSTRUMENT_NONE;
	price_t best_away = 0;

	for (uint32_t i = chain->first; i < chain->end; i++) {
		const struct instrument *at = &c->instrument[i];
		price_t away = at->strike > forward ? at->strike - forward : forward - at->strike;

		if (at->kind != kind || !in_chain(at, chain))
			continue;
		if (best == INSTRUMENT_NONE || away < best_away) {
			best = i;
			best_away = away;
		}
	}
	return best;
}

/* The underlying when it can be traded, else its first future still alive. */
static uint32_t linear_contract(const struct core *c, uint32_t underlying)
{
	if (c->instrument[underlying].flags & INSTRUMENT_TRADABLE)
		return underlying;
	for (uint32_t i = 0; i < c->s->instruments; i++) {
		const struct instrument *at = &c->instrument[i];

		if (at->underlying_id == underlying && at->kind == INSTRUMENT_FUTURE && (!at->expiry || at->expiry >= c->today))
			return i;
	}
	return INSTRUMENT_NONE;
}

enum refusal chain_choose(const struct core *c, const struct slot *s, int direction, uint32_t *ret_contract)
{
	const struct option_chain *chain = s->params[COMMON_trade] == 0 ? chain_of(c, s->underlying) : NULL;
	uint32_t contract;
	price_t forward;

	if (!chain || chain->expiry == 0)
		contract = linear_contract(c, s->underlying);
	else if (!forward_of(c, chain, &forward))
		return REFUSAL_NO_PRICE;
	else
		contract = nearest_strike(c, chain, direction > 0 ? INSTRUMENT_CALL : INSTRUMENT_PUT, forward);
	if (contract == INSTRUMENT_NONE)
		return REFUSAL_NO_CONTRACT;
	*ret_contract = contract;
	return REFUSAL_NONE;
}
