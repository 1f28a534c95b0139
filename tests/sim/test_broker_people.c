/* Who else acts in the account of the simulator's broker, and what holds whoever does: the ledger adds up, the same calls give the same bytes. */
#include "tests/sim/broker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void test_human(void **state)
{
	struct rig *r = rig_in(1);
	size_t by_hand = 0;

	(void)state;
	rig_listen(r);
	rig_dial(r, SIM_MANUAL_TRADE, RIG_EVERY);
	rig_run(r, 120 * 60 * SECOND);
	assert_int_equal(rig_struck(r, SIM_MANUAL_TRADE), 120);
	for (size_t i = 0; i < rig_orders(r); i++) {
		const struct sim_order *o = rig_order(r, i);

		assert_true(o->actor == SIM_HUMAN && !*o->tag);
		by_hand += o->filled > 0;
	}
	assert_true(by_hand > 30);
	assert_true(rig_heard(r, "ADMINCPPAPI_MOB"));
	const struct sim_position *p;
	size_t n = sim_broker_positions(r->broker, &p);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i].ours, 0);
	rig_free(r);
}

static void test_square_off(void **state)
{
	struct rig *r = rig_new(1, rig_at(15, 18));

	(void)state;
	rig_enter(r);
	r->dials.rms_square_off = true;
	sim_broker_dials(r->broker, &r->dials);
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "22.00", .qty = "500" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "22.00", .qty = "7", .product = "NRML" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "16.00", .qty = "3" });
	rig_place(r, (struct ask){ .symbol = "JPPOWER-EQ", .price = "16.00", .qty = "3", .product = "NRML" });
	rig_run(r, rig_at(15, 19) + 59 * SECOND - r->now);
	assert_true(rig_order(r, 0)->status == SIM_FILLED && rig_order(r, 2)->status == SIM_OPEN);
	assert_int_equal(rig_struck(r, SIM_RMS_SQUARE_OFF), 0);
	rig_run(r, 2 * SECOND);
	assert_true(rig_order(r, 2)->status == SIM_CANCELLED && rig_order(r, 3)->status == SIM_OPEN); /* open orders first, of its product alone */
	assert_int_equal(rig_orders(r), 4);
	rig_run(r, 60 * SECOND);
	assert_true(rig_position(r, "JPPOWER-EQ", "MIS")->net == 0 && rig_position(r, "JPPOWER-EQ", "MIS")->ours == 500 && rig_position(r, "JPPOWER-EQ", "NRML")->net == 7);
	assert_true(rig_order(r, rig_orders(r) - 1)->actor == SIM_RMS && rig_order(r, rig_orders(r) - 1)->sell && rig_struck(r, SIM_RMS_SQUARE_OFF) >= 2);
	rig_free(r);
}

/* Nobody buys at a lower lock: its order is cancelled and sent anew until it trades. */
static void test_square_off_tries_again(void **state)
{
	struct rig *r = rig_new(3, rig_at(15, 5));
	char symbol[40];
	size_t cancelled = 0;
	const struct sim_position *p;

	(void)state;
	rig_enter(r);
	rig_get(r, "/market-data/1.0/watchlist/option-chain?exchange=nse_fo&underlying=NIFTY");
	char *symbols = strdup(r->answer.body);

	for (const char *at = symbols; (at = strstr(at, "\"symbol\":\"")); at++) {
		snprintf(symbol, sizeof(symbol), "%.*s", (int)strcspn(at + 10, "\""), at + 10);
		rig_place(r, (struct ask){ .symbol = symbol, .price = rig_rupees(rig_price(r, symbol) + 500) });
		rig_run(r, 150 * MILLI);
	}
	free(symbols);
	r->dials.rms_square_off = true;
	rig_dial(r, SIM_CIRCUIT_LOCK, RIG_EVERY);
	rig_run(r, rig_at(15, 22) - r->now);
	rig_dial(r, SIM_CIRCUIT_LOCK, 0);
	rig_run(r, rig_at(15, 39) - r->now);
	for (size_t i = 0; i < rig_orders(r); i++)
		cancelled += rig_order(r, i)->actor == SIM_RMS && rig_order(r, i)->status == SIM_CANCELLED;
	assert_true(cancelled);
	size_t n = sim_broker_positions(r->broker, &p);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i].net, 0);
	rig_free(r);
}

/* -- the same again ------------------------------------------------------------------------------------------------------------------------ */

