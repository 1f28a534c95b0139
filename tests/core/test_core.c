/* The steering: memory, days, instruments, links, questions, names. */
#include "tests/core/rig.h"

static struct rig rig;

static void memory(void **state)
{
	static const struct core_limits bad[] = { { 0, 1, 1, 2 }, { 1, 0, 1, 2 }, { 1, 1, 0, 2 }, { 1, 1, 1, 1 }, { 1, 1, 1, 3 },
		{ (1 << 20) + 1, 1, 1, 2 }, { 1, (1 << 20) + 1, 1, 2 }, { 1, 1, (1 << 16) + 1, 2 }, { 1, 1, 1, 1 << 21 } };
	const struct core_limits good = { 1, 1, 1, 2 };
	struct market_tables *tables = calloc(1, sizeof(*tables));
	size_t size = core_size(&good);
	char *mem = aligned_alloc(64, size + 64);
	struct core c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(core_init(&c, mem, SIZE_MAX, &bad[i], tables, rig_ops), ERR_INVAL);
	assert_int_equal(core_init(&c, mem + 8, size, &good, tables, rig_ops), ERR_INVAL);
	assert_int_equal(core_init(&c, mem, size - 1, &good, tables, rig_ops), ERR_NOMEM);
	assert_int_equal(core_init(&c, mem, size, &good, tables, rig_ops), ERR_OK);
	assert_int_equal(core_engine_state(&c), ENGINE_STARTING);
	assert_int_equal(core_ready(&c), REFUSAL_NOT_READY);
	assert_true(core_wake_at(&c) == STAMP_NEVER);
	for (int i = 0; i < LIMIT_COUNT; i++)
		assert_true(c.s->limit[i] == limit_table[i].standard && limit_table[i].text[0] && limit_table[i].unit[0]);
	free(mem);
	free(tables);
}

/* Memory that was used before, wholly or in places, begins as fresh memory does. */
static void memory_used(void **state)
{
	const struct core_limits limits = { 64, 4, 4, 64 };
	struct market_tables *tables = calloc(1, sizeof(*tables));
	size_t size = core_size(&limits);
	char *fresh = aligned_alloc(64, size), *used = aligned_alloc(64, size);
	struct core c;

	(void)state;
	memset(fresh, 0, size);
	assert_int_equal(core_init(&c, fresh, size, &limits, tables, rig_ops), ERR_OK);
	memset(used, 0xff, size);
	assert_int_equal(core_init(&c, used, size, &limits, tables, rig_ops), ERR_OK);
	assert_memory_equal(used, fresh, size);
	for (size_t at = 0; at < size; at += 4095) {
		used[at] = used[size - 1] = 1;
		assert_int_equal(core_init(&c, used, size, &limits, tables, rig_ops), ERR_OK);
		assert_memory_equal(used, fresh, size);
	}
	free(fresh);
	free(used);
	free(tables);
}

static void questions(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(core_find_instrument(&rig.core, "N24000PE"), RIG_PUT);
	assert_int_equal(core_find_instrument(&rig.core, "NONE"), INSTRUMENT_NONE);
	assert_int_equal(core_find_strategy(&rig.core, "s0"), 0);
	assert_int_equal(core_find_strategy(&rig.core, "s1"), UINT32_MAX);
	assert_int_equal(core_ready(&rig.core), REFUSAL_NONE);
	assert_true(core_age_limit(&rig.core) == 2 * NANOS_SECOND);
	rig.core.s->start.feed_step = 15 * NANOS_MINUTE;
	assert_true(core_age_limit(&rig.core) == 30 * NANOS_MINUTE);
	rig_done(&rig);
}

static void links(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_link(&rig, LINK_FEED, false);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_LINK);
	assert_string_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.text, "rig");
	assert_int_equal(core_ready(&rig.core), REFUSAL_LINK_DOWN);
	rig_link(&rig, LINK_COUNT, false); /* none of ours */
	assert_int_equal(rig.actions.count, 0);
	rig_link(&rig, LINK_FEED, true);
	assert_int_equal(rig.actions.count, 0);
	rig_done(&rig);
}

static void start_again(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "");
	rig.start.capital = RUPEES(5);
	rig_event(&rig, EVENT_START, INSTRUMENT_NONE)->start = rig.start;
	rig_post(&rig);
	assert_true(rig.core.s->account.capital == RUPEES(1000000)); /* capital is the first start's */
	assert_int_equal(rig.core.slot[0].book.qty, 750);
	assert_int_equal(core_ready(&rig.core), REFUSAL_PAUSED);
	rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "");
	assert_int_equal(core_ready(&rig.core), REFUSAL_LINK_DOWN); /* until the ports say otherwise */
	rig_done(&rig);
}

