/* Each indicator against a naive one recomputed from all bars over random walks, and against small vectors by hand. */
#include "lib/core/indicator.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/core/naive.h"

#define WALK 400
#define NEAR(x) (1e-9 * (fabs(x) + 1))

struct walk { struct series series; struct bar bar[WALK]; size_t n; uint64_t seed; uint64_t step; bool volume; };

static void walk_init(struct walk *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->step = 2 + seed * 7;
	w->volume = seed % 2;
	series_init(&w->series, 0, 60);
}

static const struct bar *walk_next(struct walk *w)
{
	price_t from = w->n > 0 ? w->bar[w->n - 1].close : 240000000;
	int64_t volume = w->volume && w->n > 10 ? (int64_t)prng_below(&w->seed, 90000) : 0;
	struct bar *bar = &w->bar[w->n];

	/* flat stretches: no indicator may divide by a move that is not there */
	*bar = naive_walk(&w->seed, from, w->n / 40 % 4 == 3 ? 0 : w->step, volume);
	bar->start = (nanos_t)w->n * NANOS_MINUTE;
	w->n++;
	assert_true(series_fold(&w->series, bar, 60));
	return bar;
}

static void assert_near(double have, double want)
{
	if (!(fabs(have - want) <= NEAR(want)))
		fail_msg("have %.12g, want %.12g", have, want);
}

#define SEEDS 6

static void ema_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct ema e = { 0 };
		uint32_t length = (uint32_t)(seed * seed);
		walk_init(&w, seed);
		while (w.n < WALK) {
			ema_update(&e, (double)walk_next(&w)->close, length);
			assert_near(e.value, naive_ema(w.bar, w.n, length));
			assert_int_equal(e.seen, w.n);
		}
	}
}

static void ema_by_hand(void **state)
{
	struct ema e = { 0 };

	(void)state;
	ema_update(&e, 10, 3); /* alpha = 1/2 */
	assert_near(e.value, 10);
	ema_update(&e, 14, 3);
	assert_near(e.value, 12);
	ema_update(&e, 6, 3);
	assert_near(e.value, 9);
	ema_update(&e, 5, 4);  /* another length: anew */
	assert_near(e.value, 5);
	assert_int_equal(e.seen, 1);
}

static void sma_follows_its_definition(void **state)
{
	static const uint32_t lengths[] = { 1, 2, 20, SERIES_BARS - 1 };
	struct walk w;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct sma m = { 0 };
		walk_init(&w, i + 1);
		while (w.n < WALK) {
			walk_next(&w);
			sma_update(&m, &w.series, lengths[i]);
			uint32_t bars = w.n < lengths[i] ? (uint32_t)w.n : lengths[i];
			assert_int_equal(m.seen, bars);
			assert_near(sma_value(&m), naive_sma(w.bar, w.n, bars));
		}
	}
}

/* A strategy may join a series that has run for long, and its length may change. */
static void windows_joined_midway(void **state)
{
	struct sma m = { 0 };
	struct rolling high = { 0 }, low = { 0 };
	struct walk w;

	(void)state;
	walk_init(&w, 3);
	while (w.n < WALK) {
		walk_next(&w);
		if (w.n < 70)
			continue;
		uint32_t length = w.n < 200 ? 50 : 20;
		sma_update(&m, &w.series, length);
		rolling_high(&high, &w.series, length);
		rolling_low(&low, &w.series, length);
		assert_near(sma_value(&m), naive_sma(w.bar, w.n, length));
		assert_int_equal(high.value, naive_high(w.bar, w.n - length, w.n));
		assert_int_equal(low.value, naive_low(w.bar, w.n - length, w.n));
	}
}

static void rolling_follows_its_definition(void **state)
{
	static const uint32_t lengths[] = { 1, 2, 5, 20, 50, SERIES_BARS };
	struct walk w;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct rolling high = { 0 }, low = { 0 };
		walk_init(&w, i + 1);
		while (w.n < WALK) {
			walk_next(&w);
			rolling_high(&high, &w.series, lengths[i]);
			rolling_low(&low, &w.series, lengths[i]);
			size_t from = w.n < lengths[i] ? 0 : w.n - lengths[i];
			assert_int_equal(high.value, naive_high(w.bar, from, w.n));
			assert_int_equal(low.value, naive_low(w.bar, from, w.n));
			/* the age is that of the newest occurrence */
			assert_int_equal(w.bar[w.n - 1 - high.age].high, high.value);
			assert_true(high.age == 0 || naive_high(w.bar, w.n - high.age, w.n) < high.value);
			assert_int_equal(w.bar[w.n - 1 - low.age].low, low.value);
			assert_true(low.age == 0 || naive_low(w.bar, w.n - low.age, w.n) > low.value);
		}
	}
}

static void rsi_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t length = seed == 1 ? 2 : 14;
		struct rsi r = { 0 };
		double before = NAN;
		walk_init(&w, seed);
		while (w.n < WALK) {
			rsi_update(&r, walk_next(&w)->close, length);
			double want = naive_rsi(w.bar, w.n, length);
			assert_int_equal(rsi_ready(&r), !isnan(want));
			if (isnan(want))
				continue;
			assert_near(r.value, want);
			assert_int_equal(r.values > 1, !isnan(before));
			if (!isnan(before))
				assert_near(r.previous, before);
			before = want;
		}
	}
}

