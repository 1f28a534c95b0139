/* Real recordings, where the folder SAUDA_DATA has them: every file opens and plays to its end, with the rows, faults, days
 * and sessions that the folder's README counts. Skipped, and said so, where there are none. */
#include "play.h"

#include "tests/core/market_files.h"

static const char *data_folder;
static struct market_tables tables;

static int setup(void **state)
{
	(void)state;
	data_folder = getenv("SAUDA_DATA");
	if (data_folder == NULL || access(data_folder, R_OK) != 0) {
		print_message("SAUDA_DATA is not set to a folder of recordings: the tests on real recordings are SKIPPED\n");
		data_folder = NULL;
		return 0;
	}
	MARKET_LOAD("holidays.csv", calendar_parse_holidays, &tables.calendar);
	MARKET_LOAD("special_sessions.csv", calendar_parse_specials, &tables.calendar);
	MARKET_LOAD("timetable.csv", calendar_parse_timetable, &tables.calendar);
	MARKET_LOAD("contracts.csv", contracts_parse, &tables.contracts);
	return 0;
}

struct recorded {
	const char *file, *kind, *underlying, *source;
	uint64_t rows, bad;
	uint32_t days;
	int64_t step_s;
	qty_t lot; /* of the last contract defined; 0 = of no interest */
};

