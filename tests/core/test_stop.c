/* A stop that rests at the broker: placed, moved, put right, made an exit of; and what crosses with it. */
#include <stdio.h>

#include "tests/core/rig.h"

static struct rig rig;

static struct plan *plan(void) { return &rig.core.slot[0].plan; }
static struct order *order(void) { return order_find(&rig.core, plan()->order); }
static qty_t held(void) { return rig.core.slot[0].book.qty; }

static void open_with(const char *underlying, int64_t lots)
{
	rig_init(&rig);
	rig_strategy(&rig, 0, underlying);
	*rig_param(&rig, 0, "lots_max") = lots;
	*rig_param(&rig, 0, "cooldown") = *rig_param(&rig, 0, "stopout_cooldown") = 0;
	*rig_param(&rig, 0, "resting_stop") = 1;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
}

/* 75 calls bought at 100, whose stop is 90; the stop was sent and is not yet acknowledged. */
static void bought(void)
{
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
}

static void resting(void)
{
	bought();
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
}

static void assert_stop(const struct action *a, price_t trigger, price_t price, qty_t qty)
{
	assert_non_null(a);
	assert_int_equal(a->request.purpose, PURPOSE_STOP);
	assert_int_equal(a->request.type, ORDER_SL);
	assert_int_equal(a->request.trigger, trigger);
	assert_int_equal(a->request.price, price);
	assert_int_equal(a->request.qty, qty);
}

static void assert_limit(const struct action *a, price_t price)
{
	assert_non_null(a);
	assert_int_equal(a->request.type, ORDER_LIMIT);
	assert_int_equal(a->request.trigger, 0);
	assert_int_equal(a->request.price, price);
}

static bool alerted(const char *text)
{
	const struct action *a;

	for (unsigned n = 0; (a = rig_action(&rig, OUTCOME_ALERT, n)) != NULL; n++)
		if (a->alert.alert == ALERT_STOP && strstr(a->alert.text, text))
			return true;
	return false;
}

static struct event_order *report_of(enum order_report report, price_t price)
{
	struct event_order *e = &rig_event(&rig, EVENT_ORDER, order()->instrument)->order;

	*e = (struct event_order){ .order = plan()->order, .report = (uint32_t)report, .filled = -1, .price = price };
	return e;
}

/* -- placing ------------------------------------------------------------------------------------------------------------------ */

static void off_is_off(void **state)
{
	(void)state;
	rig_open(&rig);
	rig_enter(&rig, 0);
	assert_int_equal(plan()->order, 0);
	rig_wait(&rig, 30 * NANOS_SECOND);
	assert_int_equal(plan()->order, 0);
	rig_done(&rig);
}

static void placed_at_the_options_stop(void **state)
{
	(void)state;
	bought();
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(90), RUPEES(87.30), 75); /* 3 % below */
	assert_int_equal(order()->request.side, SIDE_SELL);
	assert_int_equal(plan()->state, PLAN_OPEN);
	rig_done(&rig);
}

static void one_for_all_slices(void **state)
{
	(void)state;
	open_with("NIFTY", 6); /* 450 units are two orders of at most 300 */
	rig.core.instrument[RIG_CALL].freeze = 0;
	rig_ask(&rig, 0, 1, 23980);
	qty_t want = plan()->want, first = want / 150 * 75;
	rig_fill(&rig, plan()->order, first, 100);
	assert_null(rig_action(&rig, ACTION_PLACE, 0)); /* the rest of the entry is at work: one order at a time */
	rig_fill(&rig, plan()->order, want - first, 100);
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(90), RUPEES(87.30), want);
	rig_done(&rig);
}

static void for_what_filled_of_an_entry_given_up(void **state)
{
	(void)state;
	open_with("NIFTY", 2);
	rig_ask(&rig, 0, 1, 23980);
	rig_report(&rig, plan()->order, REPORT_OPEN, "");
	rig_fill(&rig, plan()->order, 75, 100);
	assert_int_equal(order()->request.purpose, PURPOSE_ENTRY);
	rig_report(&rig, plan()->order, REPORT_CANCELLED, "");
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(90), RUPEES(87.30), 75);
	rig_done(&rig);
}

