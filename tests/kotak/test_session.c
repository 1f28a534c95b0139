/* The session against a scripted server on a clock that runs a thousand times faster: who is asked what, when, how often, and what is said about it. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/kotak/session_priv.h"
#include "lib/kotak/totp.h"
#include "tests/kotak/account.h"

#define FAST     500
#define LOGIN    "/login/1.0/tradeApiLogin"
#define VALIDATE "/login/1.0/tradeApiValidate"
#define ADDRESS  "/login/1.0/get-client-ip"
#define NINE     TIME_OF_DAY(9, 0)

static void assert_field(const struct account *a, const char *prefix, unsigned n, const char *field, const char *expected)
{
	char value[512];

	account_request_field(a, prefix, n, field, value);
	assert_string_equal(value, expected);
}

static bool code_is_of(const struct account *a, unsigned n, nanos_t at)
{
	unsigned char secret[64];
	char code[TOTP_TEXT], sent[512];
	size_t len;

	totp_decode(ACCOUNT_SECRET, secret, sizeof(secret), &len);
	account_request_field(a, LOGIN, n, "totp", sent);
	totp_code(secret, len, at, code);
	return strcmp(code, sent) == 0;
}

/* The code of the n-th login is that of the step in which it was sent. */
static void assert_code(const struct account *a, unsigned n)
{
	nanos_t at = account_request_at(a, LOGIN, n);

	assert_true(code_is_of(a, n, at) || code_is_of(a, n, at - 30 * NANOS_SECOND)); /* the request travelled */
}

/* A server that takes the login. */
static void at_nine(struct account *a)
{
	account_init(a, &peer, NINE, FAST);
	account_script(a, "");
}

static void start(struct account *a, enum session_state until)
{
	account_open(a);
	kotak_session_start(a->session, false);
	account_until(a, until);
}

/* -- the login ----------------------------------------------------------------------------------------------------- */

static void test_login(void **state)
{
	struct account a;
	char text[128];

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	account_script(&a, ",\"dataCenter\":\"SIM1\",\"feedUrl\":\"http://127.0.0.1:1/feed\",\"rtUrl\":\"ws://127.0.0.1:1/rt\"");
	account_open(&a);
	assert_string_equal(kotak_session_reason(a.session), "not started");
	kotak_session_start(a.session, false);
	assert_int_equal(kotak_session_state(a.session), SESSION_START);
	kotak_session_start(a.session, true); /* at it already */
	account_until(&a, SESSION_UP);
	assert_int_equal(a.n, 2);
	assert_int_equal(kotak_session_generation(a.session), 1);
	assert_string_equal(kotak_session_reason(a.session), "");
	assert_string_equal(kotak_session_token(a.session), "trade-token");
	assert_string_equal(kotak_session_sid(a.session), "trade-sid");
	assert_string_equal(kotak_session_ucc(a.session), "ABC12");
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:1/feed");
	assert_string_equal(kotak_session_order_feed(a.session), "ws://127.0.0.1:1/rt");
	assert_int_equal(kotak_session_expires(a.session), 0);
	assert_false(kotak_session_disarmed(a.session));
	snprintf(text, sizeof(text), "http://127.0.0.1:%u/base", peer.port);
	assert_string_equal(kotak_session_base(a.session), text);
	kotak_session_start(a.session, true); /* up already */
	assert_int_equal(peer_count(&peer, "/"), 2);
	assert_code(&a, 0);
	assert_field(&a, LOGIN, 0, "mobileNumber", "+919876543210");
	assert_field(&a, LOGIN, 0, "ucc", "ABC12");
	assert_field(&a, LOGIN, 0, "authorization", ACCOUNT_KEY);
	assert_field(&a, LOGIN, 0, "neo-fin-key", "neotradeapi");
	assert_field(&a, LOGIN, 0, "content-type", "application/json");
	assert_field(&a, VALIDATE, 0, "mpin", "123456");
	assert_field(&a, VALIDATE, 0, "sid", "view-sid");
	assert_field(&a, VALIDATE, 0, "auth", "view-token");
	assert_field(&a, VALIDATE, 0, "authorization", ACCOUNT_KEY);
	assert_field(&a, VALIDATE, 0, "neo-fin-key", "neotradeapi");
	account_close(&a);
}

/* First a fresh step, then five minutes; never one code twice. */
static void test_refused(void **state)
{
	struct account a;
	char code[2][512];

	(void)state;
	at_nine(&a);
	peer_script(&peer, LOGIN, "[{\"json\":{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"}},"
	            "{\"json\":{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"}},"
	            "{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\"}}}]");
	start(&a, SESSION_UP);
	assert_int_equal(peer_count(&peer, LOGIN), 3);
	nanos_t first = account_request_at(&a, LOGIN, 0), second = account_request_at(&a, LOGIN, 1), third = account_request_at(&a, LOGIN, 2);
	assert_true(second - first < 2 * NANOS_MINUTE);
	assert_true(third - second >= 5 * NANOS_MINUTE - 30 * NANOS_SECOND); /* requests are stamped on arrival */
	for (unsigned i = 0; i < 2; i++)
		account_request_field(&a, LOGIN, i, "totp", code[i]);
	assert_string_not_equal(code[0], code[1]);
	assert_code(&a, 1);
	assert_code(&a, 2);
	assert_non_null(strstr(a.heard[1].reason, "Invalid credentials or TOTP.); next try at 09:0"));
	account_close(&a);
}

