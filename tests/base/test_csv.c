#include "lib/base/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/err.h"

#define MOST 6

/* Reads all records and writes them as "[a|b][c]", then the error that ended the reading. */
static void dump(const char *text, size_t len, char *out, size_t size)
{
	struct csv_field f[MOST];
	struct csv c;
	size_t count, at = 0;
	int err;

	csv_begin(&c, text, len);
	while ((err = csv_next(&c, f, MOST, &count)) == 0) {
		at += (size_t)snprintf(out + at, size - at, "%u[", (unsigned)c.line);
		for (size_t i = 0; i < count; i++) {
			char field[64];
			assert_int_equal(csv_copy(&f[i], field, sizeof(field)), 0);
			at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "|" : "", field);
		}
		at += (size_t)snprintf(out + at, size - at, "]");
	}
	if (err != ERR_NOENT)
		snprintf(out + at, size - at, "%u!%d", (unsigned)c.line, err);
}

static const struct { const char *text, *records; } texts[] = {
	{ "", "" },
	{ "\n\r\n  \n", "" },
	{ "a,b\nc,d\n", "1[a|b]2[c|d]" },
	{ "a,b\r\nc,d\r\n", "1[a|b]2[c|d]" },
	{ "a,b\nc,d", "1[a|b]2[c|d]" },
	{ "a,b\nc,d\r", "1[a|b]2[c|d]" },
	{ "\xEF\xBB\xBF""a\n", "1[a]" },
	{ ",\n", "1[|]" },
	{ "a,\n", "1[a|]" },
	{ "a,", "1[a|]" },
	{ " a , b\t\n", "1[a|b]" },
	{ "# note\n\n  # indented\na\n#,#\nb#c\n", "4[a]6[b#c]" },
	{ "a,#b\n", "1[a|#b]" },
	{ "\"a,b\",c\n", "1[a,b|c]" },
	{ "\"a\"\"b\",\"\"\n", "1[a\"b|]" },
	{ "\"\"\"\"\n", "1[\"]" },
	{ " \" a \" ,b\n", "1[ a |b]" },
	{ "\"two\nlines\",b\nc\n", "1[two\nlines|b]3[c]" },
	{ "a\"b\n", "1[a\"b]" },                 /* a quote inside a plain field is text */
	{ "a\rb\n", "1[a\rb]" },                 /* so is a lone carriage return */
	{ "a\n\"b\n", "1[a]2!-9" },              /* not closed */
	{ "a\n\"b\"x\n", "1[a]2!-9" },
	{ "1,2,3,4,5,6\n1,2,3,4,5,6,7\n", "1[1|2|3|4|5|6]2!-8" },
};

static void test_records(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
		char out[256] = "", *exact = malloc(strlen(texts[n].text) + 1);

		/* a block of just the text's size, so that reading past it is caught by the sanitizer */
		memcpy(exact, texts[n].text, strlen(texts[n].text));
		exact = realloc(exact, strlen(texts[n].text) ? strlen(texts[n].text) : 1);
		dump(exact, strlen(texts[n].text), out, sizeof(out));
		free(exact);
		if (strcmp(out, texts[n].records) != 0)
			fail_msg("text %zu gives %s", n, out);
	}
}

static int header(const char *text, const char *names)
{
	struct csv c;

	csv_begin(&c, text, strlen(text));
	return csv_header(&c, names);
}

static void test_header(void **state)
{
	(void)state;
	assert_int_equal(header("date,name\n", "date,name"), 0);
	assert_int_equal(header("# c\n\"date\" , name\r\n", "date,name"), 0);
	assert_int_equal(header("date\n", "date"), 0);
	assert_int_equal(header("date\n", "date,name"), ERR_PARSE);
	assert_int_equal(header("date,name,more\n", "date,name"), ERR_PARSE);
	assert_int_equal(header("name,date\n", "date,name"), ERR_PARSE);
	assert_int_equal(header("dates,name\n", "date,name"), ERR_PARSE);
	assert_int_equal(header("", "date"), ERR_PARSE);
}

static void test_copy_cuts_nothing(void **state)
{
	struct csv_field f = { "ab\"\"c", 5, true };
	char buf[8] = "kept";

	(void)state;
	assert_int_equal(csv_copy(&f, buf, 4), ERR_RANGE);
	assert_string_equal(buf, "kept");
	assert_int_equal(csv_copy(&f, buf, 5), 0);
	assert_string_equal(buf, "ab\"c");
	assert_false(csv_is(&(struct csv_field){ "abc", 2, false }, "abc"));
	assert_true(csv_is(&(struct csv_field){ "abc", 2, false }, "ab"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_copy_cuts_nothing),
	};

	return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
