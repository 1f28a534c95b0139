/* A trade from signal to flat: levels, prices at the edges, and what late or contrary fills do. Whole stories are in *.scn. */
#include "tests/core/rig.h"

static struct rig rig;

static void open_with(const char *underlying, int64_t lots)
{
	rig_init(&rig);
	rig_strategy(&rig, 0, underlying);
	*rig_param(&rig, 0, "lots_max") = lots;
	*rig_param(&rig, 0, "cooldown") = *rig_param(&rig, 0, "stopout_cooldown") = 0;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
}

static struct plan *plan(void) { return &rig.core.slot[0].plan; }
static struct order *order(void) { return order_find(&rig.core, plan()->order); }

static void levels_from_what_was_paid(void **state)
{
	(void)state;
	open_with("NIFTY", 2);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	assert_int_equal(plan()->stop, RUPEES(90));
	assert_int_equal(plan()->target, RUPEES(120));
	rig_fill(&rig, plan()->order, 75, 101); /* the average of both */
	assert_int_equal(plan()->stop, RUPEES(90.50));
	assert_int_equal(plan()->target, RUPEES(120.50));
	assert_int_equal(plan()->state, PLAN_OPEN);
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 9); /* cheaper than its risk: no stop of its own, the index stop is left */
	assert_int_equal(plan()->stop, 0);
	rig_done(&rig);
	open_with("SHARE", 1);
	rig_ask(&rig, 0, -1, 510);
	rig_fill(&rig, plan()->order, 1, 500);
	assert_int_equal(plan()->stop, 0);
	assert_int_equal(plan()->target, RUPEES(480));
	rig_done(&rig);
}

static void an_index_target(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig_signal[0] = (struct signal){ 0 };
	rig_ask(&rig, 0, 1, 23980);
	plan()->index_target = RUPEES(24010);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_tick(&rig, RIG_NIFTY, 24009.95, 24009.95);
	assert_int_equal(plan()->exit_reason, EXIT_NONE);
	rig_tick(&rig, RIG_NIFTY, 24010, 24010);
	assert_int_equal(plan()->exit_reason, EXIT_TARGET);
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, -1, 24020);
	plan()->index_target = RUPEES(23990);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_tick(&rig, RIG_NIFTY, 23990, 23990);
	assert_int_equal(plan()->exit_reason, EXIT_TARGET);
	rig_done(&rig);
}

static void option_levels_in_bars(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig.core.instrument[RIG_CALL].flags |= INSTRUMENT_LTP_ONLY;
	rig.core.s->start.feed_step = NANOS_MINUTE;
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_wait(&rig, NANOS_MINUTE);
	rig_bar(&rig, RIG_CALL, 100, 130, 85, 100); /* stop and target in one bar: noted, not acted on */
	assert_int_equal(plan()->touched, TOUCH_OPTION_STOP | TOUCH_TARGET);
	assert_int_equal(plan()->exit_reason, EXIT_NONE);
	rig_bar(&rig, RIG_NIFTY, 24000, 24010, 23980, 24000); /* the index's bar of that minute: its stop goes first */
	assert_int_equal(plan()->exit_reason, EXIT_INDEX_STOP);
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig.core.instrument[RIG_CALL].flags |= INSTRUMENT_LTP_ONLY;
	rig.core.s->start.feed_step = NANOS_MINUTE;
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_wait(&rig, NANOS_MINUTE);
	rig_bar(&rig, RIG_CALL, 100, 130, 95, 100);
	rig_wait(&rig, 1); /* no bar of the index: a nanosecond later it counts */
	assert_int_equal(plan()->exit_reason, EXIT_TARGET);
	assert_int_equal(rig.core.s->touched_at, 0);
	rig_bar(&rig, RIG_CALL, 100, 130, 85, 100); /* leaving already */
	assert_int_equal(plan()->touched, 0);
	rig_done(&rig);
}

static void prices_at_the_band(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig.core.instrument[RIG_CALL].band_low = RUPEES(99.98); /* not on the tick: inward */
	rig.core.instrument[RIG_CALL].band_high = RUPEES(100.12);
	rig_ask(&rig, 0, 1, 23980);
	assert_int_equal(order()->request.price, RUPEES(100.10));
	rig_fill(&rig, plan()->order, 75, 100);
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->request.price, RUPEES(100));
	rig_report(&rig, plan()->order, REPORT_OPEN, "");
	uint64_t first = plan()->order;
	rig_wait(&rig, 5 * NANOS_SECOND); /* the edge is the edge: the order rests there, unmodified */
	assert_int_equal(plan()->order, first);
	assert_int_equal(order()->modifies, 0);
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_tick(&rig, RIG_CALL, 0.05, 0.10);
	assert_int_equal(order()->request.price, 500); /* never below a tick */
	rig_done(&rig);
}

