/* The gate, rung by rung in the order of refusal.tbl.h (after_market, which stands last there, is asked first): each rung alone, then each with every later one broken as well, which
 * proves the order. A rung without a row does not compile. */
#include "tests/core/rig.h"

/* One share at 500.05, stop at 490: everything is allowed until a row breaks something, a nanosecond before the signal. */
static struct rig rig;
static double stop;

#define STATE rig.core.s
#define SLOT rig.core.slot[0]
#define SHARE rig.core.instrument[RIG_SHARE]
#define QUOTE rig.core.quote[RIG_SHARE]

static void break_none(void) {}

static void break_after_market(void)
{
	STATE->start.flags |= START_AFTER_MARKET;
	STATE->day_active = 0;
}

static void break_killed(void) { STATE->kill = KILL_STOP; }
static void break_stopping(void) { STATE->stop = STOP_FLAT; }
static void break_paused(void) { STATE->paused = 1; }
static void break_strategy_paused(void) { SLOT.paused = 1; }

static void break_not_live(void)
{
	STATE->start.mode = MODE_LIVE;
	SLOT.params[COMMON_live] = 0;
}

static void break_not_ready(void) { STATE->started = 0; }
static void break_link_down(void) { STATE->link[LINK_BROKER].up = 0; }
static void break_journal(void) { STATE->link[LINK_JOURNAL].up = 0; }
static void break_account_unread(void) { STATE->books.unread = ACCOUNT_FUNDS; }
static void break_clock_apart(void) { STATE->books.apart = 1; }
static void break_session_closed(void) { STATE->day_active = 0; }
static void break_calendar_unknown(void) { STATE->day_flags = SESSION_ASSUMED; }
static void break_no_trade_session(void) { STATE->day.no_trade = 1; }
static void break_outside_hours(void) { SLOT.params[COMMON_entry_from] = TIME_OF_DAY(24, 0); }

/* A plan at work on the share, as activate() would list it. */
static void forge_plan(uint32_t strategy)
{
	struct slot *s = &rig.core.slot[strategy];
	uint32_t first = rig.core.link[RIG_SHARE].watch;

	s->plan = (struct plan){ .state = PLAN_ENTERING, .contract = RIG_SHARE, .underlying = RIG_SHARE, .direction = 1 };
	s->active_at = STATE->active++;
	rig.core.active[s->active_at] = strategy;
	s->watch_next[0] = first;
	s->watch_previous[0] = WATCH_NONE;
	if (first != WATCH_NONE)
		rig.core.slot[first / 2].watch_previous[0] = 2 * strategy;
	rig.core.link[RIG_SHARE].watch = 2 * strategy;
}

static void break_position_open(void)
{
	forge_plan(0);
}

static void break_cooldown(void) { SLOT.acted = rig.at; }
static void break_stopout_cooldown(void) { SLOT.stopped_out = rig.at; }
static void break_entries_per_day(void) { SLOT.entries_today = 6; }
static void break_loss_streak(void) { SLOT.streak_locked = 1; }
static void break_runaway(void) { SLOT.runaway = 1; }
static void break_day_loss(void) { STATE->account.day_locked = 1; }

/* The room for executions is half used, in live. */
static void break_day_full(void)
{
	STATE->start.mode = MODE_LIVE;
	SLOT.params[COMMON_live] = 1;
	STATE->known_fills = STATE->limits.orders * CORE_FILLS_PER_ORDER / 2;
}

static void break_foreign(void)
{
	struct foreign *f = &STATE->foreign[STATE->foreigns++];

	*f = (struct foreign){ .symbol = "SHARE", .underlying = "SHARE", .manual = 1 };
}

static void break_unexplained(void)
{
	break_foreign();
	STATE->foreign[STATE->foreigns - 1].unexplained = -1;
}

static void break_drawdown(void) { STATE->account.day_locked = DAY_LOCK_DRAWDOWN; }
static void break_profit_lock(void) { STATE->account.day_locked = DAY_LOCK_PROFIT; }

static void break_entries_day(void)
{
	STATE->limit[LIMIT_ENTRIES_DAY] = 6 * NUM_SCALE;
	STATE->account.day_entries = 6;
}

