/* The queryable copy of the journal, when all is calm: it has caught up, it says of every order, execution and position what the core says, and it is, row by row, what a database
 * made anew from the journal would be: nothing lost, nothing twice. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/store/row.h"
#include "lib/store/store.h"
#include "tests/sim/check_priv.h"
#include "tests/sim/fake.h"

#define TURNS 64 /* of its thread: many more than it takes */

static void catch_up(struct store *s, uint64_t seq, struct store_state *ret)
{
	store_state(s, ret);
	for (int i = 0; i < TURNS && (ret->seq < seq || ret->queued > 0 || !ret->ok); i++) {
		fake_thread_run();
		store_state(s, ret);
	}
}

/* -- looking into a database ----------------------------------------------------------------------------------------------------------------- */

static sqlite3 *look(struct check *c, const char *path)
{
	sqlite3 *db = NULL;
	int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL);

	check_that(c, 16, code == SQLITE_OK, "the store's database cannot be opened: %s", sqlite3_errstr(code));
	return db;
}

static sqlite3_stmt *ask(struct check *c, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);

	check_that(c, 16, code == SQLITE_OK, "the store cannot be read: %s", sqlite3_errmsg(db));
	return s;
}

static bool is_number(sqlite3_stmt *s, int column, int64_t value)
{
	return sqlite3_column_type(s, column) == SQLITE_INTEGER && sqlite3_column_int64(s, column) == value;
}

static const char *text_of(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text ? text : "";
}

/* -- what it says of the books ---------------------------------------------------------------------------------------------------------------- */

static void check_orders(struct check *c, sqlite3 *db)
{
	sqlite3_stmt *s = ask(c, db, "SELECT tag, state, filled, qty, number FROM orders");
	size_t rows = 0;

	for (; sqlite3_step(s) == SQLITE_ROW; rows++) {
		const struct chain *k = story_find(&c->story, text_of(s, 0));

		check_that(c, 2, k != NULL, "the store has order %s and the journal has not", text_of(s, 0));
		if (k)
			check_that(c, 7, strcmp(text_of(s, 1), order_state_name((enum order_state)k->state)) == 0 && is_number(s, 2, k->told) && is_number(s, 3, k->qty) &&
			           is_number(s, 4, (int64_t)k->order), "the store says of %s: %s, filled %s of %s", k->tag, text_of(s, 1), text_of(s, 2), text_of(s, 3));
	}
	sqlite3_finalize(s);
	size_t told = 0;

	for (size_t i = 0; i < c->story.n; i++)
		told += c->story.chain[i].outcomes > 0;
	check_that(c, 2, rows == told, "the store has %zu orders, the journal %zu", rows, told);
	c->stored += rows;
}

static void check_executions(struct check *c, sqlite3 *db)
{
	sqlite3_stmt *s = ask(c, db, "SELECT count(*), coalesce(sum(CASE side WHEN 'buy' THEN -qty*price ELSE qty*price END), 0) FROM trades");

	if (sqlite3_step(s) == SQLITE_ROW) {
		check_that(c, 7, is_number(s, 0, (int64_t)c->story.fills), "the store has %s executions, the journal %llu", text_of(s, 0), (unsigned long long)c->story.fills);
		check_that(c, 21, is_number(s, 1, c->story.flow), "the store's executions brought %s, the journal's %lld", text_of(s, 1), (long long)c->story.flow);
		c->stored += c->story.fills;
	}
	sqlite3_finalize(s);
}

static void check_positions(struct check *c, sqlite3 *db)
{
	const struct core *core = c->node->core;
	sqlite3_stmt *s = ask(c, db, "SELECT coalesce(sum(CASE side WHEN 'buy' THEN qty ELSE -qty END), 0) FROM trades WHERE strategy=?1");

	for (uint32_t i = 0; i < core->s->strategies && !c->story.followed; i++) {
		const char *id = core->slot[i].id;

		if (slot_adopted(&core->slot[i])) /* what was taken over has no executions of ours */
			continue;
		sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
		if (sqlite3_step(s) == SQLITE_ROW)
			check_that(c, 7, is_number(s, 0, core->slot[i].book.qty), "the store's executions make %s of %s, its book is %lld", text_of(s, 0), id,
			           (long long)core->slot[i].book.qty);
		sqlite3_reset(s);
		c->stored++;
	}
	sqlite3_finalize(s);
}

