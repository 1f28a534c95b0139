/* Accumulation, manipulation, distribution, both sides: a sweep of the recent extreme that is taken back at once while
 * the RSI leaves its extreme. The bearish rule is the mirror of the bullish one, so each is written once with a
 * direction. Rules: docs/strategies/amd.md. */
#include "lib/core/strategy/rules.h"

enum {
	WARM_BARS, SWEEP_BARS, EXTREME_BARS, WICK_PCT, RSI_LENGTH, RSI_LOW, RSI_HIGH, RANGE_BARS, RANGE_PART, ATR_LENGTH,
	STOP_ATR, PARAMS,
};

static const struct param params_table[PARAMS] = {
	[WARM_BARS]    = { "warm_bars", PARAM_INT, 2, SERIES_BARS, 60, "bars", "bars seen before it trades", NULL },
	[SWEEP_BARS]   = { "sweep_bars", PARAM_INT, 1, SERIES_BARS, 5, "bars",
	                   "newest bars that must hold the extreme", NULL },
	[EXTREME_BARS] = { "extreme_bars", PARAM_INT, 2, SERIES_BARS, 20, "bars",
	                   "window of the extreme, with this bar", NULL },
	[WICK_PCT]     = { "wick_pct", PARAM_DECIMAL, 0, 1000 * NUM_SCALE, 50 * NUM_SCALE, "%",
	                   "wick on the swept side over this part of the body", NULL },
	[RSI_LENGTH]   = { "rsi_length", PARAM_INT, 2, 100, 14, "bars", "length of Wilder's RSI", NULL },
	[RSI_LOW]      = { "rsi_low", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 30 * NUM_SCALE, "",
	                   "RSI crosses up through this (bullish)", NULL },
	[RSI_HIGH]     = { "rsi_high", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 70 * NUM_SCALE, "",
	                   "RSI crosses down through this (bearish)", NULL },
	[RANGE_BARS]   = { "range_bars", PARAM_INT, 2, SERIES_BARS, 50, "bars",
	                   "range the close is placed in, with this bar", NULL },
	[RANGE_PART]   = { "range_part", PARAM_DECIMAL, NUM_SCALE, 100 * NUM_SCALE, 50 * NUM_SCALE, "%",
	                   "the close lies in this lower (bearish: upper) part of the range", NULL },
	[ATR_LENGTH]   = { "atr_length", PARAM_INT, 1, 100, 14, "bars", "length of Wilder's ATR", NULL },
	[STOP_ATR]     = { "stop_atr", PARAM_DECIMAL, 0, 20 * NUM_SCALE, NUM_SCALE / 2, "ATR",
	                   "index stop this far beyond the extreme", NULL },
};

enum { WARM_UP, SWEEP, TAKEN_BACK, WICK, RSI_CROSS, RANGE, CONDITIONS };
static const char *const conditions[CONDITIONS] = {
	"warm_up", "sweep", "taken_back", "wick", "rsi_cross", "range_half",
};

struct state {
	struct rsi rsi;
	struct atr atr;
	struct rolling high, low; /* over extreme_bars */
};
static_assert(sizeof(struct state) <= STRATEGY_STATE_MAX, "checkpointed");

static bool warmed_up(const struct state *st, const int64_t *params, const struct series *series)
{
	uint32_t bars = larger(larger((uint32_t)params[WARM_BARS], (uint32_t)params[RANGE_BARS]),
	                       larger((uint32_t)params[EXTREME_BARS], (uint32_t)params[SWEEP_BARS]));

	return series->count >= bars && st->rsi.values > 1 && atr_ready(&st->atr);
}

static bool wick_over_body(const struct bar *bar, int direction, int64_t wick_pct)
{
	price_t top = bar->open > bar->close ? bar->open : bar->close;
	price_t bottom = bar->open < bar->close ? bar->open : bar->close;
	price_t wick = direction > 0 ? bottom - bar->low : bar->high - top;

	return (double)wick * HUNDRED_PERCENT > (double)wick_pct * (double)(top - bottom);
}

/* The newest bars hold the extreme of the window exactly when its newest occurrence is among them. */
static uint32_t first_failed(const struct state *st, const int64_t *params, const struct series *series, int direction)
{
	const struct rolling *extreme = direction > 0 ? &st->low : &st->high;
	const struct bar *bar = series_at(series, 0);

	if (!warmed_up(st, params, series))
		return WARM_UP;
	if (extreme->age >= (uint32_t)params[SWEEP_BARS])
		return SWEEP;
	price_t before = series_at(series, 1)->close;
	if (direction * (bar->close - before) <= 0 || direction * (bar->close - extreme->value) <= 0)
		return TAKEN_BACK;
	if (!wick_over_body(bar, direction, params[WICK_PCT]))
		return WICK;
	bool crossed = direction > 0 ? rsi_crossed_up(&st->rsi, decimal(params[RSI_LOW]))
	                             : rsi_crossed_down(&st->rsi, decimal(params[RSI_HIGH]));
	if (!crossed)
		return RSI_CROSS;
	uint32_t bars = (uint32_t)params[RANGE_BARS];
	price_t low = series_low(series, 0, bars), high = series_high(series, 0, bars);
	return within_part(bar->close, low, high, direction, params[RANGE_PART]) ? CONDITIONS : RANGE;
}

static void on_bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open,
                   struct signal *ret)
{
	struct state *st = state;
	const struct bar *bar = series_at(series, 0);

	(void)session_open;
	rsi_update(&st->rsi, bar->close, (uint32_t)params[RSI_LENGTH]);
	atr_update(&st->atr, bar, (uint32_t)params[ATR_LENGTH]);
	rolling_high(&st->high, series, (uint32_t)params[EXTREME_BARS]);
	rolling_low(&st->low, series, (uint32_t)params[EXTREME_BARS]);
	signal_decide(ret, first_failed(st, params, series, 1), first_failed(st, params, series, -1), CONDITIONS);
	if (ret->direction == 0)
		return;
	const struct rolling *extreme = ret->direction > 0 ? &st->low : &st->high;
	double reach = decimal(params[STOP_ATR]) * st->atr.range.value;
	ret->index_stop = stop_beyond(bar->close, ret->direction, (double)extreme->value - ret->direction * reach);
}

static void on_session(void *state, const int64_t *params)
{
	(void)state; /* nothing here belongs to a day */
	(void)params;
}

static void on_restart(void *state, const int64_t *params)
{
	(void)params;
	*(struct state *)state = (struct state){ .high.length = 0 };
}

const struct strategy_ops strategy_amd = {
	.name = "amd",
	.title = "Accumulation, manipulation, distribution",
	.params = params_table,
	.n_params = PARAMS,
	.conditions = conditions,
	.n_conditions = CONDITIONS,
	.state_size = sizeof(struct state),
	.session = on_session,
	.restart = on_restart,
	.bar = on_bar,
};
