/* What is held and what may still become so. The worst of all subsets of live orders filling is that every entry fills and no
 * exit does, since entries only add: so it is a sum. An order whose fate is not known counts in full, and so does the part
 * of an entry that waits for its slice before it to fill. */
#include "lib/core/core_priv.h"

/* -- entries at work ---------------------------------------------------------------------------------------------------- */

static money_t at_work(const struct core *c, const struct slot *s)
{
	const struct plan *p = &s->plan;
	const struct order *o = order_find(c, p->order);
	qty_t rest;

	if (!o || o->request.purpose != PURPOSE_ENTRY || !order_live((enum order_state)o->state) ||
	    (c->instrument[o->instrument].flags & INSTRUMENT_SYNTHETIC))
		return 0;
	rest = o->request.qty - o->filled;
	if (p->exit_reason == EXIT_NONE && p->want - p->entered > rest)
		rest = p->want - p->entered; /* its later slices */
	return rest * o->request.price;
}

money_t exposure_account(const struct core *c)
{
	money_t sum = c->s->account.open_cost;

	for (uint32_t i = 0; c->s->live_orders && i < c->s->active; i++)
		sum += at_work(c, &c->slot[c->active[i]]);
	return sum;
}

/* -- the rungs ------------------------------------------------------------------------------------------------------------ */

/* False when the value is beyond all reckoning. */
static bool value_of(const struct core *c, const struct intent *n, money_t *ret)
{
	if (!(c->instrument[n->contract].flags & INSTRUMENT_SYNTHETIC))
		return num_mul(n->qty, n->price, ret);
	*ret = 0;
	return true;
}

enum refusal exposure_notional(const struct core *c, const struct intent *n, uint64_t *all)
{
	money_t value;

	RUNG(!num_mul(n->qty, n->price, &value) || risk_beyond(c, LIMIT_NOTIONAL, value), NOTIONAL_LIMIT);
	return REFUSAL_NONE;
}

/* A reprice asks while its own order is out: that is replaced, not added to. */
static money_t own_at_work(const struct core *c, const struct intent *n)
{
	return n->strategy < c->s->strategies ? at_work(c, &c->slot[n->strategy]) : 0;
}

static bool account_beyond(const struct core *c, const struct intent *n)
{
	money_t value;

	return c->s->limit[LIMIT_EXPOSURE] != NUM_UNKNOWN &&
	       (!value_of(c, n, &value) || risk_beyond(c, LIMIT_EXPOSURE, exposure_account(c) - own_at_work(c, n) + value));
}

enum refusal exposure_rungs(const struct core *c, const struct intent *n, uint64_t *all)
{
	RUNG(account_beyond(c, n), EXPOSURE);
	return REFUSAL_NONE;
}
