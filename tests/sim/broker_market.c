/* The market: the index walks by seed, options follow it by a smooth monotone formula, shares walk alone. Integers only.
 * An option's worth over its intrinsic value is a parabola in the distance to the strike: A at the money, slope -1/2 there, 0 with slope 0 from 4A on. So a
 * call rises with the index by 0 to 1 a point, put-call parity is exact, and no exponential is needed. A shrinks with the root of the time left. */
#include "tests/sim/broker_priv.h"

static uint64_t noise(const struct sim_broker *b, size_t instrument, int64_t at, uint64_t salt)
{
	return prng_mix(b->options.seed * UINT64_C(0x9E3779B97F4A7C15) + prng_mix(((uint64_t)at << 12) ^ (instrument << 4) ^ salt));
}

/* Uniform in -spread..spread. */
static int64_t around(uint64_t random, int64_t spread)
{
	return (int64_t)(random % (uint64_t)(2 * spread + 1)) - spread;
}

static int64_t root(int64_t n)
{
	int64_t x = n, next = (n + 1) / 2;

	for (; next < x; next = (x + n / x) / 2)
		x = next;
	return x;
}

/* In paise: 0.4 * 12 % * 22,800 * sqrt(years to 15:30 of the expiry day). */
static int64_t at_the_money(const struct sim_broker *b, sim_ns now)
{
	int64_t left = (b->expiry + 60 * MINUTE - now) / SECOND;

	left = left < 60 ? 60 : left;
	return 109440 * root(left * 10000) / 561570;
}

static int64_t option_worth(const struct instrument *in, int64_t forward, int64_t atm)
{
	int64_t d = in->kind == KIND_CALL ? forward - in->strike : in->strike - forward, far = d < 0 ? -d : d;
	int64_t worth = (d > 0 ? d : 0) + (far < 4 * atm ? atm - far / 2 + far * far / (16 * atm) : 0);

	worth = worth / in->tick * in->tick;
	return worth < 2 * in->tick ? 2 * in->tick : worth;
}

/* -- the book --------------------------------------------------------------------------------------------------------------------- */

static int64_t half_spread(const struct sim_broker *b, const struct instrument *in)
{
	int64_t ticks = 1 + in->ltp / in->tick / 1500;

	return (in->illiquid_until > b->now ? 40 * ticks : ticks) * in->tick;
}

/* Twelve bits of one number for each level. */
static int64_t level_qty(const struct sim_broker *b, const struct instrument *in, uint64_t random, int k)
{
	int64_t bits = (int64_t)(random >> 12 * k & 0xFFF), lots = in->illiquid_until > b->now ? bits % 2 : 2 + bits % 30 + 6 * k;

	return lots * (in->lot > 1 ? in->lot : 50);
}

/* Best first; levels that our own orders took in this second are gone. A locked contract has one side only, at the lock. */
int market_levels(const struct sim_broker *b, const struct instrument *in, int side, struct level ret[SIM_DEPTH])
{
	uint64_t random = noise(b, (size_t)(in - b->instruments), b->now / SECOND, (uint64_t)(2 + side));
	int64_t taken = in->taken[side], half = half_spread(b, in);
	int n = 0;

	if (in->kind == KIND_INDEX || !in->ltp || (in->lock > 0 && side == 1) || (in->lock < 0 && side == 0))
		return 0;
	for (int k = 0; k < SIM_DEPTH; k++) {
		int64_t away = in->lock ? 0 : half + k * in->tick, price = side ? in->ltp + away : in->ltp - away, qty = level_qty(b, in, random, k);
		int64_t less = taken < qty ? taken : qty;

		taken -= less;
		if (qty > less && price >= in->band_low && price <= in->band_high)
			ret[n++] = (struct level){ price, qty - less, (int32_t)(1 + (qty / in->lot) % 13) };
		if (in->lock)
			break;
	}
	return n;
}

bool market_trades(const struct sim_broker *b, const struct instrument *in)
{
	return b->trading_day && !b->halted && b->now >= b->market_open && b->now < in->close && in->kind != KIND_INDEX;
}

/* -- one second ------------------------------------------------------------------------------------------------------------------- */

static void record_bar(struct sim_broker *b, size_t i, sim_ns at, int64_t volume)
{
	const struct instrument *in = &b->instruments[i];
	int64_t minute = (at - b->market_open) / MINUTE;

	assert(minute >= 0 && minute < SIM_MINUTES);
	struct bar *bar = &b->bars[i][minute];

	if (!bar->open)
		*bar = (struct bar){ (int32_t)in->ltp, (int32_t)in->ltp, (int32_t)in->ltp, (int32_t)in->ltp, 0 };
	bar->high = in->ltp > bar->high ? (int32_t)in->ltp : bar->high;
	bar->low = in->ltp < bar->low ? (int32_t)in->ltp : bar->low;
	bar->close = (int32_t)in->ltp;
	bar->volume += (uint32_t)volume;
}

