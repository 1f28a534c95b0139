#include "lib/feed/blackscholes.h"

#include <stdint.h>
#include <string.h>

#define LN2 0.693147180559945309417

/* 2^power, -1022..1023 */
static double power_of_two(int power)
{
	uint64_t bits = (uint64_t)(power + 1023) << 52;
	double ret;

	memcpy(&ret, &bits, sizeof(ret));
	return ret;
}

/* x = power * ln 2 + rest, |rest| <= ln 2 / 2, then the series of e^rest. */
double black_exp(double x)
{
	if (x < -700)
		return 0;
	if (x > 700)
		x = 700;
	int power = (int)(x / LN2 + (x < 0 ? -0.5 : 0.5));
	double rest = x - power * LN2, term = 1, sum = 1;

	for (int n = 1; n <= 16; n++) {
		term *= rest / n;
		sum += term;
	}
	return sum * power_of_two(power);
}

/* x = m * 2^power with m near 1, then 2 * (z + z^3/3 + z^5/5 ...), z = (m - 1) / (m + 1). */
double black_log(double x)
{
	int power = 0;

	for (; x > 1.4142135623730951; power++)
		x /= 2;
	for (; x < 0.7071067811865476; power--)
		x *= 2;
	double z = (x - 1) / (x + 1), square = z * z, term = z, sum = 0;
	for (int n = 1; n <= 25; n += 2) {
		sum += term / n;
		term *= square;
	}
	return 2 * sum + power * LN2;
}

/* Newton's method; the first guess halves the exponent. */
double black_root(double x)
{
	uint64_t bits;
	double y;

	memcpy(&bits, &x, sizeof(bits));
	bits = (bits >> 1) + (UINT64_C(1023) << 51);
	memcpy(&y, &bits, sizeof(y));
	for (int i = 0; i < 5; i++)
		y = (y + x / y) / 2;
	return y;
}

/* Abramowitz and Stegun 26.2.17. */
double black_normal(double x)
{
	double a = x < 0 ? -x : x, t = 1 / (1 + 0.2316419 * a);
	double density = 0.3989422804014327 * black_exp(-a * a / 2);
	double tail = density * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));

	return x < 0 ? tail : 1 - tail;
}

double black_value(double forward, double strike, double years, double vol, bool call)
{
	double deviation = vol * black_root(years);
	double d1 = black_log(forward / strike) / deviation + deviation / 2, d2 = d1 - deviation;
	double value = forward * black_normal(d1) - strike * black_normal(d2);
	double intrinsic = forward > strike ? forward - strike : 0;

	if (value < intrinsic)
		value = intrinsic; /* the approximation's error must not make an option cheaper than its exercise */
	return call ? value : value - forward + strike;
}
