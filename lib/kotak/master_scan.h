/* Cuts CSV text into rows and says where the wanted fields begin and end, 64 bytes at a time. Of 79 columns only a quarter are wanted, so most
 * separators are counted and never looked at. Rows with quotes are not cut here: they are rare, and lib/base/csv.h knows how. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_FIELDS_MAX 256 /* separators beyond are counted, and never wanted */
#define SCAN_WANTED_MAX 64
#define SCAN_AT (SCAN_WANTED_MAX + 16) /* what follows the row's places is overwritten: places are stored sixteen at a time */
#define SCAN_ROW_MAX 16384 /* bytes; longer is no row of a master */
#define SCAN_BLOCKS 64

struct scan_block { uint64_t separator, newline, quote; }; /* a bit for each of 64 bytes */

struct scan {
	const char *text;
	size_t len;
	size_t row;          /* where the next row begins */
	size_t base;         /* of block[0] in the text */
	size_t blocks, at;   /* blocks there are; the one being read */
	uint64_t live;       /* its bits not read yet */
	uint64_t wanted[SCAN_FIELDS_MAX / 64 + 2]; /* a bit for each separator, and two words that stay 0; separator i ends field i */
	struct scan_block block[SCAN_BLOCKS];
};

enum scan_result {
	SCAN_END,
	SCAN_ROW,
	SCAN_QUOTED,         /* holds a quote: nothing is told of it; go on with scan_seek() */
	SCAN_BAD,            /* too long; reading goes on with the next line */
	SCAN_CUT,            /* the text ends within it */
};

/* Separator i is asked for, before the first row. At most SCAN_WANTED_MAX are. */
static inline void scan_want(struct scan *s, uint32_t i)
{
	s->wanted[i / 64] |= UINT64_C(1) << i % 64;
}

void scan_begin(struct scan *s, const char *text, size_t len);
/* ret_at = where the wanted separators stand in the text, for those the row has; *ret_n = its fields, *ret_row = where it begins. */
enum scan_result scan_row(struct scan *s, uint32_t ret_at[SCAN_AT], size_t *ret_n, size_t *ret_row);
/* Reading goes on at `offset`. */
void scan_seek(struct scan *s, size_t offset);
/* The start of the line after the one that holds `offset`. */
size_t scan_next_line(const struct scan *s, size_t offset);
