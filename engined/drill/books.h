/* What `enginectl crash-drill` compares: the engine's journal on one side, the simulated broker's ledger on the other, each read into the same
 * table by code that shares nothing with the engine that wrote it; and the verdict. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/action.h"
#include "lib/core/event.h"

#define DRILL_SYMBOL_TEXT 40

struct drill_order {
	char tag[ORDER_TAG_TEXT], ref[BROKER_REF_TEXT], symbol[DRILL_SYMBOL_TEXT];
	uint64_t number;    /* of the journal; 0 at the broker */
	uint32_t side;      /* enum side */
	bool ended;
	bool absent;        /* the journal: two whole order books without it proved that it never arrived, and it was not placed again since */
	qty_t qty, filled;  /* filled: as the order itself says */
	uint32_t executions;
	qty_t executed;     /* as its executions add up */
	money_t value;      /* of them */
};

struct drill_books {
	struct drill_order *at;
	size_t n, cap;
	bool failed;        /* out of memory, or a record that cannot be: nothing may be concluded */
	size_t uneven;      /* contracts whose position is not 0 */
	/* The journal's only: orders placed again, with and without proof that they never arrived; symbol and position by number of the instrument. */
	struct drill_instrument { char symbol[DRILL_SYMBOL_TEXT]; qty_t net; } *instrument;
	size_t instruments, resent, blind;
};

void drill_books_done(struct drill_books *b);
/* A new order, all zero; NULL when out of memory. Pointers into the table die with the next. */
struct drill_order *drill_books_add(struct drill_books *b);

/* One record of the journal, in order. */
void drill_journal_add(struct drill_books *b, const struct record *head, const void *payload);
/* The answer to GET /sim/ledger (tests/neosim/README.md). False: it is not one. */
bool drill_ledger_read(struct drill_books *b, const char *text, size_t len);

struct drill_verdict {
	size_t broker, journal; /* orders that the broker has; that the journal says it has */
	size_t resent;          /* placed again under the same tag, after that proof */
	size_t unsent;          /* of the journal alone: killed before the request left, or refused here; ended without an execution */
	size_t executions;      /* at the broker */
	size_t lost;            /* at the broker, and the journal knows nothing, or too little, of it */
	size_t doubled;         /* one decision, two orders, or one that was placed again without a proof of its absence */
	size_t invented;        /* the journal has more than happened */
	size_t differ;          /* both have it, with another contract, side, quantity or price */
	size_t unsettled;       /* not ended in the journal at the end */
	size_t uneven;          /* positions left at the broker */
	char first[256];        /* the first thing that is wrong, in words */
};
void drill_verdict_add(struct drill_verdict *v, const struct drill_books *journal, const struct drill_books *broker);
/* Nothing wrong, and something was there to be wrong. */
bool drill_verdict_holds(const struct drill_verdict *v);
