/* The gate: a ladder of named refusals in the order of refusal.tbl.h. Each rung tests, returns its name, or lets pass. */
#include "lib/core/core_priv.h"

/* -- everyone ---------------------------------------------------------------------------------------------------------- */

/* What a person ordered. */
static inline enum refusal command_rungs(const struct core *c, uint64_t *all)
{
	const struct core_state *s = c->s;

	RUNG(s->kill != KILL_NONE, KILLED);
	RUNG(s->stop != STOP_NONE, STOPPING);
	RUNG(s->paused, PAUSED);
	return REFUSAL_NONE;
}

static inline enum refusal connection_rungs(const struct core *c, uint64_t *all)
{
	const struct core_state *s = c->s;

	RUNG(!s->started, NOT_READY);
	RUNG(!s->link[LINK_FEED].up || !s->link[LINK_BROKER].up, LINK_DOWN);
	RUNG(!s->link[LINK_JOURNAL].up, JOURNAL);
	RUNG(s->books.unread, ACCOUNT_UNREAD);
	RUNG(s->books.apart, CLOCK_APART);
	RUNG(!s->day_active || s->now < s->day.open || s->now >= s->day.close || s->feed_ended, SESSION_CLOSED);
	RUNG((s->day_flags & SESSION_ASSUMED) && !core_flag(c, START_ASSUME_UNKNOWN), CALENDAR_UNKNOWN);
	RUNG(s->day.no_trade, NO_TRADE_SESSION);
	return REFUSAL_NONE;
}

enum refusal risk_engine(const struct core *c, uint64_t *all)
{
	enum refusal r = command_rungs(c, all);

	return r != REFUSAL_NONE ? r : connection_rungs(c, all);
}

enum refusal risk_account(const struct core *c, const char *underlying, uint64_t *all)
{
	const uint32_t locked = c->s->account.day_locked;

	RUNG(locked == DAY_LOCK_LOSS, DAY_LOSS);
	RUNG(locked == DAY_LOCK_DRAWDOWN, DRAWDOWN);
	RUNG(locked == DAY_LOCK_PROFIT, PROFIT_LOCK);
	RUNG(orders_day_full(c), DAY_FULL);
	return reconcile_refusal(c, underlying, all);
}

/* -- one strategy -------------------------------------------------------------------------------------------------------- */

static bool outside_hours(const struct core *c, const struct slot *s)
{
	nanos_t tod = c->s->now - c->midnight;

	return tod < s->params[COMMON_entry_from] || tod >= s->params[COMMON_entry_to] ||
	       (!s->params[COMMON_product] && c->s->now >= c->s->day.square_off);
}

static enum refusal strategy_rungs(const struct core *c, const struct slot *s, uint64_t *all)
{
	nanos_t now = c->s->now;

	RUNG(outside_hours(c, s), OUTSIDE_HOURS);
	RUNG(s->plan.state != PLAN_IDLE || s->book.qty != 0, POSITION_OPEN);
	RUNG(s->acted && now < s->acted + s->params[COMMON_cooldown] * NANOS_SECOND, COOLDOWN);
	RUNG(s->stopped_out && now < s->stopped_out + s->params[COMMON_stopout_cooldown] * NANOS_SECOND, STOPOUT_COOLDOWN);
	RUNG(s->entries_today >= (uint32_t)s->params[COMMON_entries_per_day], ENTRIES_PER_DAY);
	RUNG(s->streak_locked, LOSS_STREAK);
	RUNG(s->runaway, RUNAWAY);
	return REFUSAL_NONE;
}

/* A person's order has the underlying of its contract. */
static const char *underlying_of(const struct core *c, const struct slot *s)
{
	return s->symbol[0] || s->plan.state == PLAN_IDLE ? s->symbol : c->instrument[s->plan.contract].underlying;
}

/* Whether it may hold a position at all: asked for a further slice and a reprice too, when hours and counts are past. */
static inline enum refusal permission_rungs(const struct core *c, const struct slot *s, uint64_t *all)
{
	enum refusal r;

	RUNG(dry_hours(c, c->s->now), AFTER_MARKET);
	if ((r = command_rungs(c, all)) != REFUSAL_NONE)
		return r;
	RUNG(s->paused, STRATEGY_PAUSED);
	RUNG(c->s->start.mode == MODE_LIVE && !s->params[COMMON_live], NOT_LIVE);
	return connection_rungs(c, all);
}

