/* The simulator's broker, called as a client calls it: login, files, orders, books, data. Feeds and faults have files of their own. */
#include "tests/sim/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* -- text ------------------------------------------------------------------------------------------------------------------------------- */

static void test_forms(void **state)
{
	static const char *const good[] = {
		"jData=%7B%22am%22%3A+%22NO%22%2C+%22pr%22%3A+%22184.35%22%2C+%22ig%22%3A+null%2C+%22n%22%3A+-1.5%7D",
		"jData={\"am\":\"NO\",\"pr\":\"184.35\",\"ig\":null,\"n\":-1.5}", "jData=%7b%22am%22:%20%22NO%22,%22pr%22:%22184.35%22,%22ig%22:null,%22n%22:-1.5%7d",
	};
	static const char *const bad[] = {
		"", "jData=", "data={}", "jData={", "jData={\"a\"}", "jData={\"a\":}", "jData={\"a\":\"b\"", "jData={\"a\":\"b}", "jData={\"a\":[]}", "jData={\"a\":1}x", "jData={\"a\":\"\\u0041\"}",
		"jData={\"a\":1,}",
	};
	struct fields f;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(fields_of_form(&f, good[i], strlen(good[i])));
		assert_int_equal(f.n, 4);
		assert_string_equal(fields_get(&f, "am"), "NO");
		assert_string_equal(fields_get(&f, "pr"), "184.35");
		assert_null(fields_get(&f, "ig"));
		assert_string_equal(fields_get(&f, "n"), "-1.5");
		assert_null(fields_get(&f, "absent"));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(fields_of_form(&f, bad[i], strlen(bad[i])));
	assert_true(fields_of_form(&f, "jData={}", 8));
	assert_true(fields_of_json(&f, "{\"a\":\"\\\"\\\\\\n\"} ", 15));
	assert_string_equal(fields_get(&f, "a"), "\"\\\n");
}

static void test_numbers(void **state)
{
	static const struct { const char *text; int64_t paise; } good[] = { { "184.35", 18435 }, { "0", 0 }, { "12", 1200 }, { ".5", 50 }, { "7.1", 710 }, { "3.1000", 310 }, { "99999999.99", 9999999999 } };
	static const char *const bad[] = { "", ".", "-1", "1.005", "1e3", "1,000", "0x1", "1.2.3", "123456789012345.00" };
	struct buf b = { 0 };
	int64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(text_paise(good[i].text, &n));
		assert_int_equal(n, good[i].paise);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_paise(bad[i], &n));
	assert_true(text_count("65", &n) && n == 65);
	assert_false(text_count("6.5", &n) || text_count("", &n) || text_count("-1", &n) || text_count("1234567890123456", &n));
	text_put_paise(&b, -5);
	text_put_paise(&b, 18435);
	assert_string_equal(b.data, "-0.05184.35");
	buf_done(&b);
}

static void test_dates(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int64_t date = 0; date < 40000; date++) {
		struct ist t = text_date(date);

		assert_int_equal(text_date_of(t.year, t.month, t.day), date);
	}
	struct ist t = text_ist(RIG_NIGHT + 9 * 3600 * SECOND + 123 * MILLI);

	assert_true(t.year == 2026 && t.month == 11 && t.day == 23 && t.hour == 9 && t.minute == 0 && t.milli == 123 && t.weekday == 1);
	assert_true(text_date_of(2028, 2, 29) + 1 == text_date_of(2028, 3, 1));
	text_put_time(&b, RIG_NIGHT - SECOND);
	assert_string_equal(b.data, "22-Nov-2026 23:59:59");
	buf_done(&b);
}

/* -- login ------------------------------------------------------------------------------------------------------------------------------ */

static void test_login(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));

	(void)state;
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "100022"));
	rig_enter(r);
	assert_true(rig_says(r, "\"baseUrl\":\"" RIG_BASE "/\"") && rig_says(r, "\"dataCenter\":\"E41\"") && rig_says(r, "\"feedUrl\":\"https://sim.example.com/apifeed\""));
	assert_int_equal(strlen(r->token) - strlen(strchr(r->token, '.')), 36);
	assert_non_null(strchr(strchr(r->token, '.') + 1, '.'));
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "5203") && rig_says(r, "Not_Ok"));
	rig_get(r, "/login/1.0/get-client-ip");
	assert_true(rig_says(r, "{\"data\":[{\"ip\":\"203.0.113.7\",\"time\":\"2026-11-23 09:00:30.000\"}],\"stCode\":1000,\"status\":\"success\"}"));
	r->token[5] ^= 1;
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "100022"));
	rig_get(r, "/5config/config?appVersion=1&platform=api&environment=prod");
	assert_true(rig_says(r, "\"E41_sh_broadcast_endpoint\":\"https://sim.example.com/apifeed\""));
	rig_free(r);
}

