/* Rows out. What a person typed is only ever a value in a filter, never a part of its shape. */
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

/* -- walking ------------------------------------------------------------------------------------------------------- */

/* Progress must be what a majority has: else a primary that stepped down could have told of rows that are no more. */
void mongo_read_majority(struct backend *b, bson_t *opts)
{
	mongoc_read_concern_t *concern = b->d->read_concern_new();

	b->d->read_concern_set_level(concern, MONGOC_READ_CONCERN_LEVEL_MAJORITY);
	b->d->read_concern_append(concern, opts);
	b->d->read_concern_destroy(concern);
}

int mongo_cursor_end(struct backend *b, mongoc_cursor_t *cursor)
{
	bson_error_t words = { 0 };
	const bson_t *reply;
	int err = b->d->cursor_error_document(cursor, &words, &reply) ? mongo_fail(b, &words) : 0;

	b->d->cursor_destroy(cursor);
	return err;
}

int mongo_find_one(struct backend *b, const char *collection, const bson_t *filter, const bson_t *opts, bson_t *ret_doc)
{
	mongoc_collection_t *c = mongo_collection(b, collection);
	bson_t *one = opts ? bson_copy(opts) : bson_new();
	const bson_t *doc;
	int found = 0;

	BSON_APPEND_INT64(one, "limit", 1);
	mongo_read_majority(b, one);
	mongoc_cursor_t *cursor = b->d->collection_find_with_opts(c, filter, one, NULL);
	if (b->d->cursor_next(cursor, &doc)) {
		bson_copy_to(doc, ret_doc);
		found = 1;
	}
	int err = mongo_cursor_end(b, cursor);
	bson_destroy(one);
	b->d->collection_destroy(c);
	if (err && found)
		bson_destroy(ret_doc);
	return err ? err : found;
}

int mongo_walk(struct backend *b, enum row_table table, const bson_t *filter, const bson_t *opts, store_row_fn *fn, void *ctx)
{
	mongoc_collection_t *c = mongo_collection(b, store_tables[table].name);
	mongoc_cursor_t *cursor = b->d->collection_find_with_opts(c, filter, opts, NULL);
	const bson_t *doc;
	struct row row;
	int stopped = 0;

	while (!stopped && b->d->cursor_next(cursor, &doc)) {
		mongo_row_read(doc, table, &row);
		stopped = fn(ctx, &row);
	}
	int err = mongo_cursor_end(b, cursor);
	b->d->collection_destroy(c);
	return stopped ? stopped : err;
}

/* -- filters ------------------------------------------------------------------------------------------------------- */

/* from <= field < to; an end at the type's limit is open. */
void mongo_put_range(bson_t *filter, const char *field, int64_t from, int64_t to)
{
	bson_t range;

	if (from == INT64_MIN && to == INT64_MAX)
		return;
	bson_append_document_begin(filter, field, -1, &range);
	if (from != INT64_MIN)
		BSON_APPEND_INT64(&range, "$gte", from);
	if (to != INT64_MAX)
		BSON_APPEND_INT64(&range, "$lt", to);
	bson_append_document_end(filter, &range);
}

static void put_text(bson_t *filter, enum row_table table, const char *field, const char *text)
{
	if (text[0] && table_column(table, field) >= 0)
		mongo_append(filter, field, &(struct value){ .text = text, .len = (uint32_t)strlen(text), .kind = VALUE_TEXT });
}

void mongo_put_sort(bson_t *opts, const char *field, int way, uint32_t limit)
{
	bson_t sort;

	BSON_APPEND_DOCUMENT_BEGIN(opts, "sort", &sort);
	bson_append_int32(&sort, field, -1, way);
	bson_append_document_end(opts, &sort);
	if (limit)
		BSON_APPEND_INT64(opts, "limit", limit);
}

static int64_t upper(uint64_t value)
{
	return value == 0 || value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* The sequences wanted, [from, to): of a table without a guard they are a range of `_id`. */
static void put_sequences(struct backend *b, bson_t *filter, enum row_table table, const struct store_query *q)
{
	int64_t from = q->newest_first || q->after == 0 ? INT64_MIN : upper(q->after) == INT64_MAX ? INT64_MAX : upper(q->after) + 1;
	int64_t to = q->newest_first ? upper(q->after) : INT64_MAX, last = (INT64_C(1) << 44) - 1;

	if (mongo_guarded(table)) {
		BSON_APPEND_INT32(filter, "j", b->journal);
		mongo_put_range(filter, "seq", from, to);
	} else {
		mongo_put_range(filter, "_id", MONGO_ID(b->journal, from < 0 ? 0 : from < last ? from : last), MONGO_ID(b->journal, to < last ? to : last));
	}
}

/* -- queries ------------------------------------------------------------------------------------------------------- */

static int select_rows(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *fn, void *ctx)
{
	bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER;

	put_sequences(b, &filter, table, q);
	mongo_put_range(&filter, "at", q->from ? q->from : INT64_MIN, q->to ? q->to : INT64_MAX);
	put_text(&filter, table, "strategy", q->strategy);
	put_text(&filter, table, "symbol", q->symbol);
	put_text(&filter, table, "state", q->state);
	mongo_put_sort(&opts, mongo_guarded(table) ? "seq" : "_id", q->newest_first ? -1 : 1, limit);
	int err = mongo_walk(b, table, &filter, &opts, fn, ctx);
	bson_destroy(&filter);
	bson_destroy(&opts);
	return err;
}

int mongo_query(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *fn, void *ctx)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	if (q->kind == STORE_CANDLES)
		return mongo_candles(b, q, limit, fn, ctx);
	return select_rows(b, q, table, limit, fn, ctx);
}

/* Along `_id`, whose index is there anyway: a server sorts only so much in memory. */
int mongo_scan(struct backend *b, enum row_table table, store_row_fn *fn, void *ctx)
{
	static const struct store_query all;
	bson_t filter = BSON_INITIALIZER, opts = BSON_INITIALIZER;

	CHECK_OBJ(b, MONGO_MAGIC);
	put_sequences(b, &filter, table, &all);
	mongo_put_sort(&opts, "_id", 1, 0);
	int err = mongo_walk(b, table, &filter, &opts, fn, ctx);
	bson_destroy(&filter);
	bson_destroy(&opts);
	return err;
}
