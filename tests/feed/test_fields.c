/* lib/feed/fields and symbol: every kind of field at its bounds, and the first mistake of a row sticks. */
#include "play.h"

#include "lib/feed/fields.h"
#include "lib/feed/symbol.h"

static struct fields row;

static struct fields *cut(const char *text)
{
	assert_true(fields_split(&row, text, strlen(text)));
	return &row;
}

static void test_split(void **state)
{
	char wide[FIELDS_MAX + 2];

	(void)state;
	assert_int_equal(cut("")->count, 1);
	assert_int_equal(cut(",")->count, 2);
	assert_int_equal(cut("a,,b")->count, 3);
	assert_true(field_is(fields_text(&row, 0), "a"));
	assert_true(field_is(fields_text(&row, 1), ""));
	assert_true(field_is(fields_text(&row, 2), "b"));
	assert_int_equal(fields_text(&row, FIELD_ABSENT).len, 0);
	memset(wide, ',', sizeof(wide));
	assert_true(fields_split(&row, wide, FIELDS_MAX - 1));
	assert_int_equal(row.count, FIELDS_MAX);
	assert_false(fields_split(&row, wide, FIELDS_MAX));
}

static void test_price(void **state)
{
	static const struct { const char *text; uint32_t price; const char *reason; } table[] = {
		{ "12.5", 125000, NULL }, { "0.05", 500, NULL }, { "41239.6", 412396000, NULL }, { "7", 70000, NULL },
		{ "41239.600000001", 412396000, NULL }, { "13997.90", 139979000, NULL }, { "000000000012.5", 125000, NULL },
		{ "429496.7295", UINT32_MAX, NULL }, { "429496.7296", 0, "above" }, { "0", 0, "zero" }, { "0.0", 0, "zero" },
		{ "-1", 0, "zero or negative" }, { "", 0, "not a number" }, { "nan", 0, "not a number" }, { "1e3", 0, "not a number" },
		{ "1.2.3", 0, "not a number" }, { ".", 0, "not a number" }, { "12a", 0, "not a number" }, { " 12", 0, "not a number" },
		{ "99999999999999999999", 0, "not a number" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t price = fields_price(cut(table[i].text), 0);
		if (table[i].reason != NULL)
			assert_non_null(strstr(row.reason, table[i].reason));
		else
			assert_int_equal(price, table[i].price);
		assert_int_equal(row.reason == NULL, table[i].reason == NULL);
	}
	assert_int_equal(fields_price_or_none(cut(""), 0), 0);
	assert_null(row.reason);
	assert_int_equal(fields_price_or_none(cut("0.0"), 0), 0);
	assert_null(row.reason);
	fields_price_or_none(cut("-0.05"), 0);
	assert_non_null(row.reason);
}

static void test_count(void **state)
{
	(void)state;
	assert_int_equal(fields_count(cut("75"), 0), 75);
	assert_int_equal(fields_count(cut("75.0"), 0), 75);
	assert_int_equal(fields_count(cut(""), 0), 0);
	assert_int_equal(fields_count(cut("9000000000"), 0), 9000000000);
	assert_null(row.reason);
	fields_count(cut("75.5"), 0);
	assert_non_null(strstr(row.reason, "whole"));
	fields_count(cut("-75"), 0);
	assert_non_null(strstr(row.reason, "negative"));
	fields_count(cut("x"), 0);
	assert_non_null(strstr(row.reason, "number"));
	assert_int_equal(fields_count32(cut("4294967295"), 0), UINT32_MAX);
	assert_null(row.reason);
	fields_count32(cut("4294967296"), 0);
	assert_non_null(row.reason);
}

static void test_stamp(void **state)
{
	static const struct { const char *text; const char *same; } table[] = {
		{ "2023-04-10T09:15:00+05:30", "2023-04-10T09:15:00+05:30" }, { "2023-04-10T15:29:59+05:30", "2023-04-10T09:59:59Z" },
		{ "2023-04-10 09:15:00+05:30", "2023-04-10T03:45:00Z" }, { "2023-04-10T09:15:00.250+05:30", "2023-04-10T03:45:00.25Z" },
		{ "2023-04-11T00:00:00+05:30", "2023-04-10T18:30:00Z" }, { "2023-04-11T09:15:00+00:00", "2023-04-11T09:15:00Z" },
	};
	static const char *const wrong[] = {
		"", "2023-04-11", "2023-04-11T09:15:00", "2023-04-11T24:15:00+05:30", "2023-04-11T09:60:00+05:30",
		"2023-04-11T09:15:60+05:30", "2023-02-30T09:15:00+05:30", "2023-04-11T0a:15:00+05:30", "2023-04-11T09:15:00+05:30x",
		"2923-04-11T09:15:00+05:30", "1899-04-11T09:15:00+05:30", "2", "20",
	};
	nanos_t want;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(stamp_parse(table[i].same, strlen(table[i].same), &want), ERR_OK);
		assert_int_equal(fields_stamp(cut(table[i].text), 0), want);
		assert_null(row.reason);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fields_stamp(cut(wrong[i]), 0);
		assert_non_null(row.reason);
	}
}

static void test_terms(void **state)
{
	(void)state;
	assert_int_equal(fields_date(cut("2023-04-13"), 0), date_from_civil(2023, 4, 13));
	assert_null(row.reason);
	fields_date(cut("13-APR-2023"), 0);
	assert_non_null(row.reason);
	assert_int_equal(fields_strike(cut("23050.0"), 0), 23050 * NUM_SCALE);
	assert_null(row.reason);
	fields_strike(cut("0"), 0);
	assert_non_null(strstr(row.reason, "zero"));
	fields_strike(cut("10000001"), 0);
	assert_non_null(strstr(row.reason, "above"));
}

static void test_first_mistake_sticks(void **state)
{
	(void)state;
	cut("x,-1,2023");
	fields_price(&row, 0);
	const char *first = row.reason;
	fields_count(&row, 1);
	fields_date(&row, 2);
	assert_ptr_equal(row.reason, first);
	assert_null(cut("1")->reason);
}

static void test_symbol(void **state)
{
	char symbol[SYMBOL_TEXT];

	(void)state;
	symbol_option("NIFTY", date_from_civil(2021, 1, 28), 14000 * NUM_SCALE, true, symbol);
	assert_string_equal(symbol, "NIFTY28JAN2114000CE");
	symbol_option("NIFTY", date_from_civil(2025, 12, 2), 122500, false, symbol);
	assert_string_equal(symbol, "NIFTY02DEC2512.25PE");
	symbol_option("ABCDEFGHIJKLMNO", date_from_civil(2025, 12, 2), SYMBOL_STRIKE_MAX - 1, false, symbol);
	assert_string_equal(symbol, "ABCDEFGHIJKLMNO02DEC259999999.9999PE");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split), cmocka_unit_test(test_price), cmocka_unit_test(test_count), cmocka_unit_test(test_stamp),
		cmocka_unit_test(test_terms), cmocka_unit_test(test_first_mistake_sticks), cmocka_unit_test(test_symbol),
	};

	return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
