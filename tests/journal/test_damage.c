/* Files that were cut, torn, flipped, swapped or lost. Goal: an unfinished end is cut off and nothing before it, damage is
 * said with file and byte, and no byte that is not what was appended is ever handed out. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/journal/disk.h"

#define SMALL ((size_t)4096)
#define PAYLOAD 60
#define BATCHES_MAX 64

/* A folder with one small segment: whole as it was closed, and its batches. */
struct small { char dir[FIXTURE_PATH]; struct image image; size_t at[BATCHES_MAX]; size_t n; uint64_t last; };

static void small_make(struct small *s, size_t batches)
{
	fixture_dir(s->dir);
	struct journal *j = fixture_open(s->dir, SMALL, true);

	s->last = 0;
	for (size_t i = 0; i < batches; i++) { /* one by one, so that each says the one before is durable */
		s->last = fixture_batches(j, s->last, 1, PAYLOAD, true);
		assert_int_equal(journal_wait(j, s->last), ERR_OK);
	}
	journal_close(&j);
	s->image = image_load(s->dir, FIXTURE_NAME);
	s->n = image_batches(&s->image, s->at, BATCHES_MAX);
	assert_int_equal(s->n, batches + 1); /* and the seal */
}

static void small_done(struct small *s)
{
	image_done(&s->image);
	fixture_remove(s->dir);
}

/* Zeroes the image from `at` on, as if it had never been written there. */
static void small_unwrite(struct small *s, size_t at)
{
	memset(s->image.bytes + at, 0, s->image.len - at);
}

static uint64_t batch_end_seq(const struct small *s, size_t batch)
{
	struct batch_head head;

	memcpy(&head, s->image.bytes + s->at[batch], sizeof(head));
	return head.first_seq + head.records - 1;
}

/* Bytes from `at` to the last that is not zero before `end`. */
static size_t used(const uint8_t *bytes, size_t at, size_t end)
{
	while (end > at && bytes[end - 1] == 0)
		end--;
	return end - at;
}

/* Opens, expects to find exactly `last` and `torn` bytes cut, goes on appending, and all of it verifies. */
static void assert_recovers(const char *dir, uint64_t last, uint64_t torn)
{
	struct journal *j = fixture_open(dir, SMALL, true);
	struct journal_report report;
	struct journal_state state;
	uint64_t read;

	journal_state(j, &state);
	assert_int_equal(state.last_seq, last);
	assert_int_equal(state.torn_bytes, torn);
	last = fixture_batches(j, last, 2, PAYLOAD, true);
	journal_close(&j);
	if (journal_verify(dir, &report) != ERR_OK)
		fail_msg("%s", report.damage);
	assert_int_equal(report.state.torn_bytes, 0);
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &read), ERR_OK);
	assert_int_equal(read, last);
}

static void assert_damaged(const char *dir, const char *what)
{
	struct journal_options o = { .dir = dir, .segment_bytes = SMALL };
	struct journal_error error = { "" };
	struct journal_report report;
	struct journal *j = NULL;
	uint64_t read;

	assert_int_equal(journal_verify(dir, &report), ERR_CORRUPT);
	if (strstr(report.damage, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", report.damage, what);
	assert_int_equal(journal_open(&o, &j, &error), ERR_CORRUPT);
	assert_null(j);
	assert_non_null(strstr(error.text, dir));
	assert_int_equal(fixture_read(dir, 0, PAYLOAD, &read), ERR_CORRUPT);
}

/* -- cut ------------------------------------------------------------------------------------------------------------- */

static void cut_to_zeros_at_every_byte(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 5);
	small_unwrite(&s, s.at[5]); /* no seal: a process that was killed */
	uint64_t before = batch_end_seq(&s, 3);
	bool whole = true;

	for (size_t at = s.at[5]; at-- > s.at[4];) {
		whole = whole && s.image.bytes[at] == 0; /* the padding is zeros either way */
		s.image.bytes[at] = 0;
		image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
		size_t torn = used(s.image.bytes, s.at[4], s.image.len);

		assert_recovers(s.dir, whole ? s.last : before, whole ? 0 : torn);
	}
	small_done(&s);
}

static void file_cut_at_every_byte(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 5);
	for (size_t len = s.at[5]; len-- > s.at[4];) {
		image_store(s.dir, FIXTURE_NAME, s.image.bytes, len);
		assert_recovers(s.dir, batch_end_seq(&s, 3), used(s.image.bytes, s.at[4], len));
	}
	small_done(&s);
}

static void cut_inside_the_head(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 1);
	for (size_t len = 0; len < sizeof(struct segment_head); len++) {
		image_store(s.dir, FIXTURE_NAME, s.image.bytes, len);
		assert_recovers(s.dir, 0, 0);
	}
	small_done(&s);
}

