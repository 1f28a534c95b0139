/* Prices into quotes, bars and stops. One event touches one instrument, the series on it, and the books that watch it. */
#include "lib/core/core_priv.h"

/* -- days ---------------------------------------------------------------------------------------------------------------- */

static void day_begin(struct core *c, const struct event_session *e)
{
	struct core_state *s = c->s;

	session_from_times(e->date, e->open, e->close, &s->day);
	s->day.no_trade = (e->flags & SESSION_NO_TRADE) != 0;
	s->day_active = 1;
	s->day_flags = e->flags;
	s->squared_off = s->late_alarm = 0;
	account_day_begin(c);
	for (uint32_t i = 0; i < s->series; i++)
		series_session(&c->series[i], e->open);
	evaluate_session(c);
	if ((e->flags & SESSION_ASSUMED) && !core_flag(c, START_ASSUME_UNKNOWN))
		core_alert(c, ALERT_ASSUMED, UINT32_MAX, INSTRUMENT_NONE, e->date, "the calendar does not know this date: no entries");
	account_equity(c);
	delivery_day(c);
	for (uint32_t n = c->s->active; n-- > 0;) /* exits that the last close left behind */
		plan_advance(c, c->active[n]);
	core_reschedule(c);
}

static void day_end(struct core *c)
{
	market_clock(c);
	account_expire(c);
	account_day_end(c);
	c->s->day_active = 0;
	dry_forget(c); /* the day's last bars may have closed just now */
	core_reschedule(c);
}

/* A day that was missed: bars of it follow, and the account knows nothing of it. */
static void day_of_history(struct core *c, const struct event_session *e)
{
	if (e->edge != SESSION_BEGIN || c->s->day_active)
		return;
	for (uint32_t i = 0; i < c->s->series; i++)
		series_session(&c->series[i], e->open);
	evaluate_session(c);
}

void market_session(struct core *c, const struct event_session *e)
{
	if (e->flags & SESSION_HISTORY)
		day_of_history(c, e);
	else if (e->edge == SESSION_BEGIN)
		day_begin(c, e);
	else if (c->s->day_active)
		day_end(c);
}

/* -- instruments ----------------------------------------------------------------------------------------------------------- */

void market_instrument(struct core *c, const struct instrument *i)
{
	struct core_state *s = c->s;

	assert(i->id < s->limits.instruments && i->id <= s->instruments && instrument_valid(i));
	if (i->id == s->instruments) {
		s->instruments++;
		c->link[i->id] = (struct feedlink){ SERIES_NONE, WATCH_NONE };
	}
	c->instrument[i->id] = *i;
	memset(c->chain, 0, sizeof(c->chain));
	evaluate_instrument(c, i->id);
}

uint32_t market_series(struct core *c, uint32_t instrument, uint32_t interval_s)
{
	struct core_state *s = c->s;
	uint32_t *link = &c->link[instrument].series;

	for (; *link != SERIES_NONE; link = &c->series[*link].next)
		if (c->series[*link].interval_s == interval_s)
			return *link;
	if (s->series == s->limits.series)
		return SERIES_NONE;
	*link = s->series++;
	series_init(&c->series[*link], instrument, interval_s);
	c->series[*link].next = SERIES_NONE;
	c->series_slot[*link] = UINT32_MAX;
	if (s->day_active)
		series_session(&c->series[*link], s->day.open);
	dry_forget(c);
	return *link;
}

/* -- prices ------------------------------------------------------------------------------------------------------------------ */

static void bar_due(struct core *c, nanos_t at)
{
	if (at < c->s->bars_at) {
		c->s->bars_at = at;
		core_wake(c, at);
	}
}

SELDOM static void emit_bar(struct core *c, const struct series *s)
{
	struct outcome_bar *b = &core_emit(c, OUTCOME_BAR, s->instrument)->bar;

	b->bar = *series_at(s, 0);
	b->interval_s = s->interval_s;
}

static inline void series_closed(struct core *c, uint32_t series)
{
	if (c->dry) {
		evaluate_dry(c, series);
		return;
	}
	if (!core_flag(c, START_QUIET))
		emit_bar(c, &c->series[series]);
	evaluate_closed(c, series);
}

/* Stops first, then bars: an open trade is decided on the price itself, not on the bar it later belongs to. */
static void watch_price(struct core *c, uint32_t instrument, price_t low, price_t high, bool bar)
{
	for (uint32_t node = c->link[instrument].watch, next; node != WATCH_NONE; node = next) {
		uint32_t i = node / 2;
		struct slot *s = &c->slot[i];

		next = s->watch_next[node % 2]; /* before the plan may end and leave the list */

		if (s->plan.contract == instrument && s->book.qty != 0) {
			account_mark(c, s);
			if (s->plan.underlying != instrument && bar)
				plan_contract_bar(c, i, low, high);
			else if (s->plan.underlying != instrument)
				plan_contract_tick(c, i);
		}
		if (s->plan.underlying == instrument)
			plan_underlying(c, i, low, high);
	}
	day_lock_check(c);
}

