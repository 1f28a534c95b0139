/* The built-in strategies. Their order is part of checkpoints: add at the end, never move, never remove. */
#include "lib/core/strategy/rules.h"

const struct strategy_ops *const strategy_builtin[] = {
	&strategy_failed_auction,
	&strategy_amd,
	&strategy_opening_range_breakout,
	&strategy_ema_cross,
	&strategy_vwap_reversion,
	&strategy_manual,
	NULL,
};
