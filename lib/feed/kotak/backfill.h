/* Minute bars of what was missed: one candles call for each underlying whose series want them, answers gathered until all are there or time is up,
 * then handed out oldest first. It never waits for itself: the owner's turn tells it the time. */
#pragma once

#include "lib/feed/kotak/candles.h"
#include "lib/feed/kotak/universe.h"
#include "lib/kotak/rest.h"

struct backfill_bar { uint32_t instrument; struct bar bar; };
struct backfill_call;
struct backfill {
	struct rest *rest;
	struct notes *notes;
	const struct clock *clock;
	struct backfill_call *calls; /* under way */
	uint32_t asked, failed;
	nanos_t deadline;            /* steady */
	struct backfill_bar *bars;
	size_t n, cap;
};

/* From when on an instrument lacks bars: the end of the newest that the core has; 0 = it has none. False when no series wants any. */
bool backfill_known(const struct core *c, uint32_t instrument, nanos_t *ret);
/* Trading days before today whose bars are wanted too: what the longest series that outlives a day can hold. */
uint32_t backfill_days(const struct core *c, uint32_t instrument);

void backfill_init(struct backfill *b, struct rest *rest, struct notes *notes, const struct clock *clock);
/* Forgets what was gathered and what is under way; answers that still come find nobody. */
void backfill_reset(struct backfill *b);
void backfill_done(struct backfill *b);
/* Bars of the slot's instrument from the day `from` to the day `to` whose end lies after `known`. */
void backfill_ask(struct backfill *b, const struct universe_slot *slot, date_t from, date_t to, nanos_t known);
/* All answered, or the time is up. */
bool backfill_ready(const struct backfill *b, nanos_t steady);
/* Oldest first; of one minute in the order of the instruments. */
void backfill_sort(struct backfill *b);