/* Another process of the account used this step's code: ours is of the next, and it is written down for the one after us. */
static void test_code_of_another(void **state)
{
	struct account a;
	nanos_t used = stamp_at(date_from_civil(2026, 11, 23), NINE) + NANOS_SECOND, step = used / (30 * NANOS_SECOND), sent;

	(void)state;
	at_nine(&a);
	a.options.code_used = &used;
	start(&a, SESSION_UP);
	sent = used;
	assert_true(sent / (30 * NANOS_SECOND) > step);
	assert_int_equal(account_request_at(&a, LOGIN, 0) / (30 * NANOS_SECOND), sent / (30 * NANOS_SECOND));
	account_close(&a);
}

static void test_refused_for_good(void **state)
{
	static const struct { const char *path, *answer; } rows[] = {
		{ LOGIN, "{\"stCode\":429,\"errMsg\":\"Invalid UCC\",\"status\":\"failure\"}" },
		{ LOGIN, "{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field 'MobileNumber'\"}]}" },
		{ VALIDATE, "{\"stCode\":401,\"errMsg\":\"Invalid MPIN\",\"status\":\"failure\"}" },
	};
	struct account a;
	char steps[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		at_nine(&a);
		snprintf(steps, sizeof(steps), "[{\"json\":%s}]", rows[i].answer);
		peer_script(&peer, rows[i].path, steps);
		start(&a, SESSION_STOP);
		assert_non_null(strstr(a.heard[a.n - 1].reason, "start the session by hand"));
		kotak_session_start(a.session, false); /* not a person */
		account_run(&a, 20 * NANOS_MINUTE);
		assert_int_equal(peer_count(&peer, LOGIN), 1);
		assert_int_equal(kotak_session_state(a.session), SESSION_STOP);
		account_script(&a, "");
		kotak_session_start(a.session, true);
		account_until(&a, SESSION_UP);
		account_close(&a);
	}
}

static void test_refused_often(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	peer_script(&peer, LOGIN, "[{\"json\":{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\"}}]");
	start(&a, SESSION_STOP); /* an account may lock: a person looks after six */
	assert_int_equal(peer_count(&peer, LOGIN), 6);
	account_close(&a);
}

static void test_troubles(void **state)
{
	struct account a;
	char code[2][512];

	(void)state;
	at_nine(&a);
	peer_script(&peer, LOGIN, "[{\"do\":\"close\"},{\"status\":502,\"body\":\"<html>\"},{\"json\":{}},{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\"}}}]");
	peer_script(&peer, VALIDATE, "[{\"do\":\"reset\"},{\"do\":\"close\"},{\"status\":500,\"body\":\"\"},"
	            "{\"json\":{\"data\":{\"token\":\"trade-token\",\"sid\":\"trade-sid\",\"baseUrl\":\"http://127.0.0.1:1\"}}}]");
	start(&a, SESSION_UP);
	assert_int_equal(peer_count(&peer, LOGIN), 5);    /* three did not come through; the MPIN's double failure made a fifth */
	assert_int_equal(peer_count(&peer, VALIDATE), 4); /* once more with the same view token, then from the start, and there once more */
	for (unsigned i = 0; i < 4; i++) {
		account_request_field(&a, LOGIN, i, "totp", code[0]);
		account_request_field(&a, LOGIN, i + 1, "totp", code[1]);
		assert_string_not_equal(code[0], code[1]);
	}
	account_close(&a);
}

static void test_not_reached(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	snprintf(a.options.session_url, sizeof(a.options.session_url), "http://127.0.0.1:1");
	account_open(&a);
	kotak_session_start(a.session, false);
	for (unsigned i = 0; i < 5; i++)
		account_until(&a, SESSION_START);
	assert_non_null(strstr(kotak_session_reason(a.session), "did not get through"));
	assert_true(a.heard[5].at - a.heard[4].at > a.heard[2].at - a.heard[1].at); /* ever longer */
	account_close(&a);
}

