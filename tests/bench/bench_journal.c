/* The journal against what it stands on and what it might have been: a durable append against a bare preallocated
 * write + fdatasync and against one-row SQLite commits (WAL, synchronous=FULL), alternating in one run on one folder; then
 * appending, group commit and recovery. Prints one JSON line. Usage: bench_journal [FOLDER] (default: TMPDIR); the folder
 * must be on the disk that is meant, not in memory. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/journal/journal.h"
#include "tests/bench/measure.h"

#define ROUNDS 7
#define PER_ROUND 200
#define PAYLOAD 192      /* an order and its decision are of this size */
#define GROUP 1000
#define GROUPS 200
#define BULK_BYTES ((size_t)256 << 20)

#define MUST(x) do { if (!(x)) { fprintf(stderr, "bench_journal: %s failed (line %d)\n", #x, __LINE__); exit(1); } } while (0)

static double now_us(void) { return now_s() * 1e6; }

/* -- the three sides ------------------------------------------------------------------------------------------------- */

static int raw_fd;
static off_t raw_at;
static sqlite3_stmt *sql_insert;
static sqlite3_int64 sql_row;
static struct journal *journal;
static uint64_t seq;
static char payload[PAYLOAD];

static void raw_commit(void)
{
	char bytes[72 + 32 + PAYLOAD] = { 1 };

	MUST(pwrite(raw_fd, bytes, sizeof(bytes), raw_at) == (ssize_t)sizeof(bytes));
	raw_at += (off_t)sizeof(bytes);
	MUST(fdatasync(raw_fd) == 0);
}

static void sql_commit(void)
{
	sqlite3_bind_int64(sql_insert, 1, ++sql_row);
	sqlite3_bind_blob(sql_insert, 2, payload, PAYLOAD, SQLITE_STATIC);
	MUST(sqlite3_step(sql_insert) == SQLITE_DONE);
	sqlite3_reset(sql_insert);
}

static void append(void)
{
	struct record head = { .seq = seq + 1, .stamp = (nanos_t)seq, .kind = EVENT_TICK };

	seq++;

	MUST(journal_append(journal, &head, payload, PAYLOAD) == ERR_OK);
}

static void our_commit(void)
{
	append();
	MUST(journal_commit(journal) == ERR_OK);
}

static void journal_begin(const char *dir, bool sync)
{
	struct journal_options o = { .dir = dir, .sync = sync };
	struct journal_error error = { "" };
	struct journal_state state;

	if (journal_open(&o, &journal, &error) != ERR_OK) {
		fprintf(stderr, "bench_journal: %s\n", error.text);
		exit(1);
	}
	journal_state(journal, &state);
	seq = state.last_seq;
}

static double round_p50(void (*commit)(void), double *ret_p99)
{
	double t[PER_ROUND];

	for (int i = 0; i < PER_ROUND; i++) {
		double start = now_us();

		commit();
		t[i] = now_us() - start;
	}
	double p50 = median(t, PER_ROUND);

	*ret_p99 = t[PER_ROUND * 99 / 100];
	return p50;
}

/* -- parts ----------------------------------------------------------------------------------------------------------- */

struct commits { double raw[ROUNDS], sql[ROUNDS], ours[ROUNDS], raw99[ROUNDS], ours99[ROUNDS], to_raw[ROUNDS], to_sql[ROUNDS]; };

static void commits_measure(struct commits *c)
{
	double unused;

	for (int r = -1; r < ROUNDS; r++) { /* the first warms up */
		int at = r < 0 ? 0 : r;

		c->raw[at] = round_p50(raw_commit, &c->raw99[at]);
		c->ours[at] = round_p50(our_commit, &c->ours99[at]);
		c->sql[at] = round_p50(sql_commit, &unused);
		c->to_raw[at] = c->ours[at] / c->raw[at];
		c->to_sql[at] = c->ours[at] / c->sql[at];
	}
}

static double group_rate(double *ret_one_group_us)
{
	double t[50], start = now_us();

	for (int g = 0; g < GROUPS; g++) {
		for (int i = 0; i < GROUP; i++)
			append();
		MUST(journal_submit(journal, true) == ERR_OK);
	}
	MUST(journal_wait(journal, seq) == ERR_OK);
	double rate = GROUP * GROUPS / (now_us() - start) * 1e6;

	for (int g = 0; g < 50; g++) { /* and one alone: commit to durable */
		for (int i = 0; i < GROUP; i++)
			append();
		t[g] = now_us();
		MUST(journal_commit(journal) == ERR_OK);
		t[g] = now_us() - t[g];
	}
	*ret_one_group_us = median(t, 50);
	return rate;
}

