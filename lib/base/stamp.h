/* Time as data: UTC nanoseconds since 1970, and India's calendar. No clock is read here. India has had no daylight
 * saving since 1945, so IST is UTC + 5:30 for every date this engine meets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t nanos_t; /* UTC nanoseconds since the epoch, or a length in nanoseconds */
typedef int32_t date_t;  /* days since 1970-01-01 of the Indian calendar day; 0 = none */

#define NANOS_US     INT64_C(1000)
#define NANOS_MS     INT64_C(1000000)
#define NANOS_SECOND INT64_C(1000000000)
#define NANOS_MINUTE (60 * NANOS_SECOND)
#define NANOS_HOUR   (60 * NANOS_MINUTE)
#define NANOS_DAY    (24 * NANOS_HOUR)
#define STAMP_IST_OFFSET (5 * NANOS_HOUR + 30 * NANOS_MINUTE)
#define STAMP_NEVER INT64_MAX

enum weekday { WEEKDAY_MON, WEEKDAY_TUE, WEEKDAY_WED, WEEKDAY_THU, WEEKDAY_FRI, WEEKDAY_SAT, WEEKDAY_SUN };

struct civil { int year, month, day; }; /* month 1-12, day 1-31 */

date_t date_from_civil(int year, int month, int day); /* no range check; proleptic Gregorian */
struct civil date_to_civil(date_t date);
enum weekday date_weekday(date_t date);

/* Indian calendar day of an instant, and nanoseconds since Indian midnight. */
date_t stamp_date(nanos_t stamp);
nanos_t stamp_time_of_day(nanos_t stamp);
nanos_t stamp_at(date_t date, nanos_t time_of_day);
#define TIME_OF_DAY(h, m) ((h) * NANOS_HOUR + (m) * NANOS_MINUTE)

/* "2026-11-23" -> date. Rejects impossible days. ERR_PARSE, ERR_RANGE. */
int date_parse(const char *text, size_t len, date_t *ret);

/* "09:15" or "09:15:30" -> time of day. ERR_PARSE, ERR_RANGE. */
int time_of_day_parse(const char *text, size_t len, nanos_t *ret);

/* Has one span a day of the other? A `to` of 0 has no end. */
static inline bool dates_meet(date_t a_from, date_t a_to, date_t b_from, date_t b_to)
{
	return (a_to == 0 || b_from <= a_to) && (b_to == 0 || a_from <= b_to);
}

/* ISO 8601 with an offset or Z: "2023-04-10T09:15:00+05:30", "2025-12-15T09:32:48.948+05:30". Up to nine decimals.
 * A stamp with no offset is refused: it would be a guess. */
int stamp_parse(const char *text, size_t len, nanos_t *ret);

/* IST text: "2026-11-23T09:15:00.000+05:30" (ms), "2026-11-23", "09:15:00". Each returns its length;
 * buf holds STAMP_TEXT bytes. */
#define STAMP_TEXT 40
size_t stamp_format(nanos_t stamp, char *buf);
size_t date_format(date_t date, char *buf);
size_t time_of_day_format(nanos_t time_of_day, char *buf);