static void test_pauses(void **state)
{
	static const struct { const char *answer; nanos_t least; } rows[] = {
		{ "{\"json\":{\"status\":\"error\",\"message\":\"Service error\"}}", 5 * NANOS_MINUTE },
		{ "{\"status\":429,\"json\":{\"code\":429,\"error\":\"Rate limit exceeded\"}}", 5 * NANOS_MINUTE },
		{ "{\"status\":429,\"json\":{},\"headers\":{\"Retry-After\":\"900\"}}", 15 * NANOS_MINUTE },
		{ "{\"status\":429,\"json\":{},\"headers\":{\"Date\":\"Mon, 23 Nov 2026 03:30:00 GMT\",\"Retry-After\":\"Mon, 23 Nov 2026 03:45:00 GMT\"}}", 15 * NANOS_MINUTE },
	};
	struct account a;
	char steps[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		at_nine(&a);
		snprintf(steps, sizeof(steps), "[%s,{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\"}}}]", rows[i].answer);
		peer_script(&peer, LOGIN, steps);
		start(&a, SESSION_UP);
		assert_true(account_request_at(&a, LOGIN, 1) - account_request_at(&a, LOGIN, 0) >= rows[i].least - 30 * NANOS_SECOND);
		account_close(&a);
	}
}

/* An answer that would send tokens elsewhere, or lacks what is needed, is no session. */
static void test_bad_sessions(void **state)
{
	static const char *const bad[] = {
		"{\"token\":\"t\",\"sid\":\"s\"}", "{\"token\":\"t\",\"baseUrl\":\"http://127.0.0.1:1\"}", "{\"token\":\"t\",\"sid\":\"s\",\"baseUrl\":\"\"}",
		"{\"token\":\"t\",\"sid\":\"s\",\"baseUrl\":\"https://kotaksecurities.com.example.com\"}", "{\"token\":\"t\",\"sid\":\"s\",\"baseUrl\":\"ftp://127.0.0.1\"}",
		"{\"token\":\"a b\",\"sid\":\"s\",\"baseUrl\":\"http://127.0.0.1:1\"}", "{\"token\":\"t\\r\\nX: y\",\"sid\":\"s\",\"baseUrl\":\"http://127.0.0.1:1\"}",
	};
	struct account a;
	char steps[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		at_nine(&a);
		snprintf(steps, sizeof(steps), "[{\"json\":{\"data\":%s}}]", bad[i]);
		peer_script(&peer, VALIDATE, steps);
		account_open(&a);
		kotak_session_start(a.session, false);
		account_until_requests(&a, LOGIN, 2); /* from the start */
		assert_int_equal(kotak_session_generation(a.session), 0);
		assert_string_equal(kotak_session_token(a.session), "");
		account_close(&a);
	}
}

/* -- feeds --------------------------------------------------------------------------------------------------------- */

static void test_config(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	snprintf(a.options.config_url, sizeof(a.options.config_url), "http://127.0.0.1:%u/config", peer.port);
	peer_script(&peer, "/config", "[{\"json\":{\"data\":{\"configs\":{\"E21_broadcast_source\":\"sh\",\"E21_sh_broadcast_endpoint\":\"http://127.0.0.1:5/sh\","
	            "\"E21_ks_broadcast_endpoint\":\"ws://127.0.0.1:6/ks\",\"E21_sh_interactive_endpoint\":\"http://127.0.0.1:5/realtime\"}}}}]");
	account_script(&a, ",\"dataCenter\":\"E21\",\"feedUrl\":\"http://127.0.0.1:1/told\",\"rtUrl\":\"http://127.0.0.1:1/told-rt\"");
	start(&a, SESSION_UP);
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:5/sh");
	assert_string_equal(kotak_session_order_feed(a.session), "ws://127.0.0.1:5/realtime");
	kotak_session_feed_next(a.session);
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:1/told");
	kotak_session_feed_next(a.session); /* a simulator's session never ends at the real feed */
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:5/sh");
	assert_int_equal(peer_count(&peer, "/config?appVersion=1&platform=api&environment=prod"), 1);
	assert_field(&a, "/config", 0, "authorization", "");
	struct wire_answer gone = { .verdict = WIRE_SESSION };
	account_run(&a, 2 * NANOS_MINUTE);
	kotak_session_rejected(a.session, 1, &gone);
	account_until(&a, SESSION_UP); /* the same day at the same place: not asked again, what it said holds */
	assert_int_equal(peer_count(&peer, "/config"), 1);
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:5/sh");
	account_close(&a);
}

static void test_config_fails(void **state)
{
	static const char *const how[] = {
		"{\"do\":\"close\"}", "{\"status\":500,\"body\":\"\"}", "{\"body\":\"<html>\"}", "{\"json\":{\"data\":{\"configs\":[]}}}", "{\"json\":{\"data\":[]}}",
		"{\"json\":{\"data\":{\"configs\":{\"E21_broadcast_source\":7}}}}",
		"{\"json\":{\"data\":{\"configs\":{\"E21_broadcast_source\":\"sh\",\"E21_sh_broadcast_endpoint\":\"wss://evil.example.com/\"}}}}",
	};
	struct account a;
	char steps[512], text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		account_init(&a, &peer, NINE, FAST);
		snprintf(a.options.config_url, sizeof(a.options.config_url), "http://127.0.0.1:%u/config", peer.port);
		snprintf(steps, sizeof(steps), "[%s]", how[i]);
		peer_script(&peer, "/config", steps);
		account_script(&a, ",\"dataCenter\":\"E21\",\"feedUrl\":\"https://evil.example.com/feed\"");
		start(&a, SESSION_UP);
		assert_string_equal(kotak_session_feed(a.session), "");
		snprintf(text, sizeof(text), "ws://127.0.0.1:%u/realtime", peer.port);
		assert_string_equal(kotak_session_order_feed(a.session), text);
		account_close(&a);
	}
}

