/* lib/loop/http.h over the world: a request leaves, takes its time, meets the broker or not; its answer comes back whole, cut, late or never. What the client
 * is told follows the real one's rules: NOT_SENT only if no byte left, TIMEOUT at its own deadline, BROKEN when bytes left and no whole answer came. */
#include "lib/loop/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/url.h"
#include "tests/sim/plant.h"
#include "tests/sim/world.h"

#define FAKE_HTTP_MAGIC 0x46484331u
#define FAKE_REQUEST_MAGIC 0x46485231u
#define HEADERS_MAX 8
#define BODY_MAX (16u << 20)
#define CONNECT_MOST (50 * NANOS_MS)
#define UP_LEAST (2 * NANOS_MS)
#define UP_MOST (20 * NANOS_MS)
#define SLOW_UP_MOST (8 * NANOS_SECOND)     /* a request that comes later than its client waits is broker.h's late_materialise */
#define SLOW_DOWN_MOST (90 * NANOS_SECOND)

struct http {
	uint32_t magic;
	struct request *requests;
	size_t body_max;
	bool closed;
};

struct request {
	uint32_t magic;
	struct http *http;              /* NULL: its client was closed, nobody listens */
	struct request *next, *previous;
	struct http_request r;          /* with copies of all texts */
	struct http_header header[HEADERS_MAX];
	nanos_t deadline, began;        /* true; CLOCK_MONOTONIC */
	enum { LOSE_NOTHING, LOSE_REQUEST, LOSE_ANSWER, CUT_ANSWER } fault;
	uint64_t ends;                  /* the event that tells the client; 0 = told */
	uint64_t departs;               /* the event at which its first byte leaves; 0 = it has */
	bool travels;                   /* an event will still come to the broker */
	/* the answer as it came */
	int status;
	char *body, type[64], retry[32];
	size_t len;
	nanos_t date;
};

/* -- memory ---------------------------------------------------------------------------------------------------------------------------- */

static char *copy(const char *bytes, size_t len)
{
	char *to = malloc(len + 1);

	assert(to);
	memcpy(to, bytes, len);
	to[len] = '\0';
	return to;
}

static char *copy_text(const char *text)
{
	return copy(text, strlen(text));
}

static void forget(struct request *q)
{
	if (q->ends || q->travels || q->departs)
		return;
	for (size_t i = 0; i < q->r.n_headers; i++) {
		free((char *)q->header[i].name);
		free((char *)q->header[i].value);
	}
	free((char *)q->r.method);
	free((char *)q->r.url);
	free((char *)q->r.body);
	free(q->body);
	q->magic = 0;
	free(q);
}

static void unlink_request(struct request *q)
{
	if (q->previous)
		q->previous->next = q->next;
	else
		q->http->requests = q->next;
	if (q->next)
		q->next->previous = q->previous;
	q->http = NULL;
	sim_world->open_requests--;
}

/* To be done, not to be read. */
static bool is_order(const struct request *q)
{
	return strstr(q->r.url, "/quick/order/") != NULL;
}

/* -- the end as the client sees it --------------------------------------------------------------------------------------------------- */

static bool stream(struct request *q)
{
	if (!q->r.sink || q->status != 200)
		return true;
	for (size_t at = 0; at < q->len; at += 16384)
		if (!q->r.sink(q->r.ctx, q->body + at, q->len - at < 16384 ? q->len - at : 16384))
			return false;
	return true;
}

static void tell(struct request *q, enum http_fate fate, const char *error)
{
	struct http_answer a = { .fate = fate, .body = "", .error = error, .began = q->began, .ended = world_mono() };

	a.sent = fate == HTTP_NOT_SENT ? 0 : a.began;
	if (fate == HTTP_ANSWERED && (q->len > q->r.body_max || !stream(q)))
		a.fate = HTTP_BROKEN, a.error = "too large";
	if (a.fate == HTTP_ANSWERED) {
		a.status = q->status;
		a.body = q->r.sink ? "" : q->body;
		a.len = q->r.sink ? 0 : q->len;
		a.date = q->date;
		memcpy(a.content_type, q->type, sizeof(a.content_type));
		a.retry_after = (nanos_t)strtoul(q->retry, NULL, 10) * NANOS_SECOND;
	}
	unlink_request(q);
	q->r.done(q->r.ctx, &a);
}

