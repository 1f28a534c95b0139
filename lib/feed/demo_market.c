#include "lib/feed/demo_market.h"

#include <stdbool.h>

#include "lib/base/prng.h"

#define STEPS_A_SECOND (NANOS_SECOND / DEMO_STEP)
#define SIGMA 4200 /* 1/10,000 rupee a step: about 0.5 % of the index a day, the regimes add to it */
#define POINT NUM_SCALE

/* Uniform in [low, high]. */
static int64_t between(struct demo_market *m, int64_t low, int64_t high)
{
	return low + (int64_t)prng_below(&m->random, (uint64_t)(high - low + 1));
}

/* Near normal with mean 0 and the deviation, from eight uniform 16-bit numbers. */
static int64_t normal(struct demo_market *m, int64_t deviation)
{
	int64_t sum = -8 * 65535 / 2;

	for (int word = 0; word < 2; word++)
		for (uint64_t bits = prng_next(&m->random), part = 0; part < 4; part++, bits >>= 16)
			sum += (int64_t)(bits & 0xffff);
	return sum * deviation / 53510; /* sqrt(8 / 12) * 65536 */
}

/* -- regimes --------------------------------------------------------------------------------------------------------- */

/* One draw a statement here and below: C leaves the order of draws within an expression to the compiler. */
static void regime_begin(struct demo_market *m, enum demo_regime regime, int64_t seconds, int64_t points)
{
	m->regime = regime;
	m->steps_left = (uint32_t)(seconds * STEPS_A_SECOND);
	m->drift = points * POINT / m->steps_left;
	m->anchor = m->price;
}

/* Up or down by chance, homeward when far from the start. */
static int64_t direction(struct demo_market *m)
{
	bool up = prng_below(&m->random, 2) == 0;

	if (m->price > DEMO_START_PRICE + 800 * POINT)
		return -1;
	if (m->price < DEMO_START_PRICE - 800 * POINT)
		return 1;
	return up ? 1 : -1;
}

static void begin_range(struct demo_market *m)
{
	regime_begin(m, REGIME_RANGE, between(m, 360, 1200), 0);
}

static void begin_trend(struct demo_market *m, int64_t sign)
{
	int64_t seconds = between(m, 300, 1200), points = between(m, 20, 70);

	regime_begin(m, REGIME_TREND, seconds, sign * points);
}

static void begin_spike(struct demo_market *m)
{
	int64_t sign = direction(m), seconds = between(m, 30, 150), points = between(m, 18, 45);

	regime_begin(m, REGIME_SPIKE, seconds, sign * points);
	m->vol += 40;
}

/* Most sweeps fail: the market comes back. */
static void begin_reversal(struct demo_market *m, int64_t sign)
{
	int64_t seconds = between(m, 90, 300), points = between(m, 15, 40);

	regime_begin(m, REGIME_REVERSAL, seconds, sign * points);
}

static void regime_next(struct demo_market *m)
{
	uint64_t chance = prng_below(&m->random, 100);
	int64_t sign = m->drift < 0 ? -1 : 1;

	switch (m->regime) {
	case REGIME_RANGE:
		if (chance < 60)
			begin_spike(m);
		else
			begin_trend(m, direction(m));
		break;
	case REGIME_SPIKE:
		if (chance < 70)
			begin_reversal(m, -sign);
		else
			begin_trend(m, sign);
		break;
	case REGIME_REVERSAL:
		if (chance < 50)
			begin_trend(m, sign);
		else
			begin_range(m);
		break;
	default:
		if (chance < 40)
			begin_spike(m);
		else
			begin_range(m);
	}
}

/* -- the walk -------------------------------------------------------------------------------------------------------- */

/* Percent of the usual movement: lively first half hour, a livelier end. */
static int64_t liveliness(const struct demo_market *m, nanos_t since_open, nanos_t until_close)
{
	static const int64_t regime[REGIME_COUNT] = { 70, 95, 150, 110 };
	int64_t hour = since_open < 30 * NANOS_MINUTE ? 145 : until_close < 45 * NANOS_MINUTE ? 115 : 90;

	return regime[m->regime] * hour / 100;
}

static int64_t bounded(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* A small walk, with a pull down to the usual 12.5 %. */
static void vol_step(struct demo_market *m)
{
	bool calmer = prng_below(&m->random, 8) == 0;

	m->vol += between(m, -1, 1);
	if (m->vol > 1250 && calmer)
		m->vol--;
}

void demo_market_step(struct demo_market *m, nanos_t since_open, nanos_t until_close)
{
	int64_t move = normal(m, SIGMA * liveliness(m, since_open, until_close) / 100) + m->drift;

	if (m->steps_left == 0)
		regime_next(m);
	m->steps_left--;
	if (m->regime == REGIME_RANGE)
		move += (m->anchor - m->price) / 600;
	m->price = bounded(m->price + move, DEMO_PRICE_LOW, DEMO_PRICE_HIGH);
	if (m->steps_left % (uint32_t)STEPS_A_SECOND == 0)
		vol_step(m);
	m->vol = bounded(m->vol, DEMO_VOL_LOW, DEMO_VOL_HIGH);
}

void demo_market_night(struct demo_market *m)
{
	m->price = bounded(m->price + normal(m, 70 * POINT), DEMO_PRICE_LOW, DEMO_PRICE_HIGH);
	m->vol = bounded(m->vol + between(m, -60, 60), DEMO_VOL_LOW, DEMO_VOL_HIGH);
	begin_range(m);
}

void demo_market_init(struct demo_market *m, uint64_t seed)
{
	*m = (struct demo_market){ .random = prng_mix(seed + UINT64_C(0x9E3779B97F4A7C15)), .price = DEMO_START_PRICE, .vol = 1250 };
	m->price += normal(m, 60 * POINT);
	begin_trend(m, direction(m));
}
