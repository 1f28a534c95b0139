/* The forward that an option chain implies, by put-call parity. It stands in for the index where the data has none, and
 * from 15:15 to 15:35 when the index is frozen by the closing auction. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/num.h"

struct parity_leg { price_t strike, call, put; }; /* mids of one strike and expiry; 0 = no price */

/* F = K + C - P (interest taken as 0: at 6 % a year the error of a weekly's C - P of 50 points is 0.06 points), averaged
 * over the up to 3 strikes with the smallest |C - P| that have both prices. False when there is none. */
bool parity_forward(const struct parity_leg *legs, size_t n, price_t *ret);
