#include "engined/watchdog/flattener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/account.h"
#include "engined/watchdog/log.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/journal/journal.h"
#include "lib/kotak/master.h"
#include "lib/kotak/reports.h"

#define ROUND NANOS_SECOND
#define CALM_ROUND (5 * NANOS_SECOND)
#define LATE_ORDERS (120 * NANOS_SECOND)  /* after it is flat: an order that was under way when the engine died may still turn up */
#define PATIENCE (5 * NANOS_SECOND)       /* a price that waited longer for its turn is decided anew */
#define JOURNAL_BACK 1000000              /* records of the engine's journal that are looked through */
#define QUOTES_MAX 50

#define FLATTENER_MAGIC 0x464C4E52u
struct flattener {
	uint32_t magic;
	struct watchdog *w;
	struct authority *authority;
	struct kotak_session *session;
	struct rest *rest;
	struct master *master;
	struct flatten f;
	struct takeover_log log;
	uv_timer_t *timer;
	struct report report;         /* one question at a time */
	char list[QUOTES_MAX * 24];
	uint64_t generation;
	bool positions_first, log_failed;
	enum flatten_verdict verdict;
	nanos_t flat_at;              /* span; 0 = not flat */
	char note[160];               /* the last thing that went wrong */
};

struct errand { struct flattener *o; struct flatten_act act; char body[ORDER_BODY_MAX]; };

static struct flattener *flattener_of(void *ctx)
{
	struct flattener *o = ctx;

	CHECK_OBJ(o, FLATTENER_MAGIC);
	return o;
}

static nanos_t span(const struct flattener *o)
{
	return NANOS_HOUR + clock_steady(&o->w->clock);
}

static nanos_t now_of(const struct flattener *o)
{
	return clock_now(&o->w->clock);
}

static void note(struct flattener *o, const char *what, const char *why)
{
	char text[160];

	snprintf(text, sizeof(text), "%.60s: %.90s", what, why);
	if (strcmp(text, o->note) != 0)
		log_warn("watchdog", "%s", text);
	memcpy(o->note, text, sizeof(text));
}

/* -- the contract's terms ---------------------------------------------------------------------------------------------------------- */

static const struct master_row *master_row_of(const struct flattener *o, const struct flatten_contract *c)
{
	if (!o->master || c->segment == SEGMENT_COUNT)
		return NULL;
	return c->segment == SEGMENT_NSE_CM || c->segment == SEGMENT_BSE_CM ? master_share(o->master, c->segment, c->symbol)
	                                                                   : master_by_symbol(o->master, c->segment, c->symbol);
}

static void take_terms(struct flattener *o)
{
	for (size_t i = 0; i < o->f.contracts; i++) {
		struct flatten_contract *c = &o->f.contract[i];
		const struct master_row *m = c->tick == 0 ? master_row_of(o, c) : NULL;

		if (!m)
			continue;
		c->token = c->token ? c->token : m->token;
		c->lot = m->lot;
		c->freeze = m->lot > 0 ? m->freeze / m->lot * m->lot : m->freeze;
		c->tick = m->tick;
		c->low = c->low ? c->low : m->band_low;
		c->high = c->high ? c->high : m->band_high;
	}
}

/* Without a master of today the row of the order itself says all that a request needs. */
static struct master_row wire_row(const struct flattener *o, const struct flatten_contract *c)
{
	const struct master_row *m = master_row_of(o, c);
	struct master_row row = { .segment = (uint8_t)c->segment, .token = c->token };

	if (m)
		return *m;
	snprintf(row.symbol, sizeof(row.symbol), "%.27s%s", c->symbol, c->segment == SEGMENT_NSE_CM ? "-EQ" : "");
	return row;
}

/* -- requests ------------------------------------------------------------------------------------------------------------------------ */

static struct order_row exit_row(const struct flattener *o, const struct flatten_order *x)
{
	const struct flatten_contract *c = &o->f.contract[x->contract];
	struct order_row r = { .segment = c->segment, .token = c->token, .side = (enum side)x->side, .qty = x->qty, .price = x->price };

