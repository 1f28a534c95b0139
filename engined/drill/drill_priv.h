/* One day of the drill, for the files that play it. */
#pragma once

#include "engined/drill/drill.h"

struct day {
	const struct drill_paths *paths;
	uint64_t *rng;
	struct drill_tally *tally;
	struct drill_broker broker;
	struct drill_watch watch;
	pid_t engine;            /* -1: none lives */
	unsigned lives;
	bool paused;             /* a pause was told that the next life takes back */
	char dir[256], state[300], runtime[300], journal[340], neosim[300], config[300], socket[340];
};

/* -- engine.c: the engine as the drill has it ----------------------------------------------------------------- */

/* The day's folders, and settings with strategies that trade all day. */
bool drill_folders(struct day *d, const char *dir);
bool drill_keep(const struct day *d, const char *name, const struct buf *text);
pid_t drill_engine_start(struct day *d);
bool drill_engine_restored(const struct day *d); /* it answers, and is not starting */
bool drill_engine_ask(const struct day *d, const char *method);
bool drill_engine_tell(const struct day *d, const char *method); /* without waiting for what it says */

/* -- print.c -------------------------------------------------------------------------------------------------- */

void drill_progress(const struct drill_tally *t, unsigned kills);
