/* The four prices that every bar layout shares. */
#pragma once

#include "lib/feed/load.h"

struct bar_prices { uint32_t open, high, low, close; };

/* Reads them from four columns. A high below the low is a broken row; an open or close outside them is kept as recorded and
 * counted, once the row is known to be good: call bars_count() then. */
struct bar_prices bars_take(struct load *l, int open, int high, int low, int close);
void bars_count(struct load *l, struct bar_prices p);
