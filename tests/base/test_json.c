#include "lib/base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/num.h"

static void test_shape(void **state)
{
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_object(&j, NULL);
	json_str(&j, "symbol", "NIFTY");
	json_array(&j, "empty");
	json_array_end(&j);
	json_array(&j, "items");
	json_int(&j, NULL, -1);
	json_object(&j, NULL);
	json_object_end(&j);
	json_array(&j, NULL);
	json_bool(&j, NULL, true);
	json_array_end(&j);
	json_uint(&j, NULL, UINT64_MAX);
	json_array_end(&j);
	json_null(&j, "nothing");
	json_raw(&j, "raw", "{\"a\":1}");
	json_int(&j, "least", INT64_MIN);
	json_object_end(&j);
	assert_string_equal(b.data, "{\"symbol\":\"NIFTY\",\"empty\":[],\"items\":[-1,{},[true],18446744073709551615],\"nothing\":null,"
	                            "\"raw\":{\"a\":1},\"least\":-9223372036854775808}");
	buf_done(&b);
}

static const struct { const char *text, *json; } strings[] = {
	{ "", "\"\"" },
	{ NULL, "null" },
	{ "a\"b\\c/", "\"a\\\"b\\\\c/\"" },
	{ "\n\t\r\x01\x1F\x7F", "\"\\n\\t\\u000d\\u0001\\u001f\\u007f\"" },
	{ "\xE2\x82\xB9 \xF0\x9F\x98\x80", "\"\xE2\x82\xB9 \xF0\x9F\x98\x80\"" },           /* rupee sign, four bytes */
	{ "\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\"" },                                   /* U+10FFFF, the last */
	{ "a\xFF""b", "\"a\xEF\xBF\xBD""b\"" },
	{ "\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },                                   /* overlong */
	{ "\xE0\x9F\xBF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },                    /* overlong */
	{ "\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },                    /* surrogate */
	{ "\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"" },    /* above U+10FFFF */
	{ "\xE2\x82", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },                                   /* cut at the end */
	{ "\x80", "\"\xEF\xBF\xBD\"" },
};

static void test_strings(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(strings) / sizeof(strings[0]); n++) {
		struct buf b = { 0 };
		struct json j;

		json_begin(&j, &b);
		json_str(&j, NULL, strings[n].text);
		assert_string_equal(b.data, strings[n].json);
		buf_done(&b);
	}
}

/* The text of one odd byte is escaped, whatever its length and wherever the byte is; the texts of plain ones stand as they are. */
static void check_odd_byte(size_t len, size_t at, unsigned c)
{
	char text[20] = "abcdefghijklmnopqrs";
	struct buf b = { 0 };
	struct json j;

	text[len] = '\0';
	text[at] = (char)c;
	json_begin(&j, &b);
	json_object(&j, NULL);
	json_str(&j, text, text);
	json_object_end(&j);
	bool verbatim = memcmp(b.data + 2, text, len) == 0 && b.data[len + 2] == '"';
	assert_true(verbatim == (c >= 0x20 && c < 0x7F && c != '"' && c != '\\'));
	assert_true(b.len >= 2 * len + 7);
	assert_int_equal(b.data[b.len - 1], '}');
	buf_done(&b);
}

/* Eight bytes are looked at together. */
static void test_every_byte_at_every_place(void **state)
{
	(void)state;
	for (size_t len = 1; len < 20; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 1; c < 256; c++)
				check_odd_byte(len, at, c);
}

static void test_keys_are_escaped(void **state)
{
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_int(&j, "a\"b", 1);
	assert_string_equal(b.data, "\"a\\\"b\":1");
	buf_done(&b);
}

static void test_unknown_is_null(void **state)
{
	struct buf b = { 0 };
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_array(&j, NULL);
	json_decimal(&j, NULL, 125000);
	json_decimal(&j, NULL, NUM_UNKNOWN);
	json_ratio(&j, NULL, 0.5, 3);
	json_ratio(&j, NULL, NAN, 3);
	json_ratio(&j, NULL, -INFINITY, 3);
	json_stamp(&j, NULL, 0);
	json_stamp(&j, NULL, STAMP_NEVER);
	json_stamp(&j, NULL, INT64_C(1681098300000000000));
	json_date(&j, NULL, 0);
	json_date(&j, NULL, date_from_civil(2026, 11, 23));
	json_array_end(&j);
	assert_string_equal(b.data, "[12.50,null,0.500,null,null,null,null,\"2023-04-10T09:15:00.000+05:30\",null,\"2026-11-23\"]");
	buf_done(&b);
}

/* One check at the end is enough: a writer over its limit stops and says so. */
static void test_limit(void **state)
{
	struct buf b = { .limit = 8 };
	struct json j;

	(void)state;
	json_begin(&j, &b);
	json_array(&j, NULL);
	for (int i = 0; i < 100; i++)
		json_int(&j, NULL, i);
	json_array_end(&j);
	assert_true(b.failed);
	assert_in_range(b.len, 1, 8);
	buf_done(&b);
}

/* What just fits is written; one byte less takes nothing of it. */
static void test_limit_is_exact(void **state)
{
	(void)state;
	for (size_t limit = 8; limit <= 9; limit++) {
		struct buf b = { .limit = limit };
		struct json j;

		json_begin(&j, &b);
		json_array(&j, NULL);
		json_int(&j, NULL, 1);
		json_str(&j, NULL, "four");
		assert_int_equal(b.failed, limit < 9);
		assert_string_equal(b.data, limit < 9 ? "[1" : "[1,\"four\"");
		buf_done(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_every_byte_at_every_place),
		cmocka_unit_test(test_keys_are_escaped),
		cmocka_unit_test(test_unknown_is_null),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_is_exact),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
