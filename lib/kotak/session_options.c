/* What the settings must be before a session is tried: a mistake here costs a login attempt at the broker. No value is repeated in an error. */
#include "lib/kotak/session_priv.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/kotak/totp.h"
#include "lib/loop/url.h"

#define SESSION_HOST "https://mis.kotaksecurities.com"
#define CONFIG_HOST  "https://lapi.kotaksecurities.com/5config/config"

static int refuse(char error[256], int err, const char *text)
{
	snprintf(error, 256, "%s", text);
	return err;
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool is_digits(const char *text, size_t least, size_t most)
{
	size_t len = strlen(text);

	return len >= least && len <= most && strspn(text, "0123456789") == len;
}

static int check_account(const struct kotak_options *o, char error[256])
{
	if (!o->consumer_key[0] || !is_printable(o->consumer_key))
		return refuse(error, ERR_INVAL, "the consumer key is missing or has blanks; copy it from Trade API in the Neo app");
	if (o->mobile[0] != '+' || !is_digits(o->mobile + 1, 8, 15))
		return refuse(error, ERR_INVAL, "the mobile number must be written with its country code, as +91 and ten digits");
	if (!o->ucc[0] || !is_printable(o->ucc))
		return refuse(error, ERR_INVAL, "the client code (UCC) is missing or has blanks");
	if (!is_digits(o->mpin, 4, 6))
		return refuse(error, ERR_INVAL, "the MPIN must be 4 to 6 digits");
	return ERR_OK;
}

static int check_place(const char *url, const char *plain, const char *secure, const char *what, char error[256])
{
	struct url u;

	if (!url[0] || url_split(url, plain, secure, &u) == ERR_OK)
		return ERR_OK;
	snprintf(error, 256, "the %s must be a %s:// address (%s:// only for 127.0.0.1)", what, secure, plain);
	return ERR_INVAL;
}

static int session_options_check(const struct kotak_options *o, char error[256])
{
	unsigned char secret[sizeof(((struct session_secrets *)0)->totp)];
	size_t len;
	int err = check_account(o, error);

	if (err == ERR_OK)
		err = check_place(o->session_url, "http", "https", "session URL", error);
	if (err == ERR_OK && strcmp(o->config_url, "none") != 0)
		err = check_place(o->config_url, "http", "https", "config URL", error);
	if (err == ERR_OK)
		err = check_place(o->feed_url, "ws", "wss", "feed URL", error);
	if (err == ERR_OK)
		err = check_place(o->order_feed_url, "ws", "wss", "order feed URL", error);
	if (err != ERR_OK)
		return err;
	if (o->login_at < 0 || o->login_at >= NANOS_DAY)
		return refuse(error, ERR_RANGE, "the time of the daily login must be a time of day");
	if (o->ip_version != 0 && o->ip_version != 4 && o->ip_version != 6)
		return refuse(error, ERR_RANGE, "the IP version must be 4, 6 or 0 for any");
	err = totp_decode(o->totp_secret, secret, sizeof(secret), &len);
	explicit_bzero(secret, sizeof(secret));
	return err == ERR_OK ? ERR_OK : refuse(error, ERR_INVAL, "the TOTP secret is not the base32 text of the registration (letters A-Z, digits 2-7)");
}

int session_options_take(struct kotak_session *s, const struct kotak_options *o, char error[256])
{
	struct session_secrets *c = s->secrets;
	int err = session_options_check(o, error);

	if (err != ERR_OK)
		return err;
	memcpy(c->consumer_key, o->consumer_key, sizeof(c->consumer_key));
	memcpy(c->mobile, o->mobile, sizeof(c->mobile));
	memcpy(c->ucc, o->ucc, sizeof(c->ucc));
	memcpy(c->mpin, o->mpin, sizeof(c->mpin));
	totp_decode(o->totp_secret, c->totp, sizeof(c->totp), &c->totp_len);
	snprintf(s->session_url, SESSION_URL, "%s", o->session_url[0] ? o->session_url : SESSION_HOST);
	size_t len = strlen(s->session_url);
	if (s->session_url[len - 1] == '/')
		s->session_url[len - 1] = '\0';
	/* A simulator's session never asks the real config service. */
	if (strcmp(o->config_url, "none") != 0)
		snprintf(s->config_url, SESSION_URL, "%s", o->config_url[0] ? o->config_url : hosts_is_broker(s->session_url) ? CONFIG_HOST : "");
	snprintf(s->feed_url, SESSION_URL, "%s", o->feed_url);
	snprintf(s->order_feed_url, SESSION_URL, "%s", o->order_feed_url);
	snprintf(s->registered_ip, sizeof(s->registered_ip), "%s", o->registered_ip);
	s->login_at = o->login_at;
	s->code_used = o->code_used ? o->code_used : &s->code_used_here;
	s->may_order = o->may_order;
	s->may_order_ctx = o->may_order_ctx;
	governor_init(&s->governor, o->order_rate, o->order_reserve, o->report_rate, o->quote_rate);
	return ERR_OK;
}
