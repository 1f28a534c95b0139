/* A histogram as text. Seconds are written from whole nanoseconds, so that a bound is the same text for ever. */
#include "lib/base/histogram.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_TEXT 32

nanos_t histogram_bound(unsigned bucket)
{
	assert(bucket < HISTOGRAM_BOUNDS);
	return (INT64_C(2) + (bucket & 1)) << (HISTOGRAM_FIRST + bucket / 2 - 1);
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i <= HISTOGRAM_BOUNDS; i++)
		sum += h->count[i];
	return sum;
}

static const char *seconds(uint64_t nanos, char *text)
{
	int len = snprintf(text, SECONDS_TEXT, "%" PRIu64 ".%09" PRIu64, nanos / (uint64_t)NANOS_SECOND, nanos % (uint64_t)NANOS_SECOND);

	while (text[len - 1] == '0')
		text[--len] = '\0';
	if (text[len - 1] == '.')
		text[--len] = '\0';
	return text;
}

void histogram_put(const struct histogram *h, struct buf *out, const char *name, const char *labels, struct histogram_range range)
{
	const char *comma = labels[0] ? "," : "", *open = labels[0] ? "{" : "", *close = labels[0] ? "}" : "";
	unsigned first = 2 * (range.first - HISTOGRAM_FIRST), last = 2 * (range.last - HISTOGRAM_FIRST), i = 0;
	uint64_t below = 0;
	char text[SECONDS_TEXT];

	assert(HISTOGRAM_FIRST <= range.first && range.first <= range.last && range.last <= HISTOGRAM_LAST);
	while (i < first)
		below += h->count[i++];
	for (; i <= last; i++) {
		below += h->count[i];
		buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma, seconds((uint64_t)histogram_bound(i), text), below);
	}
	buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, histogram_count(h));
	buf_printf(out, "%s_sum%s%s%s %s\n%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, seconds(h->sum, text), name, open, labels, close, histogram_count(h));
}
