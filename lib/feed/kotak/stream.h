/* The feed's socket: connect, authenticate, hand on what comes, reconnect. DOWN waits for the next try, START is between connecting and proof of
 * authentication, UP has it, STOP is for ever. A greeting (1119) is not proof: subscriptions go out on it after a while, and 1117, an
 * acknowledgement or a packet proves it. kotak-neo-api.md 4.1-4.5, 4.10. */
#pragma once

#include "lib/feed/kotak/liveness.h"
#include "lib/feed/kotak/sfeed.h"
#include "lib/kotak/session.h"

enum stream_state { STREAM_DOWN, STREAM_START, STREAM_UP, STREAM_STOP };

struct stream_events {
	void (*ready)(void *ctx);   /* subscriptions may go out */
	void (*frame)(void *ctx, const void *bytes, size_t len);
	void (*symbol)(void *ctx, const char *key, const char *trading_symbol); /* of an acknowledgement */
	void (*complaint)(void *ctx, const char *words); /* the server's, about a subscription */
	void (*doubted)(void *ctx);  /* the server refused the session once more: is it still good? */
	void (*lost)(void *ctx, const char *why);  /* after ready(), or a try that failed; a new one follows by itself */
	void *ctx;
};

#define STREAM_MAGIC 0x5346494Fu
struct stream {
	uint32_t magic;
	struct kotak_session *session;
	struct stream_events events;
	struct websocket *socket;
	enum stream_state state;
	bool open, greeted, ready;
	bool hurry;
	uint32_t failures;          /* tries in a row that brought no live price */
	uint32_t short_lives;       /* connections in a row that did not last */
	uint32_t refused;           /* authentications in a row that were refused */
	uint64_t generation;        /* of the session this connection uses */
	nanos_t retry_at, deadline, ready_at; /* steady */
	nanos_t good_since;         /* steady: this connection's prices came alive; 0 = not yet */
	uint64_t random;
	uint64_t connects;
	struct sfeed_scale scale;
	char url[160];
	char reason[96];            /* why it is not up */
};

void stream_init(struct stream *s, struct kotak_session *session, const struct stream_events *e);
void stream_stop(struct stream *s);
/* Connects when it is time, gives up what takes too long. `hurry` = market hours: up to 30 s between tries, else up to 5 minutes. Returns when it wants
 * to be called again, steady. */
nanos_t stream_turn(struct stream *s, nanos_t steady, bool hurry);
bool stream_send(struct stream *s, const char *text, size_t len);
/* A packet for us was read: that is authentication, whatever the greeting was. */
void stream_proven(struct stream *s);
/* The prices of this connection are alive: after its end the wait starts from the shortest again. */
void stream_good(struct stream *s);
/* The owner's judgement: this connection is worthless. lost() is not called. */
void stream_give_up(struct stream *s, const char *why);
/* Nothing is wrong with it, and a new one is wanted: a new day, a new session. */
void stream_renew(struct stream *s);
