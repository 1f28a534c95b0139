#include "lib/kotak/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/form.h"
#include "lib/kotak/session_priv.h"

#define REST_MAGIC      0x2e57c0a1u
#define REST_CALL_MAGIC 0x2e57c0bbu
#define TIMEOUT_MS      10000u
#define HEADERS_MAX     6
#define TURNED_AWAY_MAX 3
#define FORM            "application/x-www-form-urlencoded"

struct call {
	uint32_t magic;
	struct rest *rest;          /* NULL: the client was closed, nobody listens */
	struct call *prev, *next;
	struct rest_call c;
	char *method, *path;
	struct buf form;
	uint64_t generation;
	bool waited;
};

struct calls { struct call *first, *last; };

struct rest {
	uint32_t magic;
	struct kotak_session *session;
	uv_timer_t timer;
	struct calls waiting[REST_IDLE + 1], flying, refused; /* refused: to be told on the next turn */
	struct rest_stats stats;
	unsigned turned_away;       /* reads in a row */
	bool pumping, again, closing; /* again: leaving() put a call in */
};

/* -- lists --------------------------------------------------------------------------------------------------------- */

static void put(struct calls *l, struct call *c)
{
	c->next = NULL;
	c->prev = l->last;
	if (l->last)
		l->last->next = c;
	else
		l->first = c;
	l->last = c;
}

static void take_out(struct calls *l, struct call *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		l->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		l->last = c->prev;
}

static void call_free(struct call *c)
{
	buf_done(&c->form);
	free(c->method);
	free(c->path);
	c->magic = 0;
	free(c);
}

/* -- encoding ------------------------------------------------------------------------------------------------------ */

void rest_form(const char *jdata, struct buf *out)
{
	buf_puts(out, "jData=");
	if (!buf_reserve(out, FORM_ROOM(strlen(jdata))))
		return;
	char *end = form_put(out->data + out->len, jdata);
	*end = '\0';
	out->len = (size_t)(end - out->data);
}

/* The header sets of kotak-neo-api.md 2.2. Orders get the union of what Kotak's page and its SDK send: both are accepted. */
static size_t headers_of(const struct kotak_session *s, enum rest_headers set, struct http_header out[HEADERS_MAX])
{
	const struct http_header sid = { "Sid", s->secrets->sid }, auth = { "Auth", s->secrets->token }, fin = { "neo-fin-key", "neotradeapi" },
	                         json = { "accept", "application/json" }, any = { "accept", "*/*" }, form = { "Content-Type", FORM },
	                         key = { "Authorization", s->secrets->consumer_key };
	const struct http_header *sets[][HEADERS_MAX] = {
		[REST_ORDER] = { &json, &sid, &auth, &fin, &key, &form },
		[REST_REPORT] = { &json, &sid, &auth, &fin },
		[REST_HOLDINGS] = { &any, &sid, &auth },
		[REST_FORM] = { &sid, &auth, &form },
		[REST_DATA] = { &key },
		[REST_CLIENT_IP] = { &json, &key, &sid, &auth },
	};
	size_t n = 0;

	assert((size_t)set < ARRAY_LEN(sets));
	for (; n < HEADERS_MAX && sets[set][n]; n++)
		out[n] = *sets[set][n];
	return n;
}

/* -- telling ------------------------------------------------------------------------------------------------------- */

static bool is_order(const struct rest_call *c)
{
	return c->headers == REST_ORDER;
}

static void count_latency(struct rest *r, const struct rest_call *c, nanos_t took)
{
	uint64_t *l = is_order(c) ? r->stats.latency_orders : r->stats.latency_reads;
	unsigned i = 0;

	while (i < REST_LATENCIES - 1 && took >= NANOS_MS << i)
		i++;
	l[i]++;
}

static void tell(struct rest *r, struct call *c, const struct wire_answer *a)
{
	r->stats.verdicts[a->verdict]++;
	c->c.done(c->c.ctx, a);
	call_free(c);
}

static void tell_not_sent(struct rest *r, struct call *c)
{
	struct wire_answer a = { .verdict = WIRE_NOT_SENT, .text = "it was not sent" };

	tell(r, c, &a);
}

static void obey(struct rest *r, const struct rest_call *c, const struct wire_answer *a)
{
	nanos_t now = clock_steady(&r->session->clock);

	if (a->http == 429 || a->verdict == WIRE_RATE)
		governor_429(&r->session->governor, c->budget, now, a->retry_after);
	else if (a->verdict == WIRE_OK || a->verdict == WIRE_EMPTY)
		governor_good(&r->session->governor, c->budget);
	if (a->verdict == WIRE_OK || a->verdict == WIRE_EMPTY)
		r->stats.last_good = clock_now(&r->session->clock);
}

