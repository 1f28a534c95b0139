/* What holds up the loop is counted: work by the processor's time, waiting by the wall's; being kept from the processor by others is not. */
#include "lib/loop/stint.h"

#include <time.h>

#include "lib/loop/clock.h"
#include "tests/control/unit.h"

static struct stints all;

static int fresh(void **state)
{
	(void)state;
	all = (struct stints){ 0 };
	return 0;
}

static void test_work(void **state)
{
	struct timespec from, now;
	struct stint s;

	(void)state;
	stint_begin(&s);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	do
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	while ((now.tv_sec - from.tv_sec) * NANOS_SECOND + now.tv_nsec - from.tv_nsec < STINT_LONG + NANOS_MS);
	stint_end(&s, &all);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.over, 1);
	assert_true(all.longest > STINT_LONG);
}

static void test_waiting(void **state)
{
	struct timespec ten_ms = { .tv_nsec = 2 * STINT_LONG };
	struct stint s;

	(void)state;
	stint_begin(&s);
	nanosleep(&ten_ms, NULL);
	stint_end(&s, &all);
	assert_int_equal(all.over, 1);
	assert_true(all.longest > STINT_LONG);
}

static void test_nothing(void **state)
{
	struct stint s = { .wall = clock_mono() - NANOS_HOUR }; /* an hour without the processor, and never asleep */
	struct stint now;

	(void)state;
	stint_begin(&now);
	s.processor = now.processor;
	s.line = now.line;
	s.sleeps = now.sleeps;
	stint_end(&s, &all);
	assert_int_equal(all.n, 1);
	assert_int_equal(all.over, 0);
	s.sleeps--;
	s.line -= NANOS_HOUR; /* and one that slept for a moment and then stood in line for the hour */
	stint_end(&s, &all);
	assert_int_equal(all.over, 0);
	s.line = now.line;
	stint_end(&s, &all); /* and one that slept for the hour */
	assert_int_equal(all.over, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(test_work, fresh), cmocka_unit_test_setup(test_waiting, fresh), cmocka_unit_test_setup(test_nothing, fresh) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
