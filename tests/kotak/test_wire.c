/* Every code and shape of kotak-neo-api.md 1.5, 2.4 and 7.4, and what each field may look like. */
#include "tests/control/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/kotak/wire.h"

struct row { enum wire_kind kind; long status; const char *body; enum wire_verdict verdict; int64_t code; const char *text; };

#define OK_ORDER "{\"stat\":\"Ok\",\"nOrdNo\":\"250720000007242\",\"stCode\":200}"
#define NOT(code, text) "{\"stCode\":" #code ",\"errMsg\":\"" text "\",\"stat\":\"Not_Ok\"}"

static const struct row orders[] = {
	{ WIRE_ORDER, 200, OK_ORDER, WIRE_OK, 200, "Ok" },
	{ WIRE_ORDER, 200, "{\"stat\":\"OK\",\"nOrdNo\":\"250720000007242\"}", WIRE_OK, 0, "OK" },
	{ WIRE_ORDER, 201, OK_ORDER, WIRE_OK, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"12a\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"nOrdNo\":250720000007242,\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"nOrdNo\":\"250720000007242\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"1\",\"stCode\":1006}", WIRE_UNKNOWN, 1006, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Not_Ok\",\"nOrdNo\":\"1\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Not_Ok\",\"nOrdNo\":\"1\",\"stCode\":1006}", WIRE_UNKNOWN, 1006, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Not_Ok\",\"stCode\":200}", WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Ok\",\"stat\":\"Not_Ok\",\"nOrdNo\":\"1\"}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "{\"stCode\":1006,\"stCode\":200,\"stat\":\"Not_Ok\"}", WIRE_UNKNOWN, 1006, NULL },
	{ WIRE_ORDER, 500, OK_ORDER, WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 403, OK_ORDER, WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 429, OK_ORDER, WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 302, OK_ORDER, WIRE_UNKNOWN, 200, NULL },
	{ WIRE_ORDER, 200, NOT(14, "error from core"), WIRE_REFUSED, 14, "error from core" },
	{ WIRE_ORDER, 200, NOT(32, "error from core"), WIRE_REFUSED, 32, NULL },
	{ WIRE_ORDER, 200, NOT(1003, "invalid session"), WIRE_SESSION, 1003, "invalid session" },
	{ WIRE_ORDER, 200, NOT(1004, "Insufficient balance."), WIRE_REFUSED, 1004, NULL },
	{ WIRE_ORDER, 400, NOT(1004, "Insufficient balance."), WIRE_REFUSED, 1004, NULL },
	{ WIRE_ORDER, 200, NOT(1006, "Order already cancelled or not found."), WIRE_REFUSED, 1006, NULL },
	{ WIRE_ORDER, 200, "{\"stCode\":1007,\"errMsg\":\"body invalid\",\"stat\":\"bad request\"}", WIRE_REFUSED, 1007, "body invalid" },
	{ WIRE_ORDER, 200, NOT(1009, "Invalid instrument/code"), WIRE_REFUSED, 1009, NULL },
	{ WIRE_ORDER, 200, NOT(1017, "algo order not allowed"), WIRE_REFUSED, 1017, NULL },
	{ WIRE_ORDER, 200, "{\"stCode\":1021,\"errMsg\":\"order is completed\",\"stat\":\"please provide valid order number\"}", WIRE_REFUSED, 1021, "order is completed" },
	{ WIRE_ORDER, 200, NOT(1037, "session ip doesnt match with reqest ip"), WIRE_IP, 1037, NULL },
	{ WIRE_ORDER, 403, NOT(1037, "session ip doesnt match with reqest ip"), WIRE_IP, 1037, NULL },
	{ WIRE_ORDER, 200, NOT(100008, "unauthorized"), WIRE_IP, 100008, "unauthorized" },
	{ WIRE_ORDER, 401, NOT(100008, "unauthorized"), WIRE_IP, 100008, NULL },
	{ WIRE_ORDER, 200, NOT(5203, "No Data"), WIRE_UNKNOWN, 5203, NULL }, /* of books only */
	{ WIRE_ORDER, 200, NOT(5204, "Put Order Response : Client OrderID already exists"), WIRE_REFUSED, 5204, NULL },
	{ WIRE_ORDER, 200, NOT(10300, "Validation Errors!"), WIRE_REFUSED, 10300, NULL },
	{ WIRE_ORDER, 200, "{\"stCode\":100022,\"errMsg\":\"invalid session token\",\"stat\":\"error in neo-login-check-api\"}", WIRE_SESSION, 100022, "invalid session token" },
	{ WIRE_ORDER, 403, NOT(100022, "invalid session token"), WIRE_SESSION, 100022, NULL },
	{ WIRE_ORDER, 500, NOT(100022, "invalid session token"), WIRE_UNKNOWN, 100022, NULL },
	{ WIRE_ORDER, 200, NOT(200032, "Invalid URL."), WIRE_REFUSED, 200032, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Not_Ok\",\"error\":[{\"code\":\"10020\",\"message\":\"Authentication Failed\"}],\"tid\":\"server3_1\"}", WIRE_SESSION, 10020, "Authentication Failed" },
	{ WIRE_ORDER, 200, NOT(77777, "never seen"), WIRE_UNKNOWN, 77777, "never seen" },
	{ WIRE_ORDER, 400, NOT(77777, "never seen"), WIRE_REFUSED, 77777, NULL },
	{ WIRE_ORDER, 400, "{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field 'Qt'\"}]}", WIRE_REFUSED, 400, "Missing required field 'Qt'" },
	{ WIRE_ORDER, 400, "{}", WIRE_UNKNOWN, 0, "HTTP 400" },
	{ WIRE_ORDER, 403, "{\"message\":\"Forbidden\"}", WIRE_UNKNOWN, 0, "Forbidden" },
	{ WIRE_ORDER, 401, "{\"message\":\"Unauthorized\"}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 403, "{\"message\":\"Invalid session\"}", WIRE_SESSION, 0, NULL },
	{ WIRE_ORDER, 401, "{\"fault\":{\"code\":900901,\"message\":\"Invalid Credentials\"}}", WIRE_SESSION, 900901, "Invalid Credentials" },
	{ WIRE_ORDER, 401, "{\"fault\":{\"code\":900901,\"message\":\"Access token expired\"}}", WIRE_SESSION, 900901, NULL },
	{ WIRE_ORDER, 403, "<html>Forbidden session invalid</html>", WIRE_UNKNOWN, 0, "HTTP 403, not JSON" },
	{ WIRE_ORDER, 429, "{\"code\":429,\"error\":\"Rate limit exceeded\",\"message\":\"too many request received\"}", WIRE_RATE, 429, "Rate limit exceeded" },
	{ WIRE_ORDER, 200, "{\"code\":429,\"error\":\"Rate limit exceeded\",\"message\":\"too many request received\"}", WIRE_RATE, 429, NULL },
	{ WIRE_ORDER, 429, "", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 429, "<html>", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 502, "<html>Bad Gateway</html>", WIRE_UNKNOWN, 0, "HTTP 502, not JSON" },
	{ WIRE_ORDER, 500, "", WIRE_UNKNOWN, 0, "HTTP 500, an empty answer" },
	{ WIRE_ORDER, 503, NOT(1004, "no"), WIRE_UNKNOWN, 1004, NULL }, { WIRE_ORDER, 504, "{}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, "<html>maintenance</html>", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "{", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, OK_ORDER "x", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "{}", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, "[]", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, "null", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "\"Ok\"", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, "{\"a\":1}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":null,\"stCode\":null}", WIRE_UNKNOWN, 0, NULL }, { WIRE_ORDER, 200, "{\"stat\":{},\"stCode\":[]}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ORDER, 200, "{\"stat\":\"Not_Ok\",\"stCode\":\"1006\"}", WIRE_REFUSED, 1006, "Not_Ok" },
};

static const struct row others[] = {
	{ WIRE_REPORT, 200, "{\"stat\":\"Ok\",\"stCode\":200,\"data\":[]}", WIRE_OK, 200, NULL },
	{ WIRE_REPORT, 200, "{\"stat\":\"ok\",\"data\":[]}", WIRE_OK, 0, NULL },
	{ WIRE_REPORT, 200, "{\"data\":[]}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_REPORT, 200, "{\"stat\":\"Not_Ok\",\"stCode\":5203,\"errMsg\":\"No Data\",\"desc\":\"[]\"}", WIRE_EMPTY, 5203, "No Data" },
	{ WIRE_REPORT, 200, "{\"stat\":\"Not_Ok\",\"stCode\":5203,\"desc\":\"data not found\"}", WIRE_EMPTY, 5203, "data not found" },
	{ WIRE_REPORT, 403, NOT(5203, "No Data"), WIRE_UNKNOWN, 5203, NULL }, { WIRE_REPORT, 500, NOT(5203, "No Data"), WIRE_UNKNOWN, 5203, NULL },
	{ WIRE_REPORT, 200, "{\"stat\":\"Ok\",\"stCode\":5203,\"data\":[]}", WIRE_UNKNOWN, 5203, NULL },
	{ WIRE_REPORT, 200, NOT(77777, "never seen"), WIRE_REFUSED, 77777, NULL }, /* nothing hangs on a read */
	{ WIRE_REPORT, 200, NOT(1003, "invalid session"), WIRE_SESSION, 1003, NULL },
	{ WIRE_REPORT, 403, "{\"message\":\"Forbidden\"}", WIRE_UNKNOWN, 0, NULL }, { WIRE_REPORT, 200, "<html>", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_REPORT, 429, "", WIRE_RATE, 0, NULL }, { WIRE_REPORT, 429, "<html>", WIRE_RATE, 0, NULL },
	{ WIRE_ARRAY, 200, "[]", WIRE_OK, 0, NULL }, { WIRE_ARRAY, 200, "[{\"ltp\":\"1\"}]", WIRE_OK, 0, NULL }, { WIRE_ARRAY, 403, "[]", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_ARRAY, 200, "{\"stat\":\"Not_Ok\",\"emsg\":\"Invalid instrument/code\",\"stCode\":1009}", WIRE_REFUSED, 1009, "Invalid instrument/code" },
	{ WIRE_ARRAY, 200, "{\"fault\":{\"code\":400,\"message\":\"Invalid interval\"}}", WIRE_UNKNOWN, 400, NULL },
	{ WIRE_ARRAY, 400, "{\"fault\":{\"code\":400,\"description\":\"bad\"}}", WIRE_REFUSED, 400, "bad" },
	{ WIRE_ARRAY, 200, "{\"data\":[]}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_DATA, 200, "{\"data\":[{\"ip\":\"203.0.113.7\"}],\"stCode\":1000,\"status\":\"success\"}", WIRE_OK, 1000, NULL },
	{ WIRE_DATA, 200, "{\"data\":{\"baseFolder\":\"x\"}}", WIRE_OK, 0, NULL }, { WIRE_DATA, 200, "{\"data\":\"x\"}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_DATA, 200, "{\"data\":[],\"stCode\":1009}", WIRE_REFUSED, 1009, NULL },
	{ WIRE_DATA, 200, "{\"status\":\"ERROR\",\"fault\":{\"code\":400,\"message\":\"Invalid interval value\"}}", WIRE_REFUSED, 400, "Invalid interval value" },
	{ WIRE_DATA, 200, "{\"message\":\"Complete the 2fa process\"}", WIRE_REFUSED, 0, NULL },
	{ WIRE_REPORT, 200, "{\"message\":\"Complete the 2fa process\"}", WIRE_SESSION, 0, NULL },
	{ WIRE_LOGIN, 200, "{\"data\":{\"token\":\"a.b.c\",\"sid\":\"s\",\"status\":\"success\"}}", WIRE_OK, 0, NULL },
	{ WIRE_LOGIN, 200, "{\"data\":{\"token\":\"\"}}", WIRE_UNKNOWN, 0, NULL }, { WIRE_LOGIN, 200, "{\"data\":[]}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_LOGIN, 200, "{\"data\":{\"sid\":\"s\"}}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_LOGIN, 500, "{\"data\":{\"token\":\"a.b.c\"}}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_LOGIN, 401, "{\"data\":{\"token\":\"a.b.c\"}}", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_LOGIN, 200, "{\"error\":[{\"code\":\"400\",\"message\":\"Missing required field 'Ucc'\"}]}", WIRE_REFUSED, 400, "Missing required field 'Ucc'" },
	{ WIRE_LOGIN, 200, "{\"stCode\":429,\"errMsg\":\"Invalid UCC\",\"status\":\"failure\"}", WIRE_REFUSED, 429, "Invalid UCC" },
	{ WIRE_LOGIN, 200, "{\"stCode\":401,\"errMsg\":\"Invalid MPIN\",\"status\":\"failure\"}", WIRE_REFUSED, 401, "Invalid MPIN" },
	{ WIRE_LOGIN, 200, "{\"status\":\"error\",\"message\":\"Invalid credentials or TOTP.\",\"errorCode\":\"401\"}", WIRE_REFUSED, 401, "Invalid credentials or TOTP." },
	{ WIRE_LOGIN, 401, "{\"status\":\"error\",\"message\":\"Invalid MPIN.\",\"errorCode\":\"401\"}", WIRE_REFUSED, 401, NULL },
	{ WIRE_LOGIN, 422, "{\"message\":\"wrong\"}", WIRE_REFUSED, 0, NULL },
	{ WIRE_LOGIN, 200, "{\"stat\":\"Not_Ok\",\"error\":[{\"code\":\"10020\",\"message\":\"Authentication Failed\"}]}", WIRE_REFUSED, 10020, NULL },
	{ WIRE_LOGIN, 429, "{\"code\":429,\"error\":\"Rate limit exceeded\"}", WIRE_RATE, 429, NULL },
	{ WIRE_LOGIN, 500, "{\"status\":\"error\",\"message\":\"Service error\"}", WIRE_UNKNOWN, 0, NULL }, { WIRE_LOGIN, 403, "<html>", WIRE_UNKNOWN, 0, NULL },
	{ WIRE_LOGIN, 200, "<html>", WIRE_UNKNOWN, 0, NULL }, { WIRE_LOGIN, 200, "", WIRE_UNKNOWN, 0, NULL }, { WIRE_LOGIN, 200, "{\"a\":1}", WIRE_UNKNOWN, 0, NULL },
};

static struct http_answer answer(long status, const char *body)
{
	return (struct http_answer){ .fate = HTTP_ANSWERED, .status = status, .body = body, .len = strlen(body), .error = "", .began = 1, .sent = 2, .ended = 3 };
}

static void check_row(const struct row *row)
{
	struct http_answer a = answer(row->status, row->body);
	struct wire_answer w;
	cJSON *json;

	wire_classify(&a, row->kind, &w, &json);
	if (w.verdict != row->verdict)
		fail_msg("%ld %s: %s instead of %s", row->status, row->body, wire_verdict_name(w.verdict), wire_verdict_name(row->verdict));
	assert_int_equal(w.st_code, row->code);
	assert_int_equal(w.http, row->status);
	assert_ptr_equal(w.json, json);
	assert_true(w.text[0]);
	if (row->text)
		assert_string_equal(w.text, row->text);
	cJSON_Delete(json);
}

static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		check_row(&orders[i]);
}

static void test_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		check_row(&others[i]);
}

/* No answer of class 5xx, whatever is in it, is ever definite. */
static void test_5xx(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		for (long status = 500; status < 600; status += 9) {
			struct row row = { WIRE_ORDER, status, orders[i].body, WIRE_UNKNOWN, orders[i].code, NULL };
			check_row(&row);
		}
}

static void test_fates(void **state)
{
	static const struct { enum http_fate fate; nanos_t sent; enum wire_verdict verdict; } rows[] = {
		{ HTTP_NOT_SENT, 0, WIRE_NOT_SENT }, { HTTP_BROKEN, 5, WIRE_UNKNOWN }, { HTTP_TIMEOUT, 5, WIRE_UNKNOWN }, { HTTP_CANCELLED, 0, WIRE_NOT_SENT },
		{ HTTP_CANCELLED, 5, WIRE_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_answer a = { .fate = rows[i].fate, .sent = rows[i].sent, .status = 200, .body = "", .error = "Connection\nreset" };
		struct wire_answer w;
		cJSON *json;

		wire_classify(&a, WIRE_ORDER, &w, &json);
		assert_int_equal(w.verdict, rows[i].verdict);
		assert_int_equal(w.http, 0);
		assert_null(json);
		assert_string_equal(w.text, "Connection reset");
	}
}

static void test_headers(void **state)
{
	struct http_answer a = answer(429, "{}");
	struct wire_answer w;
	cJSON *json;

	(void)state;
	a.retry_after = 7 * NANOS_SECOND;
	a.date = 77;
	wire_classify(&a, WIRE_REPORT, &w, &json);
	assert_int_equal(w.retry_after, 7 * NANOS_SECOND);
	assert_int_equal(w.server_date, 77);
	cJSON_Delete(json);
}

/* What is shown to people is one printable line and holds no token. */
static void test_text(void **state)
{
	static const struct { const char *said, *shown; } rows[] = {
		{ "a\\nb\\u0007\\u00e9", "a b   " }, { "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJBQkMxMiJ9.abc refused", "token *** refused" },
		{ "sid 0f8fad5b-d9cb-469f-a165-70867728950e", "sid ***" }, { "order 250720000007242 is gone", "order 250720000007242 is gone" },
	};
	char body[512];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(body, sizeof(body), "{\"stat\":\"Not_Ok\",\"stCode\":1006,\"errMsg\":\"%s\"}", rows[i].said);
		struct row row = { WIRE_ORDER, 200, body, WIRE_REFUSED, 1006, rows[i].shown };
		check_row(&row);
	}
	memset(body, 0, sizeof(body));
	int at = snprintf(body, sizeof(body), "{\"stat\":\"Not_Ok\",\"stCode\":1006,\"errMsg\":\"");
	for (int i = 0; i < 400; i++)
		body[at++] = i % 10 ? 'x' : ' ';
	snprintf(body + at, sizeof(body) - (size_t)at, "\"}");
	struct row row = { WIRE_ORDER, 200, body, WIRE_REFUSED, 1006, NULL };
	check_row(&row); /* cut, not overrun */
}

/* -- JSON ---------------------------------------------------------------------------------------------------------- */

static void test_parse(void **state)
{
	static const char *const bad[] = { "", " ", "{", "{}x", "{} {}", "[1,]", "nul", "\"a", "{\"a\":}" };
	cJSON *json;
	char text[32];
	int64_t v = 0;

	(void)state;
	static const char whole[] = "{\"a\":1737536281933015920,\"b\":-1737536281933015920,\"c\":123456789012345,\"d\":1234567890123456,"
	                            "\"e\":\"\\\"1737536281933015920,\",\"f\":[1737536281933015920],\"g\":1737536281933015920.5} \r\n\t";
	json = wire_parse(whole, sizeof(whole) - 1);
	assert_non_null(json);
	assert_true(wire_int(json, "a", &v) && v == INT64_C(1737536281933015920));
	assert_true(wire_int(json, "b", &v) && v == -INT64_C(1737536281933015920));
	assert_true(wire_int(json, "c", &v) && v == INT64_C(123456789012345));
	assert_true(wire_int(json, "d", &v) && v == INT64_C(1234567890123456));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(json, "e")), "\"1737536281933015920,");
	assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "f"), 0)), "1737536281933015920");
	assert_true(cJSON_IsNumber(cJSON_GetObjectItem(json, "g")));
	cJSON_Delete(json);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_null(wire_parse(bad[i], strlen(bad[i])));
	assert_null(wire_parse("{}\0{}", 5));
	assert_null(wire_parse("{\"a\":\"b\0c\"}", 11));
	for (int depth = 64; depth <= 65; depth++) {
		char nest[140] = "";
		memset(nest, '[', (size_t)depth);
		memset(nest + depth, ']', (size_t)depth);
		json = wire_parse(nest, (size_t)depth * 2);
		assert_int_equal(json != NULL, depth == 64);
		cJSON_Delete(json);
	}
	for (size_t len = 1; len < sizeof(whole) - 5; len++) /* cut anywhere: not JSON */
		assert_null(wire_parse(whole, len));
	snprintf(text, sizeof(text), "{\"a\":1e309,\"b\":-0}");
	json = wire_parse(text, strlen(text));
	assert_false(wire_int(json, "a", &v) || wire_decimal(json, "a", &v));
	assert_true(wire_int(json, "b", &v) && v == 0);
	cJSON_Delete(json);
}

static void parses_to(const char *text, const char *want)
{
	cJSON *json = wire_parse(text, strlen(text));
	char *got = json ? cJSON_PrintUnformatted(json) : NULL;

	assert_string_equal(got ? got : "", want ? want : "");
	free(got);
	cJSON_Delete(json);
}

/* Fillers of rows go; where leaving one out could hide a mistake, or it is not plain, it stays. */
static void test_parse_leaves_out(void **state)
{
	static const struct { const char *text, *left; } rows[] = {
		{ "{\"data\":[{\"actId\":\"A\",\"qty\":1,\"boeSec\":1737536281,\"prc\":\"9.39\"}]}", "{\"data\":[{\"qty\":1,\"prc\":\"9.39\"}]}" },
		{ "{\"d\":{\"sym\" :\t\"X\" ,\n\"it\":\"\",\"rmk\":\"--\",\"a\":2}}", "{\"d\":{\"a\":2}}" },
		{ "{\"d\":[{\"updRecvTm\":1737536281933015920,\"uSec\":\"1\",\"a\":1}]}", "{\"d\":[{\"updRecvTm\":\"1737536281933015920\",\"a\":1}]}" },
		{ "{\"actId\":\"A\",\"a\":1}", "{\"actId\":\"A\",\"a\":1}" },                               /* the root is no row */
		{ "{\"d\":{\"a\":1,\"actId\":\"A\"}}", "{\"d\":{\"a\":1,\"actId\":\"A\"}}" },                 /* the last one */
		{ "{\"d\":{\"actId\":\"\\\"\",\"a\":1}}", "{\"d\":{\"actId\":\"\\\"\",\"a\":1}}" },         /* an escape */
		{ "{\"d\":{\"actId\":null,\"sym\":{},\"it\":-1,\"a\":1}}", "{\"d\":{\"actId\":null,\"sym\":{},\"it\":-1,\"a\":1}}" },
		{ "{\"d\":{\"a\":\"sym\",\"b\":\"it\"}}", "{\"d\":{\"a\":\"sym\",\"b\":\"it\"}}" },           /* values, not keys */
		{ "{\"d\":[\"sym\",\"it\",\"rmk\"]}", "{\"d\":[\"sym\",\"it\",\"rmk\"]}" },
		{ "{\"d\":{\"symx\":1,\"xit\":2,\"\":3,\"actid\":4,\"a\":1}}", "{\"d\":{\"symx\":1,\"xit\":2,\"\":3,\"actid\":4,\"a\":1}}" },
		{ "{\"d\":{\"ymr\":1,\"ecmi\":2,\"a\":1}}", "{\"d\":{\"ymr\":1,\"ecmi\":2,\"a\":1}}" },         /* across two names of the list */
		{ "{\"d\":{\"sym\":\"X\",}}", NULL }, { "{\"d\":{\"sym\":\"X\",1}}", NULL }, { "{\"d\":{\"sym\":1x,\"a\":1}}", NULL },
		{ "{\"d\":{,\"sym\":\"X\",\"a\":1}}", NULL }, { "{\"d\":{\"a\" \"sym\":\"X\",\"b\":1}}", NULL }, { "{\"d\":[\"sym\":1,\"a\"]}", NULL },
		{ "{\"d\":[{}, \"sym\":1,\"a\"]}", NULL }, { "{\"d\":{\"a\":\"sym\":1,\"b\":1}}", NULL }, { "{\"d\":{\"sym\":\"X\",\"a\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		parses_to(rows[i].text, rows[i].left);
}

/* Every field that a reader of rows asks for. */
static void test_parse_keeps_what_is_read(void **state)
{
	static const char *const read[] = {
		"nOrdNo", "exOrdId", "ordSt", "exSeg", "trdSym", "tok", "trnsTp", "prod", "prc", "avgPrc", "trgPrc", "qty", "fldQty", "cnlQty", "rejRsn", "GuiOrdId", "ordGenTp",
		"updRecvTm", "flId", "fldQty", "flDt", "flTm", "cfBuyQty", "cfSellQty", "flBuyQty", "flSellQty", "buyAmt", "sellAmt", "ip", "Net", "token", "sid", "baseUrl",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(read); i++) {
		char text[96];

		snprintf(text, sizeof(text), "{\"data\":[{\"%s\":\"x\",\"z\":1}]}", read[i]);
		parses_to(text, text);
	}
}

static void test_parse_huge(void **state)
{
	size_t most = 16 * 1024 * 1024;
	char *text = malloc(most + 2);

	(void)state;
	memset(text, ' ', most + 1);
	text[0] = '1';
	cJSON *json = wire_parse(text, most);
	assert_non_null(json);
	cJSON_Delete(json);
	assert_null(wire_parse(text, most + 1));
	memset(text, '[', most);
	assert_null(wire_parse(text, most));
	free(text);
}

static void test_fields(void **state)
{
	static const struct { const char *value; bool is_int; int64_t whole; bool is_decimal; int64_t decimal; } rows[] = {
		{ "7", true, 7, true, 70000 }, { "\"7\"", true, 7, true, 70000 }, { "\" 7 \"", true, 7, true, 70000 }, { "-7", true, -7, true, -70000 },
		{ "\"75.00\"", true, 75, true, 750000 }, { "75.0", true, 75, true, 750000 }, { "\"75.5\"", false, 0, true, 755000 }, { "75.5", false, 0, true, 755000 },
		{ "19.409999999999997", false, 0, true, 194100 }, { "\"19.409999999999997\"", false, 0, true, 194100 }, { "0.00005", false, 0, true, 1 },
		{ "\"801.6000\"", false, 0, true, 8016000 }, { "1e3", true, 1000, true, 10000000 }, { "\"1e3\"", false, 0, false, 0 },
		{ "\"9223372036854775807\"", true, INT64_MAX, false, 0 }, { "\"9223372036854775808\"", false, 0, false, 0 }, { "1e300", false, 0, false, 0 },
		{ "\"+7\"", true, 7, true, 70000 }, { "\"0x7\"", false, 0, false, 0 }, { "\"7,000\"", false, 0, false, 0 }, { "\"NaN\"", false, 0, false, 0 },
		{ "\"7 7\"", false, 0, false, 0 }, { "true", false, 0, false, 0 }, { "[]", false, 0, false, 0 }, { "{}", false, 0, false, 0 },
		{ "\"seven\"", false, 0, false, 0 },
	};
	static const char *const nothing[] = { "null", "\"\"", "\"--\"", "\"NA\"", "\"na\"", "\"  \"", "\"- \"" };
	char text[128];
	int64_t v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(text, sizeof(text), "{\"k\":%s}", rows[i].value);
		cJSON *json = wire_parse(text, strlen(text));
		v = 99;
		if (wire_int(json, "k", &v) != rows[i].is_int || (rows[i].is_int && v != rows[i].whole))
			fail_msg("int %s", rows[i].value);
		assert_int_equal(wire_int_or(json, "k", 5, &v), rows[i].is_int);
		if (wire_decimal(json, "k", &v) != rows[i].is_decimal || (rows[i].is_decimal && v != rows[i].decimal))
			fail_msg("decimal %s: %lld", rows[i].value, (long long)v);
		assert_int_equal(wire_decimal_or(json, "k", 5, &v), rows[i].is_decimal);
		assert_false(wire_int(json, "K", &v)); /* another key */
		cJSON_Delete(json);
	}
	for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
		snprintf(text, sizeof(text), "{\"k\":%s}", nothing[i]);
		cJSON *json = wire_parse(text, strlen(text));
		assert_false(wire_int(json, "k", &v) || wire_decimal(json, "k", &v)); /* never a zero */
		assert_true(wire_int_or(json, "k", 5, &v) && v == 5);
		assert_true(wire_decimal_or(json, "k", NUM_UNKNOWN, &v) && v == NUM_UNKNOWN);
		assert_true(wire_int_or(json, "absent", 6, &v) && v == 6);
		cJSON_Delete(json);
	}
	assert_false(wire_int(NULL, "k", &v));
	assert_true(wire_int_or(NULL, "k", 5, &v));
}

static void test_field_text(void **state)
{
	cJSON *json = wire_parse("{\"a\":\"\",\"b\":1,\"c\":\"x\"}", 22);
	const char *text = "kept";

	(void)state;
	assert_true(wire_text(json, "a", &text) && text[0] == '\0');
	assert_false(wire_text(json, "b", &text));
	assert_false(wire_text(json, "d", &text));
	assert_string_equal(text, "");
	assert_true(wire_text(json, "c", &text));
	cJSON_Delete(json);
	assert_false(wire_text(NULL, "a", &text));
}

static void test_stamps(void **state)
{
	static const char *const same[] = { "22-Jan-2025 14:28:01", "22-jan-2025 14: 28: 01", "2025/01/22 14:28:01", " 22-JAN-2025  14:28:01 " };
	static const char *const bad[] = { "", "22-Jan-2025", "22-Jan-2025 14:28", "22-Jan-2025 24:00:00", "22-Jan-2025 14:60:00", "22-Jan-2025 14:28:60",
	                                   "31-Feb-2025 14:28:01", "22-Foo-2025 14:28:01", "2025/13/01 14:28:01", "2025-01-22 14:28:01", "NA", "--", "22-Jan-2025 14:28:01x",
	                                   "22-Jan-2025T14:28:01", "2025/01/22", "22-Jan", "22-", "1-Jan-2025 14:28:01", "2025/1/22 14:28:01", "22-Jan-1969 14:28:01",
	                                   "22-Jan-2200 14:28:01", "9999/12/31 00:00:00", "0000/01/01 00:00:00" };
	nanos_t at = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_true(wire_stamp(same[i], &at));
		assert_int_equal(at, INT64_C(1737536281) * NANOS_SECOND); /* boeSec of the same row in Kotak's sample */
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (wire_stamp(bad[i], &at))
			fail_msg("taken: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orders), cmocka_unit_test(test_others), cmocka_unit_test(test_5xx), cmocka_unit_test(test_fates),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_text), cmocka_unit_test(test_parse), cmocka_unit_test(test_parse_leaves_out),
		cmocka_unit_test(test_parse_keeps_what_is_read), cmocka_unit_test(test_parse_huge),
		cmocka_unit_test(test_fields), cmocka_unit_test(test_field_text), cmocka_unit_test(test_stamps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
