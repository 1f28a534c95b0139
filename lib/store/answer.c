#include "lib/store/answer.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/charges.h"
#include "lib/store/project.h"
#include "lib/store/text.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000
#define INTERVAL_MAX 86400

/* -- what the columns do not say by themselves ---------------------------------------------------------------------- */

static void unknown_charges(struct json *j, int64_t bits)
{
	json_array(j, "charges_unknown");
	for (uint32_t k = 0; k < CHARGE_COUNT; k++)
		if (bits & (1 << k))
			json_str(j, NULL, charge_kind_name(k));
	json_array_end(j);
}

static void trade_extra(const struct row *r, struct json *j)
{
	json_bool(j, "charges_complete", r->at[TRADES_UNKNOWN].number == 0);
}

/* net is null while a charge is not known; what is known of it stands beside. */
static void net_extra(const struct value *gross, const struct value *charges, int64_t unknown, struct json *j)
{
	money_t known = NUM_UNKNOWN;

	json_bool(j, "charges_complete", unknown == 0);
	unknown_charges(j, unknown);
	if (gross->kind == VALUE_NUMBER && charges->kind == VALUE_NUMBER && !num_sub(gross->number, charges->number, &known))
		known = NUM_UNKNOWN;
	json_decimal(j, "net_known", known);
}

static void history_extra(const struct row *r, struct json *j)
{
	net_extra(&r->at[HISTORY_GROSS], &r->at[HISTORY_CHARGES], r->at[HISTORY_UNKNOWN].number, j);
}

static void day_extra(const struct row *r, struct json *j)
{
	net_extra(&r->at[DAYS_GROSS], &r->at[DAYS_CHARGES], r->at[DAYS_UNKNOWN].number, j);
}

static bool begins(const struct value *v, const char *text)
{
	return v->len >= strlen(text) && memcmp(v->text, text, strlen(text)) == 0;
}

/* What a person may cancel: never an exit of the engine's. */
static void order_extra(const struct row *r, struct json *j)
{
	static const char *const at_work[] = { "pending", "trigger_pending", "open", "partial" };
	bool may = begins(&r->at[ORDERS_PURPOSE], "entry") || (begins(&r->at[ORDERS_PURPOSE], "exit") && begins(&r->at[ORDERS_STRATEGY], "manual"));

	json_array(j, "can");
	for (size_t i = 0; may && i < ARRAY_LEN(at_work); i++)
		if (r->at[ORDERS_STATE].len == strlen(at_work[i]) && begins(&r->at[ORDERS_STATE], at_work[i]))
			json_str(j, NULL, "cancel");
	json_array_end(j);
}

static void members(const struct row *r, struct json *j)
{
	row_json(r, j);
	switch (r->table) {
	case TABLE_TRADES: trade_extra(r, j); break;
	case TABLE_HISTORY: history_extra(r, j); break;
	case TABLE_DAYS: day_extra(r, j); break;
	case TABLE_ORDERS: order_extra(r, j); break;
	default: break;
	}
}

/* -- events: the record is read again, so that `data` has the very shape of its table's rows ------------------------ */

struct words { char symbol[64], strategy[64]; };

static const char *word(const struct value *v, char *copy, size_t size)
{
	size_t len = v->len < size ? v->len : size - 1;

	if (v->kind != VALUE_TEXT)
		return NULL;
	memcpy(copy, v->text, len);
	copy[len] = '\0';
	return copy;
}

static void event_body(const struct projection *p, const struct record *head, const void *payload, const struct called *c,
                       struct json *j)
{
	struct buf text = { 0 };
	struct row row;

	text_event(&text, head, payload, c);
	json_str(j, "text", text.data && !text.failed ? text.data : NULL);
	buf_done(&text);
	p->row(head, payload, c, &row);
	json_object(j, "data");
	members(&row, j);
	json_object_end(j);
}

static void event_members(const struct row *r, struct json *j)
{
	struct record head = { .seq = (uint64_t)r->at[EVENTS_SEQ].number, .stamp = r->at[EVENTS_AT].number,
	                       .kind = (uint16_t)r->at[EVENTS_KIND].number };
	const struct projection *p = projection_of(head.kind);
	const struct value *payload = &r->at[EVENTS_PAYLOAD];
	_Alignas(8) char bytes[1024];
	struct words words;
	struct called c = { word(&r->at[EVENTS_SYMBOL], words.symbol, sizeof(words.symbol)),
	                    word(&r->at[EVENTS_STRATEGY], words.strategy, sizeof(words.strategy)), NULL, "" };

	word(&r->at[EVENTS_ABOUT], c.about, sizeof(c.about));
	row_json(r, j);
	json_str(j, "kind", p ? p->event : NULL);
	json_str(j, "symbol", c.symbol);
	if (p && payload->kind == VALUE_BLOB && payload->len == p->size && p->size <= sizeof(bytes)) {
		memcpy(bytes, payload->text, payload->len);
		event_body(p, &head, bytes, &c, j);
		return;
	}
	json_null(j, "text"); /* another build's layout: the row is there, its words are not */
	json_null(j, "data");
}

