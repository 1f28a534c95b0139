/* Bars from ticks and from smaller bars: alignment, closing, gaps, sessions, and every way input can be out of place. */
#include "lib/core/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/core/naive.h"

#define RS(x) ((price_t)((x) * 10000))
#define SECONDS(x) ((nanos_t)(x) * NANOS_SECOND)

static nanos_t day_open(int day)
{
	return stamp_at(date_from_civil(2026, 11, 23) + day, TIME_OF_DAY(9, 15));
}

static struct series series_of(uint32_t interval_s)
{
	struct series s;

	series_init(&s, 7, interval_s);
	series_session(&s, day_open(0));
	return s;
}

static struct bar bar_at(nanos_t seconds, double price, int64_t volume)
{
	return (struct bar){ day_open(0) + SECONDS(seconds), RS(price), RS(price + 1), RS(price - 1), RS(price + 0.5), volume };
}

static bool fold(struct series *s, nanos_t seconds, double price, uint32_t interval_s)
{
	struct bar bar = bar_at(seconds, price, 10);

	return series_fold(s, &bar, interval_s);
}

static bool tick(struct series *s, double seconds, double price, int64_t volume)
{
	return series_tick(s, RS(price), volume, day_open(0) + (nanos_t)(seconds * 1e9));
}

static void assert_bar(const struct bar *b, nanos_t seconds, double open, double high, double low, double close,
                       int64_t volume)
{
	assert_int_equal(b->start, day_open(0) + SECONDS(seconds));
	assert_int_equal(b->open, RS(open));
	assert_int_equal(b->high, RS(high));
	assert_int_equal(b->low, RS(low));
	assert_int_equal(b->close, RS(close));
	assert_int_equal(b->volume, volume);
}

static void starts_empty(void **state)
{
	struct series s = series_of(60);

	(void)state;
	assert_int_equal(s.instrument, 7);
	assert_int_equal(s.next, SERIES_NONE);
	assert_int_equal(s.count, 0);
	assert_int_equal(series_due(&s), STAMP_NEVER);
	assert_false(series_clock(&s, INT64_MAX));
}

static void ticks_make_a_bar(void **state)
{
	struct series s = series_of(60);

	(void)state;
	assert_false(tick(&s, 0, 100, 500)); /* the first bar of the day owns all volume so far */
	assert_false(tick(&s, 20, 103, 600));
	assert_false(tick(&s, 40, 99, 600));
	assert_false(tick(&s, 59.999999999, 101, 650));
	assert_int_equal(series_due(&s), day_open(0) + SECONDS(60));
	assert_true(tick(&s, 60, 102, 700)); /* the edge belongs to the next bar */
	assert_bar(series_at(&s, 0), 0, 100, 103, 99, 101, 650);
	assert_int_equal(s.restarted, 1);
	assert_true(tick(&s, 120, 102, 700));
	assert_bar(series_at(&s, 0), 60, 102, 102, 102, 102, 50);
	assert_int_equal(s.restarted, 0);
	assert_int_equal(s.count, 2);
}

static void clock_closes_a_bar_once(void **state)
{
	struct series s = series_of(60);

	(void)state;
	tick(&s, 5, 100, 0);
	assert_false(series_clock(&s, day_open(0) + SECONDS(60) - 1));
	assert_true(series_clock(&s, day_open(0) + SECONDS(60)));
	assert_false(series_clock(&s, day_open(0) + SECONDS(60)));
	assert_int_equal(series_due(&s), STAMP_NEVER);
	assert_false(tick(&s, 59, 120, 0)); /* too late for a closed bar */
	assert_bar(series_at(&s, 0), 0, 100, 100, 100, 100, 0);
	assert_int_equal(s.forming, 0);
}

static void ticks_out_of_place_are_ignored(void **state)
{
	struct series s = series_of(60);

	(void)state;
	assert_false(tick(&s, -0.5, 100, 0)); /* pre-open */
	assert_int_equal(s.forming, 0);
	assert_false(tick(&s, 61, 0, 0));     /* no price */
	assert_int_equal(s.forming, 0);
	assert_false(tick(&s, 61, 100, 0));
	assert_false(tick(&s, 30, 90, 0));    /* of a bar before the one in the making */
	assert_int_equal(s.partial.low, RS(100));
}