static void on_a_share_both_ways(void **state)
{
	(void)state;
	open_with("SHARE", 1);
	rig_ask(&rig, 0, -1, 510);
	rig_fill(&rig, plan()->order, 1, 500);
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(510), RUPEES(512.55), 1); /* half a percent */
	assert_int_equal(order()->request.side, SIDE_BUY);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	rig_fill(&rig, plan()->order, 1, 510);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_INDEX_STOP);
	rig_done(&rig);
	open_with("SHARE", 1);
	rig_ask(&rig, 0, 1, 490);
	rig_fill(&rig, plan()->order, 1, 500);
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(490), RUPEES(485.10), 1); /* one percent below 500 */
	rig_done(&rig);
}

static void gaps(void **state)
{
	static const struct { double paid, stop, price; } rows[] = { /* a call whose risk is 10 */
		{ 10.70, 0.70, 0.60 }, { 11, 1, 0.90 }, { 14.95, 4.95, 4.45 }, { 15, 5, 4.75 }, { 20, 10, 9.70 }, { 110, 100, 98 }, { 510, 500, 495 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_with("NIFTY", 1);
		*rig_param(&rig, 0, "stop_pct") = 10000000;
		rig_ask(&rig, 0, 1, 23980);
		rig.core.quote[RIG_CALL].last = RUPEES(rows[i].paid);
		rig_fill(&rig, plan()->order, 75, rows[i].paid);
		assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(rows[i].stop), RUPEES(rows[i].price), 75);
		rig_done(&rig);
	}
}

static void none_where_none_can_rest(void **state)
{
	(void)state;
	open_with("NIFTY", 1); /* cheaper than its risk */
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 9);
	assert_int_equal(plan()->order, 0);
	assert_true(alerted("there is no price for it"));
	rig_done(&rig);
	open_with("NIFTY", 1); /* a band above the stop */
	rig.core.instrument[RIG_CALL].band_low = RUPEES(95);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	assert_true(alerted("there is no price for it"));
	rig_done(&rig);
	open_with("NIFTY", 2); /* more than one order may hold */
	rig_ask(&rig, 0, 1, 23980);
	rig.core.instrument[RIG_CALL].freeze = 75;
	rig_fill(&rig, plan()->order, 150, 100);
	assert_true(alerted("one order cannot hold the quantity"));
	rig_tick(&rig, RIG_CALL, 89, 89.10); /* the engine's own stop is none the worse for it */
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.purpose, PURPOSE_EXIT);
	rig_done(&rig);
}

static void waits_for_a_market_before_it(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig.core.quote[RIG_CALL].last = RUPEES(90);
	rig_fill(&rig, plan()->order, 75, 100);
	assert_int_equal(plan()->order, 0);
	rig.core.quote[RIG_CALL].last = RUPEES(90.05);
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	rig_done(&rig);
}

static void waits_for_the_rate_and_the_broker(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	while (risk_rate_take(&rig.core, true))
		;
	rig_fill(&rig, plan()->order, 75, 100);
	assert_int_equal(plan()->order, 0);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	rig_done(&rig);
	open_with("NIFTY", 1);
	rig_ask(&rig, 0, 1, 23980);
	rig_link(&rig, LINK_BROKER, false);
	rig_fill(&rig, plan()->order, 75, 100);
	assert_int_equal(plan()->order, 0);
	rig_link(&rig, LINK_BROKER, true);
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	rig_done(&rig);
}

/* -- leaving ------------------------------------------------------------------------------------------------------------------- */