static void garbage_in_the_tail(void **unused)
{
	struct small s;
	uint64_t state = 11;

	(void)unused;
	small_make(&s, 4);
	for (int round = 0; round < 60; round++) {
		struct image i = { malloc(s.image.len), s.image.len };
		size_t at = s.at[4] + prng_below(&state, 700), len = 1 + prng_below(&state, 600);

		assert_non_null(i.bytes);
		memcpy(i.bytes, s.image.bytes, i.len);
		memset(i.bytes + s.at[4], 0, i.len - s.at[4]);
		if (round % 2 == 0) { /* sectors of another life of the disk: well-formed batches of another journal */
			uint8_t id[16] = { 7 }, hash[JOURNAL_HASH] = { 0 };
			struct batch_head alien = {
				.magic = BATCH_MAGIC, .length = sizeof(alien), .first_seq = s.last + 1, .durable = 1000000,
				.flags = BATCH_SEAL,
			};

			journal_batch_close(&alien, id, hash);
			memcpy(i.bytes + (at & ~(size_t)7), &alien, sizeof(alien));
		} else {
			for (size_t b = 0; b < len; b++)
				i.bytes[at + b] = (uint8_t)prng_next(&state);
		}
		image_store(s.dir, FIXTURE_NAME, i.bytes, i.len);
		assert_recovers(s.dir, s.last, used(i.bytes, s.at[4], i.len));
		image_done(&i);
	}
	small_done(&s);
}

/* -- flipped --------------------------------------------------------------------------------------------------------- */

static void flip_every_byte(void **unused)
{
	struct small s;
	struct journal_report report;
	uint64_t read, bits = 3;

	(void)unused;
	small_make(&s, 4);
	for (size_t at = 0; at < s.image.len; at++) {
		uint8_t bit = (uint8_t)(1u << prng_below(&bits, 8));

		s.image.bytes[at] ^= bit;
		image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
		int verified = journal_verify(s.dir, &report), err = fixture_read(s.dir, 0, PAYLOAD, &read);

		if (at < s.at[4]) { /* heads and batches */
			assert_true(verified == ERR_CORRUPT || verified == ERR_VERSION);
			assert_true(err == ERR_CORRUPT || err == ERR_VERSION);
			assert_true(report.damage[0] != '\0' && read < s.last);
		} else { /* the seal, and the zeros behind it */
			assert_int_equal(verified, ERR_OK);
			assert_true(report.state.torn_bytes > 0);
			assert_int_equal(err, ERR_OK);
			assert_int_equal(read, s.last);
		}
		s.image.bytes[at] ^= bit;
	}
	small_done(&s);
}

static void damage_leaves_the_files_alone(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 4);
	s.image.bytes[s.at[2] + 100] ^= 1;
	image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
	assert_damaged(s.dir, "record checksum is wrong");
	assert_damaged(s.dir, FIXTURE_NAME " at byte ");
	struct image now = image_load(s.dir, FIXTURE_NAME);

	assert_int_equal(now.len, s.image.len);
	assert_memory_equal(now.bytes, s.image.bytes, now.len);
	image_done(&now);
	small_done(&s);
}

/* A whole batch with right checksums that was not chained here: only the hash can tell. */
static void forged_batch(void **unused)
{
	struct small s;
	struct journal_report report;

	(void)unused;
	small_make(&s, 3);
	struct batch_head *head = (struct batch_head *)(void *)(s.image.bytes + s.at[1]);
	uint8_t *payload = (uint8_t *)(head + 1) + sizeof(struct record_head);
	struct segment_head segment;
	uint8_t hash[JOURNAL_HASH] = { 1 };
	struct record record;
	const void *at;
	size_t len;

	memcpy(&segment, s.image.bytes, sizeof(segment));
	journal_record_read(head + 1, &record, &at, &len);
	assert_true(len > 0);
	uint8_t other[JOURNAL_RECORD_MAX];

	memcpy(other, payload, len);
	other[0] ^= 0xFF;
	journal_record_fill(head + 1, &record, other, len);
	journal_batch_close(head, segment.id, hash);
	image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
	assert_int_equal(journal_verify(s.dir, &report), ERR_CORRUPT);
	assert_non_null(strstr(report.damage, "hash chain is broken"));
	small_done(&s);
}

static void time_going_back(void **unused)
{
	char dir[FIXTURE_PATH];
	struct journal_report report;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, 0, false);

	for (uint64_t seq = 1; seq <= 4; seq++) {
		assert_int_equal(journal_append(j, &(struct record){ .seq = seq, .stamp = seq == 3 ? 1 : 5 }, NULL, 0), ERR_OK);
		journal_submit(j, false);
	}
	journal_close(&j);
	assert_int_equal(journal_verify(dir, &report), ERR_CORRUPT);
	assert_non_null(strstr(report.damage, "record 3 "));
	fixture_remove(dir);
}