	memcpy(r.symbol, c->symbol, sizeof(r.symbol));
	memcpy(r.tag, x->tag, sizeof(x->tag));
	memcpy(r.number, x->number, sizeof(r.number));
	return r;
}

/* A disk that takes nothing must not keep a position open: an exit only reduces, and its tag is found in the book. */
static void write_down(struct flattener *o, const char *kind, const struct flatten_order *x)
{
	struct order_row r = exit_row(o, x);

	if (takeover_log_exit(&o->log, now_of(o), kind, &r) == ERR_OK || o->log_failed)
		return;
	o->log_failed = true;
	log_error("watchdog", "%s cannot be written; exits go on without it", o->log.path);
}

static enum flatten_answer meaning(const struct errand *e, const struct wire_answer *a, char number[24])
{
	number[0] = '\0';
	if (e->act.what != FLATTEN_PLACE)
		return a->verdict == WIRE_OK ? FLATTEN_OK : a->verdict == WIRE_UNKNOWN ? FLATTEN_UNKNOWN : FLATTEN_NOT_DONE;
	switch (order_outcome(a)) {
	case ORDER_TAKEN:
		return a->json && order_number_read(a->json, "nOrdNo", number, 24) ? FLATTEN_OK : FLATTEN_UNKNOWN;
	case ORDER_NOT_TAKEN:
		return FLATTEN_NOT_DONE;
	case ORDER_IN_DOUBT:
		break;
	}
	return FLATTEN_UNKNOWN;
}

static void told(struct flattener *o, const struct errand *e, const struct wire_answer *a)
{
	static const char *const names[] = { "a cancel", "a change of price", "an exit" };
	const struct flatten_order *x = &o->f.order[e->act.order];
	char number[24];
	enum flatten_answer answer = meaning(e, a, number);

	flatten_answer(&o->f, &e->act, answer, number, span(o));
	if (e->act.what == FLATTEN_PLACE && answer == FLATTEN_OK)
		write_down(o, "number", x);
	if (answer != FLATTEN_OK)
		note(o, names[e->act.what], a->text[0] ? a->text : wire_verdict_name(a->verdict));
}

static void errand_done(void *ctx, const struct wire_answer *a)
{
	struct errand *e = ctx;

	if (e->o->timer) /* else it is closing: what is not known is in the log, and for the next reading */
		told(e->o, e, a);
	free(e);
}

static size_t body_of(struct flattener *o, const struct flatten_act *act, char body[ORDER_BODY_MAX])
{
	const struct flatten_order *x = &o->f.order[act->order];
	const struct flatten_contract *c = &o->f.contract[x->contract];
	struct order_request r = { .side = x->side, .type = ORDER_LIMIT, .purpose = PURPOSE_EXIT, .product = PRODUCT_MIS, .qty = x->qty, .price = act->price };
	struct master_row m = wire_row(o, c);

	memcpy(r.tag, x->tag, sizeof(r.tag));
	if (act->what == FLATTEN_PLACE)
		return order_place_body(&r, &m, body);
	if (act->what == FLATTEN_MODIFY)
		return order_modify_body(&r, &m, x->number, body);
	return x->amo ? order_cancel_amo_body(x->number, m.symbol, body) : order_cancel_body(x->number, body);
}

static void send_act(struct flattener *o, const struct flatten_act *act)
{
	static const char *const paths[] = { "/quick/order/cancel", "/quick/order/vr/modify", "/quick/order/rule/ms/place" };
	struct errand *e = calloc(1, sizeof(*e));
	struct rest_call call = { .method = "POST", .path = paths[act->what], .headers = REST_ORDER, .budget = GOVERN_ORDERS,
	                          .priority = act->what == FLATTEN_CANCEL ? REST_CANCEL : REST_EXIT, .kind = WIRE_ORDER, .give_up_at = now_of(o) + PATIENCE,
	                          .done = errand_done };
	const struct wire_answer not_sent = { .verdict = WIRE_NOT_SENT, .text = "the session is not up, or the request cannot be written" };

	assert(e);
	*e = (struct errand){ .o = o, .act = *act };
	call.ctx = e;
	call.form = e->body;
	if (act->what == FLATTEN_PLACE) {
		authority_flattened(o->authority);
		write_down(o, "intent", &o->f.order[act->order]);
	}
	if (body_of(o, act, e->body) > 0 && rest_call(o->rest, &call) == ERR_OK)
		return;
	told(o, e, &not_sent);
	free(e);
}

