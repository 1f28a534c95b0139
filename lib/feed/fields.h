/* One row of a recorded file, cut at its commas and read as market values. The first mistake sticks in `reason`, so a row
 * needs one check at its end. Recorded data has no quoted fields; nothing here allocates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"

#define FIELDS_MAX 64
#define FIELD_ABSENT (-1) /* a column that the file does not have: reads as empty */

struct field { const char *text; uint32_t len; };

struct fields {
	struct field field[FIELDS_MAX];
	uint32_t count;
	const char *reason;  /* NULL = good so far; else a constant */
	char day_text[10];   /* the date read last, so that a day's rows cost one calendar computation */
	nanos_t day_start;   /* its midnight as if UTC */
};

/* Cuts the line; false when it has more than FIELDS_MAX fields. Clears `reason`, keeps the date read last. */
bool fields_split(struct fields *f, const char *text, size_t len);

/* Row values in the units of lib/base/num.h. An empty field is a mistake for the first group and 0 for the second. Prices
 * and quantities beyond 32 bits are mistakes: rows are kept compact (lib/feed/tape.h). */
nanos_t fields_stamp(struct fields *f, int column);
uint32_t fields_price(struct fields *f, int column);  /* > 0 */
date_t fields_date(struct fields *f, int column);
price_t fields_strike(struct fields *f, int column);  /* > 0 */

uint32_t fields_price_or_none(struct fields *f, int column); /* 0 = none */
int64_t fields_count(struct fields *f, int column);   /* a whole number >= 0, "75" or "75.0" */
uint32_t fields_count32(struct fields *f, int column);
struct field fields_text(struct fields *f, int column);

bool field_is(struct field f, const char *text);
