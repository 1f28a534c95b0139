/* What the benches measure with: a clock in seconds, and medians. */
#pragma once

#include <stdlib.h>
#include <time.h>

static inline double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline double now_s(void) { return clock_s(CLOCK_MONOTONIC); }
/* What the thread itself used: the figure to compare where others share the machine. */
static inline double used_s(void) { return clock_s(CLOCK_THREAD_CPUTIME_ID); }

static inline int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Leaves them in order, the least first. */
static inline double median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), ascending);
	return v[n / 2];
}