static void test_feed_settings(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	snprintf(a.options.feed_url, sizeof(a.options.feed_url), "ws://127.0.0.1:9/mine");
	snprintf(a.options.order_feed_url, sizeof(a.options.order_feed_url), "wss://feed.example.com/rt");
	account_script(&a, ",\"feedUrl\":\"ws://127.0.0.1:1/told\"");
	start(&a, SESSION_UP);
	kotak_session_feed_next(a.session);
	assert_string_equal(kotak_session_feed(a.session), "ws://127.0.0.1:9/mine");
	assert_string_equal(kotak_session_order_feed(a.session), "wss://feed.example.com/rt");
	account_close(&a);
}

static void test_hosts(void **state)
{
	static const struct { const char *home, *url; bool allowed; } rows[] = {
		{ "https://mis.kotaksecurities.com", "https://e21.kotaksecurities.com", true }, { "https://mis.kotaksecurities.com", "wss://E43.kotaksecurities.com/x", true },
		{ "https://mis.kotaksecurities.com", "http://127.0.0.1:80", false }, { "https://mis.kotaksecurities.com", "ws://127.0.0.1:80", false },
		{ "https://mis.kotaksecurities.com", "https://kotaksecurities.com.example.com", false },
		{ "https://mis.kotaksecurities.com", "wss://evilkotaksecurities.com", false }, { "https://mis.kotaksecurities.com", "https://127.0.0.1", false },
		{ "https://mis.kotaksecurities.com", "nonsense", false }, { "http://127.0.0.1:1", "http://127.0.0.1:2/x", true },
		{ "http://127.0.0.1:1", "wss://127.0.0.2:2/x", true }, { "http://127.0.0.1:1", "https://e21.kotaksecurities.com", false },
		{ "https://sim.example.com", "wss://sim.example.com:9", true }, { "https://sim.example.com", "wss://other.example.com", false },
	};
	static const struct { const char *text, *url; } schemes[] = {
		{ "https://host/b", "wss://host/b" }, { "http://host", "ws://host" }, { "wss://a", "wss://a" }, { "ws://a", "ws://a" }, { "HTTPS://host", "wss://host" },
		{ "e21.kotaksecurities.com/realtime", "wss://e21.kotaksecurities.com/realtime" }, { "", NULL }, { "https://", NULL }, { "ftp://a", NULL },
	};
	char url[SESSION_URL], huge[SESSION_URL + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (hosts_allowed(rows[i].home, rows[i].url) != rows[i].allowed)
			fail_msg("%s -> %s", rows[i].home, rows[i].url);
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		assert_int_equal(hosts_feed_url(schemes[i].text, url), schemes[i].url != NULL);
		if (schemes[i].url)
			assert_string_equal(url, schemes[i].url);
	}
	memset(huge, 'a', sizeof(huge));
	huge[SESSION_URL] = '\0';
	assert_false(hosts_feed_url(huge, url));
	assert_true(hosts_is_broker("https://mis.kotaksecurities.com") && !hosts_is_broker("http://127.0.0.1:1"));
}

/* -- the session's end --------------------------------------------------------------------------------------------- */

static void test_rejected(void **state)
{
	struct wire_answer gone = { .verdict = WIRE_SESSION };
	struct account a;

	(void)state;
	at_nine(&a);
	start(&a, SESSION_UP);
	account_run(&a, 2 * NANOS_MINUTE);
	for (unsigned i = 0; i < 5; i++) /* five requests were under way */
		kotak_session_rejected(a.session, 1, &gone);
	assert_int_equal(kotak_session_state(a.session), SESSION_START);
	assert_int_equal(a.n, 3);
	account_until(&a, SESSION_UP);
	assert_int_equal(kotak_session_generation(a.session), 2);
	assert_int_equal(peer_count(&peer, LOGIN), 2);
	kotak_session_rejected(a.session, 1, &gone); /* a late answer to an old request */
	assert_int_equal(kotak_session_state(a.session), SESSION_UP);
	assert_int_equal(peer_count(&peer, LOGIN), 2);
	nanos_t up = a.heard[a.n - 1].at;
	kotak_session_rejected(a.session, 2, &gone); /* again, within a minute: somebody takes it away from us */
	account_until(&a, SESSION_UP);
	assert_true(a.heard[a.n - 1].at - up >= NANOS_MINUTE);
	up = a.heard[a.n - 1].at;
	kotak_session_rejected(a.session, 3, &gone);
	account_until(&a, SESSION_UP);
	assert_true(a.heard[a.n - 1].at - up >= 2 * NANOS_MINUTE);
	account_run(&a, 2 * NANOS_MINUTE);
	up = clock_now(&a.clock);
	kotak_session_rejected(a.session, 4, &gone); /* it lived: at once */
	account_until(&a, SESSION_UP);
	assert_true(a.heard[a.n - 1].at - up < NANOS_MINUTE);
	account_close(&a);
}

