#include "lib/core/parity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define R(rupees) ((price_t)((rupees) * NUM_SCALE))

static price_t forward(const struct parity_leg *legs, size_t n)
{
	price_t f = -1;

	assert_true(parity_forward(legs, n, &f));
	return f;
}

static void test_exact_parity(void **state)
{
	/* a chain around a forward of 24,030; deep strikes carry noise that must not count */
	static const struct parity_leg legs[] = {
		{ R(23000), R(1500), R(1) }, { R(23950), R(180), R(100) }, { R(24000), R(150), R(120) }, { R(24050), R(121), R(141) },
		{ R(24100), R(90), R(160) }, { R(25000), R(2), R(2000) },
	};

	(void)state;
	assert_int_equal(forward(legs, 6), R(24030));
	assert_int_equal(forward(legs + 2, 1), R(24030));
}

static void test_three_nearest_are_averaged(void **state)
{
	/* |C - P| = 30, 20, 10, 25: the first is left out; 24020, 24010, 24025 average to 24018.3333 */
	static const struct parity_leg legs[] = {
		{ R(24000), R(130), R(100) }, { R(24000), R(120), R(100) }, { R(24000), R(110), R(100) }, { R(24000), R(125), R(100) },
	};

	(void)state;
	assert_int_equal(forward(legs, 4), 240183333);
}

static void test_legs_without_a_price(void **state)
{
	static const struct parity_leg legs[] = {
		{ R(24000), 0, R(100) }, { R(24000), R(100), 0 }, { 0, R(1), R(1) }, { R(24000), -R(1), R(1) }, { R(24050), R(50), R(60) },
	};
	price_t f = 77;

	(void)state;
	assert_false(parity_forward(legs, 4, &f));
	assert_false(parity_forward(legs, 0, &f));
	assert_int_equal(f, 77);
	assert_int_equal(forward(legs, 5), R(24040));
}

static void test_equals_keep_the_earlier(void **state)
{
	static const struct parity_leg legs[] = {
		{ R(100), R(5), R(5) }, { R(200), R(5), R(5) }, { R(300), R(5), R(5) }, { R(900), R(5), R(5) },
	};

	(void)state;
	assert_int_equal(forward(legs, 4), R(200));
}

static void test_overflow(void **state)
{
	static const struct parity_leg legs[] = { { INT64_MAX, 2, 1 }, { R(100), R(5), R(4) } };
	static const struct parity_leg huge[] = { { INT64_MAX, 1, 1 }, { INT64_MAX, 1, 1 } };
	price_t f = 77;

	(void)state;
	assert_int_equal(forward(legs, 2), R(101));
	assert_false(parity_forward(huge, 2, &f));
	assert_int_equal(f, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_parity),
		cmocka_unit_test(test_three_nearest_are_averaged),
		cmocka_unit_test(test_legs_without_a_price),
		cmocka_unit_test(test_equals_keep_the_earlier),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests_name("parity", tests, NULL, NULL);
}
