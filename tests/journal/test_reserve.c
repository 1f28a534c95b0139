/* The disk is full, or a file of it takes no more: the journal goes on in its reserve and loses nothing; the second trouble ends it. Goal: reliability.md I17, I18,
 * rows 68 and 69, and that a crash at any call of the move leaves what was promised. */
#include "fixture.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/journal/disk.h"

#define PAYLOAD 200
#define SEGMENT ((size_t)8192)
#define RECORDS 60
#define CRASHES 8 /* the move itself, and a batch behind it */

static const struct disk_calls *disk_real;

/* -- a disk with one bad file -------------------------------------------------------------------------------------------- */

static struct {
	uint64_t countdown;          /* writes and syncs until the file they concern turns bad; 0 = never */
	int errnum;
	ino_t bad;                   /* no call on it succeeds any more */
	int kept;
	bool full, all;              /* no file can be made longer; nothing works at all */
	bool rename_fails;
	_Atomic uint64_t durable, changes, failures;
	const char *dir, *crashed;   /* each call after the trouble leaves a crashed copy, which is looked at */
	uint64_t crashes;
} disk;

static void crash_here(void);

static bool refused(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	if (disk.countdown > 0 && S_ISREG(st.st_mode) && --disk.countdown == 0) {
		disk.bad = st.st_ino;
		disk.kept = dup(fd); /* or a new file might get its number */
	}
	errno = disk.errnum;
	if (disk.all || st.st_ino == disk.bad)
		return true;
	if (disk.bad)
		crash_here();
	return false;
}

static ssize_t disk_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (!refused(fd))
		return disk_real->pwrite(fd, bytes, len, at);
	if (disk_real->pwrite(fd, bytes, len / 2, at) < 0) /* some of it, as real ones do */
		return -1;
	errno = disk.errnum;
	return -1;
}

static int disk_fsync(int fd)
{
	return refused(fd) ? -1 : disk_real->fsync(fd);
}

static int disk_fallocate(int fd, off_t at, off_t len)
{
	return disk.full || disk.all ? ENOSPC : disk_real->fallocate(fd, at, len);
}

static int disk_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (disk.rename_fails && strcmp(from, "reserve") == 0) {
		errno = EROFS;
		return -1;
	}
	return disk_real->renameat(from_dir, from, to_dir, to);
}

static const struct disk_calls *bad_disk(void)
{
	static struct disk_calls calls;

	calls = *disk_real;
	calls.pwrite = disk_pwrite;
	calls.fdatasync = calls.fsync = disk_fsync;
	calls.fallocate = disk_fallocate;
	calls.renameat = disk_renameat;
	return &calls;
}

static void durable(void *ctx, uint64_t seq) { (void)ctx; disk.durable = seq; }
static void health(void *ctx) { (void)ctx; disk.changes++; }
static void failed(void *ctx, int err) { (void)ctx; (void)err; disk.failures++; }

static struct journal *open_on(const char *dir)
{
	struct journal_options o = { .dir = dir, .segment_bytes = SEGMENT, .sync = true, .reserve = true, .durable = durable, .health = health, .failed = failed };
	struct journal *j = NULL;
	struct journal_error error = { "" };

	memset(&disk, 0, sizeof(disk));
	journal_disk = bad_disk();
	if (journal_open(&o, &j, &error) != ERR_OK)
		fail_msg("%s", error.text);
	return j;
}

/* And the disk is good again. */
static void close_on(struct journal **j)
{
	journal_close(j);
	if (disk.kept > 0)
		close(disk.kept);
	disk.kept = 0;
	journal_disk = disk_real;
}

static struct journal_health health_of(const struct journal *j)
{
	struct journal_health h;

	journal_health(j, &h);
	return h;
}

/* -- writing and looking --------------------------------------------------------------------------------------------------- */

static int write_one(struct journal *j, uint64_t seq, bool commit)
{
	struct record head;
	uint8_t payload[JOURNAL_RECORD_MAX];
	size_t len = fixture_record(seq, PAYLOAD, &head, payload);
	int err = journal_append(j, &head, payload, len);

	if (err == ERR_OK && commit)
		return journal_commit(j);
	if (err == ERR_OK && (err = journal_submit(j, true)) == ERR_OK)
		err = journal_wait(j, seq);
	return err;
}

