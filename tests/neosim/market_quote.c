/* From a fair price to what the screen shows: last trade, five levels on each side, volume, the day's range. All chance here is a hash of
 * seed, token and step, so a quote does not depend on how often the clock was looked at. */
#include <math.h>
#include <string.h>

#include "tests/neosim/market_priv.h"

/* Yesterday's last price if it lived then; else what it would have cost with the underlying at its close. */
static int64_t close_before(const struct market *m, const struct instrument *in)
{
	bool derivative = in->kind == KIND_OPTION || in->kind == KIND_FUTURE;
	int64_t tick = in->s.tick;

	if (derivative && in->quote->last && !m->recorded)
		return in->quote->last;
	double fair = in->tape ? market_fair(m, in, 0) : market_fair_shifted(m, in, 0, (double)in->asset->close / in->asset->path[0] - 1);
	int64_t close = (int64_t)(fair / (double)tick + 0.5) * tick;
	return close < tick ? tick : close;
}

void market_quote_day(const struct market *m, struct instrument *in)
{
	struct sim_quote *q = in->quote;
	int64_t close = close_before(m, in), stamp = market_second(m, -1);

	*q = (struct sim_quote){ .last = close, .close = close, .update_time = stamp, .trade_time = stamp, .changes = q->changes + 1 };
	q->year_high = close * 13 / 10 / in->s.tick * in->s.tick;
	q->year_low = (close * 7 / 10 + in->s.tick - 1) / in->s.tick * in->s.tick;
	q->oi = in->kind == KIND_INDEX || in->kind == KIND_SHARE ? 0 : in->s.lot * (500 + in->daily_lots / 400);
}

/* The part of the day's volume done by then: more at both ends. */
static double volume_part(const struct market *m, int32_t step)
{
	double x = m->steps > 0 ? (double)step / m->steps : 1;

	return x + 0.1 * sin(2 * M_PI * x);
}

/* Less the further from the money. */
int64_t market_volume(const struct market *m, const struct instrument *in, int32_t step)
{
	double lots = (double)in->daily_lots * volume_part(m, step);

	if (in->kind == KIND_LISTED) /* woken by hand: a lot a second */
		return in->s.lot * (step / STEPS_A_SECOND);
	if (in->kind == KIND_OPTION) {
		double away = (double)(in->s.strike - in->asset->close) / (double)in->asset->spec->step;
		lots /= 1 + away * away / 6;
	} else if (in->kind == KIND_FUTURE) {
		lots /= 1 + 9.0 * in->rank;
	}
	return (int64_t)lots * in->s.lot;
}

static int64_t spread_ticks(const struct instrument *in, double fair, uint64_t chance)
{
	int64_t by_chance = (int64_t)(chance % 3);

	if (in->kind == KIND_SHARE || in->kind == KIND_LISTED)
		return 1 + (by_chance == 2);
	if (in->kind == KIND_FUTURE)
		return (3 + (int64_t)(chance % 8)) * (1 + 2 * in->rank);
	double away = fabs((double)(in->s.strike - in->asset->close)) / (double)in->asset->spec->step;
	double rupees = fair / 100;
	int64_t ticks = 1 + by_chance + (int64_t)(rupees * 0.0006 / 0.05);
	return away > 25 ? ticks * 4 : away > 12 || in->rank > 0 ? ticks * 2 : ticks;
}

static void show_levels(const struct instrument *in, struct level *levels, int64_t best, int64_t away, uint64_t chance, int64_t *total)
{
	int64_t unit = in->kind == KIND_SHARE ? 1 + 50000000 / (in->quote->close + 1) / 8 : in->s.lot;

	*total = 0;
	for (int i = 0; i < 5; i++) {
		int64_t price = best + away * i, qty = unit * (1 + i + (int64_t)((chance >> (i * 8)) % 12));
		if (price < in->s.tick || (in->s.band_high && (price > in->s.band_high || price < in->s.band_low)))
			qty = 0;
		levels[i] = qty ? (struct level){ price, qty, (int32_t)(1 + qty / unit / 3) } : (struct level){ 0 };
		*total += qty;
	}
	*total *= 60 + (int64_t)(chance >> 50) % 40;
}

