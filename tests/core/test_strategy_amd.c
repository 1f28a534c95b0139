/* amd: the page's example and its mirror with each rung broken alone, then random walks against the rule written again. */
#include "tests/core/strategy_rig.h"

enum { WARM_UP, SWEEP, TAKEN_BACK, WICK, RSI_CROSS, RANGE, ALL };

static struct rig rig;

/* The same bars seen in a mirror at 100: every rule must answer with the other side. */
static struct signal bar_of(struct rig *r, int direction, double open, double high, double low, double close)
{
	if (direction > 0)
		return rig_ohlc(r, open, high, low, close);
	return rig_ohlc(r, 200 - open, 200 - low, 200 - high, 200 - close);
}

/* 49 bars that swing between 100 and 100.40, then eleven that lose half a rupee each: last close 94.90, low 94.80. */
static void slide(struct rig *r, int direction)
{
	rig_init(r, "amd", 60);
	for (int i = 0; i < 49; i++)
		bar_of(r, direction, i % 2 ? 100.4 : 100, 100.6, 99.8, i % 2 ? 100 : 100.4);
	for (int i = 0; i < 11; i++) {
		double open = 100.4 - 0.5 * i;
		assert_int_equal(bar_of(r, direction, open, open + 0.1, open - 0.6, open - 0.5).direction, 0);
	}
}

static void the_example_of_the_page(void **state)
{
	(void)state;
	slide(&rig, 1);
	struct signal signal = bar_of(&rig, 1, 94.9, 96, 94, 95.9);
	assert_int_equal(signal.failed, ALL);
	assert_int_equal(signal.direction, 1);
	assert_int_equal(signal.index_stop, RS(93.583)); /* 94.00 less half of an ATR of 0.8340 */
	assert_int_equal(signal.index_target, 0);
	slide(&rig, -1);
	signal = bar_of(&rig, -1, 94.9, 96, 94, 95.9);
	assert_int_equal(signal.direction, -1);
	assert_int_equal(signal.index_stop, RS(106.417));
}

static void each_rung_fails_alone(void **state)
{
	static const struct { const char *name, *text; double low, close; uint32_t failed; } row[] = {
		{ "warm_bars", "61", 94, 95.9, ALL },
		{ "warm_bars", "62", 94, 95.9, WARM_UP },
		{ "range_bars", "62", 94, 95.9, WARM_UP },
		{ "extreme_bars", "62", 94, 95.9, WARM_UP },
		{ "sweep_bars", "62", 94, 95.9, WARM_UP },
		{ "sweep_bars", "1", 94.85, 95.9, SWEEP },       /* the bar before was lower */
		{ "sweep_bars", "2", 94.85, 95.9, WICK },
		{ "sweep_bars", "1", 94.8, 96.9, WICK },         /* as low: it is the extreme again */
		{ "sweep_bars", "5", 94, 94.9, TAKEN_BACK },     /* as the close before */
		{ "wick_pct", "50", 94.4, 95.9, WICK },          /* half of the body is not over half */
		{ "wick_pct", "50", 94.3999, 95.9, ALL },
		{ "wick_pct", "90", 94, 95.9, WICK },
		{ "rsi_low", "30", 94, 95.7, RSI_CROSS },        /* 29.59 */
		{ "rsi_low", "30", 94, 95.8, ALL },              /* 30.62 */
		{ "rsi_low", "20", 94, 95.9, RSI_CROSS },        /* was above 20 before */
		{ "range_part", "28", 94, 95.9, RANGE },         /* 1.90 of 6.60 up: 28.8 % */
		{ "range_part", "29", 94, 95.9, ALL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		for (int direction = -1; direction <= 1; direction += 2) {
			bool rsi = strcmp(row[i].name, "rsi_low") == 0;
			slide(&rig, direction);
			const char *mirrored = strcmp(row[i].text, "20") == 0 ? "80" : "70";
			rig_set(&rig, rsi && direction < 0 ? "rsi_high" : row[i].name, rsi && direction < 0 ? mirrored : row[i].text);
			struct signal signal = bar_of(&rig, direction, 94.9, row[i].close + 0.1, row[i].low, row[i].close);
			if (signal.failed != row[i].failed)
				fail_msg("row %zu direction %d: failed %u", i, direction, signal.failed);
			assert_int_equal(signal.direction, row[i].failed == ALL ? direction : 0);
		}
}

static void oracle_side(const struct rig *r, int d, struct signal *ret)
{
	const struct bar *b = r->row, *now = &b[r->rows - 1];
	size_t n = r->rows;
	price_t low5 = d > 0 ? naive_low(b, n - 5, n) : naive_high(b, n - 5, n);
	price_t low20 = d > 0 ? naive_low(b, n - 20, n) : naive_high(b, n - 20, n);
	price_t top = naive_high(b, n - 50, n), bottom = naive_low(b, n - 50, n);
	double part = (double)rig_get(r, "range_part") / 1000000;
	double depth = (double)(d > 0 ? now->close - bottom : top - now->close);
	double rsi = naive_rsi(b, n, 14), before = naive_rsi(b, n - 1, 14);
	double body = fabs((double)(now->close - now->open));
	double wick = d > 0 ? fmin((double)now->open, (double)now->close) - (double)now->low
	                    : (double)now->high - fmax((double)now->open, (double)now->close);
	bool crossed = d > 0 ? before < 30 && rsi >= 30 : before > 70 && rsi <= 70;
	bool half = depth <= part * (double)(top - bottom);
	bool back = d * (now->close - b[n - 2].close) > 0 && d * (now->close - low5) > 0;

	*ret = (struct signal){ 0 };
	ret->failed = low5 != low20 ? SWEEP : !back ? TAKEN_BACK : wick <= body / 2 ? WICK : !crossed ? RSI_CROSS
	            : !half ? RANGE : ALL;
	if (ret->failed != ALL)
		return;
	ret->direction = d;
	ret->index_stop = (price_t)round((double)low5 - d * naive_atr(b, n, 14) / 2);
}

static void oracle(const struct rig *r, struct signal *ret)
{
	struct signal bullish, bearish;

	if (r->rows < 60)
		return;
	oracle_side(r, 1, &bullish);
	oracle_side(r, -1, &bearish);
	*ret = bearish.failed > bullish.failed ? bearish : bullish;
}

static void walks_agree_with_the_rule(void **state)
{
	(void)state;
	rig_init(&rig, "amd", 60);
	rig_set(&rig, "range_part", "15"); /* at a half this rung would hardly ever be the one to fail */
	rig_walk(&rig, oracle, 80, 3, true, true);
	rig_init(&rig, "amd", 900);
	rig_set(&rig, "range_part", "15");
	rig_walk(&rig, oracle, 600, 4, true, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_page),
		cmocka_unit_test(each_rung_fails_alone),
		cmocka_unit_test(walks_agree_with_the_rule),
	};

	return cmocka_run_group_tests_name("strategy_amd", tests, NULL, NULL);
}
