#include "lib/base/num.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

bool num_mul_div_wide(int64_t a, int64_t b, int64_t d, int64_t *ret)
{
	assert(d > 0);
	__int128 product = (__int128)a * b;
	__int128 half = d / 2;
	__int128 quotient = (product >= 0 ? product + half : product - half) / d;

	if (quotient > INT64_MAX || quotient < INT64_MIN)
		return false;
	*ret = (int64_t)quotient;
	return true;
}

/* -- text ---------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits into *value until a non-digit; false when it would pass NUM_DECIMAL_MAX. */
static bool take_digits(const char **at, const char *end, int64_t *value)
{
	for (; *at < end && is_digit(**at); (*at)++) {
		if (*value > NUM_DECIMAL_MAX / 10)
			return false;
		*value = *value * 10 + (**at - '0');
	}
	return true;
}

/* Up to four decimals scaled; *rest tells whether a non-zero digit was left and *round whether the fifth is >= 5. */
static void take_decimals(const char **at, const char *end, int64_t *value, bool *rest, bool *round)
{
	int64_t unit = NUM_SCALE / 10;

	for (int place = 0; *at < end && is_digit(**at); (*at)++, place++) {
		int digit = **at - '0';

		*value += digit * unit;
		unit /= 10;
		if (place == 4)
			*round = digit >= 5;
		if (place >= 4 && digit != 0)
			*rest = true;
	}
}

static int parse_decimal(const char *text, size_t len, bool rounded, int64_t *ret)
{
	const char *at = text, *end = text + len;
	bool negative = at < end && *at == '-', rest = false, round = false;
	int64_t value = 0, decimals = 0;

	if (at < end && (*at == '-' || *at == '+'))
		at++;
	const char *first = at;
	if (!take_digits(&at, end, &value) || value > NUM_DECIMAL_MAX / NUM_SCALE)
		return ERR_RANGE;
	size_t digits = (size_t)(at - first);
	if (at < end && *at == '.') {
		const char *point = at++;
		take_decimals(&at, end, &decimals, &rest, &round);
		digits += (size_t)(at - point) - 1;
	}
	if (digits == 0 || at != end)
		return ERR_PARSE;
	if (rest && !rounded)
		return ERR_RANGE;
	value = value * NUM_SCALE + decimals + (round ? 1 : 0);
	if (value > NUM_DECIMAL_MAX)
		return ERR_RANGE;
	*ret = negative ? -value : value;
	return ERR_OK;
}

int num_parse(const char *text, size_t len, int64_t *ret)
{
	return parse_decimal(text, len, false, ret);
}

int num_parse_rounded(const char *text, size_t len, int64_t *ret)
{
	return parse_decimal(text, len, true, ret);
}

int num_parse_int(const char *text, size_t len, int64_t min, int64_t max, int64_t *ret)
{
	const char *at = text, *end = text + len;
	bool negative = at < end && *at == '-';
	int64_t number = 0;

	at += negative;
	if (at == end)
		return ERR_PARSE;
	/* Counted downwards: the negative side of int64 is the longer one. */
	for (; at < end; at++) {
		if (!is_digit(*at))
			return ERR_PARSE;
		if (!num_mul(number, 10, &number) || !num_sub(number, *at - '0', &number))
			return ERR_RANGE;
	}
	if (!negative && !num_sub(0, number, &number))
		return ERR_RANGE;
	if (number < min || number > max)
		return ERR_RANGE;
	*ret = number;
	return ERR_OK;
}

/* Written from the last digit on, then moved to the front of buf. */
static size_t format_known(int64_t value, char *buf)
{
	uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
	uint64_t whole = left / NUM_SCALE;
	unsigned part = (unsigned)(left % NUM_SCALE), places = part % 100 == 0 ? 2 : part % 10 == 0 ? 3 : 4;
	char text[NUM_TEXT], *end = text + sizeof(text), *at = end;

	for (part /= places == 2 ? 100 : places == 3 ? 10 : 1; places > 0; places--, part /= 10)
		*--at = (char)('0' + part % 10);
	*--at = '.';
	do {
		*--at = (char)('0' + whole % 10);
	} while (whole /= 10);
	if (value < 0)
		*--at = '-';
	memcpy(buf, at, (size_t)(end - at));
	buf[end - at] = '\0';
	return (size_t)(end - at);
}

size_t num_format(int64_t value, char *buf)
{
	if (value != NUM_UNKNOWN)
		return format_known(value, buf);
	memcpy(buf, "null", 5);
	return 4;
}