static void break_no_contract(void) { SHARE.flags &= (uint16_t)~INSTRUMENT_TRADABLE; }
static void break_contract_unknown(void) { SHARE.flags |= INSTRUMENT_ASSUMED; }
static void break_expired(void) { SHARE.expiry = rig.date - 1; }
static void break_delivery(void) { SHARE.kind = INSTRUMENT_FUTURE, SHARE.underlying_id = INSTRUMENT_NONE, SHARE.expiry = rig.date; }
static void break_no_price(void) { QUOTE.bid = 0; }
static void break_stale_price(void) { QUOTE.stamp -= 2 * NANOS_SECOND; }
static void break_charges_unknown(void) { rig.tables.charges = (struct charge_table){ 0 }; }
static void break_stop_invalid(void) { stop = 500.05; }
static void break_cost_too_high(void) { SLOT.params[COMMON_cost_pct] = 0; }

static void break_risk_over_cap(void)
{
	SHARE.lot = 1000; /* a lot risks 10,000 of a million */
	SLOT.params[COMMON_risk_pct] = SLOT.params[COMMON_risk_cap_pct] = 100;
}

static void break_no_cash(void) { STATE->account.open_cost = STATE->account.capital; }
static void break_qty_limit(void) { STATE->limit[LIMIT_QTY] = 0; }
static void break_notional_limit(void) { STATE->limit[LIMIT_NOTIONAL] = 1; }
static void break_price_band(void) { SHARE.band_high = RUPEES(450); }
static void break_open_orders(void) { STATE->limit[LIMIT_OPEN_ORDERS] = 0; }
static void break_exposure_instrument(void) { STATE->limit[LIMIT_EXPOSURE_INSTRUMENT] = 1; }
static void break_exposure_strategy(void) { STATE->limit[LIMIT_EXPOSURE_STRATEGY] = 1; }
static void break_margin(void) { STATE->funds.cash = 1; }
static void break_exposure(void) { STATE->limit[LIMIT_EXPOSURE] = 1; }

static void break_order_rate(void)
{
	for (int i = 0; i < RATE_SLOTS; i++)
		STATE->rate.sent[i] = rig.at;
}

static void break_self_trade(void)
{
	struct order *o = &rig.core.order[5];

	o->request = (struct order_request){ .order = 5, .strategy = 1, .side = SIDE_SELL, .qty = 1, .price = RUPEES(501) };
	o->request.purpose = PURPOSE_EXIT;
	o->instrument = RIG_SHARE;
	o->walk_at = STAMP_NEVER;
	o->state = ORDER_OPEN;
	STATE->live_orders++;
	forge_plan(1);
	rig.core.slot[1].plan.order = 5;
}

static void break_duplicate(void) { SLOT.decided = rig.at + 1 - NANOS_MINUTE; }

