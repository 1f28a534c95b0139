/* The two small files between the engine and its watchdog: whole or not at all, alive or not, and an epoch that only grows. */
#include "engined/authority.h"
#include "engined/heartbeat.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/err.h"

static char folder[64], path[96];

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/heartbeat-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/file", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void nothing_yet(void **state)
{
	struct heartbeat *h;
	struct beat b;
	bool alive;

	(void)state;
	assert_int_equal(heartbeat_read(path, &b, &alive), ERR_NOENT);
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	assert_int_equal(heartbeat_read(path, &b, &alive), ERR_CORRUPT); /* opened, and never beaten */
	heartbeat_close(&h);
}

static void is_read_as_written(void **state)
{
	struct beat in = { .mono = 5, .wall = 6, .epoch = 7, .mode = 3, .bits = BEAT_OPEN, .reason = "why" }, out;
	struct heartbeat *h;
	bool alive = false;

	(void)state;
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	for (uint64_t i = 1; i < 10; i++) {
		heartbeat_write(h, &in);
		assert_int_equal(heartbeat_read(path, &out, &alive), ERR_OK);
		assert_int_equal(out.sequence, i);
	}
	assert_true(alive);
	assert_int_equal(out.pid, getpid());
	assert_true(out.mono == 5 && out.wall == 6 && out.epoch == 7 && out.mode == 3 && out.bits == BEAT_OPEN);
	assert_string_equal(out.reason, "why");
	heartbeat_close(&h);
	assert_int_equal(heartbeat_read(path, &out, &alive), ERR_OK);
	assert_false(alive); /* the last beat stays, without its life sign */
	assert_int_equal(out.sequence, 9);
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	heartbeat_write(h, &in);
	assert_int_equal(heartbeat_read(path, &out, &alive), ERR_OK);
	assert_int_equal(out.sequence, 10); /* the next engine goes on counting */
	heartbeat_close(&h);
}

static void one_engine_only(void **state)
{
	struct heartbeat *h, *second;

	(void)state;
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	assert_int_equal(heartbeat_open(&second, path), ERR_BUSY);
	heartbeat_close(&h);
	assert_int_equal(heartbeat_open(&second, path), ERR_OK);
	heartbeat_close(&second);
}

/* Whatever byte of the newer copy is spoilt, the older one is read; with both spoilt, nothing is. */
static void damage_is_seen(void **state)
{
	unsigned char whole[4096], spoilt[4096];
	struct beat in = { .epoch = 1 }, out;
	struct heartbeat *h;
	unsigned other = 0;
	bool alive;

	(void)state;
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	heartbeat_write(h, &in);
	in.epoch = 2;
	heartbeat_write(h, &in);
	heartbeat_close(&h);
	int fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, whole, sizeof(whole), 0), sizeof(whole));
	for (size_t at = 16; at < 16 + 2 * (sizeof(struct beat) + 8); at++) {
		memcpy(spoilt, whole, sizeof(whole));
		spoilt[at] ^= 0x10;
		assert_int_equal(pwrite(fd, spoilt, sizeof(spoilt), 0), sizeof(spoilt));
		assert_int_equal(heartbeat_read(path, &out, &alive), ERR_OK);
		assert_true(out.epoch == 1 || out.epoch == 2);
		other += out.epoch == 1;
	}
	assert_int_equal(other, sizeof(struct beat) + 8);
	spoilt[16] ^= 1;
	assert_int_equal(pwrite(fd, spoilt, sizeof(spoilt), 0), sizeof(spoilt));
	assert_int_equal(heartbeat_read(path, &out, &alive), ERR_CORRUPT);
	spoilt[0] ^= 1;
	assert_int_equal(pwrite(fd, spoilt, sizeof(spoilt), 0), sizeof(spoilt));
	assert_int_equal(heartbeat_read(path, &out, &alive), ERR_VERSION);
	close(fd);
}

static atomic_bool over;

static void *write_much(void *ctx)
{
	struct beat b = { 0 };

	for (uint64_t i = 1; !atomic_load(&over); i++) {
		b.epoch = b.passes = b.late = b.journal_seq = i;
		heartbeat_write(ctx, &b);
	}
	return NULL;
}

