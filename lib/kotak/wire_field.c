/* One field of a row: Kotak prints a number as a number here and as text there, and "nothing" in four ways. */
#include "lib/kotak/wire.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"

#define EXACT_MAX 1e15 /* wire_parse() keeps longer integers as text */
#define YEAR_MIN  1970
#define YEAR_MAX  2199 /* nanoseconds of later centuries do not fit */

enum presence { ABSENT, NOTHING, TEXT, NUMBER, OTHER };
struct field { enum presence is; const char *text; size_t len; double number; };

static struct field trimmed(const char *text)
{
	size_t len;

	text += strspn(text, " ");
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	bool nothing = len == 0 || (len == 2 && (memcmp(text, "--", 2) == 0 || strncasecmp(text, "NA", 2) == 0)) || (len == 1 && *text == '-');
	return (struct field){ nothing ? NOTHING : TEXT, text, len, 0 };
}

static struct field field_of(const cJSON *row, const char *key)
{
	const cJSON *item = cJSON_IsObject(row) ? cJSON_GetObjectItemCaseSensitive(row, key) : NULL;

	if (!item)
		return (struct field){ .is = ABSENT };
	if (cJSON_IsNull(item))
		return (struct field){ .is = NOTHING };
	if (cJSON_IsString(item))
		return trimmed(item->valuestring);
	if (cJSON_IsNumber(item) && isfinite(item->valuedouble))
		return (struct field){ .is = NUMBER, .number = item->valuedouble };
	return (struct field){ .is = OTHER };
}

static bool to_int(const struct field *f, int64_t *ret)
{
	int64_t whole;

	if (f->is == NUMBER) {
		if (fabs(f->number) > EXACT_MAX || f->number != (double)(int64_t)f->number)
			return false;
		*ret = (int64_t)f->number;
		return true;
	}
	if (f->is != TEXT)
		return false;
	if (num_parse_int(f->text, f->len, INT64_MIN + 1, INT64_MAX, ret) == ERR_OK)
		return true;
	if (num_parse(f->text, f->len, &whole) != ERR_OK || whole % NUM_SCALE != 0) /* "75.00" */
		return false;
	*ret = whole / NUM_SCALE;
	return true;
}

static bool to_decimal(const struct field *f, int64_t *ret)
{
	char text[64];

	if (f->is == TEXT)
		return num_parse_rounded(f->text, f->len, ret) == ERR_OK;
	if (f->is != NUMBER || fabs(f->number) > EXACT_MAX)
		return false;
	int len = snprintf(text, sizeof(text), "%.9f", f->number);
	return num_parse_rounded(text, (size_t)len, ret) == ERR_OK;
}

bool wire_text(const cJSON *row, const char *key, const char **ret)
{
	const cJSON *item = cJSON_IsObject(row) ? cJSON_GetObjectItemCaseSensitive(row, key) : NULL;

	if (!cJSON_IsString(item))
		return false;
	*ret = item->valuestring;
	return true;
}

bool wire_int(const cJSON *row, const char *key, int64_t *ret)
{
	struct field f = field_of(row, key);

	return to_int(&f, ret);
}

bool wire_decimal(const cJSON *row, const char *key, int64_t *ret)
{
	struct field f = field_of(row, key);

	return to_decimal(&f, ret);
}

bool wire_int_or(const cJSON *row, const char *key, int64_t otherwise, int64_t *ret)
{
	struct field f = field_of(row, key);

	if (f.is > NOTHING)
		return to_int(&f, ret);
	*ret = otherwise;
	return true;
}

bool wire_decimal_or(const cJSON *row, const char *key, int64_t otherwise, int64_t *ret)
{
	struct field f = field_of(row, key);

	if (f.is > NOTHING)
		return to_decimal(&f, ret);
	*ret = otherwise;
	return true;
}

/* -- times --------------------------------------------------------------------------------------------------------- */

/* `digits` digits, then the separator and any blanks after it. */
static bool take_part(const char **at, unsigned digits, char separator, int *ret)
{
	int value = 0;

	for (unsigned i = 0; i < digits; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	if (!separator)
		return true;
	if (**at != separator)
		return false;
	(*at)++;
	if (separator == ':')
		*at += strspn(*at, " ");
	return true;
}

static bool take_month(const char **at, int *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int m = 0; m < 12; m++) {
		if (strncasecmp(*at, months + (size_t)m * 3, 3) != 0)
			continue;
		*at += 3;
		*ret = m + 1;
		return *(*at)++ == '-';
	}
	return false;
}

static bool take_date(const char **at, date_t *ret)
{
	struct civil c = { 0 };
	bool year_first = strlen(*at) > 4 && (*at)[4] == '/';
	char text[16];

	if (year_first ? !take_part(at, 4, '/', &c.year) || !take_part(at, 2, '/', &c.month) || !take_part(at, 2, 0, &c.day)
	               : !take_part(at, 2, '-', &c.day) || !take_month(at, &c.month) || !take_part(at, 4, 0, &c.year))
		return false;
	if (c.year < YEAR_MIN || c.year > YEAR_MAX)
		return false;
	snprintf(text, sizeof(text), "%04u-%02u-%02u", (unsigned)c.year % 10000, (unsigned)c.month % 100, (unsigned)c.day % 100);
	return date_parse(text, strlen(text), ret) == ERR_OK;
}

bool wire_stamp(const char *text, nanos_t *ret)
{
	int hour = 0, minute = 0, second = 0;
	date_t date = 0;

	text += strspn(text, " ");
	if (!take_date(&text, &date) || *text != ' ')
		return false;
	text += strspn(text, " ");
	if (!take_part(&text, 2, ':', &hour) || !take_part(&text, 2, ':', &minute) || !take_part(&text, 2, 0, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 59 || text[strspn(text, " ")] != '\0')
		return false;
	*ret = stamp_at(date, hour * NANOS_HOUR + minute * NANOS_MINUTE + second * NANOS_SECOND);
	return true;
}
