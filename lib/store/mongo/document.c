/* A row as a document and back: one field a column, by its name; integers as int64, NULL as null or nothing, `j` for the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/mongo/priv.h"

bool mongo_guarded(enum row_table table)
{
	const struct table *t = &store_tables[table];

	for (uint32_t i = 0; i < t->columns; i++)
		if (t->column[i].role == COLUMN_GUARD)
			return true;
	return false;
}

/* Bytes that are no text are named by their digits. */
static size_t key_text(const struct value *v, char *ret, size_t size)
{
	size_t at = 0;

	if (bson_utf8_validate(v->text, v->len, false))
		return (size_t)snprintf(ret, size, ":%.*s", (int)v->len, v->text);
	at = (size_t)snprintf(ret, size, ":\\x");
	for (uint32_t i = 0; i < v->len && at < size; i++)
		at += (size_t)snprintf(ret + at, size - at, "%02x", (uint8_t)v->text[i]);
	return at;
}

/* The journal's number and the key columns. A key that lacks one names no row: ERR_INVAL, as SQLite's constraints say. */
int mongo_key(const struct backend *b, const struct row *row, char ret[MONGO_KEY])
{
	const struct table *t = &store_tables[row->table];
	size_t at = (size_t)snprintf(ret, MONGO_KEY, "%" PRId32, b->journal);

	for (uint32_t i = 0; i < t->columns && at < MONGO_KEY; i++) {
		const struct value *v = &row->at[i];
		if (t->column[i].role != COLUMN_KEY)
			continue;
		if (v->kind != (t->column[i].type == COLUMN_TEXT ? VALUE_TEXT : VALUE_NUMBER) || (v->kind == VALUE_TEXT && v->len == 0))
			return ERR_INVAL;
		if (v->kind == VALUE_TEXT)
			at += key_text(v, ret + at, MONGO_KEY - at);
		else
			at += (size_t)snprintf(ret + at, MONGO_KEY - at, ":%" PRId64, v->number);
	}
	return at < MONGO_KEY ? 0 : ERR_INVAL;
}

void mongo_append(bson_t *doc, const char *name, const struct value *v)
{
	bool text = v->kind == VALUE_TEXT && bson_utf8_validate(v->text, v->len, true);

	if (v->kind == VALUE_NULL)
		bson_append_null(doc, name, -1);
	else if (v->kind == VALUE_NUMBER)
		bson_append_int64(doc, name, -1, v->number);
	else if (text)
		bson_append_utf8(doc, name, -1, v->text, (int)v->len);
	else /* bytes, or a text that is none: BSON's texts are UTF-8 */
		bson_append_binary(doc, name, -1, BSON_SUBTYPE_BINARY, (const uint8_t *)v->text, v->len);
}

static struct value value_of(const bson_iter_t *at, uint8_t type)
{
	struct value v = { 0 };
	bson_subtype_t subtype;

	if (BSON_ITER_HOLDS_INT64(at) || BSON_ITER_HOLDS_INT32(at)) {
		v.kind = VALUE_NUMBER;
		v.number = bson_iter_as_int64(at);
	} else if (BSON_ITER_HOLDS_UTF8(at)) {
		v.kind = VALUE_TEXT;
		v.text = bson_iter_utf8(at, &v.len);
	} else if (BSON_ITER_HOLDS_BINARY(at)) {
		v.kind = type == COLUMN_TEXT ? VALUE_TEXT : VALUE_BLOB;
		bson_iter_binary(at, &subtype, &v.len, (const uint8_t **)&v.text);
	}
	return v;
}

void mongo_row_read(const bson_t *doc, enum row_table table, struct row *ret)
{
	const struct table *t = &store_tables[table];
	bson_iter_t at;

	row_begin(ret, table);
	if (!bson_iter_init(&at, doc))
		return;
	while (bson_iter_next(&at))
		for (uint32_t i = 0; i < t->columns; i++)
			if (strcmp(bson_iter_key(&at), t->column[i].name) == 0)
				ret->at[i] = value_of(&at, t->column[i].type);
}
