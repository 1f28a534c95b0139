/* How far the broker's clock is from ours. A Date of 09:15:07 in an answer says: somewhere between asking and hearing, theirs showed 07.0 to 08.0. Such
 * spans are intersected; when they no longer meet, one of the clocks was set, and the last one counts. Ours is the one that we go by, which the machine's wall
 * clock does not move; where several answers agree with the wall and not with ours, ours is put right. */
#include "lib/kotak/session_priv.h"

#include <stdio.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"

#define ASK_MS 2500
#define HELD_LONG (30 * NANOS_SECOND)
#define CODE_APART (2 * NANOS_SECOND) /* a code is made for their clock: less than this is within the step's edges */

void offset_add(struct session_offset *o, nanos_t low, nanos_t high)
{
	nanos_t both_low = o->known && o->low > low ? o->low : low, both_high = o->known && o->high < high ? o->high : high;

	if (both_low > both_high)
		*o = (struct session_offset){ low, high, true, 1, 0 };
	else
		*o = (struct session_offset){ both_low, both_high, true, o->answers + 1, o->since };
}

/* What we tell moved by so much. */
static void shift(struct session_offset *o, nanos_t by)
{
	o->low -= by;
	o->high -= by;
}

/* Forward, what we tell moves too; back, it is told as before until that is true. */
static void offer_witness(struct kotak_session *s)
{
	nanos_t by = s->clock.base ? clock_base_witness(s->clock.base, s->offset.low, s->offset.high, s->offset.answers) : 0;

	shift(&s->offset, by > 0 ? by : 0);
}

/* While ours is doubted no answer counts for long: after one from before the machine stood still, those since may always meet it, where they are asked for at the same moment of each second. */
static void age(struct kotak_session *s)
{
	if (clock_held(&s->clock) && clock_steady(&s->clock) - s->offset.since > HELD_LONG)
		s->offset.known = false;
}

void session_saw_date(struct kotak_session *s, nanos_t date, nanos_t began, nanos_t ended)
{
	nanos_t now = clock_now(&s->clock), mono = clock_mono();

	if (date <= 0)
		return;
	nanos_t then = now - (mono - began) * s->clock.speed, heard = now - (mono - ended) * s->clock.speed;
	age(s);
	offset_add(&s->offset, date - heard, date + NANOS_SECOND - then);
	if (s->offset.answers == 1)
		s->offset.since = clock_steady(&s->clock);
	offer_witness(s);
}

nanos_t session_their_time(const struct kotak_session *s)
{
	nanos_t offset = kotak_session_clock_offset(s);
	bool apart = offset != NUM_UNKNOWN && (offset > CODE_APART || offset < -CODE_APART);

	return clock_now(&s->clock) + (apart ? offset : 0);
}

/* -- asked for by itself ------------------------------------------------------------------------------------------ */

static void time_answered(void *ctx, const struct http_answer *a)
{
	struct kotak_session *s = ctx;

	CHECK_OBJ(s, SESSION_MAGIC);
	s->asking_time = false;
	if (!s->closing)
		session_saw_date(s, a->date, a->began, a->ended);
}

/* Whatever it says to that address, it says when. The login goes on the same connection. */
int kotak_session_ask_time(struct kotak_session *s)
{
	char url[SESSION_URL + 2];

	CHECK_OBJ(s, SESSION_MAGIC);
	snprintf(url, sizeof(url), "%s/", s->session_url);
	struct http_request q = { .method = "GET", .url = url, .timeout_ms = ASK_MS, .done = time_answered, .ctx = s };
	int err = http_call(s->http, &q);
	s->asking_time = err == ERR_OK;
	return err;
}

bool kotak_session_asking_time(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->asking_time;
}

void kotak_session_take_time(struct kotak_session *s, nanos_t newest)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->clock.base && s->offset.known)
		shift(&s->offset, clock_base_first(s->clock.base, s->offset.low, s->offset.high, newest));
}

/* -- known -------------------------------------------------------------------------------------------------------- */

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
