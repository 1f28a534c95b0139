/* Moving old segments to the archive, and pruning the ticks of those whose time has come. At any moment a segment is there as the old file, the new
 * one or both, each whole. */
#include "lib/journal/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/journal/walk.h"

#define LEVEL 6

struct packing {
	const char *dir;
	int dirfd;
	const struct journal_archive_options *o;
	struct journal_archived *done;
	struct journal_error *error;
	uint8_t id[16];
	uint8_t *image, *pruned;  /* a segment's bytes; the same without its ticks */
	size_t len, room;
	struct archive_note note; /* of it */
};

/* -- a segment as bytes ---------------------------------------------------------------------------------------------------- */

static int image_add(struct packing *p, const void *bytes, size_t len)
{
	if (p->room - p->len < len) {
		size_t room = p->room == 0 ? (size_t)1 << 20 : p->room;

		while (room - p->len < len)
			room *= 2;
		uint8_t *more = realloc(p->image, room);

		if (more == NULL)
			return ERR_NOMEM;
		p->image = more;
		p->room = room;
	}
	memcpy(p->image + p->len, bytes, len);
	p->len += len;
	return ERR_OK;
}

static int image_head(struct packing *p, const struct journal_walk *w)
{
	struct segment_head head;

	p->len = 0;
	memcpy(p->id, w->id, sizeof(p->id));
	return journal_disk_read(w->fd, &head, sizeof(head), 0) == sizeof(head) ? image_add(p, &head, sizeof(head)) : ERR_IO;
}

static const uint8_t *batch_begin(const struct journal_batch *batch)
{
	return (const uint8_t *)batch->head - (batch->bulk == NULL ? 0 : sizeof(struct pruned_head));
}

/* All that counts of the segment that begins at `seq`: up to where the next one takes up. */
static int image_load(struct packing *p, uint64_t seq)
{
	struct journal_walk w;
	struct journal_batch batch;
	int err = journal_walk_open(&w, p->dir, seq, WALK_HASH);

	p->len = 0;
	while (err == ERR_OK && (err = journal_walk_next(&w, &batch)) > 0 && w.segments[w.at] == seq) {
		err = p->len == 0 ? image_head(p, &w) : ERR_OK;
		err = err != ERR_OK ? err : image_add(p, batch_begin(&batch), batch.length);
		p->note.records += batch.head->records;
		p->note.pruned += batch.head->records - batch.kept;
		p->note.last_stamp = w.last_stamp;
	}
	if (err < 0)
		journal_error_set(p->error, err, "%s", w.error.text[0] != '\0' ? w.error.text : err_text(err));
	journal_walk_done(&w);
	return err < 0 ? err : ERR_OK;
}

/* -- without ticks ----------------------------------------------------------------------------------------------------------- */

/* Bytes of the batch's bulk records. */
static size_t bulk_bytes(const struct journal_batch *batch)
{
	const uint8_t *at = batch->records;
	size_t bulk = 0;

	for (uint32_t i = 0; i < batch->kept; i++) {
		const struct record_head *record = (const struct record_head *)(const void *)at;
		size_t size = journal_record_size(record->length);

		bulk += journal_record_is_bulk(record->record.kind) ? size : 0;
		at += size;
	}
	return bulk;
}

/* Writes the batch without its bulk records; its size there, which is less than the whole one's. */
static size_t prune_batch(struct packing *p, const struct journal_batch *batch, uint8_t *into)
{
	struct pruned_head *head = (struct pruned_head *)(void *)into;
	const uint8_t *at = batch->records;
	size_t len = BATCH_HEADS;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < batch->kept; i++) {
		const struct record_head *record = (const struct record_head *)(const void *)at;
		size_t size = journal_record_size(record->length);

		if (!journal_record_is_bulk(record->record.kind)) {
			memcpy(into + len, at, size);
			len += size;
			kept++;
		}
		at += size;
	}
	memcpy(head + 1, batch->head, sizeof(*batch->head));
	journal_pruned_fill(head, batch, kept, len, p->id);
	p->note.pruned += batch->kept - kept;
	p->done->pruned += batch->kept - kept;
	return len;
}

/* Batches whose ticks are smaller than the head that would tell of them stay whole: `pruned` needs no more room than `image`. */
static int image_prune(struct packing *p)
{
	size_t at = sizeof(struct segment_head), len = at;
	struct journal_batch batch;

	if ((p->pruned = malloc(p->len)) == NULL)
		return ERR_NOMEM;
	memcpy(p->pruned, p->image, len);
	for (; at < p->len; at += batch.length) {
		bool good = journal_batch_at(p->image + at, p->len - at, p->id, &batch);

		assert(good); /* the walk took it */
		if (batch.bulk == NULL && bulk_bytes(&batch) > sizeof(struct pruned_head)) {
			len += prune_batch(p, &batch, p->pruned + len);
		} else {
			memcpy(p->pruned + len, p->image + at, batch.length);
			len += batch.length;
		}
	}
	memcpy(p->image, p->pruned, len);
	free(p->pruned);
	p->pruned = NULL;
	p->len = len;
	p->note.flags = ARCHIVE_PRUNED;
	return ERR_OK;
}

/* -- packing -------------------------------------------------------------------------------------------------------------------- */

static void note_fill(struct archive_note *note, size_t bytes)
{
	note->magic = ARCHIVE_NOTE_MAGIC;
	note->size = sizeof(*note) - 8;
	note->bytes = bytes;
	note->crc = crc32c(0, note, offsetof(struct archive_note, crc));
}

