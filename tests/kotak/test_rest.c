/* REST calls in a session: what goes out byte by byte, in which order and how often, and what becomes of it. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/rest.h"
#include "tests/kotak/account.h"

#define LOGIN "/login/1.0/tradeApiLogin"
#define PLACE "/quick/order/rule/ms/place"
#define DONE_ORDER "{\"json\":{\"stat\":\"Ok\",\"nOrdNo\":\"250720000007242\",\"stCode\":200}}"

struct rig {
	struct account account;
	struct rest *rest;
	unsigned done, asked;
	struct wire_answer last;
	char text[160];
	bool refuse, call_when_leaving, close_when_done;
	int may;                    /* how often it is still allowed to send orders; -1 = always */
};

static bool may_order(void *ctx)
{
	struct rig *r = ctx;

	return r->may < 0 || r->may-- > 0;
}

static void rig_open(struct rig *r, int64_t speed, uint32_t orders, uint32_t reserve)
{
	*r = (struct rig){ 0 };
	account_init(&r->account, &peer, TIME_OF_DAY(9, 0), speed);
	r->account.options.order_rate = orders;
	r->account.options.order_reserve = reserve;
	r->may = -1;
	r->account.options.may_order = may_order;
	r->account.options.may_order_ctx = r;
	account_script(&r->account, "");
	account_open(&r->account);
	assert_int_equal(rest_open(r->account.session, &r->rest), ERR_OK);
	kotak_session_start(r->account.session, false);
	account_until(&r->account, SESSION_UP);
	peer_forget(&peer);
}

static void rig_close(struct rig *r)
{
	rest_close(&r->rest);
	account_close(&r->account);
}

static void done(void *ctx, const struct wire_answer *a)
{
	struct rig *r = ctx;

	r->done++;
	r->last = *a;
	snprintf(r->text, sizeof(r->text), "%s", a->text);
	if (r->close_when_done)
		rest_close(&r->rest);
}

static struct rest_call order(struct rig *r)
{
	return (struct rest_call){ .method = "POST", .path = PLACE, .headers = REST_ORDER, .budget = GOVERN_ORDERS, .priority = REST_ENTRY, .kind = WIRE_ORDER,
		.jdata = "{\"am\":\"NO\"}", .done = done, .ctx = r };
}

static struct rest_call read_of(struct rig *r, enum rest_headers headers, enum wire_kind kind, const char *path)
{
	return (struct rest_call){ .method = "GET", .path = path, .headers = headers, .budget = GOVERN_REPORTS, .priority = REST_READ, .kind = kind,
		.done = done, .ctx = r };
}

static void until(struct rig *r, unsigned n)
{
	while (r->done < n)
		uv_run(&r->account.loop, UV_RUN_ONCE);
}

static enum wire_verdict run(struct rig *r, const struct rest_call *c)
{
	unsigned before = r->done;

	assert_int_equal(rest_call(r->rest, c), ERR_OK);
	assert_int_equal(r->done, before); /* never from within the call */
	until(r, before + 1);
	return r->last.verdict;
}

static void assert_field(const struct rig *r, const char *prefix, const char *field, const char *expected)
{
	char value[512];

	account_request_field(&r->account, prefix, 0, field, value);
	if (strcmp(value, expected) != 0)
		fail_msg("%s %s: \"%s\" instead of \"%s\"", prefix, field, value, expected);
}

/* -- what goes out ------------------------------------------------------------------------------------------------- */