static void rsi_by_hand(void **state)
{
	struct rsi r = { 0 };

	(void)state;
	rsi_update(&r, 100, 2);
	rsi_update(&r, 103, 2); /* gain 3 */
	assert_false(rsi_ready(&r));
	rsi_update(&r, 102, 2); /* loss 1: averages 1.5 and 0.5 */
	assert_true(rsi_ready(&r));
	assert_near(r.value, 75);
	assert_false(rsi_crossed_down(&r, 80)); /* no previous value yet */
	rsi_update(&r, 100, 2); /* averages 0.75 and 1.25 */
	assert_near(r.value, 37.5);
	assert_true(rsi_crossed_down(&r, 70));
	assert_true(rsi_crossed_down(&r, 37.5));  /* reaching is crossing */
	assert_false(rsi_crossed_down(&r, 75));   /* leaving is not */
	assert_false(rsi_crossed_up(&r, 50));
	rsi_update(&r, 110, 2);
	assert_true(rsi_crossed_up(&r, 50));
	assert_false(rsi_crossed_up(&r, 37.5));
	rsi_update(&r, 110, 3);
	assert_false(rsi_ready(&r)); /* another length: anew */
}

static void rsi_of_one_direction_and_of_none(void **state)
{
	struct rsi up = { 0 }, down = { 0 }, flat = { 0 };

	(void)state;
	for (int i = 0; i < 40; i++) {
		rsi_update(&up, 1000 + i, 14);
		rsi_update(&down, 1000 - i, 14);
		rsi_update(&flat, 1000, 14);
	}
	assert_near(up.value, 100);
	assert_near(down.value, 0);
	assert_near(flat.value, 50);
}

static void atr_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t length = seed == 1 ? 1 : 14;
		struct atr a = { 0 };
		walk_init(&w, seed);
		while (w.n < WALK) {
			atr_update(&a, walk_next(&w), length);
			double want = naive_atr(w.bar, w.n, length);
			assert_int_equal(atr_ready(&a), !isnan(want));
			if (!isnan(want))
				assert_near(a.range.value, want);
		}
	}
}

static void atr_by_hand(void **state)
{
	struct atr a = { 0 };

	(void)state;
	atr_update(&a, &(struct bar){ 0, 10, 14, 9, 10, 0 }, 2);  /* 5 */
	assert_false(atr_ready(&a));
	atr_update(&a, &(struct bar){ 0, 20, 21, 19, 20, 0 }, 2); /* a jump: 21 - 10 = 11 */
	assert_near(a.range.value, 8);
	atr_update(&a, &(struct bar){ 0, 15, 16, 14, 15, 0 }, 2); /* down: 20 - 14 = 6 */
	assert_near(a.range.value, 7);
}

static void adx_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		uint32_t length = seed == 1 ? 3 : 14;
		struct adx a = { 0 };
		walk_init(&w, seed);
		while (w.n < WALK / 2) {
			adx_update(&a, walk_next(&w), length);
			double want = naive_adx(w.bar, w.n, length);
			assert_int_equal(adx_ready(&a), w.n >= 2 * length);
			assert_int_equal(adx_ready(&a), !isnan(want));
			if (!isnan(want))
				assert_near(a.index.value, want);
		}
	}
}

static void adx_of_a_straight_line(void **state)
{
	struct adx up = { 0 }, flat = { 0 };

	(void)state;
	for (int i = 0; i < 40; i++) {
		adx_update(&up, &(struct bar){ 0, 100 + i, 101 + i, 99 + i, 100 + i, 0 }, 14);
		adx_update(&flat, &(struct bar){ 0, 100, 100, 100, 100, 0 }, 14);
	}
	assert_near(up.index.value, 100);
	assert_near(flat.index.value, 0);
}

/* The whole history again: bands, then the direction, bar by bar. */
static double naive_supertrend(const struct bar *b, size_t n, size_t length, double multiple, int *ret_direction)
{
	double upper = 0, lower = 0;
	int direction = 0;

	for (size_t m = length; m <= n; m++) {
		const struct bar *bar = &b[m - 1];
		double middle = (double)(bar->high + bar->low) / 2, reach = multiple * naive_atr(b, m, length);
		double close = (double)bar->close;
		if (m == length) {
			upper = middle + reach;
			lower = middle - reach;
			direction = close >= middle ? 1 : -1;
			continue;
		}
		double before = (double)b[m - 2].close;
		upper = before > upper ? middle + reach : fmin(upper, middle + reach);
		lower = before < lower ? middle - reach : fmax(lower, middle - reach);
		if (direction > 0 && close < lower)
			direction = -1;
		else if (direction < 0 && close > upper)
			direction = 1;
	}
	*ret_direction = direction;
	return direction > 0 ? lower : upper;
}

