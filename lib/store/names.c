#include "lib/store/names.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

void names_done(struct names *n)
{
	free(n->instrument);
	free(n->strategy);
	*n = (struct names){ 0 };
}

/* Room for entry `index` of an array of `*count` zeroed entries. */
static int grow(void **array, uint32_t *count, size_t size, uint32_t index, uint32_t max)
{
	if (index < *count)
		return 0;
	if (index >= max)
		return ERR_RANGE;
	uint32_t wanted = *count ? *count : 64;
	while (wanted <= index)
		wanted *= 2;
	char *grown = realloc(*array, wanted * size);
	if (!grown)
		return ERR_NOMEM;
	memset(grown + *count * size, 0, (wanted - *count) * size);
	*array = grown;
	*count = wanted;
	return 0;
}

static void copy(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	memset(to + len, 0, size - len);
}

int names_set_instrument(struct names *n, uint32_t id, const char symbol[40], const char underlying[16])
{
	void *array = n->instrument;
	int err = grow(&array, &n->instruments, sizeof(*n->instrument), id, NAMES_INSTRUMENTS_MAX);

	n->instrument = array;
	if (err)
		return err;
	copy(n->instrument[id].symbol, sizeof(n->instrument[id].symbol), symbol);
	copy(n->instrument[id].underlying, sizeof(n->instrument[id].underlying), underlying);
	return 0;
}

int names_set_strategy(struct names *n, uint32_t index, const struct strategy_name *s)
{
	void *array = n->strategy;
	int err = grow(&array, &n->strategies, sizeof(*n->strategy), index, NAMES_STRATEGIES_MAX);

	n->strategy = array;
	if (err)
		return err;
	struct strategy_name *to = &n->strategy[index];
	copy(to->id, sizeof(to->id), s->id);
	copy(to->underlying, sizeof(to->underlying), s->underlying);
	copy(to->ops, sizeof(to->ops), s->ops);
	to->commons = s->commons;
	return 0;
}

const struct instrument_name *names_instrument(const struct names *n, uint32_t id)
{
	return id < n->instruments && n->instrument[id].symbol[0] ? &n->instrument[id] : NULL;
}

const struct strategy_name *names_strategy(const struct names *n, uint32_t index)
{
	return index < n->strategies && n->strategy[index].id[0] ? &n->strategy[index] : NULL;
}
