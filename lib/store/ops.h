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

/* A journal whose disk may be gone: its number and id, and up to where rows of it may be there. */
struct tail_owner { int64_t number; uint8_t journal_id[16]; uint64_t seq; };
typedef int tail_part_fn(void *ctx, const void *bytes, size_t len);

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

	/* What a lost disk is made again from (tail.c): numbered parts of a generation, whole and durable when these return. A database on the same disk has
	 * none of the three (NULL). `current` makes that generation the one to restore from, and removes the others. */
	int (*tail_put)(struct backend *b, int64_t generation, uint32_t number, const void *bytes, size_t len);
	int (*tail_current)(struct backend *b, int64_t generation);
	/* The parts of the account's newest journal, in order; needs no journal of its own. ERR_NOENT: the account never had one; ERR_TRUNCATED: it had,
	 * and kept no parts. */
	int (*tail_read)(const struct store_place *place, tail_part_fn *part, void *ctx, struct tail_owner *ret, struct store_error *error);
	/* The owner's rows are from now on those of place->journal_id. ERR_MISMATCH when another host was quicker. */
	int (*tail_take)(const struct store_place *place, const struct tail_owner *owner, struct store_error *error);

	/* The last failure in the database's own words. */
	const char *(*reason)(struct backend *b);
};

extern const struct store_ops store_sqlite_ops;
