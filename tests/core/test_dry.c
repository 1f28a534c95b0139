/* The dry run after the close: strategies see what comes and are told no, and nothing else of the core does. The proof is the whole state, byte by
 * byte, of a core that looked on and of one that did not. */
#include "tests/core/rig.h"

static struct rig rig;

static struct slot *slot(void) { return &rig.core.slot[0]; }
static const struct series *bars(void) { return &rig.core.series[slot()->series]; }
static uint64_t asked(void) { return slot()->funnel.evaluations; }
static uint64_t told(void) { return slot()->funnel.refused[REFUSAL_AFTER_MARKET]; }
static uint64_t *dry_state(void) { return (uint64_t *)(void *)rig.core.dry_state; }

/* At 15:29, in the last minute; bar: 0 = a minute, 3 = a quarter of an hour. */
static void evening(struct rig *r, bool dry, int64_t bar)
{
	rig_init(r);
	r->start.flags = dry ? START_AFTER_MARKET : 0;
	*rig_param(r, 0, "bar") = bar;
	*rig_param(r, 0, "product") = 1;
	rig_begin(r);
	rig_day(r, "2026-01-05", 0);
	rig_clock(r, "14:00:00");
	rig_prices(r);
	rig_clock(r, "15:29:00");
}

/* A minute of prices, one each ten seconds; the bar closes by the clock. */
static void minute(struct rig *r, double nifty)
{
	for (int i = 0; i < 6; i++) {
		rig_tick(r, RIG_NIFTY, nifty + i, nifty + i);
		rig_wait(r, 10 * NANOS_SECOND);
	}
}

static const struct outcome_decision *signal_at(const char *clock, int direction, double stop)
{
	rig_clock(&rig, clock);
	rig_ask(&rig, 0, direction, stop);
	const struct action *a = rig_action(&rig, OUTCOME_DECISION, 0);

	return a ? &a->decision : NULL;
}

/* -- what is told ------------------------------------------------------------------------------------------------------------ */

static void a_wish_is_told_and_refused(void **state)
{
	(void)state;
	evening(&rig, true, 0);
	rig_day_end(&rig);
	uint64_t evaluations = asked();
	const struct outcome_decision *d = signal_at("15:40:00", 1, 23980);

	assert_non_null(d);
	assert_int_equal(d->refusal, REFUSAL_AFTER_MARKET);
	assert_int_equal(d->direction, 1);
	assert_true(d->lots > 0);
	assert_true(d->close == RUPEES(24000) && d->index_stop == RUPEES(23980) && d->premium == RUPEES(100.10));
	assert_true(d->order == 0);
	assert_int_equal(rig_action(&rig, OUTCOME_DECISION, 0)->head.instrument, RIG_CALL);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(rig_count(&rig, OUTCOME_BAR), 0); /* candles are the session's */
	assert_int_equal(slot()->why.refusal, REFUSAL_AFTER_MARKET);
	assert_memory_equal(&slot()->signal, d, sizeof(*d));
	assert_true(told() == 1 && slot()->funnel.signals == 1 && asked() == evaluations + 1);
	assert_true(slot()->acted == 0 && slot()->decided == 0 && slot()->entries_today == 0 && slot()->plan.state == PLAN_IDLE);
	assert_int_equal(rig.core.s->next_order, 1);
	rig_done(&rig);
}

/* Options print nothing then, or an empty book: their last sides of the session are the newest there are. Where there is none, the wish is told without a contract. */
static void the_contract_is_by_the_newest_prices(void **state)
{
	const struct outcome_decision *d;

	(void)state;
	for (int never = 0; never < 2; never++) {
		evening(&rig, true, 0);
		if (never)
			memset(rig.core.quote, 0, sizeof(*rig.core.quote) * RIG_INSTRUMENTS);
		rig_day_end(&rig);
		rig_clock(&rig, "15:45:10");
		rig_tick(&rig, RIG_PUT, 0, 0);
		rig_tick(&rig, RIG_NIFTY, 24010, 24010);
		rig_signal[0] = (struct signal){ .direction = -1, .index_stop = RUPEES(24030), .failed = 1 };
		rig_clock(&rig, "15:46:00");
		d = &slot()->signal;
		assert_int_equal(d->refusal, REFUSAL_AFTER_MARKET);
		assert_true((d->premium == RUPEES(100.10)) == !never && (d->lots > 0) == !never);
		rig_done(&rig);
	}
}

