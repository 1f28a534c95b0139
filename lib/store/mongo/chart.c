/* Candles: bars of a window and the own fills among them, in four questions however many fills there are. What SQLite joins is joined here. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

#define MARKS_MAX 1000              /* own fills on one chart */

/* Documents kept beyond their cursor. */
struct kept { enum row_table table; bson_t **doc; uint32_t n, max; };

static void kept_free(struct kept *k)
{
	for (uint32_t i = 0; i < k->n; i++)
		bson_destroy(k->doc[i]);
	free(k->doc);
}

/* Columns that are asked for again; a document made anew from its row needs no second way of reading. */
static int keep(void *ctx, const struct row *row)
{
	struct kept *k = ctx;
	const struct table *t = &store_tables[row->table];

	if (k->n == k->max) {
		uint32_t max = k->max ? k->max * 2 : 64;
		bson_t **grown = realloc(k->doc, max * sizeof(*grown));
		if (!grown)
			return ERR_NOMEM;
		k->doc = grown;
		k->max = max;
	}
	bson_t *doc = bson_new();
	for (uint32_t i = 0; i < t->columns; i++)
		mongo_append(doc, t->column[i].name, &row->at[i]);
	k->doc[k->n++] = doc;
	return 0;
}

static void kept_row(const struct kept *k, uint32_t i, struct row *ret)
{
	mongo_row_read(k->doc[i], k->table, ret);
}

static int64_t kept_number(const struct kept *k, uint32_t i, uint32_t column)
{
	struct row row;

	kept_row(k, i, &row);
	return row.at[column].number;
}

static int ask(struct backend *b, struct kept *k, bson_t *filter, const char *sort, int way, uint32_t limit)
{
	bson_t opts = BSON_INITIALIZER;

	mongo_put_sort(&opts, sort, way, limit);
	int err = mongo_walk(b, k->table, filter, &opts, keep, k);
	bson_destroy(&opts);
	bson_destroy(filter);
	return err;
}

static void put_text(bson_t *filter, const char *field, const char *text)
{
	mongo_append(filter, field, &(struct value){ .text = text, .len = (uint32_t)strlen(text), .kind = VALUE_TEXT });
}

/* -- the four questions -------------------------------------------------------------------------------------------- */

/* Newest first. */
static int ask_bars(struct backend *b, const struct store_query *q, int64_t from, int64_t to, uint32_t limit, struct kept *ret)
{
	bson_t filter = BSON_INITIALIZER;

	BSON_APPEND_INT32(&filter, "j", b->journal);
	put_text(&filter, "symbol", q->symbol);
	BSON_APPEND_INT64(&filter, "interval_s", q->interval_s);
	mongo_put_range(&filter, "at", from, to);
	return ask(b, ret, &filter, "at", -1, limit);
}

/* Newest first. */
static int ask_fills(struct backend *b, const struct store_query *q, int64_t from, int64_t to, struct kept *ret)
{
	bson_t filter = BSON_INITIALIZER;

	BSON_APPEND_INT32(&filter, "j", b->journal);
	put_text(&filter, "underlying", q->symbol);
	mongo_put_range(&filter, "at", from, to);
	if (q->strategy[0])
		put_text(&filter, "strategy", q->strategy);
	return ask(b, ret, &filter, "_id", -1, MARKS_MAX);
}

/* The orders of these fills. */
static int ask_orders(struct backend *b, const struct kept *fills, struct kept *ret)
{
	bson_t filter = BSON_INITIALIZER, in, list;
	const char *key;
	char number[16];

	BSON_APPEND_INT32(&filter, "j", b->journal);
	BSON_APPEND_DOCUMENT_BEGIN(&filter, "number", &in);
	BSON_APPEND_ARRAY_BEGIN(&in, "$in", &list);
	for (uint32_t i = 0; i < fills->n; i++) {
		bson_uint32_to_string(i, &key, number, sizeof(number));
		BSON_APPEND_INT64(&list, key, kept_number(fills, i, TRADES_NUMBER));
	}
	bson_append_array_end(&in, &list);
	bson_append_document_end(&filter, &in);
	return ask(b, ret, &filter, "seq", -1, 0);
}

/* -- marks --------------------------------------------------------------------------------------------------------- */

/* The close of the newest bar that had ended by then: in the window, else the one before it. */
static struct value price_at(const struct kept *bars, const struct kept *before, int64_t at, uint32_t interval_s)
{
	const struct kept *const both[] = { bars, before };
	struct row row;