static void test_mismatch(void **state)
{
	struct wire_answer other_ip = { .verdict = WIRE_IP, .st_code = 1037 }, no_ip = { .verdict = WIRE_IP, .st_code = 100008 };
	struct account a;

	(void)state;
	at_nine(&a);
	start(&a, SESSION_UP);
	account_run(&a, 2 * NANOS_MINUTE);
	kotak_session_rejected(a.session, 1, &other_ip);
	assert_int_equal(kotak_session_state(a.session), SESSION_START);
	assert_false(kotak_session_disarmed(a.session));
	account_until(&a, SESSION_UP);
	kotak_session_rejected(a.session, 2, &other_ip);
	assert_true(kotak_session_disarmed(a.session));
	assert_int_equal(kotak_session_state(a.session), SESSION_UP); /* reads go on */
	assert_non_null(strstr(kotak_session_reason(a.session), "by hand"));
	kotak_session_rejected(a.session, 2, &other_ip);
	kotak_session_start(a.session, false);
	account_run(&a, 10 * NANOS_MINUTE);
	assert_int_equal(peer_count(&peer, LOGIN), 2);
	assert_true(kotak_session_disarmed(a.session));
	kotak_session_start(a.session, true);
	assert_false(kotak_session_disarmed(a.session));
	account_until(&a, SESSION_UP);
	assert_int_equal(kotak_session_generation(a.session), 3);
	assert_string_equal(kotak_session_reason(a.session), "");
	kotak_session_rejected(a.session, 3, &no_ip);
	assert_int_equal(kotak_session_state(a.session), SESSION_UP);
	assert_false(kotak_session_disarmed(a.session));
	assert_non_null(strstr(kotak_session_reason(a.session), "register"));
	kotak_session_start(a.session, true); /* as that says */
	account_until(&a, SESSION_UP);
	account_run(&a, NANOS_MINUTE);
	assert_int_equal(kotak_session_generation(a.session), 4);
	assert_string_equal(kotak_session_reason(a.session), "");
	account_close(&a);
}

static void test_address(void **state)
{
	static const struct { const char *seen, *registered; bool same; } rows[] = {
		{ "203.0.113.7", "203.0.113.7", true }, { "203.0.113.7", "203.0.113.8", false }, { "2001:DB8:0:0::1", "2001:db8::1", true },
		{ "2001:db8::2", "2001:db8::1", false }, { "2001:db8::1", "203.0.113.7", false },
	};
	struct account a;
	char steps[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		account_init(&a, &peer, NINE, FAST);
		snprintf(a.options.registered_ip, sizeof(a.options.registered_ip), "%s", rows[i].registered);
		snprintf(steps, sizeof(steps), "[{\"json\":{\"data\":[{\"ip\":\"%s\",\"time\":\"x\"}],\"stCode\":1000,\"status\":\"success\"}}]", rows[i].seen);
		peer_script(&peer, ADDRESS, steps);
		account_script(&a, "");
		start(&a, SESSION_UP);
		assert_int_equal(strstr(kotak_session_reason(a.session), rows[i].seen) == NULL, rows[i].same);
		assert_field(&a, ADDRESS, 0, "sid", "trade-sid");
		assert_field(&a, ADDRESS, 0, "auth", "trade-token");
		assert_field(&a, ADDRESS, 0, "authorization", ACCOUNT_KEY);
		assert_field(&a, ADDRESS, 0, "accept", "application/json");
		account_close(&a);
	}
	account_init(&a, &peer, NINE, FAST); /* not answered: nothing to say */
	snprintf(a.options.registered_ip, sizeof(a.options.registered_ip), "203.0.113.7");
	peer_script(&peer, ADDRESS, "[{\"do\":\"close\"}]");
	start(&a, SESSION_UP);
	assert_string_equal(kotak_session_reason(a.session), "");
	account_close(&a);
}

/* -- the day ------------------------------------------------------------------------------------------------------- */

