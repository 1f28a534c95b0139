/* Makes a backup beside an engine that may run: journals up to their last whole batch, the checkpoints that belong to them, and the few files that are
 * nowhere else. The databases are left out, they are made again from the journal; so is `authority`: who restores holds nothing. */
#include <dirent.h>
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
#include "engined/config/config.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/core/core.h"
#include "lib/journal/archive.h"
#include "lib/journal/extent.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

#define CHUNK ((size_t)256 << 10)
#define SMALL_MAX ((off_t)64 << 20) /* tokens, settings, the watchdog's logs */

struct make {
	const struct backup_request *q;
	struct backup_made *made;
	struct backup_error *error;
	struct stream_out *out;
	struct tar_writer tar;
	uint64_t done, of;                /* bytes of journals */
	const char *mode;                 /* being walked */
	struct journal_extents extents[BACKUP_MODES];
	uint64_t *point[BACKUP_MODES];    /* checkpoints, rising */
	size_t points[BACKUP_MODES];
	int dirfd[BACKUP_MODES];
	uint8_t chunk[CHUNK];
};

static void tell(const struct make *m, const char *what, uint64_t bytes, uint64_t of)
{
	if (m->q->progress.tell)
		m->q->progress.tell(m->q->progress.ctx, what, bytes, of);
}

/* -- members ------------------------------------------------------------------------------------------------------------------------------- */

static int failed(struct make *m, int err, const char *name)
{
	return backup_error_set(m->error, err, "%s: %s", name, err_text(err));
}

static int copy_bytes(struct make *m, int fd, uint64_t size, uint8_t sum[crypto_hash_sha256_BYTES])
{
	crypto_hash_sha256_state h;
	uint64_t at = 0;

	crypto_hash_sha256_init(&h);
	while (at < size) {
		ssize_t n = journal_disk_read(fd, m->chunk, size - at < CHUNK ? (size_t)(size - at) : CHUNK, at);

		if (n <= 0)
			return n < 0 ? (int)n : ERR_TRUNCATED;
		crypto_hash_sha256_update(&h, m->chunk, (unsigned long long)n);
		int err = tar_put(&m->tar, m->chunk, (size_t)n);
		if (err != ERR_OK)
			return err;
		at += (uint64_t)n;
		m->done += (uint64_t)n;
		tell(m, "copying", m->done, m->of > m->done ? m->of : m->done);
	}
	crypto_hash_sha256_final(&h, sum);
	return ERR_OK;
}

/* The first `size` bytes of an open file. */
static int add(struct make *m, const char *name, int fd, uint64_t size)
{
	struct tar_member member = { .size = (int64_t)size, .mtime = m->q->now / NANOS_SECOND, .mode = 0600 };
	uint8_t sum[crypto_hash_sha256_BYTES];

	snprintf(member.name, sizeof(member.name), "%s", name);
	int err = tar_member(&m->tar, &member);

	err = err != ERR_OK ? err : copy_bytes(m, fd, size, sum);
	err = err != ERR_OK ? err : manifest_add(&m->made->manifest, name, size, sum);
	return err != ERR_OK ? failed(m, err, name) : ERR_OK;
}

/* ERR_OK too when there is no such file. */
static int add_small(struct make *m, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? ERR_OK : failed(m, err_from_errno(errno), path);
	int err = fstat(fd, &st) != 0 ? err_from_errno(errno) : !S_ISREG(st.st_mode) || st.st_size > SMALL_MAX ? ERR_UNSUPPORTED : ERR_OK;
	err = err != ERR_OK ? failed(m, err, path) : add(m, name, fd, (uint64_t)st.st_size);
	close(fd);
	return err;
}

/* -- journals ------------------------------------------------------------------------------------------------------------------------------ */

static void on_walk(void *ctx, uint64_t bytes)
{
	tell(ctx, "reading the journal", bytes, 0);
}

