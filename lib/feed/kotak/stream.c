#include "lib/feed/kotak/stream.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"

#define AUTH_MAX (10 * NANOS_SECOND)
#define GREETED_WAIT (2 * NANOS_SECOND)  /* for 1117 after a mere greeting */
#define CONNECT_MS 10000
#define MESSAGE_MAX (4u << 20)
#define RETRY_MIN NANOS_SECOND
#define RETRY_MAX_HURRY (30 * NANOS_SECOND)
#define RETRY_MAX (5 * NANOS_MINUTE)
#define SESSION_LOOK NANOS_SECOND
#define GOOD_LASTS (30 * NANOS_SECOND)   /* alive for less is a short life: some servers show one good moment each time */
#define TURN_SOURCE 2  /* short lives in a row on one source of addresses */
#define REFUSED_MAX 2  /* authentications refused before the session itself is doubted */

static struct stream *stream_of(void *ctx)
{
	struct stream *s = ctx;

	CHECK_OBJ(s, STREAM_MAGIC);
	return s;
}

static nanos_t steady_now(const struct stream *s)
{
	return clock_steady(kotak_session_clock(s->session));
}

/* The network's own delays are real time: under a faster clock they are longer spans. */
static nanos_t real_span(const struct stream *s, nanos_t span)
{
	int64_t speed = kotak_session_clock(s->session)->speed;

	return span * (speed > 1 ? speed : 1);
}

static void set_reason(struct stream *s, const char *why)
{
	snprintf(s->reason, sizeof(s->reason), "%s", why);
}

/* -- the end of a connection ------------------------------------------------------------------------------------------------ */

/* Doubles from 1 s, and is spread over its upper half so that many clients do not return at once. */
static nanos_t back_off(struct stream *s, nanos_t most)
{
	nanos_t wait = RETRY_MIN << (s->failures < 10 ? s->failures : 10);

	wait = wait < most ? wait : most;
	return wait / 2 + (nanos_t)prng_below(&s->random, (uint64_t)(wait / 2));
}

static void disconnect(struct stream *s)
{
	if (s->socket)
		websocket_close(&s->socket);
	s->open = s->greeted = s->ready = false;
	s->good_since = 0;
	s->state = STREAM_DOWN;
}

/* What was alive at all is tried again at once. A second short life in a row asks another source for the address: servers that accept and fall
 * silent have been seen. */
static void fail(struct stream *s, const char *why)
{
	nanos_t steady = steady_now(s);
	bool lasted = s->good_since != 0 && steady - s->good_since >= GOOD_LASTS;

	set_reason(s, why);
	s->failures = s->good_since != 0 ? 0 : s->failures + 1;
	s->short_lives = lasted ? 0 : s->short_lives + 1;
	disconnect(s);
	s->retry_at = steady + back_off(s, s->hurry ? RETRY_MAX_HURRY : RETRY_MAX);
	if (s->short_lives > 0 && s->short_lives % TURN_SOURCE == 0)
		kotak_session_feed_next(s->session);
}

static void lose(struct stream *s, const char *why)
{
	char text[96];

	snprintf(text, sizeof(text), "%s", why); /* may lie in what is closed now */
	fail(s, text);
	s->events.lost(s->events.ctx, s->reason);
}

/* -- control frames ----------------------------------------------------------------------------------------------------------- */

static void become_ready(struct stream *s)
{
	if (s->ready)
		return;
	s->ready = true;
	s->events.ready(s->events.ctx);
}

static void become_up(struct stream *s)
{
	s->state = STREAM_UP;
	s->refused = 0;
	s->reason[0] = '\0';
	become_ready(s);
}

/* One refusal may be the server's weather; a second one puts the session in doubt. */
static void refused(struct stream *s, const char *words)
{
	bool doubtful = ++s->refused % REFUSED_MAX == 0;

	lose(s, words);
	if (doubtful)
		s->events.doubted(s->events.ctx);
}

/* Another body layout, documented nowhere: nothing of it is read, and the next address may speak the known one. */
static void strange_format(struct stream *s)
{
	s->short_lives = TURN_SOURCE - 1; /* turns the source now */
	lose(s, "the market feed speaks a format that is not known (not native_batch)");
}

static void on_symbol(void *ctx, const char *key, const char *trading_symbol)
{
	struct stream *s = stream_of(ctx);

	s->events.symbol(s->events.ctx, key, trading_symbol);
}

static void on_text(void *ctx, const char *text, size_t len)
{
	struct stream *s = stream_of(ctx);
	char reason[96] = "";

	switch (sfeed_message(text, len, &s->scale, on_symbol, s, reason)) {
	case SFEED_MSG_GREETING:
		if (!s->greeted)
			s->ready_at = steady_now(s) + real_span(s, GREETED_WAIT);
		s->greeted = true;
		break;
	case SFEED_MSG_ACK:
		if (reason[0])
			s->events.complaint(s->events.ctx, reason);
		become_up(s);
		break;
	case SFEED_MSG_ACCEPTED:
		become_up(s);
		break;
	case SFEED_MSG_REFUSED:
		refused(s, reason);
		break;
	case SFEED_MSG_FORMAT:
		strange_format(s);
		break;
	case SFEED_MSG_BAD:
		if (s->state == STREAM_START)
			lose(s, reason); /* a greeting whose numbers differ from ours would send prices to the wrong exchange */
		break;
	case SFEED_MSG_OTHER:
		break; /* no proof of anything */
	}
}

