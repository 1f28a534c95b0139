/* What a database keeps of a lost disk, read back: each way in which it can be of no use is refused before anything is made or taken over. The database is a
 * fake one that hands out what the test laid down; tests/store/test_restore.py has a real one. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/core.h"
#include "lib/store/ops.h"
#include "lib/store/restore.h"
#include "lib/store/tail.h"
#include "tests/store/fixture.h"

#define POINT 40  /* the checkpoint's record */
#define LAST 90
#define CORE_BYTES 640
#define SEQ_AT(field) offsetof(struct tail_head, field)

static struct {
	struct buf stream;           /* as tail.c makes it */
	uint8_t frame[1 << 20];      /* instead of it, when len is not 0 */
	size_t len;
	struct tail_owner owner;
	int read, take;              /* errors of the two calls */
	int taken;
	uint8_t taken_by[16];
	char dir[256], journal[300], half[320];
	struct store_error error;
	struct store_restored got;
} t;

/* -- the fake database --------------------------------------------------------------------------------------------- */

static int give(const void *bytes, size_t len, tail_part_fn *part, void *ctx)
{
	static uint8_t frame[1 << 20];
	size_t size = ZSTD_compress(frame, sizeof(frame), bytes, len, 1);

	assert_false(ZSTD_isError(size));
	return part(ctx, frame, size);
}

/* In two parts, cut anywhere. */
static int fake_read(const struct store_place *place, tail_part_fn *part, void *ctx, struct tail_owner *ret, struct store_error *error)
{
	size_t first = t.stream.len / 3;

	(void)place;
	*ret = t.owner;
	if (t.read) {
		snprintf(error->text, sizeof(error->text), "%s", t.read == ERR_NOENT ? "" : "the server's words");
		return t.read;
	}
	if (t.len)
		return part(ctx, t.frame, t.len);
	int err = give(t.stream.data, first, part, ctx);
	return err ? err : give(t.stream.data + first, t.stream.len - first, part, ctx);
}

static int fake_take(const struct store_place *place, const struct tail_owner *owner, struct store_error *error)
{
	assert_true(access(t.journal, F_OK) != 0); /* the folder gets its name last */
	assert_memory_equal(owner, &t.owner, sizeof(*owner));
	memcpy(t.taken_by, place->journal_id, sizeof(t.taken_by));
	t.taken += t.take == 0;
	if (t.take)
		snprintf(error->text, sizeof(error->text), "another host was quicker");
	return t.take;
}

static const struct store_ops fake = { .name = "fake", .tail_read = fake_read, .tail_take = fake_take };

/* -- the stream ---------------------------------------------------------------------------------------------------- */

static void lay_head(uint64_t point)
{
	static const char core[CORE_BYTES] = { 1 }, feed[24] = { 2 };
	struct tail_head h = { .core = CORE_VERSION, .seq = point, .sections = point ? 2 : 0 };

	memcpy(h.magic, TAIL_MAGIC, sizeof(h.magic));
	if (point) {
		snprintf(h.section[0].name, sizeof(h.section[0].name), "core");
		snprintf(h.section[1].name, sizeof(h.section[1].name), "feed");
		h.section[0].len = sizeof(core);
		h.section[1].len = sizeof(feed);
	}
	buf_clear(&t.stream);
	buf_put(&t.stream, &h, sizeof(h));
	buf_put(&t.stream, core, (size_t)h.section[0].len);
	buf_put(&t.stream, feed, (size_t)h.section[1].len);
}

static void lay_record(uint64_t n)
{
	struct fixture_record f;
	struct tail_record r = { .len = 0 };

	fixture_record(n, &f);
	r.head = f.head;
	r.head.seq = n;
	r.len = f.len;
	buf_put(&t.stream, &r, sizeof(r));
	buf_put(&t.stream, f.payload, f.len);
}