/* Those that have begun to fill, and those at work that still may. */
static bool entries_used_up(const struct core *c)
{
	int64_t entries = c->s->account.day_entries;

	if (c->s->limit[LIMIT_ENTRIES_DAY] == NUM_UNKNOWN)
		return false;
	for (uint32_t i = 0; i < c->s->active; i++)
		entries += c->slot[c->active[i]].plan.state == PLAN_ENTERING && c->slot[c->active[i]].plan.entered == 0;
	return risk_beyond(c, LIMIT_ENTRIES_DAY, (entries + 1) * NUM_SCALE);
}

/* The account's number of them. */
static enum refusal risk_entries(const struct core *c, uint64_t *all)
{
	RUNG(entries_used_up(c), ENTRIES_DAY);
	return REFUSAL_NONE;
}

enum refusal risk_strategy(const struct core *c, const struct slot *s, uint64_t *all)
{
	enum refusal r;

	if ((r = permission_rungs(c, s, all)) != REFUSAL_NONE)
		return r;
	if ((r = strategy_rungs(c, s, all)) != REFUSAL_NONE)
		return r;
	if ((r = risk_account(c, s->symbol, all)) != REFUSAL_NONE)
		return r;
	return risk_entries(c, all);
}

enum refusal core_may_leave(const struct core *c, const struct order_request *r)
{
	const struct slot *s = r->strategy < c->s->strategies ? &c->slot[r->strategy] : NULL;
	enum refusal why;

	if (r->purpose == PURPOSE_EXIT || r->purpose == PURPOSE_STOP)
		return REFUSAL_NONE;
	why = s ? permission_rungs(c, s, NULL) : risk_engine(c, NULL);
	if (why == REFUSAL_NONE && s && s->runaway)
		return REFUSAL_RUNAWAY;
	return why != REFUSAL_NONE ? why : risk_account(c, s ? underlying_of(c, s) : "", NULL);
}

/* May this plan raise its risk now: send a further slice, follow the market with its entry? */
bool risk_may_add(const struct core *c, const struct slot *s)
{
	return permission_rungs(c, s, NULL) == REFUSAL_NONE && !s->runaway && risk_account(c, underlying_of(c, s), NULL) == REFUSAL_NONE &&
	       risk_contract(c, s->plan.contract, NULL) == REFUSAL_NONE;
}

/* -- the contract ------------------------------------------------------------------------------------------------------------ */

/* The dry run takes the newest price there is: most contracts have none after the close. */
bool risk_fresh(const struct core *c, const struct quote *q)
{
	return q->stamp != 0 && (c->dry || c->s->now - q->stamp <= core_age_limit(c));
}

/* Statutory charges must have a row for the day; live also wants it to be the day's own row. */
static bool charges_known(const struct core *c, const struct instrument *i)
{
	if (i->flags & INSTRUMENT_SYNTHETIC)
		return true;
	const struct charge_side *sell = &core_rates(c, i, PRODUCT_MIS)->side[SIDE_SELL];
	return (sell->unknown | sell->assumed) == 0;
}

static bool no_market(const struct quote *q, const struct instrument *i)
{
	price_t bid = quote_bid(q, i), ask = quote_ask(q, i);

	return bid <= 0 || ask <= 0 || bid > ask;
}

enum refusal risk_contract(const struct core *c, uint32_t contract, uint64_t *all)
{
	const struct instrument *i = &c->instrument[contract];
	const struct quote *q = &c->quote[contract];
	bool assume = core_flag(c, START_ASSUME_UNKNOWN);

	RUNG(!(i->flags & INSTRUMENT_TRADABLE), NO_CONTRACT);
	RUNG((i->flags & INSTRUMENT_ASSUMED) && !assume, CONTRACT_UNKNOWN);
	RUNG(i->expiry && i->expiry < c->today, EXPIRED);
	RUNG(i->expiry && delivery_near(c, i), DELIVERY);
	RUNG(no_market(q, i), NO_PRICE);
	RUNG(!risk_fresh(c, q), STALE_PRICE);
	RUNG(!assume && !charges_known(c, i), CHARGES_UNKNOWN);
	return REFUSAL_NONE;
}

/* -- the order ------------------------------------------------------------------------------------------------------------------ */

