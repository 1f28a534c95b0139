#include "lib/core/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "lib/base/err.h"
#include "tests/core/market_files.h"

static struct calendar calendar;

static int load(void **state)
{
	(void)state;
	MARKET_LOAD("holidays.csv", calendar_parse_holidays, &calendar);
	MARKET_LOAD("special_sessions.csv", calendar_parse_specials, &calendar);
	MARKET_LOAD("timetable.csv", calendar_parse_timetable, &calendar);
	return 0;
}

static struct session_day look(const char *date, enum session_group group)
{
	struct session_day d;

	session_lookup(&calendar, day(date), group, &d);
	assert_int_equal(d.date, day(date));
	return d;
}

/* "09:15" of that day */
static nanos_t at(const struct session_day *d, const char *time)
{
	nanos_t t = 0;

	assert_int_equal(time_of_day_parse(time, strlen(time), &t), 0);
	return stamp_at(d->date, t);
}

/* -- days --------------------------------------------------------------------------------------------------------- */

static const struct { const char *date; enum session_group group; enum day_kind kind; const char *pre_open, *open, *close, *auction_to; } days[] = {
	{ "2021-01-01", GROUP_FO, DAY_NORMAL, "09:15", "09:15", "15:30", NULL },
	{ "2020-12-31", GROUP_FO, DAY_UNKNOWN, NULL, NULL, NULL, NULL },
	{ "2020-12-27", GROUP_FO, DAY_UNKNOWN, NULL, NULL, NULL, NULL },
	{ "2025-12-05", GROUP_FO, DAY_NORMAL, "09:15", "09:15", "15:30", NULL },
	{ "2025-12-08", GROUP_FO, DAY_NORMAL, "09:00", "09:15", "15:30", NULL },
	{ "2026-07-31", GROUP_FO, DAY_NORMAL, "09:00", "09:15", "15:30", NULL },
	{ "2026-07-31", GROUP_CASH_CAS, DAY_NORMAL, "09:00", "09:15", "15:30", NULL },
	{ "2026-08-03", GROUP_FO, DAY_NORMAL, "09:00", "09:15", "15:40", NULL },
	{ "2026-08-03", GROUP_CASH_CAS, DAY_NORMAL, "09:00", "09:15", "15:15", "15:35" },
	{ "2026-08-03", GROUP_CASH, DAY_NORMAL, "09:00", "09:15", "15:30", NULL },
	{ "2026-09-04", GROUP_CASH_CAS, DAY_NORMAL, "09:00", "09:15", "15:15", "15:35" },
	{ "2026-09-07", GROUP_CASH_CAS, DAY_NORMAL, "09:00", "09:15", "15:15", "15:35" },
	{ "2026-09-07", GROUP_FO, DAY_NORMAL, "09:00", "09:15", "15:40", NULL },
	{ "2026-11-24", GROUP_FO, DAY_CLOSED, NULL, NULL, NULL, NULL },
	{ "2026-12-25", GROUP_CASH, DAY_CLOSED, NULL, NULL, NULL, NULL },
	{ "2026-11-21", GROUP_FO, DAY_CLOSED, NULL, NULL, NULL, NULL },
	{ "2026-12-31", GROUP_FO, DAY_NORMAL, "09:00", "09:15", "15:40", NULL },
	{ "2027-01-01", GROUP_FO, DAY_UNKNOWN, NULL, NULL, NULL, NULL },
	{ "2027-01-02", GROUP_FO, DAY_UNKNOWN, NULL, NULL, NULL, NULL },
	{ "2026-02-01", GROUP_FO, DAY_SPECIAL, "09:00", "09:15", "15:30", NULL },
	{ "2026-02-01", GROUP_CASH_CAS, DAY_SPECIAL, "09:00", "09:15", "15:30", NULL },
	{ "2025-02-01", GROUP_FO, DAY_SPECIAL, "09:15", "09:15", "15:30", NULL },
	{ "2025-10-21", GROUP_FO, DAY_SPECIAL, "13:30", "13:45", "14:45", NULL },
	{ "2024-11-01", GROUP_CASH, DAY_SPECIAL, "17:45", "18:00", "19:00", NULL },
	{ "2021-11-04", GROUP_CASH, DAY_SPECIAL, "18:00", "18:15", "19:15", NULL },
	{ "2021-02-24", GROUP_FO, DAY_SPECIAL, "09:00", "09:15", "17:00", NULL },
	{ "2024-01-20", GROUP_FO, DAY_SPECIAL, "09:15", "09:15", "15:30", NULL },
	{ "2023-04-10", GROUP_FO, DAY_NORMAL, "09:15", "09:15", "15:30", NULL },
};

