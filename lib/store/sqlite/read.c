/* Rows out. What a person typed is only ever bound, never part of a statement's text. */
#include "lib/store/sqlite/priv.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/stamp.h"

#define MARKS_MAX 1000 /* own fills on one chart */

/* -- walking ------------------------------------------------------------------------------------------------------- */

static struct value value_of(sqlite3_stmt *statement, int place)
{
	struct value v = { 0 };

	switch (sqlite3_column_type(statement, place)) {
	case SQLITE_INTEGER:
		v.kind = VALUE_NUMBER;
		v.number = sqlite3_column_int64(statement, place);
		break;
	case SQLITE_TEXT:
		v.kind = VALUE_TEXT;
		v.text = (const char *)sqlite3_column_text(statement, place);
		v.len = (uint32_t)sqlite3_column_bytes(statement, place);
		break;
	case SQLITE_BLOB:
		v.kind = VALUE_BLOB;
		v.text = sqlite3_column_blob(statement, place);
		v.len = (uint32_t)sqlite3_column_bytes(statement, place);
		break;
	default:
		break;
	}
	return v;
}

static int walk(struct backend *b, sqlite3_stmt *statement, enum row_table table, store_row_fn *fn, void *ctx)
{
	struct row row = { .table = table };
	int code, err = 0;

	while (!err && (code = sqlite3_step(statement)) != SQLITE_DONE) {
		if (code != SQLITE_ROW) {
			err = sqlite_fail(b, code);
			break;
		}
		for (uint32_t i = 0; i < store_tables[table].columns; i++)
			row.at[i] = value_of(statement, (int)i);
		err = fn(ctx, &row);
	}
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return err;
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

static void put_columns(struct buf *sql, const struct table *t)
{
	for (uint32_t i = 0; i < t->columns; i++)
		buf_printf(sql, "%s%s", i ? "," : "SELECT ", t->column[i].name);
	buf_printf(sql, " FROM %s WHERE journal=?1", t->name);
}

static void put_filter(struct buf *sql, enum row_table table, const char *column, int place)
{
	if (table_column(table, column) >= 0)
		buf_printf(sql, " AND (?%d='' OR %s=?%d)", place, column, place);
}

static int prepare_select(struct backend *b, enum row_table table, bool newest_first)
{
	struct buf sql = { 0 };

	put_columns(&sql, &store_tables[table]);
	buf_puts(&sql, " AND seq>?2 AND seq<?3 AND at>=?4 AND at<?5");
	put_filter(&sql, table, "strategy", 6);
	put_filter(&sql, table, "symbol", 7);
	put_filter(&sql, table, "state", 8);
	buf_printf(&sql, " ORDER BY seq%s LIMIT ?9", newest_first ? " DESC" : "");
	int err = sql.failed ? ERR_NOMEM : sqlite_prepare(b, &b->select[table][newest_first], sql.data);
	buf_done(&sql);
	return err;
}

/* ?2, ?3 = the interval in s and ns, ?4 = first bar's start, ?5 = end. The price is the close of the newest bar that had
 * ended by then. */
static const char marks_sql[] =
	"SELECT * FROM (SELECT t.at, t.side,"
	" (SELECT b.close FROM bars b WHERE b.journal=t.journal AND b.symbol=t.underlying AND b.interval_s=?2 AND b.at<=t.at-?3"
	"  ORDER BY b.at DESC LIMIT 1),"
	" t.strategy,"
	" (SELECT o.purpose FROM orders o WHERE o.journal=t.journal AND o.number=t.number AND o.seq<=t.seq"
	"  ORDER BY o.seq DESC LIMIT 1),"
	" t.symbol, t.price FROM trades t WHERE t.journal=?1 AND t.at>=?4 AND t.at<?5 AND t.underlying=?6"
	" AND (?8='' OR t.strategy=?8) ORDER BY t.seq DESC LIMIT ?7) ORDER BY 1";

static const char bars_sql[] =
	"SELECT * FROM (SELECT seq, symbol, interval_s, at, open, high, low, close, volume FROM bars WHERE journal=?1"
	" AND symbol=?2 AND interval_s=?3 AND at>=?4 AND at<?5 ORDER BY at DESC LIMIT ?6) ORDER BY at";

/* -- queries ------------------------------------------------------------------------------------------------------- */

static int64_t upper(uint64_t value)
{
	return value == 0 || value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static int select_rows(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *fn,
                       void *ctx)
{
	sqlite3_stmt **slot = &b->select[table][q->newest_first];
	int err = *slot ? 0 : prepare_select(b, table, q->newest_first);

	if (err)
		return err;
	sqlite3_bind_int64(*slot, 1, b->journal);
	sqlite3_bind_int64(*slot, 2, q->newest_first || q->after == 0 ? INT64_MIN : upper(q->after));
	sqlite3_bind_int64(*slot, 3, q->newest_first ? upper(q->after) : INT64_MAX);
	sqlite3_bind_int64(*slot, 4, q->from ? q->from : INT64_MIN);
	sqlite3_bind_int64(*slot, 5, q->to ? q->to : INT64_MAX);
	/* places 6 to 8 exist in every statement, used or not, because 9 does */
	sqlite3_bind_text(*slot, 6, q->strategy, -1, SQLITE_STATIC);
	sqlite3_bind_text(*slot, 7, q->symbol, -1, SQLITE_STATIC);
	sqlite3_bind_text(*slot, 8, q->state, -1, SQLITE_STATIC);
	sqlite3_bind_int64(*slot, 9, limit);
	return walk(b, *slot, table, fn, ctx);
}

/* Remembers where the bars begin, so that the marks cover the same window. */
struct bar_window { store_row_fn *row; void *ctx; int64_t from, to; };

static int bar_seen(void *ctx, const struct row *row)
{
	struct bar_window *w = ctx;

	if (w->from == INT64_MIN)
		w->from = row->at[BARS_AT].number;
	return w->row(w->ctx, row);
}

static int select_marks(struct backend *b, const struct store_query *q, const struct bar_window *w)
{
	int err = sqlite_prepare(b, &b->marks, marks_sql);

	if (err)
		return err;
	sqlite3_bind_int64(b->marks, 1, b->journal);
	sqlite3_bind_int64(b->marks, 2, q->interval_s);
	sqlite3_bind_int64(b->marks, 3, q->interval_s * NANOS_SECOND);
	sqlite3_bind_int64(b->marks, 4, w->from);
	sqlite3_bind_int64(b->marks, 5, w->to);
	sqlite3_bind_text(b->marks, 6, q->symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(b->marks, 7, MARKS_MAX);
	sqlite3_bind_text(b->marks, 8, q->strategy, -1, SQLITE_STATIC);
	return walk(b, b->marks, TABLE_MARKS, w->row, w->ctx);
}

static int select_candles(struct backend *b, const struct store_query *q, uint32_t limit, store_row_fn *fn, void *ctx)
{
	struct bar_window w = { fn, ctx, INT64_MIN, q->to ? q->to : INT64_MAX };
	int err = sqlite_prepare(b, &b->bars, bars_sql);

	if (err)
		return err;
	sqlite3_bind_int64(b->bars, 1, b->journal);
	sqlite3_bind_text(b->bars, 2, q->symbol, -1, SQLITE_STATIC);
	sqlite3_bind_int64(b->bars, 3, q->interval_s);
	sqlite3_bind_int64(b->bars, 4, q->from ? q->from : INT64_MIN);
	sqlite3_bind_int64(b->bars, 5, w.to);
	sqlite3_bind_int64(b->bars, 6, limit);
	err = walk(b, b->bars, TABLE_BARS, bar_seen, &w);
	if (w.from == INT64_MIN && q->from)
		w.from = q->from;
	return err ? err : select_marks(b, q, &w);
}

int sqlite_query(struct backend *b, const struct store_query *q, enum row_table table, uint32_t limit, store_row_fn *fn,
                 void *ctx)
{
	CHECK_OBJ(b, BACKEND_MAGIC);
	if (q->kind == STORE_CANDLES)
		return select_candles(b, q, limit, fn, ctx);
	return select_rows(b, q, table, limit, fn, ctx);
}

int sqlite_scan(struct backend *b, enum row_table table, store_row_fn *fn, void *ctx)
{
	struct store_query all = { .kind = STORE_EVENTS };

	CHECK_OBJ(b, BACKEND_MAGIC);
	return select_rows(b, &all, table, UINT32_MAX, fn, ctx);
}
