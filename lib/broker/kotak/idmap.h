/* A growing map from a 64-bit key to a 64-bit value, open addressing; keys are hashes already and never 0. Nothing is ever taken out
 * but everything. Out of memory asserts: a trade id forgotten would be a fill counted twice. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct idmap { struct idmap_slot { uint64_t key, value; } *slot; size_t cap, n; };

void idmap_done(struct idmap *m);
/* NULL when it is not there. Valid until the next idmap_add(). */
uint64_t *idmap_find(const struct idmap *m, uint64_t key);
/* False, and nothing changed, when the key is there already. */
bool idmap_add(struct idmap *m, uint64_t key, uint64_t value);
