/* Reading a backup: nothing in it is believed before all of it was checked, and nothing is written outside the folder given. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/backup/backup.h"
#include "engined/backup/stream.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define CHUNK ((size_t)256 << 10)
#define MANIFEST_MAX (16 << 20)

struct reading {
	const char *path;
	const struct backup_progress *progress;
	struct backup_error *error;
	struct stream_in *in;
	struct tar_reader tar;
	uint64_t done;
	uint8_t chunk[CHUNK];
};

static void tell(const struct reading *r, const char *what, uint64_t bytes, uint64_t of)
{
	if (r->progress && r->progress->tell)
		r->progress->tell(r->progress->ctx, what, bytes, of);
}

static void on_sum(void *ctx, uint64_t bytes)
{
	tell(ctx, "checking the file", bytes, 0);
}

static int failed(struct reading *r, int err, const char *name)
{
	const char *why = err == ERR_TRUNCATED ? "it ends too early: it was cut off, or is no backup" : err == ERR_CORRUPT ? "it is damaged" :
	                  err == ERR_VERSION ? "it is not a backup" : err == ERR_DENIED ? "a name in it would lead out of the folder" :
	                  err == ERR_UNSUPPORTED ? "something in it is not a plain file" : err_text(err);

	return backup_error_set(r->error, err, "%s: %s%s%s%s", r->path, why, name ? " (" : "", name ? name : "", name ? ")" : "");
}

static int reading_open(struct reading **ret, const char *path, const struct backup_progress *progress, struct backup_error *error)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return backup_error_set(error, ERR_NOMEM, "out of memory");
	r->path = path;
	r->progress = progress;
	r->error = error;
	int err = stream_open(&r->in, path, on_sum, r);
	if (err != ERR_OK) {
		err = failed(r, err, NULL);
		free(r);
		return err;
	}
	tar_open(&r->tar, stream_get, r->in);
	*ret = r;
	return ERR_OK;
}

static void reading_close(struct reading *r)
{
	stream_close(&r->in);
	free(r);
}

/* -- checking ------------------------------------------------------------------------------------------------------------------------------ */

/* What the file says of itself, and what was found. */
static int compare(struct reading *r, const struct backup_manifest *said, const struct backup_manifest *found)
{
	if (said->files != found->files)
		return failed(r, ERR_CORRUPT, "files are missing, or too many");
	for (size_t i = 0; i < said->files; i++) {
		const struct backup_file *a = &said->file[i], *b = &found->file[i];

		if (strcmp(a->name, b->name) != 0 || a->size != b->size || strcmp(a->sum, b->sum) != 0)
			return failed(r, ERR_CORRUPT, b->name);
	}
	return ERR_OK;
}

static int sum_member(struct reading *r, const struct tar_member *m, struct backup_manifest *found)
{
	uint8_t sum[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state h;
	ssize_t n;

	crypto_hash_sha256_init(&h);
	while ((n = tar_get(&r->tar, r->chunk, CHUNK)) > 0) {
		crypto_hash_sha256_update(&h, r->chunk, (unsigned long long)n);
		tell(r, "checking its content", r->done += (uint64_t)n, 0);
	}
	crypto_hash_sha256_final(&h, sum);
	if (n < 0)
		return failed(r, (int)n, m->name);
	return manifest_add(found, m->name, (uint64_t)m->size, sum) == ERR_OK ? ERR_OK : failed(r, ERR_NOMEM, NULL);
}

static int read_manifest(struct reading *r, const struct tar_member *m, struct buf *text)
{
	ssize_t n;

	if (text->len > 0 || m->size == 0 || m->size > MANIFEST_MAX)
		return failed(r, ERR_CORRUPT, m->name);
	while ((n = tar_get(&r->tar, r->chunk, CHUNK)) > 0)
		buf_put(text, r->chunk, (size_t)n);
	return n < 0 ? failed(r, (int)n, m->name) : text->failed ? failed(r, ERR_NOMEM, NULL) : ERR_OK;
}

static int read_all(struct reading *r, struct buf *text, struct backup_manifest *found)
{
	struct tar_member m;
	int more, err = ERR_OK;

	while (err == ERR_OK && (more = tar_next(&r->tar, &m)) == 1) {
		if (strcmp(m.name, BACKUP_MANIFEST) == 0)
			err = read_manifest(r, &m, text);
		else if (text->len > 0 || !manifest_name_known(m.name))
			err = backup_error_set(r->error, ERR_DENIED, "%.300s: a file is in it that no backup has (%s)", r->path, m.name);
		else
			err = sum_member(r, &m, found);
	}
	if (err != ERR_OK)
		return err;
	return more < 0 ? failed(r, more, more == ERR_DENIED || more == ERR_UNSUPPORTED ? m.name : NULL) : text->len == 0 ? failed(r, ERR_VERSION, "no " BACKUP_MANIFEST) : ERR_OK;
}

int backup_check(const char *path, const struct backup_progress *progress, struct backup_manifest *ret, struct backup_error *error)
{
	struct backup_manifest found = { 0 };
	struct buf text = { 0 };
	struct reading *r;
	int err = reading_open(&r, path, progress, error);

	*ret = (struct backup_manifest){ 0 };
	if (err != ERR_OK)
		return err;
	err = read_all(r, &text, &found);
	if (err == ERR_OK && (err = manifest_parse(ret, text.data, text.len, error)) != ERR_OK) {
		struct backup_error why = *error;

		backup_error_set(error, err, "%.100s: %.380s", path, why.text);
	}
	err = err != ERR_OK ? err : compare(r, ret, &found);
	if (err != ERR_OK)
		manifest_done(ret);
	manifest_done(&found);
	buf_done(&text);
	reading_close(r);
	return err;
}

/* -- unpacking ----------------------------------------------------------------------------------------------------------------------------- */

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, bytes + done, len - done);

		if (n < 0 && errno != EINTR)
			return err_from_errno(errno);
		done += n > 0 ? (size_t)n : 0;
	}
	return ERR_OK;
}

