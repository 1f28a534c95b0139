/* Lots, ticks, freeze quantities and strike steps of index contracts by (underlying, expiry, date), from
 * tables/contracts.csv. Live trading reads these from the scrip master; this table is for replay, demo and cross-checks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"
#include "lib/core/instrument.h"

/* One rule: contracts of `underlying` whose expiry lies in [expiry_from, expiry_to] have this value of `field` on
 * trading days in [from, to]. 0 dates are open ends. */
enum contract_field { CONTRACT_LOT, CONTRACT_FREEZE, CONTRACT_STRIKE_STEP, CONTRACT_TICK, CONTRACT_FIELDS };
#define CONTRACT_ROWS_MAX 256
struct contract_row { char underlying[16]; uint8_t field; uint8_t pad[7]; int64_t value; date_t from, to, expiry_from, expiry_to; };
struct contract_table { uint32_t count, pad; struct contract_row row[CONTRACT_ROWS_MAX]; };

struct contract_facts {
	qty_t lot, freeze;
	price_t strike_step, tick;
	uint32_t unknown;  /* bit 1 << enum contract_field: no row for this underlying at all */
	uint32_t assumed;  /* bit: nearest row, its dates do not cover the day */
};

/* Reads the table from its CSV text. On failure: an error, and *ret_line = the line (1-based) that is wrong. */
int contracts_parse(const char *text, size_t len, struct contract_table *ret, uint32_t *ret_line);

/* expiry 0 (a continuous future): the date stands in, as the near contract expires soon after it. */
void contract_lookup(const struct contract_table *t, const char *underlying, date_t expiry, date_t date, struct contract_facts *ret);

/* The greatest common divisor of traded volumes in units, the lot the data itself shows; keep feeding one running value
 * (start with 0). A table lot that does not divide it is wrong for this file. */
int64_t contract_divisor(int64_t running, int64_t volume);
