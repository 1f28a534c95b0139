/* What the built-in strategies share: their names, percentages, the end of a bar, and stops that are sure to lie on the
 * losing side. A rule compares in doubles; only stop_beyond() makes a price of one. */
#pragma once

#include "lib/base/obj.h"
#include "lib/core/indicator.h"
#include "lib/core/strategy.h"

extern const struct strategy_ops strategy_failed_auction;
extern const struct strategy_ops strategy_amd;
extern const struct strategy_ops strategy_opening_range_breakout;
extern const struct strategy_ops strategy_ema_cross;
extern const struct strategy_ops strategy_vwap_reversion;

#define HUNDRED_PERCENT (100 * NUM_SCALE) /* of a PARAM_DECIMAL whose unit is % */

/* A PARAM_DECIMAL as a number. */
static inline double decimal(int64_t value) { return (double)value / NUM_SCALE; }

/* `part` (in %) of a price, exact and rounded once, half away from zero. */
static inline price_t part_of(price_t price, int64_t part)
{
	price_t ret;
	bool fits = num_mul_div(price, part, HUNDRED_PERCENT, &ret);

	assert(fits);
	return ret;
}

static inline uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Time of day at which the newest bar closed. */
static inline nanos_t closed_at(const struct series *s)
{
	return stamp_time_of_day(series_at(s, 0)->start + (nanos_t)s->interval_s * NANOS_SECOND);
}

/* Is `price` within the lower (direction +1) or upper (-1) `part` of the range? Exact: no division. `part` in %. */
static inline bool within_part(price_t price, price_t low, price_t high, int direction, int64_t part)
{
	double from_edge = (double)(direction > 0 ? price - low : high - price);

	return from_edge * HUNDRED_PERCENT <= (double)part * (double)(high - low);
}

/* A stop at `price`, at least 1/10,000 rupee beyond close on the losing side, whatever a flat market or rounding made
 * of it: a risk of zero has no size. Above zero for a bullish one. */
static inline price_t stop_beyond(price_t close, int direction, double price)
{
	price_t stop = price_round(price);

	if (direction < 0)
		return stop > close ? stop : close + 1;
	stop = stop < close ? stop : close - 1;
	return stop > 0 ? stop : 1;
}

/* Of the two sides of a rule the one that got further; equal: the bullish one. `bullish` and `bearish` are each the
 * first failed condition. The direction is set only when all `conditions` held. */
static inline void signal_decide(struct signal *ret, uint32_t bullish, uint32_t bearish, uint32_t conditions)
{
	ret->failed = larger(bullish, bearish);
	if (ret->failed == conditions)
		ret->direction = bullish == conditions ? 1 : -1;
}
