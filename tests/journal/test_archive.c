/* Old segments in the archive: the same records, the same chain, the same root; and what is left when their ticks are pruned. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/journal/archive.h"
#include "lib/journal/walk.h"

#define PAYLOAD 200
#define SEGMENT 4096

struct scene { char dir[FIXTURE_PATH]; uint64_t last; struct journal_report whole; };

/* Some forty records in eight segments or so, a checkpoint at three quarters. Every third record is a tick. */
static uint64_t append(struct journal *j, uint64_t seq)
{
	uint8_t payload[JOURNAL_RECORD_MAX];
	struct record head;
	size_t len = fixture_record(seq, PAYLOAD, &head, payload);

	head.kind = seq % 3 == 0 ? EVENT_TICK : EVENT_TIMER;
	assert_int_equal(journal_append(j, &head, payload, len), ERR_OK);
	if (seq % 2 == 0)
		assert_int_equal(journal_commit(j), ERR_OK);
	return seq;
}

static void scene_make(struct scene *s)
{
	fixture_dir(s->dir);
	struct journal *j = fixture_open(s->dir, SEGMENT, true);

	while (s->last < 90)
		s->last = append(j, s->last + 1);
	assert_int_equal(checkpoint_write(j, s->last, &(struct checkpoint_section){ "state", "abc", 3 }, 1), ERR_OK);
	while (s->last < 120)
		s->last = append(j, s->last + 1);
	journal_close(&j);
	assert_int_equal(journal_verify(s->dir, &s->whole), ERR_OK);
	assert_true(s->whole.segments > 4);
}

