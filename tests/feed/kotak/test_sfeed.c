/* SFeed: the published vectors byte for byte, every way a frame can be wrong, and the text frames of both directions. */
#include "lib/feed/kotak/sfeed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/obj.h"
#include "tests/feed/kotak/vectors.h"

#define PACKETS_MAX 8

struct heard { size_t n; struct sfeed_packet packet[PACKETS_MAX]; char name[PACKETS_MAX][32]; };

static struct sfeed_scale scale;
static struct sfeed_counts counts;
static struct heard heard;

static void take(void *ctx, const struct sfeed_packet *p)
{
	struct heard *h = ctx;

	assert_true(h->n < PACKETS_MAX);
	h->packet[h->n] = *p;
	snprintf(h->name[h->n], sizeof(h->name[0]), "%.*s", (int)p->name_len, p->name_len ? p->name : "");
	h->n++;
}

/* Each frame lies in a block of its own size, so that reading past it is caught by the sanitizer. */
static size_t decode(const void *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, bytes, len);
	memset(&heard, 0, sizeof(heard));
	memset(&counts, 0, sizeof(counts));
	size_t taken = sfeed_decode(&scale, exact, len, take, &heard, &counts);
	free(exact);
	assert_int_equal(taken, heard.n);
	assert_int_equal(counts.frames, 1);
	return taken;
}

static const struct sfeed_packet *decode_one(const void *bytes, size_t len)
{
	assert_int_equal(decode(bytes, len), 1);
	assert_int_equal(counts.packets[heard.packet[0].kind], 1);
	assert_int_equal(counts.torn + counts.short_packet + counts.bad_price + counts.bad_count, 0);
	return &heard.packet[0];
}

static int setup(void **state)
{
	(void)state;
	sfeed_scale_init(&scale);
	scale.divider[3] = 10000000;
	return 0;
}

/* -- the vectors --------------------------------------------------------------------------------------------- */

static void test_mini(void **state)
{
	const struct sfeed_packet *p = decode_one(v1_mini, sizeof(v1_mini));

	(void)state;
	assert_int_equal(p->kind, SFEED_MINI);
	assert_int_equal(p->exchange, 2);
	assert_int_equal(p->level, 1);
	assert_int_equal(p->sequence, 5);
	assert_int_equal(p->token, 56526);
	assert_int_equal(p->trade_time, 1790049600);
	assert_int_equal(p->last, 1843500);
	assert_int_equal(p->last_qty, 130);
	assert_int_equal(p->close, 1791000);
	assert_int_equal(p->lot, 65);
	assert_int_equal(p->n_bid + p->n_ask, 0);
	assert_int_equal(p->volume | p->open | p->high | p->low | p->oi, 0);
}

static void test_index(void **state)
{
	const struct sfeed_packet *p = decode_one(v2_index, sizeof(v2_index));

	(void)state;
	assert_int_equal(p->kind, SFEED_INDEX);
	assert_int_equal(p->exchange, 1);
	assert_true(p->token == 4247863880u);
	assert_string_equal(heard.name[0], "Nifty 50");
	assert_int_equal(p->last, 246452000);
	assert_int_equal(p->open, 246103500);
	assert_int_equal(p->high, 246859000);
	assert_int_equal(p->low, 245211500);
	assert_int_equal(p->close, 245987000);
	assert_int_equal(p->trade_time, 1790049601);
}

