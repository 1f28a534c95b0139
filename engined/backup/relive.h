/* A journal lived again by the core of this build, from a checkpoint or from its beginning, up to a record: the state then, and what the core decides otherwise
 * than was recorded. Reads the files, never writes, and is safe beside a running engine. */
#pragma once

#include "engined/market.h"
#include "lib/core/core.h"
#include "lib/journal/journal.h"

struct relive {
	const char *dir;          /* the journal */
	uint64_t until;
	bool exact;               /* stops with that record, though its event may have caused more: for comparing states */
	struct market_tables tables;
	struct core core;
	void *memory;
	struct actions actions;   /* of the newest event */
	struct event event;
	uint32_t recorded;        /* of its actions, so many were met in the journal */
	uint64_t checkpoint, differences;
};

extern const struct core_limits relive_limits; /* engined's: its checkpoints fit */

int relive_open(struct relive *r, const char *tables_dir, struct market_error *error);
/* Up to the end of the event that record `until` belongs to, unless `exact`. `state` is the journal's; the newest usable checkpoint before `until` is taken from `points`, a
 * folder of the same journal. May be called again. */
int relive_run(struct relive *r, const char *points, const struct journal_state *state, uint64_t until, struct journal_error *error);
/* The same for equal states, on any machine. */
void relive_hash(const struct relive *r, uint8_t ret[JOURNAL_HASH]);
void relive_done(struct relive *r);
