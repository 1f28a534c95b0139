#include "lib/broker/kotak/idmap.h"

#include <stdlib.h>

#include "lib/base/obj.h"

static size_t place_of(const struct idmap *m, uint64_t key)
{
	size_t at = (size_t)key & (m->cap - 1);

	while (m->slot[at].key && m->slot[at].key != key)
		at = (at + 1) & (m->cap - 1);
	return at;
}

static void grow(struct idmap *m)
{
	struct idmap bigger = { .cap = m->cap ? m->cap * 2 : 64, .n = m->n };

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	assert(bigger.slot);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slot[i].key)
			bigger.slot[place_of(&bigger, m->slot[i].key)] = m->slot[i];
	free(m->slot);
	*m = bigger;
}

void idmap_done(struct idmap *m)
{
	free(m->slot);
	*m = (struct idmap){ 0 };
}

uint64_t *idmap_find(const struct idmap *m, uint64_t key)
{
	size_t at;

	assert(key != 0);
	if (m->cap == 0)
		return NULL;
	at = place_of(m, key);
	return m->slot[at].key ? &m->slot[at].value : NULL;
}

bool idmap_add(struct idmap *m, uint64_t key, uint64_t value)
{
	if (idmap_find(m, key))
		return false;
	if ((m->n + 1) * 2 > m->cap)
		grow(m);
	m->slot[place_of(m, key)] = (struct idmap_slot){ key, value };
	m->n++;
	return true;
}
