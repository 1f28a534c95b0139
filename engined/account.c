#include "engined/account.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

struct wanted { char *to; size_t size; const char *from, *key; bool needed; };

/* A value that is cut would be another value. */
static bool put(const struct wanted *w, char *why, size_t size)
{
	size_t len = strlen(w->from);

	if (w->needed && len == 0)
		snprintf(why, size, "kotak.%s is not set; paper and live need it (docs/going-live.md)", w->key);
	else if (len >= w->size)
		snprintf(why, size, "kotak.%s is longer than %zu letters", w->key, w->size - 1);
	else {
		memcpy(w->to, w->from, len + 1);
		return true;
	}
	return false;
}

#define WANTED(field, value, key, needed) { o->field, sizeof(o->field), value, key, needed }

bool account_options(const struct config *c, struct kotak_options *o, char *why, size_t size)
{
	static const int versions[] = { 0, 4, 6 };
	/* With a login host of one's own, Kotak's config service would tell of other hosts. */
	const char *config_url = c->kotak_config_url[0] ? c->kotak_config_url : c->kotak_session_url[0] ? "none" : "";
	const struct wanted list[] = {
		WANTED(consumer_key, config_consumer_key(c), "consumer_key", true),
		WANTED(mobile, c->kotak_mobile_number, "mobile_number", true),
		WANTED(ucc, c->kotak_ucc, "ucc", true),
		WANTED(mpin, c->kotak_mpin, "mpin", true),
		WANTED(totp_secret, c->kotak_totp_secret, "totp_secret", true),
		WANTED(session_url, c->kotak_session_url, "session_url", false),
		WANTED(config_url, config_url, "config_url", false),
		WANTED(feed_url, c->kotak_feed_url, "feed_url", false),
		WANTED(order_feed_url, c->kotak_order_feed_url, "order_feed_url", false),
		WANTED(ca_file, c->kotak_ca_file, "ca_file", false),
		WANTED(registered_ip, c->kotak_registered_ip, "registered_ip", false),
	};

	*o = (struct kotak_options){ .ip_version = versions[c->kotak_ip_version], .login_at = c->kotak_login_at,
		.order_rate = (uint32_t)(c->limits_order_rate / NUM_SCALE), .order_reserve = (uint32_t)(c->limits_order_reserve / NUM_SCALE),
		.report_rate = (uint32_t)c->kotak_report_rate, .quote_rate = (uint32_t)c->kotak_quote_rate };
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