static void the_stop_becomes_the_exit(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980); /* the index stop */
	assert_null(rig_action(&rig, ACTION_PLACE, 0));
	assert_null(rig_action(&rig, ACTION_CANCEL, 0));
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(99.90));
	assert_int_equal(plan()->order, stop);
	report_of(REPORT_MODIFIED, RUPEES(99.90));
	rig_post(&rig);
	rig_report(&rig, stop, REPORT_OPEN, "");
	assert_int_equal(rig_count(&rig, ACTION_MODIFY), 0);
	rig_wait(&rig, NANOS_SECOND); /* and its price walks */
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(99));
	rig_fill(&rig, stop, 75, 99);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_INDEX_STOP);
	rig_done(&rig);
}

static void an_exit_waits_for_the_acknowledgement(void **state)
{
	(void)state;
	bought();
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(rig_count(&rig, ACTION_MODIFY) + rig_count(&rig, ACTION_PLACE) + rig_count(&rig, ACTION_CANCEL), 0);
	rig_report(&rig, plan()->order, REPORT_UNKNOWN, "");
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->modifies, 0);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->modifies, 1);
	assert_int_equal(order()->request.type, ORDER_LIMIT);
	rig_done(&rig);
}

/* Cancelled, and only what is proven cancelled is followed by another order. */
static void refused_it_is_cancelled_first(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	rig_report(&rig, stop, REPORT_MODIFY_REJECTED, "no such change");
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, stop);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_report(&rig, stop, REPORT_CANCEL_REJECTED, "busy");
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 0); /* not at once again */
	assert_int_equal(order()->request.type, ORDER_SL); /* what still rests */
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->modifying, 1); /* by turns */
	rig_report(&rig, stop, REPORT_MODIFY_REJECTED, "no such change");
	assert_int_equal(order()->cancelling, 1);
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.purpose, PURPOSE_EXIT);
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.qty, 75);
	rig_done(&rig);
}

/* A number, and no word of the trigger yet. */
static void accepted_only(void **state)
{
	(void)state;
	bought();
	rig_report(&rig, plan()->order, REPORT_ACCEPTED, "");
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->request.type, ORDER_LIMIT);
	rig_report(&rig, plan()->order, REPORT_MODIFY_REJECTED, "too early");
	assert_int_equal(order()->request.type, ORDER_SL);
	assert_int_equal(order()->request.trigger, RUPEES(90));
	assert_int_equal(order()->cancelling, 1);
	rig_done(&rig);
}

/* Fifteen modifies, moves included: then it is cancelled. */
static void modified_to_the_bound(void **state)
{
	(void)state;
	resting();
	order()->modifies = PLAN_MODIFIES_MAX - 1;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->modifies, PLAN_MODIFIES_MAX);
	report_of(REPORT_MODIFIED, order()->request.price);
	rig_post(&rig);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->cancelling, 1);
	rig_done(&rig);
	resting();
	order()->modifies = PLAN_MODIFIES_MAX;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->cancelling, 1);
	rig_done(&rig);
}

static void a_fill_crosses_the_cancel(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	rig_report(&rig, stop, REPORT_MODIFY_REJECTED, "order is completed");
	rig_fill(&rig, stop, 75, 88);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(held(), 0);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_report(&rig, stop, REPORT_CANCEL_REJECTED, "order is completed");
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_done(&rig);
}

static void a_part_fills_and_the_rest_is_cancelled(void **state)
{
	(void)state;
	open_with("NIFTY", 2);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 150, 100);
	uint64_t stop = plan()->order;
	rig_report(&rig, stop, REPORT_TRIGGER_PENDING, "");
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	rig_report(&rig, stop, REPORT_MODIFY_REJECTED, "no");
	rig_fill(&rig, stop, 75, 88);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.qty, 75);
	rig_done(&rig);
}

static void a_late_fill_after_the_cancel(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_resting_stop, 0, "");
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, stop);
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	assert_int_equal(plan()->order, 0);
	assert_false(alerted(""));
	rig_wait(&rig, 30 * NANOS_SECOND);
	assert_int_equal(plan()->order, 0); /* off: none again */
	rig_fill(&rig, stop, 75, 88);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_OPTION_STOP);
	rig_done(&rig);
}

