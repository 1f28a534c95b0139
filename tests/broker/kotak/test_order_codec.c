/* Bodies byte for byte, and rows as Kotak prints them, bent in every way a server has been seen or feared to bend them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/obj.h"
#include "lib/broker/kotak/order_codec.h"
#include "lib/core/charges.h"
#include "lib/kotak/reports.h"
#include "tests/broker/kotak/form_read.h"

static const struct master_row contract = { .token = 56526, .segment = SEGMENT_NSE_FO, .tick = 500, .lot = 65, .freeze = 1755, .symbol = "NIFTY2692221000PE" };

static struct order_request request(void)
{
	return (struct order_request){ .order = 123, .tag = "c1-000123", .side = SIDE_BUY, .type = ORDER_LIMIT, .product = PRODUCT_NRML, .qty = 65,
	                               .price = 1843500 };
}

/* -- bodies ---------------------------------------------------------------------------------------------------------------------- */

static const char *said(const char *form)
{
	static char json[ORDER_BODY_MAX];

	return form_read(form, json);
}

static void test_place(void **state)
{
	struct order_request r = request();
	char out[ORDER_BODY_MAX];

	(void)state;
	size_t len = order_place_body(&r, &contract, out);
	assert_int_equal(len, strlen(out));
	/* vector B of kotak-neo-api.md 2.3 */
	assert_string_equal(out, "jData=%7B%22am%22%3A%22NO%22%2C%22dq%22%3A%220%22%2C%22es%22%3A%22nse_fo%22%2C%22mp%22%3A%220%22%2C%22pc%22%3A%22NRML%22%2C"
	                    "%22pr%22%3A%22184.35%22%2C%22pt%22%3A%22L%22%2C%22qt%22%3A%2265%22%2C%22rt%22%3A%22DAY%22%2C%22tp%22%3A%220%22%2C"
	                    "%22ts%22%3A%22NIFTY2692221000PE%22%2C%22tt%22%3A%22B%22%2C%22ig%22%3A%22c1-000123%22%2C%22os%22%3A%22NEOTRADEAPI%22%7D");
	assert_string_equal(said(out), "{\"am\":\"NO\",\"dq\":\"0\",\"es\":\"nse_fo\",\"mp\":\"0\",\"pc\":\"NRML\",\"pr\":\"184.35\",\"pt\":\"L\",\"qt\":\"65\",\"rt\":\"DAY\","
	                    "\"tp\":\"0\",\"ts\":\"NIFTY2692221000PE\",\"tt\":\"B\",\"ig\":\"c1-000123\",\"os\":\"NEOTRADEAPI\"}");
	r.type = ORDER_SL;
	r.side = SIDE_SELL;
	r.product = PRODUCT_MIS;
	r.price = 500;
	r.trigger = 10000;
	assert_true(order_place_body(&r, &contract, out) > 0);
	assert_non_null(strstr(said(out), "\"pc\":\"MIS\",\"pr\":\"0.05\",\"pt\":\"SL\""));
	assert_non_null(strstr(said(out), "\"tp\":\"1.00\""));
	assert_non_null(strstr(said(out), "\"tt\":\"S\""));
}

/* Whatever the fields hold, it is encoded, whole, and within the body. */
static void test_longest(void **state)
{
	struct order_request r = request();
	struct master_row m = contract;
	char out[ORDER_BODY_MAX], symbol[64];

	(void)state;
	memset(m.symbol, '&', sizeof(m.symbol) - 1);
	memset(r.tag, '%', sizeof(r.tag) - 1);
	m.token = UINT32_MAX;
	r.type = ORDER_SL;
	r.qty = INT64_MAX;
	r.price = r.trigger = NUM_DECIMAL_MAX;
	size_t len = order_place_body(&r, &m, out);
	assert_true(len > 0 && len == strlen(out));
	snprintf(symbol, sizeof(symbol), "\"ts\":\"%s\"", m.symbol);
	assert_non_null(strstr(said(out), symbol));
	assert_non_null(strstr(said(out), "\"pr\":\"90000000000.00\",\"pt\":\"SL\",\"qt\":\"9223372036854775807\""));
	assert_non_null(strstr(said(out), "\"ig\":\"%%%%%%%%%%%%%%%\",\"os\""));
	len = order_modify_body(&r, &m, "&&&&&&&&&&&&&&&&&&&&&&&", out);
	assert_true(len > 0 && len == strlen(out));
	assert_non_null(strstr(said(out), "\"tk\":\"4294967295\""));
	assert_int_equal(order_modify_body(&r, &m, "&&&&&&&&&&&&&&&&&&&&&&&&", out), 0);
	assert_int_equal(order_cancel_body("012345678901234567890123", out), 0);
	assert_int_equal(order_cancel_amo_body("1", "01234567890123456789012345678901", out), 0);
	assert_int_equal(order_cancel_amo_body("1", "", out), 0);
}