/* A session can end without a word about it, in a gateway's own page. One such answer may be a mood of the gateway's; several reads in a row
 * are taken for it: else nobody would log in again. */
static bool session_is_gone(struct rest *r, const struct call *c, const struct wire_answer *a)
{
	bool read = !is_order(&c->c) && c->c.headers != REST_DATA && c->c.headers != REST_CLIENT_IP;

	if (a->verdict == WIRE_SESSION || a->verdict == WIRE_IP)
		return c->c.headers != REST_DATA;
	if (!read || c->generation != r->session->generation)
		return false;
	if (a->verdict == WIRE_OK || a->verdict == WIRE_EMPTY)
		r->turned_away = 0;
	else if ((a->http == 401 || a->http == 403) && ++r->turned_away >= TURNED_AWAY_MAX) {
		r->turned_away = 0;
		return true;
	}
	return false;
}

static void tell_session(struct rest *r, const struct call *c, const struct wire_answer *a)
{
	struct wire_answer said = *a;

	if (said.verdict != WIRE_IP)
		said.verdict = WIRE_SESSION;
	kotak_session_rejected(r->session, c->generation, &said);
}

static void answered(void *ctx, const struct http_answer *h)
{
	struct call *c = ctx;
	struct rest *r = c->rest;
	struct wire_answer a;
	cJSON *json;

	CHECK_OBJ(c, REST_CALL_MAGIC);
	if (!r) {
		call_free(c);
		return;
	}
	take_out(&r->flying, c);
	r->stats.under_way--;
	session_saw_date(r->session, h->date, h->began, h->ended);
	wire_classify(h, c->c.kind, &a, &json);
	if (h->fate == HTTP_ANSWERED)
		count_latency(r, &c->c, h->ended - h->began);
	obey(r, &c->c, &a);
	/* The session first: whoever asks again in done() must meet the new state. An old generation's answer changes nothing there. */
	if (session_is_gone(r, c, &a))
		tell_session(r, c, &a);
	else if (is_order(&c->c) && a.verdict == WIRE_OK)
		kotak_session_accepted(r->session, c->generation);
	tell(r, c, &a);
	cJSON_Delete(json);
}

/* -- sending ------------------------------------------------------------------------------------------------------- */

/* Another process took the account: not one more order of this one. */
static bool may_order(const struct kotak_session *s)
{
	return !s->may_order || s->may_order(s->may_order_ctx);
}

static bool may_leave(const struct rest *r, const struct rest_call *c)
{
	return kotak_session_state(r->session) == SESSION_UP && !(is_order(c) && (kotak_session_disarmed(r->session) || !may_order(r->session)));
}

/* Between the look above and the first byte lie a name to resolve, a connection and TLS: time enough to lose the account, or to be killed. */
static bool order_goes(void *ctx)
{
	struct call *c = ctx;

	CHECK_OBJ(c, REST_CALL_MAGIC);
	return c->rest && may_order(c->rest->session) && (!c->c.goes || c->c.goes(c->c.ctx));
}

static int launch(struct rest *r, struct call *c)
{
	struct kotak_session *s = r->session;
	struct http_header headers[HEADERS_MAX];
	const char *base = c->c.headers == REST_CLIENT_IP ? s->session_url : s->hosts.base;
	size_t size = strlen(base) + strlen(c->path) + 1;
	char *url = malloc(size);

	if (!url)
		return ERR_NOMEM;
	snprintf(url, size, "%s%s", base, c->path);
	struct http_request q = { .method = c->method, .url = url, .headers = headers, .n_headers = headers_of(s, c->c.headers, headers),
		.body = c->form.data, .body_len = c->form.len, .once = is_order(&c->c),
		.timeout_ms = c->c.timeout_ms ? c->c.timeout_ms : TIMEOUT_MS, .body_max = c->c.body_max, .go = is_order(&c->c) ? order_goes : NULL, .done = answered, .ctx = c };
	int err = http_call(s->http, &q);
	free(url);
	if (err == ERR_OK) {
		c->generation = s->generation;
		r->stats.under_way++;
		put(&r->flying, c);
	}
	return err;
}

/* Sends the call, or refuses it, or leaves it where it is and says when to look again. */
static void try_one(struct rest *r, struct calls *queue, struct call *c, nanos_t *wake)
{
	struct governor *g = &r->session->governor;
	nanos_t now = clock_steady(&r->session->clock), wall = clock_now(&r->session->clock);
	bool urgent = c->c.priority <= REST_CANCEL, late = c->c.give_up_at > 0 && wall >= c->c.give_up_at;
	nanos_t free_at = governor_free_at(g, c->c.budget, urgent, now);

	if (!late && may_leave(r, &c->c) && free_at > now) {
		nanos_t until = c->c.give_up_at > 0 && c->c.give_up_at - wall < free_at - now ? now + c->c.give_up_at - wall : free_at;

		g->waited[c->c.budget] += !c->waited;
		c->waited = true;
		*wake = until < *wake ? until : *wake;
		return;
	}
	take_out(queue, c);
	r->stats.waiting--;
	bool leaves = !late && may_leave(r, &c->c) && (!c->c.leaving || c->c.leaving(c->c.ctx));
	assert(!r->closing);
	if (leaves && governor_take(g, c->c.budget, urgent, now) && launch(r, c) == ERR_OK)
		return;
	put(&r->refused, c);
	*wake = now;
}

