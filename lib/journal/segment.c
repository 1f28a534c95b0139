#include "lib/journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"

int journal_segment_next(struct journal_segment *s, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH])
{
	struct segment_head head;
	char name[DISK_NAME];
	int fd;

	journal_segment_name(first_seq, name);
	journal_segment_fill(&head, id, first_seq, previous);
	int err = journal_disk_create(s->dirfd, name, &(struct disk_part){ &head, sizeof(head) }, 1, s->bytes_new, &fd);

	if (err != ERR_OK)
		return err;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	s->size = s->bytes_new;
	s->offset = sizeof(head);
	return ERR_OK;
}

/* -- mending --------------------------------------------------------------------------------------------------------- */

#define MEND_CHUNK ((size_t)64 << 10)

/* Writes the range again: zeros, or the very bytes that are there. */
static int range_rewrite(int fd, uint64_t from, uint64_t to, bool zeros)
{
	uint8_t *chunk = calloc(1, MEND_CHUNK);
	int err = chunk == NULL ? ERR_NOMEM : ERR_OK;

	while (from < to && err == ERR_OK) {
		size_t len = to - from < MEND_CHUNK ? (size_t)(to - from) : MEND_CHUNK;
		ssize_t n = zeros ? (ssize_t)len : journal_disk_read(fd, chunk, len, from);

		if (n != (ssize_t)len)
			err = n < 0 ? (int)n : ERR_IO;
		else
			err = journal_disk_write(fd, chunk, len, from);
		from += len;
	}
	free(chunk);
	return err;
}

/* A process killed between write and sync, or one whose sync failed, leaves bytes that read well from the page cache and
 * may never have reached the disk; a sync now would not carry them there, since the kernel may hold them for clean.
 * Writing them again makes them dirty, and the sync after it means what it says. */
static int tail_mend(struct journal_segment *s, const struct journal_walk *w, bool sync)
{
	int err = range_rewrite(s->fd, w->offset, w->offset + w->torn_bytes, true);

	if (err == ERR_OK && sync)
		err = range_rewrite(s->fd, w->proven_at, w->offset, false);
	if (err == ERR_OK && s->size < s->bytes_new) {
		err = err_from_errno(journal_disk->fallocate(s->fd, 0, (off_t)s->bytes_new));
		s->size = s->bytes_new;
	}
	return err != ERR_OK ? err : journal_disk_sync(s->fd);
}

static int stillborn_remove(int dirfd, uint64_t seq)
{
	char name[DISK_NAME];

	journal_segment_name(seq, name);
	return journal_disk->unlinkat(dirfd, name, 0) != 0 ? err_from_errno(errno) : journal_disk_sync(dirfd);
}

int journal_segment_resume(struct journal_segment *s, const struct journal_walk *w, bool sync, struct journal_error *error)
{
	char name[DISK_NAME];
	struct stat st;
	int err;

	if (w->stillborn && (err = stillborn_remove(s->dirfd, w->stillborn_seq)) != ERR_OK)
		return journal_error_set(error, err, "%s: cannot remove the unfinished last segment: %s", w->dir, err_text(err));
	if (w->fd < 0)
		return ERR_OK;
	journal_segment_name(w->segments[w->at], name);
	s->fd = openat(s->dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) != 0) {
		err = err_from_errno(errno);
		return journal_error_set(error, err, "%s/%s: cannot open for writing: %s", w->dir, name, err_text(err));
	}
	s->size = (uint64_t)st.st_size;
	s->offset = w->offset;
	if ((err = tail_mend(s, w, sync)) != ERR_OK)
		return journal_error_set(error, err, "%s/%s: cannot make the end of the journal durable: %s", w->dir, name, err_text(err));
	return ERR_OK;
}

void journal_segment_done(struct journal_segment *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->reserve >= 0)
		close(s->reserve);
	s->fd = s->reserve = -1;
}
