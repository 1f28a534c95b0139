/* The shapes of recorded files. A layout is told from the header line alone, by exact column names in any order; a header
 * with a column that no layout knows is refused, never half understood. Each layout is one row reader, in its own file. */
#pragma once

#include "lib/feed/tape.h"

#define LAYOUT_COLUMNS_MAX 40

enum layout_form { FORM_BARS, FORM_CHAIN, FORM_TICKS };

struct load; /* one file being read: lib/feed/load.h */

struct layout {
	const char *kind;      /* as feed_info.kind */
	enum layout_form form;
	bool options;          /* contracts of an underlying that the file's name gives */
	bool volume_in_units;  /* traded volumes are multiples of the lot: they show it */
	bool every_second;     /* one price a second: the step is known without looking */
	/* Names in the order of the reader's own enum; "?name" may be missing, NULL ends the list. */
	const char *columns[LAYOUT_COLUMNS_MAX];
	const char *ignored;   /* further columns that may be there, between blanks: " oi_chg iv " */
	/* Reads one row into the tape. A broken row is told by l->fields.reason and leaves the tape as it was. */
	void (*row)(struct load *l);
};

extern const struct layout layout_index_bars, layout_equity_bars, layout_contract_bars, layout_option_bars, layout_chain_quotes,
                           layout_chain_last, layout_ltp_ticks, layout_index_ticks, layout_depth_ticks;

/* The layout with exactly these columns; ret_map[i] = where its column i is, FIELD_ABSENT when it is not. NULL = none. */
const struct layout *layout_find(const struct fields *header, int ret_map[LAYOUT_COLUMNS_MAX]);

/* "index bars, equity bars, ..." for messages. */
void layout_names(char *ret, size_t size);