static void test_login_refusals(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));
	const char *validate = "/login/1.0/tradeApiValidate";

	(void)state;
	rig_call(r, "POST", "/login/1.0/tradeApiLogin", "application/json", "{\"ucc\":\"ABC12\",\"totp\":\"1\"}");
	assert_true(rig_says(r, "Missing required field 'MobileNumber'") && r->answer.status == 400);
	rig_login(r, "", "123456");
	assert_true(rig_says(r, "'Ucc'"));
	rig_login(r, "ABC12", "");
	assert_true(rig_says(r, "'Totp'"));
	rig_login(r, "XYZ99", rig_code(r->now));
	assert_true(rig_says(r, "{\"stCode\":429,\"errMsg\":\"Invalid UCC\",\"status\":\"failure\"}") && r->answer.status == 200);
	rig_call(r, "POST", "/login/1.0/tradeApiLogin", "application/json", "{");
	assert_int_equal(r->answer.status, 400);
	rig_call(r, "POST", validate, "application/json", "{\"mpin\":\"246810\"}");
	assert_true(rig_says(r, "Authentication Failed"));
	rig_login(r, "ABC12", rig_code(r->now));
	text_copy(r->token, sizeof(r->token), rig_value(r->answer.body, "token"));
	text_copy(r->sid, sizeof(r->sid), rig_value(r->answer.body, "sid"));
	rig_get(r, "/quick/user/orders"); /* the view token is good for nothing but the second step */
	assert_true(rig_says(r, "100022"));
	rig_call(r, "POST", validate, "application/json", "{\"mpin\":\"000000\"}");
	assert_true(rig_says(r, "Invalid MPIN") && r->answer.status == 200);
	rig_call(r, "POST", validate, "application/json", "{\"mpin\":\"\"}");
	assert_true(rig_says(r, "'Mpin'"));
	rig_call(r, "POST", validate, "application/json", "{\"mpin\":\"246810\"}");
	assert_true(rig_says(r, "\"kType\":\"Trade\""));
	rig_call(r, "POST", validate, "application/json", "{\"mpin\":\"246810\"}"); /* used up */
	assert_true(rig_says(r, "Authentication Failed"));
	rig_free(r);
}

static void login_at(struct rig *r, sim_ns of_code, bool good)
{
	rig_login(r, "ABC12", rig_code(of_code));
	assert_int_equal(rig_says(r, "\"kType\":\"View\""), good);
}

/* A step early or late passes, two do not; no code passes twice, and none older than one that did. */
static void test_totp(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));

	(void)state;
	login_at(r, r->now - 60 * SECOND, false);
	login_at(r, r->now + 60 * SECOND, false);
	login_at(r, r->now - 30 * SECOND, true);
	login_at(r, r->now - 30 * SECOND, false);
	login_at(r, r->now + 30 * SECOND, true);
	login_at(r, r->now, false);
	login_at(r, r->now + 30 * SECOND, false);
	r->now += 60 * SECOND;
	login_at(r, r->now, true);
	rig_free(r);
}

/* -- files ------------------------------------------------------------------------------------------------------------------------------ */

static size_t columns(const char *line)
{
	size_t n = 1;

	for (; *line && *line != '\n'; line++)
		n += *line == ',';
	return n;
}

static void test_files(void **state)
{
	struct rig *r = rig_new(3, rig_at(8, 30));
	size_t n = 0;

	(void)state;
	rig_get(r, "/script-details/1.0/masterscrip/file-paths");
	assert_true(rig_says(r, "\"" RIG_BASE "/wso2-scripmaster/v1/prod/2026-11-23/transformed/nse_fo.csv\""));
	assert_int_equal(rig_times(r, ".csv\""), 7);
	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-23/transformed/nse_fo.csv");
	assert_true(rig_says(r, ",1479911400,")); /* 1795424400: 14:30 of 23 November, in NSE's epoch */
	assert_int_equal(rig_times(r, ",3511.00,65,"), 30);
	for (const char *line = r->answer.body; *line; line = strchr(line, '\n') + 1, n++)
		assert_int_equal(columns(line), 79);
	assert_int_equal(n, 31);
	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-23/transformed-v1/nse_cm-v1.csv");
	assert_int_equal(rig_times(r, "\n"), 4);
	for (const char *line = r->answer.body; *line; line = strchr(line, '\n') + 1)
		assert_int_equal(columns(line), 79);
	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-23/transformed/mcx_fo.csv");
	assert_int_equal(rig_times(r, "\n"), 1);
	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-22/transformed/nse_fo.csv");
	assert_true(r->answer.status == 403 && rig_says(r, "<html>"));
	rig_get(r, "/wso2-scripmaster/v1/prod/2026-11-23/transformed-v1/nse_fo-v1.csv");
	assert_int_equal(r->answer.status, 403);
	rig_free(r);
}

