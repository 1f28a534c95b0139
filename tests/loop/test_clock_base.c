/* What the engine's time does when the machine's clocks jump. Times are numbers here: `steady` runs, the wall is what a test says. */
#include "tests/control/unit.h"

#include "lib/base/obj.h"
#include "lib/loop/clock_base.h"

#define NOON (INT64_C(1790049600) * NANOS_SECOND)
#define FROM (100 * NANOS_SECOND)

static struct clock_base b;
static nanos_t steady, skew; /* the wall shows so much more than is true */

static nanos_t truth(void)
{
	return NOON + steady - FROM;
}

static nanos_t off(void)
{
	return clock_base_now(&b, steady) - truth();
}

static int setup(void **state)
{
	(void)state;
	steady = FROM;
	skew = 0;
	clock_base_begin(&b, NOON, FROM);
	return 0;
}

/* Looked at twenty times a second; what is told never goes back, and between two looks it goes on. */
static void pass(nanos_t length)
{
	nanos_t end = steady + length, step = NANOS_SECOND / 20, before = clock_base_now(&b, steady);

	while (steady < end) {
		steady += step;
		nanos_t now = clock_base_now(&b, steady);
		assert_true(now > before);
		clock_base_keep(&b, truth() + skew, steady);
		assert_true(clock_base_now(&b, steady) >= before);
		before = clock_base_now(&b, steady);
	}
}

/* Forward and back, small and large: while the wall is off nothing moves, and nothing is left of it when it is back. */
static void test_jumps(void **state)
{
	static const nanos_t by[] = { CLOCK_APART + 1, 2 * NANOS_SECOND, NANOS_HOUR, 365 * NANOS_DAY };

	for (size_t i = 0; i < 2 * ARRAY_LEN(by); i++) {
		setup(state);
		pass(NANOS_SECOND);
		skew = i % 2 ? -by[i / 2] : by[i / 2];
		pass(5 * NANOS_MINUTE);
		assert_true(b.held);
		assert_int_equal(off(), 0);
		assert_int_equal(b.away, skew);
		skew = 0;
		pass(NANOS_SECOND);
		assert_false(b.held);
		assert_int_equal(off(), 0);
		assert_int_equal(b.holds, 1);
	}
}

/* One that was set again while it is not believed is the same matter; one that was back is another. */
static void test_holds_are_counted(void **state)
{
	(void)state;
	skew = NANOS_HOUR;
	pass(NANOS_SECOND);
	skew = -NANOS_HOUR;
	pass(NANOS_SECOND);
	assert_int_equal(b.holds, 1);
	skew = 0;
	pass(NANOS_SECOND);
	skew = NANOS_HOUR;
	pass(NANOS_SECOND);
	assert_int_equal(b.holds, 2);
}

/* What NTP mends by a little is followed, a tenth of a second each second. */
static void test_little_is_followed(void **state)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		setup(state);
		skew = sign * CLOCK_APART;
		pass(NANOS_SECOND);
		assert_false(b.held);
		assert_int_equal(off(), sign * NANOS_SECOND / 10);
		pass(4 * NANOS_SECOND);
		assert_int_equal(off(), skew);
		pass(NANOS_MINUTE);
		assert_int_equal(off(), skew);
	}
}

/* The machine slept: its steady clock went on, and so did the wall's. */
static void test_a_sleep_is_no_jump(void **state)
{
	(void)state;
	pass(NANOS_SECOND);
	steady += 8 * NANOS_HOUR;
	clock_base_keep(&b, truth(), steady);
	assert_int_equal(off(), 0);
	assert_int_equal(b.holds, 0);
}

/* Wrong from the beginning, then set: when three answers of the broker say the same, it was the wall that is right. Forward at once. */
static void test_the_wall_was_right(void **state)
{
	nanos_t behind = 10 * NANOS_MINUTE;

	(void)state;
	clock_base_begin(&b, NOON - behind, FROM);
	pass(NANOS_SECOND); /* here the wall is set: truth() */
	assert_true(b.held);
	assert_int_equal(off(), -behind);
	nanos_t low = behind - NANOS_SECOND / 2, high = behind + NANOS_SECOND / 2;
	assert_int_equal(clock_base_witness(&b, low, high, CLOCK_ANSWERS - 1), 0);
	assert_int_equal(off(), -behind);
	assert_int_equal(clock_base_witness(&b, low, high, CLOCK_ANSWERS), behind);
	assert_int_equal(off(), 0);
	assert_false(b.held);
	assert_int_equal(b.adopted, 1);
	assert_int_equal(clock_base_witness(&b, -NANOS_MS, NANOS_MS, 9), 0);
	pass(NANOS_MINUTE);
	assert_int_equal(off(), 0);
	assert_int_equal(b.holds, 1);
}

