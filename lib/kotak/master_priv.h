/* The compiled master: a file of fixed rows and the indexes over them, as it lies on disk and in memory. Every section begins at a multiple
 * of 64 bytes, in the order of enum section; numbers are little-endian. */
#pragma once

#include <assert.h>

#include "lib/base/stamp.h"
#include "lib/kotak/master.h"
#include "lib/kotak/master_row.h"

#define MASTER_CACHE_MAGIC   0x4d4b5331u /* "1SKM" */
#define MASTER_CACHE_VERSION 1
#define MASTER_ROWS_MAX (1u << 24)
#define MASTER_NAMES_MAX (1u << 14) /* underlyings */

static_assert(sizeof(struct master_row) == 112, "the cache's layout");

enum section { SECTION_ROWS, SECTION_SUMS, SECTION_TOKENS, SECTION_SYMBOLS, SECTION_NAMES, SECTION_ORDER, SECTIONS };

/* An open-addressed hash slot: the key (token, or hash of the symbol), and the row + 1 with its segment in the top bits; 0 = free. */
struct master_slot { uint32_t key, row; };
#define SLOT_SEGMENT 28
#define SLOT_ROW ((1u << SLOT_SEGMENT) - 1)

/* An underlying's contracts are `count` entries of the order section from `first` on, sorted by (kind, expiry, strike). */
struct master_name { char text[20]; uint32_t segment, first, count; };

struct master_head {
	uint32_t magic, version;
	uint64_t size;                /* of the file */
	date_t day;
	uint32_t rows, slots, names, contracts;
	uint32_t segment_rows[SEGMENT_COUNT];
	uint32_t crc;                 /* of the head with crc 0 */
	uint64_t at[SECTIONS];
};

static inline size_t master_section_size(const struct master_head *h, enum section s)
{
	switch (s) {
	case SECTION_ROWS: return h->rows * sizeof(struct master_row);
	case SECTION_SUMS: return h->rows * sizeof(uint32_t); /* crc32c of each row, checked whenever it is used */
	case SECTION_TOKENS:
	case SECTION_SYMBOLS: return h->slots * sizeof(struct master_slot);
	case SECTION_NAMES: return h->names * sizeof(struct master_name);
	case SECTION_ORDER: return h->contracts * sizeof(uint32_t);
	case SECTIONS: break;
	}
	return 0;
}

static inline uint32_t master_token_hash(enum segment segment, uint32_t token)
{
	return (token * 0x9E3779B1u) ^ ((uint32_t)segment * 0x85EBCA6Bu);
}

/* Of a zero-padded symbol of 32 bytes; a multiplicative mix is enough, a false match is looked at anyway. */
static inline uint32_t master_symbol_hash(enum segment segment, const char symbol[32])
{
	uint64_t hash = segment;

	for (int i = 0; i < 32; i += 8) {
		uint64_t word;
		__builtin_memcpy(&word, symbol + i, 8);
		hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 32;
	}
	return (uint32_t)hash;
}

/* -- the builder --------------------------------------------------------------------------------------------- */

struct master_builder {
	uint32_t magic;
	struct master_row *row;
	uint32_t rows, rows_cap;
	struct master_slot *token;    /* of all rows, kept up while files are added: a token given twice must be seen */
	uint32_t slots;
	uint32_t segment_rows[SEGMENT_COUNT];
	/* made by master_index() */
	struct master_slot *symbol;
	struct master_name *name;
	uint32_t *order;
	uint32_t names, contracts;
};
#define MASTER_BUILDER_MAGIC 0x4d4b4230u

/* Enters rows [from, rows) into the token table and takes out those that share a token, counted. ERR_NOMEM. */
int master_tokens(struct master_builder *b, uint32_t from, uint32_t *ret_twice);
/* Makes symbol table, names and order. ERR_NOMEM; ERR_FULL for more underlyings than MASTER_NAMES_MAX. */
int master_index(struct master_builder *b);

/* All rows of a mapped master, unchecked; master_at() checks one. */
const struct master_row *master_rows(const struct master *m, uint32_t *ret_count);
