/* What is written is read back, by us and by tar(1); what was cut off, changed in a single bit or made to harm is refused. */
#include "lib/base/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct source { const char *bytes; size_t len, at, step; };

static int into_buf(void *ctx, const void *bytes, size_t len)
{
	struct buf *b = ctx;

	buf_put(b, bytes, len);
	return b->failed ? ERR_FULL : ERR_OK;
}

static ssize_t from_source(void *ctx, void *bytes, size_t len)
{
	struct source *s = ctx;
	size_t left = s->len - s->at, take = left < len ? left : len;

	take = take < s->step ? take : s->step;
	memcpy(bytes, s->bytes + s->at, take);
	s->at += take;
	return (ssize_t)take;
}

static char content[1300];

static void archive_make(struct buf *out)
{
	struct tar_writer w;

	for (size_t i = 0; i < sizeof(content); i++)
		content[i] = (char)(i * 7 + 1);
	tar_begin(&w, into_buf, out);
	assert_int_equal(tar_file(&w, "manifest.json", 0644, 1700000000, "{}", 2), ERR_OK);
	assert_int_equal(tar_file(&w, "live/journal/empty", 0600, 0, NULL, 0), ERR_OK);
	assert_int_equal(tar_file(&w, "a/block", 0600, 5, content, TAR_BLOCK), ERR_OK);
	assert_int_equal(tar_member(&w, &(struct tar_member){ .name = "pieces", .size = sizeof(content), .mode = 0640 }), ERR_OK);
	for (size_t i = 0; i < sizeof(content); i += 100)
		assert_int_equal(tar_put(&w, content + i, 100), ERR_OK);
	assert_int_equal(tar_end(&w), ERR_OK);
	assert_int_equal(out->len % TAR_BLOCK, 0);
}

/* Reads all of it; the number of members, or what ended it. */
static int walk(const char *bytes, size_t len, size_t step)
{
	struct source s = { bytes, len, 0, step };
	struct tar_member m;
	struct tar_reader r;
	char piece[700];
	int got, n = 0;

	tar_open(&r, from_source, &s);
	for (; (got = tar_next(&r, &m)) == 1; n++) {
		ssize_t more;

		while ((more = tar_get(&r, piece, sizeof(piece))) > 0)
			;
		if (more < 0)
			return (int)more;
	}
	return got < 0 ? got : n;
}

static void member_is(struct tar_reader *r, const char *name, int64_t size, int64_t mtime, uint32_t mode)
{
	struct tar_member m;

	assert_int_equal(tar_next(r, &m), 1);
	assert_string_equal(m.name, name);
	assert_int_equal(m.size, size);
	assert_int_equal(m.mtime, mtime);
	assert_int_equal(m.mode, mode);
}

static void what_is_written_is_read(void **state)
{
	struct buf out = { 0 };
	struct tar_member m;
	struct tar_reader r;
	char bytes[2000];

	(void)state;
	archive_make(&out);
	for (size_t step = 1; step <= 4096; step *= 3) {
		struct source s = { out.data, out.len, 0, step };
		size_t at = 0;
		ssize_t got;

		tar_open(&r, from_source, &s);
		member_is(&r, "manifest.json", 2, 1700000000, 0644);
		member_is(&r, "live/journal/empty", 0, 0, 0600); /* the one before was not read */
		assert_int_equal(tar_get(&r, bytes, sizeof(bytes)), 0);
		member_is(&r, "a/block", TAR_BLOCK, 5, 0600);
		member_is(&r, "pieces", sizeof(content), 0, 0640);
		while ((got = tar_get(&r, bytes + at, sizeof(bytes) - at)) > 0)
			at += (size_t)got;
		assert_int_equal(got, 0);
		assert_int_equal(at, sizeof(content));
		assert_memory_equal(bytes, content, at);
		assert_int_equal(tar_next(&r, &m), 0);
	}
	buf_done(&out);
}

static void tar_reads_it_too(void **state)
{
	struct buf out = { 0 };
	char path[] = "/tmp/tar-XXXXXX", command[128], line[128];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	(void)state;
	assert_non_null(f);
	archive_make(&out);
	assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
	assert_int_equal(fclose(f), 0);
	snprintf(command, sizeof(command), "tar tf %s && tar xOf %s pieces | cksum", path, path);
	f = popen(command, "r");
	assert_non_null(f);
	for (const char *const *want = (const char *const[]){ "manifest.json\n", "live/journal/empty\n", "a/block\n", "pieces\n", NULL }; *want; want++)
		assert_string_equal(fgets(line, sizeof(line), f), *want);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, " 1300\n"));
	assert_int_equal(pclose(f), 0);
	remove(path);
	buf_done(&out);
}