static void test_touch(void **state)
{
	const struct sfeed_packet *p = decode_one(v3_touch, sizeof(v3_touch));

	(void)state;
	assert_int_equal(p->kind, SFEED_PICTURE);
	assert_int_equal(p->level, 4);
	assert_int_equal(p->token, 2885);
	assert_int_equal(p->total_buy, 512340);
	assert_int_equal(p->total_sell, 698211);
	assert_int_equal(p->volume, 4812345);
	assert_int_equal(p->trade_time, 1790049602);
	assert_int_equal(p->open, 13925000);
	assert_int_equal(p->close, 13908000);
	assert_int_equal(p->high, 14041000);
	assert_int_equal(p->low, 13890500);
	assert_int_equal(p->last, 14011500);
	assert_int_equal(p->last_qty, 25);
	assert_int_equal(p->average, 13974200);
	assert_int_equal(p->oi, 0);
	assert_int_equal(p->circuit_high, 15298500);
	assert_int_equal(p->circuit_low, 12517500);
	assert_int_equal(p->lot, 1);
	assert_int_equal(p->n_bid, 1);
	assert_int_equal(p->n_ask, 1);
	assert_int_equal(p->bid[0].price, 14011000);
	assert_int_equal(p->bid[0].qty, 431);
	assert_int_equal(p->ask[0].price, 14011500);
	assert_int_equal(p->ask[0].qty, 918);
	for (int i = 1; i < DEPTH_LEVELS; i++)
		assert_true(p->bid[i].price == 0 && p->bid[i].qty == 0 && p->ask[i].price == 0 && p->ask[i].qty == 0);
}

static void test_depth(void **state)
{
	const struct sfeed_packet *p = decode_one(v4_depth, sizeof(v4_depth));

	(void)state;
	assert_int_equal(p->level, 8);
	assert_int_equal(p->token, 56526);
	assert_int_equal(p->total_buy, 1204450);
	assert_int_equal(p->total_sell, 1388075);
	assert_int_equal(p->volume, 25344150);
	assert_int_equal(p->open, 1710000);
	assert_int_equal(p->close, 1791000);
	assert_int_equal(p->high, 1956000);
	assert_int_equal(p->low, 1624500);
	assert_int_equal(p->last, 1843500);
	assert_int_equal(p->average, 1788200);
	assert_int_equal(p->oi, 8734050);
	assert_int_equal(p->circuit_high, 3891000);
	assert_int_equal(p->circuit_low, 500);
	assert_int_equal(p->lot, 65);
	assert_int_equal(p->n_bid, 5);
	assert_int_equal(p->n_ask, 5);
	for (int i = 0; i < DEPTH_LEVELS; i++) {
		assert_int_equal(p->bid[i].price, 1843000 - 500 * i);
		assert_int_equal(p->bid[i].qty, 650 * (i + 1));
		assert_int_equal(p->ask[i].price, 1844000 + 500 * i);
		assert_int_equal(p->ask[i].qty, 585 * (i + 1));
	}
}

static void test_status(void **state)
{
	static const uint8_t closed[9] = { 0x09, 0x00, 0x79, 0x19, 0x05 };

	(void)state;
	assert_int_equal(decode_one(v5_status, sizeof(v5_status))->status, 1);
	assert_int_equal(heard.packet[0].kind, SFEED_STATUS);
	assert_int_equal(heard.packet[0].exchange, 1);
	assert_int_equal(decode_one(v6_open, sizeof(v6_open))->status, 1);
	assert_int_equal(decode_one(closed, sizeof(closed))->status, 2);
	assert_int_equal(heard.packet[0].exchange, 5);
	scale.divider[1] = 0; /* a status has no price that could be wrong */
	assert_int_equal(decode_one(v5_status, sizeof(v5_status))->status, 1);
}

static void test_auction(void **state)
{
	uint8_t longer[48] = { 0 };
	const struct sfeed_packet *p = decode_one(v7_auction, sizeof(v7_auction));

	(void)state;
	assert_int_equal(p->kind, SFEED_AUCTION);
	assert_int_equal(p->token, 2885);
	assert_int_equal(p->last, 14000000);
	assert_int_equal(p->total_buy, -12500);
	assert_int_equal(p->total_sell, -3000);

	memcpy(longer, v7_auction, sizeof(v7_auction));
	longer[0] = sizeof(longer);
	longer[5] = 4; /* routed by code before level */
	p = decode_one(longer, sizeof(longer));
	assert_int_equal(p->kind, SFEED_AUCTION);
	assert_int_equal(p->total_sell, -3000);

	memset(longer + 13, 0, sizeof(longer) - 13);
	assert_int_equal(decode(longer, sizeof(longer)), 0);
	assert_int_equal(counts.packets[SFEED_OTHER], 1);
}

