/* By hand: the name under which the books of a person's orders stand (lib/core/manual.c). It never decides anything by itself. */
#include "lib/core/strategy/rules.h"

static void nothing(void *state, const int64_t *params)
{
	(void)state;
	(void)params;
}

/* The first of its conditions never holds. */
static void bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open, struct signal *ret)
{
	(void)state;
	(void)params;
	(void)series;
	(void)session_open;
	(void)ret;
}

static const char *const conditions[] = { "warm_up" };

const struct strategy_ops strategy_manual = {
	.name = "manual", .title = "By hand", .conditions = conditions, .n_conditions = 1, .state_size = 1,
	.session = nothing, .restart = nothing, .bar = bar,
};
