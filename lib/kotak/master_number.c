#include "lib/kotak/master_number.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "lib/base/num.h"

#define DIGITS_MAX 17
#define G_DIGITS 6 /* what %g prints */

struct decimal { int64_t digits; int places, count; bool exponent; }; /* digits / 10^places */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *take_digits(const char *at, const char *end, struct decimal *d)
{
	for (; at < end && is_digit(*at) && d->count < DIGITS_MAX; at++) {
		d->digits = d->digits * 10 + (*at - '0');
		d->count += d->digits != 0;
	}
	return at;
}

/* "e+06": two or three digits and a sign. */
static const char *take_exponent(const char *at, const char *end, struct decimal *d)
{
	bool negative = at + 1 < end && at[1] == '-';
	int power = 0;

	at += 1 + (at + 1 < end && (at[1] == '-' || at[1] == '+'));
	if (at == end || end - at > 3)
		return NULL;
	for (; at < end && is_digit(*at); at++)
		power = power * 10 + (*at - '0');
	d->places -= negative ? -power : power;
	d->exponent = true;
	return at;
}

static bool take_decimal(const char *at, const char *end, struct decimal *d)
{
	const char *first = at;

	at = take_digits(at, end, d);
	bool any = at > first;
	if (at < end && *at == '.') {
		first = ++at;
		at = take_digits(at, end, d);
		d->places = (int)(at - first);
		any |= at > first;
	}
	if (any && at < end && (*at == 'e' || *at == 'E'))
		at = take_exponent(at, end, d);
	return any && at == end;
}

/* value * 10^-places; false when something is left over or it does not fit. */
static bool shift(int64_t value, int places, int64_t *ret)
{
	if (value == 0) {
		*ret = 0;
		return true;
	}
	for (; places > 0; places--, value /= 10)
		if (value % 10 != 0)
			return false;
	for (; places < 0; places++)
		if (!num_mul(value, 10, &value))
			return false;
	*ret = value;
	return true;
}

bool master_number_slowly(const char *text, size_t len, int64_t scale, int64_t *ret, int64_t *ret_slack)
{
	bool negative = len > 0 && text[0] == '-';
	struct decimal d = { 0 };
	int64_t value, slack = 0;

	if (!take_decimal(text + negative, text + len, &d) || !num_mul(d.digits, scale, &value) || !shift(value, d.places, &value))
		return false;
	if (d.exponent && d.count >= G_DIGITS && d.places < 0) /* a digit may be lost: half of the last one's worth */
		shift(5 * scale, d.places + 1, &slack);
	*ret = negative ? -value : value;
	*ret_slack = slack;
	return true;
}

/* -- eight at once ------------------------------------------------------------------------------------------- */

static void read_eight(const struct master_field f[8], struct master_eight *ret)
{
	ret->plain = 0;
	for (int i = 0; i < 8; i++) {
		ret->value[i] = 0;
		if (f[i].len <= 8 && (f[i].len == 0 || master_plain_digits(f[i].text, f[i].len, &ret->value[i])))
			ret->plain |= 1u << i;
	}
}

#if defined(__x86_64__)
#define WIDE __attribute__((target("avx2")))

WIDE static inline long long last_eight(const struct master_field *f)
{
	long long word;

	memcpy(&word, f->text + f->len - 8, 8);
	return word;
}

/* Returns a bit for each that is plain. The numbers of any other are nothing. */
WIDE static inline uint32_t read_four(const struct master_field f[4], int64_t ret[4])
{
	const __m256i nine = _mm256_set1_epi8(9), ten = _mm256_set1_epi16(10 | 1 << 8), hundred = _mm256_set1_epi32(100 | 1 << 16), myriad = _mm256_set1_epi64x(10000);
	const __m256i zero = _mm256_set1_epi8('0');
	__m256i word = _mm256_set_epi64x(last_eight(&f[3]), last_eight(&f[2]), last_eight(&f[1]), last_eight(&f[0]));
	__m256i len = _mm256_set_epi64x((long long)f[3].len, (long long)f[2].len, (long long)f[1].len, (long long)f[0].len);
	__m256i bits = _mm256_slli_epi64(len, 3), others = _mm256_sub_epi64(_mm256_set1_epi64x(64), bits); /* a shift by 64 or more leaves 0: no digit, if the text is longer */

	word = _mm256_or_si256(_mm256_sllv_epi64(_mm256_srlv_epi64(word, others), others), _mm256_srlv_epi64(zero, bits));
	word = _mm256_sub_epi8(word, zero);
	__m256i good = _mm256_cmpeq_epi64(_mm256_max_epu8(word, nine), nine);
	word = _mm256_madd_epi16(_mm256_maddubs_epi16(word, ten), hundred); /* in each half, four digits */
	_mm256_storeu_si256((__m256i *)(void *)ret, _mm256_add_epi64(_mm256_mul_epu32(word, myriad), _mm256_srli_epi64(word, 32)));
	return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(good));
}

WIDE static void read_eight_wide(const struct master_field f[8], struct master_eight *ret)
{
	ret->plain = read_four(f, ret->value) | read_four(f + 4, ret->value + 4) << 4;
}
#endif

void master_eight_read(const struct master_field f[8], struct master_eight *ret)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2")) {
		read_eight_wide(f, ret);
		return;
	}
#endif
	read_eight(f, ret);
}
