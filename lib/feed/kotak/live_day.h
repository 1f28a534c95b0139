/* When a live feed's day begins and ends, from the exchange's calendar alone. A date of which the calendar knows nothing is taken for a
 * weekday of ordinary hours and marked so: exits go on, entries are the core's to deny. Pure. */
#pragma once

#include "lib/core/event.h"
#include "lib/core/session.h"

struct live_day {
	date_t date;
	uint16_t flags;         /* enum session_flag */
	bool trades;            /* false: shut, or a special session whose hours were not published */
	nanos_t open, close;    /* continuous trading of derivatives */
	nanos_t index_close;    /* from then on an index stands still: its shares are in the closing auction */
	char name[48];          /* holiday or special session; "" */
};

void live_day_lookup(const struct calendar *c, date_t date, struct live_day *ret);

static inline bool live_day_is_open(const struct live_day *d, nanos_t now)
{
	return d->trades && now >= d->open && now < d->close;
}

/* The `days`-th trading day before `date`; the oldest within two months when there are fewer. */
date_t live_day_before(const struct calendar *c, date_t date, uint32_t days);
