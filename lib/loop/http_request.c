/* One HTTP request: libcurl's options, its callbacks, and what became of it. */
#include "lib/loop/http_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"

/* An idle connection older than this is not used for an order: the server may be closing it this moment, and then nobody knows
 * whether the order arrived. */
#define ORDER_IDLE_MAX_S 45L
#define RETRY_AFTER_MAX 86400 /* seconds; a longer one is a mistake of somebody's */
#define DATE_MAX INT64_C(7258118400) /* the year 2200: sums with it must fit */

/* -- libcurl's callbacks ------------------------------------------------------------------------------------------- */

/* Called when a connection (TLS included) stands and before the first byte of the request: the one sure sign that nothing left is that this was never
 * called. libcurl tries again by itself when a kept-alive connection closes unanswered; a request that must go out once is stopped here. */
static int before_sending(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct request *q = ctx;

	(void)remote;
	(void)local;
	(void)remote_port;
	(void)local_port;
	CHECK_OBJ(q, REQUEST_MAGIC);
	if (q->go && !q->go(q->ctx))
		return CURL_PREREQFUNC_ABORT;
	q->attempts++;
	if (q->once && q->attempts > 1)
		return CURL_PREREQFUNC_ABORT;
	if (q->sent == 0)
		q->sent = clock_mono();
	return CURL_PREREQFUNC_OK;
}

static size_t read_body(char *out, size_t size, size_t n, void *ctx)
{
	struct request *q = ctx;
	size_t left = q->body_len - q->body_at, take = size * n < left ? size * n : left;

	CHECK_OBJ(q, REQUEST_MAGIC);
	if (take > 0)
		memcpy(out, q->body + q->body_at, take);
	q->body_at += take;
	return take;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct request *q = ctx;

	CHECK_OBJ(q, REQUEST_MAGIC);
	if (q->sink)
		return q->sink(q->ctx, bytes, size * n) ? size * n : 0;
	buf_put(&q->in, bytes, size * n);
	return q->in.failed ? 0 : size * n;
}

/* The value of header `name` when this line is it, cut of blanks; else NULL. */
static const char *value_of(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return NULL;
	for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t'); skip++) {}
	while (len > skip && (unsigned char)line[len - 1] <= ' ')
		len--;
	*ret_len = len - skip;
	return line + skip;
}

/* 0: no date. */
static nanos_t date_of(const char *text)
{
	time_t at = curl_getdate(text, NULL);

	return at > 0 && at < DATE_MAX ? at * NANOS_SECOND : 0;
}

static size_t take_header(char *line, size_t size, size_t n, void *ctx)
{
	struct request *q = ctx;
	size_t len = 0;
	const char *value;
	char text[64];

	CHECK_OBJ(q, REQUEST_MAGIC);
	if ((value = value_of(line, size * n, "Retry-After", &len))) {
		snprintf(q->retry_after, sizeof(q->retry_after), "%.*s", len < sizeof(q->retry_after) ? (int)len : 0, value);
	} else if ((value = value_of(line, size * n, "Date", &len)) && len < sizeof(text)) {
		snprintf(text, sizeof(text), "%.*s", (int)len, value);
		q->date = date_of(text);
	}
	return size * n;
}

