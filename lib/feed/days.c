/* Trading days of a recording: the calendar's session where it knows the date and the rows fit into it, else what the rows
 * themselves show, marked as assumed. */
#include "lib/feed/recording.h"

#include <stdlib.h>

#include "lib/base/err.h"

#define OPEN_USUAL TIME_OF_DAY(9, 15)
#define POST_CLOSE (15 * NANOS_MINUTE) /* prints go on a little after the close: index recomputation, late bars */

/* When the rows begin and end; bars last their step. */
static void rows_span(const struct recording *r, const struct recording_day *d, nanos_t *first, nanos_t *last)
{
	*first = r->tape.rows[d->first].stamp;
	*last = r->tape.rows[d->end - 1].stamp + (r->layout->form == FORM_BARS ? r->step : 0);
}

/* The rows' own session. Ticks that begin within the pre-open or a slow start of the recorder mean the usual open. */
static void session_from_rows(const struct recording *r, struct recording_day *d)
{
	nanos_t first, last, time_of_day;

	rows_span(r, d, &first, &last);
	time_of_day = stamp_time_of_day(first);
	if (time_of_day >= TIME_OF_DAY(9, 0) && time_of_day < TIME_OF_DAY(9, 30) && r->layout->form != FORM_BARS)
		first = stamp_at(d->date, OPEN_USUAL);
	d->open = first;
	d->close = last > first ? last : first + NANOS_SECOND;
	d->flags = SESSION_ASSUMED;
}

/* An option recording keeps the calendar's close whatever it holds after it: bars are stamped late, orders cannot be. */
static bool fits_calendar(const struct recording *r, const struct recording_day *d, const struct session_day *known)
{
	nanos_t first, last;

	if ((known->kind != DAY_NORMAL && known->kind != DAY_SPECIAL) || known->close <= known->open)
		return false;
	rows_span(r, d, &first, &last);
	nanos_t from = known->pre_open > 0 && r->layout->form != FORM_BARS ? known->pre_open : known->open;
	return first >= from && first < known->close && (r->layout->options || last <= known->close + POST_CLOSE);
}

static enum session_group group_of(const struct recording *r)
{
	bool derivatives = r->layout->options || r->tape.contracts[0].kind == INSTRUMENT_FUTURE;

	return derivatives ? GROUP_FO : GROUP_CASH;
}

static void set_session(const struct recording *r, struct recording_day *d)
{
	struct session_day known;

	session_lookup(&r->tables->calendar, d->date, group_of(r), &known);
	session_from_rows(r, d);
	if (fits_calendar(r, d, &known)) {
		d->open = known.open;
		d->close = known.close;
		d->flags = 0;
	}
	if (known.no_trade || stamp_time_of_day(d->open) >= TIME_OF_DAY(12, 0))
		d->flags |= SESSION_NO_TRADE; /* muhurat and other evening sessions */
}

int recording_days(struct recording *r)
{
	for (size_t from = 0, to; from < r->tape.row_count; from = to) {
		date_t date = stamp_date(r->tape.rows[from].stamp);
		nanos_t next = stamp_at(date + 1, 0);
		for (to = from + 1; to < r->tape.row_count && r->tape.rows[to].stamp < next;)
			to++;
		struct recording_day *moved = reallocarray(r->days, r->day_count + 1, sizeof(*moved));
		if (moved == NULL)
			return ERR_NOMEM;
		r->days = moved;
		moved[r->day_count] = (struct recording_day){ .date = date, .first = from, .end = to };
		set_session(r, &moved[r->day_count++]);
	}
	return ERR_OK;
}