/* As it is on disk, for the bar; whether it can be read is found when it is. */
static uint64_t bytes_of(int dirfd, const struct journal_extent *e)
{
	uint64_t bytes = 0;
	bool archived;
	int fd = journal_extent_open(dirfd, e, &bytes, &archived);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? bytes : 0;
}

/* Checkpoints are listed first: the walk then ends behind each of them. */
static int look_at_mode(struct make *m, size_t i)
{
	char dir[BACKUP_PATH];
	struct journal_error words = { "" };

	snprintf(dir, sizeof(dir), "%.900s/%s/journal", m->q->state, backup_modes[i]);
	m->dirfd[i] = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dirfd[i] < 0)
		return errno == ENOENT ? ERR_OK : failed(m, err_from_errno(errno), dir);
	int err = journal_disk_list(m->dirfd[i], "checkpoint-", "", &m->point[i], &m->points[i]);
	if (err != ERR_OK)
		return failed(m, err, dir);
	uint64_t from = m->q->recent && m->points[i] > 0 ? m->point[i][0] : 0;
	err = journal_extents(dir, from, on_walk, m, &m->extents[i], &words);
	if (err == ERR_NOENT) /* begun, and nothing in it yet */
		return ERR_OK;
	if (err != ERR_OK)
		return backup_error_set(m->error, err, "%s", words.text);
	for (size_t k = 0; k < m->extents[i].n; k++)
		m->of += bytes_of(m->dirfd[i], &m->extents[i].at[k]);
	return ERR_OK;
}

static void note_journal(struct make *m, size_t i)
{
	const struct journal_state *s = &m->extents[i].state;
	struct backup_journal *b = &m->made->manifest.journal[m->made->manifest.journals++];

	snprintf(b->mode, sizeof(b->mode), "%s", backup_modes[i]);
	sodium_bin2hex(b->id, sizeof(b->id), s->id, sizeof(s->id));
	sodium_bin2hex(b->hash, sizeof(b->hash), s->hash, sizeof(s->hash));
	b->first_seq = s->first_seq;
	b->last_seq = s->last_seq;
	b->last_stamp = s->last_stamp;
}

static int add_segment(struct make *m, size_t i, const struct journal_extent *e)
{
	char name[TAR_NAME], file[DISK_NAME];
	uint64_t bytes;
	bool archived;
	int fd = journal_extent_open(m->dirfd[i], e, &bytes, &archived);

	(archived ? journal_archive_name : journal_segment_name)(e->first_seq, file);
	snprintf(name, sizeof(name), "%s/journal/%s", backup_modes[i], file);
	if (fd < 0)
		return failed(m, fd, name);
	int err = add(m, name, fd, bytes);

	close(fd);
	return err;
}

