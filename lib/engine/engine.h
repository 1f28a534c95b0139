/* The core with its ports plugged in, and one rule: an event is journalled before its actions leave. Live, paper, demo,
 * replay, backtest and simulation differ only in the ports handed over here.
 *
 * One thread. Events of the broker port are queued and posted in order after the event that caused them, so that the journal
 * alone repeats every step: recovery is the same code fed from the journal. */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/histogram.h"
#include "lib/broker/broker.h"
#include "lib/core/core.h"
#include "lib/feed/feed.h"
#include "lib/journal/journal.h"

struct engine;

struct engine_options {
	struct core_limits limits;
	const struct market_tables *tables;
	const struct strategy_ops *const *ops;
	struct journal *journal;         /* NULL: backtest, nothing is kept */
	const char *journal_dir;         /* for recovery; NULL with journal NULL */
	uint64_t checkpoint_events;      /* write a checkpoint after so many events; 0 = only when asked */
	bool lost_tail;                  /* the journal was made again without its newest records: see engine_recover() */
	bool wait_durable;               /* virtual time: block until an order's intent is durable, then send at once */
	/* Every record after it was taken into the journal (or would have been): for views and live push. May be NULL. */
	void (*recorded)(void *ctx, const struct record *head, const void *payload, size_t len);
	nanos_t (*clock)(void);          /* a steady one, for engine_times(); NULL = nothing is measured */
	bool outcomes_only;              /* of them only actions: a backtest counts its events elsewhere */
	void *ctx;
};

/* limits.orders must be a power of two. The engine owns neither journal, broker nor feed. */
int engine_new(const struct engine_options *o, struct engine **ret);
void engine_free(struct engine **e);
struct core *engine_core(struct engine *e);

/* The broker port's emit callback: broker_open(..., engine_emit, engine). */
broker_emit engine_emit;
void engine_plug(struct engine *e, struct broker *broker, struct feed *feed);
bool engine_waiting(void *engine, uint32_t instrument); /* feed_hooks.waiting */

struct engine_recovery {
	uint64_t checkpoint_seq, records, events;
	uint64_t differences;            /* actions a newer build decided otherwise: recorded ones stand */
	char first_difference[160];
	bool fresh;                      /* nothing was there */
};
/* Restores the newest checkpoint and replays the journal's rest through core, broker and feed. ERR_MISMATCH when the data file
 * is not the one the journal was made with. With `lost_tail` a live broker is sent nothing of what the last record's event still decides: it may have been
 * sent before the disk went. It is recorded with the tag it had, and the broker's book tells. */
int engine_recover(struct engine *e, struct engine_recovery *ret, struct journal_error *error);

/* Journals, steps, and releases what may leave. The event's stamp is raised to the engine's time if it lies before it.
 * Errors are the journal's: the engine then takes no more events that could raise risk (ERR_IO, ERR_FULL). */
int engine_post(struct engine *e, struct event *event);
/* The same for news of the market that came in at `came` by the options' clock: what is decided upon it is timed from there. */
int engine_post_timed(struct engine *e, struct event *event, nanos_t came);

/* -- the feed's clock ---------------------------------------------------------------------------------------------------------- */

/* The stamp of the next thing to happen by the feed's clock (a market event or a timer); STAMP_NEVER at the end. */
nanos_t engine_next_at(struct engine *e);
/* Lets exactly that happen. 1 = done, 0 = the feed has ended, < 0 = enum err. */
int engine_advance(struct engine *e);
/* All that is due up to and including `until`, at most `most` events; returns their number or an error. */
int engine_run_until(struct engine *e, nanos_t until, unsigned most);

/* -- the wall's clock: live and paper, whose feed pushes through engine_post() -------------------------------------------------- */

/* Posts what the broker port told since, then a timer if one is due by `now`, and checkpoints when it is time. */
int engine_turn(struct engine *e, nanos_t now);

/* -- durability ------------------------------------------------------------------------------------------------------------------- */

/* Async mode: everything up to seq is durable; requests held back until then go out. From the loop thread. */
void engine_durable(struct engine *e, uint64_t seq);
int engine_submit(struct engine *e, bool sync); /* end of a turn: hands the open batch to the journal */
int engine_checkpoint(struct engine *e);

struct engine_stats { uint64_t events, market_events, actions, requests, seq, checkpoints_failed; };
void engine_stats(const struct engine *e, struct engine_stats *ret);
/* Of requests to the broker: from the market's event to the request that it led to, recorded; from there until that was durable and it left. */
struct engine_times { struct histogram decision, durable; };
const struct engine_times *engine_times(const struct engine *e);
