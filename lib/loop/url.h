/* Which URLs this program opens at all. Stricter than any URL library: what two parsers could read differently (user names, backslashes, blanks,
 * non-ASCII) is refused, and what is not encrypted goes to this machine only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define URL_HOST 128
struct url {
	bool tls;
	uint16_t port;
	char host[URL_HOST];        /* lower case, no brackets */
	const char *path;           /* into the text; "/" when it has none */
};

/* `plain` is "http" or "ws", taken for loopback addresses only; `secure` is "https" or "wss". ERR_PARSE, ERR_RANGE (too long), ERR_DENIED (plain to
 * somewhere else). */
int url_split(const char *text, const char *plain, const char *secure, struct url *ret);
bool url_is_loopback(const char *host); /* 127.0.0.0/8 or ::1 written as an address; a name is not believed */
