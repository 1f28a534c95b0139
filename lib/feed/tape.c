#include "lib/feed/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/symbol.h"

void tape_done(struct tape *t)
{
	free(t->rows);
	free(t->depths);
	free(t->contracts);
	free(t->index);
	free(t->snapshots);
	free(t->bad_rows);
	free(t->notes);
	memset(t, 0, sizeof(*t));
}

/* Room for one more item of `size` bytes in *items; false and `failed` when out of memory. */
static bool grow(struct tape *t, void **items, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap > 0 ? *cap + *cap / 2 : 256;
	void *moved;

	if (t->failed)
		return false;
	if (count < *cap)
		return true;
	if ((moved = reallocarray(*items, more, size)) == NULL) {
		t->failed = true;
		return false;
	}
	*items = moved;
	*cap = more;
	return true;
}

/* -- rows ------------------------------------------------------------------------------------------------------------ */

struct row *tape_add(struct tape *t, nanos_t stamp, uint32_t contract, uint8_t flags)
{
	if (!grow(t, (void **)&t->rows, t->row_count, &t->row_cap, sizeof(*t->rows)))
		return NULL;
	struct row *row = &t->rows[t->row_count++];
	memset(row, 0, sizeof(*row));
	row->stamp = stamp;
	row->contract = contract & (CONTRACTS_MAX - 1);
	row->flags = flags;
	return row;
}

struct depth_row *tape_add_depth(struct tape *t, struct row *row)
{
	if (!grow(t, (void **)&t->depths, t->depth_count, &t->depth_cap, sizeof(*t->depths)))
		return NULL;
	struct depth_row *depth = &t->depths[t->depth_count++];
	memset(depth, 0, sizeof(*depth));
	row->tick.depth = (uint32_t)t->depth_count;
	return depth;
}

void tape_add_snapshot(struct tape *t, nanos_t known, nanos_t page)
{
	if (t->snapshot_count > 0 && t->snapshots[t->snapshot_count - 1].known == known)
		return;
	if (grow(t, (void **)&t->snapshots, t->snapshot_count, &t->snapshot_cap, sizeof(*t->snapshots)))
		t->snapshots[t->snapshot_count++] = (struct snapshot){ known, page };
}

static int snapshot_compare(const void *a, const void *b)
{
	const struct snapshot *x = a, *y = b;

	return x->known < y->known ? -1 : x->known > y->known;
}

nanos_t tape_snapshot_page(const struct tape *t, nanos_t known)
{
	struct snapshot key = { known, 0 };
	const struct snapshot *found = NULL;

	if (t->snapshot_count > 0)
		found = bsearch(&key, t->snapshots, t->snapshot_count, sizeof(key), snapshot_compare);
	return found != NULL ? found->page : 0;
}

/* -- contracts ------------------------------------------------------------------------------------------------------- */

static uint32_t key_hash(const struct contract_key *k)
{
	uint64_t words[3] = { (uint64_t)k->underlying << 8 | k->kind, (uint64_t)(uint32_t)k->expiry, (uint64_t)k->strike };

	return crc32c(crc32c(0, words, sizeof(words)), k->symbol.text, k->symbol.len);
}

static bool key_fits(const struct contract *c, uint32_t number, const struct contract_key *k)
{
	uint32_t underlying = k->underlying == CONTRACT_NONE ? number : k->underlying;

	return c->kind == k->kind && c->underlying == underlying && c->expiry == k->expiry && c->strike == k->strike &&
	       (k->symbol.len == 0 || (strlen(c->symbol) == k->symbol.len && memcmp(c->symbol, k->symbol.text, k->symbol.len) == 0));
}

/* The index slot where the key is or belongs. */
static uint32_t *index_find(struct tape *t, const struct contract_key *k, uint32_t hash)
{
	size_t mask = t->index_cap - 1;

	for (size_t at = hash & mask;; at = (at + 1) & mask)
		if (t->index[at] == 0 || key_fits(&t->contracts[t->index[at] - 1], t->index[at] - 1, k))
			return &t->index[at];
}

/* Keeps the index at most half full. */
static bool index_grow(struct tape *t)
{
	size_t cap = t->index_cap > 0 ? t->index_cap * 2 : 1024;
	uint32_t *index;

	if ((t->contract_count + 1) * 2 <= t->index_cap)
		return true;
	if ((index = calloc(cap, sizeof(*index))) == NULL) {
		t->failed = true;
		return false;
	}
	free(t->index);
	t->index = index;
	t->index_cap = cap;
	for (uint32_t i = 0; i < t->contract_count; i++) {
		size_t at = t->contracts[i].hash & (cap - 1);
		while (index[at] != 0)
			at = (at + 1) & (cap - 1);
		index[at] = i + 1;
	}
	return true;
}

