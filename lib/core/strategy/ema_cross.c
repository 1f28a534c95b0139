/* EMA cross, both sides: a fast average of the closes crosses a slow one while the ADX shows a trend. The opposite cross
 * also closes what is open. Rules: docs/strategies/ema_cross.md. */
#include "lib/core/strategy/rules.h"

enum { FAST, SLOW, WARM_BARS, ADX_LENGTH, ADX_MIN, ATR_LENGTH, STOP_ATR, PARAMS };

static const struct param params_table[PARAMS] = {
	[FAST]       = { "fast", PARAM_INT, 1, 500, 12, "bars", "length of the fast EMA", NULL },
	[SLOW]       = { "slow", PARAM_INT, 2, 1000, 26, "bars", "length of the slow EMA", NULL },
	[WARM_BARS]  = { "warm_bars", PARAM_INT, 3, 10000, 52, "bars", "bars that warm both EMAs", NULL },
	[ADX_LENGTH] = { "adx_length", PARAM_INT, 1, 100, 14, "bars", "length of Wilder's ADX", NULL },
	[ADX_MIN]    = { "adx_min", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 20 * NUM_SCALE, "", "ADX at least", NULL },
	[ATR_LENGTH] = { "atr_length", PARAM_INT, 1, 100, 14, "bars", "length of Wilder's ATR", NULL },
	[STOP_ATR]   = { "stop_atr", PARAM_DECIMAL, 0, 20 * NUM_SCALE, 15 * NUM_SCALE / 10, "ATR",
	                 "index stop this far from the close", NULL },
};

enum { WARM_UP, CROSS, TREND, CONDITIONS };
static const char *const conditions[CONDITIONS] = {
	"warm_up", "cross", "trend",
};

struct state {
	struct ema fast, slow;
	struct adx adx;
	struct atr atr;
};
static_assert(sizeof(struct state) <= STRATEGY_STATE_MAX, "checkpointed");

/* +1 the fast average crossed up at this bar, -1 down. Both averages start at the first close, so the second bar always
 * moves them apart: that is no cross, for there was no side before. */
static int update(struct state *st, const int64_t *params, const struct bar *bar)
{
	double before = st->fast.value - st->slow.value;

	ema_update(&st->fast, (double)bar->close, (uint32_t)params[FAST]);
	ema_update(&st->slow, (double)bar->close, (uint32_t)params[SLOW]);
	adx_update(&st->adx, bar, (uint32_t)params[ADX_LENGTH]);
	atr_update(&st->atr, bar, (uint32_t)params[ATR_LENGTH]);
	double now = st->fast.value - st->slow.value;
	if (st->fast.seen < 3 || st->slow.seen < 3)
		return 0;
	return (now > 0 && before <= 0) - (now < 0 && before >= 0);
}

static uint32_t first_failed(const struct state *st, const int64_t *params, int cross)
{
	uint32_t warm = (uint32_t)params[WARM_BARS];

	if (st->fast.seen < warm || st->slow.seen < warm || !adx_ready(&st->adx) || !atr_ready(&st->atr))
		return WARM_UP;
	if (cross == 0)
		return CROSS;
	return st->adx.index.value >= decimal(params[ADX_MIN]) ? CONDITIONS : TREND;
}

static void on_bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open,
                   struct signal *ret)
{
	struct state *st = state;
	const struct bar *bar = series_at(series, 0);
	int cross = update(st, params, bar);

	(void)session_open;
	ret->leave_long = cross < 0;
	ret->leave_short = cross > 0;
	ret->failed = first_failed(st, params, cross);
	if (ret->failed != CONDITIONS)
		return;
	ret->direction = cross;
	double reach = decimal(params[STOP_ATR]) * st->atr.range.value;
	ret->index_stop = stop_beyond(bar->close, cross, (double)bar->close - cross * reach);
}

static void on_session(void *state, const int64_t *params)
{
	(void)state; /* nothing here belongs to a day */
	(void)params;
}

static void on_restart(void *state, const int64_t *params)
{
	(void)params;
	*(struct state *)state = (struct state){ .fast.length = 0 };
}

const struct strategy_ops strategy_ema_cross = {
	.name = "ema_cross",
	.title = "EMA cross",
	.params = params_table,
	.n_params = PARAMS,
	.conditions = conditions,
	.n_conditions = CONDITIONS,
	.state_size = sizeof(struct state),
	.session = on_session,
	.restart = on_restart,
	.bar = on_bar,
};
