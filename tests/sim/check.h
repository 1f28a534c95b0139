/* The invariants of a run, each by the name it has in docs/simulator.md: what the broker's ledger, the journal and the core say is compared after every event, and more of
 * it when nothing is under way. A breach is printed once, with what to type to see it again, and the run is over. */
#pragma once

#include "tests/sim/story.h"
#include "tests/sim/node.h"

#define CHECK_INVARIANTS 29             /* [8] is I8 */
#define CHECK_SENT 32

struct held { char symbol[40]; uint32_t strategy, product; int64_t net, cost; /* cost: paise of what is open */ };
#define CHECK_HELD 512
struct check_account {
	char symbol[40], product[8];
	int64_t net;                        /* by all trades */
	nanos_t others_at;                  /* when others traded last */
	bool people;                        /* they were not all lost hosts of ours */
	int64_t beyond;                     /* by trades of orders that went out of the journal with a lost host */
	nanos_t beyond_at;                  /* the newest of them; 0 = none yet */
};
#define CHECK_ACCOUNT 128

struct check_rate { nanos_t sent[CHECK_SENT]; unsigned n; }; /* when they left */

#define CHECK_HOSTS 8
struct check_host { char journal_dir[160]; uint64_t last; }; /* a lost one: where its journal is kept, and where the copy of it ended */

#define CHECK_MAGIC 0x53494348u
struct check {
	uint32_t magic;
	uint64_t seed;
	struct node *node;
	struct story story;
	struct story beyond;                /* orders as lost hosts knew them, that had left, where the journal knows less */
	struct check_host host[CHECK_HOSTS];
	size_t hosts;
	bool host_lost;                     /* since then no process has begun */
	uint32_t epoch_most;                /* that any process began with */
	bool begun_ahead;                   /* one of them began ahead of the true time */
	uint64_t checked[CHECK_INVARIANTS];
	unsigned failed;                    /* the first invariant that did not hold; 0 = none */
	char text[256];
	uint64_t failed_at;                 /* event */
	nanos_t failed_when;                /* true time */
	bool zero_fault;
	bool quiet;                         /* nothing is printed */
	bool clock_ahead, clock_behind;     /* the engine's, where nobody could know better */
	const char *explain;                /* a tag whose story is told */
	/* at the wire */
	struct check_rate all, own, entries; /* orders, modifies, cancels; those of this process; its entries */
	uint64_t life;                      /* of the process that sent them */
	nanos_t socket_minute;
	unsigned sockets_then;
	/* of the ledger */
	size_t orders_seen, trades_seen;
	struct held held[CHECK_HELD];       /* a strategy's net in a contract, by the ledger's trades of ours */
	size_t n_held;
	struct check_account account[CHECK_ACCOUNT];
	size_t n_account;
	uint32_t live[1024];                /* ledger orders of ours that have not ended */
	size_t n_live;
	uint64_t placed, struck, twice;     /* orders that left; that met a fault of the broker or the wire; that came to be twice */
	uint64_t late;                      /* orders that came to light after they had been given up */
	uint64_t lost, doubled;             /* at the broker: of which no journal knew anything; more often than was decided */
	uint64_t unknown;                   /* at the broker, and in no journal any more: it went with a lost host */
	uint64_t requests;
	uint64_t stored;                    /* rows of the store that were compared */
};

void check_init(struct check *c, uint64_t seed, struct node *node);
void check_done(struct check *c);
/* Counts the check; on a breach prints and remembers the first. Returns whether it held. */
bool check_that(struct check *c, unsigned invariant, bool holds, const char *format, ...) __attribute__((format(printf, 4, 5)));
bool check_struck(enum sim_dial dial);    /* by the broker, in this run */
void check_explain(struct check *c, const char *tag, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* node_options.recorded, world.leaves, world.happened */
void check_recorded(void *check, const struct record *head, const void *payload, size_t len);
void check_leaves(void *check, const char *url, const char *body, size_t len);
void check_ledger(void *check);

void check_turn(struct check *c);       /* after the node's turn */
void check_begun(struct check *c);      /* a process has begun */
/* Around a restart: the journal is read anew; `durable` had been told before. */
void check_restart(struct check *c, const char *journal_dir, uint64_t durable);
/* Before that: the host is gone, its journal is kept there, and the next one begins with a copy that ends with record `last`. */
void check_host_lost(struct check *c, const char *kept, uint64_t last);

/* check_calm.c: what must be so when faults have stopped */
bool check_differs(const struct check *c, char *why, size_t size);   /* I26, I7, I22: journal, core and broker are not of one mind yet */
bool check_account_differs(const struct check *c, char *why, size_t size); /* I22, when nothing of ours is at work */
bool check_may_be_stranger(const struct check *c, const struct chain *k);
bool check_is_flat(const struct check *c, char *why, size_t size);   /* I27: at the broker, our orders and positions */
void check_fills(struct check *c);                                   /* I7, where the journal and the broker differ */
void check_amounts(struct check *c);                                 /* I21, I3 */
void check_show(const struct check *c);                              /* what the engine is at */
/* I26, I2, I7, I16: the store, of an engine that is up and at rest. */
void check_store(struct check *c);
/* I16, I17, I2: from the disk alone; `state`: the core's bytes when the engine ended. */
void check_audit(struct check *c, const void *state, size_t len);