/* Weekly names carry the day, the week of the monthly expiry the month; a holiday moves the expiry forward. */
static void test_expiries(void **state)
{
	static const struct { int month, day; const char *path, *symbol, *expiry; } rows[] = {
		{ 11, 16, "2026-11-16", ",NIFTY26N17", "2026-11-17" }, { 11, 17, "2026-11-17", ",NIFTY26N17", "2026-11-17" }, { 11, 18, "2026-11-18", ",NIFTY26NOV2", "2026-11-23" },
		{ 11, 23, "2026-11-23", ",NIFTY26NOV2", "2026-11-23" }, { 11, 25, "2026-11-25", ",NIFTY26D01", "2026-12-01" }, { 12, 28, "2026-12-28", ",NIFTY26DEC2", "2026-12-29" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sim_ns begin = (text_date_of(2026, rows[i].month, rows[i].day) * 86400 - 19800 + 10 * 3600) * SECOND;
		struct rig *r = rig_new(1, begin);
		char path[128];

		snprintf(path, sizeof(path), "/wso2-scripmaster/v1/prod/%s/transformed/nse_fo.csv", rows[i].path);
		rig_get(r, path);
		assert_int_equal(rig_times(r, rows[i].symbol), 30);
		rig_get(r, "/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=NIFTY");
		assert_true(rig_says(r, rows[i].expiry));
		rig_free(r);
	}
}

static void test_urls(void **state)
{
	struct rig *r = rig_in(1);
	struct sim_request q = { .method = "GET", .url = "https://other.example.com/quick/user/orders" };

	(void)state;
	sim_broker_http(r->broker, r->now, &q, &r->answer);
	assert_true(rig_says(r, "200032"));
	rig_get(r, "/quick/user/nothing");
	assert_int_equal(r->answer.status, 404);
	rig_get(r, "/quick/order/rule/ms/place");
	assert_int_equal(r->answer.status, 404);
	rig_call(r, "POST", "/quick/user/limits", "application/json", "{}");
	assert_true(r->answer.status == 400 && rig_says(r, "1007"));
	q = (struct sim_request){ .method = "GET", .url = RIG_BASE "/script-details/1.0/masterscrip/file-paths" };
	sim_broker_http(r->broker, r->now, &q, &r->answer);
	assert_int_equal(r->answer.status, 401);
	assert_int_equal(r->answer.date % SECOND, 0);
	rig_free(r);
}

/* -- orders ----------------------------------------------------------------------------------------------------------------------------- */

static void test_bought_and_sold(void **state)
{
	struct rig *r = rig_in(1);
	const struct sim_trade *trades;

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = rig_rupees(rig_price(r, r->call) + 500) });
	assert_true(rig_says(r, "{\"stat\":\"Ok\",\"nOrdNo\":\"261123000001000\",\"stCode\":200}"));
	assert_int_equal(rig_order(r, 0)->status, SIM_PENDING); /* received is not accepted */
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_FILLED);
	assert_int_equal(rig_order(r, 0)->filled, 65);
	assert_true(rig_order(r, 0)->value <= 65 * rig_order(r, 0)->price);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"ordSt\":\"complete\"") && rig_says(r, "\"GuiOrdId\":\"T1\"") && rig_says(r, "\"fldQty\":65,\"unFldSz\":0") && rig_says(r, "\"stat\":\"Ok\",\"stCode\":200"));
	rig_get(r, "/quick/user/orders/261123000001000");
	assert_true(rig_says(r, "\"ordSt\":\"complete\""));
	rig_get(r, "/quick/user/orders/261123000001001");
	assert_true(rig_says(r, "5203"));
	rig_get(r, "/quick/user/trades");
	assert_true(rig_says(r, "\"stat\":\"ok\"") && rig_says(r, "\"flId\":\"70000001\"") && rig_says(r, "\"tok\":\"\"") && rig_says(r, "\"qty\":0,"));
	rig_get(r, "/quick/user/positions");
	assert_true(rig_says(r, "\"flBuyQty\":\"65\",\"flSellQty\":\"0\"") && rig_says(r, "\"prod\":\"MIS\"") && !rig_says(r, "\"ltp\""));
	rig_get(r, "/portfolio/v2/positions");
	assert_true(rig_says(r, "\"ltp\""));
	assert_int_equal(rig_position(r, r->call, "MIS")->net, 65);
	assert_int_equal(rig_position(r, r->call, "MIS")->cash, -rig_order(r, 0)->value);
	rig_place(r, (struct ask){ .symbol = r->call, .side = "S", .price = rig_rupees(rig_price(r, r->call) - 500) });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 1)->status, SIM_FILLED);
	assert_true(rig_position(r, r->call, "MIS")->net == 0 && rig_position(r, r->call, "MIS")->ours == 0);
	assert_int_equal(sim_broker_trades(r->broker, &trades), 2);
	assert_int_equal(rig_position(r, r->call, "MIS")->cash, trades[1].qty * trades[1].price - trades[0].qty * trades[0].price);
	rig_free(r);
}