static void supertrend_follows_its_definition(void **state)
{
	struct walk w;
	uint32_t turns = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct supertrend t = { 0 };
		int before = 0;
		walk_init(&w, seed);
		while (w.n < WALK / 2) {
			supertrend_update(&t, walk_next(&w), 10, 1.5);
			int direction;
			double want = naive_supertrend(w.bar, w.n, 10, 1.5, &direction);
			assert_int_equal(t.direction, direction);
			if (direction != 0)
				assert_near(supertrend_line(&t), want);
			turns += before != 0 && before != direction;
			before = direction;
		}
	}
	assert_true(turns > 5); /* else the test could not tell */
}

static void bollinger_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	walk_init(&w, 4);
	while (w.n < WALK) {
		walk_next(&w);
		uint32_t length = w.n < 20 ? (uint32_t)w.n : 20;
		struct bollinger b = bollinger_of(&w.series, length, 2);
		long double sum = 0, squares = 0;
		for (size_t i = w.n - length; i < w.n; i++) {
			sum += w.bar[i].close;
			squares += (long double)w.bar[i].close * w.bar[i].close;
		}
		long double mean = sum / length, variance = squares / length - mean * mean;
		double reach = 2 * sqrt((double)(variance > 0 ? variance : 0));
		assert_near(b.middle, (double)mean);
		assert_true(fabs(b.upper - b.middle - reach) < 1);
		assert_true(fabs(b.middle - b.lower - reach) < 1);
	}
}

static void bollinger_by_hand(void **state)
{
	static const price_t closes[] = { 2, 4, 4, 4, 5, 5, 7, 9 }; /* mean 5, deviation 2 */
	struct series s;

	(void)state;
	series_init(&s, 0, 60);
	for (int i = 0; i < 8; i++)
		series_fold(&s, &(struct bar){ i * NANOS_MINUTE, closes[i], closes[i], closes[i], closes[i], 0 }, 60);
	struct bollinger b = bollinger_of(&s, 8, 2);
	assert_near(b.middle, 5);
	assert_near(b.upper, 9);
	assert_near(b.lower, 1);
}

static void vwap_follows_its_definition(void **state)
{
	struct walk w;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct vwap v = { 0 };
		walk_init(&w, seed); /* odd seeds have volume from the tenth bar on */
		while (w.n < WALK) {
			vwap_update(&v, walk_next(&w));
			double variance, want = naive_vwap(w.bar, w.n, &variance);
			assert_near(v.value, want);
			assert_true(fabs(vwap_variance(&v) - variance) <= 1e-7 * (variance + 1));
		}
	}
}

static void vwap_by_hand(void **state)
{
	struct vwap v = { 0 };

	(void)state;
	assert_near(vwap_variance(&v), 0);
	vwap_update(&v, &(struct bar){ 0, 100, 103, 97, 100, 0 }); /* typical 100, no volume: plain mean */
	vwap_update(&v, &(struct bar){ 0, 100, 113, 107, 110, 0 });
	assert_near(v.value, 105);
	assert_near(vwap_variance(&v), 6.25); /* deviations 0 and 5 */
	vwap_update(&v, &(struct bar){ 0, 100, 123, 117, 120, 30 });
	assert_near(v.value, 120);            /* volume appears: the bars without any weigh nothing */
	vwap_update(&v, &(struct bar){ 0, 100, 132, 120, 132, 10 });
	assert_near(v.value, 122);            /* (120 * 30 + 128 * 10) / 40 */
}

static void prices_are_rounded_once(void **state)
{
	static const struct { double from; price_t to; } row[] = {
		{ 0, 0 }, { 0.4, 0 }, { 0.5, 1 }, { -0.5, -1 }, { 0.49999999999999994, 0 }, { -0.49999999999999994, 0 },
		{ 1.5, 2 }, { 2.5, 3 }, { -2.5, -3 }, { 239999999.5, 240000000 }, { 4503599627370497.0, 4503599627370497 },
		{ 9007199254740993.0, 9007199254740992 }, { 899999999999999.5, 900000000000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		assert_int_equal(price_round(row[i].from), row[i].to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ema_follows_its_definition),
		cmocka_unit_test(ema_by_hand),
		cmocka_unit_test(sma_follows_its_definition),
		cmocka_unit_test(windows_joined_midway),
		cmocka_unit_test(rolling_follows_its_definition),
		cmocka_unit_test(rsi_follows_its_definition),
		cmocka_unit_test(rsi_by_hand),
		cmocka_unit_test(rsi_of_one_direction_and_of_none),
		cmocka_unit_test(atr_follows_its_definition),
		cmocka_unit_test(atr_by_hand),
		cmocka_unit_test(adx_follows_its_definition),
		cmocka_unit_test(adx_of_a_straight_line),
		cmocka_unit_test(supertrend_follows_its_definition),
		cmocka_unit_test(bollinger_follows_its_definition),
		cmocka_unit_test(bollinger_by_hand),
		cmocka_unit_test(vwap_follows_its_definition),
		cmocka_unit_test(vwap_by_hand),
		cmocka_unit_test(prices_are_rounded_once),
	};

	return cmocka_run_group_tests_name("indicator", tests, NULL, NULL);
}
