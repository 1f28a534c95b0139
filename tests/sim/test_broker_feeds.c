/* Both websockets of the simulator's broker: handshakes, what they say of an order's life, packets byte by byte. */
#include "tests/sim/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ORDERS "wss://sim.example.com/realtime"
#define MARKET "wss://sim.example.com/apifeed"

static void text(struct rig *r, uint32_t connection, const char *what)
{
	sim_broker_ws_text(r->broker, r->now, connection, what, strlen(what));
}

static void greet(struct rig *r, uint32_t connection, const char *format)
{
	char frame[512];

	snprintf(frame, sizeof(frame), *format == '{' && format[1] == 't' ? "{type:cn,Authorization:%s,Sid:%s,src:WEB}" :
		"{\"type\":\"cn\",\"Authorization\":\"%s\",\"Sid\":\"%s\",\"src\":\"WEB\"}", r->token, r->sid);
	text(r, connection, frame);
}

static void enter_market(struct rig *r, uint32_t connection)
{
	char frame[512];

	assert_true(sim_broker_ws_open(r->broker, r->now, connection, MARKET));
	snprintf(frame, sizeof(frame), "{\"user\":\"ABC12\",\"auth\":\"%s\",\"format\":\"native_batch\",\"source\":\"NEOTRADEAPI\",\"platform\":\"Web\",\"version\":\"1.2.3\","
		"\"sdk_version\":2,\"sdk_date\":\"2026-08-07T09:41:17.667Z\",\"conn_req_time\":1790049600000,\"sessionValidation\":false}", r->sid);
	text(r, connection, frame);
}

static void test_which_socket(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	assert_false(sim_broker_ws_open(r->broker, r->now, 1, "wss://sim.example.com/realtime?sId=1"));
	assert_false(sim_broker_ws_open(r->broker, r->now, 1, "wss://other.example.com/realtime"));
	assert_false(sim_broker_ws_open(r->broker, r->now, 1, "ws://sim.example.com/realtime"));
	for (uint32_t i = 0; i < 8; i++)
		assert_true(sim_broker_ws_open(r->broker, r->now, i, ORDERS));
	assert_false(sim_broker_ws_open(r->broker, r->now, 8, ORDERS));
	assert_true(sim_broker_ws_open(r->broker, r->now, 7, ORDERS)); /* anew */
	sim_broker_ws_close(r->broker, 3);
	sim_broker_ws_close(r->broker, 3);
	assert_true(sim_broker_ws_open(r->broker, r->now, 8, ORDERS));
	text(r, 99, "nobody is there");
	assert_int_equal(r->n_frames, 0);
	rig_free(r);
}

static void test_order_handshake(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		rig_forget(r);
		assert_true(sim_broker_ws_open(r->broker, r->now, i, ORDERS));
		greet(r, i, i ? "{\"type\"" : "{type");
		assert_true(rig_heard(r, "{\"ak\":\"ok\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"connected\"}"));
		text(r, i, "{\"type\":\"hb\"}");
		assert_true(rig_heard(r, "invalid request format"));
	}
	for (const char *const *bad = (const char *const[]){ "", "{}", "{type:cn}", "{type:cn,Authorization:a}", "{\"type\":\"cn\",\"Sid\":\"a\"}", "{type:hb}", NULL }; *bad; bad++) {
		rig_forget(r);
		assert_true(sim_broker_ws_open(r->broker, r->now, 2, ORDERS));
		text(r, 2, *bad);
		assert_string_equal(r->frames.data, "session message format incorrect\n");
	}
	rig_forget(r);
	text(r, 2, "{type:cn,Authorization:x.y.z,Sid:1234,src:WEB}");
	assert_true(rig_heard(r, "{\"ak\":\"nk\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"Authentication Failed\"}"));
	rig_free(r);
}

/* Every change is a frame, in order, with growing times; somebody else's too. */
static void test_order_frames(void **state)
{
	static const char *const chain[] = { "put order req received", "validation pending", "open pending", "\"open\"", "\"complete\"", "\"type\":\"position\"" };
	struct rig *r = rig_in(1);
	int64_t last = 0, updated;

	(void)state;
	assert_true(sim_broker_ws_open(r->broker, r->now, 1, ORDERS));
	rig_place(r, (struct ask){ .symbol = r->call, .price = rig_rupees(rig_price(r, r->call) + 500) });
	assert_int_equal(r->n_frames, 0); /* nobody listens yet */
	greet(r, 1, "{type");
	rig_forget(r);
	rig_run(r, SECOND);
	const char *at = r->frames.data;

	for (size_t i = 0; i < 6; i++) {
		at = strstr(at, chain[i]);
		assert_non_null(at);
	}
	assert_int_equal(r->n_frames, 6);
	for (at = r->frames.data; (at = strstr(at, "\"updRecvTm\":")); at += 12, last = updated) {
		assert_int_equal(sscanf(at, "\"updRecvTm\":%ld", &updated), 1);
		assert_true(updated > last);
	}
	assert_true(rig_heard(r, "{\"type\":\"order\",\"data\":{\"nOrdNo\":\"261123000001000\"") && rig_heard(r, "\"avgPrc\":\"0.00\"") && rig_heard(r, "\"fldQty\":65,"));
	sim_broker_ws_close(r->broker, 1);
	rig_forget(r);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	assert_int_equal(r->n_frames, 0);
	rig_free(r);
}

