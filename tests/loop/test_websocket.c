/* Websocket clients against a server that keeps to the standard, and against one that does not. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/websocket.h"
#include "tests/loop/peer.h"

struct rig {
	uv_loop_t loop;
	struct websockets *sockets;
	struct websocket *socket;
	unsigned opened, texts, binaries, closes;
	struct buf text;
	size_t last_len;
	char why[200];
	bool close_on_open, close_on_text, close_all_on_text;
};

static void opened(void *ctx)
{
	struct rig *r = ctx;

	r->opened++;
	if (r->close_on_open)
		websocket_close(&r->socket);
}

static void text(void *ctx, const char *bytes, size_t len)
{
	struct rig *r = ctx;

	r->texts++;
	r->last_len = len;
	assert_int_equal(bytes[len], '\0');
	buf_clear(&r->text);
	buf_put(&r->text, bytes, len);
	if (r->close_on_text)
		websocket_close(&r->socket);
	if (r->close_all_on_text)
		websockets_close(&r->sockets);
}

static void binary(void *ctx, const void *bytes, size_t len)
{
	struct rig *r = ctx;

	r->binaries++;
	r->last_len = len;
	assert_memory_equal(bytes, len == 3 ? "\0\1\2" : "xxx", 3);
}

static void closed(void *ctx, const char *why)
{
	struct rig *r = ctx;

	r->closes++;
	r->socket = NULL;
	snprintf(r->why, sizeof(r->why), "%s", why);
}

static void rig_open(struct rig *r, const char *ca, unsigned ping_ms)
{
	struct websockets_options o = { .ca_file = ca, .ip_version = 4, .ping_ms = ping_ms };

	*r = (struct rig){ 0 };
	uv_loop_init(&r->loop);
	assert_int_equal(websockets_open(&r->loop, &o, &r->sockets), ERR_OK);
	peer_forget(&peer);
}

static void rig_close(struct rig *r)
{
	unsigned closes = r->closes;

	websockets_close(&r->sockets);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	assert_int_equal(r->closes, closes); /* its owner is not told what he did himself */
	buf_done(&r->text);
}

static int try_url(struct rig *r, const char *url, size_t most, unsigned connect_ms)
{
	struct websocket_events e = { opened, text, binary, closed, r };

	return websocket_open(r->sockets, url, most, connect_ms, &e, &r->socket);
}

static void join(struct rig *r, unsigned port, const char *path, size_t most, unsigned connect_ms)
{
	char url[128];

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", port == peer.port ? "ws" : "wss", port, path);
	assert_int_equal(try_url(r, url, most, connect_ms), ERR_OK);
	assert_int_equal(r->opened + r->closes, 0); /* nothing from within */
}

static void until(struct rig *r, const unsigned *what, unsigned n)
{
	while (*what < n)
		uv_run(&r->loop, UV_RUN_ONCE);
}

static void echo(unsigned port, const char *ca)
{
	struct rig r;

	rig_open(&r, ca, 0);
	join(&r, port, "/ws/echo?a=b", 100000, 5000);
	assert_int_equal(websocket_send_text(r.socket, "early", 5), ERR_CLOSED);
	until(&r, &r.opened, 1);
	assert_int_equal(websocket_send_text(r.socket, "one", 3), ERR_OK);
	assert_int_equal(websocket_send_text(r.socket, "", 0), ERR_OK);
	assert_int_equal(websocket_send_text(r.socket, "three", 5), ERR_OK);
	until(&r, &r.texts, 3);
	assert_string_equal(r.text.data, "three");
	char *big = calloc(1, 90000);
	memset(big, 'b', 90000);
	assert_int_equal(websocket_send_text(r.socket, big, 90000), ERR_OK);
	until(&r, &r.texts, 4);
	assert_int_equal(r.last_len, 90000);
	free(big);
	cJSON *all = peer_requests(&peer), *h = cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "headers");
	assert_null(cJSON_GetObjectItem(h, "sec-websocket-protocol"));
	assert_null(cJSON_GetObjectItem(h, "sec-websocket-extensions"));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "target")), "/ws/echo?a=b");
	assert_int_equal(strncmp(cJSON_GetStringValue(cJSON_GetObjectItem(h, "host")), "127.0.0.1:", 10), 0);
	cJSON_Delete(all);
	assert_int_equal(r.closes, 0);
	rig_close(&r);
}

