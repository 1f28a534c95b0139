/* What the adapter's files share: adapter.c (the port, the link), requests.c (orders out), books.c (polls), positions.c, order_feed.c.
 * Nothing outside this folder and its tests includes this. */
#pragma once

#include "lib/broker/kotak/kotak.h"
#include "lib/broker/kotak/order_merge.h"
#include "lib/kotak/reports.h"

enum kotak_book { BOOK_ORDERS, BOOK_TRADES, BOOK_POSITIONS, BOOK_FUNDS, BOOKS };
struct book_state {
	bool under_way;
	nanos_t began;                   /* the last question; all on the span clock */
	nanos_t due;                     /* no later than this, whatever the interval; STAMP_NEVER */
	nanos_t shut;                    /* the server asked for patience until then */
	nanos_t good, good_stamp;        /* last believed answer: span and wall clock; 0 = never */
	nanos_t good_began;              /* span: when that one was asked for */
	uint64_t good_generation;        /* of the session then */
	unsigned failures;               /* in a row */
};

enum feed_state { FEED_DOWN, FEED_CONNECTING, FEED_UP };
struct order_feed {
	uint32_t state;                  /* enum feed_state */
	struct websocket *socket;
	uint64_t generation;             /* of the session it was opened with */
	bool json;                       /* the handshake's other spelling, after an attempt that was not acknowledged */
	bool tried;                      /* an attempt ended since the login: polling stands in */
	nanos_t act_at;                  /* CLOCK_MONOTONIC: acknowledgement due, or next attempt; 0 = nothing */
	nanos_t expect_at;               /* a frame about an own action is due by then; 0 = none */
	nanos_t heard;                   /* CLOCK_MONOTONIC of the newest frame */
};

enum kotak_note { /* after the merge's own */
	NOTE_ROW_BAD = MERGE_NOTES, NOTE_BOOK_FAILED, NOTE_FEED_MUTE, NOTE_FEED_REFUSED, NOTE_FEED_UNKNOWN, NOTE_POSITION, NOTE_CLOCK, NOTES,
};

/* A request under way. It outlives the adapter when it must: k is NULL then. */
struct kotak_call {
	struct kotak_call *next, *previous;
	struct kotak *k;
	uint64_t order, generation;
	uint32_t serial;
	uint32_t kind;                   /* enum kotak_book, or of requests.c */
	nanos_t began;                   /* span clock */
	nanos_t left;                    /* CLOCK_MONOTONIC: the request left */
	char number[24];
	char why[REASON_TEXT];           /* it was not let go */
	kotak_margin_done *margin_done;
	void *margin_ctx;
	char body[ORDER_BODY_MAX];
	struct report report;
};

struct clock_watch {
	bool held;                       /* the wall clock is not believed */
	bool doubted;                    /* and since then nothing said that the time we go by is right */
};

#define FOREIGN_CALM (3 * NANOS_SECOND) /* after a trade the broker's positions may lag */
#define KOTAK_POSITIONS_MAX 512
#define KOTAK_BROKER_MAGIC 0x4B425250u
struct kotak {
	struct broker broker;
	uint32_t magic;
	struct kotak_broker_options o;
	struct merge merge;
	struct book_state book[BOOKS];
	struct order_feed feed;
	struct kotak_call *calls;
	uv_timer_t *timer;
	date_t day;
	uint64_t day_generation;         /* of the newest session of that day; aged: of the day before */
	bool aged;                       /* a day began, and there was no login in it yet */
	bool started, up, up_told, asking /* for one order's row */, positions_first /* version two is not there */;
	nanos_t filled_at;               /* span of the newest own fill */
	struct kotak_position position[KOTAK_POSITIONS_MAX];
	size_t positions;
	date_t positions_day;
	unsigned positions_back;         /* answers in a row that looked older than the one believed */
	nanos_t positions_began;         /* span: when they were asked for; 0 = never read */
	struct event_foreign foreign[FOREIGN_MAX]; /* as told to the core */
	size_t foreigns;
	nanos_t strangers_at;            /* span of the newest trade of others; 0 = never */
	uint64_t difference;             /* of the newest calm reading, see foreign.c */
	nanos_t difference_at;           /* span: since when it is seen */
	bool compared, foreign_overflow;
	bool compare_owed;               /* the newest reading came while it could not be compared */
	uint64_t compared_generation;    /* of the session then */
	nanos_t watched_at;              /* span: since when the order book must be young; 0 = it need not be */
	struct clock_watch clock;
	struct event_account armed;      /* as told to the core */
	nanos_t noted[NOTES];
	struct event_funds funds;
	struct kotak_broker_stats stats;
	struct histogram round_trip[KOTAK_REQUESTS];
};

