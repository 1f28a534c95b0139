/* The market feed's packets against the vectors of the protocol page (4.8), byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/obj.h"
#include "tests/neosim/market.h"

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = 0;

	for (char *end; *text; text = end) {
		out[n++] = (uint8_t)strtoul(text, &end, 16);
		if (*end == ' ')
			end++;
	}
	return n;
}

static void assert_packet(const uint8_t *packet, size_t len, const char *hex)
{
	uint8_t want[SFEED_PACKET_MAX];

	assert_int_equal(len, unhex(hex, want));
	assert_memory_equal(packet, want, len);
}

static const char V1[] =
	"36 00 28 1c 02 01 00 05 00 ce dc 00 00 40 fd b1 6a 00 00 00 00 03 48 00 00 82 00 00 00 00 00 00 "
	"00 f6 45 00 00 25 01 00 00 0d 02 00 00 41 00 00 00 02 01 00 00 00";
static const char V2[] =
	"57 00 27 1c 01 04 00 06 00 48 42 31 fd 6b 8d 25 00 de 88 25 00 ee aa 25 00 93 6a 25 00 08 9b 25 "
	"00 41 fd b1 6a 00 00 00 00 30 3e 28 00 66 2d 21 00 13 00 00 00 00 00 00 00 00 00 00 00 02 64 00 "
	"00 00 4e 69 66 74 79 20 35 30 00 00 00 00 00 00 00 00 00 00 00 00 00";
static const char V3[] =
	"b0 00 28 1c 01 04 00 07 00 45 0b 00 00 54 d1 07 00 00 00 00 00 63 a7 0a 00 00 00 00 00 39 6e 49 "
	"00 00 00 00 00 42 fd b1 6a 00 00 00 00 42 fd b1 6a 00 00 00 00 f2 1f 02 00 48 1f 02 00 7a 24 02 "
	"00 99 1e 02 00 53 23 02 00 19 00 00 00 00 00 00 00 de 21 02 00 00 00 00 00 01 00 00 00 01 00 00 "
	"00 02 00 4a 00 00 00 00 00 00 00 00 80 22 a7 6a 92 63 42 0b 04 00 00 99 55 02 00 f7 e8 01 00 70 "
	"74 02 00 7d b3 01 00 01 00 00 00 02 01 00 00 00 af 01 00 00 00 00 00 00 4e 23 02 00 06 00 00 00 "
	"96 03 00 00 00 00 00 00 53 23 02 00 0b 00 00 00";
static const char V4[] =
	"30 01 28 1c 02 08 00 08 00 ce dc 00 00 e2 60 12 00 00 00 00 00 2b 2e 15 00 00 00 00 00 96 b8 82 "
	"01 00 00 00 00 43 fd b1 6a 00 00 00 00 43 fd b1 6a 00 00 00 00 cc 42 00 00 f6 45 00 00 68 4c 00 "
	"00 75 3f 00 00 03 48 00 00 82 00 00 00 00 00 00 00 da 45 00 00 00 00 00 00 05 00 00 00 05 00 00 "
	"00 02 00 25 01 00 00 62 45 85 00 00 00 24 67 44 61 5a 42 0d 02 00 00 fe 97 00 00 05 00 00 00 45 "
	"a1 00 00 d0 11 00 00 41 00 00 00 02 01 00 00 00 8a 02 00 00 00 00 00 00 fe 47 00 00 04 00 00 00 "
	"14 05 00 00 00 00 00 00 f9 47 00 00 07 00 00 00 9e 07 00 00 00 00 00 00 f4 47 00 00 09 00 00 00 "
	"28 0a 00 00 00 00 00 00 ef 47 00 00 0c 00 00 00 b2 0c 00 00 00 00 00 00 ea 47 00 00 0f 00 00 00 "
	"49 02 00 00 00 00 00 00 08 48 00 00 03 00 00 00 92 04 00 00 00 00 00 00 0d 48 00 00 06 00 00 00 "
	"db 06 00 00 00 00 00 00 12 48 00 00 08 00 00 00 24 09 00 00 00 00 00 00 17 48 00 00 0a 00 00 00 "
	"6d 0b 00 00 00 00 00 00 1c 48 00 00 0d 00 00 00";
static const char V5[] = "10 00 69 00 01 00 00 00 00 01 00 00 00 00 00 00";
static const char V6[] = "09 00 6f 19 01 00 00 00 00";
static const char V7[] = "21 00 68 00 01 00 00 00 00 45 0b 00 00 e0 22 02 00 2c cf ff ff ff ff ff ff 48 f4 ff ff ff ff ff ff";
static const char V8[] =
	"36 00 28 1c 03 01 00 09 00 b1 04 00 00 44 fd b1 6a 00 00 00 00 68 44 1b 33 03 00 00 00 00 00 00 "
	"00 a0 41 13 33 06 00 00 00 c8 02 08 00 01 00 00 00 04 e8 03 00 00";

static const struct scrip option = { .segment = SIM_NSE_FO, .token = 56526, .lot = 65, .band_low = 5, .band_high = 38910 };
static const struct scrip reliance = { .segment = SIM_NSE_CM, .token = 2885, .lot = 1, .band_low = 125175, .band_high = 152985 };
static const struct scrip nifty = { .segment = SIM_NSE_CM, .token = 26000, .index = true, .feed_token = 4247863880u, .feed_name = "Nifty 50" };

static const struct sim_quote depth = {
	.total_buy = 1204450, .total_sell = 1388075, .volume = 25344150, .trade_time = 1790049603, .update_time = 1790049603, .open = 17100, .close = 17910, .high = 19560,
	.low = 16245, .last = 18435, .last_qty = 130, .average = 17882, .oi = 8734050, .value = 453204090000, .year_high = 41285, .year_low = 4560,
	.bid = { { 18430, 650, 4 }, { 18425, 1300, 7 }, { 18420, 1950, 9 }, { 18415, 2600, 12 }, { 18410, 3250, 15 } },
	.ask = { { 18440, 585, 3 }, { 18445, 1170, 6 }, { 18450, 1755, 8 }, { 18455, 2340, 10 }, { 18460, 2925, 13 } },
};
static const struct sim_quote touch = {
	.total_buy = 512340, .total_sell = 698211, .volume = 4812345, .trade_time = 1790049602, .update_time = 1790049602, .open = 139250, .close = 139080, .high = 140410,
	.low = 138905, .last = 140115, .last_qty = 25, .average = 139742, .value = 672486734100, .year_high = 160880, .year_low = 111485,
	.bid = { { 140110, 431, 6 } }, .ask = { { 140115, 918, 11 } },
};
static const struct sim_quote mini = { .trade_time = 1790049600, .last = 18435, .last_qty = 130, .close = 17910 };
static const struct sim_quote spot = {
	.trade_time = 1790049601, .last = 2464520, .open = 2461035, .high = 2468590, .low = 2452115, .close = 2459870, .year_high = 2637360, .year_low = 2174310,
};

static void mini_v1(void **state)
{
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_packet(out, sfeed_mini(&option, &mini, 5, out), V1);
}

static void index_v2(void **state)
{
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_packet(out, sfeed_index(&nifty, &spot, 6, out), V2);
}

static void touch_v3(void **state)
{
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_packet(out, sfeed_picture(&reliance, &touch, 4, 7, out), V3);
}

static void depth_v4(void **state)
{
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_packet(out, sfeed_picture(&option, &depth, 8, 8, out), V4);
}

static void status_v5_v6(void **state)
{
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_packet(out, sfeed_status(SIM_NSE_CM, 1, false, out), V5);
	assert_packet(out, sfeed_status(SIM_NSE_CM, 1, true, out), V6);
	assert_packet(out, sfeed_status(SIM_NSE_FO, 2, true, out), "09 00 79 19 02 00 00 00 00");
	assert_packet(out, sfeed_status(SIM_BSE_CM, 12, false, out), "10 00 69 00 05 00 00 00 00 0c 00 00 00 00 00 00");
}

static void auction_v7(void **state)
{
	uint8_t out[SFEED_PACKET_MAX], want[SFEED_PACKET_MAX] = { 0 };

	(void)state;
	assert_packet(out, sfeed_auction(&reliance, 140000, -12500, -3000, false, out), V7);
	unhex(V7, want);
	want[0] = 0x30;
	assert_int_equal(sfeed_auction(&reliance, 140000, -12500, -3000, true, out), 48);
	assert_memory_equal(out, want, 48);
}

static void currency_v8(void **state)
{
	struct scrip dollar = { .segment = SIM_CDE_FO, .token = 1201, .lot = 1 };
	struct sim_quote q = { .trade_time = 1790049604, .last = 857425, .close = 856900, .last_qty = 3 };
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_int_equal(sfeed_divider(SIM_CDE_FO), 10000000);
	assert_int_equal(sfeed_divider(SIM_NSE_FO), 100);
	assert_packet(out, sfeed_mini(&dollar, &q, 9, out), V8);
}

/* Packets simply follow one another in a frame. */
static void batch_v9(void **state)
{
	uint8_t out[SFEED_PACKET_MAX], want[SFEED_PACKET_MAX];
	size_t len = sfeed_mini(&option, &mini, 5, out), n = unhex(V1, want);

	(void)state;
	len += sfeed_index(&nifty, &spot, 6, out + len);
	len += sfeed_status(SIM_NSE_CM, 1, false, out + len);
	n += unhex(V2, want + n);
	n += unhex(V5, want + n);
	assert_int_equal(len, 157);
	assert_int_equal(n, len);
	assert_memory_equal(out, want, len);
}

