/* Appending and reading when nothing goes wrong: every record comes back, the chain goes on over reopening and segments,
 * callbacks speak in order, and the folder has one owner. */
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_verified(const char *dir, uint64_t records)
{
	struct journal_report report;

	if (journal_verify(dir, &report) != ERR_OK)
		fail_msg("%s", report.damage);
	assert_string_equal(report.damage, "");
	assert_int_equal(report.records, records);
	assert_int_equal(report.state.last_seq, records);
	assert_int_equal(report.state.torn_bytes, 0);
}

static void round_trip(void **unused)
{
	char dir[FIXTURE_PATH];
	uint64_t last = 0, read;

	(void)unused;
	fixture_dir(dir);
	for (int opened = 0; opened < 5; opened++) {
		struct journal *j = fixture_open(dir, 64 << 10, true);
		struct journal_state state;

		journal_state(j, &state);
		assert_int_equal(state.last_seq, last);
		assert_int_equal(state.first_seq, last == 0 ? 0 : 1);
		assert_int_equal(state.last_stamp, last * 1000);
		assert_int_equal(state.torn_bytes, 0);
		last = fixture_batches(j, last, 80, JOURNAL_RECORD_MAX + 1, opened % 2 == 0);
		assert_int_equal(journal_wait(j, last), ERR_OK);
		journal_state(j, &state);
		assert_int_equal(state.last_seq, last);
		journal_close(&j);
		assert_null(j);
		assert_int_equal(fixture_read(dir, 0, JOURNAL_RECORD_MAX + 1, &read), ERR_OK);
		assert_int_equal(read, last);
	}
	assert_verified(dir, last);
	fixture_remove(dir);
}

static void reading_from_the_middle(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_reader *r;
	struct record head;
	const void *payload;
	size_t len;
	uint64_t read;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 8 << 10, false);
	uint64_t last = fixture_batches(j, 0, 100, 200, false);

	journal_close(&j);
	for (uint64_t from = 1; from <= last; from += 7) {
		assert_int_equal(journal_reader_open(dir, from, &r, NULL), ERR_OK);
		assert_int_equal(journal_reader_next(r, &head, &payload, &len), 1);
		assert_int_equal(head.seq, from);
		journal_reader_close(&r);
	}
	assert_int_equal(fixture_read(dir, last + 1, 200, &read), ERR_OK);
	assert_int_equal(read, 0);
	fixture_remove(dir);
}

static void empty_things(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_report report;
	struct journal_state state;
	uint64_t read;

	(void)unused;
	fixture_dir(dir);
	assert_int_equal(fixture_read(dir, 0, 8, &read), ERR_OK);
	assert_int_equal(read, 0);
	assert_int_equal(journal_verify(dir, &report), ERR_NOENT);
	assert_non_null(strstr(report.damage, "no journal"));

	struct journal *j = fixture_open(dir, 0, true);

	assert_int_equal(journal_submit(j, true), ERR_OK);
	assert_int_equal(journal_wait(j, 0), ERR_OK);
	journal_state(j, &state);
	assert_int_equal(state.batches, 0);
	journal_close(&j);
	journal_close(&j);
	assert_verified(dir, 0);
	j = fixture_open(dir, 0, true);
	struct journal_state again;

	journal_state(j, &again);
	assert_memory_equal(state.id, again.id, sizeof(state.id));
	journal_close(&j);
	fixture_remove(dir);
	assert_int_equal(journal_reader_open(dir, 0, &(struct journal_reader *){ NULL }, NULL), ERR_NOENT);
	assert_int_equal(journal_verify(dir, &report), ERR_NOENT);
}

static void one_owner(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_error error = { "" };
	struct journal *j, *second = NULL;

	(void)unused;
	fixture_dir(dir);
	j = fixture_open(dir, 0, false);
	struct journal_options o = { .dir = dir };

	assert_int_equal(journal_open(&o, &second, &error), ERR_BUSY);
	assert_null(second);
	assert_non_null(strstr(error.text, dir));
	journal_close(&j);
	assert_int_equal(journal_open(&o, &second, &error), ERR_OK);
	journal_close(&second);
	fixture_remove(dir);
}

