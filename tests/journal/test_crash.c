/* Killed processes, dead machines and failing disks. Goal (reliability.md I17, I18): what was reported durable is there
 * afterwards, what is there is a whole prefix, and after the first failure nothing is ever reported durable again. */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/journal/disk.h"

#define PAYLOAD 200
#define SEGMENT ((size_t)8192)

static const struct disk_calls *disk_real;

/* Opens what a crash left, expects at least `durable`, appends more, and all of it must verify. */
static void assert_survives(const char *dir, uint64_t durable)
{
	struct journal *j = fixture_open(dir, SEGMENT, true);
	struct journal_report report;
	struct journal_state state;
	uint64_t read;

	journal_state(j, &state);
	if (state.last_seq < durable)
		fail_msg("%llu was reported durable, %llu is there", (unsigned long long)durable, (unsigned long long)state.last_seq);
	uint64_t last = fixture_batches(j, state.last_seq, 3, PAYLOAD, true);

	journal_close(&j);
	if (journal_verify(dir, &report) != ERR_OK)
		fail_msg("%s", report.damage);
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &read), ERR_OK);
	assert_int_equal(read, last);
}

/* -- kill -9 --------------------------------------------------------------------------------------------------------- */

static void report_durable(void *ctx, uint64_t seq)
{
	if (write(*(int *)ctx, &seq, sizeof(seq)) != sizeof(seq))
		_exit(1);
}

static void write_until_killed(const char *dir, int fd)
{
	struct journal_options o = { .dir = dir, .segment_bytes = SEGMENT, .sync = true, .durable = report_durable, .ctx = &fd };
	struct journal_state state;
	struct journal *j;

	if (journal_open(&o, &j, NULL) != ERR_OK)
		_exit(1);
	journal_state(j, &state);
	for (uint64_t seq = state.last_seq, n = 0;; n++) {
		seq = fixture_batches(j, seq, 1, PAYLOAD, n % 3 != 0);
		if (n % 16 == 0) /* keeps the folder small while the other process sleeps */
			journal_wait(j, seq);
	}
}

static void killed_at_any_moment(void **unused)
{
	char dir[FIXTURE_PATH];
	uint64_t durable = 0, seq, random = 42;
	int ends[2], status;

	(void)unused;
	fixture_dir(dir);
	for (int round = 0; round < 25; round++) {
		assert_int_equal(pipe(ends), 0);
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			close(ends[0]);
			write_until_killed(dir, ends[1]);
		}
		close(ends[1]);
		for (uint64_t n = 1 + prng_below(&random, 20); n > 0 && read(ends[0], &seq, sizeof(seq)) == sizeof(seq); n--)
			durable = seq;
		usleep((useconds_t)prng_below(&random, 300));
		kill(pid, SIGKILL);
		while (read(ends[0], &seq, sizeof(seq)) == sizeof(seq))
			durable = seq;
		close(ends[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_survives(dir, durable);
	}
	fixture_remove(dir);
}

/* -- power loss ------------------------------------------------------------------------------------------------------ */

/* A disk that forgets: a second folder holds what was synced. At call number `crash_at` the machine dies: every sector
 * that was written since its last sync is there or not, by chance, and so is the write at hand. */
static struct {
	char dir[FIXTURE_PATH], synced[FIXTURE_PATH], crashed[FIXTURE_PATH];
	uint64_t calls, crash_at, random, durable, durable_at_crash;
	_Atomic bool done;
} power;

static void fd_name(int fd, char name[FIXTURE_PATH])
{
	char link[64], path[2 * FIXTURE_PATH];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	assert_true(n > 0);
	path[n] = '\0';
	snprintf(name, FIXTURE_PATH, "%s", strrchr(path, '/') + 1);
}

static bool file_there(const char *dir, const char *name)
{
	char path[2 * FIXTURE_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void power_mix(const char *name)
{
	struct image now = image_load(power.crashed, name);
	bool known = file_there(power.synced, name);
	struct image old = known ? image_load(power.synced, name) : (struct image){ calloc(1, now.len + 1), now.len };

	for (size_t at = 0; at < now.len; at += 512) {
		size_t len = now.len - at < 512 ? now.len - at : 512;

		if (at + len <= old.len && prng_below(&power.random, 2) == 0)
			memcpy(now.bytes + at, old.bytes + at, len);
	}
	image_store(power.crashed, name, now.bytes, now.len);
	image_done(&now);
	image_done(&old);
}

static void power_call(void)
{
	char name[DISK_NAME];

	if (++power.calls != power.crash_at)
		return;
	fixture_copy(power.dir, power.crashed);
	for (uint64_t seq = 1; seq < 2000; seq++) {
		journal_segment_name(seq, name);
		if (file_there(power.crashed, name))
			power_mix(name);
	}
	power.durable_at_crash = power.durable;
	power.done = true;
}

static ssize_t power_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	size_t part = prng_below(&power.random, len + 1);

	if (part > 0 && disk_real->pwrite(fd, bytes, part, at) != (ssize_t)part)
		return -1;
	power_call();
	return disk_real->pwrite(fd, bytes, len, at);
}

static void power_synced(int fd)
{
	char name[FIXTURE_PATH];

	fd_name(fd, name);
	if (strstr(name, ".journal") == NULL)
		return;
	struct image i = image_load(power.dir, name);

	image_store(power.synced, name, i.bytes, i.len);
	image_done(&i);
}

static int power_fdatasync(int fd)
{
	power_call();
	power_synced(fd);
	return 0;
}

static int power_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	char old[2 * FIXTURE_PATH], new[2 * FIXTURE_PATH];

	snprintf(old, sizeof(old), "%s/%s", power.synced, from);
	snprintf(new, sizeof(new), "%s/%s", power.synced, to);
	power_call();
	return rename(old, new) != 0 ? -1 : disk_real->renameat(from_dir, from, to_dir, to);
}

static void power_durable(void *ctx, uint64_t seq)
{
	(void)ctx;
	power.durable = seq;
}

static void power_session(void)
{
	struct journal_options o = { .dir = power.dir, .segment_bytes = SEGMENT, .sync = true, .durable = power_durable };
	struct journal *j;
	uint64_t seq = 0;

	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK);
	for (int i = 0; i < 60 && !power.done; i++) {
		seq = fixture_batches(j, seq, 1, PAYLOAD, prng_below(&(uint64_t){ power.crash_at + (uint64_t)i }, 3) == 0);
		if (i % 4 == 0)
			assert_int_equal(journal_wait(j, seq), ERR_OK);
	}
	journal_close(&j);
}

