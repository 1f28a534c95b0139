/* What a copy of a journal must hold: its segments, each up to where its whole batches end. The journal may be appended to and archived meanwhile. */
#pragma once

#include "lib/journal/disk.h"

struct journal_extent {
	uint64_t first_seq;
	uint64_t bytes;      /* of the plain file, from its beginning; what is archived is copied whole */
};
struct journal_extents {
	struct journal_extent *at;
	size_t n;
	struct journal_state state; /* as of the last batch: hash, sequence, time */
	uint64_t pruned;
};

/* Walks the journal with every hash from the segment that holds `from` (0 = all) to its last whole batch, and makes that durable: what the copy holds,
 * its origin will not lose. `progress` (may be NULL) hears how many bytes were walked. ERR_NOENT: no journal there. */
int journal_extents(const char *dir, uint64_t from, void (*progress)(void *ctx, uint64_t bytes), void *ctx, struct journal_extents *ret,
                    struct journal_error *error);
void journal_extents_done(struct journal_extents *e);

/* Opens such a segment for copying as it is on disk, plain or archived; *ret_bytes = how many from its beginning, *ret_archived which of the two. A descriptor or an enum err. */
int journal_extent_open(int dirfd, const struct journal_extent *e, uint64_t *ret_bytes, bool *ret_archived);
