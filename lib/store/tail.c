/* Puts away what a lost disk is made again from: the newest checkpoint and every record since, before the rows of those records are written. So the
 * rows never tell of something that the rest of the state does not know. A newer checkpoint begins a new generation; the one before is removed
 * when that is whole. Only a database elsewhere is worth it: it has `tail_put`. */
#include "lib/store/tail.h"

#include <string.h>
#include <sys/random.h>
#include <zstd.h>

#include "lib/base/err.h"
#include "lib/core/core.h"
#include "lib/store/priv.h"

#define PART_BYTES ((size_t)4 << 20)        /* before compression: a document may have 16 MiB */
#define GENERATION_BYTES ((uint64_t)4 << 20) /* of records; then a newer checkpoint is looked for */
#define LEVEL 3

void store_tail_reset(struct store *s)
{
	struct tail *t = &s->tail_kept;

	journal_reader_close(&t->reader);
	buf_done(&t->pending);
	*t = (struct tail){ 0 };
}

static int put_part(struct store *s, const void *bytes, size_t len)
{
	struct tail *t = &s->tail_kept;
	struct buf frame = { 0 };
	int err = buf_reserve(&frame, ZSTD_compressBound(len)) ? 0 : ERR_NOMEM;
	size_t size = err ? 0 : ZSTD_compress(frame.data, ZSTD_compressBound(len), bytes, len, LEVEL);

	if (!err && ZSTD_isError(size))
		err = ERR_NOMEM;
	err = err ? err : s->ops->tail_put(s->backend, t->generation, t->parts++, frame.data, size);
	buf_done(&frame);
	return err;
}

static int put_pending(struct store *s)
{
	struct buf *b = &s->tail_kept.pending;
	int err = b->failed ? ERR_NOMEM : 0;

	for (size_t at = 0; at < b->len && !err; at += PART_BYTES)
		err = put_part(s, b->data + at, b->len - at < PART_BYTES ? b->len - at : PART_BYTES);
	buf_clear(b);
	return err;
}

/* The newest on the disk, whole; all its records are durable. */
static int put_checkpoint(struct store *s)
{
	struct tail *t = &s->tail_kept;
	struct journal_state state = { .last_seq = UINT64_MAX };
	struct tail_head head = { .core = CORE_VERSION };
	struct checkpoint point = { 0 };

	memcpy(state.id, s->place.journal_id, sizeof(state.id));
	int err = checkpoint_read(s->journal_dir, &state, &point);
	if (err && err != ERR_NOENT)
		return ERR_IO;
	memcpy(head.magic, TAIL_MAGIC, sizeof(head.magic));
	head.seq = t->point = point.seq;
	head.sections = (uint32_t)point.n;
	for (size_t i = 0; i < point.n; i++) {
		memcpy(head.section[i].name, point.section[i].name, sizeof(head.section[i].name));
		head.section[i].len = point.section[i].len;
	}
	buf_put(&t->pending, &head, sizeof(head));
	for (size_t i = 0; i < point.n; i++)
		buf_put(&t->pending, point.section[i].bytes, point.section[i].len);
	checkpoint_done(&point);
	return 0;
}

static int begin(struct store *s)
{
	struct tail *t = &s->tail_kept;

	store_tail_reset(s);
	if (getrandom(&t->generation, sizeof(t->generation), 0) != sizeof(t->generation))
		return ERR_IO;
	t->newest = journal_newest_checkpoint(s->journal_dir);
	t->generation = (t->generation & INT64_MAX) | 1; /* another host's parts never mix with these */
	int err = put_checkpoint(s);
	uint64_t first = t->point ? t->point : 1;
	t->seq = first - 1;
	if (!err && journal_reader_open(s->journal_dir, first, &t->reader, &t->error) != ERR_OK)
		err = ERR_IO;
	return err;
}

/* What was read ahead before may end where the file has more by now: the second look is a fresh one. */
static int next_record(struct tail *t, struct record *head, const void **payload, size_t *len)
{
	int got = journal_reader_next(t->reader, head, payload, len);

	return got == 0 ? journal_reader_next(t->reader, head, payload, len) : got;
}

static int take_record(struct store *s)
{
	struct tail *t = &s->tail_kept;
	struct tail_record r = { 0 };
	const void *payload;
	size_t len;

	if (next_record(t, &r.head, &payload, &len) != 1 || r.head.seq != t->seq + 1) {
		store_note(s, "what a lost disk is restored from cannot be put away: record %llu cannot be read", (unsigned long long)t->seq + 1);
		return ERR_IO;
	}
	r.len = len;
	buf_put(&t->pending, &r, sizeof(r));
	buf_put(&t->pending, payload, len);
	t->seq = r.head.seq;
	t->bytes += sizeof(r) + len;
	return t->pending.len < PART_BYTES ? 0 : put_pending(s);
}

static bool is_stale(const struct store *s)
{
	const struct tail *t = &s->tail_kept;

	return t->generation == 0 || (t->bytes > GENERATION_BYTES && journal_newest_checkpoint(s->journal_dir) > t->newest);
}

static int reach(struct store *s, uint64_t seq)
{
	struct tail *t = &s->tail_kept;
	int err = is_stale(s) ? begin(s) : 0;

	while (!err && (t->seq < seq || t->seq < t->point))
		err = take_record(s);
	err = err ? err : put_pending(s);
	if (err || t->current)
		return err;
	err = s->ops->tail_current(s->backend, t->generation);
	t->current = err == 0;
	return err;
}

int store_tail_reach(struct store *s, uint64_t seq)
{
	if (!s->ops->tail_put || !s->journal_dir || seq == 0 || (s->tail_kept.current && seq <= s->tail_kept.seq))
		return 0;
	int err = reach(s, seq);
	if (err)
		store_tail_reset(s);
	return err;
}
