/* Rows in: one prepared statement a table, made from the column list. */
#include "lib/store/sqlite/priv.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

/* -- the statements ------------------------------------------------------------------------------------------------ */

static void put_names(struct buf *sql, const struct table *t, const char *lead)
{
	buf_puts(sql, lead);
	for (uint32_t i = 0; i < t->columns; i++)
		buf_printf(sql, ",%s", t->column[i].name);
}

static const struct column *guard_of(const struct table *t)
{
	for (uint32_t i = 0; i < t->columns; i++)
		if (t->column[i].role == COLUMN_GUARD)
			return &t->column[i];
	return NULL;
}

/* A record handed over again must not undo a later one: only a greater guard replaces. */
static void put_conflict(struct buf *sql, const struct table *t)
{
	const struct column *guard = guard_of(t);
	char separator = ' ';

	buf_puts(sql, ") ON CONFLICT(journal");
	for (uint32_t i = 0; i < t->columns; i++)
		if (t->column[i].role == COLUMN_KEY)
			buf_printf(sql, ",%s", t->column[i].name);
	if (!guard) {
		buf_puts(sql, ") DO NOTHING");
		return;
	}
	buf_puts(sql, ") DO UPDATE SET");
	for (uint32_t i = 0; i < t->columns; i++) {
		if (t->column[i].role != COLUMN_SET && t->column[i].role != COLUMN_GUARD)
			continue;
		buf_printf(sql, "%c%s=excluded.%s", separator, t->column[i].name, t->column[i].name);
		separator = ',';
	}
	buf_printf(sql, " WHERE excluded.%s>%s.%s", guard->name, t->name, guard->name);
}

static int prepare_insert(struct backend *b, enum row_table table)
{
	const struct table *t = &store_tables[table];
	struct buf sql = { 0 };

	buf_printf(&sql, "INSERT INTO %s(", t->name);
	put_names(&sql, t, "journal");
	buf_puts(&sql, ") VALUES(?");
	for (uint32_t i = 0; i < t->columns; i++)
		buf_puts(&sql, ",?");
	put_conflict(&sql, t);
	int err = sql.failed ? ERR_NOMEM : sqlite_prepare(b, &b->insert[table], sql.data);
	buf_done(&sql);
	return err;
}

/* -- a row --------------------------------------------------------------------------------------------------------- */

static int bind(sqlite3_stmt *statement, int place, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: return sqlite3_bind_null(statement, place);
	case VALUE_NUMBER: return sqlite3_bind_int64(statement, place, v->number);
	case VALUE_TEXT: return sqlite3_bind_text(statement, place, v->text, (int)v->len, SQLITE_STATIC);
	case VALUE_BLOB: return sqlite3_bind_blob(statement, place, v->text, (int)v->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

/* Values are bound without copying: every bind of a statement is renewed before it runs again. */
int sqlite_apply(struct backend *b, const struct row *row)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	int err = b->insert[row->table] ? 0 : prepare_insert(b, row->table);
	sqlite3_stmt *statement = b->insert[row->table];
	int code = SQLITE_OK;

	if (err)
		return err;
	sqlite3_bind_int64(statement, 1, b->journal);
	for (uint32_t i = 0; i < store_tables[row->table].columns && code == SQLITE_OK; i++)
		code = bind(statement, (int)i + 2, &row->at[i]);
	return code == SQLITE_OK ? sqlite_run(b, statement) : sqlite_fail(b, code);
}

/* -- transactions -------------------------------------------------------------------------------------------------- */

int sqlite_begin(struct backend *b)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	return sqlite_run(b, b->begin);
}

int sqlite_commit(struct backend *b, const struct progress *progress)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	sqlite3_bind_int64(b->progress, 1, b->journal);
	sqlite3_bind_int64(b->progress, 2, (int64_t)progress->seq);
	sqlite3_bind_int64(b->progress, 3, progress->stamp);
	int err = sqlite_run(b, b->progress);
	return err ? err : sqlite_run(b, b->commit);
}

/* Some errors (full, I/O) have rolled back already; the reason of the first error stays. */
void sqlite_rollback(struct backend *b)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	if (!sqlite3_get_autocommit(b->db)) {
		sqlite3_step(b->rollback);
		sqlite3_reset(b->rollback);
	}
}

static int forget_table(struct backend *b, const char *table)
{
	struct buf sql = { 0 };

	buf_printf(&sql, "DELETE FROM %s WHERE journal=%lld", table, (long long)b->journal);
	int err = sql.failed ? ERR_NOMEM : sqlite_exec(b, sql.data);
	buf_done(&sql);
	return err;
}

int sqlite_forget(struct backend *b)
{
	int err = 0;

	CHECK_OBJ(b, BACKEND_MAGIC);
	for (uint32_t t = 0; t < TABLE_COUNT && !err; t++)
		if (t != TABLE_MARKS)
			err = forget_table(b, store_tables[t].name);
	return err;
}
