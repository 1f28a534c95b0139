#include "lib/base/num.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/err.h"

#define UNTOUCHED INT64_C(-777)

static void test_checked(void **state)
{
	int64_t r = UNTOUCHED;

	(void)state;
	assert_false(num_add(INT64_MAX, 1, &r));
	assert_false(num_sub(INT64_MIN, 1, &r));
	assert_false(num_mul(INT64_MAX / 2 + 1, 2, &r));
	assert_int_equal(r, UNTOUCHED);
	assert_true(num_add(INT64_MAX, -1, &r) && r == INT64_MAX - 1);
	assert_true(num_sub(INT64_MIN + 1, 1, &r) && r == INT64_MIN);
	assert_true(num_mul(-3, 7, &r) && r == -21);
}

static void test_mul_div(void **state)
{
	int64_t r = UNTOUCHED;

	(void)state;
	assert_false(num_mul_div(INT64_MAX, INT64_MAX, 1, &r));
	assert_false(num_mul_div(INT64_MIN, INT64_MAX, 1, &r));
	assert_int_equal(r, UNTOUCHED);
	assert_true(num_mul_div(INT64_MAX, INT64_MAX, INT64_MAX, &r) && r == INT64_MAX);
	assert_true(num_mul_div(INT64_MIN, 1, 1, &r) && r == INT64_MIN);
	assert_true(num_mul_div(INT64_C(1) << 32, INT64_C(1) << 31, 3, &r) && r == INT64_C(3074457345618258603)); /* the first of 128 bits */
	assert_true(num_mul_div(INT64_C(1) << 31, INT64_C(1) << 31, 3, &r) && r == INT64_C(1537228672809129301));
	assert_true(num_mul_div(5, 1, 10, &r) && r == 1);   /* half away from zero */
	assert_true(num_mul_div(-5, 1, 10, &r) && r == -1);
	assert_true(num_mul_div(4, 1, 10, &r) && r == 0);
	assert_true(num_mul_div(7, 1, 3, &r) && r == 2);    /* odd divisor */
	assert_true(num_mul_div(-8, 1, 3, &r) && r == -3);
}

static void test_division(void **state)
{
	(void)state;
	assert_int_equal(num_div_floor(7, 2), 3);
	assert_int_equal(num_div_floor(-7, 2), -4);
	assert_int_equal(num_div_floor(-8, 2), -4);
	assert_int_equal(num_div_floor(INT64_MIN, 1), INT64_MIN);
	assert_int_equal(num_div_round(-7, 2), -4);
	assert_int_equal(num_div_round(7, 2), 4);
	assert_int_equal(num_div_round(INT64_MAX, 1), INT64_MAX);
	assert_int_equal(num_div_round(INT64_MIN, 1), INT64_MIN);
	assert_int_equal(num_div_round(INT64_MIN, INT64_MAX), -1);
	assert_int_equal(num_div_round(INT64_MAX / 2, INT64_MAX), 0);
	assert_int_equal(num_div_round(INT64_MAX / 2 + 1, INT64_MAX), 1);
	assert_int_equal(num_div_round(-(INT64_MAX / 2 + 1), INT64_MAX), -1);
}

static void test_ticks(void **state)
{
	(void)state;
	assert_int_equal(price_floor(1249, 500), 1000);
	assert_int_equal(price_ceil(1001, 500), 1500);
	assert_int_equal(price_ceil(1500, 500), 1500);
	assert_int_equal(price_nearest(1249, 500), 1000);
	assert_int_equal(price_nearest(1250, 500), 1500);
	assert_int_equal(price_floor(-1, 500), -500);
	assert_int_equal(price_ceil(-1, 500), 0);
}

