#include "tests/neosim/table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/prng.h"

uint64_t table_key(uint64_t number, const char *text)
{
	uint64_t key = prng_mix(number + UINT64_C(0x9E3779B97F4A7C15));

	for (; *text; text++)
		key = prng_mix((key ^ (unsigned char)*text) + UINT64_C(0x9E3779B97F4A7C15));
	return key;
}

static size_t place(const struct table *t, uint64_t key)
{
	size_t at = key & (t->cap - 1);

	while (t->slot[at].value && t->slot[at].key != key)
		at = (at + 1) & (t->cap - 1);
	return at;
}

static bool grow(struct table *t)
{
	struct table bigger = { .n = t->n, .cap = t->cap ? t->cap * 2 : 1024 };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	if (!bigger.slot)
		return false;
	for (size_t i = 0; i < t->cap; i++)
		if (t->slot[i].value)
			bigger.slot[place(&bigger, t->slot[i].key)] = t->slot[i];
	free(t->slot);
	*t = bigger;
	return true;
}

bool table_put(struct table *t, uint64_t key, void *value)
{
	if (t->n * 2 >= t->cap && !grow(t))
		return false;
	size_t at = place(t, key);
	if (t->slot[at].value)
		return true;
	t->slot[at].key = key;
	t->slot[at].value = value;
	t->n++;
	return true;
}

void *table_get(const struct table *t, uint64_t key)
{
	return t->cap ? t->slot[place(t, key)].value : NULL;
}

void table_empty(struct table *t)
{
	if (t->cap)
		memset(t->slot, 0, t->cap * sizeof(*t->slot));
	t->n = 0;
}

void table_done(struct table *t)
{
	free(t->slot);
	*t = (struct table){ 0 };
}
