/* Statutory and broker charges of one fill, from a dated table (tables/charges.csv). A rate whose dates do not cover the
 * day is taken from the nearest row and marked `assumed`; a charge with no row at all is `unknown`, never 0.
 * Amounts are exact to 1/10,000 rupee per fill (half away from zero); the rounding of a contract note is of the day's sums and
 * is not done here. Rules and sources: docs/market.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"
#include "lib/core/instrument.h"

enum charge_kind {
	CHARGE_BROKERAGE, CHARGE_STT, CHARGE_EXCHANGE, CHARGE_IPFT, CHARGE_SEBI, CHARGE_STAMP, CHARGE_GST, CHARGE_COUNT,
};
enum product { PRODUCT_MIS, PRODUCT_NRML, PRODUCT_CNC };

struct charge_set {
	money_t amount[CHARGE_COUNT]; /* 0 where unknown: look at `unknown` first */
	uint32_t unknown;             /* bit 1 << enum charge_kind */
	uint32_t assumed;             /* bit: the rate is from the nearest row, not from the date's */
};

#define CHARGE_ROWS_MAX 128
struct charge_row {
	char underlying[16];    /* "" = any; a row that names the underlying goes before one that does not */
	uint8_t segments;       /* bit 1 << enum segment */
	uint8_t product;        /* enum charge_product */
	uint8_t kind;           /* enum charge_kind */
	uint8_t sides;          /* bit 1 << enum side */
	uint8_t basis;          /* enum charge_basis */
	uint8_t pad[3];
	int64_t rate;           /* 1e-12 of the basis; for a per-order charge 1/10,000 rupee */
	date_t from, to;        /* inclusive; to 0 = open */
};
enum charge_product { CHARGE_DELIVERY, CHARGE_INTRADAY, CHARGE_FUTURES, CHARGE_OPTIONS, CHARGE_ANY };
enum charge_basis { BASIS_TURNOVER, BASIS_ORDER, BASIS_CHARGES /* brokerage + exchange + ipft + sebi */ };

/* Rows of a kind stand together: row[from[kind]] to row[from[kind + 1] - 1]. */
struct charge_table { uint32_t count, from[CHARGE_COUNT + 1], pad; struct charge_row row[CHARGE_ROWS_MAX]; };

/* Reads the table from its CSV text. On failure: an error, and *ret_line = the line (1-based) that is wrong. */
int charges_parse(const char *text, size_t len, struct charge_table *ret, uint32_t *ret_line);

/* Charges of one fill. side: 0 buy, 1 sell. qty > 0. Per-order charges are taken when `first_fill` is set. */
void charges_compute(const struct charge_table *table, date_t date, const struct instrument *instrument, enum product product,
                     int side, qty_t qty, price_t price, int first_fill, struct charge_set *ret);

/* What a day's fills of one kind of contract pay. To find it takes far longer than to compute with it. */
struct charge_side { int64_t rate[CHARGE_COUNT]; uint32_t unknown, assumed, per_order, on_charges; }; /* bits as those of a set */
#define CHARGE_RATE_SCALE INT64_C(1000000000000)
#define CHARGE_RATE_NONE (-1)
struct charge_rates {
	date_t date;            /* 0 = nothing was looked up */
	uint8_t segment, product, pad[2]; /* product: enum charge_product */
	char underlying[16];
	struct charge_side side[2];
	int64_t most_rate;      /* of both sides together, GST on it included: see charges_at_most(); or CHARGE_RATE_NONE */
	money_t most_order;
};
void charges_find(const struct charge_table *table, date_t date, const struct instrument *instrument, enum charge_product product,
                  struct charge_rates *ret);
void charges_of(const struct charge_rates *rates, int side, qty_t qty, price_t price, int first_fill, struct charge_set *ret);

/* What is certainly not less than the charges of buying and selling that much, and hardly more. False when it cannot be told. */
static inline bool charges_at_most(const struct charge_rates *rates, qty_t qty, price_t price, money_t *ret)
{
	money_t value;

	return rates->most_rate != CHARGE_RATE_NONE && num_mul(qty, price, &value) && num_mul(value, rates->most_rate, &value) &&
	       num_add(value / CHARGE_RATE_SCALE, rates->most_order, ret);
}

/* The rates looked up last, for a table that does not change. */
#define CHARGE_MEMO 8
struct charge_memo { struct charge_rates at[CHARGE_MEMO]; };
static inline enum charge_product charge_product(const struct instrument *i, enum product product)
{
	if (i->kind == INSTRUMENT_FUTURE)
		return CHARGE_FUTURES;
	if (i->kind == INSTRUMENT_CALL || i->kind == INSTRUMENT_PUT)
		return CHARGE_OPTIONS;
	return product == PRODUCT_MIS ? CHARGE_INTRADAY : CHARGE_DELIVERY;
}

static inline const struct charge_rates *charges_recall(struct charge_memo *memo, const struct charge_table *table, date_t date,
                                                        const struct instrument *i, enum product product)
{
	enum charge_product p = charge_product(i, product);
	struct charge_rates *r = &memo->at[(i->underlying_id + 2 * (uint32_t)p) % CHARGE_MEMO];

	if (r->date != date || r->segment != i->segment || r->product != p || memcmp(r->underlying, i->underlying, sizeof(r->underlying)) != 0)
		charges_find(table, date, i, p, r);
	return r;
}

/* Adds b to a, joining the marks. */
void charges_add(struct charge_set *a, const struct charge_set *b);
money_t charges_total(const struct charge_set *c);

const char *charge_kind_name(enum charge_kind k); /* "stt" */
