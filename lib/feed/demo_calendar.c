#include "lib/feed/demo_calendar.h"

#include "lib/core/event.h"

#define ASSUMED_LENGTH (6 * NANOS_HOUR + 15 * NANOS_MINUTE)
#define ASSUMED_OPEN TIME_OF_DAY(9, 15)
#define ASSUMED_CLOSE TIME_OF_DAY(15, 30)
#define DAYS_LOOKED_AT 30
#define WORTH_JOINING (3 * NANOS_HOUR) /* who starts a demo late in the day should not meet a closed market soon after */

/* True when the calendar knows when the day trades. */
static bool known_session(const struct calendar *c, date_t date, struct session_day *ret)
{
	session_lookup(c, date, GROUP_FO, ret);
	return (ret->kind == DAY_NORMAL || ret->kind == DAY_SPECIAL) && ret->open < ret->close;
}

static void take(const struct session_day *day, struct demo_session *ret)
{
	*ret = (struct demo_session){ day->date, day->no_trade ? SESSION_NO_TRADE : 0, day->open, day->close };
}

void demo_session_first(const struct calendar *c, nanos_t from, struct demo_session *ret)
{
	struct session_day day;

	if (known_session(c, stamp_date(from), &day) && day.open <= from && from + WORTH_JOINING <= day.close)
		take(&day, ret);
	else
		*ret = (struct demo_session){ stamp_date(from), SESSION_ASSUMED, from, from + ASSUMED_LENGTH };
}

void demo_session_next(const struct calendar *c, const struct demo_session *before, struct demo_session *ret)
{
	date_t date = before->date + 1;
	struct session_day day;

	for (date_t last = date + DAYS_LOOKED_AT; date < last; date++) {
		if (known_session(c, date, &day) && day.open >= before->close) {
			take(&day, ret);
			return;
		}
		if (day.kind == DAY_UNKNOWN && date_weekday(date) < WEEKDAY_SAT && stamp_at(date, ASSUMED_OPEN) >= before->close)
			break;
	}
	*ret = (struct demo_session){ date, SESSION_ASSUMED, stamp_at(date, ASSUMED_OPEN), stamp_at(date, ASSUMED_CLOSE) };
}

/* The trading day at or before `date`; a day that the calendar does not know trades when it is a weekday. */
static date_t trading_day(const struct calendar *c, date_t date, nanos_t *ret_close)
{
	struct session_day day;

	for (date_t first = date - DAYS_LOOKED_AT; date > first; date--) {
		if (known_session(c, date, &day)) {
			*ret_close = day.close;
			return date;
		}
		if (day.kind == DAY_UNKNOWN && date_weekday(date) < WEEKDAY_SAT)
			break;
	}
	*ret_close = stamp_at(date, ASSUMED_CLOSE);
	return date;
}

date_t demo_expiry(const struct calendar *c, const struct demo_session *s, nanos_t *ret_close)
{
	date_t tuesdays_from = date_from_civil(2025, 9, 1);

	for (date_t date = s->date;; date++) {
		if (date_weekday(date) != (date >= tuesdays_from ? WEEKDAY_TUE : WEEKDAY_THU))
			continue;
		date_t expiry = trading_day(c, date, ret_close);
		if (expiry >= s->date && *ret_close >= s->close)
			return expiry;
	}
}