/* Vector B of kotak-neo-api.md 2.3, byte for byte. */
static void test_form(void **state)
{
	static const char json[] = "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"NRML\",\"pr\":\"184.35\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\","
	                           "\"tp\":\"0\",\"ts\":\"NIFTY2692221000PE\",\"tt\":\"B\",\"ig\":\"c1-000123\",\"os\":\"NEOTRADEAPI\"}";
	static const char form[] = "jData=%7B%22am%22%3A%22NO%22%2C%22dq%22%3A%220%22%2C%22es%22%3A%22nse_fo%22%2C%22mp%22%3A%220%22%2C%22pc%22%3A%22NRML%22%2C"
	                           "%22pr%22%3A%22184.35%22%2C%22pt%22%3A%22L%22%2C%22qt%22%3A%2265%22%2C%22rt%22%3A%22DAY%22%2C%22tp%22%3A%220%22%2C"
	                           "%22ts%22%3A%22NIFTY2692221000PE%22%2C%22tt%22%3A%22B%22%2C%22ig%22%3A%22c1-000123%22%2C%22os%22%3A%22NEOTRADEAPI%22%7D";
	struct buf out = { 0 };

	(void)state;
	rest_form(json, &out);
	assert_int_equal(out.len, 354);
	assert_string_equal(out.data, form);
	buf_clear(&out);
	rest_form("a b+&=%~-_.\xe2\x82\xb9\x01", &out);
	assert_string_equal(out.data, "jData=a%20b%2B%26%3D%25~-_.%E2%82%B9%01");
	buf_done(&out);
}

static void test_headers(void **state)
{
	static const struct { enum rest_headers set; const char *path, *accept, *sid, *auth, *fin, *key, *type; } rows[] = {
		{ REST_ORDER, "/h/order", "application/json", "trade-sid", "trade-token", "neotradeapi", ACCOUNT_KEY, "application/x-www-form-urlencoded" },
		{ REST_REPORT, "/h/report", "application/json", "trade-sid", "trade-token", "neotradeapi", "", "" },
		{ REST_HOLDINGS, "/h/holdings", "*/*", "trade-sid", "trade-token", "", "", "" },
		{ REST_FORM, "/h/form", "*/*", "trade-sid", "trade-token", "", "", "application/x-www-form-urlencoded" },
		{ REST_DATA, "/h/data", "*/*", "", "", "", ACCOUNT_KEY, "" },
	};
	struct rig r;
	char path[64];

	(void)state;
	rig_open(&r, 1, 8, 4);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct rest_call c = read_of(&r, rows[i].set, WIRE_DATA, rows[i].path);

		snprintf(path, sizeof(path), "/base%s", rows[i].path); /* below the account's own base */
		if (rows[i].type[0]) {
			c.method = "POST";
			c.jdata = "{}";
		}
		run(&r, &c);
		assert_field(&r, path, "accept", rows[i].accept);
		assert_field(&r, path, "sid", rows[i].sid);
		assert_field(&r, path, "auth", rows[i].auth);
		assert_field(&r, path, "neo-fin-key", rows[i].fin);
		assert_field(&r, path, "authorization", rows[i].key);
		assert_field(&r, path, "content-type", rows[i].type);
	}
	struct rest_call c = read_of(&r, REST_CLIENT_IP, WIRE_DATA, "/login/1.0/get-client-ip"); /* at the session's host */
	run(&r, &c);
	assert_field(&r, "/login/1.0/get-client-ip", "sid", "trade-sid");
	assert_field(&r, "/login/1.0/get-client-ip", "authorization", ACCOUNT_KEY);
	rig_close(&r);
}

static void test_order(void **state)
{
	struct rig r;
	char body[64];

	(void)state;
	rig_open(&r, 1, 8, 4);
	peer_script(&peer, "/base" PLACE, "[" DONE_ORDER ",{\"do\":\"close\"}," DONE_ORDER "]");
	struct rest_call c = order(&r);
	assert_int_equal(run(&r, &c), WIRE_OK);
	cJSON *all = peer_requests(&peer);
	snprintf(body, sizeof(body), "%s", cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, 0), "body")));
	assert_string_equal(body, "jData=%7B%22am%22%3A%22NO%22%7D");
	cJSON_Delete(all);
	c.form = "jData=%7B%7D"; /* encoded already: goes out as it is */
	assert_int_equal(run(&r, &c), WIRE_UNKNOWN); /* closed after reading: not sent again */
	assert_int_equal(peer_count(&peer, "/base" PLACE), 2);
	all = peer_requests(&peer);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(all, cJSON_GetArraySize(all) - 1), "body")), c.form);
	cJSON_Delete(all);
	assert_int_equal(run(&r, &c), WIRE_OK);
	struct rest_stats s;
	rest_stats(r.rest, &s);
	assert_int_equal(s.calls, 3);
	assert_int_equal(s.waiting + s.under_way, 0);
	assert_int_equal(s.verdicts[WIRE_OK], 2);
	assert_int_equal(s.verdicts[WIRE_UNKNOWN], 1);
	assert_true(s.last_good > 0);
	uint64_t counted = 0;
	for (size_t i = 0; i < REST_LATENCIES; i++)
		counted += s.latency_orders[i];
	assert_int_equal(counted, 2);
	rig_close(&r);
}