/* -- whole answers ------------------------------------------------------------------------------------------------- */

static const enum row_table query_table[] = {
	[STORE_ORDERS] = TABLE_ORDERS, [STORE_TRADES] = TABLE_TRADES, [STORE_HISTORY] = TABLE_HISTORY, [STORE_EQUITY] = TABLE_EQUITY,
	[STORE_EVENTS] = TABLE_EVENTS, [STORE_CANDLES] = TABLE_BARS, [STORE_DECISIONS] = TABLE_DECISIONS, [STORE_AUDIT] = TABLE_AUDIT,
	[STORE_DAYS] = TABLE_DAYS,
};

struct answer { struct json json; const struct store_query *q; uint32_t rows; uint64_t last; bool more, marks; };

static void item(struct answer *a, const struct row *row)
{
	json_object(&a->json, NULL);
	if (row->table == TABLE_EVENTS)
		event_members(row, &a->json);
	else
		members(row, &a->json);
	json_object_end(&a->json);
}

/* One row more than asked for was read: its presence is what says that there is a next page. */
static int page_row(void *ctx, const struct row *row)
{
	struct answer *a = ctx;

	if (a->rows == a->q->limit) {
		a->more = true;
		return 0;
	}
	a->rows++;
	a->last = (uint64_t)row->at[table_column(row->table, "seq")].number;
	item(a, row);
	return 0;
}

static int answer_page(const struct store_ops *ops, struct backend *b, const struct store_query *q, struct buf *ret)
{
	struct answer a = { .q = q };

	json_begin(&a.json, ret);
	json_object(&a.json, NULL);
	json_array(&a.json, "items");
	int err = ops->query(b, q, query_table[q->kind], q->limit + 1, page_row, &a);
	json_array_end(&a.json);
	if (a.more)
		json_uint(&a.json, "next", a.last);
	else
		json_null(&a.json, "next");
	json_object_end(&a.json);
	return err;
}

/* Between bars and marks lies the bar in the making, which is the engine's to add. */
static void bars_end(struct answer *a)
{
	json_array_end(&a->json);
	json_null(&a->json, "forming");
	json_array(&a->json, "trades");
	a->marks = true;
}

static int candle_row(void *ctx, const struct row *row)
{
	struct answer *a = ctx;

	if (row->table == TABLE_MARKS && !a->marks)
		bars_end(a);
	item(a, row);
	return 0;
}

static int answer_candles(const struct store_ops *ops, struct backend *b, const struct store_query *q, struct buf *ret)
{
	struct answer a = { .q = q };

	json_begin(&a.json, ret);
	json_object(&a.json, NULL);
	json_str(&a.json, "symbol", q->symbol);
	json_uint(&a.json, "interval", q->interval_s);
	json_array(&a.json, "items");
	int err = ops->query(b, q, TABLE_BARS, q->limit, candle_row, &a);
	if (!a.marks)
		bars_end(&a);
	json_array_end(&a.json);
	json_object_end(&a.json);
	return err;
}

int answer_query(const struct store_ops *ops, struct backend *b, const struct store_query *q, struct buf *ret)
{
	int err = q->kind == STORE_CANDLES ? answer_candles(ops, b, q, ret) : answer_page(ops, b, q, ret);

	return err ? err : ret->failed ? ERR_NOMEM : 0;
}

/* -- check --------------------------------------------------------------------------------------------------------- */

static bool unusable(enum row_table table, const char *column, const char *text, size_t size)
{
	return !memchr(text, '\0', size) || (text[0] && table_column(table, column) < 0);
}

int answer_check(struct store_query *q)
{
	if ((uint32_t)q->kind >= ARRAY_LEN(query_table))
		return ERR_INVAL;
	enum row_table table = query_table[q->kind];
	bool candles = q->kind == STORE_CANDLES;
	if (unusable(candles ? TABLE_TRADES : table, "strategy", q->strategy, sizeof(q->strategy)) ||
	    unusable(table, "symbol", q->symbol, sizeof(q->symbol)) || unusable(table, "state", q->state, sizeof(q->state)))
		return ERR_INVAL;
	if (candles && (!q->symbol[0] || q->interval_s > INTERVAL_MAX))
		return ERR_INVAL;
	if (candles && q->interval_s == 0)
		q->interval_s = 60;
	q->limit = q->limit == 0 ? LIMIT_DEFAULT : q->limit > LIMIT_MAX ? LIMIT_MAX : q->limit;
	return 0;
}
