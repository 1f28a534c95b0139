#include "lib/feed/kotak/live_day.h"

#include <string.h>

#define STANDARD_OPEN TIME_OF_DAY(9, 15)
#define STANDARD_CLOSE TIME_OF_DAY(15, 30)
#define DAYS_LOOKED_AT 62

/* The hours that would hold if the date were an ordinary one. */
static void ordinary_hours(const struct calendar *c, date_t date, enum session_group group, nanos_t *open, nanos_t *close)
{
	*open = stamp_at(date, STANDARD_OPEN);
	*close = stamp_at(date, STANDARD_CLOSE);
	for (uint32_t i = 0; i < c->times; i++) {
		const struct timetable_row *r = &c->timetable[i];

		if (r->group == group && date >= r->from && (r->to == 0 || date <= r->to)) {
			*open = stamp_at(date, r->open);
			*close = stamp_at(date, r->close);
		}
	}
}

static void assume(const struct calendar *c, struct live_day *d)
{
	nanos_t index_open;

	if (date_weekday(d->date) >= WEEKDAY_SAT)
		return;
	d->trades = true;
	d->flags = SESSION_ASSUMED;
	ordinary_hours(c, d->date, GROUP_FO, &d->open, &d->close);
	ordinary_hours(c, d->date, GROUP_CASH_CAS, &index_open, &d->index_close);
}

void live_day_lookup(const struct calendar *c, date_t date, struct live_day *ret)
{
	struct session_day fo, cash;

	*ret = (struct live_day){ .date = date };
	session_lookup(c, date, GROUP_FO, &fo);
	session_lookup(c, date, GROUP_CASH_CAS, &cash);
	memcpy(ret->name, fo.name, sizeof(ret->name));
	if (fo.kind == DAY_UNKNOWN) {
		assume(c, ret);
	} else if (fo.kind != DAY_CLOSED && fo.open < fo.close) {
		ret->trades = true;
		ret->flags = fo.no_trade ? SESSION_NO_TRADE : 0;
		ret->open = fo.open;
		ret->close = fo.close;
		ret->index_close = cash.open < cash.close ? cash.close : fo.close;
	}
	if (ret->index_close > ret->close)
		ret->index_close = ret->close;
}

date_t live_day_before(const struct calendar *c, date_t date, uint32_t days)
{
	date_t found = date;

	for (date_t at = date - 1; days > 0 && at > date - DAYS_LOOKED_AT; at--) {
		struct live_day d;

		live_day_lookup(c, at, &d);
		if (d.trades) {
			found = at;
			days--;
		}
	}
	return found;
}
