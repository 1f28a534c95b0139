#include "lib/kotak/master_scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "lib/base/obj.h"

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
#define WIDE   __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WIDEST __attribute__((target("avx2,bmi,bmi2,popcnt,avx512f,avx512bw,avx512vbmi2")))

static bool has_wide(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

static bool has_widest(void)
{
	return has_wide() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}

WIDE static inline uint64_t equal_bits(__m256i low, __m256i high, __m256i what)
{
	uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, what)), b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, what));

	return a | (uint64_t)b << 32;
}

WIDE static void classify_wide(const char *p, size_t blocks, struct scan_block *ret)
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

WIDEST static void classify_widest(const char *p, size_t blocks, struct scan_block *ret)
{
	const __m512i comma = _mm512_set1_epi8(','), newline = _mm512_set1_epi8('\n'), quote = _mm512_set1_epi8('"');

	for (; blocks > 0; blocks--, ret++, p += 64) {
		__m512i all = _mm512_loadu_si512(p);

		ret->newline = _mm512_cmpeq_epi8_mask(all, newline);
		ret->quote = _mm512_cmpeq_epi8_mask(all, quote);
		ret->separator = _mm512_cmpeq_epi8_mask(all, comma) | ret->newline;
	}
}
#endif

static void classify(const char *p, size_t blocks, struct scan_block *ret)
{
#if defined(__x86_64__)
	if (has_wide()) {
		(has_widest() ? classify_widest : classify_wide)(p, blocks, ret);
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

/* The bits of `wanted` that belong to the next 64 separators, when n were met. */
static inline uint64_t wanted_from(const struct scan *s, size_t n)
{
	size_t last = ARRAY_LEN(s->wanted) - 2, at = n / 64 < last ? n / 64 : last;

	return s->wanted[at] >> n % 64 | s->wanted[at + 1] << 1 << (63 - n % 64);
}

/* Of the bits, the one with number i from below is kept if bit i of `which` is set. */
typedef uint64_t choose_way(uint64_t bits, uint64_t which);
/* Stores base + the number of each bit, ascending. Returns the end; up to 16 more may be overwritten. */
typedef uint32_t *store_way(uint64_t bits, uint32_t base, uint32_t *at);

static uint64_t choose_plain(uint64_t bits, uint64_t which)
{
	uint64_t chosen = 0;

	for (; bits && which; bits &= bits - 1, which >>= 1)
		if (which & 1)
			chosen |= bits & -bits;
	return chosen;
}

static uint32_t *store_plain(uint64_t bits, uint32_t base, uint32_t *at)
{
	for (; bits; bits &= bits - 1)
		*at++ = base + (uint32_t)__builtin_ctzll(bits);
	return at;
}

static inline __attribute__((always_inline)) enum scan_result cut_row(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row,
                                                                      choose_way *choose, store_way *store)
{
	size_t begin = s->row, n = 0; /* separators so far */

	*ret_row = begin;
	if (begin >= s->len)
		return SCAN_END;
	for (;; s->at++, s->live = UINT64_MAX) {
		if (s->at == s->blocks && !refill(s))
			return SCAN_CUT;
		const struct scan_block *b = &s->block[s->at];
		uint64_t newline = b->newline & s->live, here = s->live & (newline ^ (newline - 1)); /* through the first newline, if any */
		uint64_t separators = b->separator & here;
		uint32_t base = (uint32_t)(s->base + s->at * 64);

		__builtin_prefetch(s->text + base + SCAN_BLOCKS * 64); /* for the next refill(), while there is other work */
		if (b->quote & here)
			return SCAN_QUOTED;
		at = store(choose(separators, wanted_from(s, n)), base, at);
		n += (size_t)__builtin_popcountll(separators);
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

static enum scan_result cut_row_plain(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row)
{
	return cut_row(s, at, ret_n, ret_row, choose_plain, store_plain);
}

#if defined(__x86_64__)
WIDE static inline uint64_t choose_wide(uint64_t bits, uint64_t which)
{
	return _pdep_u64(which, bits);
}

/* Eight at a time whether there are as many or not: a branch on their number would often be guessed wrong. */
WIDE static inline uint32_t *store_wide(uint64_t bits, uint32_t base, uint32_t *at)
{
	uint32_t *end = at + __builtin_popcountll(bits);

#define NEXT *at++ = base + (uint32_t)_tzcnt_u64(bits), bits = _blsr_u64(bits)
	do {
		NEXT, NEXT, NEXT, NEXT, NEXT, NEXT, NEXT, NEXT;
	} while (bits);
#undef NEXT
	return end;
}

WIDE static enum scan_result cut_row_wide(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row)
{
	return cut_row(s, at, ret_n, ret_row, choose_wide, store_wide);
}

WIDEST static inline uint32_t *store_widest(uint64_t bits, uint32_t base, uint32_t *at)
{
	static const uint8_t numbers[64] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
		32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
	int n = __builtin_popcountll(bits);

	if (n > 16)
		return store_wide(bits, base, at);
	__m512i chosen = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers));
	_mm512_storeu_si512(at, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(chosen)), _mm512_set1_epi32((int)base)));
	return at + n;
}

WIDEST static enum scan_result cut_row_widest(struct scan *s, uint32_t *at, size_t *ret_n, size_t *ret_row)
{
	return cut_row(s, at, ret_n, ret_row, choose_wide, store_widest);
}
#endif

enum scan_result scan_row(struct scan *s, uint32_t ret_at[SCAN_AT], size_t *ret_n, size_t *ret_row)
{
#if defined(__x86_64__)
	if (has_wide())
		return (has_widest() ? cut_row_widest : cut_row_wide)(s, ret_at, ret_n, ret_row);
#endif
	return cut_row_plain(s, ret_at, ret_n, ret_row);
}
