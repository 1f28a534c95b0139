/* One row of a Kotak CSV as a master_row, or the reason why it is not believed. Columns are found by name. kotak-neo-api.md 6.2, 6.3. */
#pragma once

#include "lib/kotak/master.h"
#include "lib/kotak/master_number.h"

enum master_column { /* the first eight are numbers that are read together: master_eight_read() */
	COLUMN_TOKEN, COLUMN_UNDERLYING, COLUMN_LOT, COLUMN_LOT_AGAIN, COLUMN_STRIKE, COLUMN_BAND_HIGH, COLUMN_BAND_LOW, COLUMN_FREEZE,
	COLUMN_TICK, COLUMN_EXPIRY, COLUMN_SERIES, COLUMN_SEGMENT, COLUMN_TYPE, COLUMN_NAME, COLUMN_SYMBOL, COLUMN_OPTION, COLUMN_ISIN, COLUMN_AUCTION, COLUMNS,
};
struct master_columns {
	size_t fields;               /* a row has as many as the header */
	uint32_t at[COLUMNS];        /* UINT32_MAX = the file has none (COLUMN_AUCTION alone) */
};

enum master_skip {
	SKIP_NONE, SKIP_FIELDS, SKIP_TEXT, SKIP_NUMBER, SKIP_SEGMENT, SKIP_KIND, SKIP_LOT, SKIP_EXPIRY, SKIP_TWICE, SKIPS,
};
const char *master_skip_text(enum master_skip s);

/* From the header's fields. False: *ret_missing names the first column that is not there, or is there twice. */
bool master_columns_find(const struct master_field *header, size_t n, struct master_columns *ret, const char **ret_missing);
/* Without the blanks around it. */
struct master_field master_trim(struct master_field f);
/* `f` holds the fields of one row by enum master_column, blanks around them or not. All lie in a text that ends at `end`, with MASTER_BEFORE bytes or more before
 * them; only the auction's, if the file has none, may be empty elsewhere. *ret means something only for SKIP_NONE. */
enum master_skip master_row_read(const struct master_field f[COLUMNS], enum segment segment, const char *end, struct master_row *ret);
