/* What the checks share among themselves. */
#pragma once

#include "tests/sim/check.h"

bool check_may_flip(const struct check *c); /* an exit may be too much, and nobody could know better */
bool check_same_symbol(const char *ours, const char *theirs);
struct check *check_of(void *ctx);
/* The broker hid an order, replaced its tag or showed a book that was not so: nobody can know then. */
bool check_books_lied(void);
const struct chain *check_chain_of(const struct check *c, const char *number); /* of the broker's order; NULL: not ours */

/* Puts a trade of ours where it belongs: into a strategy's net, or apart, where no journal knows its order. NULL: the latter. */
struct held *check_fold_trade(struct check *c, const struct sim_trade *t);

/* check_calm.c */
qty_t check_own_net(const struct core *core, const char *symbol); /* of all books */

/* check_host.c: orders of ours that no journal knows any more, since the host that placed them is lost */
const struct chain *check_beyond(const struct check *c, const char *tag);  /* as it knew it; NULL: not one of those */
bool check_beyond_order(struct check *c, const struct sim_order *o);       /* one of those arrives at the broker */
void check_beyond_trade(struct check *c, const struct sim_trade *t);
int64_t check_beyond_net(const struct check *c, const char *symbol, const char *product); /* what they have traded */
void check_beside(struct check *c, const struct chain *k);                 /* this exit leaves */
void check_told(struct check *c, const struct chain *k);                   /* this entry leaves */
void check_turned(struct check *c, const struct sim_trade *t, const struct chain *k); /* this exit has traded */
bool check_left_at_work(const struct check *c, char *why, size_t size);
bool check_repeats(const struct check *c);                                 /* a recovery decides what an earlier process would have */
bool check_decided_again(const struct check *c, const struct order_request *r); /* and a lost host had: the same tag has left */
void check_take_again(struct check *c, const struct order_request *r);     /* the story has taken that */
bool check_read_story(const struct check *c, struct story *s, const char *journal_dir);

/* check_clock.c */
void check_clock_begun(struct check *c);
nanos_t check_clock_off(const struct check *c); /* the engine's time less the true one */
void check_clock(struct check *c);
void check_clock_entry(struct check *c, const char *tag, const char *what);

/* check_adopt.c: what was taken over from others, by the ledger */
bool check_adopted(const struct check *c, uint32_t strategy);               /* its book is for what others traded: it began with no trade of ours */
struct check_account *check_account_of(struct check *c, const struct sim_trade *t);
void check_adopt_trade(struct check *c, const struct sim_trade *t, const struct chain *k); /* any; k: NULL, or ours, which `held` has by now */
int64_t check_adopted_net(const struct check *c, const char *symbol, const char *product); /* what exits of it have made */

/* check_gate.c */
void check_entry(struct check *c, const char *tag, uint32_t instrument, const char *what);
void check_price(struct check *c, const char *tag, uint32_t instrument);
void check_slices(struct check *c, const struct order_request *r); /* before the story takes it */
void check_secrets(struct check *c, const char *dir);