/* One that was replaced by newer ones meanwhile is not missed: the segments from it on are in the copy, and so is the other. */
static int add_checkpoint(struct make *m, size_t i, uint64_t seq)
{
	char name[TAR_NAME];
	struct stat st;

	snprintf(name, sizeof(name), "%s/journal/checkpoint-%020llu", backup_modes[i], (unsigned long long)seq);
	int fd = openat(m->dirfd[i], strrchr(name, '/') + 1, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? ERR_OK : failed(m, err_from_errno(errno), name);
	int err = fstat(fd, &st) != 0 ? failed(m, err_from_errno(errno), name) : add(m, name, fd, (uint64_t)st.st_size);

	close(fd);
	return err;
}

static int add_journals(struct make *m)
{
	int err = ERR_OK;

	for (size_t i = 0; i < BACKUP_MODES && err == ERR_OK; i++) {
		if (m->extents[i].n == 0)
			continue;
		note_journal(m, i);
		for (size_t k = 0; k < m->points[i] && err == ERR_OK; k++) {
			if (m->point[i][k] <= m->extents[i].state.last_seq)
				err = add_checkpoint(m, i, m->point[i][k]);
		}
		for (size_t k = 0; k < m->extents[i].n && err == ERR_OK; k++)
			err = add_segment(m, i, &m->extents[i].at[k]);
	}
	return err;
}

/* -- the rest ------------------------------------------------------------------------------------------------------------------------------ */

static int add_text(struct make *m, const char *name, const struct buf *text)
{
	uint8_t sum[crypto_hash_sha256_BYTES];
	int err = text->failed ? ERR_NOMEM : tar_file(&m->tar, name, 0600, m->q->now / NANOS_SECOND, text->data, text->len);

	crypto_hash_sha256(sum, (const unsigned char *)text->data, text->len);
	err = err != ERR_OK ? err : manifest_add(&m->made->manifest, name, text->len, sum);
	return err != ERR_OK ? failed(m, err, name) : ERR_OK;
}

/* The settings without what must not lie about in copies. */
static int add_settings(struct make *m)
{
	struct buf text = { 0 }, plain = { 0 };
	int err = ERR_OK;

	if (m->q->config == NULL)
		return ERR_OK;
	if (m->q->secrets)
		return access(m->q->config, R_OK) != 0 ? failed(m, err_from_errno(errno), m->q->config) : add_small(m, m->q->config, "sauda.conf");
	FILE *f = fopen(m->q->config, "re");
	if (f == NULL)
		return failed(m, err_from_errno(errno), m->q->config);
	for (size_t n; (n = fread(m->chunk, 1, CHUNK, f)) > 0;)
		buf_put(&text, m->chunk, n);
	err = ferror(f) || text.failed ? failed(m, ERR_IO, m->q->config) : ERR_OK;
	fclose(f);
	config_without_secrets(text.data, text.len, &plain);
	err = err != ERR_OK ? err : add_text(m, "sauda.conf", &plain);
	buf_done(&text);
	buf_done(&plain);
	return err;
}

static int is_log(const struct dirent *d)
{
	char name[TAR_NAME];

	return snprintf(name, sizeof(name), "watchdog/%s", d->d_name) < (int)sizeof(name) && manifest_name_known(name);
}

static int add_logs(struct make *m)
{
	char dir[BACKUP_PATH], path[BACKUP_PATH + 256], name[TAR_NAME];
	struct dirent **found = NULL;
	int err = ERR_OK;

	snprintf(dir, sizeof(dir), "%.900s/watchdog", m->q->state);
	int n = scandir(dir, &found, is_log, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, found[i]->d_name);
		snprintf(name, sizeof(name), "watchdog/%.80s", found[i]->d_name);
		err = err != ERR_OK ? err : add_small(m, path, name);
		free(found[i]);
	}
	free(found);
	return n < 0 && errno != ENOENT ? failed(m, err_from_errno(errno), dir) : err;
}

static int add_rest(struct make *m)
{
	static const char *const names[] = { "tokens", "kill", "admin.token" }; /* the last one is a secret */
	char path[BACKUP_PATH];
	int err = add_settings(m);

	for (size_t i = 0; i < ARRAY_LEN(names) - !m->q->secrets && err == ERR_OK; i++) {
		snprintf(path, sizeof(path), "%.900s/%s", m->q->state, names[i]);
		err = add_small(m, path, names[i]);
	}
	return err == ERR_OK ? add_logs(m) : err;
}

/* -- the whole ----------------------------------------------------------------------------------------------------------------------------- */

static int look(struct make *m)
{
	struct backup_manifest *manifest = &m->made->manifest;
	bool found = false;
	int err = ERR_OK;

	*manifest = (struct backup_manifest){ .format = BACKUP_FORMAT, .core = CORE_VERSION, .made = m->q->now, .secrets = m->q->secrets, .recent = m->q->recent };
	snprintf(manifest->version, sizeof(manifest->version), "%s", PACKAGE_VERSION);
	for (size_t i = 0; i < BACKUP_MODES && err == ERR_OK; i++) {
		bool wanted = m->q->mode ? strcmp(m->q->mode, backup_modes[i]) == 0 : strcmp(backup_modes[i], "replay") != 0;

		err = wanted ? look_at_mode(m, i) : ERR_OK;
		found = found || m->extents[i].n > 0;
	}
	if (err != ERR_OK || found)
		return err;
	return backup_error_set(m->error, ERR_NOENT, "%s: there is no journal%s%s to back up; name the state folder with --state", m->q->state,
	                        m->q->mode ? " of mode " : "", m->q->mode ? m->q->mode : "");
}

