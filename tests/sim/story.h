/* What the journal says of every order: one chain of records for each tag, folded as the records come, or read from the disk again after a crash. The checks
 * compare it with the broker's ledger; it knows nothing of the core's own state. */
#pragma once

#include <stdbool.h>

#include "lib/core/core.h"

#define STORY_PRICES 40
struct chain {
	char tag[ORDER_TAG_TEXT];
	uint64_t order;                  /* intent number */
	uint32_t epoch, instrument, strategy;
	uint8_t side, purpose, product;
	qty_t qty, filled;               /* filled: by OUTCOME_FILL, each trade once */
	qty_t told;                      /* filled of the newest OUTCOME_ORDER: what could join no book too */
	money_t value;
	price_t price[STORY_PRICES];      /* ever asked for, the newest last */
	uint32_t prices;
	uint32_t outcomes;               /* records that tell its state */
	uint32_t places, absents;        /* requests decided; proofs of absence recorded before them */
	uint32_t lost_places, lost_absents; /* besides, in records that went with a lost host: kept by the checks */
	uint64_t place_seq, modify_seq, cancel_seq; /* newest of each */
	uint32_t state;                  /* enum order_state, of the newest OUTCOME_ORDER */
	/* at the wire and at the broker: kept by the checks, not by the journal */
	uint32_t left, accepted;
	nanos_t left_at;                 /* true time, newest */
};

#define STORY_INSTRUMENTS 128
#define STORY_STRATEGIES 20
struct story {
	struct chain *chain;
	size_t n, cap;
	uint32_t *by_tag, *by_order;     /* hash tables of index + 1, room for 2 * cap */
	char symbol[STORY_INSTRUMENTS][40];
	qty_t lot[STORY_INSTRUMENTS];
	qty_t held[STORY_STRATEGIES];     /* sum of fills */
	qty_t wished[STORY_STRATEGIES], sent[STORY_STRATEGIES]; /* for entry: of the newest decision, placed of it */
	uint64_t last_seq, epochs;
	uint32_t epoch;                  /* of the newest EVENT_START */
	uint64_t kill_seq;               /* newest kill that is latched; 0 = none */
	bool flat_said;                  /* the newest OUTCOME_STATE says flat */
	bool followed;                   /* a person, or the policy `adopt`, had books follow the account: they moved without a fill */
	money_t flow;                    /* brought in by all fills, less what they took out */
	uint64_t alerts[ALERT_KINDS], orders, fills, decisions;
};

void story_init(struct story *b);
void story_done(struct story *b);
void story_take(struct story *b, const struct record *head, const void *payload);
/* Everything in that journal that is not known yet, up to the record `last`. False: it cannot be read. */
bool story_read(struct story *b, const char *journal_dir, uint64_t last);
void story_keep(struct story *b, const struct chain *c); /* one that is in no journal any more; in place of what was kept of it before */
struct chain *story_find(const struct story *b, const char *tag);
struct chain *story_by_order(const struct story *b, uint64_t order); /* the newest of that number */
