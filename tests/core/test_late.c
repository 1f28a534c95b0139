/* An exit that takes long is said again and again, with the reason of the moment, until the position is gone. */
#include "tests/core/rig.h"

static struct rig rig;
static unsigned said;
static struct outcome_alert newest;

static void hear(void *ctx, const struct actions *a)
{
	(void)ctx;
	for (uint32_t i = 0; i < a->count; i++)
		if (a->at[i].head.kind == OUTCOME_ALERT && strncmp(a->at[i].alert.text, "NOT FLAT", 8) == 0) {
			said++;
			newest = a->at[i].alert;
		}
}

/* 300 held and to be closed since this instant; the exit is order `rig.core.slot[0].plan.order`. */
static void leave(void)
{
	rig_open(&rig);
	rig.core.slot[0].params[COMMON_lots_max] = 4;
	rig_enter(&rig, 0);
	said = 0;
	rig.posted = hear;
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "test");
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_KILL);
}

static void each_minute(void **state)
{
	(void)state;
	leave();
	rig_wait(&rig, 10 * NANOS_SECOND - 1);
	assert_int_equal(said, 0);
	rig_wait(&rig, 1);
	assert_int_equal(said, 1);
	assert_int_equal(newest.alert, ALERT_EXIT_LATE);
	assert_int_equal(newest.strategy, 0);
	assert_int_equal(newest.value, 300);
	for (unsigned minute = 2; minute < 6; minute++) {
		rig_wait(&rig, NANOS_MINUTE - 1);
		assert_int_equal(said, minute - 1);
		rig_wait(&rig, 1);
		assert_int_equal(said, minute);
		assert_int_equal(newest.alert, ALERT_NOT_FLAT);
	}
	rig_fill(&rig, rig.core.slot[0].plan.order, 100, 90);
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(newest.value, 200); /* what remains */
	rig_fill(&rig, rig.core.slot[0].plan.order, 200, 90);
	said = 0;
	rig_wait(&rig, NANOS_HOUR);
	assert_int_equal(said, 1); /* nobody acknowledged it */
	assert_string_equal(newest.text, "NOT FLAT after a kill, flat by now: to be acknowledged");
	rig_done(&rig);
}

static uint64_t at_work(void)
{
	return rig.core.slot[0].plan.order;
}

static void why_nothing(void) {}
static void why_resting(void) { rig_report(&rig, at_work(), REPORT_OPEN, ""); }
static void why_unknown(void) { rig_report(&rig, at_work(), REPORT_UNKNOWN, ""); }
static void why_link(void) { rig_link(&rig, LINK_BROKER, false); }

static void why_cancel(void)
{
	rig_report(&rig, at_work(), REPORT_OPEN, "");
	order_find(&rig.core, at_work())->cancelling = 1;
}

static void why_no_price(void)
{
	rig_report(&rig, at_work(), REPORT_CANCELLED, "");
	rig.core.quote[RIG_CALL] = (struct quote){ 0 };
	rig_report(&rig, at_work(), REPORT_CANCELLED, "");
}

static void why_no_turn(void)
{
	rig_report(&rig, at_work(), REPORT_REJECTED, "RMS");
	for (int i = 0; i < RATE_SLOTS; i++)
		rig.core.s->rate.sent[i] = rig.at + 10 * NANOS_SECOND;
}

static void reasons(void **state)
{
	static const struct { void (*because)(void); const char *words; } rows[] = {
		{ why_nothing, "has not answered" }, { why_resting, "rests unfilled" }, { why_unknown, "not known whether" }, { why_link, "not connected" },
		{ why_cancel, "cancelled first" }, { why_no_price, "no price" }, { why_no_turn, "waits for its turn" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		leave();
		rows[i].because();
		rig_wait(&rig, 10 * NANOS_SECOND);
		assert_int_equal(said, 1);
		if (!strstr(newest.text, rows[i].words))
			fail_msg("expected \"%s\": \"%s\"", rows[i].words, newest.text);
		rig_done(&rig);
	}
}

static unsigned refusals_said(const char *cause)
{
	rig_report(&rig, at_work(), REPORT_REJECTED, cause);
	unsigned n = rig_count(&rig, OUTCOME_ALERT);
	rig_wait(&rig, NANOS_SECOND); /* it goes out again */
	return n;
}

/* A refused exit goes out each second. The alert comes once for a cause and again after a minute, and two causes that come by turns are no news either. */
static void refused_for_a_cause(void **state)
{
	(void)state;
	leave();
	assert_int_equal(refusals_said("the broker holds less than this closes"), 1);
	assert_int_equal(refusals_said("the broker holds less than this closes"), 0);
	assert_int_equal(refusals_said("the positions are read first"), 1);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(refusals_said("the broker holds less than this closes"), 0);
		assert_int_equal(refusals_said("the positions are read first"), 0);
	}
	assert_int_equal(refusals_said("circuit"), 1); /* a third */
	rig_wait(&rig, 20 * NANOS_SECOND);
	assert_int_equal(refusals_said("the broker holds less than this closes"), 1);
	assert_int_equal(refusals_said("the broker holds less than this closes"), 0);
	rig_done(&rig);
}

/* An entry that nobody confirms to be cancelled may still fill: that is not flat either. */
static void an_entry_at_work(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_ask(&rig, 0, 1, 23980);
	said = 0;
	rig.posted = hear;
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "test");
	rig_wait(&rig, 10 * NANOS_SECOND);
	assert_int_equal(said, 1);
	assert_non_null(strstr(newest.text, "entry"));
	assert_int_equal(newest.value, 0);
	rig_done(&rig);
}

/* After the close nothing can be done: each hour, until the next day goes on. */
static void closed_market(void **state)
{
	(void)state;
	leave();
	rig_day_end(&rig);
	said = 0;
	rig_wait(&rig, 3 * NANOS_HOUR);
	assert_int_equal(said, 3);
	assert_non_null(strstr(newest.text, "market is closed"));
	rig_day(&rig, "2026-01-06", 0);
	said = 0;
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(said, 2); /* at once, and a minute later */
	rig_done(&rig);
}

/* Data of a minute's step cannot be closed within ten seconds. */
static void coarse_data(void **state)
{
	(void)state;
	leave();
	rig.core.s->start.feed_step = NANOS_MINUTE;
	assert_true(late_at(&rig.core, &rig.core.slot[0].plan) == rig.at + 10 * NANOS_SECOND + 2 * NANOS_MINUTE);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_minute), cmocka_unit_test(reasons), cmocka_unit_test(refused_for_a_cause), cmocka_unit_test(an_entry_at_work),
		cmocka_unit_test(closed_market), cmocka_unit_test(coarse_data),
	};

	return cmocka_run_group_tests_name("late", tests, NULL, NULL);
}
