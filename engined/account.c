#include "engined/account.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"

struct wanted { char *to; size_t size; const char *from, *key, *variable; };

/* "kotak.ucc, kotak.mpin not set: set KOTAK_UCC, KOTAK_MPIN ...": all that are missing at once. */
static bool all_there(const struct wanted *list, size_t n, char *why, size_t size)
{
	struct buf keys = { 0 }, variables = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!list[i].variable || list[i].from[0])
			continue;
		buf_printf(&keys, "%skotak.%s", keys.len ? ", " : "", list[i].key);
		buf_printf(&variables, "%s%s", variables.len ? ", " : "", list[i].variable);
	}
	bool there = keys.len == 0;
	if (!there)
		snprintf(why, size, "%s not set: set %s (docs/going-live.md)", keys.data, variables.data);
	buf_done(&keys);
	buf_done(&variables);
	return there;
}

/* A value that is cut would be another value. */
static bool put(const struct wanted *w, char *why, size_t size)
{
	size_t len = strlen(w->from);

	if (len < w->size)
		memcpy(w->to, w->from, len + 1);
	else
		snprintf(why, size, "kotak.%s is longer than %zu letters", w->key, w->size - 1);
	return len < w->size;
}

#define WANTED(field, value, key, variable) { o->field, sizeof(o->field), value, key, variable } /* variable NULL: it may be missing */

bool account_options(const struct config *c, struct kotak_options *o, char *why, size_t size)
{
	static const int versions[] = { 0, 4, 6 };
	/* With a login host of one's own, Kotak's config service would tell of other hosts. */
	const char *config_url = c->kotak_config_url[0] ? c->kotak_config_url : c->kotak_session_url[0] ? "none" : "";
	const struct wanted list[] = {
		WANTED(consumer_key, config_consumer_key(c), "consumer_key", "KOTAK_CONSUMER_KEY"),
		WANTED(mobile, c->kotak_mobile_number, "mobile_number", "KOTAK_MOBILE_NUMBER"),
		WANTED(ucc, c->kotak_ucc, "ucc", "KOTAK_UCC"),
		WANTED(mpin, c->kotak_mpin, "mpin", "KOTAK_MPIN"),
		WANTED(totp_secret, c->kotak_totp_secret, "totp_secret", "KOTAK_TOTP_SECRET"),
		WANTED(session_url, c->kotak_session_url, "session_url", NULL),
		WANTED(config_url, config_url, "config_url", NULL),
		WANTED(feed_url, c->kotak_feed_url, "feed_url", NULL),
		WANTED(order_feed_url, c->kotak_order_feed_url, "order_feed_url", NULL),
		WANTED(ca_file, c->kotak_ca_file, "ca_file", NULL),
		WANTED(registered_ip, c->kotak_registered_ip, "registered_ip", NULL),
	};

	*o = (struct kotak_options){ .ip_version = versions[c->kotak_ip_version], .login_at = c->kotak_login_at,
		.order_rate = (uint32_t)(c->limits_order_rate / NUM_SCALE), .order_reserve = (uint32_t)(c->limits_order_reserve / NUM_SCALE),
		.report_rate = (uint32_t)c->kotak_report_rate, .quote_rate = (uint32_t)c->kotak_quote_rate };
	if (!all_there(list, ARRAY_LEN(list), why, size))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(list); i++)
		if (!put(&list[i], why, size))
			return false;
	return true;
}

bool account_is_loopback(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "[::1]" };
	const char *host = strstr(url, "://");

	for (size_t i = 0; host && i < ARRAY_LEN(hosts); i++) {
		size_t len = strlen(hosts[i]);

		if (strncmp(host + 3, hosts[i], len) == 0 && (host[3 + len] == ':' || host[3 + len] == '/' || host[3 + len] == '\0'))
			return true;
	}
	return false;
}

void account_name(const struct config *c, const char *mode, char ret[ACCOUNT_NAME])
{
	unsigned char hash[16];
	char hex[17];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)c->kotak_ucc, strlen(c->kotak_ucc), NULL, 0);
	sodium_bin2hex(hex, sizeof(hex), hash, 8);
	snprintf(ret, ACCOUNT_NAME, "%.10s%s%s", mode, c->kotak_ucc[0] ? ":" : "", c->kotak_ucc[0] ? hex : "");
}
