/* A person's orders: keys, books, the gate, what may be cancelled, and what a preview says of an exit. The walks are in manual_*.scn. */
#include <stdio.h>

#include "tests/core/rig.h"

static struct rig rig;

static uint64_t placed(void)
{
	const struct action *a = rig_action(&rig, ACTION_PLACE, 0);

	return a ? a->request.order : 0;
}

/* 75 calls bought at 100.10 in the book "manual". */
static void hold(void)
{
	rig_open(&rig);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 100.10, "entry")->err, ERR_OK);
	rig_fill(&rig, placed(), 75, 100.10);
	assert_int_equal(rig.core.slot[1].book.qty, 75);
}

static const struct outcome_reply *sell(qty_t qty, double price, const char *key)
{
	return rig_manual(&rig, RIG_CALL, SIDE_SELL, qty, price, key);
}

/* -- keys -------------------------------------------------------------------------------------------------------------------- */

static void a_key_places_once(void **state)
{
	const struct outcome_reply *r;

	(void)state;
	rig_open(&rig);
	assert_null(core_manual_find(&rig.core, "key"));
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key")->err, ERR_OK);
	uint64_t order = placed();
	assert_true(order != 0);
	assert_int_equal(core_manual_find(&rig.core, "key")->order, order);
	r = rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	assert_int_equal(r->err, ERR_OK);
	assert_string_equal(r->text, "placed before");
	assert_int_equal(placed(), 0);
	rig_report(&rig, order, REPORT_REJECTED, "no"); /* not even when the first one came to nothing */
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	assert_int_equal(placed(), 0);
	rig_done(&rig);
}

static void a_key_is_for_one_order(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	const struct { uint32_t instrument; enum side side; qty_t qty; double price; } others[] = {
		{ RIG_PUT, SIDE_BUY, 75, 99 }, { RIG_CALL, SIDE_SELL, 75, 99 }, { RIG_CALL, SIDE_BUY, 150, 99 }, { RIG_CALL, SIDE_BUY, 75, 99.05 },
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		assert_int_equal(rig_manual(&rig, others[i].instrument, others[i].side, others[i].qty, others[i].price, "key")->err, ERR_EXIST);
		assert_int_equal(placed(), 0);
	}
	rig_done(&rig);
}

/* A refusal places nothing, so its key is free. */
static void a_refusal_uses_no_key(void **state)
{
	const struct outcome_reply *r;

	(void)state;
	rig_open(&rig);
	rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "");
	r = rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	assert_int_equal(r->err, ERR_DENIED);
	assert_int_equal(r->refusal, REFUSAL_PAUSED);
	assert_int_equal(rig_refusal(&rig), REFUSAL_PAUSED); /* and it is a record */
	rig_command(&rig, COMMAND_RESUME, 0, 0, 0, "");
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	assert_true(placed() != 0);
	rig_done(&rig);
}

/* The key outlives the process: it is in the state that a journal gives back. */
static void a_restart_remembers(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key");
	uint64_t order = placed();
	rig_start_again(&rig, 8);
	assert_string_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "key")->text, "placed before");
	assert_int_equal(placed(), 0);
	assert_int_equal(core_manual_find(&rig.core, "key")->order, order);
	rig_done(&rig);
}

/* More orders than keys: none is forgotten within a day. */
static void keys_run_out(void **state)
{
	char key[16];

	(void)state;
	rig_open(&rig);
	for (int i = 0; i < MANUAL_KEYS; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		rig.core.s->rate = (struct rate){ 0 };
		assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, key)->err, ERR_OK);
		rig_report(&rig, placed(), REPORT_REJECTED, "no");
	}
	assert_string_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "k0")->text, "placed before");
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "one more")->err, ERR_FULL);
	assert_int_equal(placed(), 0);
	rig_day_end(&rig);
	rig_day(&rig, "2026-01-06", 0);
	rig_clock(&rig, "09:30:00");
	rig_prices(&rig);
	assert_int_equal(rig_manual(&rig, RIG_SHARE, SIDE_BUY, 1, 500, "one more")->err, ERR_OK);
	assert_null(core_manual_find(&rig.core, "k0")); /* a day old: it made room */
	rig_done(&rig);
}

