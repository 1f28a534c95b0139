/* What the account holds that is not ours: what it holds back, until when, and what an operator's word is good for. */
#include <stdio.h>

#include "tests/core/rig.h"

static struct rig rig;

static void tell(const char *symbol, const char *underlying, qty_t manual, qty_t broker, qty_t unexplained, uint32_t orders)
{
	struct event_foreign *e = &rig_event(&rig, EVENT_FOREIGN, core_find_instrument(&rig.core, symbol))->foreign;

	*e = (struct event_foreign){ .manual = manual, .broker = broker, .unexplained = unexplained, .orders = orders, .ours = NUM_UNKNOWN };
	snprintf(e->symbol, sizeof(e->symbol), "%s", symbol);
	snprintf(e->underlying, sizeof(e->underlying), "%s", underlying);
	rig_post(&rig);
}

static void tell_call(qty_t manual, qty_t unexplained)
{
	tell("N24000CE", "NIFTY", manual, 0, unexplained, 0);
}

/* What the gate says to a signal on NIFTY. */
static enum refusal asked(void)
{
	rig_ask(&rig, 0, 1, 23980);
	return rig_refusal(&rig);
}

static void people_freeze_their_underlying(void **state)
{
	(void)state;
	rig_open(&rig);
	tell_call(75, 0);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_FOREIGN);
	assert_true(rig_action(&rig, OUTCOME_ALERT, 0)->alert.value == 75);
	assert_non_null(strstr(rig_action(&rig, OUTCOME_ALERT, 0)->alert.text, "N24000CE: somebody else traded"));
	assert_int_equal(asked(), REFUSAL_FOREIGN);
	assert_int_equal(core_ready(&rig.core), REFUSAL_NONE); /* others may trade */
	assert_int_equal(core_foreign_refusal(&rig.core, "SHARE"), REFUSAL_NONE);
	tell_call(75, 0);
	assert_int_equal(rig.actions.count, 0); /* no news */
	tell_call(0, 0);
	assert_int_equal(rig.core.s->foreigns, 0);
	assert_int_equal(asked(), REFUSAL_NONE);
	tell_call(0, 0);
	assert_int_equal(rig.actions.count, 0);
	rig_done(&rig);
}

/* A contract that is none of our instruments holds back its underlying as well; an order at work is enough. */
static void orders_and_strange_contracts(void **state)
{
	(void)state;
	rig_open(&rig);
	tell("N25000CE", "NIFTY", 0, 0, 0, 1);
	assert_non_null(strstr(rig_action(&rig, OUTCOME_ALERT, 0)->alert.text, "order is at work"));
	assert_int_equal(asked(), REFUSAL_FOREIGN);
	tell("N25000CE", "NIFTY", 0, 0, 0, 0);
	tell("BANKNIFTY", "BANKNIFTY", 0, -30, 0, 0);
	assert_non_null(strstr(rig_action(&rig, OUTCOME_ALERT, 0)->alert.text, "the broker traded"));
	assert_int_equal(asked(), REFUSAL_NONE);
	rig_done(&rig);
}

static void exits_go_on(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	tell_call(75, 10);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 1);
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.purpose, PURPOSE_EXIT);
	rig_done(&rig);
}

/* `ignore` leaves people alone; what nothing explains is an error of the books, and holds back in every setting. */
static void ignored(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.flags = START_FOREIGN_IGNORE;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	tell_call(75, 0);
	tell("N24000PE", "NIFTY", 0, 75, 0, 2);
	assert_int_equal(asked(), REFUSAL_NONE);
	assert_int_equal(rig.core.slot[0].plan.state, PLAN_ENTERING);
	tell_call(75, -75);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_UNEXPLAINED);
	rig_done(&rig);
}

static int acknowledge(uint32_t row, qty_t qty, const char *reason)
{
	return rig_command(&rig, COMMAND_ACKNOWLEDGE, row, 0, qty, reason)->reply.err;
}