static void test_history(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	rig_form(r, "/quick/order/history", "{\"nOrdNo\":\"261123000001000\"}");
	const char *received = strstr(r->answer.body, "put order req received"), *open = strstr(r->answer.body, "\"ordSt\":\"open\"");

	assert_true(received && open && open < received); /* newest first */
	assert_int_equal(rig_times(r, "\"exchOrdId\""), 4);
	assert_true(rig_says(r, "2026 10: 00: 3"));
	rig_form(r, "/quick/order/history", "{\"nOrdNo\":\"261123000009999\"}");
	assert_true(rig_says(r, "5203"));
	rig_free(r);
}

/* What is wrong with the request is said at once. */
static void test_place_invalid(void **state)
{
	static const struct { const char *json; int code; } rows[] = {
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"0.0\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1.005\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"LMT\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"0\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"BO\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"vd\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"Buy\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\","
			"\"ig\":\"a-tag-that-is-longer-than-23\"}", 1007 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_cm\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"%s\",\"tt\":\"B\"}", 1009 },
		{ "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"MIS\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\",\"tp\":\"0\",\"ts\":\"NIFTY\",\"tt\":\"B\"}", 1009 },
		{ "{\"am\":\"NO\",\"dq\":\"0\"}", 1007 },
	};
	struct rig *r = rig_in(1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char json[512], code[16];

		rig_run(r, SECOND);
		snprintf(json, sizeof(json), "%.*s%s%s", (int)(strcspn(rows[i].json, "%")), rows[i].json, strchr(rows[i].json, '%') ? r->call : "",
			strchr(rows[i].json, '%') ? strchr(rows[i].json, '%') + 2 : "");
		snprintf(code, sizeof(code), "%d", rows[i].code);
		rig_form(r, "/quick/order/rule/ms/place", json);
		assert_true(rig_says(r, code));
	}
	assert_int_equal(rig_orders(r), 0);
	rig_run(r, SECOND);
	rig_call(r, "POST", "/quick/order/rule/ms/place", "application/x-www-form-urlencoded", "jData=%7B%22am%22%3A+%22NO%22%2C+%22dq%22%3A+%220%22%2C+%22es%22%3A+%22nse_cm%22%2C+"
		"%22mp%22%3A+%220%22%2C+%22pc%22%3A+%22CNC%22%2C+%22pr%22%3A+%2218.00%22%2C+%22pt%22%3A+%22L%22%2C+%22qt%22%3A+%221%22%2C+%22rt%22%3A+%22DAY%22%2C+%22tp%22%3A+%220%22%2C+"
		"%22ts%22%3A+%22JPPOWER-EQ%22%2C+%22tt%22%3A+%22B%22%2C+%22ig%22%3A+null%2C+%22os%22%3A+%22NEOTRADEAPI%22%2C+%22extra%22%3A+%22x%22%7D");
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_free(r);
}

/* What is wrong with the order is said later, in the book. */
static void test_place_rejected(void **state)
{
	static const struct { struct ask ask; const char *reason; } rows[] = {
		{ { .price = "10.00", .qty = "66" }, "multiples of regular lot" }, { { .price = "10.00", .qty = "3575" }, "freeze quantity" }, { { .price = "10.02" }, "tick size" },
		{ { .price = "9999.00", .qty = "65" }, "execution range" }, { { .price = "0", .type = "SL-M", .trigger = "5.00" }, "Market order with Algo Id not allowed" },
		{ { .price = "10.00", .type = "SL", .trigger = "10.05" }, "Trigger price" }, { { .price = "10.05", .type = "SL", .trigger = "10.00", .side = "S" }, "Trigger price" },
		{ { .price = "10.00", .product = "CNC" }, "product not allowed" }, { { .price = "500.00", .qty = "2015" }, "RMS:Margin Exceeds" },
		{ { .price = "100.00", .qty = "455", .side = "S" }, "RMS:Margin Exceeds" },
	};
	struct rig *r = rig_in(1);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ask a = rows[i].ask;

		a.symbol = r->call;
		rig_place(r, a);
		assert_true(rig_says(r, "\"stat\":\"Ok\""));
		rig_run(r, SECOND);
		assert_int_equal(rig_order(r, i)->status, SIM_REJECTED);
		rig_get(r, "/quick/user/orders");
		assert_true(rig_says(r, rows[i].reason));
		assert_int_equal(rig_times(r, "\"ordSt\":\"rejected\""), i + 1);
	}
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00", .qty = "3510" });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, sizeof(rows) / sizeof(rows[0]))->status, SIM_OPEN);
	rig_free(r);
}

