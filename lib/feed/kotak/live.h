/* Kotak's market data as the engine's events. It pushes: sessions by the calendar, instruments from the day's master, minute bars of what was missed, then ticks. A
 * socket that is open and mute in market hours is taken for what it is: LINK_FEED goes down in the same turn of the loop, then reconnect and re-subscribe. */
#pragma once

#include "lib/core/core.h"
#include "lib/core/tables.h"
#include "lib/feed/feed.h"
#include "lib/kotak/master.h"
#include "lib/kotak/rest.h"

struct kotak_feed;
struct kotak_feed_options {
	struct kotak_session *session;
	struct rest *rest;               /* candles; quotes as a second witness */
	const struct market_tables *tables;
	const struct core *core;         /* what the journal already knows: instruments keep their ids, series tell from when bars are missing */
	const char *const *underlyings;  /* symbols: "NIFTY", "BANKNIFTY", "RELIANCE" */
	size_t n_underlyings;
	uint32_t strikes;                /* each side of the money, of the nearest expiry; widened when the price drifts, never narrowed within a day */
	bool depth;                      /* five levels for contracts (level 8), else touch line (level 4) */
	bool after_market;               /* prices of after the close are told too: for the core's dry run */
	nanos_t mute_after;              /* 0 = 3 s: no packet of a liquid instrument for so long, in market hours */
	/* One event, stamped; it is posted before the call returns. */
	void (*post)(void *ctx, struct event *e);
	void (*note)(void *ctx, const char *text);
	void *ctx;
};
int kotak_feed_open(const struct kotak_feed_options *o, struct kotak_feed **ret);
void kotak_feed_close(struct kotak_feed **f);
/* A master for today is there (also the day after, without a restart): instruments are announced, symbols re-subscribed with the new tokens. It must stay mapped until the next call. */
void kotak_feed_master(struct kotak_feed *f, const struct master *m);
/* Called with the clock: day edges, liveness, reconnects. The next instant it wants to be called. */
nanos_t kotak_feed_due(struct kotak_feed *f, nanos_t now);

struct kotak_feed_stats {
	uint64_t frames, packets, ticks, bad, reconnects, mute, subscriptions, backfilled;
	bool connected, authenticated, fresh;
	nanos_t heard;                   /* newest packet, the engine's clock */
	nanos_t newest_trade;            /* newest exchange time seen */
	char url[160], reason[96];
};
void kotak_feed_stats(const struct kotak_feed *f, struct kotak_feed_stats *ret);
