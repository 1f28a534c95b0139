/* Is a line fit to be parsed at all? cJSON is lenient about NUL escapes, raw control characters and depth; this is not. */
#include "lib/control/message.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

#define DEPTH_MAX 32

struct scan { bool in_string, escaped; int depth; };

static const char *nul_or_control(unsigned char c)
{
	return c == '\0' ? "a NUL byte" : (c < 0x20 && c != '\t' && c != '\r') || c == 0x7F ? "a control character" : NULL;
}

/* One character in its context; the reason when it must not stand here. */
static const char *step(struct scan *s, const char *at, size_t left)
{
	if (s->in_string && s->escaped) {
		s->escaped = false;
		return left >= 5 && memcmp(at, "u0000", 5) == 0 ? "a NUL escape" : NULL;
	}
	if (s->in_string) {
		s->escaped = *at == '\\';
		s->in_string = *at != '"';
		return NULL;
	}
	s->in_string = *at == '"';
	s->depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
	return s->depth > DEPTH_MAX ? "nesting deeper than 32" : NULL;
}

int message_check_text(const char *text, size_t len, size_t *ret_at, const char **ret_why)
{
	struct scan s = { 0 };

	for (size_t i = 0, n; i < len; i += n) {
		n = utf8_len((const unsigned char *)text + i, len - i);
		const char *why = n == 0 ? "bytes that are not UTF-8" : nul_or_control((unsigned char)text[i]);

		if (!why)
			why = step(&s, text + i, len - i);
		if (!why)
			continue;
		*ret_at = i;
		*ret_why = why;
		return ERR_PARSE;
	}
	return ERR_OK;
}