static void test_tag_is_unique(void **state)
{
	struct rig *r = rig_in(1);
	struct ask a = { .symbol = r->call, .price = "1.00", .tag = "c1-000123" };

	(void)state;
	rig_place(r, a);
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	for (int i = 0; i < 5; i++) {
		rig_run(r, SECOND);
		rig_place(r, a);
		assert_true(rig_says(r, "Not_Ok") && (rig_says(r, "5204") || rig_says(r, "\"stCode\":32")));
	}
	assert_int_equal(rig_orders(r), 1);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	rig_place(r, a); /* not even when the first is over */
	assert_true(rig_says(r, "Not_Ok"));
	a.tag = "";
	rig_place(r, a);
	rig_place(r, a); /* none is no tag */
	assert_int_equal(rig_orders(r), 3);
	rig_free(r);
}

static void test_market_becomes_limit(void **state)
{
	struct rig *r = rig_in(1);
	int64_t last = rig_price(r, r->call), band = last < 1000 ? last / 20 : last < 10000 ? last * 3 / 100 : last * 2 / 100;

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "0", .type = "MKT" });
	assert_int_equal(rig_order(r, 0)->price, (last + band) / 5 * 5);
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"prcTp\":\"L\""));
	rig_place(r, (struct ask){ .symbol = r->call, .price = "0" });
	assert_int_equal(rig_order(r, 1)->price, 100); /* a limit of nothing */
	rig_free(r);
}

/* A bid a little below is reached sooner or later, and gets its own price then; one that may not wait is cancelled. */
static void test_rests_and_fills_at_its_price(void **state)
{
	struct rig *r = rig_in(3);
	int64_t bid = rig_price(r, "JPPOWER-EQ") - 5;

	(void)state;
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = rig_rupees(bid), .qty = "40" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = rig_rupees(bid), .qty = "40", .validity = "IOC" });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_OPEN);
	assert_int_equal(rig_order(r, 1)->status, SIM_CANCELLED);
	for (int i = 0; i < 10000 && rig_order(r, 0)->status == SIM_OPEN; i++)
		rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_FILLED);
	assert_int_equal(rig_order(r, 0)->value, 40 * bid);
	rig_free(r);
}

/* More than the book has: what is there now, the rest in the seconds that follow. */
static void test_depth_is_finite(void **state)
{
	struct rig *r = rig_in(4);
	const struct sim_trade *trades;

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->put, .price = rig_rupees(rig_price(r, r->put) + 15), .qty = "3510" });
	rig_run(r, 100 * MILLI);
	const struct sim_order *o = rig_order(r, 0);

	assert_true(o->status == SIM_OPEN && o->filled > 0 && o->filled < 3510 && o->filled % 65 == 0);
	size_t n = sim_broker_trades(r->broker, &trades);
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		assert_true(!i || trades[i].price >= trades[i - 1].price);
		sum += trades[i].qty;
	}
	assert_int_equal(sum, o->filled);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_order(r, 0)->status == SIM_CANCELLED && rig_order(r, 0)->filled > 0 && !rig_says(r, "\"cnlQty\":0,")); /* cancelled orders may carry fills */
	rig_free(r);
}

static void test_stop(void **state)
{
	struct rig *r = rig_in(5);
	int64_t last = rig_price(r, r->put);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->put, .type = "SL", .trigger = rig_rupees(last + 1000), .price = rig_rupees(last + 4000) });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_TRIGGER);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"ordSt\":\"trigger pending\"") && rig_says(r, "\"prcTp\":\"SL\""));
	for (int i = 0; i < 20000 && rig_order(r, 0)->status == SIM_TRIGGER; i++)
		rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_FILLED);
	assert_true(rig_order(r, 0)->value >= 65 * (last + 1000));
	rig_free(r);
}

