/* Opening range breakout, both sides: the first bar to close clearly outside the range of the day's first minutes.
 * Rules: docs/strategies/opening_range_breakout.md. */
#include "lib/core/strategy/rules.h"

enum { RANGE_MINUTES, BREAK_PCT, UNTIL, WIDTH_MIN, WIDTH_MAX, PARAMS };

static const struct param params_table[PARAMS] = {
	[RANGE_MINUTES] = { "range_minutes", PARAM_INT, 1, 240, 15, "min",
	                    "length of the opening range from the session's open", NULL },
	[BREAK_PCT]     = { "break_pct", PARAM_DECIMAL, 0, 10 * NUM_SCALE, NUM_SCALE / 20, "%",
	                    "close beyond the range by at least this", NULL },
	[UNTIL]         = { "until", PARAM_TIME, 0, TIME_OF_DAY(24, 0), TIME_OF_DAY(12, 0), "IST",
	                    "no signal from this time on", NULL },
	[WIDTH_MIN]     = { "width_min_pct", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 15 * NUM_SCALE / 100, "%",
	                    "range at least this part of the close", NULL },
	[WIDTH_MAX]     = { "width_max_pct", PARAM_DECIMAL, 0, 100 * NUM_SCALE, 12 * NUM_SCALE / 10, "%",
	                    "range at most this part of the close", NULL },
};

enum { WARM_UP, TIME_WINDOW, RANGE_WIDTH, BREAKOUT, ONCE_A_SIDE, CONDITIONS };
static const char *const conditions[CONDITIONS] = {
	"warm_up", "time_window", "range_width", "breakout", "once_a_side",
};

struct state {
	price_t high, low;
	nanos_t covered;           /* time of the range whose bars were seen */
	uint32_t done_bullish, done_bearish;
};
static_assert(sizeof(struct state) <= STRATEGY_STATE_MAX, "checkpointed");

static void extend(struct state *st, const struct bar *bar, nanos_t interval)
{
	st->high = st->covered == 0 || bar->high > st->high ? bar->high : st->high;
	st->low = st->covered == 0 || bar->low < st->low ? bar->low : st->low;
	st->covered += interval;
}

/* Is the bar outside the range, and was every whole bar of the range seen? A range with a hole is not known. */
static bool range_known(const struct state *st, const struct bar *bar, nanos_t interval, nanos_t session_open,
                        nanos_t length)
{
	return bar->start + interval > session_open + length && st->covered > 0 && st->covered + interval > length;
}

static bool width_allowed(const struct state *st, price_t close, const int64_t *params)
{
	double width = (double)(st->high - st->low) * HUNDRED_PERCENT;

	return width >= (double)params[WIDTH_MIN] * (double)close && width <= (double)params[WIDTH_MAX] * (double)close;
}

static bool broke_out(const struct state *st, price_t close, int direction, int64_t break_pct)
{
	price_t edge = direction > 0 ? st->high : st->low;
	double beyond = (double)(direction * (close - edge));

	return beyond > 0 && beyond * HUNDRED_PERCENT >= (double)break_pct * (double)edge;
}

/* What each side must pass after warm-up and time. */
static uint32_t first_failed(const struct state *st, const int64_t *params, const struct series *series, int direction)
{
	price_t close = series_at(series, 0)->close;

	if (!width_allowed(st, close, params))
		return RANGE_WIDTH;
	if (!broke_out(st, close, direction, params[BREAK_PCT]))
		return BREAKOUT;
	return (direction > 0 ? st->done_bullish : st->done_bearish) ? ONCE_A_SIDE : CONDITIONS;
}

static void on_bar(void *state, const int64_t *params, const struct series *series, nanos_t session_open,
                   struct signal *ret)
{
	struct state *st = state;
	const struct bar *bar = series_at(series, 0);
	nanos_t interval = (nanos_t)series->interval_s * NANOS_SECOND, length = params[RANGE_MINUTES] * NANOS_MINUTE;

	if (bar->start >= session_open && bar->start + interval <= session_open + length)
		extend(st, bar, interval);
	if (!range_known(st, bar, interval, session_open, length))
		return; /* failed = warm_up */
	if (closed_at(series) >= params[UNTIL]) {
		ret->failed = TIME_WINDOW;
		return;
	}
	signal_decide(ret, first_failed(st, params, series, 1), first_failed(st, params, series, -1), CONDITIONS);
	if (ret->direction == 0)
		return;
	if (ret->direction > 0)
		st->done_bullish = 1;
	else
		st->done_bearish = 1;
	ret->index_stop = stop_beyond(bar->close, ret->direction, ((double)st->high + (double)st->low) / 2);
}

static void on_session(void *state, const int64_t *params)
{
	(void)params;
	*(struct state *)state = (struct state){ .covered = 0 };
}

static void on_restart(void *state, const int64_t *params)
{
	(void)state; /* the range and its marks are the day's: a gap later on takes nothing from them */
	(void)params;
}

const struct strategy_ops strategy_opening_range_breakout = {
	.name = "opening_range_breakout",
	.title = "Opening range breakout",
	.params = params_table,
	.n_params = PARAMS,
	.conditions = conditions,
	.n_conditions = CONDITIONS,
	.state_size = sizeof(struct state),
	.session = on_session,
	.restart = on_restart,
	.bar = on_bar,
};
