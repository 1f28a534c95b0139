/* What became of a request, told exactly: the server counts, the client's word is held against it. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/clock.h"
#include "lib/loop/http.h"
#include "tests/loop/peer.h"

struct rig {
	uv_loop_t loop;
	struct http *http;
	unsigned done, sunk;
	struct http_answer last;         /* texts are not kept, but: */
	struct buf body;
	char error[256], type[64];
	bool refuse_sink;
	void (*then)(struct rig *r);
};

static void rig_open(struct rig *r, const char *ca)
{
	struct http_options o = { .ca_file = ca, .user_agent = "test", .ip_version = 4, .body_max = 100000 };

	*r = (struct rig){ 0 };
	uv_loop_init(&r->loop);
	assert_int_equal(http_open(&r->loop, &o, &r->http), ERR_OK);
	peer_forget(&peer);
}

static void rig_close(struct rig *r)
{
	http_close(&r->http);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	buf_done(&r->body);
}

static void done(void *ctx, const struct http_answer *a)
{
	struct rig *r = ctx;

	r->done++;
	r->last = *a;
	buf_clear(&r->body);
	buf_put(&r->body, a->body, a->len);
	snprintf(r->error, sizeof(r->error), "%s", a->error);
	snprintf(r->type, sizeof(r->type), "%s", a->content_type);
	assert_int_equal(a->body[a->len], '\0');
	assert_true(a->ended >= a->began && (a->sent == 0 || (a->sent >= a->began && a->sent <= a->ended)));
	if (r->then)
		r->then(r);
}

static bool sink(void *ctx, const char *bytes, size_t len)
{
	struct rig *r = ctx;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], 'z');
	r->sunk += (unsigned)len;
	return !r->refuse_sink;
}

static struct http_request get(struct rig *r, const char *url)
{
	return (struct http_request){ .method = "GET", .url = url, .timeout_ms = 5000, .done = done, .ctx = r };
}

/* A POST that must go out once, as orders do. */
static struct http_request order(struct rig *r, const char *url)
{
	return (struct http_request){ .method = "POST", .url = url, .body = "jData=1", .body_len = 7, .once = true, .timeout_ms = 5000, .done = done, .ctx = r };
}

static enum http_fate run(struct rig *r, const struct http_request *q)
{
	unsigned before = r->done;

	assert_int_equal(http_call(r->http, q), ERR_OK);
	assert_int_equal(r->done, before); /* never from within the call */
	while (r->done == before)
		uv_run(&r->loop, UV_RUN_ONCE);
	assert_int_equal(http_open_requests(r->http), 0);
	return r->last.fate;
}

static const char *at(unsigned port, const char *path)
{
	static char url[4][128];
	static unsigned turn;
	bool plain = port == peer.port || port == peer_number(&peer, "mute_port");

	turn = (turn + 1) % 4;
	snprintf(url[turn], sizeof(url[turn]), "%s://127.0.0.1:%u%s", plain ? "http" : "https", port, path);
	return url[turn];
}