uint32_t tape_contract(struct tape *t, const struct contract_key *key)
{
	bool own = key->underlying == CONTRACT_NONE;
	uint32_t hash = key_hash(key), *slot;

	if (!index_grow(t))
		return CONTRACT_NONE;
	if (*(slot = index_find(t, key, hash)) != 0)
		return *slot - 1;
	if (t->contract_count == CONTRACTS_MAX - 1)
		t->failed = true;
	if (!grow(t, (void **)&t->contracts, t->contract_count, &t->contract_cap, sizeof(*t->contracts)))
		return CONTRACT_NONE;
	uint32_t number = (uint32_t)t->contract_count++;
	struct contract *c = &t->contracts[number];
	*c = (struct contract){ .kind = key->kind, .underlying = own ? number : key->underlying, .expiry = key->expiry,
	                        .strike = key->strike, .hash = hash, .first_row = SIZE_MAX, .row_last = SIZE_MAX, .id = INSTRUMENT_NONE };
	if (key->symbol.len > 0)
		snprintf(c->symbol, sizeof(c->symbol), "%.*s", (int)key->symbol.len, key->symbol.text);
	else
		symbol_option(t->contracts[key->underlying].symbol, key->expiry, key->strike, key->kind == INSTRUMENT_CALL, c->symbol);
	*slot = number + 1;
	return number;
}

/* -- faults ---------------------------------------------------------------------------------------------------------- */

void tape_bad(struct tape *t, uint32_t file, uint64_t line, const char *reason, const char *text, size_t len)
{
	t->bad++;
	if (t->bad_rows == NULL && (t->bad_rows = calloc(BAD_KEPT, sizeof(*t->bad_rows))) == NULL)
		t->failed = true;
	if (t->failed || t->bad_kept == BAD_KEPT)
		return;
	struct bad_row *b = &t->bad_rows[t->bad_kept++];
	b->line = line;
	b->file = file;
	b->reason = reason;
	for (size_t i = 0; i < len && i < BAD_TEXT; i++)
		b->text[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?'; /* shown to people: no control bytes */
}

void tape_note(struct tape *t, const char *format, ...)
{
	char note[NOTE_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(note, sizeof(note), format, args);
	va_end(args);
	if (t->notes == NULL && (t->notes = calloc(NOTES_MAX, sizeof(*t->notes))) == NULL)
		t->failed = true;
	if (t->failed || t->note_count == NOTES_MAX)
		return;
	for (size_t i = 0; i < t->note_count; i++)
		if (strcmp(t->notes[i], note) == 0)
			return;
	memcpy(t->notes[t->note_count++], note, sizeof(note));
}

/* -- order ----------------------------------------------------------------------------------------------------------- */

static bool row_before(const struct row *a, const struct row *b)
{
	if (a->stamp != b->stamp)
		return a->stamp < b->stamp;
	return (a->flags & ROW_DERIVED) < (b->flags & ROW_DERIVED);
}

/* End of the run of rows in order that begins at `from`. */
static size_t run_end(const struct tape *t, size_t from)
{
	size_t at = from + 1;

	while (at < t->row_count && !row_before(&t->rows[at], &t->rows[at - 1]))
		at++;
	return at;
}

static void merge(struct row *rows, size_t from, size_t middle, size_t to, struct row *spare)
{
	size_t left = 0, left_end = middle - from, right = middle, out = from;

	memcpy(spare, rows + from, left_end * sizeof(*rows));
	while (left < left_end && right < to)
		rows[out++] = row_before(&rows[right], &spare[left]) ? rows[right++] : spare[left++];
	memcpy(rows + out, spare + left, (left_end - left) * sizeof(*rows));
}

/* Natural merge sort: a sorted file is one run and costs one look, files side by side a few merges. */
int tape_sort(struct tape *t)
{
	struct row *spare = NULL;

	if (t->snapshot_count > 1)
		qsort(t->snapshots, t->snapshot_count, sizeof(*t->snapshots), snapshot_compare);
	for (bool sorted = t->row_count == 0; !sorted;) {
		sorted = true;
		for (size_t from = 0, middle, to; from < t->row_count && (middle = run_end(t, from)) < t->row_count; from = to) {
			sorted = false;
			to = run_end(t, middle);
			if (spare == NULL && (spare = calloc(t->row_count, sizeof(*spare))) == NULL)
				return ERR_NOMEM;
			merge(t->rows, from, middle, to, spare);
		}
	}
	free(spare);
	return ERR_OK;
}
