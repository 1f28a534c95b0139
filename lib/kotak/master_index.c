/* The indexes over the builder's rows: tokens, symbols, and each underlying's contracts in order. Sorting 100,000 contracts by text would take
 * longer than reading the file, so names become numbers first and the rest of the key is packed beside them: one radix sort of integers. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_priv.h"

static uint32_t slots_for(uint32_t rows)
{
	uint32_t slots = 1024;

	while (slots < 2 * rows)
		slots *= 2;
	return slots;
}

/* -- tokens -------------------------------------------------------------------------------------------------- */

/* Enters row i. Returns the row that has the token already, or UINT32_MAX. */
static uint32_t enter_token(struct master_builder *b, uint32_t i)
{
	const struct master_row *r = &b->row[i];
	uint32_t segment = (uint32_t)r->segment << SLOT_SEGMENT, mask = b->slots - 1, at = master_token_hash(r->segment, r->token) & mask;

	for (; b->token[at].row; at = (at + 1) & mask)
		if (b->token[at].key == r->token && (b->token[at].row & ~SLOT_ROW) == segment)
			return (b->token[at].row & SLOT_ROW) - 1;
	b->token[at] = (struct master_slot){ r->token, (i + 1) | segment };
	return UINT32_MAX;
}

/* The table anew with room for all rows. */
static int grow_tokens(struct master_builder *b, uint32_t entered)
{
	free(b->token);
	b->slots = slots_for(b->rows);
	b->token = calloc(b->slots, sizeof(*b->token));
	if (!b->token)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < entered; i++)
		enter_token(b, i);
	return ERR_OK;
}

/* Takes out the marked rows. They are all of the newest file, since a segment is added once. */
static uint32_t remove_marked(struct master_builder *b, const uint8_t *marked)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < b->rows; i++)
		if (!marked[i])
			b->row[kept++] = b->row[i];
	uint32_t removed = b->rows - kept;
	b->rows = kept;
	return removed;
}

/* Neither of two rows with one token is believed: a price that may be of either is of none. */
int master_tokens(struct master_builder *b, uint32_t from, uint32_t *ret_twice)
{
	uint8_t *marked = NULL;
	int err = b->slots < 2 * b->rows || !b->token ? grow_tokens(b, from) : ERR_OK;

	*ret_twice = 0;
	for (uint32_t i = from; i < b->rows && err == ERR_OK; i++) {
		uint32_t other = enter_token(b, i);

		if (other == UINT32_MAX)
			continue;
		if (!marked && !(marked = calloc(b->rows, 1)))
			err = ERR_NOMEM;
		else
			marked[i] = marked[other] = 1;
	}
	if (marked && err == ERR_OK) {
		*ret_twice = remove_marked(b, marked);
		err = grow_tokens(b, b->rows);
	}
	free(marked);
	return err;
}

/* -- symbols ------------------------------------------------------------------------------------------------- */

#define AHEAD 16 /* rows whose slots are fetched before they are needed; a power of two */

/* Every row's slot is somewhere else in memory, so it is fetched while other rows are hashed. */
static void enter_symbols(struct master_builder *b)
{
	uint32_t hash[AHEAD], mask = b->slots - 1;

	for (uint32_t i = 0; i < b->rows + AHEAD; i++) {
		if (i >= AHEAD) {
			uint32_t row = i - AHEAD, key = hash[row % AHEAD], at = key & mask;
			while (b->symbol[at].row)
				at = (at + 1) & mask;
			b->symbol[at] = (struct master_slot){ key, (row + 1) | (uint32_t)b->row[row].segment << SLOT_SEGMENT };
		}
		if (i < b->rows) {
			hash[i % AHEAD] = master_symbol_hash(b->row[i].segment, b->row[i].symbol);
			__builtin_prefetch(&b->symbol[hash[i % AHEAD] & mask], 1);
		}
	}
}

/* -- names --------------------------------------------------------------------------------------------------- */

struct names { struct master_name name[MASTER_NAMES_MAX]; uint16_t slot[2 * MASTER_NAMES_MAX], rank[MASTER_NAMES_MAX]; uint32_t n; };

/* Not master_symbol_hash(), which is the cache's: this one is short, since it waits for every row. */
static uint32_t name_hash(const struct master_row *r)
{
	uint64_t first, second;
	uint32_t third;

	memcpy(&first, r->name, 8);
	memcpy(&second, r->name + 8, 8);
	memcpy(&third, r->name + 16, 4);
	first = (first ^ r->segment) * UINT64_C(0x9E3779B97F4A7C15) ^ (second ^ (uint64_t)third << 32) * UINT64_C(0xC2B2AE3D27D4EB4F);
	return (uint32_t)(first >> 40 ^ first >> 16);
}

/* The number of a contract's underlying, a new one if it was not met before; UINT32_MAX when there are too many. */
static uint32_t name_number(struct names *n, const struct master_row *r)
{
	uint32_t mask = ARRAY_LEN(n->slot) - 1, at = name_hash(r) & mask;

	for (; n->slot[at]; at = (at + 1) & mask) {
		const struct master_name *known = &n->name[n->slot[at] - 1];
		if (known->segment == r->segment && memcmp(known->text, r->name, sizeof(r->name)) == 0)
			return n->slot[at] - 1u;
	}
	if (n->n == MASTER_NAMES_MAX)
		return UINT32_MAX;
	struct master_name *added = &n->name[n->n];
	*added = (struct master_name){ .segment = r->segment };
	memcpy(added->text, r->name, sizeof(added->text));
	n->slot[at] = (uint16_t)(n->n + 1);
	return n->n++;
}

