/* Any bytes as a frame and as a text message. Oracle: the sanitizers, every byte is accounted for by exactly one count, what is taken is
 * inside its bounds, and a frame cut at a packet's edge gives the same packets.
 *     clang -fsanitize=fuzzer,address,undefined -DSAUDA_LIBFUZZER ...     or     fuzz_sfeed [CASES [SEED]]  */
#include "lib/feed/kotak/sfeed.h"

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "tests/feed/kotak/vectors.h"
#include "tests/fuzz.h"

struct seen { const uint8_t *frame; size_t len, n; uint64_t digest; };

static void check_level(const struct depth_level *l)
{
	assert(l->price >= 0 && l->price <= NUM_DECIMAL_MAX && l->qty >= 0);
}

static void take(void *ctx, const struct sfeed_packet *p)
{
	struct seen *s = ctx;
	const price_t prices[] = { p->last, p->close, p->open, p->high, p->low, p->average, p->circuit_low, p->circuit_high };

	for (size_t i = 0; i < ARRAY_LEN(prices); i++)
		assert(prices[i] >= 0 && prices[i] <= NUM_DECIMAL_MAX);
	for (int i = 0; i < DEPTH_LEVELS; i++) {
		check_level(&p->bid[i]);
		check_level(&p->ask[i]);
	}
	assert(p->kind < SFEED_OTHER && p->exchange < SFEED_EXCHANGES && p->n_bid <= DEPTH_LEVELS && p->n_ask <= DEPTH_LEVELS);
	assert(p->volume >= 0 && p->oi >= 0 && p->last_qty >= 0 && p->trade_time >= 0);
	assert(p->kind == SFEED_AUCTION || (p->total_buy >= 0 && p->total_sell >= 0));
	assert(p->name_len == 0 || ((const uint8_t *)p->name >= s->frame && (const uint8_t *)p->name + p->name_len <= s->frame + s->len));
	s->digest = prng_mix(s->digest ^ (uint64_t)p->last ^ ((uint64_t)p->kind << 56) ^ (uint64_t)p->volume << 7);
	s->n++;
}

static uint64_t sum(const struct sfeed_counts *c)
{
	uint64_t n = c->torn + c->short_packet + c->bad_price + c->bad_count;

	for (int i = 0; i < SFEED_KINDS; i++)
		n += c->packets[i];
	return n;
}

/* How many packets the sizes tell of, the torn tail included; *ret_edge = where the whole ones end. */
static size_t walk(const uint8_t *p, size_t len, size_t *ret_edge)
{
	size_t n = 0, at = 0;

	for (; at < len; n++) {
		size_t size = len - at >= 9 ? (size_t)p[at] + 256u * p[at + 1] : 0;
		if (size < 9 || size > len - at) {
			*ret_edge = at;
			return n + 1;
		}
		at += size;
	}
	*ret_edge = at;
	return n;
}

static void try_frame(const struct sfeed_scale *scale, const uint8_t *data, size_t len)
{
	struct sfeed_counts counts = { 0 }, again = { 0 };
	struct seen s = { data, len, 0, 0 }, cut = s;
	size_t edge, taken = sfeed_decode(scale, data, len, take, &s, &counts), all = walk(data, len, &edge);

	assert(taken == s.n && sum(&counts) == all && counts.torn == (edge < len));
	sfeed_decode(scale, data, edge, take, &cut, &again);
	assert(cut.digest == s.digest && again.torn == 0);
}

static void count_symbol(void *ctx, const char *key, const char *symbol)
{
	*(size_t *)ctx += strlen(key) + strlen(symbol);
}

/* The first byte chooses text or frame, and the scale of the frame. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t dividers[] = { 100, 1, 10000, 10000000, 7, 0, -1, INT64_MAX };
	struct sfeed_scale scale;
	size_t length = 0;
	char reason[96];

	if (size == 0)
		return 0;
	sfeed_scale_init(&scale);
	if (data[0] & 1) {
		struct sfeed_scale before = scale;
		enum sfeed_message m = sfeed_message((const char *)data + 1, size - 1, &scale, count_symbol, &length, reason);

		assert(strlen(reason) < sizeof(reason) && (m != SFEED_MSG_BAD || (reason[0] && memcmp(&before, &scale, sizeof(scale)) == 0)));
		return 0;
	}
	for (int i = 0; i < SFEED_EXCHANGES; i++)
		scale.divider[i] = dividers[(data[0] >> 1) % ARRAY_LEN(dividers)];
	try_frame(&scale, data + 1, size - 1);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
static const struct { const void *bytes; size_t size; } frames[] = {
	{ v1_mini, sizeof(v1_mini) }, { v2_index, sizeof(v2_index) }, { v3_touch, sizeof(v3_touch) }, { v4_depth, sizeof(v4_depth) },
	{ v5_status, sizeof(v5_status) }, { v6_open, sizeof(v6_open) }, { v7_auction, sizeof(v7_auction) }, { v8_currency, sizeof(v8_currency) },
};
static const char *const texts[] = {
	"{\"message_code\":1117,\"format\":\"native_batch\",\"exchanges\":{\"nse_cm\":{\"value\":1,\"divider\":100},\"mcx_fo\":{\"divider\":100}}}",
	"{\"message_code\":1109,\"error_code\":0,\"data\":{\"nse_cm|1333\":{\"cas_status\":1,\"trading_symbols\":\"HDFCBANK-EQ\"}}}",
	"{\"message_code\":1120,\"message\":\"Auth failed\"}",
};

/* Good packets in a row, spoilt in a few bytes and cut: noise alone never gets past the first length. */
static size_t make_case(uint64_t *random, uint8_t *out, size_t cap)
{
	size_t len = 1;

	out[0] = (uint8_t)prng_next(random);
	if (out[0] & 1) {
		const char *text = texts[prng_below(random, ARRAY_LEN(texts))];
		memcpy(out + len, text, strlen(text));
		len += strlen(text);
	}
	for (uint64_t n = out[0] & 1 ? 0 : 1 + prng_below(random, 4); n > 0; n--) {
		size_t i = prng_below(random, ARRAY_LEN(frames));
		assert(frames[i].size <= cap - len);
		memcpy(out + len, frames[i].bytes, frames[i].size);
		len += frames[i].size;
	}
	for (uint64_t changes = prng_below(random, 5); changes > 0; changes--)
		out[1 + prng_below(random, len - 1)] = prng_below(random, 3) ? (uint8_t)(prng_below(random, 2) ? 0xff : 0) : (uint8_t)prng_next(random);
	return prng_below(random, 4) ? len : 1 + prng_below(random, len);
}

int main(int argc, char **argv)
{
	return fuzz_run(fuzz_begin("fuzz_sfeed", 100000, argc, argv), make_case);
}
#endif
