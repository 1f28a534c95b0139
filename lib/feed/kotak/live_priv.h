/* Between live.c (steering), edges.c (days and what was missed) and packets.c (prices). */
#pragma once

#include "lib/feed/kotak/backfill.h"
#include "lib/feed/kotak/live.h"
#include "lib/feed/kotak/live_day.h"
#include "lib/feed/kotak/liveness.h"
#include "lib/feed/kotak/stream.h"
#include "lib/feed/kotak/subscribe.h"

enum day_phase {
	DAY_CATCHING, /* what was missed is fetched; no edge and no underlying's price is posted before it */
	DAY_WAITING,  /* for the open */
	DAY_ON,       /* the session has begun: prices are posted */
	DAY_OVER,
};

#define KOTAK_FEED_MAGIC 0x4B464544u
struct kotak_feed {
	uint32_t magic;
	struct kotak_feed_options o;
	const struct clock *clock;
	struct notes notes;
	struct universe universe;
	struct stream stream;
	struct liveness live;
	struct backfill backfill;
	const struct master *master;   /* the owner's newest; of another day it is not used */
	struct live_now now;           /* of this turn or frame */
	bool started;                  /* the engine's core has its past: the first turn came */
	/* edges.c */
	struct live_day day;
	nanos_t midnight;              /* its beginning */
	enum day_phase phase;
	bool asked;                    /* DAY_CATCHING: the broker was asked for bars */
	bool filling;                  /* DAY_ON: bars of a gap are under way */
	nanos_t catch_until;           /* wall */
	nanos_t filled_at;             /* steady; 0 = not yet */
	/* live.c */
	bool link_up;
	nanos_t silent_at;             /* steady: when silent subscriptions are looked for next */
	nanos_t held_at;               /* steady: when what came to be held is looked for next */
	/* packets.c */
	struct sfeed_counts counts;
	uint64_t ticks, bad, mute, backfilled;
	nanos_t heard, newest_trade;
};

struct live_now live_clock(const struct kotak_feed *f);
/* A span of real time by the engine's clock: the broker's machine does not run faster with it. */
nanos_t live_real(const struct kotak_feed *f, nanos_t span);
void live_post(struct kotak_feed *f, struct event *e);

/* edges.c */
void edges_turn(struct kotak_feed *f);
nanos_t edges_due(const struct kotak_feed *f); /* wall */
void edges_fill(struct kotak_feed *f);         /* a connection or a master is there: fetch what a gap of this day left out */

/* packets.c: a sfeed_take */
void packets_take(void *feed, const struct sfeed_packet *p);
void packets_kept(struct kotak_feed *f); /* tells what came while the session had not begun here */
