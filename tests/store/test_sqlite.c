/* The database file itself: its schema, its version, who else may own or hold it, and what happens to a damaged one. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/core/strategy.h"
#include "tests/store/fixture.h"

#define RECORDS 2000

static sqlite3 *other_hand(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void run(sqlite3 *db, const char *sql)
{
	char *words = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
		fail_msg("%s: %s", sql, words);
}

static void run_file(const char *path, const char *sql)
{
	sqlite3 *db = other_hand(path);

	run(db, sql);
	sqlite3_close(db);
}

static void fill(struct place *p, uint64_t records)
{
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, records);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	store_close(&s);
}

static int open_error(const char *path, struct store_error *error)
{
	struct store_options o = { .path = path, .journal_id = fixture_id };
	struct store *s = NULL;
	int err = store_open(&o, &s, error);

	assert_null(s);
	return err;
}

/* -- schema -------------------------------------------------------------------------------------------------------- */

static void expect_columns(sqlite3 *db, const struct table *t)
{
	char sql[128];
	sqlite3_stmt *statement = NULL;
	uint32_t n = 0;

	snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s') ORDER BY cid", t->name);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(statement, 0), "journal");
	for (; sqlite3_step(statement) == SQLITE_ROW; n++) {
		assert_true(n < t->columns);
		assert_string_equal(sqlite3_column_text(statement, 0), t->column[n].name);
	}
	assert_int_equal(n, t->columns);
	sqlite3_finalize(statement);
}

static void test_schema_is_the_column_list(void **state)
{
	struct place *p = *state;

	fill(p, 1);
	sqlite3 *db = other_hand(p->path);
	for (uint32_t t = 0; t < TABLE_COUNT; t++)
		if (t != TABLE_MARKS)
			expect_columns(db, &store_tables[t]);
	sqlite3_close(db);
}

static void test_file_is_private(void **state)
{
	struct place *p = *state;
	struct stat st;

	fill(p, 10);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_newer_schema(void **state)
{
	struct place *p = *state;
	struct store_error error = { "" };

	fill(p, 100);
	char *before = fixture_dump(p->path);
	run_file(p->path, "PRAGMA user_version=3");
	assert_int_equal(open_error(p->path, &error), ERR_VERSION);
	assert_non_null(strstr(error.text, "has schema 3, this build knows up to 2"));
	run_file(p->path, "PRAGMA user_version=2");
	char *after = fixture_dump(p->path);
	assert_string_equal(after, before);
	free(before);
	free(after);
}

/* Its rows stay. What a parameter's number meant is known again where every build counted alike, and after the strategy was told again. */
static void test_older_schema(void **state)
{
	struct place *p = *state;
	struct event_strategy amd = { .index = 2, .commons = COMMON_COUNT, .ops = "amd", .id = "amd", .underlying = "NIFTY" };
	struct event_command c = { .command = COMMAND_STRATEGY_PARAM, .index = 2, .param = COMMON_cooldown, .value = 60 };
	struct record head = { 101, FIXTURE_DAY, EVENT_COMMAND, 0, INSTRUMENT_NONE };

	fill(p, 100);
	run_file(p->path, "ALTER TABLE strategies DROP COLUMN commons; ALTER TABLE events DROP COLUMN about; PRAGMA user_version=1");
	struct store *s = fixture_open(p->path, NULL);
	fixture_put(s, &head, &c, sizeof(c));
	c.param = COMMON_COUNT;
	head.seq = 102;
	fixture_put(s, &head, &c, sizeof(c));
	head = (struct record){ 103, FIXTURE_DAY, EVENT_STRATEGY, 0, INSTRUMENT_NONE };
	fixture_put(s, &head, &amd, sizeof(amd));
	head = (struct record){ 104, FIXTURE_DAY, EVENT_COMMAND, 0, INSTRUMENT_NONE };
	fixture_put(s, &head, &c, sizeof(c));
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS, .after = 100 });
	assert_non_null(strstr(json, ": cooldown set to 60 s\""));
	assert_non_null(strstr(json, ": parameter 22 set to 60 of the journal\""));
	assert_non_null(strstr(json, "\"amd: warm_bars set to 60 bars\""));
	free(json);
	json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS, .limit = 1 });
	assert_null(strstr(json, "\"items\":[]"));
	free(json);
	store_close(&s);
}

