/* The exchange's bound is a rolling second, so every second is looked at: after a million random requests no window holds more than the limit. */
#include "tests/control/unit.h"

#include <stdlib.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/kotak/governor.h"

#define CASES 1000000

static void test_exact_second(void **state)
{
	struct governor g;

	(void)state;
	governor_init(&g, 3, 0, 1, 1);
	for (int i = 0; i < 3; i++)
		assert_true(governor_take(&g, GOVERN_ORDERS, false, i * NANOS_MS));
	assert_false(governor_take(&g, GOVERN_ORDERS, true, 3 * NANOS_MS));
	assert_int_equal(g.waited[GOVERN_ORDERS], 1);
	assert_int_equal(governor_free_at(&g, GOVERN_ORDERS, true, 3 * NANOS_MS), GOVERN_ORDERS_SPAN + 1);
	assert_false(governor_take(&g, GOVERN_ORDERS, true, GOVERN_ORDERS_SPAN)); /* both ends of it count */
	assert_true(governor_take(&g, GOVERN_ORDERS, true, GOVERN_ORDERS_SPAN + 1));
	assert_false(governor_take(&g, GOVERN_ORDERS, true, GOVERN_ORDERS_SPAN + 2));
	assert_true(governor_take(&g, GOVERN_REPORTS, false, NANOS_SECOND));    /* budgets do not touch */
	assert_true(governor_take(&g, GOVERN_QUOTES, false, NANOS_SECOND));
	assert_false(governor_take(&g, GOVERN_QUOTES, true, NANOS_SECOND));     /* urgency is of orders */
}

static void test_bounds(void **state)
{
	struct governor g;

	(void)state;
	governor_init(&g, 50, 50, 1000, 0);
	assert_int_equal(g.rate[GOVERN_ORDERS], GOVERN_ORDERS_MAX);
	assert_int_equal(g.reserve, GOVERN_ORDERS_MAX - 1); /* entries keep one */
	assert_int_equal(g.rate[GOVERN_REPORTS], GOVERN_SLOTS);
	assert_int_equal(g.rate[GOVERN_QUOTES], 1);
	governor_init(&g, 0, 0, 0, 0);
	assert_int_equal(g.rate[GOVERN_ORDERS], 1);
	assert_int_equal(g.reserve, 0);
	governor_init(&g, 8, 4, 64, 10);
	for (int i = 0; i < 64; i++)
		assert_true(governor_take(&g, GOVERN_REPORTS, false, 5));
	assert_false(governor_take(&g, GOVERN_REPORTS, false, 5));
}

/* A limit changed while it runs counts what left before it; entries have half, rounded up. */
static void test_new_rate(void **state)
{
	static const struct { uint32_t orders, reserve, entries, all; } rows[] = {
		{ 8, 0, 4, 8 }, { 5, 0, 3, 5 }, { 8, 6, 2, 8 }, { 1, 3, 1, 1 }, { 0, 0, 1, 1 }, { 99, 0, 5, 10 },
	};
	struct governor g;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t entries = 0, all = 0;

		governor_init(&g, 10, rows[i].reserve, 1, 1);
		governor_orders(&g, rows[i].orders);
		while (governor_take(&g, GOVERN_ORDERS, false, 0))
			entries++;
		for (all = entries; governor_take(&g, GOVERN_ORDERS, true, 0);)
			all++;
		assert_int_equal(entries, rows[i].entries);
		assert_int_equal(all, rows[i].all);
	}
	governor_init(&g, 8, 0, 1, 1);
	for (int n = 0; n < 6; n++)
		assert_true(governor_take(&g, GOVERN_ORDERS, true, n));
	governor_orders(&g, 3);
	assert_false(governor_take(&g, GOVERN_ORDERS, true, GOVERN_ORDERS_SPAN)); /* 3, 4 and 5 left within it */
	assert_int_equal(governor_free_at(&g, GOVERN_ORDERS, true, NANOS_SECOND), GOVERN_ORDERS_SPAN + 4);
}

static void test_reserve(void **state)
{
	struct governor g;

	(void)state;
	governor_init(&g, 8, 4, 1, 1);
	for (int i = 0; i < 4; i++)
		assert_true(governor_take(&g, GOVERN_ORDERS, false, i));
	assert_false(governor_take(&g, GOVERN_ORDERS, false, 4));
	for (int i = 0; i < 4; i++)
		assert_true(governor_take(&g, GOVERN_ORDERS, true, 4)); /* exits never wait for entries */
	assert_false(governor_take(&g, GOVERN_ORDERS, true, 4));
	/* Exits use an entry's share when entries leave it. */
	governor_init(&g, 8, 4, 1, 1);
	for (int i = 0; i < 8; i++)
		assert_true(governor_take(&g, GOVERN_ORDERS, true, 0));
	assert_false(governor_take(&g, GOVERN_ORDERS, false, GOVERN_ORDERS_SPAN));
	assert_true(governor_take(&g, GOVERN_ORDERS, false, GOVERN_ORDERS_SPAN + 1));
}