static void test_days(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(days) / sizeof(days[0]); n++) {
		struct session_day d = look(days[n].date, days[n].group);

		if (d.kind != days[n].kind)
			fail_msg("%s group %d is kind %d", days[n].date, days[n].group, d.kind);
		if (!days[n].open) {
			assert_int_equal(d.open, 0);
			assert_int_equal(d.close, 0);
			continue;
		}
		assert_int_equal(d.pre_open, at(&d, days[n].pre_open));
		assert_int_equal(d.open, at(&d, days[n].open));
		assert_int_equal(d.close, at(&d, days[n].close));
		assert_int_equal(d.auction_from, days[n].auction_to ? d.close : 0);
		assert_int_equal(d.auction_to, days[n].auction_to ? at(&d, days[n].auction_to) : 0);
	}
}

static void test_marks(void **state)
{
	struct session_day d = look("2023-04-10", GROUP_FO);

	(void)state;
	assert_int_equal(d.entries_from, at(&d, "09:20"));
	assert_int_equal(d.entries_to, at(&d, "14:45"));
	assert_int_equal(d.square_off, at(&d, "15:05"));
	assert_int_equal(d.flat_by, at(&d, "15:10"));
	d = look("2026-11-23", GROUP_FO); /* a later close does not move them */
	assert_int_equal(d.square_off, at(&d, "15:05"));
	assert_int_equal(d.flat_by, at(&d, "15:10"));
	d = look("2026-11-23", GROUP_CASH_CAS); /* an earlier one does: 15:15 less 25 and 20 minutes */
	assert_int_equal(d.square_off, at(&d, "14:50"));
	assert_int_equal(d.flat_by, at(&d, "14:55"));
	assert_int_equal(d.entries_to, at(&d, "14:45"));
	d = look("2024-03-02", GROUP_FO);
	assert_int_equal(d.entries_to, at(&d, "12:05"));
	assert_true(d.no_trade);
}

static void test_names_and_no_trade(void **state)
{
	struct session_day d = look("2026-11-24", GROUP_FO);

	(void)state;
	assert_string_equal(d.name, "Prakash Gurpurb Sri Guru Nanak Dev");
	d = look("2026-11-22", GROUP_FO);
	assert_string_equal(d.name, "weekend");
	d = look("2025-10-21", GROUP_FO); /* a holiday on the list: the special session goes before */
	assert_string_equal(d.name, "Muhurat trading");
	assert_true(d.no_trade);
	d = look("2026-02-01", GROUP_FO); /* a Sunday */
	assert_false(d.no_trade);
	assert_string_equal(d.name, "Union Budget (Sunday)");
}

static void test_special_without_times(void **state)
{
	struct session_day d = look("2026-11-08", GROUP_FO);

	(void)state;
	assert_int_equal(d.kind, DAY_SPECIAL);
	assert_true(d.no_trade);
	assert_int_equal(d.open, 0);
	assert_int_equal(session_phase(&d, stamp_at(d.date, TIME_OF_DAY(18, 30))), PHASE_UNKNOWN);
}

static void test_evening_and_night_sessions(void **state)
{
	struct session_day d;
	date_t date = day("2026-11-23");

	(void)state;
	session_from_times(date, stamp_at(date, TIME_OF_DAY(18, 0)), stamp_at(date, TIME_OF_DAY(24, 15)), &d);
	assert_int_equal(d.entries_from, stamp_at(date, TIME_OF_DAY(18, 5)));
	assert_int_equal(d.entries_to, stamp_at(date, TIME_OF_DAY(23, 30)));
	assert_int_equal(d.square_off, stamp_at(date, TIME_OF_DAY(23, 50)));
	assert_int_equal(d.flat_by, stamp_at(date, TIME_OF_DAY(23, 55)));
	session_from_times(date, stamp_at(date, TIME_OF_DAY(2, 0)), stamp_at(date, TIME_OF_DAY(8, 15)), &d);
	assert_int_equal(d.entries_from, stamp_at(date, TIME_OF_DAY(2, 5)));
	session_from_times(date, stamp_at(date, TIME_OF_DAY(9, 15)), stamp_at(date, TIME_OF_DAY(15, 30)), &d);
	assert_int_equal(d.square_off, stamp_at(date, TIME_OF_DAY(15, 5)));
	assert_int_equal(d.kind, DAY_NORMAL);
	/* so short that no mark fits: all of them stay inside */
	session_from_times(date, stamp_at(date, TIME_OF_DAY(18, 0)), stamp_at(date, TIME_OF_DAY(18, 2)), &d);
	assert_int_equal(d.entries_from, d.close);
	assert_int_equal(d.entries_to, d.close);
	assert_int_equal(d.square_off, d.open);
	assert_int_equal(d.flat_by, d.open);
}

