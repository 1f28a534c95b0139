#include "lib/kotak/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/session_priv.h"

#define TICK           (20 * NANOS_SECOND) /* of the clock's time: is a new login due? */
#define AGAIN_AT_ONCE  NANOS_MINUTE        /* a session that lived shorter is not replaced without a pause */
#define AGAIN_MOST     (5 * NANOS_MINUTE)

/* -- state --------------------------------------------------------------------------------------------------------- */

void session_tell(struct kotak_session *s)
{
	for (size_t i = 0; i < s->n_listeners && !s->closing;) {
		const void *ctx = s->listeners[i].ctx;

		s->listeners[i].changed(s->listeners[i].ctx, s->state, s->reason);
		i += i < s->n_listeners && s->listeners[i].ctx == ctx; /* it may have left */
	}
}

void session_set(struct kotak_session *s, enum session_state state, const char *format, ...)
{
	char reason[SESSION_REASON];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (state == s->state && strcmp(reason, s->reason) == 0)
		return;
	s->state = state;
	memcpy(s->reason, reason, sizeof(reason));
	session_tell(s);
}

int kotak_session_listen(struct kotak_session *s, const struct kotak_listener *l)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (s->n_listeners == SESSION_LISTENERS)
		return ERR_FULL;
	s->listeners[s->n_listeners++] = *l;
	return ERR_OK;
}

void kotak_session_unlisten(struct kotak_session *s, void *ctx)
{
	size_t kept = 0;

	CHECK_OBJ(s, SESSION_MAGIC);
	for (size_t i = 0; i < s->n_listeners; i++)
		if (s->listeners[i].ctx != ctx)
			s->listeners[kept++] = s->listeners[i];
	s->n_listeners = kept;
}

/* -- what others ask for ------------------------------------------------------------------------------------------- */

void kotak_session_start(struct kotak_session *s, bool by_person)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	bool up = s->state == SESSION_UP && !(by_person && (s->disarmed || s->reason[0])); /* a warning tells a person to start it */
	bool at_it = s->step > LOGIN_WAIT || (s->step == LOGIN_WAIT && !by_person);

	if (by_person) {
		s->disarmed = s->mismatch_tried = s->stopped = false;
		s->refusals = s->troubles = s->stolen = 0;
	}
	if (up || at_it || s->stopped)
		return;
	login_plan(s, 0);
	if (s->state != SESSION_UP)
		session_set(s, SESSION_START, "logging in");
}

static void log_in_again(struct kotak_session *s, const char *why)
{
	bool young = clock_steady(&s->clock) - s->up_at < AGAIN_AT_ONCE;
	nanos_t wait = 0;

	s->stolen = young ? s->stolen + 1 : 0;
	if (young) {
		wait = AGAIN_AT_ONCE << (s->stolen < 4 ? s->stolen - 1 : 3);
		wait = wait < AGAIN_MOST ? wait : AGAIN_MOST;
	}
	if (s->stopped) {
		session_set(s, SESSION_STOP, "Kotak ended the session and refused a new login; correct the settings, then start the session by hand");
		return;
	}
	if (s->step == LOGIN_IDLE)
		login_plan(s, wait);
	session_set(s, SESSION_START, "%s", why);
}

static void mismatch(struct kotak_session *s)
{
	if (!s->mismatch_tried) {
		s->mismatch_tried = true;
		log_in_again(s, "Kotak says the session was made from another address; logging in from this one");
		return;
	}
	s->disarmed = true;
	session_set(s, SESSION_UP, "Kotak takes no order from this address although the session was renewed; let the machine send from the "
	            "whitelisted address only (one IP version, no changing route), then start the session by hand");
}

void kotak_session_rejected(struct kotak_session *s, uint64_t generation, const struct wire_answer *a)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (generation != s->generation || s->state != SESSION_UP)
		return; /* late, or seen to already */
	if (a->verdict == WIRE_SESSION)
		log_in_again(s, "Kotak ended the session; logging in again");
	else if (a->verdict == WIRE_IP && a->st_code == 1037 && !s->disarmed)
		mismatch(s);
	else if (a->verdict == WIRE_IP && a->st_code != 1037)
		session_set(s, SESSION_UP, "Kotak takes no order from this machine's address; register it in the Neo app under Trade API, for this very "
		            "application, then start the session by hand");
}