static void test_other_programs_database(void **state)
{
	struct place *p = *state;
	struct store_error error = { "" };

	run_file(p->path, "CREATE TABLE recipes(name); INSERT INTO recipes VALUES('dal')");
	assert_int_equal(open_error(p->path, &error), ERR_MISMATCH);
	assert_non_null(strstr(error.text, "is a database of another program"));
	run_file(p->path, "DELETE FROM recipes WHERE name='dal'"); /* still there, still writable */
}

static void test_no_folder(void **state)
{
	struct place *p = *state;
	struct store_error error = { "" };
	char path[320];

	snprintf(path, sizeof(path), "%s/absent/store.db", p->dir);
	assert_int_equal(open_error(path, &error), ERR_NOENT);
	assert_non_null(strstr(error.text, "check that the folder exists"));
	assert_int_equal(open_error(p->dir, &error), ERR_INVAL);
}

/* Another life of the engine in the same file: its rows are its own. */
static void test_two_journals(void **state)
{
	static const uint8_t other_id[16] = { 9 };
	struct place *p = *state;
	struct store_options o = { .path = p->path, .journal_id = other_id };
	struct store_error error = { "" };
	struct store *s = NULL;

	fill(p, 500);
	assert_int_equal(store_open(&o, &s, &error), 0);
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_string_equal(json, "{\"items\":[],\"next\":null}");
	free(json);
	fixture_put_range(s, 1, 300);
	store_close(&s);
	s = fixture_open(p->path, NULL);
	json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS, .newest_first = true, .limit = 1 });
	assert_true(strtoull(json + strlen("{\"items\":[{\"seq\":"), NULL, 10) > 480);
	free(json);
	store_close(&s);
}

/* -- damage -------------------------------------------------------------------------------------------------------- */

static void scribble(const char *path, long from, size_t len)
{
	FILE *f = fopen(path, from ? "r+b" : "wb");

	assert_non_null(f);
	fseek(f, from, SEEK_SET);
	for (size_t i = 0; i < len; i++)
		fputc((int)(i * 37 + 11) & 0xFF, f);
	fclose(f);
}

static void expect_rebuilt(struct place *p, bool set_aside)
{
	struct store_state st;
	struct store *s = fixture_open(p->path, p->journal);
	char command[600];

	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	store_state(s, &st);
	assert_true(st.ok);
	assert_int_equal(st.seq, RECORDS);
	if (set_aside)
		assert_non_null(strstr(st.last_error, "damaged database moved to "));
	store_close(&s);
	snprintf(command, sizeof(command), "test $(ls '%s' | grep -c '^store.db.damaged-2') = %d", p->dir, set_aside);
	assert_int_equal(system(command), 0);
}

/* So many bytes of rubbish are all there is. */
static void rebuilt_from(struct place *p, size_t rubbish, bool set_aside)
{
	fixture_journal(p->journal, 1, RECORDS, 0);
	scribble(p->path, 0, rubbish);
	expect_rebuilt(p, set_aside);
}

static void test_garbage_file(void **state) { rebuilt_from(*state, 20000, true); }
static void test_short_garbage(void **state) { rebuilt_from(*state, 5, true); }
static void test_empty_file_is_a_new_one(void **state) { rebuilt_from(*state, 0, false); }

/* All but the first page is rubbish: found only when the tables are used. */
static void test_damaged_pages(void **state)
{
	struct place *p = *state;
	struct stat st;

	fixture_journal(p->journal, 1, RECORDS, 0);
	fill(p, 1000);
	assert_int_equal(stat(p->path, &st), 0);
	scribble(p->path, 4096, (size_t)st.st_size - 4096);
	expect_rebuilt(p, true);
}

/* -- held by somebody ---------------------------------------------------------------------------------------------- */

