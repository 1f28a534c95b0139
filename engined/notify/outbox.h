/* What is to be told, in the journal's order, until every chat has it: each chat reads it at its own pace. Texts that wait together leave together,
 * and what waited too long is counted instead of told line by line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engined/notify/words.h"
#include "lib/base/buf.h"
#include "lib/base/stamp.h"

#define OUTBOX_ITEMS 512
#define OUTBOX_OLD (10 * NANOS_MINUTE)
#define OUTBOX_OLD_FEW 3       /* as many old ones are told as they are */

struct outbox_item { uint64_t seq; nanos_t at, since; struct words words; }; /* at: the record's stamp; since: CLOCK_MONOTONIC, when it was news */
struct outbox {
	struct outbox_item item[OUTBOX_ITEMS];
	uint64_t from, to;         /* places of the oldest and behind the newest */
	uint64_t lost, lost_seq;   /* that had no room, and the newest of them */
};

void outbox_put(struct outbox *o, uint64_t seq, nanos_t at, nanos_t since, const struct words *w); /* seq grows (asserted) */

struct outbox_batch { uint64_t upto; uint32_t n; bool quiet, summary, day; };
/* The next message for a chat that was told up to `told`, appended to `out` and at most `most` bytes; false = nothing waits. `day`: it ends with the
 * day's summary, which is never joined with what follows. */
bool outbox_next(const struct outbox *o, uint64_t told, nanos_t mono, size_t most, struct buf *out, struct outbox_batch *ret);
uint64_t outbox_waiting(const struct outbox *o, uint64_t told);
