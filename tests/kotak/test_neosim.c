/* Session, REST client and websockets against the simulator, over TLS: each fault of its list that a single call can meet, what it is called here, and that
 * the server was asked once. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/rest.h"
#include "tests/kotak/account.h"

#define SPEED 60
#define PLACE "/quick/order/rule/ms/place"
#define BOOK  "/quick/user/orders"

static struct peer sim;
static bool missing;
static unsigned tags; /* never one twice in a day */

struct rig {
	uv_loop_t loop;
	struct kotak_session *session;
	struct rest *rest;
	unsigned done, opened, closed, texts;
	struct wire_answer last;
};

static void tell(const char *method, const char *target, const char *body)
{
	cJSON *json = peer_ask(&sim, method, target, body);

	assert_non_null(json);
	cJSON_Delete(json);
}

static void rig_open(struct rig *r)
{
	struct kotak_options o = { .consumer_key = ACCOUNT_KEY, .mobile = "+919876543210", .ucc = "ABC12", .mpin = "123456", .totp_secret = ACCOUNT_SECRET,
		.config_url = "none", .ip_version = 4, .order_rate = 10, .report_rate = 60, .quote_rate = 10, .login_at = TIME_OF_DAY(8, 30) };
	char error[256] = "", at[128];
	struct clock clock;

	if (missing) {
		print_message("SKIPPED: neosim is not built; nothing was tried against it\n");
		skip();
	}
	cJSON *now = peer_ask(&sim, "GET", "/sim/clock", NULL);
	snprintf(at, sizeof(at), "%.0f,%.0f,%d", cJSON_GetObjectItem(now, "virtual_ns")->valuedouble, cJSON_GetObjectItem(now, "real_ns")->valuedouble, SPEED);
	cJSON_Delete(now);
	assert_int_equal(clock_parse(at, &clock), ERR_OK);
	*r = (struct rig){ 0 };
	uv_loop_init(&r->loop);
	snprintf(o.session_url, sizeof(o.session_url), "https://127.0.0.1:%u", sim.tls_port);
	snprintf(o.ca_file, sizeof(o.ca_file), "%s", peer_text(&sim, "ca"));
	tell("DELETE", "/sim/faults", NULL);
	if (kotak_session_open(&r->loop, &o, &clock, &r->session, error) != ERR_OK)
		fail_msg("%s", error);
	assert_int_equal(rest_open(r->session, &r->rest), ERR_OK);
	kotak_session_start(r->session, false);
}

static void until_up(struct rig *r, uint64_t generation)
{
	while (kotak_session_state(r->session) != SESSION_UP || kotak_session_generation(r->session) < generation)
		uv_run(&r->loop, UV_RUN_ONCE);
}

