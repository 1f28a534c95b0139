#include "lib/store/row.h"

#include <assert.h>
#include <string.h>

#include "lib/base/obj.h"

/* -- the tables, made from rows.tbl.h ------------------------------------------------------------------------------ */

#define COLUMN_ROW(table, field, name, type, role, json) { name, json, COLUMN_##type, COLUMN_##role },
static const struct column INSTRUMENTS_column[] = { INSTRUMENTS_COLUMNS(COLUMN_ROW) };
static const struct column STRATEGIES_column[] = { STRATEGIES_COLUMNS(COLUMN_ROW) };
static const struct column ORDERS_column[] = { ORDERS_COLUMNS(COLUMN_ROW) };
static const struct column TRADES_column[] = { TRADES_COLUMNS(COLUMN_ROW) };
static const struct column HISTORY_column[] = { HISTORY_COLUMNS(COLUMN_ROW) };
static const struct column EQUITY_column[] = { EQUITY_COLUMNS(COLUMN_ROW) };
static const struct column BARS_column[] = { BARS_COLUMNS(COLUMN_ROW) };
static const struct column DECISIONS_column[] = { DECISIONS_COLUMNS(COLUMN_ROW) };
static const struct column AUDIT_column[] = { AUDIT_COLUMNS(COLUMN_ROW) };
static const struct column DAYS_column[] = { DAYS_COLUMNS(COLUMN_ROW) };
static const struct column SESSIONS_column[] = { SESSIONS_COLUMNS(COLUMN_ROW) };
static const struct column EVENTS_column[] = { EVENTS_COLUMNS(COLUMN_ROW) };
static const struct column MARKS_column[] = { MARKS_COLUMNS(COLUMN_ROW) };

const struct table store_tables[TABLE_COUNT] = {
#define TABLE(id, name) [TABLE_##id] = { name, id##_column, ARRAY_LEN(id##_column) },
	STORE_TABLES(TABLE)
#undef TABLE
};

#define FITS(id, name) static_assert((int)id##_COUNT <= (int)ROW_COLUMNS_MAX, name);
STORE_TABLES(FITS)

int table_column(enum row_table table, const char *name)
{
	const struct table *t = &store_tables[table];

	for (uint32_t i = 0; i < t->columns; i++)
		if (strcmp(t->column[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* -- filling ------------------------------------------------------------------------------------------------------- */

void row_begin(struct row *r, enum row_table table)
{
	r->table = table;
	memset(r->at, 0, store_tables[table].columns * sizeof(r->at[0]));
}

void row_number(struct row *r, uint32_t column, int64_t value)
{
	r->at[column] = (struct value){ .number = value, .kind = VALUE_NUMBER };
}

void row_money(struct row *r, uint32_t column, money_t value)
{
	if (value != NUM_UNKNOWN)
		row_number(r, column, value);
}

void row_nonzero(struct row *r, uint32_t column, int64_t value)
{
	if (value != 0)
		row_money(r, column, value);
}

void row_chars(struct row *r, uint32_t column, const char *field, size_t size)
{
	r->at[column] = (struct value){ .text = field, .len = (uint32_t)strnlen(field, size), .kind = VALUE_TEXT };
}

void row_name(struct row *r, uint32_t column, const char *text)
{
	if (text)
		row_chars(r, column, text, strlen(text));
}

void row_blob(struct row *r, uint32_t column, const void *bytes, size_t len)
{
	r->at[column] = (struct value){ .text = bytes, .len = (uint32_t)len, .kind = VALUE_BLOB };
}

/* -- JSON ---------------------------------------------------------------------------------------------------------- */

/* Texts of a row are short fields; the JSON writer wants them NUL-terminated. */
static void text_json(struct json *j, const char *key, const struct value *v)
{
	char text[256];
	size_t len = v->len < sizeof(text) ? v->len : sizeof(text) - 1;

	memcpy(text, v->text, len);
	text[len] = '\0';
	json_str(j, key, text);
}

static void value_json(struct json *j, const struct column *c, const struct value *v)
{
	/* NULL, or a foreign hand was in the database */
	if (v->kind != (c->type == COLUMN_TEXT ? VALUE_TEXT : VALUE_NUMBER)) {
		json_null(j, c->json);
		return;
	}
	switch ((enum column_type)c->type) {
	case COLUMN_UINT: json_uint(j, c->json, (uint64_t)v->number); break;
	case COLUMN_INT: json_int(j, c->json, v->number); break;
	case COLUMN_MONEY: json_decimal(j, c->json, v->number); break;
	case COLUMN_STAMP: json_stamp(j, c->json, v->number); break;
	case COLUMN_DATE: json_date(j, c->json, (date_t)v->number); break;
	case COLUMN_BOOL: json_bool(j, c->json, v->number != 0); break;
	case COLUMN_TEXT: text_json(j, c->json, v); break;
	case COLUMN_BLOB: break;
	}
}

void row_json(const struct row *r, struct json *j)
{
	const struct table *t = &store_tables[r->table];

	for (uint32_t i = 0; i < t->columns; i++)
		if (t->column[i].json)
			value_json(j, &t->column[i], &r->at[i]);
}
