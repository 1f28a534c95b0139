/* Where days begin and end, and the bars that were missed before the engine came or while the feed was gone. An edge of the day waits for bars that
 * belong before it, but not for long: exits hang on the session having begun. */
#include "lib/feed/kotak/live_priv.h"

#include "lib/base/obj.h"

#define CATCH_MAX (60 * NANOS_SECOND)  /* real: login, scrip master and candles, when the open has passed already */
#define FILL_AGAIN (60 * NANOS_SECOND)
#define LOOK_AGAIN (250 * NANOS_MS)

static const struct core_state *core_of(const struct kotak_feed *f)
{
	return f->o.core->s;
}

/* -- events ------------------------------------------------------------------------------------------------------------------ */

static void post_edge(struct kotak_feed *f, const struct live_day *d, enum session_edge edge, uint16_t more_flags, nanos_t stamp)
{
	struct event e;

	event_init(&e, EVENT_SESSION, stamp, INSTRUMENT_NONE);
	e.session = (struct event_session){ d->date, (uint16_t)edge, d->flags | more_flags, d->open, d->close };
	live_post(f, &e);
}

static void post_bar(struct kotak_feed *f, const struct backfill_bar *b)
{
	struct event e;

	event_init(&e, EVENT_BAR, b->bar.start + CANDLE_SECONDS * NANOS_SECOND, b->instrument);
	e.head.flags = BAR_HISTORY;
	e.bar.bar = b->bar;
	e.bar.interval_s = CANDLE_SECONDS;
	live_post(f, &e);
	f->backfilled++;
}

/* Bars of one day from *at on, those of its session; *at moves to the next day's first. */
static void post_bars(struct kotak_feed *f, const struct live_day *d, size_t *at)
{
	for (; *at < f->backfill.n && stamp_date(f->backfill.bars[*at].bar.start) <= d->date; ++*at)
		if (live_day_is_open(d, f->backfill.bars[*at].bar.start))
			post_bar(f, &f->backfill.bars[*at]);
}

/* The day the core is in, whatever a newer calendar says of it. */
static struct live_day core_day(const struct kotak_feed *f)
{
	const struct core_state *s = core_of(f);

	return (struct live_day){ .date = s->day.date, .flags = (uint16_t)(s->day_flags & (SESSION_ASSUMED | SESSION_NO_TRADE)), .trades = true,
	                          .open = s->day.open, .close = s->day.close };
}

/* -- settling what was missed ---------------------------------------------------------------------------------------------------- */

/* A day that the engine left before its end gets its rest and its end; days it never saw come as history. */
static void post_past(struct kotak_feed *f, size_t *at)
{
	date_t newest = core_of(f)->day.date;

	if (core_of(f)->day_active && newest < f->day.date) {
		struct live_day d = core_day(f);

		post_bars(f, &d, at);
		post_edge(f, &d, SESSION_END, 0, f->now.wall);
	}
	while (*at < f->backfill.n) {
		struct live_day d;

		live_day_lookup(&f->o.tables->calendar, stamp_date(f->backfill.bars[*at].bar.start), &d);
		if (d.date >= f->day.date)
			return;
		bool told = d.trades && d.date > newest;
		if (told)
			post_edge(f, &d, SESSION_BEGIN, SESSION_HISTORY, d.open);
		else
			d.trades = false;
		post_bars(f, &d, at);
		if (told)
			post_edge(f, &d, SESSION_END, SESSION_HISTORY, d.close);
	}
}

static void begin(struct kotak_feed *f)
{
	char close[STAMP_TEXT];

	time_of_day_format(stamp_time_of_day(f->day.close), close);
	post_edge(f, &f->day, SESSION_BEGIN, 0, f->now.wall);
	f->phase = DAY_ON;
	notes_say(&f->notes, NOTE_DAY, f->now.wall, "the session has begun%s; it ends at %s%s", f->day.flags & SESSION_NO_TRADE ? " without entries" : "", close,
	          f->day.flags & SESSION_ASSUMED ? " (assumed: the calendar does not know this date)" : "");
}

static void end(struct kotak_feed *f)
{
	post_edge(f, &f->day, SESSION_END, 0, f->now.wall);
	f->phase = DAY_OVER;
}

static void release(struct kotak_feed *f)
{
	for (uint32_t i = 0; i < f->universe.slots; i++)
		f->universe.slot[i].held = false;
	backfill_reset(&f->backfill);
	f->asked = f->filling = false;
}

/* The phase the day is in now, after everything older than it was told. */
static void settle(struct kotak_feed *f)
{
	size_t at = 0;

	backfill_sort(&f->backfill);
	post_past(f, &at);
	if (core_of(f)->day.date > f->day.date) {
		notes_say(&f->notes, NOTE_CLOCK, f->now.wall, "the journal is of a later day than the clock shows; nothing is traded until the clock is right");
		f->phase = DAY_OVER;
	} else if (core_of(f)->day.date == f->day.date && core_of(f)->day_active) { /* a restart within the day */
		f->day.trades = true;
		f->day.open = core_of(f)->day.open;
		f->day.close = core_of(f)->day.close;
		f->phase = DAY_ON;
		post_bars(f, &f->day, &at);
	} else if (core_of(f)->day.date == f->day.date || !f->day.trades || f->now.wall >= f->day.close) {
		f->phase = DAY_OVER;
	} else if (f->now.wall < f->day.open) {
		f->phase = DAY_WAITING;
	} else {
		begin(f);
		post_bars(f, &f->day, &at);
	}
	f->filled_at = f->now.steady;
	release(f);
	packets_kept(f);
}

