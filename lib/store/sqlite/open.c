/* Opening, migrating and setting aside. A file that is somebody else's, or a newer build's, is never written to. */
#include "lib/store/sqlite/priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define APPLICATION_ID 0x53415544 /* "SAUD": PRAGMA application_id */
#define BUSY_MS 100               /* longer waits are the store's business: it has queries to answer meanwhile */

struct migration { int version; const char *sql; };
static const struct migration migrations[] = {
#define MIGRATION(version, sql) { version, sql },
#include "lib/store/sqlite/schema.tbl.h"
#undef MIGRATION
};
#define SCHEMA_VERSION (migrations[ARRAY_LEN(migrations) - 1].version)

static bool in_memory(const char *path)
{
	return strcmp(path, ":memory:") == 0;
}

static int integer_of(struct backend *b, const char *sql, int64_t *ret)
{
	sqlite3_stmt *statement = NULL;
	int err = sqlite_prepare(b, &statement, sql);

	if (err)
		return err;
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(statement, 0);
	else
		err = code == SQLITE_DONE ? ERR_NOENT : sqlite_fail(b, code);
	sqlite3_finalize(statement);
	return err;
}

/* -- schema -------------------------------------------------------------------------------------------------------- */

static int schema_version(struct backend *b, const char *path, int64_t *ret, struct store_error *error)
{
	int64_t version = 0, application = 0, tables = 0;
	int err = integer_of(b, "PRAGMA user_version", &version);

	err = err ? err : integer_of(b, "PRAGMA application_id", &application);
	err = err ? err : integer_of(b, "SELECT count(*) FROM sqlite_master", &tables);
	if (err)
		return err;
	if (tables > 0 && application != APPLICATION_ID) {
		snprintf(error->text, sizeof(error->text), "%s is a database of another program; name another file", path);
		return ERR_MISMATCH;
	}
	if (version > SCHEMA_VERSION) {
		snprintf(error->text, sizeof(error->text), "%s has schema %lld, this build knows up to %d; run the newer build, or name "
		         "another file and it is rebuilt from the journal", path, (long long)version, SCHEMA_VERSION);
		return ERR_VERSION;
	}
	*ret = version;
	return 0;
}

/* One transaction for all steps: a crash leaves the old version or the new one. The version is read again under the lock. */
static int migrate_locked(struct backend *b, const char *path, struct store_error *error)
{
	char mark[96];
	int64_t version = 0;
	int err = schema_version(b, path, &version, error);

	for (size_t i = 0; i < ARRAY_LEN(migrations) && !err; i++)
		if (migrations[i].version > version)
			err = sqlite_exec(b, migrations[i].sql);
	snprintf(mark, sizeof(mark), "PRAGMA user_version=%d; PRAGMA application_id=%d", SCHEMA_VERSION, APPLICATION_ID);
	return err ? err : sqlite_exec(b, mark);
}

static int migrate(struct backend *b, const char *path, struct store_error *error)
{
	int64_t version = 0;
	int err = schema_version(b, path, &version, error);

	if (err || version == SCHEMA_VERSION)
		return err;
	err = sqlite_exec(b, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = migrate_locked(b, path, error);
	err = err ? err : sqlite_exec(b, "COMMIT");
	if (err)
		sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL); /* the first error is the one to tell */
	return err;
}

/* -- open ---------------------------------------------------------------------------------------------------------- */

/* Books are private: the file is made for its owner alone, and SQLite gives -wal and -shm the same mode. */
static int make_private(const char *path, struct store_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		int err = errno == EISDIR ? ERR_INVAL : err_from_errno(errno); /* a folder never becomes a file: no use to wait for that */
		snprintf(error->text, sizeof(error->text), "cannot open %s (%s); check that the folder exists and belongs to this user",
		         path, strerror(errno));
		return err;
	}
	close(fd);
	return 0;
}