static int write_file(struct make *m, const char *path)
{
	struct buf text = { 0 };
	int err = stream_create(&m->out, path);

	if (err != ERR_OK)
		return failed(m, err, path);
	tar_begin(&m->tar, stream_put, m->out);
	err = add_journals(m);
	err = err != ERR_OK ? err : add_rest(m);
	if (err != ERR_OK)
		return err;
	manifest_print(&m->made->manifest, &text);
	err = text.failed ? ERR_NOMEM : tar_file(&m->tar, BACKUP_MANIFEST, 0600, m->q->now / NANOS_SECOND, text.data, text.len);
	err = err != ERR_OK ? err : tar_end(&m->tar);
	err = err != ERR_OK ? err : stream_finish(m->out, &m->made->packed);
	buf_done(&text);
	m->made->bytes = m->done;
	return err != ERR_OK ? failed(m, err, path) : ERR_OK;
}

/* The copy, and not what it was made from, is what is believed. */
static int read_back(struct make *m, const char *path)
{
	struct backup_manifest again = { 0 };
	int err = backup_check(path, &m->q->progress, &again, m->error);

	if (err == ERR_OK && again.files != m->made->manifest.files)
		err = backup_error_set(m->error, ERR_CORRUPT, "%s: not all that was written is there", path);
	err = err != ERR_OK ? err : backup_verify(path, &again, &m->q->progress, m->error);
	manifest_done(&again);
	return err;
}

static int give_name(struct make *m, const char *path)
{
	char dir[BACKUP_PATH];
	const char *slash = strrchr(m->q->path, '/');

	if (rename(path, m->q->path) != 0)
		return failed(m, err_from_errno(errno), m->q->path);
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - m->q->path + 1) : 1, slash ? m->q->path : ".");
	int err = backup_sync_folder(dir);

	return err != ERR_OK ? failed(m, err, dir) : ERR_OK;
}

static int make(struct make *m)
{
	char path[BACKUP_PATH];

	if (snprintf(path, sizeof(path), "%s.new", m->q->path) >= (int)sizeof(path))
		return failed(m, ERR_RANGE, m->q->path);
	if (access(m->q->path, F_OK) == 0)
		return failed(m, ERR_EXIST, m->q->path);
	int err = look(m);
	if (err != ERR_OK)
		return err;
	unlink(path); /* what a crash left */
	err = write_file(m, path);
	err = err != ERR_OK ? err : read_back(m, path);
	err = err != ERR_OK ? err : give_name(m, path);
	if (err != ERR_OK)
		unlink(path);
	return err;
}

int backup_make(const struct backup_request *q, struct backup_made *ret, struct backup_error *error)
{
	struct make *m = calloc(1, sizeof(*m));

	*ret = (struct backup_made){ 0 };
	if (m == NULL)
		return backup_error_set(error, ERR_NOMEM, "out of memory");
	m->q = q;
	m->made = ret;
	m->error = error;
	memset(m->dirfd, -1, sizeof(m->dirfd));
	int err = make(m);

	snprintf(ret->path, sizeof(ret->path), "%s", q->path);
	stream_discard(&m->out);
	for (size_t i = 0; i < BACKUP_MODES; i++) {
		journal_extents_done(&m->extents[i]);
		free(m->point[i]);
		if (m->dirfd[i] >= 0)
			close(m->dirfd[i]);
	}
	free(m);
	return err;
}
