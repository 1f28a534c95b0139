/* A copy of what the extents name is the same journal, whatever happens to the origin meanwhile: appended to, archived, torn at its end. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/journal/archive.h"
#include "lib/journal/extent.h"

#define SEGMENT 4096

struct scene { char dir[FIXTURE_PATH], copy[FIXTURE_PATH]; struct journal *j; uint64_t last; };

static void append(struct scene *s, uint64_t upto)
{
	uint8_t payload[JOURNAL_RECORD_MAX];
	struct record head;

	while (s->last < upto) {
		size_t len = fixture_record(++s->last, 200, &head, payload);

		assert_int_equal(journal_append(s->j, &head, payload, len), ERR_OK);
		if (s->last % 2 == 0)
			assert_int_equal(journal_commit(s->j), ERR_OK);
	}
}

static void scene_make(struct scene *s)
{
	fixture_dir(s->dir);
	fixture_dir(s->copy);
	s->j = fixture_open(s->dir, SEGMENT, true);
	append(s, 60);
	assert_int_equal(checkpoint_write(s->j, 60, &(struct checkpoint_section){ "state", "abc", 3 }, 1), ERR_OK);
	append(s, 100);
}

static void scene_done(struct scene *s)
{
	journal_close(&s->j);
	fixture_remove(s->dir);
	fixture_remove(s->copy);
}

static void copy_file(const struct scene *s, int from, const char *name, uint64_t bytes)
{
	char path[FIXTURE_PATH + DISK_NAME + 1];
	uint8_t *all = malloc(bytes);

	snprintf(path, sizeof(path), "%s/%s", s->copy, name);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(to >= 0 && all);
	assert_int_equal(journal_disk_read(from, all, bytes, 0), bytes);
	assert_int_equal(write(to, all, bytes), bytes);
	close(to);
	free(all);
}

/* How many of the segments were archived. */
static unsigned copy_all(const struct scene *s, const struct journal_extents *e)
{
	int dirfd = open(s->dir, O_RDONLY | O_DIRECTORY);
	unsigned packed = 0;

	for (size_t i = 0; i < e->n; i++) {
		char name[DISK_NAME];
		uint64_t bytes;
		bool archived;
		int fd = journal_extent_open(dirfd, &e->at[i], &bytes, &archived);

		assert_true(fd >= 0);
		(archived ? journal_archive_name : journal_segment_name)(e->at[i].first_seq, name);
		copy_file(s, fd, name, bytes);
		close(fd);
		packed += archived;
	}
	close(dirfd);
	return packed;
}

static void same(const struct scene *s, const struct journal_extents *e)
{
	struct journal_report r;

	assert_int_equal(journal_verify(s->copy, &r), ERR_OK);
	assert_int_equal(r.state.first_seq, e->state.first_seq);
	assert_int_equal(r.state.last_seq, e->state.last_seq);
	assert_memory_equal(r.state.hash, e->state.hash, sizeof(r.state.hash));
	assert_memory_equal(r.state.id, e->state.id, sizeof(r.state.id));
	assert_int_equal(r.state.last_stamp, e->state.last_stamp);
	assert_int_equal(r.state.torn_bytes, 0);
	assert_int_equal(r.segments, e->n);
}

static void heard(void *ctx, uint64_t bytes)
{
	*(uint64_t *)ctx = bytes;
}

static void a_copy_beside_who_appends(void **state)
{
	struct journal_error error;
	struct journal_extents e;
	struct journal_state now;
	struct scene s = { 0 };

	(void)state;
	scene_make(&s);
	assert_int_equal(journal_extents(s.dir, 0, heard, &(uint64_t){ 0 }, &e, &error), ERR_OK);
	assert_int_equal(e.state.first_seq, 1);
	assert_int_equal(e.state.last_seq, 100);
	assert_true(e.n > 4);
	append(&s, 140); /* the last one named is appended to, and others come */
	assert_int_equal(copy_all(&s, &e), 0);
	same(&s, &e);
	/* Who opens the copy appends behind it. */
	struct journal *j = fixture_open(s.copy, SEGMENT, true);
	journal_state(j, &now);
	assert_int_equal(now.last_seq, 100);
	uint8_t payload[JOURNAL_RECORD_MAX];
	struct record head;
	size_t len = fixture_record(101, 200, &head, payload);
	assert_int_equal(journal_append(j, &head, payload, len), ERR_OK);
	assert_int_equal(journal_commit(j), ERR_OK);
	journal_close(&j);
	struct journal_report r;
	assert_int_equal(journal_verify(s.copy, &r), ERR_OK);
	assert_int_equal(r.state.last_seq, 101);
	journal_extents_done(&e);
	scene_done(&s);
}