/* -- moved ----------------------------------------------------------------------------------------------------------- */

static void swapped_batches(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 6);
	for (size_t a = 0; a + 1 < 6; a++) {
		struct image i = { malloc(s.image.len), s.image.len };
		size_t first = s.at[a + 1] - s.at[a], second = s.at[a + 2] - s.at[a + 1];

		assert_non_null(i.bytes);
		memcpy(i.bytes, s.image.bytes, i.len);
		memcpy(i.bytes + s.at[a], s.image.bytes + s.at[a + 1], second);
		memcpy(i.bytes + s.at[a] + second, s.image.bytes + s.at[a], first);
		image_store(s.dir, FIXTURE_NAME, i.bytes, i.len);
		assert_damaged(s.dir, "not the next one");
		image_done(&i);
	}
	small_done(&s);
}

static void batch_zeroed_in_the_middle(void **unused)
{
	struct small s;

	(void)unused;
	small_make(&s, 5);
	memset(s.image.bytes + s.at[2], 0, s.at[3] - s.at[2]);
	image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
	assert_damaged(s.dir, "records are missing");
	small_done(&s);
}

/* Nothing was ever promised about the second batch when the third was written: a lost write, not damage. */
static void hole_in_what_was_never_durable(void **unused)
{
	char dir[FIXTURE_PATH];
	size_t at[BATCHES_MAX];

	(void)unused;
	fixture_dir(dir);
	struct image i;
	struct journal *j = fixture_open(dir, SMALL, true);
	uint64_t first = fixture_batches(j, 0, 1, PAYLOAD, true), last;

	assert_int_equal(journal_wait(j, first), ERR_OK);
	for (uint64_t seq = first + 1; seq <= first + 3; seq++) {
		fixture_append(j, seq, PAYLOAD);
		journal_submit(j, false);
	}
	last = first + 3;
	journal_close(&j);
	i = image_load(dir, FIXTURE_NAME);
	size_t n = image_batches(&i, at, BATCHES_MAX);
	struct batch_head head;

	assert_int_equal(n, 5);
	memset(i.bytes + at[4], 0, at[5] - at[4]);
	memset(i.bytes + at[2], 0, at[3] - at[2]);
	memcpy(&head, i.bytes + at[3], sizeof(head));
	assert_int_equal(head.durable, first);
	image_store(dir, FIXTURE_NAME, i.bytes, i.len);
	assert_recovers(dir, last - 2, used(i.bytes, at[2], at[4]));
	image_done(&i);
	fixture_remove(dir);
}

/* -- segments -------------------------------------------------------------------------------------------------------- */

struct many { char dir[FIXTURE_PATH]; char name[64][DISK_NAME]; size_t n; uint64_t last; };

static void many_make(struct many *m)
{
	fixture_dir(m->dir);
	struct journal *j = fixture_open(m->dir, SMALL, true);
	struct stat st;
	char path[2 * FIXTURE_PATH];

	m->last = fixture_batches(j, 0, 60, PAYLOAD, true);
	journal_close(&j);
	m->n = 0;
	for (uint64_t seq = 1; seq <= m->last; seq++) {
		snprintf(m->name[m->n], sizeof(m->name[0]), "%020llu.journal", (unsigned long long)seq);
		snprintf(path, sizeof(path), "%s/%s", m->dir, m->name[m->n]);
		if (stat(path, &st) == 0)
			m->n++;
	}
	assert_true(m->n >= 4);
}

static void many_unlink(const struct many *m, size_t n)
{
	char path[2 * FIXTURE_PATH];

	snprintf(path, sizeof(path), "%s/%s", m->dir, m->name[n]);
	assert_int_equal(unlink(path), 0);
}

static void missing_segment(void **unused)
{
	struct many m;
	uint64_t read;

	(void)unused;
	many_make(&m);
	assert_int_equal(fixture_read(m.dir, 0, PAYLOAD, &read), ERR_OK);
	assert_int_equal(read, m.last);
	many_unlink(&m, 1);
	assert_damaged(m.dir, "missing");
	fixture_remove(m.dir);
}

