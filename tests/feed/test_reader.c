/* lib/feed/reader: the same lines from plain, gzip and zstd files; line ends, long lines, cut and damaged files. */
#include "play.h"

#include "lib/feed/reader.h"

static void expect_lines(const char *path, const char *const *lines, size_t n)
{
	struct reader *r = NULL;
	struct feed_error error = { "" };
	struct line line;

	assert_int_equal(reader_open(path, &r, &error), ERR_OK);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(reader_next(r, &line, &error), 1);
		assert_int_equal(line.number, i + 1);
		assert_int_equal(line.len, strlen(lines[i]));
		assert_memory_equal(line.text, lines[i], line.len);
		assert_false(line.too_long);
	}
	assert_int_equal(reader_next(r, &line, &error), 0);
	assert_int_equal(reader_next(r, &line, &error), 0);
	reader_close(&r);
	assert_null(r);
	reader_close(&r);
}

static void test_packings(void **state)
{
	static const char *const lines[] = { "a,b", "", "1,2", "last" };
	static const char text[] = "a,b\r\n\n1,2\nlast"; /* no line end at the end */

	(void)state;
	expect_lines(write_file("a.csv", text), lines, 4);
	expect_lines(write_file("a.csv.gz", text), lines, 4);
	expect_lines(write_file("a.csv.zst", text), lines, 4);
	expect_lines(write_file("empty.csv", ""), lines, 0);
	expect_lines(write_file("empty.csv.gz", ""), lines, 0);
	expect_lines(write_file("misnamed.txt.zst", text), lines, 4);
}

static void test_gzip_members(void **state)
{
	static const char *const lines[] = { "one", "two" };
	const char *path = write_file("two.csv.gz", "one\n");
	gzFile gz = gzopen(path, "ab");

	(void)state;
	gzputs(gz, "two\n");
	gzclose(gz);
	expect_lines(path, lines, 2);
}

/* Many lines, so that every buffer edge is crossed. */
static void test_long_file(void **state)
{
	const size_t lines = 60000;
	char *text = malloc(lines * 16 + 1), *at = text;
	struct reader *r = NULL;
	struct line line;
	char want[32];

	(void)state;
	for (size_t i = 0; i < lines; i++)
		at += sprintf(at, "row %zu\n", i * 7919);
	for (int zst = 0; zst < 2; zst++) {
		assert_int_equal(reader_open(write_file(zst ? "long.csv.zst" : "long.csv.gz", text), &r, NULL), ERR_OK);
		for (size_t i = 0; i < lines; i++) {
			snprintf(want, sizeof(want), "row %zu", i * 7919);
			assert_int_equal(reader_next(r, &line, NULL), 1);
			assert_int_equal(line.len, strlen(want));
			assert_memory_equal(line.text, want, line.len);
		}
		assert_int_equal(reader_next(r, &line, NULL), 0);
		reader_close(&r);
	}
	free(text);
}

static void test_long_lines(void **state)
{
	static const size_t sizes[] = { READER_LINE_MAX, READER_LINE_MAX + 1, 256 * 1024, 256 * 1024 + 1, 700 * 1024 };
	char *text = malloc(1024 * 1024);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct reader *r = NULL;
		struct line line;
		memset(text, 'x', sizes[i]);
		strcpy(text + sizes[i], "\nnext\n");
		assert_int_equal(reader_open(write_file("wide.csv", text), &r, NULL), ERR_OK);
		assert_int_equal(reader_next(r, &line, NULL), 1);
		assert_int_equal(line.too_long, sizes[i] > READER_LINE_MAX);
		assert_int_equal(line.len, READER_LINE_MAX);
		assert_int_equal(reader_next(r, &line, NULL), 1);
		assert_int_equal(line.len, 4);
		assert_memory_equal(line.text, "next", 4);
		assert_int_equal(line.number, 2);
		assert_int_equal(reader_next(r, &line, NULL), 0);
		reader_close(&r);
	}
	free(text);
}

static int read_all(const char *path, struct feed_error *error)
{
	struct reader *r = NULL;
	struct line line;
	int got = reader_open(path, &r, error);

	if (got != ERR_OK)
		return got;
	while ((got = reader_next(r, &line, error)) == 1)
		;
	reader_close(&r);
	return got;
}

/* A file cut anywhere is told from a whole one, whatever the packing. */
static void test_cut(void **state)
{
	char text[4000], *at = text;
	struct feed_error error;

	(void)state;
	for (int i = 0; i < 300; i++)
		at += sprintf(at, "%d,%d\n", i, i * i % 97);
	for (int zst = 0; zst < 2; zst++) {
		for (long cut = 1; cut < 200; cut += 9) {
			const char *path = write_file(zst ? "cut.csv.zst" : "cut.csv.gz", text);
			cut_file(path, -cut);
			assert_int_equal(read_all(path, &error), ERR_TRUNCATED);
			assert_non_null(strstr(error.text, "cut short"));
		}
	}
}

static void test_damaged(void **state)
{
	unsigned char bytes[400];
	const char *path = write_file("bad.csv.gz", "timestamp,price\n1,2\n3,4\n5,6\n7,8\n9,10\n");
	struct feed_error error;
	FILE *f = fopen(path, "rb");
	size_t len = fread(bytes, 1, sizeof(bytes), f);

	(void)state;
	fclose(f);
	bytes[len - 6] ^= 0xff; /* the stored checksum */
	write_bytes(path, bytes, len);
	assert_int_equal(read_all(path, &error), ERR_CORRUPT);
	assert_non_null(strstr(error.text, "damaged gzip"));
	write_bytes(path, "\x28\xb5\x2f\xfd\x08\x00\x00\x00\x00\x00", 10);
	assert_int_equal(read_all(path, &error), ERR_CORRUPT);
	assert_int_equal(read_all("no/such/file.csv", &error), ERR_NOENT);
	assert_non_null(strstr(error.text, "no/such/file.csv"));
	assert_true(read_all(folder, &error) < 0); /* a folder is no file */
}

static void test_crc(void **state)
{
	uint32_t crc[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct reader *r = NULL;
		struct line line;
		assert_int_equal(reader_open(write_file("crc.csv", i == 2 ? "a\nc\n" : "a\nb\n"), &r, NULL), ERR_OK);
		while (reader_next(r, &line, NULL) == 1)
			;
		crc[i] = reader_crc(r);
		reader_close(&r);
	}
	assert_int_equal(crc[0], crc[1]);
	assert_int_not_equal(crc[0], crc[2]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packings), cmocka_unit_test(test_gzip_members), cmocka_unit_test(test_long_file),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_cut), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_crc),
	};

	return cmocka_run_group_tests_name("reader", tests, folder_make, folder_remove);
}
