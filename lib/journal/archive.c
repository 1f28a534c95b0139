/* Reading archived segments. They are unpacked into memory as a whole, where the walk reads them as it reads a file: that is 64 MiB for the time of
 * a verify or a replay, and nothing in a day's trading. */
#include "lib/journal/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"

#define UNPACKED_MAX ((uint64_t)1 << 30) /* a note that speaks of more is damaged */

/* -- names --------------------------------------------------------------------------------------------------------------- */

void journal_archive_name(uint64_t first_seq, char ret_name[DISK_NAME])
{
	snprintf(ret_name, DISK_NAME, "%020llu.journal.zst", (unsigned long long)first_seq);
}

/* Two rising lists in one, each number once. `into` has room for both. */
static size_t merge(uint64_t *into, const uint64_t *a, size_t an, const uint64_t *b, size_t bn)
{
	size_t n = 0, i = 0, k = 0;

	while (i < an || k < bn) {
		uint64_t next = k == bn || (i < an && a[i] <= b[k]) ? a[i] : b[k];

		into[n++] = next;
		i += i < an && a[i] == next;
		k += k < bn && b[k] == next;
	}
	return n;
}

int journal_archive_list(int dirfd, uint64_t **ret, size_t *ret_n)
{
	uint64_t *plain = NULL, *packed = NULL, *all = NULL;
	size_t plain_n, packed_n;
	/* The plain ones first: one that moves to the archive meanwhile is seen there. */
	int err = journal_disk_list(dirfd, "", ".journal", &plain, &plain_n);

	if (err == ERR_OK)
		err = journal_disk_list(dirfd, "", ".journal.zst", &packed, &packed_n);
	if (err == ERR_OK && (all = malloc((plain_n + packed_n + 1) * sizeof(*all))) == NULL)
		err = ERR_NOMEM;
	if (err == ERR_OK) {
		*ret_n = merge(all, plain, plain_n, packed, packed_n);
		*ret = all;
	}
	free(plain);
	free(packed);
	return err;
}

/* -- unpacking ------------------------------------------------------------------------------------------------------------ */

static bool note_good(const struct archive_note *note)
{
	return note->magic == ARCHIVE_NOTE_MAGIC && note->size == sizeof(*note) - 8 && note->bytes <= UNPACKED_MAX && note->pruned <= note->records &&
	       (note->flags & ~ARCHIVE_PRUNED) == 0 && note->crc == crc32c(0, note, offsetof(struct archive_note, crc));
}

/* All of `len` bytes of memory with a descriptor of its own. */
static int memory_make(size_t len, void **ret)
{
	int fd = memfd_create("sauda-segment", MFD_CLOEXEC);

	if (fd < 0)
		return err_from_errno(errno);
	*ret = ftruncate(fd, (off_t)len) == 0 ? mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (*ret != MAP_FAILED)
		return fd;
	int err = err_from_errno(errno);

	close(fd);
	return err;
}

static int unpack(const uint8_t *packed, size_t len)
{
	const struct archive_note *note = (const struct archive_note *)(const void *)packed;
	void *bytes;

	if (len < sizeof(*note) || !note_good(note) || note->bytes == 0)
		return ERR_CORRUPT;
	int fd = memory_make(note->bytes, &bytes);

	if (fd < 0)
		return fd;
	size_t got = ZSTD_decompress(bytes, note->bytes, packed, len); /* checks the frame's own checksum */

	munmap(bytes, note->bytes);
	if (!ZSTD_isError(got) && got == note->bytes)
		return fd;
	close(fd);
	return ERR_CORRUPT;
}

/* Read, not mapped: a disk that fails is then an error and not a signal. */
static int unpack_file(int fd)
{
	struct stat st;
	uint8_t *packed = fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= UNPACKED_MAX ? malloc((size_t)st.st_size) : NULL;

	if (packed == NULL)
		return ERR_CORRUPT;
	ssize_t n = journal_disk_read(fd, packed, (size_t)st.st_size, 0);
	int err = n < 0 ? (int)n : unpack(packed, (size_t)n);

	free(packed);
	return err;
}

static int open_to_read(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? err_from_errno(errno) : fd;
}

int journal_archive_unpack(int dirfd, uint64_t first_seq)
{
	char name[DISK_NAME];

	journal_archive_name(first_seq, name);
	int packed = open_to_read(dirfd, name);

	if (packed < 0)
		return packed;
	int fd = unpack_file(packed);

	close(packed);
	return fd;
}

int journal_archive_open(int dirfd, uint64_t first_seq, bool *ret_archived)
{
	char name[DISK_NAME];

	journal_segment_name(first_seq, name);
	int plain = open_to_read(dirfd, name);

	*ret_archived = plain == ERR_NOENT;
	return plain == ERR_NOENT ? journal_archive_unpack(dirfd, first_seq) : plain;
}

int journal_archive_note(int dirfd, uint64_t first_seq, struct archive_note *ret)
{
	char name[DISK_NAME];

	journal_archive_name(first_seq, name);
	int fd = open_to_read(dirfd, name);

	if (fd < 0)
		return fd;
	ssize_t n = journal_disk_read(fd, ret, sizeof(*ret), 0);

	close(fd);
	return n < 0 ? (int)n : n == (ssize_t)sizeof(*ret) && note_good(ret) ? ERR_OK : ERR_CORRUPT;
}
