/* What is held and what may still become so. The worst of all subsets of live orders filling is that every entry fills and no
 * exit does, since entries only add: so it is a sum. An order whose fate is not known counts in full, and so does the part
 * of an entry that waits for its slice before it to fill. */
#include "lib/core/core_priv.h"

/* -- entries at work ---------------------------------------------------------------------------------------------------- */

qty_t exposure_rest(const struct plan *p, const struct order *o)
{
	qty_t out = o->request.qty - o->filled, slices = p->exit_reason == EXIT_NONE ? p->want - p->entered : 0;

	return slices > out ? slices : out;
}

static const struct order *entry_at_work(const struct core *c, uint64_t number)
{
	const struct order *o = order_find(c, number);

	return o && o->request.purpose == PURPOSE_ENTRY && order_live((enum order_state)o->state) &&
	       !(c->instrument[o->instrument].flags & INSTRUMENT_SYNTHETIC) ? o : NULL;
}

static money_t at_work(const struct core *c, const struct slot *s)
{
	const struct order *o = entry_at_work(c, s->plan.order);

	return o ? exposure_rest(&s->plan, o) * o->request.price : 0;
}

/* An entry proven absent, which no later slice follows; it may yet turn up. */
static money_t lies_aside(const struct core *c, const struct slot *s)
{
	const struct order *o = entry_at_work(c, s->plan.aside);

	return o ? (o->request.qty - o->filled) * o->request.price : 0;
}

money_t exposure_of_plans(const struct core *c)
{
	money_t sum = 0;

	for (uint32_t i = 0; i < c->s->active; i++)
		sum += at_work(c, &c->slot[c->active[i]]) + lies_aside(c, &c->slot[c->active[i]]);
	return sum;
}

/* -- the rungs ------------------------------------------------------------------------------------------------------------ */

/* False when the value is beyond all reckoning: no sum of such values may overflow. */
bool exposure_value(const struct intent *n, money_t *ret)
{
	return num_mul(n->qty, n->price, ret) && *ret <= NUM_DECIMAL_MAX;
}

static bool value_of(const struct core *c, const struct intent *n, money_t *ret)
{
	if (!(c->instrument[n->contract].flags & INSTRUMENT_SYNTHETIC))
		return exposure_value(n, ret);
	*ret = 0;
	return true;
}

enum refusal exposure_notional(const struct core *c, const struct intent *n, uint64_t *all)
{
	money_t value;

	RUNG(!exposure_value(n, &value) || risk_beyond(c, LIMIT_NOTIONAL, value), NOTIONAL_LIMIT);
	return REFUSAL_NONE;
}

/* A reprice asks while its own order is out: that is replaced, not added to. */
static money_t own_at_work(const struct core *c, const struct intent *n)
{
	return n->strategy < c->s->strategies ? at_work(c, &c->slot[n->strategy]) : 0;
}

/* Every plan that holds or enters the contract watches it. */
bool exposure_instrument(const struct core *c, const struct intent *n, money_t *ret)
{
	if (!value_of(c, n, ret))
		return false;
	for (uint32_t node = c->link[n->contract].watch; node != WATCH_NONE; node = c->slot[node / 2].watch_next[node % 2]) {
		const struct slot *s = &c->slot[node / 2];

		if (s->plan.contract == n->contract)
			*ret += s->open_cost + lies_aside(c, s) + (node / 2 == n->strategy ? 0 : at_work(c, s));
	}
	return true;
}

static bool instrument_beyond(const struct core *c, const struct intent *n)
{
	money_t sum;

	return c->s->limit[LIMIT_EXPOSURE_INSTRUMENT] != NUM_UNKNOWN &&
	       (!exposure_instrument(c, n, &sum) || risk_beyond(c, LIMIT_EXPOSURE_INSTRUMENT, sum));
}

static bool strategy_beyond(const struct core *c, const struct intent *n)
{
	money_t value;

	if (c->s->limit[LIMIT_EXPOSURE_STRATEGY] == NUM_UNKNOWN || n->strategy >= c->s->strategies)
		return false;
	const struct slot *s = &c->slot[n->strategy];
	return !value_of(c, n, &value) || risk_beyond(c, LIMIT_EXPOSURE_STRATEGY, s->open_cost + lies_aside(c, s) + value);
}

static bool account_beyond(const struct core *c, const struct intent *n)
{
	money_t value;

	return c->s->limit[LIMIT_EXPOSURE] != NUM_UNKNOWN &&
	       (!value_of(c, n, &value) || risk_beyond(c, LIMIT_EXPOSURE, exposure_account(c) - own_at_work(c, n) + value));
}

/* -- money ------------------------------------------------------------------------------------------------------------------ */

money_t exposure_free(const struct core *c, const struct intent *n)
{
	money_t own = c->s->live_orders > 0 ? own_at_work(c, n) : 0, free = core_cash_free(c), broker = c->s->funds.cash;

	if (broker != NUM_UNKNOWN && broker + own < free)
		free = broker + own;
	return free - (exposure_in_flight(c) - own);
}

bool exposure_cost(const struct core *c, const struct intent *n, money_t *ret)
{
	const struct instrument *i = &c->instrument[n->contract];
	struct charge_set charges = { 0 };

	if (n->side == SIDE_SELL && sizing_is_option(i))
		return false;
	if (!value_of(c, n, ret))
		return false;
	if (!(i->flags & INSTRUMENT_SYNTHETIC))
		charges_of(core_rates(c, i, n->product), (int)n->side, n->qty, n->price, 1, &charges);
	*ret += charges_total(&charges);
	return true;
}

static bool unpaid(const struct core *c, const struct intent *n)
{
	const struct instrument *i = &c->instrument[n->contract];
	money_t cost, charges, free = exposure_free(c, n);

	if (i->flags & INSTRUMENT_SYNTHETIC)
		return false;
	if (n->side == SIDE_BUY && value_of(c, n, &cost) && charges_at_most(core_rates(c, i, n->product), n->qty, n->price, &charges) && cost + charges <= free)
		return false; /* and no charges need to be reckoned */
	return !exposure_cost(c, n, &cost) || cost > free;
}

enum refusal exposure_rungs(const struct core *c, const struct intent *n, uint64_t *all)
{
	RUNG(instrument_beyond(c, n), EXPOSURE_INSTRUMENT);
	RUNG(strategy_beyond(c, n), EXPOSURE_STRATEGY);
	RUNG(account_beyond(c, n), EXPOSURE);
	RUNG(unpaid(c, n), MARGIN);
	return REFUSAL_NONE;
}
