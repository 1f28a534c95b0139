/* What a signal for an option needs besides: which contract of its chain it trades. All pairs are fresh, and far more instruments are known than the chain has.
 *
 *   bench_chain [strikes] [other instruments]      prints one JSON line */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/core/core_priv.h"
#include "lib/loop/clock.h"

#define CHOICES 20000

static void announce(struct core *c, uint32_t id, uint32_t chain)
{
	static struct actions out;
	price_t strike = (20000 + 50 * (int64_t)((id - 1) / 2)) * NUM_SCALE;
	struct event e;

	event_init(&e, EVENT_INSTRUMENT, c->s->now, id);
	e.head.seq = c->s->seq + 1;
	e.instrument = (struct instrument){ .id = id, .underlying_id = id < chain ? 0 : INSTRUMENT_NONE, .segment = SEGMENT_NSE_FO, .flags = INSTRUMENT_TRADABLE,
	                                    .kind = id == 0 ? INSTRUMENT_INDEX : id % 2 ? INSTRUMENT_CALL : INSTRUMENT_PUT, .expiry = id == 0 ? 0 : 7,
	                                    .strike = id == 0 ? 0 : strike, .tick = 500, .lot = 65 };
	snprintf(e.instrument.symbol, sizeof(e.instrument.symbol), "N%" PRIu32, id);
	snprintf(e.instrument.underlying, sizeof(e.instrument.underlying), "N");
	core_step(c, &e, &out);
	c->quote[id] = (struct quote){ .last = 1000000, .bid = 1000000, .ask = 1000500, .stamp = c->s->now };
}

static int ascending(const void *a, const void *b)
{
	const nanos_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(struct core *c, uint32_t strikes)
{
	static nanos_t took[CHOICES];
	struct slot slot = { .underlying = 0 };
	uint32_t contract;

	for (int i = 0; i < CHOICES; i++) {
		nanos_t began = clock_mono();
		enum refusal refusal = chain_choose(c, &slot, i % 2 ? 1 : -1, &contract);

		took[i] = clock_mono() - began;
		assert(refusal == REFUSAL_NONE && c->instrument[contract].kind == (i % 2 ? INSTRUMENT_CALL : INSTRUMENT_PUT));
	}
	qsort(took, CHOICES, sizeof(took[0]), ascending);
	printf("{\"bench\":\"chain\",\"strikes\":%" PRIu32 ",\"instruments\":%" PRIu32 ",\"p50_ns\":%" PRId64 ",\"p99_ns\":%" PRId64 "}\n", strikes, c->s->instruments,
	       took[CHOICES / 2], took[CHOICES / 100 * 99]);
}

int main(int argc, char **argv)
{
	static const struct strategy_ops *const none[] = { NULL };
	static struct market_tables tables;
	uint32_t strikes = argc > 1 ? (uint32_t)atoi(argv[1]) : 100, chain = 1 + 2 * strikes, others = argc > 2 ? (uint32_t)atoi(argv[2]) : 2600;
	const struct core_limits limits = { chain + others, 1, 1, 2 };
	size_t size = (core_size(&limits) + 63) / 64 * 64;
	void *memory = aligned_alloc(64, size);
	struct core c;

	if (!memory || core_init(&c, memory, size, &limits, &tables, none) != ERR_OK)
		return 1;
	c.s->now = 1; /* a quote of the instant 0 is none */
	for (uint32_t id = 0; id < chain + others; id++)
		announce(&c, id, chain);
	measure(&c, strikes);
	free(memory);
	return 0;
}
