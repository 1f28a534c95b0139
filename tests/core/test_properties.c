/* What must hold whatever happens: 200 seeded storms of 3,000 events. SAUDA_SEED plays one seed, SAUDA_SEEDS sets how many. */
#include <stdio.h>

#include "tests/core/storm.h"

#define SEEDS 200
#define STEPS 3000

static uint64_t environment(const char *name, uint64_t standard)
{
	return getenv(name) ? strtoull(getenv(name), NULL, 10) : standard;
}

struct sums { uint64_t entries, exits, trades; };

static void play(uint64_t seed, bool honest, struct sums *sums)
{
	struct storm *s = malloc(sizeof(*s));

	print_message("seed %llu %s\n", (unsigned long long)seed, honest ? "honest" : "wild");
	storm_begin(s, seed, honest);
	for (unsigned i = 0; i < STEPS; i++)
		storm_step(s);
	sums->entries += s->entries;
	sums->exits += s->exits;
	sums->trades += s->trades;
	storm_done(s);
	free(s);
}

static void play_all(bool honest, uint64_t most)
{
	struct sums sums = { 0 };
	uint64_t seeds = environment("SAUDA_SEEDS", most);

	if (getenv("SAUDA_SEED")) {
		play(environment("SAUDA_SEED", 1), honest, &sums);
		return;
	}
	for (uint64_t seed = 1; seed <= seeds; seed++)
		play(seed, honest, &sums);
	print_message("%llu entries, %llu exits, %llu trades\n", (unsigned long long)sums.entries, (unsigned long long)sums.exits,
	              (unsigned long long)sums.trades);
	assert_true(sums.entries > 8 * seeds && sums.exits > 5 * seeds && sums.trades > seeds); /* the storms did reach the trade */
}

static void honest_broker(void **state)
{
	(void)state;
	play_all(true, SEEDS / 2);
}

static void any_broker(void **state)
{
	(void)state;
	play_all(false, SEEDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_broker),
		cmocka_unit_test(any_broker),
	};

	return cmocka_run_group_tests_name("properties", tests, NULL, NULL);
}
