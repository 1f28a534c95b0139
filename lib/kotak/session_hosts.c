/* Where the account's servers are: what the settings, the config service and the login say, in that order, and none of them outside the broker's
 * own domain: tokens go there. */
#include "lib/kotak/session_priv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/url.h"

#define LAST_RESORT "wss://sfeed.kotaksecurities.com/apifeed"

static bool ends_with(const char *text, const char *tail)
{
	size_t len = strlen(text), n = strlen(tail);

	return len >= n && strcmp(text + len - n, tail) == 0;
}

static bool is_broker_host(const char *host)
{
	return ends_with(host, ".kotaksecurities.com") || ends_with(host, ".kotaksecurities.online");
}

static bool split(const char *url, struct url *ret)
{
	return url_split(url, "http", "https", ret) == ERR_OK || url_split(url, "ws", "wss", ret) == ERR_OK;
}

bool hosts_is_broker(const char *session_url)
{
	struct url u;

	return split(session_url, &u) && is_broker_host(u.host);
}

bool hosts_allowed(const char *session_url, const char *url)
{
	struct url home, u;

	if (!split(session_url, &home) || !split(url, &u))
		return false;
	if (is_broker_host(home.host))
		return u.tls && is_broker_host(u.host);
	return strcmp(home.host, u.host) == 0 || url_is_loopback(u.host);
}

bool hosts_feed_url(const char *text, char ret[SESSION_URL])
{
	static const struct { const char *from, *to; } rules[] = { { "https://", "wss://" }, { "http://", "ws://" }, { "wss://", "wss://" }, { "ws://", "ws://" } };
	const char *scheme = "wss://";

	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		if (strncasecmp(text, rules[i].from, strlen(rules[i].from)) == 0) {
			scheme = rules[i].to;
			text += strlen(rules[i].from);
			break;
		}
	}
	if (!text[0] || strstr(text, "://"))
		return false;
	int len = snprintf(ret, SESSION_URL, "%s%s", scheme, text);
	return len > 0 && len < SESSION_URL;
}

/* configs["<DC>_broadcast_source"] names the source, configs["<DC>_<source>_<what>_endpoint"] the address. */
static void endpoint(const struct kotak_session *s, const cJSON *configs, const char *source, const char *what, char ret[SESSION_URL])
{
	char key[128];
	const char *text;

	snprintf(key, sizeof(key), "%s_%.16s_%s_endpoint", s->next_hosts.data_center, source, what);
	if (!wire_text(configs, key, &text) || !hosts_feed_url(text, ret) || !hosts_allowed(s->session_url, ret))
		ret[0] = '\0';
}

void hosts_from_config(struct kotak_session *s, const cJSON *configs)
{
	char key[64];
	const char *source;

	snprintf(key, sizeof(key), "%s_broadcast_source", s->next_hosts.data_center);
	if (!wire_text(configs, key, &source))
		return;
	endpoint(s, configs, source, "broadcast", s->config_market);
	endpoint(s, configs, source, "interactive", s->config_orders);
}

static void add_feed(struct session_hosts *h, const char *url)
{
	if (!url[0] || h->n_feeds == SESSION_FEEDS)
		return;
	for (size_t i = 0; i < h->n_feeds; i++)
		if (strcmp(h->feeds[i], url) == 0)
			return;
	snprintf(h->feeds[h->n_feeds++], SESSION_URL, "%s", url);
}

/* "wss://<baseUrl's host and port>/realtime" */
static void realtime(const char *base, char ret[SESSION_URL])
{
	const char *host = strstr(base, "://") + 3;

	snprintf(ret, SESSION_URL, "%s%.*s/realtime", strncasecmp(base, "http://", 7) == 0 ? "ws://" : "wss://", (int)strcspn(host, "/"), host);
}

void hosts_choose(struct kotak_session *s)
{
	struct session_hosts *h = &s->next_hosts;

	h->n_feeds = h->feed = 0;
	add_feed(h, s->feed_url);
	if (!s->feed_url[0]) { /* an address of the settings is meant: no other is tried behind its back */
		add_feed(h, s->config_market);
		add_feed(h, s->told_market);
		if (hosts_is_broker(s->session_url))
			add_feed(h, LAST_RESORT);
	}
	const char *orders = s->order_feed_url[0] ? s->order_feed_url : s->config_orders[0] ? s->config_orders : s->told_orders;
	if (orders[0])
		snprintf(h->order_feed, SESSION_URL, "%s", orders);
	else
		realtime(h->base, h->order_feed);
}

const char *kotak_session_feed(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->hosts.n_feeds > 0 ? s->hosts.feeds[s->hosts.feed] : "";
}

void kotak_session_feed_next(struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->hosts.n_feeds > 0)
		s->hosts.feed = (s->hosts.feed + 1) % s->hosts.n_feeds;
}

const char *kotak_session_order_feed(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->hosts.order_feed;
}
