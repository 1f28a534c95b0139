/* "Did you mean": the nearest of some words to a mistyped one, by edit distance with swaps of neighbours. */
#pragma once

#include <stddef.h>

struct suggest { const char *word, *best; size_t best_distance; };

struct suggest suggest_begin(const char *word);
/* Offers a word; s.best stays NULL unless one is near: at most a third of its length away. */
void suggest_try(struct suggest *s, const char *candidate);
size_t suggest_distance(const char *a, const char *b); /* words longer than 63 bytes are far from all: 64 */