/* -- books --------------------------------------------------------------------------------------------------------------------- */

static void books_are_made_and_used_again(void **state)
{
	struct event_strategy e;

	(void)state;
	rig_open(&rig);
	assert_int_equal(core_manual_slot(&rig.core, RIG_CALL), UINT32_MAX);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "a")->err, ERR_OK);
	uint64_t call = placed();
	assert_int_equal(rig_manual(&rig, RIG_PUT, SIDE_BUY, 75, 99, "b")->err, ERR_OK);
	assert_string_equal(rig.core.slot[1].id, "manual");
	assert_string_equal(rig.core.slot[2].id, "manual-2");
	assert_true(core_manual_is(&rig.core, 1) && core_manual_is(&rig.core, 2) && !core_manual_is(&rig.core, 0));
	rig_report(&rig, call, REPORT_REJECTED, "no");
	assert_int_equal(core_manual_slot(&rig.core, RIG_PUT), 2);
	assert_int_equal(core_manual_slot(&rig.core, RIG_SHARE), 1); /* idle again */
	for (uint32_t i = 3; i <= MANUAL_BOOKS; i++) {
		assert_true(core_manual_define(&rig.core, &e));
		rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = e;
		rig_post(&rig);
	}
	assert_false(core_manual_define(&rig.core, &e));
	rig_done(&rig);
}

static void a_second_entry_is_refused(void **state)
{
	(void)state;
	hold();
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "more")->refusal, REFUSAL_POSITION_OPEN);
	rig_done(&rig);
}

/* -- the gate ------------------------------------------------------------------------------------------------------------------ */

static void the_whole_ladder(void **state)
{
	(void)state;
	rig_open(&rig);
	rig.core.s->account.day_locked = DAY_LOCK_LOSS;
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "a")->refusal, REFUSAL_DAY_LOSS);
	rig.core.s->account.day_locked = 0;
	assert_int_equal(rig_manual(&rig, RIG_NIFTY, SIDE_BUY, 1, 24000, "a")->refusal, REFUSAL_NO_CONTRACT);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 250, "a")->refusal, REFUSAL_PRICE_BAND); /* a slip of the hand */
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75000, 99, "a")->refusal, REFUSAL_MARGIN);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_SELL, 75, 99, "a")->refusal, REFUSAL_MARGIN); /* an option is not written */
	rig_link(&rig, LINK_BROKER, false);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "a")->refusal, REFUSAL_LINK_DOWN);
	rig_done(&rig);
}

/* Somebody else trades this contract's underlying: that binds a person's order, too, and its further slices. */
static void others_in_the_account(void **state)
{
	(void)state;
	rig_open(&rig);
	struct event_foreign *f = &rig_event(&rig, EVENT_FOREIGN, RIG_PUT)->foreign;
	snprintf(f->symbol, sizeof(f->symbol), "N24000PE");
	snprintf(f->underlying, sizeof(f->underlying), "NIFTY");
	f->manual = 75;
	rig_post(&rig);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "a")->refusal, REFUSAL_FOREIGN);
	assert_int_equal(rig_manual(&rig, RIG_SHARE, SIDE_BUY, 1, 500, "a")->err, ERR_OK);
	rig_done(&rig);
}

static void the_market_s_price(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 0, "a");
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.price, RUPEES(100.15));
	rig.core.quote[RIG_PUT] = (struct quote){ 0 };
	assert_int_equal(rig_manual(&rig, RIG_PUT, SIDE_BUY, 75, 0, "b")->refusal, REFUSAL_NO_PRICE);
	rig_done(&rig);
}

/* A short has no stop either. */
static void sold_short(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(rig_manual(&rig, RIG_SHARE, SIDE_SELL, 10, 500, "a")->err, ERR_OK);
	rig_tick(&rig, RIG_SHARE, 500, 500.5);
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 0);
	rig_fill(&rig, rig.core.slot[1].plan.order, 10, 500);
	rig_tick(&rig, RIG_SHARE, 520, 520.5);
	assert_int_equal(placed(), 0);
	assert_int_equal(rig_manual(&rig, RIG_SHARE, SIDE_BUY, 10, 521, "b")->err, ERR_OK);
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.purpose, PURPOSE_EXIT);
	rig_done(&rig);
}