/* -- budgets ------------------------------------------------------------------------------------------------------- */

/* In the order in which they left: `ctx` of these is a name, and leaving() is asked as each one goes. */
static struct { const char *name[8]; nanos_t at[8]; unsigned left, done; } race;

static bool note_leaving(void *ctx)
{
	race.name[race.left] = ctx;
	race.at[race.left++] = clock_mono();
	return true;
}

static void note_done(void *ctx, const struct wire_answer *a)
{
	(void)ctx;
	assert_int_not_equal(a->verdict, WIRE_NOT_SENT);
	race.done++;
}

static void test_priority(void **state)
{
	static const struct { const char *name; enum rest_priority priority; } calls[] = {
		{ "entry", REST_ENTRY }, { "second entry", REST_ENTRY }, { "third entry", REST_ENTRY }, { "exit", REST_EXIT }, { "cancel", REST_CANCEL },
		{ "second exit", REST_EXIT },
	};
	static const char *const expected[] = { "entry", "exit", "second exit", "cancel", "second entry", "third entry" };
	struct rest_stats s;
	struct rig r;

	(void)state;
	rig_open(&r, 2, 2, 1); /* a second takes 500 ms: two orders in it, one of them an entry */
	memset(&race, 0, sizeof(race));
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		struct rest_call c = order(&r);
		c.priority = calls[i].priority;
		c.leaving = note_leaving;
		c.done = note_done;
		c.ctx = (void *)(uintptr_t)calls[i].name;
		assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	}
	rest_stats(r.rest, &s);
	assert_int_equal(s.under_way, 2);
	assert_int_equal(s.waiting, 4);
	while (race.done < ARRAY_LEN(calls))
		uv_run(&r.account.loop, UV_RUN_ONCE);
	for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
		assert_string_equal(race.name[i], expected[i]);
		if (i >= 2)
			assert_true(race.at[i] - race.at[i - 2] >= 500 * NANOS_MS);
	}
	assert_int_equal(peer_count(&peer, "/base" PLACE), ARRAY_LEN(calls));
	rig_close(&r);
}

static void test_budgets_apart(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 1, 0);
	struct rest_call o = order(&r), c = read_of(&r, REST_REPORT, WIRE_REPORT, "/report");
	assert_int_equal(rest_call(r.rest, &o), ERR_OK);
	assert_int_equal(rest_call(r.rest, &o), ERR_OK); /* waits */
	assert_int_equal(rest_call(r.rest, &c), ERR_OK); /* does not */
	struct rest_stats s;
	rest_stats(r.rest, &s);
	assert_int_equal(s.under_way, 2);
	assert_int_equal(s.waiting, 1);
	assert_int_equal(kotak_session_governor(r.account.session)->waited[GOVERN_ORDERS], 1);
	rig_close(&r);
	assert_int_equal(r.done, 3);
}

static void test_429(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 100, 8, 4);
	peer_script(&peer, "/base/report", "[{\"status\":429,\"json\":{\"code\":429,\"error\":\"Rate limit exceeded\"},\"headers\":{\"Retry-After\":\"20\"}},"
	            "{\"json\":{\"stat\":\"Ok\",\"data\":[]}}]");
	struct rest_call c = read_of(&r, REST_REPORT, WIRE_REPORT, "/report");
	assert_int_equal(run(&r, &c), WIRE_RATE);
	assert_int_equal(run(&r, &c), WIRE_OK);
	assert_true(account_request_at(&r.account, "/base/report", 1) - account_request_at(&r.account, "/base/report", 0) >= 19 * NANOS_SECOND);
	assert_int_equal(kotak_session_governor(r.account.session)->refused_429[GOVERN_REPORTS], 1);
	/* A page with that status proves nothing about an order, but is obeyed. */
	peer_script(&peer, "/base" PLACE, "[{\"status\":429,\"body\":\"<html>\"}]");
	struct rest_call o = order(&r);
	assert_int_equal(run(&r, &o), WIRE_UNKNOWN);
	assert_int_equal(kotak_session_governor(r.account.session)->refused_429[GOVERN_ORDERS], 1);
	rig_close(&r);
}

