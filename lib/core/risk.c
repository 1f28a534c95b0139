/* The gate: a ladder of named refusals in the order of refusal.tbl.h. Each rung tests, returns its name, or lets pass. */
#include "lib/core/core_priv.h"

/* -- everyone ---------------------------------------------------------------------------------------------------------- */

static enum refusal calendar_rungs(const struct core *c)
{
	const struct core_state *s = c->s;

	if (!s->day_active || s->now < s->day.open || s->now >= s->day.close || s->feed_ended)
		return REFUSAL_SESSION_CLOSED;
	if ((s->day_flags & SESSION_ASSUMED) && !core_flag(c, START_ASSUME_UNKNOWN))
		return REFUSAL_CALENDAR_UNKNOWN;
	if (s->day.no_trade)
		return REFUSAL_NO_TRADE_SESSION;
	return REFUSAL_NONE;
}

enum refusal risk_engine(const struct core *c)
{
	const struct core_state *s = c->s;

	if (s->kill != KILL_NONE)
		return REFUSAL_KILLED;
	if (s->stop != STOP_NONE)
		return REFUSAL_STOPPING;
	if (s->paused)
		return REFUSAL_PAUSED;
	if (!s->started)
		return REFUSAL_NOT_READY;
	if (!s->link[LINK_FEED].up || !s->link[LINK_BROKER].up)
		return REFUSAL_LINK_DOWN;
	if (!s->link[LINK_JOURNAL].up)
		return REFUSAL_JOURNAL;
	return calendar_rungs(c);
}

/* -- one strategy -------------------------------------------------------------------------------------------------------- */

static enum refusal hours(const struct core *c, const struct slot *s)
{
	nanos_t tod = stamp_time_of_day(c->s->now);

	if (tod < s->params[COMMON_entry_from] || tod >= s->params[COMMON_entry_to])
		return REFUSAL_OUTSIDE_HOURS;
	if (!s->params[COMMON_product] && c->s->now >= c->s->day.square_off)
		return REFUSAL_OUTSIDE_HOURS;
	return REFUSAL_NONE;
}

enum refusal risk_strategy(const struct core *c, const struct slot *s)
{
	enum refusal r = risk_engine(c);
	nanos_t now = c->s->now;

	if (s->paused && (r == REFUSAL_NONE || r > REFUSAL_STRATEGY_PAUSED))
		return REFUSAL_STRATEGY_PAUSED;
	if (c->s->start.mode == MODE_LIVE && !s->params[COMMON_live] && (r == REFUSAL_NONE || r > REFUSAL_NOT_LIVE))
		return REFUSAL_NOT_LIVE;
	if (r != REFUSAL_NONE)
		return r;
	if ((r = hours(c, s)) != REFUSAL_NONE)
		return r;
	if (s->plan.state != PLAN_IDLE || s->book.qty != 0)
		return REFUSAL_POSITION_OPEN;
	if (s->acted && now < s->acted + s->params[COMMON_cooldown] * NANOS_SECOND)
		return REFUSAL_COOLDOWN;
	if (s->stopped_out && now < s->stopped_out + s->params[COMMON_stopout_cooldown] * NANOS_SECOND)
		return REFUSAL_STOPOUT_COOLDOWN;
	if (s->entries_today >= (uint32_t)s->params[COMMON_entries_per_day])
		return REFUSAL_ENTRIES_PER_DAY;
	if (s->streak_locked)
		return REFUSAL_LOSS_STREAK;
	if (c->s->account.day_locked)
		return REFUSAL_DAY_LOSS;
	if (orders_day_full(c))
		return REFUSAL_DAY_FULL;
	return REFUSAL_NONE;
}

/* -- the contract ------------------------------------------------------------------------------------------------------------ */

bool risk_fresh(const struct core *c, const struct quote *q)
{
	return q->stamp != 0 && c->s->now - q->stamp <= core_age_limit(c);
}

/* Statutory charges must have a row for the day; live also wants it to be the day's own row. */
static bool charges_known(struct core *c, const struct instrument *i)
{
	if (i->flags & INSTRUMENT_SYNTHETIC)
		return true;
	const struct charge_side *sell = &core_rates(c, i, PRODUCT_MIS)->side[SIDE_SELL];
	return (sell->unknown | sell->assumed) == 0;
}

enum refusal risk_contract(struct core *c, uint32_t contract)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	bool assume = core_flag(c, START_ASSUME_UNKNOWN);

	if (!(i->flags & INSTRUMENT_TRADABLE))
		return REFUSAL_NO_CONTRACT;
	if ((i->flags & INSTRUMENT_ASSUMED) && !assume)
		return REFUSAL_CONTRACT_UNKNOWN;
	if (i->expiry && i->expiry < stamp_date(c->s->now))
		return REFUSAL_EXPIRED;
	if (quote_bid(q, i) <= 0 || quote_ask(q, i) <= 0 || quote_bid(q, i) > quote_ask(q, i))
		return REFUSAL_NO_PRICE;
	if (!risk_fresh(c, q))
		return REFUSAL_STALE_PRICE;
	if (!assume && !charges_known(c, i))
		return REFUSAL_CHARGES_UNKNOWN;
	return REFUSAL_NONE;
}

/* -- the order ------------------------------------------------------------------------------------------------------------------ */

static bool beyond(const struct core *c, enum limit l, int64_t value)
{
	return c->s->limit[l] != NUM_UNKNOWN && value > c->s->limit[l];
}

