#include "tests/sim/shrink.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/obj.h"

static bool fails(struct run_options *o, const bool *off, unsigned invariant, struct run_result *ret)
{
	o->off = off;
	o->quiet = true;
	run_seed(o, ret);
	return ret->failed == invariant;
}

/* One pass over all that are on. */
static unsigned pass(struct run_options *o, bool *off, unsigned invariant, struct run_result *last)
{
	struct run_result result;
	struct dials d;
	unsigned dropped = 0;

	o->off = off;
	run_dials(o, &d);
	for (size_t i = 0; i < dials_count(); i++) {
		if (off[i] || dials_get(&d, i) == 0)
			continue;
		off[i] = true;
		if (fails(o, off, invariant, &result)) {
			*last = result;
			dropped++;
		} else
			off[i] = false;
	}
	return dropped;
}

static void print(const struct run_options *o, const bool *off, const struct run_result *r)
{
	struct dials d;
	bool first = true;

	run_dials(o, &d);
	printf("shrunk: I%u at event %llu: %s\n dials:", r->failed, (unsigned long long)r->failed_at, r->text);
	dials_print(&d);
	printf("repro: sim --seed %llu --until %llu --off ", (unsigned long long)o->seed, (unsigned long long)r->failed_at);
	for (size_t i = 0; i < dials_count(); i++)
		if (off[i]) {
			printf("%s%s", first ? "" : ",", dials_name(i));
			first = false;
		}
	printf("\n");
}

void shrink_seed(const struct run_options *options)
{
	struct run_options o = *options;
	struct run_result result;
	bool *off = calloc(dials_count(), sizeof(*off));

	assert(off);
	for (size_t i = 0; options->off && i < dials_count(); i++)
		off[i] = options->off[i];
	o.off = off;
	o.quiet = true;
	run_seed(&o, &result);
	if (result.failed == 0)
		printf("seed %llu does not fail\n", (unsigned long long)o.seed);
	else {
		while (pass(&o, off, result.failed, &result) > 0)
			;
		print(&o, off, &result);
	}
	free(off);
}
