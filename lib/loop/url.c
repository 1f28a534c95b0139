#include "lib/loop/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define URL_MAX 8192

bool url_is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_clean(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~' || strchr("\\\"<>^`{|}#", *at))
			return false;
	return true;
}

static bool skip(const char **at, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(*at, word, len) != 0 || strncmp(*at + len, "://", 3) != 0)
		return false;
	*at += len + 3;
	return true;
}

static int copy_host(const char *from, size_t len, bool literal, char ret[URL_HOST])
{
	if (len == 0)
		return ERR_PARSE;
	if (len >= URL_HOST)
		return ERR_RANGE;
	for (size_t i = 0; i < len; i++) {
		bool good = isalnum((unsigned char)from[i]) || strchr(literal ? ":." : "-._", from[i]);

		if (!good)
			return ERR_PARSE;
		ret[i] = (char)tolower((unsigned char)from[i]);
	}
	ret[len] = '\0';
	return ERR_OK;
}

/* "host", "host:port", "[v6]:port" up to `end`. */
static int split_authority(const char *from, const char *end, struct url *u)
{
	bool literal = *from == '[';
	const char *stop = literal ? memchr(from, ']', (size_t)(end - from)) : memchr(from, ':', (size_t)(end - from));
	int64_t port = u->port;
	int err;

	if (literal && !stop)
		return ERR_PARSE;
	stop = stop ? stop : end;
	err = copy_host(from + literal, (size_t)(stop - from) - literal, literal, u->host);
	stop += literal;
	if (err == ERR_OK && stop < end)
		err = *stop == ':' ? num_parse_int(stop + 1, (size_t)(end - stop) - 1, 1, 65535, &port) : ERR_PARSE;
	u->port = (uint16_t)port;
	return err;
}

int url_split(const char *text, const char *plain, const char *secure, struct url *ret)
{
	struct url u = { 0 };
	const char *at = text;

	if (strnlen(text, URL_MAX) == URL_MAX)
		return ERR_RANGE;
	if (!is_clean(text))
		return ERR_PARSE;
	u.tls = skip(&at, secure);
	if (!u.tls && !skip(&at, plain))
		return ERR_PARSE;
	u.port = u.tls ? 443 : 80;
	const char *end = at + strcspn(at, "/?");
	int err = split_authority(at, end, &u);
	if (err != ERR_OK)
		return err;
	if (!u.tls && !url_is_loopback(u.host))
		return ERR_DENIED;
	u.path = *end == '/' ? end : "/";
	if (*end == '?')
		return ERR_PARSE;
	*ret = u;
	return ERR_OK;
}