static void an_exit_without_any_price(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig.core.quote[RIG_CALL] = (struct quote){ 0 };
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(plan()->order, 0);
	assert_true(plan()->retry_at == rig.at + NANOS_SECOND);
	rig_wait(&rig, 10 * NANOS_SECOND);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_EXIT_LATE);
	rig_tick(&rig, RIG_CALL, 50, 50.10);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->request.price, RUPEES(49.90));
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_tick(&rig, RIG_CALL, 0, 100); /* no bid: the last price is better than nothing */
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->request.price, RUPEES(49.90));
	rig_done(&rig);
}

static void a_strategy_may_leave(void **state)
{
	(void)state;
	for (int direction = -1; direction <= 1; direction += 2) {
		open_with("SHARE", 1);
		rig_ask(&rig, 0, direction, direction > 0 ? 490 : 510);
		rig_fill(&rig, plan()->order, 1, 500);
		rig_clock(&rig, "09:22:00");
		rig_prices(&rig);
		rig_signal[0] = (struct signal){ .leave_long = direction < 0, .leave_short = direction > 0 };
		rig_clock(&rig, "09:23:00");
		assert_int_equal(plan()->exit_reason, EXIT_NONE); /* that was for the other side */
		rig_prices(&rig);
		rig_signal[0] = (struct signal){ .leave_long = direction > 0, .leave_short = direction < 0 };
		rig_clock(&rig, "09:24:00");
		assert_int_equal(plan()->exit_reason, EXIT_SIGNAL);
		rig_done(&rig);
	}
}

/* An entry of an earlier plan fills on the other side of the new one: what it makes of the book leaves at once. */
static void a_contrary_late_fill(void **state)
{
	(void)state;
	open_with("SHARE", 5);
	rig_ask(&rig, 0, -1, 510);
	uint64_t old = plan()->order;
	rig_report(&rig, old, REPORT_CANCELLED, "");
	assert_int_equal(plan()->state, PLAN_IDLE);
	rig_ask(&rig, 0, 1, 490);
	uint64_t entry = plan()->order;
	rig_report(&rig, entry, REPORT_OPEN, "");
	rig_fill(&rig, old, 5, 500);
	assert_int_equal(rig.core.slot[0].book.qty, -5);
	assert_int_equal(plan()->exit_reason, EXIT_SIGNAL);
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 1);
	assert_int_equal(plan()->entered, 0);
	rig_report(&rig, entry, REPORT_CANCELLED, "");
	assert_int_equal(order()->request.side, SIDE_BUY);
	assert_int_equal(order()->request.qty, 5);
	rig_fill(&rig, plan()->order, 5, 500);
	assert_int_equal(plan()->state, PLAN_IDLE);
	rig_done(&rig);
}

/* A late fill can close the book while an exit rests: the exit must not open a new one. */
static void an_exit_left_over(void **state)
{
	(void)state;
	open_with("SHARE", 5);
	rig_ask(&rig, 0, 1, 490);
	rig_fill(&rig, plan()->order, 5, 500);
	rig_tick(&rig, RIG_SHARE, 490, 490.05);
	uint64_t first = plan()->order;
	rig_report(&rig, first, REPORT_CANCELLED, "");
	uint64_t second = plan()->order;
	assert_true(second != first);
	rig_report(&rig, second, REPORT_OPEN, "");
	rig_fill(&rig, first, 5, 490);
	assert_int_equal(rig_count(&rig, OUTCOME_TRADE), 1);
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, second);
	assert_int_equal(plan()->state, PLAN_EXITING); /* until the broker has said so */
	rig_report(&rig, second, REPORT_CANCELLED, "");
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig.core.slot[0].book.qty, 0);
	rig_done(&rig);
}

/* Filled beyond what was held: the rest is bought back, and only that. */
static void an_exit_that_overfills(void **state)
{
	(void)state;
	open_with("SHARE", 5);
	rig_ask(&rig, 0, 1, 490);
	rig_fill(&rig, plan()->order, 5, 500);
	rig_tick(&rig, RIG_SHARE, 490, 490.05);
	rig_fill(&rig, plan()->order, 7, 490);
	assert_int_equal(rig.core.slot[0].book.qty, -2);
	assert_int_equal(order()->request.side, SIDE_BUY);
	assert_int_equal(order()->request.qty, 2);
	rig_fill(&rig, plan()->order, 2, 491);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.gross, RUPEES(7 * 490 - 5 * 500 - 2 * 491));
	rig_done(&rig);
}