static void rig_close(struct rig *r)
{
	rest_close(&r->rest);
	kotak_session_close(&r->session);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void done(void *ctx, const struct wire_answer *a)
{
	struct rig *r = ctx;

	r->done++;
	r->last = *a;
}

static enum wire_verdict run(struct rig *r, const struct rest_call *c)
{
	unsigned before = r->done;

	assert_int_equal(rest_call(r->rest, c), ERR_OK);
	while (r->done == before)
		uv_run(&r->loop, UV_RUN_ONCE);
	return r->last.verdict;
}

static enum wire_verdict place(struct rig *r)
{
	char json[256];
	struct rest_call c = { .method = "POST", .path = PLACE, .headers = REST_ORDER, .budget = GOVERN_ORDERS, .priority = REST_EXIT, .kind = WIRE_ORDER,
		.jdata = json, .timeout_ms = 400, .done = done, .ctx = r };

	snprintf(json, sizeof(json), "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_cm\",\"mp\":\"0\",\"pc\":\"MIS\",\"pf\":\"N\",\"pr\":\"1.05\",\"pt\":\"L\",\"qt\":\"1\","
	         "\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"RELIANCE-EQ\",\"tt\":\"B\",\"ig\":\"t%d-%u\",\"os\":\"NEOTRADEAPI\"}", (int)getpid() % 10000, ++tags);
	return run(r, &c);
}

static enum wire_verdict book(struct rig *r)
{
	struct rest_call c = { .method = "GET", .path = BOOK, .headers = REST_REPORT, .budget = GOVERN_REPORTS, .priority = REST_READ, .kind = WIRE_REPORT,
		.timeout_ms = 400, .done = done, .ctx = r };

	return run(r, &c);
}

static unsigned asked(const char *path)
{
	char target[128];

	snprintf(target, sizeof(target), "/sim/requests?path=%s", path);
	cJSON *json = peer_ask(&sim, "GET", target, NULL);
	const cJSON *list = cJSON_IsArray(json) ? json : cJSON_GetObjectItem(json, "requests");
	unsigned n = (unsigned)cJSON_GetArraySize(list);
	cJSON_Delete(json);
	return n;
}

static void arm(const char *kind, const char *path, const char *more)
{
	char body[256];

	tell("DELETE", "/sim/faults", NULL);
	tell("DELETE", "/sim/requests", NULL);
	snprintf(body, sizeof(body), "{\"kind\":\"%s\",\"path\":\"%s\",\"times\":1%s}", kind, path, more);
	tell("POST", "/sim/fault", body);
}

static void test_session(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	until_up(&r, 1);
	assert_true(kotak_session_expires(r.session) > clock_now(kotak_session_clock(r.session)));
	assert_int_equal(strncmp(kotak_session_base(r.session), "https://127.0.0.1:", 18), 0);
	assert_int_equal(strncmp(kotak_session_feed(r.session), "wss://127.0.0.1:", 16), 0);
	assert_int_equal(strncmp(kotak_session_order_feed(r.session), "wss://127.0.0.1:", 16), 0);
	assert_int_equal(place(&r), WIRE_OK);
	assert_int_equal(book(&r), WIRE_OK);
	rig_close(&r);
}

static void test_login_faults(void **state)
{
	static const struct { const char *kind, *path, *more; } rows[] = {
		{ "login_refused", "/login/1.0/tradeApiLogin", ",\"body\":\"totp\"" }, { "drop_reply", "/login/1.0/tradeApiLogin", "" },
		{ "drop_reply", "/login/1.0/tradeApiValidate", "" }, { "html", "/login/1.0/tradeApiLogin", "" }, { "empty", "/login/1.0/tradeApiValidate", "" },
		{ "truncate", "/login/1.0/tradeApiValidate", "" }, { "status", "/login/1.0/tradeApiLogin", ",\"status\":503,\"body\":\"\"" },
	};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rig_open(&r);
		arm(rows[i].kind, rows[i].path, rows[i].more);
		until_up(&r, 1); /* sooner or later, by itself */
		assert_true(asked("/login/") >= 3);
		rig_close(&r);
	}
	rig_open(&r);
	arm("login_refused", "/login/1.0/tradeApiValidate", ",\"body\":\"mpin\"");
	while (kotak_session_state(r.session) != SESSION_STOP)
		uv_run(&r.loop, UV_RUN_ONCE);
	assert_int_equal(asked("/login/1.0/tradeApiValidate"), 1);
	kotak_session_start(r.session, true);
	until_up(&r, 1);
	rig_close(&r);
}

#define EITHER ((enum wire_verdict)99)

static void test_faults(void **state)
{
	static const struct { const char *kind, *more; enum wire_verdict order, read; int64_t code; } rows[] = {
		{ "drop_request", "", WIRE_UNKNOWN, EITHER, 0 },    /* libcurl repeats a read on a kept-alive connection: harmless */
		{ "drop_reply", "", WIRE_UNKNOWN, EITHER, 0 },
		{ "hold", "", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "delay", ",\"delay_ms\":700", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "reset", "", WIRE_UNKNOWN, EITHER, 0 },
		{ "status", ",\"status\":500,\"body\":\"\"", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "status", ",\"status\":403,\"body\":\"{}\"", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "status_after", ",\"status\":502,\"body\":\"<html>\"", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "status_after", ",\"status\":403,\"body\":\"Forbidden\"", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "429", "", WIRE_RATE, WIRE_RATE, 0 },
		{ "429", ",\"retry_after\":1", WIRE_RATE, WIRE_RATE, 0 },
		{ "html", "", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "truncate", "", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "garbage", ",\"body\":\"{\\\"a\\\":1}\"", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "empty", "", WIRE_UNKNOWN, WIRE_UNKNOWN, 0 },
		{ "late", ",\"seconds\":5", WIRE_UNKNOWN, WIRE_OK, 0 },
		{ "empty_book", "", WIRE_OK, WIRE_EMPTY, 0 },
		{ "ip_refused", "", WIRE_IP, WIRE_OK, 100008 },
	};
	struct rig r;

	(void)state;
	rig_open(&r);
	until_up(&r, 1);
	assert_int_equal(place(&r), WIRE_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		arm(rows[i].kind, PLACE, rows[i].more);
		enum wire_verdict order = place(&r);
		if (order != rows[i].order || asked(PLACE) != 1)
			fail_msg("place, %s%s: %s, asked %u times", rows[i].kind, rows[i].more, wire_verdict_name(order), asked(PLACE));
		if (rows[i].code)
			assert_int_equal(r.last.st_code, rows[i].code);
		arm(rows[i].kind, BOOK, rows[i].more);
		enum wire_verdict read = book(&r);
		if (read != rows[i].read && rows[i].read != EITHER)
			fail_msg("book, %s%s: %s", rows[i].kind, rows[i].more, wire_verdict_name(read));
	}
	assert_int_equal(kotak_session_generation(r.session), 1);
	rig_close(&r);
}