/* Seconds, or one of the three forms of a date, counted from the answer's own. What cannot be is not told. */
static void test_retry_after(void **state)
{
	static const struct { const char *text; int64_t seconds; } rows[] = {
		{ "7", 7 }, { "86400", 86400 }, { "", 0 }, { "0", 0 }, { "-1", 0 }, { "86401", 0 }, { "1.5", 0 }, { "99999999999999999999", 0 }, { "20261123", 0 },
		{ "Mon, 23 Nov 2026 03:45:20 GMT", 20 }, { "Monday, 23-Nov-26 03:46:00 GMT", 60 }, { "Mon Nov 23 03:45:01 2026", 1 },
		{ "Tue, 24 Nov 2026 03:45:00 GMT", 86400 }, { "Tue, 24 Nov 2026 03:45:01 GMT", 0 },
		{ "Mon, 23 Nov 2026 03:45:00 GMT", 0 }, { "Mon, 23 Nov 2026 03:44:59 GMT", 0 }, { "Mon, 32 Nov 2026 03:45:20 GMT", 0 }, { "soon: or later", 0 },
		{ "Mon, 23 Nov 2026 03:45:20 GMT and some more words that are no date", 0 },
	};
	char steps[256], text[64];
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	struct http_request q = get(&r, at(peer.port, "/r"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(steps, sizeof(steps), "[{\"status\":429,\"headers\":{\"Retry-After\":\"%s\",\"Date\":\"Mon, 23 Nov 2026 03:45:00 GMT\"}}]", rows[i].text);
		peer_script(&peer, "/r", steps);
		assert_int_equal(run(&r, &q), HTTP_ANSWERED);
		if (r.last.retry_after != rows[i].seconds * NANOS_SECOND)
			fail_msg("%s: %lld", rows[i].text, (long long)r.last.retry_after);
	}
	time_t soon = time(NULL) + 600; /* no Date: this machine's clock */
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", gmtime(&soon));
	snprintf(steps, sizeof(steps), "[{\"status\":429,\"headers\":{\"Retry-After\":\"%s\"}}]", text);
	peer_script(&peer, "/r", steps);
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_true(r.last.retry_after > 0 && r.last.retry_after <= 600 * NANOS_SECOND);
	rig_close(&r);
}

static void test_answers(void **state)
{
	struct http_header headers[] = { { "Sid", "abc" }, { "accept", "application/json" } };
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	peer_script(&peer, "/a", "[{\"status\":403,\"body\":\"no\",\"headers\":{\"Date\":\"Mon, 23 Nov 2026 03:45:00 GMT\",\"Retry-After\":\" 7 \","
	            "\"Content-Type\":\"text/html; charset=utf-8\"}},{\"json\":{}}]");
	struct http_request q = order(&r, at(peer.port, "/a"));
	q.headers = headers;
	q.n_headers = 2;
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.status, 403);
	assert_string_equal(r.body.data, "no");
	assert_string_equal(r.type, "text/html; charset=utf-8");
	assert_int_equal(r.last.retry_after, 7 * NANOS_SECOND);
	assert_string_equal(r.error, "");
	assert_int_equal(r.last.date, INT64_C(1795405500) * NANOS_SECOND);
	assert_false(r.last.reused);
	assert_true(r.last.sent > 0);
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.date, 0);
	assert_true(r.last.reused);

	cJSON *all = peer_requests(&peer), *first = cJSON_GetArrayItem(all, 0), *h = cJSON_GetObjectItem(first, "headers");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(first, "method")), "POST");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(first, "body")), "jData=1");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(h, "sid")), "abc");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(h, "accept")), "application/json");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(h, "user-agent")), "test");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(h, "content-length")), "7");
	assert_null(cJSON_GetObjectItem(h, "expect"));
	assert_null(cJSON_GetObjectItem(h, "transfer-encoding"));
	cJSON_Delete(all);
	rig_close(&r);
}

static void test_bodies(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	peer_script(&peer, "/chunks", "[{\"do\":\"chunks\",\"body\":\"c\",\"repeat\":5000}]");
	peer_script(&peer, "/gzip", "[{\"do\":\"gzip\",\"body\":\"g\",\"repeat\":5000}]");
	peer_script(&peer, "/empty", "[{\"body\":\"\"}]");
	peer_script(&peer, "/nul", "[{\"body\":\"a\\u0000b\"}]");
	peer_script(&peer, "/moved", "[{\"status\":302,\"headers\":{\"Location\":\"/empty\"}}]");
	struct http_request q = get(&r, at(peer.port, "/chunks"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.len, 5000);
	q.url = at(peer.port, "/gzip");
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.len, 5000);
	q.url = at(peer.port, "/empty");
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.len, 0);
	q.url = at(peer.port, "/nul");
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.len, 3);
	q.url = at(peer.port, "/moved"); /* not followed */
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(r.last.status, 302);
	assert_int_equal(peer_count(&peer, "/empty"), 1);
	rig_close(&r);
}

