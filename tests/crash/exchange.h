/* An exchange and its books, which outlive every crash of the engine: the broker port of the crash sweep. By its number each order is filled,
 * rests, is filled in parts, refused, accepted without an answer, or lost on the way. A tag that arrives twice is a doubled order, and is
 * counted as such. */
#pragma once

#include "lib/broker/broker.h"
#include "lib/core/core.h"
#include "tests/crash/disk.h"

#define XORDERS 256
enum xstate { X_RESTS, X_DONE, X_CANCELLED, X_REJECTED };
struct xfill { uint64_t trade; qty_t qty; price_t price; };
struct xorder {
	char tag[ORDER_TAG_TEXT];
	uint64_t number;
	uint32_t instrument, side, arrivals;   /* arrivals > 1: doubled */
	enum xstate state;
	qty_t qty, filled;
	price_t price;
	struct xfill fill[8];
	uint32_t fills;
};
struct exchange {
	struct broker broker;
	struct xorder order[XORDERS];
	uint32_t orders;
	uint64_t trades, requests;
	uint64_t sent_seq;                     /* newest request that arrived: its intent had to be durable */
	nanos_t now;
	boundary *boundary;                    /* around each request and each word of ours */
	bool trades_not_told;                  /* planted */
	uint64_t (*seq)(void);
};
void exchange_init(struct exchange *x);
void exchange_plug(struct exchange *x, broker_emit *emit, void *ctx);
/* Prices moved: what rests may be filled. */
void exchange_tick(struct exchange *x, uint32_t instrument, price_t price);
/* What a poll of the books tells of the orders the core is unsure of; all = of every order, as after a restart. */
void exchange_tell(struct exchange *x, const struct core *c, bool all);
money_t exchange_cash(const struct exchange *x); /* what all trades brought in, less what they cost */
qty_t exchange_net(const struct exchange *x, uint32_t instrument);
