/* Numbers as Indian traders group them. */
#include "engined/ctl/ctl.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "tests/control/unit.h"

static void money_is_grouped_three_then_two(void **state)
{
	static const struct { int64_t value; bool sign; const char *expected; } rows[] = {
		{ 0, false, "0.00" }, { 0, true, "0.00" }, { 5, false, "0.0005" }, { 9990000, false, "999.00" },
		{ 10000000, false, "1,000.00" }, { 999999900, false, "99,999.99" }, { 1000000000, false, "1,00,000.00" },
		{ INT64_C(12345675000), false, "12,34,567.50" }, { INT64_C(12345675000), true, "+12,34,567.50" },
		{ -INT64_C(12345675000), true, "-12,34,567.50" }, { INT64_C(100000000000), false, "1,00,00,000.00" },
		{ -9990000, false, "-999.00" }, { -10000000, false, "-1,000.00" },
	};
	char text[CTL_NUMBER_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(ctl_format_money(text, rows[i].value, rows[i].sign), strlen(rows[i].expected));
		assert_string_equal(text, rows[i].expected);
	}
	assert_true(ctl_format_money(text, INT64_MAX, true) < CTL_NUMBER_TEXT);
	assert_int_equal(ctl_format_integer(text, -1500), 6);
	assert_string_equal(text, "-1,500");
	ctl_format_integer(text, 0);
	assert_string_equal(text, "0");
	assert_true(ctl_format_integer(text, INT64_MIN) < CTL_NUMBER_TEXT);
}

static void values_by_their_keys(void **state)
{
	static const struct { const char *key, *json, *expected; int direction; } rows[] = {
		{ "pnl", "12.5", "+12.50", 1 }, { "pnl", "-12.5", "-12.50", -1 }, { "pnl", "0", "0.00", 0 }, { "pnl", "null", "\xE2\x80\x94", 0 },
		{ "price", "100000", "1,00,000.00", 0 }, { "cost", "38285.9876", "38,285.99", 0 }, { "margin_used", "250000", "2,50,000.00", 0 }, { "qty", "-1500", "-1,500", 0 }, { "seq", "123456", "123456", 0 },
		{ "up", "true", "yes", 0 }, { "up", "false", "no", 0 }, { "at", "\"2026-11-23T09:15:00.000+05:30\"", "2026-11-23 09:15:00", 0 },
		{ "text", "\"a\\u001b[0mb\\nc\"", "a?[0mb?c", 0 }, { "text", "\"\\u009b31m\"", "?31m", 0 }, { "left", "\"x\"", "x", 0 },
		{ "name", "\"\"", "\xE2\x80\x94", 0 }, { "list", "[1,2]", "1, 2", 0 }, { "list", "[\"a\",null]", "a, \xE2\x80\x94", 0 }, { "list", "[]", "none", 0 }, { "pnl", "-0.004", "0.00", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = { 0 };
		cJSON *value = cJSON_Parse(rows[i].json);

		ctl_format_value(&out, rows[i].key, value);
		assert_string_equal(out.data, rows[i].expected);
		assert_int_equal(ctl_format_direction(rows[i].key, value), rows[i].direction);
		cJSON_Delete(value);
		buf_done(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(money_is_grouped_three_then_two),
		cmocka_unit_test(values_by_their_keys),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
