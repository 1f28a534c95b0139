/* What the numbers in records mean at this place of the journal: instrument ids and strategy indices to names. A later
 * definition replaces an earlier one; rows keep the name that held when they were made. Also how the newest run ended. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Far beyond what a feed announces; a greater id is damage, not a reason to take memory. */
#define NAMES_INSTRUMENTS_MAX (1u << 20)
#define NAMES_STRATEGIES_MAX (1u << 16)

struct instrument_name { char symbol[40]; char underlying[16]; };
#define NAMES_COMMONS_UNKNOWN UINT32_MAX
struct strategy_name { char id[24]; char underlying[16]; char ops[24]; uint32_t commons; /* as told (event_strategy) */ };

/* Names of these are kept in events.about. */
enum run_end { RUN_NONE /* none is known */, RUN_CUT /* still at work, as far as is known */, RUN_FLAT, RUN_KEPT, RUN_NOT_FLAT, RUN_ENDS };

struct names {
	struct instrument_name *instrument;
	struct strategy_name *strategy;
	uint32_t instruments, strategies; /* entries with memory */
	enum run_end run;
};

void names_done(struct names *n);

/* Fields may lack their NUL. ERR_RANGE beyond the limits above, ERR_NOMEM. */
int names_set_instrument(struct names *n, uint32_t id, const char symbol[40], const char underlying[16]);
int names_set_strategy(struct names *n, uint32_t index, const struct strategy_name *s);

/* NULL = never defined. */
const struct instrument_name *names_instrument(const struct names *n, uint32_t id);
const struct strategy_name *names_strategy(const struct names *n, uint32_t index);
