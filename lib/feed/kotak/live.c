/* The steering: each turn the day's edges first, then the socket, then whether what it brings is alive. A dead feed is said so in the turn that
 * finds it, and only then reconnected. */
#include "lib/feed/kotak/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/kotak/live_priv.h"
#include "lib/kotak/reports.h"

#define LOOK_AT_LEAST NANOS_SECOND        /* the session and the date are looked at so often */
#define HURRY_BEFORE (15 * NANOS_MINUTE)  /* of the open */
#define SILENT_WAIT (10 * NANOS_SECOND)   /* real: a subscription without its first packet */
#define HELD_WAIT NANOS_SECOND            /* what is held is looked through so often */

static struct kotak_feed *feed_of(void *ctx)
{
	struct kotak_feed *f = ctx;

	CHECK_OBJ(f, KOTAK_FEED_MAGIC);
	return f;
}

struct live_now live_clock(const struct kotak_feed *f)
{
	return (struct live_now){ clock_now(f->clock), clock_steady(f->clock), clock_ahead(f->clock) };
}

nanos_t live_real(const struct kotak_feed *f, nanos_t span)
{
	return span * (f->clock->speed > 1 ? f->clock->speed : 1);
}

void live_post(struct kotak_feed *f, struct event *e)
{
	f->o.post(f->o.ctx, e);
}

/* -- the link ---------------------------------------------------------------------------------------------------------------- */

static void set_link(struct kotak_feed *f, bool up, const char *reason)
{
	struct event e;

	if (f->link_up == up)
		return;
	f->link_up = up;
	event_init(&e, EVENT_LINK, f->now.wall, INSTRUMENT_NONE);
	e.link.link = LINK_FEED;
	e.link.up = up;
	snprintf(e.link.reason, sizeof(e.link.reason), "%s", reason);
	live_post(f, &e);
}

static void fall_mute(struct kotak_feed *f, const char *reason)
{
	f->mute++;
	notes_say(&f->notes, NOTE_LINK, f->now.wall, "the market feed is mute (%s); reconnecting", reason);
	set_link(f, false, reason);
	stream_give_up(&f->stream, reason);
}

static void rise(struct kotak_feed *f, enum liveness_verdict v)
{
	if (f->stream.state != STREAM_UP || (v != LIVE_FRESH && v != LIVE_IDLE))
		return;
	stream_good(&f->stream);
	set_link(f, true, "");
}

/* Returns when to look again. */
static nanos_t judge(struct kotak_feed *f)
{
	char reason[96] = "";
	nanos_t due = STAMP_NEVER;
	enum liveness_verdict v;

	if (!f->stream.ready) {
		set_link(f, false, f->stream.reason);
		return STAMP_NEVER;
	}
	if ((v = liveness_at(&f->live, f->now, &due, reason)) == LIVE_MUTE) {
		fall_mute(f, reason);
		return STAMP_NEVER;
	}
	rise(f, v);
	return due;
}

/* -- the stream's events --------------------------------------------------------------------------------------------------------- */

static bool send_text(void *ctx, const char *text, size_t len)
{
	return stream_send(&feed_of(ctx)->stream, text, len);
}

static void expect(struct kotak_feed *f)
{
	bool expected[LIVE_CLASSES] = { false };

	for (uint32_t i = 0; i < f->universe.slots; i++) {
		const struct universe_slot *s = &f->universe.slot[i];

		if (s->liquid && s->sent && !s->blocked)
			expected[s->index ? LIVE_INDEX : LIVE_CONTRACT] = true;
	}
	for (enum live_class c = 0; c < LIVE_CLASSES; c++)
		liveness_expect(&f->live, c, expected[c], f->now.steady);
}

static void live_subscribe(struct kotak_feed *f)
{
	if (!f->stream.ready || f->universe.unsent == 0)
		return;
	subscribe_missing(&f->universe, f->now.steady, send_text, f);
	expect(f);
}

