#include "tests/neosim/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/base/stamp.h"
#include "tests/neosim/form.h"

static const struct route routes[] = {
	{"POST", "/login/1.0/tradeApiLogin", false, CALL_LOGIN, api_login},
	{"POST", "/login/1.0/tradeApiValidate", false, CALL_LOGIN, api_validate},
	{"GET", "/login/1.0/get-client-ip", false, CALL_SESSION, api_client_ip},
	{"GET", "/5config/config", false, 0, api_config},
	{"GET", "/registration/subscription", false, CALL_SESSION, api_registration},
	{"POST", "/quick/order/rule/ms/place", false, CALL_SESSION | CALL_FORM | CALL_ORDER | CALL_PLACE, api_place},
	{"POST", "/quick/order/vr/modify", false, CALL_SESSION | CALL_FORM | CALL_ORDER, api_modify},
	{"POST", "/quick/order/cancel", false, CALL_SESSION | CALL_FORM | CALL_ORDER, api_cancel},
	{"GET", "/quick/user/orders", false, CALL_SESSION | CALL_BOOK, api_orders},
	{"GET", "/quick/user/orders/", true, CALL_SESSION | CALL_BOOK, api_order},
	{"POST", "/quick/order/history", false, CALL_SESSION | CALL_FORM | CALL_BOOK, api_history},
	{"GET", "/quick/user/trades", false, CALL_SESSION | CALL_BOOK, api_trades},
	{"GET", "/quick/user/positions", false, CALL_SESSION | CALL_BOOK, api_positions_v1},
	{"GET", "/portfolio/v2/positions", false, CALL_SESSION | CALL_BOOK, api_positions_v2},
	{"GET", "/portfolio/v1/holdings", false, CALL_SESSION, api_holdings},
	{"POST", "/quick/user/limits", false, CALL_SESSION | CALL_FORM, api_limits},
	{"POST", "/quick/user/check-margin", false, CALL_SESSION | CALL_FORM, api_margin},
	{"GET", "/script-details/1.0/quotes/neosymbol/", true, CALL_KEY, api_quotes},
	{"GET", "/script-details/1.0/masterscrip/file-paths", false, CALL_KEY, api_master_paths},
	{"GET", "/wso2-scripmaster/", true, 0, api_master_file},
	{"GET", "/market-data/1.0/watchlist/expiries", false, CALL_KEY, api_expiries},
	{"GET", "/market-data/1.0/watchlist/option-chain", false, CALL_KEY, api_chain},
	{"GET", "/market-data/1.0/historical/details", false, CALL_KEY, api_candles},
};

int64_t sim_time(const struct sim *s)
{
	return sim_now(&s->clock);
}

const struct sim_quote *sim_quote(const struct sim *s, const struct scrip *x)
{
	static const struct sim_quote none;
	const struct sim_quote *q = market_quote(s->market, x);

	return q ? q : &none;
}

/* -- answers ------------------------------------------------------------------------------------------------------ */

void call_text(struct call *c, int status, const char *type, const char *text)
{
	c->reply->status = status;
	c->reply->type = type;
	buf_clear(&c->out);
	buf_puts(&c->out, text);
}

static void begin_object(struct call *c)
{
	buf_clear(&c->out);
	json_begin(&c->j, &c->out);
	json_object(&c->j, NULL);
}

void call_refuse(struct call *c, int code, const char *text, const char *stat)
{
	begin_object(c);
	json_int(&c->j, "stCode", code);
	json_str(&c->j, "errMsg", text);
	json_str(&c->j, "stat", stat);
	json_object_end(&c->j);
}

void call_bad_form(struct call *c)
{
	call_refuse(c, 1007, "body invalid", "bad request");
}

void call_fault(struct call *c, int code, const char *text)
{
	c->reply->status = code;
	begin_object(c);
	json_str(&c->j, "status", "ERROR");
	json_object(&c->j, "fault");
	json_int(&c->j, "code", code);
	json_str(&c->j, "message", text);
	json_object_end(&c->j);
	json_object_end(&c->j);
}

const char *call_field(const struct call *c, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(c->jdata, name));
}

