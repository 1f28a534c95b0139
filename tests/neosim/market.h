/* What is listed and what it costs: the day's scrip master and every instrument's last market. Prices here are int64 paise (in cde_fo, whose
 * prices have four decimals, 1/10,000 rupee), unlike the engine's 1/10,000 rupee: nothing of the client is shared, so nothing it
 * misreads is misread alike. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/neosim/clock.h"

enum sim_segment { SIM_NSE_CM = 1, SIM_NSE_FO = 2, SIM_CDE_FO = 3, SIM_BSE_CM = 5, SIM_BSE_FO = 6, SIM_MCX_FO = 9 }; /* the feed's exchange ids */
const char *sim_segment_name(int segment);   /* "nse_fo"; NULL = none */
int sim_segment_find(const char *name);      /* 0 = none */

struct scrip {
	int segment;
	uint32_t token;
	bool index;                  /* subscribed by name; feed_token differs from token and is above 2^31 */
	uint32_t feed_token;
	char name[24];               /* underlying or ticker: "NIFTY" */
	char feed_name[24];          /* of an index: "Nifty 50" */
	char symbol[32];             /* pTrdSymbol */
	char type[8];                /* OPTIDX FUTIDX OPTSTK FUTSTK IO IF ..., "" in cash */
	char option[3];              /* CE PE XX */
	char series[4];
	uint32_t underlying;         /* pAssetCode */
	int32_t expiry;              /* date; 0 = none */
	int64_t strike, tick;        /* paise */
	int64_t lot, freeze;         /* freeze: first refused quantity for NSE F&O, largest allowed elsewhere */
	int64_t band_low, band_high; /* paise; moves only by /sim/scrip */
	bool halted;                 /* circuit: one side missing, or no trade at all */
	bool auction;                /* a share that closes by auction: continuous trading ends at 15:15 (CASEligible in the master) */
};

struct level { int64_t price, qty; int32_t orders; };
struct sim_quote {
	int64_t last, last_qty, volume, oi;           /* paise, units */
	int64_t open, high, low, close, average;      /* close = previous close */
	int64_t value, year_high, year_low;           /* value: traded today, paise */
	int64_t total_buy, total_sell;
	int64_t trade_time, update_time;              /* epoch seconds, virtual */
	struct level bid[5], ask[5];
	uint64_t changes;                             /* grows with every change: feed connections compare it */
};

struct market;
struct market_options {
	const char *const *data;     /* recorded files of ../shared/data (index 1 min bars, option chain 1 min, ticks); 0 files = seeded walk */
	size_t n_data;
	uint64_t seed;
	uint32_t master_rows;        /* rows of nse_fo.csv at least: the living chain, then listed strikes of other names that never trade */
};

/* A market for the clock's date: NIFTY and BANKNIFTY with index, near future and chains of the nearest two expiries (weekly and monthly by the
 * dated rules of the market pages), SENSEX with its chain in bse_fo, a few shares (RELIANCE, HDFCBANK ...) in nse_cm, INDIA VIX. Recorded
 * index bars become a path through each minute (open, low/high, close) with option prices by Black-76 over it; recorded
 * option bars are taken as they are where they cover the contract. */
int market_open(const struct market_options *o, const struct sim_clock *clock, struct market **ret, char error[256]);
void market_close(struct market **m);

/* Moves every price to the clock's now. Calls changed() for each scrip whose quote changed. A halted or closed market does not move. */
typedef void market_changed(void *ctx, const struct scrip *s, const struct sim_quote *q);
void market_advance(struct market *m, market_changed *changed, void *ctx);
int64_t market_next_at(const struct market *m); /* virtual instant of the next change */

const struct scrip *market_find(const struct market *m, int segment, const char *id /* token digits or index name */);
const struct scrip *market_find_symbol(const struct market *m, int segment, const char *trading_symbol);
const struct sim_quote *market_quote(const struct market *m, const struct scrip *s);
/* Every scrip of a segment, in master order. */
size_t market_count(const struct market *m, int segment);
const struct scrip *market_at(const struct market *m, int segment, size_t i);

/* For /sim/...: an operator of the simulator overrides the market. */
void market_set_price(struct market *m, const struct scrip *s, int64_t last);      /* jumps; quotes around it; holds for the instrument until free */
void market_free_price(struct market *m, const struct scrip *s);
void market_set_band(struct market *m, const struct scrip *s, int64_t low, int64_t high);
void market_set_halted(struct market *m, const struct scrip *s, bool halted);
void market_set_side(struct market *m, const struct scrip *s, bool bids, bool asks); /* a circuit lock takes one side away */
/* The phase of the segment's session now: the feed's market status code (1 open, 2 close, 3 pre-open ...). */
int market_status(const struct market *m, int segment);
bool market_is_open(const struct market *m, int segment);
/* Minute bars from the day's open to now: the candles call. Returns how many were written. */
struct sim_bar { int64_t start, open, high, low, close, volume; }; /* start: epoch s */
size_t market_bars(const struct market *m, const struct scrip *s, int32_t from, int32_t to, int seconds, struct sim_bar *ret, size_t max);

/* The segment's master file as Kotak prints it (kotak-neo-api.md section 6), appended to a malloc'ed text; NULL = no such file. `stem`
 * is "nse_fo", "nse_cm-v1" ... */
char *market_master_csv(const struct market *m, const char *stem, size_t *ret_len);

/* SFeed bytes (section 4.7), little-endian; each returns the packet's length. `sequence` is the header's counter. */
size_t sfeed_mini(const struct scrip *s, const struct sim_quote *q, uint8_t sequence, uint8_t *out);
size_t sfeed_index(const struct scrip *s, const struct sim_quote *q, uint8_t sequence, uint8_t *out);
size_t sfeed_picture(const struct scrip *s, const struct sim_quote *q, int level /* 2 4 8 16 */, uint8_t sequence, uint8_t *out);
size_t sfeed_status(int segment, int code, bool header_only, uint8_t *out);
size_t sfeed_auction(const struct scrip *s, int64_t reference, int64_t imbalance, int64_t at_market, bool long_form, uint8_t *out);
#define SFEED_PACKET_MAX 1024
int64_t sfeed_divider(int segment);