static const struct recorded files[] = {
	{ "index_1min/NIFTY50_1min_2021", "index bars", "NIFTY", "the index itself", 92394, 0, 248, 60, 0 },
	{ "index_1min/NIFTY50_1min_2022", "index bars", "NIFTY", "the index itself", 92632, 0, 248, 60, 0 },
	{ "index_1min/NIFTY50_1min_2023-01", "index bars", "NIFTY", "the index itself", 7875, 0, 21, 60, 0 },
	{ "index_1min/NIFTY50_1min_2024", "index bars", "NIFTY", "the index itself", 92514, 0, 249, 60, 0 },
	{ "index_1min/NIFTY50_1min_2025", "index bars", "NIFTY", "the index itself", 58250, 0, 156, 60, 0 },
	{ "index_1min/NIFTY50_1min_2026-07-28_2026-08-07_yahoo", "index bars", "NIFTY", "the index itself", 3371, 0, 9, 60, 0 },
	{ "index_1min/BANKNIFTY_1min_2021", "index bars", "BANKNIFTY", "the index itself", 92395, 0, 248, 60, 0 },
	{ "index_1min/BANKNIFTY_1min_2022", "index bars", "BANKNIFTY", "the index itself", 92595, 0, 248, 60, 0 },
	{ "index_1min/BANKNIFTY_1min_2023-01", "index bars", "BANKNIFTY", "the index itself", 7875, 0, 21, 60, 0 },
	{ "index_1min/BANKNIFTY_1min_2024-01_2024-08", "index bars", "BANKNIFTY", "the index itself", 57960, 0, 156, 60, 0 },
	{ "index_1min/INDIAVIX_1min_2025-11-24_2025-12-31", "index bars", "INDIAVIX", "the index itself", 10125, 0, 27, 60, 0 },
	{ "equity_1min/NSE_25symbols_1min_2026-01-05", "equity bars", "", "each instrument itself", 9375, 0, 1, 60, 0 },
	{ "equity_1min/NSE_25symbols_1min_2026-01-06", "equity bars", "", "each instrument itself", 9375, 0, 1, 60, 0 },
	{ "options/BANKNIFTY_fno_1min_2023-04-10", "contract bars", "BANKNIFTY", "near future", 144689, 0, 1, 60, 25 },
	{ "options/BANKNIFTY_fno_1min_2023-04-11", "contract bars", "BANKNIFTY", "near future", 149710, 0, 1, 60, 25 },
	{ "options/NIFTY_chain_1min_2025-08-29", "chain quotes", "NIFTY", "parity forward", 81176, 0, 1, -1, 75 },
	{ "options/NIFTY_chain_ltp_1min_2026-08-18", "chain last prices", "NIFTY", "spot column", 153990, 0, 1, 60, 65 },
	{ "options/NIFTY_opt_15min_exp2021-01-28", "contract bars", "NIFTY", "parity forward", 41624, 0, 19, 900, 75 },
	{ "options/NIFTY_opt_15min_exp2021-02-25", "contract bars", "NIFTY", "parity forward", 52916, 0, 20, 900, 75 },
	{ "options/NIFTY_opt_15min_exp2025-01-30_atm10", "contract bars", "NIFTY", "spot column", 24120, 0, 23, 900, 25 },
	{ "options/NIFTY_opt_15min_exp2025-02-27_atm10", "contract bars", "NIFTY", "spot column", 24124, 0, 23, 900, 75 },
	{ "options/NIFTY_opt_15min_exp2025-06-26_atm10", "contract bars", "NIFTY", "spot column", 24023, 0, 23, 900, 75 },
	/* one row each has a volume that went round in 32 bits and is negative */
	{ "options/NIFTY_opt_15min_exp2025-08-28_atm10", "contract bars", "NIFTY", "spot column", 22062, 1, 21, 900, 75 },
	{ "options/NIFTY_opt_15min_exp2025-09-30_atm10", "contract bars", "NIFTY", "spot column", 23087, 1, 22, 900, 75 },
	{ "ticks/NIFTY50_ltp_ticks_2021-05-27", "ltp ticks", "NIFTY", "the index itself", 19005, 0, 1, 0, 0 },
	{ "ticks/BANKNIFTY_ltp_ticks_2021-05-31", "ltp ticks", "BANKNIFTY", "the index itself", 19995, 0, 1, 0, 0 },
	{ "ticks/SBIN_ltp_ticks_2021-05-28", "ltp ticks", "SBIN", "the instrument itself", 21120, 0, 1, 0, 0 },
	{ "ticks/depth5_2025-12-15_NSE_FO_51460", "depth ticks", "NSE_FO_51460", "the instrument itself", 28590, 0, 1, 0, 35 },
	{ "ticks/depth5_2025-12-15_NSE_FO_51461", "depth ticks", "NSE_FO_51461", "the instrument itself", 28254, 0, 1, 0, 35 },
	{ "ticks/depth5_2025-12-15_NSE_FO_60166", "depth ticks", "NSE_FO_60166", "the instrument itself", 29463, 0, 1, 0, 35 },
	{ "ticks/depth5_2025-12-15_NSE_EQ_INE118H01025", "depth ticks", "INE118H01025", "the instrument itself", 35187, 0, 1, 0, 0 },
	{ "index_1sec/NIFTY50_1sec_2022-11-14", "index ticks", "NIFTY", "the index itself", 23540, 0, 1, 1, 0 },
	{ "index_1sec/NIFTY50_1sec_2022-11-25", "index ticks", "NIFTY", "the index itself", 23540, 0, 1, 1, 0 },
};

static struct feed *open_recorded(const char *const *names, size_t n)
{
	static char paths[4][512];
	const char *list[4];
	struct feed_error error = { "" };
	struct feed *f = NULL;

	for (size_t i = 0; i < n; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%s.csv.gz", data_folder, names[i]);
		list[i] = paths[i];
	}
	if (feed_replay_open(list, n, &tables, NULL, &f, &error) != ERR_OK)
		fail_msg("%s", error.text);
	return f;
}

struct tally { uint32_t days, instruments; uint64_t prices, depths; qty_t lot; uint16_t session_flags; };

/* Plays to the end; what must hold for every recording is checked on the way. */
static struct tally play(struct feed *f)
{
	struct tally t = { 0 };
	nanos_t newest = INT64_MIN;
	bool ended = false;
	struct event e;
	int got;

