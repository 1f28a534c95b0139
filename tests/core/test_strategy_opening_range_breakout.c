/* opening_range_breakout: the page's example, each boundary, the day's marks, then random walks against the rule written
 * again. */
#include "tests/core/strategy_rig.h"

enum { WARM_UP, TIME_WINDOW, RANGE_WIDTH, BREAKOUT, ONCE_A_SIDE, ALL };

static struct rig rig;

/* The range of 09:15 to 09:30: 100.00 to 100.50. */
static void open_range(struct rig *r, uint32_t interval_s)
{
	for (uint32_t i = 0; i < 900 / interval_s; i++)
		assert_int_equal(rig_ohlc(r, 100.2, 100.5, 100, 100.3).direction, 0);
}

static struct signal close_at(struct rig *r, double close)
{
	return rig_ohlc(r, 100.25, close > 100.25 ? close : 100.25, close < 100.25 ? close : 100.25, close);
}

static void the_example_of_the_page(void **state)
{
	(void)state;
	rig_init(&rig, "opening_range_breakout", 60);
	open_range(&rig, 60);
	assert_int_equal(close_at(&rig, 100.55).failed, BREAKOUT); /* 0.05 % above 100.50 is 100.55025 */
	struct signal signal = close_at(&rig, 100.6);
	assert_int_equal(signal.failed, ALL);
	assert_int_equal(signal.direction, 1);
	assert_int_equal(signal.index_stop, RS(100.25));
	assert_int_equal(signal.index_target, 0);
	assert_int_equal(close_at(&rig, 100.7).failed, ONCE_A_SIDE);
	assert_int_equal(close_at(&rig, 99.9501).failed, BREAKOUT);
	signal = close_at(&rig, 99.95); /* exactly 0.05 % below */
	assert_int_equal(signal.direction, -1);
	assert_int_equal(signal.index_stop, RS(100.25));
	assert_int_equal(close_at(&rig, 99.9).failed, ONCE_A_SIDE);
}

static void marks_last_for_the_day(void **state)
{
	(void)state;
	rig_init(&rig, "opening_range_breakout", 60);
	open_range(&rig, 60);
	assert_int_equal(close_at(&rig, 100.6).direction, 1);
	rig.number += 3; /* a gap restarts windows, not the day */
	assert_int_equal(close_at(&rig, 100.6).failed, ONCE_A_SIDE);
	rig_day(&rig, 1);
	assert_int_equal(close_at(&rig, 100.6).failed, WARM_UP); /* yesterday's range is gone too */
	rig_day(&rig, 2);
	open_range(&rig, 60);
	assert_int_equal(close_at(&rig, 100.6).direction, 1);
}

static void a_range_with_a_hole_is_not_known(void **state)
{
	(void)state;
	rig_init(&rig, "opening_range_breakout", 60);
	rig.number = 1; /* the first minute was missed */
	for (int i = 0; i < 14; i++)
		rig_ohlc(&rig, 100.2, 100.5, 100, 100.3);
	assert_int_equal(close_at(&rig, 100.6).failed, WARM_UP);
	rig_init(&rig, "opening_range_breakout", 60);
	rig.number = 15; /* all of it was missed */
	assert_int_equal(close_at(&rig, 100.6).failed, WARM_UP);
}

static void bars_of_every_length(void **state)
{
	static const uint32_t interval_s[] = { 60, 180, 300, 900 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(interval_s); i++) {
		rig_init(&rig, "opening_range_breakout", interval_s[i]);
		open_range(&rig, interval_s[i]);
		assert_int_equal(close_at(&rig, 100.6).direction, 1);
	}
	rig_init(&rig, "opening_range_breakout", 180);
	rig_set(&rig, "range_minutes", "10"); /* three whole bars; the fourth straddles the edge */
	for (int i = 0; i < 3; i++)
		assert_int_equal(rig_ohlc(&rig, 100.2, 100.5, 100, 100.3).failed, WARM_UP);
	assert_int_equal(close_at(&rig, 100.6).direction, 1);
	rig_init(&rig, "opening_range_breakout", 900);
	rig_set(&rig, "range_minutes", "10"); /* shorter than a bar: never known */
	open_range(&rig, 900);
	assert_int_equal(close_at(&rig, 100.6).failed, WARM_UP);
}

static void widths_and_times_have_edges(void **state)
{
	static const struct { const char *name, *text; double close; uint32_t failed; } row[] = {
		{ "width_min_pct", "0.5", 100, BREAKOUT },     /* 0.50 of 100: the edge is allowed */
		{ "width_min_pct", "0.5001", 100, RANGE_WIDTH },
		{ "width_max_pct", "0.5", 100, BREAKOUT },
		{ "width_max_pct", "0.4999", 100, RANGE_WIDTH },
		{ "until", "09:31", 100.6, TIME_WINDOW },      /* the bar closes at 09:31 */
		{ "until", "09:32", 100.6, ALL },
		{ "break_pct", "0", 100.5, BREAKOUT },         /* at the high is not above it */
		{ "break_pct", "0", 100.5001, ALL },
		{ "range_minutes", "20", 100.6, WARM_UP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		rig_init(&rig, "opening_range_breakout", 60);
		rig_set(&rig, row[i].name, row[i].text);
		open_range(&rig, 60);
		if (close_at(&rig, row[i].close).failed != row[i].failed)
			fail_msg("row %zu: failed %u", i, rig.signal.failed);
	}
}

static void oracle(const struct rig *r, struct signal *ret)
{
	static price_t high, low;
	static bool done[2], whole;
	const struct bar *now = &r->day[r->days - 1];
	price_t close = now->close;

	if (r->days == 1) {
		done[0] = done[1] = false;
		whole = false;
	}
	if (r->days == 15 && r->number == 15) {
		whole = true;
		high = naive_high(r->day, 0, 15);
		low = naive_low(r->day, 0, 15);
	}
	if (!whole || r->days == 15)
		return;
	double width = (double)(high - low) / (double)close * 100;
	bool up = (double)close >= (double)high * 1.0005, down = (double)close <= (double)low * 0.9995;
	if (rig_closed_at(r) >= TIME_OF_DAY(12, 0))
		ret->failed = TIME_WINDOW;
	else if (width < 0.15 || width > 1.2)
		ret->failed = RANGE_WIDTH;
	else if (!up && !down)
		ret->failed = BREAKOUT;
	else if (done[down])
		ret->failed = ONCE_A_SIDE;
	else {
		done[down] = true;
		*ret = (struct signal){ .failed = ALL, .direction = up ? 1 : -1, .index_stop = (high + low) / 2 };
	}
}

static void walks_agree_with_the_rule(void **state)
{
	(void)state;
	rig_init(&rig, "opening_range_breakout", 60);
	rig_walk(&rig, oracle, 200, 5, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(marks_last_for_the_day),
		cmocka_unit_test(a_range_with_a_hole_is_not_known),
		cmocka_unit_test(bars_of_every_length),
		cmocka_unit_test(widths_and_times_have_edges),
		cmocka_unit_test(walks_agree_with_the_rule),
	};

	return cmocka_run_group_tests_name("strategy_opening_range_breakout", tests, NULL, NULL);
}