/* A stop on the wrong side buys nothing, a leave closes nothing. */
static void a_wish_that_is_none(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.flags = START_AFTER_MARKET;
	*rig_param(&rig, 0, "product") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "14:00:00");
	rig_enter(&rig, 0);
	rig_day_end(&rig);
	assert_int_equal(signal_at("15:40:00", 1, 24030)->lots, 0);
	rig_clock(&rig, "15:42:10");
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	rig_signal[0] = (struct signal){ .leave_long = true };
	rig_clock(&rig, "15:43:00");
	assert_int_equal(slot()->plan.exit_reason, EXIT_NONE);
	assert_int_not_equal(slot()->book.qty, 0);
	rig_done(&rig);
}

/* -- where the day ends -------------------------------------------------------------------------------------------------------- */

static void the_close(void **state)
{
	(void)state;
	evening(&rig, true, 0);
	rig.at = rig_time(&rig, "15:30:00") - 1;
	rig_tick(&rig, RIG_NIFTY, 24100, 24100);
	assert_true(rig.core.quote[RIG_NIFTY].last == RUPEES(24100) && bars()->forming);
	rig.at++;
	rig_tick(&rig, RIG_NIFTY, 24200, 24200); /* before the day's end is told */
	assert_true(rig.core.quote[RIG_NIFTY].last == RUPEES(24100) && bars()->partial.close == RUPEES(24100));
	assert_int_equal(rig.core.s->dry_run, 1);
	rig_day_end(&rig);
	assert_false(bars()->forming);
	assert_true(series_at(bars(), 0)->close == RUPEES(24100));
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_done(&rig);
}

/* A bar of the session is told when it is over, at the close. */
static void bars_of_a_feed_of_bars(void **state)
{
	(void)state;
	evening(&rig, true, 0);
	rig.at = rig_time(&rig, "15:30:00");
	rig_bar(&rig, RIG_NIFTY, 24000, 24020, 23990, 24010);
	assert_true(series_at(bars(), 0)->close == RUPEES(24010) && rig.core.s->dry_run == 0);
	rig_day_end(&rig);
	uint32_t closed = bars()->count_day;
	uint64_t evaluations = asked();

	rig.at += NANOS_MINUTE;
	rig_bar(&rig, RIG_NIFTY, 24010, 24020, 23990, 24015);
	assert_true(bars()->count_day == closed && asked() == evaluations + 1);
	assert_true(rig.core.dry_series[slot()->series].count_day == closed + 1);
	rig_done(&rig);
}

/* Without the flag what comes late does what it did. */
static void off(void **state)
{
	(void)state;
	evening(&rig, false, 0);
	rig_day_end(&rig);
	assert_int_equal(signal_at("15:40:00", 1, 23980)->refusal, REFUSAL_SESSION_CLOSED);
	assert_true(rig.core.s->dry_run == 0 && told() == 0 && rig.core.quote[RIG_NIFTY].last == RUPEES(24000));
	assert_int_equal(rig_count(&rig, OUTCOME_BAR), 1);
	rig_done(&rig);
}

/* -- nobody else sees it --------------------------------------------------------------------------------------------------------- */

static unsigned char *state_of(struct rig *r)
{
	size_t len;
	const void *bytes = core_state_bytes(&r->core, &len);
	unsigned char *copy = aligned_alloc(64, len);
	struct core c;

	memcpy(copy, bytes, len);
	assert_int_equal(core_attach(&c, copy, len, &r->tables, rig_ops), ERR_OK);
	c.s->start.flags = 0;
	c.s->dry_run = 0;
	c.s->seq = 0;
	c.s->bars_at = c.s->wake_at = 0; /* a bar of the night may have one timer more ask whether something is due */
	memset(c.dry_quote, 0, sizeof(*c.dry_quote) * r->limits.instruments);
	memset(c.dry_series, 0, sizeof(*c.dry_series) * r->limits.series);
	memset(c.dry_state, 0, (size_t)STRATEGY_STATE_MAX * r->limits.strategies);
	for (uint32_t i = 0; i < c.s->strategies; i++) { /* what people are shown of the newest evaluation, and the counts */
		memset(&c.slot[i].funnel, 0, sizeof(c.slot[i].funnel));
		memset(&c.slot[i].why, 0, sizeof(c.slot[i].why));
		memset(&c.slot[i].signal, 0, sizeof(c.slot[i].signal));
		c.slot[i].signal_at = 0;
	}
	return copy;
}