static void volume_falls_count_as_nothing(void **state)
{
	struct series s = series_of(60);

	(void)state;
	tick(&s, 0, 100, 1000);
	tick(&s, 1, 100, 5);     /* a feed fault */
	tick(&s, 2, 100, 1010);
	tick(&s, 60, 100, 0);    /* not told */
	assert_int_equal(series_at(&s, 0)->volume, 1010);
	tick(&s, 61, 100, 1040);
	assert_int_equal(s.partial.volume, 30);
}

/* Ticks, a gap, its bars, ticks again: the gap's volume is in its bars and in no other. */
static void the_past_takes_its_volume(void **state)
{
	struct series s = series_of(60), three = series_of(180);

	(void)state;
	tick(&s, 0, 100, 1000);
	tick(&s, 70, 100, 1040); /* of the second minute, whose candle says 100 */
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(60), RS(100), RS(101), RS(99), RS(100), 100 }, 60);
	assert_int_equal(series_at(&s, 0)->volume, 100);
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(120), RS(100), RS(101), RS(99), RS(100), 500 }, 60);
	series_past(&s, &(struct bar){ day_open(0), RS(100), RS(101), RS(99), RS(100), 900 }, 60); /* long closed: not missed */
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(180), RS(100), RS(101), RS(99), RS(100), 900 }, 120); /* not of this series */
	tick(&s, 180, 100, 1607);
	assert_int_equal(s.partial.volume, 7);
	tick(&three, 0, 100, 1000);
	series_past(&three, &(struct bar){ day_open(0) + SECONDS(60), RS(100), RS(101), RS(99), RS(100), 100 }, 60);
	assert_int_equal(three.partial.volume, 1100);
	tick(&three, 120, 100, 1110);
	assert_int_equal(three.partial.volume, 1110);
}

/* What the day had before is not known, so no bar may claim it. */
static void the_past_invents_no_total(void **state)
{
	struct series s = series_of(60);

	(void)state;
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(60), RS(100), RS(101), RS(99), RS(100), 100 }, 60);
	tick(&s, 130, 100, 5000000);
	assert_int_equal(s.partial.volume, 0);
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(180), RS(100), RS(101), RS(99), RS(100), -5 }, 60);
	assert_int_equal(s.volume_seen, 5000000);
	series_past(&s, &(struct bar){ day_open(0) + SECONDS(240), RS(100), RS(101), RS(99), RS(100), INT64_MAX }, 60);
	assert_int_equal(s.volume_seen, INT64_MAX);
}

static void joining_late_takes_no_earlier_volume(void **state)
{
	struct series s = series_of(60);

	(void)state;
	tick(&s, 3600, 100, 5000000);
	assert_int_equal(s.partial.volume, 0);
	tick(&s, 3601, 100, 5000025);
	assert_int_equal(s.partial.volume, 25);
}

static void a_missing_bar_restarts_the_windows(void **state)
{
	struct series s = series_of(60);

	(void)state;
	for (int i = 0; i < 5; i++)
		tick(&s, 60 * i, 100, 0);
	assert_int_equal(s.count, 4);
	assert_true(tick(&s, 60 * 6, 100, 0));   /* closes bar 4; bar 5 is missing */
	assert_int_equal(s.count, 5);
	assert_int_equal(s.restarted, 0);
	assert_true(tick(&s, 60 * 7, 100, 0));   /* closes bar 6, the first after the hole */
	assert_int_equal(s.count, 1);
	assert_int_equal(s.restarted, 1);
	assert_int_equal(s.count_day, 6);
}

static void same_interval_bars_pass_through(void **state)
{
	struct series s = series_of(60);

	(void)state;
	for (int i = 0; i < 300; i++)
		assert_true(fold(&s, 60 * i, 100 + i, 60));
	assert_int_equal(s.count, 300);
	assert_bar(series_at(&s, 0), 60 * 299, 399, 400, 398, 399.5, 10);
	assert_bar(series_at(&s, SERIES_BARS - 1), 60 * (300 - SERIES_BARS), 400 - SERIES_BARS, 401 - SERIES_BARS,
	           399 - SERIES_BARS, 400.5 - SERIES_BARS, 10);
	assert_false(fold(&s, 60 * 299, 500, 60)); /* twice */
	assert_false(fold(&s, 60 * 10, 500, 60));  /* late */
	assert_int_equal(s.count, 300);
	assert_true(fold(&s, 60 * 301, 100, 60));  /* a hole */
	assert_int_equal(s.count, 1);
}