static void on_ready(void *ctx)
{
	static const char status[] = "{\"event\":\"subscribeExchange\"}";
	struct kotak_feed *f = feed_of(ctx);

	f->now = live_clock(f);
	subscribe_forget(&f->universe);
	liveness_connected(&f->live, f->now.steady);
	live_subscribe(f);
	stream_send(&f->stream, status, sizeof(status) - 1);
	edges_fill(f);
}

static void on_frame(void *ctx, const void *bytes, size_t len)
{
	struct kotak_feed *f = feed_of(ctx);
	char reason[96];
	nanos_t due;

	f->now = live_clock(f);
	sfeed_decode(&f->stream.scale, bytes, len, packets_take, f, &f->counts);
	live_subscribe(f);
	if (!f->link_up)
		rise(f, liveness_at(&f->live, f->now, &due, reason));
}

static void on_symbol(void *ctx, const char *key, const char *symbol)
{
	struct kotak_feed *f = feed_of(ctx);
	const struct universe_slot *s;

	if (subscribe_symbol(&f->universe, key, symbol, &s) != ACK_WRONG)
		return;
	f->now = live_clock(f);
	notes_say(&f->notes, NOTE_SYMBOL, f->now.wall, "the feed calls %s %.40s, the master %s: its prices are not used today", key, symbol, s->trading);
	expect(f);
}

static void on_complaint(void *ctx, const char *words)
{
	struct kotak_feed *f = feed_of(ctx);

	notes_say(&f->notes, NOTE_SILENT, f->now.wall, "market feed: %s", words);
}

static void answered(void *ctx, const struct wire_answer *a)
{
	(void)a; /* rest.h has seen to a session that ended */
	free(ctx);
}

/* Another call of the session is the witness: a market feed out of order must not end a session that orders go through. */
static void on_doubted(void *ctx)
{
	struct kotak_feed *f = feed_of(ctx);
	struct report *r = calloc(1, sizeof(*r));

	if (!r)
		return;
	report_limits(r);
	r->call.priority = REST_IDLE;
	r->call.done = answered;
	r->call.ctx = r;
	if (rest_call(f->o.rest, &r->call) != ERR_OK)
		free(r);
}

static void on_lost(void *ctx, const char *why)
{
	struct kotak_feed *f = feed_of(ctx);

	f->now = live_clock(f);
	notes_say(&f->notes, NOTE_STREAM, f->now.wall, "market feed: %s", why);
	set_link(f, false, why);
}

/* -- turns --------------------------------------------------------------------------------------------------------------------------- */

static bool hurry(const struct kotak_feed *f)
{
	return f->day.trades && f->now.wall >= f->day.open - HURRY_BEFORE && f->now.wall < f->day.close;
}

/* A new login's session replaces the old one's at leisure: what runs in market hours is not broken for it. */
static void follow_session(struct kotak_feed *f)
{
	bool other = kotak_session_generation(f->o.session) != f->stream.generation && kotak_session_state(f->o.session) == SESSION_UP;

	if (other && f->stream.state != STREAM_DOWN && (f->stream.state == STREAM_START || !hurry(f))) {
		stream_renew(&f->stream);
		set_link(f, false, "reconnecting with a new session");
	}
}

static void ask_silent(struct kotak_feed *f)
{
	bool owed = f->stream.ready && f->phase == DAY_ON;
	uint32_t n;

	if (owed && f->now.steady < f->silent_at)
		return;
	f->silent_at = f->now.steady + live_real(f, SILENT_WAIT);
	if (!owed)
		return;
	n = subscribe_silent(&f->universe, f->now.steady, live_real(f, SILENT_WAIT), f->now.wall < f->day.index_close);
	if (n > 0)
		notes_say(&f->notes, NOTE_SILENT, f->now.wall, "%u subscriptions give no price; asked for again", n);
}

static void watch_held(struct kotak_feed *f)
{
	if (f->now.steady < f->held_at)
		return;
	f->held_at = f->now.steady + HELD_WAIT;
	universe_held(&f->universe, f->now.wall);
}

static nanos_t earlier(nanos_t a, nanos_t b) { return a < b ? a : b; }

static nanos_t wall_of(const struct kotak_feed *f, nanos_t steady)
{
	return steady == STAMP_NEVER ? STAMP_NEVER : f->now.wall + steady - f->now.steady;
}