static void before_the_open(void **state)
{
	(void)state;
	open_with("SHARE", 5);
	rig.core.slot[0].params[COMMON_product] = 1;
	rig_ask(&rig, 0, 1, 490);
	rig_fill(&rig, plan()->order, 5, 500);
	rig_day_end(&rig);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "");
	rig.date++;
	rig.at = stamp_at(rig.date, TIME_OF_DAY(9, 0)); /* the day's record may come before its open */
	struct event_session *s = &rig_event(&rig, EVENT_SESSION, INSTRUMENT_NONE)->session;
	*s = (struct event_session){ rig.date, SESSION_BEGIN, 0, rig_time(&rig, "09:15:00"), rig_time(&rig, "15:30:00") };
	rig_post(&rig);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_clock(&rig, "09:14:59");
	assert_int_equal(plan()->order, 0);
	rig_clock(&rig, "09:15:00");
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 1);
	assert_int_equal(order()->request.side, SIDE_SELL);
	rig_done(&rig);
}

/* An order that outlives a close without a word is walked on the next day. */
static void an_exit_over_night(void **state)
{
	(void)state;
	open_with("SHARE", 5);
	rig_clock(&rig, "15:00:00");
	rig.core.slot[0].params[COMMON_entry_to] = TIME_OF_DAY(24, 0);
	rig_ask(&rig, 0, 1, 490);
	rig_fill(&rig, plan()->order, 5, 500);
	rig_clock(&rig, "15:29:59");
	rig_report(&rig, plan()->order, REPORT_OPEN, "");
	uint64_t at_work = plan()->order;
	rig_day_end(&rig);
	rig_wait(&rig, NANOS_HOUR);
	uint32_t timers = rig.timers;
	rig_wait(&rig, 2 * NANOS_MINUTE);
	assert_true(rig.timers - timers < 10); /* the night is not walked through */
	rig_day(&rig, "2026-01-06", 0);
	uint32_t before = order()->modifies;
	rig_prices(&rig);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(plan()->order, at_work);
	assert_true(order()->modifies > before);
	rig_done(&rig);
}

static void trailing_of_a_bearish_trade(void **state)
{
	(void)state;
	open_with("INDEX", 1);
	rig.core.slot[0].params[COMMON_trail_bars] = 1;
	rig_ask(&rig, 0, -1, 50100);
	rig_fill(&rig, plan()->order, 1, 50000);
	rig_tick(&rig, RIG_INDEX, 49899.95, 49899.95); /* past one r: behind the high of the last bar */
	assert_true(plan()->trailing == 1 && plan()->trail == RUPEES(50000));
	rig_clock(&rig, "09:22:00");
	rig_tick(&rig, RIG_INDEX, 49850, 49850);
	assert_int_equal(plan()->trail, RUPEES(49899.95));
	rig_tick(&rig, RIG_INDEX, 49899.95, 49899.95);
	assert_int_equal(plan()->exit_reason, EXIT_TRAILING_STOP);
	rig_done(&rig);
	open_with("INDEX", 1);
	rig.core.slot[0].params[COMMON_trail_bars] = 0; /* off */
	rig_ask(&rig, 0, 1, 49900);
	rig_fill(&rig, plan()->order, 1, 50000);
	rig_tick(&rig, RIG_INDEX, 50150, 50150);
	assert_int_equal(plan()->trail, 0);
	rig_done(&rig);
}

static void coarse_data_walks_by_its_step(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig.core.s->start.feed_step = 3 * NANOS_MINUTE;
	assert_true(plan_interval(&rig.core) == 3 * NANOS_MINUTE);
	rig_ask(&rig, 0, 1, 23980);
	assert_true(order()->walk_at == rig.at + 3 * NANOS_MINUTE);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_from_what_was_paid),
		cmocka_unit_test(an_index_target),
		cmocka_unit_test(option_levels_in_bars),
		cmocka_unit_test(prices_at_the_band),
		cmocka_unit_test(an_exit_without_any_price),
		cmocka_unit_test(a_strategy_may_leave),
		cmocka_unit_test(a_contrary_late_fill),
		cmocka_unit_test(an_exit_left_over),
		cmocka_unit_test(an_exit_that_overfills),
		cmocka_unit_test(before_the_open),
		cmocka_unit_test(an_exit_over_night),
		cmocka_unit_test(trailing_of_a_bearish_trade),
		cmocka_unit_test(coarse_data_walks_by_its_step),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