static void test_give_up(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 1, 0);
	struct rest_call c = order(&r);
	assert_int_equal(run(&r, &c), WIRE_UNKNOWN); /* an answer that says nothing; the second is full */
	c.give_up_at = clock_now(&r.account.clock) + 100 * NANOS_MS;
	assert_int_equal(run(&r, &c), WIRE_NOT_SENT);
	assert_int_equal(peer_count(&peer, "/base" PLACE), 1);
	c.give_up_at = clock_now(&r.account.clock); /* too late from the start */
	assert_int_equal(run(&r, &c), WIRE_NOT_SENT);
	assert_int_equal(peer_count(&peer, "/base" PLACE), 1);
	c.give_up_at = clock_now(&r.account.clock) + 60 * NANOS_SECOND;
	assert_int_equal(run(&r, &c), WIRE_UNKNOWN);
	assert_int_equal(peer_count(&peer, "/base" PLACE), 2);
	rig_close(&r);
}

static bool leaving(void *ctx)
{
	struct rig *r = ctx;
	struct rest_call c = read_of(r, REST_REPORT, WIRE_REPORT, "/report");

	r->asked++;
	if (r->call_when_leaving)
		assert_int_equal(rest_call(r->rest, &c), ERR_OK);
	return !r->refuse;
}

static void test_leaving(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 8, 4);
	struct rest_call c = order(&r);
	c.leaving = leaving;
	r.refuse = true;
	assert_int_equal(run(&r, &c), WIRE_NOT_SENT);
	assert_int_equal(r.asked, 1);
	assert_int_equal(peer_count(&peer, "/"), 0);
	r.refuse = false;
	r.call_when_leaving = true;
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	until(&r, 3); /* in whichever order the two are answered */
	assert_int_equal(r.asked, 2);
	assert_int_equal(peer_count(&peer, "/base" PLACE), 1);
	assert_int_equal(peer_count(&peer, "/base/report"), 1);
	rig_close(&r);
}

static void test_bad_path(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 8, 4);
	struct rest_call c = read_of(&r, REST_DATA, WIRE_ARRAY, "/quotes/nse_cm|1333/all"); /* %7C is the way to write it */
	assert_int_equal(run(&r, &c), WIRE_NOT_SENT);
	c.path = "/quotes/nse_cm%7C1333,nse_cm%7CNifty%2050/all";
	peer_script(&peer, "/base/quotes/nse_cm%7C1333,nse_cm%7CNifty%2050/all", "[{\"json\":[]}]");
	assert_int_equal(run(&r, &c), WIRE_OK);
	rig_close(&r);
}

/* -- the session --------------------------------------------------------------------------------------------------- */

static void test_session_error(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1000, 8, 4);
	account_run(&r.account, 2 * NANOS_MINUTE);
	peer_script(&peer, "/base/fast", "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":1003,\"errMsg\":\"invalid session\"}}]");
	peer_script(&peer, "/base/slow", "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":1003,\"errMsg\":\"invalid session\"},\"delay_ms\":700}]");
	struct rest_call fast = read_of(&r, REST_REPORT, WIRE_REPORT, "/fast"), slow = read_of(&r, REST_REPORT, WIRE_REPORT, "/slow");
	assert_int_equal(rest_call(r.rest, &slow), ERR_OK);
	assert_int_equal(rest_call(r.rest, &fast), ERR_OK);
	assert_int_equal(rest_call(r.rest, &fast), ERR_OK);
	until(&r, 1);
	assert_int_equal(r.last.verdict, WIRE_SESSION);
	assert_int_equal(kotak_session_state(r.account.session), SESSION_START);
	assert_int_equal(rest_call(r.rest, &fast), ERR_CLOSED);
	account_until(&r.account, SESSION_UP);
	assert_int_equal(kotak_session_generation(r.account.session), 2);
	until(&r, 3); /* the slow one was asked in the first session: no second login */
	assert_int_equal(r.last.verdict, WIRE_SESSION);
	account_run(&r.account, 5 * NANOS_MINUTE);
	assert_int_equal(kotak_session_generation(r.account.session), 2);
	assert_int_equal(peer_count(&peer, LOGIN), 1);
	/* A data call carries no session: what it is told about one does not end ours. */
	peer_script(&peer, "/base/data", "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":1003,\"errMsg\":\"invalid session\"}}]");
	struct rest_call data = read_of(&r, REST_DATA, WIRE_DATA, "/data");
	assert_int_equal(run(&r, &data), WIRE_SESSION);
	assert_int_equal(kotak_session_state(r.account.session), SESSION_UP);
	rig_close(&r);
}