static void never_torn(void **state)
{
	uint64_t last = 0, seen = 0;
	struct heartbeat *h;
	pthread_t thread;
	struct beat b;
	bool alive;

	(void)state;
	assert_int_equal(heartbeat_open(&h, path), ERR_OK);
	atomic_store(&over, false);
	assert_int_equal(pthread_create(&thread, NULL, write_much, h), 0);
	for (int i = 0; i < 20000; i++) {
		if (heartbeat_read(path, &b, &alive) != ERR_OK)
			continue; /* both copies changed while they were read */
		assert_true(b.epoch == b.passes && b.epoch == b.late && b.epoch == b.journal_seq);
		assert_true(b.sequence >= last);
		last = b.sequence;
		seen++;
	}
	atomic_store(&over, true);
	pthread_join(thread, NULL);
	assert_true(seen > 100);
	heartbeat_close(&h);
}

/* A process that is killed in the middle of it all leaves a beat that can be read, and no life. */
static void survives_its_writer(void **state)
{
	struct heartbeat *h;
	struct beat b = { 0 };
	bool alive = true;
	int status;

	(void)state;
	for (int round = 0; round < 20; round++) {
		int begun[2];
		char byte;

		assert_int_equal(pipe(begun), 0);
		pid_t child = fork();

		if (child == 0) {
			if (heartbeat_open(&h, path) == ERR_OK)
				for (b.epoch = 1;; b.epoch++) {
					heartbeat_write(h, &b);
					if (b.epoch == 1 && write(begun[1], "", 1) != 1)
						break;
				}
			_exit(1);
		}
		assert_int_equal(read(begun[0], &byte, 1), 1);
		close(begun[0]);
		close(begun[1]);
		usleep(300 * (unsigned)round);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(heartbeat_read(path, &b, &alive), ERR_OK);
		assert_true(!alive && b.pid == child);
	}
}

/* -- authority ------------------------------------------------------------------------------------------------------------- */

static void epoch_only_grows(void **state)
{
	struct authority *a, *b;
	struct authority_facts f;
	uint32_t epoch = 0, next = 0;

	(void)state;
	assert_int_equal(authority_open(&a, path), ERR_OK);
	assert_int_equal(authority_open(&b, path), ERR_OK);
	assert_false(authority_mine(a));
	assert_int_equal(authority_take(a, 1000, HOLDER_ENGINE, &epoch), ERR_OK);
	assert_int_equal(epoch, 1000);
	assert_true(authority_mine(a));
	assert_int_equal(authority_take(b, 5, HOLDER_WATCHDOG, &next), ERR_OK);
	assert_int_equal(next, 1001);
	assert_true(authority_mine(b));
	assert_false(authority_mine(a)); /* at once, in the process that lost it */
	authority_facts(a, &f);
	assert_true(f.epoch == 1001 && f.holder == HOLDER_WATCHDOG && f.pid == getpid() && !f.flattened);
	authority_flattened(b);
	authority_left_open(b);
	authority_close(&b);
	authority_facts(a, &f);
	assert_true(f.flattened && f.left_open && f.epoch == 1001);
	assert_int_equal(authority_take(a, 0, HOLDER_ENGINE, &epoch), ERR_OK);
	assert_int_equal(epoch, 1002);
	authority_facts(a, &f);
	assert_false(f.flattened || f.left_open);
	assert_int_equal(authority_take(a, UINT32_MAX, HOLDER_ENGINE, &epoch), ERR_OK);
	assert_int_equal(authority_take(a, 0, HOLDER_ENGINE, &epoch), ERR_OVERFLOW);
	authority_close(&a);
}

static void lock_is_one_holders(void **state)
{
	struct authority *a, *b;
	nanos_t *code;

	(void)state;
	assert_int_equal(authority_open(&a, path), ERR_OK);
	assert_int_equal(authority_open(&b, path), ERR_OK);
	assert_int_equal(authority_lock(a), ERR_OK);
	assert_int_equal(authority_lock(b), ERR_BUSY);
	assert_int_equal(authority_release(a), ERR_OK);
	assert_int_equal(authority_lock(b), ERR_OK);
	code = authority_code(a);
	*code = 42;
	assert_true(*authority_code(b) == 42);
	authority_close(&a);
	authority_close(&b);
}

static void other_file_is_refused(void **state)
{
	struct authority *a;
	FILE *f = fopen(path, "w");

	(void)state;
	fputs("something else that somebody keeps here", f);
	fclose(f);
	assert_int_equal(authority_open(&a, path), ERR_VERSION);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_yet), TEST(is_read_as_written), TEST(one_engine_only), TEST(damage_is_seen), TEST(never_torn), TEST(survives_its_writer),
		TEST(epoch_only_grows), TEST(lock_is_one_holders), TEST(other_file_is_refused),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
