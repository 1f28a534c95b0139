/* The SQLite backend: the table of its hooks, and what all of them share. WAL with synchronous=NORMAL: the journal is the
 * truth, so a power cut may cost the last transactions here and they are projected again. */
#include "lib/store/sqlite/priv.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

int sqlite_fail(struct backend *b, int code)
{
	snprintf(b->reason, sizeof(b->reason), "%s", b->db ? sqlite3_errmsg(b->db) : sqlite3_errstr(code));
	switch (code & 0xFF) {
	case SQLITE_OK: return 0;
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return ERR_BUSY;
	case SQLITE_FULL: return ERR_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return ERR_CORRUPT;
	case SQLITE_NOMEM: return ERR_NOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_READONLY: return ERR_DENIED;
	case SQLITE_CONSTRAINT:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH: return ERR_INVAL;
	default: return ERR_IO;
	}
}

int sqlite_exec(struct backend *b, const char *sql)
{
	int code = sqlite3_exec(b->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : sqlite_fail(b, code);
}

int sqlite_prepare(struct backend *b, sqlite3_stmt **slot, const char *sql)
{
	if (*slot)
		return 0;
	int code = sqlite3_prepare_v3(b->db, sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
	return code == SQLITE_OK ? 0 : sqlite_fail(b, code);
}

int sqlite_run(struct backend *b, sqlite3_stmt *statement)
{
	int code = sqlite3_step(statement);
	int err = code == SQLITE_DONE || code == SQLITE_ROW ? 0 : sqlite_fail(b, code);

	sqlite3_reset(statement);
	return err;
}

static const char *sqlite_reason(struct backend *b)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	return b->reason;
}

const struct store_ops store_sqlite_ops = {
	.name = "sqlite",
	.batch = 65536,
	.open = sqlite_open_backend,
	.close = sqlite_close_backend,
	.set_aside = sqlite_set_aside,
	.begin = sqlite_begin,
	.apply = sqlite_apply,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.forget = sqlite_forget,
	.scan = sqlite_scan,
	.query = sqlite_query,
	.reason = sqlite_reason,
};
