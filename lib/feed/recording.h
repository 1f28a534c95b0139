/* Recorded files made ready to play: rows of all files in time order, contracts with their ids and lots, trading days. Pure
 * data once opened; who plays it (lib/feed/replay.c) only moves a cursor over it. */
#pragma once

#include "lib/feed/feed.h"
#include "lib/feed/layout.h"
#include "lib/feed/tape.h"

struct recording_day {
	date_t date;
	uint16_t flags;       /* enum session_flag */
	size_t first, end;    /* rows [first, end) */
	nanos_t open, close;
};

/* What the traded volumes of an expiry's contracts show on a day. */
struct lot_shown { uint32_t underlying; date_t expiry, date; int64_t divisor; };

struct recording {
	struct tape tape;
	const struct layout *layout;
	const struct market_tables *tables;
	nanos_t step;                /* of bars: their length; chain: the usual gap; ticks 0 */
	const char *underlying_source;
	uint64_t identity;           /* of all bytes and file names */
	uint32_t instruments;        /* ids given */
	uint32_t underlyings;        /* the first ids: underlyings of option files, announced before all */
	struct recording_day *days;
	size_t day_count;
	struct lot_shown *lots;
	size_t lot_count;
	char **names;                /* of the files, without folders */
	size_t name_count;
};

int recording_open(const char *const *paths, size_t n, const struct market_tables *tables, struct recording *ret,
                   struct feed_error *error);
void recording_done(struct recording *r);

/* The contract as an instrument on a trading day; id and underlying_id are set. */
void recording_instrument(const struct recording *r, uint32_t contract, date_t date, struct instrument *ret);

/* The parts, in the order they run; each in its own file. 0 or ERR_NOMEM. */
int recording_parity(struct recording *r);   /* parity.c: an underlying from the chain where the data has none */
int recording_lots(struct recording *r);     /* listing.c: what volumes show */
int recording_days(struct recording *r);     /* days.c: sessions */
int recording_announce(struct recording *r); /* listing.c: ids, and the rows that definitions precede */