static void test_modify(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00", .qty = "130" });
	rig_run(r, SECOND);
	rig_modify(r, 0, "65", "1.05", "L", "0");
	assert_true(rig_says(r, "\"nOrdNo\":\"261123000001000\""));
	rig_run(r, SECOND);
	assert_true(rig_order(r, 0)->qty == 65 && rig_order(r, 0)->price == 105 && rig_order(r, 0)->status == SIM_OPEN);
	rig_modify(r, 0, "65", "1.07", "L", "0"); /* off the tick: refused later, the old terms stand */
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_run(r, SECOND);
	assert_true(rig_order(r, 0)->price == 105 && rig_order(r, 0)->status == SIM_OPEN);
	rig_form(r, "/quick/order/history", "{\"nOrdNo\":\"261123000001000\"}");
	assert_true(rig_says(r, "\"not modified\"") && rig_says(r, "\"modified\"") && rig_says(r, "modify pending"));
	rig_modify(r, 0, "65", rig_rupees(rig_price(r, r->call) + 500), "L", "0");
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_FILLED);
	rig_modify(r, 0, "65", "1.00", "L", "0");
	assert_true(rig_says(r, "{\"stCode\":1021,\"errMsg\":\"order is completed\",\"stat\":\"please provide valid order number\"}"));
	rig_form(r, "/quick/order/vr/modify", "{\"am\":\"NO\",\"dq\":\"0\",\"mp\":\"0\",\"no\":\"261123000001999\",\"pr\":\"1\",\"pt\":\"L\",\"qt\":\"65\",\"tp\":\"0\",\"vd\":\"DAY\"}");
	assert_true(rig_says(r, "1006"));
	rig_form(r, "/quick/order/vr/modify", "{\"no\":\"261123000001000\"}");
	assert_true(rig_says(r, "1007"));
	rig_free(r);
}

/* A stop becomes an exit at once: by its limit. */
static void test_modify_stop_to_limit(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = rig_rupees(rig_price(r, r->call) + 500) });
	rig_run(r, SECOND);
	rig_place(r, (struct ask){ .symbol = r->call, .side = "S", .type = "SL", .trigger = "5.00", .price = "4.00" });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 1)->status, SIM_TRIGGER);
	rig_modify(r, 1, "65", rig_rupees(rig_price(r, r->call) - 500), "L", "0");
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 1)->status, SIM_FILLED);
	assert_int_equal(rig_position(r, r->call, "MIS")->net, 0);
	rig_free(r);
}

static void test_cancel(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_cancel(r, 0, "NO"); /* while it is on its way in */
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_CANCELLED);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"ordSt\":\"cancelled\"") && rig_says(r, "\"cnlQty\":65"));
	rig_cancel(r, 0, "NO");
	assert_true(rig_says(r, "1021"));
	rig_form(r, "/quick/order/cancel", "{\"on\":\"261123000001999\",\"am\":\"NO\"}");
	assert_true(rig_says(r, "1006"));
	rig_form(r, "/quick/order/cancel", "{\"am\":\"NO\"}");
	assert_true(rig_says(r, "1007"));
	rig_free(r);
}

/* Whoever comes second: a fill that was first stays a fill. */
static void test_cancel_races_fill(void **state)
{
	struct rig *r = rig_in(1);
	int filled = 0, cancelled = 0;

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		rig_place(r, (struct ask){ .symbol = r->call, .side = i % 2 ? "S" : "B", .price = i % 2 ? "5.00" : rig_rupees(rig_price(r, r->call) + 500) });
		rig_run(r, (sim_ns)(i * MILLI));
		rig_cancel(r, i, "NO");
		rig_run(r, SECOND);
		filled += rig_order(r, i)->status == SIM_FILLED;
		cancelled += rig_order(r, i)->status == SIM_CANCELLED;
		if (rig_order(r, i)->status == SIM_CANCELLED)
			assert_int_equal(rig_order(r, i)->filled, 0);
	}
	assert_int_equal(filled + cancelled, 60);
	assert_true(filled > 10);
	rig_free(r);
}

static void test_own_orders_do_not_meet(void **state)
{
	struct rig *r = rig_in(1);
	int64_t last = rig_price(r, r->call);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = rig_rupees(last - 300) });
	rig_run(r, SECOND);
	rig_place(r, (struct ask){ .symbol = r->call, .side = "S", .price = rig_rupees(last - 400) });
	rig_run(r, 100 * MILLI);
	assert_int_equal(rig_order(r, 0)->status, SIM_CANCELLED); /* the one at rest */
	assert_int_equal(rig_order(r, 1)->status, SIM_FILLED);
	rig_free(r);
}