/* A gateway says 401 in a page of its own: one may be a mood, several in a row are a session that ended without a word. An order alone never says it. */
static void test_turned_away(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1000, 8, 4);
	account_run(&r.account, 2 * NANOS_MINUTE);
	peer_script(&peer, "/base/book", "[{\"status\":401,\"body\":\"<html>denied</html>\"},{\"status\":403,\"body\":\"\"},{\"json\":{\"stat\":\"Ok\",\"data\":[]}},"
	            "{\"status\":403,\"body\":\"no\"},{\"status\":401,\"body\":\"\"},{\"status\":502,\"body\":\"\"},{\"status\":401,\"json\":{\"message\":\"Unauthorized\"}}]");
	peer_script(&peer, "/base" PLACE, "[{\"status\":401,\"body\":\"\"}]");
	struct rest_call book = read_of(&r, REST_REPORT, WIRE_REPORT, "/book"), place = order(&r);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(run(&r, &book), i == 2 ? WIRE_OK : WIRE_UNKNOWN);
		assert_int_equal(run(&r, &place), WIRE_UNKNOWN);
		assert_int_equal(kotak_session_state(r.account.session), SESSION_UP);
	}
	assert_int_equal(run(&r, &book), WIRE_UNKNOWN);
	assert_int_equal(kotak_session_state(r.account.session), SESSION_START);
	account_until(&r.account, SESSION_UP);
	assert_int_equal(kotak_session_generation(r.account.session), 2);
	rig_close(&r);
}

static void test_waiting_when_it_ends(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 2, 1, 0);
	account_run(&r.account, 2 * NANOS_SECOND);
	peer_script(&peer, "/base" PLACE, "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":100022,\"errMsg\":\"invalid session token\"}}]");
	struct rest_call c = order(&r);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK); /* waits for the next second, and the session is gone then */
	until(&r, 2);
	assert_int_equal(r.last.verdict, WIRE_NOT_SENT);
	assert_int_equal(peer_count(&peer, "/base" PLACE), 1);
	rig_close(&r);
}

static void test_disarmed(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1000, 8, 4);
	account_run(&r.account, 2 * NANOS_MINUTE);
	peer_script(&peer, "/base" PLACE, "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":1037,\"errMsg\":\"session ip doesnt match with reqest ip\"}}]");
	peer_script(&peer, "/base/report", "[{\"json\":{\"stat\":\"Ok\",\"data\":[]}}]");
	struct rest_call c = order(&r), report = read_of(&r, REST_REPORT, WIRE_REPORT, "/report");
	assert_int_equal(run(&r, &c), WIRE_IP);
	assert_int_equal(r.last.st_code, 1037);
	account_until(&r.account, SESSION_UP);
	assert_int_equal(run(&r, &c), WIRE_IP);
	assert_true(kotak_session_disarmed(r.account.session));
	assert_int_equal(rest_call(r.rest, &c), ERR_CLOSED);
	assert_int_equal(run(&r, &report), WIRE_OK);
	assert_int_equal(peer_count(&peer, LOGIN), 1);
	rig_close(&r);
}