void call_origin(const struct call *c, const char *plain, const char *tls, char *ret, size_t size)
{
	snprintf(ret, size, "%s://127.0.0.1:%d", c->r->tls ? tls : plain, net_port(c->sim->net, c->r->tls ? 1 : 0));
}

const struct scrip *call_scrip(const struct call *c, const char *text)
{
	const char *bar = strchr(text, '|');
	char segment[16];

	if (!bar || (size_t)(bar - text) >= sizeof(segment))
		return NULL;
	snprintf(segment, sizeof(segment), "%.*s", (int)(bar - text), text);
	return sim_segment_find(segment) ? market_find(c->sim->market, sim_segment_find(segment), bar + 1) : NULL;
}

/* -- what a call asks for ----------------------------------------------------------------------------------------- */

static void too_many(struct call *c, int64_t retry_after)
{
	c->reply->status = 429;
	if (retry_after >= 0)
		snprintf(c->reply->extra, sizeof(c->reply->extra), "Retry-After: %lld\r\nX-RateLimit-Limit: %d\r\nX-RateLimit-Remaining: 0\r\n", (long long)retry_after,
		         SIM_RATE_MAX);
	call_text(c, 429, "application/json", "{\"code\":429,\"error\":\"Rate limit exceeded\",\"message\":\"too many request received\"}");
}

static void invalid_session(struct call *c, const struct session *s)
{
	if (s && s->state == SESSION_STOLEN) {
		call_refuse(c, 1003, "invalid session", "Not_Ok");
		return;
	}
	c->reply->status = 401;
	call_refuse(c, 100022, "invalid session token", "error in neo-login-check-api");
}

static bool session_fits(struct call *c)
{
	const char *sid = net_header(c->r, "Sid"), *token = net_header(c->r, "Auth");

	c->session = sid && token ? auth_trade(&c->sim->auth, sid, token) : NULL;
	if (session_good(c->session, sim_time(c->sim)))
		return true;
	invalid_session(c, c->session);
	return false;
}

/* A trading call at the login host, not at the account's own. */
static bool host_fits(struct call *c)
{
	if (!strstr(c->r->host, "kotaksecurities.") || (strncmp(c->r->path, "/quick/", 7) != 0 && strncmp(c->r->path, "/portfolio/", 11) != 0))
		return true;
	call_refuse(c, 200032, "Invalid URL. Please verify the 'baseUrl' in the Login Validate API response", "Not_Ok");
	return false;
}

static bool key_fits(struct call *c)
{
	const char *key = net_header(c->r, "Authorization");

	if (key && strcmp(key, c->sim->account.consumer_key) == 0)
		return true;
	call_fault(c, 401, "Invalid Credentials");
	return false;
}

static bool ip_fits(struct call *c)
{
	const char *key = net_header(c->r, "Authorization");

	if (strcmp(c->sim->ip, c->sim->registered_ip) != 0 || (key && strcmp(key, c->sim->account.consumer_key) != 0)) {
		call_refuse(c, 100008, "unauthorized", "Not_Ok");
		return false;
	}
	if (strcmp(c->session->ip, c->sim->ip) != 0) {
		call_refuse(c, 1037, "session ip doesnt match with reqest ip", "Not_Ok");
		return false;
	}
	return true;
}

/* How many of the last stamps of a ring lie within the second before now. */
static unsigned within_second(const int64_t *ring, size_t size, size_t n, int64_t now)
{
	unsigned count = 0;
	size_t i;

	for (i = 0; i < n && i < size; i++)
		count += now - ring[i] < NANOS_SECOND;
	return count;
}

/* Refused ones count as asked, not as done. */
static bool rate_fits(struct call *c)
{
	struct sim_stats *all = &c->sim->stats;
	int64_t now = sim_time(c->sim);
	unsigned n;

	all->order_calls[all->n_order_calls++ % SIM_RATE_KEPT] = now;
	n = within_second(all->order_calls, SIM_RATE_KEPT, all->n_order_calls, now);
	all->rate_max = n > all->rate_max ? n : all->rate_max;
	if (within_second(c->session->orders, SESSION_RATE, c->session->n_orders, now) >= SIM_RATE_MAX) {
		all->limited++;
		too_many(c, -1);
		return false;
	}
	c->session->orders[c->session->n_orders++ % SESSION_RATE] = now;
	return true;
}