static nanos_t retry_after(const struct request *q)
{
	int64_t seconds;

	if (num_parse_int(q->retry_after, strlen(q->retry_after), 1, RETRY_AFTER_MAX, &seconds) == ERR_OK)
		return seconds * NANOS_SECOND;
	nanos_t at = strchr(q->retry_after, ':') ? date_of(q->retry_after) : 0; /* libcurl takes a bare number for a date */
	nanos_t wait = at > 0 ? at - (q->date > 0 ? q->date : clock_now(&CLOCK_SYSTEM)) : 0;
	return wait > 0 && wait <= RETRY_AFTER_MAX * NANOS_SECOND ? wait : 0;
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static bool add_header(struct request *q, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 3;
	char *line = malloc(size);

	if (!line)
		return false;
	/* libcurl's way to send a header that is empty is a semicolon. */
	snprintf(line, size, value[0] ? "%s: %s" : "%s;", name, value);
	struct curl_slist *more = curl_slist_append(q->headers, line);
	explicit_bzero(line, size);
	free(line);
	if (!more)
		return false;
	q->headers = more;
	return true;
}

static bool set_headers(struct request *q, const struct http_request *r)
{
	q->headers = curl_slist_append(NULL, "Expect:"); /* no 100-continue: it would be one more way to be in doubt */
	bool good = q->headers;

	for (size_t i = 0; good && i < r->n_headers; i++)
		good = add_header(q, r->headers[i].name, r->headers[i].value);
	curl_easy_setopt(q->easy, CURLOPT_HTTPHEADER, q->headers);
	return good;
}

static void set_transport(struct request *q, const struct http_request *r)
{
	const struct http *h = q->http;

	curl_easy_setopt(q->easy, CURLOPT_URL, r->url);
	curl_easy_setopt(q->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(q->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(q->easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(q->easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(q->easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(q->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (h->ca_file) {
		curl_easy_setopt(q->easy, CURLOPT_CAINFO, h->ca_file);
		curl_easy_setopt(q->easy, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(q->easy, CURLOPT_IPRESOLVE, h->ip_version == 4 ? CURL_IPRESOLVE_V4 :
	                 h->ip_version == 6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_WHATEVER);
	curl_easy_setopt(q->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(q->easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
	curl_easy_setopt(q->easy, CURLOPT_HTTP_VERSION, r->once ? (long)CURL_HTTP_VERSION_1_1 : (long)CURL_HTTP_VERSION_2TLS);
	if (r->once)
		curl_easy_setopt(q->easy, CURLOPT_MAXAGE_CONN, ORDER_IDLE_MAX_S);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name server that does not answer would else hold up the loop: libcurl waits for its resolver thread when a request ends. */
	curl_easy_setopt(q->easy, CURLOPT_QUICK_EXIT, 1L);
	/* Reading the system's authorities takes the loop some 40 ms. By itself libcurl forgets them after a day, at whatever moment that is. */
	curl_easy_setopt(q->easy, CURLOPT_CA_CACHE_TIMEOUT, -1L);
#endif
}

static void set_body(struct request *q, const struct http_request *r)
{
	bool post = strcmp(r->method, "POST") == 0;

	if (post)
		curl_easy_setopt(q->easy, CURLOPT_POST, 1L);
	else if (strcmp(r->method, "GET") != 0)
		curl_easy_setopt(q->easy, CURLOPT_CUSTOMREQUEST, r->method);
	if (!post && !q->body)
		return;
	curl_easy_setopt(q->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->body_len);
	/* No CURLOPT_SEEKFUNCTION beside it: libcurl cannot rewind, and fails where it would send again. */
	if (q->once)
		curl_easy_setopt(q->easy, CURLOPT_READFUNCTION, read_body);
	else
		curl_easy_setopt(q->easy, CURLOPT_POSTFIELDS, q->body ? q->body : "");
	curl_easy_setopt(q->easy, CURLOPT_READDATA, q);
}

static void set_callbacks(struct request *q)
{
	curl_easy_setopt(q->easy, CURLOPT_PRIVATE, q);
	curl_easy_setopt(q->easy, CURLOPT_ERRORBUFFER, q->error);
	curl_easy_setopt(q->easy, CURLOPT_PREREQFUNCTION, before_sending);
	curl_easy_setopt(q->easy, CURLOPT_PREREQDATA, q);
	curl_easy_setopt(q->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(q->easy, CURLOPT_WRITEDATA, q);
	curl_easy_setopt(q->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(q->easy, CURLOPT_HEADERDATA, q);
	curl_easy_setopt(q->easy, CURLOPT_ACCEPT_ENCODING, "");
	if (q->http->user_agent)
		curl_easy_setopt(q->easy, CURLOPT_USERAGENT, q->http->user_agent);
}

struct request *request_make(struct http *h, const struct http_request *r)
{
	struct request *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	*q = (struct request){ .magic = REQUEST_MAGIC, .http = h, .once = r->once, .sink = r->sink, .go = r->go, .done = r->done, .ctx = r->ctx,
		.body_len = r->body ? r->body_len : 0, .began = clock_mono(), .in.limit = r->body_max ? r->body_max : h->body_max };
	q->easy = curl_easy_init();
	q->body = r->body ? malloc(r->body_len + 1) : NULL;
	if (!q->easy || (r->body && !q->body) || !set_headers(q, r)) {
		request_free(q);
		return NULL;
	}
	if (r->body) {
		memcpy(q->body, r->body, r->body_len);
		q->body[r->body_len] = '\0';
	}
	set_transport(q, r);
	set_body(q, r);
	set_callbacks(q);
	return q;
}

/* -- ends ---------------------------------------------------------------------------------------------------------- */

void request_free(struct request *q)
{
	curl_easy_cleanup(q->easy);
	for (struct curl_slist *line = q->headers; line; line = line->next)
		explicit_bzero(line->data, strlen(line->data));
	curl_slist_free_all(q->headers);
	if (q->body)
		explicit_bzero(q->body, q->body_len);
	free(q->body);
	if (q->in.data) /* a login's answer holds tokens */
		explicit_bzero(q->in.data, q->in.cap);
	buf_done(&q->in);
	q->magic = 0;
	free(q);
}

static enum http_fate fate_of(const struct request *q, CURLcode code, bool cancelled)
{
	if (cancelled)
		return HTTP_CANCELLED;
	if (code == CURLE_OK)
		return HTTP_ANSWERED;
	if (q->attempts == 0)
		return HTTP_NOT_SENT;
	return code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_BROKEN;
}

void request_tell(struct request *q, CURLcode code, bool cancelled)
{
	struct http_answer a = { .fate = fate_of(q, code, cancelled), .body = "", .error = "", .began = q->began, .sent = q->sent,
		.ended = clock_mono() };
	const char *type = NULL;
	long connects = 0;

	curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &a.status);
	curl_easy_getinfo(q->easy, CURLINFO_NUM_CONNECTS, &connects);
	a.reused = q->attempts > 0 && connects == 0;
	if (a.fate == HTTP_ANSWERED) {
		curl_easy_getinfo(q->easy, CURLINFO_CONTENT_TYPE, &type);
		snprintf(a.content_type, sizeof(a.content_type), "%.63s", type ? type : "");
		a.retry_after = retry_after(q);
		a.body = q->in.data ? q->in.data : "";
		a.len = q->in.len;
		a.date = q->date;
	} else {
		a.error = cancelled ? "given up" : q->error[0] ? q->error : curl_easy_strerror(code);
	}
	q->done(q->ctx, &a);
}
