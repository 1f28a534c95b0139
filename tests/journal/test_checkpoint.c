/* Checkpoints: what was written comes back, the newest two stay, and anything damaged, foreign or from the future is
 * passed over for the one before it. */
#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/journal/disk.h"

#define NAME(seq) "checkpoint-000000000000000000" #seq

struct place { char dir[FIXTURE_PATH]; struct journal *j; struct journal_state state; };

static void place_make(struct place *p)
{
	fixture_dir(p->dir);
	p->j = fixture_open(p->dir, 64 << 10, true);
	for (uint64_t seq = 1; seq <= 50; seq++)
		fixture_append(p->j, seq, 20);
	assert_int_equal(journal_submit(p->j, true), ERR_OK);
	assert_int_equal(journal_wait(p->j, 50), ERR_OK);
	journal_state(p->j, &p->state);
}

static void place_done(struct place *p)
{
	journal_close(&p->j);
	fixture_remove(p->dir);
}

static int write_at(struct place *p, uint64_t seq)
{
	char text[32];
	const struct checkpoint_section sections[] = {
		{ "core", text, (size_t)snprintf(text, sizeof(text), "state at %llu", (unsigned long long)seq) },
		{ "engine", &seq, sizeof(seq) },
		{ "empty", NULL, 0 },
	};

	return checkpoint_write(p->j, seq, sections, 3);
}

static void assert_newest(const struct place *p, uint64_t seq)
{
	struct checkpoint c;
	char text[32];

	assert_int_equal(checkpoint_read(p->dir, &p->state, &c), ERR_OK);
	assert_int_equal(c.seq, seq);
	assert_int_equal(c.n, 3);
	snprintf(text, sizeof(text), "state at %llu", (unsigned long long)seq);
	assert_string_equal(c.section[0].name, "core");
	assert_int_equal(c.section[0].len, strlen(text));
	assert_memory_equal(c.section[0].bytes, text, strlen(text));
	assert_string_equal(c.section[1].name, "engine");
	assert_memory_equal(c.section[1].bytes, &seq, sizeof(seq));
	assert_int_equal((uintptr_t)c.section[1].bytes % 16, 0);
	assert_int_equal(c.section[2].len, 0);
	checkpoint_done(&c);
	assert_null(c.memory);
}

static bool there(const struct place *p, const char *name)
{
	char path[2 * FIXTURE_PATH];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return access(path, F_OK) == 0;
}

static void newest_two_stay(void **unused)
{
	struct checkpoint c;
	struct place p;

	(void)unused;
	place_make(&p);
	assert_int_equal(checkpoint_read(p.dir, &p.state, &c), ERR_NOENT);
	for (uint64_t seq = 10; seq <= 50; seq += 10) {
		assert_int_equal(write_at(&p, seq), ERR_OK);
		assert_newest(&p, seq);
	}
	assert_false(there(&p, NAME(30)));
	assert_true(there(&p, NAME(40)));
	assert_true(there(&p, NAME(50)));
	assert_int_equal(write_at(&p, 50), ERR_OK); /* the same again replaces it */
	assert_newest(&p, 50);
	assert_true(there(&p, NAME(40)));
	place_done(&p);
}

static void damaged_is_passed_over(void **unused)
{
	struct place p;
	uint64_t bits = 9;

	(void)unused;
	place_make(&p);
	assert_int_equal(write_at(&p, 20), ERR_OK);
	assert_int_equal(write_at(&p, 40), ERR_OK);
	struct image i = image_load(p.dir, NAME(40));

	for (size_t at = 0; at < i.len; at++) {
		uint8_t bit = (uint8_t)(1u << prng_below(&bits, 8));

		i.bytes[at] ^= bit;
		image_store(p.dir, NAME(40), i.bytes, i.len);
		assert_newest(&p, 20);
		i.bytes[at] ^= bit;
	}
	for (size_t len = 0; len < i.len; len++) {
		image_store(p.dir, NAME(40), i.bytes, len);
		assert_newest(&p, 20);
	}
	image_store(p.dir, NAME(40), i.bytes, i.len);
	assert_newest(&p, 40);
	image_store(p.dir, NAME(45), i.bytes, i.len); /* a copy under another number is a lie */
	assert_newest(&p, 40);
	image_done(&i);
	place_done(&p);
}