static void every_way_out_takes_the_stop(void **state)
{
	(void)state;
	resting();
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "");
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(99.90));
	rig_done(&rig);
	resting();
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(99.90));
	rig_fill(&rig, plan()->order, 75, 99.90);
	assert_int_equal(rig.core.s->stop, STOP_FLAT);
	rig_done(&rig);
	resting();
	rig_clock(&rig, "15:04:59");
	assert_int_equal(order()->modifies, 0);
	rig_prices(&rig);
	rig_clock(&rig, "15:05:00");
	assert_int_equal(plan()->exit_reason, EXIT_SQUARE_OFF);
	assert_int_equal(order()->request.type, ORDER_LIMIT);
	rig_done(&rig);
	resting();
	rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, ""); /* only entries: what protects stays */
	assert_int_equal(order()->cancelling + order()->modifying, 0);
	rig_done(&rig);
}

static void no_price_leaves_it_resting(void **state)
{
	(void)state;
	resting();
	rig.core.quote[RIG_CALL] = (struct quote){ 0 };
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->modifies, 0);
	rig_tick(&rig, RIG_CALL, 95, 95.10);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->request.price, RUPEES(94.90));
	rig_done(&rig);
}

static void the_rate_holds_an_exit_back_not_for_long(void **state)
{
	(void)state;
	resting();
	while (risk_rate_take(&rig.core, false))
		;
	rig_tick(&rig, RIG_NIFTY, 23980, 23980);
	assert_int_equal(order()->modifies, 0);
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->modifies, 1);
	rig_done(&rig);
}

/* -- the trigger trades -------------------------------------------------------------------------------------------------------- */

static void triggered_and_filled(void **state)
{
	(void)state;
	resting();
	rig_report(&rig, plan()->order, REPORT_OPEN, "");
	assert_int_equal(plan()->exit_reason, EXIT_OPTION_STOP);
	assert_int_equal(rig_count(&rig, ACTION_MODIFY), 0);
	rig_fill(&rig, plan()->order, 75, 88);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_OPTION_STOP);
	assert_true(rig.core.slot[0].stopped_out == rig.at);
	rig_done(&rig);
	resting(); /* the fill before any word of the trigger */
	rig_fill(&rig, plan()->order, 75, 88);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_OPTION_STOP);
	rig_done(&rig);
}

static void triggered_and_not_filled_it_walks(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_tick(&rig, RIG_CALL, 80, 80.10); /* a fall past the limit; the engine's own stop makes an exit of it */
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(79.90));
	rig_done(&rig);
	resting();
	stop = plan()->order;
	rig.core.quote[RIG_CALL].bid = RUPEES(80);
	rig_report(&rig, stop, REPORT_OPEN, "");
	rig_wait(&rig, 2 * NANOS_SECOND - 1);
	assert_int_equal(order()->modifies, 0);
	rig_wait(&rig, 1);
	assert_int_equal(order()->modifies, 1);
	assert_int_equal(order()->request.type, ORDER_LIMIT);
	assert_true(order()->request.price <= RUPEES(79.90));
	assert_int_equal(plan()->order, stop);
	rig_done(&rig);
}

static void triggered_in_parts(void **state)
{
	(void)state;
	open_with("NIFTY", 2);
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 150, 100);
	uint64_t stop = plan()->order;
	rig_report(&rig, stop, REPORT_TRIGGER_PENDING, "");
	rig_fill(&rig, stop, 75, 88);
	assert_int_equal(held(), 75);
	assert_int_equal(plan()->exit_reason, EXIT_OPTION_STOP);
	rig_wait(&rig, 2 * NANOS_SECOND);
	assert_int_equal(order()->modifies, 1);
	assert_int_equal(order()->request.qty, 150); /* the broker counts what is filled in */
	rig_fill(&rig, stop, 75, 80);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_done(&rig);
}

/* -- what no longer fits --------------------------------------------------------------------------------------------------------- */