static const struct row { enum refusal refusal; void (*break_it)(void); } rows[] = {
	{ REFUSAL_NONE, break_none },
	{ REFUSAL_AFTER_MARKET, break_after_market },
	{ REFUSAL_KILLED, break_killed },
	{ REFUSAL_STOPPING, break_stopping },
	{ REFUSAL_PAUSED, break_paused },
	{ REFUSAL_STRATEGY_PAUSED, break_strategy_paused },
	{ REFUSAL_NOT_LIVE, break_not_live },
	{ REFUSAL_NOT_READY, break_not_ready },
	{ REFUSAL_LINK_DOWN, break_link_down },
	{ REFUSAL_JOURNAL, break_journal },
	{ REFUSAL_ACCOUNT_UNREAD, break_account_unread },
	{ REFUSAL_CLOCK_APART, break_clock_apart },
	{ REFUSAL_SESSION_CLOSED, break_session_closed },
	{ REFUSAL_CALENDAR_UNKNOWN, break_calendar_unknown },
	{ REFUSAL_NO_TRADE_SESSION, break_no_trade_session },
	{ REFUSAL_OUTSIDE_HOURS, break_outside_hours },
	{ REFUSAL_POSITION_OPEN, break_position_open },
	{ REFUSAL_COOLDOWN, break_cooldown },
	{ REFUSAL_STOPOUT_COOLDOWN, break_stopout_cooldown },
	{ REFUSAL_ENTRIES_PER_DAY, break_entries_per_day },
	{ REFUSAL_LOSS_STREAK, break_loss_streak },
	{ REFUSAL_RUNAWAY, break_runaway },
	{ REFUSAL_DAY_LOSS, break_day_loss },
	{ REFUSAL_DRAWDOWN, break_drawdown },
	{ REFUSAL_PROFIT_LOCK, break_profit_lock },
	{ REFUSAL_DAY_FULL, break_day_full },
	{ REFUSAL_UNEXPLAINED, break_unexplained },
	{ REFUSAL_FOREIGN, break_foreign },
	{ REFUSAL_ENTRIES_DAY, break_entries_day },
	{ REFUSAL_NO_CONTRACT, break_no_contract },
	{ REFUSAL_CONTRACT_UNKNOWN, break_contract_unknown },
	{ REFUSAL_EXPIRED, break_expired },
	{ REFUSAL_DELIVERY, break_delivery },
	{ REFUSAL_NO_PRICE, break_no_price },
	{ REFUSAL_STALE_PRICE, break_stale_price },
	{ REFUSAL_CHARGES_UNKNOWN, break_charges_unknown },
	{ REFUSAL_STOP_INVALID, break_stop_invalid },
	{ REFUSAL_COST_TOO_HIGH, break_cost_too_high },
	{ REFUSAL_RISK_OVER_CAP, break_risk_over_cap },
	{ REFUSAL_NO_CASH, break_no_cash },
	{ REFUSAL_QTY_LIMIT, break_qty_limit },
	{ REFUSAL_NOTIONAL_LIMIT, break_notional_limit },
	{ REFUSAL_PRICE_BAND, break_price_band },
	{ REFUSAL_OPEN_ORDERS, break_open_orders },
	{ REFUSAL_EXPOSURE_INSTRUMENT, break_exposure_instrument },
	{ REFUSAL_EXPOSURE_STRATEGY, break_exposure_strategy },
	{ REFUSAL_EXPOSURE, break_exposure },
	{ REFUSAL_MARGIN, break_margin },
	{ REFUSAL_ORDER_RATE, break_order_rate },
	{ REFUSAL_SELF_TRADE, break_self_trade },
	{ REFUSAL_DUPLICATE, break_duplicate },
};
static_assert(ARRAY_LEN(rows) == REFUSAL_COUNT, "a rung of refusal.tbl.h has no row here");

/* What only a strategy's signal is asked; the preview of an order knows of no stop, no sizing and no bar. */
static bool of_a_signal(enum refusal r)
{
	return (r >= REFUSAL_STOP_INVALID && r <= REFUSAL_NO_CASH) || r == REFUSAL_DUPLICATE;
}

/* The preview gives the gate's answer, names every rung that would refuse too, and touches nothing. */
static void same_in_preview(enum refusal refusal, size_t first, size_t last)
{
	struct preview_ask a = { 0, RIG_SHARE, SIDE_BUY, PRODUCT_MIS, SHARE.lot, 0 };
	struct preview p;
	size_t size;
	const void *bytes = core_state_bytes(&rig.core, &size);
	void *before = malloc(size);

	memcpy(before, bytes, size);
	core_preview(&rig.core, &a, &p);
	assert_memory_equal(bytes, before, size);
	free(before);
	if (!of_a_signal(refusal))
		assert_int_equal(p.first, refusal);
	for (size_t i = first; i <= last; i++) {
		enum refusal r = rows[i].refusal;
		bool one_lock = i > first && (r == REFUSAL_DRAWDOWN || r == REFUSAL_PROFIT_LOCK); /* the day has one lock at a time */

		if (!of_a_signal(r) && !one_lock && !(p.refused & REFUSAL_BIT(r)))
			fail_msg("the preview does not name %s", refusal_code(r));
	}
}