/* -- as if made anew -------------------------------------------------------------------------------------------------------------------------- */

static uint64_t fold_value(sqlite3_stmt *s, int column, uint64_t hash)
{
	const unsigned char *bytes = sqlite3_column_blob(s, column); /* a number as its text */

	hash = prng_mix(hash + (uint64_t)sqlite3_column_type(s, column));
	for (int i = 0, n = sqlite3_column_bytes(s, column); i < n; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* Folds every value of a table, in the order of its record numbers; the number of rows. */
static uint64_t fold_table(struct check *c, sqlite3 *db, enum row_table table, uint64_t *hash)
{
	char sql[1024];
	size_t len = (size_t)snprintf(sql, sizeof(sql), "SELECT ");
	uint64_t rows = 0;
	sqlite3_stmt *s;

	for (uint32_t i = 0; i < store_tables[table].columns; i++)
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "%s%s", i ? "," : "", store_tables[table].column[i].name);
	snprintf(sql + len, sizeof(sql) - len, " FROM %s ORDER BY seq", store_tables[table].name);
	s = ask(c, db, sql);
	for (; sqlite3_step(s) == SQLITE_ROW; rows++)
		for (int i = 0; i < sqlite3_column_count(s); i++)
			*hash = fold_value(s, i, *hash);
	sqlite3_finalize(s);
	return rows;
}

static void compare(struct check *c, sqlite3 *db, sqlite3 *anew)
{
	for (enum row_table t = 0; t < TABLE_COUNT; t++) {
		uint64_t hash = 0, other = 0;

		if (t == TABLE_MARKS)
			continue;
		uint64_t rows = fold_table(c, db, t, &hash), others = fold_table(c, anew, t, &other);

		check_that(c, 16, rows == others && hash == other, "table %s of the store has %llu rows, made anew %llu%s", store_tables[t].name, (unsigned long long)rows,
		           (unsigned long long)others, rows == others ? ", others" : "");
		c->stored += rows;
	}
}

/* From the journal alone, beside it. */
static sqlite3 *make_anew(struct check *c, uint64_t seq)
{
	struct node *n = c->node;
	struct store_error error = { "" };
	struct store_state state;
	struct store *s = NULL;
	char path[200];
	struct store_options o = { .path = path, .journal_id = n->journal_id, .journal_dir = n->journal_dir };

	snprintf(path, sizeof(path), "%s/anew.db", n->o->dir);
	if (!check_that(c, 16, store_open(&o, &s, &error) == ERR_OK, "the store cannot be made anew: %s", error.text))
		return NULL;
	catch_up(s, seq, &state);
	check_that(c, 26, state.ok && state.seq == seq, "a new store is at record %llu of %llu: %s", (unsigned long long)state.seq, (unsigned long long)seq, state.last_error);
	store_close(&s);
	return look(c, path);
}

/* Else the journal began behind a checkpoint, on a new host, and so did the database. */
static bool whole(const struct node *n)
{
	struct journal_state j;

	journal_state(n->journal, &j);
	return j.first_seq <= 1;
}

void check_store(struct check *c)
{
	struct node *n = c->node;
	struct store_state state;
	uint64_t seq = n->core->s->seq;

	if (!n->store)
		return;
	catch_up(n->store, seq, &state);
	if (!check_that(c, 26, state.ok && state.seq == seq && state.queued == 0, "in calm the store is at record %llu of %llu, %llu wait: %s", (unsigned long long)state.seq,
	                (unsigned long long)seq, (unsigned long long)state.queued, state.last_error))
		return;
	sqlite3 *db = look(c, n->store_path), *anew = make_anew(c, seq);

	if (whole(n)) {
		check_orders(c, db);
		check_executions(c, db);
		check_positions(c, db);
	}
	if (anew)
		compare(c, db, anew);
	sqlite3_close(anew);
	sqlite3_close(db);
}
