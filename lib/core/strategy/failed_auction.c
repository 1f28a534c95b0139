/* Failed auction, bearish: price pokes above a known high, finds no buyers and closes back below it.
 * Rules: docs/strategies/failed_auction.md. */
#include "lib/core/strategy/rules.h"

enum { WARM_BARS, RSI_LENGTH, RSI_LOW, RSI_HIGH, RANGE_BARS, RANGE_PART, LEVEL_BARS, STOP_MIN, PARAMS };

static const struct param params_table[PARAMS] = {
	[WARM_BARS]  = { "warm_bars", PARAM_INT, 1, SERIES_BARS, 50, "bars", "bars seen before it trades", NULL },
	[RSI_LENGTH] = { "rsi_length", PARAM_INT, 2, 100, 14, "bars", "length of Wilder's RSI", NULL },
	[RSI_LOW]    = { "rsi_low", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 40 * NUM_SCALE, "", "RSI at least", NULL },
	[RSI_HIGH]   = { "rsi_high", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 60 * NUM_SCALE, "", "RSI at most", NULL },
	[RANGE_BARS] = { "range_bars", PARAM_INT, 2, SERIES_BARS, 50, "bars",
	                 "range the close is placed in, with this bar", NULL },
	[RANGE_PART] = { "range_part", PARAM_DECIMAL, NUM_SCALE, 100 * NUM_SCALE, 50 * NUM_SCALE, "%",
	                 "the close lies in this upper part of the range", NULL },
	[LEVEL_BARS] = { "level_bars", PARAM_INT, 1, SERIES_BARS - 1, 20, "bars",
	                 "bars before this one whose highest high is the level", NULL },
	[STOP_MIN]   = { "stop_min_pct", PARAM_DECIMAL, 0, 10 * NUM_SCALE, NUM_SCALE / 10, "%",
	                 "index stop at least this far from the close", NULL },
};

enum { WARM_UP, RSI, ABOVE_VWAP, UPPER_RANGE, ABOVE_LEVEL, CLOSED_BACK, CONDITIONS };
static const char *const conditions[CONDITIONS] = {
	"warm_up", "rsi_neutral", "above_vwap", "upper_range", "high_above_level", "closed_back_below",
};

struct state {
	struct rsi rsi;
	struct vwap vwap;
	struct rolling high, low;
};
static_assert(sizeof(struct state) <= STRATEGY_STATE_MAX, "checkpointed");

static bool warmed_up(const struct state *st, const int64_t *params, const struct series *series)
{
	uint32_t windows = larger((uint32_t)params[RANGE_BARS], (uint32_t)params[LEVEL_BARS] + 1);
	uint32_t bars = larger((uint32_t)params[WARM_BARS], windows);

	return series->count >= bars && rsi_ready(&st->rsi);
}

static uint32_t first_failed(const struct state *st, const int64_t *params, const struct series *series)
{
	const struct bar *bar = series_at(series, 0);

	if (!warmed_up(st, params, series))
		return WARM_UP;
	if (st->rsi.value < decimal(params[RSI_LOW]) || st->rsi.value > decimal(params[RSI_HIGH]))
		return RSI;
	if ((double)bar->close <= st->vwap.value)
		return ABOVE_VWAP;
	if (!within_part(bar->close, st->low.value, st->high.value, -1, params[RANGE_PART]))
		return UPPER_RANGE;
	price_t level = series_high(series, 1, (uint32_t)params[LEVEL_BARS]);
	if (bar->high <= level)
		return ABOVE_LEVEL;
	return bar->close < level ? CONDITIONS : CLOSED_BACK;
}

static void on_bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open,
                   struct signal *ret)
{
	struct state *st = state;
	const struct bar *bar = series_at(series, 0);

	(void)session_open;
	rsi_update(&st->rsi, bar->close, (uint32_t)params[RSI_LENGTH]);
	vwap_update(&st->vwap, bar);
	rolling_high(&st->high, series, (uint32_t)params[RANGE_BARS]);
	rolling_low(&st->low, series, (uint32_t)params[RANGE_BARS]);
	signal_decide(ret, WARM_UP, first_failed(st, params, series), CONDITIONS);
	if (ret->direction == 0)
		return;
	price_t nearest = bar->close + part_of(bar->close, params[STOP_MIN]);
	ret->index_stop = stop_beyond(bar->close, -1, (double)(bar->high > nearest ? bar->high : nearest));
}

static void on_session(void *state, const int64_t *params)
{
	(void)params;
	((struct state *)state)->vwap = (struct vwap){ 0 };
}

static void on_restart(void *state, const int64_t *params)
{
	struct state *st = state;

	(void)params;
	*st = (struct state){ .vwap = st->vwap };
}

const struct strategy_ops strategy_failed_auction = {
	.name = "failed_auction",
	.title = "Failed auction",
	.params = params_table,
	.n_params = PARAMS,
	.conditions = conditions,
	.n_conditions = CONDITIONS,
	.state_size = sizeof(struct state),
	.session = on_session,
	.restart = on_restart,
	.bar = on_bar,
};