static void test_too_large(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	peer_script(&peer, "/big", "[{\"body\":\"z\",\"repeat\":100001}]");
	peer_script(&peer, "/bomb", "[{\"do\":\"gzip\",\"body\":\"z\",\"repeat\":100001}]");
	peer_script(&peer, "/fits", "[{\"body\":\"z\",\"repeat\":100000}]");
	struct http_request q = get(&r, at(peer.port, "/fits"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	q.url = at(peer.port, "/big");
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	assert_int_equal(r.last.len, 0);
	q.url = at(peer.port, "/bomb");
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	q.body_max = 100001;
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	q.url = at(peer.port, "/big");
	q.body_max = 0;
	q.sink = sink;
	assert_int_equal(run(&r, &q), HTTP_ANSWERED); /* streamed: no bound but the owner's */
	assert_int_equal(r.sunk, 100001);
	assert_int_equal(r.last.len, 0);
	r.refuse_sink = true;
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	rig_close(&r);
}

/* The heart of it: a kept-alive connection that the server closes after reading the second request. libcurl would send it again by itself. */
static void kept_alive(const char *how)
{
	struct rig r;
	char steps[128];

	rig_open(&r, NULL);
	snprintf(steps, sizeof(steps), "[{\"json\":{}},{\"do\":\"%s\"},{\"json\":{}}]", how);
	peer_script(&peer, "/order", steps);
	struct http_request q = order(&r, at(peer.port, "/order"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	assert_true(r.last.sent > 0);
	assert_int_equal(peer_count(&peer, "/order"), 2); /* one each */
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);     /* and the next one has a new connection */
	assert_int_equal(peer_count(&peer, "/order"), 3);
	cJSON *all = peer_requests(&peer);
	assert_true(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "connection")->valueint ==
	            cJSON_GetObjectItem(cJSON_GetArrayItem(all, 1), "connection")->valueint);
	cJSON_Delete(all);
	rig_close(&r);
}

static void test_kept_alive_close(void **state)
{
	(void)state;
	kept_alive("close");
}

static void test_kept_alive_reset(void **state)
{
	(void)state;
	kept_alive("reset");
}

/* The same without `once` shows that the trap is real: the server gets it twice. */
static void test_reads_are_sent_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	peer_script(&peer, "/read", "[{\"json\":{}},{\"do\":\"close\"},{\"json\":{}}]");
	struct http_request q = order(&r, at(peer.port, "/read"));
	q.once = false;
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_int_equal(peer_count(&peer, "/read"), 3);
	rig_close(&r);
}

static void test_broken(void **state)
{
	static const char *const how[] = { "reset", "close", "half" };
	struct rig r;
	char steps[128];

	(void)state;
	rig_open(&r, NULL);
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		snprintf(steps, sizeof(steps), "[{\"do\":\"%s\",\"body\":\"{}\",\"repeat\":500}]", how[i]);
		peer_script(&peer, "/broken", steps);
		peer_forget(&peer);
		struct http_request q = order(&r, at(peer.port, "/broken"));
		assert_int_equal(run(&r, &q), HTTP_BROKEN);
		assert_int_equal(peer_count(&peer, "/broken"), 1);
		assert_int_equal(r.last.len, 0);
		assert_true(r.error[0]);
	}
	peer_script(&peer, "/broken", "[{\"do\":\"raw\",\"body\":\"this is no HTTP at all\\r\\n\\r\\n\"}]");
	struct http_request q = order(&r, at(peer.port, "/broken"));
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	rig_close(&r);
}