static void the_book_grew(void **state)
{
	(void)state;
	open_with("NIFTY", 2);
	rig_ask(&rig, 0, 1, 23980);
	uint64_t entry = plan()->order;
	rig_report(&rig, entry, REPORT_OPEN, "");
	rig_fill(&rig, entry, 75, 100);
	rig_report(&rig, entry, REPORT_CANCELLED, "");
	uint64_t stop = plan()->order;
	rig_report(&rig, stop, REPORT_TRIGGER_PENDING, "");
	rig_fill(&rig, entry, 75, 100); /* late */
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, stop);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->request.qty, 150);
	assert_int_equal(plan()->stop_tries, 0);
	rig_done(&rig);
}

static void the_account_holds_less(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	struct event_foreign *f = &rig_event(&rig, EVENT_FOREIGN, RIG_CALL)->foreign;
	*f = (struct event_foreign){ .manual = -75, .ours = 75 };
	snprintf(f->symbol, sizeof(f->symbol), "%s", rig.core.instrument[RIG_CALL].symbol);
	snprintf(f->underlying, sizeof(f->underlying), "NIFTY");
	rig_post(&rig);
	assert_int_equal(rig_action(&rig, ACTION_CANCEL, 0)->request.order, stop); /* what it would sell is not there */
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	rig_wait(&rig, 30 * NANOS_SECOND);
	assert_int_equal(plan()->order, 0);
	f = &rig_event(&rig, EVENT_FOREIGN, RIG_CALL)->foreign;
	*f = (struct event_foreign){ .ours = 75 };
	snprintf(f->symbol, sizeof(f->symbol), "%s", rig.core.instrument[RIG_CALL].symbol);
	rig_post(&rig);
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	rig_done(&rig);
}

static void others_terms_are_put_right(void **state)
{
	(void)state;
	resting();
	report_of(REPORT_MODIFIED, RUPEES(50))->other_terms = 1;
	rig_post(&rig);
	assert_true(alerted("put right"));
	assert_stop(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(90), RUPEES(87.30), 75);
	report_of(REPORT_MODIFIED, RUPEES(87.30));
	rig_post(&rig);
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 0);
	for (int i = 0; i < 2; i++) {
		rig_wait(&rig, 5 * NANOS_SECOND);
		report_of(REPORT_MODIFIED, RUPEES(50))->other_terms = 1;
		rig_post(&rig);
		report_of(REPORT_MODIFIED, RUPEES(87.30));
		rig_post(&rig);
	}
	rig_wait(&rig, 5 * NANOS_SECOND);
	report_of(REPORT_MODIFIED, RUPEES(50))->other_terms = 1;
	rig_post(&rig);
	assert_true(alerted("withdrawn"));
	assert_int_equal(rig_count(&rig, ACTION_CANCEL), 1);
	rig_report(&rig, plan()->order, REPORT_CANCELLED, "");
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(plan()->order, 0);
	rig_done(&rig);
}

static void lost_it_is_placed_again_three_times(void **state)
{
	static const enum order_report ends[] = { REPORT_REJECTED, REPORT_CANCELLED, REPORT_REJECTED };

	(void)state;
	bought();
	for (unsigned i = 0; i < 3; i++) {
		rig_report(&rig, plan()->order, ends[i], "somebody's word");
		assert_int_equal(plan()->order, 0);
		assert_int_equal(alerted("placed again"), i < 2);
		rig_wait(&rig, 5 * NANOS_SECOND);
		assert_int_equal(plan()->order != 0, i < 2);
	}
	assert_int_equal(plan()->state, PLAN_OPEN);
	assert_true(plan()->stop_flags & STOP_SAID);
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(plan()->order, 0);
	rig_tick(&rig, RIG_CALL, 89, 89.10); /* the engine's own stop goes on */
	assert_int_equal(rig_action(&rig, ACTION_PLACE, 0)->request.purpose, PURPOSE_EXIT);
	rig_done(&rig);
}

