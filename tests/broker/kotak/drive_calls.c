/* kotak_drive without --engine: one command, one REST call, one line {"verdict":...,"http":...,"data":...}. */
#include "tests/broker/kotak/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/order_codec.h"
#include "lib/core/charges.h"
#include "lib/kotak/reports.h"

static struct report report;
static char body[ORDER_BODY_MAX];

/* -- answers ------------------------------------------------------------------------------------------------------------------------ */

static void print_answer(const struct wire_answer *a)
{
	struct buf line = { 0 };
	struct json j;
	char *data = a->json ? cJSON_PrintUnformatted(a->json) : NULL;

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_str(&j, "verdict", wire_verdict_name(a->verdict));
	json_int(&j, "http", a->http);
	json_int(&j, "st_code", a->st_code);
	json_str(&j, "text", a->text);
	if (data)
		json_raw(&j, "data", data);
	else
		json_null(&j, "data");
	json_object_end(&j);
	free(data);
	drive_print(&line);
}

static void answered(void *ctx, const struct wire_answer *a)
{
	print_answer(a);
	drive_next(ctx);
}

static void refuse(struct drive *d, const char *verdict, const char *text)
{
	struct buf line = { 0 };
	struct json j;

	json_begin(&j, &line);
	json_object(&j, NULL);
	json_str(&j, "verdict", verdict);
	json_str(&j, "text", text);
	json_object_end(&j);
	drive_print(&line);
	drive_next(d);
}

static void call(struct drive *d, struct rest_call *c)
{
	c->done = answered;
	c->ctx = d;
	if (rest_call(d->rest, c) != ERR_OK)
		refuse(d, "no_session", kotak_session_reason(d->session));
}

/* -- the session -------------------------------------------------------------------------------------------------------------------- */

static bool logging_in;

static void session_changed(void *ctx, enum session_state state, const char *reason)
{
	struct drive *d = ctx;

	if (!logging_in || (state == SESSION_START && !reason[0]))
		return;
	if (state == SESSION_START)
		return; /* a step of it; refusals end in DOWN or STOP, or a later try */
	logging_in = false;
	refuse(d, state == SESSION_UP ? "ok" : "failed", reason);
}

static void login(struct drive *d)
{
	static const struct kotak_listener nobody;
	struct kotak_listener l = nobody;
	static bool listening;

	l.changed = session_changed;
	l.ctx = d;
	if (!listening)
		kotak_session_listen(d->session, &l);
	listening = true;
	if (kotak_session_state(d->session) == SESSION_UP) {
		refuse(d, "ok", "");
		return;
	}
	logging_in = true;
	kotak_session_start(d->session, true);
}

/* -- orders --------------------------------------------------------------------------------------------------------------------------- */

static bool take_price(const char *text, price_t *ret)
{
	return num_parse(text, strlen(text), ret) == ERR_OK;
}

static bool take_number(const char *text, int64_t *ret)
{
	return num_parse_int(text, strlen(text), 0, INT64_MAX, ret) == ERR_OK;
}

/* SYMBOL or SYMBOL:TOKEN */
static void take_symbol(const char *text, struct master_row *m)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	snprintf(m->symbol, sizeof(m->symbol), "%.*s", (int)len, text);
	m->token = colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
}

/* place SEGMENT SYMBOL B|S L|SL QTY PRICE TRIGGER MIS|NRML|CNC DAY TAG */
static bool take_order(char **w, unsigned n, struct order_request *r, struct master_row *m)
{
	enum segment segment;

	memset(r, 0, sizeof(*r));
	memset(m, 0, sizeof(*m));
	if (n < 10 || !segment_of_wire(w[1], &segment) || segment == SEGMENT_COUNT || strcmp(w[9], "DAY") != 0)
		return false;
	m->segment = (uint8_t)segment;
	take_symbol(w[2], m);
	r->side = strcmp(w[3], "S") == 0 ? SIDE_SELL : SIDE_BUY;
	r->type = strcmp(w[4], "SL") == 0 ? ORDER_SL : ORDER_LIMIT;
	r->product = strcmp(w[8], "NRML") == 0 ? PRODUCT_NRML : strcmp(w[8], "CNC") == 0 ? PRODUCT_CNC : PRODUCT_MIS;
	snprintf(r->tag, sizeof(r->tag), "%s", n > 10 ? w[10] : "T1");
	return (strcmp(w[4], "L") == 0 || r->type == ORDER_SL) && take_number(w[5], &r->qty) && take_price(w[6], &r->price) && take_price(w[7], &r->trigger);
}

static void order_call(struct drive *d, const char *path, size_t len)
{
	struct rest_call c = { .method = "POST", .path = path, .headers = REST_ORDER, .budget = GOVERN_ORDERS, .priority = REST_ENTRY, .kind = WIRE_ORDER,
	                       .form = body };

	if (len == 0)
		refuse(d, "not_built", "price, type or symbol cannot be sent");
	else
		call(d, &c);
}

