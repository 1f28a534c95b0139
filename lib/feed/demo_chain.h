/* The demo's option chain: quotes around Black-76 values with a smile, sizes in lots, traded volume and open interest that
 * grow. Plain data, saved as it is. */
#pragma once

#include "lib/core/event.h"
#include "lib/core/tables.h"
#include "lib/feed/demo_market.h"

#define DEMO_STRIKES 241                   /* listed at most for one expiry, around the money when it begins */
#define DEMO_STRIKE_STEP (50 * NUM_SCALE)
#define DEMO_REACH 10                      /* strikes quoted on each side of the money */
#define DEMO_DEPTH_REACH 1                 /* strikes on each side of the money with five levels */
#define DEMO_QUOTED (2 * (2 * DEMO_REACH + 1))

struct demo_contract { uint32_t id, pad; price_t last; int64_t volume, oi; }; /* id INSTRUMENT_NONE = not listed yet */

struct demo_chain {
	date_t expiry;
	uint32_t pad;
	nanos_t expires;
	price_t strike_low;                 /* of slot 0 */
	qty_t lot, freeze;
	price_t tick;
	uint64_t flags;                     /* enum instrument_flag */
	struct demo_contract contract[DEMO_STRIKES][2]; /* call, put */
};

/* A new expiry around the price. */
void demo_chain_begin(struct demo_chain *c, const struct contract_table *t, date_t expiry, nanos_t expires, date_t date,
                      price_t price);
void demo_chain_day(struct demo_chain *c); /* the day's volumes start at 0 */

/* Slot of the strike nearest to the price, kept so far inside that DEMO_REACH slots fit on each side. */
uint32_t demo_chain_money(const struct demo_chain *c, price_t price);

void demo_chain_instrument(const struct demo_chain *c, uint32_t slot, bool call, struct instrument *ret);

/* The contract's next tick and depth. `away` = slots from the money. */
void demo_chain_quote(struct demo_chain *c, struct demo_market *m, uint32_t slot, bool call, uint32_t away, nanos_t now,
                      struct event_tick *ret, struct event_depth *ret_depth);
