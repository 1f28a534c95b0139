#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"

#define MONO_FROM (1000 * NANOS_SECOND)

struct world *sim_world;

/* -- the clock: lib/loop/clock.c asks clock_gettime(), which the linker sends here ------------------------------------------------ */

static nanos_t boot(void)
{
	return sim_world->now - sim_world->begin - sim_world->lost + MONO_FROM;
}

nanos_t world_mono(void)
{
	return boot() - sim_world->asleep;
}

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	if (!sim_world || (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME))
		return __real_clock_gettime(id, t);
	nanos_t at = id == CLOCK_REALTIME ? sim_world->now + sim_world->skew : id == CLOCK_BOOTTIME ? boot() : world_mono();

	*t = (struct timespec){ .tv_sec = at / NANOS_SECOND, .tv_nsec = at % NANOS_SECOND };
	return 0;
}

/* -- the queue: a heap by time, then by number ------------------------------------------------------------------------------------- */

static bool before(const struct world_event *a, const struct world_event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void swap(struct world_event *a, struct world_event *b)
{
	struct world_event c = *a;

	*a = *b;
	*b = c;
}

uint64_t world_at(nanos_t at, world_call *call, void *ctx)
{
	struct world *w = sim_world;

	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		w->heap = realloc(w->heap, w->cap * sizeof(*w->heap));
		assert(w->heap);
	}
	size_t i = w->n++;
	w->heap[i] = (struct world_event){ at > w->now ? at : w->now, ++w->numbers, call, ctx };
	for (; i > 0 && before(&w->heap[i], &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&w->heap[i], &w->heap[(i - 1) / 2]);
	return w->numbers;
}

/* It stays where it is and does nothing when its time comes. */
void world_drop(uint64_t number)
{
	for (size_t i = 0; i < sim_world->n; i++)
		if (sim_world->heap[i].number == number)
			sim_world->heap[i].call = NULL;
}

static struct world_event take_first(struct world *w)
{
	struct world_event first = w->heap[0];
	size_t i = 0;

	w->heap[0] = w->heap[--w->n];
	for (;;) {
		size_t least = i;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
			if (child < w->n && before(&w->heap[child], &w->heap[least]))
				least = child;
		if (least == i)
			return first;
		swap(&w->heap[i], &w->heap[least]);
		i = least;
	}
}

nanos_t world_next(const struct world *w)
{
	return w->n > 0 ? w->heap[0].at : STAMP_NEVER;
}

void world_step(struct world *w)
{
	struct world_event e = take_first(w);

	if (e.at > w->now) /* a stalled machine is late for what came meanwhile */
		w->now = e.at;
	if (!e.call)
		return;
	w->events++;
	world_trace(&e.at, sizeof(e.at));
	e.call(e.ctx, e.number);
}

/* -- chance ------------------------------------------------------------------------------------------------------------------------- */

uint64_t world_random(enum world_purpose p)
{
	return prng_next(&sim_world->random[p]);
}

uint64_t world_below(enum world_purpose p, uint64_t bound)
{
	return prng_below(&sim_world->random[p], bound);
}

nanos_t world_between(enum world_purpose p, nanos_t from, nanos_t to)
{
	return to > from ? from + (nanos_t)world_below(p, (uint64_t)(to - from)) : from;
}

nanos_t world_spread(enum world_purpose p, nanos_t from, nanos_t to)
{
	unsigned doublings = 0;

	while (from << (doublings + 1) <= to)
		doublings++;
	from <<= world_below(p, doublings + 1);
	return world_between(p, from, 2 * from < to ? 2 * from : to);
}

/* One more occasion for a fault, and what the dice say: it happens, unless the cut lists others. */
static bool happens(unsigned dial, bool would)
{
	struct world *w = sim_world;
	struct cut_fault f = { (uint16_t)dial, w->order, ++w->occasions[dial][w->order] };

	if (!(w->cut.listed ? cut_keeps(&w->cut, &f) : would))
		return false;
	if (w->faults < CUT_FAULTS)
		w->fault[w->faults] = f;
	w->faults++;
	return true;
}

bool world_overrules(enum sim_dial dial, bool would)
{
	return happens(NET_DIALS + dial, would);
}

bool world_strikes(enum world_purpose p, enum net_dial d)
{
	uint32_t chance = sim_world->dials.net.chance[d];

	if (!happens(d, chance > 0 && world_below(p, 1000000) < chance))
		return false;
	sim_world->struck[d]++;
	return true;
}

void world_trace(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t word;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sim_world->trace = prng_mix(sim_world->trace * 31 + word);
	}
	word = len;
	memcpy(&word, at, len > 0 ? len : 0);
	sim_world->trace = prng_mix(sim_world->trace * 31 + word + (len << 56));
}

void world_init(struct world *w, uint64_t seed, nanos_t begin)
{
	*w = (struct world){ .magic = WORLD_MAGIC, .begin = begin, .now = begin, .set_right = STAMP_NEVER };
	for (unsigned p = 0; p < WORLD_PURPOSES; p++)
		w->random[p] = prng_mix(prng_mix(seed + 1) + p);
	sim_world = w;
}

void world_reroll(struct world *w, uint64_t reroll)
{
	for (unsigned p = 0; p < WORLD_PURPOSES; p++)
		w->random[p] = prng_mix(w->random[p] + reroll);
}

void world_done(struct world *w)
{
	CHECK_OBJ(w, WORLD_MAGIC);
	free(w->heap);
	w->magic = 0;
	sim_world = NULL;
}