static void lay(uint64_t point)
{
	lay_head(point);
	for (uint64_t n = point ? point : 1; n <= LAST; n++)
		lay_record(n);
	t.owner = (struct tail_owner){ .number = 7, .journal_id = { 7 }, .seq = LAST };
	t.len = 0;
}

static void overwrite(size_t at, uint64_t value, size_t size)
{
	assert_true(at + size <= t.stream.len);
	memcpy(t.stream.data + at, &value, size);
}

static int setup(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	fixture_folder(t.dir, sizeof(t.dir));
	snprintf(t.journal, sizeof(t.journal), "%s/journal", t.dir);
	snprintf(t.half, sizeof(t.half), "%s.restoring", t.journal);
	lay(POINT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&t.stream);
	fixture_folder_done(t.dir);
	return 0;
}

static int run(void)
{
	struct store_options o = { .ops = &fake, .path = "x", .account = "a", .journal_dir = t.journal, .core_size = CORE_BYTES };

	memset(&t.error, 'x', sizeof(t.error));
	return store_restore(&o, &t.got, &t.error);
}

static void expect_refused(int err, const char *words)
{
	assert_int_equal(run(), err);
	assert_non_null(strstr(t.error.text, words));
	assert_true(access(t.journal, F_OK) != 0);
	assert_int_equal(t.taken, 0);
}

static void expect_restored(uint64_t point)
{
	struct journal_options o = { .dir = t.journal, .sync = true };
	struct journal_error words = { "" };
	struct journal_state state;
	struct checkpoint found;
	struct journal *j;
	char mark[400];

	assert_int_equal(run(), 0);
	assert_int_equal(t.got.first, point ? point : 1);
	assert_int_equal(t.got.checkpoint, point);
	assert_int_equal(t.got.last, LAST);
	snprintf(mark, sizeof(mark), "%s/" RESTORED_MARK, t.journal);
	assert_int_equal(access(mark, F_OK), 0);
	assert_true(access(t.half, F_OK) != 0);
	assert_int_equal(journal_open(&o, &j, &words), 0);
	journal_state(j, &state);
	assert_int_equal(state.first_seq, point ? point : 1);
	assert_int_equal(state.last_seq, LAST);
	assert_int_equal(t.taken, 1);
	assert_memory_equal(state.id, t.taken_by, sizeof(state.id));
	assert_int_equal(checkpoint_read(t.journal, &state, &found), point ? 0 : ERR_NOENT);
	if (point) {
		assert_int_equal(found.seq, point);
		assert_int_equal(found.section[0].len, CORE_BYTES);
		checkpoint_done(&found);
	}
	journal_close(&j);
}

/* -- tests --------------------------------------------------------------------------------------------------------- */

static void from_a_checkpoint(void **state)
{
	(void)state;
	expect_restored(POINT);
}

static void from_the_beginning(void **state)
{
	(void)state;
	lay(0);
	overwrite(SEQ_AT(core), CORE_VERSION + 1, 4); /* of no checkpoint: the records are replayed by this build */
	expect_restored(0);
}

/* Whatever a crash left of an attempt is replaced, and not mixed with. */
static void after_a_crash(void **state)
{
	(void)state;
	fixture_journal(t.half, 1, 500, 0);
	expect_restored(POINT);
}

static void nothing_there(void **state)
{
	struct store_options o = { .journal_dir = t.journal };

	(void)state;
	assert_int_equal(store_restore(&o, &t.got, &t.error), ERR_NOENT);
	o.ops = &store_sqlite_ops; /* on the disk that is lost */
	assert_int_equal(store_restore(&o, &t.got, &t.error), ERR_NOENT);
	t.read = ERR_NOENT;
	expect_refused(ERR_NOENT, "");
	assert_string_equal(t.error.text, "");
}

static void the_servers_errors(void **state)
{
	static const int errs[] = { ERR_TRUNCATED, ERR_IO, ERR_BUSY };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(errs); i++) {
		t.read = errs[i];
		expect_refused(errs[i], "the server's words");
	}
}

