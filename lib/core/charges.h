/* Statutory and broker charges of one fill, from a dated table (tables/charges.csv). A rate whose dates do not cover the
 * day is taken from the nearest row and marked `assumed`; a charge with no row at all is `unknown`, never 0.
 * Amounts are exact to 1/10,000 rupee per fill (half away from zero); contract-note rounding is a pass over the day,
 * done by charges_round_note(). Rules and sources: docs/market.md. */
#pragma once

#include <stddef.h>
#include <stdint.h>

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

/* Adds b to a, joining the marks. */
void charges_add(struct charge_set *a, const struct charge_set *b);
money_t charges_total(const struct charge_set *c);

/* The day's sums as the contract note shows them: STT and stamp to the nearest rupee, the rest to the paisa. */
void charges_round_note(struct charge_set *c);

const char *charge_kind_name(enum charge_kind k); /* "stt" */
