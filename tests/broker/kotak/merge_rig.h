/* A merge on a bench. What it tells the core is applied as the core would, and everything the core's table forbids fails the test. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/order_merge.h"

#define RUPEES(x) ((int64_t)((x) * 10000.0 + ((x) < 0 ? -0.5 : 0.5)))
#define RIG_ORDERS 8
#define NUMBER "261123000000042"
#define SYMBOL "NIFTY26NOV24000CE"

struct merge_rig {
	struct merge m;
	nanos_t span;
	/* the core's view, by intent number */
	uint32_t state[RIG_ORDERS];
	qty_t filled[RIG_ORDERS], qty[RIG_ORDERS];
	price_t price[RIG_ORDERS];
	bool modifying[RIG_ORDERS], cancelling[RIG_ORDERS];
	char ref[RIG_ORDERS][BROKER_REF_TEXT], reason[RIG_ORDERS][REASON_TEXT];
	unsigned reports, fills, foreign_fills, notes[MERGE_NOTES];
	uint64_t trade[64];
	unsigned trades;
};

void mrig_init(struct merge_rig *r);
void mrig_done(struct merge_rig *r);
void mrig_wait(struct merge_rig *r, nanos_t length); /* time passes and a tick comes */
struct order_request mrig_request(uint64_t order, enum side side, qty_t qty, double price);
struct merge_order *mrig_place(struct merge_rig *r, const struct order_request *q);
struct merge_order *mrig_order(struct merge_rig *r, uint64_t order);
const char *mrig_tag(uint64_t order);
struct merge_order *mrig_unknown(struct merge_rig *r); /* a fresh rig with order 1 placed and unanswered */
void mrig_working(struct merge_rig *r);                /* ... with order 1 numbered and open */
/* A row of order 1 as the broker shows it: stamp t, filled, at price. */
struct order_row mrig_row(const char *number, const char *tag, const char *status, int64_t t, qty_t filled, double price);
struct trade_row mrig_trade(const char *number, const char *id, qty_t qty, double price);
void mrig_trades(struct merge_rig *r, const struct trade_row *t, unsigned n);
bool mrig_book(struct merge_rig *r, const struct order_row *rows, unsigned n, bool whole);
