/* Finds a pointer by a 64-bit key of (number, text). Grows; nothing is removed, a table is emptied whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table { struct { uint64_t key; void *value; } *slot; size_t n, cap; };

uint64_t table_key(uint64_t number, const char *text);
bool table_put(struct table *t, uint64_t key, void *value); /* false: no memory. The first of two equal keys stays */
void *table_get(const struct table *t, uint64_t key);       /* NULL = none */
void table_empty(struct table *t);                          /* keeps the memory */
void table_done(struct table *t);
