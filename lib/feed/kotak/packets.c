/* A packet's way: whose it is, whether it is to be believed, what it proves, and what the core is told. Allocates nothing. */
#include "lib/feed/kotak/live_priv.h"

#include "lib/base/obj.h"

#define MOVE_MAX 20 /* per cent in a day */

static bool is_tick(uint8_t kind)
{
	return kind == SFEED_MINI || kind == SFEED_INDEX || kind == SFEED_PICTURE;
}

static struct universe_slot *slot_of(struct kotak_feed *f, const struct sfeed_packet *p)
{
	return p->kind == SFEED_INDEX ? universe_by_name(&f->universe, p->exchange, p->name, p->name_len) :
	                                universe_by_token(&f->universe, p->exchange, p->token);
}

/* Halts and the auction's steps, for people: that prices stop is seen by itself. */
static void status(struct kotak_feed *f, const struct sfeed_packet *p)
{
	static const char *const words[] = {
		NULL, "open", "closed", "pre-open shut down", "pre-open over, normal market opens", "auction status changed", "closing session begun",
		"closing session over", "continuous trading over, closing auction follows", "price bands revised", "closing auction begun",
		"market orders restricted", "closing auction over",
	};
	const char *segment = universe_segment(p->exchange);

	if (segment && p->status < ARRAY_LEN(words) && words[p->status])
		notes_say(&f->notes, NOTE_STATUS, f->now.wall, "%s: %s", segment, words[p->status]);
}

static void doubt(struct kotak_feed *f, const struct universe_slot *s, const struct sfeed_packet *p, enum tick_verdict v)
{
	char last[NUM_TEXT];

	f->bad++;
	num_format(p->last, last);
	if (v == TICK_AHEAD)
		notes_say(&f->notes, NOTE_CLOCK, f->now.wall, "%s was traded %lld s after this machine's time: its clock, or the exchange's, is wrong",
		          s->instrument.symbol, (long long)(-live_age(f->now, p->trade_time * NANOS_SECOND) / NANOS_SECOND));
	else
		notes_say(&f->notes, NOTE_PACKET, f->now.wall, "a packet of %s was not believed (%s; last price %s)", s->instrument.symbol,
		          tick_verdict_name(v), last);
}

/* Where the money is: also before the open, when a price is yesterday's. A wild one would drag the window over the whole chain. */
static void move_money(struct kotak_feed *f, struct universe_slot *s, const struct sfeed_packet *p)
{
	price_t price = p->last > 0 ? p->last : p->close, away = price > p->close ? price - p->close : p->close - price;

	if (price == s->price || (p->close > 0 && away > p->close / 100 * MOVE_MAX))
		return;
	s->price = price;
	universe_price(&f->universe, s, price, f->now.wall);
}

/* What is told is stamped with our time, right or wrong. */
static struct tick_now clock_of(const struct kotak_feed *f)
{
	return (struct tick_now){ f->now.wall, f->midnight };
}

/* The exchange's stamps are held against what is so. */
static struct tick_now true_clock(const struct kotak_feed *f)
{
	return (struct tick_now){ f->now.wall - f->now.ahead, f->midnight };
}

static void tell(struct kotak_feed *f, const struct universe_slot *s, const struct sfeed_packet *p)
{
	struct event e;

	tick_event(p, &s->instrument, clock_of(f), &e);
	live_post(f, &e);
	f->ticks++;
	if (s->level == LEVEL_DEPTH && tick_depth(p, &s->instrument, f->now.wall, &e))
		live_post(f, &e);
}

/* An underlying's prices wait for the bars that go before them. */
static bool waits(const struct kotak_feed *f, const struct universe_slot *s)
{
	return s->held || (s->own && f->phase == DAY_CATCHING);
}

static bool told_now(const struct kotak_feed *f)
{
	const struct core_state *c = f->o.core->s;

	return c->day_active && c->day.date == f->day.date && f->now.wall >= c->day.open && f->now.wall < c->day.close;
}

/* The day's session has ended here, or there is none today; before the open nothing is told. */
static bool told_after(const struct kotak_feed *f)
{
	return f->o.after_market && f->phase == DAY_OVER && !f->o.core->s->day_active;
}

/* After a pause of this machine, or behind a slow server, packets are new to us and old in the market: no price for a stop or an entry. Something
 * liquid trades all the time, so the newest exchange time tells how far behind the whole stream is. */
static bool delayed(const struct kotak_feed *f, const struct universe_slot *s, nanos_t traded)
{
	const struct liveness_class *index = &f->live.class[LIVE_INDEX], *contract = &f->live.class[LIVE_CONTRACT];
	bool computed = index->expected && f->now.wall < index->until;
	nanos_t most = computed ? index->trade_max : contract->trade_max;

	return live_age(f->now, s->index ? traded : f->newest_trade) > most;
}

/* What comes before the session has begun here (bars of the past go first) is kept: a quiet contract may say nothing for long after. */
static void tell_or_keep(struct kotak_feed *f, struct universe_slot *s, const struct sfeed_packet *p)
{
	s->untold = live_day_is_open(&f->day, f->now.wall) && (waits(f, s) || !told_now(f));
	if (!s->untold && (told_now(f) || told_after(f)) && !delayed(f, s, p->trade_time * NANOS_SECOND))
		tell(f, s, p);
}

void packets_kept(struct kotak_feed *f)
{
	for (uint32_t i = 0; i < f->universe.slots; i++) {
		struct universe_slot *s = &f->universe.slot[i];

		if (f->stream.ready && s->untold && s->seen.connected && !s->blocked)
			tell_or_keep(f, s, &s->seen.last);
	}
}

static void tick(struct kotak_feed *f, struct universe_slot *s, const struct sfeed_packet *p)
{
	enum tick_verdict v = tick_judge(&s->seen, p, &s->instrument, true_clock(f));
	nanos_t traded = p->trade_time * NANOS_SECOND;

	if (v >= TICK_BAND) {
		doubt(f, s, p, v);
		return;
	}
	s->heard = f->now.steady;
	if (traded > f->newest_trade)
		f->newest_trade = traded;
	if (s->liquid)
		liveness_packet(&f->live, s->index ? LIVE_INDEX : LIVE_CONTRACT, f->now, traded, v == TICK_NEWS);
	if (s->own)
		move_money(f, s, p);
	if (v != TICK_NEWS)
		return;
	universe_band(&f->universe, s, p->circuit_low, p->circuit_high, f->now.wall);
	tell_or_keep(f, s, p);
}

void packets_take(void *feed, const struct sfeed_packet *p)
{
	struct kotak_feed *f = feed;
	struct universe_slot *s;

	CHECK_OBJ(f, KOTAK_FEED_MAGIC);
	stream_proven(&f->stream);
	if (p->kind == SFEED_STATUS)
		status(f, p);
	if (!is_tick(p->kind) || !(s = slot_of(f, p)) || s->blocked)
		return; /* a token that is not of today's master is nobody's */
	f->heard = f->now.wall;
	tick(f, s, p);
}
