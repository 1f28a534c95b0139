#include "lib/base/json.h"

#include <math.h>
#include <string.h>

#include "lib/base/num.h"

void json_begin(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

size_t utf8_len(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 :
	           s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;

	if (n > left)
		return 0;
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

#define EACH_BYTE (UINT64_MAX / 255)
#define HIGH_BITS (EACH_BYTE * 0x80)

static uint64_t below(uint64_t word, uint8_t n) { return (word - EACH_BYTE * n) & ~word & HIGH_BITS; }

/* Eight bytes at once, of which none needs an escape or belongs to a longer character. */
static bool plain_word(uint64_t word)
{
	return (below(word, 0x20) | below(word ^ EACH_BYTE * '"', 1) | below(word ^ EACH_BYTE * '\\', 1) |
	        ((word | (word + EACH_BYTE)) & HIGH_BITS)) == 0;
}

/* Fewer than eight bytes as a word: blanks behind them, or some of them twice. */
static uint64_t short_word(const char *text, size_t len)
{
	uint64_t word = EACH_BYTE * ' ';
	uint32_t first, last;

	if (len >= sizeof(first)) {
		memcpy(&first, text, sizeof(first));
		memcpy(&last, text + len - sizeof(last), sizeof(last));
		return (uint64_t)last << 32 | first;
	}
	for (size_t i = 0; i < len; i++)
		word = word << 8 | (uint8_t)text[i];
	return word;
}

/* The whole text may be copied as it stands, as nearly all keys and values may. */
static bool is_plain(const char *text, size_t len)
{
	uint64_t word;

	if (len < sizeof(word))
		return plain_word(short_word(text, len));
	for (size_t at = 0; at < len; at += sizeof(word)) { /* the last word may begin within the one before */
		memcpy(&word, text + (at < len - sizeof(word) ? at : len - sizeof(word)), sizeof(word));
		if (!plain_word(word))
			return false;
	}
	return true;
}

static size_t plain_len(const unsigned char *s)
{
	size_t n = 0;

	while (s[n] >= 0x20 && s[n] < 0x7F && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

static void put_odd_string(struct buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	buf_putc(out, '"');
	while (*s) {
		size_t plain = plain_len(s), n = plain ? plain : utf8_len(s, SIZE_MAX); /* a NUL ends the text, and no sequence goes on with one */

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

/* Where the next bytes go, all of them asked for at once; close_room() says where they ended. NULL = out of memory or over the limit. */
static char *open_room(struct buf *out, size_t len)
{
	bool ready = !out->failed && out->limit == 0 && len < out->cap - out->len;

	return ready || buf_reserve(out, len) ? out->data + out->len : NULL;
}

static void close_room(struct buf *out, char *end)
{
	*end = '\0';
	out->len = (size_t)(end - out->data);
}

static char *put_quoted(char *at, const char *text, size_t len)
{
	*at++ = '"';
	memcpy(at, text, len);
	at[len] = '"';
	return at + len + 1;
}

/* Comma and key, then room for len more bytes: a member looks at the buffer once. The caller closes the room. */
static char *lead(struct json *j, const char *key, size_t len)
{
	size_t key_len = key ? strlen(key) : 0;
	bool comma = j->comma, plain = is_plain(key, key_len);
	char *at = open_room(j->out, comma + (key && plain ? key_len + 3 : 0) + len);

	j->comma = true;
	if (!at)
		return NULL;
	if (comma)
		*at++ = ',';
	if (!plain) {
		close_room(j->out, at);
		put_odd_string(j->out, key);
		buf_putc(j->out, ':');
		return open_room(j->out, len);
	}
	if (key) {
		at = put_quoted(at, key, key_len);
		*at++ = ':';
	}
	return at;
}

static void put_member(struct json *j, const char *key, const char *value, size_t len)
{
	char *at = lead(j, key, len);

	if (!at)
		return;
	memcpy(at, value, len);
	close_room(j->out, at + len);
}

static void open_with(struct json *j, const char *key, const char *bracket)
{
	put_member(j, key, bracket, 1);
	j->comma = false;
}

static void close_with(struct json *j, char bracket)
{
	buf_putc(j->out, bracket);
	j->comma = true;
}

void json_object(struct json *j, const char *key) { open_with(j, key, "{"); }
void json_object_end(struct json *j) { close_with(j, '}'); }
void json_array(struct json *j, const char *key) { open_with(j, key, "["); }
void json_array_end(struct json *j) { close_with(j, ']'); }

void json_raw(struct json *j, const char *key, const char *text) { put_member(j, key, text, strlen(text)); }
void json_null(struct json *j, const char *key) { put_member(j, key, "null", 4); }
void json_bool(struct json *j, const char *key, bool value) { put_member(j, key, value ? "true" : "false", value ? 4 : 5); }

void json_str(struct json *j, const char *key, const char *value)
{
	size_t len = value ? strlen(value) : 0;
	char *at;

	if (!value) {
		json_null(j, key);
	} else if (!is_plain(value, len)) {
		put_member(j, key, "", 0);
		put_odd_string(j->out, value);
	} else if ((at = lead(j, key, len + 2))) {
		close_room(j->out, put_quoted(at, value, len));
	}
}

static void put_integer(struct json *j, const char *key, bool negative, uint64_t value)
{
	char text[21];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + value % 10);
	} while (value /= 10);
	if (negative)
		text[--at] = '-';
	put_member(j, key, text + at, sizeof(text) - at);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	put_integer(j, key, value < 0, value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value);
}

void json_uint(struct json *j, const char *key, uint64_t value)
{
	put_integer(j, key, false, value);
}

void json_decimal(struct json *j, const char *key, int64_t value)
{
	char text[NUM_TEXT];

	put_member(j, key, text, num_format(value, text));
}

void json_ratio(struct json *j, const char *key, double value, int places)
{
	if (!isfinite(value)) {
		json_null(j, key);
		return;
	}
	put_member(j, key, "", 0);
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
