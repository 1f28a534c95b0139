/* Bars that were missed and are told later: windows and indicators see them, and nothing else does. */
#include "tests/core/rig.h"

static struct rig rig;

static void bar(double open, double high, double low, double close, nanos_t start, uint16_t flags)
{
	struct event *e = rig_event(&rig, EVENT_BAR, RIG_NIFTY);

	e->head.flags = flags;
	e->bar.interval_s = 60;
	e->bar.bar = (struct bar){ start, RUPEES(open), RUPEES(high), RUPEES(low), RUPEES(close), 0 };
	rig_post(&rig);
}

static const struct series *minutes(void)
{
	return &rig.core.series[rig.core.slot[0].series];
}

static void history_day(const char *date, enum session_edge edge)
{
	struct event *e = rig_event(&rig, EVENT_SESSION, INSTRUMENT_NONE);

	assert_int_equal(date_parse(date, strlen(date), &e->session.date), ERR_OK);
	e->session.edge = (uint16_t)edge;
	e->session.flags = SESSION_HISTORY;
	e->session.open = stamp_at(e->session.date, TIME_OF_DAY(9, 15));
	e->session.close = stamp_at(e->session.date, TIME_OF_DAY(15, 30));
	rig_post(&rig);
}

/* A signal in the past is no signal; the quote of the present stays; the funnel counts nothing. */
static void nobody_acts(void **state)
{
	(void)state;
	rig_init(&rig);
	*rig_param(&rig, 0, "bar") = 0;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig.at = rig_time(&rig, "09:17");
	struct quote before = rig.core.quote[RIG_NIFTY];
	uint64_t evaluations = rig.core.slot[0].funnel.evaluations;

	rig_signal[0] = (struct signal){ .direction = 1, .index_stop = RUPEES(23900) };
	bar(24000, 24010, 23990, 24005, rig_time(&rig, "09:15"), BAR_HISTORY);
	bar(24005, 24020, 24000, 24010, rig_time(&rig, "09:16"), BAR_HISTORY);
	assert_int_equal(rig_count(&rig, OUTCOME_BAR), 1);
	assert_int_equal(rig_count(&rig, OUTCOME_DECISION), 0);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(minutes()->count, 2);
	assert_true(series_at(minutes(), 0)->close == RUPEES(24010));
	assert_memory_equal(&before, &rig.core.quote[RIG_NIFTY], sizeof(before));
	assert_true(rig.core.slot[0].funnel.evaluations == evaluations);
	rig_done(&rig);
}

/* A low of the past below the stop closes no position. */
static void no_stop_is_hit(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	assert_int_not_equal(rig.core.slot[0].book.qty, 0);
	bar(24000, 24010, 1000, 24005, rig_time(&rig, "09:18"), BAR_HISTORY);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(rig.core.slot[0].plan.exit_reason, EXIT_NONE);
	rig_done(&rig);
}

/* Yesterday's bars come under yesterday's open; the account's own day does not begin with them, nor end. */
static void a_past_day(void **state)
{
	nanos_t open;

	(void)state;
	rig_init(&rig);
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_day_end(&rig);
	date_t today = rig.core.s->day.date;
	open = stamp_at(today + 1, TIME_OF_DAY(9, 15));
	history_day("2026-01-06", SESSION_BEGIN);
	assert_int_equal(rig.actions.count, 0);
	assert_int_equal(rig.core.s->day_active, 0);
	assert_int_equal(rig.core.s->day.date, today);
	bar(24000, 24010, 23990, 24005, open, BAR_HISTORY);
	bar(24005, 24010, 23990, 24006, open + NANOS_MINUTE, BAR_HISTORY);
	assert_int_equal(minutes()->count, 2);
	assert_true(minutes()->origin == open);
	history_day("2026-01-06", SESSION_END);
	assert_int_equal(rig.actions.count, 0);
	rig_done(&rig);
}

/* A past day told in the middle of today's session would throw today's windows away: it is not taken. */
static void not_within_a_day(void **state)
{
	(void)state;
	rig_open(&rig);
	nanos_t origin = minutes()->origin;
	history_day("2026-01-02", SESSION_BEGIN);
	assert_true(minutes()->origin == origin);
	bar(1, 2, 1, 2, stamp_at(rig.core.s->day.date - 3, TIME_OF_DAY(9, 15)), BAR_HISTORY);
	assert_int_equal(rig_count(&rig, OUTCOME_BAR), 0);
	rig_done(&rig);
}

/* Three minutes of a five-minute bar from the past, the rest from ticks: one bar, and it ends by the clock without a tick too. */
static void joins_the_present(void **state)
{
	(void)state;
	rig_init(&rig);
	*rig_param(&rig, 0, "bar") = 2;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig.at = rig_time(&rig, "09:18");
	for (int i = 0; i < 3; i++)
		bar(24000, 24010 + i, 23990 - i, 24005, rig_time(&rig, "09:15") + i * NANOS_MINUTE, BAR_HISTORY);
	assert_int_equal(minutes()->count, 0);
	assert_true(core_wake_at(&rig.core) <= rig_time(&rig, "09:21"));
	rig_tick(&rig, RIG_NIFTY, 24099, 24101);
	rig_clock(&rig, "09:21");
	assert_int_equal(minutes()->count, 1);
	assert_true(series_at(minutes(), 0)->low == RUPEES(23988) && series_at(minutes(), 0)->high >= RUPEES(24099));
	rig_done(&rig);
}

/* The first live bar of a share after a gap holds its own volume, not the gap's. */
static void volume_of_the_gap(void **state)
{
	struct event *e;

	(void)state;
	rig_init(&rig);
	*rig_param(&rig, 0, "bar") = 0;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	for (int i = 0; i < 3; i++) { /* a tick, the minute that is missed, a tick */
		rig.at = rig_time(&rig, "09:15") + i * NANOS_MINUTE;
		e = rig_event(&rig, i == 1 ? EVENT_BAR : EVENT_TICK, RIG_NIFTY);
		if (i == 1) {
			e->head.flags = BAR_HISTORY;
			e->bar = (struct event_bar){ .bar = { rig.at, RUPEES(1), RUPEES(1), RUPEES(1), RUPEES(1), 500 }, .interval_s = 60 };
		} else {
			e->tick.last = RUPEES(24000);
			e->tick.volume = i == 0 ? 1000 : 1510;
		}
		rig_post(&rig);
	}
	assert_int_equal(minutes()->partial.volume, 10);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_acts),
		cmocka_unit_test(no_stop_is_hit),
		cmocka_unit_test(a_past_day),
		cmocka_unit_test(not_within_a_day),
		cmocka_unit_test(joins_the_present),
		cmocka_unit_test(volume_of_the_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
