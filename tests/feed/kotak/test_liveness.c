/* lib/feed/kotak/liveness: every row is a history of packets and the verdict that must follow. */
#include "lib/feed/kotak/liveness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/obj.h"

#define S NANOS_SECOND
#define OPEN (100000 * S)
#define INDEX_CLOSE (101000 * S)
#define CLOSE (102000 * S)
#define STEADY (7 * S) /* the steady clock shows so much less */

static struct liveness live;
static char reason[96];
static nanos_t due;

static struct live_now at(nanos_t wall) { return (struct live_now){ wall, wall - STEADY }; }

static int setup(void **state)
{
	(void)state;
	liveness_init(&live, 0, 1);
	liveness_day(&live, LIVE_INDEX, OPEN, INDEX_CLOSE);
	liveness_day(&live, LIVE_CONTRACT, OPEN, CLOSE);
	liveness_expect(&live, LIVE_INDEX, true, 0);
	liveness_expect(&live, LIVE_CONTRACT, true, 0);
	liveness_connected(&live, OPEN - 100 * S - STEADY);
	reason[0] = '\0';
	return 0;
}

static void both(nanos_t wall, nanos_t age)
{
	liveness_packet(&live, LIVE_INDEX, at(wall), wall - age, true);
	liveness_packet(&live, LIVE_CONTRACT, at(wall), wall - age, true);
}

static void expect_verdict(nanos_t wall, enum liveness_verdict v)
{
	assert_int_equal(liveness_at(&live, at(wall), &due, reason), v);
}

static void test_hours(void **state)
{
	(void)state;
	expect_verdict(OPEN - 1, LIVE_IDLE);
	assert_int_equal(due, OPEN);
	expect_verdict(OPEN, LIVE_WAITING);
	assert_int_equal(due, OPEN + 5 * S);
	expect_verdict(OPEN + 5 * S - 1, LIVE_WAITING);
	expect_verdict(OPEN + 5 * S, LIVE_MUTE);
	assert_non_null(strstr(reason, "no index price comes"));
	expect_verdict(CLOSE, LIVE_IDLE);
	assert_int_equal(due, STAMP_NEVER);
}

static void test_freshness(void **state)
{
	(void)state;
	both(OPEN - S, 0); /* before the open it proves nothing */
	both(OPEN + S, 0);
	expect_verdict(OPEN + S, LIVE_WAITING); /* one packet may be a memory */
	both(OPEN + 2 * S, 0);
	expect_verdict(OPEN + 2 * S, LIVE_FRESH);
	assert_int_equal(due, OPEN + 5 * S);
	expect_verdict(OPEN + 5 * S - 1, LIVE_FRESH);
	expect_verdict(OPEN + 5 * S, LIVE_MUTE);
	assert_string_equal(reason, "no new index price for 3000 ms");
	both(OPEN + 6 * S, 0); /* judged anew: one packet is enough within a connection */
	expect_verdict(OPEN + 6 * S, LIVE_FRESH);
}

static void test_repeats_and_old_news(void **state)
{
	(void)state;
	both(OPEN + S, 0);
	both(OPEN + 2 * S, 0);
	for (nanos_t t = OPEN + 2 * S; t < OPEN + 5 * S; t += S / 4) {
		liveness_packet(&live, LIVE_INDEX, at(t), OPEN + 2 * S, false);
		liveness_packet(&live, LIVE_CONTRACT, at(t), t, true);
	}
	expect_verdict(OPEN + 5 * S, LIVE_MUTE); /* the index only repeats */
	setup(NULL);
	for (nanos_t t = OPEN; t < OPEN + 5 * S; t += S / 4)
		both(t, 3600 * S); /* all news, an hour old */
	expect_verdict(OPEN + 5 * S, LIVE_MUTE);
	assert_non_null(strstr(reason, "index prices are 3600 s old"));
}

static void test_age_limits(void **state)
{
	(void)state;
	both(OPEN + 100 * S, 10 * S);
	both(OPEN + 100 * S, 10 * S);
	expect_verdict(OPEN + 100 * S, LIVE_FRESH);
	setup(NULL);
	liveness_connected(&live, OPEN + 100 * S - STEADY);
	both(OPEN + 100 * S, 10 * S + 1); /* too old for an index, not for a contract */
	both(OPEN + 100 * S, 10 * S + 1);
	expect_verdict(OPEN + 100 * S, LIVE_WAITING);
	assert_int_equal(live.class[LIVE_INDEX].fresh, 0);
	assert_int_equal(live.class[LIVE_CONTRACT].fresh, 2);
	liveness_packet(&live, LIVE_CONTRACT, at(OPEN + 101 * S), OPEN + 101 * S - 60 * S - 1, true);
	assert_int_equal(live.class[LIVE_CONTRACT].heard, OPEN + 100 * S - STEADY);
}

