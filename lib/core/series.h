/* Bars of one instrument at one interval: the bar in the making and a ring of the last closed ones. Bars are aligned to
 * the session's open. Windows restart each session (15-minute bars carry over) and after a gap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/event.h"

#define CACHE_LINE 64
#define SERIES_BARS 128 /* power of two; more than any window a strategy may ask for */
#define SERIES_NONE UINT32_MAX
#define SERIES_TICKS 0 /* as interval_s: every tick is a closed bar of its own; it has no gaps, days restart it */

struct series {
	uint32_t instrument;
	uint32_t interval_s;
	uint32_t next;        /* next series of the same instrument, SERIES_NONE */
	uint32_t count;       /* closed bars in an unbroken row: what the windows may use */
	uint32_t count_day;   /* closed bars since the session began */
	uint32_t last;        /* ring index of the newest closed bar */
	uint32_t forming;     /* 1 = `partial` holds a bar in the making */
	uint32_t restarted;   /* 1 = `count` was reset before the newest closed bar: indicators start anew */
	uint32_t grace_s;     /* the pieces of `partial` may come so long after its end: 0 for ticks, else their interval */
	uint32_t pad;
	nanos_t origin;       /* the session's open: bar k starts at origin + k * interval */
	nanos_t expected;     /* start of the bar after the newest closed one of the session; the first begins at the open */
	int64_t volume_seen;  /* the day's highest running volume so far, to take differences from */
	struct bar partial;
	uint64_t pad2[2];     /* up to here a whole number of cache lines: a closed bar touches the first and its place in the ring */
	struct bar ring[SERIES_BARS];
};

void series_init(struct series *s, uint32_t instrument, uint32_t interval_s);

/* A new trading day: drops an unfinished bar, restarts the windows unless interval_s >= 900, resets the day's count. */
void series_session(struct series *s, nanos_t open);

/* One price of a tick feed. `volume` = the day's running total (0 = none; a fall is a feed fault and counts as 0).
 * True when an earlier bar closed: it is then series_at(s, 0). Ticks before the session's open are ignored. */
bool series_tick(struct series *s, price_t price, int64_t volume, nanos_t stamp);

/* One closed bar of the feed with the same or a smaller interval (a larger one is ignored, as is one that comes late
 * for its bar). True when a bar of this series closed. */
bool series_fold(struct series *s, const struct bar *bar, uint32_t interval_s);

/* series_fold() of a bar that was missed: the day's running total has grown by its volume, so the next tick's share of it is that tick's own. */
bool series_past(struct series *s, const struct bar *bar, uint32_t interval_s);

/* series_fold() of a bar that is most often the very next one of this series. */
static inline bool series_take(struct series *s, const struct bar *bar, uint32_t interval_s)
{
	if (interval_s != s->interval_s || s->forming || bar->start != s->expected || bar->volume < 0)
		return series_fold(s, bar, interval_s);
	s->expected += (nanos_t)interval_s * NANOS_SECOND;
	s->last = (s->last + 1) & (SERIES_BARS - 1);
	s->ring[s->last] = *bar;
	s->restarted = s->count++ == 0;
	s->count_day++;
	return true;
}

/* The clock passed `now`: closes the bar in the making if its time is over. True when one closed. */
bool series_clock(struct series *s, nanos_t now);

/* When the bar in the making is over: its end for ticks, one feed bar later for bars, since the last piece arrives only
 * at the end. STAMP_NEVER when none is in the making. */
nanos_t series_due(const struct series *s);

/* Closed bar, 0 = newest; n < min(count, SERIES_BARS) is the caller's duty (asserted). */
static inline const struct bar *series_at(const struct series *s, uint32_t back)
{
	assert(back < s->count && back < SERIES_BARS);
	return &s->ring[(s->last - back) & (SERIES_BARS - 1)];
}

/* Highest high / lowest low of `bars` closed bars, leaving out the `skip` newest. skip + bars <= count (asserted). */
price_t series_high(const struct series *s, uint32_t skip, uint32_t bars);
price_t series_low(const struct series *s, uint32_t skip, uint32_t bars);
