/* How long things took, counted in fixed buckets: two of equal width to each power of two, from 128 ns to 2^36 ns (68.7 s). All integers, no memory of its own, one
 * addition to a bucket and one to the sum per observation. Written in the form that Prometheus reads. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/stamp.h"

#define HISTOGRAM_FIRST 7             /* the lowest bound is 2^7 ns */
#define HISTOGRAM_LAST 36             /* the highest 2^36 ns; beyond is one bucket more, which has no bound */
#define HISTOGRAM_BOUNDS (2 * (HISTOGRAM_LAST - HISTOGRAM_FIRST) + 1)

struct histogram {
	uint64_t count[HISTOGRAM_BOUNDS + 1]; /* of each bucket alone; the last is for what is beyond all bounds */
	uint64_t sum;                         /* nanoseconds; stays at its maximum */
};

/* The bucket of a length: the first whose bound is not below it. A clock that went back counts as 0. */
static inline unsigned histogram_bucket(nanos_t length)
{
	if (length <= INT64_C(1) << HISTOGRAM_FIRST)
		return 0;
	unsigned power = 63 - (unsigned)__builtin_clzll((uint64_t)length - 1);

	return power >= HISTOGRAM_LAST ? HISTOGRAM_BOUNDS : 2 * (power - HISTOGRAM_FIRST) + 1 + (unsigned)(((uint64_t)length - 1) >> (power - 1) & 1);
}

static inline void histogram_add(struct histogram *h, nanos_t length)
{
	h->count[histogram_bucket(length)]++;
	if (length > 0 && __builtin_add_overflow(h->sum, (uint64_t)length, &h->sum))
		h->sum = UINT64_MAX;
}

nanos_t histogram_bound(unsigned bucket); /* its highest length; bucket < HISTOGRAM_BOUNDS */
uint64_t histogram_count(const struct histogram *h);
/* NAME_bucket{LABELS,le="seconds"}, NAME_sum and NAME_count, cumulative; labels may be "". Bounds below 2^first ns are left out, what they hold is in the first that
 * is told: the range of a metric must stay the same for as long as it lives. HISTOGRAM_FIRST <= first <= last <= HISTOGRAM_LAST. */
struct histogram_range { unsigned first, last; };
void histogram_put(const struct histogram *h, struct buf *out, const char *name, const char *labels, struct histogram_range range);
