/* Bars of one instrument, made from ticks or from smaller bars. A bar closes when its time is over or when something
 * later arrives; a missing bar restarts the windows, for an indicator that skips a hole would lie. It must never invent
 * a bar, and never change a closed one: what comes late for it is ignored. */
#include "lib/core/series.h"

#include <string.h>

#include "lib/base/obj.h"

#define CARRY_OVER_S 900 /* windows of bars at least this long live on over sessions */

static_assert((SERIES_BARS & (SERIES_BARS - 1)) == 0, "the ring is indexed with a mask");
static_assert(offsetof(struct series, partial) == CACHE_LINE && sizeof(struct series) % CACHE_LINE == 0, "see pad2");

static nanos_t interval_of(const struct series *s)
{
	return (nanos_t)s->interval_s * NANOS_SECOND;
}

static nanos_t bar_start(const struct series *s, nanos_t stamp)
{
	return stamp - (stamp - s->origin) % interval_of(s);
}

/* Feeds are foreign: a sum that does not fit stays at the most that does, and a negative volume counts as none. */
static int64_t volume_sum(int64_t a, int64_t b)
{
	int64_t sum;

	if (b <= 0)
		return a;
	return num_add(a, b, &sum) ? sum : INT64_MAX;
}

static void push(struct series *s, const struct bar *bar)
{
	if (s->interval_s == SERIES_TICKS ? s->count_day == 0 : bar->start != s->expected)
		s->count = 0;
	s->expected = bar->start + interval_of(s);
	s->last = (s->last + 1) & (SERIES_BARS - 1);
	s->ring[s->last] = *bar;
	s->restarted = s->count == 0;
	s->count++;
	s->count_day++;
}

static void close_partial(struct series *s)
{
	s->forming = 0;
	push(s, &s->partial);
}

/* `grace_s` = see series.h. */
static void merge(struct series *s, const struct bar *bar, nanos_t start, uint32_t grace_s)
{
	struct bar *p = &s->partial;

	s->grace_s = grace_s;
	if (!s->forming) {
		*p = *bar;
		p->start = start;
		p->volume = volume_sum(0, bar->volume);
		s->forming = 1;
		return;
	}
	p->high = bar->high > p->high ? bar->high : p->high;
	p->low = bar->low < p->low ? bar->low : p->low;
	p->close = bar->close;
	p->volume = volume_sum(p->volume, bar->volume);
}

void series_init(struct series *s, uint32_t instrument, uint32_t interval_s)
{
	memset(s, 0, sizeof(*s));
	s->instrument = instrument;
	s->interval_s = interval_s;
	s->next = SERIES_NONE;
}

void series_session(struct series *s, nanos_t open)
{
	s->origin = s->expected = open;
	s->forming = 0;
	s->count_day = 0;
	s->volume_seen = 0;
	if (s->interval_s < CARRY_OVER_S)
		s->count = 0;
}

static bool too_late(const struct series *s, nanos_t start)
{
	return start < s->expected || (s->forming && start < s->partial.start);
}

/* -- ticks --------------------------------------------------------------------------------------------------------- */

/* Units traded since the highest total seen. A feed that joins after the first bar brings the whole day's volume with
 * its first tick; that is not this bar's. */
static int64_t volume_since(struct series *s, int64_t total, nanos_t start)
{
	int64_t before = s->volume_seen;

	if (total <= before)
		return 0;
	s->volume_seen = total;
	return before == 0 && start != s->origin ? 0 : total - before;
}

bool series_tick(struct series *s, price_t price, int64_t volume, nanos_t stamp)
{
	nanos_t start = s->partial.start;
	bool closed = false;

	if (stamp < s->origin || price <= 0)
		return false;
	if (s->interval_s == SERIES_TICKS) {
		push(s, &(struct bar){ stamp, price, price, price, price, volume_since(s, volume, s->origin) });
		return true;
	}
	if (!s->forming || stamp < start || stamp >= start + interval_of(s)) {
		start = bar_start(s, stamp);
		if (too_late(s, start))
			return false;
		closed = s->forming;
		if (closed)
			close_partial(s);
	}
	merge(s, &(struct bar){ start, price, price, price, price, volume_since(s, volume, start) }, start, 0);
	return closed;
}

/* -- bars ---------------------------------------------------------------------------------------------------------- */

bool series_fold(struct series *s, const struct bar *bar, uint32_t interval_s)
{
	assert(interval_s > 0);
	if (interval_s > s->interval_s || bar->start < s->origin) /* a series of ticks has no use for bars */
		return false;
	nanos_t start = bar_start(s, bar->start);
	if (too_late(s, start))
		return false;
	bool completes = bar->start + (nanos_t)interval_s * NANOS_SECOND >= start + interval_of(s);
	bool closed = s->forming && s->partial.start != start;
	if (closed && completes) { /* two would close at once: the older lost its tail to a gap, so it is the gap's */
		s->forming = 0;
		s->count = 0;
	} else if (closed) {
		close_partial(s);
	}
	merge(s, bar, start, interval_s);
	if (completes)
		close_partial(s);
	return closed || completes;
}

/* A total that was never seen stays so: it may hold more than the bars that are told. */
bool series_past(struct series *s, const struct bar *bar, uint32_t interval_s)
{
	struct bar rest = *bar;

	if (s->forming && s->grace_s == 0 && interval_s == s->interval_s && bar->start == s->partial.start) /* its ticks are in it again */
		rest.volume = bar->volume > s->partial.volume ? bar->volume - s->partial.volume : 0;
	if (s->volume_seen > 0 && interval_s <= s->interval_s && bar->start >= s->origin && !too_late(s, bar_start(s, bar->start)))
		s->volume_seen = volume_sum(s->volume_seen, rest.volume);
	return series_fold(s, &rest, interval_s);
}

/* -- time ---------------------------------------------------------------------------------------------------------- */

nanos_t series_due(const struct series *s)
{
	return s->forming ? s->partial.start + interval_of(s) + (nanos_t)s->grace_s * NANOS_SECOND : STAMP_NEVER;
}

bool series_clock(struct series *s, nanos_t now)
{
	if (!s->forming || now < series_due(s))
		return false;
	close_partial(s);
	return true;
}

/* -- windows ------------------------------------------------------------------------------------------------------- */

/* Once for the whole window, not at each bar: this is the strategies' innermost loop. */
static void assert_window(const struct series *s, uint32_t skip, uint32_t bars)
{
	assert(bars > 0 && bars <= SERIES_BARS && skip <= SERIES_BARS - bars && skip + bars <= s->count);
}

price_t series_high(const struct series *s, uint32_t skip, uint32_t bars)
{
	price_t high = series_at(s, skip)->high;

	assert_window(s, skip, bars);
	for (uint32_t i = 1; i < bars; i++) {
		price_t price = s->ring[(s->last - skip - i) & (SERIES_BARS - 1)].high;
		high = price > high ? price : high;
	}
	return high;
}

price_t series_low(const struct series *s, uint32_t skip, uint32_t bars)
{
	price_t low = series_at(s, skip)->low;

	assert_window(s, skip, bars);
	for (uint32_t i = 1; i < bars; i++) {
		price_t price = s->ring[(s->last - skip - i) & (SERIES_BARS - 1)].low;
		low = price < low ? price : low;
	}
	return low;
}