/* -- asking ------------------------------------------------------------------------------------------------------------------------ */

static void ask(struct kotak_feed *f, struct universe_slot *s, date_t from, nanos_t known)
{
	s->held = true;
	backfill_ask(&f->backfill, s, from, f->day.date, known);
}

/* The first date whose bars the slot's series want; 0 = nothing is missing. */
static date_t missing_from(const struct kotak_feed *f, const struct universe_slot *s, nanos_t *ret_known)
{
	const struct core *c = f->o.core;
	date_t oldest, from;

	if (!s->own || s->blocked || !backfill_known(c, s->instrument.id, ret_known))
		return 0;
	oldest = core_of(f)->day.date == f->day.date ? f->day.date : live_day_before(&f->o.tables->calendar, f->day.date, backfill_days(c, s->instrument.id));
	from = *ret_known != 0 && stamp_date(*ret_known) > oldest ? stamp_date(*ret_known) : oldest;
	for (; from <= f->day.date; from++) {
		struct live_day d;
		nanos_t since;

		live_day_lookup(&f->o.tables->calendar, from, &d);
		since = d.open > *ret_known ? d.open : *ret_known;
		if (d.trades && since + CANDLE_SECONDS * NANOS_SECOND <= (d.close < f->now.wall ? d.close : f->now.wall))
			return from;
	}
	return 0;
}

static uint32_t ask_all(struct kotak_feed *f)
{
	uint32_t asked = 0;

	backfill_reset(&f->backfill);
	for (uint32_t i = 0; i < f->universe.slots; i++) {
		nanos_t known;
		date_t from = missing_from(f, &f->universe.slot[i], &known);

		if (from != 0) {
			ask(f, &f->universe.slot[i], from, known);
			asked++;
		}
	}
	return asked;
}

/* Shares have their tokens from the master; a restart within the day does not wait for it. */
static bool may_ask(const struct kotak_feed *f)
{
	bool here = true;

	for (uint32_t i = 0; i < f->universe.underlyings; i++)
		here = here && f->universe.underlying[i].slot != UINT32_MAX;
	if (kotak_session_state(f->o.session) != SESSION_UP)
		return false;
	return here || f->universe.master || (core_of(f)->day_active && core_of(f)->day.date == f->day.date);
}

static void turn_catching(struct kotak_feed *f)
{
	if (!f->asked && may_ask(f)) {
		ask_all(f);
		f->asked = true;
	}
	if ((f->asked && backfill_ready(&f->backfill, f->now.steady)) || f->now.wall >= f->catch_until)
		settle(f);
}

void edges_fill(struct kotak_feed *f)
{
	if (f->phase != DAY_ON || f->filling || kotak_session_state(f->o.session) != SESSION_UP)
		return;
	if (f->filled_at != 0 && f->now.steady - f->filled_at < live_real(f, FILL_AGAIN))
		return;
	f->filling = ask_all(f) > 0;
	if (f->filling)
		f->filled_at = f->now.steady;
}

static void turn_filling(struct kotak_feed *f)
{
	size_t at = 0;

	if (!backfill_ready(&f->backfill, f->now.steady))
		return;
	backfill_sort(&f->backfill);
	post_bars(f, &f->day, &at);
	release(f);
	packets_kept(f);
}

/* -- days ---------------------------------------------------------------------------------------------------------------------------- */

static void new_date(struct kotak_feed *f, date_t date)
{
	if (f->phase == DAY_ON)
		end(f); /* its close passed while nobody looked */
	release(f);
	live_day_lookup(&f->o.tables->calendar, date, &f->day);
	f->midnight = stamp_at(date, 0);
	f->phase = DAY_CATCHING;
	f->catch_until = f->now.wall + live_real(f, CATCH_MAX);
	if (f->day.trades && f->day.open > f->catch_until)
		f->catch_until = f->day.open;
	f->filled_at = 0;
	if (!f->day.trades)
		notes_say(&f->notes, NOTE_DAY, f->now.wall, "no session today (%s)", f->day.name[0] ? f->day.name : "weekend");
	universe_day(&f->universe, date, f->now.wall);
	liveness_day(&f->live, LIVE_INDEX, f->day.open, f->day.index_close);
	liveness_day(&f->live, LIVE_CONTRACT, f->day.open, f->day.close);
	stream_renew(&f->stream);
	if (f->master)
		universe_master(&f->universe, f->master, f->now.wall);
}

void edges_turn(struct kotak_feed *f)
{
	if (stamp_date(f->now.wall) != f->day.date)
		new_date(f, stamp_date(f->now.wall));
	if (f->phase == DAY_CATCHING)
		turn_catching(f);
	if (f->phase == DAY_WAITING && f->now.wall >= f->day.open)
		begin(f);
	if (f->filling)
		turn_filling(f);
	if (f->phase == DAY_ON && f->now.wall >= f->day.close)
		end(f);
}

nanos_t edges_due(const struct kotak_feed *f)
{
	if (f->phase == DAY_CATCHING || f->filling)
		return f->now.wall + LOOK_AGAIN;
	if (f->phase == DAY_WAITING)
		return f->day.open;
	if (f->phase == DAY_ON)
		return f->day.close;
	return stamp_at(f->day.date + 1, 0);
}