/* -- a round: order book, positions, quotes, requests ---------------------------------------------------------------------------------- */

static void on_round(uv_timer_t *timer);

static void arm(struct flattener *o, nanos_t wait)
{
	uv_update_time(&o->w->loop);
	uv_timer_start(o->timer, on_round, clock_ms(&o->w->clock, wait), 0);
}

static void act(struct flattener *o)
{
	struct flatten_act a;
	enum flatten_verdict verdict;

	while (flatten_next(&o->f, span(o), o->w->watch.in.market_open, &a))
		send_act(o, &a);
	verdict = flatten_judge(&o->f, span(o));
	if (verdict != FLATTEN_READING || o->verdict == FLATTEN_READING)
		o->verdict = verdict;
	if (o->verdict == FLATTEN_FLAT)
		o->flat_at = o->flat_at ? o->flat_at : span(o);
	else
		o->flat_at = 0;
	arm(o, o->verdict == FLATTEN_FLAT ? CALM_ROUND : ROUND);
}

/* False: the round is over; there is another. */
static bool ask(struct flattener *o, void (*done)(void *ctx, const struct wire_answer *a))
{
	o->report.call.done = done;
	o->report.call.ctx = o;
	if (rest_call(o->rest, &o->report.call) == ERR_OK)
		return true;
	arm(o, ROUND);
	return false;
}

/* The rows of a book, whole or empty by the broker's own word in this session; false: it says nothing. */
static bool rows_of(struct flattener *o, const char *book, const struct wire_answer *a, const cJSON **ret)
{
	*ret = a->verdict == WIRE_OK && a->json ? cJSON_GetObjectItemCaseSensitive(a->json, "data") : NULL;
	if (o->generation == kotak_session_generation(o->session) && (a->verdict == WIRE_EMPTY || cJSON_IsArray(*ret)))
		return true;
	note(o, book, a->text[0] ? a->text : wire_verdict_name(a->verdict));
	return false;
}

static price_t price_of(const cJSON *row, const char *key)
{
	price_t price;

	return wire_decimal_or(row, key, 0, &price) && price > 0 ? price : 0;
}

static price_t best_of(const cJSON *row, const char *side)
{
	const cJSON *levels = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(row, "depth"), side);

	return price_of(cJSON_GetArrayItem(levels, 0), "price");
}

static void take_quote(struct flatten_contract *c, const cJSON *row)
{
	price_t low = price_of(row, "low_price_range"), high = price_of(row, "high_price_range");

	c->bid = best_of(row, "buy");
	c->ask = best_of(row, "sell");
	c->last = price_of(row, "ltp");
	c->low = low ? low : c->low;
	c->high = high ? high : c->high;
}

static void quotes_done(void *ctx, const struct wire_answer *a)
{
	struct flattener *o = flattener_of(ctx);
	const cJSON *row;
	int64_t token;

	if (!o->timer)
		return;
	if (a->verdict == WIRE_OK)
		cJSON_ArrayForEach(row, a->json)
			for (size_t i = 0; wire_int(row, "exchange_token", &token) && i < o->f.contracts; i++)
				if (o->f.contract[i].token == token)
					take_quote(&o->f.contract[i], row);
	act(o);
}

