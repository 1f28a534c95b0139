/* The answer of the candles call (kotak-neo-api.md 2.17) as bars. What is not a whole, sane bar of one minute is left out and counted. Pure. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/core/event.h"

#define CANDLE_SECONDS 60
struct candle_counts { uint32_t good, bad, forming; }; /* forming: not over yet at `now` */
typedef bool candle_take(void *ctx, const struct bar *bar); /* false: enough */

/* ERR_PARSE when the answer holds no list of candles; an empty list is no error. Ascending or not is the caller's business. */
int candles_read(const cJSON *json, nanos_t now, candle_take *take, void *ctx, struct candle_counts *ret);
