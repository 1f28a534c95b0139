#include "tests/neosim/form.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "tests/neosim/clock.h"

const char *const month_names[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *decode(const char *from, size_t len)
{
	char *ret = malloc(len + 1), *to = ret;
	size_t i;

	assert(ret);
	for (i = 0; i < len; i++) {
		int c = from[i] == '+' ? ' ' : (unsigned char)from[i];

		if (from[i] == '%') {
			c = i + 2 < len && hex(from[i + 1]) >= 0 && hex(from[i + 2]) >= 0 ? hex(from[i + 1]) * 16 + hex(from[i + 2]) : 0;
			i += 2;
		}
		if (c == 0) {
			free(ret);
			return NULL;
		}
		*to++ = (char)c;
	}
	*to = 0;
	return ret;
}

char *form_field(const char *form, size_t len, const char *name)
{
	const char *end = form + len, *at, *stop;
	size_t n = strlen(name);

	for (at = form; at < end; at = stop + 1) {
		stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		if ((size_t)(stop - at) > n && memcmp(at, name, n) == 0 && at[n] == '=')
			return decode(at + n + 1, (size_t)(stop - at) - n - 1);
	}
	return NULL;
}

char *query_field(const char *query, const char *name)
{
	return form_field(query, strlen(query), name);
}

bool decimal_parse(const char *text, int decimals, int64_t *ret)
{
	int64_t value = 0;
	int after = -1;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; *text; text++) {
		if (*text == '.' && after < 0) {
			after = 0;
		} else if (!isdigit((unsigned char)*text) || value > INT64_C(10000000000000)) {
			return false;
		} else if (after >= decimals) {
			if (*text != '0')
				return false;
		} else {
			value = value * 10 + (*text - '0');
			after += after >= 0;
		}
	}
	for (after = after < 0 ? 0 : after; after < decimals; after++)
		value *= 10;
	*ret = value;
	return true;
}

bool whole_parse(const char *text, int64_t *ret)
{
	return !strchr(text, '.') && decimal_parse(text, 0, ret);
}

bool day_parse(const char *text, int32_t *ret)
{
	return date_parse(text, strlen(text), ret) == 0;
}

bool instant_parse(const char *text, int64_t *ret)
{
	return stamp_parse(text, strlen(text), ret) == 0;
}

struct sim_day day_split(int64_t at)
{
	struct civil c = date_to_civil(sim_date(at));
	int64_t s = sim_time_of_day(at) / NANOS_SECOND;

	return (struct sim_day){c.year, c.month, c.day, (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60)};
}