nanos_t kotak_feed_due(struct kotak_feed *f, nanos_t now)
{
	nanos_t due;

	CHECK_OBJ(f, KOTAK_FEED_MAGIC);
	f->now = (struct live_now){ now, clock_steady(f->clock), clock_ahead(f->clock) };
	f->started = true;
	edges_turn(f);
	follow_session(f);
	due = wall_of(f, stream_turn(&f->stream, f->now.steady, hurry(f)));
	watch_held(f);
	live_subscribe(f);
	ask_silent(f);
	due = earlier(due, judge(f));
	due = earlier(due, edges_due(f));
	due = earlier(due, now + LOOK_AT_LEAST);
	return due > now ? due : now + NANOS_MS;
}

void kotak_feed_master(struct kotak_feed *f, const struct master *m)
{
	CHECK_OBJ(f, KOTAK_FEED_MAGIC);
	f->master = m;
	if (!f->started)
		return; /* the first turn takes it up */
	f->now = live_clock(f);
	edges_turn(f);
	if (f->universe.master != m && !universe_master(&f->universe, m, f->now.wall))
		notes_say(&f->notes, NOTE_MASTER, f->now.wall, "a scrip master of another day came; its tokens are not used");
	live_subscribe(f);
	f->filled_at = 0; /* a share is here only now, and has missed the day so far */
	edges_fill(f);
}

/* -- questions -------------------------------------------------------------------------------------------------------------------------- */

void kotak_feed_stats(const struct kotak_feed *f, struct kotak_feed_stats *ret)
{
	const struct sfeed_counts *n = &f->counts;

	CHECK_OBJ(f, KOTAK_FEED_MAGIC);
	*ret = (struct kotak_feed_stats){ .frames = n->frames, .ticks = f->ticks, .mute = f->mute, .backfilled = f->backfilled,
		.bad = f->bad + n->torn + n->short_packet + n->bad_price + n->bad_count, .subscriptions = f->universe.slots - f->universe.unsent,
		.connected = f->stream.open, .authenticated = f->stream.state == STREAM_UP, .fresh = f->link_up, .heard = f->heard, .newest_trade = f->newest_trade };
	for (int i = 0; i < SFEED_KINDS; i++)
		ret->packets += n->packets[i];
	ret->reconnects = f->stream.connects > 0 ? f->stream.connects - 1 : 0;
	memcpy(ret->url, f->stream.url, sizeof(ret->url));
	memcpy(ret->reason, f->stream.reason, sizeof(ret->reason));
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------- */

static bool post_instrument(void *ctx, struct event *e)
{
	live_post(feed_of(ctx), e);
	return true;
}

int kotak_feed_open(const struct kotak_feed_options *o, struct kotak_feed **ret)
{
	struct kotak_feed *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return ERR_NOMEM;
	f->magic = KOTAK_FEED_MAGIC;
	f->o = *o;
	f->clock = kotak_session_clock(o->session);
	f->notes = (struct notes){ .note = o->note, .ctx = o->ctx };
	struct universe_options u = { .core = o->core, .notes = &f->notes, .underlyings = o->underlyings, .n_underlyings = o->n_underlyings,
	                              .strikes = o->strikes, .depth = o->depth, .post = post_instrument, .ctx = f };
	if ((err = universe_open(&f->universe, &u)) != ERR_OK) {
		free(f);
		return err;
	}
	struct stream_events events = { on_ready, on_frame, on_symbol, on_complaint, on_doubted, on_lost, f };
	stream_init(&f->stream, o->session, &events);
	liveness_init(&f->live, o->mute_after, f->clock->speed);
	backfill_init(&f->backfill, o->rest, &f->notes, f->clock);
	*ret = f;
	return ERR_OK;
}

void kotak_feed_close(struct kotak_feed **f)
{
	if (!f || !*f)
		return;
	CHECK_OBJ(*f, KOTAK_FEED_MAGIC);
	stream_stop(&(*f)->stream);
	backfill_done(&(*f)->backfill);
	universe_done(&(*f)->universe);
	(*f)->magic = 0;
	free(*f);
	*f = NULL;
}