static void test_timeout(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, peer_text(&peer, "ca"));
	peer_script(&peer, "/silence", "[{\"do\":\"silence\"}]");
	struct http_request q = order(&r, at(peer.port, "/silence"));
	q.timeout_ms = 150;
	assert_int_equal(run(&r, &q), HTTP_TIMEOUT);
	assert_true(r.last.sent > 0);
	assert_int_equal(peer_count(&peer, "/silence"), 1);
	char url[128]; /* TLS to one who never speaks: nothing was sent */
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", peer_number(&peer, "mute_port"));
	q = order(&r, url);
	q.timeout_ms = 150;
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	assert_int_equal(r.last.sent, 0);
	rig_close(&r);
}

static void test_not_sent(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, peer_text(&peer, "ca"));
	struct http_request q = order(&r, "http://127.0.0.1:1/"); /* refused */
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	assert_int_equal(r.last.sent, 0);
	assert_true(r.error[0]);
	q = order(&r, "https://nowhere.invalid/");
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	q = order(&r, at(peer_number(&peer, "other_port"), "/")); /* nobody signed that certificate */
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	char url[128]; /* TLS to a server that speaks none */
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", peer.port);
	q = order(&r, url);
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	assert_int_equal(peer_count(&peer, "/"), 0);
	rig_close(&r);

	rig_open(&r, NULL); /* the system's authorities do not know the peer's */
	q = order(&r, at(peer.tls_port, "/"));
	assert_int_equal(run(&r, &q), HTTP_NOT_SENT);
	rig_close(&r);
}

static void test_tls(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, peer_text(&peer, "ca"));
	peer_script(&peer, "/tls", "[{\"json\":{\"a\":1}},{\"json\":{}},{\"do\":\"reset\"}]");
	struct http_request q = order(&r, at(peer.tls_port, "/tls"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_string_equal(r.body.data, "{\"a\": 1}");
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	assert_true(r.last.reused);
	assert_int_equal(run(&r, &q), HTTP_BROKEN);
	assert_int_equal(peer_count(&peer, "/tls"), 3);
	rig_close(&r);
}

/* An order never speaks HTTP/2, a read does where it is offered (the peer cannot, and shows what came). */
static void test_http_version(void **state)
{
	unsigned port = peer_number(&peer, "h2_port");
	struct rig r;

	(void)state;
	rig_open(&r, peer_text(&peer, "ca"));
	struct http_request q = get(&r, at(port, "/h2"));
	assert_int_not_equal(run(&r, &q), HTTP_ANSWERED);
	q = order(&r, at(port, "/h2"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	cJSON *all = peer_requests(&peer);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "alpn")), "h2");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "method")), "PRI");
	const cJSON *last = cJSON_GetArrayItem(all, cJSON_GetArraySize(all) - 1);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(last, "alpn")), "http/1.1");
	cJSON_Delete(all);
	rig_close(&r);
}

static void test_refusals(void **state)
{
	struct http_header bad[] = { { "A", "x\r\nB: y" }, { "A\n", "x" }, { "", "x" }, { "A B", "x" }, { "A:", "x" } };
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	struct http_request q = get(&r, "http://192.0.2.1/");
	assert_int_equal(http_call(r.http, &q), ERR_INVAL);
	q = get(&r, "ftp://127.0.0.1/");
	assert_int_equal(http_call(r.http, &q), ERR_INVAL);
	q = get(&r, at(peer.port, "/"));
	q.timeout_ms = 0;
	assert_int_equal(http_call(r.http, &q), ERR_INVAL);
	q = get(&r, at(peer.port, "/"));
	q.n_headers = 1;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		q.headers = &bad[i];
		assert_int_equal(http_call(r.http, &q), ERR_INVAL);
	}
	q = order(&r, at(peer.port, "/"));
	q.sink = sink;
	assert_int_equal(http_call(r.http, &q), ERR_INVAL);
	assert_int_equal(r.done, 0);
	rig_close(&r);
}

