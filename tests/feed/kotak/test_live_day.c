/* lib/feed/kotak/live_day: what each kind of date is for a live feed. */
#include "lib/feed/kotak/live_day.h"

#include "tests/feed/kotak/rig.h"

struct row { int year, month, day; bool trades; uint16_t flags; const char *open, *close, *index_close; };

static nanos_t of_day(date_t date, const char *text)
{
	nanos_t time;

	assert_int_equal(time_of_day_parse(text, strlen(text), &time), ERR_OK);
	return stamp_at(date, time);
}

static void test_dates(void **state)
{
	static const struct row rows[] = {
		{ 2026, 11, 23, true, 0, "09:15", "15:40", "15:15" },               /* a Monday */
		{ 2026, 11, 24, false, 0, NULL, NULL, NULL },                       /* a holiday */
		{ 2026, 11, 21, false, 0, NULL, NULL, NULL },                       /* a Saturday */
		{ 2026, 11, 8, true, SESSION_NO_TRADE, "18:00", "19:00", "19:00" }, /* muhurat, a Sunday */
		{ 2026, 11, 15, false, 0, NULL, NULL, NULL },                       /* announced, its hours unknown */
		{ 2027, 1, 4, true, SESSION_ASSUMED, "09:15", "15:40", "15:15" },   /* nothing is known of 2027: a Monday */
		{ 2027, 1, 3, false, 0, NULL, NULL, NULL },                         /* and a Sunday */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		date_t date = date_from_civil(rows[i].year, rows[i].month, rows[i].day);
		struct live_day d;

		live_day_lookup(&rig_tables()->calendar, date, &d);
		assert_int_equal(d.date, date);
		assert_int_equal(d.trades, rows[i].trades);
		assert_int_equal(d.flags, rows[i].flags);
		if (!rows[i].trades) {
			assert_false(live_day_is_open(&d, stamp_at(date, TIME_OF_DAY(12, 0))));
			continue;
		}
		assert_int_equal(d.open, of_day(date, rows[i].open));
		assert_int_equal(d.close, of_day(date, rows[i].close));
		assert_int_equal(d.index_close, of_day(date, rows[i].index_close));
		assert_false(live_day_is_open(&d, d.open - 1));
		assert_true(live_day_is_open(&d, d.open));
		assert_true(live_day_is_open(&d, d.close - 1));
		assert_false(live_day_is_open(&d, d.close));
	}
}

/* A timetable that lists no hours for the group leaves the ordinary ones. */
static void test_no_timetable(void **state)
{
	struct calendar c = rig_tables()->calendar;
	struct live_day d;

	(void)state;
	c.times = 0;
	live_day_lookup(&c, date_from_civil(2026, 11, 23), &d);
	assert_true(d.trades);
	assert_int_equal(d.flags, SESSION_ASSUMED);
	assert_int_equal(d.close, stamp_at(d.date, TIME_OF_DAY(15, 30)));
}

static void test_before(void **state)
{
	const struct calendar *c = &rig_tables()->calendar;
	date_t wednesday = date_from_civil(2026, 11, 25);

	(void)state;
	assert_int_equal(live_day_before(c, wednesday, 0), wednesday);
	assert_int_equal(live_day_before(c, wednesday, 1), date_from_civil(2026, 11, 23));
	assert_int_equal(live_day_before(c, wednesday, 2), date_from_civil(2026, 11, 20));
	assert_int_equal(live_day_before(c, date_from_civil(2026, 11, 9), 1), date_from_civil(2026, 11, 8));
	assert_true(live_day_before(c, wednesday, 1000) > wednesday - 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_no_timetable),
		cmocka_unit_test(test_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
