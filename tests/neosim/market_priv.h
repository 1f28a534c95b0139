/* What the market's own files share. A day is a row of steps of 250 ms from open to close; every underlying ("asset") has its whole path
 * computed when the day begins, so what anything costs is a function of seed, date and step, however the clock is moved. */
#pragma once

#include "lib/base/prng.h"
#include "lib/base/stamp.h"
#include "tests/neosim/calendar.h"
#include "tests/neosim/market.h"
#include "tests/neosim/table.h"

#define MARKET_STEP (250 * NANOS_MS)
#define STEPS_A_SECOND 4
#define STEPS_A_MINUTE 240
#define MARKET_RATE 0.0525   /* interest: the repo rate, in forwards and discounting */

enum kind { KIND_INDEX, KIND_SHARE, KIND_FUTURE, KIND_OPTION, KIND_LISTED /* in the master, never traded */ };

struct tape;
struct asset {
	const struct asset_spec *spec;
	int32_t *path;               /* fair price at each step, paise; steps + 1 of them */
	int64_t close;               /* previous close */
	struct instrument *spot;
};

struct instrument {
	struct scrip s;              /* first: a scrip's address is its instrument's */
	enum kind kind;
	struct asset *asset;         /* NULL when KIND_LISTED */
	struct sim_quote *quote;     /* NULL = nobody has quoted it */
	const struct tape *tape;     /* recorded prices, or NULL = computed */
	int rank;                    /* place of its expiry among the listed ones, 0 = nearest */
	int64_t expires;             /* stamp of the last trade; 0 = never */
	int64_t daily_lots, pin;     /* pin: paise, 0 = free */
	bool no_bids, no_asks;
};

/* What is known of an underlying that lives here. */
struct asset_spec {
	const char *name, *feed_name;       /* feed_name: of an index, "" of a share */
	int segment;
	uint32_t token, feed_token;
	int64_t level, tick, daily_lots;    /* level: where a walk starts, paise */
	double volatility, beta;            /* of a day, as a part of the price; how much of NIFTY's move it shares */
	int option_segment, strikes;        /* 0 = no derivatives; strikes listed on each side of the money */
	enum expiry_rule expiries;
	int64_t step;                       /* between strikes, paise */
	bool auction;
};
#define MARKET_ASSETS 16
extern const struct asset_spec market_specs[];
extern const size_t market_n_specs;

struct list { struct instrument **at; size_t n, cap; };
#define MARKET_SEGMENTS 10

#define MARKET_MAGIC 0x4d4b5431u
struct market {
	uint32_t magic;
	const struct sim_clock *clock;
	uint64_t seed;
	uint32_t master_rows;
	int32_t first_date, date, recorded; /* recorded: the day whose tapes play, 0 = none */
	struct tapes *tapes;
	struct asset asset[MARKET_ASSETS];
	size_t n_assets;
	struct list owned, living, segment[MARKET_SEGMENTS];
	struct table by_token, by_symbol;
	uint32_t next_token;
	bool trades;                 /* is today a trading day */
	struct day_times times;      /* of derivatives */
	int64_t open;                /* stamp */
	int32_t steps, step;         /* the day's last step; the newest one shown, -1 = before the open */
	bool shut;                   /* the close has been shown */
};

static inline struct instrument *instrument_of(const struct scrip *s)
{
	return (struct instrument *)(uintptr_t)s;
}

/* market_list.c: (re)builds what is listed on m->date; contracts that go on keep their structs and tokens. */
int market_list_day(struct market *m);
int list_add(struct list *l, struct instrument *in);
int market_publish(struct market *m, struct instrument *in); /* into its segment's list and the tables */
struct instrument *market_list_contract(struct market *m, struct asset *a, int segment, const char *name, struct expiry e, int64_t strike, const char *option);

/* market_specs.c: dated facts. */
int64_t market_lot(const char *name, int32_t expiry);
int64_t market_freeze(const char *name, int32_t date); /* the largest order taken */
int64_t market_future_tick(int segment, int64_t level);

/* market_padding.c: listed contracts of other names, until nse_fo has `rows` rows. */
int market_list_padding(struct market *m, size_t rows);

/* market_walk.c: the day's paths. */
int market_walk_day(struct market *m);

/* market_tapes.c: recorded minutes. */
struct minute { int32_t open, high, low, close; }; /* paise; all 0 = nothing traded */
#define TAPE_MINUTES 385
struct tape {
	char name[24];
	int32_t date, expiry;        /* expiry 0 = the underlying itself */
	int64_t strike;
	char option;                 /* C P, 0 = none */
	struct minute minute[TAPE_MINUTES];
};
struct tapes *tapes_new(void);
void tapes_close(struct tapes **t);
struct tape *tapes_make(struct tapes *t, const char *name, int32_t date, int32_t expiry, int64_t strike, char option); /* found or made; NULL: no memory */
int tapes_complete(struct tapes *t); /* once all files are read: gaps filled, an index told from its chain */
/* The recorded day that plays `day` days after the first; 0 = none. Prefers `date` itself, then days with option chains. */
int32_t tapes_day(const struct tapes *t, int32_t date, uint64_t seed, int32_t day);
const struct tape *tapes_index(const struct tapes *t, const char *name, int32_t date);
int64_t tapes_previous_close(const struct tapes *t, const char *name, int32_t date); /* 0 = unknown */
/* The contract whose expiry is the rank-th recorded that day. */
const struct tape *tapes_option(const struct tapes *t, const char *name, int32_t date, int rank, int64_t strike, char option);

/* market_data.c: the files. */
int tapes_open(const char *const *files, size_t n, struct tapes **ret, char error[256]);

/* market_options.c: what a thing is worth. */
double option_price(bool call, double forward, double strike, double years, double volatility);
double market_fair(const struct market *m, const struct instrument *in, int32_t step);
double market_fair_shifted(const struct market *m, const struct instrument *in, int32_t step, double shift); /* underlying moved by a part of itself */
int32_t market_period(const struct instrument *in, int32_t step); /* steps between two quotes */
void market_option_bands(const struct market *m, struct instrument *in);

/* market_quote.c: a fair price becomes last, depth, volume. */
void market_quote_day(const struct market *m, struct instrument *in); /* the day begins, nothing traded yet */
void market_quote_show(struct market *m, struct instrument *in, double fair, int32_t step);
void market_quote_range(struct instrument *in, int32_t from, int32_t to);
void market_quote_shut(struct instrument *in);
int64_t market_volume(const struct market *m, const struct instrument *in, int32_t step); /* of the day so far */

/* market.c */
int64_t market_second(const struct market *m, int32_t step); /* epoch seconds */
bool market_scrip_trades(const struct market *m, const struct scrip *s, int64_t now); /* continuous trading of that very scrip */
int32_t market_last_step(const struct market *m, const struct instrument *in);  /* where its own trading ends */
