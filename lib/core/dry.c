/* The dry run: after the close strategies may look on without trading (START_AFTER_MARKET). What comes then goes into copies of quotes, bars and the
 * strategies' states, made when its first price comes, so that books, marks and stops see none of it and the next day begins as if nobody had
 * looked. A bar of the dry run holds prices of after the close alone. */
#include "lib/core/core_priv.h"

static void copy(struct core *c)
{
	const struct core_state *s = c->s;

	memcpy(c->dry_quote, c->quote, sizeof(*c->quote) * s->instruments);
	memcpy(c->dry_series, c->series, sizeof(*c->series) * s->series);
	for (uint32_t i = 0; i < s->series; i++)
		c->dry_series[i].forming = 0;
	for (uint32_t i = 0; i < s->strategies; i++)
		memcpy(c->dry_state + (size_t)i * STRATEGY_STATE_MAX, c->slot[i].state, STRATEGY_STATE_MAX);
	c->s->dry_run = 1;
}

struct core dry_view(struct core *c)
{
	struct core dry;

	if (!c->s->dry_run)
		copy(c);
	dry = *c;
	dry.quote = c->dry_quote;
	dry.series = c->dry_series;
	dry.dry = true;
	return dry;
}
