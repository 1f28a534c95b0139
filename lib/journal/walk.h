/* Walks the batches of a journal folder in order and is the one judge of what is good, unfinished or damaged. Opening,
 * reading and verifying all stand on it. It never writes, and may follow a journal another process is appending to. */
#pragma once

#include "lib/journal/disk.h"
#include "lib/journal/format.h"
#include "lib/journal/journal.h"

enum walk_depth {
	WALK_READ, /* checksums and links */
	WALK_OPEN, /* and the hashes of the last segment */
	WALK_HASH, /* and every hash, and time */
};

struct journal_walk {
	char dir[DISK_PATH];
	int dirfd, fd;              /* fd: the segment at hand, -1 = none yet */
	bool archived;              /* it is unpacked from the archive */
	enum walk_depth depth;
	uint64_t *segments;         /* first sequences, rising */
	size_t n, at;               /* at: the one at hand */
	uint64_t from;              /* begin in the segment that holds this */
	uint64_t offset;            /* in the segment, of the next batch */
	uint8_t *window;            /* bytes of the segment from window_at */
	uint64_t window_at;
	size_t window_len;

	uint8_t id[16], hash[JOURNAL_HASH];
	uint64_t first_seq, next_seq;
	uint64_t batches, bytes;
	uint64_t pruned;            /* records that are no longer there */
	nanos_t last_stamp;         /* INT64_MIN before the first record */
	uint64_t time_back;         /* WALK_HASH: first sequence whose stamp goes back, 0 = none */
	nanos_t look_stamp;         /* both, as they will be when the batch looked at is accepted */
	uint64_t look_back;
	uint32_t last_flags;        /* of the last batch */

	uint64_t proven_at;         /* up to here a later batch says that this segment is durable */
	uint64_t mark_at, mark_seq; /* proven_at moves here once mark_seq is known durable */

	/* At the end (journal_walk_next() == 0): */
	uint64_t torn_bytes;        /* from offset to the last byte that is not zero */
	bool stillborn;             /* a segment after the one at hand died while it was made; it holds no record */
	uint64_t stillborn_seq;
	struct journal_error error;
};

/* from: 0 = all. ERR_NOENT when there is no such folder. On error only w->error is good. */
int journal_walk_open(struct journal_walk *w, const char *dir, uint64_t from, enum walk_depth depth);
/* 1 = a whole batch, valid until the next call; 0 = the end for now; < 0 = enum err, w->error says where. */
int journal_walk_next(struct journal_walk *w, struct journal_batch *ret);
void journal_walk_done(struct journal_walk *w);
