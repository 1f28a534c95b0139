/* A failing run made short: what it can do without is left out, piece by piece, and what still fails at the same check, no later, is kept. A piece is a dial, a strategy,
 * one fault, the time before, some of the ticks. Another throw of the dice counts too: the same bug may show sooner. Never by the clock: so many events are spent on it. */
#include "tests/sim/shrink.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/sim/plant.h"

#define DIALS_MOST 96
#define START_COSTS 500            /* a run's beginning and end, in events */
#define SPEND_DICE 400000          /* by other dice; by what happened: */
#define SPEND_LIST 200000
#define ENOUGH 200                 /* short enough to be read */
#define ROUNDS 4                   /* from the whole day again, by other dice, as long as it is longer than that */
#define JUMPS 60

struct trial { bool off[DIALS_MOST]; struct cut cut; };

struct shrink {
	struct run_options o;
	struct trial best;
	struct run_result result;       /* of the best */
	uint64_t spent, most, rerolls, random;
	bool calm;                      /* without any fault the day holds */
};

/* -- one try --------------------------------------------------------------------------------------------------------------------------------- */

static void run(struct shrink *s, const struct trial *t, struct run_result *ret)
{
	struct run_options o = s->o;

	o.off = t->off;
	o.cut = t->cut;
	o.quiet = true;
	run_seed(&o, ret);
	s->spent += START_COSTS + ret->events;
}

/* A cut may not be what makes it fail: without the bug it holds. */
static bool by_the_bug(struct shrink *s, const struct trial *t)
{
	enum plant bug = plant;
	struct run_result result;

	if (bug == PLANT_NONE)
		return true;
	plant = PLANT_NONE;
	run(s, t, &result);
	plant = bug;
	return result.failed == 0;
}

static bool holds_in_calm(struct shrink *s, const struct trial *t)
{
	struct trial calm = *t;
	struct run_result result;

	memset(calm.off, true, sizeof(calm.off));
	run(s, &calm, &result);
	return result.failed == 0;
}

/* Nor is it what fails in calm, if the whole day does not. */
static bool by_the_faults(struct shrink *s, const struct trial *t)
{
	struct trial none = *t;

	none.cut.listed = false;
	none.cut.faults = 0;
	return !s->calm || holds_in_calm(s, &none);
}

/* Fails by the same rule, no later: it is the best from now on. */
static bool attempt(struct shrink *s, const struct trial *t)
{
	struct run_result result;

	if (s->spent >= s->most)
		return false;
	s->o.until = s->result.failed_at;
	run(s, t, &result);
	if (result.failed != s->result.failed || result.failed_at > s->result.failed_at || !by_the_bug(s, t) || !by_the_faults(s, t))
		return false;
	s->best = *t;
	s->result = result;
	return true;
}

/* -- what can be left out, all of it, half of it, a quarter ... ------------------------------------------------------------------------------ */

typedef bool leave_out(struct trial *t, size_t item); /* false: it is not there any more */

static void leave_out_of(struct shrink *s, size_t n, leave_out *without)
{
	for (size_t chunk = n; chunk > 0; chunk /= 2)
		for (size_t from = 0; from < n; from += chunk) {
			struct trial t = s->best;
			bool any = false;

			for (size_t i = from; i < from + chunk && i < n; i++)
				any = without(&t, i) || any;
			if (any)
				attempt(s, &t);
		}
}

static bool without_dial(struct trial *t, size_t i)
{
	bool was = !t->off[i];

	t->off[i] = true;
	return was;
}

static bool without_strategy(struct trial *t, size_t i)
{
	uint64_t all = ((uint64_t)1 << NODE_STRATEGIES) - 1, kept = t->cut.strategies ? t->cut.strategies : all, less = kept & ~((uint64_t)1 << i);

	t->cut.strategies = less;
	return less != kept && less != 0;
}

static bool without_fault(struct trial *t, size_t i)
{
	size_t at = t->cut.faults - 1 - i; /* the last first: what is left keeps its place */

	if (i >= t->cut.faults)
		return false;
	memmove(&t->cut.fault[at], &t->cut.fault[at + 1], (t->cut.faults - at - 1) * sizeof(t->cut.fault[0]));
	t->cut.faults--;
	return true;
}