static bool in_body(const struct order_request *r, const struct master_row *m, const char *key, const char *value)
{
	char out[ORDER_BODY_MAX], pair[128];
	size_t len = order_place_body(r, m, out);

	snprintf(pair, sizeof(pair), "\"%s\":\"%s\"", key, value);
	return len > 0 && len == strlen(out) && strstr(said(out), pair);
}

/* A text is whole whatever its length and whichever byte of it is none of the plain ones. */
static void test_any_byte_anywhere(void **state)
{
	static const char strangers[] = "!&+/:;@[`{~ %*,._^|'";

	(void)state;
	for (size_t at = 0; at < sizeof(contract.symbol) - 1; at++) {
		struct order_request r = request();
		struct master_row m = contract;

		memset(m.symbol, 0, sizeof(m.symbol));
		memcpy(m.symbol, "AZaz09-BCDEFGHIJKLMNOPQRSTUVWXYZ", at + 1);
		assert_true(in_body(&r, &m, "ts", m.symbol));
		for (const char *c = strangers; *c; c++) {
			m.symbol[at] = *c;
			assert_true(in_body(&r, &m, "ts", m.symbol));
		}
		m.symbol[at] = '"';
		assert_false(in_body(&r, &m, "ts", m.symbol));
		if (at >= sizeof(r.tag) - 1)
			continue;
		memcpy(r.tag, "0Z9A0Z9A0Z9A0Z9", at + 1);
		r.tag[at] = '&';
		r.tag[at + 1] = '\0';
		assert_true(in_body(&r, &contract, "ig", r.tag));
		r.tag[at] = 'z';
		assert_true(in_body(&r, &contract, "ig", r.tag));
	}
}

static void refused(struct order_request r, struct master_row m)
{
	char out[ORDER_BODY_MAX];

	assert_int_equal(order_place_body(&r, &m, out), 0);
}

static void test_place_refusals(void **state)
{
	struct order_request r = request();
	struct master_row m = contract;

	(void)state;
	r.price = 1843501; /* off the paisa */
	refused(r, m);
	r.price = 0;       /* the exchange may put a price of its own */
	refused(r, m);
	r.price = -500;
	refused(r, m);
	r = request();
	r.type = 7;
	refused(r, m);
	r = request();
	r.type = ORDER_SL; /* without a trigger */
	refused(r, m);
	r.trigger = 1;
	refused(r, m);
	r = request();
	r.qty = 0;
	refused(r, m);
	r = request();
	r.product = 9;
	refused(r, m);
	r = request();
	r.tag[0] = '\0';
	refused(r, m);
	r = request();
	strcpy(r.tag, "a\"b");
	refused(r, m);
	strcpy(m.symbol, "A\\B");
	refused(request(), m);
	m = contract;
	m.segment = SEGMENT_COUNT;
	refused(request(), m);
}

static void test_modify(void **state)
{
	struct order_request r = request();
	char out[ORDER_BODY_MAX];

	(void)state;
	assert_true(order_modify_body(&r, &contract, "250720000007242", out) > 0);
	assert_string_equal(said(out), "{\"no\":\"250720000007242\",\"pr\":\"184.35\",\"pt\":\"L\",\"qt\":\"65\",\"tp\":\"0\",\"dq\":\"0\",\"vd\":\"DAY\",\"mp\":\"0\",\"am\":\"NO\","
	                    "\"os\":\"NEOTRADEAPI\",\"tk\":\"56526\",\"ts\":\"NIFTY2692221000PE\",\"tt\":\"B\",\"es\":\"nse_fo\",\"pc\":\"NRML\",\"dd\":\"NA\"}");
	assert_int_equal(order_modify_body(&r, &contract, "", out), 0);
	r.price = 1;
	assert_int_equal(order_modify_body(&r, &contract, "1", out), 0);
}

