/* What is known of each order of ours, whoever said it: answers, book rows, feed frames, trades, in any order and any number of times.
 * Out come reports and fills for the core, each once, and only such as its table allows (lib/core/order.c). Pure: no I/O, no clock;
 * time is handed in with merge_at(). reliability.md I4 I5 I6 I7, kotak-neo-api.md 3.6, 3.7, 5.4.
 *
 * One row is believed at a time, the best (a terminal one, then the newest by the broker's stamp); fills come from trades alone. A row that
 * has not been heard of under its number is parked until an answer or a tag says whose it is. */
#pragma once

#include "lib/broker/kotak/idmap.h"
#include "lib/broker/kotak/order_codec.h"
#include "lib/core/core.h"

#define MERGE_UNKNOWN_FIRST (3 * NANOS_SECOND)   /* T1: books that prove absence begin no earlier after the attempt ended ... */
#define MERGE_UNKNOWN_LAST (10 * NANOS_SECOND)   /* T2: ... and one of them no earlier than this */
#define MERGE_QUARANTINE (120 * NANOS_SECOND)    /* T3: an absent order is given up no earlier */
#define MERGE_SETTLE (2 * NANOS_SECOND)          /* a book tells of a change if it began so long after the answer */
#define MERGE_DISAGREE (10 * NANOS_SECOND)       /* fills told and trades shown differ: a person hears of it */
#define MERGE_CHANGE_PATIENCE (45 * NANOS_SECOND) /* a change of which nothing is shown: longer than all the books that could judge it */

enum merge_note {
	MERGE_NOTE_FOREIGN_ORDER, MERGE_NOTE_FOREIGN_TRADE, MERGE_NOTE_LIKE, MERGE_NOTE_TWIN, MERGE_NOTE_ZOMBIE, MERGE_NOTE_VANISHED, MERGE_NOTE_TRADES,
	MERGE_NOTE_CONTRADICTION, MERGE_NOTE_STATUS, MERGE_NOTE_CHANGED, MERGE_NOTES,
};
struct merge_sink {
	void (*event)(void *ctx, struct event *e);
	void (*note)(void *ctx, enum merge_note kind, const char *text);
	void *ctx;
};

enum change_stage {
	CHANGE_NONE,
	CHANGE_DUE,              /* to be sent as soon as the order has a number */
	CHANGE_UNDER_WAY,
	CHANGE_TOLD,             /* answered Ok, which is receipt only: the row must show it */
	CHANGE_UNKNOWN,          /* unanswered: the row must show it */
};
struct change {              /* a modify or a cancel */
	uint32_t stage;          /* enum change_stage */
	uint32_t serial;         /* of the request: an answer to an older one is of no interest */
	uint32_t tries;          /* requests sent for the same wish */
	uint32_t reads;          /* books since that show nothing of it */
	int64_t base;            /* the best row's stamp when it left: only newer rows tell of it */
	nanos_t ended;
	bool left;               /* modify: its request may be at the broker */
	bool over;               /* cancel: answered that the order has ended already */
	price_t price, trigger;  /* modify: the terms wanted */
};
enum change_answer { ANSWER_OK, ANSWER_NOT_DONE, ANSWER_ENDED /* the order is terminal already */, ANSWER_UNKNOWN };