static void an_operator_knows(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(acknowledge(0, 0, "nothing there"), ERR_NOENT);
	tell_call(0, -75);
	assert_int_equal(core_find_foreign(&rig.core, "N24000CE"), 0);
	assert_int_equal(core_find_foreign(&rig.core, "N24000PE"), UINT32_MAX);
	assert_int_equal(asked(), REFUSAL_UNEXPLAINED);
	assert_int_equal(acknowledge(0, -75, ""), ERR_RANGE);
	assert_int_equal(acknowledge(0, 75, "I sold it"), ERR_BUSY); /* not what he saw */
	assert_int_equal(acknowledge(1, 0, "I sold it"), ERR_NOENT);
	assert_int_equal(asked(), REFUSAL_UNEXPLAINED);
	assert_int_equal(acknowledge(0, -75, "I sold it"), ERR_OK);
	assert_string_equal(rig_action(&rig, OUTCOME_STATE, 0)->state.reason, "I sold it"); /* the audit */
	assert_string_equal(rig.core.s->foreign[0].by, "uid:1000");
	assert_int_equal(asked(), REFUSAL_NONE);
	rig_done(&rig);
}

/* It holds for the quantity, whoever that is put down to, and ends with it. */
static void how_long_he_knows(void **state)
{
	(void)state;
	rig_open(&rig);
	tell_call(75, 0);
	assert_int_equal(acknowledge(0, 75, "mine"), ERR_OK);
	tell_call(0, 75); /* the next morning nobody's trade explains it */
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_NONE);
	tell("N24000CE", "NIFTY", 0, 0, 75, 1); /* somebody is about to change it */
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_UNEXPLAINED);
	assert_int_equal(acknowledge(0, 75, "mine"), ERR_OK);
	tell_call(0, 75);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_NONE);
	tell_call(0, 150);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_UNEXPLAINED);
	tell_call(0, 0);
	tell_call(0, 75); /* gone and come again: news */
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_UNEXPLAINED);
	rig_done(&rig);
}

static uint32_t put_in_book(uint32_t strategy, qty_t *ret)
{
	rig_enter(&rig, strategy);
	*ret = rig.core.slot[strategy].book.qty;
	return rig.core.slot[strategy].book.instrument;
}

/* Somebody else closed what a book still holds: by the operator's word the book follows, and no order does. */
static void a_book_follows(void **state)
{
	const struct outcome_trade *t;
	qty_t qty;

	(void)state;
	rig_open(&rig);
	assert_int_equal(put_in_book(0, &qty), RIG_CALL);
	tell_call(-qty, 0);
	rig_tick(&rig, RIG_CALL, 110, 110.10);
	assert_int_equal(acknowledge(0, -qty, "I sold it in the app"), ERR_OK);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	t = &rig_action(&rig, OUTCOME_TRADE, 0)->trade;
	assert_int_equal(t->exit_reason, EXIT_MANUAL);
	assert_int_equal(t->exit, RUPEES(110.05));
	assert_int_equal(rig.core.slot[0].book.qty, 0);
	assert_int_equal(rig.core.slot[0].plan.state, PLAN_IDLE);
	assert_int_equal(rig.core.s->open_books, 0);
	tell_call(0, 0);
	assert_int_equal(rig.core.s->foreigns, 0);
	rig_done(&rig);
}

