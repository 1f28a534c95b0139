/* The login, step by step: a code, the MPIN, then where the feeds are and which address Kotak sees; and what to do about each way it can fail. While a
 * session is up a new login runs beside it and replaces it whole. */
#include "lib/kotak/session_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/kotak/totp.h"

#define STEP_MS        15000u
#define EXTRA_MS       5000u
#define PAUSE_REFUSED  (5 * NANOS_MINUTE)
#define PAUSE_TROUBLE  (60 * NANOS_SECOND)
#define REFUSALS_MAX   6               /* then a person looks: how many lock the account is not known */
#define RENEW_EARLY    (5 * NANOS_MINUTE)

/* -- requests ------------------------------------------------------------------------------------------------------ */

static void send_code(uv_timer_t *timer);
static void code_answered(void *ctx, const struct http_answer *a);
static void mpin_answered(void *ctx, const struct http_answer *a);

static int post_json(struct kotak_session *s, const char *path, const struct http_header *headers, size_t n, struct buf *body, http_done *done)
{
	char url[SESSION_URL + 64];

	snprintf(url, sizeof(url), "%s%s", s->session_url, path);
	struct http_request r = { .method = "POST", .url = url, .headers = headers, .n_headers = n, .body = body->data, .body_len = body->len,
		.once = true, .timeout_ms = STEP_MS, .body_max = 256 * 1024, .done = done, .ctx = s };
	int err = body->failed ? ERR_NOMEM : http_call(s->http, &r);

	if (body->data)
		sodium_memzero(body->data, body->cap);
	buf_done(body);
	return err;
}

static int get(struct kotak_session *s, const char *url, const struct http_header *headers, size_t n, http_done *done)
{
	struct http_request r = { .method = "GET", .url = url, .headers = headers, .n_headers = n, .timeout_ms = EXTRA_MS,
		.body_max = 1024 * 1024, .done = done, .ctx = s };

	return http_call(s->http, &r);
}

/* An answer's tree holds tokens. */
static void forget(cJSON *json)
{
	for (cJSON *item = json ? json->child : NULL; item; item = item->next) {
		if (item->valuestring)
			sodium_memzero(item->valuestring, strlen(item->valuestring));
		forget(item);
	}
}

static void delete_json(cJSON *json)
{
	forget(json);
	cJSON_Delete(json);
}

/* -- failures ------------------------------------------------------------------------------------------------------ */

void login_plan(struct kotak_session *s, nanos_t wait)
{
	nanos_t now = session_their_time(s), at = totp_ready_at(now + wait, *s->code_used);

	s->step = LOGIN_WAIT;
	uv_update_time(s->loop);
	uv_timer_start(&s->retry, send_code, at > now ? clock_ms(&s->clock, at - now) : 0, 0);
}

/* Says it where nobody trades on it: a session that is still up stays up, with the words beside it. */
static void say(struct kotak_session *s, enum session_state state, const char *text)
{
	session_set(s, s->state == SESSION_UP ? SESSION_UP : state, "%s", text);
}

static void stop(struct kotak_session *s, const char *said, const char *remedy)
{
	char text[SESSION_REASON];

	s->step = LOGIN_IDLE;
	s->stopped = true;
	snprintf(text, sizeof(text), "Kotak refused the login (%.100s); %s, then start the session by hand", said, remedy);
	say(s, SESSION_STOP, text);
}

static void try_again(struct kotak_session *s, nanos_t wait, const char *what, const char *said)
{
	char text[SESSION_REASON], when[STAMP_TEXT];
	nanos_t at = totp_ready_at(session_their_time(s) + wait, *s->code_used);

	login_plan(s, wait);
	time_of_day_format(stamp_time_of_day(at), when);
	snprintf(text, sizeof(text), "%s (%.140s); next try at %s", what, said, when);
	say(s, SESSION_START, text);
}

static void trouble(struct kotak_session *s, const char *said)
{
	nanos_t wait = NANOS_SECOND << (s->troubles < 6 ? s->troubles : 6);

	s->troubles++;
	try_again(s, wait < PAUSE_TROUBLE ? wait : PAUSE_TROUBLE, "the login did not get through", said);
}

static bool mentions(const char *text, const char *word)
{
	return strcasestr(text, word);
}

