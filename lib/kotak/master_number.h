/* Numbers as Kotak's files print them: "65", "1801.00", "-1", "2.1e+06" (%g, six digits). Exact, without floating point. Plain digits, which nearly
 * every number is, are read here eight at a time: a master has a million of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MASTER_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t master_load(const char *text, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, text, len);
	return word;
}

/* 1 to 8 characters, the last one in the highest byte, '0' below the first. Two loads of a fixed length that overlap, not a loop. */
static inline uint64_t master_right_aligned(const char *text, size_t len)
{
	uint64_t word;

	if (len >= 4)
		word = master_load(text, 4) | master_load(text + len - 4, 4) << (8 * (len - 4));
	else if (len >= 2)
		word = master_load(text, 2) | master_load(text + len - 2, 2) << (8 * (len - 2));
	else
		word = (unsigned char)text[0];
	return len == 8 ? word : word << (64 - 8 * len) | MASTER_EACH('0') >> (8 * len);
}

static inline bool master_eight_digits(uint64_t word, int64_t *ret)
{
	if (((word & MASTER_EACH(0xf0)) | ((word + MASTER_EACH(0x06)) & MASTER_EACH(0xf0)) >> 4) != MASTER_EACH(0x33))
		return false;
	word -= MASTER_EACH('0');
	word = word * 10 + (word >> 8); /* pairs, in every second byte */
	*ret = (int64_t)(((word & UINT64_C(0x000000ff000000ff)) * (100 + (UINT64_C(1000000) << 32)) +
	                  (word >> 16 & UINT64_C(0x000000ff000000ff)) * (1 + (UINT64_C(10000) << 32))) >> 32);
	return true;
}

static inline bool master_plain_digits(const char *text, size_t len, int64_t *ret)
{
	int64_t high = 0, low;

	if (len == 0 || len > 10)
		return false;
	if (len > 8) {
		if (!master_eight_digits(master_right_aligned(text, len - 8), &high))
			return false;
		text += len - 8;
		len = 8;
	}
	if (!master_eight_digits(master_right_aligned(text, len), &low))
		return false;
	*ret = high * 100000000 + low;
	return true;
}

/* For whatever is not plain digits: sign, point, exponent. */
bool master_number_slowly(const char *text, size_t len, int64_t scale, int64_t *ret, int64_t *ret_slack);

/* A number times `scale` (at most 10,000), which must come out whole; empty is 0. *ret_slack = by how much %g may have rounded it (half a unit of
 * the sixth digit), 0 where all digits are there. False for what is no number or does not fit. */
static inline bool master_number(const char *text, size_t len, int64_t scale, int64_t *ret, int64_t *ret_slack)
{
	int64_t value = 0;

	if (len > 0 && !master_plain_digits(text, len, &value))
		return master_number_slowly(text, len, scale, ret, ret_slack);
	*ret = value * scale;
	*ret_slack = 0;
	return true;
}

/* The same for what needs no slack. */
static inline bool master_whole(const char *text, size_t len, int64_t scale, int64_t *ret)
{
	int64_t slack;

	return master_number(text, len, scale, ret, &slack);
}