	while ((got = f->ops->next(f, &e)) == 1) {
		assert_true(!ended && e.head.stamp >= newest);
		newest = e.head.stamp;
		ended = e.head.kind == EVENT_FEED_END;
		t.prices += e.head.kind == EVENT_TICK || e.head.kind == EVENT_BAR;
		t.depths += e.head.kind == EVENT_DEPTH;
		if (e.head.kind == EVENT_SESSION && e.session.edge == SESSION_BEGIN) {
			assert_true(e.session.open < e.session.close && stamp_date(e.head.stamp) == e.session.date);
			t.session_flags |= e.session.flags;
			t.days++;
		} else if (e.head.kind == EVENT_INSTRUMENT) {
			assert_true(instrument_valid(&e.instrument) && e.instrument.id <= t.instruments);
			t.instruments += e.instrument.id == t.instruments;
			t.lot = e.instrument.kind >= INSTRUMENT_FUTURE ? e.instrument.lot : t.lot;
		} else if (e.head.kind != EVENT_SESSION && !ended) {
			assert_true(e.head.instrument < t.instruments);
		}
	}
	assert_true(got == 0 && ended);
	return t;
}

static void test_every_file(void **state)
{
	(void)state;
	if (data_folder == NULL)
		skip();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct recorded *r = &files[i];
		struct feed *f = open_recorded(&r->file, 1);
		struct feed_progress p;
		struct feed_info info;
		print_message("%s\n", r->file);
		f->ops->info(f, &info);
		assert_string_equal(info.kind, r->kind);
		assert_string_equal(info.underlying, r->underlying);
		assert_string_equal(info.underlying_source, r->source);
		if (r->step_s >= 0)
			assert_int_equal(info.step, r->step_s * NANOS_SECOND);
		else
			assert_in_range(info.step, 60 * NANOS_SECOND, 90 * NANOS_SECOND);
		struct tally t = play(f);
		f->ops->progress(f, &p);
		assert_int_equal(p.rows_total, r->rows);
		assert_int_equal(p.bad, r->bad);
		assert_int_equal(p.rows, r->rows - r->bad);
		assert_int_equal(t.days, r->days);
		if (r->lot != 0)
			assert_int_equal(t.lot, r->lot);
		assert_int_equal(t.depths, strcmp(r->kind, "depth ticks") == 0 ? r->rows : 0);
		f->ops->close(f);
	}
}

static void expect_note(const char *file, const char *words)
{
	struct feed *f = open_recorded(&file, 1);

	expect_bad(f, 0, words);
	f->ops->close(f);
}

/* Faults that the README counts. */
static void test_known_faults(void **state)
{
	(void)state;
	if (data_folder == NULL)
		skip();
	expect_note("options/BANKNIFTY_fno_1min_2023-04-10", "802 rows have their open or close outside");
	expect_note("options/BANKNIFTY_fno_1min_2023-04-11", "526 rows have their open or close outside");
	expect_note("ticks/NIFTY50_ltp_ticks_2021-05-27", "55 rows went back in time");
	expect_note("ticks/SBIN_ltp_ticks_2021-05-28", "124 rows went back in time");
}

static uint32_t count_stale(const char *file)
{
	struct feed *f = open_recorded(&file, 1);
	uint32_t stale = 0;
	struct event e;

	while (f->ops->next(f, &e) == 1)
		stale += e.head.kind == EVENT_TICK && (e.head.flags & TICK_STALE) != 0;
	f->ops->close(f);
	return stale;
}

static void test_repeats(void **state)
{
	(void)state;
	if (data_folder == NULL)
		skip();
	assert_int_equal(count_stale("ticks/SBIN_ltp_ticks_2021-05-28"), 421);
	assert_int_equal(count_stale("ticks/NIFTY50_ltp_ticks_2021-05-27"), 0);
}

static struct event_session session_on(const char *file, int year, int month, int day)
{
	struct feed *f = open_recorded(&file, 1);
	struct event e = { 0 };

	while (f->ops->next(f, &e) == 1)
		if (e.head.kind == EVENT_SESSION && e.session.date == date_from_civil(year, month, day))
			break;
	assert_int_equal(e.head.kind, EVENT_SESSION);
	f->ops->close(f);
	return e.session;
}