static void test_429(void **state)
{
	struct governor g;

	(void)state;
	governor_init(&g, 8, 4, 8, 8);
	governor_429(&g, GOVERN_REPORTS, 100, 7 * NANOS_SECOND);
	assert_int_equal(governor_free_at(&g, GOVERN_REPORTS, false, 101), 100 + 7 * NANOS_SECOND);
	assert_false(governor_take(&g, GOVERN_REPORTS, true, 99 + 7 * NANOS_SECOND));
	assert_true(governor_take(&g, GOVERN_REPORTS, false, 100 + 7 * NANOS_SECOND));
	governor_429(&g, GOVERN_REPORTS, 8 * NANOS_SECOND, NANOS_MS); /* a shorter wait never opens what a longer one shut */
	nanos_t now = 100 * NANOS_SECOND;
	for (nanos_t wait = 1; wait <= 64; wait *= 2, now += 100 * NANOS_SECOND) {
		governor_429(&g, GOVERN_QUOTES, now, 0);
		assert_int_equal(governor_free_at(&g, GOVERN_QUOTES, false, now), now + (wait < 30 ? wait : 30) * NANOS_SECOND);
	}
	governor_good(&g, GOVERN_QUOTES);
	governor_429(&g, GOVERN_QUOTES, now, 0);
	assert_int_equal(governor_free_at(&g, GOVERN_QUOTES, false, now), now + NANOS_SECOND);
	assert_int_equal(g.refused_429[GOVERN_QUOTES], 8);
	governor_429(&g, GOVERN_ORDERS, now, 60 * NANOS_SECOND);
	assert_int_equal(governor_free_at(&g, GOVERN_ORDERS, false, now), now + 60 * NANOS_SECOND);
	assert_int_equal(governor_free_at(&g, GOVERN_ORDERS, true, now), now + NANOS_SECOND); /* an exit does not starve */
	governor_429(&g, GOVERN_ORDERS, now + NANOS_SECOND, 60 * NANOS_SECOND);
	assert_int_equal(governor_free_at(&g, GOVERN_ORDERS, true, now + NANOS_SECOND), now + 2 * NANOS_SECOND);
}

/* Most requests in any closed rolling second, though any of them leaves up to a tenth of one later than it was let go. */
static unsigned densest(const nanos_t *sent, size_t n)
{
	unsigned most = 0;

	for (size_t low = 0, high = 0; high < n; high++) {
		while (sent[high] - sent[low] > NANOS_SECOND + 100 * NANOS_MS)
			low++;
		most = high - low + 1 > most ? (unsigned)(high - low + 1) : most;
	}
	return most;
}

static void storm(uint64_t seed, uint32_t rate, uint32_t reserve)
{
	nanos_t *all = malloc(CASES * sizeof(*all)), *entries = malloc(CASES * sizeof(*entries)), now = 1;
	size_t n_all = 0, n_entries = 0;
	uint64_t random = seed;
	struct governor g;

	governor_init(&g, rate, reserve, 1, 1);
	for (unsigned i = 0; i < CASES; i++) {
		now += (nanos_t)prng_below(&random, prng_below(&random, 100) == 0 ? 3 * NANOS_SECOND : 30 * NANOS_MS);
		bool urgent = prng_below(&random, 3) == 0;
		nanos_t free_at = governor_free_at(&g, GOVERN_ORDERS, urgent, now);
		bool taken = governor_take(&g, GOVERN_ORDERS, urgent, now);

		assert_int_equal(taken, free_at <= now); /* the two agree */
		if (taken)
			all[n_all++] = now;
		if (taken && !urgent)
			entries[n_entries++] = now;
	}
	assert_true(densest(all, n_all) <= rate);
	assert_true(densest(entries, n_entries) <= rate - reserve);
	free(all);
	free(entries);
}

static void test_never_more(void **state)
{
	(void)state;
	storm(1, 8, 4);
	storm(2, 10, 0);
	storm(3, 1, 0);
}

/* Under load what is allowed is used, and an exit that comes when entries fill their part leaves at once. */
static void test_used(void **state)
{
	uint64_t random = 7, exits = 0;
	nanos_t now = 1, last_exit = -NANOS_SECOND;
	unsigned taken = 0;
	struct governor g;

	(void)state;
	governor_init(&g, 8, 4, 1, 1);
	for (now = 1; now < 1000 * NANOS_SECOND; now += 2 * NANOS_MS) {
		taken += governor_take(&g, GOVERN_ORDERS, false, now);
		if (now - last_exit > 400 * NANOS_MS && prng_below(&random, 100) == 0) { /* at most 3 exits a second */
			assert_true(governor_take(&g, GOVERN_ORDERS, true, now));
			last_exit = now;
			exits++;
		}
	}
	assert_true(exits > 100);
	assert_true(taken + exits >= 1000 * NANOS_SECOND / GOVERN_ORDERS_SPAN * 4 * 95 / 100);
	governor_init(&g, 10, 0, 1, 1);
	for (taken = 0, now = 1; now < 1000 * NANOS_SECOND; now += 2 * NANOS_MS)
		taken += governor_take(&g, GOVERN_ORDERS, true, now);
	assert_in_range(taken, 10000 * NANOS_SECOND / GOVERN_ORDERS_SPAN * 95 / 100, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_second), cmocka_unit_test(test_bounds), cmocka_unit_test(test_new_rate), cmocka_unit_test(test_reserve), cmocka_unit_test(test_429),
		cmocka_unit_test(test_never_more), cmocka_unit_test(test_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
