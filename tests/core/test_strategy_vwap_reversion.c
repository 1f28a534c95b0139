/* vwap_reversion: the page's example and its mirror with each rung broken alone, then random walks against the rule
 * written again. */
#include "tests/core/strategy_rig.h"

enum { WARM_UP, TIME_WINDOW, STRETCHED, RSI, TURNED, ALL };

static struct rig rig;

/* In the mirror the VWAP's typical prices mirror too, so every answer must. */
static struct signal bar_of(struct rig *r, int direction, double open, double high, double low, double close)
{
	if (direction > 0)
		return rig_ohlc(r, open, high, low, close);
	return rig_ohlc(r, 200 - open, 200 - low, 200 - high, 200 - close);
}

/* 44 bars that swing between 100 and 100.40, then six that lose half a rupee each; the next closes at 10:06. */
static void drop(struct rig *r, int direction)
{
	for (int i = 0; i < 44; i++)
		bar_of(r, direction, i % 2 ? 100.4 : 100, 100.6, 99.8, i % 2 ? 100 : 100.4);
	for (int i = 0; i < 6; i++)
		assert_int_equal(bar_of(r, direction, 100 - 0.5 * i, 100.1 - 0.5 * i, 99.4 - 0.5 * i, 99.5 - 0.5 * i).direction, 0);
}

static void the_example_of_the_page(void **state)
{
	(void)state;
	for (int direction = -1; direction <= 1; direction += 2) {
		rig_init(&rig, "vwap_reversion", 60);
		drop(&rig, direction);
		struct signal signal = bar_of(&rig, direction, 96.7, 96.9, 96.5, 96.8);
		assert_int_equal(signal.failed, ALL);
		assert_int_equal(signal.direction, direction);
		assert_int_equal(signal.index_stop, direction > 0 ? RS(95.7548) : RS(104.2452)); /* 96.50 less an ATR of 0.7452 */
		assert_int_equal(signal.index_target, 0); /* VWAP is 2.99 r away */
	}
}

static void each_rung_fails_alone(void **state)
{
	static const struct { const char *name, *text; double close; uint32_t failed; } row[] = {
		{ "rsi_length", "50", 96.8, RSI },              /* ready, and less extreme */
		{ "rsi_length", "51", 96.8, WARM_UP },
		{ "atr_length", "51", 96.8, ALL },
		{ "atr_length", "52", 96.8, WARM_UP },
		{ "from", "10:06", 96.8, ALL },
		{ "from", "10:07", 96.8, TIME_WINDOW },
		{ "deviations", "4", 96.8, STRETCHED },         /* 3.96 */
		{ "deviations", "3.9", 96.8, ALL },
		{ "rsi_low", "27", 96.8, RSI },                 /* 27.2 */
		{ "rsi_low", "27.3", 96.8, ALL },
		{ "stop_atr", "1", 96.7, TURNED },              /* as it opened */
		{ "stop_atr", "1", 96.6, TURNED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		rig_init(&rig, "vwap_reversion", 60);
		rig_set(&rig, row[i].name, row[i].text);
		drop(&rig, 1);
		struct signal signal = bar_of(&rig, 1, 96.7, 96.9, 96.5, row[i].close);
		if (signal.failed != row[i].failed)
			fail_msg("row %zu: failed %u", i, signal.failed);
	}
}

static void vwap_is_the_target_when_nearer(void **state)
{
	static const struct { const char *reward; double target; } row[] = { { "2.9", 0 }, { "3", 99.9222 }, { "0", 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		rig_init(&rig, "vwap_reversion", 60);
		rig_set(&rig, "target_reward", row[i].reward);
		drop(&rig, 1);
		assert_int_equal(bar_of(&rig, 1, 96.7, 96.9, 96.5, 96.8).index_target, row[i].target > 0 ? RS(row[i].target) : 0);
	}
}

static void oracle(const struct rig *r, struct signal *ret)
{
	const struct bar *now = &r->row[r->rows - 1];
	double variance, vwap = naive_vwap(r->day, r->days, &variance), reach = 2 * sqrt(variance), close = (double)now->close;
	double rsi = naive_rsi(r->row, r->rows, 14);
	int side = close < vwap - reach ? 1 : close > vwap + reach ? -1 : 0;

	if (r->rows < 15)
		return;
	if (rig_closed_at(r) < TIME_OF_DAY(10, 0))
		ret->failed = TIME_WINDOW;
	else if (side == 0)
		ret->failed = STRETCHED;
	else if (side > 0 ? rsi >= 30 : rsi <= 70)
		ret->failed = RSI;
	else if (side > 0 ? now->close <= now->open : now->close >= now->open)
		ret->failed = TURNED;
	else {
		double atr = naive_atr(r->row, r->rows, 14);
		price_t extreme = side > 0 ? now->low : now->high;
		ret->failed = ALL;
		ret->direction = side;
		ret->index_stop = (price_t)round((double)extreme - side * atr);
		if (fabs(vwap - close) < 2 * fabs(close - (double)ret->index_stop))
			ret->index_target = (price_t)round(vwap);
	}
}

static void walks_agree_with_the_rule(void **state)
{
	(void)state;
	rig_init(&rig, "vwap_reversion", 60);
	rig_walk(&rig, oracle, 60, 8, true, true);
	rig_init(&rig, "vwap_reversion", 900);
	rig_walk(&rig, oracle, 300, 9, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(each_rung_fails_alone),
		cmocka_unit_test(vwap_is_the_target_when_nearer),
		cmocka_unit_test(walks_agree_with_the_rule),
	};

	return cmocka_run_group_tests_name("strategy_vwap_reversion", tests, NULL, NULL);
}
