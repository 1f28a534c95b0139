#include "lib/loop/http.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/http_priv.h"
#include "lib/loop/load.h"
#include "lib/loop/stint.h"
#include "lib/loop/url.h"

#define WATCH_MAGIC 0x48c1e0b6u
#define CONNECTIONS_KEPT 16L
#define BODY_MAX (16 * 1024 * 1024)

/* A socket of libcurl's, watched for it. */
struct watch {
	uint32_t magic;
	struct http *http;
	struct watch *prev, *next;
	uv_poll_t poll;
	curl_socket_t fd;
};

/* -- ends ---------------------------------------------------------------------------------------------------------- */

static void handle_closed(struct http *h)
{
	if (--h->handles > 0)
		return;
	free(h->ca_file);
	free(h->user_agent);
	h->magic = 0;
	free(h);
	curl_global_cleanup();
}

static void timer_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

static void request_unlink(struct request *q)
{
	struct http *h = q->http;

	if (q->prev)
		q->prev->next = q->next;
	else
		h->requests = q->next;
	if (q->next)
		q->next->prev = q->prev;
	h->open--;
}

/* Out of libcurl first: the owner's callback may end the client itself. */
static void request_end(struct request *q, CURLcode code, bool cancelled)
{
	curl_multi_remove_handle(q->http->multi, q->easy);
	request_unlink(q);
	request_tell(q, code, cancelled);
	request_free(q);
}

static void reap(struct http *h)
{
	CURLMsg *message;
	int left;

	while (h->multi && (message = curl_multi_info_read(h->multi, &left))) {
		struct request *q = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &q);
		CHECK_OBJ(q, REQUEST_MAGIC);
		request_end(q, code, false);
	}
}

/* -- libcurl on libuv ---------------------------------------------------------------------------------------------- */

static void work(struct http *h, curl_socket_t fd, int what)
{
	int running;

	h->inside = true;
	curl_multi_socket_action(h->multi, fd, what, &running);
	h->inside = false;
	reap(h);
}

static void act(struct http *h, curl_socket_t fd, int what)
{
	struct stints *stints = h->stints;
	struct stint s;

	if (stints)
		stint_begin(&s);
	work(h, fd, what);
	if (stints)
		stint_end(&s, stints);
}

static void timer_rang(uv_timer_t *timer)
{
	struct http *h = timer->data;

	CHECK_OBJ(h, HTTP_MAGIC);
	act(h, CURL_SOCKET_TIMEOUT, 0);
}

static int want_timer(CURLM *multi, long ms, void *ctx)
{
	struct http *h = ctx;

	(void)multi;
	CHECK_OBJ(h, HTTP_MAGIC);
	if (ms < 0) {
		uv_timer_stop(&h->timer);
		return 0;
	}
	uv_update_time(h->loop);
	uv_timer_start(&h->timer, timer_rang, (uint64_t)ms, 0);
	return 0;
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *w = poll->data;
	int what = status < 0 ? CURL_CSELECT_ERR : 0;

	CHECK_OBJ(w, WATCH_MAGIC);
	if (status >= 0)
		what = (events & UV_READABLE ? CURL_CSELECT_IN : 0) | (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0);
	act(w->http, w->fd, what);
}

static void watch_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;
	struct http *h = w->http;

	CHECK_OBJ(w, WATCH_MAGIC);
	w->magic = 0;
	free(w);
	handle_closed(h);
}

static void watch_close(struct watch *w)
{
	if (w->prev)
		w->prev->next = w->next;
	else
		w->http->watches = w->next;
	if (w->next)
		w->next->prev = w->prev;
	uv_close((uv_handle_t *)&w->poll, watch_closed);
}

static struct watch *watch_open(struct http *h, curl_socket_t fd)
{
	struct watch *w = calloc(1, sizeof(*w));

	assert(w);
	*w = (struct watch){ .magic = WATCH_MAGIC, .http = h, .next = h->watches, .fd = fd };
	if (uv_poll_init_socket(h->loop, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->poll.data = w;
	if (w->next)
		w->next->prev = w;
	h->watches = w;
	h->handles++;
	curl_multi_assign(h->multi, fd, w);
	return w;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *watched)
{
	struct http *h = ctx;
	struct watch *w = watched;
	int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	(void)easy;
	CHECK_OBJ(h, HTTP_MAGIC);
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			curl_multi_assign(h->multi, fd, NULL);
			watch_close(w);
		}
		return 0;
	}
	w = w ? w : watch_open(h, fd);
	return w && uv_poll_start(&w->poll, events, socket_ready) == 0 ? 0 : -1;
}

/* -- the client ---------------------------------------------------------------------------------------------------- */

static bool is_header(const struct http_header *header)
{
	return header->name[0] && !strpbrk(header->name, "\r\n: ") && !strpbrk(header->value, "\r\n");
}

int http_call(struct http *h, const struct http_request *r)
{
	struct url url;

	CHECK_OBJ(h, HTTP_MAGIC);
	assert(!h->inside && r->done);
	if (!h->multi)
		return ERR_CLOSED;
	if (url_split(r->url, "http", "https", &url) != ERR_OK || r->timeout_ms == 0 || (r->once && r->sink))
		return ERR_INVAL;
	for (size_t i = 0; i < r->n_headers; i++)
		if (!is_header(&r->headers[i]))
			return ERR_INVAL;
	struct request *q = request_make(h, r);
	if (!q)
		return ERR_NOMEM;
	if (curl_multi_add_handle(h->multi, q->easy) != CURLM_OK) {
		request_free(q);
		return ERR_NOMEM;
	}
	q->next = h->requests;
	if (q->next)
		q->next->prev = q;
	h->requests = q;
	h->open++;
	return ERR_OK;
}

unsigned http_open_requests(const struct http *h)
{
	CHECK_OBJ(h, HTTP_MAGIC);
	return h->open;
}

static char *copy(const char *text)
{
	return text && text[0] ? strdup(text) : NULL;
}

int http_open(uv_loop_t *loop, const struct http_options *o, struct http **ret)
{
	if (!load_curl())
		return ERR_UNSUPPORTED;
	struct http *h = calloc(1, sizeof(*h));

	if (!h)
		return ERR_NOMEM;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return ERR_NOMEM;
	}
	signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
	*h = (struct http){ .magic = HTTP_MAGIC, .loop = loop, .multi = curl_multi_init(), .ca_file = copy(o->ca_file),
		.user_agent = copy(o->user_agent), .ip_version = o->ip_version, .body_max = o->body_max ? o->body_max : BODY_MAX, .stints = o->stints };
	assert(h->multi);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
	uv_timer_init(loop, &h->timer);
	h->timer.data = h;
	h->handles = 1;
	*ret = h;
	return ERR_OK;
}

void http_close(struct http **ref)
{
	struct http *h = *ref;

	if (!h)
		return;
	CHECK_OBJ(h, HTTP_MAGIC);
	assert(!h->inside);
	*ref = NULL;
	/* Gone for callers before the owners hear of it: a callback that calls again is refused. */
	CURLM *multi = h->multi;
	while (h->requests) {
		struct request *q = h->requests;

		curl_multi_remove_handle(multi, q->easy);
		request_unlink(q);
		h->multi = NULL;
		request_tell(q, CURLE_OK, true);
		h->multi = multi;
		request_free(q);
	}
	curl_multi_cleanup(multi);
	h->multi = NULL;
	while (h->watches)
		watch_close(h->watches);
	uv_close((uv_handle_t *)&h->timer, timer_closed);
}