/* Breaks rows `first` to `last`, the last first, and asks. */
static enum refusal ask(size_t first, size_t last)
{
	rig_init(&rig);
	rig_strategy(&rig, 0, "SHARE");
	rig_strategy(&rig, 1, "SHARE");
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:59");
	rig.at += NANOS_SECOND - 1;
	rig_prices(&rig);
	stop = 490;
	for (size_t i = last + 1; i-- > first;)
		rows[i].break_it();
	rig_signal[0] = (struct signal){ .direction = 1, .index_stop = RUPEES(stop), .failed = 1 };
	rig.at++;
	rig_event(&rig, EVENT_TIMER, INSTRUMENT_NONE);
	rig_post(&rig);
	enum refusal refusal = rig_refusal(&rig);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), refusal == REFUSAL_NONE);
	assert_int_equal(SLOT.funnel.refused[refusal], refusal != REFUSAL_NONE);
	assert_int_equal(SLOT.signal.refusal, refusal);
	if (refusal != REFUSAL_NONE)
		assert_int_equal(SLOT.why.refusal, refusal);
	if (refusal > REFUSAL_NONE && refusal <= REFUSAL_NO_TRADE_SESSION && refusal != REFUSAL_STRATEGY_PAUSED &&
	    refusal != REFUSAL_NOT_LIVE)
		assert_int_equal(core_ready(&rig.core), refusal);
	if (refusal != REFUSAL_NONE)
		same_in_preview(refusal, first, last);
	rig_done(&rig);
	return refusal;
}

static void assert_refusal(enum refusal have, enum refusal want, const char *how)
{
	if (have != want)
		fail_msg("%s, %s: the gate said %s", refusal_code(want), how, refusal_code(have));
}

static void each_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(rows[i].refusal, i == 0 ? REFUSAL_NONE : i == 1 ? REFUSAL_AFTER_MARKET : i - 1); /* the table's order */
		assert_refusal(ask(i, i), rows[i].refusal, "alone");
	}
}

static void in_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < ARRAY_LEN(rows); i++)
		assert_refusal(ask(i, ARRAY_LEN(rows) - 1), rows[i].refusal, "with all later ones");
}

/* -- edges of single rungs -------------------------------------------------------------------------------------------------- */

static void freshness(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	nanos_t now = r.core.s->now;
	struct quote q = { .stamp = now - 2 * NANOS_SECOND };
	assert_true(risk_fresh(&r.core, &q));
	q.stamp--;
	assert_false(risk_fresh(&r.core, &q));
	r.core.s->start.feed_step = 60 * NANOS_SECOND;
	q.stamp = now - 120 * NANOS_SECOND;
	assert_true(risk_fresh(&r.core, &q));
	q.stamp--;
	assert_false(risk_fresh(&r.core, &q));
	q.stamp = 0; /* never */
	assert_false(risk_fresh(&r.core, &q));
	rig_done(&r);
}

static void stale_tick_does_not_refresh(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	nanos_t stamp = r.core.quote[RIG_SHARE].stamp;
	r.at += NANOS_SECOND;
	rig_event(&r, EVENT_TICK, RIG_SHARE)->tick.last = RUPEES(1);
	r.event.head.flags = TICK_STALE;
	rig_post(&r);
	assert_int_equal(r.core.quote[RIG_SHARE].stamp, stamp);
	assert_int_equal(r.core.quote[RIG_SHARE].ask, RUPEES(500.05));
	rig_done(&r);
}

/* A price is as old as we heard it: an exchange's clock that runs ahead, or its stamp repeated, keeps none young. */
static void age_is_counted_from_our_hearing(void **state)
{
	struct rig r;

	(void)state;
	for (int hours = -1; hours <= 1; hours++) {
		rig_open(&r);
		struct event_tick *t = &rig_event(&r, EVENT_TICK, RIG_SHARE)->tick;
		t->last = t->bid = RUPEES(500);
		t->ask = RUPEES(500.05);
		t->exchange_stamp = r.at + hours * NANOS_HOUR;
		rig_post(&r);
		assert_int_equal(risk_contract(&r.core, RIG_SHARE, NULL), REFUSAL_NONE);
		r.core.s->now += core_age_limit(&r.core) + 1;
		assert_int_equal(risk_contract(&r.core, RIG_SHARE, NULL), REFUSAL_STALE_PRICE);
		rig_done(&r);
	}
}