	for (size_t k = 0; k < ARRAY_LEN(both); k++)
		for (uint32_t i = 0; i < both[k]->n; i++) {
			kept_row(both[k], i, &row);
			if (row.at[BARS_AT].number <= at - interval_s * NANOS_SECOND)
				return row.at[BARS_CLOSE];
		}
	return (struct value){ 0 };
}

static struct value purpose_of(const struct kept *orders, const struct row *fill)
{
	struct row row;

	for (uint32_t i = 0; i < orders->n; i++) {
		kept_row(orders, i, &row);
		if (row.at[ORDERS_NUMBER].number == fill->at[TRADES_NUMBER].number && row.at[ORDERS_SEQ].number <= fill->at[TRADES_SEQ].number)
			return row.at[ORDERS_PURPOSE];
	}
	return (struct value){ 0 };
}

struct chart { struct kept bars, before, fills, orders; };

static int by_time(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int64_t at[] = { x->at[TRADES_AT].number, y->at[TRADES_AT].number }, seq[] = { x->at[TRADES_SEQ].number, y->at[TRADES_SEQ].number };

	return at[0] != at[1] ? (at[0] > at[1]) - (at[0] < at[1]) : (seq[0] > seq[1]) - (seq[0] < seq[1]);
}

static int tell_mark(const struct chart *c, const struct row *fill, uint32_t interval_s, store_row_fn *fn, void *ctx)
{
	struct row mark;

	row_begin(&mark, TABLE_MARKS);
	mark.at[MARKS_AT] = fill->at[TRADES_AT];
	mark.at[MARKS_SIDE] = fill->at[TRADES_SIDE];
	mark.at[MARKS_PRICE] = price_at(&c->bars, &c->before, fill->at[TRADES_AT].number, interval_s);
	mark.at[MARKS_STRATEGY] = fill->at[TRADES_STRATEGY];
	mark.at[MARKS_PURPOSE] = purpose_of(&c->orders, fill);
	mark.at[MARKS_SYMBOL] = fill->at[TRADES_SYMBOL];
	mark.at[MARKS_FILL] = fill->at[TRADES_PRICE];
	return fn(ctx, &mark);
}

static int tell_marks(const struct chart *c, const struct store_query *q, store_row_fn *fn, void *ctx)
{
	struct row *fill = calloc(c->fills.n ? c->fills.n : 1, sizeof(*fill));
	int stopped = fill ? 0 : ERR_NOMEM;

	for (uint32_t i = 0; i < c->fills.n && !stopped; i++)
		kept_row(&c->fills, i, &fill[i]);
	if (!stopped)
		qsort(fill, c->fills.n, sizeof(*fill), by_time);
	for (uint32_t i = 0; i < c->fills.n && !stopped; i++)
		stopped = tell_mark(c, &fill[i], q->interval_s, fn, ctx);
	free(fill);
	return stopped;
}

static int tell_bars(const struct kept *bars, store_row_fn *fn, void *ctx)
{
	struct row row;
	int stopped = 0;

	for (uint32_t i = bars->n; i > 0 && !stopped; i--) {
		kept_row(bars, i - 1, &row);
		stopped = fn(ctx, &row);
	}
	return stopped;
}

static int gather(struct backend *b, const struct store_query *q, uint32_t limit, struct chart *c)
{
	int64_t from = q->from ? q->from : INT64_MIN, to = q->to ? q->to : INT64_MAX;
	int err = ask_bars(b, q, from, to, limit, &c->bars);

	if (!err && c->bars.n)
		from = kept_number(&c->bars, c->bars.n - 1, BARS_AT);
	err = err ? err : ask_fills(b, q, from, to, &c->fills);
	if (err || c->fills.n == 0)
		return err;
	err = ask_bars(b, q, INT64_MIN, from, 1, &c->before);
	return err ? err : ask_orders(b, &c->fills, &c->orders);
}

int mongo_candles(struct backend *b, const struct store_query *q, uint32_t limit, store_row_fn *fn, void *ctx)
{
	struct chart c = { .bars.table = TABLE_BARS, .before.table = TABLE_BARS, .fills.table = TABLE_TRADES, .orders.table = TABLE_ORDERS };
	int err = gather(b, q, limit, &c);

	err = err ? err : tell_bars(&c.bars, fn, ctx);
	err = err ? err : tell_marks(&c, q, fn, ctx);
	kept_free(&c.bars);
	kept_free(&c.before);
	kept_free(&c.fills);
	kept_free(&c.orders);
	return err;
}
