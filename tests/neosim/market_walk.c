/* Each underlying's path through the day. Recorded minutes where there are some; else a walk in regimes - trends, ranges, sweeps that
 * fail - so that strategies that follow and strategies that fade both find something; other names share part of NIFTY's move. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/neosim/market_priv.h"

#define DAY_STEPS_ROOT 304 /* a step's deviation is the day's over the root of some 92,400 steps */

struct walk {
	uint64_t random;
	double price, start, sigma, drift, anchor, calm; /* sigma, drift: of a step, as parts of the price; calm scales the noise */
	int64_t left;                                    /* steps of the regime still to go */
	int regimes;
	double giveback;                                 /* what the next regime must come back */
};

static double uniform(uint64_t *random)
{
	return (double)(prng_next(random) >> 11) / 9007199254740992.0;
}

static double between(struct walk *w, double low, double high)
{
	return low + (high - low) * uniform(&w->random);
}

/* Nearly normal, deviation 1. */
static double normal(uint64_t *random)
{
	double sum = 0;

	for (int i = 0; i < 4; i++)
		sum += uniform(random);
	return (sum - 2) * 1.7320508075688772;
}

static void regime(struct walk *w, double minutes, double move, double calm)
{
	w->left = (int64_t)(minutes * STEPS_A_MINUTE);
	w->drift = move / (double)w->left;
	w->calm = calm;
	w->anchor = 0;
}

/* Up or down by chance; home when far from the start. */
static double direction(struct walk *w)
{
	double away = w->price / w->start - 1, chance = uniform(&w->random);

	if (away > 0.012)
		return -1;
	if (away < -0.012)
		return 1;
	return chance < 0.5 ? -1 : 1;
}

/* One draw a statement here and below: C leaves the order of draws within an expression to the compiler. */
static void trend(struct walk *w, double minutes_least, double minutes_most, double unit)
{
	double minutes = between(w, minutes_least, minutes_most), sign = direction(w), size = between(w, 0.25, 0.6);

	regime(w, minutes, sign * size * unit, 0.6);
}

static void range(struct walk *w, double minutes)
{
	regime(w, minutes, 0, 1);
	w->anchor = w->price;
}

/* A quick move that mostly fails: the next regime gives it back. */
static void sweep(struct walk *w, double unit)
{
	double sign = direction(w), size = between(w, 0.12, 0.28), minutes = between(w, 1, 3), back = between(w, 0.8, 1.6);

	regime(w, minutes, sign * size * unit, 0.8);
	w->giveback = -sign * size * unit * back;
}

static void regime_next(struct walk *w)
{
	double unit = w->sigma * DAY_STEPS_ROOT; /* a quiet day's move */

	if (w->regimes++ == 0) { /* the opening range, and then something breaks it */
		range(w, 15);
		w->calm = 1.2;
	} else if (w->regimes == 2) {
		trend(w, 12, 30, unit);
	} else if (w->giveback != 0) {
		regime(w, between(w, 3, 8), w->giveback, 0.7);
		w->giveback = 0;
	} else {
		double which = uniform(&w->random);
		if (which < 0.45)
			trend(w, 10, 35, unit);
		else if (which < 0.8)
			range(w, between(w, 8, 25));
		else
			sweep(w, unit);
	}
}

static void walk_step(struct walk *w, double loudness)
{
	if (w->left-- <= 0)
		regime_next(w);
	double pull = w->anchor != 0 ? (w->anchor / w->price - 1) * 0.0015 : 0;
	w->price *= 1 + w->drift + pull + w->sigma * w->calm * loudness * normal(&w->random);
}

/* Louder at both ends of the day. */
static double loudness(int32_t step, int32_t steps)
{
	double open = (double)step / (30 * STEPS_A_MINUTE), close = (double)(steps - step) / (40 * STEPS_A_MINUTE);

	return 1 + (open < 1 ? 0.5 * (1 - open) : 0) + (close < 1 ? 0.2 * (1 - close) : 0);
}

static uint64_t seed_of(const struct market *m, const struct asset *a)
{
	return table_key(m->seed * UINT64_C(0x100000001B3) + (uint64_t)m->date, a->spec->name);
}

static void walk_own(const struct market *m, struct asset *a)
{
	struct walk w = { .random = seed_of(m, a) };

	w.sigma = a->spec->volatility * 0.75 / DAY_STEPS_ROOT; /* the regimes add the rest */
	w.start = (double)a->close * (1 + 0.003 * normal(&w.random));
	w.price = w.start;
	for (int32_t i = 0; i <= m->steps; i++) {
		a->path[i] = (int32_t)w.price;
		walk_step(&w, loudness(i, m->steps));
	}
}

/* Its part of NIFTY's move and noise of its own that comes back. */
static void walk_with(const struct market *m, struct asset *a, const struct asset *nifty)
{
	uint64_t random = seed_of(m, a);
	double own = 0.002 * normal(&random), sigma = a->spec->volatility / DAY_STEPS_ROOT;
	double alone = sqrt(1 - (a->spec->beta * 0.8 < 0.95 ? a->spec->beta * 0.8 : 0.95));

	for (int32_t i = 0; i <= m->steps; i++) {
		double shared = (double)nifty->path[i] / (double)nifty->close - 1;
		a->path[i] = (int32_t)((double)a->close * (1 + a->spec->beta * shared) * (1 + own));
		own += sigma * alone * normal(&random) - own * 0.00003;
	}
}

