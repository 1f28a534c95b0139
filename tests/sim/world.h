/* The simulator's world: one true clock, one queue of what will happen, one seed. Everything that has a length or a chance in a run is here; the product's
 * code sees it through the doubles of lib/loop (fake_*.c) and of libuv, and the broker through its calls (broker.h). One thread; the same seed gives the
 * same trace, to the bit, with any compiler. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/stamp.h"
#include "tests/sim/broker.h"
#include "tests/sim/cut.h"
#include "tests/sim/dials.h"

/* A stream of chance for each purpose, so that one more draw in one place leaves the others as they were. */
enum world_purpose { WORLD_NET, WORLD_SOCKETS, WORLD_DISK, WORLD_LIFE, WORLD_PEOPLE, WORLD_STORE, WORLD_HOST, WORLD_PURPOSES };

typedef void world_call(void *ctx, uint64_t number);
struct world_event { nanos_t at; uint64_t number; world_call *call; void *ctx; };

#define WORLD_MAGIC 0x574F524Cu
struct world {
	uint32_t magic;
	nanos_t begin, now;              /* true UTC: the exchange's, and the pace of all clocks */
	nanos_t skew;                    /* the engine's wall clock shows so much more */
	nanos_t set_right;               /* when somebody sets it right; STAMP_NEVER */
	nanos_t asleep, lost;            /* CLOCK_MONOTONIC did not count so much; no clock of the machine did */
	nanos_t frozen_at;               /* the newest time of that */
	uint64_t numbers, events;        /* given out; happened */
	uint64_t trace;                  /* hash of everything that happened */
	uint64_t random[WORLD_PURPOSES];
	struct world_event *heap;
	size_t n, cap;
	struct dials dials;              /* in force now */
	struct sim_broker *broker;
	bool dead;                       /* the machine has just stopped: nothing leaves it and nothing is written any more */
	uint64_t struck[NET_DIALS];      /* faults that happened, by dial */
	uint64_t faults;                 /* that happened */
	struct cut cut;
	bool order;                      /* what is happening is an order request's */
	uint32_t occasions[NET_DIALS + SIM_DIAL_COUNT][2]; /* of a dial, so far: [1] of order requests */
	struct cut_fault fault[CUT_FAULTS]; /* the first that happened */
	unsigned open_requests, sockets_opened;
	/* Somebody looks on: bytes leave the process; the broker was asked. May be NULL. */
	void (*leaves)(void *ctx, const char *url, const char *body, size_t len);
	void (*happened)(void *ctx);
	void *ctx;
};
extern struct world *sim_world;      /* the doubles have no other way to it */

void world_init(struct world *w, uint64_t seed, nanos_t begin);
void world_done(struct world *w);
/* From here on other dice. */
void world_reroll(struct world *w, uint64_t reroll);
/* Returns the event's number, for world_drop(). Times that have passed mean now. */
uint64_t world_at(nanos_t at, world_call *call, void *ctx);
void world_drop(uint64_t number);
nanos_t world_mono(void);                  /* CLOCK_MONOTONIC */
nanos_t world_next(const struct world *w); /* STAMP_NEVER: nothing */
void world_step(struct world *w);          /* lets the next one happen; the clock moves to it, never back */

uint64_t world_random(enum world_purpose p);
uint64_t world_below(enum world_purpose p, uint64_t bound); /* bound > 0 */
nanos_t world_between(enum world_purpose p, nanos_t from, nanos_t to);
/* Spread evenly over its orders of magnitude. */
nanos_t world_spread(enum world_purpose p, nanos_t from, nanos_t to);
/* One more occasion for a fault of the broker's, and what the dice say of it: does it happen? */
bool world_overrules(enum sim_dial dial, bool would);
/* A fault of this dial strikes now; it is counted. */
bool world_strikes(enum world_purpose p, enum net_dial d);
void world_trace(const void *bytes, size_t len);