static void test_currency(void **state)
{
	const struct sfeed_packet *p = decode_one(v8_currency, sizeof(v8_currency));

	(void)state;
	assert_int_equal(p->exchange, 3);
	assert_int_equal(p->token, 1201);
	assert_int_equal(p->last, 857425);
	assert_int_equal(p->close, 856900);
	assert_int_equal(p->last_qty, 3);
}

static void test_batch(void **state)
{
	uint8_t frame[157];

	(void)state;
	memcpy(frame, v1_mini, 54);
	memcpy(frame + 54, v2_index, 87);
	memcpy(frame + 141, v5_status, 16);
	assert_int_equal(decode(frame, sizeof(frame)), 3);
	assert_int_equal(heard.packet[0].kind, SFEED_MINI);
	assert_int_equal(heard.packet[1].kind, SFEED_INDEX);
	assert_int_equal(heard.packet[2].kind, SFEED_STATUS);
	assert_int_equal(counts.torn, 0);
	/* what one packet says does not show in the next */
	assert_int_equal(heard.packet[2].name_len, 0);
	assert_int_equal(heard.packet[2].last, 0);

	for (size_t len = 0; len < sizeof(frame); len++) { /* cut anywhere: whole packets before it survive, the rest is one torn tail */
		assert_int_equal(decode(frame, len), (len >= 54) + (len >= 141));
		assert_int_equal(counts.torn, len != 0 && len != 54 && len != 141);
	}
}

/* The example of Kotak's guide. */
static void test_guide(void **state)
{
	uint8_t p[54] = { 0x36, 0x00, 0x28, 0x1c, 0x01, 0x01 };
	uint32_t token = 11536, last = 123456, close = 122000, time = 1756636800;

	(void)state;
	memcpy(p + 9, &token, 4);
	memcpy(p + 13, &time, 4);
	memcpy(p + 21, &last, 4);
	p[25] = 50;
	memcpy(p + 33, &close, 4);
	decode_one(p, sizeof(p));
	assert_int_equal(heard.packet[0].last, 12345600);
	assert_int_equal(heard.packet[0].close, 12200000);
	assert_int_equal(heard.packet[0].last_qty, 50);
	assert_int_equal(heard.packet[0].trade_time, 1756636800);
}

/* -- what is wrong ------------------------------------------------------------------------------------------- */

enum expect { TAKEN, TORN, SHORT, PRICE, COUNT, OTHER };

static void judge(const uint8_t *frame, size_t len, enum expect e, const char *what)
{
	const uint64_t got[] = { decode(frame, len), counts.torn, counts.short_packet, counts.bad_price, counts.bad_count, counts.packets[SFEED_OTHER] };

	for (size_t i = 0; i < ARRAY_LEN(got); i++)
		if (got[i] != (i == e))
			fail_msg("%s: outcome %zu counted %d times", what, i, (int)got[i]);
}

