/* The thread, the queue and the journal behind it: whatever fails or is handed over twice, the tables end as one straight
 * run leaves them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/store/faulty.h"
#include "tests/store/fixture.h"

#define RECORDS 3000

static int setup(void **state)
{
	memset(&faulty, 0, sizeof(faulty));
	return fixture_place(state);
}

static struct store *open_faulty(const char *path, const char *journal_dir)
{
	struct store_options o = { .ops = faulty_ops(), .path = path, .journal_id = fixture_id, .journal_dir = journal_dir };
	struct store_error error = { "" };
	struct store *s = NULL;

	assert_int_equal(store_open(&o, &s, &error), 0);
	return s;
}

static void expect_as_straight(struct place *p, uint64_t records)
{
	struct store *s = fixture_open(p->straight, NULL);

	for (uint64_t at = 1; at <= records; at += 10000) { /* in steps the queue can hold */
		fixture_put_range(s, at, at + 9999 < records ? at + 9999 : records);
		assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	}
	store_close(&s);
	char *wanted = fixture_dump(p->straight), *got = fixture_dump(p->path);
	size_t at = 0, line = 0;
	for (; wanted[at] && got[at] == wanted[at]; at++)
		if (wanted[at] == '\n')
			line = at + 1;
	if (wanted[at] || got[at])
		fail_msg("tables differ\n got    %.200s\n wanted %.200s", got + line, wanted + line);
	assert_true(at > 100000);
	free(wanted);
	free(got);
}

static void expect_flushed(struct store *s, uint64_t seq)
{
	struct store_state st;

	int err = store_flush(s, FIXTURE_WAIT);
	store_state(s, &st);
	if (err)
		fail_msg("flush: %d at %llu, %llu queued: %s", err, (unsigned long long)st.seq, (unsigned long long)st.queued, st.last_error);
	assert_true(st.ok);
	assert_int_equal(st.seq, seq);
	assert_int_equal(st.queued, 0);
}

/* -- handed over again --------------------------------------------------------------------------------------------- */

