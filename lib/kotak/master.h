/* The scrip master: what is listed today. CSV files as Kotak prints them are checked, compiled into one flat cache file and mapped; yesterday's good cache stays until a
 * better one is whole. Tokens are valid for the day of the file only. kotak-neo-api.md 6. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/instrument.h"

struct master_row {             /* prices in 1/10,000 rupee, 0 = none */
	uint32_t token;
	uint8_t segment;            /* enum segment of lib/core */
	uint8_t kind;               /* enum instrument_kind */
	uint16_t flags;             /* enum master_flag */
	date_t expiry;
	uint32_t underlying_token;  /* pAssetCode; 0 = none */
	price_t strike, tick, band_low, band_high; /* a band the file prints rounded is taken as narrow as it may be */
	int32_t lot, freeze;        /* freeze: largest quantity one order may have, whole lots (the field's quirk is undone) */
	char symbol[32];            /* pTrdSymbol */
	char name[20];              /* pSymbolName */
	char series[4];
};
enum master_flag { MASTER_CLOSING_AUCTION = 1 };

struct master;
struct master_error { char text[256]; };
struct master_counts { uint32_t rows, skipped[8]; const char *why[8]; }; /* rows that were taken, and those that were not believed, by kind */

/* Reads one CSV text of a segment and adds its rows. ERR_PARSE when columns are missing; ERR_RANGE when the text is larger than 64 MiB, the rows are fewer than
 * `least` (or none), an expiry lies more than 7 days before `today` or all lie more than a year after it (the offset rule changed); ERR_EXIST for a segment that was
 * added before: nothing is added then. Two rows with one token are both not believed. */
struct master_builder;
int master_build(struct master_builder **ret);
int master_add_csv(struct master_builder *b, enum segment segment, const char *text, size_t len, date_t today, uint32_t least,
                   struct master_counts *counts, struct master_error *error);
/* Writes the cache atomically (file.tmp, fsync, rename). */
int master_write(struct master_builder *b, date_t day, const char *path, struct master_error *error);
void master_build_free(struct master_builder **b);

/* Maps a cache; checks magic, version, checksum of the header and sizes (every index is checked when used). */
int master_map(const char *path, struct master **ret, struct master_error *error);
void master_unmap(struct master **m);
void master_rest(const struct master *m); /* a long look through it is over: the memory that its pages took is given back, and they are read again when wanted */
date_t master_day(const struct master *m);
uint32_t master_count(const struct master *m);
uint32_t master_segment_count(const struct master *m, enum segment segment);
const struct master_row *master_at(const struct master *m, uint32_t i); /* NULL: out of range, or the row is damaged */
const struct master_row *master_by_token(const struct master *m, enum segment segment, uint32_t token);
const struct master_row *master_by_symbol(const struct master *m, enum segment segment, const char *symbol);
/* NULL also when two contracts answer to the description. strike 0 for a future. */
const struct master_row *master_contract(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t strike,
                                         enum instrument_kind kind);
/* A share by its ticker ("RELIANCE"): the ordinary series, else the one of trade for trade; NULL. And a trading symbol cut to its ticker. */
const struct master_row *master_share(const struct master *m, enum segment segment, const char *ticker);
void master_ticker(char *symbol);
/* Expiries of an underlying's contracts of that kind from `from` on, ascending. Returns how many were stored. */
size_t master_expiries(const struct master *m, enum segment segment, const char *name, enum instrument_kind kind, date_t from, date_t *ret, size_t max);
/* Strikes of one expiry, ascending, of calls and puts together. Returns how many were stored. */
size_t master_strikes(const struct master *m, enum segment segment, const char *name, date_t expiry, price_t *ret, size_t max);
/* Whole, prefix or substring of symbol or name in any case, best first; at most 200. */
size_t master_search(const struct master *m, const char *text, const struct master_row **ret, size_t max);

/* Into the core's form: symbol, ids left INSTRUMENT_NONE. The index's own names (feed) are in index_names.h. */
void master_instrument(const struct master_row *row, struct instrument *ret);