/* What comes before our subscriptions is not ours. */
static void on_binary(void *ctx, const void *bytes, size_t len)
{
	struct stream *s = stream_of(ctx);

	if (s->ready)
		s->events.frame(s->events.ctx, bytes, len);
}

static void on_open(void *ctx)
{
	struct stream *s = stream_of(ctx);
	struct buf b = { 0 };

	s->open = true;
	s->deadline = steady_now(s) + real_span(s, AUTH_MAX);
	sfeed_auth(kotak_session_ucc(s->session), kotak_session_sid(s->session), clock_now(kotak_session_clock(s->session)), &b);
	int err = b.failed ? ERR_NOMEM : websocket_send_text(s->socket, b.data, b.len);
	if (b.data)
		explicit_bzero(b.data, b.len); /* the sid is a secret */
	buf_done(&b);
	if (err != ERR_OK)
		lose(s, err_text(err));
}

static void on_closed(void *ctx, const char *why)
{
	struct stream *s = stream_of(ctx);
	char text[96];

	s->socket = NULL; /* it is gone with this call */
	if (s->state == STREAM_START && s->open)
		snprintf(text, sizeof(text), "closed before it authenticated us (%.50s)", why);
	else
		snprintf(text, sizeof(text), "%s: %.60s", s->open ? "the connection broke" : "no connection", why);
	lose(s, text);
}

/* -- turns ---------------------------------------------------------------------------------------------------------------------- */

static void connect_now(struct stream *s)
{
	struct websocket_events e = { .open = on_open, .text = on_text, .binary = on_binary, .closed = on_closed, .ctx = s };
	int err;

	snprintf(s->url, sizeof(s->url), "%s", kotak_session_feed(s->session));
	s->generation = kotak_session_generation(s->session);
	s->state = STREAM_START;
	s->deadline = STAMP_NEVER; /* connecting has its own */
	sfeed_scale_init(&s->scale);
	s->connects++;
	err = websocket_open(kotak_session_websockets(s->session), s->url, MESSAGE_MAX, CONNECT_MS, &e, &s->socket);
	if (err != ERR_OK)
		lose(s, err_text(err));
}

static nanos_t turn_down(struct stream *s, nanos_t steady)
{
	if (kotak_session_state(s->session) != SESSION_UP) {
		const char *why = kotak_session_reason(s->session);

		set_reason(s, why[0] ? why : "no session yet");
		return steady + SESSION_LOOK;
	}
	if (s->hurry && s->retry_at > steady + RETRY_MAX_HURRY)
		s->retry_at = steady; /* a wait of the night */
	if (steady < s->retry_at)
		return s->retry_at;
	connect_now(s);
	return s->state == STREAM_DOWN ? s->retry_at : s->deadline;
}

static nanos_t turn_start(struct stream *s, nanos_t steady)
{
	if (steady >= s->deadline) {
		lose(s, s->greeted ? "greeted, but not authenticated within 10 s" : "no answer to authentication within 10 s");
		return s->retry_at;
	}
	if (s->greeted && !s->ready && steady >= s->ready_at)
		become_ready(s);
	return s->greeted && !s->ready && s->ready_at < s->deadline ? s->ready_at : s->deadline;
}

nanos_t stream_turn(struct stream *s, nanos_t steady, bool hurry)
{
	CHECK_OBJ(s, STREAM_MAGIC);
	s->hurry = hurry;
	switch (s->state) {
	case STREAM_DOWN:
		return turn_down(s, steady);
	case STREAM_START:
		return turn_start(s, steady);
	case STREAM_UP:
	case STREAM_STOP:
		break;
	}
	return STAMP_NEVER;
}

bool stream_send(struct stream *s, const char *text, size_t len)
{
	return s->ready && s->socket && websocket_send_text(s->socket, text, len) == ERR_OK;
}

void stream_proven(struct stream *s)
{
	if (s->state == STREAM_START)
		become_up(s);
}

void stream_good(struct stream *s)
{
	if (s->good_since == 0)
		s->good_since = steady_now(s);
}

void stream_give_up(struct stream *s, const char *why)
{
	fail(s, why);
}

void stream_renew(struct stream *s)
{
	disconnect(s);
	s->retry_at = 0;
}

void stream_init(struct stream *s, struct kotak_session *session, const struct stream_events *e)
{
	*s = (struct stream){ .magic = STREAM_MAGIC, .session = session, .events = *e };
	s->random = (uint64_t)clock_mono();
	set_reason(s, "not connected yet");
}

void stream_stop(struct stream *s)
{
	if (s->magic != STREAM_MAGIC)
		return;
	disconnect(s);
	s->state = STREAM_STOP;
	s->magic = 0;
}