struct merge_order {
	struct order_request request;    /* terms as the core holds them */
	uint32_t instrument;
	enum segment segment;
	char symbol[32];
	char number[24];                 /* "" = not known yet */
	uint32_t told;                   /* enum order_state: what the core makes of everything reported */
	bool placing;                    /* a request to place it is under way */
	bool lost;                       /* given up without ever having had a number; may still turn up */
	bool doubted;                    /* an attempt to place it ended unanswered, or may have: that one may turn up after a later one was refused */
	bool copy;                       /* a second order of the broker's under our tag: nothing but its fills is told, it is cancelled on sight */
	bool adopted, earlier;           /* from before this process; of an earlier day */
	bool unproven;                   /* absent by a journal that has lost its end: it may have been sent again in there */
	bool like, in_book, vanished;    /* of the newest book: a row that may be it; its own row; its row was missing */
	bool status_noted, trades_noted;
	uint32_t proofs;                 /* books that show nothing of it */
	nanos_t ended;                   /* the attempt to place it ended unanswered */
	nanos_t created;                 /* wall clock: no row last touched before can be it */
	nanos_t placed, bound;           /* the first attempt began; the number became known */
	nanos_t absent;                  /* absence was proven */
	bool has_row;
	struct order_row row;            /* the best so far */
	nanos_t row_at;                  /* heard */
	int64_t terms_at;                /* stamp of the row that gave ... */
	price_t price, trigger;          /* the terms at rest; 0 = not told */
	qty_t qty_shown;                 /* another quantity of a stop than was asked for, as the core was told; 0 = none */
	qty_t traded, unnumbered, pass;  /* by trades under this number; of those without an id; unnumbered met in this reading */
	price_t pass_price;              /* of the last of them */
	bool pass_waits;                 /* one of them is not told yet: the row knows nothing of it */
	qty_t filled;                    /* told to the core, copies included */
	qty_t known;                     /* what the core had of it when it was adopted, ended by then; 0 with a copy: whose fills they were is not known */
	nanos_t disagree;                /* fills and trades began to differ; 0 = not */
	struct change modify, cancel;
};

#define MERGE_PARKED 128
#define MERGE_STRANGERS 64
#define MERGE_LATE 64
#define MERGE_SQUARE_OFF TIME_OF_DAY(15, 18) /* from here on the broker closes intraday positions itself */
struct tally { qty_t qty; money_t value; };
struct merge_stranger {
	char symbol[32];
	qty_t people, broker;            /* traded before that hour and since */
	qty_t settled_people, settled_broker; /* of them in our books by now: an operator said so, or they were taken over */
	struct tally bought, sold, settled_bought, settled_sold; /* of all of them */
	char numbers[64];                /* of the newest of their orders, of what is not settled; "..." when there were more */
	uint32_t orders, counted;        /* at work: in the newest whole book, in the one being read */
};
#define MERGE_LOST 128               /* more than an engine may have at work */
struct merge_lost {                  /* an earlier process of this engine's placed it, it works, and the journal that is left does not know it (lost_cancel.c) */
	char number[24], symbol[32];
	enum side side;
	qty_t qty, filled;
	bool amo;
	bool tagged;                     /* else its tag was replaced, or it is somebody else's */
	uint32_t tries;                  /* cancels that were sent */
	nanos_t asked;                   /* the newest of them */
};
struct merge_counts { uint64_t unknown, absent_proven, resent, foreign_orders, foreign_fills, duplicates, rows_stale; };
#define MERGE_MAGIC 0x4D524745u
struct merge {
	uint32_t magic, serial;
	struct merge_sink sink;
	nanos_t stamp, span;             /* the wall clock's, for events; a clock that never steps, for lengths */
	struct merge_order *order;
	size_t n, cap;
	struct idmap by_number, by_tag, by_order; /* index + 1 */
	struct idmap trades;             /* ids told already */
	uint64_t reading;                /* of the trade book: its number */
	struct trade_row late[MERGE_LATE]; /* of this reading: judged at its end */
	size_t n_late;
	struct idmap foreign;            /* numbers that are not ours: when first seen */
	struct idmap apart;              /* of them those that never can be: their rows had other terms than all of ours whose number is not known */
	struct merge_stranger stranger[MERGE_STRANGERS]; /* what others do in this account today, by contract */
	size_t n_strangers;
	uint32_t epoch;                  /* of this process; 0 = not told */
	bool lost_tail;                  /* no order book was believed yet, and the journal does not know its end */
	struct merge_lost lost[MERGE_LOST];
	size_t n_lost;
	nanos_t lost_fill;               /* such orders were found to have filled, newest; 0 = never */
	struct order_row parked[MERGE_PARKED];
	size_t n_parked, park_next;
	struct merge_counts counts;
	nanos_t book_began;              /* 0 = not in a book */
	unsigned book_rows, book_stale;
	bool want_book, want_trades;     /* at once; cleared by whoever reads them */
	bool trades_deferred;            /* a trade may be of an order whose number is not known yet */
};