/* -- market ----------------------------------------------------------------------------------------------------------------------------- */

static uint64_t number(const struct rig *r, size_t at, size_t bytes)
{
	uint64_t n = 0;

	assert_true(at + bytes <= r->packets.len);
	for (size_t i = 0; i < bytes; i++)
		n |= (uint64_t)(unsigned char)r->packets.data[at + i] << 8 * i;
	return n;
}

static void test_market_handshake(void **state)
{
	struct rig *r = rig_in(1);
	size_t greeted = 0;

	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		rig_forget(r);
		enter_market(r, 1);
		assert_true(rig_heard(r, "{\"message_code\":1117,") && rig_heard(r, "\"format\":\"native_batch\"") && rig_heard(r, "\"nse_fo\":{\"divider\":100}"));
		assert_int_equal(rig_heard(r, "{\"message_code\":1119,"), rig_heard(r, "\"nse_fo\":{\"value\":2,\"divider\":100}"));
		greeted += rig_heard(r, "{\"message_code\":1119,");
	}
	assert_true(greeted > 2 && greeted < 14);
	for (const char *const *bad = (const char *const[]){ "{", "{\"user\":\"ABC12\",\"auth\":\"x\",\"format\":\"native_batch\",\"source\":\"NEOTRADEAPI\"}", "{\"event\":\"subscribeExchange\"}", NULL };
		*bad; bad++) {
		rig_forget(r);
		r->n_closed = 0;
		assert_true(sim_broker_ws_open(r->broker, r->now, 1, MARKET));
		text(r, 1, *bad);
		assert_true(rig_heard(r, "{\"message_code\":1120,"));
		assert_int_equal(r->n_closed, 1);
	}
	rig_free(r);
}

static void test_packets(void **state)
{
	struct rig *r = rig_in(1);
	char token[16], frame[256];

	(void)state;
	rig_token(r, r->call, token);
	int64_t last = rig_price(r, r->call);

	enter_market(r, 1);
	snprintf(frame, sizeof(frame), "{\"event\":\"subscribeDepth\",\"inputtoken\":\"nse_fo|%s,nse_fo|1\",\"ack_symbol\":true}", token);
	rig_forget(r);
	text(r, 1, frame);
	snprintf(frame, sizeof(frame), "\"trading_symbols\":{\"nse_fo|%s\":\"%s\"},\"data\":{\"nse_fo|%s\":{\"cas_status\":0,\"trading_symbols\":\"%s\"}}}", token, r->call, token, r->call);
	assert_true(r->n_frames == 1 && r->n_binary == 1 && rig_heard(r, frame)); /* one snapshot, one acknowledgement; what is not there is left out */
	size_t rows = number(r, 89, 4) + number(r, 93, 4);

	assert_true(r->packets.len == 144 + 16 * rows && number(r, 0, 2) == r->packets.len && number(r, 2, 2) == 7208 && number(r, 4, 1) == 2 && number(r, 5, 1) == 8);
	snprintf(frame, sizeof(frame), "%u", (unsigned)number(r, 9, 4));
	assert_string_equal(frame, token);
	assert_int_equal(number(r, 37, 8), r->now / SECOND);
	assert_int_equal(number(r, 69, 4), last);
	assert_int_equal(number(r, 135, 4), 65);
	int64_t bid = (int64_t)number(r, 152, 4), ask = (int64_t)number(r, 144 + 16 * number(r, 89, 4) + 8, 4);

	assert_true(bid < last && bid % 5 == 0 && ask - last == last - bid); /* buyers first, the best of each side first */
	rig_forget(r);
	rig_run(r, 10 * SECOND);
	assert_int_equal(r->n_binary, 10);
	assert_int_equal(number(r, 37, 8), r->now / SECOND);
	snprintf(frame, sizeof(frame), "{\"event\":\"unsubscribeDepth\",\"inputtoken\":\"nse_fo|%s\"}", token);
	text(r, 1, frame);
	rig_run(r, 10 * SECOND);
	assert_true(r->n_binary == 10 && r->n_frames == 0);
	rig_free(r);
}

