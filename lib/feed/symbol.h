/* Names of option contracts where the data has none. For replay and demo: live trading takes names from the scrip master. */
#pragma once

#include <stdbool.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"

#define SYMBOL_TEXT 40                                   /* as struct instrument.symbol */
#define SYMBOL_UNDERLYING_MAX 15                         /* characters of the underlying's name */
#define SYMBOL_STRIKE_MAX (INT64_C(10000000) * NUM_SCALE) /* keeps every name within SYMBOL_TEXT */

/* "NIFTY28JAN2114000CE" into ret, SYMBOL_TEXT bytes. */
void symbol_option(const char *underlying, date_t expiry, price_t strike, bool call, char *ret);