/* -- adapter.c --------------------------------------------------------------------------------------------------------------- */

/* A clock for lengths: the account clock's pace, never stepping, never 0. */
nanos_t kotak_span(const struct kotak *k);
/* CLOCK_MONOTONIC at which `length` of the account clock's time has passed, at least `least` of real time from now. */
nanos_t kotak_deadline(const struct kotak *k, nanos_t length, nanos_t least);
void kotak_sync(struct kotak *k);            /* hands the time to the merge */
void kotak_settle(struct kotak *k);          /* after any news: cancels that became possible, books that are wanted, the link */
void kotak_note(struct kotak *k, unsigned kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
void kotak_tick(struct kotak *k);
bool kotak_book_read(const struct kotak *k, enum kotak_book b); /* whole, since the newest login */
bool kotak_session_good(const struct kotak *k);

/* -- requests.c ---------------------------------------------------------------------------------------------------------------- */

struct kotak_call *call_new(struct kotak *k);
void call_done(struct kotak_call *c);
const struct master *kotak_master(const struct kotak *k); /* of today, or NULL */
const struct master_row *kotak_row(struct kotak *k, const struct instrument *i, const char **why); /* today's, or NULL with the reason */
void request_place(struct kotak *k, const struct order_request *r, uint32_t instrument, nanos_t decided);
void request_modify(struct kotak *k, const struct order_request *r, uint32_t instrument, nanos_t decided);
void request_cancel(struct kotak *k, const struct order_request *r);
void request_cancels(struct kotak *k);       /* those the merge gives out */
bool request_cancel_number(struct kotak *k, const char *number, const char *symbol, bool amo, uint32_t serial); /* false: it could not be sent */

/* -- books.c -------------------------------------------------------------------------------------------------------------------- */

void books_tick(struct kotak *k);
void books_again(struct kotak *k);           /* everything at once: a login, a reconnect */
void books_soon(struct kotak *k, enum kotak_book b, nanos_t wait);

/* -- margin.c: the contract of kotak_broker_margin() ------------------------------------------------------------------------------- */

int margin_ask(struct kotak *k, const struct order_request *r, uint32_t instrument, kotak_margin_done *done, void *ctx);

/* -- positions.c ------------------------------------------------------------------------------------------------------------------ */

/* False when the answer cannot be believed. */
bool positions_read(struct kotak *k, const cJSON *rows /* NULL = none */, nanos_t began);
bool funds_read(struct kotak *k, const cJSON *answer);
/* Why this order may not leave: it closes what the broker may no longer hold. NULL = it may. */
const char *positions_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument);

/* -- lost_cancel.c ----------------------------------------------------------------------------------------------------------------------- */

void lost_cancel(struct kotak *k);           /* those that nobody looks after, and that may go */
/* Why an exit may not leave beside them; NULL = it may. */
const char *lost_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument);

/* -- foreign.c, adopt.c, arm.c ---------------------------------------------------------------------------------------------------------------- */

void foreign_begin(struct kotak *k);         /* what the core was told in an earlier life */
void foreign_news(struct kotak *k);          /* orders or trades were read */
qty_t foreign_own_net(const struct core *c, const char *symbol); /* what our books hold of it */
qty_t foreign_broker_net(const struct kotak *k, const char *symbol);
bool foreign_compared(const struct kotak *k); /* in this session: equal, or told */
void foreign_compare(struct kotak *k, nanos_t began); /* positions were read */
void foreign_owed(struct kotak *k);          /* anything changed: one that was put off may be due */
/* Positions that were compared show more or less of it than our books: what of that may become, or was, taken over (adopt.c). */
void adopt_offer(struct kotak *k, const char *symbol, qty_t explained);
void arm_tick(struct kotak *k);
void arm_settle(struct kotak *k);

/* -- order_feed.c ------------------------------------------------------------------------------------------------------------------- */

void feed_tick(struct kotak *k);
void feed_expect(struct kotak *k, nanos_t left); /* an own action was acknowledged: a frame should tell of it */
