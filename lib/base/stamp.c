#include "lib/base/stamp.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

/* Days from civil, after Howard Hinnant's public-domain algorithm: years start in March so that the leap day is last. */
date_t date_from_civil(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int yoe = y - era * 400;
	int doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

struct civil date_to_civil(date_t date)
{
	int z = date + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (5 * doy + 2) / 153;
	int month = mp < 10 ? mp + 3 : mp - 9;

	return (struct civil){ yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1 };
}

enum weekday date_weekday(date_t date)
{
	return (enum weekday)(((date + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* Split before the offset is added, so that STAMP_NEVER does not overflow. */
static nanos_t split_utc(nanos_t stamp, date_t *ret_day)
{
	nanos_t rest = stamp % NANOS_DAY;

	*ret_day = (date_t)num_div_floor(stamp, NANOS_DAY);
	return (rest < 0 ? rest + NANOS_DAY : rest) + STAMP_IST_OFFSET;
}

date_t stamp_date(nanos_t stamp)
{
	date_t day;
	nanos_t rest = split_utc(stamp, &day);

	return day + (rest >= NANOS_DAY);
}

nanos_t stamp_time_of_day(nanos_t stamp)
{
	date_t day;

	return split_utc(stamp, &day) % NANOS_DAY;
}

nanos_t stamp_at(date_t date, nanos_t time_of_day)
{
	return (nanos_t)date * NANOS_DAY + time_of_day - STAMP_IST_OFFSET;
}

/* -- reading ------------------------------------------------------------------------------------------------- */

struct reader { const char *at, *end; bool ok; };

static int read_digits(struct reader *r, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (r->at == r->end || *r->at < '0' || *r->at > '9') {
			r->ok = false;
			return 0;
		}
		value = value * 10 + (*r->at++ - '0');
	}
	return value;
}

static void read_char(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		r->ok = false;
	else
		r->at++;
}

static bool civil_valid(int year, int month, int day)
{
	struct civil back;

	if (year < 1900 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	back = date_to_civil(date_from_civil(year, month, day));
	return back.month == month && back.day == day;
}

static int read_date(struct reader *r, date_t *ret)
{
	int year = read_digits(r, 4);
	read_char(r, '-');
	int month = read_digits(r, 2);
	read_char(r, '-');
	int day = read_digits(r, 2);

	if (!r->ok)
		return ERR_PARSE;
	if (!civil_valid(year, month, day))
		return ERR_RANGE;
	*ret = date_from_civil(year, month, day);
	return ERR_OK;
}

static nanos_t read_fraction(struct reader *r)
{
	nanos_t unit = NANOS_SECOND / 10, value = 0;
	const char *point = r->at;

	for (r->at++; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		if (unit == 0)
			r->ok = false;
		value += (*r->at - '0') * unit;
		unit /= 10;
	}
	if (r->at == point + 1)
		r->ok = false;
	return value;
}

static int read_time(struct reader *r, bool seconds_optional, nanos_t *ret)
{
	int hour = read_digits(r, 2);
	read_char(r, ':');
	int minute = read_digits(r, 2), second = 0;
	nanos_t fraction = 0;

	if (!seconds_optional || (r->at < r->end && *r->at == ':')) {
		read_char(r, ':');
		second = read_digits(r, 2);
		if (r->at < r->end && *r->at == '.')
			fraction = read_fraction(r);
	}
	if (!r->ok)
		return ERR_PARSE;
	if (hour > 23 || minute > 59 || second > 59)
		return ERR_RANGE;
	*ret = hour * NANOS_HOUR + minute * NANOS_MINUTE + second * NANOS_SECOND + fraction;
	return ERR_OK;
}

static int read_offset(struct reader *r, nanos_t *ret)
{
	if (r->at < r->end && *r->at == 'Z') {
		r->at++;
		*ret = 0;
		return ERR_OK;
	}
	bool negative = r->at < r->end && *r->at == '-';
	if (!negative)
		read_char(r, '+');
	else
		r->at++;
	int hour = read_digits(r, 2);
	read_char(r, ':');
	int minute = read_digits(r, 2);
	if (!r->ok)
		return ERR_PARSE;
	if (hour > 14 || minute > 59)
		return ERR_RANGE;
	*ret = hour * NANOS_HOUR + minute * NANOS_MINUTE;
	*ret = negative ? -*ret : *ret;
	return ERR_OK;
}

int date_parse(const char *text, size_t len, date_t *ret)
{
	struct reader r = { text, text + len, true };
	date_t date;
	int err = read_date(&r, &date);

	if (err == ERR_OK && r.at != r.end)
		err = ERR_PARSE;
	if (err == ERR_OK)
		*ret = date;
	return err;
}

int time_of_day_parse(const char *text, size_t len, nanos_t *ret)
{
	struct reader r = { text, text + len, true };
	nanos_t time_of_day;
	int err = read_time(&r, true, &time_of_day);

	if (err == ERR_OK && r.at != r.end)
		err = ERR_PARSE;
	if (err == ERR_OK)
		*ret = time_of_day;
	return err;
}

int stamp_parse(const char *text, size_t len, nanos_t *ret)
{
	struct reader r = { text, text + len, true };
	date_t date;
	nanos_t time_of_day, offset;
	int err = read_date(&r, &date);

	if (err != ERR_OK)
		return err;
	if (r.at < r.end && *r.at == ' ')
		r.at++;
	else
		read_char(&r, 'T');
	if ((err = read_time(&r, false, &time_of_day)) != ERR_OK)
		return err;
	if ((err = read_offset(&r, &offset)) != ERR_OK)
		return err;
	if (!r.ok || r.at != r.end)
		return ERR_PARSE;
	*ret = (nanos_t)date * NANOS_DAY + time_of_day - offset;
	return ERR_OK;
}

/* -- writing ------------------------------------------------------------------------------------------------- */

static char *put_digits(char *at, int value, int width)
{
	for (int i = width - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + width;
}

static char *put_part(char *at, char before, int value, int width)
{
	*at++ = before;
	return put_digits(at, value, width);
}

/* No printf: an answer of the engine holds a dozen stamps. */
static char *put_date(char *at, struct civil c)
{
	at = put_digits(at, c.year, 4);
	at = put_part(at, '-', c.month, 2);
	return put_part(at, '-', c.day, 2);
}

size_t date_format(date_t date, char *buf)
{
	struct civil c = date_to_civil(date);

	if (c.year < 0 || c.year > 9999)
		return (size_t)snprintf(buf, STAMP_TEXT, "%04d-%02d-%02d", c.year, c.month, c.day);
	*put_date(buf, c) = '\0';
	return 10;
}

size_t time_of_day_format(nanos_t time_of_day, char *buf)
{
	int second = (int)(time_of_day / NANOS_SECOND);

	return (size_t)snprintf(buf, STAMP_TEXT, "%02d:%02d:%02d", second / 3600, second / 60 % 60, second % 60);
}

/* Whole nanoseconds in 64 bits end in the year 2262, so a year has four digits. */
size_t stamp_format(nanos_t stamp, char *buf)
{
	int ms = (int)(stamp_time_of_day(stamp) / NANOS_MS);
	char *at = put_date(buf, date_to_civil(stamp_date(stamp)));

	at = put_part(at, 'T', ms / 3600000, 2);
	at = put_part(at, ':', ms / 60000 % 60, 2);
	at = put_part(at, ':', ms / 1000 % 60, 2);
	at = put_part(at, '.', ms % 1000, 3);
	memcpy(at, "+05:30", sizeof("+05:30"));
	return (size_t)(at - buf) + sizeof("+05:30") - 1;
}
