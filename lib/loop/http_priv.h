/* What http.c (the client on the loop) and http_request.c (one request) share. */
#pragma once

#include <curl/curl.h>

#include "lib/base/buf.h"
#include "lib/loop/http.h"

#define HTTP_MAGIC    0x48c1e077u
#define REQUEST_MAGIC 0x48c1e0f2u

struct http {
	uint32_t magic;
	uv_loop_t *loop;
	CURLM *multi;               /* NULL once closed */
	uv_timer_t timer;
	unsigned handles, open;
	struct request *requests;
	struct watch *watches;
	char *ca_file, *user_agent;
	int ip_version;
	size_t body_max;
	struct stints *stints;      /* NULL = nobody asks */
	bool inside;                /* libcurl is on the stack: it may not be entered again */
};

struct request {
	uint32_t magic;
	struct http *http;
	struct request *prev, *next;
	CURL *easy;
	struct curl_slist *headers;
	char *body;
	size_t body_len, body_at;
	bool once;
	unsigned attempts;          /* how often libcurl had a connection and was about to send */
	struct buf in;
	bool (*sink)(void *ctx, const char *bytes, size_t len);
	bool (*go)(void *ctx);
	http_done *done;
	void *ctx;
	nanos_t began, sent, date;
	char retry_after[40];       /* as sent; "Wednesday, 23-Nov-26 03:45:00 GMT" is the longest form */
	char error[CURL_ERROR_SIZE];
};

/* An easy handle that is ready for the multi handle, or NULL. */
struct request *request_make(struct http *h, const struct http_request *r);
void request_free(struct request *q);
/* Tells the owner; the request is to be freed after. */
void request_tell(struct request *q, CURLcode code, bool cancelled);
