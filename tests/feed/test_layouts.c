/* Each recorded layout, told from its header and played whole: what becomes of every row, the underlying's source, lots, and
 * the faults that real recordings have. All rows are made up. */
#include "play.h"

#define D "2026-03-02T" /* a Monday that the small calendar knows */
#define Z "+05:30"

static void expect_info(struct feed *f, const char *kind, const char *underlying, const char *source, nanos_t step, bool options,
                        bool one_price)
{
	struct feed_info i;

	f->ops->info(f, &i);
	assert_string_equal(i.kind, kind);
	assert_string_equal(i.underlying, underlying);
	assert_string_equal(i.underlying_source, source);
	assert_int_equal(i.step, step);
	assert_int_equal(i.options, options);
	assert_int_equal(i.one_price, one_price);
}

static void test_index_bars(void **state)
{
	struct feed *f = open_text("NIFTY50_1min_x.csv.gz",
		"timestamp,open,high,low,close,volume\r\n"
		D "09:15:00" Z ",24000.00,24010.00,23990.00,24005.00,0\r\n"
		D "09:16:00" Z ",24005.00,24006.00,24004.00,24004.05,0", NULL);

	(void)state;
	expect_info(f, "index bars", "NIFTY", "the index itself", NANOS_MINUTE, false, false);
	expect_bad(f, 0, "[]");
	expect_events(f,
		"09:15:00 session begin\n"
		"09:16:00 instrument 0 NIFTY lot1\n"
		"09:16:00 bar 0 24000.00 24010.00 23990.00 24005.00 v0\n"
		"09:17:00 bar 0 24005.00 24006.00 24004.00 24004.05 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_equity_bars(void **state)
{
	/* columns in another order, as the header says */
	struct feed *f = open_text("two.csv",
		"symbol,timestamp,close,low,high,open,volume\n"
		"ABC," D "09:15:00" Z ",101.00,99.00,102.00,100.00,10\n"
		"NIFTY," D "09:15:00" Z ",24001,23999,24002,24000,0\n"
		"ABC," D "09:16:00" Z ",101.50,101.00,102.00,101.00,20\n", NULL);

	(void)state;
	expect_info(f, "equity bars", "", "each instrument itself", NANOS_MINUTE, false, false);
	expect_events(f,
		"09:15:00 session begin\n"
		"09:16:00 instrument 0 ABC lot1\n"
		"09:16:00 bar 0 100.00 102.00 99.00 101.00 v10\n"
		"09:16:00 instrument 1 NIFTY lot1\n"
		"09:16:00 bar 1 24000.00 24002.00 23999.00 24001.00 v0\n"
		"09:17:00 bar 0 101.00 102.00 101.00 101.50 v20\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_contract_bars(void **state)
{
	struct feed *f = open_text("NIFTY_fno_1min.csv",
		"timestamp,symbol,expiry,strike,side,open,high,low,close,cum_volume,oi\n"
		D "09:15:00" Z ",NIFTY-I,,0,FUT,24050.0,24060.0,24040.0,24055.0,650,1300\n"
		D "09:15:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,100.0,101.0,99.0,100.5,6500,\n"
		D "09:16:00" Z ",NIFTY-I,,0,FUT,24055.0,24056.0,24054.0,24055.0,1300,1300\n"
		D "09:16:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,99.5,99.0,98.0,98.5,6565,\n"   /* open above high: kept */
		D "09:17:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,99.0,99.0,98.0,98.5,6500,\n"   /* volume falls */
		D "09:18:00" Z ",NIFTY03MAR2624000CE,2026-03-03,24000,CE,98.0,99.0,98.0,98.5,6630,\n", NULL);

	(void)state;
	expect_info(f, "contract bars", "NIFTY", "near future", NANOS_MINUTE, true, false);
	expect_bad(f, 0, "1 rows have their open or close outside");
	expect_bad(f, 0, "running volume fell 1 times");
	expect_events(f,
		"09:15:00 instrument 0 NIFTY lot1\n"
		"09:15:00 session begin\n"
		"09:16:00 instrument 1 NIFTY-I lot65\n"
		"09:16:00 bar 1 24050.00 24060.00 24040.00 24055.00 v650\n"
		"09:16:00 instrument 2 NIFTY03MAR2624000CE lot65\n"
		"09:16:00 bar 2 100.00 101.00 99.00 100.50 v6500\n"
		"09:16:00 bar 0 24050.00 24060.00 24040.00 24055.00 v650\n"
		"09:17:00 bar 1 24055.00 24056.00 24054.00 24055.00 v650\n"
		"09:17:00 bar 2 99.50 99.00 98.00 98.50 v65\n"
		"09:17:00 bar 0 24055.00 24056.00 24054.00 24055.00 v650\n"
		"09:18:00 bar 2 99.00 99.00 98.00 98.50 v0\n"
		"09:19:00 bar 2 98.00 99.00 98.00 98.50 v130\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

/* The spot of a group is its median: single wrong spots are real. 15-minute bars; the contract has a fraction in its strike. */
static void test_option_bars_spot(void **state)
{
	struct feed *f = open_text("NIFTY_opt_15min.csv.zst",
		"timestamp,expiry,strike,side,open,high,low,close,volume,oi,iv,spot\n"
		D "09:15:00" Z ",2026-03-03,24000.0,CE,100,110,90,105,130,650,12.5,24020.05\n"
		D "09:15:00" Z ",2026-03-03,24000.0,PE,80,85,70,75,65,650,12.5,12000.05\n"
		D "09:15:00" Z ",2026-03-03,24050.5,PE,90,95,80,85,65,650,12.5,24020.05\n"
		D "09:30:00" Z ",2026-03-03,24000.0,CE,105,110,90,100,65,650,12.5,24010\n", NULL);

	(void)state;
	expect_info(f, "contract bars", "NIFTY", "spot column", 15 * NANOS_MINUTE, true, true);
	expect_events(f,
		"09:15:00 instrument 0 NIFTY lot1\n"
		"09:15:00 session begin\n"
		"09:30:00 instrument 1 NIFTY03MAR2624000CE lot65\n"
		"09:30:00 bar 1 100.00 110.00 90.00 105.00 v130\n"
		"09:30:00 instrument 2 NIFTY03MAR2624000PE lot65\n"
		"09:30:00 bar 2 80.00 85.00 70.00 75.00 v65\n"
		"09:30:00 instrument 3 NIFTY03MAR2624050.50PE lot65\n"
		"09:30:00 bar 3 90.00 95.00 80.00 85.00 v65\n"
		"09:30:00 bar 0 24020.05 24020.05 24020.05 24020.05 v0\n"
		"09:45:00 bar 1 105.00 110.00 90.00 100.00 v65\n"
		"09:45:00 bar 0 24010.00 24010.00 24010.00 24010.00 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

/* Neither spot nor future: the nearest expiry's parity, F = K + C - P = 24000 + 105 - 75. The far expiry has no say. */
static void test_option_bars_parity(void **state)
{
	struct feed *f = open_text("NIFTY_opt_15min.csv",
		"timestamp,expiry,strike,side,open,high,low,close,volume,oi\n"
		D "09:15:00" Z ",2026-03-03,24000,CE,100,110,90,105,65,0\n"
		D "09:15:00" Z ",2026-03-03,24000,PE,80,85,70,75,65,0\n"
		D "09:15:00" Z ",2026-03-10,24000,CE,200,210,190,205,65,0\n"
		D "09:15:00" Z ",2026-03-10,24000,PE,80,85,70,75,65,0\n"
		D "09:30:00" Z ",2026-03-03,24000,CE,100,110,90,105,65,0\n", NULL);
	struct event e;
	int bars = 0;

	(void)state;
	expect_info(f, "contract bars", "NIFTY", "parity forward", 15 * NANOS_MINUTE, true, true);
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.instrument.flags, INSTRUMENT_DERIVED);
	while (f->ops->next(f, &e) == 1) {
		if (e.head.kind != EVENT_BAR || e.head.instrument != 0)
			continue;
		assert_int_equal(e.bar.bar.close, 24030 * NUM_SCALE);
		bars++;
	}
	assert_int_equal(bars, 1); /* the second group has no put: no price is better than a guess */
	f->ops->close(f);
}

static void test_chain_quotes(void **state)
{
	struct feed *f = open_text("NIFTY_chain.csv",
		"timestamp,collected_at,expiry,strike,ce_ltp,ce_bid,ce_bid_qty,ce_ask,ce_ask_qty,ce_volume,ce_oi,ce_oi_chg,ce_iv,ce_net_chg,"
		"pe_ltp,pe_bid,pe_bid_qty,pe_ask,pe_ask_qty,pe_volume,pe_oi,pe_oi_chg,pe_iv,pe_net_chg\n"
		D "09:22:45" Z "," D "09:24:16" Z ",2026-03-03,24000,0.0,100.0,650,101.0,65,3,7,1,0.0,0.0,80.0,79.9,65,80.1,65,2,5,0,0,0\n"
		D "09:23:45" Z "," D "09:25:00" Z ",2026-03-03,24000,0.0,100.0,650,101.0,65,3,7,1,0.0,0.0,80.0,79.9,65,80.1,65,2,5,0,0,0\n",
		NULL);
	struct event e;
	int calls = 0;

	(void)state;
	expect_info(f, "chain quotes", "NIFTY", "parity forward", 44 * NANOS_SECOND, true, true);
	while (f->ops->next(f, &e) == 1) {
		char at[9];
		if (e.head.kind == EVENT_INSTRUMENT && e.head.instrument == 1)
			assert_int_equal(e.instrument.flags, INSTRUMENT_TRADABLE);
		if (e.head.kind != EVENT_TICK || e.head.instrument != 1)
			continue;
		assert_int_equal(e.tick.last, 0); /* never traded is no price */
		assert_int_equal(e.tick.oi, 7 * 65);
		assert_int_equal(e.tick.volume, 3 * 65);
		assert_int_equal(e.tick.bid_qty, 650);
		time_text(e.tick.exchange_stamp, at);
		assert_string_equal(at, calls == 0 ? "09:22:45" : "09:23:45");
		calls++;
	}
	assert_int_equal(calls, 2); /* an unchanged row is an event: it keeps the price fresh */
	f->ops->seek(f, INT64_MIN);
	expect_events(f,
		"09:24:16 instrument 0 NIFTY lot1\n"
		"09:24:16 session begin\n"
		"09:24:16 instrument 1 NIFTY03MAR2624000CE lot65\n"
		"09:24:16 tick 1 0.00 100.00 101.00 v195\n"
		"09:24:16 instrument 2 NIFTY03MAR2624000PE lot65\n"
		"09:24:16 tick 2 80.00 79.90 80.10 v130\n"
		"09:24:16 tick 0 24020.50 v0\n"
		"09:25:00 tick 1 0.00 100.00 101.00 v195\n"
		"09:25:00 tick 2 80.00 79.90 80.10 v130\n"
		"09:25:00 tick 0 24020.50 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_chain_last(void **state)
{
	struct feed *f = open_text("NIFTY_chain_ltp.csv",
		"timestamp,expiry,strike,side,ltp,volume,oi,oi_chg,iv,spot\n"
		D "10:43:00" Z ",2026-03-03,24000,CE,100.5,18,52,-8,75.38,24012.8\n"
		D "10:43:00" Z ",2026-03-03,24000,PE,0.0,0,0,0,0,24012.8\n"
		D "10:44:00" Z ",2026-03-03,24000,CE,101.5,19,52,-8,75.38,24013.85\n", NULL);

	(void)state;
	expect_info(f, "chain last prices", "NIFTY", "spot column", NANOS_MINUTE, true, true);
	expect_events(f,
		"10:43:00 instrument 0 NIFTY lot1\n"
		"10:43:00 session begin\n"
		"10:43:00 instrument 1 NIFTY03MAR2624000CE lot65\n"
		"10:43:00 tick 1 100.50 v1170\n"
		"10:43:00 instrument 2 NIFTY03MAR2624000PE lot65\n"
		"10:43:00 tick 2 0.00 v0\n"
		"10:43:00 tick 0 24012.80 v0\n"
		"10:44:00 tick 1 101.50 v1235\n"
		"10:44:00 tick 0 24013.85 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

static void test_index_ticks(void **state)
{
	struct feed *f = open_text("NIFTY50_1sec.csv",
		"timestamp,price\n" D "09:00:01" Z ",24000.05\n" D "09:15:02" Z ",24001\n", NULL);

	(void)state;
	expect_info(f, "index ticks", "NIFTY", "the index itself", NANOS_SECOND, false, false);
	expect_events(f,
		"09:00:01 session begin\n"
		"09:00:01 instrument 0 NIFTY lot1\n"
		"09:00:01 tick 0 24000.05 v0\n"
		"09:15:02 tick 0 24001.00 v0\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

/* Late rows come at the newest time seen, exact repeats are stale, falling volume is passed on. */
static void test_ltp_ticks(void **state)
{
	struct feed *f = open_text("SBIN_ltp_ticks.csv",
		"timestamp,ltp,volume\n"
		D "09:15:05" Z ",100.05,1000\n"
		D "09:15:05" Z ",100.05,1000\n"
		D "09:15:06" Z ",100.10,1010\n"
		D "09:15:05" Z ",100.00,990\n"
		D "09:15:07" Z ",100.10,1020\n", NULL);

	(void)state;
	expect_info(f, "ltp ticks", "SBIN", "the instrument itself", 0, false, false);
	expect_bad(f, 0, "1 rows went back in time");
	expect_events(f,
		"09:15:05 session begin\n"
		"09:15:05 instrument 0 SBIN lot1\n"
		"09:15:05 tick 0 100.05 v1000\n"
		"09:15:05 tick 0 stale 100.05 v1000\n"
		"09:15:06 tick 0 100.10 v1010\n"
		"09:15:06 tick 0 100.00 v990\n"
		"09:15:07 tick 0 100.10 v1020\n"
		"15:30:00 session end\n"
		"15:30:00 feed_end\n");
}

#define LEVEL_NAMES(n) ",bidP" n ",bidQ" n ",askP" n ",askQ" n
#define DEPTH_HEADER "recv_time,ltt_ms,ltp,ltq,prev_close" LEVEL_NAMES("1") LEVEL_NAMES("2") LEVEL_NAMES("3") LEVEL_NAMES("4") \
	LEVEL_NAMES("5") ",atp,cum_volume"

static void test_depth(void **state)
{
	struct feed *f = open_text("depth5_2026-03-02_NSE_FO_123.csv", DEPTH_HEADER ",oi,iv,tbq,tsq,delta,theta,gamma,vega\n"
		D "09:32:48.948" Z ",1772424168063,50.5,70,51,50,35,51,70,49,35,52,35,48,35,53,35,47,35,54,35,46,35,55,105,50,350,700,0.1,1,1,0.5,1,1,1\n"
		D "09:32:49.501" Z ",1772424169063,50.5,35,51,,,51,70,,,,,,,,,,,,,,,,,50,385,700,0.1,1,1,0.5,1,1,1\n"
		D "09:32:50.501" Z ",1772424169063,50.5,35,51,,,51,70,,,,,,,,,,,,,,,,,50,455,700,0.1,1,1,0.5,1,1,1\n", NULL);
	struct event e;

	(void)state;
	expect_info(f, "depth ticks", "NSE_FO_123", "the instrument itself", 0, false, false);
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.head.kind, EVENT_INSTRUMENT);
	assert_int_equal(e.instrument.lot, 35); /* 35 and 70 traded: the contract's terms are not recorded, its lot shows */
	assert_int_equal(e.instrument.kind, INSTRUMENT_FUTURE);
	assert_int_equal(e.instrument.segment, SEGMENT_NSE_FO);
	assert_int_equal(e.instrument.flags, INSTRUMENT_TRADABLE | INSTRUMENT_ASSUMED);
	assert_true(instrument_valid(&e.instrument));
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.tick.bid, 50 * NUM_SCALE);
	assert_int_equal(e.tick.ask_qty, 70);
	assert_int_equal(e.tick.last_qty, 70);
	assert_int_equal(e.tick.oi, 700);
	assert_int_equal(e.tick.exchange_stamp, INT64_C(1772424168063) * NANOS_MS);
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.head.kind, EVENT_DEPTH);
	assert_int_equal(e.depth.bid[4].price, 46 * NUM_SCALE);
	assert_int_equal(e.depth.ask[4].qty, 105);
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.tick.bid, 0); /* nobody bids */
	assert_int_equal(f->ops->next(f, &e), 1);
	assert_int_equal(e.depth.bid[0].price, 0);
	assert_int_equal(e.depth.ask[1].price, 0);
	f->ops->close(f);
}

/* Without an expiry there is no oi column and the name has an ISIN: a share. */
static void test_depth_equity(void **state)
{
	struct feed *f = open_text("depth5_2026-03-02_NSE_EQ_INE000A01011.csv", DEPTH_HEADER ",tbq,tsq\n"
		D "09:32:48.948" Z ",1772424168063,50.5,7,51,50,3,51,7,49,3,52,3,48,3,53,3,47,3,54,3,46,3,55,1,50,350,1,1\n", NULL);
	struct event e;

	(void)state;
	f->ops->next(f, &e);
	f->ops->next(f, &e);
	assert_string_equal(e.instrument.symbol, "INE000A01011");
	assert_int_equal(e.instrument.kind, INSTRUMENT_EQUITY);
	assert_int_equal(e.instrument.lot, 1);
	f->ops->close(f);
}

/* -- lots and ticks ------------------------------------------------------------------------------------------------------ */

/* The table's lot of the expiry is 75; on the first day the volumes show 25, on the second 75: the contract is defined anew. */
static void test_lot_shown(void **state)
{
	struct feed *f = open_text("NIFTY_opt.csv",
		"timestamp,expiry,strike,side,open,high,low,close,volume,oi,spot\n"
		"2025-01-30T09:15:00" Z ",2025-02-27,23000,CE,100,110,90,105,50,0,23000\n"
		"2025-01-30T09:30:00" Z ",2025-02-27,23000,CE,100,110,90,105,125,0,23000\n"
		"2025-01-31T09:15:00" Z ",2025-02-27,23000,CE,100,110,90,105,150,0,23000\n"
		"2025-01-31T09:30:00" Z ",2025-02-27,23000,CE,100,110,90,105,75,0,23000\n", NULL);
	int defined = 0;
	struct event e;

	(void)state;
	expect_bad(f, 0, "lot 25 of NIFTY 2025-02-27 by the recorded volumes; the table says 75");
	while (f->ops->next(f, &e) == 1) {
		if (e.head.kind != EVENT_INSTRUMENT || e.head.instrument != 1)
			continue;
		assert_int_equal(e.instrument.lot, defined == 0 ? 25 : 75);
		assert_int_equal(e.instrument.freeze, 1800);
		assert_int_equal(e.instrument.flags, INSTRUMENT_TRADABLE | INSTRUMENT_LTP_ONLY);
		defined++;
	}
	assert_int_equal(defined, 2);
	f->ops->close(f);
}

/* An underlying the table does not know: the volumes' divisor, marked; without volumes one unit, marked. */
static void test_lot_unknown(void **state)
{
	static const struct { const char *volumes[2]; qty_t lot; } table[] = { { { "45", "75" }, 15 }, { { "0", "0" }, 1 } };
	char text[512];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct event e;
		snprintf(text, sizeof(text), "timestamp,expiry,strike,side,open,high,low,close,volume,oi,spot\n"
		         D "09:15:00" Z ",2026-03-03,5000,CE,10,11,9,10,%s,0,5000\n" D "09:30:00" Z ",2026-03-03,5000,CE,10,11,9,10,%s,0,5000\n",
		         table[i].volumes[0], table[i].volumes[1]);
		struct feed *f = open_text("OTHER_opt.csv", text, NULL);
		do
			assert_int_equal(f->ops->next(f, &e), 1);
		while (e.head.kind != EVENT_INSTRUMENT || e.head.instrument != 1);
		assert_int_equal(e.instrument.lot, table[i].lot);
		assert_true(e.instrument.flags & INSTRUMENT_ASSUMED);
		f->ops->close(f);
	}
}

static void test_equity_tick(void **state)
{
	static const struct { const char *price, *other; price_t tick; } table[] = {
		{ "100.00", "100.05", 500 }, { "100.00", "100.01", 100 }, { "100.00", "105.00", 500 }, { "100.00", "100.001", 100 },
		{ "1000.00", "1000.10", 1000 }, { "1000.00", "1000.05", 500 }, { "999.90", "1000.00", 500 }, { "5001", "5000.5", 5000 },
		{ "10001", "10003", 10000 }, { "20005", "20010", 50000 }, { "20005", "20006", 10000 },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct event e;
		snprintf(text, sizeof(text), "timestamp,ltp,volume\n" D "09:15:05" Z ",%s,1\n" D "09:15:06" Z ",%s,1\n",
		         table[i].price, table[i].other);
		struct feed *f = open_text("SBIN_x.csv", text, NULL);
		f->ops->next(f, &e);
		f->ops->next(f, &e);
		assert_int_equal(e.instrument.tick, table[i].tick);
		f->ops->close(f);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index_bars), cmocka_unit_test(test_equity_bars), cmocka_unit_test(test_contract_bars),
		cmocka_unit_test(test_option_bars_spot), cmocka_unit_test(test_option_bars_parity), cmocka_unit_test(test_chain_quotes),
		cmocka_unit_test(test_chain_last), cmocka_unit_test(test_index_ticks), cmocka_unit_test(test_ltp_ticks),
		cmocka_unit_test(test_depth), cmocka_unit_test(test_depth_equity), cmocka_unit_test(test_lot_shown),
		cmocka_unit_test(test_lot_unknown), cmocka_unit_test(test_equity_tick),
	};

	return cmocka_run_group_tests_name("layouts", tests, folder_make, folder_remove);
}
