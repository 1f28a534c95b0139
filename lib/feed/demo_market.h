/* The demo's index: a walk in whole 1/10,000 rupees through regimes (ranges, spikes that sweep a range, reversals, trends), so
 * that strategies meet what they look for. Plain data and integers: the seed is the whole history. It is made up, and says
 * nothing of what a strategy would earn. */
#pragma once

#include <stdint.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"

#define DEMO_STEP (250 * NANOS_MS) /* one index tick each */
#define DEMO_START_PRICE (INT64_C(24000) * NUM_SCALE)
#define DEMO_PRICE_LOW (INT64_C(20000) * NUM_SCALE)
#define DEMO_PRICE_HIGH (INT64_C(28000) * NUM_SCALE)
#define DEMO_VOL_LOW 800   /* bounds of the chain's volatility, in 1/10,000 a year */
#define DEMO_VOL_HIGH 2500

enum demo_regime { REGIME_RANGE, REGIME_TREND, REGIME_SPIKE, REGIME_REVERSAL, REGIME_COUNT };

struct demo_market {
	uint64_t random;     /* prng state */
	price_t price;       /* not rounded to the tick */
	price_t anchor;      /* middle of a range */
	int64_t drift;       /* 1/10,000 rupee a step */
	uint32_t regime;     /* enum demo_regime */
	uint32_t steps_left; /* of the regime */
	int64_t vol;         /* of the option chain at the money, 1/10,000 a year */
};

void demo_market_init(struct demo_market *m, uint64_t seed);
void demo_market_night(struct demo_market *m);          /* a gap before the next session */
void demo_market_step(struct demo_market *m, nanos_t since_open, nanos_t until_close);
