/* The binary packets of SFeed. A frame is walked packet by packet; each is checked against its layout before a byte of it is read, and
 * judged as a whole before anybody sees it. Offsets are those of kotak-neo-api.md 4.6 and 4.7.
 *
 * Validation costs almost nothing because nothing is tested one by one: what must not be negative or huge is or-ed together and looked at
 * once a packet. That is enough: a raw price is at most 32 bits and a factor at most 10,000, so no product can leave int64 or pass
 * NUM_DECIMAL_MAX (asserted below). */
#include "lib/feed/kotak/sfeed.h"

#include <assert.h>
#include <string.h>

#define HEADER_SIZE  9
#define STATUS_SIZE  16
#define AUCTION_SIZE 33
#define MINI_SIZE    54
#define INDEX_SIZE   87
#define PICTURE_SIZE 144
#define ROW_SIZE     16
#define INDEX_NAME   21

enum code { CODE_AUCTION = 104, CODE_STATUS = 105, CODE_OPEN = 6511, CODE_CLOSE = 6521, CODE_INDEX = 7207 };
enum level { LEVEL_MINI = 1, LEVEL_SNAPSHOT = 2, LEVEL_TOUCH = 4, LEVEL_DEPTH = 8, LEVEL_FULL = 16 };

#define QTY_BITS 49  /* no market counts further than 5 * 10^14 */
#define TIME_BITS 33 /* epoch seconds to the year 2242; what lies beyond is no time */

static_assert(UINT32_MAX * INT64_C(10000) <= NUM_DECIMAL_MAX, "a raw price cannot leave the range of prices");

enum fault { FAULT_NONE, FAULT_SHORT, FAULT_PRICE, FAULT_COUNT, FAULT_NOT_OURS };

/* -- fields -------------------------------------------------------------------------------------------------- */

static inline uint16_t u16_at(const uint8_t *p) { uint16_t v; memcpy(&v, p, sizeof(v)); return v; }
static inline uint32_t u32_at(const uint8_t *p) { uint32_t v; memcpy(&v, p, sizeof(v)); return v; }
static inline int64_t i32_at(const uint8_t *p) { int32_t v; memcpy(&v, p, sizeof(v)); return v; }
static inline int64_t i64_at(const uint8_t *p) { int64_t v; memcpy(&v, p, sizeof(v)); return v; }

static inline int64_t time_at(const uint8_t *p)
{
	int64_t t = i64_at(p);

	return (uint64_t)t >> TIME_BITS ? 0 : t; /* also the negative "never" */
}

/* A raw price times `factor` is a price. For a divider that does not divide 10,000 (currency: 10^7) the product is divided by `divisor`
 * afterwards, which must leave nothing. */
struct factor { int64_t factor, divisor; };

static inline struct factor factor_of(const struct sfeed_scale *s, uint8_t exchange)
{
	int64_t divider = s->divider[exchange];

	if (divider == 100)
		return (struct factor){ 100, 1 };
	if (divider > 0 && NUM_SCALE % divider == 0)
		return (struct factor){ NUM_SCALE / divider, 1 };
	return (struct factor){ NUM_SCALE, divider };
}

static bool divide(price_t *price, int64_t divisor)
{
	if (*price % divisor != 0)
		return false;
	*price /= divisor;
	return true;
}

/* The rare exchanges. The average is a quotient and may have more digits than any price: it alone is rounded. */
static bool divide_all(struct sfeed_packet *k, int64_t divisor)
{
	if (divisor <= 0) /* no price of this exchange can be told */
		return false;
	price_t *const prices[] = { &k->last, &k->close, &k->open, &k->high, &k->low, &k->circuit_low, &k->circuit_high };
	bool exact = true;

	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		exact = divide(prices[i], divisor) && exact;
	k->average = (k->average + divisor / 2) / divisor;
	for (int i = 0; i < DEPTH_LEVELS; i++)
		exact = divide(&k->bid[i].price, divisor) && divide(&k->ask[i].price, divisor) && exact;
	return exact;
}

static void no_rows(struct sfeed_packet *k)
{
	k->n_bid = k->n_ask = 0;
	memset(k->bid, 0, sizeof(k->bid));
	memset(k->ask, 0, sizeof(k->ask));
}

/* -- layouts ------------------------------------------------------------------------------------------------- */

struct seen { int64_t prices, quantities; }; /* or-ed: one look tells whether any was negative or huge */

static inline void take_row(struct depth_level *level, const uint8_t *p, int64_t factor, struct seen *seen)
{
	level->price = i32_at(p + 8) * factor;
	level->qty = i64_at(p);
	seen->prices |= level->price;
	seen->quantities |= level->qty;
}

