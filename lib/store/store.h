/* The queryable projection of the journal. A store thread owns the database; the journal's writer hands it committed
 * records; a database that is down delays the projection and nothing else. Idempotent by (journal id, sequence): any
 * prefix may be handed over again. docs/store.md has the tables. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/histogram.h"
#include "lib/core/action.h"

struct store;
struct store_ops;
struct store_error { char text[256]; };

struct store_options {
	const struct store_ops *ops;    /* the database; NULL = SQLite */
	const char *path;               /* SQLite file, ":memory:" for backtests; or connection string */
	const char *account;            /* whose rows they are, where several share a database; may be NULL */
	const uint8_t *journal_id;      /* 16 bytes */
	size_t core_size;               /* store_restore(): of a checkpoint's section "core" that can be taken up; 0 = any */
	const char *journal_dir;        /* to catch up from, when the database lags behind the journal; NULL = cannot */
};

/* Opens or makes the database, migrates an older schema (ERR_VERSION for a newer one), starts the thread and catches up. */
int store_open(const struct store_options *o, struct store **ret, struct store_error *error);
void store_close(struct store **s);          /* writes what is queued, then stops */

/* Any thread: queues one committed record. Never blocks, never fails: beyond the queue's cap the record is dropped and the
 * thread reads it from the journal later. */
void store_put(struct store *s, const struct record *head, const void *payload, size_t len);

struct store_state {
	bool ok;
	char backend[16];               /* "sqlite" */
	uint64_t seq;                   /* projected up to */
	uint64_t queued;
	uint64_t errors;
	char last_error[128];
};
void store_state(struct store *s, struct store_state *ret);
/* How long the oldest record of each batch waited until it was in the database, from where it was handed over. */
void store_lag(struct store *s, struct histogram *ret);
int store_flush(struct store *s, nanos_t timeout); /* waits until all queued so far is projected */

/* -- queries: JSON for the API, made on the store thread ---------------------------------------------------------- */

enum store_query_kind {
	STORE_ORDERS, STORE_TRADES /* fills */, STORE_HISTORY /* closed round trips */, STORE_EQUITY, STORE_EVENTS, STORE_CANDLES,
	STORE_DECISIONS, STORE_AUDIT, STORE_DAYS,
};
struct store_query {
	enum store_query_kind kind;
	nanos_t from, to;               /* 0 = open end */
	uint64_t after;                 /* cursor: rows with a greater sequence; 0 = from the start */
	uint32_t limit;                 /* 1-1000 */
	bool newest_first;              /* `after` then means "before" */
	char strategy[24];              /* "" = all */
	char symbol[40];                /* "" = all */
	char state[16];                 /* orders */
	uint32_t interval_s;            /* candles */
};
/* Answers with {"items":[...],"next":cursor-or-null} by calling done(ctx, err, json) on the store thread. Rows carry names
 * (strategy id, symbol), not numbers; shapes: docs/api.md. */
int store_query(struct store *s, const struct store_query *q, void (*done)(void *ctx, int err, struct buf *json), void *ctx);

/* Blocking form for tools and tests. */
int store_query_wait(struct store *s, const struct store_query *q, struct buf *ret);