static void beyond_the_end_is_passed_over(void **unused)
{
	struct place p;

	(void)unused;
	place_make(&p);
	assert_int_equal(write_at(&p, 30), ERR_OK);
	assert_int_equal(write_at(&p, 50), ERR_OK);
	p.state.last_seq = 49;
	assert_newest(&p, 30);
	p.state.last_seq = 50;
	assert_newest(&p, 50);
	place_done(&p);
}

static void foreign_is_passed_over(void **unused)
{
	struct place p, other;
	struct checkpoint c;

	(void)unused;
	place_make(&p);
	place_make(&other);
	assert_int_equal(write_at(&other, 50), ERR_OK);
	struct image i = image_load(other.dir, NAME(50));

	image_store(p.dir, NAME(50), i.bytes, i.len);
	assert_int_equal(checkpoint_read(p.dir, &p.state, &c), ERR_NOENT);
	assert_int_equal(write_at(&p, 30), ERR_OK);
	assert_newest(&p, 30);
	assert_true(there(&p, NAME(50))); /* not ours to remove */
	image_done(&i);
	place_done(&other);
	place_done(&p);
}

static int no_room(int fd, off_t at, off_t len)
{
	(void)fd;
	(void)at;
	(void)len;
	return ENOSPC;
}

static ssize_t no_write(int fd, const void *bytes, size_t len, off_t at)
{
	(void)fd;
	(void)bytes;
	(void)len;
	(void)at;
	errno = ENOSPC;
	return -1;
}

static void failing_write_keeps_the_old(void **unused)
{
	const struct disk_calls *real = journal_disk;
	struct disk_calls full = *real;
	struct place p;

	(void)unused;
	place_make(&p);
	assert_int_equal(write_at(&p, 30), ERR_OK);
	full.pwrite = no_write;
	full.fallocate = no_room;
	journal_disk = &full;
	assert_int_equal(write_at(&p, 40), ERR_FULL);
	journal_disk = real;
	assert_newest(&p, 30);
	assert_false(there(&p, NAME(40) ".new"));
	assert_int_equal(write_at(&p, 40), ERR_OK); /* a failed checkpoint is no failed journal */
	assert_newest(&p, 40);
	place_done(&p);
}

/* A journal made again without its beginning: the first record is the checkpoint's. */
static void begins_at_its_checkpoint(void **unused)
{
	struct place p;
	struct journal_report report;
	struct journal_options o = { .dir = p.dir, .first = 31, .segment_bytes = 64 << 10, .sync = true };

	(void)unused;
	fixture_dir(p.dir);
	assert_int_equal(journal_newest_checkpoint(p.dir), 0);
	assert_int_equal(journal_open(&o, &p.j, NULL), ERR_OK);
	for (uint64_t seq = 31; seq <= 40; seq++)
		fixture_append(p.j, seq, 20);
	assert_int_equal(journal_commit(p.j), ERR_OK);
	assert_int_equal(write_at(&p, 31), ERR_OK);
	journal_close(&p.j);
	assert_int_equal(journal_newest_checkpoint(p.dir), 31);
	p.j = fixture_open(p.dir, 64 << 10, true); /* as any other from here on */
	journal_state(p.j, &p.state);
	assert_int_equal(p.state.first_seq, 31);
	assert_int_equal(p.state.last_seq, 40);
	assert_newest(&p, 31);
	fixture_append(p.j, 41, 20);
	journal_close(&p.j);
	assert_int_equal(journal_verify(p.dir, &report), ERR_OK);
	assert_int_equal(report.records, 11);
	fixture_remove(p.dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_two_stay),
		cmocka_unit_test(damaged_is_passed_over),
		cmocka_unit_test(beyond_the_end_is_passed_over),
		cmocka_unit_test(foreign_is_passed_over),
		cmocka_unit_test(failing_write_keeps_the_old),
		cmocka_unit_test(begins_at_its_checkpoint),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