static bool list_quotes(struct flattener *o)
{
	size_t len = 0, n = 0;

	for (uint32_t i = 0; i < o->f.contracts && n < QUOTES_MAX; i++) {
		const struct flatten_contract *c = &o->f.contract[i];

		if (!c->token || c->segment == SEGMENT_COUNT || !flatten_priced(&o->f, i))
			continue;
		len += (size_t)snprintf(o->list + len, sizeof(o->list) - len, "%s%s|%u", n++ ? "," : "", segment_wire_name(c->segment), c->token);
	}
	return n > 0;
}

static void positions_done(void *ctx, const struct wire_answer *a)
{
	struct flattener *o = flattener_of(ctx);
	const cJSON *rows, *row;
	bool whole;

	if (!o->timer)
		return;
	o->positions_first = o->positions_first || a->http == 404; /* this account has the first version only */
	whole = rows_of(o, "the positions", a, &rows);
	flatten_positions(&o->f);
	cJSON_ArrayForEach(row, rows) {
		struct position_row r;
		const char *why;

		if (position_row_read(row, &r, &why))
			flatten_position(&o->f, r.symbol, r.segment, r.product, r.net);
		else
			whole = false;
	}
	flatten_positions_end(&o->f, whole);
	take_terms(o);
	if (!list_quotes(o) || !report_quotes(&o->report, o->list, "all") || !ask(o, quotes_done))
		act(o);
}

static void orders_done(void *ctx, const struct wire_answer *a)
{
	struct flattener *o = flattener_of(ctx);
	const cJSON *rows, *row;
	bool whole;

	if (!o->timer)
		return;
	whole = rows_of(o, "the order book", a, &rows) && (a->verdict != WIRE_EMPTY || o->f.n == 0);
	cJSON_ArrayForEach(row, rows) {
		struct order_row r;
		const char *why;

		if (order_row_read(row, false, &r, &why))
			flatten_row(&o->f, &r);
		else {
			whole = false;
			note(o, "a row of the order book is not believed", why);
		}
	}
	flatten_book_end(&o->f, whole);
	report_positions(&o->report, !o->positions_first);
	ask(o, positions_done);
}

static void on_round(uv_timer_t *timer)
{
	struct flattener *o = flattener_of(timer->data);

	if (kotak_session_state(o->session) != SESSION_UP || !authority_mine(o->authority)) {
		arm(o, ROUND);
		return;
	}
	o->generation = kotak_session_generation(o->session);
	flatten_book(&o->f, span(o));
	report_orders(&o->report);
	ask(o, orders_done);
}

/* -- what is known already ------------------------------------------------------------------------------------------------------------------ */

static void recall(void *ctx, const struct order_row *r)
{
	struct flattener *o = flattener_of(ctx);

	flatten_recall(&o->f, r);
}

/* Kotak may replace a tag after a change of an order; the engine's journal knows its number. Help, not a need: it may be what broke. */
static void read_journal(struct flattener *o)
{
	uint64_t last = o->w->watch.in.beat.journal_seq;
	struct journal_reader *reader;
	struct journal_error error;
	struct record head;
	const void *payload;
	char dir[600];
	size_t len;

	snprintf(dir, sizeof(dir), "%.500s/live/journal", o->w->root_dir);
	if (journal_reader_open(dir, last > JOURNAL_BACK ? last - JOURNAL_BACK : 1, &reader, &error) != ERR_OK)
		return;
	while (journal_reader_next(reader, &head, &payload, &len) == 1) {
		const struct outcome_order *order = payload;

		if (head.kind == OUTCOME_ORDER && len >= sizeof(*order) && stamp_date(order->created) == stamp_date(now_of(o)))
			flatten_know(&o->f, order->broker_ref);
	}
	journal_reader_close(&reader);
}

static void map_master(struct flattener *o)
{
	struct master_error error;
	char path[600];

	snprintf(path, sizeof(path), "%.500s/kotak/master.bin", o->w->root_dir);
	if (master_map(path, &o->master, &error) != ERR_OK)
		o->master = NULL;
	else if (master_day(o->master) != stamp_date(now_of(o)))
		master_unmap(&o->master);
}