static bool form_fits(struct call *c)
{
	const char *type = net_header(c->r, "Content-Type");
	char *text = c->r->body ? form_field(c->r->body, c->r->body_len, "jData") : NULL;

	if (text && type && strncasecmp(type, "application/x-www-form-urlencoded", 33) == 0)
		c->jdata = cJSON_Parse(text);
	free(text);
	if (cJSON_IsObject(c->jdata))
		return true;
	call_bad_form(c);
	return false;
}

static bool call_fits(struct call *c)
{
	return host_fits(c) && (!(c->needs & CALL_KEY) || key_fits(c)) && (!(c->needs & CALL_SESSION) || session_fits(c)) && (!(c->needs & CALL_ORDER) || ip_fits(c)) &&
	       (!(c->needs & CALL_FORM) || form_fits(c)) && (!(c->needs & CALL_ORDER) || rate_fits(c));
}

/* -- faults ------------------------------------------------------------------------------------------------------- */

static unsigned where(const struct call *c)
{
	return FAULT_AT_ANY | (c->needs & CALL_SESSION ? FAULT_AT_SESSION : 0) | (c->needs & CALL_ORDER ? FAULT_AT_ORDER : 0) |
	       (c->needs & CALL_PLACE ? FAULT_AT_PLACE : 0) | (c->needs & CALL_BOOK ? FAULT_AT_BOOK | FAULT_AT_ROW : 0) | (c->needs & CALL_LOGIN ? FAULT_AT_LOGIN : 0);
}

static const struct fault *meet(struct call *c, enum fault_group group)
{
	return faults_meet(&c->sim->faults, group, where(c), c->r->method, c->r->path);
}

static void refuse_login(struct call *c, const char *shape)
{
	if (strcmp(shape, "ucc") == 0)
		call_text(c, 200, "application/json", "{\"stCode\":429,\"errMsg\":\"Invalid UCC\",\"status\":\"failure\"}");
	else if (strcmp(shape, "mpin") == 0)
		call_text(c, 200, "application/json", "{\"stCode\":401,\"errMsg\":\"Invalid MPIN\",\"status\":\"failure\"}");
	else if (strcmp(shape, "service") == 0)
		call_text(c, 200, "application/json", "{\"stCode\":500,\"errMsg\":\"Service error\",\"status\":\"failure\"}");
	else
		call_text(c, 200, "application/json", "{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"}");
}

/* True: the fault answers in place of the call, and nothing is done. */
static bool instead(struct call *c, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_DROP_REQUEST: c->reply->cut = NET_DROP_REQUEST; return true;
	case FAULT_RESET: c->reply->cut = NET_RESET; return true;
	case FAULT_STATUS: call_text(c, (int)f->status, "text/html", f->body); return true;
	case FAULT_LIMITED: too_many(c, f->retry_after); return true;
	case FAULT_HTML: call_text(c, 200, "text/html", "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>\n"); return true;
	case FAULT_SESSION_INVALID: invalid_session(c, NULL); return true;
	case FAULT_IP_REFUSED: call_refuse(c, 100008, "unauthorized", "Not_Ok"); return true;
	case FAULT_IP_MISMATCH: call_refuse(c, 1037, "session ip doesnt match with reqest ip", "Not_Ok"); return true;
	case FAULT_LOGIN_REFUSED: refuse_login(c, f->body); return true;
	default: return false;
	}
}

static void afterwards(struct call *c, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_DROP_REPLY:
	case FAULT_LATE: c->reply->cut = NET_DROP_REPLY; break;
	case FAULT_HOLD: c->reply->cut = NET_HOLD; break;
	case FAULT_TRUNCATE: c->reply->cut = NET_CUT_BODY; break;
	case FAULT_STATUS_AFTER: call_text(c, (int)f->status, "text/html", f->body); break;
	case FAULT_GARBAGE: call_text(c, 200, "application/json", f->body); break;
	case FAULT_EMPTY: call_text(c, 200, NULL, ""); break;
	default: break;
	}
}

