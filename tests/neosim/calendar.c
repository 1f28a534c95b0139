#include "tests/neosim/calendar.h"

#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "tests/neosim/market.h"

struct day { int16_t year; int8_t month, day; };

/* Weekdays without trading, shares and derivatives alike. */
static const struct day holidays[] = {
	{ 2025, 2, 26 }, { 2025, 3, 14 }, { 2025, 3, 31 }, { 2025, 4, 10 }, { 2025, 4, 14 }, { 2025, 4, 18 }, { 2025, 5, 1 }, { 2025, 8, 15 },
	{ 2025, 8, 27 }, { 2025, 10, 2 }, { 2025, 10, 22 }, { 2025, 11, 5 }, { 2025, 12, 25 },
	{ 2026, 1, 15 }, { 2026, 1, 26 }, { 2026, 3, 3 }, { 2026, 3, 26 }, { 2026, 3, 31 }, { 2026, 4, 3 }, { 2026, 4, 14 }, { 2026, 5, 1 },
	{ 2026, 5, 28 }, { 2026, 6, 26 }, { 2026, 9, 14 }, { 2026, 10, 2 }, { 2026, 10, 20 }, { 2026, 11, 10 }, { 2026, 11, 24 }, { 2026, 12, 25 },
};

/* Days that trade although they are a holiday or a weekend. `open` 0 = the usual hours. The hours of 2026-11-08 were never
 * found; last year's stand in. */
static const struct { struct day day; int64_t open, close; } specials[] = {
	{ { 2025, 2, 1 }, 0, 0 },
	{ { 2025, 10, 21 }, TIME_OF_DAY(13, 45), TIME_OF_DAY(14, 45) },
	{ { 2026, 2, 1 }, 0, 0 },
	{ { 2026, 11, 8 }, TIME_OF_DAY(13, 45), TIME_OF_DAY(14, 45) },
};

static bool is_day(struct day d, int32_t date)
{
	return date_from_civil(d.year, d.month, d.day) == date;
}

static int special_find(int32_t date)
{
	for (size_t i = 0; i < ARRAY_LEN(specials); i++)
		if (is_day(specials[i].day, date))
			return (int)i;
	return -1;
}

bool calendar_trades(int32_t date)
{
	if (special_find(date) >= 0)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(holidays); i++)
		if (is_day(holidays[i], date))
			return false;
	return date_weekday(date) < WEEKDAY_SAT;
}

int32_t calendar_next(int32_t date)
{
	do
		date++;
	while (!calendar_trades(date));
	return date;
}

int32_t calendar_previous(int32_t date)
{
	do
		date--;
	while (!calendar_trades(date));
	return date;
}

/* -- hours ------------------------------------------------------------------------------------------------------------ */

bool calendar_has_auction(int32_t date)
{
	int special = special_find(date);

	return date >= date_from_civil(2026, 8, 3) && (special < 0 || specials[special].open == 0);
}

static bool is_cash(int segment)
{
	return segment == SIM_NSE_CM || segment == SIM_BSE_CM;
}

static void equity_times(int segment, int32_t date, struct day_times *ret)
{
	bool auction = calendar_has_auction(date);
	int64_t cash_end = auction ? TIME_OF_DAY(15, 15) : TIME_OF_DAY(15, 30);
	int64_t close = is_cash(segment) || !auction ? TIME_OF_DAY(15, 30) : TIME_OF_DAY(15, 40);

	*ret = (struct day_times){ TIME_OF_DAY(9, 0), TIME_OF_DAY(9, 15), close, cash_end, TIME_OF_DAY(15, 30) };
}

bool calendar_times(int segment, int32_t date, struct day_times *ret)
{
	int special = special_find(date);

	if (!calendar_trades(date))
		return false;
	if (special >= 0 && specials[special].open) {
		int64_t open = specials[special].open, close = specials[special].close;
		*ret = (struct day_times){ open - TIME_OF_DAY(0, 15), open, close, close, close };
	} else if (segment == SIM_MCX_FO || segment == SIM_CDE_FO) {
		int64_t close = segment == SIM_MCX_FO ? TIME_OF_DAY(23, 30) : TIME_OF_DAY(17, 0);
		*ret = (struct day_times){ TIME_OF_DAY(9, 0), TIME_OF_DAY(9, 0), close, close, close };
	} else {
		equity_times(segment, date, ret);
	}
	return true;
}

/* The cash market after continuous trading on days with an auction. */
static int auction_status(int64_t time)
{
	static const struct { int64_t until; int code; } phases[] = {
		{ TIME_OF_DAY(15, 20), 8 }, { TIME_OF_DAY(15, 25), 10 }, { TIME_OF_DAY(15, 30), 11 }, { TIME_OF_DAY(15, 35), 12 },
		{ TIME_OF_DAY(15, 50), 2 }, { TIME_OF_DAY(16, 0), 6 }, { TIME_OF_DAY(16, 5), 7 },
	};

	for (size_t i = 0; i < ARRAY_LEN(phases); i++)
		if (time < phases[i].until)
			return phases[i].code;
	return 2;
}

int calendar_status(int segment, int32_t date, int64_t time)
{
	struct day_times t;

	if (!calendar_times(segment, date, &t) || time < t.pre_open)
		return 2;
	if (time < t.open) /* derivatives have had a pre-open session since 2025-12-08, for futures */
		return is_cash(segment) || date >= date_from_civil(2025, 12, 8) ? 3 : 2;
	if (!is_cash(segment))
		return time < t.close ? 1 : 2;
	if (time < t.cash_end)
		return 1;
	if (calendar_has_auction(date))
		return auction_status(time);
	return time >= TIME_OF_DAY(15, 40) && time < TIME_OF_DAY(16, 0) ? 6 : 2;
}

/* -- expiries ----------------------------------------------------------------------------------------------------------- */

static enum weekday expiry_weekday(enum expiry_rule rule, int32_t date)
{
	bool bse = rule == EXPIRY_BSE_WEEKLY || rule == EXPIRY_BSE_MONTHLY;

	if (date >= date_from_civil(2025, 9, 1))
		return bse ? WEEKDAY_THU : WEEKDAY_TUE;
	if (!bse)
		return WEEKDAY_THU;
	return date >= date_from_civil(2025, 1, 1) ? WEEKDAY_TUE : WEEKDAY_FRI;
}

static bool last_of_month(int32_t date)
{
	return date_to_civil(date).month != date_to_civil(date + 7).month;
}

void calendar_expiries(enum expiry_rule rule, int32_t from, size_t n, struct expiry *ret)
{
	bool weekly = rule == EXPIRY_NSE_WEEKLY || rule == EXPIRY_BSE_WEEKLY;

	for (int32_t date = from; n > 0; date++) {
		bool monthly = last_of_month(date);
		if (date_weekday(date) != expiry_weekday(rule, date) || (!weekly && !monthly))
			continue;
		int32_t moved = calendar_trades(date) ? date : calendar_previous(date);
		if (moved < from)
			continue;
		*ret++ = (struct expiry){ moved, monthly };
		n--;
	}
}
