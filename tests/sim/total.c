#include "tests/sim/total.h"

#include <stdio.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"

void total_add(struct total *t, const struct run_result *r)
{
	t->seeds++;
	t->failures += r->failed != 0;
	t->cold += !r->warm;
	t->orders += r->orders;
	t->faulted += r->faulted;
	t->twice += r->twice;
	t->late += r->late;
	t->stored += r->stored;
	t->lost += r->lost;
	t->doubled += r->doubled;
	t->unknown += r->unknown;
	t->fills += r->fills;
	t->requests += r->requests;
	t->restarts += r->restarts;
	t->events += r->events;
	t->virtual_ns += r->virtual_ns;
	t->kinds[r->kind]++;
	t->traces += prng_mix(r->trace);
	t->converged_ns = r->converged_ns > t->converged_ns ? r->converged_ns : t->converged_ns;
	for (size_t i = 0; i < ARRAY_LEN(t->checked); i++)
		t->checked[i] += r->checked[i];
	for (size_t i = 0; i < ARRAY_LEN(t->net); i++)
		t->net[i] += r->net[i], t->faults += r->net[i];
	for (size_t i = 0; i < ARRAY_LEN(t->broker); i++)
		t->broker[i] += r->broker[i], t->faults += r->broker[i];
}

void total_join(struct total *t, const struct total *other)
{
	uint64_t *to = (uint64_t *)t;
	const uint64_t *from = (const uint64_t *)other;
	int64_t longest = t->converged_ns > other->converged_ns ? t->converged_ns : other->converged_ns;

	static_assert(sizeof(*t) % sizeof(uint64_t) == 0, "words only");
	for (size_t i = 0; i < sizeof(*t) / sizeof(uint64_t); i++)
		to[i] += from[i];
	t->converged_ns = longest;
}

static unsigned long long u(uint64_t n)
{
	return n;
}

void total_print(const struct total *t, double seconds)
{
	double days = (double)t->virtual_ns / NANOS_SECOND / (6.25 * 3600);

	printf("# faults:");
	for (enum net_dial d = 0; d < NET_DIALS; d++)
		printf(" %s %llu", dials_name(d), u(t->net[d]));
	for (enum sim_dial d = 0; d < SIM_DIAL_COUNT; d++)
		if (d != SIM_LATE_MOST && d != SIM_STALE_MOST)
			printf(" %s %llu", sim_dial_name(d), u(t->broker[d]));
	printf("\n# checks:");
	for (unsigned i = 0; i < CHECK_INVARIANTS; i++)
		if (t->checked[i])
			printf(" I%u %llu", i, u(t->checked[i]));
	printf("\n# %llu seeds (%llu without a fault, %llu with one dial, %llu swarms), %llu events, %llu requests, %llu fills, %llu restarts, converged within %.2f s\n", u(t->seeds),
	       u(t->kinds[DIALS_NONE]), u(t->kinds[DIALS_ONE]), u(t->kinds[DIALS_SWARM]), u(t->events), u(t->requests), u(t->fills), u(t->restarts),
	       (double)t->converged_ns / NANOS_SECOND);
	printf("# %llu late orders came to light after they were given up, %llu came to be twice that way; %llu were left at the broker by hosts that were lost; %llu rows of the store compared; trace %016llx\n", u(t->late), u(t->twice), u(t->unknown), u(t->stored),
	       u(t->traces));
	printf("# %llu orders, %llu of them among faults, %llu faults, %llu lost, %llu doubled, %.2f trading days in %.0f s (%.2f a minute), %llu runs failed, %llu differed when run again\n",
	       u(t->orders), u(t->faulted), u(t->faults), u(t->lost), u(t->doubled), days, seconds, seconds > 0 ? days * 60 / seconds : 0, u(t->failures), u(t->unsteady));
}
