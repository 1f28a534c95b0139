#include "lib/journal/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"

static int create(int dir, const char *name)
{
	return openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static const struct disk_calls disk_system = {
	.create = create,
	.unlinkat = unlinkat,
	.pwrite = pwrite,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.fallocate = posix_fallocate,
	.renameat = renameat,
};
const struct disk_calls *journal_disk = &disk_system;

int journal_error_set(struct journal_error *error, int err, const char *format, ...)
{
	va_list args;

	if (error == NULL)
		return err;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return err;
}

/* -- reading, writing, syncing --------------------------------------------------------------------------------------- */

int journal_disk_write(int fd, const void *bytes, size_t len, uint64_t at)
{
	const uint8_t *next = bytes;

	while (len > 0) {
		ssize_t n = journal_disk->pwrite(fd, next, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_from_errno(errno) : ERR_IO;
		next += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

ssize_t journal_disk_read(int fd, void *bytes, size_t len, uint64_t at)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n = pread(fd, (uint8_t *)bytes + have, len - have, (off_t)(at + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_from_errno(errno);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int journal_disk_data_sync(int fd)
{
	return journal_disk->fdatasync(fd) == 0 ? ERR_OK : err_from_errno(errno);
}

int journal_disk_sync(int fd)
{
	return journal_disk->fsync(fd) == 0 ? ERR_OK : err_from_errno(errno);
}

/* -- names ----------------------------------------------------------------------------------------------------------- */

void journal_segment_name(uint64_t first_seq, char ret_name[DISK_NAME])
{
	snprintf(ret_name, DISK_NAME, "%020llu.journal", (unsigned long long)first_seq);
}

#define NAME_DIGITS 20

/* A name that is not ours to the letter is not ours: a copy called "x.journal.bak" is left alone. */
static bool name_parse(const char *name, const char *prefix, const char *suffix, uint64_t *ret)
{
	size_t before = strlen(prefix);
	uint64_t n = 0;

	if (strncmp(name, prefix, before) != 0 || strlen(name) != before + NAME_DIGITS + strlen(suffix))
		return false;
	name += before;
	for (int i = 0; i < NAME_DIGITS; i++, name++) {
		if (*name < '0' || *name > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*name - '0'), &n))
			return false;
	}
	if (strcmp(name, suffix) != 0)
		return false;
	*ret = n;
	return true;
}

static int compare_seq(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int list_push(uint64_t **list, size_t *n, uint64_t seq)
{
	if ((*n & (*n - 1)) == 0) { /* doubles at every power of two */
		uint64_t *more = realloc(*list, (*n == 0 ? 1 : *n * 2) * sizeof(**list));

		if (more == NULL)
			return ERR_NOMEM;
		*list = more;
	}
	(*list)[(*n)++] = seq;
	return ERR_OK;
}

int journal_disk_list(int dirfd, const char *prefix, const char *suffix, uint64_t **ret, size_t *ret_n)
{
	/* Opened anew: a duplicate would share its position with dirfd. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint64_t *list = NULL, seq;
	size_t n = 0;
	int err = ERR_OK;

	if (dir == NULL) {
		err = err_from_errno(errno);
		if (fd >= 0)
			close(fd);
		return err;
	}
	for (struct dirent *entry; err == ERR_OK && (entry = readdir(dir)) != NULL;) {
		if (name_parse(entry->d_name, prefix, suffix, &seq))
			err = list_push(&list, &n, seq);
	}
	closedir(dir);
	if (err != ERR_OK) {
		free(list);
		return err;
	}
	if (n > 0)
		qsort(list, n, sizeof(*list), compare_seq);
	*ret = list;
	*ret_n = n;
	return ERR_OK;
}

/* -- making and sweeping --------------------------------------------------------------------------------------------- */

#define NEW_SUFFIX ".new"

static int file_fill(int fd, const struct disk_part *parts, size_t n, uint64_t size)
{
	uint64_t at = 0;
	int err = ERR_OK;

	if (size > 0 && (err = err_from_errno(journal_disk->fallocate(fd, 0, (off_t)size))) != ERR_OK)
		return err;
	for (size_t i = 0; i < n && err == ERR_OK; i++) {
		err = journal_disk_write(fd, parts[i].bytes, parts[i].len, at);
		at += parts[i].len;
	}
	return err != ERR_OK ? err : journal_disk_sync(fd);
}

int journal_disk_create(int dirfd, const char *name, const struct disk_part *parts, size_t n, uint64_t size, int *ret_fd)
{
	char unfinished[DISK_NAME + sizeof(NEW_SUFFIX)];

	snprintf(unfinished, sizeof(unfinished), "%s" NEW_SUFFIX, name);
	int fd = journal_disk->create(dirfd, unfinished);

	if (fd < 0)
		return err_from_errno(errno);
	int err = file_fill(fd, parts, n, size);

	if (err == ERR_OK && journal_disk->renameat(dirfd, unfinished, dirfd, name) != 0)
		err = err_from_errno(errno);
	if (err != ERR_OK)
		journal_disk->unlinkat(dirfd, unfinished, 0);
	else
		err = journal_disk_sync(dirfd);
	if (err != ERR_OK || ret_fd == NULL)
		close(fd);
	else
		*ret_fd = fd;
	return err;
}

void journal_disk_sweep_like(int dirfd, const char *prefix, const char *suffix)
{
	char name[DISK_NAME + sizeof(NEW_SUFFIX)];
	uint64_t *list;
	size_t n;

	if (journal_disk_list(dirfd, prefix, suffix, &list, &n) != ERR_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s%020llu%s", prefix, (unsigned long long)list[i], suffix);
		journal_disk->unlinkat(dirfd, name, 0);
	}
	free(list);
}

void journal_disk_sweep(int dirfd)
{
	journal_disk_sweep_like(dirfd, "", ".journal" NEW_SUFFIX);
	journal_disk_sweep_like(dirfd, "checkpoint-", NEW_SUFFIX);
	journal_disk->unlinkat(dirfd, "reserve" NEW_SUFFIX, 0);
}