/* -- life --------------------------------------------------------------------------------------------------------------------------------------- */

static bool may_order(void *ctx)
{
	return authority_mine(flattener_of(ctx)->authority);
}

static int open_session(struct flattener *o, char *why, size_t size)
{
	static struct kotak_options k;
	char error[256] = "";
	int err = ERR_INVAL;

	if (account_options(o->w->config, &k, why, size)) {
		k.may_order = may_order;
		k.may_order_ctx = o;
		k.code_used = authority_code(o->authority);
		err = kotak_session_open(&o->w->loop, &k, &o->w->clock, &o->session, error);
		if (err != ERR_OK)
			snprintf(why, size, "%.200s", error);
	}
	explicit_bzero(&k, sizeof(k));
	return err == ERR_OK ? rest_open(o->session, &o->rest) : err;
}

int flattener_open(struct watchdog *w, struct authority *a, uint32_t epoch, struct flattener **ret, char *why, size_t size)
{
	struct flattener *o = calloc(1, sizeof(*o));
	int err;

	assert(o);
	*o = (struct flattener){ .magic = FLATTENER_MAGIC, .w = w, .authority = a, .log.fd = -1, .timer = calloc(1, sizeof(*o->timer)) };
	assert(o->timer);
	uv_timer_init(&w->loop, o->timer);
	o->timer->data = o;
	err = flatten_open(&o->f, epoch, w->config->watchdog_flatten_foreign != 0);
	if (err == ERR_OK)
		err = open_session(o, why, size);
	if (err != ERR_OK) {
		flattener_close(&o);
		return err;
	}
	takeover_log_open(&o->log, w->root_dir, stamp_date(now_of(o)));
	takeover_log_read(&o->log, recall, o);
	takeover_log_words(&o->log, now_of(o), "begin", "the account was taken to close its positions");
	map_master(o);
	read_journal(o);
	kotak_session_start(o->session, false);
	arm(o, ROUND);
	*ret = o;
	return ERR_OK;
}

static void timer_closed(uv_handle_t *handle)
{
	free(handle);
}

void flattener_close(struct flattener **ptr)
{
	struct flattener *o = *ptr;
	uv_timer_t *timer;

	*ptr = NULL;
	if (!o)
		return;
	CHECK_OBJ(o, FLATTENER_MAGIC);
	timer = o->timer;
	o->timer = NULL;
	if (o->rest)
		rest_close(&o->rest);
	if (o->session)
		kotak_session_close(&o->session);
	uv_close((uv_handle_t *)timer, timer_closed);
	if (o->log.fd >= 0)
		takeover_log_words(&o->log, now_of(o), "end", o->verdict == FLATTEN_FLAT ? "flat" : "NOT FLAT");
	takeover_log_close(&o->log);
	if (o->master)
		master_unmap(&o->master);
	flatten_close(&o->f);
	o->magic = 0;
	free(o);
}

enum flatten_verdict flattener_verdict(const struct flattener *o)
{
	return o->verdict;
}

bool flattener_watched(const struct flattener *o)
{
	return o->verdict == FLATTEN_FLAT && o->flat_at > 0 && span(o) - o->flat_at >= LATE_ORDERS;
}

void flattener_text(const struct flattener *o, char *text, size_t size)
{
	char rest[128];

	if (o->verdict == FLATTEN_READING) {
		const char *reason = kotak_session_reason(o->session);

		snprintf(text, size, "reading the books: %.120s", kotak_session_state(o->session) != SESSION_UP ? reason : o->note);
		return;
	}
	flatten_text(&o->f, rest, sizeof(rest));
	if (o->verdict == FLATTEN_FLAT)
		snprintf(text, size, "FLAT (%llu exits, %llu cancels)", (unsigned long long)o->f.exits, (unsigned long long)o->f.cancels);
	else
		snprintf(text, size, "not flat yet: %s%s%.60s", rest, o->note[0] ? "; " : "", o->note);
}