/* What the broker never acknowledged was sent all the same. */
static void executions_count_what_was_sent(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	r.core.s->limit[LIMIT_EXECUTIONS] = 3 * NUM_SCALE;
	r.core.slot[0].params[COMMON_cooldown] = 0;
	for (int sent = 1; sent <= 3; sent++) {
		assert_false(r.core.slot[0].runaway);
		r.core.slot[0].window = r.core.s->now + NANOS_MINUTE / 2; /* all in one, though each signal waits for the end of its minute */
		rig_ask(&r, 0, 1, 23980);
		assert_int_equal(r.core.slot[0].executions, sent);
		rig_report(&r, r.core.slot[0].plan.order, REPORT_REJECTED, "no");
	}
	assert_true(r.core.slot[0].runaway);
	rig_ask(&r, 0, 1, 23980);
	assert_int_equal(rig_refusal(&r), REFUSAL_RUNAWAY);
	rig_done(&r);
}

static void fat_finger(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r); /* 40 % of 500.00 is 200 */
	price_t last = r.core.quote[RIG_SHARE].last;
	assert_int_equal(last, RUPEES(500));
	assert_false(risk_price_away(&r.core, RIG_SHARE, RUPEES(700)));
	assert_true(risk_price_away(&r.core, RIG_SHARE, RUPEES(700.05)));
	assert_false(risk_price_away(&r.core, RIG_SHARE, RUPEES(300)));
	assert_true(risk_price_away(&r.core, RIG_SHARE, RUPEES(299.95)));
	r.core.quote[RIG_SHARE].last = RUPEES(0.10); /* four ticks are always allowed */
	assert_false(risk_price_away(&r.core, RIG_SHARE, RUPEES(0.30)));
	assert_true(risk_price_away(&r.core, RIG_SHARE, RUPEES(0.35)));
	r.core.quote[RIG_SHARE].last = 0; /* unknown: the band alone */
	assert_false(risk_price_away(&r.core, RIG_SHARE, RUPEES(900)));
	r.core.instrument[RIG_SHARE].band_low = RUPEES(10);
	assert_true(risk_price_away(&r.core, RIG_SHARE, RUPEES(9.95)));
	assert_false(risk_price_away(&r.core, RIG_SHARE, RUPEES(10)));
	rig_done(&r);
}

static void rate_in_any_second(void **state)
{
	struct rig r;
	unsigned taken = 0;

	(void)state;
	rig_open(&r); /* 8 in all, 4 of them for entries */
	while (risk_rate_take(&r.core, true))
		taken++;
	assert_int_equal(taken, 4);
	while (risk_rate_take(&r.core, false))
		taken++;
	assert_int_equal(taken, 8);
	assert_true(risk_rate_free(&r.core) == r.core.s->now + NANOS_SECOND);
	r.core.s->now += NANOS_SECOND - 1;
	assert_false(risk_rate_take(&r.core, false));
	r.core.s->now++;
	assert_true(risk_rate_free(&r.core) == r.core.s->now);
	assert_true(risk_rate_take(&r.core, false));
	rig_done(&r);
}

static unsigned rate_with(int64_t limit, uint32_t mode)
{
	struct rig r;
	unsigned taken = 0;

	rig_open(&r);
	r.core.s->limit[LIMIT_ORDER_RATE] = limit;
	r.core.s->start.mode = mode;
	while (taken < 15 && risk_rate_take(&r.core, false))
		taken++;
	rig_done(&r);
	return taken;
}

static void rate_bounds(void **state)
{
	(void)state;
	assert_int_equal(rate_with(3 * NUM_SCALE, MODE_PAPER), 3);
	assert_int_equal(rate_with(500 * NUM_SCALE, MODE_PAPER), 10);   /* the exchange's bound */
	assert_int_equal(rate_with(NUM_UNKNOWN, MODE_LIVE), 10);
	assert_int_equal(rate_with(NUM_UNKNOWN, MODE_REPLAY), 15);      /* only there may it be without */
	assert_int_equal(rate_with(0, MODE_PAPER), 1);                  /* an exit must always be possible */
}

/* 750 are wanted and 300 go at a time: what waits for its slice is as good as bought. */
static void exposure_counts_entries_at_work(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	assert_int_equal(exposure_account(&r.core), 0);
	rig_ask(&r, 0, 1, 23980);
	assert_int_equal(exposure_account(&r.core), 750 * RUPEES(100.15));
	uint64_t order = r.core.slot[0].plan.order;
	rig_fill(&r, order, 75, 100.10);
	assert_int_equal(exposure_account(&r.core), 675 * RUPEES(100.15) + 75 * RUPEES(100.10));
	rig_report(&r, order, REPORT_UNKNOWN, "");
	assert_int_equal(exposure_account(&r.core), 675 * RUPEES(100.15) + 75 * RUPEES(100.10));
	rig_report(&r, order, REPORT_CANCELLED, "");
	assert_int_equal(exposure_account(&r.core), 75 * RUPEES(100.10));
	rig_done(&r);
}

