/* Indicators over the closed bars of a series: plain structs without pointers, all zero at first, so that they live in
 * a strategy's checkpointed state. Call the update once for each closed bar; a changed length starts the indicator
 * anew. Values are in 1/10,000 rupee where they are prices. Doubles are allowed here and nowhere near an order: what
 * leaves a strategy is rounded by price_round(). Rules and seeds: docs/strategies/README.md. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/series.h"

/* -- moving averages ----------------------------------------------------------------------------------------------- */

/* Exponential, alpha = 2 / (length + 1), seeded by the first value. `value` holds from the first update on; how long
 * it must run before it is believed is the strategy's choice (`seen`). */
struct ema { double value, alpha; uint32_t length, seen; };

static inline void ema_update(struct ema *e, double x, uint32_t length)
{
	if (e->length != length)
		*e = (struct ema){ x, 2.0 / (length + 1.0), length, 0 };
	e->value += e->alpha * (x - e->value);
	e->seen++;
}

/* Simple, of the last `length` closes; an exact integer sum, so it never drifts. length < SERIES_BARS.
 * `seen` = closes in the sum: ready when it equals length. */
struct sma { int64_t sum; uint32_t length, seen; };
void sma_update(struct sma *m, const struct series *s, uint32_t length);
static inline double sma_value(const struct sma *m) { return (double)m->sum / m->seen; }

/* Wilder's average: the plain mean of the first `length` values, then each new one with weight 1 / length. Until
 * `seen` reaches length, `value` is the running sum. */
struct wilder { double value, alpha; uint32_t length, seen; };
static inline bool wilder_ready(const struct wilder *w) { return w->length > 0 && w->seen == w->length; }

/* -- momentum, range, trend ---------------------------------------------------------------------------------------- */

/* Wilder's RSI, 0..100; 50 when nothing moved. Ready after length + 1 closes; `previous` counts from the next. */
struct rsi { struct wilder gain, loss; double value, previous; price_t close; uint32_t length, values; };
void rsi_update(struct rsi *r, price_t close, uint32_t length);
static inline bool rsi_ready(const struct rsi *r) { return r->values > 0; }
/* previous < level <= now, and its mirror previous > level >= now. False without a previous value. */
static inline bool rsi_crossed_up(const struct rsi *r, double level)
{
	return r->values > 1 && r->previous < level && r->value >= level;
}
static inline bool rsi_crossed_down(const struct rsi *r, double level)
{
	return r->values > 1 && r->previous > level && r->value <= level;
}

/* Wilder's ATR. The first bar's range is high - low. Ready after length bars. */
struct atr { struct wilder range; price_t close; uint32_t length, pad; };
void atr_update(struct atr *a, const struct bar *bar, uint32_t length);
static inline bool atr_ready(const struct atr *a) { return wilder_ready(&a->range); }

/* Wilder's ADX, 0..100. Ready after 2 * length bars. */
struct adx { struct wilder plus, minus, index; price_t high, low; uint32_t length, pad; };
void adx_update(struct adx *a, const struct bar *bar, uint32_t length);
static inline bool adx_ready(const struct adx *a) { return wilder_ready(&a->index); }

/* Bands of `multiple` ATRs around each bar's middle that only tighten while the trend lasts. direction: +1 up (the
 * line is the lower band), -1 down, 0 not ready. The first direction is the side of the middle the close is on. */
struct supertrend { struct atr atr; double upper, lower; price_t close; int32_t direction; uint32_t pad; };
void supertrend_update(struct supertrend *t, const struct bar *bar, uint32_t length, double multiple);
static inline double supertrend_line(const struct supertrend *t) { return t->direction > 0 ? t->lower : t->upper; }

/* -- the session's mean -------------------------------------------------------------------------------------------- */

/* Average of the typical price (high + low + close) / 3 since the session began: weighted by volume once the session
 * has any, else the plain mean. Also the variance (of the population) of close - VWAP, each against the VWAP of its own
 * time. Zero it at each session. Ready when seen > 0. */
struct vwap { double value, weighted, weight, plain, mean, squares; uint32_t seen, pad; };
void vwap_update(struct vwap *v, const struct bar *bar);
static inline double vwap_variance(const struct vwap *v) { return v->seen > 0 ? v->squares / v->seen : 0; }

/* -- windows ------------------------------------------------------------------------------------------------------- */

/* Highest high / lowest low of the last `length` bars (fewer while the series has fewer), remembered with its age, so
 * that the window is read again only when the extreme leaves it. age = bars since its newest occurrence.
 * 0 < length <= SERIES_BARS. */
struct rolling { price_t value; uint32_t length, age; };
void rolling_high(struct rolling *r, const struct series *s, uint32_t length);
void rolling_low(struct rolling *r, const struct series *s, uint32_t length);

/* Mean of the last `length` closes and bands of `deviations` standard deviations (of the population) around it.
 * No state: read from the series. 0 < length <= count, SERIES_BARS (asserted). */
struct bollinger { double middle, upper, lower; };
struct bollinger bollinger_of(const struct series *s, uint32_t length, double deviations);

/* -- out of the doubles -------------------------------------------------------------------------------------------- */

/* Nearest 1/10,000 rupee, half away from zero. NaN and what no int64 holds are bugs (asserted). */
price_t price_round(double price);
