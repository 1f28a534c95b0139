/* Each dial of the simulator's broker: turned to certain it strikes, is counted, and does what it says. */
#include "tests/sim/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void buy(struct rig *r, const char *qty)
{
	rig_place(r, (struct ask){ .symbol = r->call, .price = rig_rupees(rig_price(r, r->call) + 1000), .qty = qty });
}

static const struct sim_order *last_order(struct rig *r)
{
	return rig_order(r, rig_orders(r) - 1);
}

/* -- place, modify, cancel -------------------------------------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	struct sim_dials d = { 0 };

	(void)state;
	assert_string_equal(sim_dial_name(SIM_ERROR_AFTER_ACCEPT), "error_after_accept");
	assert_string_equal(sim_dial_name(SIM_RMS_SQUARE_OFF), "rms_square_off");
	for (enum sim_dial i = 0; i < SIM_DIAL_COUNT; i++) {
		assert_non_null(sim_dial_name(i));
		assert_int_equal(sim_dial_chance(&d, i) == NULL, i == SIM_LATE_MOST || i == SIM_STALE_MOST || i == SIM_RMS_SQUARE_OFF);
	}
	*sim_dial_chance(&d, SIM_GAP) = 7;
	assert_true(d.gap == 7 && sim_dial_chance(&d, SIM_MANUAL_TRADE) == &d.manual_trade);
}

/* Done, and the client cannot know. */
static void test_done_but_not_said(void **state)
{
	static const enum sim_dial rows[] = { SIM_ERROR_AFTER_ACCEPT, SIM_BODY_CUT, SIM_BODY_HTML, SIM_BODY_EMPTY };
	struct rig *r = rig_in(1);

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		rig_dial(r, rows[i], RIG_EVERY);
		for (size_t k = 0; k < 5; k++) {
			rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
			assert_false(rig_says(r, "\"stCode\":200}"));
			assert_int_equal(rows[i] == SIM_ERROR_AFTER_ACCEPT, r->answer.status != 200);
			assert_int_equal(rows[i] == SIM_BODY_EMPTY, r->answer.len == 0);
			rig_run(r, SECOND);
		}
		assert_int_equal(rig_orders(r), 5 * (i + 1));
		assert_int_equal(last_order(r)->status, SIM_OPEN);
		rig_modify(r, 5 * i, "65", "1.05", "L", "0");
		rig_cancel(r, 5 * i + 1, "NO");
		assert_int_equal(rig_struck(r, rows[i]), 7);
		rig_run(r, SECOND);
		assert_int_equal(rig_order(r, 5 * i)->price, 105);
		assert_int_equal(rig_order(r, 5 * i + 1)->status, SIM_CANCELLED);
		rig_dial(r, rows[i], 0);
	}
	rig_free(r);
}

static void test_not_done(void **state)
{
	static const enum sim_dial rows[] = { SIM_ERROR_BEFORE, SIM_REJECT_AT_ONCE, SIM_TOO_MANY };
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, 2 * SECOND);
	for (size_t i = 0; i < 3; i++) {
		rig_dial(r, rows[i], RIG_EVERY);
		for (size_t k = 0; k < 5; k++) {
			rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
			assert_true(rows[i] == SIM_REJECT_AT_ONCE ? rig_says(r, "Not_Ok") && r->answer.status == 200 : r->answer.status == 403 || r->answer.status >= 429);
			assert_false(rig_says(r, "nOrdNo"));
		}
		rig_modify(r, 0, "65", "1.05", "L", "0");
		rig_cancel(r, 0, "NO");
		rig_run(r, 2 * SECOND);
		assert_int_equal(rig_struck(r, rows[i]), 7);
		assert_true(rig_orders(r) == 1 && rig_order(r, 0)->status == SIM_OPEN && rig_order(r, 0)->price == 100);
		rig_dial(r, rows[i], 0);
	}
	rig_free(r);
}