static int file_make(struct packing *p, uint64_t seq)
{
	size_t room = ZSTD_compressBound(p->len), len = 0;
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	void *frame = malloc(room);
	char name[DISK_NAME];
	int err = zstd == NULL || frame == NULL ? ERR_NOMEM : ERR_OK;

	if (err == ERR_OK) {
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
		len = ZSTD_compress2(zstd, frame, room, p->image, p->len);
		err = ZSTD_isError(len) ? ERR_NOMEM : ERR_OK;
	}
	if (err == ERR_OK) {
		note_fill(&p->note, p->len);
		journal_archive_name(seq, name);
		err = journal_disk_create(p->dirfd, name, (struct disk_part[]){ { &p->note, sizeof(p->note) }, { frame, len } }, 2, 0, NULL);
		p->done->bytes_after += err == ERR_OK ? sizeof(p->note) + len : 0;
	}
	ZSTD_freeCCtx(zstd);
	free(frame);
	return err;
}

/* Does the archive give back what went in? */
static int file_check(struct packing *p, uint64_t seq)
{
	int fd = journal_archive_unpack(p->dirfd, seq);

	if (fd < 0)
		return fd;
	void *bytes = mmap(NULL, p->len, PROT_READ, MAP_SHARED, fd, 0);
	int err = bytes == MAP_FAILED ? ERR_NOMEM : memcmp(bytes, p->image, p->len) == 0 ? ERR_OK : ERR_CORRUPT;

	if (bytes != MAP_FAILED)
		munmap(bytes, p->len);
	close(fd);
	return err;
}

static uint64_t file_size(const struct packing *p, const char *name)
{
	struct stat st;

	return fstatat(p->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

static int plain_remove(struct packing *p, const char *name)
{
	if (journal_disk->unlinkat(p->dirfd, name, 0) != 0 && errno != ENOENT)
		return err_from_errno(errno);
	return journal_disk_sync(p->dirfd);
}

static int store(struct packing *p, uint64_t seq, const char *plain)
{
	int err = file_make(p, seq);

	if (err == ERR_OK)
		err = file_check(p, seq);
	if (err == ERR_OK)
		err = plain_remove(p, plain);
	return err == ERR_OK ? ERR_OK : journal_error_set(p->error, err, "%s/%s: cannot be archived: %s", p->dir, plain, err_text(err));
}

/* One segment, if it has work. */
static int pack(struct packing *p, uint64_t seq)
{
	nanos_t limit = p->o->ticks_before;
	char plain[DISK_NAME], packed[DISK_NAME];
	struct archive_note note;

	journal_segment_name(seq, plain);
	journal_archive_name(seq, packed);
	bool there = faccessat(p->dirfd, plain, F_OK, 0) == 0;
	int err = there ? ERR_OK : journal_archive_note(p->dirfd, seq, &note);

	if (err != ERR_OK)
		return journal_error_set(p->error, err, "%s/%s: %s", p->dir, packed, err_text(err));
	if (!there && (note.last_stamp >= limit || (note.flags & ARCHIVE_PRUNED)))
		return ERR_OK;
	p->note = (struct archive_note){ 0 };
	uint64_t before = file_size(p, there ? plain : packed);

	err = image_load(p, seq);
	if (err == ERR_OK && p->note.last_stamp < limit)
		err = image_prune(p);
	if (err != ERR_OK || p->len == 0) /* nothing in it counts: it is left where it is */
		return err;
	if ((err = store(p, seq, plain)) == ERR_OK) {
		p->done->segments++;
		p->done->bytes_before += before;
	}
	return err;
}

static int pack_all(struct packing *p)
{
	uint64_t *list, done = 0;
	size_t n, upto = 0;
	int err = journal_archive_list(p->dirfd, &list, &n);

	if (err != ERR_OK)
		return journal_error_set(p->error, err, "%s: cannot list the folder: %s", p->dir, err_text(err));
	while (upto + 1 < n && list[upto + 1] <= p->o->before)
		upto++;
	for (size_t i = 0; i < upto && err == ERR_OK; i++) {
		err = pack(p, list[i]);
		if (p->o->progress != NULL)
			p->o->progress(p->o->ctx, ++done, upto);
	}
	free(list);
	return err;
}

/* -- all of them ------------------------------------------------------------------------------------------------------------------ */

static int folder_open(struct packing *p, int *ret_lock)
{
	p->dirfd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_lock = p->dirfd < 0 ? -1 : openat(p->dirfd, "archive.lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (*ret_lock < 0) {
		int err = err_from_errno(errno);

		return journal_error_set(p->error, err, "%s: cannot open the journal's folder for archiving: %s", p->dir, err_text(err));
	}
	if (flock(*ret_lock, LOCK_EX | LOCK_NB) != 0)
		return journal_error_set(p->error, ERR_BUSY, "%s: another process is archiving this journal", p->dir);
	return ERR_OK;
}

int journal_archive(const char *dir, const struct journal_archive_options *o, struct journal_archived *ret, struct journal_error *error)
{
	struct packing p = { .dir = dir, .dirfd = -1, .o = o, .done = ret, .error = error };
	int lock, err;

	journal_error_set(error, ERR_NOMEM, "%s: out of memory", dir); /* the one error below without a place to tell */
	err = folder_open(&p, &lock);

	*ret = (struct journal_archived){ 0 };
	if (err == ERR_OK) {
		journal_disk_sweep_like(p.dirfd, "", ".journal.zst.new");
		err = pack_all(&p);
	}
	if (lock >= 0)
		close(lock);
	if (p.dirfd >= 0)
		close(p.dirfd);
	free(p.image);
	free(p.pruned);
	return err;
}