/* An order whose fate is not known may have filled, and one proven absent may yet turn up. */
static void exposure_counts_what_nobody_knows(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	uint64_t order = r.core.slot[0].plan.order;
	rig_report(&r, order, REPORT_UNKNOWN, "");
	assert_int_equal(order_find(&r.core, order)->state, ORDER_UNKNOWN);
	assert_int_equal(exposure_account(&r.core), 750 * RUPEES(100.15));
	rig_report(&r, order, REPORT_ABSENT, "");
	assert_int_equal(order_find(&r.core, order)->state, ORDER_ABSENT);
	assert_int_equal(exposure_account(&r.core), 750 * RUPEES(100.15));
	rig_done(&r);
}

/* All that refuses an order for ten shares at 500.05 of a strategy that has nothing out. */
static uint64_t refused(struct rig *r, uint32_t strategy)
{
	struct intent n = { strategy, RIG_SHARE, SIDE_BUY, PRODUCT_MIS, 10, RUPEES(500.05) };
	uint64_t all = 0;

	assert_int_equal(risk_order(&r->core, &n, &all), REFUSAL_NONE);
	enum refusal first = risk_order(&r->core, &n, NULL);
	assert_true(all == 0 ? first == REFUSAL_NONE : first == (enum refusal)__builtin_ctzll(all)); /* the first of all */
	return all;
}

#define ONLY(name) REFUSAL_BIT(REFUSAL_##name)

/* Allowed with the limit at that value, refused with a ten-thousandth less. */
static void bound(struct rig *r, enum limit l, int64_t value, uint64_t refusal)
{
	int64_t before = r->core.s->limit[l];

	r->core.s->limit[l] = value;
	assert_int_equal(refused(r, 1), 0);
	r->core.s->limit[l] = value - 1;
	assert_int_equal(refused(r, 1), refusal);
	r->core.s->limit[l] = before;
}

static void limits_at_their_bounds(void **state)
{
	struct rig r;
	money_t value = 10 * RUPEES(500.05);

	(void)state;
	rig_init(&r);
	rig_strategy(&r, 1, "SHARE");
	rig_begin(&r);
	rig_day(&r, "2026-01-05", 0);
	rig_clock(&r, "09:20:00");
	rig_ask(&r, 0, 1, 23980);
	bound(&r, LIMIT_QTY, 10 * NUM_SCALE, ONLY(QTY_LIMIT));
	bound(&r, LIMIT_NOTIONAL, value, ONLY(NOTIONAL_LIMIT));
	bound(&r, LIMIT_OPEN_ORDERS, 2 * NUM_SCALE, ONLY(OPEN_ORDERS));
	bound(&r, LIMIT_EXPOSURE, 750 * RUPEES(100.15) + value, ONLY(EXPOSURE));
	bound(&r, LIMIT_EXPOSURE_STRATEGY, value, ONLY(EXPOSURE_STRATEGY));
	bound(&r, LIMIT_EXPOSURE_INSTRUMENT, value, ONLY(EXPOSURE_INSTRUMENT));
	rig_done(&r);
}

/* The second strategy buys what the first one already holds and still buys. */
static void exposure_of_one_instrument(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	rig_strategy(&r, 0, "SHARE");
	rig_strategy(&r, 1, "SHARE");
	rig_begin(&r);
	rig_day(&r, "2026-01-05", 0);
	rig_clock(&r, "09:20:00");
	rig_ask(&r, 0, 1, 490);
	uint64_t order = r.core.slot[0].plan.order;
	qty_t want = r.core.slot[0].plan.want;
	rig_fill(&r, order, 1, 500);
	bound(&r, LIMIT_EXPOSURE_INSTRUMENT, RUPEES(500) + (want - 1) * RUPEES(500.10) + 10 * RUPEES(500.05), ONLY(EXPOSURE_INSTRUMENT));
	rig_report(&r, order, REPORT_CANCELLED, "");
	bound(&r, LIMIT_EXPOSURE_INSTRUMENT, RUPEES(500) + 10 * RUPEES(500.05), ONLY(EXPOSURE_INSTRUMENT));
	r.core.slot[1].open_cost = RUPEES(3); /* as if it held some */
	bound(&r, LIMIT_EXPOSURE_STRATEGY, RUPEES(3) + 10 * RUPEES(500.05), ONLY(EXPOSURE_STRATEGY));
	rig_done(&r);
}