/* -- phases ------------------------------------------------------------------------------------------------------- */

static void phases_around(const struct session_day *d, nanos_t mark, enum session_phase before, enum session_phase after)
{
	assert_int_equal(session_phase(d, mark - 1), before);
	assert_int_equal(session_phase(d, mark), after);
}

static void test_phase_at_each_nanosecond(void **state)
{
	struct session_day d = look("2026-11-23", GROUP_CASH_CAS);

	(void)state;
	phases_around(&d, at(&d, "09:00"), PHASE_CLOSED, PHASE_PRE_OPEN);
	phases_around(&d, at(&d, "09:15"), PHASE_PRE_OPEN, PHASE_OPEN);
	phases_around(&d, at(&d, "14:50"), PHASE_OPEN, PHASE_SQUARE_OFF);
	phases_around(&d, at(&d, "15:15"), PHASE_SQUARE_OFF, PHASE_AUCTION);
	phases_around(&d, at(&d, "15:35"), PHASE_AUCTION, PHASE_AFTER);
	d = look("2026-11-23", GROUP_FO);
	phases_around(&d, at(&d, "15:05"), PHASE_OPEN, PHASE_SQUARE_OFF);
	phases_around(&d, at(&d, "15:40"), PHASE_SQUARE_OFF, PHASE_AFTER);
	assert_int_equal(session_phase(&d, d.close + 2 * NANOS_DAY), PHASE_AFTER);
	assert_int_equal(session_phase(&d, d.open - 2 * NANOS_DAY), PHASE_CLOSED);
	d = look("2025-06-02", GROUP_FO); /* no pre-open then */
	phases_around(&d, at(&d, "09:15"), PHASE_CLOSED, PHASE_OPEN);
	d = look("2026-11-24", GROUP_FO);
	assert_int_equal(session_phase(&d, at(&d, "10:00")), PHASE_CLOSED);
	d = look("2027-03-01", GROUP_FO);
	assert_int_equal(session_phase(&d, at(&d, "10:00")), PHASE_UNKNOWN);
	assert_string_equal(session_phase_name(PHASE_PRE_OPEN), "pre_open");
	assert_string_equal(session_phase_name(PHASE_UNKNOWN), "unknown");
}

/* -- the next day --------------------------------------------------------------------------------------------------- */

static const struct { const char *date, *next; } nexts[] = {
	{ "2026-11-20", "2026-11-23" },  /* Friday to Monday */
	{ "2026-11-23", "2026-11-25" },  /* over a holiday */
	{ "2026-04-30", "2026-05-04" },  /* Friday holiday and a weekend */
	{ "2026-03-25", "2026-03-27" },
	{ "2026-01-30", "2026-02-01" },  /* budget Sunday */
	{ "2025-10-20", "2025-10-21" },  /* muhurat on a holiday */
	{ "2025-10-21", "2025-10-23" },
	{ "2026-11-06", "2026-11-08" },  /* muhurat, times not known */
	{ "2025-12-31", "2026-01-01" },
	{ "2026-12-24", "2026-12-28" },
	{ "2026-12-31", NULL },
	{ "2020-06-01", NULL },
};

static void test_next(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(nexts) / sizeof(nexts[0]); n++)
		assert_int_equal(session_next(&calendar, day(nexts[n].date), GROUP_FO), nexts[n].next ? day(nexts[n].next) : 0);
}

/* 2026 as counted from the exchange's list: 261 weekdays less 16 holidays, and two special Sundays. */
static void test_count_of_days(void **state)
{
	int trading = 0;

	(void)state;
	for (date_t d = day("2025-12-31"); (d = session_next(&calendar, d, GROUP_FO)) != 0;)
		trading++;
	assert_int_equal(trading, 261 - 16 + 2);
	assert_int_equal(calendar.year_from, 2021);
	assert_int_equal(calendar.year_to, 2026);
}

/* -- the tables' own mistakes --------------------------------------------------------------------------------------- */

#define HOLIDAYS "date,segments,name,source\n"
#define SPECIALS "date,segments,open,close,no_trade,name,source\n"
#define TIMES "from,to,group,pre_open,open,close,auction_from,auction_to,source\n"