static void test_rollover(void **state)
{
	struct account a;

	(void)state;
	account_init(&a, &peer, TIME_OF_DAY(8, 20), FAST);
	account_script(&a, "");
	start(&a, SESSION_UP);
	account_until(&a, SESSION_UP);
	assert_int_equal(kotak_session_generation(a.session), 2);
	assert_true(stamp_time_of_day(a.heard[a.n - 1].at) >= TIME_OF_DAY(8, 30));
	assert_true(stamp_time_of_day(account_request_at(&a, LOGIN, 1)) >= TIME_OF_DAY(8, 30));
	assert_int_equal(a.n, 3); /* start, up, up: no gap */
	account_run(&a, 10 * NANOS_MINUTE);
	assert_int_equal(peer_count(&peer, LOGIN), 2);
	account_close(&a);
}

static void test_rollover_fails(void **state)
{
	struct wire_answer gone = { .verdict = WIRE_SESSION };
	struct account a;

	(void)state;
	account_init(&a, &peer, TIME_OF_DAY(8, 20), FAST);
	account_script(&a, "");
	start(&a, SESSION_UP);
	peer_script(&peer, VALIDATE, "[{\"json\":{\"stCode\":401,\"errMsg\":\"Invalid MPIN\",\"status\":\"failure\"}}]");
	account_until(&a, SESSION_UP); /* still up, with a warning */
	assert_int_equal(kotak_session_generation(a.session), 1);
	assert_non_null(strstr(kotak_session_reason(a.session), "Invalid MPIN"));
	assert_string_equal(kotak_session_token(a.session), "trade-token");
	account_run(&a, 30 * NANOS_MINUTE);
	assert_int_equal(peer_count(&peer, VALIDATE), 2);
	kotak_session_rejected(a.session, 1, &gone);
	assert_int_equal(kotak_session_state(a.session), SESSION_STOP);
	account_script(&a, "");
	kotak_session_start(a.session, true);
	account_until(&a, SESSION_UP);
	assert_string_equal(kotak_session_reason(a.session), "");
	account_close(&a);
}

static void jwt(nanos_t expires, char ret[512])
{
	char claims[128], coded[256];
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	int len = snprintf(claims, sizeof(claims), "{\"sub\":\"ABC12\",\"exp\":%lld}", (long long)(expires / NANOS_SECOND)), n = 0;

	for (int bit = 0; bit < len * 8; bit += 6) {
		unsigned at = (unsigned)bit / 8, two = (unsigned)(unsigned char)claims[at] << 8 | (at + 1 < (unsigned)len ? (unsigned char)claims[at + 1] : 0u);
		coded[n++] = alphabet[two >> (10 - bit % 8) & 63];
	}
	coded[n] = '\0';
	snprintf(ret, 512, "eyJhbGciOiJIUzI1NiJ9.%s.c2ln", coded);
}

