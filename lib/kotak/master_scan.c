#include "lib/kotak/master_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* -- bytes to bits ------------------------------------------------------------------------------------------- */

static struct scan_block classify_bytes(const char *p)
{
	struct scan_block b = { 0 };

	for (int i = 0; i < 64; i++) {
		uint64_t bit = UINT64_C(1) << i;

		if (p[i] == '\n')
			b.newline |= bit;
		if (p[i] == '"')
			b.quote |= bit;
		if (p[i] == ',' || p[i] == '\n')
			b.separator |= bit;
	}
	return b;
}

#if defined(__x86_64__)
__attribute__((target("avx2")))
static inline uint64_t equal_bits(__m256i low, __m256i high, __m256i what)
{
	uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, what)), b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, what));

	return a | (uint64_t)b << 32;
}

__attribute__((target("avx2")))
static void classify_wide(const char *p, size_t blocks, struct scan_block *ret)
{
	const __m256i comma = _mm256_set1_epi8(','), newline = _mm256_set1_epi8('\n'), quote = _mm256_set1_epi8('"');

	for (; blocks > 0; blocks--, ret++, p += 64) {
		__m256i low, high;

		memcpy(&low, p, sizeof(low));
		memcpy(&high, p + 32, sizeof(high));
		ret->newline = equal_bits(low, high, newline);
		ret->quote = equal_bits(low, high, quote);
		ret->separator = equal_bits(low, high, comma) | ret->newline;
	}
}
#endif

static void classify(const char *p, size_t blocks, struct scan_block *ret)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		classify_wide(p, blocks, ret);
		return;
	}
#endif
	for (; blocks > 0; blocks--, ret++, p += 64)
		*ret = classify_bytes(p);
}

/* -- rows ---------------------------------------------------------------------------------------------------- */

void scan_seek(struct scan *s, size_t offset)
{
	size_t left = s->len - offset, whole = left / 64;

	s->row = s->base = offset;
	s->at = 0;
	s->live = UINT64_MAX;
	s->blocks = whole < SCAN_BLOCKS ? whole : SCAN_BLOCKS;
	if (s->blocks > 0) {
		classify(s->text + offset, s->blocks, s->block);
	} else if (left > 0) {
		char tail[64] = { 0 };

		memcpy(tail, s->text + offset, left);
		classify(tail, 1, s->block);
		s->blocks = 1;
	}
}

void scan_begin(struct scan *s, const char *text, size_t len)
{
	s->text = text;
	s->len = len;
	scan_seek(s, 0);
}

size_t scan_next_line(const struct scan *s, size_t offset)
{
	const char *end = offset < s->len ? memchr(s->text + offset, '\n', s->len - offset) : NULL;

	return end ? (size_t)(end - s->text) + 1 : s->len;
}

/* More blocks, or false at the end of the text. The row's beginning stays. */
static bool refill(struct scan *s)
{
	size_t row = s->row, next = s->base + s->blocks * 64;

	if (next >= s->len)
		return false;
	scan_seek(s, next);
	s->row = row;
	return true;
}

/* Where the n-th bit from below stands; it is there. */
static inline unsigned nth_bit(uint64_t bits, uint32_t n)
{
	for (; n > 0; n--)
		bits &= bits - 1;
	return (unsigned)__builtin_ctzll(bits);
}

typedef unsigned nth_bit_of(uint64_t bits, uint32_t n);

static inline __attribute__((always_inline)) enum scan_result cut_row(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row, nth_bit_of *nth)
{
	const uint32_t *wanted = s->wanted;
	size_t begin = s->row;
	uint32_t n = 0; /* separators so far */

	*ret_row = begin;
	if (begin >= s->len)
		return SCAN_END;
	for (;; s->at++, s->live = UINT64_MAX) {
		if (s->at == s->blocks && !refill(s))
			return SCAN_CUT;
		const struct scan_block *b = &s->block[s->at];
		uint64_t newline = b->newline & s->live, here = s->live & (newline ^ (newline - 1)); /* through the first newline, if any */
		uint64_t separators = b->separator & here;
		uint32_t base = (uint32_t)(s->base + s->at * 64), after = n + (uint32_t)__builtin_popcountll(separators);

		if (b->quote & here)
			return SCAN_QUOTED;
		for (; *wanted < after; wanted++)
			*at++ = base + nth(separators, *wanted - n);
		n = after;
		if (newline) {
			s->live &= ~here;
			s->row = base + (size_t)__builtin_ctzll(newline) + 1;
			*ret_n = n;
			return SCAN_ROW;
		}
		if (base > begin + SCAN_ROW_MAX)
			break;
	}
	scan_seek(s, scan_next_line(s, begin));
	return SCAN_BAD;
}

#if defined(__x86_64__)
__attribute__((target("bmi,bmi2,popcnt")))
static inline unsigned nth_bit_wide(uint64_t bits, uint32_t n)
{
	return (unsigned)__builtin_ctzll(_pdep_u64(UINT64_C(1) << n, bits));
}

__attribute__((target("bmi,bmi2,popcnt")))
static enum scan_result cut_row_wide(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row)
{
	return cut_row(s, at, ret_n, ret_row, nth_bit_wide);
}
#endif

enum scan_result scan_row(struct scan *s, uint32_t ret_at[SCAN_WANTED_MAX], size_t *ret_n, size_t *ret_row)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt"))
		return cut_row_wide(s, ret_at, ret_n, ret_row);
#endif
	return cut_row(s, ret_at, ret_n, ret_row, nth_bit);
}