static void malformed_orders(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99, "")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 76, 99, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 0, 99, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, -75, 99, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, 99.01, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, SIDE_BUY, 75, -99, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, RIG_CALL, (enum side)2, 75, 99, "a")->err, ERR_RANGE);
	assert_int_equal(rig_manual(&rig, 99, SIDE_BUY, 75, 99, "a")->err, ERR_RANGE);
	rig_event(&rig, EVENT_MANUAL, RIG_CALL)->manual = (struct event_manual){ .request = 78, .qty = 75, .price = RUPEES(99) };
	memset(rig.event.manual.key, 'x', MANUAL_KEY_TEXT);
	rig_post(&rig);
	assert_int_equal(rig_action(&rig, OUTCOME_REPLY, 0)->reply.err, ERR_RANGE);
	assert_int_equal(rig.core.s->next_order, 1);
	rig_done(&rig);
}

/* -- exits --------------------------------------------------------------------------------------------------------------------- */

/* No limit on entries binds it; what only a price can break does. */
static void exits_are_free(void **state)
{
	(void)state;
	hold();
	rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "");
	rig.core.s->account.day_locked = DAY_LOCK_LOSS;
	rig.core.s->limit[LIMIT_OPEN_ORDERS] = 0;
	assert_int_equal(sell(75, 10, "a")->refusal, REFUSAL_PRICE_BAND);
	rig_link(&rig, LINK_BROKER, false);
	assert_int_equal(sell(75, 105, "a")->refusal, REFUSAL_LINK_DOWN);
	rig_link(&rig, LINK_BROKER, true);
	assert_int_equal(sell(150, 105, "a")->err, ERR_BUSY);
	assert_int_equal(sell(75, 105, "a")->err, ERR_OK);
	const struct order_request *r = &rig_action(&rig, ACTION_PLACE, 0)->request;
	assert_true(r->purpose == PURPOSE_EXIT && r->qty == 75 && r->price == RUPEES(105));
	assert_int_equal(sell(75, 0, "b")->err, ERR_OK); /* and now it is to leave at any price: the same order */
	assert_int_equal(placed(), 0);
	assert_int_equal(rig.core.slot[1].plan.exit_reason, EXIT_MANUAL);
	assert_int_equal(sell(75, 0, "c")->err, ERR_BUSY);
	rig_done(&rig);
}

static void no_exit_beside_an_entry(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 150, 99, "a");
	uint64_t entry = placed();
	rig_report(&rig, entry, REPORT_OPEN, "");
	rig_fill(&rig, entry, 75, 99);
	assert_int_equal(sell(75, 105, "b")->err, ERR_BUSY);
	assert_int_equal(placed(), 0);
	assert_int_equal(sell(75, 0, "c")->err, ERR_OK); /* all of it: the entry goes first */
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, entry);
	rig_report(&rig, entry, REPORT_CANCELLED, "");
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.qty, 75);
	rig_done(&rig);
}

static void outside_the_session(void **state)
{
	(void)state;
	hold();
	rig_day_end(&rig);
	assert_int_equal(sell(75, 105, "a")->refusal, REFUSAL_SESSION_CLOSED);
	rig_done(&rig);
}

/* A book that shrank: the exit that rests is larger than what is left and is taken back. */
static void never_beyond_the_book(void **state)
{
	(void)state;
	hold();
	sell(75, 105, "a");
	uint64_t exit = placed();
	rig_report(&rig, exit, REPORT_OPEN, "");
	account_outside(&rig.core, 1, 25, RUPEES(100), EXIT_MANUAL);
	rig_wait(&rig, 2 * NANOS_SECOND);
	assert_true(order_find(&rig.core, exit)->cancelling);
	rig_done(&rig);
}

static void a_partial_exit_at_the_market(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_manual(&rig, RIG_CALL, SIDE_BUY, 150, 100.10, "entry");
	rig_fill(&rig, placed(), 150, 100.10);
	assert_int_equal(sell(75, 0, "a")->err, ERR_OK);
	const struct order_request *r = &rig_action(&rig, ACTION_PLACE, 0)->request;
	assert_true(r->qty == 75 && r->price == RUPEES(99.90));
	rig_done(&rig);
}