static void test_session_ends(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	until_up(&r, 1);
	tell("POST", "/sim/session", "{\"expire\":true}");
	assert_int_equal(place(&r), WIRE_SESSION);
	until_up(&r, 2);
	assert_int_equal(place(&r), WIRE_OK);
	arm("ip_mismatch", PLACE, "");
	assert_int_equal(place(&r), WIRE_IP);
	until_up(&r, 3); /* a second login within a minute waits for it */
	assert_int_equal(place(&r), WIRE_OK); /* so the next mismatch is another one */
	arm("ip_mismatch", PLACE, "");
	assert_int_equal(place(&r), WIRE_IP);
	assert_false(kotak_session_disarmed(r.session));
	until_up(&r, 4);
	arm("ip_mismatch", PLACE, "");
	assert_int_equal(place(&r), WIRE_IP);
	assert_true(kotak_session_disarmed(r.session));
	assert_int_equal(book(&r), WIRE_OK);
	rig_close(&r);
}

static void opened(void *ctx)
{
	((struct rig *)ctx)->opened++;
}

static void heard(void *ctx, const char *text, size_t len)
{
	struct rig *r = ctx;

	assert_true(len > 0 && text[0] == '{');
	r->texts++;
}

static void heard_bytes(void *ctx, const void *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
}

static void closed(void *ctx, const char *why)
{
	assert_true(why[0]);
	((struct rig *)ctx)->closed++;
}

static void test_order_feed(void **state)
{
	struct websocket *socket;
	struct rig r;
	struct buf hello = { 0 };

	(void)state;
	rig_open(&r);
	until_up(&r, 1);
	struct websocket_events e = { opened, heard, heard_bytes, closed, &r };
	assert_int_equal(websocket_open(kotak_session_websockets(r.session), kotak_session_order_feed(r.session), 1 << 20, 5000, &e, &socket), ERR_OK);
	while (!r.opened)
		uv_run(&r.loop, UV_RUN_ONCE);
	buf_printf(&hello, "{type:cn,Authorization:%s,Sid:%s,src:WEB}", kotak_session_token(r.session), kotak_session_sid(r.session));
	assert_int_equal(websocket_send_text(socket, hello.data, hello.len), ERR_OK);
	buf_done(&hello);
	while (r.texts < 1) /* connected */
		uv_run(&r.loop, UV_RUN_ONCE);
	place(&r);
	while (r.texts < 4) /* the order's life */
		uv_run(&r.loop, UV_RUN_ONCE);
	tell("POST", "/sim/feed", "{\"feed\":\"orders\",\"kind\":\"drop\"}");
	while (!r.closed)
		uv_run(&r.loop, UV_RUN_ONCE);
	rig_close(&r);
}

static int setup(void **state)
{
	const char *program = getenv("SAUDA_NEOSIM");
	const char *argv[] = { program, "--at", "2026-11-23T10:00:00+05:30", "--speed", "60", NULL };

	(void)state;
	missing = !program || access(program, X_OK) != 0;
	return missing || peer_start(&sim, argv) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (!missing)
		peer_stop(&sim);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session), cmocka_unit_test(test_login_faults), cmocka_unit_test(test_faults), cmocka_unit_test(test_session_ends),
		cmocka_unit_test(test_order_feed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