static int copy_out(struct reading *r, int fd, uint64_t of)
{
	ssize_t n;
	int err = ERR_OK;

	while (err == ERR_OK && (n = tar_get(&r->tar, r->chunk, CHUNK)) > 0) {
		err = write_all(fd, r->chunk, (size_t)n);
		tell(r, "unpacking", r->done += (uint64_t)n, of);
	}
	return err != ERR_OK ? err : n < 0 ? (int)n : fsync(fd) != 0 ? err_from_errno(errno) : ERR_OK;
}

/* The folders of a name that was found safe. */
static int make_folders(int dirfd, const char *name)
{
	char part[TAR_NAME];

	for (const char *slash = name; (slash = strchr(slash, '/')) != NULL; slash++) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
		if (mkdirat(dirfd, part, 0700) != 0 && errno != EEXIST)
			return err_from_errno(errno);
	}
	return ERR_OK;
}

static int unpack_member(struct reading *r, int dirfd, const struct tar_member *m, uint64_t of)
{
	int err = make_folders(dirfd, m->name);
	int fd = err != ERR_OK ? -1 : openat(dirfd, m->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	err = err != ERR_OK ? err : fd < 0 ? err_from_errno(errno) : copy_out(r, fd, of);
	if (fd >= 0)
		close(fd);
	return err != ERR_OK ? failed(r, err, m->name) : ERR_OK;
}

static uint64_t bytes_of(const struct backup_manifest *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->files; i++)
		sum += m->file[i].size;
	return sum;
}

static int unpack_all(struct reading *r, int dirfd, const struct backup_unpack *u)
{
	uint64_t of = bytes_of(u->manifest);
	struct tar_member m;
	int more = 0, err = ERR_OK;

	for (size_t i = 0; i < u->manifest->files && err == ERR_OK; i++) {
		const struct backup_file *f = &u->manifest->file[i];

		more = tar_next(&r->tar, &m);
		if (more != 1 || strcmp(m.name, f->name) != 0 || (uint64_t)m.size != f->size)
			return failed(r, ERR_CORRUPT, "it changed while it was read");
		err = unpack_member(r, dirfd, &m, of);
		if (err == ERR_OK && u->after)
			err = u->after(u->ctx, f, r->error);
	}
	return err;
}

int backup_unpack(const struct backup_unpack *u, struct backup_error *error)
{
	struct reading *r;
	int err = reading_open(&r, u->path, &u->progress, error);

	if (err != ERR_OK)
		return err;
	int dirfd = open(u->into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = dirfd < 0 ? failed(r, err_from_errno(errno), u->into) : unpack_all(r, dirfd, u);
	if (dirfd >= 0)
		close(dirfd);
	reading_close(r);
	return err;
}