static void test_echo(void **state)
{
	(void)state;
	echo(peer.port, NULL);
}

static void test_tls(void **state)
{
	(void)state;
	echo(peer.tls_port, peer_text(&peer, "ca"));
}

static void test_messages(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 0);
	join(&r, peer.port, "/ws/fragments", 1000, 5000);
	until(&r, &r.texts, 1);
	assert_string_equal(r.text.data, "one two three");
	websocket_close(&r.socket);
	r.opened = 0;
	join(&r, peer.port, "/ws/binary", 200000, 5000);
	until(&r, &r.binaries, 2);
	assert_int_equal(r.last_len, 200000);
	assert_int_equal(r.closes, 0);
	rig_close(&r);
}

static void test_too_long(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 0);
	join(&r, peer.port, "/ws/big", 4999, 5000);
	until(&r, &r.closes, 1);
	assert_string_equal(r.why, "a message was longer than expected");
	assert_int_equal(r.texts, 0);
	r.opened = r.closes = 0;
	join(&r, peer.port, "/ws/big", 5000, 5000);
	until(&r, &r.texts, 1);
	assert_int_equal(r.closes, 0);
	rig_close(&r);
}

static void test_ends(void **state)
{
	static const struct { const char *path, *why; unsigned opened; } rows[] = {
		{ "/ws/close", "closed by the server (4001 go away)", 1 }, { "/ws/reset", "the connection broke", 1 }, { "/ws/refuse", NULL, 0 },
	};
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		r.opened = r.closes = 0;
		join(&r, peer.port, rows[i].path, 1000, 5000);
		until(&r, &r.closes, 1);
		assert_int_equal(r.opened, rows[i].opened);
		if (rows[i].why)
			assert_string_equal(r.why, rows[i].why);
		assert_true(r.why[0]);
	}
	rig_close(&r);
}

static void test_connect_failures(void **state)
{
	static const char *const urls[] = { "ws://127.0.0.1:1/", "wss://nowhere.invalid/" };
	struct rig r;
	char url[64];

	(void)state;
	rig_open(&r, peer_text(&peer, "ca"), 0);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		assert_int_equal(try_url(&r, urls[i], 1000, 5000), ERR_OK);
		until(&r, &r.closes, (unsigned)i + 1);
		assert_true(r.why[0]);
	}
	snprintf(url, sizeof(url), "wss://127.0.0.1:%u/", peer_number(&peer, "other_port")); /* nobody signed that certificate */
	assert_int_equal(try_url(&r, url, 1000, 5000), ERR_OK);
	until(&r, &r.closes, 3);
	snprintf(url, sizeof(url), "wss://127.0.0.1:%u/", peer_number(&peer, "mute_port"));
	assert_int_equal(try_url(&r, url, 1000, 200), ERR_OK);
	until(&r, &r.closes, 4);
	assert_string_equal(r.why, "connecting took too long");
	snprintf(url, sizeof(url), "ws://127.0.0.1:%u/ws/silence", peer.port);
	assert_int_equal(try_url(&r, url, 1000, 200), ERR_OK);
	until(&r, &r.closes, 5);
	assert_string_equal(r.why, "connecting took too long");
	assert_int_equal(r.opened, 0);
	assert_int_equal(peer_count(&peer, "/ws/echo"), 0);
	rig_close(&r);

	rig_open(&r, NULL, 0); /* the system's authorities do not know the peer's */
	join(&r, peer.tls_port, "/ws/echo", 1000, 5000);
	until(&r, &r.closes, 1);
	rig_close(&r);
}