/* Kotak tells a wrong code from a wrong MPIN or client code only in words. */
static void refused(struct kotak_session *s, const char *said)
{
	s->refusals++;
	if (mentions(said, "MPIN") || mentions(said, "UCC") || mentions(said, "mobile") || mentions(said, "missing required")) {
		stop(s, said, "correct the client code, mobile number and MPIN in the settings");
		return;
	}
	if (mentions(said, "service")) {
		try_again(s, PAUSE_REFUSED, "Kotak's login service failed", said);
		return;
	}
	if (s->refusals >= REFUSALS_MAX) {
		stop(s, said, "check the TOTP secret, the consumer key and this machine's clock");
		return;
	}
	try_again(s, s->refusals == 1 ? 0 : PAUSE_REFUSED, "Kotak refused the login; the TOTP secret and this machine's clock should be checked", said);
}

static void failed(struct kotak_session *s, const struct wire_answer *a)
{
	nanos_t wait = a->retry_after > PAUSE_REFUSED ? a->retry_after : PAUSE_REFUSED;

	switch (a->verdict) {
	case WIRE_RATE:
		try_again(s, wait, "Kotak asks to wait with the login", a->text);
		return;
	case WIRE_NOT_SENT:
	case WIRE_UNKNOWN:
	case WIRE_OK: /* of a shape that lacks what is needed */
		trouble(s, a->text);
		return;
	case WIRE_EMPTY:
	case WIRE_REFUSED:
	case WIRE_SESSION:
	case WIRE_IP:
		refused(s, a->text);
		return;
	}
	WRONG("no such verdict");
}

/* -- the last step: the session is whole --------------------------------------------------------------------------- */

static void take_over(struct kotak_session *s)
{
	struct session_secrets *c = s->secrets;

	hosts_choose(s);
	memcpy(c->token, c->next_token, sizeof(c->token));
	memcpy(c->sid, c->next_sid, sizeof(c->sid));
	sodium_memzero(c->next_token, sizeof(c->next_token));
	sodium_memzero(c->next_sid, sizeof(c->next_sid));
	s->hosts = s->next_hosts;
	s->expires = s->next_expires;
	s->step = LOGIN_IDLE;
	s->refusals = s->troubles = 0;
	s->logged_in_at = clock_now(&s->clock);
	s->up_at = clock_steady(&s->clock);
	s->generation++;
	s->state = SESSION_UP;
	memcpy(s->reason, s->warning, sizeof(s->reason));
	session_tell(s);
}

static void extra_done(struct kotak_session *s)
{
	if (--s->extras == 0)
		take_over(s);
}

static void config_answered(void *ctx, const struct http_answer *a)
{
	struct kotak_session *s = ctx;
	struct wire_answer w;
	cJSON *json;

	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->closing)
		return;
	wire_classify(a, WIRE_DATA, &w, &json);
	if (w.verdict == WIRE_OK)
		hosts_from_config(s, cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "data"), "configs"));
	cJSON_Delete(json);
	extra_done(s);
}

static bool same_address(const char *a, const char *b)
{
	unsigned char one[16] = { 0 }, two[16] = { 0 };
	int family = strchr(a, ':') ? AF_INET6 : AF_INET;

	return uv_inet_pton(family, a, one) == 0 && uv_inet_pton(family, b, two) == 0 && memcmp(one, two, sizeof(one)) == 0;
}

static void address_answered(void *ctx, const struct http_answer *a)
{
	struct kotak_session *s = ctx;
	struct wire_answer w;
	const char *ip;
	cJSON *json;

	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->closing)
		return;
	wire_classify(a, WIRE_DATA, &w, &json);
	const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "data"), 0);
	if (w.verdict == WIRE_OK && wire_text(row, "ip", &ip) && !same_address(ip, s->registered_ip))
		snprintf(s->warning, sizeof(s->warning), "Kotak sees this machine as %.45s, and %.45s is registered: orders will be refused; register the "
		         "address in the Neo app, or send from the registered one", ip, s->registered_ip);
	cJSON_Delete(json);
	extra_done(s);
}

static int ask_config(struct kotak_session *s)
{
	char url[SESSION_URL + 64];

	snprintf(url, sizeof(url), "%s%cappVersion=1&platform=api&environment=prod", s->config_url, strchr(s->config_url, '?') ? '&' : '?');
	return get(s, url, NULL, 0, config_answered);
}

