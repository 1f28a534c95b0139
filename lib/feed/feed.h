/* A pull feed: market events one by one, in time order, with the data's own stamps. The engine paces them (speed) and
 * posts them. Replay files and the demo market are feeds of this kind; both are deterministic. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/core/event.h"
#include "lib/core/tables.h"

/* A bar feed shows the open of a coming bar as a tick of its own (TICK_OPEN_OF_BAR), but only for instruments on which
 * an order waits, so that idle bars cost one event. Order of one group of rows with the same time: first the opens (at the
 * bars' start), then contracts' bars, last the underlying's bar (at the bars' end), so that a signal sees fresh contracts. */
struct feed_hooks {
	bool (*waiting)(void *ctx, uint32_t instrument);
	void *ctx;
};

struct feed_progress {
	uint64_t rows, rows_total;       /* data rows taken / in the file (0 = not known) */
	uint64_t bad;                    /* broken rows skipped */
	uint64_t events;
	nanos_t first, last, now;        /* stamps; first/last of the whole file */
};

struct feed_info {
	const char *kind;                /* "index bars", "equity bars", "contract bars", "chain quotes", "chain last prices", "ltp ticks",
	                                  * "index ticks", "depth ticks", "demo" */
	char underlying[16];             /* symbol of the instrument that gives the signals; "" where every one does */
	char underlying_source[48];      /* "spot column", "near future", "parity forward", "the index itself" ... */
	char source[96];                 /* file name without its folder, or "demo seed 42" */
	nanos_t step;                    /* the data's usual step: 0 ticks, 60 s minute bars, 900 s ... */
	bool options;                    /* the data has an option chain */
	bool one_price;                  /* one price per step (chain snapshots): bars shorter than 3 minutes have no wicks */
};

struct feed;
struct feed_ops {
	const char *name;
	/* 1 = *ret holds an event (seq 0), 0 = the feed has ended (after its EVENT_FEED_END), < 0 = enum err. The caller may
	 * post other events between two calls; stamps never go back. */
	int (*next)(struct feed *f, struct event *ret);
	void (*info)(const struct feed *f, struct feed_info *ret);
	void (*progress)(const struct feed *f, struct feed_progress *ret);
	/* Position as bytes for a checkpoint, and back. Restoring into a feed opened on other data is ERR_MISMATCH. */
	int (*save)(const struct feed *f, struct buf *out);
	int (*restore)(struct feed *f, const void *bytes, size_t len);
	/* Jump so that the next event is the first at or after `stamp` (forward or back); session and instrument events
	 * that the jump passes over are still delivered first. Only before the engine started: a seek is a new run. */
	int (*seek)(struct feed *f, nanos_t stamp);
	/* JSON array of at most `most` {"line":n,"reason":"...","text":"..."} of broken rows, for reports. */
	void (*bad_rows)(const struct feed *f, struct buf *out, unsigned most);
	void (*close)(struct feed *f);
};
struct feed { uint32_t magic; const struct feed_ops *ops; };
#define FEED_MAGIC 0x46454544u

struct feed_error { char text[256]; }; /* a sentence: place, reason, remedy */

/* Opens one or several recorded files (.csv, .csv.gz, .csv.zst; the layout is told from the header line). Several files are
 * merged in time order (index years one after the other; tick files of one day side by side). */
int feed_replay_open(const char *const *paths, size_t n, const struct market_tables *tables, const struct feed_hooks *hooks,
                     struct feed **ret, struct feed_error *error);

/* A seeded synthetic NIFTY with an option chain (Black-76, smile): ticks several times a second through sessions of the
 * calendar, starting at `from` (an instant; if the market is shut then, the demo trades a session that begins at `from`
 * and says so with SESSION_ASSUMED). Same seed and start, same events, for ever. */
int feed_demo_open(uint64_t seed, nanos_t from, const struct market_tables *tables, const struct feed_hooks *hooks,
                   struct feed **ret, struct feed_error *error);