/* The guide's own example: 1234.56, close 1220.00, change 14.56, 1.19 %. */
static void guide_example(void **state)
{
	struct scrip tcs = { .segment = SIM_NSE_CM, .token = 11536, .lot = 1 };
	struct sim_quote q = { .trade_time = 1756636800, .last = 123456, .close = 122000, .last_qty = 50 };
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_int_equal(sfeed_mini(&tcs, &q, 0, out), 54);
	assert_int_equal(out[37], 119);
	assert_int_equal(out[41] | out[42] << 8, 1456);
}

/* A side that is gone: the touch line keeps its row, depth leaves it out. A fall is negative. */
static void missing_side(void **state)
{
	struct sim_quote q = depth;
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	memset(q.ask, 0, sizeof(q.ask));
	memset(&q.bid[3], 0, 2 * sizeof(q.bid[3]));
	q.last = 17905;
	assert_int_equal(sfeed_picture(&option, &q, 4, 0, out), 176);
	assert_int_equal(out[93], 1);
	assert_int_equal(sfeed_picture(&option, &q, 8, 0, out), 144 + 3 * 16);
	assert_int_equal(out[89], 3);
	assert_int_equal(out[93], 0);
	int32_t change;
	memcpy(&change, out + 115, sizeof(change));
	assert_int_equal(change, -5);
	assert_int_equal(sfeed_picture(&option, &depth, 16, 0, out), 304);
	assert_int_equal(sfeed_picture(&option, &(struct sim_quote){ 0 }, 2, 0, out), 144);
}

/* A name of 21 letters fills the field without a NUL. */
static void long_index_name(void **state)
{
	struct scrip s = { .segment = SIM_NSE_CM, .index = true, .feed_name = "NIFTY LARGEMIDCAP 250" };
	uint8_t out[SFEED_PACKET_MAX];

	(void)state;
	assert_int_equal(sfeed_index(&s, &spot, 0, out), 87);
	assert_memory_equal(out + 66, "NIFTY LARGEMIDCAP 250", 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mini_v1), cmocka_unit_test(index_v2), cmocka_unit_test(touch_v3), cmocka_unit_test(depth_v4), cmocka_unit_test(status_v5_v6),
		cmocka_unit_test(auction_v7), cmocka_unit_test(currency_v8), cmocka_unit_test(batch_v9), cmocka_unit_test(guide_example),
		cmocka_unit_test(missing_side), cmocka_unit_test(long_index_name),
	};

	return cmocka_run_group_tests_name("sfeed", tests, NULL, NULL);
}