static void test_reject_late(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_dial(r, SIM_REJECT_LATE, RIG_EVERY);
	for (size_t i = 0; i < 20; i++) {
		buy(r, "65");
		assert_true(rig_says(r, "\"stat\":\"Ok\""));
		rig_run(r, SECOND);
		assert_int_equal(rig_order(r, i)->status, SIM_REJECTED);
	}
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"rejRsn\":\"ADAPTER is down\"") && rig_says(r, "16796"));
	assert_int_equal(rig_struck(r, SIM_REJECT_LATE), 20);
	rig_free(r);
}

/* A change that was taken and then refused leaves the order as it was. */
static void test_reject_change_late(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	rig_dial(r, SIM_REJECT_LATE, RIG_EVERY);
	rig_modify(r, 0, "65", "1.05", "L", "0");
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_run(r, SECOND);
	rig_cancel(r, 0, "NO");
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_run(r, SECOND);
	assert_true(rig_order(r, 0)->status == SIM_OPEN && rig_order(r, 0)->price == 100 && rig_struck(r, SIM_REJECT_LATE) == 2);
	rig_form(r, "/quick/order/history", "{\"nOrdNo\":\"261123000001000\"}");
	assert_true(rig_says(r, "\"not modified\"") && rig_says(r, "\"not cancelled\""));
	rig_dial(r, SIM_REJECT_LATE, 0);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_CANCELLED);
	rig_free(r);
}

/* In no book, on no feed, for a while; its tag is taken all the same. */
static void test_late_materialise(void **state)
{
	struct rig *r = rig_in(1);
	struct ask a = { .symbol = r->call, .price = "1.00", .tag = "once" };

	(void)state;
	rig_listen(r);
	rig_forget(r);
	r->dials.late_most = 100 * SECOND;
	rig_dial(r, SIM_LATE_MATERIALISE, RIG_EVERY);
	rig_place(r, a);
	assert_int_equal(r->answer.status, 504);
	assert_true(rig_order(r, 0)->hidden);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "5203"));
	rig_cancel(r, 0, "NO");
	assert_true(rig_says(r, "1006"));
	rig_place(r, a);
	assert_true(rig_says(r, "Not_Ok"));
	assert_int_equal(r->n_frames, 0);
	rig_run(r, 101 * SECOND);
	assert_true(!rig_order(r, 0)->hidden && rig_order(r, 0)->status == SIM_OPEN);
	assert_true(r->n_frames > 0);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"GuiOrdId\":\"once\""));
	assert_int_equal(rig_struck(r, SIM_LATE_MATERIALISE), 1);
	rig_free(r);
}

/* -- books ------------------------------------------------------------------------------------------------------------------------------ */

static void test_books(void **state)
{
	struct rig *r = rig_in(1);
	size_t cut = 0, short_of = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
		rig_run(r, SECOND);
	}
	rig_dial(r, SIM_EMPTY_BOOK, RIG_EVERY);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "5203") && rig_struck(r, SIM_EMPTY_BOOK) == 1);
	rig_dial(r, SIM_EMPTY_BOOK, 0);
	rig_dial(r, SIM_VANISH_ROW, RIG_EVERY);
	for (int i = 0; i < 20; i++) {
		rig_get(r, "/quick/user/orders");
		assert_int_equal(rig_times(r, "\"nOrdNo\""), 5);
		assert_true(rig_says(r, "\"data\":[{") && !rig_says(r, ",,") && !rig_says(r, ",]"));
	}
	assert_int_equal(rig_struck(r, SIM_VANISH_ROW), 20);
	rig_dial(r, SIM_VANISH_ROW, 0);
	rig_dial(r, SIM_PAGE_CUT, RIG_EVERY);
	for (int i = 0; i < 40; i++) {
		rig_get(r, "/quick/user/orders");
		bool whole = r->answer.body[r->answer.len - 1] == '}' && r->answer.body[r->answer.len - 2] == ']';

		cut += !whole;
		short_of += whole && rig_times(r, "\"nOrdNo\"") < 6;
	}
	assert_true(cut > 5 && short_of > 5 && cut + short_of == 40 && rig_struck(r, SIM_PAGE_CUT) == 40);
	rig_dial(r, SIM_PAGE_CUT, 0);
	rig_get(r, "/quick/user/orders");
	assert_int_equal(rig_times(r, "\"nOrdNo\""), 6);
	rig_free(r);
}