/* Appending alone: batches small enough that the writer always keeps up. */
static double append_ns(void)
{
	double t[100];

	for (int g = 0; g < 100; g++) {
		double start = now_us();

		for (int i = 0; i < 200; i++)
			append();
		t[g] = (now_us() - start) * 1e3 / 200;
		MUST(journal_submit(journal, false) == ERR_OK);
		MUST(journal_wait(journal, seq) == ERR_OK);
	}
	return median(t, 100);
}

static void recovery_rates(const char *dir, double *ret_open, double *ret_read, double *ret_verify)
{
	struct journal_report report;
	struct journal_reader *reader;
	struct record head;
	const void *bytes;
	size_t len;
	double open_us[3], read_us[3], verify_us[3];

	journal_begin(dir, false);
	for (size_t written = 0; written < BULK_BYTES; written += 200 * (PAYLOAD + 32)) {
		for (int i = 0; i < 200; i++)
			append();
		MUST(journal_submit(journal, false) == ERR_OK);
	}
	journal_close(&journal);
	for (int r = 0; r < 3; r++) {
		double start = now_us();

		journal_begin(dir, false);
		open_us[r] = now_us() - start;
		journal_close(&journal);
		start = now_us();
		MUST(journal_reader_open(dir, 0, &reader, NULL) == ERR_OK);
		while (journal_reader_next(reader, &head, &bytes, &len) > 0)
			;
		MUST(head.seq == seq);
		journal_reader_close(&reader);
		read_us[r] = now_us() - start;
		start = now_us();
		MUST(journal_verify(dir, &report) == ERR_OK);
		verify_us[r] = now_us() - start;
	}
	*ret_open = (double)report.state.bytes / median(open_us, 3) / 1e3;
	*ret_read = (double)report.state.bytes / median(read_us, 3) / 1e3;
	*ret_verify = (double)report.state.bytes / median(verify_us, 3) / 1e3;
}

int main(int argc, char **argv)
{
	const char *base = argc > 1 ? argv[1] : getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
	char dir[512], path[600], command[700];
	struct commits c;
	double group_us, recovery_open, recovery_read, recovery_verify;
	sqlite3 *db;

	snprintf(dir, sizeof(dir), "%s/bench-journal-XXXXXX", base);
	MUST(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/raw", dir);
	MUST((raw_fd = open(path, O_RDWR | O_CREAT, 0600)) >= 0);
	MUST(posix_fallocate(raw_fd, 0, 64 << 20) == 0 && fsync(raw_fd) == 0);
	snprintf(path, sizeof(path), "%s/db", dir);
	MUST(sqlite3_open(path, &db) == SQLITE_OK);
	MUST(sqlite3_exec(db, "pragma journal_mode=wal; pragma synchronous=full; create table r(seq integer primary key, b blob)",
			  NULL, NULL, NULL) == SQLITE_OK);
	MUST(sqlite3_prepare_v2(db, "insert into r values(?,?)", -1, &sql_insert, NULL) == SQLITE_OK);
	snprintf(path, sizeof(path), "%s/journal", dir);
	journal_begin(path, true);
	commits_measure(&c);
	double append_only = append_ns(), rate = group_rate(&group_us);

	journal_close(&journal);
	snprintf(path, sizeof(path), "%s/bulk", dir);
	recovery_rates(path, &recovery_open, &recovery_read, &recovery_verify);
	printf("{\"bench\":\"journal\",\"raw_p50_us\":%.1f,\"raw_p99_us\":%.1f,\"durable_p50_us\":%.1f,\"durable_p99_us\":%.1f,"
	       "\"sqlite_full_p50_us\":%.1f,\"durable_to_raw\":%.3f,\"durable_to_sqlite\":%.3f,\"append_ns\":%.0f,"
	       "\"group_records_per_s\":%.0f,\"group_1000_to_one\":%.3f,\"recovery_open_gb_s\":%.2f,\"recovery_read_gb_s\":%.2f,"
	       "\"verify_gb_s\":%.2f}\n",
	       median(c.raw, ROUNDS), median(c.raw99, ROUNDS), median(c.ours, ROUNDS), median(c.ours99, ROUNDS), median(c.sql, ROUNDS),
	       median(c.to_raw, ROUNDS), median(c.to_sql, ROUNDS), append_only, rate, group_us / median(c.ours, ROUNDS),
	       recovery_open, recovery_read, recovery_verify);
	sqlite3_finalize(sql_insert);
	sqlite3_close(db);
	close(raw_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) == 0 ? 0 : 1;
}
