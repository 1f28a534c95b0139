/* Closing what a dead engine left open, from the broker's own books alone: cancel our open orders, close our intraday positions, shorts first, by priced limits
 * that walk, and never past flat. Pure: rows, prices and answers go in, requests come out, time is handed in. reliability.md I3, I4, I11, I27.
 *
 * An order is ours when its tag is, or when its number is known to be. What is closed is the least of three: what our orders made, what the broker
 * holds, and what all orders of the account made; less every exit that may still fill. An exit whose fate is not known is such a one until
 * two whole order books that began long enough after it show neither it nor its like; then it goes out again under its own tag. */
#pragma once

#include "lib/broker/kotak/order_codec.h"

#define FLATTEN_UNKNOWN_FIRST (3 * NANOS_SECOND)  /* books that prove absence begin no earlier after the attempt ... */
#define FLATTEN_UNKNOWN_LAST (10 * NANOS_SECOND)  /* ... and one of them no earlier than this */
#define FLATTEN_QUARANTINE (120 * NANOS_SECOND)   /* one that a stranger's order may be is given up no earlier */
#define FLATTEN_WALK NANOS_SECOND                 /* a step of the price walk */
#define FLATTEN_MODIFIES 15                       /* then it is cancelled and placed anew */
#define FLATTEN_SETTLED (10 * NANOS_SECOND)       /* flat in three readings over so long is flat */
#define FLATTEN_CONTRACTS 128

enum flatten_sent {
	SENT_NOT,          /* not an exit of ours: a row of the book */
	SENT_DUE,          /* to be sent, or sent again after its absence was proven */
	SENT_UNDER_WAY,
	SENT_UNKNOWN,      /* no believable answer */
	SENT_TOLD,         /* it has a number */
	SENT_REFUSED,      /* it was definitely not taken */
};

struct flatten_order {
	char number[24], tag[ORDER_TAG_TEXT];
	uint32_t contract;
	uint8_t side;               /* enum side */
	uint8_t sent;               /* enum flatten_sent */
	bool mis, ours, exit, ended, amo;
	bool seen, in_book;         /* in a book; in the newest */
	bool changing;              /* a cancel or modify is under way */
	qty_t qty, filled;
	price_t price, average;
	int64_t updated;            /* the broker's stamp of the row believed */
	nanos_t created;            /* first seen, or decided */
	nanos_t tried;              /* the attempt to place it ended */
	nanos_t cancelled, modified; /* last asked for; 0 = never */
	unsigned modifies, proofs;
	bool late_proof, like;      /* of this reading: a stranger's row that may be it */
};

struct flatten_contract {
	char symbol[32];
	enum segment segment;
	uint32_t token;
	qty_t net;                  /* the broker's, intraday */
	bool shown;                 /* in the newest reading of the positions */
	qty_t lot;                  /* 0 = not known */
	qty_t freeze;               /* 0 = not known: no slice is larger than an order that was taken */
	price_t tick, low, high;    /* 0 = not known */
	price_t bid, ask, last;     /* 0 = none */
	unsigned step, refusals, surplus; /* surplus: readings in a row in which more was at work than is to be closed */
	nanos_t walked, again;      /* next step after, next try after */
};

enum flatten_verdict { FLATTEN_READING, FLATTEN_WORKING, FLATTEN_FLAT };
enum flatten_request { FLATTEN_CANCEL, FLATTEN_MODIFY, FLATTEN_PLACE };
struct flatten_act { enum flatten_request what; uint32_t order; price_t price; };
enum flatten_answer { FLATTEN_OK, FLATTEN_NOT_DONE, FLATTEN_UNKNOWN };

#define FLATTEN_MAGIC 0x464C4154u
struct flatten {
	uint32_t magic, epoch;
	bool foreign;               /* also what no order of ours explains */
	uint64_t next;              /* number of the next exit of this epoch */
	struct flatten_order *order;
	size_t n, cap;
	struct flatten_contract contract[FLATTEN_CONTRACTS];
	size_t contracts;
	char (*known)[24];          /* numbers that are ours whatever their tag says */
	size_t n_known, cap_known;
	nanos_t book_began;
	bool book_whole, positions_whole, overfull;
	bool book_old;              /* it shows less than an earlier one did: it proves no absence */
	unsigned flat_readings;
	nanos_t flat_since;
	uint64_t exits, cancels, modifies;
};

int flatten_open(struct flatten *f, uint32_t epoch, bool foreign);
void flatten_close(struct flatten *f);

/* Between the two files: a new order, zeroed; and the wait after so many refusals. */
struct flatten_order *flatten_add(struct flatten *f);
nanos_t flatten_patience(unsigned refusals);

/* -- what is known from before: all may be called before the first reading ----------------------------------------------------- */
void flatten_know(struct flatten *f, const char *number);
/* An exit that an earlier watchdog of today decided; whether it left is not known. number "" = none was told. */
void flatten_recall(struct flatten *f, const struct order_row *row);

/* -- a reading: the order book, then the positions, both asked for after `began` ------------------------------------------------ */
void flatten_book(struct flatten *f, nanos_t began);
void flatten_row(struct flatten *f, const struct order_row *r);
void flatten_book_end(struct flatten *f, bool whole);
void flatten_positions(struct flatten *f);
void flatten_position(struct flatten *f, const char *symbol, enum segment segment /* SEGMENT_COUNT = not told */, const char *product, qty_t net);
void flatten_positions_end(struct flatten *f, bool whole);
/* The contract wants a price: it has a position of ours, or an exit at work. */
bool flatten_priced(const struct flatten *f, uint32_t contract);

/* -- requests -------------------------------------------------------------------------------------------------------------------------- */

/* After a whole reading, until it returns false: what is to be sent now. `open`: continuous trading. The act counts as under way. */
bool flatten_next(struct flatten *f, nanos_t now, bool open, struct flatten_act *ret);
void flatten_answer(struct flatten *f, const struct flatten_act *act, enum flatten_answer answer, const char *number, nanos_t now);

/* FLAT: no order of ours is open, none may be, and nothing of ours is held, in three readings over ten seconds. Call once after each reading's requests. */
enum flatten_verdict flatten_judge(struct flatten *f, nanos_t now);
void flatten_text(const struct flatten *f, char *text, size_t size); /* what remains: "NIFTY26NOV24500CE +75, 2 orders open"; "nothing" */
