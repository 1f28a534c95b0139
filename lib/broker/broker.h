/* The broker port. Requests return at once; whatever becomes of them arrives as events through `emit`. An adapter's quirks
 * never leave its folder. paper/ and (later) kotak/ are equals behind this table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/action.h"
#include "lib/core/event.h"

struct broker;
struct broker_ops {
	const char *name;
	void (*place)(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now);
	void (*modify)(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now);
	void (*cancel)(struct broker *b, const struct order_request *r, uint32_t instrument, nanos_t now);
	/* A market event is about to reach the core: paper matches against it; live adapters leave it NULL. */
	void (*observe)(struct broker *b, const struct event *e);
	bool (*waiting)(struct broker *b, uint32_t instrument); /* orders rest on it; NULL = no */
	/* What a checkpoint keeps of it: flat bytes; NULL for live adapters, whose truth is the broker. */
	const void *(*state)(struct broker *b, size_t *ret_len);
	int (*restore)(struct broker *b, const void *bytes, size_t len);
	void (*close)(struct broker *b);
};
typedef void broker_emit(void *ctx, struct event *e);
struct broker { uint32_t magic, resting /* orders that market events may concern; observe() is only called while there are some */; const struct broker_ops *ops; broker_emit *emit; void *emit_ctx; };
#define BROKER_MAGIC 0x42524F4Bu
