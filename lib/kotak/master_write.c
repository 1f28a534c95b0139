/* The cache file: written whole beside the old one and put in its place, so that no reader ever meets half of it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_priv.h"

#define ALIGN 64
#define PATH_MAX_TEXT 512

static void make_head(const struct master_builder *b, date_t day, struct master_head *h)
{
	uint64_t at = sizeof(*h);

	*h = (struct master_head){ .magic = MASTER_CACHE_MAGIC, .version = MASTER_CACHE_VERSION, .day = day, .rows = b->rows, .slots = b->slots,
	                           .names = b->names, .contracts = b->contracts };
	memcpy(h->segment_rows, b->segment_rows, sizeof(h->segment_rows));
	for (int s = 0; s < SECTIONS; s++) {
		at = (at + ALIGN - 1) / ALIGN * ALIGN;
		h->at[s] = at;
		at += master_section_size(h, (enum section)s);
	}
	h->size = at;
	h->crc = crc32c(0, h, sizeof(*h));
}

static bool write_all(int fd, const void *bytes, size_t len, uint64_t at)
{
	const char *p = bytes;

	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_sections(int fd, const struct master_builder *b, const struct master_head *h, const uint32_t *sums)
{
	const void *const data[SECTIONS] = { b->row, sums, b->token, b->symbol, b->name, b->order };

	for (int s = 0; s < SECTIONS; s++)
		if (!write_all(fd, data[s], master_section_size(h, (enum section)s), h->at[s]))
			return false;
	return ftruncate(fd, (off_t)h->size) == 0 && write_all(fd, h, sizeof(*h), 0) && fsync(fd) == 0;
}

/* The rename itself must outlive a power cut. */
static bool sync_folder(const char *path)
{
	char copy[PATH_MAX_TEXT];

	snprintf(copy, sizeof(copy), "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool good = fsync(fd) == 0;
	close(fd);
	return good;
}

static uint32_t *row_sums(const struct master_builder *b)
{
	uint32_t *sums = malloc((b->rows + 1) * sizeof(*sums));

	for (uint32_t i = 0; sums && i < b->rows; i++)
		sums[i] = crc32c(0, &b->row[i], sizeof(b->row[i]));
	return sums;
}

static int write_file(const struct master_builder *b, const struct master_head *h, const uint32_t *sums, const char *path, struct master_error *error)
{
	char temporary[PATH_MAX_TEXT];

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= sizeof(temporary)) {
		snprintf(error->text, sizeof(error->text), "the path of the master's cache is too long");
		return ERR_RANGE;
	}
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0 && write_sections(fd, b, h, sums);
	int why = errno;
	if (fd >= 0 && close(fd) != 0 && good) {
		why = errno;
		good = false;
	}
	if (good && (rename(temporary, path) != 0 || !sync_folder(path))) {
		why = errno;
		good = false;
	}
	if (good)
		return ERR_OK;
	snprintf(error->text, sizeof(error->text), "cannot write the master's cache %.160s (%s)", path, strerror(why));
	unlink(temporary);
	return err_from_errno(why);
}

int master_write(struct master_builder *b, date_t day, const char *path, struct master_error *error)
{
	struct master_head head;

	CHECK_OBJ(b, MASTER_BUILDER_MAGIC);
	error->text[0] = '\0';
	int err = master_index(b);
	uint32_t *sums = err == ERR_OK ? row_sums(b) : NULL;
	if (err == ERR_OK && !sums)
		err = ERR_NOMEM;
	if (err != ERR_OK) {
		snprintf(error->text, sizeof(error->text), err == ERR_FULL ? "more underlyings than a master may have" : "out of memory while indexing the master");
		return err;
	}
	make_head(b, day, &head);
	err = write_file(b, &head, sums, path, error);
	free(sums);
	return err;
}