static bool exists(const char *dir, uint64_t seq, bool packed)
{
	char path[FIXTURE_PATH + DISK_NAME + 1], name[DISK_NAME];

	(packed ? journal_archive_name : journal_segment_name)(seq, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static struct journal_archived archive(const char *dir, nanos_t ticks_before)
{
	const struct journal_archive_options o = { .before = journal_needed_from(dir), .ticks_before = ticks_before };
	struct journal_archived done;
	struct journal_error error = { "" };
	int err = journal_archive(dir, &o, &done, &error);

	if (err != ERR_OK)
		fail_msg("%s", error.text);
	return done;
}

/* Each record that is left has every byte it had; returns how many there are, *ret_ticks of them ticks. */
static uint64_t read_left(const char *dir, uint64_t *ret_ticks)
{
	uint8_t payload[JOURNAL_RECORD_MAX];
	struct journal_error error = { "" };
	struct journal_reader *r;
	struct record head, want;
	const void *bytes;
	uint64_t n = 0, before = 0;
	size_t len;
	int got;

	*ret_ticks = 0;
	assert_int_equal(journal_reader_open(dir, 0, &r, &error), ERR_OK);
	while ((got = journal_reader_next(r, &head, &bytes, &len)) == 1) {
		assert_true(head.seq > before);
		assert_int_equal(len, fixture_record(before = head.seq, PAYLOAD, &want, payload));
		assert_memory_equal(bytes, payload, len);
		assert_int_equal(head.stamp, want.stamp);
		*ret_ticks += head.kind == EVENT_TICK;
		n++;
	}
	if (got < 0)
		fail_msg("%s", error.text);
	journal_reader_close(&r);
	return n;
}

/* -- packed ----------------------------------------------------------------------------------------------------------- */

static void same_records_and_root(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_report report;
	uint64_t ticks;

	(void)unused;
	scene_make(&s);
	struct journal_archived done = archive(s.dir, 0);

	assert_true(done.segments > 2 && done.pruned == 0);
	assert_true(exists(s.dir, 1, true) && !exists(s.dir, 1, false));
	assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
	assert_memory_equal(report.state.hash, s.whole.state.hash, JOURNAL_HASH);
	assert_memory_equal(report.digest, s.whole.digest, JOURNAL_HASH);
	assert_int_equal(report.records, 120);
	assert_int_equal(report.segments, s.whole.segments);
	assert_int_equal(read_left(s.dir, &ticks), 120);
	assert_int_equal(archive(s.dir, 0).segments, 0); /* nothing is left to do */
	fixture_remove(s.dir);
}

static void what_a_restart_needs_stays(void **unused)
{
	struct scene s = { .dir = "" };
	uint64_t *list, from;
	size_t n;
	int dirfd;

	(void)unused;
	scene_make(&s);
	from = journal_needed_from(s.dir);
	assert_int_equal(from, 90);
	archive(s.dir, INT64_MAX);
	dirfd = open(s.dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(journal_archive_list(dirfd, &list, &n), ERR_OK);
	close(dirfd);
	for (size_t i = 0; i < n; i++) {
		bool needed = i + 1 == n || list[i + 1] > from;

		assert_int_equal(exists(s.dir, list[i], false), needed);
		assert_int_equal(exists(s.dir, list[i], true), !needed);
	}
	free(list);
	struct journal *j = fixture_open(s.dir, SEGMENT, true); /* opens, goes on, verifies */
	struct journal_state state;

	journal_state(j, &state);
	assert_int_equal(state.first_seq, 1);
	assert_int_equal(state.last_seq, 120);
	while (s.last < 130)
		s.last = append(j, s.last + 1);
	journal_close(&j);
	assert_int_equal(journal_verify(s.dir, &s.whole), ERR_OK);
	assert_int_equal(s.whole.records, 130);
	fixture_remove(s.dir);
}

static void without_a_checkpoint_nothing_moves(void **unused)
{
	char dir[FIXTURE_PATH];
	uint64_t last = 0;

	(void)unused;
	fixture_dir(dir);
	struct journal *j = fixture_open(dir, SEGMENT, true);

	while (last < 60)
		last = append(j, last + 1);
	journal_close(&j);
	assert_int_equal(archive(dir, INT64_MAX).segments, 0);
	fixture_remove(dir);
}

static void beside_who_appends_and_reads(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_reader *r;
	struct record head;
	const void *bytes;
	size_t len;
	uint64_t n = 1;

	(void)unused;
	scene_make(&s);
	struct journal *j = fixture_open(s.dir, SEGMENT, true);

	assert_int_equal(journal_reader_open(s.dir, 0, &r, NULL), ERR_OK);
	assert_int_equal(journal_reader_next(r, &head, &bytes, &len), 1); /* it has the first segment's file open */
	archive(s.dir, 0);
	while (s.last < 140)
		s.last = append(j, s.last + 1);
	while (journal_reader_next(r, &head, &bytes, &len) == 1)
		assert_int_equal(head.seq, ++n);
	assert_int_equal(n, 140);
	journal_reader_close(&r);
	journal_close(&j);
	fixture_remove(s.dir);
}

/* -- pruned ----------------------------------------------------------------------------------------------------------- */

static void chain_stands_without_ticks(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_report report;
	uint64_t ticks, left;

	(void)unused;
	scene_make(&s);
	struct journal_archived done = archive(s.dir, INT64_MAX);

	assert_true(done.pruned > 10);
	assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
	assert_memory_equal(report.state.hash, s.whole.state.hash, JOURNAL_HASH); /* the root that was told is the root still */
	assert_int_equal(report.records, 120);
	assert_int_equal(report.pruned, done.pruned);
	left = read_left(s.dir, &ticks);
	assert_int_equal(left, 120 - done.pruned);
	assert_int_equal(ticks, 40 - done.pruned);
	assert_int_equal(archive(s.dir, INT64_MAX).segments, 0);
	fixture_remove(s.dir);
}

/* Packed at first, pruned when the ticks' time has come: by the segment's last stamp. */
static void pruned_later(void **unused)
{
	struct scene s = { .dir = "" };
	struct archive_note note;
	struct journal_report report;
	int dirfd;

	(void)unused;
	scene_make(&s);
	archive(s.dir, 0);
	dirfd = open(s.dir, O_RDONLY | O_DIRECTORY);
	assert_int_equal(journal_archive_note(dirfd, 1, &note), ERR_OK);
	assert_int_equal(note.flags, 0);
	assert_int_equal(archive(s.dir, note.last_stamp).segments, 0);
	assert_int_equal(archive(s.dir, note.last_stamp + 1).segments, 1);
	assert_int_equal(journal_archive_note(dirfd, 1, &note), ERR_OK);
	assert_int_equal(note.flags, ARCHIVE_PRUNED);
	assert_true(note.pruned > 0 && note.pruned < note.records);
	close(dirfd);
	assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
	assert_memory_equal(report.state.hash, s.whole.state.hash, JOURNAL_HASH);
	fixture_remove(s.dir);
}

/* -- damage ------------------------------------------------------------------------------------------------------------ */

static void no_flip_in_the_archive_is_believed(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_report report;
	char name[DISK_NAME];

	(void)unused;
	scene_make(&s);
	archive(s.dir, INT64_MAX);
	journal_archive_name(1, name);
	struct image image = image_load(s.dir, name);

	struct journal_report good;
	unsigned flips = 0, found = 0;

	assert_int_equal(journal_verify(s.dir, &good), ERR_OK);
	for (size_t at = 0; at < image.len; at += 7, flips++) {
		image.bytes[at] ^= 0x01;
		image_store(s.dir, name, image.bytes, image.len);
		int err = journal_verify(s.dir, &report);

		found += err == ERR_CORRUPT;
		if (err != ERR_CORRUPT) { /* zstd's streams have bits that say nothing */
			assert_int_equal(err, ERR_OK);
			assert_memory_equal(report.digest, good.digest, JOURNAL_HASH);
		}
		image.bytes[at] ^= 0x01;
	}
	assert_true(found > flips * 9 / 10);
	image_store(s.dir, name, image.bytes, image.len / 2);
	assert_int_equal(journal_verify(s.dir, &report), ERR_CORRUPT);
	assert_non_null(strstr(report.damage, "journal.zst"));
	image_store(s.dir, name, image.bytes, image.len);
	assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
	image_done(&image);
	fixture_remove(s.dir);
}

/* A pruned batch cannot be made to say something else: neither what stayed nor the hash of what went. */
static void pruned_batch_is_held_by_the_chain(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_batch batch;
	struct segment_head segment;
	uint8_t bytes[64 * 1024], previous[JOURNAL_HASH], hash[JOURNAL_HASH];
	bool archived;
	int dirfd;

	(void)unused;
	scene_make(&s);
	archive(s.dir, INT64_MAX);
	dirfd = open(s.dir, O_RDONLY | O_DIRECTORY);
	int fd = journal_archive_open(dirfd, 1, &archived);
	ssize_t len = journal_disk_read(fd, bytes, sizeof(bytes), 0);

	assert_true(archived && len > 0);
	memcpy(&segment, bytes, sizeof(segment));
	memcpy(previous, segment.previous, sizeof(previous));
	size_t at = sizeof(segment);

	for (batch.bulk = NULL; at < (size_t)len; at += batch.length) {
		assert_true(journal_batch_at(bytes + at, (size_t)len - at, segment.id, &batch));
		if (batch.bulk != NULL && batch.kept > 0)
			break;
		memcpy(previous, batch.head->hash, sizeof(previous));
	}
	assert_non_null(batch.bulk);
	journal_batch_hash(&batch, previous, hash);
	assert_memory_equal(hash, batch.head->hash, JOURNAL_HASH);
	struct pruned_head *pruned = (struct pruned_head *)(void *)(bytes + at);

	pruned->bulk[3] ^= 1;
	journal_batch_hash(&batch, previous, hash);
	assert_memory_not_equal(hash, batch.head->hash, JOURNAL_HASH);
	pruned->bulk[3] ^= 1;
	bytes[at + BATCH_HEADS + sizeof(struct record_head)] ^= 1;
	journal_batch_hash(&batch, previous, hash);
	assert_memory_not_equal(hash, batch.head->hash, JOURNAL_HASH);
	bytes[at + BATCH_HEADS + sizeof(struct record_head)] ^= 1;
	pruned->records++; /* heads that do not fit together are none */
	assert_false(journal_batch_at(bytes + at, (size_t)len - at, segment.id, &batch));
	close(fd);
	close(dirfd);
	fixture_remove(s.dir);
}

static void damage_is_not_archived(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_error error = { "" };
	struct journal_archived done;

	(void)unused;
	scene_make(&s);
	struct image image = image_load(s.dir, FIXTURE_NAME);

	image.bytes[300] ^= 1;
	image_store(s.dir, FIXTURE_NAME, image.bytes, image.len);
	assert_int_equal(journal_archive(s.dir, &(struct journal_archive_options){ .before = 90 }, &done, &error), ERR_CORRUPT);
	assert_non_null(strstr(error.text, FIXTURE_NAME));
	assert_true(exists(s.dir, 1, false) && !exists(s.dir, 1, true));
	image_done(&image);
	fixture_remove(s.dir);
}

/* -- interrupted --------------------------------------------------------------------------------------------------------- */

/* Dies before each change of the disk in turn; after each death the journal is whole, and the next run finishes. */
static int left;

static int dying_unlinkat(int dir, const char *name, int flags)
{
	return left-- > 0 ? unlinkat(dir, name, flags) : (errno = EIO, -1);
}

static int dying_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return left-- > 0 ? renameat(from_dir, from, to_dir, to) : (errno = EIO, -1);
}

static int dying_fsync(int fd)
{
	return left-- > 0 ? fsync(fd) : (errno = EIO, -1);
}

static void whole_at_every_call(void **unused)
{
	const struct disk_calls *system = journal_disk;
	struct disk_calls dying = *system;
	int deaths = 0, err = ERR_IO;

	(void)unused;
	dying.unlinkat = dying_unlinkat;
	dying.renameat = dying_renameat;
	dying.fsync = dying_fsync;
	for (int calls = 0; err != ERR_OK; calls++) {
		struct scene s = { .dir = "" };
		struct journal_archived done;
		struct journal_report report;
		struct journal_error error;
		uint64_t ticks;

		scene_make(&s);
		left = calls;
		journal_disk = &dying;
		err = journal_archive(s.dir, &(struct journal_archive_options){ .before = 90 }, &done, &error);
		journal_disk = system;
		deaths += err != ERR_OK;
		assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
		assert_memory_equal(report.state.hash, s.whole.state.hash, JOURNAL_HASH);
		assert_int_equal(read_left(s.dir, &ticks), 120);
		archive(s.dir, 0);
		assert_int_equal(journal_verify(s.dir, &report), ERR_OK);
		assert_true(exists(s.dir, 1, true) && !exists(s.dir, 1, false));
		fixture_remove(s.dir);
	}
	assert_true(deaths > 10);
}

static void one_at_a_time(void **unused)
{
	struct scene s = { .dir = "" };
	struct journal_error error = { "" };
	struct journal_archived done;
	char path[FIXTURE_PATH + 16];

	(void)unused;
	scene_make(&s);
	snprintf(path, sizeof(path), "%s/archive.lock", s.dir);
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(journal_archive(s.dir, &(struct journal_archive_options){ .before = 90 }, &done, &error), ERR_BUSY);
	close(fd);
	assert_int_equal(journal_archive("/nonexistent/journal", &(struct journal_archive_options){ .before = 90 }, &done, &error), ERR_NOENT);
	fixture_remove(s.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_records_and_root),
		cmocka_unit_test(what_a_restart_needs_stays),
		cmocka_unit_test(without_a_checkpoint_nothing_moves),
		cmocka_unit_test(beside_who_appends_and_reads),
		cmocka_unit_test(chain_stands_without_ticks),
		cmocka_unit_test(pruned_later),
		cmocka_unit_test(no_flip_in_the_archive_is_believed),
		cmocka_unit_test(pruned_batch_is_held_by_the_chain),
		cmocka_unit_test(damage_is_not_archived),
		cmocka_unit_test(whole_at_every_call),
		cmocka_unit_test(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