static void a_part_of_it(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	put_in_book(0, &qty);
	tell_call(0, -75);
	assert_int_equal(acknowledge(0, -75, "one lot"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty - 75);
	assert_int_equal(rig_count(&rig, OUTCOME_TRADE), 0);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
	assert_true(rig_action(&rig, ACTION_PLACE, 0)->request.qty <= qty - 75);
	rig_done(&rig);
}

/* More than the book held: it is closed, and the rest is the operator's own. The same way as the book: nothing of it was closed. */
static void more_than_the_book(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	put_in_book(0, &qty);
	tell_call(75, 0);
	assert_int_equal(acknowledge(0, 75, "more of the same"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty);
	tell_call(-qty - 75, 0);
	assert_int_equal(acknowledge(0, -qty - 75, "and short"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, 0);
	rig_done(&rig);
}

static void tell_compared(qty_t manual, qty_t unexplained, qty_t ours)
{
	struct event_foreign *e = &rig_event(&rig, EVENT_FOREIGN, RIG_CALL)->foreign;

	*e = (struct event_foreign){ .symbol = "N24000CE", .underlying = "NIFTY", .manual = manual, .unexplained = unexplained, .ours = ours };
	rig_post(&rig);
}

/* Until the positions are compared with what the books became, what is told still holds what they followed: it must not be followed twice. */
static void once_only(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	put_in_book(0, &qty);
	tell_compared(-75, 0, qty);
	assert_int_equal(acknowledge(0, -75, "one lot"), ERR_OK);
	assert_int_equal(acknowledge(0, -75, "again"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty - 75);
	tell_compared(-150, 0, NUM_UNKNOWN); /* another lot, from the trade book alone */
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_FOREIGN);
	assert_int_equal(acknowledge(0, -150, "both"), ERR_BUSY);
	tell_compared(-150, 0, qty); /* compared with the book as it was */
	assert_int_equal(acknowledge(0, -150, "both"), ERR_BUSY);
	tell_compared(-150, 75, qty - 75); /* 75 of the 150 are in the book by now */
	assert_int_equal(acknowledge(0, -75, "the second"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty - 150);
	tell_compared(0, 0, qty - 150);
	assert_int_equal(rig.core.s->foreigns, 0);
	rig_done(&rig);
}

/* What was the operator's own beside it stays acknowledged. */
static void the_rest_stays_known(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	put_in_book(0, &qty);
	tell_compared(-qty - 75, 0, qty);
	assert_int_equal(acknowledge(0, -qty - 75, "and short"), ERR_OK);
	tell_compared(-qty - 75, qty, 0);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_NONE);
	tell_compared(-qty - 150, qty, 0);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_UNEXPLAINED);
	rig_done(&rig);
}

/* His own, known before we held any of it: to say it again takes nothing from our book. */
static void his_own_beside_ours(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	tell_call(-75, 0);
	assert_int_equal(acknowledge(0, -75, "my own short"), ERR_OK);
	put_in_book(0, &qty);
	assert_int_equal(acknowledge(0, -75, "my own short"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty);
	rig_done(&rig);
}

static void not_beside_an_order(void **state)
{
	qty_t qty;

	(void)state;
	rig_open(&rig);
	put_in_book(0, &qty);
	tell_call(-75, 0);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
	assert_int_equal(acknowledge(0, -75, "too late"), ERR_BUSY);
	assert_non_null(strstr(rig_action(&rig, OUTCOME_REPLY, 0)->reply.text, "an order of ours"));
	assert_int_equal(rig.core.slot[0].book.qty, qty);
	rig_report(&rig, rig.core.slot[0].plan.order, REPORT_CANCELLED, ""); /* it goes out again at once: at work still */
	assert_int_equal(acknowledge(0, -75, "too late"), ERR_BUSY);
	rig_report(&rig, rig.core.slot[0].plan.order, REPORT_REJECTED, "the broker holds less than this closes");
	rig.core.quote[RIG_CALL] = (struct quote){ 0 };
	assert_int_equal(acknowledge(0, -75, "no price"), ERR_BUSY);
	rig_tick(&rig, RIG_CALL, 110, 110.10);
	assert_int_equal(acknowledge(0, -75, "now"), ERR_OK);
	assert_int_equal(rig.core.slot[0].book.qty, qty - 75);
	rig_done(&rig);
}

static void a_start_forgets_nothing(void **state)
{
	(void)state;
	rig_open(&rig);
	tell_call(75, 0);
	assert_int_equal(acknowledge(0, 75, "mine"), ERR_OK);
	tell("N24000PE", "NIFTY", 75, 0, 0, 0);
	rig_start_again(&rig, 8);
	assert_int_equal(rig.core.s->foreigns, 2);
	assert_int_equal(rig.core.s->foreign[0].acknowledged, 1);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_FOREIGN);
	rig_done(&rig);
}

static void more_than_there_is_room_for(void **state)
{
	char symbol[40];

	(void)state;
	rig_open(&rig);
	for (int i = 0; i < FOREIGN_MAX; i++) {
		snprintf(symbol, sizeof(symbol), "S%d", i);
		tell(symbol, symbol, 1, 0, 0, 0);
	}
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_FOREIGN); /* the last row stands for all */
	tell("S99", "S99", 1, 0, 0, 0);
	assert_int_equal(rig.core.s->foreigns, FOREIGN_MAX);
	assert_string_equal(rig.core.s->foreign[FOREIGN_MAX - 1].symbol, FOREIGN_ALL);
	tell(FOREIGN_ALL, FOREIGN_ALL, 0, 0, 0, 0);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_NONE);
	for (int i = 0; i < FOREIGN_MAX - 1; i++) {
		snprintf(symbol, sizeof(symbol), "S%d", i);
		tell(symbol, symbol, 0, 0, 0, 0);
	}
	assert_int_equal(rig.core.s->foreigns, 0);
	static const struct foreign none[FOREIGN_MAX];
	assert_memory_equal(rig.core.s->foreign, none, sizeof(none)); /* equal histories keep equal bytes */
	rig_done(&rig);
}