/* Up to DEPTH_LEVELS of `n` rows at `p`; the rest is emptied. Returns the levels up to the last with a price: a side with nobody on it is
 * sent as rows of zeros. */
static inline uint8_t take_rows(struct depth_level level[DEPTH_LEVELS], const uint8_t *p, uint32_t n, int64_t factor, struct seen *seen)
{
	static_assert(DEPTH_LEVELS == 5, "five rows are written out below");
	uint32_t filled = n < DEPTH_LEVELS ? n : DEPTH_LEVELS;

	if (n >= DEPTH_LEVELS) { /* nearly always; written out, since -O2 does not unroll */
		take_row(&level[0], p, factor, seen);
		take_row(&level[1], p + ROW_SIZE, factor, seen);
		take_row(&level[2], p + 2 * ROW_SIZE, factor, seen);
		take_row(&level[3], p + 3 * ROW_SIZE, factor, seen);
		take_row(&level[4], p + 4 * ROW_SIZE, factor, seen);
	} else {
		memset(level, 0, DEPTH_LEVELS * sizeof(*level));
		for (uint32_t i = 0; i < filled; i++)
			take_row(&level[i], p + i * ROW_SIZE, factor, seen);
	}
	while (filled > 0 && level[filled - 1].price == 0)
		filled--;
	return (uint8_t)filled;
}

static inline enum fault take_picture(struct sfeed_packet *k, const uint8_t *p, size_t size, struct factor f)
{
	if (size < PICTURE_SIZE)
		return FAULT_SHORT;
	uint64_t have = (size - PICTURE_SIZE) / ROW_SIZE, bids = u32_at(p + 89), asks = u32_at(p + 93);

	if (k->level == LEVEL_TOUCH) /* one row a side whatever the counts say; Kotak's page knows a form without rows */
		bids = asks = have > 0;
	if (bids + asks > have)
		return FAULT_COUNT;
	k->kind = SFEED_PICTURE;
	k->token = u32_at(p + 9);
	k->total_buy = i64_at(p + 13);
	k->total_sell = i64_at(p + 21);
	k->volume = i64_at(p + 29);
	k->trade_time = time_at(p + 37);
	k->open = u32_at(p + 53) * f.factor;
	k->close = u32_at(p + 57) * f.factor;
	k->high = u32_at(p + 61) * f.factor;
	k->low = u32_at(p + 65) * f.factor;
	k->last = u32_at(p + 69) * f.factor;
	k->last_qty = i64_at(p + 73);
	k->average = u32_at(p + 81) * f.factor;
	k->oi = u32_at(p + 103);
	k->circuit_high = u32_at(p + 119) * f.factor;
	k->circuit_low = u32_at(p + 123) * f.factor;
	k->lot = u32_at(p + 135);
	k->status = 0;
	k->name_len = 0;

	struct seen seen = { 0, k->total_buy | k->total_sell | k->volume | k->last_qty };
	k->n_bid = take_rows(k->bid, p + PICTURE_SIZE, (uint32_t)bids, f.factor, &seen);
	k->n_ask = take_rows(k->ask, p + PICTURE_SIZE + bids * ROW_SIZE, (uint32_t)asks, f.factor, &seen);
	if (seen.prices < 0)
		return FAULT_PRICE;
	return (uint64_t)seen.quantities >> QTY_BITS ? FAULT_COUNT : FAULT_NONE;
}

/* All but the header's fields; the three small packets fill in the few they have. */
static void clear(struct sfeed_packet *k, enum sfeed_kind kind)
{
	*k = (struct sfeed_packet){ .kind = (uint8_t)kind, .exchange = k->exchange, .level = k->level, .sequence = k->sequence };
}

static inline enum fault take_mini(struct sfeed_packet *k, const uint8_t *p, size_t size, struct factor f)
{
	if (size < MINI_SIZE)
		return FAULT_SHORT;
	clear(k, SFEED_MINI);
	k->token = u32_at(p + 9);
	k->trade_time = time_at(p + 13);
	k->last = u32_at(p + 21) * f.factor;
	k->last_qty = i64_at(p + 25);
	k->close = u32_at(p + 33) * f.factor;
	k->lot = u32_at(p + 45);
	return (uint64_t)k->last_qty >> QTY_BITS ? FAULT_COUNT : FAULT_NONE;
}