/* No stop and no mark looks at the dry run's prices. */
static bool watched(const struct core *c, uint32_t instrument)
{
	return c->link[instrument].watch != WATCH_NONE && !c->dry;
}

static inline void take_sides(struct quote *q, const struct event_tick *t)
{
	q->bid = t->bid;
	q->ask = t->ask;
	q->bid_qty = t->bid_qty;
	q->ask_qty = t->ask_qty;
}

/* Order books are empty once the market is closed: the dry run keeps what was bid and asked last. */
static inline void take_tick(struct core *c, uint32_t instrument, const struct event_tick *t, uint16_t flags)
{
	assert(instrument < c->s->instruments);
	struct quote *q = &c->quote[instrument];

	if (flags & TICK_STALE)
		return; /* an old price again: it must not look young */
	q->last = t->last ? t->last : q->last;
	if (!c->dry || (t->bid > 0 && t->ask > 0))
		take_sides(q, t);
	q->volume = t->volume;
	q->oi = t->oi ? t->oi : q->oi;
	q->stamp = c->s->now;
	price_t price = t->last ? t->last : quote_mid(q, &c->instrument[instrument]);
	if (price && watched(c, instrument))
		watch_price(c, instrument, price, price, false);
	if ((flags & TICK_OPEN_OF_BAR) || !price)
		return;
	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next) {
		if (series_tick(&c->series[i], price, t->volume, c->s->now))
			series_closed(c, i);
		bar_due(c, series_due(&c->series[i]));
	}
}

/* Apart, for the view is large. */
SELDOM static void dry_tick(struct core *c, uint32_t instrument, const struct event_tick *t, uint16_t flags)
{
	struct core dry = dry_view(c);

	take_tick(&dry, instrument, t, flags);
}

void market_tick(struct core *c, uint32_t instrument, const struct event_tick *t, uint16_t flags)
{
	if (dry_hours(c, c->s->now))
		dry_tick(c, instrument, t, flags);
	else
		take_tick(c, instrument, t, flags);
}

SELDOM static void bar_of_history(struct core *c, uint32_t instrument, const struct event_bar *b)
{
	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next)
		if (series_past(&c->series[i], &b->bar, b->interval_s)) {
			if (!core_flag(c, START_QUIET))
				emit_bar(c, &c->series[i]);
			evaluate_history(c, i);
		}
	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next)
		bar_due(c, series_due(&c->series[i])); /* what the past left open ends by the clock */
}

static inline void take_bar(struct core *c, const struct event *e)
{
	const struct event_bar *b = &e->bar;
	uint32_t instrument = e->head.instrument;
	struct quote *q = &c->quote[instrument];

	q->last = b->bar.close;
	q->bid = q->ask = 0;
	q->bid_qty = q->ask_qty = 0;
	q->volume += b->bar.volume;
	if (b->oi)
		q->oi = b->oi;
	q->stamp = e->head.stamp;
	if (watched(c, instrument))
		watch_price(c, instrument, b->bar.low, b->bar.high, true);
	for (uint32_t i = c->link[instrument].series; i != SERIES_NONE; i = c->series[i].next)
		if (series_take(&c->series[i], &b->bar, b->interval_s))
			series_closed(c, i);
}

SELDOM static void dry_bar(struct core *c, const struct event *e)
{
	struct core dry = dry_view(c);

	take_bar(&dry, e);
}

/* A bar is told at its end: the day's last one still belongs to the day. */
void market_bar(struct core *c, const struct event *e)
{
	assert(e->head.instrument < c->s->instruments);
	if (e->head.flags & BAR_HISTORY)
		bar_of_history(c, e->head.instrument, &e->bar);
	else if (dry_hours(c, e->bar.bar.start))
		dry_bar(c, e);
	else
		take_bar(c, e);
}

/* Returns when the next one is over. */
static nanos_t close_due(struct core *c)
{
	nanos_t next = STAMP_NEVER;

	for (uint32_t i = 0; i < c->s->series; i++) {
		if (series_due(&c->series[i]) <= c->s->now && series_clock(&c->series[i], c->s->now))
			series_closed(c, i);
		nanos_t due = series_due(&c->series[i]);
		next = due < next ? due : next;
	}
	return next;
}

static __attribute__((noinline)) nanos_t dry_close_due(struct core *c)
{
	struct core dry = dry_view(c);

	return close_due(&dry);
}

void market_clock(struct core *c)
{
	nanos_t next, dry;

	if (c->s->bars_at > c->s->now)
		return;
	next = close_due(c);
	dry = c->s->dry_run && dry_hours(c, c->s->now) ? dry_close_due(c) : STAMP_NEVER;
	c->s->bars_at = dry < next ? dry : next;
	core_reschedule(c);
}
