/* Random but seeded event streams against a core: markets, clocks, operators and a broker that is honest or not. */
#pragma once

#include "tests/core/rig.h"

struct storm {
	struct rig rig;
	uint64_t seed;
	bool honest;                     /* the broker fills only what rests, each execution once */
	price_t price[RIG_INSTRUMENTS];
	nanos_t sent[10];                /* the newest requests */
	uint32_t sends;
	uint64_t entries, exits, trades; /* what came out, so that a test can see that it tested something */
};

void storm_begin(struct storm *s, uint64_t seed, bool honest);
void storm_step(struct storm *s);        /* one event or a few; s->rig.posted sees each */
void storm_done(struct storm *s);
