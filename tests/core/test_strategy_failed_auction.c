/* failed_auction: the page's example with each rung broken alone, then random walks against the rule written again. */
#include "tests/core/strategy_rig.h"

enum { WARM_UP, RSI, ABOVE_VWAP, UPPER_RANGE, ABOVE_LEVEL, CLOSED_BACK, ALL };

static struct rig rig;

/* 59 bars that swing between 100 and 101 with half a rupee of wick: level 101.50, VWAP just above 100.50. */
static void swing(struct rig *r)
{
	rig_init(r, "failed_auction", 60);
	for (int i = 0; i < 59; i++) {
		double open = i % 2 ? 101 : 100, close = i % 2 ? 100 : 101;
		rig_ohlc(r, open, 101.5, 99.5, close);
		assert_int_equal(r->signal.direction, 0);
	}
}

static void the_example_of_the_page(void **state)
{
	(void)state;
	swing(&rig);
	struct signal signal = rig_ohlc(&rig, 101, 102, 100.9, 101.2);
	assert_int_equal(signal.failed, ALL);
	assert_int_equal(signal.direction, -1);
	assert_int_equal(signal.index_stop, RS(102));
	assert_int_equal(signal.index_target, 0);
	assert_false(signal.leave_long || signal.leave_short);
}

static void each_rung_fails_alone(void **state)
{
	static const struct { const char *name, *text; double high, low, close; uint32_t failed; } row[] = {
		{ "warm_bars", "60", 102, 100.9, 101.2, ALL },
		{ "warm_bars", "61", 102, 100.9, 101.2, WARM_UP },
		{ "range_bars", "61", 102, 100.9, 101.2, WARM_UP },
		{ "level_bars", "60", 102, 100.9, 101.2, WARM_UP },
		{ "rsi_length", "60", 102, 100.9, 101.2, WARM_UP },
		{ "rsi_low", "60", 102, 100.9, 101.2, RSI },
		{ "rsi_high", "40", 102, 100.9, 101.2, RSI },
		{ "rsi_low", "0", 102, 100.4, 100.5, ABOVE_VWAP },
		{ "range_part", "30", 102, 100.9, 101.2, UPPER_RANGE },     /* 0.8 of 2.5 down: 32 % */
		{ "range_part", "32", 102, 100.9, 101.2, ALL },             /* the edge counts */
		{ "range_part", "50", 101.5, 100.9, 101.2, ABOVE_LEVEL },   /* touching is not above */
		{ "range_part", "50", 101.5001, 100.9, 101.2, ALL },
		{ "range_part", "50", 102, 100.9, 101.5, CLOSED_BACK },     /* at the level is not below */
		{ "range_part", "50", 102, 100.9, 101.4999, ALL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		swing(&rig);
		rig_set(&rig, row[i].name, row[i].text);
		if (strcmp(row[i].name, "rsi_length") == 0) { /* a length is set before the bars, not under way */
			int64_t length = rig_get(&rig, "rsi_length");
			rig_init(&rig, "failed_auction", 60);
			rig_set(&rig, "rsi_length", row[i].text);
			for (int64_t k = 0; k < length - 1; k++)
				rig_ohlc(&rig, 100, 101.5, 99.5, k % 2 ? 100 : 101);
		}
		struct signal signal = rig_ohlc(&rig, 101, row[i].high, row[i].low, row[i].close);
		if (signal.failed != row[i].failed)
			fail_msg("row %zu: failed %u", i, signal.failed);
	}
}

static void a_near_stop_is_moved_out(void **state)
{
	(void)state;
	swing(&rig);
	struct signal signal = rig_ohlc(&rig, 101, 101.51, 101.2, 101.45); /* 0.1 % of 101.45 is 0.10145 */
	assert_int_equal(signal.direction, -1);
	assert_int_equal(signal.index_stop, RS(101.5515)); /* 101.55145, half away */
	swing(&rig);
	rig_set(&rig, "stop_min_pct", "5");
	signal = rig_ohlc(&rig, 101, 102, 100.9, 101.2);
	assert_int_equal(signal.index_stop, RS(106.26));
}

static void a_gap_warms_up_again_but_keeps_the_vwap(void **state)
{
	(void)state;
	swing(&rig);
	rig.number++;
	assert_int_equal(rig_ohlc(&rig, 101, 102, 100.9, 101.2).failed, WARM_UP);
	for (int i = 0; i < 48; i++)
		rig_ohlc(&rig, 100.5, 101.5, 99.5, i % 2 ? 100 : 101);
	assert_int_equal(rig_ohlc(&rig, 101, 102.5, 100.9, 101.2).direction, -1);
}

static void oracle(const struct rig *r, struct signal *ret)
{
	const struct bar *b = r->row, *now = &b[r->rows - 1];
	size_t n = r->rows;
	double variance, rsi = naive_rsi(b, n, 14);

	if (n < 50)
		return;
	price_t high = naive_high(b, n - 50, n), low = naive_low(b, n - 50, n), level = naive_high(b, n - 21, n - 1);
	if (rsi < 40 || rsi > 60)
		ret->failed = RSI;
	else if ((double)now->close <= naive_vwap(r->day, r->days, &variance))
		ret->failed = ABOVE_VWAP;
	else if (2 * now->close < high + low)
		ret->failed = UPPER_RANGE;
	else if (now->high <= level)
		ret->failed = ABOVE_LEVEL;
	else if (now->close >= level)
		ret->failed = CLOSED_BACK;
	else {
		price_t nearest = now->close + num_div_round(now->close, 1000);
		*ret = (struct signal){ .failed = ALL, .direction = -1, .index_stop = now->high > nearest ? now->high : nearest };
	}
}

static void walks_agree_with_the_rule(void **state)
{
	(void)state;
	rig_init(&rig, "failed_auction", 60);
	rig_walk(&rig, oracle, 60, 1, false, true);
	rig_init(&rig, "failed_auction", 900);
	rig_walk(&rig, oracle, 200, 2, false, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(each_rung_fails_alone),
		cmocka_unit_test(a_near_stop_is_moved_out),
		cmocka_unit_test(a_gap_warms_up_again_but_keeps_the_vwap),
		cmocka_unit_test(walks_agree_with_the_rule),
	};

	return cmocka_run_group_tests_name("strategy_failed_auction", tests, NULL, NULL);
}