/* Own cash, or the broker's word when that is less; charges count, and so do the entries of others at work. */
static void margin(void **state)
{
	struct rig r;
	money_t cost = 10 * RUPEES(500.05) + RUPEES(20);

	(void)state;
	rig_init(&r);
	rig_strategy(&r, 1, "SHARE");
	r.tables.charges.row[CHARGE_BROKERAGE].basis = BASIS_ORDER, r.tables.charges.row[CHARGE_BROKERAGE].rate = RUPEES(20);
	rig_begin(&r);
	rig_day(&r, "2026-01-05", 0);
	rig_clock(&r, "09:20:00");
	rig_ask(&r, 0, 1, 23980);
	cost += 750 * RUPEES(100.15);
	for (int i = 0; i < 2; i++) {
		r.core.s->account.capital = cost - i;
		assert_int_equal(refused(&r, 1), i ? ONLY(MARGIN) : 0);
	}
	r.core.s->account.capital = RUPEES(1000000);
	for (int i = 0; i < 2; i++) {
		rig_event(&r, EVENT_FUNDS, INSTRUMENT_NONE)->funds = (struct event_funds){ cost - i, NUM_UNKNOWN, NUM_UNKNOWN };
		rig_post(&r);
		assert_int_equal(refused(&r, 1), i ? ONLY(MARGIN) : 0);
	}
	struct intent written = { 1, RIG_PUT, SIDE_SELL, PRODUCT_MIS, 75, RUPEES(1) };
	uint64_t all = 0;
	risk_order(&r.core, &written, &all); /* nobody told its margin */
	assert_true(all & ONLY(MARGIN));
	rig_done(&r);
}

/* The limit is the order's own price, not the market's; later slices and reprices ask again. */
static void exposure_holds_while_it_enters(void **state)
{
	const money_t all = 750 * RUPEES(100.15);
	struct rig r;

	(void)state;
	for (int short_of = 0; short_of < 2; short_of++) {
		rig_open(&r);
		r.core.s->limit[LIMIT_EXPOSURE] = all - short_of;
		rig_ask(&r, 0, 1, 23980);
		assert_int_equal(rig_refusal(&r), short_of ? REFUSAL_EXPOSURE : REFUSAL_NONE);
		if (short_of == 0) {
			rig_tick(&r, RIG_CALL, 100.10, 100.20);
			rig_report(&r, r.core.slot[0].plan.order, REPORT_OPEN, "");
			rig_wait(&r, NANOS_SECOND);
			assert_int_equal(rig_count(&r, ACTION_MODIFY), 0); /* dearer: it stays where it is */
			rig_fill(&r, r.core.slot[0].plan.order, 300, 100.15);
			assert_int_equal(rig_count(&r, ACTION_PLACE), 0);
			assert_int_equal(r.core.slot[0].plan.state, PLAN_OPEN);
		}
		rig_done(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_alone),
		cmocka_unit_test(in_order),
		cmocka_unit_test(freshness),
		cmocka_unit_test(stale_tick_does_not_refresh), cmocka_unit_test(age_is_counted_from_our_hearing), cmocka_unit_test(executions_count_what_was_sent),
		cmocka_unit_test(fat_finger),
		cmocka_unit_test(rate_in_any_second),
		cmocka_unit_test(rate_bounds),
		cmocka_unit_test(exposure_counts_entries_at_work), cmocka_unit_test(exposure_counts_what_nobody_knows),
		cmocka_unit_test(exposure_holds_while_it_enters),
		cmocka_unit_test(limits_at_their_bounds),
		cmocka_unit_test(exposure_of_one_instrument),
		cmocka_unit_test(margin),
	};

	return cmocka_run_group_tests_name("risk", tests, NULL, NULL);
}