static void smaller_bars_fold(void **state)
{
	struct series s = series_of(300);

	(void)state;
	for (int bar = 0; bar < 3; bar++)
		for (int i = 0; i < 5; i++)
			assert_int_equal(fold(&s, 300 * bar + 60 * i, 100 + i, 60), i == 4);
	assert_bar(series_at(&s, 0), 600, 100, 105, 99, 104.5, 50);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.forming, 0);
}

static void the_clock_waits_for_the_last_piece(void **state)
{
	struct series s = series_of(300);

	(void)state;
	for (int i = 0; i < 4; i++)
		fold(&s, 60 * i, 100, 60);
	assert_false(series_clock(&s, day_open(0) + SECONDS(300))); /* the piece of 09:19 arrives at 09:20 */
	assert_true(fold(&s, 240, 150, 60));
	assert_int_equal(series_at(&s, 0)->high, RS(151));
	fold(&s, 300, 100, 60);
	assert_true(series_clock(&s, day_open(0) + SECONDS(660)));  /* it did not come */
	assert_int_equal(s.count, 2);
}

static void a_bar_without_its_tail_closes_late(void **state)
{
	struct series s = series_of(300);

	(void)state;
	for (int i = 0; i < 4; i++)
		fold(&s, 60 * i, 100, 60);
	assert_true(fold(&s, 300, 200, 60));   /* minute 4 never came; its bar closes when the next begins */
	assert_bar(series_at(&s, 0), 0, 100, 101, 99, 100.5, 40);
	assert_int_equal(s.partial.open, RS(200));
	assert_true(fold(&s, 540, 200, 60));
	assert_int_equal(s.count, 2);          /* holes inside a bar are not holes between bars */
}

static void two_bars_never_close_at_once(void **state)
{
	struct series s = series_of(300);

	(void)state;
	for (int i = 0; i < 5; i++)
		fold(&s, 60 * i, 100, 60);
	fold(&s, 300, 100, 60);
	assert_true(fold(&s, 840, 200, 60));   /* the last minute of the bar after the one in the making */
	assert_int_equal(s.count, 1);
	assert_int_equal(s.restarted, 1);
	assert_int_equal(series_at(&s, 0)->open, RS(200));
}

static void odd_bars_are_aligned_or_ignored(void **state)
{
	struct series s = series_of(180);

	(void)state;
	assert_false(fold(&s, 0, 100, 300));   /* larger than ours */
	assert_false(fold(&s, -60, 100, 60));  /* before the open */
	assert_int_equal(s.forming, 0);
	assert_true(fold(&s, 59, 100, 180));   /* stamped off the grid: belongs to the bar it starts in */
	assert_bar(series_at(&s, 0), 0, 100, 101, 99, 100.5, 10);
	struct bar bar = bar_at(180, 100, -5); /* a foreign volume */
	assert_true(series_fold(&s, &bar, 180));
	assert_int_equal(series_at(&s, 0)->volume, 0);
}

static void volumes_do_not_overflow(void **state)
{
	struct series s = series_of(120);
	struct bar bar = bar_at(0, 100, INT64_MAX);

	(void)state;
	series_fold(&s, &bar, 60);
	bar = bar_at(60, 100, INT64_MAX);
	assert_true(series_fold(&s, &bar, 60));
	assert_int_equal(series_at(&s, 0)->volume, INT64_MAX);
}