static void what_is_archived_meanwhile(void **state)
{
	const struct journal_archive_options o = { .before = 60 };
	struct journal_archived done;
	struct journal_error error;
	struct journal_extents e;
	struct scene s = { 0 };

	(void)state;
	scene_make(&s);
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_OK);
	assert_int_equal(journal_archive(s.dir, &o, &done, &error), ERR_OK);
	assert_true(done.segments > 1);
	assert_int_equal(copy_all(&s, &e), done.segments);
	same(&s, &e);
	journal_extents_done(&e);
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_OK); /* and before */
	same(&s, &e);
	journal_extents_done(&e);
	scene_done(&s);
}

static void only_what_a_restart_needs(void **state)
{
	struct journal_error error;
	struct journal_extents e;
	struct scene s = { 0 };

	(void)state;
	scene_make(&s);
	assert_int_equal(journal_extents(s.dir, journal_needed_from(s.dir), NULL, NULL, &e, &error), ERR_OK);
	assert_true(e.state.first_seq > 1 && e.state.first_seq <= 60);
	assert_int_equal(e.state.last_seq, 100);
	copy_all(&s, &e);
	same(&s, &e);
	journal_extents_done(&e);
	scene_done(&s);
}

static int flip(const char *dir, uint64_t seq, off_t at)
{
	char path[FIXTURE_PATH + DISK_NAME + 1], name[DISK_NAME];
	uint8_t byte;

	journal_segment_name(seq, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	return close(fd);
}

static int no_sync(int fd)
{
	(void)fd;
	errno = EIO;
	return -1;
}

static void what_cannot_be_copied(void **state)
{
	struct disk_calls calls = *journal_disk;
	const struct disk_calls *real = journal_disk;
	struct journal_error error = { "" };
	struct journal_extents e;
	struct scene s = { 0 };

	(void)state;
	assert_int_equal(journal_extents("/nowhere", 0, NULL, NULL, &e, &error), ERR_NOENT);
	fixture_dir(s.dir);
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_NOENT);
	s.j = fixture_open(s.dir, SEGMENT, true); /* begun, and nothing in it */
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_NOENT);
	append(&s, 60);
	journal_close(&s.j);
	calls.fdatasync = no_sync;
	journal_disk = &calls;
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_IO);
	assert_non_null(strstr(error.text, "cannot be made durable"));
	journal_disk = real;
	flip(s.dir, 1, 300);
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_CORRUPT);
	assert_int_equal(e.n, 0);
	fixture_remove(s.dir);
}

/* A file that became shorter, or went. */
static void what_is_gone(void **state)
{
	struct journal_error error;
	struct journal_extents e;
	struct scene s = { 0 };
	uint64_t bytes;
	bool archived;

	(void)state;
	scene_make(&s);
	assert_int_equal(journal_extents(s.dir, 0, NULL, NULL, &e, &error), ERR_OK);
	int dirfd = open(s.dir, O_RDONLY | O_DIRECTORY);
	int fd = openat(dirfd, "00000000000000000001.journal", O_WRONLY);
	assert_int_equal(ftruncate(fd, (off_t)e.at[0].bytes - 8), 0);
	close(fd);
	assert_int_equal(journal_extent_open(dirfd, &e.at[0], &bytes, &archived), ERR_CORRUPT);
	assert_int_equal(unlinkat(dirfd, "00000000000000000001.journal", 0), 0);
	assert_int_equal(journal_extent_open(dirfd, &e.at[0], &bytes, &archived), ERR_NOENT);
	close(dirfd);
	journal_extents_done(&e);
	scene_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_beside_who_appends),
		cmocka_unit_test(what_is_archived_meanwhile),
		cmocka_unit_test(only_what_a_restart_needs),
		cmocka_unit_test(what_cannot_be_copied),
		cmocka_unit_test(what_is_gone),
	};

	return cmocka_run_group_tests_name("extent", tests, NULL, NULL);
}