static void test_cancel_and_margin(void **state)
{
	struct order_request r = request();
	struct master_row m = contract;
	char out[ORDER_BODY_MAX];

	(void)state;
	assert_true(order_cancel_body("250720000007242", out) > 0);
	assert_string_equal(said(out), "{\"on\":\"250720000007242\",\"am\":\"NO\"}");
	assert_int_equal(order_cancel_body("", out), 0);
	assert_true(order_cancel_amo_body("1", "IDEA-EQ", out) > 0);
	assert_string_equal(said(out), "{\"on\":\"1\",\"am\":\"YES\",\"ts\":\"IDEA-EQ\"}");
	assert_true(order_margin_body(&r, &contract, out) > 0);
	assert_non_null(strstr(out, "\"tok\":\"56526\",\"brkName\":\"KOTAK\",\"brnchId\":\"ONLINE\"}"));
	m.token = 0;
	assert_int_equal(order_margin_body(&r, &m, out), 0);
}

/* -- states ------------------------------------------------------------------------------------------------------------------------ */

static void test_statuses(void **state)
{
	static const struct { const char *text; enum row_status status; bool terminal; } rows[] = {
		{ "put order req received", ROW_RECEIVED, false }, { "validation pending", ROW_VALIDATING, false },
		{ "open pending", ROW_OPEN_PENDING, false }, { "open", ROW_OPEN, false }, { "trigger pending", ROW_TRIGGER_PENDING, false },
		{ "modify validation pending", ROW_MODIFYING, false }, { "modify pending", ROW_MODIFYING, false }, { "modified", ROW_MODIFIED, false },
		{ "not modified", ROW_NOT_MODIFIED, false }, { "cancel pending", ROW_CANCELLING, false }, { "not cancelled", ROW_NOT_CANCELLED, false },
		{ "after market order req received", ROW_AMO, false }, { "modify after market order req received", ROW_AMO, false },
		{ "complete", ROW_COMPLETE, true }, { "traded", ROW_COMPLETE, true }, { "rejected", ROW_REJECTED, true },
		{ "cancelled", ROW_CANCELLED, true }, { "canceled", ROW_CANCELLED, true }, { "cancelled after market order", ROW_CANCELLED, true },
		{ "  Open ", ROW_OPEN, false }, { "COMPLETE", ROW_COMPLETE, true }, { "open  pending", ROW_OPEN_PENDING, false },
		{ "completed", ROW_WORKING_UNKNOWN, false }, { "frozen", ROW_WORKING_UNKNOWN, false }, { "", ROW_WORKING_UNKNOWN, false },
		{ "cancelledcancelledcancelledcancelledcancelledcancelledcancelledcancelledcancelled", ROW_WORKING_UNKNOWN, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(row_status_of(rows[i].text), rows[i].status);
		assert_int_equal(row_status_terminal(rows[i].status), rows[i].terminal);
	}
}

/* -- rows ---------------------------------------------------------------------------------------------------------------------------- */

static const char order_text[] =
	"{\"nOrdNo\":\"250122000612876\",\"exOrdId\":\"1100000059569867\",\"ordSt\":\"open\",\"stat\":\"open\",\"exSeg\":\"nse_cm\",\"trdSym\":\"IDEA-EQ\",\"sym\":\"IDEA\","
	"\"tok\":\"14366\",\"trnsTp\":\"B\",\"prcTp\":\"L\",\"prod\":\"NRML\",\"prc\":\"9.39\",\"avgPrc\":\"0.00\",\"trgPrc\":\"0.00\",\"qty\":3,\"fldQty\":1,\"unFldSz\":2,\"cnlQty\":0,"
	"\"rejRsn\":\"--\",\"GuiOrdId\":\"ABC0000001\",\"ordGenTp\":\"NA\",\"updRecvTm\":1737536281933015921}";
static const char trade_text[] =
	"{\"nOrdNo\":\"250122000612876\",\"flId\":\"1211568\",\"fldQty\":75,\"avgPrc\":\"128.10\",\"exSeg\":\"nse_fo\",\"trdSym\":\"NIFTY25JUN24900PE\",\"trnsTp\":\"S\","
	"\"flDt\":\"20-Jun-2025\",\"flTm\":\"10:16:26\",\"tok\":\"\",\"qty\":0,\"prc\":\"\"}";

static cJSON *parse(const char *text)
{
	cJSON *json = wire_parse(text, strlen(text));

	assert_non_null(json);
	return json;
}

/* The text with one field replaced (value NULL: left out), read. */
static bool read_with(const char *field, const char *value, bool feed, struct order_row *r, const char **why)
{
	cJSON *json = parse(order_text), *item;
	bool ok;

	cJSON_DeleteItemFromObjectCaseSensitive(json, field);
	if (value) {
		char text[256];

		snprintf(text, sizeof(text), "%s", value);
		item = wire_parse(text, strlen(text));
		assert_non_null(item);
		cJSON_AddItemToObject(json, field, item);
	}
	*why = "";
	ok = order_row_read(json, feed, r, why);
	cJSON_Delete(json);
	return ok;
}

static void test_order_row(void **state)
{
	struct order_row r;
	const char *why;

	(void)state;
	assert_true(read_with("nothing", NULL, false, &r, &why));
	assert_string_equal(r.number, "250122000612876");
	assert_string_equal(r.exchange_number, "1100000059569867");
	assert_string_equal(r.tag, "ABC0000001");
	assert_string_equal(r.symbol, "IDEA");
	assert_string_equal(r.product, "NRML");
	assert_string_equal(r.reason, "");
	assert_int_equal(r.segment, SEGMENT_NSE_CM);
	assert_int_equal(r.token, 14366);
	assert_int_equal(r.status, ROW_OPEN);
	assert_int_equal(r.side, SIDE_BUY);
	assert_int_equal(r.qty, 3);
	assert_int_equal(r.filled, 1);
	assert_int_equal(r.price, 93900);
	assert_int_equal(r.trigger, 0);
	assert_true(r.updated == INT64_C(1737536281933015921)); /* beyond 2^53 */
	assert_false(r.amo);
	assert_true(read_with("ordGenTp", "\"AMO\"", false, &r, &why));
	assert_true(r.amo);
	assert_true(read_with("rejRsn", "\"RMS: no\"", false, &r, &why));
	assert_string_equal(r.reason, "RMS: no");
	assert_true(read_with("exSeg", "\"mcx_fo\"", false, &r, &why)); /* a person's order, not of ours */
	assert_int_equal(r.segment, SEGMENT_COUNT);
}

/* Whatever the word: of an order whose quantities are all filled or cancelled nothing works. */
static void test_order_row_ended_by_quantities(void **state)
{
	struct order_row r;
	const char *why;
	cJSON *json = parse(order_text);

	(void)state;
	cJSON_ReplaceItemInObjectCaseSensitive(json, "ordSt", cJSON_CreateString("being considered"));
	assert_true(order_row_read(json, false, &r, &why));
	assert_int_equal(r.status, ROW_WORKING_UNKNOWN);
	cJSON_ReplaceItemInObjectCaseSensitive(json, "cnlQty", cJSON_CreateNumber(1));
	assert_true(order_row_read(json, false, &r, &why));
	assert_int_equal(r.status, ROW_WORKING_UNKNOWN); /* one of three is left */
	cJSON_ReplaceItemInObjectCaseSensitive(json, "cnlQty", cJSON_CreateNumber(2));
	assert_true(order_row_read(json, false, &r, &why));
	assert_int_equal(r.status, ROW_CANCELLED);
	assert_string_equal(r.text, "being considered");
	cJSON_ReplaceItemInObjectCaseSensitive(json, "fldQty", cJSON_CreateNumber(3));
	cJSON_ReplaceItemInObjectCaseSensitive(json, "cnlQty", cJSON_CreateNumber(0));
	assert_true(order_row_read(json, false, &r, &why));
	assert_int_equal(r.status, ROW_WORKING_UNKNOWN); /* its fills say the rest */
	cJSON_Delete(json);
}

static void test_order_row_strings(void **state)
{
	struct order_row r;
	const char *why;

	(void)state;
	assert_true(read_with("qty", "\"3\"", false, &r, &why));
	assert_true(read_with("fldQty", "\"0\"", false, &r, &why));
	assert_true(read_with("updRecvTm", "\"1737536281933015921\"", false, &r, &why));
	assert_true(r.updated == INT64_C(1737536281933015921));
	assert_true(read_with("prc", "9.39", false, &r, &why));
	assert_int_equal(r.price, 93900);
	assert_true(read_with("tok", "14366", false, &r, &why));
	assert_int_equal(r.token, 14366);
	assert_true(read_with("nOrdNo", "250122000612876", false, &r, &why));
	assert_string_equal(r.number, "250122000612876");
	assert_false(read_with("nOrdNo", "-5", false, &r, &why));
	assert_false(read_with("nOrdNo", "2.5", false, &r, &why));
}

static void test_order_row_refusals(void **state)
{
	static const struct { const char *field, *value, *why; } rows[] = {
		{ "nOrdNo", NULL, "nOrdNo" }, { "nOrdNo", "\"\"", "nOrdNo" }, { "nOrdNo", "\"1/../2\"", "nOrdNo" }, { "nOrdNo", "null", "nOrdNo" },
		{ "nOrdNo", "\"1234567890123456789012345\"", "nOrdNo" }, { "ordSt", NULL, "ordSt" }, { "ordSt", "\"\"", "ordSt" }, { "ordSt", "7", "ordSt" },
		{ "exSeg", NULL, "exSeg" }, { "exSeg", "\"nse_xx\"", "exSeg" }, { "trdSym", NULL, "trdSym" }, { "trdSym", "\"\"", "trdSym" },
		{ "trnsTp", NULL, "trnsTp" }, { "trnsTp", "\"X\"", "trnsTp" }, { "qty", NULL, "qty" }, { "qty", "0", "qty" }, { "qty", "-3", "qty" },
		{ "qty", "2.5", "qty" }, { "qty", "\"\"", "qty" }, { "qty", "null", "qty" }, { "qty", "1e30", "qty" }, { "fldQty", NULL, "fldQty" },
		{ "fldQty", "-1", "fldQty" }, { "fldQty", "4", "fldQty" }, { "fldQty", "\"--\"", "fldQty" }, { "prc", NULL, "prc" }, { "prc", "\"x\"", "prc" },
		{ "prc", "-1", "prc" }, { "trgPrc", "\"1,5\"", "trgPrc" }, { "avgPrc", "{}", "avgPrc" }, { "updRecvTm", "\"soon\"", "updRecvTm" },
		{ "updRecvTm", "-5", "updRecvTm" }, { "cnlQty", "\"a\"", "cnlQty" },
	};
	struct order_row r;
	const char *why;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (read_with(rows[i].field, rows[i].value, false, &r, &why))
			fail_msg("believed: %s = %s", rows[i].field, rows[i].value ? rows[i].value : "(missing)");
		assert_string_equal(why, rows[i].why);
	}
	assert_false(order_row_read(NULL, false, &r, &why));
	assert_true(read_with("prc", NULL, true, &r, &why)); /* a frame may lack it */
	assert_true(read_with("GuiOrdId", NULL, true, &r, &why));
	assert_string_equal(r.tag, "");
	assert_false(read_with("fldQty", NULL, true, &r, &why));
}

