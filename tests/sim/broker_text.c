#include "tests/sim/broker_text.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t text_unescape(const char *text, size_t len, char *ret, size_t cap, bool plus)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < cap; i++) {
		if (text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
			ret[n++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
			i += 2;
		} else {
			ret[n++] = plus && text[i] == '+' ? ' ' : text[i];
		}
	}
	ret[n] = '\0';
	return n;
}

struct cursor { const char *at, *end; };

static void skip(struct cursor *c)
{
	while (c->at < c->end && strchr(" \t\r\n", *c->at))
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	skip(c);
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool store(struct fields *f, char c)
{
	if (f->used == TEXT_STORE)
		return false;
	f->store[f->used++] = c;
	return true;
}

/* The escapes a client has reason to send; \u is none of them. */
static bool quoted(struct fields *f, struct cursor *c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	while (c->at < c->end && *c->at != '"') {
		char byte = *c->at++;
		const char *found = NULL;

		if (byte == '\\') {
			if (c->at == c->end || !(found = memchr(from, *c->at++, sizeof(from) - 1)))
				return false;
			byte = to[found - from];
		}
		if (!store(f, byte))
			return false;
	}
	return c->at++ < c->end && store(f, '\0');
}

static const char *text_here(struct fields *f, struct cursor *c)
{
	const char *start = f->store + f->used;

	return take(c, '"') && quoted(f, c) ? start : NULL;
}

static bool value_here(struct fields *f, struct cursor *c, const char **ret)
{
	const char *start = f->store + f->used;

	skip(c);
	if (c->at < c->end && *c->at == '"')
		return (*ret = text_here(f, c)) != NULL;
	while (c->at < c->end && (isalnum((unsigned char)*c->at) || (*c->at && strchr("+-.", *c->at))))
		if (!store(f, *c->at++))
			return false;
	if (start == f->store + f->used || !store(f, '\0'))
		return false;
	*ret = strcmp(start, "null") ? start : NULL;
	return true;
}

bool fields_of_json(struct fields *f, const char *text, size_t len)
{
	struct cursor c = { text, text + len };

	f->n = f->used = 0;
	if (!take(&c, '{'))
		return false;
	if (take(&c, '}'))
		return skip(&c), c.at == c.end;
	do {
		if (f->n == TEXT_FIELDS || !(f->field[f->n].key = text_here(f, &c)) || !take(&c, ':') || !value_here(f, &c, &f->field[f->n].value))
			return false;
		f->n++;
	} while (take(&c, ','));
	return take(&c, '}') && (skip(&c), c.at == c.end);
}

bool fields_of_form(struct fields *f, const char *body, size_t len)
{
	char plain[TEXT_STORE];

	if (len < 6 || memcmp(body, "jData=", 6))
		return false;
	size_t n = text_unescape(body + 6, len - 6, plain, sizeof(plain), true);

	return n + 1 < sizeof(plain) && fields_of_json(f, plain, n);
}

const char *fields_get(const struct fields *f, const char *key)
{
	for (size_t i = 0; i < f->n; i++)
		if (!strcmp(f->field[i].key, key))
			return f->field[i].value;
	return NULL;
}

bool text_count(const char *text, int64_t *ret)
{
	int64_t n = 0;
	size_t i = 0;

	for (; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 15)
			return false;
		n = n * 10 + (text[i] - '0');
	}
	if (!i)
		return false;
	*ret = n;
	return true;
}

bool text_paise(const char *text, int64_t *ret)
{
	int64_t paise = 0;
	int places = -1;
	size_t digits = 0;

	for (; *text; text++) {
		if (*text == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || ++digits > 14)
			return false;
		if (places >= 2 && *text != '0')
			return false;
		if (places < 2)
			paise = paise * 10 + (*text - '0');
		places += places >= 0;
	}
	for (int i = places < 0 ? 0 : places; i < 2; i++)
		paise *= 10;
	if (!digits)
		return false;
	*ret = paise;
	return true;
}

void text_copy(char *to, size_t cap, const char *from)
{
	size_t len = strlen(from);

	assert(len < cap);
	memmove(to, from, len + 1);
}

void text_put_paise(struct buf *b, int64_t paise)
{
	uint64_t size = paise < 0 ? -(uint64_t)paise : (uint64_t)paise;

	buf_printf(b, "%s%llu.%02u", paise < 0 ? "-" : "", (unsigned long long)(size / 100), (unsigned)(size % 100));
}

void text_put_json(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(b, '\\');
		if ((unsigned char)*text < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)*text);
		else
			buf_putc(b, *text);
	}
}

/* -- the calendar: Gregorian days in eras of 400 years, from 1 March ------------------------------------------------------------- */

struct ist text_date(int64_t date)
{
	int64_t z = date + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	struct ist t = { .date = date, .day = (int)(doy - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9), .weekday = (int)((date + 4) % 7) };

	assert(date >= 0);
	t.year = (int)(yoe + era * 400 + (t.month <= 2));
	return t;
}

int64_t text_date_of(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = y / 400, yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct ist text_ist(int64_t ns)
{
	int64_t ms = ns / 1000000 + 19800000, day = ms % 86400000;
	struct ist t = text_date(ms / 86400000);

	t.hour = (int)(day / 3600000);
	t.minute = (int)(day / 60000 % 60);
	t.second = (int)(day / 1000 % 60);
	t.milli = (int)(day % 1000);
	return t;
}

const char *text_month(int month)
{
	static const char names[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	assert(month >= 1 && month <= 12);
	return names[month - 1];
}

void text_put_time(struct buf *b, int64_t ns)
{
	struct ist t = text_ist(ns);

	buf_printf(b, "%02d-%s-%04d %02d:%02d:%02d", t.day, text_month(t.month), t.year, t.hour, t.minute, t.second);
}
