/* The segment that stands by. Its blocks were given by the disk while there were blocks to give, so a full disk cannot keep it from being
 * written; a segment whose sync failed is left behind for it, since nothing in that file can be believed any more. */
#include "lib/journal/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"

#define RESERVE_NAME "reserve"

/* Preallocated, and never written to: what an attempt that failed has left there might pass for batches later. */
static bool reserve_clean(int fd, uint64_t size)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_size == size && (uint64_t)st.st_blocks * 512 >= size &&
	       lseek(fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
}

int journal_reserve_make(struct journal_segment *s)
{
	int fd = openat(s->dirfd, RESERVE_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC), err;

	if (fd >= 0 && !reserve_clean(fd, s->bytes_new)) {
		close(fd);
		fd = -1;
	}
	if (fd < 0 && (err = journal_disk_create(s->dirfd, RESERVE_NAME, NULL, 0, s->bytes_new, &fd)) != ERR_OK)
		return err;
	s->reserve = fd;
	return ERR_OK;
}

int journal_reserve_enter(struct journal_segment *s, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH])
{
	struct segment_head head;

	if (s->reserve < 0)
		return ERR_NOENT;
	journal_segment_fill(&head, id, first_seq, previous);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = s->reserve;
	s->reserve = -1;
	s->size = s->bytes_new;
	s->offset = sizeof(head);
	return journal_disk_write(s->fd, &head, sizeof(head), 0);
}

int journal_reserve_name(struct journal_segment *s, uint64_t first_seq)
{
	char name[DISK_NAME];
	int err = journal_disk_sync(s->fd);

	journal_segment_name(first_seq, name);
	if (err == ERR_OK && journal_disk->renameat(s->dirfd, RESERVE_NAME, s->dirfd, name) != 0)
		err = err_from_errno(errno);
	return err == ERR_OK ? journal_disk_sync(s->dirfd) : err;
}