static void bad_options(void **unused)
{
	char dir[FIXTURE_PATH], deep[FIXTURE_PATH + 8], longer[1000];
	struct journal_error error = { "" };
	struct journal *j = NULL;

	(void)unused;
	fixture_dir(dir);
	snprintf(deep, sizeof(deep), "%s/a/b", dir);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(journal_open(&(struct journal_options){ .dir = NULL }, &j, &error), ERR_INVAL);
	assert_int_equal(journal_open(&(struct journal_options){ .dir = "" }, &j, NULL), ERR_INVAL);
	assert_int_equal(journal_open(&(struct journal_options){ .dir = longer }, &j, &error), ERR_INVAL);
	assert_int_equal(journal_open(&(struct journal_options){ .dir = dir, .segment_bytes = 100 }, &j, &error), ERR_RANGE);
	assert_non_null(strstr(error.text, "at least 4096"));
	assert_int_equal(journal_open(&(struct journal_options){ .dir = deep }, &j, &error), ERR_NOENT);
	assert_non_null(strstr(error.text, deep));
	assert_null(j);
	fixture_remove(dir);
}

static void folder_is_made_private(void **unused)
{
	char dir[FIXTURE_PATH], inner[FIXTURE_PATH + 8];
	struct stat st;

	(void)unused;
	fixture_dir(dir);
	snprintf(inner, sizeof(inner), "%s/j", dir);
	struct journal *j = fixture_open(inner, 4096, true);

	journal_close(&j);
	assert_int_equal(stat(inner, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	fixture_remove(inner);
	fixture_remove(dir);
}

/* A batch may fill a whole segment and not a byte more; what was refused can go into the next batch. */
static void batch_at_its_cap(void **unused)
{
	char dir[FIXTURE_PATH];
	uint8_t payload[JOURNAL_RECORD_MAX] = { 1 };
	struct record head = { .seq = 1 };
	size_t room = 4096 - sizeof(struct segment_head) - sizeof(struct batch_head);

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 4096, true);

	for (; room >= journal_record_size(JOURNAL_RECORD_MAX); room -= journal_record_size(JOURNAL_RECORD_MAX), head.seq++)
		assert_int_equal(journal_append(j, &head, payload, JOURNAL_RECORD_MAX), ERR_OK);
	assert_int_equal(journal_append(j, &head, payload, room - journal_record_size(0) + 1), ERR_FULL);
	assert_int_equal(journal_append(j, &head, payload, room - journal_record_size(0)), ERR_OK);
	head.seq++;
	assert_int_equal(journal_append(j, &head, NULL, 0), ERR_FULL);
	assert_int_equal(journal_submit(j, true), ERR_OK);
	assert_int_equal(journal_append(j, &head, NULL, 0), ERR_OK);
	journal_close(&j);
	assert_verified(dir, head.seq);
	fixture_remove(dir);
}

/* docs/journal.md shows the bytes of this very journal (its id, and what follows from it, are drawn anew). */
static void bytes_as_documented(void **unused)
{
	const struct event_link link = { LINK_FEED, 1, "connected" };
	const nanos_t stamp = INT64_C(1791949500) * NANOS_SECOND;
	const struct record first = { 1, stamp, EVENT_TIMER, 0, INSTRUMENT_NONE };
	const struct record second = { 2, stamp + NANOS_SECOND, EVENT_LINK, 0, INSTRUMENT_NONE };
	const struct record_head bare = { 0x1E4D1259, 0, first };
	struct batch_head seal;
	char dir[FIXTURE_PATH];

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 4096, true);

	assert_int_equal(journal_append(j, &first, NULL, 0), ERR_OK);
	assert_int_equal(journal_append(j, &second, &link, sizeof(link)), ERR_OK);
	journal_submit(j, true);
	journal_close(&j);
	struct image i = image_load(dir, FIXTURE_NAME);

	assert_int_equal(i.len, 4096);
	assert_memory_equal(i.bytes, "SAUDAJNL\1\0\0\0\x80\0\0\0", 16);
	assert_memory_equal(i.bytes + 0x80, "SJB1\xD0\0\0\0\1\0\0\0\0\0\0\0", 16);
	assert_memory_equal(i.bytes + 0xC8, &bare, sizeof(bare));
	assert_memory_equal(i.bytes + 0xE8, "\x9C\x6B\x95\x9A\x48\0\0\0", 8);
	assert_memory_equal(i.bytes + 0xF0, &second, sizeof(second));
	assert_memory_equal(i.bytes + 0x108, &link, sizeof(link));
	memcpy(&seal, i.bytes + 0x150, sizeof(seal));
	assert_int_equal(seal.durable, 2);
	assert_int_equal(seal.flags, BATCH_SYNC | BATCH_SEAL);
	image_done(&i);
	fixture_remove(dir);
}