/* Until an error or `upto`; the last sequence number that is durable. */
static uint64_t write_on(struct journal *j, uint64_t from, uint64_t upto, int *ret_err)
{
	uint64_t seq = from;

	*ret_err = ERR_OK;
	while (seq < upto && (*ret_err = write_one(j, seq + 1, seq % 3 == 0)) == ERR_OK)
		seq++;
	return seq;
}

/* Whole, and at least up to `least`; then a new process opens it and goes on. */
static void assert_good(const char *dir, uint64_t least)
{
	struct journal_report report;
	struct journal_state state;
	uint64_t last;
	struct journal *j;

	if (journal_verify(dir, &report) != ERR_OK)
		fail_msg("%s", report.damage);
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &last), ERR_OK);
	if (last < least)
		fail_msg("%llu was promised, %llu is there", (unsigned long long)least, (unsigned long long)last);
	j = fixture_open(dir, SEGMENT, true);
	journal_state(j, &state);
	assert_int_equal(state.last_seq, last);
	last = fixture_batches(j, last, 3, PAYLOAD, true);
	journal_close(&j);
	if (journal_verify(dir, &report) != ERR_OK)
		fail_msg("%s", report.damage);
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &least), ERR_OK);
	assert_int_equal(least, last);
}

static void crash_here(void)
{
	const char *crashed = disk.crashed;

	if (!crashed || disk.crashes >= CRASHES)
		return;
	disk.crashed = NULL; /* opening the copy makes calls of its own */
	uint64_t promised = disk.durable;
	ino_t bad = disk.bad;

	fixture_copy(disk.dir, crashed);
	disk.bad = 0;
	assert_good(crashed, promised);
	disk.bad = bad;
	disk.crashed = crashed;
	disk.crashes++;
}

/* -- one bad file ------------------------------------------------------------------------------------------------------------ */

static void bad_file(uint64_t call, int errnum, int expected)
{
	char dir[FIXTURE_PATH], crashed[FIXTURE_PATH];
	struct journal *j;
	int err;

	fixture_dir(dir);
	fixture_dir(crashed);
	j = open_on(dir);
	assert_true(health_of(j).reserve && health_of(j).trouble == ERR_OK && health_of(j).room > 0);
	disk.errnum = errnum;
	disk.countdown = call;
	disk.dir = dir;
	disk.crashed = crashed;
	assert_int_equal(write_on(j, 0, RECORDS, &err), RECORDS);
	assert_int_equal(err, ERR_OK);
	assert_true(disk.bad != 0 && disk.crashes == CRASHES);
	assert_false(health_of(j).reserve);
	assert_int_equal(health_of(j).trouble, expected);
	close_on(&j); /* its threads have told all */
	assert_true(disk.changes == 1 && disk.durable == RECORDS && disk.failures == 0);
	assert_good(dir, RECORDS);
	fixture_remove(dir);
	fixture_remove(crashed);
}

static void one_bad_file(void **unused)
{
	(void)unused;
	for (uint64_t call = 1; call < 20; call++) {
		bad_file(call, EIO, ERR_IO);
		bad_file(call, ENOSPC, ERR_FULL);
	}
}

/* Many batches wait when the file turns bad: more than the reserve holds. */
static void more_than_the_reserve_holds(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	uint64_t seq;

	(void)unused;
	for (uint64_t call = 1; call < 6; call++) {
		fixture_dir(dir);
		j = open_on(dir);
		disk.errnum = EIO;
		disk.countdown = call;
		seq = fixture_batches(j, 0, 300, PAYLOAD, false);
		assert_int_equal(journal_submit(j, true), ERR_OK);
		assert_int_equal(journal_wait(j, seq), ERR_OK);
		assert_true(disk.bad != 0);
		close_on(&j);
		assert_good(dir, seq);
		fixture_remove(dir);
	}
}

/* -- a full disk --------------------------------------------------------------------------------------------------------------- */

static void full_disk_has_a_segment_left(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	uint64_t first, second;
	int err;

	(void)unused;
	fixture_dir(dir);
	j = open_on(dir);
	disk.full = true;
	for (first = 0; health_of(j).reserve; first++)
		assert_int_equal(write_one(j, first + 1, true), ERR_OK);
	assert_int_equal(health_of(j).trouble, ERR_FULL);
	second = write_on(j, first, 10000, &err);
	assert_int_equal(err, ERR_FULL);
	assert_true(second > first + first / 2); /* as much again, about */
	close_on(&j);
	assert_int_equal(disk.failures, 1);
	assert_good(dir, second);
	fixture_remove(dir);
}

