/* One login for everybody: TOTP and MPIN, the account's own hosts, the feed addresses, the day's rollover. The owner of the tokens;
 * they are wiped when it closes and never printed. States are the bird four: DOWN START UP STOP. kotak-neo-api.md 1. */
#pragma once

#include <stdbool.h>

#include "lib/kotak/governor.h"
#include "lib/kotak/wire.h"
#include "lib/loop/clock.h"
#include "lib/loop/http.h"
#include "lib/loop/websocket.h"

struct kotak_options {
	char consumer_key[128], mobile[24], ucc[24], mpin[8], totp_secret[128];
	/* where: empty = Kotak's own; tests and rehearsals name a simulator */
	char session_url[128];      /* https://mis.kotaksecurities.com */
	char config_url[160];       /* https://lapi.kotaksecurities.com/5config/config; "none" = do not ask */
	char feed_url[160], order_feed_url[160];
	char ca_file[256];
	char registered_ip[48];     /* the whitelisted address; "" = not checked */
	int ip_version;
	uint32_t order_rate, order_reserve, report_rate, quote_rate;
	nanos_t login_at;           /* time of day of the daily login, before the open (08:30) */
	/* Whether this process may still send orders for the account: asked when an order, modify or cancel is let go and again when its first byte would
	 * leave. NULL = it may. */
	bool (*may_order)(void *ctx);
	void *may_order_ctx;
	nanos_t *code_used;         /* when the account's newest one-time code was sent, kept where every process of the account has it; NULL = here alone */
};

enum session_state { SESSION_DOWN, SESSION_START, SESSION_UP, SESSION_STOP };
struct kotak_session;
struct kotak_listener {         /* several may listen; in order of joining */
	/* UP: also after a new login mid-day (generation grew), and when only the warning in `reason` changed (it did not). Anything else: reason says why, in
	 * a sentence with the remedy. It may close the session. */
	void (*changed)(void *ctx, enum session_state state, const char *reason);
	void *ctx;
};

/* The loop's http and websocket clients and the governor belong to the session; adapters reach them through it. */
int kotak_session_open(uv_loop_t *loop, const struct kotak_options *o, const struct clock *clock, struct kotak_session **ret, char error[256]);
void kotak_session_close(struct kotak_session **s); /* logout: forgets the tokens; Kotak has no call for it. REST clients go first. Its memory goes as the loop turns */
int kotak_session_listen(struct kotak_session *s, const struct kotak_listener *l);
void kotak_session_unlisten(struct kotak_session *s, void *ctx); /* every listener with that ctx; an adapter that closes before the session */

/* Logs in unless up or at it already; by a person also while it is up with a warning. Refusals back off: a fresh step first, five minutes after the second, and a wrong MPIN or UCC stops until asked by a person. */
void kotak_session_start(struct kotak_session *s, bool by_person);
/* A request of `generation` was answered with an invalid session: one new login, however many ask; a second within a minute only after back-off. 1037: one new login,
 * then the session is disarmed (orders refused here) until a person asks. */
void kotak_session_rejected(struct kotak_session *s, uint64_t generation, const struct wire_answer *a);
/* An order was taken in the session: a 1037 after that is a new matter and gets its one new login again. */
void kotak_session_accepted(struct kotak_session *s, uint64_t generation);

enum session_state kotak_session_state(const struct kotak_session *s);
const char *kotak_session_reason(const struct kotak_session *s);  /* why it is not up; a warning while it is; "" = nothing to say */
uint64_t kotak_session_generation(const struct kotak_session *s); /* grows with each login */
bool kotak_session_disarmed(const struct kotak_session *s);
const char *kotak_session_base(const struct kotak_session *s);    /* no trailing slash */
const char *kotak_session_token(const struct kotak_session *s);
const char *kotak_session_sid(const struct kotak_session *s);
const char *kotak_session_ucc(const struct kotak_session *s);
const char *kotak_session_feed(const struct kotak_session *s);       /* wss://... ; kotak_session_feed_next() turns to the next source */
void kotak_session_feed_next(struct kotak_session *s);
const char *kotak_session_order_feed(const struct kotak_session *s);
nanos_t kotak_session_expires(const struct kotak_session *s);        /* the JWT's exp; 0 = not known */
/* Asks the broker what time it is, before any login: one answer, or none, of kotak_session_clock_span(). */
int kotak_session_ask_time(struct kotak_session *s);
bool kotak_session_asking_time(const struct kotak_session *s);
void kotak_session_take_time(struct kotak_session *s, nanos_t newest); /* clock_base_first() with what it said */
nanos_t kotak_session_clock_offset(const struct kotak_session *s);   /* server Date - ours; NUM_UNKNOWN */
/* What so many answers say of it: it lies between the two. 0 answers = not known. */
struct kotak_clock_span { nanos_t low, high; unsigned answers; };
struct kotak_clock_span kotak_session_clock_span(const struct kotak_session *s);
void kotak_session_clock_forget(struct kotak_session *s); /* our clock was set: what it said before is of no use */
const struct clock *kotak_session_clock(const struct kotak_session *s);
uv_loop_t *kotak_session_loop(const struct kotak_session *s);
struct http *kotak_session_http(struct kotak_session *s);
struct websockets *kotak_session_websockets(struct kotak_session *s);
struct governor *kotak_session_governor(struct kotak_session *s);
