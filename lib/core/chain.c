/* Which contract a signal trades: the nearest expiry's listed strike nearest that expiry's parity forward, a call for a bullish
 * and a put for a bearish signal; or the underlying itself, or its near future where the index cannot be traded. */
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

static struct parity_leg *leg_at(struct parity_leg *legs, size_t *n, price_t strike)
{
	for (size_t i = 0; i < *n; i++)
		if (legs[i].strike == strike)
			return &legs[i];
	if (*n == CHAIN_STRIKES_MAX)
		return NULL;
	legs[*n] = (struct parity_leg){ .strike = strike };
	return &legs[(*n)++];
}

static bool forward_of(const struct core *c, uint32_t underlying, date_t expiry, price_t *ret)
{
	struct parity_leg legs[CHAIN_STRIKES_MAX];
	size_t n = 0;

	for (uint32_t i = 0; i < c->s->instruments; i++) {
		const struct instrument *at = &c->instrument[i];
		struct parity_leg *leg;

		if (!is_option_of(at, underlying) || at->expiry != expiry || !risk_fresh(c, &c->quote[i]) ||
		    !(leg = leg_at(legs, &n, at->strike)))
			continue;
		*(at->kind == INSTRUMENT_CALL ? &leg->call : &leg->put) = quote_mid(&c->quote[i], at);
	}
	return parity_forward(legs, n, ret);
}

static uint32_t nearest_strike(const struct core *c, uint32_t underlying, date_t expiry, enum instrument_kind kind, price_t forward)
{
	uint32_t best = INSTRUMENT_NONE;
	price_t best_away = 0;

	for (uint32_t i = 0; i < c->s->instruments; i++) {
		const struct instrument *at = &c->instrument[i];
		price_t away = at->strike > forward ? at->strike - forward : forward - at->strike;

		if (!is_option_of(at, underlying) || at->expiry != expiry || at->kind != kind)
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
	date_t expiry = s->params[COMMON_trade] == 0 ? nearest_expiry(c, s->underlying) : 0;
	uint32_t contract;
	price_t forward;

	if (expiry == 0)
		contract = linear_contract(c, s->underlying);
	else if (!forward_of(c, s->underlying, expiry, &forward))
		return REFUSAL_NO_PRICE;
	else
		contract = nearest_strike(c, s->underlying, expiry, direction > 0 ? INSTRUMENT_CALL : INSTRUMENT_PUT, forward);
	if (contract == INSTRUMENT_NONE)
		return REFUSAL_NO_CONTRACT;
	*ret_contract = contract;
	return REFUSAL_NONE;
}