/* Half of those that are left, a quarter, ... */
static void drop_faults(struct shrink *s)
{
	for (size_t chunk = (s->best.cut.faults + 1) / 2; chunk > 0; chunk = chunk > 1 ? (chunk + 1) / 2 : 0)
		for (size_t from = 0; from < s->best.cut.faults;) {
			struct trial t = s->best;

			for (size_t i = 0; i < chunk && from < t.cut.faults; i++)
				without_fault(&t, from);
			if (!attempt(s, &t))
				from += chunk;
		}
}

/* From here on the faults are those of a list, not the dice's. */
static bool list_faults(struct shrink *s)
{
	struct trial t = s->best;

	if (s->result.struck > CUT_FAULTS)
		return false;
	t.cut.listed = true;
	t.cut.faults = s->result.struck;
	memcpy(t.cut.fault, s->result.fault, t.cut.faults * sizeof(t.cut.fault[0]));
	return attempt(s, &t);
}

/* -- less of it ------------------------------------------------------------------------------------------------------------------------------ */

static void values(struct shrink *s, size_t offset, const uint64_t *value, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct trial t = s->best;
		uint64_t *at = (uint64_t *)(void *)((char *)&t.cut + offset);

		if (*at == value[i])
			continue;
		*at = value[i];
		if (attempt(s, &t))
			return;
	}
}

#define TRY(s, field, ...) values(s, offsetof(struct cut, field), (const uint64_t[]){ __VA_ARGS__ }, ARRAY_LEN(((const uint64_t[]){ __VA_ARGS__ })))

/* Begun so shortly before it failed. */
static void begin_later(struct shrink *s)
{
	static const uint64_t before[] = { 2, 4, 6, 9, 13, 20, 30, 45, 60, 90, 120, 180 };
	uint64_t took = (uint64_t)(s->result.failed_after / NANOS_SECOND);

	for (size_t i = 0; i < ARRAY_LEN(before) && before[i] < took; i++) {
		struct trial t = s->best;

		t.cut.later += took - before[i];
		if (attempt(s, &t))
			return;
	}
}

/* All of it at once, and other dice: what no single step finds. */
static void jump(struct shrink *s)
{
	static const uint64_t ticks[] = { 0, 2, 3, 5, 10 }, timers[] = { 0, 500, 1000, 2000, 5000 }, loud[] = { 0, 3, 10, 30, 100, 1000 }, safety[] = { 1, 2, 4, 8, 15, 30 };
	uint64_t took = (uint64_t)(s->result.failed_after / NANOS_SECOND);
	struct trial t = s->best;

#define ANY(list) list[prng_below(&s->random, ARRAY_LEN(list))]
	t.cut.reroll = ++s->rerolls;
	t.cut.later += prng_below(&s->random, 2) ? prng_below(&s->random, took + 1) : 0;
	t.cut.cold = t.cut.cold || prng_below(&s->random, 4) > 0;
	t.cut.ticks = ANY(ticks);
	t.cut.timers = ANY(timers);
	t.cut.loud = ANY(loud);
	t.cut.safety = ANY(safety);
	t.cut.strikes = 1 + prng_below(&s->random, 4);
#undef ANY
	for (size_t i = 0, off = prng_below(&s->random, 4); i < dials_count(); i++)
		t.off[i] = t.off[i] || prng_below(&s->random, 4) < off;
	attempt(s, &t);
}

static void jumps(struct shrink *s)
{
	for (unsigned i = 0; i < JUMPS; i++)
		jump(s);
}

static void shape(struct shrink *s)
{
	TRY(s, cold, 1);
	begin_later(s);
	TRY(s, safety, 1, 2, 4, 8, 15, 30);
	TRY(s, loud, 1000, 100, 30, 10, 3);
	TRY(s, ticks, 10, 5, 3, 2);
	TRY(s, timers, 5000, 2000, 1000, 500);
	TRY(s, strikes, 1, 2);
}

