/* What comes out: paging, filters, bounds, and what a hostile request may try. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/store/fixture.h"

#define RECORDS 4000

static int setup(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);

	fixture_put_range(s, 1, RECORDS);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct store *s = *state;

	store_close(&s);
	assert_null(s);
	return 0;
}

/* -- reading an answer ---------------------------------------------------------------------------------------------- */

struct page { uint64_t seq[1001]; uint32_t n; uint64_t next; /* 0 = null */ };

/* Every row of these tables begins with its sequence; `data` repeats it, without being a row. */
static struct page page_of(struct store *s, const struct store_query *q)
{
	char *json = fixture_query(s, q);
	struct page page = { .n = 0 };
	const char *at = json;

	while ((at = strstr(at, "{\"seq\":"))) {
		if (at < json + 7 || strncmp(at - 7, "\"data\":", 7) != 0) {
			assert_true(page.n < 1001);
			page.seq[page.n++] = strtoull(at + 7, NULL, 10);
		}
		at++;
	}
	at = strstr(json, "\"next\":");
	assert_non_null(at);
	page.next = strtoull(at + 7, NULL, 10);
	free(json);
	return page;
}

static uint32_t count(struct store *s, struct store_query q)
{
	q.limit = 1000;
	return page_of(s, &q).n;
}

/* -- paging -------------------------------------------------------------------------------------------------------- */

static uint32_t walk(struct store *s, struct store_query q, uint64_t *ret_sum)
{
	uint64_t last = 0;
	uint32_t rows = 0, pages = 0;

	*ret_sum = 0;
	do {
		struct page page = page_of(s, &q);
		for (uint32_t i = 0; i < page.n; i++) {
			assert_true(last == 0 || (q.newest_first ? page.seq[i] < last : page.seq[i] > last));
			last = page.seq[i];
			*ret_sum += last;
		}
		assert_true(page.n <= q.limit);
		assert_true(page.next == 0 || page.next == last);
		rows += page.n;
		q.after = page.next;
		assert_true(++pages < 10000);
	} while (q.after);
	return rows;
}

static void test_paging(void **state)
{
	static const enum store_query_kind kinds[] = {
		STORE_ORDERS, STORE_TRADES, STORE_HISTORY, STORE_EQUITY, STORE_EVENTS, STORE_DECISIONS, STORE_AUDIT, STORE_DAYS,
	};
	static const uint32_t limits[] = { 1, 7, 100, 1000 };
	const int first = fixture_mongo() ? 4 : 0; /* a page of one row is a journey to a server */
	uint64_t sum, first_sum = 0;

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		uint32_t rows = 0;
		for (int way = first; way < 8; way++) {
			struct store_query q = { .kind = kinds[k], .limit = limits[way / 2], .newest_first = way % 2 };
			uint32_t n = walk(*state, q, &sum);
			assert_true(n > 4);
			if (way == first) {
				rows = n;
				first_sum = sum;
			}
			assert_int_equal(n, rows);
			assert_int_equal(sum, first_sum);
		}
	}
}

/* The last page says so even when it is exactly full. */
static void test_full_last_page(void **state)
{
	struct page all = page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .limit = 1000 });
	struct page exact = page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .limit = all.n });
	struct page less = page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .limit = all.n - 1 });

	assert_int_equal(exact.next, 0);
	assert_int_equal(less.next, less.seq[less.n - 1]);
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .after = all.seq[all.n - 1] }).n, 0);
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .after = UINT64_MAX }).n, 0);
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_DAYS, .after = UINT64_MAX, .newest_first = true }).n, all.n);
}

static void test_limits(void **state)
{
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_EVENTS }).n, 100);
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_EVENTS, .limit = 1 }).n, 1);
	assert_int_equal(page_of(*state, &(struct store_query){ .kind = STORE_EVENTS, .limit = UINT32_MAX }).n, 1000);
}

/* -- filters ------------------------------------------------------------------------------------------------------- */

