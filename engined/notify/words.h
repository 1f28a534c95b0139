/* What a journalled record says to a person: one line, or nothing. From records alone, so that nothing is told that did not happen: an order is
 * "ordered" when it was decided, and "filled" when the broker said so. */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/core/core.h"

#define WORDS_TEXT 512

enum words_weight { WORDS_QUIET, WORDS_NEWS, WORDS_LOUD };
struct words { enum words_weight weight; bool day; char text[WORDS_TEXT]; }; /* day: ends a trading day */

/* Across records: what a day said already, and what was down. */
struct words_memory {
	date_t day;
	uint64_t refused[64];      /* by strategy: bits of enum refusal that were told today */
	uint64_t refusals;         /* of today, told or not */
	uint32_t down;             /* bits of enum link */
};

/* False: words_of() would say nothing of such a record, whatever the core holds. Cheap: asked for every record. */
bool words_wanted(const struct record *head, const void *payload);
/* The core only for names. False = nothing to say. */
bool words_of(const struct core *c, struct words_memory *m, const struct record *head, const void *payload, struct words *ret);

void words_rupees(struct buf *b, money_t amount, bool sign); /* "12,34,567.50"; "not known" */