static void assert_same(struct rig *a, struct rig *b)
{
	unsigned char *one = state_of(a), *other = state_of(b);

	assert_int_equal(a->size, b->size);
	assert_memory_equal(one, other, a->size);
	free(one);
	free(other);
}

/* A position is held over the night, and its stop would be hit; prices of contracts fall to nothing. */
static void night(struct rig *r)
{
	rig_clock(r, "15:31:00");
	for (int i = 0; i < 150; i++) {
		minute(r, 23000 - 3 * i);
		rig_tick(r, RIG_CALL, 1, 1.05);
		rig_tick(r, RIG_SHARE, 1, 1.05);
	}
}

/* s0 answers from each bar, s1 holds a position. */
static void day_with_a_position(struct rig *r, bool dry, int64_t bar)
{
	rig_init(r);
	r->start.flags = dry ? START_AFTER_MARKET : 0;
	rig_strategy(r, 1, "NIFTY");
	*rig_param(r, 0, "bar") = bar;
	*rig_param(r, 0, "wild") = 1;
	*rig_param(r, 0, "cost_pct") = 1000000;
	*rig_param(r, 1, "product") = 1;
	rig_begin(r);
	rig_day(r, "2026-01-05", 0);
	rig_clock(r, "14:45:00"); /* s0 enters no more today */
	rig_prices(r);
	r->core.slot[1].params[COMMON_entry_to] = TIME_OF_DAY(15, 0);
	rig_enter(r, 1);
	for (int i = 0; i < 40; i++)
		minute(r, 24000 + (i * 37) % 50);
	rig_day_end(r);
}

static void next_day(struct rig *r)
{
	rig_day(r, "2026-01-06", 0);
	rig_clock(r, "09:16:00");
	rig_prices(r);
	for (int i = 0; i < 320; i++) {
		rig_tick(r, RIG_NIFTY, 24000 + (i * 37) % 50, 24000 + (i * 37) % 50);
		rig_wait(r, 59 * NANOS_SECOND);
		rig_prices(r); /* young for the bar's end */
		rig_wait(r, NANOS_SECOND);
	}
}

static void the_next_day_is_the_same(void **state)
{
	static struct rig looked, slept;

	(void)state;
	for (int64_t bar = 0; bar < 5; bar++) { /* 3: windows of quarters of an hour live on over the night; 4: each tick is a bar */
		day_with_a_position(&looked, true, bar);
		day_with_a_position(&slept, false, bar);
		night(&looked);
		rig_clock(&slept, "15:31:00");
		rig_wait(&slept, looked.at - slept.at);
		assert_true(looked.core.slot[0].funnel.refused[REFUSAL_AFTER_MARKET] > 0);
		assert_same(&looked, &slept);
		next_day(&looked);
		next_day(&slept);
		assert_same(&looked, &slept);
		assert_true(slept.core.slot[0].signal_at > slept.core.s->day.open); /* the newest decision is the day's */
		assert_memory_equal(&looked.core.slot[0].signal, &slept.core.slot[0].signal, sizeof(struct outcome_decision));
		rig_done(&looked);
		rig_done(&slept);
	}
}

/* -- when the copies are made anew ------------------------------------------------------------------------------------------------ */

static void begin_dry(int64_t bar)
{
	evening(&rig, true, bar);
	rig_day_end(&rig);
	rig_clock(&rig, "15:31:00");
	minute(&rig, 24000);
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	assert_int_equal(rig.core.s->dry_run, 1);
}

static void a_day_forgets_them(void **state)
{
	(void)state;
	begin_dry(0);
	minute(&rig, 24000);
	assert_true(*dry_state() > *(uint64_t *)(void *)slot()->state);
	rig_day(&rig, "2026-01-06", 0);
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_day_end(&rig);
	rig_clock(&rig, "15:40:00");
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	assert_true(*dry_state() == *(uint64_t *)(void *)slot()->state);
	rig_done(&rig);
}

