/* Exact numbers of the order path. Prices and money are integers in 1/10,000 rupee, quantities integers in units
 * (not lots); overflow is an answer, never a wrap. No floating point here. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t price_t; /* 1/10,000 rupee */
typedef int64_t money_t; /* 1/10,000 rupee */
typedef int64_t qty_t;   /* units, never lots; sells are negative only where a header says signed */

#define NUM_SCALE 10000
#define NUM_UNKNOWN INT64_MIN /* "not known"; printed as null, never as 0 */

/* What a decimal of a file or a request may hold at most: 90 billion rupees keeps every product below in int64. */
#define NUM_DECIMAL_MAX (INT64_C(900000000000000))

/* Checked arithmetic: false on overflow, and then *ret is untouched. */
static inline bool num_add(int64_t a, int64_t b, int64_t *ret)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

static inline bool num_sub(int64_t a, int64_t b, int64_t *ret)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return false;
	*ret = difference;
	return true;
}

static inline bool num_mul(int64_t a, int64_t b, int64_t *ret)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

/* Division rounded down / half away from zero; d > 0. */
static inline int64_t num_div_floor(int64_t a, int64_t d)
{
	assert(d > 0);
	int64_t quotient = a / d;

	return quotient - (a % d < 0);
}

static inline int64_t num_div_round(int64_t a, int64_t d)
{
	assert(d > 0);
	uint64_t size = a < 0 ? 0 - (uint64_t)a : (uint64_t)a, quotient = (size + (uint64_t)d / 2) / (uint64_t)d; /* the sum stays below 2^64 */

	return (int64_t)(a < 0 ? 0 - quotient : quotient);
}

bool num_mul_div_wide(int64_t a, int64_t b, int64_t d, int64_t *ret); /* when a * b is no int64 */

/* a * b / d in 128 bits, rounded half away from zero. d > 0. False when the result does not fit. */
static inline bool num_mul_div(int64_t a, int64_t b, int64_t d, int64_t *ret)
{
	int64_t product;

	if (!num_mul(a, b, &product)) /* 128 bits are divided in software */
		return num_mul_div_wide(a, b, d, ret);
	*ret = num_div_round(product, d);
	return true;
}

/* Price to the tick at or below / at or above / nearest (half up). tick > 0. */
static inline price_t price_floor(price_t price, price_t tick)
{
	return num_div_floor(price, tick) * tick;
}

static inline price_t price_ceil(price_t price, price_t tick)
{
	return -num_div_floor(-price, tick) * tick;
}

static inline price_t price_nearest(price_t price, price_t tick)
{
	return num_div_floor(price + tick / 2, tick) * tick;
}

/* A plain decimal ("-12.5", "100", ".05", "2.1e+06" is refused) to 1/10,000. The whole text must be the number.
 * More than four decimals are accepted only when the rest are zeros (ERR_RANGE else). Errors: ERR_PARSE, ERR_RANGE. */
int num_parse(const char *text, size_t len, int64_t *ret);

/* As num_parse, but extra decimals are rounded half away from zero; for market data with float noise
 * ("41239.600000001"), never for operator input. */
int num_parse_rounded(const char *text, size_t len, int64_t *ret);

/* A plain integer in [min, max]. The whole text must be the number. Errors: ERR_PARSE, ERR_RANGE. */
int num_parse_int(const char *text, size_t len, int64_t min, int64_t max, int64_t *ret);

/* Prints at least two decimals and as many as needed: 12.50, 0.0018, -3.00. NUM_UNKNOWN prints "null".
 * buf holds NUM_TEXT bytes. Returns the length. */
#define NUM_TEXT 32
size_t num_format(int64_t value, char *buf);