static void test_levels(void **state)
{
	static const struct { const char *event, *list; size_t size; unsigned code, level; } rows[] = {
		{ "snapshotScripsLite", "nse_cm|2885", 54, 7208, 1 }, { "snapshotScrips", "nse_cm|2885", 176, 7208, 4 }, { "snapshotDepth", "nse_cm|2885", 304, 7208, 8 },
		{ "snapshotIndices", "nse_cm|Nifty 50", 87, 7207, 4 },
	};
	struct rig *r = rig_in(1);
	char frame[256];

	(void)state;
	enter_market(r, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(frame, sizeof(frame), "{\"event\":\"%s\",\"inputtoken\":\"%s\",\"ack_symbol\":true}", rows[i].event, rows[i].list);
		rig_forget(r);
		text(r, 1, frame);
		assert_true(r->n_binary == 1 && r->packets.len == rows[i].size && number(r, 0, 2) == rows[i].size && number(r, 2, 2) == rows[i].code && number(r, 5, 1) == rows[i].level);
	}
	assert_int_equal(number(r, 9, 4), 4247863880u);
	assert_string_equal(r->packets.data + 66, "Nifty 50");
	rig_run(r, 5 * SECOND); /* a snapshot subscribes to nothing */
	assert_int_equal(r->n_binary, 1);
	rig_free(r);
}

/* The day of one subscriber: open and close are said, a frame every second between them, and the index stands still from 15:15. */
static void test_market_day(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));

	(void)state;
	rig_enter(r);
	enter_market(r, 1);
	text(r, 1, "{\"event\":\"subscribeExchange\"}");
	assert_true(r->packets.len == 32 && number(r, 0, 2) == 16 && number(r, 2, 2) == 105 && number(r, 4, 1) == 1 && number(r, 9, 2) == 2 && number(r, 20, 1) == 2);
	text(r, 1, "{\"event\":\"subscribeIndices\",\"inputtoken\":\"nse_cm|Nifty 50\",\"ack_symbol\":true}");
	rig_forget(r);
	rig_run(r, rig_at(9, 15) - r->now);
	assert_int_equal(r->n_binary, 2);
	rig_run(r, rig_at(15, 14) - r->now);
	assert_int_equal(r->n_binary, 2 + 359 * 60);
	rig_run(r, 60 * SECOND);
	size_t n = r->n_binary;

	rig_run(r, rig_at(15, 39) - r->now);
	assert_int_equal(r->n_binary, n + 3); /* the closing auction's steps, of cash alone */
	assert_true(r->packets.len == 16 && number(r, 4, 1) == 1 && number(r, 9, 2) == 12);
	rig_run(r, 60 * SECOND);
	assert_true(r->n_binary == n + 4 && number(r, 2, 2) == 105 && number(r, 9, 2) == 2);
	rig_free(r);
}

static void test_closing_auction(void **state)
{
	struct rig *r = rig_new(1, rig_at(15, 10));
	size_t lengths[2] = { 0 };

	(void)state;
	rig_enter(r);
	enter_market(r, 1);
	text(r, 1, "{\"event\":\"subscribeScrips\",\"inputtoken\":\"nse_cm|2885\"}");
	rig_run(r, rig_at(15, 19) - r->now);
	rig_forget(r);
	rig_run(r, 60 * SECOND + 100 * SECOND);
	assert_int_equal(r->n_binary, 101);
	for (int i = 0; i < 100; i++) {
		rig_run(r, SECOND);
		assert_true(number(r, 2, 2) == 104 && number(r, 0, 2) == r->packets.len && number(r, 9, 4) == 2885 && number(r, 17, 8) == (uint64_t)-12500);
		lengths[r->packets.len == 48]++;
	}
	assert_true(lengths[0] > 0 && lengths[1] > 0);
	rig_run(r, rig_at(15, 35) - r->now);
	assert_int_equal(r->n_binary, 600);
	rig_free(r);
}

/* What a client is told and what an order meets is one market. */
static void test_feed_and_fills_agree(void **state)
{
	struct rig *r = rig_in(7);
	char token[16], frame[256];

	(void)state;
	rig_token(r, r->put, token);
	enter_market(r, 1);
	snprintf(frame, sizeof(frame), "{\"event\":\"subscribeScrips\",\"inputtoken\":\"nse_fo|%s\",\"ack_symbol\":false}", token);
	rig_forget(r);
	text(r, 1, frame);
	for (size_t i = 0; i < 50; i++) {
		rig_run(r, SECOND);
		int64_t ask = (int64_t)number(r, 168, 4);

		rig_place(r, (struct ask){ .symbol = r->put, .price = rig_rupees(ask + 200), .product = "NRML" });
		rig_run(r, 100 * MILLI);
		assert_true(rig_order(r, i)->status == SIM_FILLED && rig_order(r, i)->value == 65 * ask);
	}
	assert_int_equal(r->n_frames, 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which_socket),
		cmocka_unit_test(test_order_handshake),
		cmocka_unit_test(test_order_frames),
		cmocka_unit_test(test_market_handshake),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_market_day),
		cmocka_unit_test(test_closing_auction),
		cmocka_unit_test(test_feed_and_fills_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