static void test_expiry(void **state)
{
	static const char *const bad[] = { "", "abc", "a.b.c", "a..c", "a.!!!.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOi01fQ.c", "a.W10.c" };
	struct account a;
	char token[512], more[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(login_expiry(bad[i]), 0);
	account_init(&a, &peer, NINE, FAST);
	nanos_t expires = a.clock.virtual_from + 20 * NANOS_MINUTE;
	jwt(expires, token);
	assert_int_equal(login_expiry(token), expires);
	account_script(&a, "");
	snprintf(more, sizeof(more), "[{\"json\":{\"data\":{\"token\":\"%s\",\"sid\":\"trade-sid\",\"baseUrl\":\"http://127.0.0.1:1\"}}},"
	         "{\"json\":{\"data\":{\"token\":\"t2\",\"sid\":\"s2\",\"baseUrl\":\"http://127.0.0.1:1\"}}}]", token);
	peer_script(&peer, VALIDATE, more);
	start(&a, SESSION_UP);
	assert_int_equal(kotak_session_expires(a.session), expires);
	account_until(&a, SESSION_UP); /* renewed before it ends */
	assert_in_range(a.heard[a.n - 1].at, expires - 6 * NANOS_MINUTE, expires);
	assert_string_equal(kotak_session_token(a.session), "t2");
	account_close(&a);
}

/* Three answers agree with the wall, and one of long ago with neither: the machine stood still since. It does not keep our clock from being put right. */
static void test_an_old_answer_ages(void **state)
{
	struct kotak_session s = { .clock = CLOCK_SYSTEM };
	struct clock_base base;
	nanos_t second = NANOS_SECOND, real = clock_steady(&s.clock), behind = second * 535 / 100;

	(void)state;
	clock_base_begin(&base, second * 1795163071, real);
	clock_base_keep(&base, second * 1795163071 + behind, real);
	s.clock.base = &base;
	assert_true(clock_held(&s.clock));
	s.offset = (struct session_offset){ second * 463 / 100, second * 478 / 100, true, 3, real - second };
	for (int i = 0; i < 6; i++)
		session_saw_date(&s, clock_now(&s.clock) + second * 440 / 100, clock_mono(), clock_mono());
	assert_true(clock_held(&s.clock)); /* not old yet */
	s.offset.since = real - 31 * second;
	for (int i = 0; i < 3; i++)
		session_saw_date(&s, clock_now(&s.clock) + second * 440 / 100, clock_mono(), clock_mono());
	assert_false(clock_held(&s.clock));
}

static void test_clock_offset(void **state)
{
	struct session_offset o = { 0 };
	struct account a;

	(void)state;
	offset_add(&o, 100, 1100);
	offset_add(&o, 500, 1500);
	assert_true(o.known && o.low == 500 && o.high == 1100);
	offset_add(&o, 0, 5000);
	assert_true(o.low == 500 && o.high == 1100);
	assert_int_equal(o.answers, 3);
	offset_add(&o, 9000, 10000); /* a clock was set: what was said before counts no more */
	assert_true(o.low == 9000 && o.high == 10000 && o.answers == 1);

	account_init(&a, &peer, TIME_OF_DAY(9, 0), 1); /* 03:30:00 UTC; the server shows 03:31:00 */
	account_script(&a, "");
	peer_script(&peer, LOGIN, "[{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\"}},\"headers\":{\"Date\":\"Mon, 23 Nov 2026 03:31:00 GMT\"}}]");
	account_open(&a);
	assert_int_equal(kotak_session_clock_offset(a.session), NUM_UNKNOWN);
	kotak_session_start(a.session, false);
	account_until(&a, SESSION_UP);
	nanos_t most = NANOS_MINUTE + NANOS_SECOND, least = NANOS_MINUTE - (clock_now(&a.clock) - a.clock.virtual_from);
	assert_in_range(kotak_session_clock_offset(a.session), least, most);
	account_close(&a);
}

/* Wrong by an hour, the first code is refused; that answer tells the time, and the next code is made for it. */
static void test_code_of_their_time(void **state)
{
	nanos_t theirs = stamp_at(date_from_civil(2026, 11, 23), TIME_OF_DAY(10, 1));
	struct account a;
	bool seen = false;

	(void)state;
	at_nine(&a);
	peer_script(&peer, LOGIN, "[{\"json\":{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"},"
	            "\"headers\":{\"Date\":\"Mon, 23 Nov 2026 04:31:00 GMT\"}},{\"json\":{\"data\":{\"token\":\"view-token\",\"sid\":\"view-sid\"}}}]");
	start(&a, SESSION_UP);
	assert_int_equal(peer_count(&peer, LOGIN), 2);
	for (nanos_t t = theirs; t < theirs + NANOS_HOUR / 2; t += 30 * NANOS_SECOND) /* a busy machine is late */
		seen = seen || code_is_of(&a, 1, t);
	assert_true(seen);
	account_close(&a);
}

/* The machine's clock is an hour ahead: asked before the login, the server says so, and the session goes by its time. A server that says nothing changes nothing. */
static void test_time_asked(void **state)
{
	nanos_t theirs = stamp_at(date_from_civil(2026, 11, 23), NINE);
	struct clock_base b;
	struct account a;

	(void)state;
	for (int said = 0; said <= 1; said++) {
		account_init(&a, &peer, NINE, 1);
		a.clock = (struct clock){ 0, 0, 1, &b };
		clock_base_begin(&b, theirs + NANOS_HOUR, clock_steady(&a.clock));
		peer_script(&peer, "/", said ? "[{\"status\":404,\"headers\":{\"Date\":\"Mon, 23 Nov 2026 03:30:00 GMT\"}}]" : "[{\"do\":\"close\"}]");
		account_open(&a);
		assert_false(kotak_session_asking_time(a.session));
		assert_int_equal(kotak_session_ask_time(a.session), ERR_OK);
		assert_true(kotak_session_asking_time(a.session));
		while (kotak_session_asking_time(a.session))
			uv_run(&a.loop, UV_RUN_ONCE);
		assert_int_equal(peer_count(&peer, "/"), 1);
		kotak_session_take_time(a.session, 0);
		nanos_t off = clock_now(kotak_session_clock(a.session)) - theirs, least = said ? 0 : NANOS_HOUR;
		assert_in_range(off, least, least + NANOS_MINUTE);
		assert_int_equal(clock_held(&a.clock), said);
		assert_int_equal(kotak_session_clock_span(a.session).answers, said);
		assert_int_equal(kotak_session_ask_time(a.session), ERR_OK); /* it may close before the answer */
		account_close(&a);
	}
}

/* -- bad settings, ends -------------------------------------------------------------------------------------------- */