static void ended(void *ctx, uint64_t number)
{
	struct request *q = ctx;

	CHECK_OBJ(q, FAKE_REQUEST_MAGIC);
	assert(q->ends == number && q->http);
	q->ends = 0;
	if (q->body)
		tell(q, q->fault == CUT_ANSWER ? HTTP_BROKEN : HTTP_ANSWERED, "the connection broke");
	else if (q->deadline <= sim_world->now)
		tell(q, HTTP_TIMEOUT, "timed out");
	else
		tell(q, HTTP_BROKEN, "reset");
	forget(q);
}

/* -- at the broker ---------------------------------------------------------------------------------------------------------------------- */

/* The answer is on its way to a client that may have gone. */
static void take_answer(struct request *q, const struct sim_answer *a)
{
	nanos_t at = sim_world->now + world_between(WORLD_NET, UP_LEAST, UP_MOST);

	if (world_strikes(WORLD_NET, DIAL_SLOW))
		at += world_spread(WORLD_NET, 20 * NANOS_MS, SLOW_DOWN_MOST);
	if (!q->ends || at >= q->deadline)
		return;
	if (q->fault == LOSE_ANSWER && world_below(WORLD_NET, 2) == 0)
		return; /* silence until the deadline */
	if (q->fault != LOSE_ANSWER) {
		q->len = q->fault == CUT_ANSWER ? world_below(WORLD_NET, a->len + 1) : a->len;
		q->body = copy(a->body ? a->body : "", q->len);
		q->status = a->status;
		q->date = a->date;
		memcpy(q->type, a->content_type, sizeof(q->type));
		memcpy(q->retry, a->retry_after, sizeof(q->retry));
	}
	world_drop(q->ends);
	q->ends = world_at(at, ended, q);
}

static void arrived(void *ctx, uint64_t number)
{
	struct request *q = ctx;
	struct sim_header header[HEADERS_MAX];
	struct sim_request r = { .method = q->r.method, .url = q->r.url, .headers = header, .n_headers = q->r.n_headers, .body = q->r.body,
	                         .body_len = q->r.body_len };
	struct sim_answer a = { 0 };

	(void)number;
	CHECK_OBJ(q, FAKE_REQUEST_MAGIC);
	sim_world->order = is_order(q);
	for (size_t i = 0; i < q->r.n_headers; i++)
		header[i] = (struct sim_header){ q->header[i].name, q->header[i].value };
	sim_broker_http(sim_world->broker, sim_world->now, &r, &a);
	world_trace(&a.status, sizeof(a.status));
	if (a.body && q->r.body)
		world_trace(a.body, a.len);
	q->travels = false;
	take_answer(q, &a);
	sim_world->order = false;
	if (sim_world->happened)
		sim_world->happened(sim_world->ctx);
	forget(q);
}

/* -- leaving ----------------------------------------------------------------------------------------------------------------------------- */

static void never_sent(void *ctx, uint64_t number)
{
	struct request *q = ctx;

	CHECK_OBJ(q, FAKE_REQUEST_MAGIC);
	assert(q->ends == number);
	q->ends = 0;
	tell(q, HTTP_NOT_SENT, "no address");
	forget(q);
}

static nanos_t way_up(void)
{
	nanos_t takes = world_between(WORLD_NET, UP_LEAST, UP_MOST);

	return world_strikes(WORLD_NET, DIAL_SLOW) ? takes + world_spread(WORLD_NET, 20 * NANOS_MS, SLOW_UP_MOST) : takes;
}

static void seen(const struct request *q)
{
	if (sim_world->leaves)
		sim_world->leaves(sim_world->ctx, q->r.url, q->r.body ? q->r.body : "", q->r.body ? q->r.body_len : 0);
}

static void leave(struct request *q)
{
	nanos_t now = sim_world->now, end = q->deadline;

	sim_world->order = is_order(q);
	seen(q);
	if (world_strikes(WORLD_NET, DIAL_REQUEST_LOST))
		q->fault = LOSE_REQUEST;
	else if (world_strikes(WORLD_NET, DIAL_ANSWER_LOST))
		q->fault = LOSE_ANSWER;
	else if (world_strikes(WORLD_NET, DIAL_ANSWER_CUT))
		q->fault = CUT_ANSWER;
	sim_world->order = false;
	if (plant == PLANT_TWICE && q->fault == LOSE_ANSWER)
		seen(q);
	if (q->fault == LOSE_REQUEST && world_below(WORLD_NET, 2) == 0)
		end = world_between(WORLD_NET, now, end); /* a reset instead of silence */
	else if (q->fault != LOSE_REQUEST) {
		q->travels = true;
		world_at(now + way_up(), arrived, q);
	}
	if (end == q->deadline)
		return;
	world_drop(q->ends);
	q->ends = world_at(end, ended, q);
}

