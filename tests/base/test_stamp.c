#include "lib/base/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/err.h"

#define UNTOUCHED (-777)

static void test_civil_round_trip(void **state)
{
	struct civil before = date_to_civil(-200000);

	(void)state;
	for (date_t d = -199999; d <= 200000; d++) {
		struct civil c = date_to_civil(d);
		bool next_day = c.day == before.day + 1 && c.month == before.month && c.year == before.year;
		bool next_month = c.day == 1 && (c.month == before.month + 1 || (c.month == 1 && c.year == before.year + 1));

		if (!(next_day || next_month) || date_from_civil(c.year, c.month, c.day) != d)
			fail_msg("day %d is %d-%d-%d", (int)d, c.year, c.month, c.day);
		before = c;
	}
	assert_int_equal(date_from_civil(1970, 1, 1), 0);
	assert_int_equal(date_from_civil(2000, 2, 29) + 1, date_from_civil(2000, 3, 1));
}

static void test_weekday(void **state)
{
	(void)state;
	assert_int_equal(date_weekday(0), WEEKDAY_THU);
	assert_int_equal(date_weekday(-1), WEEKDAY_WED);
	assert_int_equal(date_weekday(-4), WEEKDAY_SUN);
	assert_int_equal(date_weekday(date_from_civil(2026, 11, 23)), WEEKDAY_MON);
	assert_int_equal(date_weekday(date_from_civil(2026, 2, 1)), WEEKDAY_SUN);
}

/* India's midnight is 18:30 UTC of the day before. */
static void test_indian_day(void **state)
{
	date_t d = date_from_civil(2026, 11, 23);
	nanos_t midnight = (nanos_t)d * NANOS_DAY - STAMP_IST_OFFSET;

	(void)state;
	assert_int_equal(stamp_date(midnight), d);
	assert_int_equal(stamp_date(midnight - 1), d - 1);
	assert_int_equal(stamp_time_of_day(midnight), 0);
	assert_int_equal(stamp_time_of_day(midnight - 1), NANOS_DAY - 1);
	assert_int_equal(stamp_at(d, TIME_OF_DAY(9, 15)), midnight + TIME_OF_DAY(9, 15));
	assert_int_equal(stamp_date(-STAMP_IST_OFFSET - 1), -1);
	assert_int_equal(stamp_date(STAMP_NEVER), 106751 + 1);
	assert_in_range(stamp_time_of_day(STAMP_NEVER), 0, NANOS_DAY - 1);
	assert_in_range(stamp_time_of_day(INT64_MIN), 0, NANOS_DAY - 1);
}

static const struct { const char *text; int err; int year, month, day; } dates[] = {
	{ "2026-11-23", 0, 2026, 11, 23 }, { "2024-02-29", 0, 2024, 2, 29 }, { "2023-02-29", ERR_RANGE, 0, 0, 0 },
	{ "1900-02-29", ERR_RANGE, 0, 0, 0 }, { "2026-00-01", ERR_RANGE, 0, 0, 0 }, { "2026-13-01", ERR_RANGE, 0, 0, 0 },
	{ "2026-04-31", ERR_RANGE, 0, 0, 0 }, { "2026-04-00", ERR_RANGE, 0, 0, 0 }, { "1899-12-31", ERR_RANGE, 0, 0, 0 },
	{ "2026-1-1", ERR_PARSE, 0, 0, 0 }, { "2026/11/23", ERR_PARSE, 0, 0, 0 }, { "2026-11-23 ", ERR_PARSE, 0, 0, 0 },
	{ "", ERR_PARSE, 0, 0, 0 }, { "23-11-2026", ERR_PARSE, 0, 0, 0 },
};

static void test_date_parse(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(dates) / sizeof(dates[0]); n++) {
		date_t d = UNTOUCHED;
		int err = date_parse(dates[n].text, strlen(dates[n].text), &d);

		assert_int_equal(err, dates[n].err);
		assert_int_equal(d, err ? UNTOUCHED : date_from_civil(dates[n].year, dates[n].month, dates[n].day));
	}
}

static const struct { const char *text; int err; nanos_t value; } times[] = {
	{ "09:15", 0, TIME_OF_DAY(9, 15) }, { "09:15:30", 0, TIME_OF_DAY(9, 15) + 30 * NANOS_SECOND },
	{ "00:00", 0, 0 }, { "23:59:59.999999999", 0, NANOS_DAY - 1 }, { "24:00", ERR_RANGE, 0 }, { "09:60", ERR_RANGE, 0 },
	{ "09:15:60", ERR_RANGE, 0 }, { "9:15", ERR_PARSE, 0 }, { "09:15:", ERR_PARSE, 0 }, { "0915", ERR_PARSE, 0 },
	{ "09:15x", ERR_PARSE, 0 }, { "09:15:30.", ERR_PARSE, 0 }, { "09:15:30.1234567890", ERR_PARSE, 0 }, { "", ERR_PARSE, 0 },
};