static void test_twice(void **state)
{
	struct place *p = *state;
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, RECORDS);
	fixture_put_range(s, 1, RECORDS);
	expect_flushed(s, RECORDS);
	fixture_put_range(s, RECORDS / 2, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* The database may have been away when the store opened, so duplicates are also met behind the queue. */
static void test_twice_below_queue(void **state)
{
	struct place *p = *state;
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, RECORDS);
	store_close(&s);
	s = fixture_open(p->path, NULL);
	pthread_mutex_lock(&s->lock);
	s->tail = 0; /* as if nothing were known */
	pthread_mutex_unlock(&s->lock);
	fixture_put_range(s, 1, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static void test_restarts_with_overlap(void **state)
{
	struct place *p = *state;
	uint64_t seed = 42, at = 0;

	while (at < RECORDS) {
		struct store *s = fixture_open(p->path, NULL);
		uint64_t back = prng_below(&seed, 50), from = at > back ? at - back : 1, to = at + prng_below(&seed, 400);
		fixture_put_range(s, from, to > RECORDS ? RECORDS : to);
		store_close(&s);
		at = to;
	}
	expect_as_straight(p, RECORDS);
}

/* -- the journal --------------------------------------------------------------------------------------------------- */

static void test_catches_up_at_open(void **state)
{
	struct place *p = *state;

	fixture_journal(p->journal, 1, RECORDS, 0);
	struct store *s = fixture_open(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* From the middle: the names of numbers defined long before must still hold. */
static void test_catches_up_from_middle(void **state)
{
	struct place *p = *state;
	uint64_t seed = 7;

	fixture_journal(p->journal, 1, RECORDS, 0);
	for (uint64_t at = 0, to; at < RECORDS / 2; at = to) {
		to = at + 1 + prng_below(&seed, 500);
		struct store *half = fixture_open(p->path, NULL);
		fixture_put_range(half, at > 20 ? at - 20 : 1, to);
		store_close(&half);
	}
	struct store *s = fixture_open(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static void test_gap_is_read_from_journal(void **state)
{
	struct place *p = *state;

	fixture_journal(p->journal, 1, RECORDS, 0);
	struct store *s = fixture_open(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	fixture_drop(p->path);
	fixture_folder_done(p->journal);
	fixture_journal(p->journal, 1, 100, 0);
	s = fixture_open(p->path, p->journal);
	expect_flushed(s, 100);
	fixture_journal(p->journal, 101, RECORDS, 0);
	fixture_put_range(s, 2500, RECORDS);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* The database is held while more arrives than the queue takes. Nobody waits, and nothing is missing in the end. */
static void test_overflow(void **state)
{
	struct place *p = *state;
	const uint64_t many = 100000;
	struct store_state st;

	fixture_journal(p->journal, 1, many, 0);
	struct store *s = open_faulty(p->path, NULL);
	free(s->journal_dir);
	s->journal_dir = strdup(p->journal); /* begin with the queue, not with catching up */
	atomic_store(&faulty.begin, ERR_BUSY);
	fixture_put_range(s, 1, many);
	store_state(s, &st);
	assert_true(st.queued > 0 && st.queued <= many);
	assert_true(s->filling.count <= QUEUE_RECORDS_MAX);
	atomic_store(&faulty.begin, 0);
	expect_flushed(s, many);
	store_close(&s);
	expect_as_straight(p, many);
}

static void test_overflow_without_journal_is_told(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = open_faulty(p->path, NULL);

	atomic_store(&faulty.begin, ERR_BUSY);
	fixture_put_range(s, 1, 200000);
	store_state(s, &st);
	assert_true(st.errors > 0);
	assert_true(st.queued > 0);
	atomic_store(&faulty.begin, 0);
	assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	store_state(s, &st);
	assert_int_equal(st.seq, 200000);
	store_close(&s);
}

static void test_gap_without_journal_is_told(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, 10);
	fixture_put_range(s, 20, 30);
	expect_flushed(s, 30);
	store_state(s, &st);
	assert_int_equal(st.errors, 1);
	assert_non_null(strstr(st.last_error, "records are missing before record 20"));
	store_close(&s);
}

/* A journal that lost its end in a power cut numbers other records anew. */
static void test_database_ahead_of_journal(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, RECORDS + 500);
	store_close(&s);
	fixture_journal(p->journal, 1, RECORDS, 0);
	atomic_store(&faulty.commit, ERR_IO); /* the first attempts fail, and lose their connection */
	s = open_faulty(p->path, p->journal);
	do
		store_state(s, &st);
	while (st.errors < 4);
	atomic_store(&faulty.commit, 0);
	expect_flushed(s, RECORDS);
	store_state(s, &st);
	assert_non_null(strstr(st.last_error, "rebuilding"));
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* The beginning of the journal was lost with its disk: what the database has from before that is the only copy. */
static void test_rows_of_a_lost_beginning_stay(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = fixture_open(p->path, NULL);

	fixture_put_range(s, 1, RECORDS + 500);
	store_close(&s);
	fixture_journal(p->journal, 200, RECORDS, 0);
	s = fixture_open(p->path, p->journal);
	do
		store_state(s, &st);
	while (st.errors < 1);
	assert_non_null(strstr(st.last_error, "nothing is rebuilt"));
	store_close(&s);
	expect_as_straight(p, RECORDS + 500);
}

/* The database says how far a batch may have come that a crash tore; then the journal lost that part and numbers other records so. */
static int torn_open(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	int err = fixture_ops()->open(place, ret, ret_progress, error);

	if (!err && ret_progress->seq == 100) /* the first time only */
		*ret_progress = (struct progress){ 100, ret_progress->stamp, 500, FIXTURE_DAY + 499 * NANOS_SECOND };
	return err;
}

static void test_torn_batch_of_another_history(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store_ops ops = *faulty_ops();
	struct store_options o = { .ops = &ops, .path = p->path, .journal_id = fixture_id, .journal_dir = p->journal };
	struct store_error error = { "" };
	struct store *s = fixture_open(p->path, NULL);

	ops.open = torn_open;
	fixture_put_range(s, 1, 100);
	store_close(&s);
	fixture_journal(p->journal, 1, RECORDS, 0);
	assert_int_equal(store_open(&o, &s, &error), 0);
	expect_flushed(s, RECORDS);
	store_state(s, &st);
	assert_non_null(strstr(st.last_error, "rebuilding"));
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static void test_other_record_of_same_number(void **state)
{
	struct place *p = *state;
	struct store_state st;

	fixture_journal(p->journal, 1, RECORDS, NANOS_SECOND); /* same numbers, a second later */
	struct store *s = fixture_open(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	fixture_folder_done(p->journal);
	fixture_journal(p->journal, 1, RECORDS, 0);
	s = fixture_open(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_state(s, &st);
	assert_non_null(strstr(st.last_error, "rebuilding"));
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static void test_no_journal_yet(void **state)
{
	struct place *p = *state;
	struct store *s = fixture_open(p->path, p->journal);

	fixture_journal(p->journal, 1, RECORDS, 0);
	fixture_put_range(s, 1, RECORDS);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static _Atomic(struct store *) met;
static const char *met_journal;

/* The reader was at the end of an empty journal, and only then came the first records. */
static void records_come(void)
{
	faulty.rolled_back = NULL;
	while (!atomic_load(&met))
		usleep(100);
	fixture_journal(met_journal, 1, 10, 0);
	fixture_put_range(atomic_load(&met), 1, 10);
}

/* Nothing is wrong: what is handed over after the look is found by the next one. */
static void test_records_come_after_the_look(void **state)
{
	struct place *p = *state;
	struct store_state st;

	met_journal = p->journal;
	fixture_journal(p->journal, 1, 0, 0);
	faulty.rolled_back = records_come;
	struct store *s = open_faulty(p->path, p->journal);
	atomic_store(&met, s);
	while (store_state(s, &st), st.seq < 10 && st.errors == 0)
		usleep(1000);
	store_state(s, &st);
	assert_string_equal(st.last_error, "");
	assert_int_equal(st.errors, 0);
	atomic_store(&met, NULL);
	store_close(&s);
}

/* -- a failing database -------------------------------------------------------------------------------------------- */

static void test_random_failures(void **state)
{
	struct place *p = *state;

	faulty.seed = 11;
	atomic_store(&faulty.dice, 400);
	fixture_journal(p->journal, 1, RECORDS, 0);
	struct store *s = open_faulty(p->path, p->journal);
	for (uint64_t at = 1; at < RECORDS; at += 100)
		fixture_put_range(s, at, at + 99);
	usleep(50000);
	atomic_store(&faulty.dice, 0);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static void test_torn_batches_without_journal(void **state)
{
	struct place *p = *state;
	static const int errs[] = { ERR_BUSY, ERR_FULL, ERR_IO, ERR_NOMEM };
	struct store_state st;
	struct store *s = open_faulty(p->path, NULL);

	for (uint64_t i = 0; i < 12; i++) {
		atomic_store(&faulty.apply_once, errs[i % 4]);
		fixture_put_range(s, 1 + i * 250, (i + 1) * 250);
		assert_int_equal(store_flush(s, FIXTURE_WAIT), 0);
	}
	store_state(s, &st);
	assert_int_equal(st.errors, 12);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* What a database takes at once is less than what waits. */
static void test_small_batches(void **state)
{
	struct place *p = *state;
	struct store_ops ops = *faulty_ops();
	struct store_options o = { .ops = &ops, .path = p->path, .journal_id = fixture_id };
	struct store_error error = { "" };
	struct store *s = NULL;

	ops.batch = 250; /* a divisor of the records: the last batch is empty */
	atomic_store(&faulty.apply_once, ERR_IO);
	assert_int_equal(store_open(&o, &s, &error), 0);
	fixture_put_range(s, 1, RECORDS);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

static struct histogram lag_of(struct store *s)
{
	struct histogram lag;

	store_lag(s, &lag);
	return lag;
}

static void test_failure_is_shown(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = open_faulty(p->path, NULL);

	atomic_store(&faulty.commit, ERR_FULL);
	fixture_put_range(s, 1, 100);
	assert_int_equal(store_flush(s, 100 * NANOS_MS), ERR_TIMEOUT);
	store_state(s, &st);
	assert_false(st.ok);
	assert_string_equal(st.backend, "faulty");
	assert_int_equal(st.seq, 0);
	assert_true(st.queued > 0);
	assert_true(st.errors > 0);
	assert_non_null(strstr(st.last_error, err_text(ERR_FULL)));
	free(fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS })); /* answered all the same */
	assert_int_equal(lag_of(s).sum, 0); /* not before it is over */
	atomic_store(&faulty.commit, 0);
	expect_flushed(s, 100);
	assert_true(lag_of(s).sum >= 100 * NANOS_MS);
	store_close(&s);
}

static unsigned damaged_files(const char *dir)
{
	char command[400];
	unsigned n = 0;

	snprintf(command, sizeof(command), "ls '%s' | grep -c '^store.db.damaged-[0-9TZ]*$'", dir);
	FILE *f = popen(command, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void test_damage_while_running(void **state)
{
	struct place *p = *state;
	struct store_state st;

	fixture_journal(p->journal, 1, RECORDS, 0);
	struct store *s = open_faulty(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	fixture_folder_done(p->journal);
	fixture_drop(p->path);
	fixture_journal(p->journal, 1, 2000, 0);
	s = open_faulty(p->path, p->journal);
	expect_flushed(s, 2000);
	fixture_journal(p->journal, 2001, RECORDS, 0);
	atomic_store(&faulty.apply_once, ERR_CORRUPT);
	fixture_put_range(s, 2001, RECORDS);
	expect_flushed(s, RECORDS);
	store_state(s, &st);
	assert_non_null(strstr(st.last_error, "rebuilding from the journal"));
	store_close(&s);
	assert_int_equal(damaged_files(p->dir), 1);
	expect_as_straight(p, RECORDS);
}

static void test_no_space(void **state)
{
	struct place *p = *state;
	struct store_state st;
	struct store *s = open_faulty(p->path, NULL);

	atomic_store(&faulty.max_pages, 60);
	fixture_put_range(s, 1, RECORDS);
	assert_int_equal(store_flush(s, 200 * NANOS_MS), ERR_TIMEOUT);
	store_state(s, &st);
	assert_false(st.ok);
	assert_non_null(strstr(st.last_error, "full"));
	atomic_store(&faulty.max_pages, 1000000);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* Stopping with a dead database: no hang, and the next start reads the journal. */
static void test_close_while_failing(void **state)
{
	struct place *p = *state;

	fixture_journal(p->journal, 1, RECORDS, 0);
	struct store *s = open_faulty(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	fixture_drop(p->path);
	s = open_faulty(p->path, NULL);
	atomic_store(&faulty.commit, ERR_IO);
	fixture_put_range(s, 1, RECORDS);
	store_close(&s);
	atomic_store(&faulty.commit, 0);
	s = open_faulty(p->path, p->journal);
	expect_flushed(s, RECORDS);
	store_close(&s);
	expect_as_straight(p, RECORDS);
}

/* What may pass keeps nobody from starting: the journal is read when it has passed. What a person must mend does. */
static void test_start_while_failing(void **state)
{
	static const int passing[] = { ERR_BUSY, ERR_FULL, ERR_IO }, lasting[] = { ERR_VERSION, ERR_MISMATCH, ERR_DENIED };
	struct place *p = *state;
	struct store_options o = { .ops = faulty_ops(), .path = p->path, .journal_id = fixture_id, .journal_dir = p->journal };
	struct store_error error;
	struct store *s = NULL;

	fixture_journal(p->journal, 1, RECORDS, 0);
	for (size_t i = 0; i < ARRAY_LEN(passing); i++) {
		atomic_store(&faulty.open, passing[i]);
		s = open_faulty(p->path, p->journal);
		atomic_store(&faulty.open, 0);
		expect_flushed(s, RECORDS);
		store_close(&s);
		fixture_drop(p->path);
	}
	for (size_t i = 0; i < ARRAY_LEN(lasting); i++) {
		atomic_store(&faulty.open, lasting[i]);
		assert_int_equal(store_open(&o, &s, &error), lasting[i]);
	}
	atomic_store(&faulty.open, 0);
}

/* -- the queue ----------------------------------------------------------------------------------------------------- */

static void test_queue(void **state)
{
	struct record_queue q = { 0 };
	struct record head = { .kind = OUTCOME_EQUITY };
	const struct record *got;
	const void *payload;
	size_t len, place = 0;
	static char big[1 << 20];

	(void)state;
	for (head.seq = 1; head.seq <= QUEUE_RECORDS_MAX; head.seq++)
		assert_true(queue_put(&q, &head, "abcdefghi", head.seq % 9));
	assert_false(queue_put(&q, &head, "x", 1)); /* one too many */
	assert_int_equal(q.last_seq, QUEUE_RECORDS_MAX);
	for (uint64_t n = 1; n <= QUEUE_RECORDS_MAX; n++) {
		assert_true(queue_next(&q, &place, &got, &payload, &len));
		assert_int_equal(got->seq, n);
		assert_int_equal(len, n % 9);
		assert_int_equal((uintptr_t)payload % 8, 0);
		assert_memory_equal(payload, "abcdefghi", len);
	}
	assert_false(queue_next(&q, &place, &got, &payload, &len));
	queue_clear(&q);
	uint64_t taken = 0;
	for (head.seq = 1; queue_put(&q, &head, big, sizeof(big)); head.seq++)
		taken++;
	assert_int_equal(taken, 15); /* the sixteenth MiB has no room for the heads */
	queue_done(&q);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, fixture_place_done)
	const struct CMUnitTest tests[] = {
		ROW(test_twice), ROW(test_twice_below_queue), ROW(test_restarts_with_overlap), ROW(test_catches_up_at_open),
		ROW(test_catches_up_from_middle), ROW(test_gap_is_read_from_journal),
		ROW(test_gap_without_journal_is_told), ROW(test_database_ahead_of_journal), ROW(test_rows_of_a_lost_beginning_stay),
		ROW(test_torn_batch_of_another_history),
		ROW(test_other_record_of_same_number), ROW(test_no_journal_yet), ROW(test_records_come_after_the_look), ROW(test_random_failures),
		ROW(test_torn_batches_without_journal), ROW(test_failure_is_shown), ROW(test_small_batches), ROW(test_close_while_failing),
		ROW(test_start_while_failing),
	};
	const struct CMUnitTest once[] = { /* of a file's own troubles, and of the queue, which is the same whatever is behind it */
		ROW(test_overflow), ROW(test_overflow_without_journal_is_told), ROW(test_damage_while_running), ROW(test_no_space),
		cmocka_unit_test(test_queue),
	};

	if (fixture_mongo())
		return cmocka_run_group_tests_name("store_on_mongodb", tests, NULL, NULL);
	return cmocka_run_group_tests_name("store", tests, NULL, NULL) || cmocka_run_group_tests_name("store_file", once, NULL, NULL);
}
