/* Files of one journal folder: names, whole writes, syncs. The system calls that change the disk are behind one table, so that
 * a test can make them fail, tear or lose what was not synced. No call here is ever repeated after it failed. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/journal/format.h"

struct disk_calls {
	int (*create)(int dir, const char *name); /* a file that is empty, for reading and writing; or -1 */
	int (*unlinkat)(int dir, const char *name, int flags);
	ssize_t (*pwrite)(int fd, const void *bytes, size_t len, off_t at);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*fallocate)(int fd, off_t at, off_t len); /* as posix_fallocate: returns the errno value */
	int (*renameat)(int from_dir, const char *from, int to_dir, const char *to);
};
extern const struct disk_calls *journal_disk; /* the system's; tests point it elsewhere before a journal is opened */

#define DISK_NAME 40
#define DISK_PATH 512 /* longest folder name taken */

/* Puts a sentence into the error (NULL = nowhere) and returns err. */
int journal_error_set(struct journal_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* All of it or an enum err. EINTR and short writes go on; anything else is final. */
int journal_disk_write(int fd, const void *bytes, size_t len, uint64_t at);
/* Reads up to len bytes, less only at the end of the file; the count or an enum err. */
ssize_t journal_disk_read(int fd, void *bytes, size_t len, uint64_t at);
int journal_disk_data_sync(int fd);
int journal_disk_sync(int fd);

/* "00000000000000000001.journal". */
void journal_segment_name(uint64_t first_seq, char ret_name[DISK_NAME]);
/* The numbers in the names PREFIX<20 digits>SUFFIX of the folder, rising; the caller frees *ret. */
int journal_disk_list(int dirfd, const char *prefix, const char *suffix, uint64_t **ret, size_t *ret_n);

/* Makes a file whole and durable before it gets its name: NAME.new, `bytes` then zeros to `size`, fsync, rename, fsync of
 * the folder. Returns the open descriptor through ret_fd, or closes it when ret_fd is NULL. */
struct disk_part { const void *bytes; size_t len; };
int journal_disk_create(int dirfd, const char *name, const struct disk_part *parts, size_t n, uint64_t size, int *ret_fd);
/* Removes what a crash left half made. */
void journal_disk_sweep(int dirfd);
/* The files PREFIX<20 digits>SUFFIX. */
void journal_disk_sweep_like(int dirfd, const char *prefix, const char *suffix);
