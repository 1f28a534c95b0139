/* Sums of many runs, and how they are told. */
#pragma once

#include "tests/sim/run.h"

struct total {
	uint64_t seeds, failures, unsteady, cold, orders, faulted, faults, twice, late, stored, lost, doubled, unknown, fills, requests, restarts, events, virtual_ns;
	uint64_t checked[CHECK_INVARIANTS], net[NET_DIALS], broker[64], kinds[3];
	int64_t converged_ns;
	uint64_t traces;                /* of all runs' traces, whatever their order */
};

void total_add(struct total *t, const struct run_result *r);
void total_join(struct total *t, const struct total *other);
void total_print(const struct total *t, double seconds);
