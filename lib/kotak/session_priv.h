/* What the files of the session share: session.c (the owner), session_login.c (the steps), session_hosts.c (addresses), session_options.c (what is
 * asked for), session_clock.c (the broker's clock). */
#pragma once

#include "lib/base/buf.h"
#include "lib/kotak/session.h"

#define SESSION_MAGIC     0x5e55107au
#define SESSION_TOKEN     4096
#define SESSION_SID       160
#define SESSION_URL       192
#define SESSION_REASON    256
#define SESSION_FEEDS     4
#define SESSION_LISTENERS 8

/* In memory that is locked, guarded and wiped when freed. */
struct session_secrets {
	char consumer_key[128], mobile[24], ucc[24], mpin[8];
	unsigned char totp[128];
	size_t totp_len;
	char view_token[SESSION_TOKEN], view_sid[SESSION_SID];
	char next_token[SESSION_TOKEN], next_sid[SESSION_SID]; /* of a login that is not finished */
	char token[SESSION_TOKEN], sid[SESSION_SID];
};

/* Addresses as one login found them. */
struct session_hosts {
	char base[SESSION_URL], data_center[32];
	char feeds[SESSION_FEEDS][SESSION_URL];
	size_t n_feeds, feed;
	char order_feed[SESSION_URL];
};

/* The broker's clock against ours: its Date has whole seconds, so each answer tells two bounds, and many together a narrow span. */
struct session_offset { nanos_t low, high; bool known; unsigned answers; nanos_t since; /* steady time of the first of them */ };

enum login_step { LOGIN_IDLE, LOGIN_WAIT, LOGIN_TOTP, LOGIN_MPIN, LOGIN_EXTRAS };

struct kotak_session {
	uint32_t magic;
	uv_loop_t *loop;
	struct clock clock;
	struct session_secrets *secrets;
	char session_url[SESSION_URL], config_url[SESSION_URL], feed_url[SESSION_URL], order_feed_url[SESSION_URL], registered_ip[48];
	nanos_t login_at;
	struct http *http;
	struct websockets *websockets;
	struct governor governor;
	uv_timer_t retry, tick;
	unsigned handles;
	bool closing;

	enum session_state state;
	char reason[SESSION_REASON];
	uint64_t generation;
	struct kotak_listener listeners[SESSION_LISTENERS];
	size_t n_listeners;
	bool disarmed, mismatch_tried; /* 1037: one new login was made for it */

	enum login_step step;
	bool stopped;               /* no further try until a person asks */
	nanos_t code_used_here, *code_used, code_used_before; /* code_used: what the options name, or code_used_here */
	bool (*may_order)(void *ctx);
	void *may_order_ctx;
	unsigned refusals, troubles, validates, stolen, extras;
	nanos_t logged_in_at, up_at; /* session clock, steady clock; 0 = never */
	nanos_t expires, next_expires;
	struct session_hosts hosts, next_hosts;
	char config_market[SESSION_URL], config_orders[SESSION_URL], told_market[SESSION_URL], told_orders[SESSION_URL];
	char warning[SESSION_REASON];
	struct session_offset offset;
	bool asking_time;
};

/* session.c: the one setter of state and reason; tells the listeners when either changed. */
void session_set(struct kotak_session *s, enum session_state state, const char *format, ...) __attribute__((format(printf, 3, 4)));
void session_tell(struct kotak_session *s);

/* session_options.c */
int session_options_take(struct kotak_session *s, const struct kotak_options *o, char error[256]);

/* session_login.c */
void login_plan(struct kotak_session *s, nanos_t wait);
void login_tick(struct kotak_session *s);
nanos_t login_expiry(const char *jwt); /* the token's exp; 0 = not readable */

/* session_hosts.c */
bool hosts_is_broker(const char *session_url);
bool hosts_allowed(const char *session_url, const char *url); /* https:// or wss:// of the broker's domain; of a simulator: its own host */
bool hosts_feed_url(const char *text, char ret[SESSION_URL]);  /* https -> wss, http -> ws, no scheme -> wss */
void hosts_from_config(struct kotak_session *s, const cJSON *configs);
void hosts_choose(struct kotak_session *s);                    /* the order of preference of kotak-neo-api.md 1.6 */

/* session_clock.c: a server's Date in an answer that began and ended then (CLOCK_MONOTONIC). */
void session_saw_date(struct kotak_session *s, nanos_t date, nanos_t began, nanos_t ended);
nanos_t session_their_time(const struct kotak_session *s); /* for one-time codes: the server makes them by its own clock */
void offset_add(struct session_offset *o, nanos_t low, nanos_t high);
