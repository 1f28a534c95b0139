/* lib/feed/blackscholes: its own exp, log, root and normal against the C library's and known values. */
#include "play.h"

#include <math.h>

#include "lib/feed/blackscholes.h"

static void expect_near(double got, double want, double error)
{
	if (!(fabs(got - want) <= error))
		fail_msg("%.17g is not within %g of %.17g", got, error, want);
}

static void test_functions(void **state)
{
	(void)state;
	for (double x = -650; x < 650; x += 3.7)
		expect_near(black_exp(x) / exp(x), 1, 1e-13);
	for (double x = -2; x < 2; x += 0.013)
		expect_near(black_exp(x), exp(x), 1e-14 * exp(x));
	assert_true(black_exp(-1000) == 0);
	assert_true(black_exp(0) == 1);
	for (double x = 1e-6; x < 1e6; x *= 1.37)
		expect_near(black_log(x), log(x), 1e-13);
	for (double x = 1e-12; x < 1e12; x *= 1.7)
		expect_near(black_root(x) / sqrt(x), 1, 1e-15 * 2);
	for (double x = -6; x < 6; x += 0.03)
		expect_near(black_normal(x), erfc(-x / sqrt(2)) / 2, 1e-7);
}

/* Hull, "Options, Futures, and Other Derivatives": a put on futures, F = K = 60, 4 months, 25 %, 9 %: 3.35 discounted. */
static void test_known_value(void **state)
{
	(void)state;
	expect_near(black_value(60, 60, 4.0 / 12, 0.25, false) * exp(-0.09 * 4 / 12), 3.35, 0.005);
}

static void test_bounds(void **state)
{
	(void)state;
	for (double strike = 20000; strike <= 28000; strike += 250) {
		for (double years = 1e-6; years < 0.3; years *= 3) {
			double call = black_value(24000, strike, years, 0.12, true), put = black_value(24000, strike, years, 0.12, false);
			expect_near(call - put, 24000 - strike, 1e-6); /* parity */
			assert_true(call >= fmax(0, 24000 - strike) && put >= fmax(0, strike - 24000) - 1e-6);
			assert_true(call <= 24000 && put <= strike);
			assert_true(black_value(24000, strike, years, 0.2, true) >= call - 0.01); /* more volatility, dearer */
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_functions), cmocka_unit_test(test_known_value), cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("blackscholes", tests, NULL, NULL);
}
