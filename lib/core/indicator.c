/* See indicator.h. Nothing here knows a strategy, an order or the time of day. */
#include "lib/core/indicator.h"

#include <math.h>

#include "lib/base/obj.h"

/* -- moving averages ----------------------------------------------------------------------------------------------- */

/* A strategy that joins a series midway finds bars already there; the window is then read whole. */
static void sma_read(struct sma *m, const struct series *s, uint32_t length)
{
	*m = (struct sma){ 0, length, s->count < length ? s->count : length };
	for (uint32_t i = 0; i < m->seen; i++)
		m->sum += series_at(s, i)->close;
}

void sma_update(struct sma *m, const struct series *s, uint32_t length)
{
	assert(length > 0 && length < SERIES_BARS);
	if (m->length != length || s->count <= m->seen) {
		sma_read(m, s, length);
		return;
	}
	m->sum += series_at(s, 0)->close;
	if (m->seen == length)
		m->sum -= series_at(s, length)->close;
	else
		m->seen++;
}

static void wilder_update(struct wilder *w, double x, uint32_t length)
{
	if (w->length != length)
		*w = (struct wilder){ 0, 1.0 / length, length, 0 };
	if (w->seen == length) {
		w->value += w->alpha * (x - w->value);
		return;
	}
	w->value += x;
	if (++w->seen == length)
		w->value /= length;
}

/* -- momentum, range, trend ---------------------------------------------------------------------------------------- */

static double positive(double x)
{
	return x > 0 ? x : 0;
}

void rsi_update(struct rsi *r, price_t close, uint32_t length)
{
	if (r->length != length) {
		*r = (struct rsi){ .close = close, .length = length };
		return;
	}
	double change = (double)(close - r->close);

	r->close = close;
	wilder_update(&r->gain, positive(change), length);
	wilder_update(&r->loss, positive(-change), length);
	if (!wilder_ready(&r->gain))
		return;
	double moved = r->gain.value + r->loss.value;
	r->previous = r->value;
	r->value = moved > 0 ? 100 * r->gain.value / moved : 50;
	r->values += r->values < 2;
}

void atr_update(struct atr *a, const struct bar *bar, uint32_t length)
{
	if (a->length != length)
		*a = (struct atr){ .close = bar->close, .length = length };
	/* the true range reaches to the close before; the first bar has none, and its own close changes nothing */
	price_t high = a->close > bar->high ? a->close : bar->high;
	price_t low = a->close < bar->low ? a->close : bar->low;

	a->close = bar->close;
	wilder_update(&a->range, (double)(high - low), length);
}

/* The directional indicators are the averaged moves over the same true range, which cancels in their ratio: it is not
 * computed. */
void adx_update(struct adx *a, const struct bar *bar, uint32_t length)
{
	if (a->length != length) {
		*a = (struct adx){ .high = bar->high, .low = bar->low, .length = length };
		return;
	}
	double up = positive((double)(bar->high - a->high)), down = positive((double)(a->low - bar->low));

	a->high = bar->high;
	a->low = bar->low;
	wilder_update(&a->plus, up > down ? up : 0, length);
	wilder_update(&a->minus, down > up ? down : 0, length);
	if (!wilder_ready(&a->plus))
		return;
	double sum = a->plus.value + a->minus.value, gap = a->plus.value - a->minus.value;
	wilder_update(&a->index, sum > 0 ? 100 * (gap < 0 ? -gap : gap) / sum : 0, length);
}

void supertrend_update(struct supertrend *t, const struct bar *bar, uint32_t length, double multiple)
{
	atr_update(&t->atr, bar, length);
	price_t close_before = t->close;
	t->close = bar->close;
	if (!atr_ready(&t->atr)) {
		t->direction = 0;
		return;
	}
	double middle = ((double)bar->high + (double)bar->low) / 2, reach = multiple * t->atr.range.value;
	double upper = middle + reach, lower = middle - reach, close = (double)bar->close;

	if (t->direction == 0) {
		t->upper = upper;
		t->lower = lower;
		t->direction = close >= middle ? 1 : -1;
		return;
	}
	if (upper < t->upper || (double)close_before > t->upper)
		t->upper = upper;
	if (lower > t->lower || (double)close_before < t->lower)
		t->lower = lower;
	if (t->direction < 0 ? close > t->upper : close < t->lower)
		t->direction = -t->direction;
}

/* -- the session's mean -------------------------------------------------------------------------------------------- */

void vwap_update(struct vwap *v, const struct bar *bar)
{
	double typical = ((double)bar->high + (double)bar->low + (double)bar->close) / 3;

	v->seen++;
	v->plain += typical;
	if (bar->volume > 0) {
		v->weighted += typical * (double)bar->volume;
		v->weight += (double)bar->volume;
	}
	v->value = v->weight > 0 ? v->weighted / v->weight : v->plain / v->seen;
	/* Welford's update: no difference of two large sums */
	double deviation = (double)bar->close - v->value, off = deviation - v->mean;
	v->mean += off / v->seen;
	v->squares += off * (deviation - v->mean);
}

/* -- windows ------------------------------------------------------------------------------------------------------- */

static uint32_t window_of(const struct series *s, uint32_t length)
{
	assert(length > 0 && length <= SERIES_BARS);
	return s->count < length ? s->count : length;
}

/* True when the remembered extreme cannot be carried on: new, another length, or older than the window. */
static bool rolling_expired(struct rolling *r, uint32_t length)
{
	bool known = r->length == length;

	r->length = length;
	return !known || ++r->age >= length;
}

void rolling_high(struct rolling *r, const struct series *s, uint32_t length)
{
	uint32_t window = window_of(s, length);

	if (!rolling_expired(r, length)) {
		price_t newest = series_at(s, 0)->high;
		if (newest >= r->value)
			*r = (struct rolling){ newest, length, 0 };
		return;
	}
	price_t high = series_high(s, 0, window);
	uint32_t age = 0;
	while (series_at(s, age)->high != high)
		age++;
	*r = (struct rolling){ high, length, age };
}

void rolling_low(struct rolling *r, const struct series *s, uint32_t length)
{
	uint32_t window = window_of(s, length);

	if (!rolling_expired(r, length)) {
		price_t newest = series_at(s, 0)->low;
		if (newest <= r->value)
			*r = (struct rolling){ newest, length, 0 };
		return;
	}
	price_t low = series_low(s, 0, window);
	uint32_t age = 0;
	while (series_at(s, age)->low != low)
		age++;
	*r = (struct rolling){ low, length, age };
}

struct bollinger bollinger_of(const struct series *s, uint32_t length, double deviations)
{
	double sum = 0, squares = 0;

	assert(length > 0);
	for (uint32_t i = 0; i < length; i++)
		sum += (double)series_at(s, i)->close;
	double middle = sum / length;
	for (uint32_t i = 0; i < length; i++) {
		double off = (double)series_at(s, i)->close - middle;
		squares += off * off;
	}
	double reach = deviations * sqrt(squares / length);
	return (struct bollinger){ middle, middle + reach, middle - reach };
}

/* -- out of the doubles -------------------------------------------------------------------------------------------- */

price_t price_round(double price)
{
	assert(price > -9e18 && price < 9e18);
	price_t whole = (price_t)price;
	double rest = price - (double)whole;

	/* adding a half first would round 0.49999999999999994 up */
	return whole + (rest >= 0.5) - (rest <= -0.5);
}
