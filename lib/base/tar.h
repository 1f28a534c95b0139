/* Tar archives (POSIX ustar) of plain files, written and read as a stream: tar(1) unpacks what is written here. What is read is of strangers: a
 * name that would leave the folder, a link, a device, or one byte of a head that the writer here would not have written ends the reading. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TAR_BLOCK 512
#define TAR_NAME  100 /* of a member, with its NUL: folders by '/', none of them named before its files */
#define TAR_SIZE_MAX INT64_C(077777777777) /* 8 GiB less a byte */

struct tar_member {
	char name[TAR_NAME];
	int64_t size;   /* of its content, 0 to TAR_SIZE_MAX */
	int64_t mtime;  /* s since 1970 */
	uint32_t mode;  /* permission bits */
};

/* Relative, of printable ASCII but '\', no empty component, none "." or "..": it stays below the folder that it is unpacked into. */
bool tar_name_safe(const char *name);

/* -- writing: tar_begin(), for each member tar_member() and tar_put() of exactly its size, tar_end(). The first error stands and is answered by all
 * that follows. ---- */
struct tar_writer {
	int (*put)(void *ctx, const void *bytes, size_t len); /* all of it, or an enum err */
	void *ctx;
	int64_t left;  /* of the member at hand */
	uint32_t pad;  /* zeros behind it */
	int err;
};
void tar_begin(struct tar_writer *w, int (*put)(void *ctx, const void *bytes, size_t len), void *ctx);
/* ERR_INVAL for a name that is not safe, or a number that the format cannot say. The member before must be whole (asserted). */
int tar_member(struct tar_writer *w, const struct tar_member *m);
int tar_put(struct tar_writer *w, const void *bytes, size_t len);
/* Both, for what is in memory already. */
int tar_file(struct tar_writer *w, const char *name, uint32_t mode, int64_t mtime, const void *bytes, size_t len);
int tar_end(struct tar_writer *w);

/* -- reading ---- */
struct tar_reader {
	ssize_t (*get)(void *ctx, void *bytes, size_t len); /* the next bytes, at most len; 0 = end; or an enum err */
	void *ctx;
	int64_t left;
	uint32_t pad;
	int err;
};
void tar_open(struct tar_reader *r, ssize_t (*get)(void *ctx, void *bytes, size_t len), void *ctx);
/* 1 = a member; 0 = the archive's end, and nothing comes after it; else an enum err: ERR_TRUNCATED, ERR_CORRUPT, ERR_DENIED (a name that is not safe),
 * ERR_UNSUPPORTED (not a plain file). What was not read of the member before is passed over. */
int tar_next(struct tar_reader *r, struct tar_member *ret);
/* The next bytes of the member, at most len; 0 = all were read. */
ssize_t tar_get(struct tar_reader *r, void *bytes, size_t len);