/* A proxy of the environment would see orders. */
static void test_no_proxy(void **state)
{
	struct rig r;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	rig_open(&r, peer_text(&peer, "ca"));
	peer_script(&peer, "/p", "[{\"json\":{}}]");
	struct http_request q = get(&r, at(peer.port, "/p"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	q = get(&r, at(peer.tls_port, "/p"));
	assert_int_equal(run(&r, &q), HTTP_ANSWERED);
	rig_close(&r);
	unsetenv("http_proxy");
	unsetenv("https_proxy");
	unsetenv("ALL_PROXY");
}

static void test_many(void **state)
{
	struct rig r;
	char url[40][64];

	(void)state;
	rig_open(&r, NULL);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(url[i], sizeof(url[i]), "http://127.0.0.1:%u/many/%u", peer.port, i);
		struct http_request q = i % 2 ? order(&r, url[i]) : get(&r, url[i]);
		assert_int_equal(http_call(r.http, &q), ERR_OK);
	}
	assert_int_equal(http_open_requests(r.http), 40);
	while (r.done < 40) {
		uv_run(&r.loop, UV_RUN_ONCE);
		assert_int_equal(r.last.fate, HTTP_ANSWERED);
	}
	assert_int_equal(peer_count(&peer, "/many/"), 40);
	rig_close(&r);
}

static void call_again(struct rig *r)
{
	struct http_request q = get(r, at(peer.port, "/again"));

	if (r->done < 3)
		assert_int_equal(http_call(r->http, &q), ERR_OK);
}

static void refused_when_closing(struct rig *r)
{
	struct http_request q = get(r, at(peer.port, "/again"));

	assert_int_equal(r->last.fate, HTTP_CANCELLED);
	if (r->http)
		assert_int_equal(http_call(r->http, &q), ERR_CLOSED);
}

static void close_within(struct rig *r)
{
	r->then = NULL;
	http_close(&r->http);
}

static void test_callbacks(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	r.then = call_again;
	struct http_request q = get(&r, at(peer.port, "/again"));
	assert_int_equal(http_call(r.http, &q), ERR_OK);
	while (r.done < 3)
		uv_run(&r.loop, UV_RUN_ONCE);
	r.then = close_within; /* two are open: one ends by an answer and closes the client, the other is cancelled */
	peer_script(&peer, "/silence", "[{\"do\":\"silence\"}]");
	assert_int_equal(http_call(r.http, &q), ERR_OK);
	q = get(&r, at(peer.port, "/silence"));
	assert_int_equal(http_call(r.http, &q), ERR_OK);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_int_equal(r.done, 5);
	assert_int_equal(r.last.fate, HTTP_CANCELLED);
	rig_close(&r);
}

static void test_close(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL);
	peer_script(&peer, "/silence", "[{\"do\":\"silence\"}]");
	struct http_request q = order(&r, at(peer.port, "/silence"));
	assert_int_equal(http_call(r.http, &q), ERR_OK);
	while (peer_count(&peer, "/silence") == 0)
		uv_run(&r.loop, UV_RUN_NOWAIT);
	q = order(&r, at(peer.port, "/never"));
	assert_int_equal(http_call(r.http, &q), ERR_OK); /* not begun */
	r.then = refused_when_closing;
	http_close(&r.http);
	assert_int_equal(r.done, 2);
	uv_run(&r.loop, UV_RUN_DEFAULT);
	assert_int_equal(peer_count(&peer, "/never"), 0);
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers), cmocka_unit_test(test_retry_after), cmocka_unit_test(test_bodies), cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_kept_alive_close), cmocka_unit_test(test_kept_alive_reset), cmocka_unit_test(test_reads_are_sent_again),
		cmocka_unit_test(test_broken), cmocka_unit_test(test_timeout), cmocka_unit_test(test_not_sent), cmocka_unit_test(test_tls), cmocka_unit_test(test_http_version),
		cmocka_unit_test(test_refusals), cmocka_unit_test(test_no_proxy), cmocka_unit_test(test_many), cmocka_unit_test(test_callbacks),
		cmocka_unit_test(test_close),
	};

	return cmocka_run_group_tests(tests, peer_group_setup, peer_group_teardown);
}
