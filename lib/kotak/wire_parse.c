/* JSON text to cJSON, made safe first: bounded, no NUL, and integers that a double cannot hold are kept as their text. */
#include "lib/kotak/wire.h"

#include <string.h>

#include "lib/base/buf.h"

#define BODY_MAX   (16 * 1024 * 1024)
#define DEPTH_MAX  64
#define DIGITS_MAX 15 /* every integer of so many digits is exact in a double */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Length of the string that begins at text[0] == '"', both quotes counted; len when it does not end. */
static size_t string_len(const char *text, size_t len)
{
	size_t i = 1;

	while (i < len && text[i] != '"')
		i += text[i] == '\\' ? 2 : 1;
	return i < len ? i + 1 : len;
}

static size_t number_len(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && (is_digit(text[i]) || (text[i] && strchr("+-.eE", text[i]))))
		i++;
	return i;
}

static bool is_long_integer(const char *text, size_t len)
{
	bool negative = text[0] == '-';

	for (size_t i = negative; i < len; i++)
		if (!is_digit(text[i]))
			return false;
	return len - negative > DIGITS_MAX && text[negative] != '0';
}

/* Copies `text` with quotes around long integers. False when it is nested too deep or holds a NUL. */
static bool quote_long(const char *text, size_t len, struct buf *out)
{
	unsigned depth = 0;

	for (size_t at = 0, n; at < len; at += n) {
		char c = text[at];
		bool number = c == '-' || is_digit(c);

		n = c == '"' ? string_len(text + at, len - at) : number ? number_len(text + at, len - at) : 1;
		if (c == '\0' || ((c == '{' || c == '[') && ++depth > DEPTH_MAX))
			return false;
		depth -= (c == '}' || c == ']') && depth > 0;
		bool quote = number && is_long_integer(text + at, n);
		if (quote)
			buf_putc(out, '"');
		buf_put(out, text + at, n);
		if (quote)
			buf_putc(out, '"');
	}
	return true;
}

static bool only_blanks(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

cJSON *wire_parse(const char *text, size_t len)
{
	struct buf safe = { 0 };
	const char *end = NULL;
	cJSON *json = NULL;

	if (len == 0 || len > BODY_MAX || memchr(text, '\0', len))
		return NULL;
	if (buf_reserve(&safe, len) && quote_long(text, len, &safe) && !safe.failed)
		json = cJSON_ParseWithLengthOpts(safe.data, safe.len, &end, 0);
	if (json && end && !only_blanks(end)) {
		cJSON_Delete(json);
		json = NULL;
	}
	if (safe.data) /* a login's answer holds tokens */
		explicit_bzero(safe.data, safe.cap);
	buf_done(&safe);
	return json;
}
