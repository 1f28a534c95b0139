/* The recorded market in memory: contracts, and compact rows in time order. Layouts fill it, replay plays it. Prices are
 * 1/10,000 rupee in 32 bits (up to 429,496 rupees). Nothing here is guessed: a row that makes no sense is kept aside with
 * its line and reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/event.h"
#include "lib/feed/fields.h"

enum row_flag {
	ROW_ANNOUNCE = 1 << 0, /* the contract's definition goes out before this row */
	ROW_DERIVED  = 1 << 1, /* made from other rows (the underlying of an option file): last of its group, no data row */
	ROW_SECOND   = 1 << 2, /* shares a line of the file with the row before it */
	ROW_STALE    = 1 << 3, /* exact repeat of the contract's row before */
};

struct row {
	nanos_t stamp;         /* bar: start; else when the price was known */
	uint32_t contract : 24;
	uint32_t flags : 8;    /* enum row_flag */
	uint32_t oi;           /* chain: lots; else units */
	union {
		struct { uint32_t open, high, low, close; int64_t volume; } bar;             /* volume of the bar */
		struct { uint32_t last, bid, ask, bid_qty, ask_qty, volume; } quote;         /* volume of the day, lots */
		struct { uint32_t last, last_qty; int64_t volume; uint32_t depth, pad; } tick; /* of the day, units; depth + 1 */
	};
};
static_assert(sizeof(struct row) == 40, "a year of minutes must stay small");
#define CONTRACTS_MAX (1u << 24)

struct depth_row { uint32_t price[2 * DEPTH_LEVELS], qty[2 * DEPTH_LEVELS]; nanos_t traded; }; /* bids, then asks; best first */

#define CONTRACT_NONE UINT32_MAX
struct contract_key {      /* symbol: at most 39 bytes, printable; the loader checks */
	uint8_t kind;          /* enum instrument_kind */
	uint32_t underlying;   /* contract number; CONTRACT_NONE = its own */
	date_t expiry;         /* 0 = none or not recorded */
	price_t strike;
	struct field symbol;   /* the file's own name; len 0 = none, one is made */
};

struct contract {
	char symbol[40];
	uint8_t kind;
	bool derived;          /* an option file's underlying: rows carry ROW_DERIVED */
	uint16_t flags;        /* enum instrument_flag that the layout knows */
	uint32_t underlying;   /* contract number, its own number for an index or equity */
	date_t expiry;
	price_t strike;
	uint32_t hash;         /* of its key */
	uint32_t id;           /* of the instrument: order of first appearance in the stream */
	size_t first_row;      /* SIZE_MAX = never */
	int64_t volume_seen;   /* while loading: the day's running volume */
	date_t volume_date;
	nanos_t row_stamp;     /* while loading: time of the newest row, as written */
	size_t row_last;       /* while loading: newest row; SIZE_MAX = none */
	int64_t divisor;       /* of traded quantities, where no contract table can know the lot; 0 = not gathered */
	int64_t price_divisor; /* of all prices: with price_high it shows the tick of an equity */
	price_t price_high;
};

#define BAD_TEXT 120
#define BAD_KEPT 1000
struct bad_row { uint64_t line; uint32_t file; const char *reason; char text[BAD_TEXT + 1]; };
#define NOTE_TEXT 200
#define NOTES_MAX 64

struct snapshot { nanos_t known, page; }; /* chain quotes: when collected, and the page's own time */

struct tape {
	struct row *rows;
	struct depth_row *depths;
	struct contract *contracts;
	uint32_t *index;             /* hash of contracts, open addressing; 0 = free, else number + 1 */
	struct snapshot *snapshots;
	size_t row_count, row_cap, depth_count, depth_cap, contract_count, contract_cap, index_cap, snapshot_count, snapshot_cap;
	uint64_t lines;              /* data rows seen in the files, good and bad */
	uint64_t bad;
	struct bad_row *bad_rows;    /* the first BAD_KEPT */
	size_t bad_kept;
	char (*notes)[NOTE_TEXT];
	size_t note_count;
	bool failed;                 /* out of memory: later additions do nothing, the load is given up */
};

void tape_done(struct tape *t);

/* Appends a zeroed row; NULL when out of memory. The pointer lives until the next append. */
struct row *tape_add(struct tape *t, nanos_t stamp, uint32_t contract, uint8_t flags);

/* Appends a zeroed depth of the row; NULL when out of memory. Sets row->tick.depth. */
struct depth_row *tape_add_depth(struct tape *t, struct row *row);

void tape_add_snapshot(struct tape *t, nanos_t known, nanos_t page);
nanos_t tape_snapshot_page(const struct tape *t, nanos_t known); /* 0 = not known */

/* Finds or adds a contract; CONTRACT_NONE when out of memory. The symbol of an option without one is built like
 * "NIFTY28JAN2114000CE". */
uint32_t tape_contract(struct tape *t, const struct contract_key *key);

/* Keeps a broken row aside; `reason` is a constant. */
void tape_bad(struct tape *t, uint32_t file, uint64_t line, const char *reason, const char *text, size_t len);

/* Keeps a remark on the data for people; the same text once, and at most NOTES_MAX. */
void tape_note(struct tape *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Brings rows into time order (stable; derived rows last among equals). ERR_NOMEM. */
int tape_sort(struct tape *t);
