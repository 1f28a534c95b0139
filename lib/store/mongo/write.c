/* Rows in. A batch is gathered in memory, each guarded key once, and sent as one bulk write a collection. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

#define DUPLICATE 11000
#define REPLACED_AT_ONCE 100

/* -- gathering ----------------------------------------------------------------------------------------------------- */

static bool grow(void **array, uint32_t count, uint32_t *max, size_t size)
{
	if (count < *max)
		return true;
	uint32_t wanted = *max ? *max * 2 : 64;
	void *grown = realloc(*array, wanted * size);
	if (!grown)
		return false;
	*array = grown;
	*max = wanted;
	return true;
}

/* The row whole. What is not known has no field: it would only take room. */
static int add_plain(struct backend *b, const struct row *row)
{
	const struct table *t = &store_tables[row->table];
	struct mongo_batch *batch = b->batch;
	void *list = batch->plain[row->table];
	int64_t seq = row->at[table_column(row->table, "seq")].number;

	bool room = grow(&list, batch->plains[row->table], &batch->plains_max[row->table], sizeof(bson_t *));
	batch->plain[row->table] = list;
	if (!room)
		return ERR_NOMEM;
	bson_t *doc = bson_new();
	BSON_APPEND_INT64(doc, "_id", MONGO_ID(b->journal, seq));
	BSON_APPEND_INT32(doc, "j", b->journal);
	for (uint32_t i = 0; i < t->columns; i++)
		if (row->at[i].kind != VALUE_NULL)
			mongo_append(doc, t->column[i].name, &row->at[i]);
	batch->plain[row->table][batch->plains[row->table]++] = doc;
	return 0;
}

static uint32_t hash_of(enum row_table table, const char *key)
{
	uint32_t h = 2166136261u ^ (uint32_t)table;

	for (; *key; key++)
		h = (h ^ (uint8_t)*key) * 16777619u;
	return h;
}

/* The place of the key: its row's, or a free one. There are more slots than rows ever. */
static uint32_t *slot_of(struct mongo_batch *batch, enum row_table table, const char *key)
{
	uint32_t at = hash_of(table, key) % MONGO_SLOTS;

	while (batch->slot[at] && (batch->row[batch->slot[at] - 1].table != table || strcmp(batch->row[batch->slot[at] - 1].key, key) != 0))
		at = (at + 1) % MONGO_SLOTS;
	return &batch->slot[at];
}

static bson_t *columns_of(const struct row *row, bool keep)
{
	const struct table *t = &store_tables[row->table];
	bson_t *doc = bson_new();

	for (uint32_t i = 0; i < t->columns; i++)
		if (keep == (t->column[i].role == COLUMN_KEEP || t->column[i].role == COLUMN_KEY))
			mongo_append(doc, t->column[i].name, &row->at[i]);
	return doc;
}

static int64_t guard_of(const struct row *row)
{
	const struct table *t = &store_tables[row->table];
	uint32_t i = 0;

	while (t->column[i].role != COLUMN_GUARD)
		i++;
	return row->at[i].number;
}

static int add_guarded(struct backend *b, const struct row *row)
{
	struct mongo_batch *batch = b->batch;
	char key[MONGO_KEY];
	int err = mongo_key(b, row, key);

	if (err)
		return err;
	uint32_t *slot = slot_of(batch, row->table, key);
	if (*slot) {
		struct mongo_row *there = &batch->row[*slot - 1];
		if (guard_of(row) <= there->guard)
			return 0;
		bson_destroy(there->set);
		there->set = columns_of(row, false);
		there->guard = guard_of(row);
		return 0;
	}
	if (!grow((void **)&batch->row, batch->rows, &batch->rows_max, sizeof(*batch->row)))
		return ERR_NOMEM;
	struct mongo_row *new = &batch->row[batch->rows++];
	*new = (struct mongo_row){ .table = row->table, .keep = columns_of(row, true), .set = columns_of(row, false), .guard = guard_of(row) };
	strcpy(new->key, key);
	BSON_APPEND_INT32(new->keep, "j", b->journal);
	*slot = batch->rows;
	return 0;
}

int mongo_apply(struct backend *b, const struct row *row)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	return mongo_guarded(row->table) ? add_guarded(b, row) : add_plain(b, row);
}

/* -- sending ------------------------------------------------------------------------------------------------------- */

static bool has_any(const bson_t *reply, const char *list)
{
	bson_iter_t at, in;

	return bson_iter_init_find(&at, reply, list) && bson_iter_recurse(&at, &in) && bson_iter_next(&in);
}