/* -- cancelling ------------------------------------------------------------------------------------------------------------------ */

static void cancels(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_int_equal(rig_manual_cancel(&rig, 17)->err, ERR_NOENT);
	rig_ask(&rig, 0, 1, 23980);
	uint64_t entry = placed();
	rig_report(&rig, entry, REPORT_OPEN, "");
	assert_int_equal(rig_manual_cancel(&rig, entry)->err, ERR_OK); /* a strategy's entry */
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 1);
	assert_int_equal(rig_manual_cancel(&rig, entry)->err, ERR_OK); /* on its way already */
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 0);
	rig_report(&rig, entry, REPORT_CANCELLED, "");
	assert_int_equal(rig_manual_cancel(&rig, entry)->err, ERR_BUSY); /* it has ended */
	rig_done(&rig);
}

/* What closes a position for the engine stays. */
static void exits_of_the_engine_stay(void **state)
{
	(void)state;
	rig_init(&rig);
	*rig_param(&rig, 0, "resting_stop") = 1;
	*rig_param(&rig, 0, "lots_max") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, rig.core.slot[0].plan.order, 75, 100);
	uint64_t stop = rig.core.slot[0].plan.order;
	assert_int_equal(order_find(&rig.core, stop)->request.purpose, PURPOSE_STOP);
	assert_int_equal(rig_manual_cancel(&rig, stop)->err, ERR_BUSY);
	rig_report(&rig, stop, REPORT_TRIGGER_PENDING, "");
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "");
	assert_int_equal(rig_manual_cancel(&rig, rig.core.slot[0].plan.order)->err, ERR_BUSY);
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 0);
	rig_done(&rig);
}

/* -- preview --------------------------------------------------------------------------------------------------------------------- */

static void previews(void **state)
{
	struct preview_ask a = { UINT32_MAX, RIG_CALL, SIDE_SELL, PRODUCT_MIS, 75, RUPEES(105) };
	struct preview p;

	(void)state;
	hold();
	rig_command(&rig, COMMAND_PAUSE, 0, 0, 0, "");
	core_preview(&rig.core, &a, &p);
	assert_true(p.closes && p.refused == 0 && p.conflict == NULL && p.price == RUPEES(105));
	assert_true(p.value == 75 * RUPEES(105) && p.worst_loss == NUM_UNKNOWN && p.exposure == NUM_UNKNOWN);
	a.price = 0;
	core_preview(&rig.core, &a, &p);
	assert_true(p.price == RUPEES(99.90)); /* the walk's first */
	a.qty = 150;
	core_preview(&rig.core, &a, &p);
	assert_non_null(p.conflict);
	a = (struct preview_ask){ UINT32_MAX, RIG_CALL, SIDE_BUY, PRODUCT_MIS, 75, RUPEES(99) };
	core_preview(&rig.core, &a, &p);
	assert_false(p.closes);
	assert_int_equal(p.refused, REFUSAL_BIT(REFUSAL_PAUSED) | REFUSAL_BIT(REFUSAL_POSITION_OPEN));
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_places_once), cmocka_unit_test(a_key_is_for_one_order), cmocka_unit_test(a_refusal_uses_no_key),
		cmocka_unit_test(a_restart_remembers), cmocka_unit_test(keys_run_out), cmocka_unit_test(books_are_made_and_used_again),
		cmocka_unit_test(a_second_entry_is_refused), cmocka_unit_test(the_whole_ladder), cmocka_unit_test(others_in_the_account),
		cmocka_unit_test(the_market_s_price), cmocka_unit_test(sold_short), cmocka_unit_test(malformed_orders), cmocka_unit_test(exits_are_free),
		cmocka_unit_test(no_exit_beside_an_entry), cmocka_unit_test(outside_the_session), cmocka_unit_test(never_beyond_the_book),
		cmocka_unit_test(a_partial_exit_at_the_market), cmocka_unit_test(cancels), cmocka_unit_test(exits_of_the_engine_stay),
		cmocka_unit_test(previews),
	};

	return cmocka_run_group_tests_name("manual", tests, NULL, NULL);
}
