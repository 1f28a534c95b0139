/* One row on its way into a backend or out of it: values in the order of its table's columns. A value borrows its text:
 * it lives as long as the payload, the names or the statement it came from. */
#pragma once

#include <stdint.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/store/rows.tbl.h"

enum column_type { COLUMN_UINT, COLUMN_INT, COLUMN_MONEY, COLUMN_STAMP, COLUMN_DATE, COLUMN_BOOL, COLUMN_TEXT, COLUMN_BLOB };
enum column_role { COLUMN_SET, COLUMN_KEEP, COLUMN_KEY, COLUMN_GUARD };
struct column { const char *name; const char *json; uint8_t type, role; };

enum row_table {
#define TABLE(id, name) TABLE_##id,
	STORE_TABLES(TABLE)
#undef TABLE
	TABLE_COUNT,
};

#define COLUMN_ID(table, field, ...) table##_##field,
enum { INSTRUMENTS_COLUMNS(COLUMN_ID) INSTRUMENTS_COUNT };
enum { STRATEGIES_COLUMNS(COLUMN_ID) STRATEGIES_COUNT };
enum { ORDERS_COLUMNS(COLUMN_ID) ORDERS_COUNT };
enum { TRADES_COLUMNS(COLUMN_ID) TRADES_COUNT };
enum { HISTORY_COLUMNS(COLUMN_ID) HISTORY_COUNT };
enum { EQUITY_COLUMNS(COLUMN_ID) EQUITY_COUNT };
enum { BARS_COLUMNS(COLUMN_ID) BARS_COUNT };
enum { DECISIONS_COLUMNS(COLUMN_ID) DECISIONS_COUNT };
enum { AUDIT_COLUMNS(COLUMN_ID) AUDIT_COUNT };
enum { DAYS_COLUMNS(COLUMN_ID) DAYS_COUNT };
enum { SESSIONS_COLUMNS(COLUMN_ID) SESSIONS_COUNT };
enum { EVENTS_COLUMNS(COLUMN_ID) EVENTS_COUNT };
enum { MARKS_COLUMNS(COLUMN_ID) MARKS_COUNT };
#undef COLUMN_ID

struct table { const char *name; const struct column *column; uint32_t columns; };
extern const struct table store_tables[TABLE_COUNT];

enum value_kind { VALUE_NULL, VALUE_NUMBER, VALUE_TEXT, VALUE_BLOB };
struct value { int64_t number; const char *text; uint32_t len; uint32_t kind; };

#define ROW_COLUMNS_MAX 24
struct row { enum row_table table; struct value at[ROW_COLUMNS_MAX]; };

void row_begin(struct row *r, enum row_table table);             /* every value NULL */
void row_number(struct row *r, uint32_t column, int64_t value);
void row_money(struct row *r, uint32_t column, money_t value);   /* NUM_UNKNOWN is NULL */
void row_nonzero(struct row *r, uint32_t column, int64_t value); /* 0 = none is NULL, as is NUM_UNKNOWN */
void row_name(struct row *r, uint32_t column, const char *text); /* NUL-terminated; NULL is NULL */
void row_chars(struct row *r, uint32_t column, const char *field, size_t size); /* fixed field, NUL optional */
void row_blob(struct row *r, uint32_t column, const void *bytes, size_t len);

/* The column of that name, -1 = none. */
int table_column(enum row_table table, const char *name);

/* The members of a row's JSON object that its columns give; answer.c adds what is derived. */
void row_json(const struct row *r, struct json *j);