/* Parameters, a definition, another series: what the copies hold is of another strategy. A limit or a pause changes none of it. */
static void changes_forget_them(void **state)
{
	int own = COMMON_COUNT;

	(void)state;
	begin_dry(0);
	rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_QTY, 5 * NUM_SCALE, "");
	rig_command(&rig, COMMAND_STRATEGY_PAUSE, 0, 0, 0, "");
	assert_int_equal(rig.core.s->dry_run, 1);
	rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, (uint32_t)own, 1, "");
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_bar, 2, ""); /* a series that was not there */
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	minute(&rig, 24001);
	assert_int_equal(rig.core.s->dry_run, 1);
	rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = rig.strategy[0];
	rig_post(&rig);
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_tick(&rig, RIG_NIFTY, 24000, 24000);
	rig_start_again(&rig, 8);
	assert_int_equal(rig.core.s->dry_run, 0);
	rig_done(&rig);
}

/* The flag is of a start: an engine that begins again without it looks no more, whatever is in the making. */
static void a_start_without_it(void **state)
{
	(void)state;
	begin_dry(0);
	uint64_t evaluations = asked();

	rig.start.flags = 0;
	rig_start_again(&rig, 8);
	rig_clock(&rig, "16:00:00");
	assert_true(asked() == evaluations);
	rig_done(&rig);
}

/* Before any day there is nothing to copy, and bars are formed all the same. */
static void without_a_day(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.flags = START_AFTER_MARKET;
	rig_begin(&rig);
	rig_prices(&rig);
	assert_int_equal(signal_at("09:05:00", 1, 23980)->refusal, REFUSAL_AFTER_MARKET);
	assert_true(rig.core.quote[RIG_NIFTY].stamp == 0);
	rig_done(&rig);
}

/* A checkpoint in the middle of it: who goes on from its bytes says the same. */
static void a_checkpoint_holds_them(void **state)
{
	struct core other;
	struct actions out;
	size_t len;

	(void)state;
	begin_dry(0);
	const void *bytes = core_state_bytes(&rig.core, &len);
	void *copy = aligned_alloc(64, len);

	memcpy(copy, bytes, len);
	assert_int_equal(core_attach(&other, copy, len, &rig.tables, rig_ops), ERR_OK);
	rig.at = rig.core.s->wake_at;
	rig_event(&rig, EVENT_TIMER, INSTRUMENT_NONE);
	rig.event.head.seq = rig.core.s->seq + 1;
	uint64_t evaluations = asked();
	core_step(&other, &rig.event, &out);
	rig_post(&rig);
	assert_true(asked() == evaluations + 1);
	assert_memory_equal(bytes, copy, len);
	free(copy);
	rig_done(&rig);
}

/* -- no order ---------------------------------------------------------------------------------------------------------------------- */

/* What a strategy with a bug might have let out stays at the last gate; what closes may go. */
static void nothing_leaves(void **state)
{
	struct order_request r = { .strategy = 0, .purpose = PURPOSE_ENTRY, .qty = 1 };

	(void)state;
	begin_dry(0);
	assert_int_equal(core_may_leave(&rig.core, &r), REFUSAL_AFTER_MARKET);
	assert_false(risk_may_add(&rig.core, slot()));
	r.purpose = PURPOSE_EXIT;
	assert_int_equal(core_may_leave(&rig.core, &r), REFUSAL_NONE);
	assert_int_equal(core_ready(&rig.core), REFUSAL_SESSION_CLOSED); /* what stands in the way of a morning is not hidden */
	rig.core.s->link[LINK_FEED].up = 0;
	assert_int_equal(core_ready(&rig.core), REFUSAL_LINK_DOWN);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_is_told_and_refused),
		cmocka_unit_test(the_contract_is_by_the_newest_prices),
		cmocka_unit_test(a_wish_that_is_none),
		cmocka_unit_test(the_close),
		cmocka_unit_test(bars_of_a_feed_of_bars),
		cmocka_unit_test(off),
		cmocka_unit_test(the_next_day_is_the_same),
		cmocka_unit_test(a_day_forgets_them),
		cmocka_unit_test(changes_forget_them),
		cmocka_unit_test(a_start_without_it),
		cmocka_unit_test(without_a_day),
		cmocka_unit_test(a_checkpoint_holds_them),
		cmocka_unit_test(nothing_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
