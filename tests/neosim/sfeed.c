/* The market feed's packets, byte by byte (kotak-neo-api.md 4.6, 4.7): little-endian and packed, so every field is put at its offset. */
#include <string.h>

#include "tests/neosim/market.h"

enum { CODE_STATUS = 105, CODE_AUCTION = 104, CODE_OPEN = 6511, CODE_CLOSE = 6521, CODE_INDEX = 7207, CODE_SCRIP = 7208 };
enum { LEVEL_MINI = 1, LEVEL_TOUCH = 4, SIZE_HEADER = 9, SIZE_MINI = 54, SIZE_INDEX = 87, SIZE_PICTURE = 144, SIZE_ROW = 16 };

static void put(uint8_t *out, size_t at, size_t bytes, int64_t value)
{
	for (size_t i = 0; i < bytes; i++)
		out[at + i] = (uint8_t)((uint64_t)value >> (8 * i));
}

static void put_double(uint8_t *out, size_t at, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	put(out, at, 8, (int64_t)bits);
}

static size_t header(uint8_t *out, size_t size, int code, int segment, int level, uint8_t sequence)
{
	memset(out, 0, size);
	put(out, 0, 2, (int64_t)size);
	put(out, 2, 2, code);
	put(out, 4, 1, segment);
	put(out, 5, 1, level);
	put(out, 7, 1, sequence);
	return size;
}

int64_t sfeed_divider(int segment)
{
	return segment == SIM_CDE_FO ? 10000000 : 100;
}

/* A price of sim_quote on the wire. */
static int64_t wire(const struct scrip *s, int64_t price)
{
	return s->segment == SIM_CDE_FO ? price * (sfeed_divider(SIM_CDE_FO) / 10000) : price;
}

/* Percent in 1/100, half away from zero. */
static int64_t change_percent(const struct sim_quote *q)
{
	int64_t change = (q->last - q->close) * 10000;

	if (q->close <= 0 || q->last <= 0)
		return 0;
	return (change + (change < 0 ? -q->close : q->close) / 2) / q->close;
}

static int64_t change(const struct scrip *s, const struct sim_quote *q)
{
	return q->last > 0 ? wire(s, q->last - q->close) : 0;
}

/* Lot, decimals and multiplier end both kinds of scrip packet. */
static void put_contract(uint8_t *out, size_t at, const struct scrip *s)
{
	bool currency = s->segment == SIM_CDE_FO;

	put(out, at, 4, s->lot);
	put(out, at + 4, 1, currency ? 4 : 2);
	put(out, at + 5, 4, currency ? 1000 : 1);
}

size_t sfeed_mini(const struct scrip *s, const struct sim_quote *q, uint8_t sequence, uint8_t *out)
{
	size_t size = header(out, SIZE_MINI, CODE_SCRIP, s->segment, LEVEL_MINI, sequence);

	put(out, 9, 4, s->token);
	put(out, 13, 8, q->trade_time);
	put(out, 21, 4, wire(s, q->last));
	put(out, 25, 8, q->last_qty);
	put(out, 33, 4, wire(s, q->close));
	put(out, 37, 4, change_percent(q));
	put(out, 41, 4, change(s, q));
	put_contract(out, 45, s);
	return size;
}

size_t sfeed_index(const struct scrip *s, const struct sim_quote *q, uint8_t sequence, uint8_t *out)
{
	size_t size = header(out, SIZE_INDEX, CODE_INDEX, s->segment, LEVEL_TOUCH, sequence), len = strlen(s->feed_name);

	put(out, 9, 4, s->feed_token);
	put(out, 13, 4, q->open);
	put(out, 17, 4, q->close);
	put(out, 21, 4, q->high);
	put(out, 25, 4, q->low);
	put(out, 29, 4, q->last);
	put(out, 33, 8, q->trade_time);
	put(out, 41, 4, q->year_high);
	put(out, 45, 4, q->year_low);
	put(out, 49, 4, change_percent(q));
	put(out, 61, 1, 2);
	put(out, 62, 4, sfeed_divider(s->segment));
	memcpy(out + 66, s->feed_name, len < 21 ? len : 21);
	return size;
}

static size_t rows_shown(const struct level *levels)
{
	size_t n = 0;

	while (n < 5 && levels[n].qty > 0)
		n++;
	return n;
}

static size_t put_rows(uint8_t *out, size_t at, const struct scrip *s, const struct level *levels, size_t n)
{
	for (size_t i = 0; i < n; i++, at += SIZE_ROW) {
		put(out, at, 8, levels[i].qty);
		put(out, at + 8, 4, wire(s, levels[i].price));
		put(out, at + 12, 4, levels[i].orders);
	}
	return at;
}

static void put_day(uint8_t *out, const struct scrip *s, const struct sim_quote *q)
{
	put(out, 13, 8, q->total_buy);
	put(out, 21, 8, q->total_sell);
	put(out, 29, 8, q->volume);
	put(out, 37, 8, q->trade_time);
	put(out, 45, 8, q->update_time);
	put(out, 53, 4, wire(s, q->open));
	put(out, 57, 4, wire(s, q->close));
	put(out, 61, 4, wire(s, q->high));
	put(out, 65, 4, wire(s, q->low));
	put(out, 69, 4, wire(s, q->last));
	put(out, 73, 8, q->last_qty);
	put(out, 81, 4, wire(s, q->average));
}

size_t sfeed_picture(const struct scrip *s, const struct sim_quote *q, int level, uint8_t sequence, uint8_t *out)
{
	bool touch = level == LEVEL_TOUCH; /* always one row a side, empty or not */
	size_t bids = touch ? 1 : rows_shown(q->bid), asks = touch ? 1 : rows_shown(q->ask);
	size_t size = header(out, SIZE_PICTURE + SIZE_ROW * (bids + asks), CODE_SCRIP, s->segment, level, sequence);

	put(out, 9, 4, s->token);
	put_day(out, s, q);
	put(out, 89, 4, (int64_t)bids);
	put(out, 93, 4, (int64_t)asks);
	put(out, 97, 2, 2);
	put(out, 99, 4, change_percent(q));
	put(out, 103, 4, q->oi);
	put_double(out, 107, (double)q->value * (double)(wire(s, 100) / 100));
	put(out, 115, 4, change(s, q));
	put(out, 119, 4, wire(s, s->band_high));
	put(out, 123, 4, wire(s, s->band_low));
	put(out, 127, 4, wire(s, q->year_high));
	put(out, 131, 4, wire(s, q->year_low));
	put_contract(out, 135, s);
	put_rows(out, put_rows(out, SIZE_PICTURE, s, q->bid, bids), s, q->ask, asks);
	return size;
}

size_t sfeed_status(int segment, int code, bool header_only, uint8_t *out)
{
	if (header_only)
		return header(out, SIZE_HEADER, code == 1 ? CODE_OPEN : CODE_CLOSE, segment, 0, 0);
	size_t size = header(out, 16, CODE_STATUS, segment, 0, 0);
	put(out, 9, 2, code);
	return size;
}

size_t sfeed_auction(const struct scrip *s, int64_t reference, int64_t imbalance, int64_t at_market, bool long_form, uint8_t *out)
{
	size_t size = header(out, long_form ? 48 : 33, CODE_AUCTION, s->segment, 0, 0);

	put(out, 9, 4, s->token);
	put(out, 13, 4, wire(s, reference));
	put(out, 17, 8, imbalance);
	put(out, 25, 8, at_market);
	return size;
}