static bool trade_with(const char *field, const char *value, struct trade_row *t, const char **why)
{
	cJSON *json = parse(trade_text);
	bool ok;

	cJSON_DeleteItemFromObjectCaseSensitive(json, field);
	if (value)
		cJSON_AddItemToObject(json, field, parse(value));
	*why = "";
	ok = trade_row_read(json, t, why);
	cJSON_Delete(json);
	return ok;
}

static void test_trade_row(void **state)
{
	static const struct { const char *field, *value, *why; } rows[] = {
		{ "nOrdNo", NULL, "nOrdNo" }, { "flId", NULL, "flId" }, { "exSeg", NULL, "exSeg" }, { "trdSym", NULL, "trdSym" }, { "trnsTp", NULL, "trnsTp" },
		{ "fldQty", NULL, "fldQty" }, { "fldQty", "0", "fldQty" }, { "fldQty", "-75", "fldQty" }, { "avgPrc", NULL, "avgPrc" }, { "avgPrc", "\"0\"", "avgPrc" },
		{ "avgPrc", "\"NA\"", "avgPrc" },
	};
	struct trade_row t, other;
	const char *why;

	(void)state;
	assert_true(trade_with("nothing", NULL, &t, &why));
	assert_string_equal(t.id, "1211568");
	assert_int_equal(t.qty, 75); /* not qty, which is 0 */
	assert_int_equal(t.price, 1281000);
	assert_int_equal(t.side, SIDE_SELL);
	assert_true(t.stamp == stamp_at(date_from_civil(2025, 6, 20), 10 * NANOS_HOUR + 16 * NANOS_MINUTE + 26 * NANOS_SECOND));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_false(trade_with(rows[i].field, rows[i].value, &other, &why));
		assert_string_equal(why, rows[i].why);
	}
	assert_true(trade_with("flTm", "\"soon\"", &other, &why));
	assert_true(other.stamp == 0);
	assert_true(trade_with("flId", "\"\"", &other, &why)); /* told by quantity then */
	assert_string_equal(other.id, "");
	assert_true(trade_with("flId", "\"1211569\"", &other, &why));
	assert_true(trade_id(&t) != 0 && trade_id(&t) != trade_id(&other));
	assert_true(trade_with("nOrdNo", "\"250122000612877\"", &other, &why));
	assert_true(trade_id(&t) != trade_id(&other));
	assert_true(trade_with("avgPrc", "\"128.15\"", &other, &why));
	assert_true(trade_id(&t) == trade_id(&other)); /* a correction is the same trade */
}

