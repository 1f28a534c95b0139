/* What the books showed when: every step of every order and every change of a position, so that history can be told and a stale book served. */
#pragma once

#include "tests/neosim/exchange.h"

struct past_step {
	struct sim_order order;      /* as it was */
	char status[96];             /* its text; a fault may have put another */
	int64_t at;
	size_t before;               /* the order's previous step + 1; 0 = none */
};
struct past_position { struct sim_position position; int64_t at; };

struct past {
	struct past_step *steps;
	size_t n_steps, steps_room;
	size_t *last;                /* of each order: its latest step + 1 */
	size_t n_orders;
	struct past_position *positions;
	size_t n_positions, positions_room;
};

const struct past_step *past_add_step(struct past *p, const struct sim_order *o, const char *status, int64_t at);
void past_add_position(struct past *p, const struct sim_position *x, int64_t at);
/* An order's latest step not after `at`; NULL = none. Earlier ones with past_before(). Valid until the next add. */
const struct past_step *past_step(const struct past *p, uint64_t order, int64_t at);
const struct past_step *past_before(const struct past *p, const struct past_step *s);
/* A position as it was at `at`, and since when; NULL = it was not there yet. Valid until the next add. */
const struct past_position *past_position(const struct past *p, const struct sim_position *now, int64_t at);
void past_done(struct past *p);