typedef int (*parse_fn)(const char *text, size_t len, struct calendar *c, uint32_t *ret_line);
static const struct { parse_fn parse; const char *text; int err; uint32_t line; } broken[] = {
	{ calendar_parse_holidays, "date,name\n", ERR_PARSE, 1 },
	{ calendar_parse_holidays, HOLIDAYS, ERR_TRUNCATED, 1 },
	{ calendar_parse_holidays, HOLIDAYS "2026-02-30,CM,x,y\n", ERR_RANGE, 2 },
	{ calendar_parse_holidays, HOLIDAYS "2026-02-03,XX,x,y\n", ERR_PARSE, 2 },
	{ calendar_parse_holidays, HOLIDAYS "2026-02-03,CM,x\n", ERR_PARSE, 2 },
	{ calendar_parse_holidays, HOLIDAYS "2026-02-03,CM,a name of forty-eight letters cannot be held here.,y\n", ERR_RANGE, 2 },
	{ calendar_parse_holidays, HOLIDAYS "2026-02-03,CM,x,y\n\n2026-02-03,CM+FO,x,y\n", ERR_EXIST, 4 },
	{ calendar_parse_holidays, HOLIDAYS "2024,complete,,y\n2026,complete,,y\n", ERR_RANGE, 3 },
	{ calendar_parse_holidays, HOLIDAYS "20x4,complete,,y\n", ERR_PARSE, 2 },
	{ calendar_parse_specials, SPECIALS "2026-02-03,CM,09:15,,no,x,y\n", ERR_PARSE, 2 },
	{ calendar_parse_specials, SPECIALS "2026-02-03,CM,15:30,09:15,no,x,y\n", ERR_RANGE, 2 },
	{ calendar_parse_specials, SPECIALS "2026-02-03,CM,09:15,15:30,maybe,x,y\n", ERR_PARSE, 2 },
	{ calendar_parse_specials, SPECIALS "2026-02-03,CM,,,yes,x,y\n2026-02-03,CM,,,yes,x,y\n", ERR_EXIST, 3 },
	{ calendar_parse_timetable, TIMES "2026-01-01,,bonds,09:00,09:15,15:30,,,y\n", ERR_PARSE, 2 },
	{ calendar_parse_timetable, TIMES "2026-01-01,,fo,09:20,09:15,15:30,,,y\n", ERR_RANGE, 2 },
	{ calendar_parse_timetable, TIMES "2026-01-01,,fo,09:00,,,,,y\n", ERR_RANGE, 2 },
	{ calendar_parse_timetable, TIMES "2026-01-02,2026-01-01,fo,09:00,09:15,15:30,,,y\n", ERR_RANGE, 2 },
	{ calendar_parse_timetable, TIMES "2026-01-01,,fo,09:00,09:15,15:30,15:20,15:35,y\n", ERR_RANGE, 2 },
	{ calendar_parse_timetable, TIMES "2026-01-01,,fo,09:00,09:15,15:30,,,y\n2027-01-01,,fo,09:00,09:15,15:30,,,y\n", ERR_EXIST, 3 },
};

static void test_broken_rows(void **state)
{
	static struct calendar own, empty;

	(void)state;
	for (size_t n = 0; n < sizeof(broken) / sizeof(broken[0]); n++) {
		uint32_t line = 0;
		int err = broken[n].parse(broken[n].text, strlen(broken[n].text), &own, &line);

		if (err != broken[n].err || line != broken[n].line || memcmp(&own, &empty, sizeof(own)) != 0)
			fail_msg("text %zu: err %d line %u", n, err, (unsigned)line);
	}
}

/* A holiday declared at short notice, for cash alone: the derivatives' row stays. */
static void test_later_file_goes_before(void **state)
{
	static const char text[] = HOLIDAYS "2026-11-25,CM+FO,Declared late,notice\n2026-11-24,CM,Renamed,notice\n2027,complete,,list\n";
	static struct calendar own;
	struct session_day d;
	uint32_t line;

	(void)state;
	own = calendar;
	assert_int_equal(calendar_parse_holidays(text, sizeof(text) - 1, &own, &line), 0);
	session_lookup(&own, day("2026-11-25"), GROUP_FO, &d);
	assert_int_equal(d.kind, DAY_CLOSED);
	session_lookup(&own, day("2026-11-24"), GROUP_CASH, &d);
	assert_string_equal(d.name, "Renamed");
	session_lookup(&own, day("2026-11-24"), GROUP_FO, &d);
	assert_string_equal(d.name, "Prakash Gurpurb Sri Guru Nanak Dev");
	session_lookup(&own, day("2027-01-01"), GROUP_FO, &d);
	assert_int_equal(d.kind, DAY_NORMAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_names_and_no_trade),
		cmocka_unit_test(test_special_without_times),
		cmocka_unit_test(test_evening_and_night_sessions),
		cmocka_unit_test(test_phase_at_each_nanosecond),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_count_of_days),
		cmocka_unit_test(test_broken_rows),
		cmocka_unit_test(test_later_file_goes_before),
	};

	return cmocka_run_group_tests_name("session", tests, load, NULL);
}