bool risk_price_away(const struct core *c, uint32_t contract, price_t price)
{
	const struct instrument *i = &c->instrument[contract];
	price_t last = c->quote[contract].last, away;

	if ((i->band_low && price < i->band_low) || (i->band_high && price > i->band_high))
		return true;
	if (last <= 0)
		return false;
	away = price > last ? price - last : last - price;
	int64_t pct;
	return !num_mul_div(away, 100 * NUM_SCALE, last, &pct) || (beyond(c, LIMIT_PRICE_AWAY_PCT, pct) && away > 4 * i->tick);
}

/* Cost of all books if every live entry order filled in full: the largest of all subsets, since each only adds. A live order
 * is always the one at work of an active plan. */
money_t risk_committed(const struct core *c)
{
	money_t sum = c->s->account.open_cost;

	for (uint32_t i = 0; c->s->live_orders && i < c->s->active; i++) {
		const struct order *o = order_find(c, c->slot[c->active[i]].plan.order);

		if (o && order_live((enum order_state)o->state) && o->request.purpose == PURPOSE_ENTRY &&
		    !(c->instrument[o->instrument].flags & INSTRUMENT_SYNTHETIC))
			sum += (o->request.qty - o->filled) * o->request.price;
	}
	return sum;
}

/* Every live order belongs to a plan that watches its contract. */
static bool own_order_opposite(struct core *c, uint32_t contract, enum side side)
{
	for (uint32_t node = c->link[contract].watch; node != WATCH_NONE; node = c->slot[node / 2].watch_next[node % 2]) {
		const struct order *o = order_find(c, c->slot[node / 2].plan.order);

		if (o && order_live((enum order_state)o->state) && o->instrument == contract && o->request.side != side)
			return true;
	}
	return false;
}

/* The newest stands before `at`, so the first that is too old ends the count. */
static uint32_t rate_used(const struct core *c)
{
	const struct rate *r = &c->s->rate;
	uint32_t used = 0;

	for (; used < RATE_SLOTS; used++) {
		nanos_t sent = r->sent[(r->at - 1 - used) % RATE_SLOTS];

		if (sent == 0 || c->s->now - sent >= NANOS_SECOND)
			break;
	}
	return used;
}

/* Only a replay may run without a limit, to compare with engines that have none. */
static uint32_t rate_limit(const struct core *c)
{
	int64_t limit = c->s->limit[LIMIT_ORDER_RATE] / NUM_SCALE;

	if (c->s->limit[LIMIT_ORDER_RATE] == NUM_UNKNOWN && c->s->start.mode == MODE_REPLAY)
		return UINT32_MAX / 2;
	if (c->s->limit[LIMIT_ORDER_RATE] == NUM_UNKNOWN || limit > 10)
		return 10; /* the exchange's bound, whatever the setting */
	return limit < 1 ? 1 : (uint32_t)limit; /* an exit must always be possible */
}

enum refusal risk_order(struct core *c, uint32_t contract, enum side side, qty_t qty, price_t price)
{
	money_t value;

	if (beyond(c, LIMIT_QTY, qty * NUM_SCALE))
		return REFUSAL_QTY_LIMIT;
	if (!num_mul(qty, price, &value) || beyond(c, LIMIT_NOTIONAL, value))
		return REFUSAL_NOTIONAL_LIMIT;
	if (risk_price_away(c, contract, price))
		return REFUSAL_PRICE_BAND;
	if (beyond(c, LIMIT_OPEN_ORDERS, (int64_t)(c->s->live_orders + 1) * NUM_SCALE))
		return REFUSAL_OPEN_ORDERS;
	if (c->s->limit[LIMIT_EXPOSURE] != NUM_UNKNOWN && beyond(c, LIMIT_EXPOSURE, risk_committed(c) + value))
		return REFUSAL_EXPOSURE;
	if (rate_used(c) >= (rate_limit(c) + 1) / 2)
		return REFUSAL_ORDER_RATE;
	if (own_order_opposite(c, contract, side))
		return REFUSAL_SELF_TRADE;
	return REFUSAL_NONE;
}

/* -- rate -------------------------------------------------------------------------------------------------------------------------- */

bool risk_rate_take(struct core *c, bool entry)
{
	struct rate *r = &c->s->rate;
	uint32_t limit = entry ? (rate_limit(c) + 1) / 2 : rate_limit(c);

	if (rate_used(c) >= limit)
		return false;
	r->sent[r->at] = c->s->now;
	r->at = (r->at + 1) % RATE_SLOTS;
	return true;
}

nanos_t risk_rate_free(const struct core *c)
{
	const struct rate *r = &c->s->rate;
	nanos_t oldest = STAMP_NEVER;

	for (int i = 0; i < RATE_SLOTS; i++)
		if (r->sent[i] != 0 && c->s->now - r->sent[i] < NANOS_SECOND && r->sent[i] < oldest)
			oldest = r->sent[i];
	return oldest == STAMP_NEVER ? c->s->now : oldest + NANOS_SECOND;
}

/* -- the day's loss ------------------------------------------------------------------------------------------------------------------ */

void risk_day_loss(struct core *c)
{
	struct account *a = &c->s->account;
	money_t bound;

	if (a->day_locked || c->s->limit[LIMIT_DAY_LOSS_PCT] == NUM_UNKNOWN || core_day_pnl(c) >= 0)
		return;
	if (!num_mul_div(a->capital, c->s->limit[LIMIT_DAY_LOSS_PCT], 100 * NUM_SCALE, &bound) || -core_day_pnl(c) < bound)
		return;
	a->day_locked = 1;
	core_alert(c, ALERT_DAY_LOSS, UINT32_MAX, INSTRUMENT_NONE, core_day_pnl(c), "the day's loss limit was reached: flat and locked until tomorrow");
	plan_exit_all(c, EXIT_DAY_LOSS);
}