/* The only row can vanish too; and rows of trades and positions are as fragile as those of orders. */
static void test_other_books(void **state)
{
	static const char *const paths[] = { "/quick/user/trades", "/portfolio/v2/positions" };
	struct rig *r = rig_in(1);

	(void)state;
	buy(r, "65");
	rig_run(r, SECOND);
	for (size_t i = 0; i < 2; i++) {
		rig_get(r, paths[i]);
		size_t fields = rig_times(r, "\":"), texts = rig_times(r, "\":\"");

		rig_dial(r, SIM_FIELD_MISSING, RIG_EVERY);
		rig_get(r, paths[i]);
		assert_int_equal(rig_times(r, "\":"), fields - 1);
		rig_dial(r, SIM_FIELD_MISSING, 0);
		rig_dial(r, SIM_FIELD_TYPE, RIG_EVERY);
		rig_get(r, paths[i]);
		assert_int_not_equal(rig_times(r, "\":\""), texts);
		rig_dial(r, SIM_FIELD_TYPE, 0);
		rig_dial(r, SIM_VANISH_ROW, RIG_EVERY);
		rig_get(r, paths[i]);
		assert_true(rig_says(r, "5203"));
		rig_dial(r, SIM_VANISH_ROW, 0);
	}
	rig_free(r);
}

/* Trades that were printed once are printed anew when one is annulled or their order changes. */
static void test_trades_change(void **state)
{
	struct rig *r = rig_in(4);

	(void)state;
	rig_place(r, (struct ask){ .symbol = r->put, .price = rig_rupees(rig_price(r, r->put) + 15), .qty = "3510" });
	rig_run(r, 100 * MILLI);
	rig_get(r, "/quick/user/trades");
	size_t rows = rig_times(r, "\"flId\""), tags = rig_times(r, "\"GuiOrdId\":\"T1\"");

	assert_true(rows > 1 && tags == rows);
	rig_dial(r, SIM_TAG_REPLACED, RIG_EVERY);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/trades");
	assert_int_equal(rig_times(r, "\"GuiOrdId\":\"TAG-261123000001000\""), rig_times(r, "\"flId\""));
	rows = rig_times(r, "\"flId\"");
	rig_dial(r, SIM_TRADE_BUST, RIG_EVERY);
	buy(r, "65");
	rig_run(r, 900 * MILLI);
	rig_get(r, "/quick/user/trades");
	assert_int_equal(rig_times(r, "\"flId\""), rows + 1);
	rig_run(r, 60 * SECOND);
	rig_get(r, "/quick/user/trades");
	assert_true(rig_times(r, "\"flId\"") == rows && !rig_says(r, ",,") && !rig_says(r, ",]") && !rig_says(r, "[,"));
	rig_free(r);
}

/* A book as it was, never longer ago than the dial says. */
static void test_stale_book(void **state)
{
	struct rig *r = rig_in(1);
	size_t stale = 0;

	(void)state;
	r->dials.stale_most = 20 * SECOND;
	rig_dial(r, SIM_STALE_BOOK, RIG_EVERY / 2);
	for (size_t i = 0; i < 200; i++) {
		rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
		rig_run(r, SECOND);
		rig_get(r, "/quick/user/orders");
		size_t rows = rig_times(r, "\"nOrdNo\"");

		assert_true(rows <= i + 1 && rows + 20 >= i + 1);
		stale += rows < i + 1;
	}
	assert_true(stale > 50 && rig_struck(r, SIM_STALE_BOOK) >= stale);
	rig_free(r);
}

