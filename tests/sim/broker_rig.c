#include "tests/sim/broker_rig.h"

#include <liboath/oath.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void add_up(struct rig *r, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		r->sum = (r->sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
}

static void on_frame(void *ctx, uint32_t connection, bool binary, const void *bytes, size_t len)
{
	struct rig *r = ctx;

	add_up(r, &connection, sizeof(connection));
	add_up(r, bytes, len);
	if (binary) {
		buf_clear(&r->packets);
		buf_put(&r->packets, bytes, len);
		r->n_binary++;
		return;
	}
	buf_put(&r->frames, bytes, len);
	buf_putc(&r->frames, '\n');
	r->n_frames++;
}

static void on_closed(void *ctx, uint32_t connection)
{
	struct rig *r = ctx;

	add_up(r, &connection, sizeof(connection));
	r->n_closed++;
}

void rig_forget(struct rig *r)
{
	buf_clear(&r->frames);
	r->n_frames = r->n_binary = 0;
}

void rig_call(struct rig *r, const char *method, const char *path, const char *type, const char *body)
{
	struct sim_header headers[] = { { "authorization", sim_broker_account()->consumer_key }, { "Auth", r->token }, { "SID", r->sid }, { "neo-fin-key", "neotradeapi" },
		{ "Content-Type", type } };
	char url[1024];

	snprintf(url, sizeof(url), RIG_BASE "%s", path);
	struct sim_request q = { method, url, headers, sizeof(headers) / sizeof(headers[0]), body, body ? strlen(body) : 0 };

	sim_broker_http(r->broker, r->now, &q, &r->answer);
	add_up(r, r->answer.body, r->answer.len);
	add_up(r, &r->answer.status, sizeof(r->answer.status));
}

void rig_get(struct rig *r, const char *path)
{
	rig_call(r, "GET", path, "application/json", NULL);
}

void rig_form(struct rig *r, const char *path, const char *json)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
	struct buf body = { 0 };

	buf_puts(&body, "jData=");
	for (; *json; json++)
		if (strchr(plain, *json))
			buf_putc(&body, *json);
		else
			buf_printf(&body, "%%%02X", (unsigned char)*json);
	rig_call(r, "POST", path, "application/x-www-form-urlencoded", body.data);
	buf_done(&body);
}

size_t rig_times(const struct rig *r, const char *text)
{
	const char *from = r->answer.body, *end = from + r->answer.len;
	size_t n = 0;

	for (; from < end && (from = strstr(from, text)) && from + strlen(text) <= end; from += strlen(text))
		n++;
	return n;
}

bool rig_says(const struct rig *r, const char *text)
{
	return rig_times(r, text) > 0;
}

/* The text or number after "name":, of the first such field. */
char *rig_value(const char *text, const char *name)
{
	static char ret[512];
	char key[64];
	size_t n = 0;

	snprintf(key, sizeof(key), "\"%s\":", name);
	const char *found = strstr(text, key);

	assert_non_null(found);
	for (found += strlen(key); *found == '"'; found++)
		;
	while (found[n] && !strchr("\",}", found[n]) && n + 1 < sizeof(ret)) {
		ret[n] = found[n];
		n++;
	}
	ret[n] = '\0';
	return ret;
}

const char *rig_code(sim_ns now)
{
	static char code[8];
	char *secret;
	size_t len;

	assert_int_equal(oath_init(), OATH_OK);
	assert_int_equal(oath_base32_decode(sim_broker_account()->totp_secret, strlen(sim_broker_account()->totp_secret), &secret, &len), OATH_OK);
	assert_int_equal(oath_totp_generate(secret, len, now / SECOND, 30, 0, 6, code), OATH_OK);
	free(secret);
	return code;
}

void rig_login(struct rig *r, const char *ucc, const char *code)
{
	char body[256];

	snprintf(body, sizeof(body), "{\"mobileNumber\": \"%s\", \"ucc\": \"%s\", \"totp\": \"%s\"}", sim_broker_account()->mobile, ucc, code);
	rig_call(r, "POST", "/login/1.0/tradeApiLogin", "application/json", body);
}

static void take_token(struct rig *r)
{
	text_copy(r->token, sizeof(r->token), rig_value(r->answer.body, "token"));
	text_copy(r->sid, sizeof(r->sid), rig_value(r->answer.body, "sid"));
}