static void set_view(struct call *c)
{
	const struct fault *book = meet(c, FAULT_GROUP_BOOK), *tag = meet(c, FAULT_GROUP_TAG), *missing = meet(c, FAULT_GROUP_MISSING);

	c->as_of = INT64_MAX;
	if (book && book->kind == FAULT_STALE_BOOK)
		c->as_of = sim_time(c->sim) - book->seconds * NANOS_SECOND;
	c->empty_book = book && book->kind == FAULT_EMPTY_BOOK;
	c->vanish = meet(c, FAULT_GROUP_VANISH) != NULL;
	c->style = (struct row_style){.swap = meet(c, FAULT_GROUP_TYPES) != NULL, .cut_tag = tag && tag->kind == FAULT_TAG_CUT,
		.replace_tag = tag && tag->kind == FAULT_TAG_REPLACED, .missing = missing ? missing->body : NULL};
}

/* -- serving ------------------------------------------------------------------------------------------------------ */

static const struct route *route_find(struct call *c, bool *other_method)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(routes); i++) {
		size_t n = strlen(routes[i].path);

		if (routes[i].prefix ? strncmp(c->r->path, routes[i].path, n) != 0 || !c->r->path[n] : strcmp(c->r->path, routes[i].path) != 0)
			continue;
		c->rest = c->r->path + n;
		if (strcmp(routes[i].method, c->r->method) == 0)
			return &routes[i];
		*other_method = true;
	}
	return NULL;
}

static void serve_route(struct call *c)
{
	const struct fault *delay, *outcome, *reject;
	bool other_method = false;
	const struct route *route = route_find(c, &other_method);

	c->needs = route ? route->needs : 0;
	delay = meet(c, FAULT_GROUP_DELAY);
	if (delay)
		c->reply->delay_ms = delay->delay_ms;
	outcome = meet(c, FAULT_GROUP_OUTCOME);
	if (outcome && instead(c, outcome))
		return;
	if (!route) {
		call_fault(c, other_method ? 405 : 404, other_method ? "Method not allowed" : "No matching resource found for given API Request");
	} else if (call_fits(c)) {
		set_view(c);
		reject = meet(c, FAULT_GROUP_REJECT);
		if (reject)
			exchange_refuse_next(c->sim->exchange, *reject->body ? reject->body : "RMS:Rule: Check circuit limit", 1);
		c->sim->late = outcome && outcome->kind == FAULT_LATE;
		c->hide_until = c->sim->late ? sim_time(c->sim) + outcome->seconds * NANOS_SECOND : 0;
		route->serve(c);
		c->sim->late = false;
	}
	if (outcome)
		afterwards(c, outcome);
}

static void early_frames(struct call *c)
{
	if (!(c->needs & CALL_ORDER) || c->reply->cut != NET_WHOLE || !feed_struck(c->sim, &c->sim->order_feed.feed, FEED_EARLY))
		return;
	order_feed_flush(c->sim);
	c->reply->delay_ms += 50;
}

/* The server's own clock, to the second: clients measure theirs by it. */
static void tell_time(struct call *c)
{
	time_t now = (time_t)(sim_now(&c->sim->clock) / INT64_C(1000000000));
	size_t len = strlen(c->reply->extra);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(c->reply->extra + len, sizeof(c->reply->extra) - len, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
}

void api_serve(void *sim, const struct net_request *r, struct net_reply *ret)
{
	struct call c = {.sim = sim, .r = r, .reply = ret, .as_of = INT64_MAX};

	CHECK_OBJ(c.sim, SIM_MAGIC);
	json_begin(&c.j, &c.out);
	if (strncmp(r->path, "/sim/", 5) == 0) {
		sim_api_serve(&c);
	} else {
		capture_add(&c.sim->capture, r, sim_time(c.sim));
		serve_route(&c);
		early_frames(&c);
		log_info("request", "%s %s: %d%s", r->method, r->path, ret->status, ret->cut == NET_WHOLE ? "" : ", not answered whole");
	}
	tell_time(&c);
	assert(!c.out.failed);
	ret->body = c.out.data ? c.out.data : strdup("");
	ret->len = c.out.len;
	cJSON_Delete(c.jdata);
}