/* -- callbacks ------------------------------------------------------------------------------------------------------- */

struct heard { _Atomic uint64_t durable, committed, failed; _Atomic bool wrong, hold; };

static void hear_durable(void *ctx, uint64_t seq)
{
	struct heard *h = ctx;

	if (seq <= h->durable)
		h->wrong = true;
	h->durable = seq;
}

static void hear_committed(void *ctx, const struct record *head, const void *payload, size_t len)
{
	struct heard *h = ctx;
	struct record expected;
	uint8_t bytes[JOURNAL_RECORD_MAX];

	while (h->hold)
		usleep(100);
	if (head->seq != h->committed + 1 || head->seq > h->durable || len != fixture_record(head->seq, 300, &expected, bytes) ||
	    memcmp(payload, bytes, len) != 0)
		h->wrong = true;
	h->committed = head->seq;
}

static void hear_failed(void *ctx, int err)
{
	(void)err;
	((struct heard *)ctx)->failed++;
}

static struct journal *open_heard(const char *dir, struct heard *h)
{
	struct journal *j;
	struct journal_options o = {
		.dir = dir, .sync = true, .segment_bytes = 1 << 20, .ctx = h,
		.durable = hear_durable, .committed = hear_committed, .failed = hear_failed,
	};

	assert_int_equal(journal_open(&o, &j, NULL), ERR_OK);
	return j;
}

static void callbacks_in_order(void **unused)
{
	char dir[FIXTURE_PATH];
	struct heard h = { 0 };

	(void)unused;
	fixture_dir(dir);
	struct journal *j = open_heard(dir, &h);
	uint64_t last = fixture_batches(j, 0, 300, 300, true);

	assert_int_equal(journal_wait(j, last), ERR_OK);
	last = fixture_batches(j, last, 300, 300, false);
	journal_close(&j);
	assert_int_equal(h.durable, last);
	assert_int_equal(h.committed, last);
	assert_int_equal(h.failed, 0);
	assert_false(h.wrong);
	fixture_remove(dir);
}

/* Nobody asks for a sync and nobody waits, and yet it comes. */
static void unasked_becomes_durable(void **unused)
{
	char dir[FIXTURE_PATH];
	struct heard h = { 0 };

	(void)unused;
	fixture_dir(dir);
	struct journal *j = open_heard(dir, &h);
	uint64_t last = fixture_batches(j, 0, 3, 300, false);

	for (int ms = 0; ms < 20000 && h.committed < last; ms++)
		usleep(1000);
	assert_int_equal(h.committed, last);
	journal_close(&j);
	fixture_remove(dir);
}

/* Commits on the appending thread among batches that the writer thread has at work, and one with nothing to commit. */
static void commits_in_order(void **unused)
{
	char dir[FIXTURE_PATH];
	struct heard h = { 0 };
	struct journal_state state;
	uint64_t last = 0, dice = 11;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = open_heard(dir, &h);

	assert_int_equal(journal_commit(j), ERR_OK);
	for (int i = 0; i < 600; i++) {
		if (prng_below(&dice, 3) == 0)
			last = fixture_batches(j, last, 1 + prng_below(&dice, 3), 300, prng_below(&dice, 2) == 0);
		if (prng_below(&dice, 8) != 0)
			fixture_append(j, ++last, 300);
		assert_int_equal(journal_commit(j), ERR_OK);
		journal_state(j, &state);
		assert_int_equal(state.last_seq, last);
	}
	journal_close(&j);
	assert_int_equal(h.durable, last);
	assert_int_equal(h.committed, last);
	assert_int_equal(h.failed, 0);
	assert_false(h.wrong);
	assert_verified(dir, last);
	fixture_remove(dir);
}