static void expect_day(const char *file, int year, int month, int day, const char *open, const char *close, bool no_trade)
{
	struct event_session s = session_on(file, year, month, day);
	char at[9];

	time_text(s.open, at);
	assert_string_equal(at, open);
	time_text(s.close, at);
	assert_string_equal(at, close);
	assert_int_equal((s.flags & SESSION_NO_TRADE) != 0, no_trade);
}

/* Days out of the ordinary. */
static void test_sessions(void **state)
{
	(void)state;
	if (data_folder == NULL)
		skip();
	expect_day("index_1min/NIFTY50_1min_2021", 2021, 1, 4, "09:15:00", "15:30:00", false);
	expect_day("index_1min/NIFTY50_1min_2021", 2021, 2, 24, "09:15:00", "17:00:00", false);  /* outage, late session */
	expect_day("index_1min/NIFTY50_1min_2021", 2021, 11, 4, "18:15:00", "19:15:00", true);   /* muhurat */
	expect_day("index_1min/NIFTY50_1min_2024", 2024, 11, 1, "18:00:00", "19:00:00", true);   /* muhurat */
	expect_day("index_1min/NIFTY50_1min_2024", 2024, 1, 20, "09:15:00", "15:30:00", false);  /* a Saturday, whole day */
	expect_day("index_1min/NIFTY50_1min_2025", 2025, 2, 1, "09:15:00", "15:30:00", false);   /* budget Saturday */
	expect_day("index_1min/NIFTY50_1min_2025", 2025, 10, 28, "09:15:00", "15:30:00", false); /* rows begin 13:25 */
	expect_day("options/BANKNIFTY_fno_1min_2023-04-10", 2023, 4, 10, "09:15:00", "15:30:00", false); /* bars to 15:32 */
	expect_day("options/NIFTY_chain_ltp_1min_2026-08-18", 2026, 8, 18, "09:15:00", "15:40:00", false);
	expect_day("index_1sec/NIFTY50_1sec_2022-11-14", 2022, 11, 14, "09:15:00", "15:30:00", false);
}

/* NIFTY's forward by parity stays near the level that the month traded at. */
static void test_parity_level(void **state)
{
	const char *file = "options/NIFTY_opt_15min_exp2021-01-28";
	struct event e;
	int bars = 0;

	(void)state;
	if (data_folder == NULL)
		skip();
	struct feed *f = open_recorded(&file, 1);
	while (f->ops->next(f, &e) == 1) {
		if (e.head.kind != EVENT_BAR || e.head.instrument != 0)
			continue;
		assert_in_range(e.bar.bar.close, 13600 * NUM_SCALE, 14800 * NUM_SCALE);
		bars++;
	}
	assert_true(bars > 19 * 24);
	f->ops->close(f);
}

/* Years one after the other, and the six instruments of a day side by side. */
static void test_merged(void **state)
{
	static const char *const years[] = { "index_1min/NIFTY50_1min_2022", "index_1min/NIFTY50_1min_2021", "index_1min/NIFTY50_1min_2023-01" };
	static const char *const day[] = { "ticks/NIFTY50_ltp_ticks_2021-05-27", "ticks/SBIN_ltp_ticks_2021-05-27",
	                                   "ticks/RELIANCE_ltp_ticks_2021-05-27", "ticks/HDFCBANK_ltp_ticks_2021-05-27" };

	(void)state;
	if (data_folder == NULL)
		skip();
	struct feed *f = open_recorded(years, 3);
	struct tally t = play(f);
	assert_int_equal(t.prices, 92632 + 92394 + 7875);
	assert_int_equal(t.days, 248 + 248 + 21);
	f->ops->close(f);
	f = open_recorded(day, 4);
	t = play(f);
	assert_int_equal(t.instruments, 4);
	assert_int_equal(t.days, 1);
	assert_int_equal(t.prices, 19005 + 19380 + 19380 + 19320);
	f->ops->close(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_file), cmocka_unit_test(test_known_faults), cmocka_unit_test(test_repeats),
		cmocka_unit_test(test_sessions), cmocka_unit_test(test_parity_level), cmocka_unit_test(test_merged),
	};

	return cmocka_run_group_tests_name("recorded", tests, setup, NULL);
}