static void power_lost_at_every_call(void **unused)
{
	struct disk_calls forgetful = *disk_real;

	(void)unused;
	forgetful.pwrite = power_pwrite;
	forgetful.fdatasync = forgetful.fsync = power_fdatasync;
	forgetful.renameat = power_renameat;
	for (uint64_t crash_at = 1; crash_at <= 90; crash_at++) {
		memset(&power, 0, sizeof(power));
		power.crash_at = power.random = crash_at;
		fixture_dir(power.dir);
		fixture_dir(power.synced);
		fixture_dir(power.crashed);
		journal_disk = &forgetful;
		power_session();
		journal_disk = disk_real;
		if (power.done)
			assert_survives(power.crashed, power.durable_at_crash);
		fixture_remove(power.dir);
		fixture_remove(power.synced);
		fixture_remove(power.crashed);
	}
}

/* -- failing calls --------------------------------------------------------------------------------------------------- */

static struct {
	_Atomic uint64_t countdown_write, countdown_sync, syncs_after, failures;
	_Atomic uint64_t durable;
	_Atomic int failed_with;
	_Atomic bool failing, claimed_after;
	int errnum;
} broken;

static bool breaks(_Atomic uint64_t *countdown)
{
	if (broken.failing)
		broken.syncs_after++;
	if (*countdown == 0 || --*countdown > 0)
		return false;
	broken.failing = true;
	errno = broken.errnum;
	return true;
}

static ssize_t broken_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	if (breaks(&broken.countdown_write)) {
		ssize_t part = disk_real->pwrite(fd, bytes, len / 2, at); /* as a full disk does: some of it */

		errno = broken.errnum;
		return part < 0 ? part : -1;
	}
	return disk_real->pwrite(fd, bytes, len, at);
}

static int broken_fdatasync(int fd)
{
	return breaks(&broken.countdown_sync) ? -1 : disk_real->fdatasync(fd);
}

static int broken_fallocate(int fd, off_t at, off_t len)
{
	return breaks(&broken.countdown_write) ? broken.errnum : disk_real->fallocate(fd, at, len);
}

static void broken_durable(void *ctx, uint64_t seq)
{
	(void)ctx;
	if (broken.failing)
		broken.claimed_after = true;
	broken.durable = seq;
}

static void broken_failed(void *ctx, int err)
{
	(void)ctx;
	broken.failures++;
	broken.failed_with = err;
}

static const struct disk_calls *broken_calls(void)
{
	static struct disk_calls calls;

	calls = *disk_real;
	calls.pwrite = broken_pwrite;
	calls.fdatasync = calls.fsync = broken_fdatasync;
	calls.fallocate = broken_fallocate;
	return &calls;
}