static void place(struct drive *d, bool margin)
{
	struct order_request r;
	struct master_row m;

	if (!take_order(d->word, d->words, &r, &m))
		refuse(d, "usage", "place SEGMENT SYMBOL B|S L|SL QTY PRICE TRIGGER MIS|NRML DAY TAG");
	else if (!margin)
		order_call(d, "/quick/order/rule/ms/place", order_place_body(&r, &m, body));
	else if (order_margin_body(&r, &m, body) == 0)
		refuse(d, "not_built", "margin needs SYMBOL:TOKEN");
	else {
		report_margin(&report, body);
		call(d, &report.call);
	}
}

static struct order_request wanted;
static char modified[24];

/* The row gives what the command does not name. */
static void modify_row(void *ctx, const struct wire_answer *a)
{
	struct drive *d = ctx;
	const cJSON *rows = a->json ? cJSON_GetObjectItemCaseSensitive(a->json, "data") : NULL;
	struct order_row row;
	struct master_row m = { 0 };
	const char *why;

	if (a->verdict != WIRE_OK || !order_row_read(cJSON_GetArrayItem(rows, 0), false, &row, &why)) {
		print_answer(a);
		drive_next(d);
		return;
	}
	m.segment = (uint8_t)row.segment;
	m.token = row.token;
	memcpy(m.symbol, row.symbol, sizeof(m.symbol));
	wanted.side = (uint8_t)row.side;
	wanted.product = strcmp(row.product, "NRML") == 0 ? PRODUCT_NRML : strcmp(row.product, "CNC") == 0 ? PRODUCT_CNC : PRODUCT_MIS;
	order_call(d, "/quick/order/vr/modify", order_modify_body(&wanted, &m, modified, body));
}

static void modify(struct drive *d)
{
	char **w = d->word;

	memset(&wanted, 0, sizeof(wanted));
	if (d->words < 6 || !report_order(&report, w[1]) || !take_number(w[2], &wanted.qty) || !take_price(w[3], &wanted.price) ||
	    !take_price(w[4], &wanted.trigger)) {
		refuse(d, "usage", "modify NUMBER QTY PRICE TRIGGER TYPE");
		return;
	}
	wanted.type = strcmp(w[5], "SL") == 0 ? ORDER_SL : ORDER_LIMIT;
	snprintf(modified, sizeof(modified), "%s", w[1]);
	report.call.done = modify_row;
	report.call.ctx = d;
	if (rest_call(d->rest, &report.call) != ERR_OK)
		refuse(d, "no_session", kotak_session_reason(d->session));
}

/* -- reports ---------------------------------------------------------------------------------------------------------------------------- */

static bool date_of(const char *text, date_t *ret)
{
	return date_parse(text, strlen(text), ret) == ERR_OK;
}

/* Names of indices hold blanks: everything between the command and the last word. */
static char *joined(struct drive *d, unsigned last)
{
	static char text[2048];

	text[0] = '\0';
	for (unsigned i = 1; i < last; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i > 1 ? " " : "", d->word[i]);
	return text;
}

static bool prepare(struct drive *d)
{
	const char *c = d->word[0], *one = d->words > 1 ? d->word[1] : "";
	date_t from, to;

	if (strcmp(c, "book") == 0)
		report_orders(&report);
	else if (strcmp(c, "order") == 0)
		return report_order(&report, one);
	else if (strcmp(c, "history") == 0)
		return report_history(&report, one);
	else if (strcmp(c, "trades") == 0)
		report_trades(&report);
	else if (strcmp(c, "positions") == 0)
		report_positions(&report, true);
	else if (strcmp(c, "holdings") == 0)
		report_holdings(&report);
	else if (strcmp(c, "limits") == 0)
		report_limits(&report);
	else if (strcmp(c, "paths") == 0)
		report_paths(&report);
	else if (strcmp(c, "client_ip") == 0)
		report_client_ip(&report);
	else if (strcmp(c, "quotes") == 0 && d->words >= 3)
		return report_quotes(&report, joined(d, d->words - 1), d->word[d->words - 1]);
	else if (strcmp(c, "expiries") == 0 && d->words >= 3)
		return report_expiries(&report, one, d->word[2]);
	else if (strcmp(c, "candles") == 0 && d->words >= 5)
		return date_of(d->word[d->words - 2], &from) && date_of(d->word[d->words - 1], &to) &&
		       report_candles(&report, joined(d, d->words - 3), d->word[d->words - 3], from, to);
	else
		return false;
	return true;
}

void calls_command(struct drive *d)
{
	const char *c = d->word[0];

	if (strcmp(c, "login") == 0)
		login(d);
	else if (strcmp(c, "place") == 0 || strcmp(c, "margin") == 0)
		place(d, c[0] == 'm');
	else if (strcmp(c, "modify") == 0)
		modify(d);
	else if (strcmp(c, "cancel") == 0 && d->words > 1)
		order_call(d, "/quick/order/cancel", order_cancel_body(d->word[1], body));
	else if (prepare(d))
		call(d, &report.call);
	else
		refuse(d, "usage", "no such command, or its arguments are wrong; see the head of kotak_drive.c");
}