static void test_time_parse(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(times) / sizeof(times[0]); n++) {
		nanos_t t = UNTOUCHED;
		int err = time_of_day_parse(times[n].text, strlen(times[n].text), &t);

		if (err != times[n].err || t != (err ? UNTOUCHED : times[n].value))
			fail_msg("\"%s\": %d, %lld", times[n].text, err, (long long)t);
	}
}

static const struct { const char *text; int err; nanos_t value; } stamps[] = {
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "1970-01-01T05:30:00+05:30", 0, 0 },
	{ "1970-01-01 05:30:00+05:30", 0, 0 },
	{ "1969-12-31T19:00:00-05:00", 0, 0 },
	{ "2023-04-10T09:15:00+05:30", 0, INT64_C(1681098300000000000) },
	{ "2025-12-15T09:32:48.948+05:30", 0, INT64_C(1765771368948000000) },
	{ "2025-12-15T09:32:48.000000001Z", 0, INT64_C(1765791168000000001) },
	{ "2023-04-10T09:15:00", ERR_PARSE, 0 },
	{ "2023-04-10T09:15+05:30", ERR_PARSE, 0 },
	{ "2023-04-10T09:15:00.+05:30", ERR_PARSE, 0 },
	{ "2023-04-10T09:15:00+0530", ERR_PARSE, 0 },
	{ "2023-04-10T09:15:00+05:30 ", ERR_PARSE, 0 },
	{ "2023-04-10T09:15:00+15:00", ERR_RANGE, 0 },
	{ "2023-04-10T09:15:00+05:60", ERR_RANGE, 0 },
	{ "2023-04-31T09:15:00Z", ERR_RANGE, 0 },
	{ "2023-04-10x09:15:00Z", ERR_PARSE, 0 },
	{ "2023-04-10", ERR_PARSE, 0 },
};

static void test_stamp_parse(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(stamps) / sizeof(stamps[0]); n++) {
		nanos_t t = UNTOUCHED;
		int err = stamp_parse(stamps[n].text, strlen(stamps[n].text), &t);

		if (err != stamps[n].err || t != (err ? UNTOUCHED : stamps[n].value))
			fail_msg("\"%s\": %d, %lld", stamps[n].text, err, (long long)t);
	}
}

static void test_format(void **state)
{
	char buf[STAMP_TEXT];

	(void)state;
	assert_int_equal(stamp_format(INT64_C(1681098300007999999), buf), 29);
	assert_string_equal(buf, "2023-04-10T09:15:00.007+05:30");
	stamp_format(INT64_C(-1), buf);
	assert_string_equal(buf, "1970-01-01T05:29:59.999+05:30");
	date_format(date_from_civil(2026, 1, 2), buf);
	assert_string_equal(buf, "2026-01-02");
	assert_int_equal(time_of_day_format(TIME_OF_DAY(9, 5) + 7 * NANOS_SECOND, buf), 8);
	assert_string_equal(buf, "09:05:07");
	assert_int_equal(stamp_format(STAMP_NEVER, buf), 29);
	assert_string_equal(buf, "2262-04-12T05:17:16.854+05:30");
	stamp_format(INT64_MIN, buf);
	assert_string_equal(buf, "1677-09-21T05:42:43.145+05:30");
}

/* Every field takes each of its digits; the years that a stamp never has still fit. */
static void test_format_as_printf_does(void **state)
{
	char buf[STAMP_TEXT], expected[STAMP_TEXT];

	(void)state;
	for (nanos_t stamp = -400 * NANOS_DAY; stamp < 40000 * NANOS_DAY; stamp += 9 * NANOS_DAY + 12345678912345) {
		struct civil c = date_to_civil(stamp_date(stamp));
		int ms = (int)(stamp_time_of_day(stamp) / NANOS_MS);

		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03d+05:30", c.year, c.month, c.day,
		         ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
		assert_int_equal(stamp_format(stamp, buf), strlen(expected));
		assert_string_equal(buf, expected);
		assert_int_equal(date_format(stamp_date(stamp), buf), 10);
		assert_memory_equal(buf, expected, 10);
	}
	date_format(date_from_civil(9999, 12, 31) + 1, buf);
	assert_string_equal(buf, "10000-01-01");
	date_format(date_from_civil(0, 1, 1) - 1, buf);
	assert_string_equal(buf, "-001-12-31");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_civil_round_trip),
		cmocka_unit_test(test_weekday),
		cmocka_unit_test(test_indian_day),
		cmocka_unit_test(test_date_parse),
		cmocka_unit_test(test_time_parse),
		cmocka_unit_test(test_stamp_parse),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_as_printf_does),
	};

	return cmocka_run_group_tests_name("stamp", tests, NULL, NULL);
}