static void test_window(void **state)
{
	nanos_t middle = FIXTURE_DAY + RECORDS / 2 * NANOS_SECOND;
	struct store_query q = { .kind = STORE_TRADES, .limit = 1000 };
	struct page all = page_of(*state, &q);

	q.from = middle;
	uint32_t late = page_of(*state, &q).n;
	q.from = 0;
	q.to = middle;
	uint32_t early = page_of(*state, &q).n;
	assert_true(early > 0 && late > 0);
	assert_int_equal(early + late, all.n);
	q.from = FIXTURE_DAY + (nanos_t)all.seq[3] * NANOS_SECOND; /* from is in, to is out */
	q.to = FIXTURE_DAY + (nanos_t)all.seq[5] * NANOS_SECOND;
	struct page two = page_of(*state, &q);
	assert_int_equal(two.n, 2);
	assert_int_equal(two.seq[0], all.seq[3]);
	assert_int_equal(two.seq[1], all.seq[4]);
}

static void test_filters_split_the_whole(void **state)
{
	static const char *const strategies[] = { "amd0", "amd1", "amd2", "renamed0", "renamed1", "renamed2" };
	static const char *const symbols[] = { "NIFTY", "NIFTY23APR17400CE1", "NIFTY23APR17400CE2", "NIFTY23APR17400CE3",
	                                       "NIFTY23APR17400CE4" };
	uint32_t all = count(*state, (struct store_query){ .kind = STORE_TRADES }), by_strategy = 0, by_symbol = 0, orders = 0;

	for (size_t i = 0; i < 6; i++) {
		struct store_query q = { .kind = STORE_TRADES };
		memcpy(q.strategy, strategies[i], strlen(strategies[i]));
		by_strategy += count(*state, q);
	}
	for (size_t i = 0; i < 5; i++) {
		struct store_query q = { .kind = STORE_TRADES };
		memcpy(q.symbol, symbols[i], strlen(symbols[i]));
		by_symbol += count(*state, q);
	}
	for (enum order_state o = 0; o < ORDER_STATES; o++) {
		struct store_query q = { .kind = STORE_ORDERS };
		memcpy(q.state, order_state_name(o), strlen(order_state_name(o)));
		orders += count(*state, q);
	}
	assert_int_equal(by_strategy, all);
	assert_int_equal(by_symbol, all);
	assert_int_equal(orders, count(*state, (struct store_query){ .kind = STORE_ORDERS }));
}

/* What a person types is a value and nothing else. */
static void test_hostile_filters(void **state)
{
	static const char *const texts[] = {
		"' OR '1'='1", "'; DROP TABLE trades;--", "\" OR 1=1 --", "%", "*", "_", "\xff\xfe", "\xc3", "NIFTY\xff", "?1", ":a", "NULL",
	};
	uint32_t all = count(*state, (struct store_query){ .kind = STORE_TRADES });

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct store_query by_symbol = { .kind = STORE_TRADES }, by_strategy = by_symbol, by_state = { .kind = STORE_ORDERS };
		struct store_query candles = { .kind = STORE_CANDLES };
		snprintf(by_symbol.symbol, sizeof(by_symbol.symbol), "%s", texts[i]);
		snprintf(by_strategy.strategy, sizeof(by_strategy.strategy), "%.23s", texts[i]);
		snprintf(by_state.state, sizeof(by_state.state), "%.15s", texts[i]);
		snprintf(candles.symbol, sizeof(candles.symbol), "%s", texts[i]);
		assert_int_equal(count(*state, by_symbol), 0);
		assert_int_equal(count(*state, by_strategy), 0);
		assert_int_equal(count(*state, by_state), 0);
		char *json = fixture_query(*state, &candles);
		assert_non_null(strstr(json, "\"items\":[],"));
		assert_null(strchr(json, '\xff'));
		free(json);
	}
	assert_int_equal(count(*state, (struct store_query){ .kind = STORE_TRADES }), all);
}