/* One field of a good packet is overwritten; the next packet of the frame must not suffer. */
static const struct { const char *what; const uint8_t *packet; size_t size, at, width; int64_t value; enum expect expect; } spoilt[] = {
	{ "as it is", v4_depth, 304, 4, 1, 2, TAKEN },
	{ "the exchange is not known", v4_depth, 304, 4, 1, 11, OTHER },
	{ "the exchange is negative", v4_depth, 304, 4, 1, -1, OTHER },
	{ "the last exchange", v4_depth, 304, 4, 1, 10, TAKEN },
	{ "no level", v4_depth, 304, 5, 1, 0, OTHER },
	{ "an unknown level", v4_depth, 304, 5, 1, 3, OTHER },
	{ "an unknown code with a level", v4_depth, 304, 2, 2, 7300, TAKEN },
	{ "level 2 is a picture", v4_depth, 304, 5, 1, 2, TAKEN },
	{ "level 16 is a picture", v4_depth, 304, 5, 1, 16, TAKEN },
	{ "negative buyers", v4_depth, 304, 13, 8, -1, COUNT },
	{ "negative sellers", v4_depth, 304, 21, 8, -1, COUNT },
	{ "negative volume", v4_depth, 304, 29, 8, -1, COUNT },
	{ "absurd volume", v4_depth, 304, 29, 8, INT64_C(1) << 49, COUNT },
	{ "the largest volume", v4_depth, 304, 29, 8, (INT64_C(1) << 49) - 1, TAKEN },
	{ "negative last quantity", v4_depth, 304, 73, 8, -1, COUNT },
	{ "more bids than rows", v4_depth, 304, 89, 4, 6, COUNT },
	{ "counts that overflow", v4_depth, 304, 89, 4, -1, COUNT },
	{ "more asks than rows", v4_depth, 304, 93, 4, -5, COUNT },
	{ "fewer bids than rows", v4_depth, 304, 89, 4, 0, TAKEN },
	{ "a negative bid", v4_depth, 304, 152, 4, -1, PRICE },
	{ "a negative last ask", v4_depth, 304, 296, 4, INT32_MIN, PRICE },
	{ "a negative bid quantity", v4_depth, 304, 144, 8, -1, COUNT },
	{ "a negative last ask quantity", v4_depth, 304, 288, 8, INT64_MIN, COUNT },
	{ "the largest raw price", v4_depth, 304, 69, 4, -1, TAKEN },
	{ "a touch line's counts are not read", v3_touch, 176, 89, 4, -1, TAKEN },
	{ "a negative touch price", v3_touch, 176, 152, 4, -1, PRICE },
	{ "negative mini quantity", v1_mini, 54, 25, 8, -1, COUNT },
	{ "negative index value", v2_index, 87, 29, 4, -1, PRICE },
	{ "negative index close", v2_index, 87, 17, 4, -1, PRICE },
	{ "an index without a value", v2_index, 87, 29, 4, 0, TAKEN },
	{ "currency beyond 1/10,000", v8_currency, 54, 21, 4, 857425001, PRICE },
	{ "currency at the largest", v8_currency, 54, 21, 4, 4294967000, TAKEN },
};

static void test_spoilt(void **state)
{
	uint8_t frame[320];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
		memcpy(frame, spoilt[i].packet, spoilt[i].size);
		memcpy(frame + spoilt[i].at, &spoilt[i].value, spoilt[i].width);
		judge(frame, spoilt[i].size, spoilt[i].expect, spoilt[i].what);
		memcpy(frame + spoilt[i].size, v5_status, sizeof(v5_status));
		assert_int_equal(decode(frame, spoilt[i].size + sizeof(v5_status)), 1 + (spoilt[i].expect == TAKEN));
	}
}