static uint64_t some_day(uint64_t seed, bool faults, size_t *ret_orders)
{
	struct rig *r = rig_in(seed);

	if (faults)
		for (enum sim_dial i = 0; i < SIM_DIAL_COUNT; i++)
			if (sim_dial_chance(&r->dials, i))
				rig_dial(r, i, i >= SIM_SESSION_ENDS && i <= SIM_IP_MISMATCH ? 0 : i >= SIM_CIRCUIT_LOCK && i <= SIM_MARKET_SILENT ? 5000 : 50000);
	r->dials.late_most = r->dials.stale_most = 30 * SECOND;
	r->dials.rms_square_off = true;
	sim_broker_dials(r->broker, &r->dials);
	rig_listen(r);
	rig_watch(r, "subscribeDepth", "nse_cm|2885");
	for (size_t i = 0; i < 300; i++) {
		rig_place(r, (struct ask){ .symbol = i % 3 ? r->call : "JPPOWER-EQ", .side = i % 2 ? "S" : "B", .qty = i % 3 ? "130" : "20",
			.price = i % 3 ? "40.00" : i % 2 ? "18.00" : "19.50" });
		rig_run(r, 30 * SECOND);
		rig_get(r, "/quick/user/orders");
		rig_get(r, "/quick/user/trades");
		rig_get(r, "/portfolio/v2/positions");
		if (i % 5 == 4 && rig_orders(r))
			rig_cancel(r, rig_orders(r) - 1, "NO");
	}
	rig_run(r, rig_at(16, 0) - r->now);
	uint64_t sum = r->sum;

	*ret_orders = rig_orders(r);
	rig_free(r);
	return sum;
}

static void test_same_seed_same_bytes(void **state)
{
	size_t n, again;

	(void)state;
	for (int faults = 0; faults < 2; faults++) {
		uint64_t first = some_day(11, faults, &n);

		assert_int_equal(some_day(11, faults, &again), first);
		assert_true(n == again && n > 150);
		assert_int_not_equal(some_day(12, faults, &again), first);
	}
}

/* Who looks, and how often, moves no price. */
static void test_looking_changes_nothing(void **state)
{
	struct rig *quiet = rig_in(5), *busy = rig_in(5);

	(void)state;
	rig_watch(busy, "subscribeScrips", "nse_cm|2885");
	rig_listen(busy);
	for (int i = 0; i < 600; i++) {
		rig_run(busy, 7 * SECOND);
		rig_get(busy, "/quick/user/orders");
	}
	quiet->now = busy->now;
	assert_int_equal(rig_index(quiet), rig_index(busy));
	assert_int_equal(rig_price(quiet, quiet->call), rig_price(busy, busy->call));
	rig_free(quiet);
	rig_free(busy);
}

/* At every moment the positions are the sum of the trades, an order's fills are its trades, and the cash follows. */
static void test_ledger_adds_up(void **state)
{
	struct rig *r = rig_in(9);
	const struct sim_trade *t;
	const struct sim_position *p;

	(void)state;
	rig_dial(r, SIM_PARTIAL, 300000);
	rig_dial(r, SIM_OVERFILL, 100000);
	rig_dial(r, SIM_TRADE_BUST, 100000);
	rig_dial(r, SIM_MANUAL_TRADE, 500000);
	for (size_t i = 0; i < 200; i++) {
		rig_place(r, (struct ask){ .symbol = i % 2 ? r->call : r->put, .side = i % 3 ? "B" : "S", .qty = "195", .price = i % 3 ? "90.00" : "5.00" });
		rig_run(r, 20 * SECOND);
		size_t n_trades = sim_broker_trades(r->broker, &t), n = sim_broker_positions(r->broker, &p);
		int64_t all = 0, of_trades = 0;

		for (size_t k = 0; k < n; k++)
			all += p[k].net * 7 + p[k].cash;
		for (size_t k = 0; k < n_trades; k++)
			of_trades += t[k].busted ? 0 : (t[k].sell ? -1 : 1) * t[k].qty * (7 - t[k].price);
		assert_int_equal(all, of_trades);
	}
	for (size_t i = 0; i < rig_orders(r); i++) {
		const struct sim_order *o = rig_order(r, i);
		int64_t filled = 0, value = 0;
		size_t n_trades = sim_broker_trades(r->broker, &t);

		for (size_t k = 0; k < n_trades; k++)
			if (!strcmp(t[k].order, o->number)) {
				filled += t[k].qty;
				value += t[k].qty * t[k].price;
			}
		assert_true(filled == o->filled && value == o->value && (o->status != SIM_FILLED || filled >= o->qty));
	}
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_human),
		cmocka_unit_test(test_square_off),
		cmocka_unit_test(test_square_off_tries_again),
		cmocka_unit_test(test_same_seed_same_bytes),
		cmocka_unit_test(test_looking_changes_nothing),
		cmocka_unit_test(test_ledger_adds_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
