#include "lib/base/json.h"

#include <math.h>
#include <string.h>

#include "lib/base/num.h"

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

/* Length of the valid UTF-8 sequence at s, 0 when it is not one (overlong, surrogate, cut, above U+10FFFF). */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 :
	           s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return n;
}

static void put_escaped(struct buf *out, unsigned char c)
{
	if (c == '"' || c == '\\')
		buf_printf(out, "\\%c", c);
	else if (c == '\n')
		buf_puts(out, "\\n");
	else if (c == '\t')
		buf_puts(out, "\\t");
	else if (c < 0x20 || c == 0x7F)
		buf_printf(out, "\\u%04x", c);
	else
		buf_putc(out, (char)c);
}

static size_t plain_len(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7F && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void put_string(struct buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	buf_putc(out, '"');
	while (*s) {
		size_t plain = plain_len(s), n = plain ? plain : utf8_len(s);

		if (n == 1 && !plain)
			put_escaped(out, *s);
		else if (n > 0)
			buf_put(out, s, n);
		else
			buf_puts(out, "\xEF\xBF\xBD");
		s += n ? n : 1;
	}
	buf_putc(out, '"');
}

static void put_digits(struct buf *out, uint64_t value)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
	} while (value /= 10);
	buf_put(out, text + at, sizeof(text) - at);
}

static void lead(struct json *j, const char *key)
{
	if (j->comma)
		buf_putc(j->out, ',');
	j->comma = true;
	if (key) {
		put_string(j->out, key);
		buf_putc(j->out, ':');
	}
}

static void open_with(struct json *j, const char *key, char bracket)
{
	lead(j, key);
	buf_putc(j->out, bracket);
	j->comma = false;
}

static void close_with(struct json *j, char bracket)
{
	buf_putc(j->out, bracket);
	j->comma = true;
}

void json_object(struct json *j, const char *key) { open_with(j, key, '{'); }
void json_object_end(struct json *j) { close_with(j, '}'); }
void json_array(struct json *j, const char *key) { open_with(j, key, '['); }
void json_array_end(struct json *j) { close_with(j, ']'); }

void json_raw(struct json *j, const char *key, const char *text)
{
	lead(j, key);
	buf_puts(j->out, text);
}

void json_null(struct json *j, const char *key) { json_raw(j, key, "null"); }
void json_bool(struct json *j, const char *key, bool value) { json_raw(j, key, value ? "true" : "false"); }

void json_str(struct json *j, const char *key, const char *value)
{
	if (!value) {
		json_null(j, key);
		return;
	}
	lead(j, key);
	put_string(j->out, value);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	if (value < 0)
		buf_putc(j->out, '-');
	put_digits(j->out, value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	put_digits(j->out, value);
}

void json_decimal(struct json *j, const char *key, int64_t value)
{
	char text[NUM_TEXT];

	num_format(value, text);
	json_raw(j, key, text);
}

void json_ratio(struct json *j, const char *key, double value, int places)
{
	if (!isfinite(value)) {
		json_null(j, key);
		return;
	}
	lead(j, key);
	buf_printf(j->out, "%.*f", places, value);
}

void json_stamp(struct json *j, const char *key, nanos_t stamp)
{
	char text[STAMP_TEXT];

	if (stamp == 0 || stamp == STAMP_NEVER) {
		json_null(j, key);
		return;
	}
	stamp_format(stamp, text);
	json_str(j, key, text);
}

void json_date(struct json *j, const char *key, date_t date)
{
	char text[STAMP_TEXT];

	if (date == 0) {
		json_null(j, key);
		return;
	}
	date_format(date, text);
	json_str(j, key, text);
}
