#include "lib/control/suggest.h"

#include <string.h>

#define WORD_MAX 63

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment over three rows: insert, delete, replace, and swap of two neighbours. */
size_t suggest_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], m = strlen(a), n = strlen(b);

	if (m > WORD_MAX || n > WORD_MAX)
		return WORD_MAX + 1;
	for (size_t j = 0; j <= n; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], above2[j - 2] + 1);
		}
	}
	return rows[m % 3][n];
}

struct suggest suggest_begin(const char *word)
{
	return (struct suggest){ .word = word, .best_distance = WORD_MAX + 1 };
}

void suggest_try(struct suggest *s, const char *candidate)
{
	size_t distance = suggest_distance(s->word, candidate);

	if (distance < s->best_distance && distance <= (strlen(candidate) + 2) / 3) {
		s->best = candidate;
		s->best_distance = distance;
	}
}