static void test_refused_queries(void **state)
{
	struct store_query open_symbol = { .kind = STORE_TRADES }, open_strategy = open_symbol, open_state = { .kind = STORE_ORDERS };
	struct buf json = { 0 };

	memset(open_symbol.symbol, 'A', sizeof(open_symbol.symbol)); /* no NUL */
	memset(open_strategy.strategy, 'A', sizeof(open_strategy.strategy));
	memset(open_state.state, 'A', sizeof(open_state.state));
	struct store_query bad[] = {
		open_symbol, open_strategy, open_state,
		{ .kind = (enum store_query_kind)99 },
		{ .kind = STORE_CANDLES },                                       /* of what? */
		{ .kind = STORE_CANDLES, .symbol = "NIFTY", .interval_s = 86401 },
		{ .kind = STORE_EQUITY, .strategy = "amd0" },                    /* equity is the account's */
		{ .kind = STORE_DAYS, .symbol = "NIFTY" },
		{ .kind = STORE_TRADES, .state = "open" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(store_query_wait(*state, &bad[i], &json), ERR_INVAL);
	assert_int_equal(json.len, 0);
}

static void test_candles_newest_first_in_order(void **state)
{
	struct store_query q = { .kind = STORE_CANDLES, .symbol = "NIFTY", .interval_s = 60, .limit = 1000 };
	char *all = fixture_query(*state, &q), *at = all, *last = NULL;
	uint32_t bars = 0;

	for (char *end = strstr(all, "\"forming\""); (at = strstr(at, "{\"at\":\"")) && at < end; at++) {
		assert_true(!last || strncmp(last, at, 30) < 0);
		last = at;
		bars++;
	}
	assert_true(bars > 10);
	q.limit = 1;
	char *one = fixture_query(*state, &q);
	assert_non_null(last);
	assert_int_equal(strncmp(strstr(one, "{\"at\":\""), last, 35), 0); /* the newest bar */
	free(one);
	free(all);
}

/* -- many at once -------------------------------------------------------------------------------------------------- */

struct gate { pthread_mutex_t lock; int answers, closed; };

static void blocked(void *ctx, int err, struct buf *json)
{
	struct gate *g = ctx;

	(void)json;
	pthread_mutex_lock(&g->lock);
	g->answers++;
	g->closed += err == ERR_CLOSED;
	pthread_mutex_unlock(&g->lock);
}

static void test_too_many(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);
	struct gate gate = { PTHREAD_MUTEX_INITIALIZER, 0, 0 };
	struct store_query q = { .kind = STORE_EVENTS };
	int taken = 0, err = 0;

	(void)state;
	pthread_mutex_lock(&gate.lock);
	for (; !err && taken < 1000; taken += !err)
		err = store_query(s, &q, blocked, &gate);
	assert_int_equal(err, ERR_AGAIN);
	assert_true(taken == STORE_JOBS_MAX || taken == STORE_JOBS_MAX + 1); /* one may be at work */
	fixture_put_range(s, 1, 100);                                         /* never waits for a query */
	pthread_mutex_unlock(&gate.lock);
	store_close(&s);
	assert_int_equal(gate.answers, taken); /* each was answered, if only with "closed" */
}

static void test_empty_store(void **state)
{
	struct store *s = fixture_open(":memory:", NULL);
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_HISTORY });
	struct store_state st;

	(void)state;
	assert_string_equal(json, "{\"items\":[],\"next\":null}");
	free(json);
	assert_int_equal(store_flush(s, 0), 0);
	store_state(s, &st);
	assert_true(st.ok);
	assert_int_equal(st.seq, 0);
	assert_int_equal(st.errors, 0);
	assert_string_equal(st.backend, fixture_ops()->name);
	assert_string_equal(st.last_error, "");
	store_close(&s);
	store_close(&s); /* nothing to close */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paging), cmocka_unit_test(test_full_last_page), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_window), cmocka_unit_test(test_filters_split_the_whole), cmocka_unit_test(test_hostile_filters),
		cmocka_unit_test(test_refused_queries), cmocka_unit_test(test_candles_newest_first_in_order),
		cmocka_unit_test(test_too_many), cmocka_unit_test(test_empty_store),
	};

	return cmocka_run_group_tests_name("store_query", tests, setup, teardown);
}