static void test_classes(void **state)
{
	(void)state;
	for (nanos_t t = OPEN; t <= OPEN + 10 * S; t += S)
		liveness_packet(&live, LIVE_CONTRACT, at(t), t, true);
	expect_verdict(OPEN + 10 * S, LIVE_MUTE); /* the index never came */
	liveness_expect(&live, LIVE_INDEX, false, 0);
	expect_verdict(OPEN + 10 * S, LIVE_FRESH);
	liveness_expect(&live, LIVE_INDEX, true, OPEN + 10 * S - STEADY); /* subscribed late: it has its own grace */
	expect_verdict(OPEN + 10 * S, LIVE_WAITING);
	liveness_packet(&live, LIVE_CONTRACT, at(INDEX_CLOSE), INDEX_CLOSE, true);
	expect_verdict(INDEX_CLOSE, LIVE_FRESH); /* its shares are in their auction */
	liveness_expect(&live, LIVE_CONTRACT, false, 0);
	expect_verdict(INDEX_CLOSE, LIVE_IDLE);
}

/* The wall clock is set back and forth: silence is measured by the other one. */
static void test_clock_steps(void **state)
{
	(void)state;
	both(OPEN + S, 0);
	both(OPEN + 2 * S, 0);
	struct live_now back = { OPEN, OPEN + 2 * S - STEADY + 3 * S };
	assert_int_equal(liveness_at(&live, back, &due, reason), LIVE_MUTE);
	struct live_now ahead = { OPEN + 62 * S, OPEN + 2 * S - STEADY + S };
	assert_int_equal(liveness_at(&live, ahead, &due, reason), LIVE_FRESH);
	assert_int_equal(due, OPEN + 64 * S);
}

/* Time that was told too late and is known to be: the exchange's stamps are as young as ever, and an old one is no younger for it. */
static void test_time_ahead(void **state)
{
	struct live_now now = at(OPEN + 600 * S);

	(void)state;
	now.ahead = 300 * S;
	liveness_connected(&live, now.steady);
	for (enum live_class c = 0; c < LIVE_CLASSES; c++)
		for (int i = 0; i < 2; i++)
			liveness_packet(&live, c, now, OPEN + 300 * S, true);
	assert_int_equal(liveness_at(&live, now, &due, reason), LIVE_FRESH);
	setup(state);
	for (int i = 0; i < 2; i++)
		liveness_packet(&live, LIVE_INDEX, now, OPEN + 289 * S, true);
	assert_int_equal(liveness_at(&live, now, &due, reason), LIVE_MUTE);
	assert_string_equal(reason, "index prices are 11 s old: a stale server or a wrong clock");
}

static void test_reconnect_starts_anew(void **state)
{
	(void)state;
	both(OPEN + S, 0);
	both(OPEN + 2 * S, 0);
	liveness_connected(&live, OPEN + 3 * S - STEADY);
	expect_verdict(OPEN + 3 * S, LIVE_WAITING);
	assert_int_equal(due, OPEN + 8 * S);
}

static void test_settings(void **state)
{
	struct liveness l;

	(void)state;
	liveness_init(&l, 0, 1);
	assert_int_equal(l.mute_after, 3 * S);
	liveness_init(&l, S / 2, 1);
	assert_int_equal(l.mute_after, S / 2);
	liveness_init(&l, 3 * S, 60); /* 3 s of a clock 60 times as fast are 50 ms of this machine */
	assert_int_equal(l.mute_after, 12 * S);
	assert_int_equal(l.grace, 60 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hours, setup),
		cmocka_unit_test_setup(test_freshness, setup),
		cmocka_unit_test_setup(test_repeats_and_old_news, setup),
		cmocka_unit_test_setup(test_age_limits, setup),
		cmocka_unit_test_setup(test_classes, setup),
		cmocka_unit_test_setup(test_clock_steps, setup),
		cmocka_unit_test_setup(test_time_ahead, setup),
		cmocka_unit_test_setup(test_reconnect_starts_anew, setup),
		cmocka_unit_test_setup(test_settings, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