void merge_init(struct merge *m, const struct merge_sink *sink);
void merge_done(struct merge *m);
void merge_at(struct merge *m, nanos_t stamp, nanos_t span);
/* A new day: the books need no longer show what there is. They may still do so for hours. */
void merge_age(struct merge *m);
/* The day's first login: ended orders, trades and strangers of the day before are forgotten. */
void merge_forget(struct merge *m);

/* -- placing ---------------------------------------------------------------------------------------------------------------- */

/* An order the core held when this process began. */
void merge_adopt(struct merge *m, const struct order *o, const char *symbol, enum segment segment, bool earlier);
/* NULL: it must not be sent: it lives already. Else a request is under way until one of the answers below. */
struct merge_order *merge_place(struct merge *m, const struct order_request *r, uint32_t instrument, const char *symbol, enum segment segment);
void merge_place_left(struct merge *m, struct merge_order *o);
void merge_place_ok(struct merge *m, struct merge_order *o, const char *number);
void merge_place_refused(struct merge *m, struct merge_order *o, const char *text);
void merge_place_unknown(struct merge *m, struct merge_order *o, const char *text);

/* -- changes (order_change.c) ------------------------------------------------------------------------------------------------ */

/* False: refused here, and reported. Else to be sent with o->modify.serial. */
bool merge_modify(struct merge *m, struct merge_order *o, const struct order_request *r);
void merge_modify_answer(struct merge *m, struct merge_order *o, uint32_t serial, enum change_answer a, const char *text);
/* The wish; it is sent when merge_cancel_next() gives it out. */
void merge_cancel(struct merge *m, struct merge_order *o);
/* The next order whose cancel may leave now; its stage is CHANGE_UNDER_WAY then. NULL = none. */
struct merge_order *merge_cancel_next(struct merge *m);
void merge_cancel_answer(struct merge *m, struct merge_order *o, uint32_t serial, enum change_answer a, const char *text);

/* -- what the broker shows ------------------------------------------------------------------------------------------------------ */

/* A frame of the feed, or the answer to a question for one order: `began` = 0 or when that question was asked. */
void merge_row(struct merge *m, const struct order_row *r, nanos_t began);
/* A whole book: begin, merge_row() for each with the same `began`, end. whole: parsed to the last row, in one valid session. */
void merge_book_begin(struct merge *m, nanos_t began);
/* True when the book can be believed at all: one without any row is not while orders of ours have numbers. */
bool merge_book_end(struct merge *m, bool whole);
void merge_trades_begin(struct merge *m);
void merge_trade(struct merge *m, const struct trade_row *t);
void merge_trades_end(struct merge *m);
/* What time alone brings about. */
void merge_tick(struct merge *m);

/* -- questions ------------------------------------------------------------------------------------------------------------------- */

struct merge_order *merge_find(struct merge *m, uint64_t order);
struct merge_order *merge_find_number(struct merge *m, const char *number);
/* Orders that may still change, those that the journal lost included: polled for. */
size_t merge_live(const struct merge *m);
/* Of them those of which a fill may be on its way: all but stops, and orders at a person's price, that the broker shows resting with no fill that was not told
 * and with nothing asked of them; and but those of which nothing is at the broker, since they wait here for their turn or were proven absent. */
size_t merge_moving(const struct merge *m, const struct core *c);
/* Orders taken over at the start whose state is not known yet. */
size_t merge_unresolved(const struct merge *m);
bool merge_needs_trades(const struct merge *m);
/* What people, or the broker itself, bought (sold: negative) of it today, as the trade book tells. */
qty_t merge_strangers(const struct merge *m, const char *symbol);
const struct merge_stranger *merge_stranger_of(const struct merge *m, const char *symbol); /* NULL = nothing */
/* All of it is in our books by now. */
void merge_stranger_settle(struct merge_stranger *s);
qty_t merge_stranger_traded(const struct merge_stranger *s, enum side side); /* since the account was as our books are */
/* Average of what is not settled; 0 = nothing, or beyond reckoning. */
price_t merge_stranger_price(const struct merge_stranger *s, enum side side);