static void test_pings(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 50);
	join(&r, peer.port, "/ws/echo", 1000, 5000);
	until(&r, &r.opened, 1);
	while (peer_count(&peer, "/ws/echo") < 5) /* the handshake and four pings, each answered */
		uv_run(&r.loop, UV_RUN_ONCE);
	assert_int_equal(r.closes, 0);
	websocket_close(&r.socket);
	r.opened = 0;
	join(&r, peer.port, "/ws/mute", 1000, 5000);
	until(&r, &r.closes, 1);
	assert_string_equal(r.why, "no answer to a ping");
	rig_close(&r);
}

static void test_queue(void **state)
{
	struct rig r;
	char *big = calloc(1, 1024 * 1024 + 1);

	(void)state;
	rig_open(&r, NULL, 0);
	join(&r, peer.port, "/ws/echo", 1000, 5000);
	until(&r, &r.opened, 1);
	assert_int_equal(websocket_send_text(r.socket, big, 1024 * 1024 + 1), ERR_FULL);
	assert_int_equal(websocket_send_text(r.socket, big, 1024 * 1024), ERR_OK);
	assert_int_equal(websocket_send_text(r.socket, big, 1), ERR_FULL);
	rig_close(&r); /* with the queue full */
	free(big);
}

static void test_closing_within(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 0);
	r.close_on_open = true;
	join(&r, peer.port, "/ws/fragments", 1000, 5000);
	until(&r, &r.opened, 1);
	for (unsigned i = 0; i < 20; i++)
		uv_run(&r.loop, UV_RUN_NOWAIT);
	assert_int_equal(r.texts + r.closes, 0);
	r.close_on_open = false;
	r.close_on_text = true;
	r.opened = 0;
	join(&r, peer.port, "/ws/fragments", 1000, 5000);
	until(&r, &r.texts, 1);
	assert_null(r.socket);
	r.close_on_text = false;
	r.close_all_on_text = true;
	r.opened = 0;
	join(&r, peer.port, "/ws/fragments", 1000, 5000);
	until(&r, &r.texts, 2);
	assert_null(r.sockets);
	rig_close(&r);
}

static void test_close_while_connecting(void **state)
{
	struct rig r;

	(void)state;
	for (unsigned turns = 0; turns < 8; turns++) {
		rig_open(&r, NULL, 0);
		join(&r, peer.port, "/ws/echo", 1000, 5000);
		for (unsigned i = 0; i < turns; i++)
			uv_run(&r.loop, UV_RUN_ONCE);
		if (turns % 2)
			websocket_close(&r.socket);
		rig_close(&r);
	}
}

static void test_refusals(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, NULL, 0);
	assert_int_equal(try_url(&r, "ws://192.0.2.1/", 1000, 1000), ERR_INVAL);
	assert_int_equal(try_url(&r, "http://127.0.0.1/", 1000, 1000), ERR_INVAL);
	assert_int_equal(try_url(&r, "wss://a@b/", 1000, 1000), ERR_INVAL);
	rig_close(&r);
}

static void test_no_proxy(void **state)
{
	(void)state;
	setenv("http_proxy", "127.0.0.1:1", 1);
	setenv("socks_proxy", "127.0.0.1:1", 1);
	echo(peer.port, NULL);
	unsetenv("http_proxy");
	unsetenv("socks_proxy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo), cmocka_unit_test(test_tls), cmocka_unit_test(test_messages), cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_ends), cmocka_unit_test(test_connect_failures), cmocka_unit_test(test_pings), cmocka_unit_test(test_queue),
		cmocka_unit_test(test_closing_within), cmocka_unit_test(test_close_while_connecting), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_no_proxy),
	};

	return cmocka_run_group_tests(tests, peer_group_setup, peer_group_teardown);
}
