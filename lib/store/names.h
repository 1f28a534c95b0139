/* What the numbers in records mean at this place of the journal: instrument ids and strategy indices to names. A later
 * definition replaces an earlier one; rows keep the name that held when they were made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Far beyond what a feed announces; a greater id is damage, not a reason to take memory. */
#define NAMES_INSTRUMENTS_MAX (1u << 20)
#define NAMES_STRATEGIES_MAX (1u << 16)

struct instrument_name { char symbol[40]; char underlying[16]; };
struct strategy_name { char id[24]; char underlying[16]; };
struct names {
	struct instrument_name *instrument;
	struct strategy_name *strategy;
	uint32_t instruments, strategies; /* entries with memory */
};

void names_done(struct names *n);

/* Fields may lack their NUL. ERR_RANGE beyond the limits above, ERR_NOMEM. */
int names_set_instrument(struct names *n, uint32_t id, const char symbol[40], const char underlying[16]);
int names_set_strategy(struct names *n, uint32_t index, const char id[24], const char underlying[16]);

/* NULL = never defined. */
const struct instrument_name *names_instrument(const struct names *n, uint32_t id);
const struct strategy_name *names_strategy(const struct names *n, uint32_t index);
