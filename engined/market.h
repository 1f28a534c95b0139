/* Loads the market tables and gives strategies their standing definitions: what every way to run the engine begins with. */
#pragma once

#include <stddef.h>

#include "lib/engine/engine.h"

struct market_error { char text[320]; };

/* Reads charges, holidays, special_sessions, timetable and contracts (.csv) from dir. */
int market_load(const char *dir, struct market_tables *ret, struct market_error *error);

/* The built-ins for one underlying with their standard parameters. `one_price`: data with one price a step has no wicks
 * below three minutes; `step` of the data: no bar shorter than it. Writes at most max definitions, returns their number. */
size_t market_strategies(const char *underlying, const struct feed_info *info, struct event_strategy *ret, size_t max);

/* Appends the slots for positions that are taken over (`kotak.foreign = adopt`) to n definitions; returns how many there are then. */
#define MARKET_ADOPTED 4
size_t market_adopted(struct event_strategy *list, size_t n, size_t max);
/* Which slot each definition gets, whatever was added to the settings, moved in them or left out of them since: a strategy the one that has its name, a new one a
 * slot in which nothing is at work any more, or a further one. False: there is no room for list[*ret_which], since strategies that were left out still hold something. */
bool market_number(const struct core *c, struct event_strategy *list, size_t n, size_t *ret_which);
/* A strategy's slot that no numbered definition has: it enters nothing any more, and what it holds is managed to its end. */
bool market_removed(const struct core *c, uint32_t slot, const struct event_strategy *list, size_t n);

/* EVENT_START, the definitions, and the links that are up by nature: the first events of every run. */
struct market_begin {
	enum engine_mode mode;
	uint32_t epoch;
	uint64_t seed, config_hash;
	money_t capital;
	uint32_t flags;
	const struct event_strategy *strategies;
	size_t n_strategies;
	nanos_t at;
	const char *source;
	bool feed_down, broker_down; /* a live adapter says itself when its link is up */
};
int market_begin(struct engine *e, const struct market_begin *b, const struct feed_info *info, uint64_t tables_hash);