static int connect_file(struct backend *b, const char *path, struct store_error *error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int err = in_memory(path) ? 0 : make_private(path, error);

	if (err)
		return err;
	int code = sqlite3_open_v2(path, &b->db, flags, NULL);
	if (code != SQLITE_OK)
		return sqlite_fail(b, code);
	sqlite3_extended_result_codes(b->db, 1);
	sqlite3_busy_timeout(b->db, BUSY_MS);
	sqlite3_db_config(b->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(b->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return 0;
}

/* The version is looked at first: a file that is not ours is closed as it was found. */
static int prepare_file(struct backend *b, const char *path, struct store_error *error)
{
	int64_t version = 0;
	int err = schema_version(b, path, &version, error);

	err = err ? err : sqlite_exec(b, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;"
	                              "PRAGMA journal_size_limit=16777216");
	return err ? err : migrate(b, path, error);
}

static int find_journal(struct backend *b, const uint8_t journal_id[16], struct progress *ret)
{
	sqlite3_stmt *statement = NULL;
	int err = sqlite_prepare(b, &statement, "SELECT journal, seq, stamp FROM journals WHERE journal_id=?1");

	if (err)
		return err;
	sqlite3_bind_blob(statement, 1, journal_id, 16, SQLITE_STATIC);
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		b->journal = sqlite3_column_int64(statement, 0);
		ret->seq = (uint64_t)sqlite3_column_int64(statement, 1);
		ret->stamp = sqlite3_column_int64(statement, 2);
	}
	err = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? ERR_NOENT : sqlite_fail(b, code);
	sqlite3_finalize(statement);
	return err;
}

static int make_journal(struct backend *b, const uint8_t journal_id[16], struct progress *ret)
{
	sqlite3_stmt *statement = NULL;
	int err = sqlite_prepare(b, &statement, "INSERT INTO journals(journal_id, seq, stamp) VALUES(?1, 0, 0)");

	if (err)
		return err;
	sqlite3_bind_blob(statement, 1, journal_id, 16, SQLITE_STATIC);
	err = sqlite_run(b, statement);
	sqlite3_finalize(statement);
	return err ? err : find_journal(b, journal_id, ret);
}

static int open_steps(struct backend *b, const struct store_place *place, struct progress *ret, struct store_error *error)
{
	int err = connect_file(b, place->path, error);

	err = err ? err : prepare_file(b, place->path, error);
	err = err ? err : find_journal(b, place->journal_id, ret);
	if (err == ERR_NOENT && b->db)
		err = make_journal(b, place->journal_id, ret);
	err = err ? err : sqlite_prepare(b, &b->begin, "BEGIN IMMEDIATE");
	err = err ? err : sqlite_prepare(b, &b->commit, "COMMIT");
	err = err ? err : sqlite_prepare(b, &b->rollback, "ROLLBACK");
	return err ? err : sqlite_prepare(b, &b->progress, "UPDATE journals SET seq=?2, stamp=?3 WHERE journal=?1");
}

int sqlite_open_backend(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	struct backend *b = calloc(1, sizeof(*b));
	struct progress progress = { 0, 0 };

	error->text[0] = '\0';
	if (!b)
		return ERR_NOMEM;
	b->magic = BACKEND_MAGIC;
	int err = open_steps(b, place, &progress, error);
	if (err) {
		if (!error->text[0])
			snprintf(error->text, sizeof(error->text), "cannot use the database %s (%s)", place->path, b->reason);
		sqlite_close_backend(&b);
		return err;
	}
	*ret = b;
	*ret_progress = progress;
	return 0;
}

void sqlite_close_backend(struct backend **b)
{
	if (!*b)
		return;
	CHECK_OBJ(*b, BACKEND_MAGIC);
	if ((*b)->db) {
		sqlite3_stmt *statement;
		while ((statement = sqlite3_next_stmt((*b)->db, NULL)))
			sqlite3_finalize(statement);
		sqlite3_close((*b)->db);
	}
	(*b)->magic = 0;
	free(*b);
	*b = NULL;
}

/* -- setting aside ------------------------------------------------------------------------------------------------- */

static int move(const char *path, const char *suffix, const char *to)
{
	char from[4200], target[4400];

	snprintf(from, sizeof(from), "%s%s", path, suffix);
	snprintf(target, sizeof(target), "%s%s", to, suffix);
	return rename(from, target) == 0 || errno == ENOENT ? 0 : err_from_errno(errno);
}

/* The write-ahead log goes along: without it the set-aside file would miss its last transactions, and left behind it would
 * be taken for the new file's. The database itself goes last, so that a crash half-way is repeated at the next open. */
int sqlite_set_aside(const char *path, char *ret_name, size_t size, struct store_error *error)
{
	char stamp[32], name[4300];
	time_t now = time(NULL);
	struct tm utc;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	for (unsigned n = 0; n < 100; n++) {
		snprintf(name, sizeof(name), n ? "%s.damaged-%s-%u" : "%s.damaged-%s", path, stamp, n);
		if (access(name, F_OK) != 0)
			break;
	}
	int err = move(path, "-wal", name);
	err = err ? err : move(path, "-shm", name);
	err = err ? err : move(path, "", name);
	if (err) {
		snprintf(error->text, sizeof(error->text), "cannot set the damaged database %s aside (%s)", path, err_text(err));
		return err;
	}
	snprintf(ret_name, size, "%s", name);
	return 0;
}
