/* How far the broker's clock is from ours. A Date of 09:15:07 in an answer says: somewhere between asking and hearing, theirs showed 07.0 to 08.0. Such
 * spans are intersected; when they no longer meet, one of the clocks was set, and the last one counts. */
#include "lib/kotak/session_priv.h"

#include "lib/base/num.h"
#include "lib/base/obj.h"

void offset_add(struct session_offset *o, nanos_t low, nanos_t high)
{
	nanos_t both_low = o->known && o->low > low ? o->low : low, both_high = o->known && o->high < high ? o->high : high;

	if (both_low > both_high) {
		both_low = low;
		both_high = high;
	}
	*o = (struct session_offset){ both_low, both_high, true, o->answers + 1 };
}

void session_saw_date(struct kotak_session *s, nanos_t date, nanos_t began, nanos_t ended)
{
	nanos_t now = clock_now(&s->clock), mono = clock_mono();

	if (date <= 0)
		return;
	nanos_t then = now - (mono - began) * s->clock.speed, heard = now - (mono - ended) * s->clock.speed;
	offset_add(&s->offset, date - heard, date + NANOS_SECOND - then);
}

nanos_t kotak_session_clock_offset(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->offset.known ? s->offset.low + (s->offset.high - s->offset.low) / 2 : NUM_UNKNOWN;
}

struct kotak_clock_span kotak_session_clock_span(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return (struct kotak_clock_span){ s->offset.low, s->offset.high, s->offset.known ? s->offset.answers : 0 };
}

void kotak_session_clock_forget(struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	s->offset = (struct session_offset){ 0 };
}