/* What was told is never taken back: half pace until it is true. */
static void test_time_does_not_go_back(void **state)
{
	(void)state;
	clock_base_begin(&b, NOON + NANOS_MINUTE, FROM);
	pass(NANOS_SECOND);
	assert_int_equal(clock_base_witness(&b, -NANOS_MINUTE - NANOS_SECOND, -NANOS_MINUTE, CLOCK_ANSWERS), -NANOS_MINUTE);
	assert_int_equal(off(), NANOS_MINUTE);
	assert_int_equal(b.owed, NANOS_MINUTE);
	assert_int_equal(clock_base_witness(&b, -NANOS_MINUTE, -NANOS_MINUTE, 9), 0); /* that is what it owes */
	pass(NANOS_MINUTE);
	assert_int_equal(off(), NANOS_MINUTE / 2);
	steady += NANOS_SECOND; /* between two looks too */
	assert_int_equal(off(), NANOS_MINUTE / 2 - NANOS_SECOND / 2);
	assert_int_equal(clock_base_ahead(&b, steady), off()); /* and it knows by how much */
	pass(NANOS_MINUTE);
	assert_int_equal(off(), 0);
	assert_int_equal(b.owed, 0);
	assert_int_equal(clock_base_ahead(&b, steady), 0);
	assert_int_equal(b.holds, 1);
}

/* The broker's word alone moves nothing; nor the wall's and the broker's where they do not say the same, or where ours may be as right. */
static void test_what_is_no_witness(void **state)
{
	(void)state;
	assert_int_equal(clock_base_witness(&b, NANOS_HOUR, NANOS_HOUR + NANOS_SECOND, 9), 0); /* the wall goes with ours */
	skew = NANOS_HOUR;
	pass(NANOS_SECOND);
	assert_int_equal(clock_base_witness(&b, -NANOS_SECOND / 2, NANOS_SECOND / 2, 9), 0);   /* ours is right */
	assert_int_equal(clock_base_witness(&b, NANOS_MINUTE, NANOS_MINUTE + NANOS_SECOND, 9), 0); /* three clocks, three times */
	assert_int_equal(clock_base_witness(&b, NANOS_HOUR + CLOCK_APART + 1, 2 * NANOS_HOUR, 9), 0);
	assert_int_equal(clock_base_witness(&b, 0, NANOS_HOUR, 9), 0);
	skew = NANOS_SECOND * 3 / 4;
	pass(NANOS_SECOND);
	assert_int_equal(clock_base_witness(&b, -1, NANOS_SECOND, 9), 0);
	assert_int_equal(off(), 0);
	assert_int_equal(clock_base_witness(&b, 1, NANOS_SECOND, 9), skew); /* a narrow span tells even that */
}

/* Before anything was told, one answer decides. */
static void test_first(void **state)
{
	static const struct { nanos_t broker, newest, off; } rows[] = {
		{ 0, 0, 0 }, { -1, 0, 0 }, { 1, 9, 0 }, /* whole seconds: as good as equal */
		{ -2, 0, -2 },
		{ -3600, 0, -3600 },                                /* ours is ahead, or theirs is behind: the earlier */
		{ -3600, -7200, -3600 },
		{ 3600, 0, 0 },                                     /* ours is behind, or theirs is ahead: the earlier */
		{ 3600, 1800, 3600 },                               /* and the journal knows that it was later than ours shows: theirs */
		{ 3600, 3601, 3600 },
		{ 3600, 7200, 0 },                                  /* it knows a time that neither has reached: nothing is learned */
		{ -3600, 1800, -3600 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(state);
		nanos_t middle = rows[i].broker * NANOS_SECOND;
		nanos_t moved = clock_base_first(&b, middle - NANOS_SECOND / 2, middle + NANOS_SECOND / 2, rows[i].newest ? NOON + rows[i].newest * NANOS_SECOND : 0);
		assert_int_equal(moved, rows[i].off * NANOS_SECOND);
		assert_int_equal(off(), moved);
		assert_int_equal(b.held, moved != 0);
		assert_int_equal(b.holds, moved != 0);
		pass(NANOS_SECOND);
		assert_int_equal(b.away, -moved);
		assert_int_equal(b.holds, moved != 0);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_jumps), TEST(test_holds_are_counted), TEST(test_little_is_followed), TEST(test_a_sleep_is_no_jump), TEST(test_the_wall_was_right),
		TEST(test_time_does_not_go_back), TEST(test_what_is_no_witness), TEST(test_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