static int ask_address(struct kotak_session *s)
{
	struct session_secrets *c = s->secrets;
	struct http_header headers[] = { { "Authorization", c->consumer_key }, { "Sid", c->next_sid }, { "Auth", c->next_token },
	                                 { "accept", "application/json" } };
	char url[SESSION_URL + 64];

	snprintf(url, sizeof(url), "%s/login/1.0/get-client-ip", s->session_url);
	return get(s, url, headers, ARRAY_LEN(headers), address_answered);
}

/* What is nice to know, for five seconds at most. In the middle of a day, orders wait for this login: what the morning knew is taken. */
static void ask_extras(struct kotak_session *s)
{
	bool morning = stamp_date(s->logged_in_at) != stamp_date(clock_now(&s->clock));
	bool moved = strcmp(s->hosts.data_center, s->next_hosts.data_center) != 0;

	s->step = LOGIN_EXTRAS;
	s->extras = 1;
	if (moved)
		s->config_market[0] = s->config_orders[0] = '\0';
	if (s->config_url[0] && s->next_hosts.data_center[0] && (morning || moved))
		s->extras += ask_config(s) == ERR_OK;
	if (s->registered_ip[0] && (morning || s->mismatch_tried)) {
		s->warning[0] = '\0';
		s->extras += ask_address(s) == ERR_OK;
	}
	extra_done(s);
}

/* -- MPIN ---------------------------------------------------------------------------------------------------------- */

nanos_t login_expiry(const char *jwt)
{
	unsigned char payload[SESSION_TOKEN];
	const char *from = strchr(jwt, '.');
	size_t len = 0;
	int64_t seconds = 0;

	if (!from)
		return 0;
	from++;
	size_t coded = strcspn(from, ".=");
	if (coded >= sizeof(payload) || sodium_base642bin(payload, sizeof(payload), from, coded, NULL, &len, NULL,
	                                                 sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
		return 0;
	cJSON *claims = wire_parse((const char *)payload, len);
	bool good = wire_int(claims, "exp", &seconds) && seconds > 0 && seconds < INT64_MAX / NANOS_SECOND;
	cJSON_Delete(claims);
	sodium_memzero(payload, sizeof(payload));
	return good ? seconds * NANOS_SECOND : 0;
}

static bool copy_field(const cJSON *data, const char *key, char *ret, size_t size)
{
	const char *text;

	if (!wire_text(data, key, &text) || !text[0] || strlen(text) >= size)
		return false;
	for (const char *at = text; *at; at++)
		if (*at <= ' ' || *at > '~') /* it becomes part of a header or an address */
			return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static void copy_feed(const struct kotak_session *s, const cJSON *data, const char *key, char ret[SESSION_URL])
{
	char text[SESSION_URL];

	if (!copy_field(data, key, text, sizeof(text)) || !hosts_feed_url(text, ret) || !hosts_allowed(s->session_url, ret))
		ret[0] = '\0';
}

/* False with a sentence when the answer lacks what the session needs. */
static bool take_session(struct kotak_session *s, const cJSON *data, const char **why)
{
	struct session_secrets *c = s->secrets;
	struct session_hosts *h = &s->next_hosts;

	*h = (struct session_hosts){ 0 };
	*why = "the answer has no usable token, sid and baseUrl";
	if (!copy_field(data, "token", c->next_token, sizeof(c->next_token)) || !copy_field(data, "sid", c->next_sid, sizeof(c->next_sid)) ||
	    !copy_field(data, "baseUrl", h->base, sizeof(h->base)))
		return false;
	size_t len = strlen(h->base);
	if (h->base[len - 1] == '/')
		h->base[len - 1] = '\0';
	*why = "the answer names a host outside the broker's domain";
	if (!hosts_allowed(s->session_url, h->base))
		return false;
	copy_field(data, "dataCenter", h->data_center, sizeof(h->data_center));
	copy_feed(s, data, "feedUrl", s->told_market);
	copy_feed(s, data, "rtUrl", s->told_orders);
	s->next_expires = login_expiry(c->next_token);
	return true;
}

static void send_mpin(struct kotak_session *s)
{
	struct session_secrets *c = s->secrets;
	struct http_header headers[] = { { "Authorization", c->consumer_key }, { "neo-fin-key", "neotradeapi" }, { "sid", c->view_sid },
	                                 { "Auth", c->view_token }, { "Content-Type", "application/json" } };
	struct buf body = { 0 };
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "mpin", c->mpin);
	json_object_end(&j);
	s->step = LOGIN_MPIN;
	s->validates++;
	if (post_json(s, "/login/1.0/tradeApiValidate", headers, ARRAY_LEN(headers), &body, mpin_answered) != ERR_OK)
		trouble(s, "out of memory");
}

/* False: nobody waits for it any more. */
static bool login_answer(struct kotak_session *s, const struct http_answer *a, struct wire_answer *w, cJSON **json)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->closing)
		return false;
	session_saw_date(s, a->date, a->began, a->ended);
	wire_classify(a, WIRE_LOGIN, w, json);
	return true;
}