static const struct { const char *text; int err, rounded_err; int64_t value, rounded; } decimals[] = {
	{ "100", 0, 0, 1000000, 1000000 },
	{ "-12.5", 0, 0, -125000, -125000 },
	{ "+12.5", 0, 0, 125000, 125000 },
	{ ".05", 0, 0, 500, 500 },
	{ "5.", 0, 0, 50000, 50000 },
	{ "0.0001", 0, 0, 1, 1 },
	{ "-0", 0, 0, 0, 0 },
	{ "1.23450000", 0, 0, 12345, 12345 },
	{ "1.23451", ERR_RANGE, 0, 0, 12345 },
	{ "1.23455", ERR_RANGE, 0, 0, 12346 },
	{ "-1.23455", ERR_RANGE, 0, 0, -12346 },
	{ "1.234549999999999999999", ERR_RANGE, 0, 0, 12345 },
	{ "41239.600000001", ERR_RANGE, 0, 0, 412396000 },
	{ "0.99999", ERR_RANGE, 0, 0, 10000 },
	{ "90000000000", 0, 0, NUM_DECIMAL_MAX, NUM_DECIMAL_MAX },
	{ "90000000000.0001", ERR_RANGE, ERR_RANGE, 0, 0 },
	{ "90000000001", ERR_RANGE, ERR_RANGE, 0, 0 },
	{ "-90000000000.0001", ERR_RANGE, ERR_RANGE, 0, 0 },
	{ "99999999999999999999999", ERR_RANGE, ERR_RANGE, 0, 0 },
	{ "000000000000000000000001", 0, 0, 10000, 10000 },
	{ "", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "-", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ ".", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "1.2.3", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "--1", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ " 1", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "1 ", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "2.1e+06", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "nan", ERR_PARSE, ERR_PARSE, 0, 0 },
	{ "1,000", ERR_PARSE, ERR_PARSE, 0, 0 },
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(decimals) / sizeof(decimals[0]); n++) {
		int64_t value = UNTOUCHED, rounded = UNTOUCHED;
		int err = num_parse(decimals[n].text, strlen(decimals[n].text), &value);
		int rounded_err = num_parse_rounded(decimals[n].text, strlen(decimals[n].text), &rounded);

		if (err != decimals[n].err || rounded_err != decimals[n].rounded_err)
			fail_msg("\"%s\": %d and %d", decimals[n].text, err, rounded_err);
		assert_int_equal(value, err ? UNTOUCHED : decimals[n].value);
		assert_int_equal(rounded, rounded_err ? UNTOUCHED : decimals[n].rounded);
	}
}

static const struct { const char *text; int64_t min, max; int err; int64_t value; } integers[] = {
	{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, ERR_RANGE, 0 },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, ERR_RANGE, 0 },
	{ "99999999999999999999", INT64_MIN, INT64_MAX, ERR_RANGE, 0 },
	{ "5000", 1, 65535, 0, 5000 },
	{ "0", 1, 65535, ERR_RANGE, 0 },
	{ "65536", 1, 65535, ERR_RANGE, 0 },
	{ "-0", 0, 9, 0, 0 },
	{ "007", 0, 9, 0, 7 },
	{ "", 0, 9, ERR_PARSE, 0 },
	{ "-", 0, 9, ERR_PARSE, 0 },
	{ "+1", 0, 9, ERR_PARSE, 0 },
	{ "1.0", 0, 9, ERR_PARSE, 0 },
	{ "0x1", 0, 9, ERR_PARSE, 0 },
};

static void test_parse_int(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(integers) / sizeof(integers[0]); n++) {
		int64_t value = UNTOUCHED;
		int err = num_parse_int(integers[n].text, strlen(integers[n].text), integers[n].min, integers[n].max, &value);

		if (err != integers[n].err || value != (err ? UNTOUCHED : integers[n].value))
			fail_msg("\"%s\": %d, %lld", integers[n].text, err, (long long)value);
	}
}

/* Only len bytes count: the text need not end there. */
static void test_parse_reads_len_bytes(void **state)
{
	static const char text[] = { '1', '2', '3' };
	int64_t value;

	(void)state;
	assert_int_equal(num_parse(text, 2, &value), 0);
	assert_int_equal(value, 120000);
	assert_int_equal(num_parse_int(text, 3, 0, 999, &value), 0);
	assert_int_equal(value, 123);
}

static const struct { int64_t value; const char *text; } formats[] = {
	{ 0, "0.00" }, { 125000, "12.50" }, { 18, "0.0018" }, { -30000, "-3.00" }, { 1230, "0.123" }, { -1, "-0.0001" },
	{ NUM_UNKNOWN, "null" }, { INT64_MAX, "922337203685477.5807" }, { INT64_MIN + 1, "-922337203685477.5807" },
};

static void test_format(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(formats) / sizeof(formats[0]); n++) {
		char buf[NUM_TEXT];
		assert_int_equal(num_format(formats[n].value, buf), strlen(formats[n].text));
		assert_string_equal(buf, formats[n].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_mul_div),
		cmocka_unit_test(test_division),
		cmocka_unit_test(test_ticks),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_int),
		cmocka_unit_test(test_parse_reads_len_bytes),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests_name("num", tests, NULL, NULL);
}
