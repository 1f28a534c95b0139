/* What a run came to, counted from its records: bars, ticks, orders, fills, gross, charges by kind, net, and per strategy the
 * funnel of conditions and refusals. The same records give the same bytes. */
#pragma once

#include "lib/base/buf.h"
#include "lib/core/core.h"

struct summary {
	uint64_t ticks, bars, depths, sessions, orders, fills, trades, entries, alerts;
	uint64_t order_states[ORDER_STATES];
	struct charge_set charges;
	money_t gross;
	nanos_t first, last;
	uint64_t not_flat;
};

void summary_record(struct summary *s, const struct record *head, const void *payload, size_t len);

struct summary_facts { const char *mode, *source, *underlying, *underlying_source, *kind; uint64_t rows, bad_rows; const char *journal_hash; };

/* One JSON object on one line. */
void summary_print(const struct summary *s, const struct core *core, const struct summary_facts *f, struct buf *out);
