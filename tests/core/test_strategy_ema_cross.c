/* ema_cross: the page's example, leaving on the opposite cross, then random walks against the rule written again. */
#include "tests/core/strategy_rig.h"

enum { WARM_UP, CROSS, TREND, ALL };

static struct rig rig;

/* 60 bars down from 100 by 0.20, then up by 0.30 from 88.20; the averages cross at the 13th bar up. In the mirror the
 * other way round. */
static struct signal bar_of(struct rig *r, int direction, double from, double to)
{
	double high = (to > from ? to : from) + 0.1, low = (to < from ? to : from) - 0.1;

	if (direction > 0)
		return rig_ohlc(r, from, high, low, to);
	return rig_ohlc(r, 200 - from, 200 - low, 200 - high, 200 - to);
}

static void turn(struct rig *r, int direction)
{
	for (int i = 0; i < 60; i++) {
		struct signal signal = bar_of(r, direction, 100.2 - 0.2 * i, 100 - 0.2 * i);
		assert_false(signal.direction || signal.leave_long || signal.leave_short);
	}
	for (int i = 1; i < 13; i++) {
		struct signal signal = bar_of(r, direction, 87.9 + 0.3 * i, 88.2 + 0.3 * i);
		assert_false(signal.direction || signal.leave_long || signal.leave_short);
	}
}

static void the_example_of_the_page(void **state)
{
	(void)state;
	for (int direction = -1; direction <= 1; direction += 2) {
		rig_init(&rig, "ema_cross", 60);
		turn(&rig, direction);
		struct signal signal = bar_of(&rig, direction, 91.8, 92.1);
		assert_int_equal(signal.failed, ALL);
		assert_int_equal(signal.direction, direction);
		assert_int_equal(signal.index_stop, direction > 0 ? RS(91.4072) : RS(108.5928)); /* 1.5 ATR of 0.4618 */
		assert_int_equal(signal.leave_short, direction > 0);
		assert_int_equal(signal.leave_long, direction < 0);
		signal = bar_of(&rig, direction, 92.1, 92.4); /* crossed is not crossing */
		assert_int_equal(signal.failed, CROSS);
		assert_false(signal.leave_short || signal.leave_long);
	}
}

static void leaves_whatever_the_other_conditions_say(void **state)
{
	static const struct { const char *name, *text; uint32_t failed; } row[] = {
		{ "adx_min", "58", TREND }, { "adx_min", "57", ALL }, { "warm_bars", "74", WARM_UP }, { "warm_bars", "73", ALL },
		{ "adx_length", "37", WARM_UP }, { "atr_length", "74", WARM_UP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		rig_init(&rig, "ema_cross", 60);
		rig_set(&rig, row[i].name, row[i].text);
		turn(&rig, 1);
		struct signal signal = bar_of(&rig, 1, 91.8, 92.1);
		assert_int_equal(signal.failed, row[i].failed);
		assert_true(signal.leave_short);
		assert_false(signal.leave_long);
	}
}

static void the_seed_is_no_side(void **state)
{
	(void)state;
	rig_init(&rig, "ema_cross", 60);
	rig_ohlc(&rig, 100, 100, 100, 100);
	struct signal signal = rig_ohlc(&rig, 101, 101, 101, 101); /* apart for the first time */
	assert_false(signal.leave_short || signal.leave_long);
	signal = rig_ohlc(&rig, 90, 90, 90, 90);
	assert_true(signal.leave_long);
}

static void oracle(const struct rig *r, struct signal *ret)
{
	const struct bar *b = r->row;
	size_t n = r->rows;

	if (n < 3)
		return;
	double now = naive_ema(b, n, 12) - naive_ema(b, n, 26), before = naive_ema(b, n - 1, 12) - naive_ema(b, n - 1, 26);
	int cross = now > 0 && before <= 0 ? 1 : now < 0 && before >= 0 ? -1 : 0;
	ret->leave_short = cross > 0;
	ret->leave_long = cross < 0;
	if (n < 52)
		return;
	ret->failed = CROSS;
	if (cross == 0)
		return;
	ret->failed = TREND;
	if (naive_adx(b, n, 14) < 20)
		return;
	ret->failed = ALL;
	ret->direction = cross;
	ret->index_stop = (price_t)round((double)b[n - 1].close - cross * 1.5 * naive_atr(b, n, 14));
}

static void walks_agree_with_the_rule(void **state)
{
	(void)state;
	rig_init(&rig, "ema_cross", 60);
	rig_walk(&rig, oracle, 40, 6, true, true);
	rig_init(&rig, "ema_cross", 900);
	rig_walk(&rig, oracle, 100, 7, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(leaves_whatever_the_other_conditions_say),
		cmocka_unit_test(the_seed_is_no_side),
		cmocka_unit_test(walks_agree_with_the_rule),
	};

	return cmocka_run_group_tests_name("strategy_ema_cross", tests, NULL, NULL);
}
