/* The workloads every engine is timed on (W1-W4): made from integers alone, so any language makes the same bytes. */
#pragma once

#include "lib/base/prng.h"
#include "lib/core/event.h"

#define WORKLOAD_SEED UINT64_C(20260101)
#define WORKLOAD_TICK 500 /* 5 paise in 1/10,000 rupee */

struct workload { uint64_t seed; int64_t x, previous; uint64_t i; };

static inline uint64_t workload_random(uint64_t seed, uint64_t i, unsigned k)
{
	return prng_mix(seed + (4 * i + k + 1) * UINT64_C(0x9E3779B97F4A7C15));
}

/* Reflects into [20000, 100000]. */
static inline int64_t workload_fold(int64_t x)
{
	int64_t y = (x - 20000) % 160000;

	y = y < 0 ? y + 160000 : y;
	return (y > 80000 ? 160000 - y : y) + 20000;
}

static inline void workload_begin(struct workload *w, uint64_t seed)
{
	*w = (struct workload){ .seed = seed, .x = 40000, .previous = 40000 };
}

/* The next bar, prices in whole ticks; volume too. */
static inline void workload_next(struct workload *w, int64_t *open, int64_t *high, int64_t *low, int64_t *close, int64_t *volume)
{
	uint64_t i = w->i++;

	w->x += (int64_t)(workload_random(w->seed, i, 0) % 13) - 6;
	*open = w->previous;
	*close = w->previous = workload_fold(w->x);
	*high = (*open > *close ? *open : *close) + (int64_t)(workload_random(w->seed, i, 1) % 4);
	*low = (*open < *close ? *open : *close) - (int64_t)(workload_random(w->seed, i, 2) % 4);
	*volume = 1000 + (int64_t)(workload_random(w->seed, i, 3) % 9000);
}

/* Bar i starts at 09:15 IST + (i mod 375) minutes on weekday i div 375 from Monday 2015-01-05. */
static inline date_t workload_date(uint64_t day)
{
	return date_from_civil(2015, 1, 5) + (date_t)(day / 5 * 7 + day % 5);
}

static inline nanos_t workload_start(uint64_t i)
{
	return stamp_at(workload_date(i / 375), TIME_OF_DAY(9, 15)) + (nanos_t)(i % 375) * NANOS_MINUTE;
}
