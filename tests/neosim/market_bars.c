/* Candles of the day so far: the path looked at once a second, which is what the quotes followed. */
#include <string.h>

#include "tests/neosim/market_priv.h"

static void widen(struct sim_bar *b, int64_t price)
{
	b->high = price > b->high ? price : b->high;
	b->low = price < b->low ? price : b->low;
	b->close = price;
}

static int64_t rounded(const struct instrument *in, double fair)
{
	int64_t price = (int64_t)(fair / (double)in->s.tick + 0.5) * in->s.tick;

	return price < in->s.tick ? in->s.tick : price;
}

static struct sim_bar bar_at(const struct market *m, const struct instrument *in, int32_t from, int32_t to)
{
	int64_t price = rounded(in, market_fair(m, in, from));
	struct sim_bar b = { market_second(m, from), price, price, price, price, 0 };

	for (int32_t step = from; step <= to; step += STEPS_A_SECOND)
		widen(&b, rounded(in, market_fair(m, in, step)));
	b.volume = market_volume(m, in, to) - (from > 0 ? market_volume(m, in, from - 1) : 0); /* the bars of a day add up to its volume */
	return b;
}

size_t market_bars(const struct market *m, const struct scrip *s, int32_t from, int32_t to, int seconds, struct sim_bar *ret, size_t max)
{
	const struct instrument *in = instrument_of(s);
	int32_t last = market_last_step(m, in), length = seconds * STEPS_A_SECOND;
	size_t n = 0;

	if (in->kind == KIND_LISTED || m->date < from || m->date > to || seconds <= 0 || !m->trades)
		return 0;
	last = m->step < last ? m->step : last;
	for (int32_t step = 0; step < last && n < max; step += length) {
		int32_t end = step + length - 1 < last ? step + length - 1 : last;
		ret[n++] = bar_at(m, in, step, end);
	}
	if (n > 0 && m->step <= market_last_step(m, in)) /* what was set by hand is the present */
		widen(&ret[n - 1], in->quote->last);
	return n;
}