/* The oldest may be pruned away: what is left is still a journal, from its first record on. */
static void pruned_front(void **unused)
{
	struct many m;
	struct journal_report report;
	uint64_t read;

	(void)unused;
	many_make(&m);
	many_unlink(&m, 0);
	assert_int_equal(journal_verify(m.dir, &report), ERR_OK);
	assert_true(report.state.first_seq > 1);
	assert_int_equal(report.state.last_seq, m.last);
	assert_int_equal(report.records, m.last - report.state.first_seq + 1);
	assert_int_equal(fixture_read(m.dir, 0, PAYLOAD, &read), ERR_OK);
	assert_int_equal(read, m.last);
	assert_recovers(m.dir, m.last, 0);
	fixture_remove(m.dir);
}

static void damage_before_the_last_segment(void **unused)
{
	struct many m;

	(void)unused;
	many_make(&m);
	struct image i = image_load(m.dir, m.name[1]);

	i.bytes[sizeof(struct segment_head) + 90] ^= 4;
	image_store(m.dir, m.name[1], i.bytes, i.len);
	assert_damaged(m.dir, m.name[1]);
	image_done(&i);
	fixture_remove(m.dir);
}

static void segment_of_another_journal(void **unused)
{
	struct many a, b;

	(void)unused;
	many_make(&a);
	many_make(&b);
	struct image i = image_load(b.dir, b.name[2]);

	image_store(a.dir, a.name[2], i.bytes, i.len);
	assert_damaged(a.dir, "another journal");
	image_done(&i);
	i = image_load(a.dir, a.name[1]);
	image_store(a.dir, a.name[2], i.bytes, i.len);
	assert_damaged(a.dir, "renamed");
	image_done(&i);
	fixture_remove(a.dir);
	fixture_remove(b.dir);
}

/* The machine died while the next segment was being made. */
static void stillborn_segment(void **unused)
{
	struct many m;
	char name[DISK_NAME];
	uint8_t zeros[200] = { 0 }, torn[200] = "SAUDAJ";
	const struct { const uint8_t *bytes; size_t len; } as[] = {
		{ zeros, 0 }, { zeros, 5 }, { torn, 6 }, { torn, 128 }, { zeros, 200 }, { torn, 200 },
	};
	uint64_t read;

	(void)unused;
	many_make(&m);
	for (size_t i = 0; i < sizeof(as) / sizeof(as[0]); i++) {
		snprintf(name, sizeof(name), "%020llu.journal", (unsigned long long)m.last + 1);
		image_store(m.dir, name, as[i].bytes, as[i].len);
		assert_int_equal(fixture_read(m.dir, 0, PAYLOAD, &read), ERR_OK);
		assert_int_equal(read, m.last);
		assert_int_equal(fixture_read(m.dir, m.last + 1, PAYLOAD, &read), ERR_OK);
		assert_recovers(m.dir, m.last, 0);
		m.last = 0;
		assert_int_equal(fixture_read(m.dir, 0, PAYLOAD, &m.last), ERR_OK);
	}
	image_store(m.dir, "00000000000000000001.journal.new", torn, 10);
	struct journal *j = fixture_open(m.dir, SMALL, true);
	char path[2 * FIXTURE_PATH];

	journal_close(&j);
	snprintf(path, sizeof(path), "%s/00000000000000000001.journal.new", m.dir);
	assert_int_not_equal(access(path, F_OK), 0);
	fixture_remove(m.dir);
}

static void newer_version(void **unused)
{
	struct small s;
	struct journal_report report;

	(void)unused;
	small_make(&s, 1);
	struct segment_head *head = (struct segment_head *)(void *)s.image.bytes;
	head->version = SEGMENT_VERSION + 1;
	head->crc = crc32c(0, head, offsetof(struct segment_head, crc));
	image_store(s.dir, FIXTURE_NAME, s.image.bytes, s.image.len);
	assert_int_equal(journal_verify(s.dir, &report), ERR_VERSION);
	assert_non_null(strstr(report.damage, "newer version"));
	small_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_to_zeros_at_every_byte),
		cmocka_unit_test(file_cut_at_every_byte),
		cmocka_unit_test(cut_inside_the_head),
		cmocka_unit_test(garbage_in_the_tail),
		cmocka_unit_test(flip_every_byte),
		cmocka_unit_test(damage_leaves_the_files_alone),
		cmocka_unit_test(forged_batch),
		cmocka_unit_test(time_going_back),
		cmocka_unit_test(swapped_batches),
		cmocka_unit_test(batch_zeroed_in_the_middle),
		cmocka_unit_test(hole_in_what_was_never_durable),
		cmocka_unit_test(missing_segment),
		cmocka_unit_test(pruned_front),
		cmocka_unit_test(damage_before_the_last_segment),
		cmocka_unit_test(segment_of_another_journal),
		cmocka_unit_test(stillborn_segment),
		cmocka_unit_test(newer_version),
	};

	return cmocka_run_group_tests_name("journal damage", tests, NULL, NULL);
}