/* A packet says a size: less than its layout needs, less than a header, more than there is. */
static void test_sizes(void **state)
{
	static const struct { const uint8_t *packet; size_t size, least; } layouts[] = {
		{ v1_mini, 54, 54 }, { v2_index, 87, 87 }, { v4_depth, 304, 144 }, { v5_status, 16, 16 }, { v7_auction, 33, 33 },
	};
	uint8_t frame[512];
	char what[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		for (size_t size = 0; size <= layouts[i].size; size++) {
			memcpy(frame, layouts[i].packet, layouts[i].size);
			frame[0] = (uint8_t)size;
			frame[1] = (uint8_t)(size >> 8);
			snprintf(what, sizeof(what), "layout %zu as %zu bytes", i, size);
			judge(frame, size < 9 ? 9 : size, size < 9 ? TORN : size < layouts[i].least ? SHORT : size < layouts[i].size ? COUNT : TAKEN, what);
			if (size > 9)
				judge(frame, size - 1, TORN, what);
		}
}

static void test_rows(void **state)
{
	uint8_t frame[144 + 40 * 16];

	(void)state;
	/* Kotak's page knows a touch line without rows, and half a pair is a lie. */
	memcpy(frame, v3_touch, sizeof(v3_touch));
	frame[0] = 144;
	assert_int_equal(decode_one(frame, 144)->n_bid, 0);
	assert_int_equal(heard.packet[0].last, 14011500);
	frame[0] = 160;
	judge(frame, 160, COUNT, "one row of a touch line");

	/* Twenty and twenty: the best five of each. */
	memcpy(frame, v4_depth, 144);
	frame[0] = sizeof(frame) & 0xff;
	frame[1] = sizeof(frame) >> 8;
	frame[89] = frame[93] = 20;
	for (int i = 0; i < 40; i++) {
		int64_t qty = i + 1;
		int32_t row[2] = { 1000 + i, 1 };
		memcpy(frame + 144 + 16 * i, &qty, 8);
		memcpy(frame + 152 + 16 * i, row, 8);
	}
	const struct sfeed_packet *p = decode_one(frame, sizeof(frame));
	assert_true(p->n_bid == 5 && p->n_ask == 5);
	assert_int_equal(p->bid[4].price, 100400);
	assert_int_equal(p->ask[0].price, 102000);
	assert_int_equal(p->ask[4].qty, 25);

	/* A side nobody is on comes as zeros. */
	memcpy(frame, v4_depth, sizeof(v4_depth));
	memset(frame + 144, 0, 80);
	memset(frame + 144 + 80 + 32, 0, 48);
	p = decode_one(frame, sizeof(v4_depth));
	assert_int_equal(p->n_bid, 0);
	assert_int_equal(p->n_ask, 2);

	/* Fewer rows than counts allow for both, one sided. */
	frame[89] = 0;
	frame[93] = 3;
	frame[0] = 144 + 48;
	frame[1] = 0;
	p = decode_one(frame, 144 + 48);
	assert_int_equal(p->n_bid, 0);
	assert_int_equal(p->ask[3].qty, 0);
}

static void test_times(void **state)
{
	static const struct { int64_t sent, read; } times[] = {
		{ 0, 0 }, { 1, 1 }, { -1, 0 }, { INT64_C(-2209008600), 0 }, { (INT64_C(1) << 33) - 1, (INT64_C(1) << 33) - 1 }, { INT64_C(1) << 33, 0 },
		{ INT64_MIN, 0 }, { INT64_MAX, 0 },
	};
	uint8_t frame[304];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		memcpy(frame, v4_depth, sizeof(v4_depth));
		memcpy(frame + 37, &times[i].sent, 8);
		assert_int_equal(decode_one(frame, sizeof(v4_depth))->trade_time, times[i].read);
		memcpy(frame, v2_index, sizeof(v2_index));
		memcpy(frame + 33, &times[i].sent, 8);
		assert_int_equal(decode_one(frame, sizeof(v2_index))->trade_time, times[i].read);
	}
}

static void test_names(void **state)
{
	uint8_t frame[87];

	(void)state;
	memcpy(frame, v2_index, sizeof(frame));
	memset(frame + 66, 'A', 21); /* not terminated */
	decode_one(frame, sizeof(frame));
	assert_string_equal(heard.name[0], "AAAAAAAAAAAAAAAAAAAAA");
	memset(frame + 69, ' ', 18);
	decode_one(frame, sizeof(frame));
	assert_string_equal(heard.name[0], "AAA");
	memset(frame + 66, ' ', 21);
	assert_int_equal(decode_one(frame, sizeof(frame))->name_len, 0);
}

/* Every divider there is, and those nobody may send. */
static void test_dividers(void **state)
{
	static const struct { int64_t divider; price_t last; } dividers[] = { /* of 18435 raw */
		{ 1, 184350000 }, { 2, 92175000 }, { 10, 18435000 }, { 100, 1843500 }, { 1000, 184350 }, { 10000, 18435 },
		{ 50000, 3687 }, { 30000, 6145 }, { 100000, -1 }, { 10000000, -1 }, { 0, -1 }, { -100, -1 },
	};
	uint8_t frame[304];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dividers); i++) {
		scale.divider[2] = dividers[i].divider;
		memcpy(frame, v1_mini, sizeof(v1_mini));
		memset(frame + 33, 0, 4); /* the close would not come out even */
		if (dividers[i].last < 0)
			judge(frame, sizeof(v1_mini), PRICE, "divider");
		else
			assert_int_equal(decode_one(frame, sizeof(v1_mini))->last, dividers[i].last);
	}
	/* of a picture every price counts, the average alone is rounded */
	scale.divider[2] = 10000000;
	memcpy(frame, v4_depth, sizeof(v4_depth));
	for (size_t at = 53; at < 135; at += 4)
		if (at != 73 && at != 77 && at < 89)
			memset(frame + at, 0, 4);
	memset(frame + 119, 0, 8);
	memset(frame + 144, 0, 160);
	uint32_t average = 2500;
	memcpy(frame + 81, &average, 4);
	assert_int_equal(decode_one(frame, sizeof(v4_depth))->average, 3); /* 2.5 */
	frame[144 + 8] = 1;
	judge(frame, sizeof(v4_depth), PRICE, "an uneven bid");
	frame[144 + 8] = 0;
	frame[57] = 1;
	judge(frame, sizeof(v4_depth), PRICE, "an uneven close");
}

