#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- folders --------------------------------------------------------------------------------------------------------- */

void fixture_dir(char path[FIXTURE_PATH])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, FIXTURE_PATH, "%s/sauda-journal-XXXXXX", base == NULL ? "/tmp" : base);
	assert_non_null(mkdtemp(path));
}

static void each_file(const char *path, void (*does)(const char *file, const char *name, const char *to), const char *to)
{
	char file[2 * FIXTURE_PATH];
	DIR *dir = opendir(path);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		does(file, entry->d_name, to);
	}
	closedir(dir);
}

static void file_unlink(const char *file, const char *name, const char *to)
{
	(void)name;
	(void)to;
	assert_int_equal(unlink(file), 0);
}

void fixture_remove(const char *path)
{
	each_file(path, file_unlink, NULL);
	assert_int_equal(rmdir(path), 0);
}

static void file_copy(const char *file, const char *name, const char *to)
{
	char *slash = strrchr(file, '/');
	char dir[2 * FIXTURE_PATH];

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - file), file);
	struct image i = image_load(dir, name);

	image_store(to, name, i.bytes, i.len);
	image_done(&i);
}

void fixture_copy(const char *from, const char *to)
{
	if (mkdir(to, 0700) != 0)
		each_file(to, file_unlink, NULL);
	each_file(from, file_copy, to);
}

/* -- records --------------------------------------------------------------------------------------------------------- */

size_t fixture_record(uint64_t seq, size_t max, struct record *ret_head, uint8_t ret_payload[JOURNAL_RECORD_MAX])
{
	uint64_t state = seq * 977;
	size_t len = (size_t)prng_below(&state, max);

	*ret_head = (struct record){
		.seq = seq, .stamp = (nanos_t)seq * 1000, .kind = (uint16_t)prng_below(&state, 70),
		.flags = (uint16_t)prng_next(&state), .instrument = (uint32_t)prng_next(&state),
	};
	for (size_t i = 0; i < len; i++)
		ret_payload[i] = (uint8_t)prng_next(&state);
	return len;
}

void fixture_append(struct journal *j, uint64_t seq, size_t max)
{
	struct record head;
	uint8_t payload[JOURNAL_RECORD_MAX];
	size_t len = fixture_record(seq, max, &head, payload);

	assert_int_equal(journal_append(j, &head, payload, len), ERR_OK);
}

struct journal *fixture_open(const char *dir, size_t segment_bytes, bool sync)
{
	struct journal_options o = { .dir = dir, .segment_bytes = segment_bytes, .sync = sync };
	struct journal_error error = { "" };
	struct journal *j = NULL;

	if (journal_open(&o, &j, &error) != ERR_OK)
		fail_msg("%s", error.text);
	return j;
}

uint64_t fixture_batches(struct journal *j, uint64_t seq, size_t batches, size_t max, bool sync)
{
	uint64_t state = seq + batches;

	for (size_t i = 0; i < batches; i++) {
		for (uint64_t n = 1 + prng_below(&state, 5); n > 0; n--)
			fixture_append(j, ++seq, max);
		assert_int_equal(journal_submit(j, sync), ERR_OK);
	}
	return seq;
}

int fixture_read(const char *dir, uint64_t from, size_t max, uint64_t *ret_last)
{
	struct journal_error error = { "" };
	struct journal_reader *r;
	struct record head, expected;
	uint8_t bytes[JOURNAL_RECORD_MAX];
	const void *payload;
	size_t len;
	int err = journal_reader_open(dir, from, &r, &error);

	*ret_last = 0;
	if (err != ERR_OK)
		return err;
	while ((err = journal_reader_next(r, &head, &payload, &len)) > 0) {
		assert_true(*ret_last == 0 || head.seq == *ret_last + 1);
		assert_int_equal(len, fixture_record(head.seq, max, &expected, bytes));
		assert_memory_equal(&head, &expected, sizeof(head));
		assert_memory_equal(payload, bytes, len);
		*ret_last = head.seq;
	}
	assert_true(err == ERR_OK || error.text[0] != '\0');
	journal_reader_close(&r);
	return err;
}

/* -- files as memory ------------------------------------------------------------------------------------------------- */

struct image image_load(const char *dir, const char *name)
{
	char path[2 * FIXTURE_PATH];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	struct image i = { malloc((size_t)st.st_size + 1), (size_t)st.st_size };

	assert_non_null(i.bytes);
	assert_int_equal(read(fd, i.bytes, i.len), i.len);
	close(fd);
	return i;
}

void image_store(const char *dir, const char *name, const uint8_t *bytes, size_t len)
{
	char path[2 * FIXTURE_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

void image_done(struct image *i)
{
	free(i->bytes);
	i->bytes = NULL;
}

size_t image_batches(const struct image *i, size_t *ret_at, size_t max)
{
	size_t n = 0, at = sizeof(struct segment_head);
	struct batch_head head;

	for (; at + sizeof(head) <= i->len; at += head.length) {
		memcpy(&head, i->bytes + at, sizeof(head));
		if (head.magic != BATCH_MAGIC)
			break;
		assert_true(n + 1 < max);
		ret_at[n++] = at;
	}
	ret_at[n] = at;
	return n;
}
