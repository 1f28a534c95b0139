#include "lib/kotak/form.h"

#include <stdbool.h>
#include <string.h>

/* What each byte becomes, and how long that is: letters, digits and -._~ stand for themselves. */
struct form_code { char text[3]; unsigned char len; };
static struct form_code codes[256], quoted[256]; /* quoted: len 0 where JSON would have to escape, or nothing legible is meant */

static void make_codes(void)
{
	static const char hex[] = "0123456789ABCDEF";

	for (unsigned c = 1; c < 256; c++) {
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", (int)c));

		codes[c] = plain ? (struct form_code){ { (char)c }, 1 } : (struct form_code){ { '%', hex[c >> 4], hex[c & 15] }, 3 };
		if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
			quoted[c] = codes[c];
	}
}

/* Between a tick and its order lie these loops. Most texts have nothing to encode: the first loop waits for no byte's length to know where
 * the next one goes. The second asks nothing of a byte but its row, and stores the row whole. Returns the first byte without a row. */
static inline const unsigned char *put(char **to, const unsigned char *at, const struct form_code *rows)
{
	size_t n = 0;

	for (; rows[at[n]].len == 1; n++)
		(*to)[n] = (char)at[n];
	char *end = *to + n;
	for (at += n; rows[*at].len; at++) {
		memcpy(end, &rows[*at], sizeof(rows[*at]));
		end += rows[*at].len;
	}
	*to = end;
	return at;
}

char *form_put(char *to, const char *text)
{
	if (codes['a'].len == 0)
		make_codes();
	put(&to, (const unsigned char *)text, codes);
	return to;
}

char *form_put_quoted(char *to, const char *text)
{
	if (codes['a'].len == 0)
		make_codes();
	return *put(&to, (const unsigned char *)text, quoted) == '\0' && *text ? to : NULL;
}
