/* A whole engine in a folder: journal, paper broker, and a small day of bars made from a seed. Opened again on the same folder
 * it recovers as after a crash. */
#pragma once

#include "lib/broker/paper/paper.h"
#include "lib/engine/engine.h"
#include "tests/core/rig.h"

#define HOUSE_PATH 256
#define HOUSE_BARS 40

struct house {
	char dir[HOUSE_PATH];
	uint64_t seed;                   /* of the data */
	uint64_t checkpoint_events;
	const struct strategy_ops *const *ops;
	bool no_journal;
	nanos_t (*clock)(void);          /* engine_options.clock */
	struct journal *journal;
	struct engine *engine;
	struct broker *broker;
	struct feed *feed;
	struct core *core;
	struct engine_recovery recovery;
	struct journal_error error;
};

void house_dir(char path[HOUSE_PATH]);
void house_remove(const char *path);
void house_copy(const char *from, const char *to);   /* as a crash leaves it: what is on disk now */
void house_tear(const char *dir);                    /* zeroes the last bytes written to the journal */

/* Opens and recovers; a fresh folder gets its start, strategy and links. Returns engine_recover()'s answer. */
int house_open(struct house *h);
void house_close(struct house *h);
/* The same day under another engine, which is freed with the house. */
void house_take(struct house *h, struct engine *e);
/* Up to `events` further events, commands of the day's script included; returns 0 when the day is over. */
int house_run(struct house *h, uint64_t events);