static void test_margin(void **state)
{
	struct rig *r = rig_in(1);
	char token[16], json[256];

	(void)state;
	rig_form(r, "/quick/user/limits", "{\"seg\":\"ALL\",\"exch\":\"ALL\",\"prod\":\"ALL\"}");
	assert_true(rig_says(r, "\"Net\":\"1000000.00\"") && rig_says(r, "\"stat\":\"Ok\""));
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00", .qty = "130" });
	rig_run(r, SECOND);
	rig_form(r, "/quick/user/limits", "{\"seg\":\"ALL\",\"exch\":\"ALL\",\"prod\":\"ALL\"}");
	assert_true(rig_says(r, "\"Net\":\"999870.00\""));
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	rig_token(r, r->call, token);
	snprintf(json, sizeof(json), "{\"exSeg\":\"nse_fo\",\"prcTp\":\"L\",\"prod\":\"MIS\",\"trnsTp\":\"B\",\"prc\":\"100.00\",\"trgPrc\":\"0\",\"qty\":\"65\",\"tok\":\"%s\","
		"\"brkName\":\"KOTAK\",\"brnchId\":\"ONLINE\",\"slAbsOrTks\":null}", token);
	rig_form(r, "/quick/user/check-margin", json);
	assert_true(rig_says(r, "\"ordMrgn\":\"6500.000000\"") && rig_says(r, "\"rmsVldtd\":\"OK\"") && rig_says(r, "\"insufFund\":\"0.000000\""));
	rig_form(r, "/quick/user/check-margin", "{\"exSeg\":\"nse_fo\",\"tok\":\"1\",\"prod\":\"MIS\",\"trnsTp\":\"B\",\"prc\":\"1\",\"qty\":\"65\"}");
	assert_true(rig_says(r, "1009"));
	rig_form(r, "/quick/user/check-margin", "{\"exSeg\":\"nse_fo\"}");
	assert_true(rig_says(r, "1007"));
	rig_get(r, "/portfolio/v1/holdings");
	assert_true(rig_says(r, "{\"data\":[]}"));
	rig_free(r);
}

static void test_more_than_ten_a_second(void **state)
{
	struct rig *r = rig_in(1);
	struct sim_counts c;
	int refused = 0;

	(void)state;
	for (int i = 0; i < 14; i++) {
		rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
		refused += r->answer.status == 429;
		r->now += 50 * MILLI;
	}
	assert_int_equal(refused, 4);
	assert_int_equal(rig_orders(r), 10);
	sim_broker_counts(r->broker, &c);
	assert_true(c.most_in_a_second == 14 && c.places == 14 && c.accepted == 10 && c.logins == 1 && c.struck[SIM_TOO_MANY] == 0);
	rig_run(r, SECOND);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	assert_int_equal(r->answer.status, 200);
	rig_free(r);
}

/* -- hours ------------------------------------------------------------------------------------------------------------------------------ */

static void test_before_the_open(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));

	(void)state;
	rig_enter(r);
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "18.00", .qty = "1" });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_REJECTED);
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "18.00", .qty = "1", .amo = "YES" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "20.00", .qty = "1", .amo = "YES" });
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_int_equal(rig_times(r, "after market order req received"), 4);
	assert_int_equal(rig_times(r, "\"ordGenTp\":\"AMO\""), 2);
	rig_cancel(r, 1, "NO");
	assert_true(rig_says(r, "\"stCode\":14") && rig_says(r, "hash error"));
	rig_cancel(r, 1, "YES");
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 1)->status, SIM_CANCELLED);
	rig_run(r, rig_at(9, 14) - r->now);
	assert_int_equal(rig_order(r, 2)->status, SIM_PENDING);
	rig_run(r, 61 * SECOND + SECOND);
	assert_int_equal(rig_order(r, 2)->status, SIM_FILLED);
	rig_free(r);
}

static void test_the_close(void **state)
{
	struct rig *r = rig_new(1, rig_at(15, 10));

	(void)state;
	rig_enter(r);
	rig_place(r, (struct ask){ .symbol = "RELIANCE-EQ", .price = "1300.00", .qty = "1" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "17.00", .qty = "1" });
	rig_run(r, 200 * MILLI);
	assert_int_equal(rig_order(r, 0)->status, SIM_OPEN);
	rig_run(r, rig_at(15, 15) - r->now);
	assert_true(rig_order(r, 0)->status == SIM_CANCELLED && rig_order(r, 1)->status == SIM_OPEN);
	rig_run(r, rig_at(15, 30) - r->now);
	assert_int_equal(rig_order(r, 1)->status, SIM_CANCELLED);
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "17.00", .qty = "1" });
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 2)->status, SIM_REJECTED);
	rig_run(r, rig_at(16, 0) - r->now);
	assert_true(sim_broker_due(r->broker) == INT64_MAX);
	rig_free(r);
}