/* Breaks one call of a running journal; the rest of the session must hear of it, and the next one start from a prefix. */
static void break_and_recover(uint64_t write_no, uint64_t sync_no, int errnum, int expected, bool commit)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	struct record head;
	uint8_t payload[JOURNAL_RECORD_MAX];
	uint64_t seq = 0;
	int err = ERR_OK;

	fixture_dir(dir);
	struct journal_options o = { .dir = dir, .segment_bytes = SEGMENT, .sync = true, .durable = broken_durable, .failed = broken_failed };

	memset(&broken, 0, sizeof(broken));
	journal_disk = broken_calls();
	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK);
	broken.errnum = errnum;
	broken.countdown_write = write_no;
	broken.countdown_sync = sync_no;
	while (err == ERR_OK && seq < 1000) {
		size_t len = fixture_record(seq + 1, PAYLOAD, &head, payload);

		if ((err = journal_append(j, &head, payload, len)) != ERR_OK)
			break;
		seq++;
		if (commit)
			err = journal_commit(j);
		else if ((err = journal_submit(j, true)) == ERR_OK)
			err = journal_wait(j, seq);
	}
	assert_int_equal(err, expected);
	assert_int_equal(journal_wait(j, broken.durable), ERR_OK); /* what was durable stays so */
	assert_int_equal(journal_wait(j, seq), broken.durable < seq ? expected : ERR_OK);
	assert_int_equal(journal_append(j, &head, payload, 0), expected);
	assert_int_equal(journal_submit(j, true), expected);
	assert_int_equal(journal_commit(j), expected);
	journal_close(&j);
	assert_int_equal(broken.failures, 1);
	assert_int_equal(broken.failed_with, expected);
	assert_int_equal(broken.syncs_after, 0); /* the disk was not asked again */
	assert_false(broken.claimed_after);
	journal_disk = disk_real;
	assert_survives(dir, broken.durable);
	fixture_remove(dir);
}

static void failing_write(void **unused)
{
	(void)unused;
	for (uint64_t n = 1; n < 60; n += 3) {
		break_and_recover(n, 0, EIO, ERR_IO, n % 2 == 0);
		break_and_recover(n, 0, ENOSPC, ERR_FULL, n % 2 == 0);
	}
}

static void failing_sync(void **unused)
{
	(void)unused;
	for (uint64_t n = 1; n < 60; n += 3)
		break_and_recover(0, n, EIO, ERR_IO, n % 2 == 0);
}

/* The appender is held back by a full ring when the disk dies: it must not sleep for ever. */
static void failing_under_pressure(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal *j;
	struct record head;
	uint8_t payload[JOURNAL_RECORD_MAX] = { 0 };
	int err = ERR_OK;

	(void)unused;
	fixture_dir(dir);
	struct journal_options o = { .dir = dir, .sync = true, .failed = broken_failed };

	memset(&broken, 0, sizeof(broken));
	journal_disk = broken_calls();
	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK);
	broken.errnum = EIO;
	broken.countdown_sync = 2;
	for (uint64_t seq = 1; err == ERR_OK; seq++) {
		head = (struct record){ .seq = seq };
		err = journal_append(j, &head, payload, sizeof(payload));
		if (err == ERR_OK && seq % 50 == 0)
			err = journal_submit(j, false);
		assert_true(seq < 1000000);
	}
	assert_int_equal(err, ERR_IO);
	journal_close(&j);
	journal_disk = disk_real;
	fixture_remove(dir);
}

/* No room for the first segment: a sentence, no journal, and nothing half made is left. */
static void failing_open(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_error error = { "" };
	struct journal_options o = { .dir = dir, .segment_bytes = SEGMENT, .sync = true };
	struct journal *j = NULL;
	uint64_t last;

	(void)unused;
	fixture_dir(dir);
	memset(&broken, 0, sizeof(broken));
	broken.errnum = ENOSPC;
	broken.countdown_write = 1;
	journal_disk = broken_calls();
	assert_int_equal(journal_open(&o, &j, &error), ERR_FULL);
	assert_non_null(strstr(error.text, "no room left"));
	assert_null(j);
	broken.failing = false;
	broken.errnum = EIO;
	broken.countdown_sync = 1;
	assert_int_equal(journal_open(&o, &j, &error), ERR_IO);
	journal_disk = disk_real;
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &last), ERR_OK);
	assert_survives(dir, 0);
	fixture_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_any_moment),
		cmocka_unit_test(power_lost_at_every_call),
		cmocka_unit_test(failing_write),
		cmocka_unit_test(failing_sync),
		cmocka_unit_test(failing_under_pressure),
		cmocka_unit_test(failing_open),
	};

	disk_real = journal_disk;
	return cmocka_run_group_tests_name("journal crash", tests, NULL, NULL);
}
