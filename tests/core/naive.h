/* Indicators written a second time, straight from their definitions and from all bars each time, to hold the fast ones
 * against. Bars are oldest first; n = how many. NAN = not ready. Shares no code with lib/core/indicator. */
#pragma once

#include <math.h>
#include <stddef.h>

#include "lib/base/prng.h"
#include "lib/core/series.h"

#define NAIVE static inline __attribute__((unused))

NAIVE double naive_sma(const struct bar *b, size_t n, size_t length)
{
	double sum = 0;

	for (size_t i = n - length; i < n; i++)
		sum += (double)b[i].close;
	return sum / (double)length;
}

NAIVE double naive_ema(const struct bar *b, size_t n, double length)
{
	double alpha = 2 / (length + 1), e = (double)b[0].close;

	for (size_t i = 1; i < n; i++)
		e = alpha * (double)b[i].close + (1 - alpha) * e;
	return e;
}

/* Wilder's average of x[0..n): mean of the first, then (before * (length - 1) + x) / length. */
NAIVE double naive_wilder(const double *x, size_t n, size_t length)
{
	double average = 0;

	if (n < length)
		return NAN;
	for (size_t i = 0; i < length; i++)
		average += x[i] / (double)length;
	for (size_t i = length; i < n; i++)
		average = (average * ((double)length - 1) + x[i]) / (double)length;
	return average;
}

#define NAIVE_BARS 1000

NAIVE double naive_rsi(const struct bar *b, size_t n, size_t length)
{
	double gain[NAIVE_BARS], loss[NAIVE_BARS];

	if (n < length + 1)
		return NAN;
	for (size_t i = 1; i < n; i++) {
		double change = (double)(b[i].close - b[i - 1].close);
		gain[i - 1] = fmax(change, 0);
		loss[i - 1] = fmax(-change, 0);
	}
	double g = naive_wilder(gain, n - 1, length), l = naive_wilder(loss, n - 1, length);
	if (l == 0)
		return g == 0 ? 50 : 100;
	return 100 - 100 / (1 + g / l);
}

NAIVE double naive_true_range(const struct bar *b, size_t i)
{
	double range = (double)(b[i].high - b[i].low);

	if (i == 0)
		return range;
	double close = (double)b[i - 1].close;
	return fmax(range, fmax(fabs((double)b[i].high - close), fabs((double)b[i].low - close)));
}

NAIVE double naive_atr(const struct bar *b, size_t n, size_t length)
{
	double range[NAIVE_BARS];

	for (size_t i = 0; i < n; i++)
		range[i] = naive_true_range(b, i);
	return naive_wilder(range, n, length);
}

/* By the book: smoothed moves and true range, directional indicators, their index, its average. */
NAIVE double naive_adx(const struct bar *b, size_t n, size_t length)
{
	double range[NAIVE_BARS], plus[NAIVE_BARS], minus[NAIVE_BARS], index[NAIVE_BARS];
	size_t indexes = 0;

	for (size_t i = 1; i < n; i++) {
		double up = (double)(b[i].high - b[i - 1].high), down = (double)(b[i - 1].low - b[i].low);
		range[i - 1] = naive_true_range(b, i);
		plus[i - 1] = up > down && up > 0 ? up : 0;
		minus[i - 1] = down > up && down > 0 ? down : 0;
	}
	for (size_t m = length; m < n; m++) {
		double tr = naive_wilder(range, m, length);
		double p = tr > 0 ? 100 * naive_wilder(plus, m, length) / tr : 0;
		double q = tr > 0 ? 100 * naive_wilder(minus, m, length) / tr : 0;
		index[indexes++] = p + q > 0 ? 100 * fabs(p - q) / (p + q) : 0;
	}
	return naive_wilder(index, indexes, length);
}

/* VWAP after the last of n bars of a session; *ret_variance = of close - VWAP, each bar against its own VWAP. */
NAIVE double naive_vwap(const struct bar *b, size_t n, double *ret_variance)
{
	double deviation[NAIVE_BARS], value = NAN, mean = 0, variance = 0;
	double money = 0, units = 0, plain = 0;

	for (size_t i = 0; i < n; i++) {
		double typical = (double)(b[i].high + b[i].low + b[i].close) / 3;
		money += typical * (double)b[i].volume;
		units += (double)b[i].volume;
		plain += typical;
		value = units > 0 ? money / units : plain / (double)(i + 1);
		deviation[i] = (double)b[i].close - value;
		mean += deviation[i];
	}
	mean /= (double)n;
	for (size_t i = 0; i < n; i++)
		variance += (deviation[i] - mean) * (deviation[i] - mean) / (double)n;
	*ret_variance = variance;
	return value;
}

NAIVE price_t naive_high(const struct bar *b, size_t from, size_t to)
{
	price_t high = b[from].high;

	for (size_t i = from; i < to; i++)
		high = b[i].high > high ? b[i].high : high;
	return high;
}

NAIVE price_t naive_low(const struct bar *b, size_t from, size_t to)
{
	price_t low = b[from].low;

	for (size_t i = from; i < to; i++)
		low = b[i].low < low ? b[i].low : low;
	return low;
}

/* The next bar of a random walk on a 5 paise grid: eight steps of at most `step` ticks from the last close. */
NAIVE struct bar naive_walk(uint64_t *seed, price_t from, uint64_t step, int64_t volume)
{
	struct bar bar = { 0, from, from, from, from, volume };

	for (int i = 0; i < 8; i++) {
		bar.close += ((price_t)prng_below(seed, 2 * step + 1) - (price_t)step) * 500;
		if (bar.close < 500)
			bar.close = 500;
		bar.high = bar.close > bar.high ? bar.close : bar.high;
		bar.low = bar.close < bar.low ? bar.close : bar.low;
	}
	return bar;
}
