#include "lib/kotak/form.h"

#include <stdbool.h>
#include <string.h>

/* What each byte becomes, and how long that is: letters, digits and -._~ stand for themselves. */
struct form_code { char text[3]; unsigned char len; };
static struct form_code codes[256], quoted[256]; /* quoted: len 0 where JSON would have to escape, or nothing legible is meant */

static void make_codes(void)
{
	static const char hex[] = "0123456789ABCDEF";

	for (unsigned c = 0; c < 256; c++) {
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", (int)c));

		codes[c] = plain ? (struct form_code){ { (char)c }, 1 } : (struct form_code){ { '%', hex[c >> 4], hex[c & 15] }, 3 };
		if (c >= ' ' && c <= '~' && c != '"' && c != '\\')
			quoted[c] = codes[c];
	}
}

/* Between a tick and its order lie these loops: they ask nothing of a byte but its row, and store the row whole. */
char *form_put(char *to, const char *text)
{
	if (codes['a'].len == 0)
		make_codes();
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		memcpy(to, &codes[*at], sizeof(codes[*at]));
		to += codes[*at].len;
	}
	return to;
}

char *form_put_quoted(char *to, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (codes['a'].len == 0)
		make_codes();
	for (; quoted[*at].len; at++) {
		memcpy(to, &quoted[*at], sizeof(quoted[*at]));
		to += quoted[*at].len;
	}
	return *at == '\0' && at != (const unsigned char *)text ? to : NULL;
}
