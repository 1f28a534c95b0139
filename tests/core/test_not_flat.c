/* Ordered flat and not flat: said again and again, over restarts, until somebody says that he knows; what comes later is said anew. */
#include "tests/core/rig.h"

static struct rig rig;
static unsigned said;
static struct outcome_alert newest;

static void hear(void *ctx, const struct actions *a)
{
	(void)ctx;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->at[i].head.kind == OUTCOME_ALERT && a->at[i].alert.alert == ALERT_NOT_FLAT) {
			said++;
			newest = a->at[i].alert;
		}
}

static void hold(void)
{
	rig_open(&rig);
	rig_enter(&rig, 0);
	said = 0;
	rig.posted = hear;
}

static int acknowledge(int64_t times, const char *reason)
{
	return rig_command(&rig, COMMAND_ACKNOWLEDGE, ACKNOWLEDGE_NOT_FLAT, 0, times, reason)->reply.err;
}

/* A kill that closes nothing for seventy seconds. */
static void kill_fails(void)
{
	hold();
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "test");
	rig_wait(&rig, 70 * NANOS_SECOND - 1);
	assert_null(core_not_flat_text(&rig.core));
	rig_wait(&rig, 1);
	assert_string_equal(core_not_flat_text(&rig.core), "NOT FLAT after a kill");
	assert_int_equal(rig.core.s->not_flat.books, 1);
	assert_true(rig.core.s->not_flat.since == rig.at);
}

static void until_acknowledged(void **state)
{
	(void)state;
	hold();
	assert_int_equal(acknowledge(0, "nothing there"), ERR_NOENT);
	rig_done(&rig);
	kill_fails();
	assert_int_equal(acknowledge(1, ""), ERR_RANGE);
	assert_int_equal(acknowledge(2, "not what I saw"), ERR_BUSY);
	assert_non_null(core_not_flat_text(&rig.core));
	assert_int_equal(acknowledge(1, "I close it by hand"), ERR_OK);
	assert_string_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.reason, "I close it by hand"); /* the audit */
	assert_null(core_not_flat_text(&rig.core));
	said = 0;
	rig_wait(&rig, NANOS_HOUR);
	assert_int_equal(said, 0);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_KILL); /* attempts go on */
	rig_done(&rig);
}

/* Once a minute, by what remains and why, and not by a second alert beside it. */
static void each_minute_once(void **state)
{
	(void)state;
	kill_fails();
	said = 0;
	rig_wait(&rig, 5 * NANOS_MINUTE);
	assert_int_equal(said, 5);
	assert_int_equal(newest.value, rig.core.slot[0].book.qty);
	rig_done(&rig);
}

static void later_ones_are_news(void **state)
{
	(void)state;
	kill_fails();
	assert_int_equal(acknowledge(1, "seen"), ERR_OK);
	rig_fill(&rig, rig.core.slot[0].plan.order, rig.core.slot[0].book.qty, 90);
	assert_int_equal(rig.core.s->open_books, 0);
	rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "go on");
	rig_prices(&rig);
	rig_wait(&rig, 10 * NANOS_MINUTE);
	rig_prices(&rig);
	rig_enter(&rig, 0);
	assert_true(rig.core.slot[0].book.qty > 0);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "again");
	said = 0;
	rig_wait(&rig, 70 * NANOS_SECOND);
	assert_int_equal(said, 1);
	assert_int_equal(rig.core.s->not_flat.times, 1);
	rig_done(&rig);
}

/* It ended so. The next start says it before anything else, and though all was closed meanwhile. */
static void over_restarts(void **state)
{
	(void)state;
	hold();
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	rig_wait(&rig, 30 * NANOS_SECOND);
	assert_int_equal(rig.core.s->stop, STOP_NOT_FLAT);
	assert_string_equal(core_not_flat_text(&rig.core), "NOT FLAT after a shutdown");
	rig_start_again(&rig, 8);
	assert_non_null(core_not_flat_text(&rig.core));
	said = 0;
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(said, 1);
	assert_string_equal(newest.text, "NOT FLAT after a shutdown, and still not: to be acknowledged");
	rig_fill(&rig, rig.core.slot[0].plan.order, rig.core.slot[0].book.qty, 90);
	rig_wait(&rig, NANOS_HOUR);
	assert_string_equal(newest.text, "NOT FLAT after a shutdown, flat by now: to be acknowledged");
	assert_int_equal(acknowledge(1, "seen"), ERR_OK);
	rig_start_again(&rig, 9);
	said = 0;
	rig_wait(&rig, 2 * NANOS_HOUR);
	assert_int_equal(said, 0);
	rig_done(&rig);
}

static void told_by_the_watchdog(void **state)
{
	(void)state;
	rig_open(&rig);
	rig.posted = hear;
	said = 0;
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, "it closed positions");
	assert_null(core_not_flat_text(&rig.core));
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, KILL_LEFT_OPEN, "it ended not flat");
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(said, 1);
	assert_string_equal(core_not_flat_text(&rig.core), "NOT FLAT when the watchdog ended");
	rig_done(&rig);
}

/* A strategy's own stop that takes long is said as such, and ends with the position. */
static void a_strategys_own_exit(void **state)
{
	(void)state;
	hold();
	rig_tick(&rig, RIG_NIFTY, 23000, 23000);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_INDEX_STOP);
	rig_wait(&rig, 3 * NANOS_MINUTE);
	assert_true(said >= 2);
	assert_null(core_not_flat_text(&rig.core));
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(until_acknowledged), cmocka_unit_test(each_minute_once), cmocka_unit_test(later_ones_are_news), cmocka_unit_test(over_restarts),
		cmocka_unit_test(told_by_the_watchdog), cmocka_unit_test(a_strategys_own_exit),
	};

	return cmocka_run_group_tests_name("not flat", tests, NULL, NULL);
}
