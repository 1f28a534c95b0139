/* What a contract is worth: recorded prices where there are any, else Black-76 over the underlying's path, with a smile. */
#include <math.h>
#include <string.h>

#include "tests/neosim/market_priv.h"

#define YEAR (365.0 * 86400)

static double normal_below(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

double option_price(bool call, double forward, double strike, double years, double volatility)
{
	double discount = exp(-MARKET_RATE * years), spread = volatility * sqrt(years);
	double d1 = (log(forward / strike) + spread * spread / 2) / spread, d2 = d1 - spread;

	if (call)
		return discount * (forward * normal_below(d1) - strike * normal_below(d2));
	return discount * (strike * normal_below(-d2) - forward * normal_below(-d1));
}

/* Years until `expires`, at least a minute of them. */
static double years_left(const struct market *m, const struct instrument *in, int32_t step)
{
	double seconds = (double)(in->expires - (m->open + step * MARKET_STEP)) / (double)NANOS_SECOND;

	return (seconds > 60 ? seconds : 60) / YEAR;
}

static const struct asset *asset_named(const struct market *m, const char *name)
{
	for (size_t i = 0; i < m->n_assets; i++)
		if (!strcmp(m->asset[i].spec->name, name))
			return &m->asset[i];
	return NULL;
}

/* At the money: INDIA VIX, scaled to the asset. Away from it: puts dearer, both wings up. */
static double volatility_at(const struct market *m, const struct instrument *in, int32_t step, double forward, double years)
{
	const struct asset *vix = asset_named(m, "INDIA VIX");
	double base = vix ? (double)vix->path[step] / 10000 : 0.135;

	base *= in->asset->spec->volatility / 0.0072;
	double x = log((double)in->s.strike / forward) / (base * sqrt(years));
	x = x < -5 ? -5 : x > 5 ? 5 : x;
	return base * (1 - 0.03 * x + 0.018 * x * x);
}

/* Recorded minute bars: a straight line from each close to the next, from open to close within the first. 0 before there is any. */
static double tape_price(const struct tape *t, int32_t step)
{
	int32_t minute = step / STEPS_A_MINUTE, part = step % STEPS_A_MINUTE;

	minute = minute < TAPE_MINUTES ? minute : TAPE_MINUTES - 1;
	const struct minute *now = &t->minute[minute];
	if (!now->close)
		return 0;
	double from = minute > 0 && t->minute[minute - 1].close ? t->minute[minute - 1].close : now->open;
	return from + (now->close - from) * part / STEPS_A_MINUTE;
}

double market_fair_shifted(const struct market *m, const struct instrument *in, int32_t step, double shift)
{
	double spot = in->asset->path[step] * (1 + shift);

	if (in->kind == KIND_INDEX || in->kind == KIND_SHARE)
		return spot;
	double years = years_left(m, in, step), forward = spot * exp(MARKET_RATE * years);
	if (in->kind == KIND_FUTURE)
		return forward;
	return option_price(in->s.option[0] == 'C', forward, (double)in->s.strike, years, volatility_at(m, in, step, forward, years));
}

double market_fair(const struct market *m, const struct instrument *in, int32_t step)
{
	if (in->tape) {
		double price = tape_price(in->tape, step);
		if (price > 0)
			return price;
	}
	return market_fair_shifted(m, in, step, 0);
}

/* Near the money of the nearest expiry every step; the further away in strike and time, the rarer. */
int32_t market_period(const struct instrument *in, int32_t step)
{
	if (in->kind == KIND_INDEX)
		return strcmp(in->s.name, "INDIA VIX") ? 1 : 8;
	if (in->kind == KIND_SHARE)
		return 2;
	if (in->kind == KIND_FUTURE)
		return in->rank == 0 ? 1 : 8 * in->rank;
	int64_t away = (in->s.strike - in->asset->path[step]) / in->asset->spec->step;
	away = away < 0 ? -away : away;
	return (away <= 12 ? 1 : away <= 25 ? 4 : 20) * (in->rank == 0 ? 1 : 4);
}

static int64_t to_tick(double price, int64_t tick)
{
	return (int64_t)floor(price / (double)tick + 0.5) * tick;
}

/* The exchange's band: 20 rupees around a cheap option, and never so narrow that a move of 3 % of the underlying leaves it. */
void market_option_bands(const struct market *m, struct instrument *in)
{
	bool call = in->s.option[0] == 'C';
	int64_t close = in->quote->close, tick = in->s.tick;
	int64_t up = to_tick(market_fair_shifted(m, in, 0, call ? 0.03 : -0.03), tick);
	int64_t down = to_tick(market_fair_shifted(m, in, 0, call ? -0.03 : 0.03), tick);

	in->s.band_high = up > close + 2000 ? up : close + 2000;
	in->s.band_low = down < close - 2000 ? down : close - 2000;
	if (in->s.band_low < tick)
		in->s.band_low = tick;
}
