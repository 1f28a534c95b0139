/* Positions are compared while orders of ours live that nothing is on its way of: they rest, wait here, or were proven absent; and not while others do. */
#include "tests/broker/kotak/account_rig.h"

/* Numbered, and no row shows it; or sent, and nobody knows whether it arrived. */
static void test_nothing_while_an_order_works(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		fake_start();
		if (i == 0)
			account_works();
		else {
			fake_place(1, PURPOSE_ENTRY);
			fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_UNKNOWN, 0, NULL);
		}
		account_positions(75, 0);
		account_positions(75, 0);
		account_positions(75, 0);
		assert_int_equal(account_told(), 0);
		fake_close();
	}
}

/* 75 are short, and a stop for them rests at the broker. */
static void stop_rests(void)
{
	fake_start();
	account_hold(-75);
	account_positions(0, 75);
	fake_place(1, PURPOSE_STOP);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"" NUMBER "\",\"stCode\":200}");
	fake_frame("{\"type\":\"order\",\"data\":" ROW("trigger pending", "20", "0") "}");
	account_positions(0, 75);
	assert_int_equal(account_told(), 0);
}

/* It explains nothing as long as it rests, and that it rests is asked again when the account differs. */
static void test_compared_while_a_stop_rests(void **state)
{
	(void)state;
	stop_rests();
	account_positions(150, 225);
	assert_int_equal(account_told(), 0);
	account_positions(150, 300); /* sold some more, and no trade tells who */
	account_positions(150, 300);
	assert_int_equal(account_told(), 0);
	for (int i = 0; i < 2; i++) {
		account_positions(150, 300);
		assert_int_equal(account_told(), 0); /* no order book that was asked for since then */
		account_asked(ORDERS);
		account_answer(ORDERS, ROW("trigger pending", "20", "0"));
	}
	account_positions(150, 300);
	account_assert_told(0, 0, -75, 0);
	fake_close();
}

/* With an order at work the books are read more often than a trade stays young: those that tell nothing new of others put nothing off. */
static void test_strangers_that_are_gone(void **state)
{
	(void)state;
	stop_rests();
	account_book("open");
	account_book("cancelled");
	account_assert_told(0, 0, 0, 0);
	fake.n_said = 0;
	for (int i = 0; i < 10; i++) {
		account_asked(ORDERS);
		account_answer(ORDERS, ROW("trigger pending", "20", "0"));
		account_positions(150, 300);
	}
	account_assert_told(0, 0, -75, 0);
	fake_close();
}

/* It filled, and the positions knew first. */
static void test_a_stop_that_fills(void **state)
{
	(void)state;
	stop_rests();
	account_positions(75, 75);
	account_positions(75, 75);
	account_asked(ORDERS);
	account_answer(ORDERS, ROW("complete", "30", "75"));
	account_positions(75, 75);
	account_asked(TRADES);
	account_answer(TRADES, FILL("8", "75"));
	account_hold(0);
	account_positions(75, 75);
	account_positions(75, 75);
	assert_int_equal(account_told(), 0);
	fake_close();
}

/* Neither a login nor a restart waits for it to end: it may rest all day. */
static void test_arms_while_a_stop_rests(void **state)
{
	(void)state;
	stop_rests();
	fake.generation++;
	fake_pass(NANOS_SECOND / 10);
	kotak_tick(fake.k);
	for (int i = 0; i < 2; i++) { /* the first was asked in the session before */
		account_asked(ORDERS);
		account_answer(ORDERS, ROW("trigger pending", "20", "0"));
		account_asked(TRADES);
		account_answer(TRADES, "");
	}
	assert_false(foreign_compared(fake.k));
	account_positions(0, 75);
	account_positions(0, 75);
	assert_true(foreign_compared(fake.k));
	fake_close();
}

/* An order of a person's rests at its price in the same way, here after a third of it was filled. */
static void by_hand_rests(void)
{
	fake_start();
	account_hold(25);
	account_works();
	fake.core.slot[0].plan.order = 1;
	fake.core.slot[0].plan.limit = RUPEES(100);
	fake_frame("{\"type\":\"order\",\"data\":" ROW("open", "20", "25") "}");
	account_positions(25, 0);
	account_asked(TRADES);
	account_answer(TRADES, FILL("8", "25"));
	assert_int_equal(account_told(), 0);
}

static void test_compared_while_an_order_by_hand_rests(void **state)
{
	(void)state;
	by_hand_rests();
	account_positions(100, 0);
	account_positions(100, 0);
	for (int i = 0; i < 2; i++) {
		account_positions(100, 0);
		assert_int_equal(account_told(), 0); /* no order book that was asked for since then */
		account_asked(ORDERS);
		account_answer(ORDERS, ROW("open", "20", "25"));
	}
	account_positions(100, 0);
	account_assert_told(0, 0, 75, 0);
	fake_close();
}

/* The rest of it filled, and the positions knew first. */
static void test_an_order_by_hand_that_fills(void **state)
{
	(void)state;
	by_hand_rests();
	account_positions(75, 0);
	account_positions(75, 0);
	account_asked(ORDERS);
	account_answer(ORDERS, ROW("complete", "30", "75"));
	account_positions(75, 0);
	account_asked(TRADES);
	account_answer(TRADES, FILL("8", "25") "," FILL("9", "50"));
	account_hold(75);
	account_positions(75, 0);
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	fake_close();
}