void kotak_session_accepted(struct kotak_session *s, uint64_t generation)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	if (generation == s->generation && s->state == SESSION_UP)
		s->mismatch_tried = false;
}

/* -- a look at it -------------------------------------------------------------------------------------------------- */

enum session_state kotak_session_state(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->state;
}

const char *kotak_session_reason(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->reason;
}

uint64_t kotak_session_generation(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->generation;
}

bool kotak_session_disarmed(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->disarmed;
}

const char *kotak_session_base(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->hosts.base;
}

const char *kotak_session_token(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->secrets->token;
}

const char *kotak_session_sid(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->secrets->sid;
}

const char *kotak_session_ucc(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->secrets->ucc;
}

nanos_t kotak_session_expires(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->expires;
}

const struct clock *kotak_session_clock(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return &s->clock;
}

uv_loop_t *kotak_session_loop(const struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->loop;
}

struct http *kotak_session_http(struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->http;
}

struct websockets *kotak_session_websockets(struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return s->websockets;
}

struct governor *kotak_session_governor(struct kotak_session *s)
{
	CHECK_OBJ(s, SESSION_MAGIC);
	return &s->governor;
}

/* -- open, close --------------------------------------------------------------------------------------------------- */

static void session_free(struct kotak_session *s)
{
	if (s->secrets)
		sodium_free(s->secrets); /* wipes */
	s->magic = 0;
	free(s);
}

static void handle_closed(uv_handle_t *handle)
{
	struct kotak_session *s = handle->data;

	CHECK_OBJ(s, SESSION_MAGIC);
	if (--s->handles == 0)
		session_free(s);
}

static void ticked(uv_timer_t *timer)
{
	struct kotak_session *s = timer->data;

	CHECK_OBJ(s, SESSION_MAGIC);
	login_tick(s);
}

static int open_clients(struct kotak_session *s, const struct kotak_options *o, char error[256])
{
	struct http_options http = { .ca_file = o->ca_file, .user_agent = "sauda", .ip_version = o->ip_version };
	struct websockets_options sockets = { .ca_file = o->ca_file, .ip_version = o->ip_version };
	int err = http_open(s->loop, &http, &s->http);

	if (err == ERR_OK && (err = websockets_open(s->loop, &sockets, &s->websockets)) != ERR_OK)
		http_close(&s->http);
	if (err != ERR_OK)
		snprintf(error, 256, "the network clients cannot start (%s); are libcurl, libwebsockets and its libuv plug-in installed?", err_text(err));
	return err;
}

int kotak_session_open(uv_loop_t *loop, const struct kotak_options *o, const struct clock *clock, struct kotak_session **ret, char error[256])
{
	struct kotak_session *s = calloc(1, sizeof(*s));

	if (!s || sodium_init() < 0) {
		free(s);
		snprintf(error, 256, "%s", err_text(ERR_NOMEM));
		return ERR_NOMEM;
	}
	*s = (struct kotak_session){ .magic = SESSION_MAGIC, .loop = loop, .clock = *clock, .handles = 2, .state = SESSION_DOWN,
		.reason = "not started", .secrets = sodium_malloc(sizeof(*s->secrets)) };
	int err = s->secrets ? ERR_OK : ERR_NOMEM;
	if (err == ERR_OK) {
		sodium_memzero(s->secrets, sizeof(*s->secrets));
		err = session_options_take(s, o, error);
	} else {
		snprintf(error, 256, "no memory that can be locked");
	}
	if (err == ERR_OK)
		err = open_clients(s, o, error);
	if (err != ERR_OK) {
		session_free(s);
		return err;
	}
	uv_timer_init(loop, &s->retry);
	uv_timer_init(loop, &s->tick);
	s->retry.data = s->tick.data = s;
	uv_timer_start(&s->tick, ticked, clock_ms(clock, TICK), clock_ms(clock, TICK));
	*ret = s;
	return ERR_OK;
}

void kotak_session_close(struct kotak_session **ref)
{
	struct kotak_session *s = *ref;

	if (!s)
		return;
	CHECK_OBJ(s, SESSION_MAGIC);
	*ref = NULL;
	s->closing = true;
	http_close(&s->http);
	websockets_close(&s->websockets);
	sodium_memzero(s->secrets, sizeof(*s->secrets));
	uv_close((uv_handle_t *)&s->retry, handle_closed);
	uv_close((uv_handle_t *)&s->tick, handle_closed);
}
