/* What can be traded or watched. Ids are dense and start at 0; the feed assigns them in order of first appearance and
 * announces each with EVENT_INSTRUMENT before its first price. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"

#define INSTRUMENT_NONE UINT32_MAX

enum segment { SEGMENT_NSE_CM, SEGMENT_NSE_FO, SEGMENT_BSE_CM, SEGMENT_BSE_FO, SEGMENT_COUNT };
enum instrument_kind { INSTRUMENT_INDEX, INSTRUMENT_EQUITY, INSTRUMENT_FUTURE, INSTRUMENT_CALL, INSTRUMENT_PUT };

enum instrument_flag {
	INSTRUMENT_TRADABLE  = 1 << 0, /* orders are allowed; an index that is only watched has it off */
	INSTRUMENT_SYNTHETIC = 1 << 1, /* index as instrument: one synthetic unit, no margin, no cash gate, no charges */
	INSTRUMENT_LTP_ONLY  = 1 << 2, /* the data has no bid/ask: spread = max(2 ticks, 0.3 %) around the last price */
	INSTRUMENT_ASSUMED   = 1 << 3, /* lot or tick was not known for the date; the nearest row was taken */
	INSTRUMENT_DERIVED   = 1 << 4, /* no market of its own: near future or parity forward standing in for the spot */
};

struct instrument {
	char symbol[40];        /* unique; "NIFTY", "BANKNIFTY13APR2341000CE" */
	char underlying[16];    /* "NIFTY"; equals symbol for an index or equity */
	uint32_t id;
	uint32_t underlying_id; /* INSTRUMENT_NONE when not known; own id for an index or equity */
	uint8_t kind;           /* enum instrument_kind */
	uint8_t segment;        /* enum segment */
	uint16_t flags;         /* enum instrument_flag */
	date_t expiry;          /* 0 = none */
	price_t strike;         /* 0 = none */
	price_t tick;           /* > 0 */
	qty_t lot;              /* > 0 */
	qty_t freeze;           /* largest single order in units; 0 = not known */
	price_t band_low;       /* 0 = none */
	price_t band_high;      /* 0 = none */
};

/* The last known market of an instrument. Absent prices are 0 = "none": no traded price is 0 (a chain's 0.0 LTP means
 * never traded). Age is the reader's business: compare `stamp` with now. */
struct quote {
	price_t last, bid, ask;
	qty_t bid_qty, ask_qty;
	int64_t volume;         /* the day's running total in units; 0 = none or index */
	int64_t oi;             /* open interest in units; 0 = not known */
	nanos_t stamp;          /* event time of the newest price; 0 = never */
};

/* What a marketable order meets: bid/ask where the data has them, else last price -/+ half the assumed spread,
 * rounded outward to the tick; a synthetic unit has no market of its own and so no spread, labelled as such. 0 = unknown. */
price_t quote_bid_assumed(const struct quote *q, const struct instrument *i); /* without sides in the data */
price_t quote_ask_assumed(const struct quote *q, const struct instrument *i);
static inline price_t quote_bid(const struct quote *q, const struct instrument *i)
{
	return i->flags & INSTRUMENT_SYNTHETIC ? q->last : i->flags & INSTRUMENT_LTP_ONLY ? quote_bid_assumed(q, i) : q->bid;
}
static inline price_t quote_ask(const struct quote *q, const struct instrument *i)
{
	return i->flags & INSTRUMENT_SYNTHETIC ? q->last : i->flags & INSTRUMENT_LTP_ONLY ? quote_ask_assumed(q, i) : q->ask;
}
price_t quote_mid(const struct quote *q, const struct instrument *i);

/* True for a checked, self-consistent definition (printable symbol, tick and lot > 0, known enums). */
bool instrument_valid(const struct instrument *i);
