/* HTTP requests on the event loop: libcurl's multi-socket interface on libuv. TLS is always verified, redirects are not followed, plain
 * http:// is taken for loopback addresses only. What became of a request is told exactly: an order's fate hangs on it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <uv.h>

#include "lib/base/stamp.h"

struct http;
struct stints;
struct http_options {
	const char *ca_file;        /* NULL = the system's */
	const char *user_agent;
	int ip_version;             /* 4, 6, or 0 = any: the broker whitelists one address */
	size_t body_max;            /* an answer beyond it is HTTP_BROKEN; per request settable */
	struct stints *stints;      /* measures each turn of this client on the loop; NULL = not measured. It must outlive the client */
};
int http_open(uv_loop_t *loop, const struct http_options *o, struct http **ret); /* ERR_UNSUPPORTED: libcurl is not there */
void http_close(struct http **h); /* open requests end with HTTP_CANCELLED first; its memory goes as the loop turns */

enum http_fate {
	HTTP_ANSWERED,              /* a whole response: status, headers, body */
	HTTP_NOT_SENT,              /* no byte of the request left: name, connect or TLS failed */
	HTTP_BROKEN,                /* bytes left, and no whole response came: reset, cut short, too large */
	HTTP_TIMEOUT,               /* bytes left, and the deadline passed */
	HTTP_CANCELLED,
};
struct http_answer {
	enum http_fate fate;
	long status;
	const char *body;           /* NUL-terminated; valid during done(); may hold NULs */
	size_t len;
	const char *error;          /* libcurl's words, "" if answered */
	char content_type[64];
	nanos_t retry_after;        /* a length from now: Retry-After's seconds, or its date from that of Date, else from this machine's; at most a day; 0 = not told */
	nanos_t date;               /* the server's Date header as UTC ns; 0 = none */
	nanos_t began, sent, ended; /* CLOCK_MONOTONIC; sent = first request byte handed over, 0 = never */
	bool reused;                /* went over a kept-alive connection */
};
typedef void http_done(void *ctx, const struct http_answer *a);

struct http_header { const char *name, *value; };
struct http_request {
	const char *method, *url;
	const struct http_header *headers; size_t n_headers;
	const char *body; size_t body_len;   /* copied */
	bool once;                  /* an order: HTTP/1.1, a body that cannot be rewound, so libcurl never sends it a second time by itself */
	unsigned timeout_ms;        /* real time, from call to whole answer */
	size_t body_max;            /* 0 = http_options.body_max */
	/* Streams the body instead of collecting it (master files); answer.body is then empty. Returning false ends the request as HTTP_BROKEN. It must
	 * not call this client. */
	bool (*sink)(void *ctx, const char *bytes, size_t len);
	/* The connection stands and the first byte would leave: the very last chance to refuse it: false = HTTP_NOT_SENT. It must not call this client.
	 * May be NULL. */
	bool (*go)(void *ctx);
	http_done *done;            /* exactly once, never from within http_call() */
	void *ctx;
};
/* Takes the request; header values and bodies may hold secrets and are wiped after use. ERR_INVAL for a URL that is not allowed. */
int http_call(struct http *h, const struct http_request *r);
unsigned http_open_requests(const struct http *h);
