#include "lib/feed/fields.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/feed/symbol.h"

bool fields_split(struct fields *f, const char *text, size_t len)
{
	const char *at = text, *end = text + len;

	f->count = 0;
	f->reason = NULL;
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		if (f->count == FIELDS_MAX)
			return false;
		f->field[f->count++] = (struct field){ at, (uint32_t)(stop - at) };
		if (comma == NULL)
			return true;
		at = comma + 1;
	}
}

static void wrong(struct fields *f, const char *reason)
{
	if (f->reason == NULL)
		f->reason = reason;
}

struct field fields_text(struct fields *f, int column)
{
	if (column == FIELD_ABSENT)
		return (struct field){ "", 0 };
	return f->field[column];
}

bool field_is(struct field f, const char *text)
{
	return strlen(text) == f.len && memcmp(f.text, text, f.len) == 0;
}

/* -- time ------------------------------------------------------------------------------------------------------------ */

static int pair(const char *text)
{
	unsigned tens = (unsigned)text[0] - '0', ones = (unsigned)text[1] - '0';

	return tens > 9 || ones > 9 ? 100 : (int)(tens * 10 + ones);
}

/* "…T09:15:00+05:30" on the date read last: the form of nearly every row. */
static bool stamp_quick(const struct fields *f, struct field t, nanos_t *ret)
{
	if (t.len != 25 || memcmp(t.text, f->day_text, 10) != 0 || t.text[10] != 'T' || t.text[13] != ':' || t.text[16] != ':' ||
	    memcmp(t.text + 19, "+05:30", 6) != 0)
		return false;
	int hour = pair(t.text + 11), minute = pair(t.text + 14), second = pair(t.text + 17);
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret = f->day_start + (hour * 3600 + minute * 60 + second) * NANOS_SECOND - STAMP_IST_OFFSET;
	return true;
}

/* 1900-2199: nanoseconds since 1970 end in 2262. */
static bool year_plausible(struct field t)
{
	return t.len > 2 && (memcmp(t.text, "20", 2) == 0 || memcmp(t.text, "19", 2) == 0 || memcmp(t.text, "21", 2) == 0);
}

nanos_t fields_stamp(struct fields *f, int column)
{
	struct field t = fields_text(f, column);
	nanos_t stamp = 0;
	date_t day;

	if (stamp_quick(f, t, &stamp))
		return stamp;
	if (!year_plausible(t) || stamp_parse(t.text, t.len, &stamp) != ERR_OK) {
		wrong(f, "the time is not like 2023-04-10T09:15:00+05:30");
		return 0;
	}
	if (date_parse(t.text, 10, &day) == ERR_OK) {
		memcpy(f->day_text, t.text, 10);
		f->day_start = (nanos_t)day * NANOS_DAY;
	}
	return stamp;
}

date_t fields_date(struct fields *f, int column)
{
	struct field t = fields_text(f, column);
	date_t date = 0;

	if (date_parse(t.text, t.len, &date) != ERR_OK)
		wrong(f, "the expiry is not a date like 2023-04-13");
	return date;
}

/* -- numbers --------------------------------------------------------------------------------------------------------- */

/* At most 9 digits and 4 decimals; anything else is left to num_parse_rounded(). */
static bool decimal_quick(struct field t, int64_t *ret)
{
	static const int64_t scale[] = { 10000, 1000, 100, 10, 1 };
	int64_t value = 0;
	uint32_t i = 0, decimals = 0;

	for (; i < t.len && t.text[i] != '.'; i++) {
		unsigned digit = (unsigned)t.text[i] - '0';
		if (digit > 9 || i == 9)
			return false;
		value = value * 10 + digit;
	}
	if (i == 0)
		return false;
	for (i += i < t.len; i < t.len; i++, decimals++) {
		unsigned digit = (unsigned)t.text[i] - '0';
		if (digit > 9 || decimals == 4)
			return false;
		value = value * 10 + digit;
	}
	*ret = value * scale[decimals];
	return true;
}

static int64_t take_decimal(struct fields *f, struct field t)
{
	int64_t value = 0;

	if (!decimal_quick(t, &value) && num_parse_rounded(t.text, t.len, &value) != ERR_OK)
		wrong(f, "a field is not a number");
	return value;
}

uint32_t fields_price(struct fields *f, int column)
{
	int64_t value = take_decimal(f, fields_text(f, column));

	if (value <= 0)
		wrong(f, "a price is zero or negative");
	else if (value > UINT32_MAX)
		wrong(f, "a price is above 429,496 rupees");
	return (uint32_t)value;
}

uint32_t fields_price_or_none(struct fields *f, int column)
{
	struct field t = fields_text(f, column);
	int64_t value = t.len > 0 ? take_decimal(f, t) : 0;

	if (value < 0)
		wrong(f, "a price is negative");
	else if (value > UINT32_MAX)
		wrong(f, "a price is above 429,496 rupees");
	return (uint32_t)value;
}

price_t fields_strike(struct fields *f, int column)
{
	price_t strike = take_decimal(f, fields_text(f, column));

	if (strike <= 0)
		wrong(f, "the strike is zero or negative");
	else if (strike > SYMBOL_STRIKE_MAX)
		wrong(f, "the strike is above 10,000,000 rupees");
	return strike;
}

int64_t fields_count(struct fields *f, int column)
{
	struct field t = fields_text(f, column);
	int64_t value = 0;

	if (t.len == 0)
		return 0;
	if (num_parse_int(t.text, t.len, INT64_MIN, INT64_MAX, &value) != ERR_OK) {
		value = take_decimal(f, t);
		if (value % NUM_SCALE != 0)
			wrong(f, "a quantity is not a whole number");
		value /= NUM_SCALE;
	}
	if (value < 0)
		wrong(f, "a quantity is negative");
	return value;
}

uint32_t fields_count32(struct fields *f, int column)
{
	int64_t value = fields_count(f, column);

	if (value > UINT32_MAX)
		wrong(f, "a quantity is above 4,294,967,295");
	return (uint32_t)value;
}