static void a_long_name(void **state)
{
	char name[600];
	struct store_options o = { .ops = &fake, .journal_dir = name };

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(store_restore(&o, &t.got, &t.error), ERR_RANGE);
	assert_non_null(strstr(t.error.text, "too long"));
}

static void broken_parts(void **state)
{
	(void)state;
	t.len = 100; /* no frame at all */
	memset(t.frame, 'z', t.len);
	expect_refused(ERR_CORRUPT, "damaged");
	t.len = ZSTD_compress(t.frame, sizeof(t.frame), t.stream.data, t.stream.len, 1) - 9; /* cut short */
	expect_refused(ERR_CORRUPT, "damaged");
	t.frame[t.len / 2] ^= 0x40;
	expect_refused(ERR_CORRUPT, "damaged");
}

static void broken_heads(void **state)
{
	(void)state;
	t.stream.len = sizeof(struct tail_head) - 1;
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	t.stream.data[0] ^= 1;
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(SEQ_AT(sections), CHECKPOINT_SECTIONS + 1, 4);
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(SEQ_AT(sections), 0, 4); /* a checkpoint of nothing */
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(SEQ_AT(seq), 0, 8); /* sections of no checkpoint */
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(SEQ_AT(section[1].len), UINT64_MAX, 8);
	expect_refused(ERR_CORRUPT, "not whole");
}

static void broken_records(void **state)
{
	size_t at;

	(void)state;
	t.stream.len -= 1; /* the last one's payload is cut */
	expect_refused(ERR_CORRUPT, "not whole");
	lay_head(POINT);
	expect_refused(ERR_CORRUPT, "not whole"); /* none */
	at = t.stream.len;
	lay_record(POINT);
	t.stream.len = at + sizeof(struct tail_record) - 1;
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(at + offsetof(struct tail_record, len), JOURNAL_RECORD_MAX + 1, 8);
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	overwrite(at + offsetof(struct tail_record, head.seq), POINT + 1, 8); /* the checkpoint's own is missing */
	expect_refused(ERR_CORRUPT, "not whole");
}

static void missing_records(void **state)
{
	(void)state;
	lay_head(POINT);
	lay_record(POINT);
	lay_record(POINT + 2);
	t.owner.seq = POINT;
	expect_refused(ERR_CORRUPT, "not whole");
	lay(POINT);
	t.owner.seq = LAST + 1; /* rows tell of a record that is not there */
	expect_refused(ERR_CORRUPT, "not whole");
}

static void another_build(void **state)
{
	(void)state;
	overwrite(SEQ_AT(core), CORE_VERSION + 1, 4);
	expect_refused(ERR_VERSION, "another build");
	overwrite(SEQ_AT(core), CORE_VERSION - 1, 4);
	expect_refused(ERR_VERSION, "another build");
	overwrite(SEQ_AT(core), CORE_VERSION, 4);
	overwrite(SEQ_AT(section[0].len), CORE_BYTES - 8, 8); /* the bytes after it shift, as in a core of less capacity */
	overwrite(SEQ_AT(section[1].len), 24 + 8, 8);
	expect_refused(ERR_VERSION, "another build");
}

/* Two hosts at once: one of them gets the rows, and the other makes no journal. */
static void another_was_quicker(void **state)
{
	(void)state;
	t.take = ERR_MISMATCH;
	expect_refused(ERR_MISMATCH, "quicker");
	t.take = 0;
	expect_restored(POINT);
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		EACH(from_a_checkpoint), EACH(from_the_beginning), EACH(after_a_crash), EACH(nothing_there), EACH(the_servers_errors), EACH(a_long_name), EACH(broken_parts),
		EACH(broken_heads), EACH(broken_records), EACH(missing_records), EACH(another_build), EACH(another_was_quicker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
