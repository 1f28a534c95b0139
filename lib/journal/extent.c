#include "lib/journal/extent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/journal/archive.h"
#include "lib/journal/walk.h"

#define PROGRESS_BYTES ((uint64_t)8 << 20)

/* The batch just taken belongs to the segment at hand. */
static int note(struct journal_extents *e, const struct journal_walk *w)
{
	uint64_t first = w->segments[w->at];

	if (e->n == 0 || e->at[e->n - 1].first_seq != first) {
		struct journal_extent *more = realloc(e->at, (e->n + 1) * sizeof(*more));

		if (more == NULL)
			return ERR_NOMEM;
		e->at = more;
		e->at[e->n++].first_seq = first;
	}
	e->at[e->n - 1].bytes = w->offset;
	return ERR_OK;
}

static void state_of(const struct journal_walk *w, struct journal_extents *e)
{
	memcpy(e->state.id, w->id, sizeof(e->state.id));
	memcpy(e->state.hash, w->hash, sizeof(e->state.hash));
	e->state.first_seq = w->first_seq;
	e->state.last_seq = w->next_seq - 1;
	e->state.batches = w->batches;
	e->state.bytes = w->bytes;
	e->state.torn_bytes = w->torn_bytes;
	e->state.last_stamp = w->last_stamp;
	e->pruned = w->pruned;
}

static int walk_all(struct journal_walk *w, struct journal_extents *e, void (*progress)(void *ctx, uint64_t bytes), void *ctx)
{
	struct journal_batch batch;
	uint64_t told = 0;
	int more;

	while ((more = journal_walk_next(w, &batch)) > 0) {
		if ((more = note(e, w)) != ERR_OK)
			return journal_error_set(&w->error, more, "%s: out of memory", w->dir);
		if (progress != NULL && w->bytes - told >= PROGRESS_BYTES)
			progress(ctx, told = w->bytes);
	}
	if (more == 0 && w->next_seq == w->first_seq)
		return journal_error_set(&w->error, ERR_NOENT, "%s: there is no journal in this folder", w->dir);
	return more;
}

/* What an archived segment holds was durable long ago. */
static int settle(const struct journal_walk *w)
{
	return w->archived ? ERR_OK : journal_disk_data_sync(w->fd);
}

int journal_extents(const char *dir, uint64_t from, void (*progress)(void *ctx, uint64_t bytes), void *ctx, struct journal_extents *ret,
                    struct journal_error *error)
{
	struct journal_walk w;
	int err = journal_walk_open(&w, dir, from, WALK_HASH);

	memset(ret, 0, sizeof(*ret));
	err = err != ERR_OK ? err : walk_all(&w, ret, progress, ctx);
	if (err == ERR_OK && w.time_back != 0)
		err = journal_error_set(&w.error, ERR_CORRUPT, "%s: record %llu is stamped before the one ahead of it", dir, (unsigned long long)w.time_back);
	if (err == ERR_OK && (err = settle(&w)) != ERR_OK)
		journal_error_set(&w.error, err, "%s: the newest records cannot be made durable: %s", dir, err_text(err));
	if (err == ERR_OK)
		state_of(&w, ret);
	else
		journal_extents_done(ret);
	if (err != ERR_OK && error != NULL)
		*error = w.error;
	journal_walk_done(&w);
	return err;
}

void journal_extents_done(struct journal_extents *e)
{
	free(e->at);
	e->at = NULL;
	e->n = 0;
}

int journal_extent_open(int dirfd, const struct journal_extent *e, uint64_t *ret_bytes, bool *ret_archived)
{
	char name[DISK_NAME];
	struct stat st;

	journal_segment_name(e->first_seq, name);
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	*ret_archived = fd < 0 && errno == ENOENT;
	if (*ret_archived) {
		journal_archive_name(e->first_seq, name);
		fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_from_errno(errno);
	if (fstat(fd, &st) != 0 || (!*ret_archived && (uint64_t)st.st_size < e->bytes)) {
		close(fd);
		return ERR_CORRUPT;
	}
	*ret_bytes = *ret_archived ? (uint64_t)st.st_size : e->bytes;
	return fd;
}
