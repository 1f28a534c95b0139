/* VWAP reversion, both sides: price stretched far from the session's VWAP turns back toward it.
 * Rules: docs/strategies/vwap_reversion.md. */
#include "lib/core/strategy/rules.h"

enum { FROM, DEVIATIONS, RSI_LENGTH, RSI_LOW, RSI_HIGH, ATR_LENGTH, STOP_ATR, TARGET_REWARD, PARAMS };

static const struct param params_table[PARAMS] = {
	[FROM]          = { "from", PARAM_TIME, 0, TIME_OF_DAY(24, 0), TIME_OF_DAY(10, 0), "IST",
	                    "no signal before", NULL },
	[DEVIATIONS]    = { "deviations", PARAM_DECIMAL, 0, 20 * NUM_SCALE, 2 * NUM_SCALE, "",
	                    "close beyond VWAP by this many standard deviations", NULL },
	[RSI_LENGTH]    = { "rsi_length", PARAM_INT, 2, 100, 14, "bars", "length of Wilder's RSI", NULL },
	[RSI_LOW]       = { "rsi_low", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 30 * NUM_SCALE, "",
	                    "RSI below this (bullish)", NULL },
	[RSI_HIGH]      = { "rsi_high", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 70 * NUM_SCALE, "",
	                    "RSI above this (bearish)", NULL },
	[ATR_LENGTH]    = { "atr_length", PARAM_INT, 1, 100, 14, "bars", "length of Wilder's ATR", NULL },
	[STOP_ATR]      = { "stop_atr", PARAM_DECIMAL, 0, 20 * NUM_SCALE, NUM_SCALE, "ATR",
	                    "index stop this far beyond the bar's extreme", NULL },
	[TARGET_REWARD] = { "target_reward", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 2 * NUM_SCALE, "r",
	                    "VWAP is the target when nearer than this", NULL },
};

enum { WARM_UP, TIME_WINDOW, STRETCHED, RSI, TURNED, CONDITIONS };
static const char *const conditions[CONDITIONS] = {
	"warm_up", "time_window", "beyond_vwap", "rsi_extreme", "turned_back",
};

struct state {
	struct rsi rsi;
	struct atr atr;
	struct vwap vwap;
};
static_assert(sizeof(struct state) <= STRATEGY_STATE_MAX, "checkpointed");

/* Compared as squares: no root is needed to know which side is larger. */
static bool stretched(const struct vwap *vwap, price_t close, int direction, double deviations)
{
	double off = direction * (vwap->value - (double)close);

	return off > 0 && off * off > deviations * deviations * vwap_variance(vwap);
}

static uint32_t first_failed(const struct state *st, const int64_t *params, const struct series *series, int direction)
{
	const struct bar *bar = series_at(series, 0);

	if (!rsi_ready(&st->rsi) || !atr_ready(&st->atr))
		return WARM_UP;
	if (closed_at(series) < params[FROM])
		return TIME_WINDOW;
	if (!stretched(&st->vwap, bar->close, direction, decimal(params[DEVIATIONS])))
		return STRETCHED;
	if (direction > 0 ? st->rsi.value >= decimal(params[RSI_LOW]) : st->rsi.value <= decimal(params[RSI_HIGH]))
		return RSI;
	return direction * (bar->close - bar->open) > 0 ? CONDITIONS : TURNED;
}

static void on_bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open,
                   struct signal *ret)
{
	struct state *st = state;
	const struct bar *bar = series_at(series, 0);

	(void)session_open;
	rsi_update(&st->rsi, bar->close, (uint32_t)params[RSI_LENGTH]);
	atr_update(&st->atr, bar, (uint32_t)params[ATR_LENGTH]);
	vwap_update(&st->vwap, bar);
	signal_decide(ret, first_failed(st, params, series, 1), first_failed(st, params, series, -1), CONDITIONS);
	int direction = ret->direction;
	if (direction == 0)
		return;
	price_t extreme = direction > 0 ? bar->low : bar->high, vwap = price_round(st->vwap.value);
	double reach = decimal(params[STOP_ATR]) * st->atr.range.value;
	ret->index_stop = stop_beyond(bar->close, direction, (double)extreme - direction * reach);
	double risk = (double)(direction * (bar->close - ret->index_stop));
	double gain = (double)(direction * (vwap - bar->close));
	if (gain > 0 && gain < decimal(params[TARGET_REWARD]) * risk)
		ret->index_target = vwap;
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

const struct strategy_ops strategy_vwap_reversion = {
	.name = "vwap_reversion",
	.title = "VWAP reversion",
	.params = params_table,
	.n_params = PARAMS,
	.conditions = conditions,
	.n_conditions = CONDITIONS,
	.state_size = sizeof(struct state),
	.session = on_session,
	.restart = on_restart,
	.bar = on_bar,
};
