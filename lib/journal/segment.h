/* The file being appended to: made, mended after a crash, filled, changed for the next one when full. Only the thread that
 * writes touches it. */
#pragma once

#include "lib/journal/walk.h"

struct journal_segment {
	int dirfd, fd;
	uint64_t size, offset; /* of the file; of the next batch */
	uint64_t bytes_new;    /* size of segments made from here on */
	int reserve;           /* a segment without a number that stands by; -1 = none */
};

/* Makes and names the segment that begins at first_seq and moves there; the one before must be durable. */
int journal_segment_next(struct journal_segment *s, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH]);

/* Takes over the last segment a WALK_OPEN ended in: removes a stillborn one behind it, cuts off the unfinished tail, and
 * (sync) writes anew what no later batch proves durable. */
int journal_segment_resume(struct journal_segment *s, const struct journal_walk *w, bool sync, struct journal_error *error);
void journal_segment_done(struct journal_segment *s);

/* -- the reserve (reserve.c): preallocated and empty, for the day on which no segment can be made or the one at hand takes no more ---- */

/* Takes up the empty one that is there, or makes it. */
int journal_reserve_make(struct journal_segment *s);
/* Moves there: batches from first_seq on go behind its head. It is no part of the journal before it has its name. */
int journal_reserve_enter(struct journal_segment *s, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH]);
/* Makes all in it durable, then gives it its name. What a segment before it holds from first_seq on counts no more. */
int journal_reserve_name(struct journal_segment *s, uint64_t first_seq);