/* Another process takes the account: before the call, between call and connection, and never for a question. */
static void test_fence(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 8, 4);
	peer_script(&peer, "/base" PLACE, "[" DONE_ORDER "]");
	peer_script(&peer, "/base/report", "[{\"json\":{\"stat\":\"Ok\",\"data\":[]}}]");
	struct rest_call c = order(&r), report = read_of(&r, REST_REPORT, WIRE_REPORT, "/report");
	r.may = 0;
	assert_int_equal(rest_call(r.rest, &c), ERR_CLOSED);
	for (r.may = 1; r.may <= 4; r.may++) {
		int allowed = r.may;
		unsigned before = r.done;

		if (rest_call(r.rest, &c) == ERR_OK)
			until(&r, before + 1);
		if (peer_count(&peer, "/base" PLACE) > 0)
			break;
		assert_true(allowed < 4 && (r.done == before || r.last.verdict == WIRE_NOT_SENT));
		r.may = allowed;
	}
	assert_int_equal(peer_count(&peer, "/base" PLACE), 1);
	assert_int_equal(r.last.verdict, WIRE_OK);
	r.may = 0;
	assert_int_equal(run(&r, &report), WIRE_OK);
	rig_close(&r);
}

/* -- ends ---------------------------------------------------------------------------------------------------------- */

/* An address that changes twice in a day, with orders taken in between, is two incidents: each gets its new login. */
static void test_mismatch_again(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1000, 8, 4);
	struct rest_call c = order(&r);
	for (uint64_t i = 1; i <= 2; i++) {
		account_run(&r.account, 2 * NANOS_MINUTE);
		peer_script(&peer, "/base" PLACE, "[{\"json\":{\"stat\":\"Not_Ok\",\"stCode\":1037,\"errMsg\":\"session ip doesnt match with reqest ip\"}}," DONE_ORDER "]");
		assert_int_equal(run(&r, &c), WIRE_IP);
		assert_false(kotak_session_disarmed(r.account.session));
		account_until(&r.account, SESSION_UP);
		assert_int_equal(kotak_session_generation(r.account.session), 1 + i);
		assert_int_equal(run(&r, &c), WIRE_OK);
	}
	rig_close(&r);
}

static void test_close(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 1, 0);
	peer_script(&peer, "/base" PLACE, "[{\"do\":\"silence\"}]");
	struct rest_call c = order(&r);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	account_until_requests(&r.account, "/base" PLACE, 1);
	rest_close(&r.rest);
	assert_int_equal(r.done, 2);
	assert_int_equal(r.last.verdict, WIRE_UNKNOWN); /* the waiting one was told first */
	rest_close(&r.rest);
	account_close(&r.account);
	assert_int_equal(r.done, 2);
}

static void test_close_within(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r, 1, 8, 4);
	r.close_when_done = true;
	struct rest_call c = order(&r);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	assert_int_equal(rest_call(r.rest, &c), ERR_OK);
	until(&r, 2);
	assert_null(r.rest);
	account_close(&r.account);
	assert_int_equal(r.done, 2);
}

static void test_not_up(void **state)
{
	struct rig r = { 0 };

	(void)state;
	account_init(&r.account, &peer, TIME_OF_DAY(9, 0), 1);
	account_open(&r.account);
	assert_int_equal(rest_open(r.account.session, &r.rest), ERR_OK);
	struct rest_call c = order(&r);
	assert_int_equal(rest_call(r.rest, &c), ERR_CLOSED);
	rig_close(&r);
	assert_int_equal(r.done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form), cmocka_unit_test(test_headers), cmocka_unit_test(test_order), cmocka_unit_test(test_priority),
		cmocka_unit_test(test_budgets_apart), cmocka_unit_test(test_429), cmocka_unit_test(test_give_up), cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_bad_path), cmocka_unit_test(test_session_error), cmocka_unit_test(test_turned_away), cmocka_unit_test(test_mismatch_again), cmocka_unit_test(test_waiting_when_it_ends),
		cmocka_unit_test(test_disarmed), cmocka_unit_test(test_fence), cmocka_unit_test(test_close), cmocka_unit_test(test_close_within), cmocka_unit_test(test_not_up),
	};

	return cmocka_run_group_tests(tests, peer_group_setup, peer_group_teardown);
}