/* Rows that are there already are what a repeated batch finds; `ret_there` (may be NULL) takes their places in the bulk. Anything else failed. */
static bool only_duplicates(const bson_t *reply, bool *ret_there, uint32_t n)
{
	bson_iter_t at, list, one, code, index;
	bool some = false;

	if (has_any(reply, "writeConcernErrors") || !bson_iter_init_find(&at, reply, "writeErrors") || !bson_iter_recurse(&at, &list))
		return false;
	while (bson_iter_next(&list)) {
		if (!bson_iter_recurse(&list, &one))
			return false;
		code = index = one;
		if (!bson_iter_find(&code, "code") || bson_iter_as_int64(&code) != DUPLICATE || !bson_iter_find(&index, "index"))
			return false;
		int64_t place = bson_iter_as_int64(&index);
		if (ret_there && (place < 0 || place >= n)) /* a server's word */
			return false;
		if (ret_there)
			ret_there[place] = true;
		some = true;
	}
	return some;
}

/* A bulk being filled; once the driver did not take a row the rest is not sent. */
struct bulk { mongoc_bulk_operation_t *bulk; bool refused; bson_error_t words; };

static struct bulk bulk_begin(struct backend *b, mongoc_collection_t *c)
{
	bson_t opts = BSON_INITIALIZER;

	BSON_APPEND_BOOL(&opts, "ordered", false); /* one refused row does not hold up the others */
	struct bulk bulk = { .bulk = b->d->collection_create_bulk_operation_with_opts(c, &opts) };
	bson_destroy(&opts);
	return bulk;
}

static void bulk_insert(struct backend *b, struct bulk *bulk, const bson_t *doc)
{
	if (!bulk->refused)
		bulk->refused = !b->d->bulk_operation_insert_with_opts(bulk->bulk, doc, NULL, &bulk->words);
}

/* Ends the bulk. */
static int execute(struct backend *b, struct bulk *filled, bool *ret_there, uint32_t n)
{
	mongoc_bulk_operation_t *bulk = filled->bulk;
	bson_error_t words = { 0 };
	bson_t reply;
	int err = 0;

	filled->bulk = NULL;
	if (filled->refused) {
		b->d->bulk_operation_destroy(bulk);
		return mongo_fail(b, &filled->words);
	}
	if (!b->d->bulk_operation_execute(bulk, &reply, &words) && !only_duplicates(&reply, ret_there, n))
		err = mongo_fail(b, &words);
	bson_destroy(&reply);
	b->d->bulk_operation_destroy(bulk);
	return err;
}

static int send_plain(struct backend *b, mongoc_collection_t *c, enum row_table table)
{
	struct bulk bulk = bulk_begin(b, c);

	for (uint32_t i = 0; i < b->batch->plains[table]; i++)
		bulk_insert(b, &bulk, b->batch->plain[table][i]);
	return execute(b, &bulk, NULL, 0);
}

static void put_new(struct backend *b, struct bulk *bulk, const struct mongo_row *r)
{
	bson_t doc = BSON_INITIALIZER;

	BSON_APPEND_UTF8(&doc, "_id", r->key);
	bson_concat(&doc, r->keep);
	bson_concat(&doc, r->set);
	bulk_insert(b, bulk, &doc);
	bson_destroy(&doc);
}

/* {_id, guard below}: a row that is newer stays as it is. */
static void put_later(struct backend *b, struct bulk *bulk, const struct mongo_row *r)
{
	const struct table *t = &store_tables[r->table];
	bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, below;
	uint32_t guard = 0;

	while (t->column[guard].role != COLUMN_GUARD)
		guard++;
	BSON_APPEND_UTF8(&filter, "_id", r->key);
	BSON_APPEND_DOCUMENT_BEGIN(&filter, t->column[guard].name, &below);
	BSON_APPEND_INT64(&below, "$lt", r->guard);
	bson_append_document_end(&filter, &below);
	BSON_APPEND_DOCUMENT(&update, "$set", r->set);
	if (!bulk->refused)
		bulk->refused = !b->d->bulk_operation_update_one_with_opts(bulk->bulk, &filter, &update, NULL, &bulk->words);
	bson_destroy(&filter);
	bson_destroy(&update);
}

/* Some at a time: each is a search, and a slow server must answer before the socket's patience ends. */
static int replace_rows(struct backend *b, mongoc_collection_t *c, enum row_table table, const bool *there)
{
	const struct mongo_batch *batch = b->batch;
	struct bulk bulk = { 0 };
	uint32_t n = 0, pending = 0;
	int err = 0;

	for (uint32_t i = 0; i < batch->rows && !err; i++) {
		if (batch->row[i].table != table || !there[n++])
			continue;
		if (!bulk.bulk)
			bulk = bulk_begin(b, c);
		put_later(b, &bulk, &batch->row[i]);
		if (++pending < REPLACED_AT_ONCE)
			continue;
		err = execute(b, &bulk, NULL, 0);
		pending = 0;
	}
	return bulk.bulk ? execute(b, &bulk, NULL, 0) : err;
}

