/* What the checks share among themselves. */
#pragma once

#include "tests/sim/check.h"

bool check_may_flip(const struct check *c); /* an exit may be too much, and nobody could know better */
bool check_same_symbol(const char *ours, const char *theirs);
struct check *check_of(void *ctx);
/* The broker hid an order, replaced its tag or showed a book that was not so: nobody can know then. */
bool check_books_lied(void);
const struct chain *check_chain_of(const struct check *c, const char *number); /* of the broker's order; NULL: not ours */

/* check_clock.c */
nanos_t check_clock_off(const struct check *c); /* the engine's time less the true one */
void check_clock(struct check *c);
void check_clock_entry(struct check *c, const char *tag, const char *what);

/* check_adopt.c: what was taken over from others, by the ledger */
bool check_adopted(const struct check *c, uint32_t strategy);               /* its book is for what others traded: it began with no trade of ours */
void check_adopt_trade(struct check *c, const struct sim_trade *t, const struct chain *k); /* any; k: NULL, or ours, which `held` has by now */
int64_t check_adopted_net(const struct check *c, const char *symbol, const char *product); /* what exits of it have made */

/* check_gate.c */
void check_entry(struct check *c, const char *tag, uint32_t instrument, const char *what);
void check_price(struct check *c, const char *tag, uint32_t instrument);
void check_slices(struct check *c, const struct order_request *r); /* before the story takes it */
void check_secrets(struct check *c, const char *dir);