static void show_book(const struct instrument *in, double fair, uint64_t chance)
{
	struct sim_quote *q = in->quote;
	int64_t tick = in->s.tick, spread = spread_ticks(in, fair, chance), gap = 1 + (spread > 6);
	int64_t bid = (int64_t)floor((fair / (double)tick) - (double)(spread - 1) / 2) * tick, ask = bid + spread * tick;

	if (ask < tick)
		ask = tick;
	show_levels(in, q->bid, bid, -tick * gap, prng_mix(chance + 1), &q->total_buy);
	show_levels(in, q->ask, ask, tick * gap, prng_mix(chance + 2), &q->total_sell);
	if (in->no_bids)
		memset(q->bid, 0, sizeof(q->bid));
	if (in->no_asks)
		memset(q->ask, 0, sizeof(q->ask));
	q->total_buy = q->bid[0].qty ? q->total_buy : 0;
	q->total_sell = q->ask[0].qty ? q->total_sell : 0;
}

/* The last trade: at the bid, at the ask, or between. */
static int64_t last_price(const struct instrument *in, double fair, uint64_t chance)
{
	const struct sim_quote *q = in->quote;
	int64_t tick = in->s.tick, last = (int64_t)floor(fair / (double)tick + 0.5) * tick;

	if (in->pin) /* set by hand: exactly that */
		return last;
	if (chance % 4 == 0 && q->bid[0].qty)
		last = q->bid[0].price;
	if (chance % 4 == 1 && q->ask[0].qty)
		last = q->ask[0].price;
	return last < tick ? tick : last;
}

static void traded(const struct market *m, struct instrument *in, int64_t last, int32_t step, uint64_t chance)
{
	struct sim_quote *q = in->quote;
	int64_t volume = market_volume(m, in, step), done = volume - q->volume;

	q->last = last;
	q->open = q->open ? q->open : last;
	q->high = last > q->high ? last : q->high;
	q->low = q->low == 0 || last < q->low ? last : q->low;
	q->year_high = last > q->year_high ? last : q->year_high;
	q->year_low = last < q->year_low ? last : q->year_low;
	q->update_time = market_second(m, step);
	if (in->kind == KIND_INDEX || done > 0)
		q->trade_time = q->update_time;
	if (done <= 0)
		return;
	q->value += done * last;
	q->volume = volume;
	q->last_qty = in->s.lot * (1 + (int64_t)(chance >> 40) % 8);
	q->last_qty = q->last_qty < done ? q->last_qty : done;
	q->average = q->value / q->volume;
	if (in->kind != KIND_SHARE)
		q->oi += in->s.lot * ((int64_t)(chance % 9) - 4);
	q->oi = q->oi < 0 ? 0 : q->oi;
}

/* Outside its band a price stops at the edge, and one side is gone. */
static double within_band(const struct instrument *in, double fair)
{
	if (in->s.band_high && fair > (double)in->s.band_high)
		return (double)in->s.band_high;
	return in->s.band_low && fair < (double)in->s.band_low ? (double)in->s.band_low : fair;
}

void market_quote_show(struct market *m, struct instrument *in, double fair, int32_t step)
{
	uint64_t chance = prng_mix(m->seed ^ ((uint64_t)in->s.token << 32) ^ ((uint64_t)m->date << 20) ^ (uint64_t)(uint32_t)step);

	if (in->kind != KIND_INDEX) {
		fair = within_band(in, fair);
		show_book(in, fair, chance);
	}
	traded(m, in, last_price(in, fair, in->kind == KIND_INDEX ? 2 : chance >> 8), step, chance);
	in->quote->changes++;
}

/* An index's range is exact, however far the clock jumped. */
void market_quote_range(struct instrument *in, int32_t from, int32_t to)
{
	struct sim_quote *q = in->quote;
	int64_t tick = in->s.tick;

	for (int32_t step = from + 1; step <= to; step++) {
		int64_t price = (in->asset->path[step] + tick / 2) / tick * tick;
		q->high = price > q->high ? price : q->high;
		q->low = price < q->low ? price : q->low;
	}
}

/* Nothing is bid or offered once trading has ended; what was traded stays. */
void market_quote_shut(struct instrument *in)
{
	struct sim_quote *q = in->quote;

	memset(q->bid, 0, sizeof(q->bid));
	memset(q->ask, 0, sizeof(q->ask));
	q->total_buy = q->total_sell = 0;
}