static void absent_it_goes_out_again(void **state)
{
	(void)state;
	bought();
	uint64_t stop = plan()->order;
	rig_report(&rig, stop, REPORT_UNKNOWN, "");
	rig_report(&rig, stop, REPORT_ABSENT, "");
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->state, ORDER_INTENT);
	assert_int_equal(order()->request.type, ORDER_SL);
	assert_int_equal(plan()->stop_tries, 1);
	assert_int_equal(plan()->order, stop);
	rig_report(&rig, stop, REPORT_UNKNOWN, "");
	rig_report(&rig, stop, REPORT_ABSENT, "");
	rig_tick(&rig, RIG_NIFTY, 23980, 23980); /* and as an exit, when the position leaves */
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->state, ORDER_INTENT);
	assert_int_equal(order()->request.type, ORDER_LIMIT);
	assert_int_equal(plan()->order, stop);
	rig_done(&rig);
}

/* -- moving ------------------------------------------------------------------------------------------------------------------------ */

static void short_share(void)
{
	open_with("SHARE", 1);
	rig_ask(&rig, 0, -1, 510);
	rig_fill(&rig, plan()->order, 1, 500);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	rig_wait(&rig, NANOS_SECOND); /* looked at; the next time in five seconds */
}

static void the_trail_moves_it(void **state)
{
	(void)state;
	short_share();
	plan()->trail = RUPEES(511); /* looser: never */
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->modifies, 0);
	plan()->trail = RUPEES(505);
	rig_wait(&rig, 4 * NANOS_SECOND);
	assert_int_equal(order()->modifies, 0); /* no more often than each five seconds */
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->modifies, 1);
	assert_int_equal(order()->request.trigger, RUPEES(505));
	assert_int_equal(order()->request.type, ORDER_SL);
	assert_int_equal(plan()->stop_rests, RUPEES(510)); /* until the broker says so */
	report_of(REPORT_MODIFIED, order()->request.price);
	rig_post(&rig);
	assert_int_equal(plan()->stop_rests, RUPEES(505));
	plan()->trail = RUPEES(504);
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->modifies, 2);
	rig_report(&rig, plan()->order, REPORT_MODIFY_REJECTED, "no");
	assert_int_equal(order()->request.trigger, RUPEES(505)); /* what still rests */
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->request.trigger, RUPEES(504));
	report_of(REPORT_MODIFIED, order()->request.price);
	rig_post(&rig);
	rig_fill(&rig, plan()->order, 1, 504);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_TRAILING_STOP);
	rig_done(&rig);
}

static void an_exit_waits_for_a_move_under_way(void **state)
{
	(void)state;
	short_share();
	plan()->trail = RUPEES(505);
	rig_wait(&rig, 5 * NANOS_SECOND);
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "");
	assert_int_equal(rig_count(&rig, ACTION_MODIFY) + rig_count(&rig, ACTION_CANCEL) + rig_count(&rig, ACTION_PLACE), 0);
	report_of(REPORT_MODIFIED, order()->request.price);
	rig_post(&rig);
	assert_limit(rig_action(&rig, ACTION_MODIFY, 0), RUPEES(500.15));
	rig_done(&rig);
}

static void moved_often_it_is_renewed(void **state)
{
	(void)state;
	short_share();
	uint64_t stop = plan()->order;
	for (int i = 0; i < 8; i++) {
		plan()->trail = RUPEES(509 - i);
		rig_wait(&rig, 5 * NANOS_SECOND);
		assert_int_equal(order()->modifies, i + 1);
		report_of(REPORT_MODIFIED, order()->request.price);
		rig_post(&rig);
	}
	plan()->trail = RUPEES(501);
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(order()->cancelling, 1);
	rig_report(&rig, stop, REPORT_CANCELLED, "");
	rig_wait(&rig, NANOS_SECOND);
	assert_true(plan()->order != 0 && plan()->order != stop);
	assert_int_equal(order()->request.trigger, RUPEES(501));
	rig_done(&rig);
}

