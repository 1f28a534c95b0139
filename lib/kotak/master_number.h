/* Numbers as Kotak's files print them: "65", "1801.00", "-1", "2.1e+06" (%g, six digits). Exact, without floating point. Plain digits, which nearly
 * every number is, are read here eight at a time: a master has a million of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct master_field { const char *text; size_t len; };

#define MASTER_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

#define MASTER_BEFORE 8 /* bytes before a number that can be read, whatever they are: it is loaded from its end */

/* The last 8 characters up to `end` of a text of 1 to 8, '0' in place of those before it. */
static inline uint64_t master_right_aligned(const char *end, size_t len)
{
	size_t others = 8 * (8 - len);
	uint64_t word;

	memcpy(&word, end - 8, 8);
	return word >> others << others | MASTER_EACH('0') >> 8 >> (56 - others);
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
	const char *end = text + len;
	int64_t high;

	if (len - 1 < 8)
		return master_eight_digits(master_right_aligned(end, len), ret);
	if (len - 1 >= 10 || !master_eight_digits(master_right_aligned(end - 8, len - 8), &high) || !master_eight_digits(master_right_aligned(end, 8), ret))
		return false;
	*ret += high * 100000000;
	return true;
}

/* For whatever is not plain digits: sign, point, exponent. */
bool master_number_slowly(const char *text, size_t len, int64_t scale, int64_t *ret, int64_t *ret_slack);

/* A number times `scale` (at most 10,000), which must come out whole; empty is 0. *ret_slack = by how much %g may have rounded it (half a unit of
 * the sixth digit), 0 where all digits are there. False for what is no number or does not fit. MASTER_BEFORE bytes stand before it. */
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

struct master_eight { int64_t value[8]; uint32_t plain; }; /* bit i: field i is 0 to 8 plain digits and value[i] is their number; else it is nothing */

/* Eight fields at once, which is how a row's numbers are read. MASTER_BEFORE bytes stand before each, empty or not. */
void master_eight_read(const struct master_field f[8], struct master_eight *ret);
