/* The paper broker: fills orders from the market the feed shows, with latency, slippage, partial fills and rejects,
 * deterministic by seed. Rules: docs/paper-broker.md. It never fills on the price that caused the order. */
#pragma once

#include "lib/broker/broker.h"
#include "lib/core/core.h"

struct paper_options {
	uint64_t seed;
	nanos_t latency;          /* from release to resting; shorter than a bar it does not matter on bars */
	uint32_t slippage_ticks;  /* against us, on orders that meet the market */
	uint32_t partial_pct;     /* of fills that take only part of the quantity */
	uint32_t reject_pct;      /* of orders refused at random */
	uint32_t pad;
};

/* core gives the instruments' facts and outlives the broker. Emits through emit(ctx, event). */
int paper_open(const struct paper_options *o, const struct core *core, broker_emit *emit, void *ctx, struct broker **ret);
