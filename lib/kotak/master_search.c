/* Search as people type: whole, beginning, or somewhere within a symbol or name. It looks at every row, which is quick enough for a person. */
#include <string.h>

#include "lib/kotak/master_priv.h"

#define SEARCH_TEXT 32
#define SEARCH_MAX 200

struct needle { char upper[SEARCH_TEXT]; size_t len; };
struct hit { const struct master_row *row; int rank; };

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* 0 = the whole text, 1 = its beginning, 2 = within; -1 = not there. */
static int match(const struct needle *n, const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	for (size_t at = 0; at + n->len <= len; at++) {
		size_t i = 0;

		while (i < n->len && upper(text[at + i]) == n->upper[i])
			i++;
		if (i == n->len)
			return at > 0 ? 2 : len == n->len ? 0 : 1;
	}
	return -1;
}

/* Least first: how well it matches, then what is likelier meant. */
static int rank_of(const struct needle *n, const struct master_row *r)
{
	int symbol = match(n, r->symbol, sizeof(r->symbol)), name = match(n, r->name, sizeof(r->name));

	if (symbol < 0 && name < 0)
		return -1;
	int best = symbol < 0 || (name >= 0 && name < symbol) ? 2 * name + 1 : 2 * symbol;
	return best * 8 + r->kind;
}

static bool better(const struct hit *a, const struct hit *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->row->expiry != b->row->expiry)
		return a->row->expiry < b->row->expiry;
	size_t x = strnlen(a->row->symbol, sizeof(a->row->symbol)), y = strnlen(b->row->symbol, sizeof(b->row->symbol));
	return x != y ? x < y : memcmp(a->row->symbol, b->row->symbol, sizeof(a->row->symbol)) < 0;
}

/* Into the sorted list of the best so far. */
static size_t insert(struct hit *hits, size_t n, size_t max, struct hit h)
{
	size_t at = n < max ? n : max - 1;

	if (n == max && !better(&h, &hits[max - 1]))
		return n;
	for (; at > 0 && better(&h, &hits[at - 1]); at--)
		hits[at] = hits[at - 1];
	hits[at] = h;
	return n < max ? n + 1 : n;
}

size_t master_search(const struct master *m, const char *text, const struct master_row **ret, size_t max)
{
	struct needle needle = { .len = strlen(text) };
	struct hit hits[SEARCH_MAX];
	size_t n = 0;

	max = max < SEARCH_MAX ? max : SEARCH_MAX;
	if (needle.len == 0 || needle.len >= SEARCH_TEXT || max == 0)
		return 0;
	for (size_t i = 0; i < needle.len; i++)
		needle.upper[i] = upper(text[i]);
	uint32_t count;
	const struct master_row *rows = master_rows(m, &count);
	for (uint32_t i = 0; i < count; i++) {
		int rank = rank_of(&needle, &rows[i]);
		if (rank >= 0 && (n < max || rank <= hits[n - 1].rank) && master_at(m, i))
			n = insert(hits, n, max, (struct hit){ &rows[i], rank });
	}
	for (size_t i = 0; i < n; i++)
		ret[i] = hits[i].row;
	return n;
}