/* -- reports --------------------------------------------------------------------------------------------------------------------------- */

static void test_reports(void **state)
{
	static struct report r;
	enum segment s;

	(void)state;
	assert_true(report_order(&r, "250122000612876"));
	assert_string_equal(r.call.path, "/quick/user/orders/250122000612876");
	assert_false(report_order(&r, "../login"));
	assert_false(report_order(&r, ""));
	assert_false(report_history(&r, "1\",\"x\":\""));
	assert_true(report_history(&r, "7"));
	assert_string_equal(r.call.jdata, "{\"nOrdNo\":\"7\"}");
	assert_true(report_quotes(&r, "nse_fo|71472,nse_cm|Nifty 50", "all"));
	assert_string_equal(r.call.path, "/script-details/1.0/quotes/neosymbol/nse_fo%7C71472,nse_cm%7CNifty%2050/all");
	assert_false(report_quotes(&r, "", "all"));
	assert_false(report_quotes(&r, "nse_cm|1", "a/b"));
	assert_true(report_candles(&r, "nse_cm|1333", "1min", date_from_civil(2026, 8, 20), date_from_civil(2026, 8, 21)));
	assert_string_equal(r.call.path, "/market-data/1.0/historical/details?neosymbol=nse_cm%7C1333&interval=1min&fromdate=2026-08-20&todate=2026-08-21");
	assert_false(report_candles(&r, "nse_cm|1333", "1min", 5, 4));
	assert_true(report_expiries(&r, "nse_fo", "M&M"));
	assert_string_equal(r.call.path, "/market-data/1.0/watchlist/expiries?exchange=nse_fo&underlying=M%26M");
	assert_true(segment_of_wire("bse_fo", &s) && s == SEGMENT_BSE_FO);
	assert_false(segment_of_wire("", &s));
	assert_null(segment_wire_name(SEGMENT_COUNT));
}

static void test_fifty_quotes(void **state)
{
	static struct report r;
	static char list[4096];

	(void)state;
	for (int i = 0; i < 50; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%snse_cm|%d", i ? "," : "", i);
	assert_true(report_quotes(&r, list, "ltp"));
	strcat(list, ",nse_cm|51");
	assert_false(report_quotes(&r, list, "ltp"));
	memset(list, 'a', 3000);
	assert_false(report_quotes(&r, list, "ltp"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place), cmocka_unit_test(test_longest), cmocka_unit_test(test_any_byte_anywhere),
		cmocka_unit_test(test_place_refusals),
		cmocka_unit_test(test_modify),
		cmocka_unit_test(test_cancel_and_margin),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_order_row),
		cmocka_unit_test(test_order_row_ended_by_quantities),
		cmocka_unit_test(test_order_row_strings),
		cmocka_unit_test(test_order_row_refusals),
		cmocka_unit_test(test_trade_row),
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_fifty_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
