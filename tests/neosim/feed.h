/* Both websockets: who is connected, what each is owed, and the faults of /sim/feed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "tests/neosim/exchange.h"
#include "tests/neosim/net.h"

struct sim;
struct session;
struct past_step;
struct cJSON;

enum feed_fault { FEED_MUTE, FEED_NO_ACK, FEED_NK, FEED_1120, FEED_FALLBACK, FEED_DUPLICATE, FEED_REORDER, FEED_LOSE, FEED_EARLY, FEED_STALE, FEED_CUT, FEED_LIE,
                  FEED_FRAGMENT, FEED_UNKNOWN_TYPE, FEED_STRINGS, FEED_NO_DIVIDER, FEED_REFUSE, FEED_FAULTS };

struct feed_state { uint64_t left; bool for_ever; int64_t until; }; /* left: times it will still strike; until: virtual, 0 = no end by time */

struct feed_conn;
struct feed {
	struct feed_conn *conns;
	struct feed_state faults[FEED_FAULTS];
	uint64_t opened;             /* connections ever */
	bool orders;                 /* which of the two */
};
struct order_feed {
	struct feed feed;
	struct buf *waiting;         /* frames of this turn; they leave after the answers that caused them */
	size_t n_waiting, waiting_room;
};
struct market_feed { struct feed feed; int status[16]; uint64_t subscribes; int64_t second; }; /* second: the last in which auctions were told */

#define FEED_CONN_MAGIC 0x4e46434eu
struct feed_sub { const struct scrip *scrip; int level; uint64_t seen; bool told; }; /* level 0 = index; seen: the quote's `changes` last sent */
struct feed_conn {
	uint32_t magic;
	struct feed_conn *next;
	struct feed *feed;
	struct net_conn *conn;
	uint64_t number;             /* net's, for the record of requests */
	struct session *session;     /* NULL = not let in yet */
	bool statuses, silent;       /* subscribed to market status; stale: nothing but first pictures */
	uint8_t sequence;
	struct feed_sub *subs;
	size_t n_subs, subs_room;
	struct buf swapped;          /* a frame held back so that the next overtakes it */
	bool swapped_text;
};

/* feed.c */
bool feed_struck(struct sim *s, struct feed *f, enum feed_fault k);   /* is the fault on; counts it down */
void feed_send(struct sim *s, struct feed_conn *c, bool text, const void *bytes, size_t len); /* through the faults */
void feed_say(struct sim *s, struct feed_conn *c, const char *text);  /* control text, past them */
const char *feed_fault(struct sim *s, const struct cJSON *what);      /* /sim/feed; NULL = done */
void feed_clear_faults(struct feed *f);
size_t feed_connections(const struct feed *f);
void feed_drop_sessions(struct sim *s);                              /* closes those whose session ended */
struct net_ws_events feed_events(struct sim *s);

/* order_feed.c */
void order_feed_text(struct sim *s, struct feed_conn *c, const char *text, size_t len);
void order_feed_order(struct sim *s, const struct past_step *step);
void order_feed_position(struct sim *s, const struct sim_position *p);
void order_feed_flush(struct sim *s);
void order_feed_done(struct order_feed *f);

/* market_feed.c */
void market_feed_opened(struct sim *s, struct feed_conn *c);
void market_feed_text(struct sim *s, struct feed_conn *c, const char *text, size_t len);
void market_feed_flush(struct sim *s);