/* The store's copy is slow: what is committed does not wait for it, and is told in the end. */
static void commit_does_not_wait_for_the_store(void **unused)
{
	char dir[FIXTURE_PATH];
	struct heard h = { .hold = true };
	struct journal_state state;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = open_heard(dir, &h);

	for (uint64_t seq = 1; seq <= 50; seq++) {
		fixture_append(j, seq, 300);
		assert_int_equal(journal_commit(j), ERR_OK);
	}
	journal_state(j, &state);
	assert_int_equal(state.last_seq, 50);
	assert_int_equal(h.committed, 0);
	h.hold = false;
	journal_close(&j);
	assert_int_equal(h.committed, 50);
	assert_false(h.wrong);
	fixture_remove(dir);
}

static void *release_later(void *arg)
{
	struct heard *h = arg;

	usleep(20000);
	h->hold = false;
	return NULL;
}

/* The writer is held up, megabytes are appended: the appender waits for room, and nothing is lost or refused. */
static void back_pressure(void **unused)
{
	char dir[FIXTURE_PATH];
	struct heard h = { .hold = true };
	pthread_t thread;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = open_heard(dir, &h);

	assert_int_equal(pthread_create(&thread, NULL, release_later, &h), 0);
	uint64_t last = fixture_batches(j, 0, 15000, 300, false);

	pthread_join(thread, NULL);
	journal_close(&j);
	assert_int_equal(h.committed, last);
	assert_false(h.wrong);
	assert_verified(dir, last);
	fixture_remove(dir);
}

/* -- two processes --------------------------------------------------------------------------------------------------- */

static void write_slowly(const char *dir, uint64_t last)
{
	struct journal *j = fixture_open(dir, 16 << 10, true);
	uint64_t state = 5, seq = 0;

	while (seq < last) {
		fixture_append(j, ++seq, 500);
		if (prng_below(&state, 3) == 0 || seq == last)
			journal_submit(j, prng_below(&state, 4) == 0);
	}
	journal_close(&j);
	_exit(0);
}

/* The reader meets half-written batches, new segments and the end again and again; it never takes any of it for damage. */
static void reading_while_another_writes(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_error error = { "" };
	struct journal_reader *r;
	struct record head, expected;
	uint8_t bytes[JOURNAL_RECORD_MAX];
	const void *payload;
	size_t len;
	uint64_t seen = 0, last = 4000;
	int err = 0, status;

	(void)unused;
	fixture_dir(dir);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		write_slowly(dir, last);
	assert_int_equal(journal_reader_open(dir, 0, &r, &error), ERR_OK);
	while (seen < last && (err = journal_reader_next(r, &head, &payload, &len)) >= 0) {
		if (err == 0) {
			usleep(50);
			continue;
		}
		assert_int_equal(head.seq, ++seen);
		assert_int_equal(len, fixture_record(seen, 500, &expected, bytes));
		assert_memory_equal(payload, bytes, len);
	}
	if (err < 0)
		fail_msg("%s", error.text);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(journal_reader_next(r, &head, &payload, &len), 0);
	journal_reader_close(&r);
	assert_verified(dir, last);
	fixture_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(reading_from_the_middle),
		cmocka_unit_test(empty_things),
		cmocka_unit_test(one_owner),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(folder_is_made_private),
		cmocka_unit_test(batch_at_its_cap),
		cmocka_unit_test(bytes_as_documented),
		cmocka_unit_test(callbacks_in_order),
		cmocka_unit_test(unasked_becomes_durable),
		cmocka_unit_test(commits_in_order),
		cmocka_unit_test(commit_does_not_wait_for_the_store),
		cmocka_unit_test(back_pressure),
		cmocka_unit_test(reading_while_another_writes),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