static void test_rows(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_listen(r);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	size_t fields = rig_times(r, "\":"), texts = rig_times(r, "\":\"");

	rig_dial(r, SIM_NEW_STATUS, RIG_EVERY);
	rig_get(r, "/quick/user/orders");
	assert_true(!rig_says(r, "\"open\"") && rig_times(r, "\":") == fields);
	rig_dial(r, SIM_NEW_STATUS, 0);
	rig_dial(r, SIM_FIELD_MISSING, RIG_EVERY);
	size_t missing = 0, retyped = 0;

	for (int i = 0; i < 40; i++) {
		rig_get(r, "/quick/user/orders");
		missing += rig_times(r, "\":") == fields - 1;
	}
	rig_dial(r, SIM_FIELD_MISSING, 0);
	rig_dial(r, SIM_FIELD_TYPE, RIG_EVERY);
	for (int i = 0; i < 40; i++) {
		rig_get(r, "/quick/user/orders");
		retyped += rig_times(r, "\":\"") != texts;
	}
	assert_true(missing == 40 && retyped == 40);
	rig_forget(r);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	assert_true(r->n_frames == 2 && rig_struck(r, SIM_FIELD_TYPE) == 42);
	rig_dial(r, SIM_FIELD_TYPE, 0);
	rig_get(r, "/quick/user/orders"); /* nothing of it was kept */
	assert_true(rig_says(r, "\"cancelled\"") && rig_times(r, "\":") == fields);
	rig_free(r);
}

static void test_tags(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_dial(r, SIM_TAG_CUT, RIG_EVERY);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00", .tag = "abcdefghij" });
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"GuiOrdId\":\"a") && !rig_says(r, "abcdefghij\""));
	assert_string_equal(rig_order(r, 0)->tag, "abcdefghij"); /* as it came */
	rig_dial(r, SIM_TAG_REPLACED, RIG_EVERY);
	rig_modify(r, 0, "65", "1.05", "L", "0");
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "-ABC12-ADMINAPI\""));
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"GuiOrdId\":\"TAG-261123000001000\""));
	assert_true(rig_struck(r, SIM_TAG_CUT) == 1 && rig_struck(r, SIM_TAG_REPLACED) == 2);
	rig_free(r);
}

/* -- order feed -------------------------------------------------------------------------------------------------------------------------- */

static void test_order_feed(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_dial(r, SIM_FEED_NO_ACK, RIG_EVERY);
	rig_listen(r);
	assert_true(r->n_frames == 0 && r->n_closed == 0 && rig_struck(r, SIM_FEED_NO_ACK) == 1);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	assert_int_equal(r->n_frames, 0);
	rig_dial(r, SIM_FEED_NO_ACK, 0);
	rig_listen(r);
	rig_forget(r);
	rig_dial(r, SIM_FEED_FIRST, RIG_EVERY);
	buy(r, "65");
	assert_true(rig_says(r, "\"stat\":\"Ok\"") && rig_heard(r, "\"complete\"") && last_order(r)->status == SIM_FILLED); /* all before the answer */
	assert_int_equal(rig_struck(r, SIM_FEED_FIRST), 1);
	rig_dial(r, SIM_FEED_FIRST, 0);
	rig_dial(r, SIM_FEED_SILENT, RIG_EVERY);
	rig_forget(r);
	buy(r, "65");
	rig_run(r, SECOND);
	assert_true(r->n_frames == 0 && r->n_closed == 0 && rig_struck(r, SIM_FEED_SILENT) == 1);
	rig_dial(r, SIM_FEED_SILENT, 0);
	rig_run(r, 306 * SECOND);
	buy(r, "65");
	rig_run(r, SECOND);
	assert_true(r->n_frames > 0);
	rig_free(r);
}

/* -- fills -------------------------------------------------------------------------------------------------------------------------------- */

static void test_partial(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_dial(r, SIM_PARTIAL, RIG_EVERY);
	buy(r, "650");
	rig_run(r, 500 * MILLI);
	assert_true(rig_order(r, 0)->status == SIM_OPEN && rig_order(r, 0)->filled > 0 && rig_order(r, 0)->filled < 650);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"ordSt\":\"open\"") && !rig_says(r, "\"fldQty\":0,"));
	uint64_t n = rig_struck(r, SIM_PARTIAL);

	rig_dial(r, SIM_PARTIAL, 0);
	rig_modify(r, 0, "650", "1500.00", "L", "0"); /* the market may have gone */
	rig_run(r, 30 * SECOND);
	assert_true(n > 0 && rig_order(r, 0)->status != SIM_PENDING);
	rig_free(r);
}