/* -- text frames --------------------------------------------------------------------------------------------- */

static char symbols[256], reason[96];

static void on_symbol(void *ctx, const char *key, const char *symbol)
{
	(void)ctx;
	size_t at = strlen(symbols);

	snprintf(symbols + at, sizeof(symbols) - at, "%s=%s;", key, symbol);
}

static enum sfeed_message message(const char *text)
{
	symbols[0] = '\0';
	return sfeed_message(text, strlen(text), &scale, on_symbol, NULL, reason);
}

static const struct { const char *text; enum sfeed_message kind; const char *symbols, *reason; } messages[] = {
	{ "{\"message_code\":1119,\"id\":\"SFD\",\"version\":1}", SFEED_MSG_GREETING, "", "" },
	{ "{\"message_code\":1117,\"format\":\"native_batch\"}", SFEED_MSG_ACCEPTED, "", "" },
	{ "{\"message_code\":\"1117\"}", SFEED_MSG_ACCEPTED, "", "" },
	{ "{\"message_code\":1117,\"format\":\"native_fallback\"}", SFEED_MSG_FORMAT, "", "the server sends another format than native_batch: native_fallback" },
	{ "{\"message_code\":1119,\"format\":null}", SFEED_MSG_FORMAT, "", "the server sends another format than native_batch: " },
	{ "{\"message_code\":1120,\"message\":\"Auth failed\\n\xc3\xa9\"}", SFEED_MSG_REFUSED, "", "the feed refused the session: Auth failed???" },
	{ "{\"message_code\":1120}", SFEED_MSG_REFUSED, "", "the feed refused the session: " },
	{ "{\"message_code\":1109,\"message\":\"Subscribed\",\"trading_symbols\":{\"nse_cm|2885\":\"RELIANCE-EQ\",\"a\":1}}", SFEED_MSG_ACK, "nse_cm|2885=RELIANCE-EQ;", "" },
	{ "{\"message_code\":1109,\"error_code\":0,\"data\":{\"nse_cm|1333\":{\"cas_status\":1,\"trading_symbols\":\"HDFCBANK-EQ\"},\"x\":{},\"y\":{\"trading_symbols\":7}}}",
	  SFEED_MSG_ACK, "nse_cm|1333=HDFCBANK-EQ;", "" },
	{ "{\"message_code\":1109,\"trading_symbols\":{\"k\":\"A\"},\"data\":{\"k\":{\"trading_symbols\":\"A\"}}}", SFEED_MSG_ACK, "k=A;", "" },
	{ "{\"message_code\":1109,\"error_code\":7,\"description\":\"NO\"}", SFEED_MSG_ACK, "", "the subscription was answered with an error: NO" },
	{ "{\"message_code\":1109,\"trading_symbols\":[\"A\"],\"data\":3}", SFEED_MSG_ACK, "", "" },
	{ "{\"message_code\":1118}", SFEED_MSG_OTHER, "", "" },
	{ "{\"message_code\":1117.5}", SFEED_MSG_OTHER, "", "" },
	{ "{\"message_code\":1e300}", SFEED_MSG_OTHER, "", "" },
	{ "{\"message_code\":{}}", SFEED_MSG_OTHER, "", "" },
	{ "{}", SFEED_MSG_OTHER, "", "" },
	{ "[1117]", SFEED_MSG_OTHER, "", "" },
	{ "", SFEED_MSG_BAD, "", "the server sent text that is not JSON" },
	{ "{\"message_code\":1117", SFEED_MSG_BAD, "", "the server sent text that is not JSON" },
	{ "session message format incorrect", SFEED_MSG_BAD, "", "the server sent text that is not JSON" },
};

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (message(messages[i].text) != messages[i].kind || strcmp(symbols, messages[i].symbols) != 0 || strcmp(reason, messages[i].reason) != 0)
			fail_msg("%s: symbols \"%s\", reason \"%s\"", messages[i].text, symbols, reason);
	assert_int_equal(sfeed_message("{}\0{}", 5, &scale, on_symbol, NULL, reason), SFEED_MSG_BAD);
}

