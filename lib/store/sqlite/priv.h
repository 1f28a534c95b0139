/* The SQLite backend's own half: one connection, its prepared statements. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>

#include "lib/store/ops.h"

#define BACKEND_MAGIC 0x53514c54u

struct backend {
	uint32_t magic;
	sqlite3 *db;
	int64_t journal;                       /* key of this journal in `journals` */
	sqlite3_stmt *begin, *commit, *rollback, *progress;
	sqlite3_stmt *insert[TABLE_COUNT];
	sqlite3_stmt *select[TABLE_COUNT][2];  /* oldest first, newest first */
	sqlite3_stmt *bars, *marks;
	char reason[160];
};

/* SQLite's result code to enum err; the words are kept for reason(). */
int sqlite_fail(struct backend *b, int code);
int sqlite_exec(struct backend *b, const char *sql);
/* Prepares once; *slot stays NULL on failure. */
int sqlite_prepare(struct backend *b, sqlite3_stmt **slot, const char *sql);
/* Runs a statement that answers no rows and makes it ready for the next time. */
int sqlite_run(struct backend *b, sqlite3_stmt *statement);

int sqlite_open_backend(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error);
void sqlite_close_backend(struct backend **b);
int sqlite_set_aside(const char *path, char *ret_name, size_t size, struct store_error *error);

int sqlite_begin(struct backend *b);
int sqlite_apply(struct backend *b, const struct row *row);
int sqlite_commit(struct backend *b, const struct progress *progress);
void sqlite_rollback(struct backend *b);
int sqlite_forget(struct backend *b);

int sqlite_scan(struct backend *b, enum row_table table, store_row_fn *row, void *ctx);
int sqlite_query(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *row,
                 void *ctx);
