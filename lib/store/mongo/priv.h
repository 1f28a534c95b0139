/* The MongoDB backend's own half: one client (one connection to each member of a replica set), the batch being gathered.
 *
 * No transactions: they need a replica set, and neither a batch of some thousand rows nor its time fits one. Instead each row names itself (`_id` is
 * made of the journal's number and the row's key), a guarded row is only replaced by a later one, and the journal's document is written before the
 * batch (`doing`: up to where rows may be there) and after it (`seq`: up to where they all are). */
#pragma once

#include "lib/base/buf.h"
#include "lib/store/mongo/driver.h"
#include "lib/store/ops.h"

#define MONGO_MAGIC 0x4d4f4e47u
#define MONGO_BATCH 4096            /* records in a batch: at most two rows each */
#define MONGO_SLOTS (4 * MONGO_BATCH)
#define MONGO_KEY 128               /* of a guarded row, as text */
#define MONGO_SCHEMA 1

/* A guarded row waiting for its batch: what is written once, and what a later record of the same key replaced. */
struct mongo_row { enum row_table table; char key[MONGO_KEY]; bson_t *keep, *set; int64_t guard; };

struct mongo_batch {
	bson_t **plain[TABLE_COUNT];    /* rows without a guard */
	uint32_t plains[TABLE_COUNT], plains_max[TABLE_COUNT];
	struct mongo_row *row;          /* guarded rows, each key once */
	uint32_t rows, rows_max;
	uint32_t slot[MONGO_SLOTS];     /* by hash of table and key: number in `row` + 1; 0 = free */
};

struct backend {
	uint32_t magic;
	const struct driver *d;
	mongoc_uri_t *uri;
	mongoc_client_t *client;
	const char *database;
	int32_t journal;                /* key of this journal in `journals` */
	uint8_t journal_id[16];
	bool forget;                    /* the commit drops all rows first */
	struct mongo_batch *batch;
	char reason[160];
};

/* mongo.c */
int mongo_fail(struct backend *b, const bson_error_t *error);
/* error.c: a password in a message of the driver's is the last thing a log needs. */
void mongo_redact(const mongoc_uri_t *uri, const struct driver *d, char *text);
int mongo_err_of(const bson_error_t *error);

/* connect.c */
int mongo_open(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error);
int mongo_connect(const struct store_place *place, struct backend **ret, struct store_error *error); /* without a journal */
void mongo_close(struct backend **b);
mongoc_collection_t *mongo_collection(struct backend *b, const char *name);

/* schema.c: version, indexes; the journal's document. */
int mongo_schema(struct backend *b, struct store_error *error);
int mongo_journal(struct backend *b, const struct store_place *place, struct progress *ret);
/* Sets fields of this journal's document, provided it is still this engine's: ERR_MISMATCH when another host took it up. */
int mongo_mark(struct backend *b, const bson_t *fields);

/* document.c: rows as documents */
#define MONGO_ID(journal, seq) ((int64_t)(journal) << 44 | (int64_t)(seq))
bool mongo_guarded(enum row_table table);
int mongo_key(const struct backend *b, const struct row *row, char ret[MONGO_KEY]);
void mongo_append(bson_t *doc, const char *name, const struct value *v);
void mongo_row_read(const bson_t *doc, enum row_table table, struct row *ret);

/* write.c */
int mongo_begin(struct backend *b);
int mongo_apply(struct backend *b, const struct row *row);
int mongo_commit(struct backend *b, const struct progress *progress);
void mongo_rollback(struct backend *b);
int mongo_forget(struct backend *b);
int mongo_forget_rows(struct backend *b);
void mongo_batch_clear(struct mongo_batch *batch);
void mongo_batch_free(struct mongo_batch **batch);

/* read.c */
int mongo_scan(struct backend *b, enum row_table table, store_row_fn *row, void *ctx);
int mongo_query(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *row, void *ctx);
int mongo_walk(struct backend *b, enum row_table table, const bson_t *filter, const bson_t *opts, store_row_fn *fn, void *ctx);
void mongo_put_range(bson_t *filter, const char *field, int64_t from, int64_t to); /* from <= field < to; the type's limits are open ends */
void mongo_put_sort(bson_t *opts, const char *field, int way, uint32_t limit);     /* limit 0 = all */
/* One document: 1 = found (ret_doc is a copy, bson_destroy() it), 0 = none. `sort` and `fields` may be NULL. */
int mongo_find_one(struct backend *b, const char *collection, const bson_t *filter, const bson_t *opts, bson_t *ret_doc);

void mongo_read_majority(struct backend *b, bson_t *opts);
int mongo_cursor_end(struct backend *b, mongoc_cursor_t *cursor);

/* tail.c: the parts a lost disk is made again from */
int mongo_tail_put(struct backend *b, int64_t generation, uint32_t number, const void *bytes, size_t len);
int mongo_tail_current(struct backend *b, int64_t generation);
int mongo_tail_read(const struct store_place *place, tail_part_fn *part, void *ctx, struct tail_owner *ret, struct store_error *error);
int mongo_tail_take(const struct store_place *place, const struct tail_owner *owner, struct store_error *error);

/* chart.c: bars, and the own fills among them */
int mongo_candles(struct backend *b, const struct store_query *q, uint32_t limit, store_row_fn *row, void *ctx);