static void test_options(void **state)
{
	static const struct { size_t at; const char *value; bool good; } rows[] = {
#define OPTION(name, value, good) { offsetof(struct kotak_options, name), value, good }
		OPTION(consumer_key, "", false), OPTION(consumer_key, "a b", false), OPTION(mobile, "", false), OPTION(mobile, "9876543210", false),
		OPTION(mobile, "+91 98765", false), OPTION(mobile, "+1234567", false), OPTION(ucc, "", false), OPTION(ucc, "A\nB", false), OPTION(mpin, "", false),
		OPTION(mpin, "12345a", false), OPTION(mpin, "123", false), OPTION(mpin, "1234", true), OPTION(totp_secret, "", false), OPTION(totp_secret, "0189", false),
		OPTION(totp_secret, "gezd gnbv", true), OPTION(session_url, "", true), OPTION(session_url, "http://192.0.2.1", false),
		OPTION(session_url, "https://sim.example.com/", true), OPTION(session_url, "wss://sim.example.com", false), OPTION(config_url, "ftp://x", false),
		OPTION(config_url, "none", true), OPTION(feed_url, "https://host", false), OPTION(feed_url, "wss://x", true), OPTION(order_feed_url, "ws://192.0.2.1", false),
#undef OPTION
	};
	struct account a;
	char error[256];

	(void)state;
	account_init(&a, &peer, NINE, FAST);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kotak_options o = a.options;
		struct kotak_session *s = NULL;

		strcpy((char *)&o + rows[i].at, rows[i].value);
		error[0] = '\0';
		int err = kotak_session_open(&a.loop, &o, &a.clock, &s, error);
		if ((err == ERR_OK) != rows[i].good)
			fail_msg("%s: %s", rows[i].value, error);
		assert_true(err == ERR_OK ? s != NULL : s == NULL && error[0]);
		if (rows[i].value[0])
			assert_null(strstr(error, rows[i].value)); /* it may be a secret */
		kotak_session_close(&s);
		uv_run(&a.loop, UV_RUN_DEFAULT);
	}
	a.options.login_at = NANOS_DAY;
	assert_int_equal(kotak_session_open(&a.loop, &a.options, &a.clock, &a.session, error), ERR_RANGE);
	a.options.login_at = 0;
	a.options.ip_version = 5;
	assert_int_equal(kotak_session_open(&a.loop, &a.options, &a.clock, &a.session, error), ERR_RANGE);
	uv_run(&a.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&a.loop), 0);
}

static void test_closing(void **state)
{
	struct account a;

	(void)state;
	for (unsigned turns = 0; turns < 24; turns++) { /* wherever the login is */
		at_nine(&a);
		account_open(&a);
		kotak_session_start(a.session, false);
		for (unsigned i = 0; i < turns && a.n < 2; i++)
			uv_run(&a.loop, UV_RUN_ONCE);
		account_close(&a);
	}
}

static void close_it(void *ctx, enum session_state state, const char *reason)
{
	struct account *a = ctx;

	(void)reason;
	if (state == SESSION_UP)
		kotak_session_close(&a->session);
}

static void never(void *ctx, enum session_state state, const char *reason)
{
	(void)ctx;
	(void)state;
	(void)reason;
	fail_msg("it had left");
}

static void test_listeners(void **state)
{
	struct kotak_listener closer = { close_it, NULL }, left = { never, &peer };
	struct account a;

	(void)state;
	at_nine(&a);
	account_open(&a);
	closer.ctx = &a;
	assert_int_equal(kotak_session_listen(a.session, &left), ERR_OK);
	assert_int_equal(kotak_session_listen(a.session, &closer), ERR_OK);
	kotak_session_unlisten(a.session, &peer);
	for (unsigned i = 2; i < SESSION_LISTENERS; i++)
		assert_int_equal(kotak_session_listen(a.session, &left), ERR_OK);
	assert_int_equal(kotak_session_listen(a.session, &left), ERR_FULL);
	kotak_session_unlisten(a.session, &peer);
	kotak_session_start(a.session, false);
	uv_run(&a.loop, UV_RUN_DEFAULT); /* ends by itself: the listener closed the session */
	assert_null(a.session);
	account_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login), cmocka_unit_test(test_refused), cmocka_unit_test(test_code_of_another), cmocka_unit_test(test_refused_for_good), cmocka_unit_test(test_refused_often),
		cmocka_unit_test(test_troubles), cmocka_unit_test(test_not_reached), cmocka_unit_test(test_pauses), cmocka_unit_test(test_bad_sessions),
		cmocka_unit_test(test_config), cmocka_unit_test(test_config_fails), cmocka_unit_test(test_feed_settings), cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_rejected), cmocka_unit_test(test_mismatch), cmocka_unit_test(test_address), cmocka_unit_test(test_rollover),
		cmocka_unit_test(test_rollover_fails), cmocka_unit_test(test_expiry), cmocka_unit_test(test_clock_offset), cmocka_unit_test(test_an_old_answer_ages), cmocka_unit_test(test_code_of_their_time), cmocka_unit_test(test_time_asked), cmocka_unit_test(test_options),
		cmocka_unit_test(test_closing), cmocka_unit_test(test_listeners),
	};

	return cmocka_run_group_tests(tests, peer_group_setup, peer_group_teardown);
}
