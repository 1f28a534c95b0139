#include "lib/kotak/master_number.h"

#include "lib/base/num.h"

#define DIGITS_MAX 17
#define G_DIGITS 6 /* what %g prints */

struct decimal { int64_t digits; int places, count; bool exponent; }; /* digits / 10^places */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *take_digits(const char *at, const char *end, struct decimal *d)
{
	for (; at < end && is_digit(*at) && d->count < DIGITS_MAX; at++) {
		d->digits = d->digits * 10 + (*at - '0');
		d->count += d->digits != 0;
	}
	return at;
}

/* "e+06": two or three digits and a sign. */
static const char *take_exponent(const char *at, const char *end, struct decimal *d)
{
	bool negative = at + 1 < end && at[1] == '-';
	int power = 0;

	at += 1 + (at + 1 < end && (at[1] == '-' || at[1] == '+'));
	if (at == end || end - at > 3)
		return NULL;
	for (; at < end && is_digit(*at); at++)
		power = power * 10 + (*at - '0');
	d->places -= negative ? -power : power;
	d->exponent = true;
	return at;
}

static bool take_decimal(const char *at, const char *end, struct decimal *d)
{
	const char *first = at;

	at = take_digits(at, end, d);
	bool any = at > first;
	if (at < end && *at == '.') {
		first = ++at;
		at = take_digits(at, end, d);
		d->places = (int)(at - first);
		any |= at > first;
	}
	if (any && at < end && (*at == 'e' || *at == 'E'))
		at = take_exponent(at, end, d);
	return any && at == end;
}

/* value * 10^-places; false when something is left over or it does not fit. */
static bool shift(int64_t value, int places, int64_t *ret)
{
	if (value == 0) {
		*ret = 0;
		return true;
	}
	for (; places > 0; places--, value /= 10)
		if (value % 10 != 0)
			return false;
	for (; places < 0; places++)
		if (!num_mul(value, 10, &value))
			return false;
	*ret = value;
	return true;
}

bool master_number_slowly(const char *text, size_t len, int64_t scale, int64_t *ret, int64_t *ret_slack)
{
	bool negative = len > 0 && text[0] == '-';
	struct decimal d = { 0 };
	int64_t value, slack = 0;

	if (!take_decimal(text + negative, text + len, &d) || !num_mul(d.digits, scale, &value) || !shift(value, d.places, &value))
		return false;
	if (d.exponent && d.count >= G_DIGITS && d.places < 0) /* a digit may be lost: half of the last one's worth */
		shift(5 * scale, d.places + 1, &slack);
	*ret = negative ? -value : value;
	*ret_slack = slack;
	return true;
}
