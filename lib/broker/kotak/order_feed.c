/* The order feed: a handshake that is not JSON, an acknowledgement that may never come, frames that may stop without a word. It is a hint and
 * nothing waits for it: while it is down the books are polled faster. kotak-neo-api.md 5. */
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/broker/kotak/kotak_priv.h"

#define MESSAGE_MAX (256 * 1024)
#define CONNECT_MS 10000
#define ACK (10 * NANOS_SECOND)
#define AGAIN (5 * NANOS_SECOND)
#define SILENCE (5 * NANOS_SECOND)   /* after an own action was acknowledged */
#define LEAST NANOS_SECOND           /* of real time, however fast the account's clock runs */
#define HANDSHAKE_MAX 4096

/* -- down ------------------------------------------------------------------------------------------------------------------------------- */

static void ended(struct kotak *k, const char *why)
{
	struct order_feed *f = &k->feed;
	bool was_up = f->state == FEED_UP;

	if (f->state == FEED_CONNECTING)
		f->json = !f->json; /* not acknowledged: the other spelling next time */
	f->state = FEED_DOWN;
	f->tried = true;
	f->expect_at = 0;
	f->act_at = kotak_deadline(k, AGAIN, LEAST);
	k->stats.feed_up = false;
	k->stats.reconnects++;
	if (was_up)
		books_again(k);
	else
		kotak_note(k, NOTE_FEED_REFUSED, "the order feed does not come up: %s", why);
}

static void feed_drop(struct kotak *k, const char *why)
{
	if (k->feed.socket)
		websocket_close(&k->feed.socket);
	ended(k, why);
}

static void on_closed(void *ctx, const char *why)
{
	struct kotak *k = ctx;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	k->feed.socket = NULL;
	ended(k, why);
	kotak_settle(k);
}

/* -- up ----------------------------------------------------------------------------------------------------------------------------------- */

static void on_open(void *ctx)
{
	struct kotak *k = ctx;
	const char *token = kotak_session_token(k->o.session), *sid = kotak_session_sid(k->o.session);
	char text[HANDSHAKE_MAX];
	int len;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	len = snprintf(text, sizeof(text), k->feed.json ? "{\"type\":\"cn\",\"Authorization\":\"%s\",\"Sid\":\"%s\",\"src\":\"WEB\"}" :
	               "{type:cn,Authorization:%s,Sid:%s,src:WEB}", token, sid);
	if (len > 0 && (size_t)len < sizeof(text))
		websocket_send_text(k->feed.socket, text, (size_t)len);
	explicit_bzero(text, sizeof(text));
	k->feed.act_at = kotak_deadline(k, ACK, LEAST);
}

static void acknowledged(struct kotak *k)
{
	struct order_feed *f = &k->feed;

	if (f->state == FEED_UP)
		return;
	f->state = FEED_UP;
	f->act_at = 0;
	f->expect_at = 0;
	k->stats.feed_up = true;
	books_again(k); /* whatever happened while it was down */
}

static void connection_frame(struct kotak *k, const cJSON *frame)
{
	const char *ak;

	if (wire_text(frame, "ak", &ak) && strcmp(ak, "ok") == 0)
		acknowledged(k);
	else if (k->feed.state == FEED_CONNECTING)
		feed_drop(k, "the server refused the session");
}

/* -- frames ---------------------------------------------------------------------------------------------------------------------------------- */

static void order_frame(struct kotak *k, const cJSON *frame)
{
	struct order_row r;
	const char *why;

	if (order_row_read(cJSON_GetObjectItemCaseSensitive(frame, "data"), true, &r, &why)) {
		merge_row(&k->merge, &r, 0);
		return;
	}
	k->stats.frames_bad++;
	kotak_note(k, NOTE_ROW_BAD, "a frame of the order feed is not believed: %s is missing or malformed", why);
	k->merge.want_book = true; /* something happened; the book says what */
}