static void funds_and_feed_end(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_true(rig.core.s->funds.cash == NUM_UNKNOWN);
	rig_event(&rig, EVENT_FUNDS, INSTRUMENT_NONE)->funds = (struct event_funds){ RUPEES(900000), NUM_UNKNOWN, 7 };
	rig_post(&rig);
	assert_true(rig.core.s->funds.cash == RUPEES(900000) && rig.core.s->funds.margin_used == NUM_UNKNOWN);
	rig_enter(&rig, 0);
	rig_event(&rig, EVENT_FEED_END, INSTRUMENT_NONE);
	rig_post(&rig);
	assert_int_equal(rig_count(&rig, OUTCOME_EQUITY), 1);
	rig_link(&rig, LINK_FEED, true);
	assert_int_equal(core_ready(&rig.core), REFUSAL_SESSION_CLOSED);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "");
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0); /* no market to send it to */
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	assert_int_equal(rig.core.s->stop, STOP_KEPT);
	rig_done(&rig);
}

static void assumed_days(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", SESSION_ASSUMED);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_ASSUMED);
	assert_int_equal(core_ready(&rig.core), REFUSAL_CALENDAR_UNKNOWN);
	rig_done(&rig);
	rig_init(&rig);
	rig.start.flags = START_ASSUME_UNKNOWN;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", SESSION_ASSUMED);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 0);
	assert_int_equal(core_ready(&rig.core), REFUSAL_NONE);
	rig_day_end(&rig);
	assert_int_equal(core_ready(&rig.core), REFUSAL_SESSION_CLOSED);
	rig_event(&rig, EVENT_SESSION, INSTRUMENT_NONE)->session.edge = SESSION_END; /* twice is once */
	rig_post(&rig);
	assert_int_equal(rig.actions.count, 0);
	rig_done(&rig);
}

/* -- prices ------------------------------------------------------------------------------------------------------------------- */

static void quotes(void **state)
{
	(void)state;
	rig_open(&rig);
	struct event_tick *t = &rig_event(&rig, EVENT_TICK, RIG_CALL)->tick;
	t->bid = RUPEES(90); /* no last, no ask, no open interest */
	rig_post(&rig);
	const struct quote *q = &rig.core.quote[RIG_CALL];
	assert_true(q->last == RUPEES(100.05) && q->bid == RUPEES(90) && q->ask == 0);
	rig_event(&rig, EVENT_TICK, RIG_CALL)->tick = (struct event_tick){ .last = RUPEES(91), .oi = 500, .volume = 70 };
	rig_post(&rig);
	assert_true(q->last == RUPEES(91) && q->oi == 500 && q->volume == 70 && q->bid == 0);
	rig_event(&rig, EVENT_BAR, RIG_CALL)->bar = (struct event_bar){ .bar = { .start = rig.at - NANOS_MINUTE, .open = 1, .high = RUPEES(92),
		.low = 1, .close = RUPEES(92), .volume = 30 }, .interval_s = 60 };
	rig_post(&rig);
	assert_true(q->last == RUPEES(92) && q->oi == 500 && q->volume == 100 && q->bid == 0 && q->ask == 0);
	rig.event.bar.oi = 600;
	rig_post(&rig);
	assert_int_equal(q->oi, 600);
	rig_done(&rig);
}

static void open_of_a_bar_makes_no_bar(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_clock(&rig, "09:21:00");
	rig_event(&rig, EVENT_TICK, RIG_NIFTY)->tick.last = RUPEES(24001);
	rig.event.head.flags = TICK_OPEN_OF_BAR;
	rig_post(&rig);
	assert_int_equal(rig.core.quote[RIG_NIFTY].last, RUPEES(24001));
	assert_int_equal(rig.core.series[0].forming, 0);
	rig_event(&rig, EVENT_TICK, RIG_SHARE); /* nothing at all in it */
	rig_post(&rig);
	rig_done(&rig);
}

static void a_tick_closes_the_bar_before(void **state)
{
	(void)state;
	rig_open(&rig);
	rig.at += NANOS_MINUTE; /* the clock is late; the tick of the next minute comes first */
	rig_tick(&rig, RIG_NIFTY, 24010, 24010);
	assert_int_equal(rig_count(&rig, OUTCOME_BAR), 1);
	assert_int_equal(rig_action(&rig, OUTCOME_BAR, 0)->bar.bar.close, RUPEES(24000));
	assert_int_equal(rig.core.slot[0].funnel.evaluations, 1);
	rig_done(&rig);
}

/* -- instruments and strategies -------------------------------------------------------------------------------------------------- */

static void late_underlying(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_strategy(&rig, 0, "LATE");
	rig_strategy(&rig, 1, "NIFTY");
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	assert_int_equal(rig.core.slot[0].underlying, INSTRUMENT_NONE);
	struct instrument i = rig.core.instrument[RIG_SHARE];
	i.id = i.underlying_id = RIG_INSTRUMENTS;
	memcpy(i.symbol, "LATE", 5);
	rig_event(&rig, EVENT_INSTRUMENT, i.id)->instrument = i;
	rig_post(&rig);
	assert_int_equal(rig.core.slot[0].underlying, RIG_INSTRUMENTS);
	assert_true(rig.core.series[rig.core.slot[0].series].origin == rig.at); /* made within the day: aligned to its open */
	rig_done(&rig);
}