/* -- days, restarts, shutdown ---------------------------------------------------------------------------------------------------- */

static void placed_again_the_next_day(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	*rig_param(&rig, 0, "product") = rig.core.slot[0].params[COMMON_product] = 1;
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	rig_clock(&rig, "15:30:00");
	rig_report(&rig, plan()->order, REPORT_EXPIRED, "the day ended");
	assert_int_equal(rig_count(&rig, OUTCOME_ALERT), 0);
	rig_day_end(&rig);
	assert_int_equal(plan()->order, 0);
	rig_day(&rig, "2026-01-06", 0);
	assert_stop(rig_action(&rig, ACTION_PLACE, 0), RUPEES(90), RUPEES(87.30), 75);
	assert_int_equal(plan()->stop_tries, 0);
	rig_done(&rig);
}

static void one_that_outlived_the_close_is_looked_at(void **state)
{
	(void)state;
	open_with("NIFTY", 1);
	rig.core.slot[0].params[COMMON_product] = 1;
	rig_ask(&rig, 0, 1, 23980);
	rig_fill(&rig, plan()->order, 75, 100);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	uint64_t stop = plan()->order;
	rig_day_end(&rig);
	rig_wait(&rig, NANOS_MINUTE);
	rig_day(&rig, "2026-01-06", 0);
	assert_int_equal(plan()->order, stop);
	rig_report(&rig, stop, REPORT_EXPIRED, "a day order of an earlier day");
	rig_wait(&rig, NANOS_SECOND);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	assert_true(plan()->order != stop);
	rig_done(&rig);
}

static void kept_at_a_shutdown(void **state)
{
	(void)state;
	resting();
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_KEEP, "");
	assert_int_equal(rig.core.s->stop, STOP_KEPT);
	assert_int_equal(order()->cancelling + order()->modifying, 0);
	const struct action *said = rig_action(&rig, OUTCOME_STATE, rig_count(&rig, OUTCOME_STATE) - 1);
	assert_non_null(strstr(said->state.reason, "stops at the broker"));
	rig_done(&rig);
	bought(); /* not acknowledged yet: it waits for the word */
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_KEEP, "");
	assert_int_equal(rig.core.s->stop, STOP_RUNNING);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	assert_int_equal(rig.core.s->stop, STOP_KEPT);
	rig_done(&rig);
}

static void after_a_restart_it_is_ours(void **state)
{
	(void)state;
	resting();
	uint64_t stop = plan()->order;
	rig_start_again(&rig, 2);
	assert_int_equal(plan()->order, stop);
	rig_report(&rig, stop, REPORT_TRIGGER_PENDING, "");
	rig_wait(&rig, NANOS_MINUTE);
	assert_int_equal(order()->modifies, 0);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_fill(&rig, stop, 75, 88); /* it filled while nobody was there */
	assert_int_equal(held(), 0);
	assert_int_equal(plan()->state, PLAN_IDLE);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_done(&rig);
}

static void a_checkpoint_holds_it(void **state)
{
	struct core other;
	size_t len;
	const void *bytes;
	void *copy;

	(void)state;
	short_share();
	plan()->trail = RUPEES(505);
	rig_wait(&rig, 5 * NANOS_SECOND);
	bytes = core_state_bytes(&rig.core, &len);
	copy = aligned_alloc(64, len);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	assert_int_equal(core_attach(&other, copy, len, &rig.tables, rig_ops), ERR_OK);
	report_of(REPORT_MODIFIED, order()->request.price);
	rig_post(&rig);
	struct actions *again = malloc(sizeof(*again));
	core_step(&other, &rig.event, again);
	other.s->seq = rig.core.s->seq; /* the bench numbers actions, too */
	assert_memory_equal(core_state_bytes(&other, &len), core_state_bytes(&rig.core, &len), len);
	free(again);
	free(copy);
	rig_done(&rig);
}

/* -- the probe ---------------------------------------------------------------------------------------------------------------------- */