static void print(struct sim_broker *b, size_t i, int64_t price, sim_ns at)
{
	struct instrument *in = &b->instruments[i];
	uint64_t random = noise(b, i, at / SECOND, 1);
	int64_t qty = in->kind == KIND_INDEX ? 0 : (int64_t)(1 + random % 8) * (in->lot > 1 ? in->lot : 20);

	price = price > in->band_high ? in->band_high : price < in->band_low ? in->band_low : price;
	in->open = in->open ? in->open : price;
	in->high = price > in->high ? price : in->high;
	in->low = !in->low || price < in->low ? price : in->low;
	in->ltp = price;
	in->ltq = qty;
	in->volume += qty;
	in->turnover += qty * price;
	in->traded = at;
	in->taken[0] = in->taken[1] = 0;
	record_bar(b, i, at, qty);
}

static void move_index(struct sim_broker *b, sim_ns at)
{
	uint64_t random = noise(b, 0, at / SECOND, 0);

	if ((random >> 40) % 900 == 0)
		b->drift = around(random >> 20, 400);
	b->forward += around(random, 280) + (b->drift + around(random >> 32, 100)) / 100;
	int64_t low = b->instruments[0].band_low, high = b->instruments[0].band_high;

	b->forward = b->forward < low ? low : b->forward > high ? high : b->forward;
}

static int64_t share_price(const struct sim_broker *b, size_t i, sim_ns at)
{
	const struct instrument *in = &b->instruments[i];
	int64_t ticks = in->previous / in->tick / 3000 + 1;

	return noise(b, i, at / SECOND, 0) % 3 ? in->ltp : in->ltp + around(noise(b, i, at / SECOND, 15), ticks) * in->tick;
}

static void prices(struct sim_broker *b, sim_ns at)
{
	int64_t atm = at_the_money(b, at);

	move_index(b, at);
	for (size_t i = 0; i < SIM_INSTRUMENTS; i++) {
		struct instrument *in = &b->instruments[i];

		if (in->lock && at >= in->lock_until)
			in->lock = 0;
		if (at >= in->close || (in->lock && in->kind != KIND_INDEX))
			continue;
		if (in->kind == KIND_INDEX)
			print(b, i, b->forward / 5 * 5, at);
		else if (in->kind == KIND_SHARE)
			print(b, i, share_price(b, i, at), at);
		else
			print(b, i, option_worth(in, b->forward, atm) + around(noise(b, i, at / SECOND, 0), 1) * in->tick, at);
	}
}

/* What the exchange announces by the clock: open, the steps of the closing auction, close. */
static void announce(struct sim_broker *b)
{
	static const struct { int minute; uint16_t code; } phases[] = { { 555, 1 }, { 915, 8 }, { 920, 10 }, { 925, 11 }, { 935, 12 }, { 940, 2 } };

	for (size_t i = 0; i < ARRAY_LEN(phases); i++)
		if (b->next_step == b->day + phases[i].minute * MINUTE)
			sfeed_status(b, phases[i].code);
}

void market_step(struct sim_broker *b)
{
	if (b->halted && b->next_step >= b->halt_until) {
		b->halted = false;
		sfeed_status(b, 1);
	}
	announce(b);
	if (!b->halted && b->next_step < b->day + 940 * MINUTE)
		prices(b, b->next_step);
}

/* -- before the first second --------------------------------------------------------------------------------------------------------- */

static void bands(struct instrument *in)
{
	int64_t tenth = in->previous / (in->kind == KIND_SHARE && in->previous < 10000 ? 5 : 10);

	in->band_low = master_option(in) ? in->tick : (in->previous - tenth + in->tick - 1) / in->tick * in->tick;
	in->band_high = master_option(in) ? (3 * in->previous + 50000) / in->tick * in->tick : (in->previous + tenth) / in->tick * in->tick;
	if (in->kind == KIND_INDEX)
		in->band_low = in->previous - 150000, in->band_high = in->previous + 150000;
}

void market_init(struct sim_broker *b)
{
	int64_t atm = at_the_money(b, b->day - 500 * MINUTE);

	b->forward = b->instruments[0].previous;
	for (size_t i = 0; i < SIM_INSTRUMENTS; i++) {
		struct instrument *in = &b->instruments[i];

		if (master_option(in))
			in->previous = option_worth(in, b->forward, atm);
		in->ltp = in->kind == KIND_SHARE ? in->previous : 0;
		in->interest = master_option(in) ? (int64_t)(noise(b, i, b->date, 14) % 90000 + 10000) * in->lot : 0;
		bands(in);
	}
	b->forward += around(noise(b, 0, b->date, 13), 6000);
	b->next_step = b->trading_day ? b->market_open : NEVER;
	for (; b->next_step <= b->now && b->next_step < b->day + (15 * 60 + 40) * MINUTE; b->next_step += SECOND)
		prices(b, b->next_step);
	if (b->next_step <= b->now)
		b->next_step = NEVER;
}

/* Another day's minute: around that day's own level, which is the last close moved a little for each day back. */
int64_t market_past(const struct sim_broker *b, size_t instrument, int64_t date, int minute)
{
	const struct instrument *in = &b->instruments[instrument];
	int64_t level = in->previous + around(noise(b, instrument, date, 12), in->previous / 60), wave = 0;

	for (int scale = 1; scale <= 125; scale *= 5)
		wave += around(noise(b, instrument, date * 1000 + minute / scale, 11), in->previous / 4000 + 1) * (scale > 20 ? 3 : 1);
	level += wave;
	return level < 2 * in->tick ? 2 * in->tick : level / in->tick * in->tick;
}