static void test_days_without_trading(void **state)
{
	static const struct { int month, day; } rows[] = { { 11, 22 }, { 11, 24 }, { 11, 28 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct rig *r = rig_new(1, (text_date_of(2026, rows[i].month, rows[i].day) * 86400 - 19800 + 10 * 3600) * SECOND);

		assert_true(sim_broker_due(r->broker) == INT64_MAX);
		rig_enter(r);
		rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "17.00", .qty = "1" });
		rig_run(r, SECOND);
		assert_int_equal(rig_order(r, 0)->status, SIM_REJECTED);
		rig_free(r);
	}
}

/* -- data ------------------------------------------------------------------------------------------------------------------------------- */

static void test_quotes(void **state)
{
	struct rig *r = rig_in(1);
	char path[256], token[16];

	(void)state;
	rig_token(r, r->call, token);
	snprintf(path, sizeof(path), "/script-details/1.0/quotes/neosymbol/nse_fo|%s,nse_cm%%7CNifty%%2050%%2Cnse_cm|2885,nse_cm|1/all", token);
	rig_get(r, path);
	assert_int_equal(rig_times(r, "\"exchange_token\""), 3);
	assert_true(rig_says(r, "\"display_symbol\":\"Nifty 50-IN\"") && rig_says(r, "\"depth\":{\"buy\":[{\"price\":\"") && rig_says(r, "\"lstup_time\":\"1795408230\""));
	snprintf(path, sizeof(path), "/script-details/1.0/quotes/neosymbol/nse_fo|%s/oi", token);
	rig_get(r, path);
	assert_true(rig_says(r, "\"oi_las\":\"0\""));
	for (const char *const *type = (const char *const[]){ "ohlc", "depth", "circuit_limits", NULL }; *type; type++) {
		snprintf(path, sizeof(path), "/script-details/1.0/quotes/neosymbol/nse_fo|%s/%s", token, *type);
		rig_get(r, path);
		assert_true(rig_says(r, "\"exchange\":\"nse_fo\"") && !rig_says(r, "\"ltp\""));
	}
	rig_get(r, "/script-details/1.0/quotes/neosymbol/nse_cm|1/all");
	assert_true(rig_says(r, "\"stCode\":1009"));
	rig_free(r);
}

static void test_candles(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|Nifty%2050&interval=1min&fromdate=2026-11-23&todate=2026-11-23");
	assert_int_equal(rig_times(r, "+0530"), 46); /* 09:15 to 10:00 */
	assert_true(rig_says(r, "\"candles\":[[\"2026-11-23T09:15:00+0530\","));
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|26000&interval=5min&fromdate=2026-11-19&todate=2026-11-22");
	assert_int_equal(rig_times(r, "+0530"), 144); /* Thursday and Friday, to 15:15 */
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|2885&interval=D&fromdate=2026-11-16&todate=2026-11-20");
	assert_int_equal(rig_times(r, "+0530"), 5);
	assert_true(rig_says(r, ",1390.80,")); /* Friday's close is what all else calls the previous one */
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|2885&interval=2min&fromdate=2026-11-16&todate=2026-11-20");
	assert_true(rig_says(r, "Invalid interval value"));
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|2885&interval=1min&fromdate=2026-10-01&todate=2026-11-20");
	assert_true(rig_says(r, "Invalid date range"));
	rig_get(r, "/market-data/1.0/historical/details?neosymbol=nse_cm|1&interval=1min&fromdate=2026-11-20&todate=2026-11-20");
	assert_true(rig_says(r, "Invalid neosymbol"));
	rig_get(r, "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY");
	assert_int_equal(rig_times(r, "\"neoSymbol\":\"nse_fo|"), 30);
	rig_get(r, "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=BANKNIFTY");
	assert_true(rig_says(r, "Invalid underlying"));
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_login_refusals),
		cmocka_unit_test(test_totp),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_expiries),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_bought_and_sold),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_place_invalid),
		cmocka_unit_test(test_place_rejected),
		cmocka_unit_test(test_tag_is_unique),
		cmocka_unit_test(test_market_becomes_limit),
		cmocka_unit_test(test_rests_and_fills_at_its_price),
		cmocka_unit_test(test_depth_is_finite),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_modify),
		cmocka_unit_test(test_modify_stop_to_limit),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_cancel_races_fill),
		cmocka_unit_test(test_own_orders_do_not_meet),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_more_than_ten_a_second),
		cmocka_unit_test(test_before_the_open),
		cmocka_unit_test(test_the_close),
		cmocka_unit_test(test_days_without_trading),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_candles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