static void a_session_restarts_small_bars_only(void **state)
{
	static const struct { uint32_t interval_s, kept; } row[] = {
		{ 60, 0 }, { 180, 0 }, { 300, 0 }, { 899, 0 }, { 900, 3 }, { 3600, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct series s = series_of(row[i].interval_s);
		for (uint32_t k = 0; k < 3; k++)
			assert_true(fold(&s, k * row[i].interval_s, 100, row[i].interval_s));
		tick(&s, 3 * row[i].interval_s + 1, 100, 77);
		series_session(&s, day_open(1));
		assert_int_equal(s.count, row[i].kept);
		assert_int_equal(s.count_day, 0);
		assert_int_equal(s.forming, 0); /* the unfinished bar is gone */
		assert_int_equal(s.volume_seen, 0);
		struct bar bar = bar_at(NANOS_DAY / NANOS_SECOND, 100, 1);
		assert_true(series_fold(&s, &bar, row[i].interval_s));
		assert_int_equal(s.count, row[i].kept + 1);
		assert_int_equal(s.restarted, row[i].kept == 0);
	}
}

static void a_late_first_bar_is_a_gap_for_carried_windows(void **state)
{
	struct series s = series_of(900);

	(void)state;
	fold(&s, 0, 100, 900);
	fold(&s, 900, 100, 900);
	series_session(&s, day_open(1));
	struct bar bar = bar_at(NANOS_DAY / NANOS_SECOND + 900, 100, 1);
	assert_true(series_fold(&s, &bar, 900));
	assert_int_equal(s.count, 1);
}

static void windows_find_extremes(void **state)
{
	struct series s = series_of(60);
	struct bar all[200];
	uint64_t seed = 11;
	price_t price = RS(100);

	(void)state;
	for (size_t n = 0; n < 200; n++) {
		all[n] = naive_walk(&seed, price, 20, 0);
		all[n].start = day_open(0) + SECONDS(60 * n);
		price = all[n].close;
		series_fold(&s, &all[n], 60);
		for (uint32_t skip = 0; skip < 3; skip++)
			for (uint32_t bars = 1; skip + bars <= s.count && skip + bars <= SERIES_BARS; bars += 9) {
				size_t to = n + 1 - skip;
				assert_int_equal(series_high(&s, skip, bars), naive_high(all, to - bars, to));
				assert_int_equal(series_low(&s, skip, bars), naive_low(all, to - bars, to));
			}
	}
}

/* The same prices as ticks, as minutes and as five-minute bars give the same five-minute bars. */
static void ticks_and_bars_agree(void **state)
{
	struct series ticked = series_of(300), minutes = series_of(60), folded = series_of(300);
	uint64_t seed = 5;
	price_t price = RS(24000);
	int64_t volume = 0;
	uint32_t closed = 0;

	(void)state;
	for (int second = 0; second < 6000; second++) {
		price += ((price_t)prng_below(&seed, 9) - 4) * 500;
		volume += (int64_t)prng_below(&seed, 50) + 1;
		nanos_t now = day_open(0) + SECONDS(second);
		bool bar = series_tick(&ticked, price, volume, now);
		if (series_tick(&minutes, price, volume, now) && series_fold(&folded, series_at(&minutes, 0), 60)) {
			closed++;
			assert_true(bar);
			assert_memory_equal(series_at(&ticked, 0), series_at(&folded, 0), sizeof(struct bar));
		}
	}
	assert_int_equal(closed, 6000 / 300 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_empty),
		cmocka_unit_test(ticks_make_a_bar),
		cmocka_unit_test(clock_closes_a_bar_once),
		cmocka_unit_test(ticks_out_of_place_are_ignored),
		cmocka_unit_test(volume_falls_count_as_nothing),
		cmocka_unit_test(joining_late_takes_no_earlier_volume),
		cmocka_unit_test(the_past_takes_its_volume),
		cmocka_unit_test(the_past_invents_no_total),
		cmocka_unit_test(a_missing_bar_restarts_the_windows),
		cmocka_unit_test(same_interval_bars_pass_through),
		cmocka_unit_test(smaller_bars_fold),
		cmocka_unit_test(the_clock_waits_for_the_last_piece),
		cmocka_unit_test(a_bar_without_its_tail_closes_late),
		cmocka_unit_test(two_bars_never_close_at_once),
		cmocka_unit_test(odd_bars_are_aligned_or_ignored),
		cmocka_unit_test(volumes_do_not_overflow),
		cmocka_unit_test(a_session_restarts_small_bars_only),
		cmocka_unit_test(a_late_first_bar_is_a_gap_for_carried_windows),
		cmocka_unit_test(windows_find_extremes),
		cmocka_unit_test(ticks_and_bars_agree),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