bool risk_price_away(const struct core *c, uint32_t contract, price_t price)
{
	const struct instrument *i = &c->instrument[contract];
	price_t last = c->quote[contract].last, away;

	if ((i->band_low && price < i->band_low) || (i->band_high && price > i->band_high))
		return true;
	away = price > last ? price - last : last - price;
	if (last <= 0 || away <= 4 * i->tick)
		return false;
	int64_t pct;
	return !num_mul_div(away, 100 * NUM_SCALE, last, &pct) || risk_beyond(c, LIMIT_PRICE_AWAY_PCT, pct);
}

static bool lies_opposite(const struct core *c, uint64_t order, uint32_t contract, enum side side)
{
	const struct order *o = order_find(c, order);

	return o && order_live((enum order_state)o->state) && o->instrument == contract && o->request.side != side;
}

/* Every live order belongs to a plan that watches its contract. */
static bool own_order_opposite(const struct core *c, uint32_t contract, enum side side)
{
	for (uint32_t node = c->link[contract].watch; node != WATCH_NONE; node = c->slot[node / 2].watch_next[node % 2]) {
		const struct plan *p = &c->slot[node / 2].plan;

		if (lies_opposite(c, p->order, contract, side) || lies_opposite(c, p->aside, contract, side))
			return true;
	}
	return false;
}

/* The newest stands before `at`, so the first that is too old ends the count. */
static inline uint32_t rate_used(const struct core *c)
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
static inline uint32_t rate_limit(const struct core *c)
{
	int64_t limit = c->s->limit[LIMIT_ORDER_RATE] / NUM_SCALE;

	if (c->s->limit[LIMIT_ORDER_RATE] == NUM_UNKNOWN && c->s->start.mode == MODE_REPLAY)
		return UINT32_MAX / 2;
	if (c->s->limit[LIMIT_ORDER_RATE] == NUM_UNKNOWN || limit > 10)
		return 10; /* the exchange's bound, whatever the setting */
	return limit < 1 ? 1 : (uint32_t)limit; /* an exit must always be possible */
}

/* Half of the requests are kept for exits. One may always go when none went for a second. */
static inline bool rate_spent(const struct core *c, bool entry)
{
	uint32_t used = rate_used(c);

	return used > 0 && used >= (entry ? (rate_limit(c) + 1) / 2 : rate_limit(c));
}

uint32_t core_order_rate(const struct core *c)
{
	return rate_limit(c);
}

enum refusal risk_order(const struct core *c, const struct intent *n, uint64_t *all)
{
	enum refusal r;

	RUNG(n->qty > NUM_DECIMAL_MAX / NUM_SCALE || risk_beyond(c, LIMIT_QTY, n->qty * NUM_SCALE), QTY_LIMIT);
	if ((r = exposure_notional(c, n, all)) != REFUSAL_NONE)
		return r;
	RUNG(risk_price_away(c, n->contract, n->market ? n->market : n->price), PRICE_BAND);
	RUNG(risk_beyond(c, LIMIT_OPEN_ORDERS, (int64_t)(c->s->live_orders + 1) * NUM_SCALE), OPEN_ORDERS);
	if ((r = exposure_rungs(c, n, all)) != REFUSAL_NONE)
		return r;
	RUNG(rate_spent(c, true), ORDER_RATE);
	RUNG(own_order_opposite(c, n->contract, n->side), SELF_TRADE);
	return REFUSAL_NONE;
}

bool risk_may_reprice(const struct core *c, const struct intent *n)
{
	return !risk_price_away(c, n->contract, n->price) && exposure_notional(c, n, NULL) == REFUSAL_NONE &&
	       exposure_rungs(c, n, NULL) == REFUSAL_NONE;
}

/* -- runaway ----------------------------------------------------------------------------------------------------------------------- */

void risk_execution(struct core *c, uint32_t strategy)
{
	struct slot *s = &c->slot[strategy];

	if (s->window == 0 || c->s->now - s->window >= NANOS_MINUTE) {
		s->window = c->s->now;
		s->executions = 0;
	}
	s->executions++;
	if (s->runaway || c->s->limit[LIMIT_EXECUTIONS] == NUM_UNKNOWN || (int64_t)s->executions * NUM_SCALE < c->s->limit[LIMIT_EXECUTIONS])
		return;
	s->runaway = 1;
	core_alert(c, ALERT_RUNAWAY, strategy, INSTRUMENT_NONE, (int64_t)s->executions, "too many executions in a minute: no entries until a person resumes the strategy");
}

/* -- rate -------------------------------------------------------------------------------------------------------------------------- */

bool risk_rate_take(struct core *c, bool entry)
{
	struct rate *r = &c->s->rate;

	if (rate_spent(c, entry))
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