void rig_enter(struct rig *r)
{
	char body[64];

	r->now += 30 * SECOND; /* a code not used before */
	rig_login(r, sim_broker_account()->ucc, rig_code(r->now));
	assert_true(rig_says(r, "\"kType\":\"View\""));
	take_token(r);
	snprintf(body, sizeof(body), "{\"mpin\":\"%s\"}", sim_broker_account()->mpin);
	rig_call(r, "POST", "/login/1.0/tradeApiValidate", "application/json", body);
	assert_true(rig_says(r, "\"kType\":\"Trade\""));
	take_token(r);
}

struct rig *rig_new(uint64_t seed, sim_ns begin)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct sim_broker_options o = { .seed = seed, .begin = begin, .cash = 100000000, .frame = on_frame, .closed = on_closed, .ctx = r };

	assert_non_null(r);
	r->now = begin;
	r->broker = sim_broker_new(&o);
	return r;
}

void rig_free(struct rig *r)
{
	sim_broker_free(&r->broker);
	assert_null(r->broker);
	sim_broker_free(&r->broker); /* of nothing */
	buf_done(&r->frames);
	buf_done(&r->packets);
	free(r);
}

void rig_run(struct rig *r, sim_ns span)
{
	r->now += span;
	while (sim_broker_due(r->broker) <= r->now)
		sim_broker_run(r->broker, sim_broker_due(r->broker));
	sim_broker_run(r->broker, r->now);
}

void rig_dial(struct rig *r, enum sim_dial dial, uint32_t of_a_million)
{
	*sim_dial_chance(&r->dials, dial) = of_a_million;
	sim_broker_dials(r->broker, &r->dials);
}

uint64_t rig_struck(struct rig *r, enum sim_dial dial)
{
	struct sim_counts c;

	sim_broker_counts(r->broker, &c);
	return c.struck[dial];
}

/* -- what can be traded, from the file -------------------------------------------------------------------------------------------------- */

static void pick_options(struct rig *r)
{
	const char *line;
	int n = 0;

	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-23/transformed/nse_fo.csv");
	assert_int_equal(r->answer.status, 200);
	for (line = strchr(r->answer.body, '\n') + 1; *line; line = strchr(line, '\n') + 1, n++) {
		char *to = n == 14 ? r->call : n == 15 ? r->put : NULL;
		const char *symbol = line;

		for (int comma = 0; comma < 5; comma++)
			symbol = strchr(symbol, ',') + 1;
		if (to)
			snprintf(to, 40, "%.*s", (int)strcspn(symbol, ","), symbol);
	}
	assert_int_equal(n, 30);
}

struct rig *rig_in(uint64_t seed)
{
	struct rig *r = rig_new(seed, rig_at(10, 0));

	rig_enter(r);
	pick_options(r);
	return r;
}

const struct sim_order *rig_order(struct rig *r, size_t i)
{
	const struct sim_order *orders;
	size_t n = sim_broker_orders(r->broker, &orders);

	assert_true(i < n);
	return &orders[i];
}

size_t rig_orders(struct rig *r)
{
	const struct sim_order *orders;

	return sim_broker_orders(r->broker, &orders);
}

void rig_place(struct rig *r, struct ask a)
{
	char json[640], tag[32];

	snprintf(tag, sizeof(tag), "T%llu", (unsigned long long)++r->tag);
	snprintf(json, sizeof(json), "{\"am\":\"%s\",\"dq\":\"0\",\"es\":\"%s\",\"mp\":\"0\",\"pc\":\"%s\",\"pr\":\"%s\",\"pt\":\"%s\",\"qt\":\"%s\",\"rt\":\"%s\","
		"\"tp\":\"%s\",\"ts\":\"%s\",\"tt\":\"%s\",\"ig\":\"%s\",\"os\":\"NEOTRADEAPI\"}", a.amo ? a.amo : "NO", strstr(a.symbol, "-EQ") ? "nse_cm" : "nse_fo",
		a.product ? a.product : "MIS", a.price, a.type ? a.type : "L", a.qty ? a.qty : "65", a.validity ? a.validity : "DAY", a.trigger ? a.trigger : "0",
		a.symbol, a.side ? a.side : "B", a.tag ? a.tag : tag);
	rig_form(r, "/quick/order/rule/ms/place", json);
}

