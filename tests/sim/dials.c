#include "tests/sim/dials.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/base/stamp.h"

#define LOUDEST 500000

enum type { CHANCE, SPAN, FLAG };
struct dial { const char *name; size_t offset; enum type type; uint64_t most; };

static const struct dial dial[] = {
#define NET(name, most, text) { #name, offsetof(struct dials, net.chance[DIAL_##name]), CHANCE, most },
#define BROKER(field, most) { #field, offsetof(struct dials, broker.field), CHANCE, most },
#define BROKER_SPAN(field, seconds) { #field, offsetof(struct dials, broker.field), SPAN, (uint64_t)(seconds * NANOS_SECOND) },
#define BROKER_FLAG(field) { #field, offsetof(struct dials, broker.field), FLAG, 1 },
#include "tests/sim/dials.tbl.h"
};

size_t dials_count(void)
{
	return ARRAY_LEN(dial);
}

const char *dials_name(size_t at)
{
	return dial[at].name;
}

size_t dials_find(const char *name)
{
	size_t at = 0;

	while (at < ARRAY_LEN(dial) && strcmp(dial[at].name, name) != 0)
		at++;
	return at;
}

static size_t size_of(enum type t)
{
	return t == CHANCE ? sizeof(uint32_t) : t == SPAN ? sizeof(sim_ns) : sizeof(bool);
}

uint64_t dials_get(const struct dials *d, size_t at)
{
	uint64_t value = 0;

	memcpy(&value, (const char *)d + dial[at].offset, size_of(dial[at].type));
	return value;
}

static void set(struct dials *d, size_t at, uint64_t value)
{
	memcpy((char *)d + dial[at].offset, &value, size_of(dial[at].type));
}

void dials_off(struct dials *d, size_t at)
{
	set(d, at, 0);
}

void dials_louder(struct dials *d, uint64_t times)
{
	for (size_t i = 0; i < ARRAY_LEN(dial); i++) {
		uint64_t chance = dials_get(d, i) * times;

		if (dial[i].type == CHANCE)
			set(d, i, chance < LOUDEST ? chance : LOUDEST);
	}
}

/* A span alone does nothing. */
bool dials_any(const struct dials *d)
{
	for (size_t i = 0; i < ARRAY_LEN(dial); i++)
		if (dial[i].type != SPAN && dials_get(d, i) > 0)
			return true;
	return false;
}

static void turn_on(struct dials *d, size_t at, uint64_t *random, unsigned decades)
{
	uint64_t most = dial[at].most >> prng_below(random, decades);

	set(d, at, most > 1 ? most / 2 + prng_below(random, most / 2) + 1 : 1);
}

/* The database's troubles are beside all others: they have dice of their own, and no day of trading is another one for them. */
static bool of_store(size_t at)
{
	return at >= DIAL_STORE_ERROR && at < DIAL_STORE_ERROR + STORE_DIALS;
}

void dials_draw(struct dials *d, enum dials_kind kind, uint64_t seed)
{
	uint64_t random = prng_mix(seed ^ UINT64_C(0x6469616C73)), aside = prng_mix(seed ^ UINT64_C(0x73746F7265)), host = prng_mix(seed ^ UINT64_C(0x686F7374)); /* "dials", "store", "host" */
	size_t only = prng_below(&random, ARRAY_LEN(dial) - ASIDE_DIALS);

	only += only >= DIAL_STORE_ERROR ? ASIDE_DIALS : 0;
	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < ARRAY_LEN(dial); i++) {
		if (of_store(i)) {
			if (kind != DIALS_NONE && prng_below(&aside, 10) >= 4)
				turn_on(d, i, &aside, 10);
			continue;
		}
		if (i == DIAL_HOST_LOST) {
			if (seed >= DIALS_HOSTS)
				turn_on(d, i, &host, 4);
			continue;
		}
		bool off = kind == DIALS_NONE || (kind == DIALS_SWARM && prng_below(&random, 10) < 4) || (kind == DIALS_ONE && i != only);

		if (dial[i].type == SPAN ? kind != DIALS_NONE : !off)
			turn_on(d, i, &random, kind == DIALS_ONE ? 2 : 10);
	}
}

void dials_print(const struct dials *d)
{
	for (size_t i = 0; i < ARRAY_LEN(dial); i++)
		if (dials_get(d, i) > 0)
			printf("  %s=%llu", dial[i].name, (unsigned long long)dials_get(d, i));
	printf("\n");
}
