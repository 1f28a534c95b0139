#include "lib/base/rupees.h"

#include <string.h>

#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

static void test_amounts(void **state)
{
	static const struct { int64_t value; bool sign; const char *text; } rows[] = {
		{ 0, false, "0.00" }, { 0, true, "0.00" }, { 10000, true, "+1.00" }, { -10000, true, "-1.00" }, { 9990000, false, "999.00" }, { 10000000, false, "1,000.00" },
		{ 999990000, false, "99,999.00" }, { 1000000000, false, "1,00,000.00" }, { 12345675000, true, "+12,34,567.50" }, { -12345675000, false, "-12,34,567.50" },
		{ NUM_UNKNOWN, true, "null" },
	};
	char text[RUPEES_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(rupees_format(text, rows[i].value, rows[i].sign), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
	static const int64_t rounded[][2] = { { 0, 0 }, { 49, 0 }, { 50, 100 }, { -49, 0 }, { -50, -100 }, { -8809399, -8809400 }, { 10000, 10000 } };
	for (size_t i = 0; i < ARRAY_LEN(rounded); i++)
		assert_int_equal(rupees_to_paisa(rounded[i][0]), rounded[i][1]);
	rupees_format(text, INT64_MAX, true);
	assert_string_equal(text, "+92,23,37,20,36,85,477.5807");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_amounts) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