static void live_needs_a_probe(void **state)
{
	(void)state;
	bought();
	rig_report(&rig, plan()->order, REPORT_CANCELLED, "");
	rig.core.s->start.mode = MODE_LIVE;
	rig_wait(&rig, 5 * NANOS_SECOND);
	assert_int_equal(plan()->order, 0);
	assert_true(plan()->stop_flags & STOP_SAID);
	assert_int_equal(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_resting_stop, 1, "")->reply.err, ERR_BUSY);
	assert_int_equal(rig_command(&rig, COMMAND_STOP_PROBE, 0, 0, 1, "")->reply.err, ERR_RANGE);
	assert_int_equal(rig_command(&rig, COMMAND_STOP_PROBE, 0, 0, 2, "seen")->reply.err, ERR_RANGE);
	assert_int_equal(rig_command(&rig, COMMAND_STOP_PROBE, 0, 0, 0, "margin asked")->reply.err, ERR_OK);
	assert_int_equal(rig.core.s->stop_probe, STOP_PROBE_FAILED);
	assert_int_equal(plan()->order, 0);
	assert_int_equal(rig_command(&rig, COMMAND_STOP_PROBE, 0, 0, 1, "one lot, no margin")->reply.err, ERR_OK);
	assert_int_equal(order()->request.purpose, PURPOSE_STOP);
	assert_int_equal(rig_command(&rig, COMMAND_STRATEGY_PARAM, 0, COMMON_resting_stop, 1, "")->reply.err, ERR_OK);
	rig_report(&rig, plan()->order, REPORT_TRIGGER_PENDING, "");
	rig_command(&rig, COMMAND_STOP_PROBE, 0, 0, 0, "margin asked after all");
	assert_int_equal(order()->cancelling, 1);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(off_is_off),
		cmocka_unit_test(placed_at_the_options_stop),
		cmocka_unit_test(one_for_all_slices),
		cmocka_unit_test(for_what_filled_of_an_entry_given_up),
		cmocka_unit_test(on_a_share_both_ways),
		cmocka_unit_test(gaps),
		cmocka_unit_test(none_where_none_can_rest),
		cmocka_unit_test(waits_for_a_market_before_it),
		cmocka_unit_test(waits_for_the_rate_and_the_broker),
		cmocka_unit_test(the_stop_becomes_the_exit),
		cmocka_unit_test(an_exit_waits_for_the_acknowledgement),
		cmocka_unit_test(refused_it_is_cancelled_first),
		cmocka_unit_test(accepted_only),
		cmocka_unit_test(modified_to_the_bound),
		cmocka_unit_test(a_fill_crosses_the_cancel),
		cmocka_unit_test(a_part_fills_and_the_rest_is_cancelled),
		cmocka_unit_test(a_late_fill_after_the_cancel),
		cmocka_unit_test(every_way_out_takes_the_stop),
		cmocka_unit_test(no_price_leaves_it_resting),
		cmocka_unit_test(the_rate_holds_an_exit_back_not_for_long),
		cmocka_unit_test(triggered_and_filled),
		cmocka_unit_test(triggered_and_not_filled_it_walks),
		cmocka_unit_test(triggered_in_parts),
		cmocka_unit_test(the_book_grew),
		cmocka_unit_test(the_account_holds_less),
		cmocka_unit_test(others_terms_are_put_right),
		cmocka_unit_test(lost_it_is_placed_again_three_times),
		cmocka_unit_test(absent_it_goes_out_again),
		cmocka_unit_test(the_trail_moves_it),
		cmocka_unit_test(an_exit_waits_for_a_move_under_way),
		cmocka_unit_test(moved_often_it_is_renewed),
		cmocka_unit_test(placed_again_the_next_day),
		cmocka_unit_test(one_that_outlived_the_close_is_looked_at),
		cmocka_unit_test(kept_at_a_shutdown),
		cmocka_unit_test(after_a_restart_it_is_ours),
		cmocka_unit_test(a_checkpoint_holds_it),
		cmocka_unit_test(live_needs_a_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