static enum fault take_index(struct sfeed_packet *k, const uint8_t *p, size_t size, struct factor f)
{
	if (size < INDEX_SIZE)
		return FAULT_SHORT;
	clear(k, SFEED_INDEX);
	k->token = u32_at(p + 9);
	k->open = i32_at(p + 13) * f.factor;
	k->close = i32_at(p + 17) * f.factor;
	k->high = i32_at(p + 21) * f.factor;
	k->low = i32_at(p + 25) * f.factor;
	k->last = i32_at(p + 29) * f.factor;
	k->trade_time = time_at(p + 33);
	k->name = (const char *)p + 66;
	for (k->name_len = strnlen(k->name, INDEX_NAME); k->name_len > 0 && k->name[k->name_len - 1] == ' '; k->name_len--)
		;
	return (k->open | k->close | k->high | k->low | k->last) < 0 ? FAULT_PRICE : FAULT_NONE;
}

/* Reference price of the closing auction, and what is out of balance there (signed: more sellers than buyers is negative). */
static enum fault take_auction(struct sfeed_packet *k, const uint8_t *p, size_t size, struct factor f)
{
	if (size < AUCTION_SIZE)
		return FAULT_SHORT;
	clear(k, SFEED_AUCTION);
	k->token = u32_at(p + 9);
	k->last = u32_at(p + 13) * f.factor;
	k->total_buy = i64_at(p + 17);
	k->total_sell = i64_at(p + 25);
	return k->last == 0 && k->total_buy == 0 && k->total_sell == 0 ? FAULT_NOT_OURS : FAULT_NONE;
}

static enum fault take_status(struct sfeed_packet *k, const uint8_t *p, size_t size, uint16_t code)
{
	if (code == CODE_STATUS && size < STATUS_SIZE)
		return FAULT_SHORT;
	clear(k, SFEED_STATUS);
	k->status = code == CODE_STATUS ? u16_at(p + 9) : code == CODE_OPEN ? 1 : 2;
	return FAULT_NONE;
}

/* -- packets and frames -------------------------------------------------------------------------------------- */

static inline enum fault route(struct sfeed_packet *k, const uint8_t *p, size_t size, struct factor f)
{
	uint16_t code = u16_at(p + 2);

	switch (code) {
	case CODE_OPEN:
	case CODE_CLOSE:
	case CODE_STATUS:
		return take_status(k, p, size, code);
	case CODE_INDEX:
		return take_index(k, p, size, f);
	case CODE_AUCTION:
		return take_auction(k, p, size, f);
	}
	switch (k->level) {
	case LEVEL_MINI:
		return take_mini(k, p, size, f);
	case LEVEL_SNAPSHOT:
	case LEVEL_TOUCH:
	case LEVEL_DEPTH:
	case LEVEL_FULL:
		return take_picture(k, p, size, f);
	}
	return FAULT_NOT_OURS;
}

static inline enum fault decode_packet(const struct sfeed_scale *scale, struct sfeed_packet *k, const uint8_t *p, size_t size)
{
	k->exchange = p[4];
	k->level = p[5];
	k->sequence = p[7];
	if (k->exchange >= SFEED_EXCHANGES)
		return FAULT_NOT_OURS;
	struct factor f = factor_of(scale, k->exchange);
	enum fault fault = route(k, p, size, f);

	if (fault == FAULT_NONE && f.divisor != 1 && k->kind != SFEED_STATUS && !divide_all(k, f.divisor))
		return FAULT_PRICE;
	return fault;
}

static void count_fault(struct sfeed_counts *c, enum fault fault)
{
	switch (fault) {
	case FAULT_NONE: break;
	case FAULT_SHORT: c->short_packet++; break;
	case FAULT_PRICE: c->bad_price++; break;
	case FAULT_COUNT: c->bad_count++; break;
	case FAULT_NOT_OURS: c->packets[SFEED_OTHER]++; break;
	}
}

size_t sfeed_decode(const struct sfeed_scale *scale, const void *frame, size_t len, sfeed_take *take, void *ctx, struct sfeed_counts *counts)
{
	const uint8_t *p = frame;
	struct sfeed_packet k;
	size_t taken = 0;

	counts->frames++;
	k.name = NULL;
	no_rows(&k);
	while (len > 0) {
		size_t size = len >= HEADER_SIZE ? u16_at(p) : 0;

		if (size < HEADER_SIZE || size > len) {
			counts->torn++;
			break;
		}
		enum fault fault = decode_packet(scale, &k, p, size);
		if (fault == FAULT_NONE) {
			counts->packets[k.kind]++;
			taken++;
			take(ctx, &k);
		} else {
			count_fault(counts, fault);
		}
		p += size;
		len -= size;
	}
	return taken;
}

void sfeed_scale_init(struct sfeed_scale *s)
{
	for (int i = 0; i < SFEED_EXCHANGES; i++)
		s->divider[i] = 100;
}