static void test_no_trade_id(void **state)
{
	struct rig *r = rig_in(1);
	const struct sim_trade *trades;

	(void)state;
	rig_dial(r, SIM_NO_TRADE_ID, RIG_EVERY);
	buy(r, "65");
	rig_run(r, SECOND);
	rig_get(r, "/quick/user/trades");
	assert_true(rig_says(r, "\"flId\":\"\"") && rig_struck(r, SIM_NO_TRADE_ID) == 1);
	assert_true(sim_broker_trades(r->broker, &trades) == 1 && *trades[0].id);
	rig_free(r);
}

static void test_overfill(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_dial(r, SIM_OVERFILL, RIG_EVERY);
	buy(r, "65");
	rig_run(r, SECOND);
	assert_true(rig_order(r, 0)->qty == 65 && rig_order(r, 0)->filled == 130 && rig_position(r, r->call, "MIS")->net == 130 && rig_struck(r, SIM_OVERFILL) == 1);
	rig_get(r, "/quick/user/orders");
	assert_true(rig_says(r, "\"qty\":65,\"fldQty\":130,\"unFldSz\":0"));
	rig_free(r);
}

static void test_trade_bust(void **state)
{
	struct rig *r = rig_in(1);
	const struct sim_trade *trades;

	(void)state;
	rig_dial(r, SIM_TRADE_BUST, RIG_EVERY);
	buy(r, "65");
	rig_run(r, 900 * MILLI);
	assert_int_equal(rig_position(r, r->call, "MIS")->net, 65);
	rig_run(r, 60 * SECOND);
	assert_true(rig_position(r, r->call, "MIS")->net == 0 && rig_position(r, r->call, "MIS")->ours == 0 && rig_position(r, r->call, "MIS")->cash == 0);
	assert_true(sim_broker_trades(r->broker, &trades) == 1 && trades[0].busted && rig_order(r, 0)->status == SIM_FILLED);
	rig_get(r, "/quick/user/trades");
	assert_true(rig_says(r, "5203") && rig_struck(r, SIM_TRADE_BUST) == 1);
	rig_free(r);
}

/* -- market -------------------------------------------------------------------------------------------------------------------------------- */

/* Nobody sells at the upper lock, nobody buys at the lower, and the price stands still. */
static void test_circuit_lock(void **state)
{
	struct rig *r = rig_in(3);
	char path[1024] = "/script-details/1.0/quotes/neosymbol/";
	size_t upper = 0, lower = 0, len = strlen(path);

	(void)state;
	rig_get(r, "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY");
	for (const char *at = r->answer.body; (at = strstr(at, "nse_fo|")); at++)
		len += (size_t)snprintf(path + len, sizeof(path) - len, "%.*s,", (int)strcspn(at, "\""), at);
	snprintf(path + len - 1, sizeof(path) - len, "/depth");
	for (int i = 0; i < 30; i++) {
		rig_dial(r, SIM_CIRCUIT_LOCK, i < 10 ? 0 : RIG_EVERY);
		rig_run(r, 60 * SECOND);
		rig_get(r, path);
		assert_int_equal(rig_times(r, "\"exchange_token\""), 30);
		upper += rig_times(r, "\"total_sell\":\"0\"");
		lower += rig_times(r, "\"total_buy\":\"0\"");
		assert_true(i >= 10 || upper == 0);
	}
	assert_true(upper > 10 && lower > 10 && rig_struck(r, SIM_CIRCUIT_LOCK) == 20);
	rig_free(r);
}

