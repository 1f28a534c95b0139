/* One engined in the world: the real core, engine, journal and adapters, wired as engined/live.c wires them, on the world's clock. It starts, takes its turn after
 * every event, and ends: cleanly, by its own will after an error, or with everything in memory gone. */
#pragma once

#include "lib/broker/kotak/kotak.h"
#include "lib/engine/engine.h"
#include "lib/feed/kotak/live.h"
#include "lib/kotak/master_fetch.h"
#include "lib/loop/clock.h"
#include "lib/store/store.h"
#include "tests/sim/world.h"

#define NODE_STRATEGIES 16
#define NODE_ADOPTED 4              /* slots for what is taken over */
#define NODE_ORDERS 4096            /* as engined has it: an exit that is refused is tried again, as another order each second */

struct node_options {
	const char *dir;                /* journal and master go below; in memory */
	const struct market_tables *tables;
	uint64_t seed;
	struct event_strategy strategy[NODE_STRATEGIES];
	uint32_t strategies;
	uint64_t strikes;               /* of options, each side of the money */
	int64_t limit[LIMIT_COUNT];
	money_t capital;
	bool store;                     /* with its database */
	bool adopt;                     /* kotak.foreign = adopt */
	void (*recorded)(void *ctx, const struct record *head, const void *payload, size_t len);
	void *ctx;
};

#define NODE_MAGIC 0x53494E44u
struct node {
	uint32_t magic;
	const struct node_options *o;
	bool up, leaving;
	struct clock clock;
	struct clock_base base;
	bool told_time;                 /* by the broker, when it began */
	struct clock_forward forward;
	char journal_dir[160], master_dir[160], store_path[160];
	struct journal *journal;
	struct store *store;            /* NULL: this world has none */
	uint8_t journal_id[16];
	struct engine *engine;
	struct core *core;
	struct kotak_session *session;
	struct rest *rest;
	struct kotak_feed *feed;
	struct broker *broker;
	struct master *master;
	struct master_fetch *fetch;
	struct kotak_listener listener;
	struct engine_recovery recovery;
	nanos_t due;                    /* true time of the next turn */
	uint64_t asked;                 /* newest record that must be durable before its request leaves */
	uint64_t waiting, durable;      /* asked for and on its way; reached, by the world's clock */
	uint64_t life;                  /* number of this process */
	nanos_t lazy_at;                /* true time when what nobody waits for is written too */
	nanos_t mend_at;
	nanos_t synced_at;              /* true time when the newest sync under way returns */
	uint32_t epoch;
	uint64_t errors;                /* starts and posts that failed */
};

/* False: it could not start (the disk, for one); nothing of it remains. */
bool node_start(struct node *n, const struct node_options *o);
/* What the loop does before it sleeps; sets n->due. The node may be leaving after it. */
void node_turn(struct node *n);
void node_command(struct node *n, const struct event_command *c);
void node_checkpoint(struct node *n);
/* keep: the process ends and what it wrote stays; else the machine ends. */
void node_crash(struct node *n, bool keep);
void node_stop(struct node *n); /* in order: all is written */
