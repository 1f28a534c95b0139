/* The control endpoint /sim/... (README.md): the clock, what was asked, the truth, and everything that is made to go wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/stamp.h"
#include "tests/neosim/api.h"
#include "tests/neosim/form.h"

/* -- answers ------------------------------------------------------------------------------------------------------ */

static void done(struct call *c)
{
	buf_clear(&c->out);
	buf_puts(&c->out, "{\"ok\":true}");
}

void sim_api_wrong(struct call *c, const char *text)
{
	c->reply->status = 400;
	buf_clear(&c->out);
	json_begin(&c->j, &c->out);
	json_object(&c->j, NULL);
	json_str(&c->j, "error", text);
	json_object_end(&c->j);
}

const struct scrip *sim_api_scrip(struct call *c, const char *segment, const char *id)
{
	const struct scrip *s = segment && id && sim_segment_find(segment) ? market_find(c->sim->market, sim_segment_find(segment), id) : NULL;

	if (!s)
		sim_api_wrong(c, "segment and id name no instrument");
	return s;
}

static const char *text_of(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, name));
}

static bool whole(const cJSON *v, int64_t *ret)
{
	if (!cJSON_IsNumber(v) || v->valuedouble < -9e15 || v->valuedouble > 9e15 || v->valuedouble != (double)(int64_t)v->valuedouble)
		return false;
	*ret = (int64_t)v->valuedouble;
	return true;
}

static bool whole_of(const cJSON *o, const char *name, int64_t *ret)
{
	return whole(cJSON_GetObjectItemCaseSensitive(o, name), ret);
}

/* -- clock -------------------------------------------------------------------------------------------------------- */

static void clock_get(struct call *c)
{
	const struct sim_clock *k = &c->sim->clock;

	json_object(&c->j, NULL);
	json_int(&c->j, "now_ns", sim_now(k));
	json_int(&c->j, "speed", k->speed);
	json_int(&c->j, "virtual_ns", k->virtual_from);
	json_int(&c->j, "real_ns", k->real_from);
	json_object_end(&c->j);
}

static void clock_set(struct call *c)
{
	const char *at = text_of(c->jdata, "at");
	int64_t now = sim_time(c->sim), speed = c->sim->clock.speed, then = now;

	if (at && !instant_parse(at, &then)) {
		sim_api_wrong(c, "at is not an ISO 8601 time with its offset");
		return;
	}
	if (cJSON_HasObjectItem(c->jdata, "speed") && (!whole_of(c->jdata, "speed", &speed) || speed < 0 || speed > 1000000)) {
		sim_api_wrong(c, "speed is a whole number, 0 = held");
		return;
	}
	if (then < now)
		auth_forget_codes(&c->sim->auth); /* their steps come again */
	sim_clock_start(&c->sim->clock, then, speed);
	clock_get(c);
}

/* -- requests ----------------------------------------------------------------------------------------------------- */

static void requests_get(struct call *c)
{
	char *prefix = query_field(c->r->query, "path");

	capture_print(&c->sim->capture, prefix ? prefix : "", &c->j);
	free(prefix);
}

static void requests_delete(struct call *c)
{
	capture_clear(&c->sim->capture);
	done(c);
}

/* -- market ------------------------------------------------------------------------------------------------------- */

/* Each key does its part; the exchange matches against what comes of it. */
static void scrip_set(struct call *c)
{
	const struct scrip *s = sim_api_scrip(c, text_of(c->jdata, "segment"), text_of(c->jdata, "id"));
	const cJSON *band = cJSON_GetObjectItemCaseSensitive(c->jdata, "band"), *halted = cJSON_GetObjectItemCaseSensitive(c->jdata, "halted");
	const cJSON *bids = cJSON_GetObjectItemCaseSensitive(c->jdata, "bids"), *asks = cJSON_GetObjectItemCaseSensitive(c->jdata, "asks");
	int64_t price, low, high;

	if (!s)
		return;
	if (band && !(cJSON_GetArraySize(band) == 2 && whole(cJSON_GetArrayItem(band, 0), &low) && whole(cJSON_GetArrayItem(band, 1), &high) && low > 0 && low < high)) {
		sim_api_wrong(c, "band is [low, high] in paise");
		return;
	}
	if (band)
		market_set_band(c->sim->market, s, low, high);
	if (cJSON_IsBool(halted))
		market_set_halted(c->sim->market, s, cJSON_IsTrue(halted));
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c->jdata, "free")))
		market_free_price(c->sim->market, s);
	if (whole_of(c->jdata, "price", &price) && price > 0)
		market_set_price(c->sim->market, s, price);
	if (cJSON_IsBool(bids) || cJSON_IsBool(asks))
		market_set_side(c->sim->market, s, !cJSON_IsFalse(bids), !cJSON_IsFalse(asks));
	exchange_price(c->sim->exchange, s);
	done(c);
}

/* -- the human ---------------------------------------------------------------------------------------------------- */

static int segment_of(const struct call *c, const char *symbol)
{
	static const int all[] = {SIM_NSE_FO, SIM_NSE_CM, SIM_BSE_FO, SIM_BSE_CM, SIM_MCX_FO, SIM_CDE_FO};
	const char *named = text_of(c->jdata, "segment");
	size_t i;

	if (named)
		return sim_segment_find(named);
	for (i = 0; i < ARRAY_LEN(all); i++)
		if (market_find_symbol(c->sim->market, all[i], symbol))
			return all[i];
	return 0;
}