static void define_again(void **state)
{
	(void)state;
	rig_open(&rig);
	struct slot *s = &rig.core.slot[0];
	s->state[0] = 9;
	rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = rig.strategy[0];
	rig_post(&rig);
	assert_int_equal(s->state[0], 9); /* the same again: it goes on */
	rig.event.strategy.params[COMMON_cooldown] = 1;
	rig_post(&rig);
	assert_int_equal(s->state[0], 9);
	rig.event.strategy.params[COMMON_COUNT] = 3; /* another window: what it gathered means nothing now */
	rig_post(&rig);
	assert_int_equal(s->state[0], 0);
	s->state[0] = 9;
	memcpy(rig.event.strategy.underlying, "SHARE", 6);
	rig_post(&rig);
	assert_int_equal(s->state[0], 0);
	assert_int_equal(s->underlying, RIG_SHARE);
	assert_int_equal(rig.core.s->strategies, 1);
	rig_done(&rig);
}

/* Journals of builds that had fewer common parameters: the own ones come sooner there, in definitions and in commands. */
static void defined_by_an_older_build(void **state)
{
	(void)state;
	rig_open(&rig);
	struct slot *s = &rig.core.slot[0];
	struct event_strategy *e = &rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy;
	*e = rig.strategy[0];
	e->commons = 0;
	e->params[COMMON_FIRST] = 7;
	e->params[COMMON_FIRST + 1] = 1;
	e->params[COMMON_FIRST + 2] = 0;
	rig_post(&rig);
	assert_int_equal(s->params[COMMON_resting_stop], 0);
	assert_int_equal(s->params[COMMON_COUNT], 7);
	assert_int_equal(s->params[COMMON_COUNT + 1], 1);
	rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_FIRST + 1, 0, "");
	assert_int_equal(s->params[COMMON_COUNT + 1], 0);
	assert_int_equal(s->params[COMMON_resting_stop], 0);
	rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_cooldown, 5, "");
	assert_int_equal(s->params[COMMON_cooldown], 5);
	rig_done(&rig);
}

static void why_it_does_not_trade(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_ask(&rig, 0, 0, 0);
	assert_int_equal(rig.core.slot[0].why.refusal, REFUSAL_NONE);
	nanos_t since = rig.core.slot[0].why.since;
	rig_ask(&rig, 0, 0, 0);
	assert_true(rig.core.slot[0].why.since == since); /* since when, not when last */
	rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "");
	rig_ask(&rig, 0, 1, 23980);
	assert_int_equal(rig.core.slot[0].why.refusal, REFUSAL_PAUSED);
	assert_int_equal(rig.core.slot[0].funnel.signals, 1);
	assert_true(rig.core.slot[0].signal_at == rig.at);
	rig_done(&rig);
}

static void names(void **state)
{
	(void)state;
	for (uint16_t k = 0; k < 100; k++) {
		bool event = k > EVENT_NONE && k < EVENT_COUNT, action = (k >= ACTION_PLACE && k <= ACTION_CANCEL) || (k >= OUTCOME_ORDER && k < ACTION_COUNT_END);

		assert_int_equal(strcmp(event_kind_name(k), "unknown") != 0, event || k == EVENT_NONE);
		assert_int_equal(strcmp(action_kind_name(k), "unknown") != 0, action);
		assert_int_equal(action_payload_size(k) != 0, action);
		assert_int_equal(event_payload_size(k) != 0, event && k != EVENT_TIMER && k != EVENT_FEED_END);
	}
	assert_string_equal(exit_reason_name(EXIT_REASONS), "unknown");
	assert_string_equal(engine_state_name(ENGINE_STATES), "unknown");
	assert_string_equal(alert_name(ALERT_KINDS), "unknown");
	assert_string_equal(refusal_code(REFUSAL_COUNT), "unknown");
	assert_string_equal(refusal_text(REFUSAL_COUNT), "unknown");
	for (unsigned r = 0; r < REFUSAL_COUNT; r++)
		assert_true(refusal_code((enum refusal)r)[0] && refusal_text((enum refusal)r)[0]);
	assert_string_equal(alert_name(ALERT_LATE_FILL), "late_fill");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(memory_used),
		cmocka_unit_test(questions),
		cmocka_unit_test(links),
		cmocka_unit_test(start_again),
		cmocka_unit_test(funds_and_feed_end),
		cmocka_unit_test(assumed_days),
		cmocka_unit_test(quotes),
		cmocka_unit_test(open_of_a_bar_makes_no_bar),
		cmocka_unit_test(a_tick_closes_the_bar_before),
		cmocka_unit_test(late_underlying),
		cmocka_unit_test(define_again),
		cmocka_unit_test(defined_by_an_older_build),
		cmocka_unit_test(why_it_does_not_trade),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
