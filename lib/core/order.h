/* One order's life: design.md "Order life". The table order_next[state][report] is the only way a state changes by the
 * broker's word; fills move it by quantity. Terminal states absorb, but a fill after a cancel is legal. */
#pragma once

#include <stdbool.h>

#include "lib/core/action.h"

struct order {
	struct order_request request;
	uint32_t instrument;
	uint32_t state;          /* enum order_state */
	uint32_t modifying;      /* a modify is in flight */
	uint32_t cancelling;     /* a cancel is in flight */
	uint32_t modifies, walk; /* modifies sent, steps of the walk taken */
	qty_t filled;
	money_t value;           /* sum of fill qty * price */
	nanos_t created, updated;
	nanos_t walk_at;         /* next step of the price walk; STAMP_NEVER */
	char broker_ref[BROKER_REF_TEXT];
	char reason[REASON_TEXT];
};

static inline bool order_terminal(enum order_state s)
{
	return s == ORDER_DENIED || s == ORDER_FILLED || s == ORDER_CANCELLED || s == ORDER_REJECTED || s == ORDER_EXPIRED;
}

/* May still turn into a position: everything from intent on that is not terminal. */
static inline bool order_live(enum order_state s)
{
	return s != ORDER_NEW && !order_terminal(s);
}

/* The state a report leads to; false when the report is not legal in that state (recorded and polled, never applied). */
bool order_next(enum order_state s, enum order_report r, enum order_state *ret);

/* Tag = base36 of epoch (7 digits) and intent number (6 digits), upper case, NUL-terminated. Never reused: the epoch grows. */
void order_tag(uint32_t epoch, uint64_t order, char *ret);
void order_tag_next(char *tag); /* becomes that of the next number */
#define ORDER_EPOCH_LIVE UINT32_C(1600000000) /* epochs that trade an account are seconds since 1970, or more */
/* That of a process that begins now behind one of epoch `before` (0 = none). With `lost_tail` later ones may have been, and gone with the journal's end, by clocks that were ahead: then it
 * is a day further. */
uint32_t order_epoch(uint32_t before, nanos_t now, bool lost_tail);
/* The pair back; false for a tag that is not ours. */
bool order_tag_parse(const char *tag, uint32_t *ret_epoch, uint64_t *ret_order);