static void test_exchanges(void **state)
{
	(void)state;
	assert_int_equal(message("{\"message_code\":1119,\"exchanges\":{\"nse_cm\":{\"value\":1,\"divider\":1000},\"nse_fo\":{\"divider\":\"10\"},"
	                         "\"cde_fo\":{\"value\":3},\"new_one\":{\"value\":1,\"divider\":7},\"mcx_fo\":5}}"), SFEED_MSG_GREETING);
	assert_int_equal(scale.divider[1], 1000);
	assert_int_equal(scale.divider[2], 10);
	assert_int_equal(scale.divider[3], 10000000);
	assert_int_equal(scale.divider[9], 100);
	assert_int_equal(message("{\"message_code\":1117,\"exchanges\":[]}"), SFEED_MSG_ACCEPTED);
	assert_int_equal(scale.divider[1], 1000);
}

static void test_exchanges_refused(void **state)
{
	static const char *const bad[] = {
		"{\"nse_cm\":{\"value\":2,\"divider\":100}}", "{\"nse_cm\":{\"value\":\"x\"}}", "{\"nse_cm\":{\"value\":null}}", "{\"nse_cm\":{\"divider\":0}}",
		"{\"nse_cm\":{\"divider\":-100}}", "{\"nse_cm\":{\"divider\":1000000001}}", "{\"nse_cm\":{\"divider\":100.5}}", "{\"nse_cm\":{\"divider\":\"\"}}",
		"{\"nse_cm\":{\"divider\":[]}}",
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) { /* half of a bad table is not believed either */
		snprintf(text, sizeof(text), "{\"message_code\":1117,\"exchanges\":{\"nse_fo\":{\"divider\":10},%s}", bad[i] + 1);
		if (message(text) != SFEED_MSG_BAD || !reason[0] || scale.divider[2] != 100)
			fail_msg("%s", text);
	}
}

static void test_auth(void **state)
{
	struct buf out = { 0 };

	(void)state;
	sfeed_auth("ABC12", "a-\"sid\"", INT64_C(1790049600123456789), &out);
	assert_string_equal(out.data, "{\"user\":\"ABC12\",\"auth\":\"a-\\\"sid\\\"\",\"format\":\"native_batch\",\"source\":\"NEOTRADEAPI\",\"platform\":\"Web\","
	                              "\"version\":\"1.2.3\",\"sdk_version\":2,\"sdk_date\":\"2026-09-22T04:00:00.123Z\",\"conn_req_time\":1790049600123,"
	                              "\"sessionValidation\":false}");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_mini, setup),
		cmocka_unit_test_setup(test_index, setup),
		cmocka_unit_test_setup(test_touch, setup),
		cmocka_unit_test_setup(test_depth, setup),
		cmocka_unit_test_setup(test_status, setup),
		cmocka_unit_test_setup(test_auction, setup),
		cmocka_unit_test_setup(test_currency, setup),
		cmocka_unit_test_setup(test_batch, setup),
		cmocka_unit_test_setup(test_guide, setup),
		cmocka_unit_test_setup(test_spoilt, setup),
		cmocka_unit_test_setup(test_sizes, setup),
		cmocka_unit_test_setup(test_rows, setup),
		cmocka_unit_test_setup(test_times, setup),
		cmocka_unit_test_setup(test_names, setup),
		cmocka_unit_test_setup(test_dividers, setup),
		cmocka_unit_test_setup(test_messages, setup),
		cmocka_unit_test_setup(test_exchanges, setup),
		cmocka_unit_test_setup(test_exchanges_refused, setup),
		cmocka_unit_test_setup(test_auth, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