static void test_halt(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_watch(r, "subscribeIndices", "nse_cm|Nifty 50");
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	rig_run(r, SECOND);
	rig_dial(r, SIM_HALT, RIG_EVERY);
	rig_run(r, 60 * SECOND);
	rig_dial(r, SIM_HALT, 0);
	assert_int_equal(rig_struck(r, SIM_HALT), 1);
	size_t n = r->n_binary;

	rig_run(r, 20 * SECOND);
	assert_int_equal(r->n_binary, n);
	buy(r, "65");
	rig_run(r, SECOND);
	assert_int_equal(last_order(r)->status, SIM_REJECTED);
	rig_cancel(r, 0, "NO");
	rig_run(r, SECOND);
	assert_int_equal(rig_order(r, 0)->status, SIM_CANCELLED);
	rig_run(r, 16 * 60 * SECOND);
	assert_true(r->n_binary > n);
	buy(r, "65");
	rig_run(r, SECOND);
	assert_int_equal(last_order(r)->status, SIM_FILLED);
	rig_free(r);
}

static void test_illiquid(void **state)
{
	struct rig *r = rig_in(1);
	size_t unfilled = 0;

	(void)state;
	rig_dial(r, SIM_ILLIQUID, RIG_EVERY);
	for (int i = 0; i < 200 && !unfilled; i++) { /* ten paise through the price is not enough there */
		rig_run(r, 60 * SECOND);
		rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = rig_rupees(rig_price(r, "JPPOWER-EQ") + 10), .qty = "1", .validity = "IOC" });
		rig_run(r, 100 * MILLI);
		unfilled += last_order(r)->status == SIM_CANCELLED;
	}
	assert_true(unfilled && rig_struck(r, SIM_ILLIQUID) > 0);
	rig_free(r);
}

static void test_gap(void **state)
{
	struct rig *r = rig_in(1);
	int64_t before = rig_index(r), moved;

	(void)state;
	rig_run(r, 20 * SECOND);
	moved = rig_index(r) - before;
	assert_true(moved > -10000 && moved < 10000);
	rig_dial(r, SIM_GAP, RIG_EVERY);
	rig_run(r, 40 * SECOND);
	moved = rig_index(r) - before;
	assert_true(moved < -15000 || moved > 15000);
	assert_int_equal(rig_struck(r, SIM_GAP), 1);
	rig_free(r);
}

static uint32_t price_in_packet(const struct rig *r)
{
	uint32_t price = 0;

	assert_int_equal(r->packets.len, 54);
	for (size_t i = 0; i < 4; i++)
		price |= (uint32_t)(unsigned char)r->packets.data[21 + i] << 8 * i;
	return price;
}

static void test_market_feed(void **state)
{
	struct rig *r = rig_in(1);
	size_t wrong = 0;

	(void)state;
	rig_watch(r, "subscribeScripsLite", "nse_cm|2885");
	rig_dial(r, SIM_BAD_TICK, RIG_EVERY);
	for (int i = 0; i < 20; i++) {
		rig_run(r, SECOND);
		wrong += price_in_packet(r) < 100000 || price_in_packet(r) > 200000;
	}
	assert_true(wrong == 20 && rig_struck(r, SIM_BAD_TICK) == 20);
	assert_true(rig_price(r, "RELIANCE-EQ") > 100000 && rig_price(r, "RELIANCE-EQ") < 200000); /* said, not true */
	rig_dial(r, SIM_BAD_TICK, 0);
	rig_dial(r, SIM_MARKET_SILENT, RIG_EVERY);
	rig_forget(r);
	rig_run(r, SECOND);
	assert_true(r->n_binary == 0 && r->n_closed == 0 && rig_struck(r, SIM_MARKET_SILENT) == 1);
	rig_dial(r, SIM_MARKET_SILENT, 0);
	rig_run(r, 306 * SECOND);
	assert_true(r->n_binary > 0);
	rig_free(r);
}

/* -- session ------------------------------------------------------------------------------------------------------------------------------ */