static bool take_order(const struct call *c, struct sim_request *q)
{
	const char *symbol = text_of(c->jdata, "symbol"), *side = text_of(c->jdata, "side"), *type = text_of(c->jdata, "type"), *product = text_of(c->jdata, "product");

	if (!symbol || !side || (side[0] != 'B' && side[0] != 'S') || !whole_of(c->jdata, "qty", &q->qty) || q->qty <= 0)
		return false;
	q->human = true;
	q->segment = segment_of(c, symbol);
	q->side = side[0];
	whole_of(c->jdata, "price", &q->price);
	whole_of(c->jdata, "trigger", &q->trigger);
	snprintf(q->symbol, sizeof(q->symbol), "%s", symbol);
	snprintf(q->type, sizeof(q->type), "%s", type ? type : "MKT");
	snprintf(q->product, sizeof(q->product), "%s", product ? product : "NRML");
	snprintf(q->validity, sizeof(q->validity), "DAY");
	return q->segment != 0;
}

static void order_post(struct call *c)
{
	const char *number = text_of(c->jdata, "cancel"), *text = "";
	const struct sim_order *o = NULL;
	struct sim_request q = {0};
	int code;

	if (number) {
		code = exchange_cancel(c->sim->exchange, number, false, &o, &text);
	} else if (take_order(c, &q)) {
		code = exchange_place(c->sim->exchange, &q, &o, &text);
	} else {
		sim_api_wrong(c, "symbol, side B or S, and qty are needed; or cancel with an order's number");
		return;
	}
	if (code != 200)
		sim_api_wrong(c, text);
	else {
		json_object(&c->j, NULL);
		json_str(&c->j, "number", o->number);
		json_object_end(&c->j);
	}
}

/* -- faults, sessions --------------------------------------------------------------------------------------------- */

static void fault_post(struct call *c)
{
	unsigned id = 0;
	const char *why = faults_arm(&c->sim->faults, c->jdata, &id);

	if (why) {
		sim_api_wrong(c, why);
		return;
	}
	json_object(&c->j, NULL);
	json_uint(&c->j, "id", id);
	json_object_end(&c->j);
}

static void faults_get(struct call *c)
{
	faults_print(&c->sim->faults, &c->j);
}

static void faults_delete(struct call *c)
{
	faults_clear(&c->sim->faults);
	feed_clear_faults(&c->sim->order_feed.feed);
	feed_clear_faults(&c->sim->market_feed.feed);
	done(c);
}

static void feed_post(struct call *c)
{
	const char *why = feed_fault(c->sim, c->jdata);

	if (why)
		sim_api_wrong(c, why);
	else
		done(c);
}

static void session_post(struct call *c)
{
	const char *ip = text_of(c->jdata, "ip"), *registered = text_of(c->jdata, "registered_ip");
	bool expire = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c->jdata, "expire"));
	bool steal = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(c->jdata, "steal"));

	if (!ip && !registered && !expire && !steal) {
		sim_api_wrong(c, "one of expire, steal, ip, registered_ip is needed");
		return;
	}
	if (ip)
		snprintf(c->sim->ip, sizeof(c->sim->ip), "%s", ip);
	if (registered)
		snprintf(c->sim->registered_ip, sizeof(c->sim->registered_ip), "%s", registered);
	if (expire || steal) {
		auth_end_all(&c->sim->auth, steal ? SESSION_STOLEN : SESSION_EXPIRED);
		feed_drop_sessions(c->sim);
	}
	done(c);
}

/* -- routes ------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{"GET", "/sim/clock", false, 0, clock_get}, {"POST", "/sim/clock", false, 0, clock_set},
	{"GET", "/sim/requests", false, 0, requests_get}, {"DELETE", "/sim/requests", false, 0, requests_delete},
	{"GET", "/sim/ledger", false, 0, sim_show_ledger}, {"GET", "/sim/stats", false, 0, sim_show_stats}, {"GET", "/sim/quote", false, 0, sim_show_quote},
	{"POST", "/sim/scrip", false, 0, scrip_set}, {"POST", "/sim/order", false, 0, order_post},
	{"POST", "/sim/fault", false, 0, fault_post}, {"GET", "/sim/faults", false, 0, faults_get}, {"DELETE", "/sim/faults", false, 0, faults_delete},
	{"POST", "/sim/feed", false, 0, feed_post}, {"POST", "/sim/session", false, 0, session_post},
};

void sim_api_serve(struct call *c)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(routes); i++)
		if (strcmp(routes[i].path, c->r->path) == 0 && strcmp(routes[i].method, c->r->method) == 0)
			break;
	if (i == ARRAY_LEN(routes)) {
		sim_api_wrong(c, "no such control call; tests/neosim/README.md lists them");
		c->reply->status = 404;
		return;
	}
	if (routes[i].method[0] == 'P') {
		c->jdata = c->r->body ? cJSON_ParseWithLength(c->r->body, c->r->body_len) : NULL;
		if (!cJSON_IsObject(c->jdata)) {
			sim_api_wrong(c, "the body is not a JSON object");
			return;
		}
	}
	routes[i].serve(c);
}
