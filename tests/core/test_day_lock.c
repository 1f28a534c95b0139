/* The day's locks at their bounds: 750 options bought at 100.10, so each tick of the bid is 37.50 of a million. */
#include "tests/core/rig.h"

static struct rig rig;

static void hold(void)
{
	rig_open(&rig);
	rig_enter(&rig, 0);
	assert_int_equal(rig.core.slot[0].book.qty, 750);
	rig_tick(&rig, RIG_CALL, 100.10, 100.20);
	assert_true(core_day_pnl(&rig.core) == 0);
}

static void set(enum limit l, double value)
{
	rig_command(&rig, COMMAND_LIMIT, 0, l, RUPEES(value), "");
}

static void tick(double bid)
{
	rig_tick(&rig, RIG_CALL, bid, bid + 0.10);
}

/* Locked by this tick, with its alert and an exit for its reason; and by no later one again. */
static void assert_locks(double bid, enum day_lock lock, enum alert alert, enum exit_reason exit, enum refusal refusal)
{
	tick(bid);
	assert_int_equal(rig.core.s->account.day_locked, lock);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 1);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, alert);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 1);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, exit);
	assert_int_equal(core_day_lock(&rig.core), refusal);
	assert_string_equal(alert_name(alert), refusal_code(refusal));
	assert_string_equal(exit_reason_name(exit), refusal_code(refusal));
	tick(bid - 0.05);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 0);
}

static void assert_open(double bid)
{
	tick(bid);
	assert_int_equal(rig.core.s->account.day_locked, DAY_UNLOCKED);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(core_day_lock(&rig.core), REFUSAL_NONE);
}

static void loss(void **state)
{
	(void)state;
	hold();
	set(LIMIT_DAY_LOSS_PCT, 0.0375); /* ten ticks */
	assert_open(99.65);
	assert_locks(99.60, DAY_LOCK_LOSS, ALERT_DAY_LOSS, EXIT_DAY_LOSS, REFUSAL_DAY_LOSS);
	rig_done(&rig);
}

static void drawdown(void **state)
{
	(void)state;
	hold();
	set(LIMIT_DRAWDOWN_PCT, 0.0375);
	assert_open(101.10);
	assert_true(rig.core.s->account.day_peak == RUPEES(750));
	assert_open(100.65);
	assert_open(101.10);
	assert_locks(100.60, DAY_LOCK_DRAWDOWN, ALERT_DRAWDOWN, EXIT_DRAWDOWN, REFUSAL_DRAWDOWN);
	rig_done(&rig);
}

/* From the day's beginning too: its peak is never below nothing. */
static void drawdown_without_profit(void **state)
{
	(void)state;
	hold();
	set(LIMIT_DRAWDOWN_PCT, 0.0375);
	assert_open(99.65);
	assert_locks(99.60, DAY_LOCK_DRAWDOWN, ALERT_DRAWDOWN, EXIT_DRAWDOWN, REFUSAL_DRAWDOWN);
	rig_done(&rig);
}

static void profit(void **state)
{
	(void)state;
	hold();
	set(LIMIT_PROFIT_LOCK_PCT, 0.075); /* 750 */
	set(LIMIT_GIVE_BACK_PCT, 40);
	assert_open(101.05); /* a tick short of it: all may be given back */
	assert_open(100.10);
	assert_open(101.10); /* reached: 300 of 750 may go */
	assert_open(100.75);
	assert_locks(100.70, DAY_LOCK_PROFIT, ALERT_PROFIT_LOCK, EXIT_PROFIT_LOCK, REFUSAL_PROFIT_LOCK);
	rig_done(&rig);
}

/* Standards: only a loss of 4 % locks. */
static void not_asked_for(void **state)
{
	(void)state;
	hold();
	assert_open(106);
	assert_open(100.10);
	rig_command(&rig, COMMAND_LIMIT, 0, LIMIT_GIVE_BACK_PCT, NUM_UNKNOWN, "");
	set(LIMIT_PROFIT_LOCK_PCT, 0.01); /* unknown is not "nothing may be given back" */
	assert_open(100.05);
	rig_done(&rig);
}

/* Tightening acts on the peak that was; loosening, a pause lifted and a restart unlock nothing, the next day does. */
static void until_tomorrow(void **state)
{
	(void)state;
	hold();
	tick(102.10);
	tick(101.10);
	set(LIMIT_DRAWDOWN_PCT, 0.075);
	assert_int_equal(rig.core.s->account.day_locked, DAY_LOCK_DRAWDOWN);
	while (rig.core.slot[0].book.qty)
		rig_fill(&rig, rig.core.slot[0].plan.order, order_find(&rig.core, rig.core.slot[0].plan.order)->request.qty, 101);
	set(LIMIT_DRAWDOWN_PCT, 90);
	rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "looked at it");
	rig_command(&rig, COMMAND_STRATEGY_RESUME, 0, 0, 0, "");
	rig_start_again(&rig, 8);
	rig_ask(&rig, 0, 1, 23980);
	rig_wait(&rig, 5 * NANOS_MINUTE);
	rig_ask(&rig, 0, 1, 23980);
	assert_int_equal(rig_refusal(&rig), REFUSAL_DRAWDOWN);
	rig_day_end(&rig);
	rig_day(&rig, "2026-01-06", 0);
	assert_int_equal(core_day_lock(&rig.core), REFUSAL_NONE);
	assert_true(rig.core.s->account.day_peak == 0);
	rig_done(&rig);
}

/* The account's entries: one at work counts until it ended unfilled. */
static void entries(void **state)
{
	(void)state;
	rig_init(&rig);
	rig_strategy(&rig, 1, "SHARE");
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	set(LIMIT_ENTRIES_DAY, 1);
	rig_ask(&rig, 0, 1, 23980);
	uint64_t order = rig.core.slot[0].plan.order;
	assert_int_equal(risk_strategy(&rig.core, &rig.core.slot[1], NULL), REFUSAL_ENTRIES_DAY);
	rig_report(&rig, order, REPORT_CANCELLED, "");
	assert_int_equal(risk_strategy(&rig.core, &rig.core.slot[1], NULL), REFUSAL_NONE);
	rig_enter(&rig, 0);
	assert_int_equal(rig.core.s->account.day_entries, 1);
	assert_int_equal(risk_strategy(&rig.core, &rig.core.slot[1], NULL), REFUSAL_ENTRIES_DAY);
	set(LIMIT_ENTRIES_DAY, 2);
	assert_int_equal(risk_strategy(&rig.core, &rig.core.slot[1], NULL), REFUSAL_NONE);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss), cmocka_unit_test(drawdown), cmocka_unit_test(drawdown_without_profit), cmocka_unit_test(profit),
		cmocka_unit_test(not_asked_for), cmocka_unit_test(until_tomorrow), cmocka_unit_test(entries),
	};

	return cmocka_run_group_tests_name("day_lock", tests, NULL, NULL);
}
