/* What engine.c and recover.c share: an engine from within. */
#pragma once

#include "lib/base/obj.h"
#include "lib/engine/engine.h"

#define ENGINE_MAGIC 0x454E474Eu
#define HELD_MAX 1024

struct held { nanos_t decided; /* by the options' clock; 0 = not measured */ struct action action; };

struct engine {
	uint32_t magic;
	struct engine_options o;
	struct core core;
	void *memory;
	struct actions *actions;
	struct broker *broker;
	struct feed *feed;
	/* events of the broker port that wait for their turn */
	struct event *emitted;
	size_t emitted_at, emitted_n, emitted_cap;
	/* the next market event, pulled and not yet posted */
	struct event peeked;
	enum { PEEK_NONE, PEEK_HELD, PEEK_ENDED } peek;
	/* requests that wait for durability */
	struct held held[HELD_MAX];
	size_t held_at, held_n;
	bool recovering, failed;
	bool records_events;      /* somebody wants events, not only what came of them */
	uint64_t since_checkpoint;
	struct engine_stats stats;
	struct engine_times times;
	nanos_t came;             /* the market event at hand, by the options' clock; 0 = not measured, or none */
};

/* -- kinds of records ---------------------------------------------------------------------------------------------------- */

static inline bool is_request(uint16_t kind)
{
	return kind == ACTION_PLACE || kind == ACTION_MODIFY || kind == ACTION_CANCEL;
}

static inline bool from_market(uint16_t kind)
{
	static const uint64_t kinds = 1u << EVENT_TICK | 1u << EVENT_BAR | 1u << EVENT_DEPTH | 1u << EVENT_SESSION | 1u << EVENT_FEED_END |
	                              1u << EVENT_INSTRUMENT;

	return kind < EVENT_COUNT && (kinds >> kind & 1);
}

/* Does its handling find the feed's next event pulled already? What a bar feed gives next depends on the orders that wait
 * when it is asked, so recovery must ask at the same moments. */
static inline bool peeks_first(uint16_t kind)
{
	return kind == EVENT_TIMER || kind == EVENT_COMMAND;
}

/* -- engine.c --------------------------------------------------------------------------------------------------------------- */

struct event *engine_emitted_next(struct engine *e);             /* what the port told and nobody handled yet, in order; NULL */
int engine_step_emitted(struct engine *e);                       /* handles all of it */
int engine_peek(struct engine *e);                               /* ERR_OK when e->peek is held or ended */
void engine_hold(struct engine *e, const struct action *a);      /* a request waits until its record is durable */
void engine_send(struct engine *e, const struct action *a);
/* Numbers and records what the step wants from action `from` on, and holds its requests back. */
int engine_take_actions(struct engine *e, uint32_t from);
int engine_release(struct engine *e);                            /* has what is held leave when it may */