static void turned(uv_timer_t *timer);

/* Sends what may leave, most urgent first, and sets the timer for what must wait. Never calls done(). */
static void pump(struct rest *r)
{
	nanos_t now = clock_steady(&r->session->clock), wake = STAMP_NEVER;

	if (r->pumping) {
		r->again = true;
		return;
	}
	r->pumping = true;
	for (unsigned p = 0; p <= REST_IDLE; p++) {
		for (struct call *c = r->waiting[p].first, *next; c; c = next) {
			next = c->next;
			try_one(r, &r->waiting[p], c, &wake);
		}
	}
	r->pumping = false;
	wake = r->again ? now : wake;
	r->again = false;
	if (wake == STAMP_NEVER)
		return;
	uv_update_time(r->session->loop);
	uv_timer_start(&r->timer, turned, wake > now ? clock_ms(&r->session->clock, wake - now) : 0, 0);
}

static void turned(uv_timer_t *timer)
{
	struct rest *r = timer->data;

	CHECK_OBJ(r, REST_MAGIC);
	while (r->refused.first && !r->closing) {
		struct call *c = r->refused.first;

		take_out(&r->refused, c);
		tell_not_sent(r, c);
	}
	if (!r->closing)
		pump(r);
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

int rest_call(struct rest *r, const struct rest_call *c)
{
	CHECK_OBJ(r, REST_MAGIC);
	assert(c->done && c->path[0] == '/' && c->priority <= REST_IDLE);
	if (r->closing || !may_leave(r, c))
		return ERR_CLOSED;
	struct call *call = calloc(1, sizeof(*call));
	if (!call)
		return ERR_NOMEM;
	*call = (struct call){ .magic = REST_CALL_MAGIC, .rest = r, .c = *c, .method = strdup(c->method), .path = strdup(c->path) };
	if (c->form)
		buf_puts(&call->form, c->form);
	else if (c->jdata)
		rest_form(c->jdata, &call->form);
	if (!call->method || !call->path || call->form.failed) {
		call_free(call);
		return ERR_NOMEM;
	}
	put(&r->waiting[c->priority], call);
	r->stats.calls++;
	r->stats.waiting++;
	pump(r);
	return ERR_OK;
}

void rest_stats(const struct rest *r, struct rest_stats *ret)
{
	CHECK_OBJ(r, REST_MAGIC);
	*ret = r->stats;
}

int rest_open(struct kotak_session *s, struct rest **ret)
{
	struct rest *r = calloc(1, sizeof(*r));

	if (!r)
		return ERR_NOMEM;
	*r = (struct rest){ .magic = REST_MAGIC, .session = s };
	uv_timer_init(kotak_session_loop(s), &r->timer);
	r->timer.data = r;
	*ret = r;
	return ERR_OK;
}

static void timer_closed(uv_handle_t *handle)
{
	struct rest *r = handle->data;

	CHECK_OBJ(r, REST_MAGIC);
	r->magic = 0;
	free(r);
}

static void end_all(struct rest *r, struct calls *l)
{
	while (l->first) {
		struct call *c = l->first;

		take_out(l, c);
		tell_not_sent(r, c);
	}
}

/* Requests under way cannot be called back; their owners hear that nobody knows, and the call itself lives on until libcurl is done with it. */
static void orphan(struct rest *r, struct call *c)
{
	struct wire_answer a = { .verdict = WIRE_UNKNOWN, .text = "the client was closed before the answer" };
	struct rest_call told = c->c;

	take_out(&r->flying, c);
	c->rest = NULL;
	r->stats.verdicts[a.verdict]++;
	told.done(told.ctx, &a);
}

void rest_close(struct rest **ref)
{
	struct rest *r = *ref;

	if (!r)
		return;
	CHECK_OBJ(r, REST_MAGIC);
	*ref = NULL;
	r->closing = true;
	for (unsigned p = 0; p <= REST_IDLE; p++)
		end_all(r, &r->waiting[p]);
	end_all(r, &r->refused);
	while (r->flying.first)
		orphan(r, r->flying.first);
	uv_close((uv_handle_t *)&r->timer, timer_closed);
}