/* -- books and clocks ------------------------------------------------------------------------------------------------------------- */

static void tell_account(uint32_t unread, uint32_t apart)
{
	rig_event(&rig, EVENT_ACCOUNT, INSTRUMENT_NONE)->account = (struct event_account){ .unread = unread, .apart = apart, .offset = NANOS_SECOND };
	rig_post(&rig);
}

static void live_waits_for_its_books(void **state)
{
	(void)state;
	rig_init(&rig);
	rig.start.mode = MODE_LIVE;
	*rig_param(&rig, 0, "live") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	assert_int_equal(asked(), REFUSAL_ACCOUNT_UNREAD);
	for (uint32_t bit = 1; bit < ACCOUNT_ALL; bit <<= 1) {
		tell_account(bit, 0);
		assert_int_equal(core_ready(&rig.core), REFUSAL_ACCOUNT_UNREAD);
	}
	tell_account(0, 0);
	assert_int_equal(asked(), REFUSAL_NONE);
	rig_start_again(&rig, 8);
	assert_int_equal(core_ready(&rig.core), REFUSAL_ACCOUNT_UNREAD); /* what was read before it counts no more */
	rig_done(&rig);
}

static void other_modes_have_none(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(core_ready(&rig.core), REFUSAL_NONE);
	rig_done(&rig);
}

static void clocks(void **state)
{
	(void)state;
	rig_open(&rig);
	tell_account(0, 1);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 1);
	assert_int_equal(rig_action(&rig, OUTCOME_ALERT, 0)->alert.alert, ALERT_CLOCK);
	assert_int_equal(asked(), REFUSAL_CLOCK_APART);
	tell_account(1, 1);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 0);
	tell_account(0, 0);
	assert_int_equal(asked(), REFUSAL_NONE);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_freeze_their_underlying),
		cmocka_unit_test(orders_and_strange_contracts),
		cmocka_unit_test(exits_go_on),
		cmocka_unit_test(ignored),
		cmocka_unit_test(an_operator_knows),
		cmocka_unit_test(how_long_he_knows),
		cmocka_unit_test(a_book_follows),
		cmocka_unit_test(a_part_of_it),
		cmocka_unit_test(more_than_the_book),
		cmocka_unit_test(once_only),
		cmocka_unit_test(the_rest_stays_known),
		cmocka_unit_test(his_own_beside_ours),
		cmocka_unit_test(not_beside_an_order),
		cmocka_unit_test(a_start_forgets_nothing),
		cmocka_unit_test(more_than_there_is_room_for),
		cmocka_unit_test(live_waits_for_its_books),
		cmocka_unit_test(other_modes_have_none),
		cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests_name("reconcile", tests, NULL, NULL);
}