/* Not one at the engine's price, which it moves, nor one with fills that were not told, nor one that is being cancelled. */
static void test_not_compared_while_it_moves(void **state)
{
	static const struct { uint64_t order; price_t limit; const char *row; bool cancel; } moves[] = {
		{ 1, 0, ROW("open", "30", "25"), false }, { 2, RUPEES(100), ROW("open", "30", "25"), false }, { 1, RUPEES(100), ROW("open", "30", "50"), false },
		{ 1, RUPEES(100), ROW("open pending", "30", "25"), false }, { 1, RUPEES(100), ROW("open", "30", "25"), true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		by_hand_rests();
		fake.core.slot[0].plan.order = moves[i].order;
		fake.core.slot[0].plan.limit = moves[i].limit;
		if (moves[i].cancel)
			fake_cancel(1);
		for (int reading = 0; reading < 4; reading++) {
			account_asked(ORDERS);
			account_answer(ORDERS, moves[i].row);
			account_positions(100, 0);
		}
		assert_int_equal(account_told(), 0);
		fake_close();
	}
}

/* After a restart, too. */
static void test_arms_while_an_order_by_hand_rests(void **state)
{
	(void)state;
	by_hand_rests();
	fake.generation++;
	fake_pass(NANOS_SECOND / 10);
	kotak_tick(fake.k);
	for (int i = 0; i < 2; i++) { /* the first was asked in the session before */
		account_asked(ORDERS);
		account_answer(ORDERS, ROW("open", "20", "25"));
		account_asked(TRADES);
		account_answer(TRADES, FILL("8", "25"));
	}
	assert_false(foreign_compared(fake.k));
	for (int i = 0; i < 3; i++) /* the fill was young */
		account_positions(25, 0);
	assert_true(foreign_compared(fake.k));
	fake_close();
}

/* -- nothing of it is at the broker ------------------------------------------------------------------------------------------------- */

/* The account holds this, and order books asked for since then show these rows. */
static void read_on(int bought, int sold, const char *rows)
{
	for (int i = 0; i < 4; i++) {
		account_positions(bought, sold);
		account_asked(ORDERS);
		account_answer(ORDERS, rows);
	}
	account_positions(bought, sold);
}

/* An exit is asked for each second, waits for its turn, and is refused when that comes, since the positions are not compared: it must not be why. */
static void test_compared_while_an_exit_waits_here(void **state)
{
	(void)state;
	fake_start();
	account_hold(75);
	fake_place(1, PURPOSE_EXIT);
	read_on(30, 0, "");
	account_assert_told(0, 0, -45, 0);
	fake_close();
}

static void proven_absent(void)
{
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_UNKNOWN, 0, NULL);
	for (int i = 0; i < 40 && !fake_reported(REPORT_ABSENT); i++) {
		account_asked(ORDERS);
		account_answer(ORDERS, "");
	}
	assert_true(fake_reported(REPORT_ABSENT));
	assert_int_equal(account_told(), 0);
}

/* It is watched for two minutes more, and the account with it. */
static void test_compared_while_an_order_is_absent(void **state)
{
	(void)state;
	proven_absent();
	read_on(75, 0, "");
	account_assert_told(0, 0, 75, 0);
	fake_close();
}

/* Somebody's order that may be it; then it was sent again, and the first attempt may be there. */
static void test_not_compared_while_it_may_be_there(void **state)
{
	(void)state;
	proven_absent();
	read_on(75, 0, ROW("open", "0", "0"));
	assert_int_equal(account_told(), 0);
	fake_close();
	proven_absent();
	fake_place(1, PURPOSE_ENTRY);
	read_on(75, 0, "");
	assert_int_equal(account_told(), 0);
	fake_close();
}

/* A stop is to become an exit: that waits for its turn, too, and may be refused then; what has left may be at work. */
static void test_a_change_that_waits_here(void **state)
{
	(void)state;
	stop_rests();
	fake_modify(1, 99);
	read_on(0, 150, ROW("trigger pending", "20", "0"));
	account_assert_told(0, 0, -75, 0);
	fake_answer(fake_find("/quick/order/vr/modify"), WIRE_UNKNOWN, 0, NULL);
	for (int i = 0; i < 4; i++)
		account_positions(0, 225);
	account_assert_told(0, 0, -75, 0);
	fake_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_while_an_order_works),
		cmocka_unit_test(test_compared_while_a_stop_rests),
		cmocka_unit_test(test_strangers_that_are_gone),
		cmocka_unit_test(test_a_stop_that_fills),
		cmocka_unit_test(test_arms_while_a_stop_rests),
		cmocka_unit_test(test_compared_while_an_order_by_hand_rests),
		cmocka_unit_test(test_an_order_by_hand_that_fills),
		cmocka_unit_test(test_not_compared_while_it_moves),
		cmocka_unit_test(test_arms_while_an_order_by_hand_rests),
		cmocka_unit_test(test_compared_while_an_exit_waits_here),
		cmocka_unit_test(test_compared_while_an_order_is_absent),
		cmocka_unit_test(test_not_compared_while_it_may_be_there),
		cmocka_unit_test(test_a_change_that_waits_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