static void unknown_frame(struct kotak *k)
{
	k->stats.frames_bad++;
	kotak_note(k, NOTE_FEED_UNKNOWN, "the order feed sent something of no known type");
}

static void frame(struct kotak *k, const cJSON *json)
{
	const char *type, *ak;

	if (!wire_text(json, "type", &type))
		unknown_frame(k);
	else if (strcmp(type, "cn") == 0 || (wire_text(json, "ak", &ak) && k->feed.state == FEED_CONNECTING))
		connection_frame(k, json);
	else if (strcmp(type, "order") == 0)
		order_frame(k, json);
	else if (strcmp(type, "position") == 0)
		books_soon(k, BOOK_POSITIONS, 2 * NANOS_SECOND);
	else
		unknown_frame(k);
}

static void feed_text(struct kotak *k, const char *text, size_t len)
{
	cJSON *json = wire_parse(text, len);

	k->stats.frames++;
	k->stats.feed_heard = clock_now(kotak_session_clock(k->o.session));
	k->feed.heard = clock_mono();
	kotak_sync(k);
	if (json) {
		k->feed.expect_at = 0;
		frame(k, json);
	} else if (k->feed.state == FEED_CONNECTING)
		feed_drop(k, "the server did not understand the handshake");
	else
		unknown_frame(k);
	cJSON_Delete(json);
	kotak_settle(k);
}

static void on_text(void *ctx, const char *text, size_t len)
{
	struct kotak *k = ctx;

	assert(k->magic == KOTAK_BROKER_MAGIC);
	feed_text(k, text, len);
}

static void on_binary(void *ctx, const void *bytes, size_t len)
{
	struct kotak *k = ctx;

	(void)bytes;
	(void)len;
	assert(k->magic == KOTAK_BROKER_MAGIC);
	unknown_frame(k);
}

/* -- the clock ----------------------------------------------------------------------------------------------------------------------------------- */

static void connect_now(struct kotak *k)
{
	struct order_feed *f = &k->feed;
	struct websocket_events e = { .open = on_open, .text = on_text, .binary = on_binary, .closed = on_closed, .ctx = k };
	const char *url = kotak_session_order_feed(k->o.session);

	f->generation = kotak_session_generation(k->o.session);
	f->state = FEED_CONNECTING;
	f->act_at = kotak_deadline(k, ACK, CONNECT_MS * NANOS_MS + LEAST);
	if (websocket_open(kotak_session_websockets(k->o.session), url, MESSAGE_MAX, CONNECT_MS, &e, &f->socket) != ERR_OK)
		ended(k, "its address cannot be used");
}

/* Frames follow every action within moments; a feed that stays silent then is deaf, whatever its socket says. */
void feed_expect(struct kotak *k, nanos_t left)
{
	struct order_feed *f = &k->feed;

	if (f->state == FEED_UP && f->heard < left && f->expect_at == 0)
		f->expect_at = kotak_deadline(k, SILENCE, LEAST);
}

void feed_tick(struct kotak *k)
{
	struct order_feed *f = &k->feed;
	nanos_t now = clock_mono();

	if (!kotak_session_good(k)) {
		if (f->state != FEED_DOWN)
			feed_drop(k, "the session ended");
		return;
	}
	if (f->state != FEED_DOWN && f->generation != kotak_session_generation(k->o.session)) {
		feed_drop(k, "a new session began");
		f->act_at = 0;
	}
	if (f->expect_at && now >= f->expect_at) {
		kotak_note(k, NOTE_FEED_MUTE, "the order feed said nothing of an own order: it is connected anew");
		feed_drop(k, "mute");
		f->act_at = 0;
		k->merge.want_book = true;
	}
	if (f->state == FEED_CONNECTING && f->act_at && now >= f->act_at)
		feed_drop(k, "no acknowledgement");
	if (f->state == FEED_DOWN && now >= f->act_at)
		connect_now(k);
}
