/* How many lots, and what they risk: docs/strategies/README.md. All integers; percentages are 1/10,000 of a percent. */
#include "lib/core/core_priv.h"

#define PERCENT (100 * (int64_t)NUM_SCALE)

bool sizing_is_option(const struct instrument *i)
{
	return i->kind == INSTRUMENT_CALL || i->kind == INSTRUMENT_PUT;
}

/* An option near the money moves about half as far as its underlying. */
price_t sizing_unit_risk(const struct instrument *i, price_t risk)
{
	return sizing_is_option(i) ? risk / 2 : risk;
}

static inline money_t percent_of(money_t amount, int64_t percent)
{
	money_t part;

	return num_mul_div(amount, percent, PERCENT, &part) ? part : 0;
}

static money_t round_trip(const struct charge_rates *rates, qty_t qty, price_t price)
{
	struct charge_set buy, sell;

	charges_of(rates, SIDE_BUY, qty, price, 1, &buy);
	charges_of(rates, SIDE_SELL, qty, price, 1, &sell);
	return charges_total(&buy) + charges_total(&sell);
}

/* Spread and both sides' charges of one lot, per unit, against the share of the risk they may take. To the last paisa only where that decides. */
static bool cost_too_high(const struct core *c, const struct slot *s, const struct instrument *i, const struct quote *q,
                          price_t premium, price_t unit_risk)
{
	money_t charges;

	if (i->flags & INSTRUMENT_SYNTHETIC)
		return false;
	const struct charge_rates *rates = core_rates(c, i, slot_product(s));
	money_t left = percent_of(unit_risk * i->lot, s->params[COMMON_cost_pct]) - (quote_ask(q, i) - quote_bid(q, i)) * i->lot;
	if (charges_at_most(rates, i->lot, premium, &charges) && charges <= left)
		return false;
	return round_trip(rates, i->lot, premium) > left;
}

static enum refusal count_lots(const struct core *c, const struct slot *s, const struct instrument *i, struct sizing *z)
{
	money_t capital = c->s->account.capital, lot_risk, lot_cost;

	if (i->flags & INSTRUMENT_SYNTHETIC) {
		z->lots = 1;
		return REFUSAL_NONE;
	}
	if (!num_mul(z->risk_per_unit, i->lot, &lot_risk) || !num_mul(z->premium, i->lot, &lot_cost) || lot_risk <= 0 || lot_cost <= 0)
		return REFUSAL_STOP_INVALID;
	money_t cash = percent_of(core_cash_free(c) - exposure_in_flight(c), s->params[COMMON_cash_pct]); /* entries of other strategies at work: spent already */
	int64_t by_risk = percent_of(capital, s->params[COMMON_risk_pct]) / lot_risk;
	int64_t by_cash = cash > 0 ? cash / lot_cost : 0;
	if (by_risk == 0 && lot_risk > percent_of(capital, s->params[COMMON_risk_cap_pct]))
		return REFUSAL_RISK_OVER_CAP;
	if (by_cash == 0)
		return REFUSAL_NO_CASH;
	int64_t lots = by_risk == 0 ? 1 : by_risk;
	lots = lots < by_cash ? lots : by_cash;
	z->lots = (uint32_t)(lots < s->params[COMMON_lots_max] ? lots : s->params[COMMON_lots_max]);
	return REFUSAL_NONE;
}

void sizing_compute(struct core *c, const struct slot *s, uint32_t contract, enum side side, price_t close,
                    price_t index_stop, struct sizing *z)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	price_t risk = close > index_stop ? close - index_stop : index_stop - close;
	price_t reward;

	*z = (struct sizing){ .premium = side == SIDE_BUY ? quote_ask(q, i) : quote_bid(q, i) };
	z->risk_per_unit = sizing_unit_risk(i, risk);
	z->refusal = REFUSAL_STOP_INVALID;
	if (index_stop <= 0 || z->risk_per_unit <= 0 || !num_mul_div(z->risk_per_unit, s->params[COMMON_reward], NUM_SCALE, &reward))
		return;
	if (sizing_is_option(i) && z->risk_per_unit >= percent_of(z->premium, s->params[COMMON_stop_pct]))
		return;
	z->stop = sizing_is_option(i) ? z->premium - z->risk_per_unit : 0;
	z->target = side == SIDE_BUY ? z->premium + reward : z->premium - reward;
	z->refusal = REFUSAL_COST_TOO_HIGH;
	if (cost_too_high(c, s, i, q, z->premium, z->risk_per_unit))
		return;
	z->refusal = count_lots(c, s, i, z);
	z->qty = (qty_t)z->lots * i->lot;
	z->price = plan_entry_price(c, s, contract, side);
}
