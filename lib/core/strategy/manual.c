/* The names under which books without a rule stand: a person's orders (lib/core/manual.c) and what was taken over (lib/core/adopt.c). They never decide
 * anything by themselves. */
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

const struct strategy_ops strategy_adopted = {
	.name = "adopted", .title = "Positions taken over", .conditions = conditions, .n_conditions = 1,
	.session = nothing, .restart = nothing, .bar = bar,
};
