#include "lib/journal/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/journal/archive.h"

#define WINDOW_READ ((size_t)256 << 10) /* bytes read at once, unless one batch is larger */
#define WINDOW_SIZE (BATCH_MAX + WINDOW_READ)

/* -- where damage is ------------------------------------------------------------------------------------------------- */

static int walk_damage(struct journal_walk *w, int err, const char *what)
{
	char name[DISK_NAME];

	journal_segment_name(w->segments[w->at], name);
	return journal_error_set(&w->error, err, "%s/%s%s at byte %llu: %s", w->dir, name, w->archived ? ".zst, unpacked," : "",
				 (unsigned long long)w->offset, what);
}

static int walk_io(struct journal_walk *w, int err)
{
	return walk_damage(w, err, err == ERR_NOENT ? "segment disappeared" : err_text(err));
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* -- the window ------------------------------------------------------------------------------------------------------ */

/* Bytes [offset, offset + want) of the segment, or as many as the file has. The count through ret_len. */
static int window_get(struct journal_walk *w, uint64_t offset, size_t want, const uint8_t **ret, size_t *ret_len)
{
	assert(want <= WINDOW_SIZE && offset % 8 == 0);
	if (offset < w->window_at || offset + want > w->window_at + w->window_len) {
		ssize_t n = journal_disk_read(w->fd, w->window, want > WINDOW_READ ? want : WINDOW_READ, offset);

		if (n < 0)
			return walk_io(w, (int)n);
		w->window_at = offset;
		w->window_len = (size_t)n;
	}
	size_t skip = (size_t)(offset - w->window_at);

	*ret = w->window + skip;
	*ret_len = w->window_len - skip < want ? w->window_len - skip : want;
	return ERR_OK;
}

static void window_forget(struct journal_walk *w)
{
	w->window_at = w->window_len = 0;
}

/* What lies behind the point where whole batches end: how far bytes are not zero, and whether some whole batch head says
 * that next_seq had been durable, which makes the gap before it damage and not a tear. Holes of the file are skipped. */
static int tail_scan(struct journal_walk *w, bool *ret_evidence)
{
	uint64_t at = w->offset, used = w->offset;
	const uint8_t *bytes;
	size_t len;
	int err;

	*ret_evidence = false;
	window_forget(w);
	for (;;) {
		off_t data = lseek(w->fd, (off_t)at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			break;
		if (data > (off_t)at)
			at = (uint64_t)data & ~UINT64_C(7);
		if ((err = window_get(w, at, WINDOW_READ, &bytes, &len)) != ERR_OK)
			return err;
		if (!all_zero(bytes, len)) {
			for (size_t i = 0; i + sizeof(struct batch_head) <= len && !*ret_evidence; i += 8) {
				const struct batch_head *head = (const struct batch_head *)(const void *)(bytes + i);

				*ret_evidence = journal_batch_head_good(head, w->id) && head->durable >= w->next_seq;
			}
			for (size_t last = len; last > 0; last--) {
				if (bytes[last - 1] != 0) {
					used = at + last;
					break;
				}
			}
		}
		if (len < WINDOW_READ)
			break;
		at += len - sizeof(struct batch_head); /* a head across the border is seen next time */
	}
	window_forget(w);
	w->torn_bytes = used - w->offset;
	return ERR_OK;
}

/* -- segments -------------------------------------------------------------------------------------------------------- */

static int segments_list(struct journal_walk *w)
{
	uint64_t current = w->fd < 0 ? 0 : w->segments[w->at], *list;
	size_t n, at = 0;
	int err = journal_archive_list(w->dirfd, &list, &n);

	if (err != ERR_OK)
		return journal_error_set(&w->error, err, "%s: cannot list the folder: %s", w->dir, err_text(err));
	if (w->fd >= 0) { /* older ones may have been pruned away meanwhile; ours is open, whatever its name does */
		while (at < n && list[at] < current)
			at++;
		if (at == n || list[at] != current) {
			free(list);
			return walk_damage(w, ERR_NOENT, "segment disappeared");
		}
	}
	free(w->segments);
	w->segments = list;
	w->n = n;
	w->at = at;
	return ERR_OK;
}

/* A segment whose head is not whole and that holds nothing but zeros behind it was being made when the machine died. */
static bool segment_stillborn(int fd)
{
	uint8_t bytes[4096];
	uint64_t at = sizeof(struct segment_head);
	ssize_t n;

	while ((n = journal_disk_read(fd, bytes, sizeof(bytes), at)) > 0) {
		if (!all_zero(bytes, (size_t)n))
			return false;
		at += (uint64_t)n;
		off_t data = lseek(fd, (off_t)at, SEEK_DATA);

		if (data < 0 && errno == ENXIO)
			return true;
		if (data > (off_t)at)
			at = (uint64_t)data;
	}
	return n == 0;
}

static const char *segment_links(const struct journal_walk *w, const struct segment_head *head)
{
	if (w->fd < 0)
		return NULL;
	if (memcmp(head->id, w->id, sizeof(w->id)) != 0)
		return "segment belongs to another journal";
	if (memcmp(head->previous, w->hash, sizeof(w->hash)) != 0)
		return "segment does not continue the hash chain of the one before";
	return NULL;
}

/* Moves to segment number `at`. 1 = there, 0 = it is stillborn and the walk stays where it is. */
static int segment_enter(struct journal_walk *w, size_t at)
{
	struct segment_head head;
	const char *wrong;
	size_t before = w->at;
	uint64_t offset = w->offset;
	int err = ERR_CORRUPT;

	w->at = at; /* errors from here on speak of this one */
	w->offset = 0;
	int fd = journal_archive_open(w->dirfd, w->segments[at], &w->archived);

	if (fd < 0)
		return walk_io(w, fd);
	ssize_t n = journal_disk_read(fd, &head, sizeof(head), 0);

	if (n < 0)
		wrong = err_text(err = (int)n);
	else if (n < (ssize_t)sizeof(head))
		wrong = "segment ends inside its head";
	else
		wrong = journal_segment_check(&head, w->segments[at], &err);
	if (wrong != NULL && err == ERR_CORRUPT && at + 1 == w->n && segment_stillborn(fd)) {
		close(fd);
		w->at = before;
		w->offset = offset;
		w->stillborn = true;
		w->stillborn_seq = w->segments[at];
		return 0;
	}
	if (wrong == NULL && (wrong = segment_links(w, &head)) != NULL)
		err = ERR_CORRUPT;
	if (wrong != NULL) {
		close(fd);
		return walk_damage(w, err, wrong);
	}
	if (w->fd >= 0)
		close(w->fd);
	else
		w->first_seq = w->next_seq = head.first_seq;
	w->fd = fd;
	memcpy(w->id, head.id, sizeof(w->id));
	memcpy(w->hash, head.previous, sizeof(w->hash));
	w->offset = w->proven_at = w->mark_at = sizeof(head);
	w->mark_seq = head.first_seq - 1;
	w->torn_bytes = 0;
	w->stillborn = false;
	window_forget(w);
	return 1;
}

static int segment_first(struct journal_walk *w)
{
	size_t at = 0;
	int err = segments_list(w);

	if (err != ERR_OK || w->n == 0)
		return err;
	while (at + 1 < w->n && w->segments[at + 1] <= w->from)
		at++;
	err = segment_enter(w, at);
	if (err == 0 && at > 0) /* the one that would hold `from` died young: end in the one before it */
		err = segment_enter(w, at - 1);
	return err;
}

/* -- batches --------------------------------------------------------------------------------------------------------- */

/* Is there a whole, right batch at the offset? 1 with *ret, 0 with *ret_wrong (NULL = zeros), < 0 = enum err. */
static int batch_look(struct journal_walk *w, struct journal_batch *ret, const char **ret_wrong)
{
	uint8_t hash[JOURNAL_HASH];
	const uint8_t *bytes;
	size_t len;
	int err = window_get(w, w->offset, BATCH_HEADS, &bytes, &len);

	if (err != ERR_OK)
		return err;
	*ret_wrong = NULL;
	if (all_zero(bytes, len < sizeof(struct batch_head) ? len : sizeof(struct batch_head)))
		return 0;
	*ret_wrong = "batch head is damaged";
	if (!journal_batch_at(bytes, len, w->id, ret))
		return 0;
	size_t length = ret->length;

	if ((err = window_get(w, w->offset, length, &bytes, &len)) != ERR_OK)
		return err;
	*ret_wrong = "batch runs beyond the end of its file";
	if (len < length || !journal_batch_at(bytes, len, w->id, ret) || ret->length != length)
		return 0;
	w->look_stamp = w->last_stamp;
	w->look_back = w->time_back;
	*ret_wrong = journal_batch_check(ret, w->next_seq, &w->look_stamp, w->depth == WALK_HASH ? &w->look_back : NULL);
	if (*ret_wrong != NULL)
		return 0;
	if (w->depth == WALK_HASH || (w->depth == WALK_OPEN && w->at + 1 == w->n)) {
		journal_batch_hash(ret, w->hash, hash);
		*ret_wrong = "hash chain is broken";
		if (memcmp(hash, ret->head->hash, sizeof(hash)) != 0)
			return 0;
	}
	return 1;
}

static void batch_accept(struct journal_walk *w, const struct journal_batch *batch)
{
	const struct batch_head *head = batch->head;

	memcpy(w->hash, head->hash, sizeof(w->hash));
	w->last_stamp = w->look_stamp;
	w->time_back = w->look_back;
	w->next_seq += head->records;
	w->offset += batch->length;
	w->batches++;
	w->bytes += batch->length;
	w->pruned += head->records - batch->kept;
	w->last_flags = head->flags;
	if (head->durable >= w->mark_seq) {
		w->proven_at = w->mark_at;
		w->mark_at = w->offset;
		w->mark_seq = w->next_seq - 1;
	}
}

/* No good batch at the offset. The next segment taking up exactly here is the common end of a full one. Otherwise, since
 * whoever writes made the later bytes after the earlier ones, anything later that is there calls for a second look, and
 * that decides between "arrived meanwhile" and damage. 1 = go on, 0 = the end for now. */
static int walk_end(struct journal_walk *w)
{
	struct journal_batch batch;
	const char *wrong;
	bool evidence;
	int err = w->at + 1 >= w->n || w->stillborn ? segments_list(w) : ERR_OK;

	if (err != ERR_OK)
		return err;
	bool later = w->at + 1 < w->n;

	if (later && w->segments[w->at + 1] == w->next_seq) {
		if ((err = segment_enter(w, w->at + 1)) != 0)
			return err;
		later = false; /* stillborn: nothing came after */
	}
	if ((err = tail_scan(w, &evidence)) != ERR_OK)
		return err;
	if (!evidence && !later)
		return 0;
	if ((err = batch_look(w, &batch, &wrong)) != 0)
		return err; /* the caller looks a third time and takes it */
	return walk_damage(w, ERR_CORRUPT, wrong != NULL ? wrong : "records are missing, though later ones are there");
}

/* A segment that takes up exactly here replaces whatever records this one holds from here on: it was left behind when the disk took no more. A seal
 * holds none, and the next segment's chain begins behind it. 1 = there, 0 = the batch counts. */
static int walk_on(struct journal_walk *w, const struct journal_batch *batch)
{
	if (batch->head->records == 0 || w->stillborn || w->at + 1 >= w->n || w->segments[w->at + 1] != w->next_seq)
		return 0;
	return segment_enter(w, w->at + 1);
}

int journal_walk_next(struct journal_walk *w, struct journal_batch *ret)
{
	const char *wrong;
	int more = w->fd < 0 ? segment_first(w) : 1;

	while (more > 0) {
		more = batch_look(w, ret, &wrong);
		if (more == 0)
			more = walk_end(w);
		else if (more > 0 && (more = walk_on(w, ret)) == 0) {
			batch_accept(w, ret);
			return 1;
		}
	}
	return more;
}

/* -- life ------------------------------------------------------------------------------------------------------------ */

int journal_walk_open(struct journal_walk *w, const char *dir, uint64_t from, enum walk_depth depth)
{
	memset(w, 0, sizeof(*w));
	w->fd = w->dirfd = -1;
	w->last_stamp = INT64_MIN;
	w->from = from;
	w->depth = depth;
	if (sodium_init() < 0) /* also picks the fast BLAKE2b of this machine */
		return journal_error_set(&w->error, ERR_IO, "libsodium does not start: the system gives no random numbers");
	if (strlen(dir) >= sizeof(w->dir))
		return journal_error_set(&w->error, ERR_RANGE, "the journal's folder name is longer than %d bytes", DISK_PATH - 1);
	strcpy(w->dir, dir);
	w->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dirfd < 0) {
		int err = errno == ENOTDIR ? ERR_INVAL : err_from_errno(errno);

		return journal_error_set(&w->error, err, "%s: cannot open the journal's folder: %s", dir, strerror(errno));
	}
	w->window = malloc(WINDOW_SIZE);
	if (w->window == NULL) {
		journal_walk_done(w);
		return journal_error_set(&w->error, ERR_NOMEM, "%s: out of memory", dir);
	}
	return ERR_OK;
}

void journal_walk_done(struct journal_walk *w)
{
	if (w->fd >= 0)
		close(w->fd);
	if (w->dirfd >= 0)
		close(w->dirfd);
	w->fd = w->dirfd = -1;
	free(w->window);
	free(w->segments);
	w->window = NULL;
	w->segments = NULL;
}