static bool sooner(struct shrink *s)
{
	uint64_t before = s->result.failed_at;

	shape(s);
	jumps(s);
	leave_out_of(s, dials_count(), without_dial);
	leave_out_of(s, NODE_STRATEGIES, without_strategy);
	return s->result.failed_at < before;
}

/* -- the whole ------------------------------------------------------------------------------------------------------------------------------- */

static void print_names(const struct shrink *s)
{
	struct run_options o = s->o;
	struct dials d;
	bool first = true;

	o.off = NULL;
	run_dials(&o, &d);
	for (size_t i = 0; i < dials_count(); i++)
		if (!s->best.off[i] && dials_get(&d, i) > 0) {
			printf("%s%s", first ? "" : ",", dials_name(i));
			first = false;
		}
}

static void print(const struct shrink *s, uint64_t before)
{
	char cut[CUT_TEXT];

	cut_print(&s->best.cut, cut);
	printf("shrunk: I%u at event %llu of %llu, with %zu faults: %s\n dials: ", s->result.failed, (unsigned long long)s->result.failed_at, (unsigned long long)before,
	       s->best.cut.faults, s->result.text);
	print_names(s);
	printf("\nrepro: sim --seed %llu --until %llu", (unsigned long long)s->o.seed, (unsigned long long)s->result.failed_at);
	if (plant != PLANT_NONE)
		printf(" --plant %s", plant_name(plant));
	printf(" --cut %s --only '", cut);
	print_names(s);
	printf("'\n");
}

/* What is printed must do it again. */
static void try_what_is_printed(struct shrink *s)
{
	struct trial t = s->best;
	struct run_result again;
	char cut[CUT_TEXT];

	cut_print(&s->best.cut, cut);
	assert(cut_parse(&t.cut, cut));
	s->o.until = s->result.failed_at;
	run(s, &t, &again);
	assert(again.failed == s->result.failed && again.failed_at == s->result.failed_at && again.trace == s->result.trace);
}

/* By other dice: quick where the bug is often met. */
static void by_dice(struct shrink *s)
{
	s->most = s->spent + SPEND_DICE;
	while (sooner(s) && s->spent < s->most && s->result.failed_at > ENOUGH)
		;
}

/* By what did happen, fault by fault: where it is rare. */
static void by_list(struct shrink *s)
{
	uint64_t before;

	s->most = s->spent + SPEND_LIST;
	if (!list_faults(s))
		return;
	do {
		before = s->result.failed_at;
		drop_faults(s);
		shape(s);
		jumps(s);
		leave_out_of(s, NODE_STRATEGIES, without_strategy);
		leave_out_of(s, dials_count(), without_dial);
	} while (s->result.failed_at < before && s->spent < s->most);
}

/* The same search finds more or less by its first dice: the shortest of some counts. */
static void rounds(struct shrink *s)
{
	struct trial whole = s->best, best;
	struct run_result failed = s->result, result;

	for (unsigned i = 0; i < ROUNDS && (i == 0 || result.failed_at > ENOUGH); i++) {
		s->best = whole;
		s->result = failed;
		s->random = prng_mix(s->o.seed + i);
		s->rerolls = (uint64_t)i * 1000;
		by_dice(s);
		by_list(s);
		if (i == 0 || s->result.failed_at < result.failed_at) {
			best = s->best;
			result = s->result;
		}
	}
	s->best = best;
	s->result = result;
}

static bool begin(struct shrink *s, const struct run_options *options)
{
	*s = (struct shrink){ .o = *options, .best.cut = options->cut };
	assert(dials_count() <= DIALS_MOST);
	if (options->off)
		memcpy(s->best.off, options->off, dials_count() * sizeof(s->best.off[0]));
	run(s, &s->best, &s->result);
	if (s->result.failed)
		s->calm = holds_in_calm(s, &s->best);
	return s->result.failed != 0;
}

uint64_t shrink_seed(const struct run_options *options)
{
	static struct shrink s;
	uint64_t before;

	if (!begin(&s, options)) {
		printf("seed %llu does not fail\n", (unsigned long long)s.o.seed);
		return 0;
	}
	before = s.result.failed_at;
	rounds(&s);
	try_what_is_printed(&s);
	print(&s, before);
	return s.result.failed_at;
}
