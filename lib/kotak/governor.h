/* How many requests may leave: a rolling second for orders (default 8, never above 10, a reserve that only exits, cancels and stop repairs may use),
 * and separate budgets for reports and quotes. Pure: time is handed in. kotak-neo-api.md 7.1, design.md "Order life". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/stamp.h"

enum governor_budget { GOVERN_ORDERS, GOVERN_REPORTS, GOVERN_QUOTES, GOVERN_BUDGETS };
#define GOVERN_ORDERS_MAX 10 /* the exchange's bound, whatever is configured */
#define GOVERN_SLOTS 64
#define GOVERN_ORDERS_SPAN (NANOS_SECOND + 100 * NANOS_MS) /* the second of orders: one that waits for its connection comes closer to those behind it */
struct governor {
	uint32_t rate[GOVERN_BUDGETS];   /* in any rolling second */
	uint32_t reserve;                /* of orders: entries leave so many free */
	uint32_t reserve_set;            /* as it was configured */
	nanos_t sent[GOVERN_BUDGETS][GOVERN_SLOTS];
	uint32_t at[GOVERN_BUDGETS];
	nanos_t shut_at[GOVERN_BUDGETS], shut_until[GOVERN_BUDGETS]; /* a 429 was obeyed */
	uint32_t strikes[GOVERN_BUDGETS];   /* 429s without a wait since the last good answer */
	uint64_t waited[GOVERN_BUDGETS], refused_429[GOVERN_BUDGETS];
};
/* Rates are kept within 1 to GOVERN_ORDERS_MAX, and 1 to GOVERN_SLOTS; a reserve leaves entries at least one. Times: clock_steady(). */
void governor_init(struct governor *g, uint32_t orders, uint32_t reserve, uint32_t reports, uint32_t quotes);
/* The rate that holds from now on, of which entries have at most half, whatever the reserve. */
void governor_orders(struct governor *g, uint32_t orders);
/* True: the request may leave now, and is counted. `urgent` = exit, cancel, stop repair. */
bool governor_take(struct governor *g, enum governor_budget b, bool urgent, nanos_t now);
/* When governor_take() can succeed next; now if at once. */
nanos_t governor_free_at(const struct governor *g, enum governor_budget b, bool urgent, nanos_t now);
/* A 429: nothing of this budget leaves before now + wait (wait 0: exponential 1 s doubling to 30 s, forgotten after a good answer). Urgent orders
 * are never shut for more than one second at a time: an exit must not starve. */
void governor_429(struct governor *g, enum governor_budget b, nanos_t now, nanos_t wait);
void governor_good(struct governor *g, enum governor_budget b);
