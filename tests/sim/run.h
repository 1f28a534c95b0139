/* One seed: a market, an account, an engine, faults drawn by the seed; then what must hold. Warm-up (no faults), safety (all of them), liveness (healed: everything
 * must agree, then get flat), audit (the engine is gone: what does the disk say?). */
#pragma once

#include "tests/sim/check.h"

struct run_options {
	uint64_t seed, until;           /* until: stop at this event; 0 = no */
	const struct market_tables *tables;
	const char *dir;                /* for the disk; below a folder in memory */
	const char *explain;
	const bool *off;                /* dials that stay off whatever the seed draws; dials_count() of them; NULL */
	bool quiet;
	uint64_t store;                 /* one day in so many has its database; 0 = none. Nothing else may come of it */
	struct cut cut;
};

struct run_result {
	unsigned failed;                /* invariant; 0 = all held */
	char text[256];
	uint64_t failed_at, events, trace, struck /* faults */;
	struct cut_fault fault[CUT_FAULTS]; /* the first of them */
	nanos_t failed_after;           /* of the true clock, since the beginning */
	uint64_t orders, faulted, twice, late, stored, lost, doubled, unknown, fills, requests, restarts, virtual_ns;
	uint64_t checked[CHECK_INVARIANTS], net[NET_DIALS], broker[64];
	bool warm;                      /* something was traded before the faults began */
	enum dials_kind kind;
	int64_t converged_ns;           /* after the faults stopped; the longest */
};

enum dials_kind run_kind(uint64_t seed);
void run_dials(const struct run_options *o, struct dials *ret);
void run_seed(const struct run_options *o, struct run_result *ret);
