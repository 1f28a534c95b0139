/* What a database behind the store must do. One thread calls it; sqlite/ is one implementation. It knows tables and rows,
 * never records: mapping, queueing, catching up and JSON are the store's, the same for every backend.
 *
 * Errors: ERR_BUSY (somebody holds it), ERR_FULL (no room), ERR_CORRUPT (damaged: the store sets it aside and rebuilds),
 * ERR_VERSION (made by a newer build), ERR_INVAL (this one row is not acceptable; the transaction lives on), others: the
 * store closes, waits and opens again. */
#pragma once

#include "lib/store/row.h"
#include "lib/store/store.h"

struct backend;

/* How far a journal is projected. seq 0 = nothing yet; stamp is that of the record `seq`. A database without transactions says in torn_seq up to
 * where rows may be there besides: the batch that ended with that record was begun and not finished; 0 = none. */
struct progress { uint64_t seq; nanos_t stamp; uint64_t torn_seq; nanos_t torn_stamp; };

/* Whose rows and where. `account` keeps apart what shares a database; a file has but one. */
struct store_place { const char *path, *account; uint8_t journal_id[16]; };

/* Non-zero stops the walk; that value comes back from scan or query. */
typedef int store_row_fn(void *ctx, const struct row *row);

struct store_ops {
	const char *name;
	bool remote;                    /* elsewhere: it may be away when the engine starts, and is asked more slowly when it is */
	uint32_t batch;                 /* records in one transaction, at most */

	/* Opens or makes the database, migrates it, finds or makes the journal's entry. Nothing is left open on failure. */
	int (*open)(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error);
	void (*close)(struct backend **b);

	/* Moves a damaged database out of the way and says where; the next open makes a new one. */
	int (*set_aside)(const char *path, char *ret_name, size_t size, struct store_error *error);

	int (*begin)(struct backend *b);
	int (*apply)(struct backend *b, const struct row *row);
	/* `progress` becomes durable after the rows: with them, or when a crash comes between, the next open tells torn_seq. */
	int (*commit)(struct backend *b, const struct progress *progress);
	void (*rollback)(struct backend *b);
	/* Inside a transaction: every row of this journal goes. */
	int (*forget)(struct backend *b);

	/* All rows of the table, this journal's. */
	int (*scan)(struct backend *b, enum row_table table, store_row_fn *row, void *ctx);
	/* The rows the query asks for, in its order, at most `limit` of them (which may be one more than q->limit). Candles: the
	 * newest `limit` bars, oldest first, as TABLE_BARS, then the own fills among them as TABLE_MARKS. */
	int (*query)(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *row,
	             void *ctx);

	/* The last failure in the database's own words. */
	const char *(*reason)(struct backend *b);
};

extern const struct store_ops store_sqlite_ops;