static void test_sessions(void **state)
{
	struct rig *r = rig_in(1);

	(void)state;
	rig_listen(r);
	rig_dial(r, SIM_SESSION_ENDS, RIG_EVERY);
	rig_get(r, "/quick/user/trades");
	assert_true(rig_says(r, "100022") && rig_struck(r, SIM_SESSION_ENDS) == 1);
	rig_dial(r, SIM_SESSION_ENDS, 0);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	assert_true(rig_says(r, "100022") && rig_orders(r) == 0); /* for good */
	rig_enter(r);
	rig_listen(r);
	rig_dial(r, SIM_SESSION_STOLEN, RIG_EVERY);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	assert_true(rig_says(r, "\"stCode\":1003") && r->n_closed == 1 && rig_struck(r, SIM_SESSION_STOLEN) == 1);
	rig_dial(r, SIM_SESSION_STOLEN, 0);
	rig_enter(r);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_free(r);
}

static void test_login_fails(void **state)
{
	struct rig *r = rig_new(1, rig_at(9, 0));

	(void)state;
	rig_dial(r, SIM_LOGIN_FAILS, RIG_EVERY);
	for (int i = 0; i < 10; i++) {
		r->now += 60 * SECOND;
		rig_login(r, "ABC12", rig_code(r->now));
		assert_false(rig_says(r, "\"token\""));
	}
	assert_int_equal(rig_struck(r, SIM_LOGIN_FAILS), 10);
	rig_dial(r, SIM_LOGIN_FAILS, 0);
	rig_enter(r);
	rig_free(r);
}

/* Orders are refused until a new login; reading is not. */
static void test_ip_mismatch(void **state)
{
	struct rig *r = rig_in(1);
	size_t by_session = 0, by_address = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		rig_dial(r, SIM_IP_MISMATCH, RIG_EVERY);
		rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
		rig_dial(r, SIM_IP_MISMATCH, 0);
		by_session += rig_says(r, "{\"stCode\":1037,\"errMsg\":\"session ip doesnt match with reqest ip\",\"stat\":\"Not_Ok\"}");
		by_address += rig_says(r, "{\"stCode\":100008,\"errMsg\":\"unauthorized\",\"stat\":\"Not_Ok\"}");
		rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
		assert_true(rig_says(r, "Not_Ok"));
		rig_get(r, "/quick/user/orders");
		assert_true(rig_says(r, "5203"));
		rig_enter(r);
	}
	assert_true(by_session > 15 && by_address > 3 && by_session + by_address == 40 && rig_struck(r, SIM_IP_MISMATCH) == 40);
	rig_place(r, (struct ask){ .symbol = r->call, .price = "1.00" });
	assert_true(rig_says(r, "\"stat\":\"Ok\""));
	rig_free(r);
}

/* Two sessions may trade; the third from the end may read. */
static void test_three_sessions(void **state)
{
	struct rig *r = rig_in(1);
	char token[400], sid[48];

	(void)state;
	text_copy(token, sizeof(token), r->token);
	text_copy(sid, sizeof(sid), r->sid);
	for (int i = 0; i < 3; i++) {
		struct rig other = *r;

		text_copy(other.token, sizeof(other.token), token);
		text_copy(other.sid, sizeof(other.sid), sid);
		rig_place(&other, (struct ask){ .symbol = r->call, .price = "1.00", .tag = "" });
		assert_int_equal(rig_says(&other, "1037"), i == 2);
		rig_get(&other, "/quick/user/orders");
		assert_true(rig_says(&other, "\"nOrdNo\""));
		rig_enter(r);
	}
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_done_but_not_said),
		cmocka_unit_test(test_not_done),
		cmocka_unit_test(test_reject_late),
		cmocka_unit_test(test_reject_change_late),
		cmocka_unit_test(test_late_materialise),
		cmocka_unit_test(test_books),
		cmocka_unit_test(test_other_books),
		cmocka_unit_test(test_trades_change),
		cmocka_unit_test(test_stale_book),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_order_feed),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_no_trade_id),
		cmocka_unit_test(test_overfill),
		cmocka_unit_test(test_trade_bust),
		cmocka_unit_test(test_circuit_lock),
		cmocka_unit_test(test_halt),
		cmocka_unit_test(test_illiquid),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_market_feed),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_login_fails),
		cmocka_unit_test(test_ip_mismatch),
		cmocka_unit_test(test_three_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
