/* SQLite over the world's disk: what each trouble is to it, and what is left of a database whose machine ends in the midst of it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "tests/sim/vfs.h"
#include "tests/sim/world.h"

#define ALWAYS 1000000u

static struct world world;
static char dir[64], path[96];
static unsigned pauses;

static bool pause_a_second(void)
{
	pauses++;
	world.now += NANOS_SECOND;
	return true;
}

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sauda-vfs-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.db", dir);
	world_init(&world, 1, NANOS_SECOND);
	vfs_begin(pause_a_second);
	pauses = 0;
	return 0;
}

static int end(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char name[128];

	(void)state;
	vfs_end();
	world_done(&world);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return rmdir(dir);
}

static int run_sql(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static sqlite3 *open_db(void)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=20; CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, x)"), SQLITE_OK);
	return db;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return n;
}

static int add(sqlite3 *db)
{
	return run_sql(db, "INSERT INTO t(x) VALUES(hex(zeroblob(700)))");
}

static bool is_sound(sqlite3 *db)
{
	sqlite3_stmt *s;
	bool sound = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
	             strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;

	sqlite3_finalize(s);
	return sound;
}

/* -- troubles ------------------------------------------------------------------------------------------------------------------------------ */

static void test_well(void **state)
{
	sqlite3 *db = open_db();

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(add(db), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	db = open_db();
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 100);
	assert_true(is_sound(db));
	assert_int_equal(pauses, 0);
	sqlite3_close(db);
}

/* What it is called; and when it is over, all that was told done is there and nothing else. */
static void one_trouble(enum net_dial dial, int code)
{
	sqlite3 *db = open_db();

	assert_int_equal(add(db), SQLITE_OK);
	world.dials.net.chance[dial] = ALWAYS;
	assert_int_equal(add(db) & 0xFF, code);
	world.dials.net.chance[dial] = 0;
	vfs_heal();
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	assert_int_equal(add(db), SQLITE_OK);
	assert_true(is_sound(db));
	assert_true(world.struck[dial] > 0);
	sqlite3_close(db);
}

static void test_error(void **state) { (void)state; one_trouble(DIAL_STORE_ERROR, SQLITE_IOERR); }
static void test_full(void **state) { (void)state; one_trouble(DIAL_STORE_FULL, SQLITE_FULL); }
static void test_short(void **state) { (void)state; one_trouble(DIAL_STORE_SHORT, SQLITE_IOERR); }
static void test_busy(void **state) { (void)state; one_trouble(DIAL_STORE_BUSY, SQLITE_BUSY); }

static void test_sync_fails(void **state)
{
	sqlite3 *db = open_db();

	(void)state;
	assert_int_equal(run_sql(db, "PRAGMA synchronous=FULL"), SQLITE_OK);
	for (int i = 0, rows = 0; i < 200; i++) {
		world.dials.net.chance[DIAL_STORE_ERROR] = ALWAYS / 5;
		rows += add(db) == SQLITE_OK;
		world.dials.net.chance[DIAL_STORE_ERROR] = 0;
		assert_int_equal(number(db, "SELECT count(*) FROM t"), rows);
	}
	assert_true(is_sound(db));
	sqlite3_close(db);
}

static void test_slow(void **state)
{
	sqlite3 *db = open_db();
	nanos_t before = world.now;

	(void)state;
	world.dials.net.chance[DIAL_STORE_SLOW] = ALWAYS;
	assert_int_equal(add(db), SQLITE_OK);
	assert_true(pauses > 0 && world.now > before);
	sqlite3_close(db);
}

/* A dead machine's calls fail, and change nothing. */
static void test_dead(void **state)
{
	sqlite3 *db = open_db();

	(void)state;
	assert_int_equal(add(db), SQLITE_OK);
	world.dead = true;
	assert_int_not_equal(add(db), SQLITE_OK);
	sqlite3_close(db);
	vfs_crash(true);
	world.dead = false;
	db = open_db();
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1);
	sqlite3_close(db);
}

/* -- the end ---------------------------------------------------------------------------------------------------------------------------------- */

static sqlite3 *crash(sqlite3 *db, bool keep)
{
	world.dead = true;
	sqlite3_close(db);
	vfs_crash(keep);
	world.dead = false;
	return open_db();
}

/* The process ends: the system writes what it was given. */
static void test_process_ends(void **state)
{
	sqlite3 *db = open_db();

	(void)state;
	for (int i = 1; i <= 100; i++) {
		assert_int_equal(add(db), SQLITE_OK);
		if (i % 10 == 0)
			db = crash(db, true);
		assert_int_equal(number(db, "SELECT count(*) FROM t"), i);
	}
	assert_true(is_sound(db));
	sqlite3_close(db);
}

/* The machine ends: the first so many rows are there, none in between is missing. Some must have been lost over all, or it loses nothing. */
static void test_machine_ends(void **state)
{
	int64_t rows = 0, lost = 0;
	sqlite3 *db = open_db();

	(void)state;
	for (int i = 0; i < 400; i++) {
		assert_int_equal(add(db), SQLITE_OK);
		rows++;
		if (world_below(WORLD_LIFE, 7) > 0)
			continue;
		db = crash(db, false);
		assert_true(is_sound(db));
		int64_t there = number(db, "SELECT count(*) FROM t");
		assert_int_equal(number(db, "SELECT coalesce(max(n), 0) FROM t"), there);
		assert_true(there <= rows);
		lost += rows - there;
		rows = there;
	}
	assert_true(lost > 0 && rows > 0);
	sqlite3_close(db);
}

/* With a sync at each commit nothing that was told done is lost. */
static void test_synced_stays(void **state)
{
	sqlite3 *db = open_db();

	(void)state;
	for (int i = 1; i <= 100; i++) {
		assert_int_equal(run_sql(db, "PRAGMA synchronous=FULL"), SQLITE_OK);
		assert_int_equal(add(db), SQLITE_OK);
		if (i % 9 == 0)
			db = crash(db, false);
		assert_int_equal(number(db, "SELECT count(*) FROM t"), i);
	}
	assert_true(is_sound(db));
	sqlite3_close(db);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_well), TEST(test_error), TEST(test_full), TEST(test_short), TEST(test_busy), TEST(test_sync_fails), TEST(test_slow), TEST(test_dead),
		TEST(test_process_ends), TEST(test_machine_ends), TEST(test_synced_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