/* The connection stands: the client may still refuse. */
static void depart(void *ctx, uint64_t number)
{
	struct request *q = ctx;

	CHECK_OBJ(q, FAKE_REQUEST_MAGIC);
	assert(q->departs == number && q->http && q->ends);
	q->departs = 0;
	if (sim_world->dead)
		return; /* nothing leaves a dead machine */
	if (!q->r.go || q->r.go(q->r.ctx)) {
		leave(q);
		return;
	}
	world_drop(q->ends);
	q->ends = 0;
	tell(q, HTTP_NOT_SENT, "refused before the first byte");
	forget(q);
}

/* One that is kept alive is there at once, a new one takes its time. */
static nanos_t connecting(void)
{
	return world_below(WORLD_NET, 8) ? 0 : world_spread(WORLD_NET, NANOS_MS, CONNECT_MOST);
}

static bool take_texts(struct request *q, const struct http_request *r)
{
	q->r = *r;
	if (r->n_headers > HEADERS_MAX)
		return false;
	for (size_t i = 0; i < r->n_headers; i++)
		q->header[i] = (struct http_header){ copy_text(r->headers[i].name), copy_text(r->headers[i].value) };
	q->r.method = copy_text(r->method);
	q->r.url = copy_text(r->url);
	q->r.body = r->body ? copy(r->body, r->body_len) : NULL;
	q->r.body_max = r->body_max ? r->body_max : q->http->body_max;
	return true;
}

static bool is_header(const struct http_header *h)
{
	return h->name[0] && !strpbrk(h->name, "\r\n: ") && !strpbrk(h->value, "\r\n");
}

int http_call(struct http *h, const struct http_request *r)
{
	struct request *q;
	struct url url;

	CHECK_OBJ(h, FAKE_HTTP_MAGIC);
	assert(r->done);
	if (h->closed)
		return ERR_CLOSED;
	if (url_split(r->url, "http", "https", &url) != ERR_OK || r->timeout_ms == 0 || (r->once && r->sink))
		return ERR_INVAL;
	for (size_t i = 0; i < r->n_headers; i++)
		if (!is_header(&r->headers[i]))
			return ERR_INVAL;
	q = calloc(1, sizeof(*q));
	assert(q);
	q->magic = FAKE_REQUEST_MAGIC;
	q->http = h;
	q->began = world_mono();
	q->deadline = sim_world->now + (nanos_t)r->timeout_ms * NANOS_MS;
	assert(take_texts(q, r));
	if ((q->next = h->requests) != NULL)
		q->next->previous = q;
	h->requests = q;
	sim_world->open_requests++;
	if (sim_world->dead)
		q->ends = world_at(q->deadline, ended, q); /* nothing leaves a dead machine */
	else if (world_strikes(WORLD_NET, DIAL_NOT_SENT))
		q->ends = world_at(world_between(WORLD_NET, sim_world->now, q->deadline), never_sent, q);
	else {
		q->ends = world_at(q->deadline, ended, q);
		q->departs = world_at(sim_world->now + connecting(), depart, q);
	}
	return ERR_OK;
}

unsigned http_open_requests(const struct http *h)
{
	unsigned n = 0;

	for (const struct request *q = h->requests; q; q = q->next)
		n++;
	return n;
}

/* -- the client ---------------------------------------------------------------------------------------------------------------------------- */

int http_open(uv_loop_t *loop, const struct http_options *o, struct http **ret)
{
	struct http *h = calloc(1, sizeof(*h));

	(void)loop;
	assert(h);
	*h = (struct http){ .magic = FAKE_HTTP_MAGIC, .body_max = o->body_max ? o->body_max : BODY_MAX };
	*ret = h;
	return ERR_OK;
}

static void gone(void *ctx, uint64_t number)
{
	(void)number;
	free(ctx);
}

void http_close(struct http **ref)
{
	struct http *h = *ref;

	if (!h)
		return;
	CHECK_OBJ(h, FAKE_HTTP_MAGIC);
	*ref = NULL;
	h->closed = true;
	while (h->requests) {
		struct request *q = h->requests;

		world_drop(q->ends);
		if (q->departs)
			world_drop(q->departs);
		q->ends = q->departs = 0;
		tell(q, HTTP_CANCELLED, "given up");
		forget(q);
	}
	world_at(sim_world->now, gone, h);
}