static void mpin_answered(void *ctx, const struct http_answer *a)
{
	struct kotak_session *s = ctx;
	struct wire_answer w;
	const char *why = NULL;
	cJSON *json;

	if (!login_answer(s, a, &w, &json))
		return;
	bool good = w.verdict == WIRE_OK && take_session(s, cJSON_GetObjectItemCaseSensitive(json, "data"), &why);
	bool unsure = w.verdict == WIRE_UNKNOWN || w.verdict == WIRE_NOT_SENT;
	delete_json(json);
	w.json = NULL;
	if (good) {
		sodium_memzero(s->secrets->view_token, SESSION_TOKEN);
		ask_extras(s);
	} else if (unsure && s->validates == 1) {
		send_mpin(s); /* once more with the same view token, then from the start: kotak-neo-api.md 7.4 */
	} else {
		if (why)
			snprintf(w.text, sizeof(w.text), "%s", why);
		failed(s, &w);
	}
}

/* -- code ---------------------------------------------------------------------------------------------------------- */

static void code_answered(void *ctx, const struct http_answer *a)
{
	struct kotak_session *s = ctx;
	struct session_secrets *c = s->secrets;
	struct wire_answer w;
	cJSON *json;

	if (!login_answer(s, a, &w, &json))
		return;
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
	bool good = w.verdict == WIRE_OK && copy_field(data, "token", c->view_token, sizeof(c->view_token)) &&
	            copy_field(data, "sid", c->view_sid, sizeof(c->view_sid));
	delete_json(json);
	w.json = NULL;
	if (w.verdict == WIRE_NOT_SENT)
		*s->code_used = s->code_used_before; /* it never left: the code is still good */
	if (good) {
		s->validates = 0;
		send_mpin(s);
		return;
	}
	if (w.verdict == WIRE_OK)
		snprintf(w.text, sizeof(w.text), "the answer has no usable token and sid");
	failed(s, &w);
}

static int post_code(struct kotak_session *s, const char *code)
{
	struct session_secrets *c = s->secrets;
	struct http_header headers[] = { { "Authorization", c->consumer_key }, { "neo-fin-key", "neotradeapi" }, { "Content-Type", "application/json" } };
	struct buf body = { 0 };
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "mobileNumber", c->mobile);
	json_str(&j, "ucc", c->ucc);
	json_str(&j, "totp", code);
	json_object_end(&j);
	return post_json(s, "/login/1.0/tradeApiLogin", headers, ARRAY_LEN(headers), &body, code_answered);
}

static void send_code(uv_timer_t *timer)
{
	struct kotak_session *s = timer->data;
	char code[TOTP_TEXT];

	CHECK_OBJ(s, SESSION_MAGIC);
	nanos_t now = session_their_time(s);
	if (totp_ready_at(now, *s->code_used) > now) { /* the timer rang early, or the clock was set */
		login_plan(s, 0);
		return;
	}
	s->step = LOGIN_TOTP;
	s->code_used_before = *s->code_used;
	*s->code_used = now;
	int err = totp_code(s->secrets->totp, s->secrets->totp_len, now, code);
	if (err == ERR_OK)
		err = post_code(s, code);
	sodium_memzero(code, sizeof(code));
	if (err != ERR_OK)
		trouble(s, err_text(err));
}

/* -- the day's rollover -------------------------------------------------------------------------------------------- */

void login_tick(struct kotak_session *s)
{
	nanos_t now = clock_now(&s->clock), due = stamp_at(stamp_date(now), s->login_at);

	if (s->state != SESSION_UP || s->step != LOGIN_IDLE || s->stopped)
		return;
	due -= now < due ? NANOS_DAY : 0;
	bool expiring = s->expires > 0 && now > s->expires - RENEW_EARLY && now - s->logged_in_at > RENEW_EARLY;
	if (s->logged_in_at < due) {
		s->mismatch_tried = s->disarmed; /* a new day, a new try for it */
		login_plan(s, 0);
	} else if (expiring) {
		login_plan(s, 0);
	}
}