static int by_segment_and_text(const void *a, const void *b)
{
	const struct master_name *x = a, *y = b;

	if (x->segment != y->segment)
		return x->segment < y->segment ? -1 : 1;
	return memcmp(x->text, y->text, sizeof(x->text));
}

/* -- order --------------------------------------------------------------------------------------------------- */

#define DIGIT_BITS 11 /* a pass of the sort */

struct key { uint64_t key; uint32_t row; };

/* Underlying (14 bits), kind (3), expiry (16), strike in paise (31): master_row_read() lets nothing wider pass. */
enum { STRIKE_BITS = 31, EXPIRY_BITS = 16, KIND_BITS = 3, KIND_AT = STRIKE_BITS + EXPIRY_BITS, NAME_AT = KIND_AT + KIND_BITS };

static uint64_t pack(uint32_t name, const struct master_row *r)
{
	return (uint64_t)name << NAME_AT | (uint64_t)r->kind << KIND_AT | (uint64_t)r->expiry << STRIKE_BITS | (uint64_t)(r->strike / 100);
}

static uint64_t low_bits(uint64_t value, int bits)
{
	return value & ((UINT64_C(1) << bits) - 1);
}

static int width(uint64_t value)
{
	return value ? 64 - __builtin_clzll(value) : 0;
}

/* Puts the name's rank in the place of its number, and the fields next to each other, no wider than this master needs: fewer digits to sort by. Returns where
 * the rank begins. */
static int squeeze(struct key *key, uint32_t n, const uint16_t *rank)
{
	uint64_t strikes = 0, expiries = 0, first = UINT64_MAX;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t expiry = low_bits(key[i].key >> STRIKE_BITS, EXPIRY_BITS);
		strikes |= low_bits(key[i].key, STRIKE_BITS);
		first = expiry < first ? expiry : first;
		expiries = expiry > expiries ? expiry : expiries;
	}
	int strike_bits = width(strikes), kind_at = strike_bits + width(expiries - first);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t k = key[i].key, expiry = low_bits(k >> STRIKE_BITS, EXPIRY_BITS) - first, kind = low_bits(k >> KIND_AT, KIND_BITS);
		key[i].key = ((uint64_t)rank[k >> NAME_AT] << KIND_BITS | kind) << kind_at | expiry << strike_bits | low_bits(k, STRIKE_BITS);
	}
	return kind_at + KIND_BITS;
}

/* Stable, by one digit from bit `at` on. */
static void sort_by_digit(const struct key *from, struct key *to, uint32_t n, int at)
{
	uint32_t place[1 << DIGIT_BITS] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		place[low_bits(from[i].key >> at, DIGIT_BITS)]++;
	for (uint32_t v = 0, sum = 0; v < ARRAY_LEN(place); v++) {
		uint32_t count = place[v];
		place[v] = sum;
		sum += count;
	}
	for (uint32_t i = 0; i < n; i++)
		to[place[low_bits(from[i].key >> at, DIGIT_BITS)]++] = from[i];
}

/* Returns where the result is: a or spare. */
static struct key *radix_sort(struct key *a, struct key *spare, uint32_t n, int bits)
{
	for (int at = 0; at < bits; at += DIGIT_BITS) {
		struct key *was = a;

		sort_by_digit(a, spare, n, at);
		a = spare;
		spare = was;
	}
	return a;
}

/* Sorts the names, then the contracts by the name's rank and the rest of the key. */
static int make_order(struct master_builder *b, struct names *names, struct key *key, uint32_t n)
{
	struct key *spare = malloc((n + 1) * sizeof(*spare)), *sorted;

	if (!spare)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < names->n; i++)
		names->name[i].first = i; /* its number, through the sort */
	qsort(names->name, names->n, sizeof(names->name[0]), by_segment_and_text);
	for (uint32_t i = 0; i < names->n; i++) {
		names->rank[names->name[i].first] = (uint16_t)i;
		names->name[i].first = 0;
	}
	int rank_at = squeeze(key, n, names->rank);
	sorted = radix_sort(key, spare, n, rank_at + width(names->n));
	for (uint32_t i = 0; i < n; i++) {
		struct master_name *name = &names->name[sorted[i].key >> rank_at];
		if (name->count++ == 0)
			name->first = i;
		b->order[i] = sorted[i].row;
	}
	free(spare);
	return ERR_OK;
}

static bool is_contract(const struct master_row *r)
{
	return r->kind >= INSTRUMENT_FUTURE;
}

static int index_rows(struct master_builder *b, struct names *names, struct key *key)
{
	uint32_t n = 0;

	enter_symbols(b);
	for (uint32_t i = 0; i < b->rows; i++) {
		if (!is_contract(&b->row[i]))
			continue;
		uint32_t name = name_number(names, &b->row[i]);
		if (name == UINT32_MAX)
			return ERR_FULL;
		key[n++] = (struct key){ pack(name, &b->row[i]), i };
	}
	b->contracts = n;
	b->names = names->n;
	int err = make_order(b, names, key, n);
	if (err == ERR_OK)
		memcpy(b->name, names->name, names->n * sizeof(*b->name));
	return err;
}

int master_index(struct master_builder *b)
{
	struct names *names = calloc(1, sizeof(*names));
	struct key *key = malloc((b->rows + 1) * sizeof(*key));
	int err = ERR_NOMEM;

	free(b->symbol);
	free(b->name);
	free(b->order);
	if (!b->token)
		grow_tokens(b, b->rows);
	b->symbol = calloc(b->slots, sizeof(*b->symbol));
	b->name = calloc(MASTER_NAMES_MAX, sizeof(*b->name));
	b->order = malloc((b->rows + 1) * sizeof(*b->order));
	if (names && key && b->symbol && b->name && b->order && b->token)
		err = index_rows(b, names, key);
	free(names);
	free(key);
	return err;
}