const char *rig_rupees(int64_t paise)
{
	static char text[4][24];
	static unsigned next;
	char *to = text[next++ % 4];

	snprintf(to, 24, "%lld.%02lld", (long long)paise / 100, (long long)paise % 100);
	return to;
}

void rig_modify(struct rig *r, size_t order, const char *qty, const char *price, const char *type, const char *trigger)
{
	char json[512];
	const struct sim_order *o = rig_order(r, order);

	snprintf(json, sizeof(json), "{\"am\": \"NO\", \"dq\": \"0\", \"mp\": \"0\", \"no\": \"%s\", \"pr\": \"%s\", \"pt\": \"%s\", \"qt\": \"%s\", \"tp\": \"%s\", "
		"\"vd\": \"DAY\", \"os\": \"NEOTRADEAPI\", \"ts\": \"%s\", \"dd\": \"NA\"}", o->number, price, type, qty, trigger, o->symbol);
	rig_form(r, "/quick/order/vr/modify", json);
}

void rig_cancel(struct rig *r, size_t order, const char *amo)
{
	char json[128];

	snprintf(json, sizeof(json), "{\"on\":\"%s\",\"am\":\"%s\"}", rig_order(r, order)->number, amo);
	rig_form(r, "/quick/order/cancel", json);
}

bool rig_heard(const struct rig *r, const char *text)
{
	return r->frames.len && strstr(r->frames.data, text);
}

void rig_token(struct rig *r, const char *symbol, char ret[16])
{
	char path[128];

	snprintf(path, sizeof(path), "/wso2-scripmaster/v1/prod/2026-11-23/%s", strstr(symbol, "-EQ") ? "transformed-v1/nse_cm-v1.csv" : "transformed/nse_fo.csv");
	rig_get(r, path);
	const char *found = strstr(r->answer.body, symbol);

	assert_non_null(found);
	while (found[-1] != '\n')
		found--;
	snprintf(ret, 16, "%.*s", (int)strcspn(found, ","), found);
}

int64_t rig_price(struct rig *r, const char *symbol)
{
	char token[16], path[128];
	int64_t price;

	rig_token(r, symbol, token);
	snprintf(path, sizeof(path), "/script-details/1.0/quotes/neosymbol/%s%%7C%s/ltp", strstr(symbol, "-EQ") ? "nse_cm" : "nse_fo", token);
	rig_get(r, path);
	assert_true(text_paise(rig_value(r->answer.body, "ltp"), &price));
	return price;
}

const struct sim_position *rig_position(struct rig *r, const char *symbol, const char *product)
{
	const struct sim_position *positions;
	size_t n = sim_broker_positions(r->broker, &positions);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(positions[i].symbol, symbol) && !strcmp(positions[i].product, product))
			return &positions[i];
	return NULL;
}

void rig_listen(struct rig *r)
{
	char frame[512];

	assert_true(sim_broker_ws_open(r->broker, r->now, 1, "wss://sim.example.com/realtime"));
	snprintf(frame, sizeof(frame), "{type:cn,Authorization:%s,Sid:%s,src:WEB}", r->token, r->sid);
	sim_broker_ws_text(r->broker, r->now, 1, frame, strlen(frame));
}

void rig_watch(struct rig *r, const char *event, const char *list)
{
	char frame[512];

	assert_true(sim_broker_ws_open(r->broker, r->now, 2, "wss://sim.example.com/apifeed"));
	snprintf(frame, sizeof(frame), "{\"user\":\"ABC12\",\"auth\":\"%s\",\"format\":\"native_batch\",\"source\":\"NEOTRADEAPI\"}", r->sid);
	sim_broker_ws_text(r->broker, r->now, 2, frame, strlen(frame));
	snprintf(frame, sizeof(frame), "{\"event\":\"%s\",\"inputtoken\":\"%s\"}", event, list);
	sim_broker_ws_text(r->broker, r->now, 2, frame, strlen(frame));
}

int64_t rig_index(struct rig *r)
{
	int64_t price;

	rig_get(r, "/script-details/1.0/quotes/neosymbol/nse_cm|Nifty%2050/ltp");
	assert_true(text_paise(rig_value(r->answer.body, "ltp"), &price));
	return price;
}