/* INDIA VIX: against the index, and home. */
static void walk_fear(const struct market *m, struct asset *a, const struct asset *nifty)
{
	uint64_t random = seed_of(m, a);
	double own = 0;

	for (int32_t i = 0; i <= m->steps; i++) {
		double shared = (double)nifty->path[i] / (double)nifty->close - 1;
		double value = (double)a->close * (1 - 4 * shared + own);
		a->path[i] = (int32_t)(value > 700 ? value : 700);
		own += 0.00012 * normal(&random) - own * 0.0001;
	}
}

/* -- recorded minutes ---------------------------------------------------------------------------------------------------- */

/* open -> one end -> other end -> close in thirds of the minute, the near end first, and wobble between that never leaves the bar. */
static void minute_path(const struct minute *b, int32_t *path, uint64_t *random)
{
	bool up = b->close >= b->open;
	int32_t turn[4] = { b->open, up ? b->low : b->high, up ? b->high : b->low, b->close };

	for (int i = 0; i < STEPS_A_MINUTE; i++) {
		int leg = i / 80, part = i % 80;
		double price = turn[leg] + (double)(turn[leg + 1] - turn[leg]) * part / 79;
		if (part > 0 && part < 79)
			price += (b->high - b->low) * 0.06 * normal(random);
		price = price < b->low ? b->low : price > b->high ? b->high : price;
		path[i] = (int32_t)price;
	}
}

static void play(const struct market *m, struct asset *a, const struct tape *t)
{
	uint64_t random = seed_of(m, a);
	int32_t last = (int32_t)a->close;

	for (int32_t minute = 0; minute * STEPS_A_MINUTE <= m->steps; minute++) {
		int32_t path[STEPS_A_MINUTE], at = minute * STEPS_A_MINUTE;
		struct minute still = { last, last, last, last };
		const struct minute *b = minute < TAPE_MINUTES && t->minute[minute].close ? &t->minute[minute] : &still;
		minute_path(b, path, &random);
		for (int32_t i = 0; i < STEPS_A_MINUTE && at + i <= m->steps; i++)
			a->path[at + i] = path[i];
		last = b->close;
	}
}

static int64_t tape_first(const struct tape *t)
{
	for (int i = 0; i < TAPE_MINUTES; i++)
		if (t->minute[i].close)
			return t->minute[i].open;
	return 0;
}

/* -- the day ---------------------------------------------------------------------------------------------------------------- */

/* Where the day before ended: recorded, else yesterday's path of this market, else the usual level in proportion to NIFTY's. */
static int64_t close_of(const struct market *m, const struct asset *a, const struct tape *tape, int32_t yesterday_steps)
{
	const struct asset *nifty = &m->asset[0];

	if (tape) {
		int64_t close = tapes_previous_close(m->tapes, a->spec->name, m->recorded);
		return close ? close : tape_first(tape);
	}
	if (a->path && yesterday_steps > 0)
		return a->path[yesterday_steps] / 5 * 5;
	if (a == nifty || a->spec->beta == 0)
		return a->spec->level;
	return (int64_t)((double)a->spec->level * (double)nifty->close / (double)nifty->spec->level) / 5 * 5;
}

static void flat(const struct market *m, struct asset *a)
{
	for (int32_t i = 0; i <= m->steps; i++)
		a->path[i] = (int32_t)a->close;
}

/* Once the auction has made the index's close, what expires on it hardly moves. */
static void settle_down(const struct market *m, struct asset *a)
{
	int64_t from = (m->times.auction_end - m->times.open) / MARKET_STEP;

	for (int64_t i = from + 1; m->trades && i <= m->steps; i++)
		a->path[i] = a->path[from] + (a->path[i] - a->path[from]) / 20;
}

static int path_make(struct market *m, struct asset *a, int32_t yesterday_steps)
{
	const struct tape *tape = m->recorded ? tapes_index(m->tapes, a->spec->name, m->recorded) : NULL;

	a->close = close_of(m, a, tape, yesterday_steps);
	free(a->path);
	a->path = calloc((size_t)m->steps + 1, sizeof(*a->path));
	if (!a->path)
		return ERR_NOMEM;
	if (!m->trades)
		flat(m, a);
	else if (tape)
		play(m, a, tape);
	else if (a == &m->asset[0])
		walk_own(m, a);
	else if (a->spec->beta == 0)
		walk_fear(m, a, &m->asset[0]);
	else
		walk_with(m, a, &m->asset[0]);
	settle_down(m, a);
	return ERR_OK;
}

static int32_t days_since_first(const struct market *m)
{
	int32_t n = 0;

	for (int32_t date = m->first_date; date < m->date; date = calendar_next(date))
		n++;
	return n;
}

int market_walk_day(struct market *m)
{
	struct day_times t = { .open = TIME_OF_DAY(9, 15), .close = TIME_OF_DAY(15, 30) };
	int32_t yesterday = m->steps;

	m->trades = calendar_times(SIM_NSE_FO, m->date, &t);
	m->times = t;
	m->open = stamp_at(m->date, t.open);
	m->steps = (int32_t)((t.close - t.open) / MARKET_STEP);
	m->recorded = m->tapes && m->trades ? tapes_day(m->tapes, m->date, m->seed, days_since_first(m)) : 0;
	for (size_t i = 0; i < m->n_assets; i++) {
		int err = path_make(m, &m->asset[i], yesterday);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}