static void every_flipped_bit_of_a_head_is_seen(void **state)
{
	struct buf out = { 0 };

	(void)state;
	archive_make(&out);
	assert_int_equal(walk(out.data, out.len, 4096), 4);
	for (size_t bit = 0; bit < 8 * out.len; bit++) {
		size_t at = bit / 8;
		bool of_content = (at >= 512 && at < 514) || (at >= 2048 && at < 2560) || (at >= 3072 && at < 3072 + sizeof(content));

		out.data[at] ^= (char)(1 << bit % 8);
		int got = walk(out.data, out.len, 4096);
		if (of_content ? got != 4 : got >= 0)
			fail_msg("bit %zu of byte %zu: %d", bit % 8, at, got);
		out.data[at] ^= (char)(1 << bit % 8);
	}
	buf_done(&out);
}

static void every_truncation_is_seen(void **state)
{
	struct buf out = { 0 };

	(void)state;
	archive_make(&out);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(walk(out.data, len, 4096), ERR_TRUNCATED);
	buf_putc(&out, '\0');
	assert_int_equal(walk(out.data, out.len, 4096), ERR_CORRUPT);
	buf_done(&out);
}

static const char *const harmful[] = {
	"", "/", "/etc/passwd", "..", "../x", "a/..", "a/../b", ".", "./a", "a/.", "a//b", "a/", "//a", "a\\b", "a\nb", "a\x7f", "\xc3\xa9", "a\tb",
};

static void names_that_leave_the_folder(void **state)
{
	char name[TAR_NAME + 1];
	struct buf out = { 0 };
	struct tar_writer w;

	(void)state;
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		assert_false(tar_name_safe(harmful[i]));
		tar_begin(&w, into_buf, &out);
		assert_int_equal(tar_file(&w, harmful[i], 0600, 0, "x", 1), ERR_INVAL);
	}
	assert_true(tar_name_safe("..."));
	assert_true(tar_name_safe(".a/..b/c.."));
	memset(name, 'n', sizeof(name));
	name[TAR_NAME] = '\0';
	assert_false(tar_name_safe(name));
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_file(&w, name, 0600, 0, "x", 1), ERR_INVAL);
	name[TAR_NAME - 1] = '\0';
	assert_int_equal(tar_file(&w, "a", 0600, 0, "x", 1), ERR_INVAL); /* the first error stands */
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_file(&w, name, 0600, 0, "x", 1), ERR_OK);
	buf_done(&out);
}

/* A head of somebody else's making, with its sum set right. */
static int forged(size_t at, const char *bytes, size_t len)
{
	struct buf out = { 0 };
	unsigned sum = 0;
	int got;

	archive_make(&out);
	memcpy(out.data + at, bytes, len);
	memset(out.data + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)out.data[i];
	snprintf(out.data + 148, 7, "%06o", sum);
	got = walk(out.data, out.len, 4096);
	buf_done(&out);
	return got;
}

static void what_others_make_is_not_trusted(void **state)
{
	(void)state;
	assert_int_equal(forged(0, "m", 1), 4);
	for (size_t i = 1; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		assert_int_equal(forged(0, harmful[i], strlen(harmful[i]) + 1), ERR_DENIED);
	for (const char *type = "123457xgL"; *type; type++)
		assert_int_equal(forged(156, type, 1), ERR_UNSUPPORTED);
	assert_int_equal(forged(345, "prefix", 6), ERR_CORRUPT);   /* would be put before the name */
	assert_int_equal(forged(157, "/etc/passwd", 11), ERR_CORRUPT);
	assert_int_equal(forged(124, "\x80\0\0\0", 4), ERR_CORRUPT); /* a size in base 256 */
	assert_int_equal(forged(124, "77777777777", 11), ERR_TRUNCATED);
	assert_int_equal(forged(100, "0004755", 7), ERR_CORRUPT);  /* set-user-id */
}

static void a_failing_disk_is_told_once_and_for_all(void **state)
{
	struct buf out = { .limit = 1000 };
	struct tar_writer w;

	(void)state;
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_file(&w, "a", 0600, 0, content, 600), ERR_FULL);
	out.limit = 0;
	assert_int_equal(tar_file(&w, "b", 0600, 0, content, 6), ERR_FULL);
	assert_int_equal(tar_end(&w), ERR_FULL);
	buf_done(&out);
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_member(&w, &(struct tar_member){ .name = "a", .size = TAR_SIZE_MAX + 1 }), ERR_INVAL);
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_member(&w, &(struct tar_member){ .name = "a", .size = -1 }), ERR_INVAL);
	tar_begin(&w, into_buf, &out);
	assert_int_equal(tar_member(&w, &(struct tar_member){ .name = "a", .mtime = -1 }), ERR_INVAL);
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(tar_reads_it_too),
		cmocka_unit_test(every_flipped_bit_of_a_head_is_seen),
		cmocka_unit_test(every_truncation_is_seen),
		cmocka_unit_test(names_that_leave_the_folder),
		cmocka_unit_test(what_others_make_is_not_trusted),
		cmocka_unit_test(a_failing_disk_is_told_once_and_for_all),
	};

	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