static void wait_for_change(uint64_t changes)
{
	while (disk.changes < changes)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void room_again(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	uint64_t seq;
	int err;

	(void)unused;
	fixture_dir(dir);
	j = open_on(dir);
	journal_mend(j); /* nothing to mend */
	disk.full = true;
	for (seq = 0; health_of(j).reserve; seq++)
		assert_int_equal(write_one(j, seq + 1, false), ERR_OK);
	journal_mend(j);
	wait_for_change(2);
	assert_false(health_of(j).reserve);
	disk.full = false;
	journal_mend(j);
	wait_for_change(3);
	assert_true(health_of(j).reserve && health_of(j).trouble == ERR_OK);
	seq = write_on(j, seq, seq + 500, &err);
	assert_int_equal(err, ERR_OK);
	close_on(&j);
	assert_good(dir, seq);
	fixture_remove(dir);
}

/* A disk with errors is not asked again for a reserve. */
static void no_mending_of_errors(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	int err;

	(void)unused;
	fixture_dir(dir);
	j = open_on(dir);
	disk.errnum = EIO;
	disk.countdown = 5;
	write_on(j, 0, 20, &err);
	journal_mend(j);
	write_on(j, 20, 40, &err);
	assert_int_equal(err, ERR_OK);
	close_on(&j); /* the writer thread is done with all that was asked */
	assert_int_equal(disk.changes, 1);
	assert_good(dir, 40);
	fixture_remove(dir);
}

/* -- the second trouble ends it ------------------------------------------------------------------------------------------------ */

static void dead_disk(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	uint64_t seq;
	int err;

	(void)unused;
	for (int way = 0; way < 2; way++) {
		fixture_dir(dir);
		j = open_on(dir);
		disk.errnum = EIO;
		seq = write_on(j, 0, 20, &err);
		disk.all = way == 0;
		disk.rename_fails = way == 1;
		disk.countdown = 1;
		assert_int_equal(write_on(j, seq, seq + 1, &err), seq);
		assert_true(err != ERR_OK);
		assert_int_equal(journal_wait(j, seq), ERR_OK);
		close_on(&j);
		assert_true(disk.failures == 1 && disk.durable == seq);
		assert_good(dir, seq);
		fixture_remove(dir);
	}
}

/* -- the file itself ------------------------------------------------------------------------------------------------------------- */

static void no_room_for_it(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	int err;

	(void)unused;
	fixture_dir(dir);
	j = open_on(dir);
	write_on(j, 0, 5, &err);
	journal_close(&j);
	char reserve[FIXTURE_PATH + 16];

	snprintf(reserve, sizeof(reserve), "%s/reserve", dir);
	assert_int_equal(unlink(reserve), 0);
	struct journal_options o = { .dir = dir, .segment_bytes = SEGMENT, .sync = true, .reserve = true };

	memset(&disk, 0, sizeof(disk));
	journal_disk = bad_disk();
	disk.full = true;
	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK); /* what is there can be written on */
	assert_false(health_of(j).reserve);
	assert_int_equal(health_of(j).trouble, ERR_FULL);
	assert_int_equal(write_on(j, 5, 8, &err), 8);
	close_on(&j);
	assert_good(dir, 8);
	fixture_remove(dir);
}

/* What an attempt that failed left in it must not pass for batches. */
static void a_used_one_is_thrown_away(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	int err;

	(void)unused;
	fixture_dir(dir);
	j = open_on(dir);
	write_on(j, 0, 5, &err);
	disk.rename_fails = true;
	disk.errnum = EIO;
	disk.countdown = 1;
	write_on(j, 5, 6, &err);
	assert_true(err != ERR_OK);
	close_on(&j);
	struct image left = image_load(dir, "reserve");

	assert_true(left.bytes[0] != 0);
	image_done(&left);
	j = open_on(dir);
	left = image_load(dir, "reserve");
	for (size_t i = 0; i < left.len; i++)
		assert_int_equal(left.bytes[i], 0);
	image_done(&left);
	close_on(&j);
	fixture_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_bad_file),
		cmocka_unit_test(more_than_the_reserve_holds),
		cmocka_unit_test(full_disk_has_a_segment_left),
		cmocka_unit_test(room_again),
		cmocka_unit_test(no_mending_of_errors),
		cmocka_unit_test(dead_disk),
		cmocka_unit_test(no_room_for_it),
		cmocka_unit_test(a_used_one_is_thrown_away),
	};

	disk_real = journal_disk;
	return cmocka_run_group_tests_name("journal reserve", tests, NULL, NULL);
}