/* Most rows are new, and an insert is the cheaper question; those that were there are replaced afterwards. */
static int send_guarded(struct backend *b, mongoc_collection_t *c, enum row_table table)
{
	const struct mongo_batch *batch = b->batch;
	bool *there = calloc(batch->rows, sizeof(*there));

	if (!there)
		return ERR_NOMEM;
	struct bulk inserts = bulk_begin(b, c);
	for (uint32_t i = 0; i < batch->rows; i++)
		if (batch->row[i].table == table)
			put_new(b, &inserts, &batch->row[i]);
	int err = execute(b, &inserts, there, batch->rows);
	err = err ? err : replace_rows(b, c, table, there);
	free(there);
	return err;
}

static bool has_rows(const struct mongo_batch *batch, enum row_table table)
{
	bool found = batch->plains[table] > 0;

	for (uint32_t i = 0; i < batch->rows && !found; i++)
		found = batch->row[i].table == table;
	return found;
}

static int send_table(struct backend *b, enum row_table table)
{
	mongoc_collection_t *c = mongo_collection(b, store_tables[table].name);
	int err = mongo_guarded(table) ? send_guarded(b, c, table) : send_plain(b, c, table);

	b->d->collection_destroy(c);
	return err;
}

static int send_rows(struct backend *b)
{
	int err = 0;

	for (uint32_t t = 0; t < TABLE_COUNT && !err; t++)
		if (has_rows(b->batch, t))
			err = send_table(b, t);
	return err;
}

/* -- the batch ----------------------------------------------------------------------------------------------------- */

int mongo_begin(struct backend *b)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	mongo_batch_clear(b->batch);
	b->forget = false;
	return 0;
}

static int mark_doing(struct backend *b, const struct progress *progress)
{
	bson_t fields = BSON_INITIALIZER;

	BSON_APPEND_INT64(&fields, "doing_seq", (int64_t)progress->seq);
	BSON_APPEND_INT64(&fields, "doing_stamp", progress->stamp);
	BSON_APPEND_BOOL(&fields, "forget", b->forget);
	int err = mongo_mark(b, &fields);
	bson_destroy(&fields);
	return err;
}

static int mark_done(struct backend *b, const struct progress *progress)
{
	bson_t fields = BSON_INITIALIZER;

	BSON_APPEND_INT64(&fields, "seq", (int64_t)progress->seq);
	BSON_APPEND_INT64(&fields, "stamp", progress->stamp);
	BSON_APPEND_INT64(&fields, "doing_seq", 0);
	BSON_APPEND_INT64(&fields, "doing_stamp", 0);
	BSON_APPEND_BOOL(&fields, "forget", false);
	int err = mongo_mark(b, &fields);
	bson_destroy(&fields);
	return err;
}

static bool empty(const struct mongo_batch *batch)
{
	uint32_t n = batch->rows;

	for (uint32_t t = 0; t < TABLE_COUNT; t++)
		n += batch->plains[t];
	return n == 0;
}

int mongo_commit(struct backend *b, const struct progress *progress)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	int err = empty(b->batch) && !b->forget ? 0 : mark_doing(b, progress);

	if (!err && b->forget)
		err = mongo_forget_rows(b);
	err = err ? err : send_rows(b);
	err = err ? err : mark_done(b, progress);
	if (!err)
		mongo_begin(b);
	return err;
}

void mongo_rollback(struct backend *b)
{
	mongo_begin(b);
}

int mongo_forget(struct backend *b)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	b->forget = true;
	return 0;
}

int mongo_forget_rows(struct backend *b)
{
	bson_t filter = BSON_INITIALIZER;
	bson_error_t words = { 0 };
	int err = 0;

	BSON_APPEND_INT32(&filter, "j", b->journal);
	for (uint32_t t = 0; t < TABLE_COUNT && !err; t++) {
		if (t == TABLE_MARKS)
			continue;
		mongoc_collection_t *c = mongo_collection(b, store_tables[t].name);
		if (!b->d->collection_delete_many(c, &filter, NULL, NULL, &words))
			err = mongo_fail(b, &words);
		b->d->collection_destroy(c);
	}
	bson_destroy(&filter);
	return err;
}

void mongo_batch_clear(struct mongo_batch *batch)
{
	for (uint32_t t = 0; t < TABLE_COUNT; t++) {
		for (uint32_t i = 0; i < batch->plains[t]; i++)
			bson_destroy(batch->plain[t][i]);
		batch->plains[t] = 0;
	}
	for (uint32_t i = 0; i < batch->rows; i++) {
		bson_destroy(batch->row[i].keep);
		bson_destroy(batch->row[i].set);
	}
	batch->rows = 0;
	memset(batch->slot, 0, sizeof(batch->slot));
}

void mongo_batch_free(struct mongo_batch **batch)
{
	if (!*batch)
		return;
	mongo_batch_clear(*batch);
	for (uint32_t t = 0; t < TABLE_COUNT; t++)
		free((*batch)->plain[t]);
	free((*batch)->row);
	free(*batch);
	*batch = NULL;
}