static void test_reader_in_the_middle(void **state)
{
	struct place *p = *state;
	struct store_state st;

	fill(p, 500);
	sqlite3 *db = other_hand(p->path);
	run(db, "BEGIN; SELECT count(*) FROM events");
	struct store *s = fixture_open(p->path, NULL);
	fixture_put_range(s, 501, RECORDS);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0); /* a reader holds up nobody */
	store_state(s, &st);
	assert_int_equal(st.errors, 0);
	store_close(&s);
	run(db, "COMMIT");
	sqlite3_close(db);
}

static void test_writer_holds_it(void **state)
{
	struct place *p = *state;
	struct store_state st;

	fill(p, 500);
	struct store *s = fixture_open(p->path, NULL);
	sqlite3 *db = other_hand(p->path);
	run(db, "BEGIN EXCLUSIVE");
	fixture_put_range(s, 501, RECORDS); /* returns at once */
	assert_int_equal(store_flush(s, 300 * NANOS_MS), ERR_TIMEOUT);
	store_state(s, &st);
	assert_false(st.ok);
	assert_true(st.errors > 0);
	assert_non_null(strstr(st.last_error, "busy"));
	free(fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS }));
	run(db, "ROLLBACK");
	sqlite3_close(db);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	store_state(s, &st);
	assert_true(st.ok);
	assert_int_equal(st.seq, RECORDS);
	store_close(&s);
}

/* Busy already at start: the engine starts all the same, and the rows come later. */
static void test_held_at_open(void **state)
{
	static const uint8_t other_id[16] = { 9 };
	struct place *p = *state;
	struct store_options o = { .path = p->path, .journal_id = other_id }; /* a new journal wants to be written at once */
	struct store_error error = { "" };
	struct store *s = NULL;
	struct store_state st;
	struct buf json = { 0 };

	fill(p, 500);
	sqlite3 *db = other_hand(p->path);
	run(db, "BEGIN IMMEDIATE");
	assert_int_equal(store_open(&o, &s, &error), 0);
	fixture_put_range(s, 1, RECORDS);
	store_state(s, &st);
	assert_false(st.ok);
	assert_int_equal(store_query_wait(s, &(struct store_query){ .kind = STORE_EVENTS }, &json), ERR_AGAIN);
	run(db, "ROLLBACK");
	sqlite3_close(db);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	store_state(s, &st);
	assert_true(st.ok);
	assert_int_equal(st.seq, RECORDS);
	store_close(&s);
}

/* Rows of another program's making must not break an answer. */
static void test_foreign_row(void **state)
{
	struct place *p = *state;

	fill(p, 10);
	run_file(p->path, "INSERT INTO events VALUES(1, 900, 5, 73, 7, x'00', x'0102', x'61'); INSERT INTO events VALUES(1, 901, 5, 9999, NULL,"
	         " NULL, x'', 7); INSERT INTO equity VALUES(1, 902, 5, 'many', x'01', 1.5, NULL, 0, 0)");
	struct store *s = fixture_open(p->path, NULL);
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS, .after = 899 });
	assert_non_null(strstr(json, "{\"seq\":900,"));
	assert_non_null(strstr(json, "\"kind\":\"fill\",\"symbol\":\"7\",\"text\":null,\"data\":null}"));
	assert_non_null(strstr(json, "\"kind\":null,\"symbol\":null,\"text\":null,\"data\":null}"));
	free(json);
	json = fixture_query(s, &(struct store_query){ .kind = STORE_EQUITY, .after = 899 });
	assert_non_null(strstr(json, "\"equity\":null,\"realised\":null,\"unrealised\":null,\"charges\":null,"));
	free(json);
	store_close(&s);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, fixture_place, fixture_place_done)
	const struct CMUnitTest tests[] = {
		ROW(test_schema_is_the_column_list), ROW(test_file_is_private), ROW(test_newer_schema), ROW(test_older_schema), ROW(test_other_programs_database),
		ROW(test_no_folder), ROW(test_two_journals), ROW(test_garbage_file), ROW(test_short_garbage),
		ROW(test_empty_file_is_a_new_one), ROW(test_damaged_pages), ROW(test_reader_in_the_middle), ROW(test_writer_holds_it),
		ROW(test_held_at_open), ROW(test_foreign_row),
	};

	return cmocka_run_group_tests_name("store_sqlite", tests, NULL, NULL);
}
