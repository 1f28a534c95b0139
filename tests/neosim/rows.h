/* Rows of the books and frames of the order feed, with Kotak's names, types and fillers (kotak-neo-api.md sections 2.8 to 2.11, 5.3). */
#pragma once

#include "lib/base/json.h"
#include "tests/neosim/auth.h"
#include "tests/neosim/past.h"

struct row_style {
	bool swap;                   /* numbers as strings and strings as numbers */
	bool strings;                /* numbers as strings */
	bool cut_tag, replace_tag;
	const char *missing;         /* a field left out; NULL = none */
};

void row_order(struct json *j, const char *key, const struct past_step *s, const struct sim_account *who, const struct row_style *style);
void row_history(struct json *j, const struct past_step *s, const struct sim_account *who, const struct row_style *style);
void row_trade(struct json *j, const struct sim_order *o, const struct sim_trade *t, const struct sim_account *who, const struct row_style *style);
/* ltp in paise; negative = the v1 row, which has none. `stamp`: when it changed last. */
void row_position(struct json *j, const char *key, const struct sim_position *p, int64_t ltp, int64_t stamp, const struct sim_account *who,
                  const struct row_style *style);

/* "184.35" from 18435; four decimals in currency derivatives. `places` at least that many are printed. */
#define MONEY_TEXT 32
const char *money_text(char ret[MONEY_TEXT], int segment, int64_t value, int places);
