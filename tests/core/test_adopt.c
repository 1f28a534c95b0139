/* The policy `adopt`: what others bought becomes a book of the engine's own, once, closed like its own, and given back when they close it themselves. */
#include <stdio.h>

#include "tests/core/rig.h"

#define ADOPTED 1 /* the first of the slots for it; slot 0 is a strategy's */

static struct rig rig;

static void begin(uint32_t flags)
{
	rig_init(&rig);
	rig_adopt(&rig, 2);
	rig.start.flags = flags;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
	rig_prices(&rig);
}

static void tell(uint32_t instrument, qty_t manual, qty_t ours)
{
	struct event_foreign *e = &rig_event(&rig, EVENT_FOREIGN, instrument)->foreign;

	*e = (struct event_foreign){ .manual = manual, .ours = ours };
	snprintf(e->symbol, sizeof(e->symbol), "%s", rig.core.instrument[instrument].symbol);
	snprintf(e->underlying, sizeof(e->underlying), "%s", rig.core.instrument[instrument].underlying);
	rig_post(&rig);
}

static void offer_of(uint32_t instrument, enum product product, qty_t qty, qty_t ours, double price)
{
	rig_offer(&rig, instrument, product, qty, ours, price);
}

static void offer(qty_t qty, qty_t ours)
{
	offer_of(RIG_CALL, PRODUCT_NRML, qty, ours, 90);
}

static const struct book *book(uint32_t slot)
{
	return &rig.core.slot[slot].book;
}

static const char *alert(void)
{
	const struct action *a = rig_action(&rig, OUTCOME_ALERT, 0);

	return a ? a->alert.text : "";
}

/* 75 calls of others, taken over at 90. */
static void taken(void)
{
	begin(START_FOREIGN_ADOPT);
	tell(RIG_CALL, 75, 0);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_FOREIGN);
	offer(75, 0);
	assert_int_equal(book(ADOPTED)->qty, 75);
}

static void it_becomes_a_book(void **state)
{
	(void)state;
	taken();
	assert_non_null(strstr(alert(), "N24000CE: taken over"));
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(book(ADOPTED)->instrument, RIG_CALL);
	assert_int_equal(rig.core.slot[ADOPTED].plan.state, PLAN_OPEN);
	assert_int_equal(rig.core.s->open_books, 1);
	assert_int_equal(rig.core.s->account.open_cost, 75 * RUPEES(90)); /* limits count it */
	assert_true(book(ADOPTED)->unrealised > 0);
	tell(RIG_CALL, 0, 75);
	assert_int_equal(rig.core.s->foreigns, 0);
	assert_int_equal(core_foreign_refusal(&rig.core, "NIFTY"), REFUSAL_NONE);
	rig_clock(&rig, "12:00:00"); /* nobody decides for it */
	assert_int_equal(book(ADOPTED)->qty, 75);
	assert_int_equal(rig.core.s->next_order, 1);
	rig_done(&rig);
}

/* The same offer twice, and one that was made of books as they no longer are. */
static void never_twice(void **state)
{
	(void)state;
	taken();
	offer(75, 0);
	assert_int_equal(book(ADOPTED)->qty, 75);
	assert_int_equal(rig.actions.count, 0);
	offer(75, 150);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_start_again(&rig, 8);
	offer(75, 0);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_done(&rig);
}

static void more_of_it(void **state)
{
	(void)state;
	taken();
	offer_of(RIG_CALL, PRODUCT_NRML, 75, 75, 110);
	assert_int_equal(book(ADOPTED)->qty, 150);
	assert_int_equal(rig.core.s->account.open_cost, 150 * RUPEES(100));
	assert_int_equal(rig.core.s->open_books, 1);
	offer_of(RIG_CALL, PRODUCT_MIS, 75, 150, 100); /* under the other product: it leaves under that */
	assert_int_equal(book(ADOPTED + 1)->qty, 75);
	assert_int_equal(slot_product(&rig.core.slot[ADOPTED + 1]), PRODUCT_MIS);
	rig_done(&rig);
}

static void assert_closed_by_an_order(uint32_t slot, enum side side, qty_t qty, enum product product)
{
	const struct action *a = rig_action(&rig, ACTION_PLACE, 0);

	assert_non_null(a);
	assert_int_equal(a->request.strategy, slot);
	assert_int_equal(a->request.side, side);
	assert_int_equal(a->request.qty, qty);
	assert_int_equal(a->request.product, product);
	assert_int_equal(a->request.purpose, PURPOSE_EXIT);
	rig_fill(&rig, a->request.order, qty, 95);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.strategy, slot);
	assert_int_equal(rig.core.s->open_books, 0);
	assert_int_equal(rig.core.slot[slot].plan.state, PLAN_IDLE);
}

static void a_kill_closes_it(void **state)
{
	(void)state;
	taken();
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
	assert_closed_by_an_order(ADOPTED, SIDE_SELL, 75, PRODUCT_NRML);
	rig_done(&rig);
}

static void a_shutdown_closes_it(void **state)
{
	(void)state;
	taken();
	rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_FLATTEN, "");
	assert_int_equal(rig.core.s->stop, STOP_RUNNING);
	assert_closed_by_an_order(ADOPTED, SIDE_SELL, 75, PRODUCT_NRML);
	assert_int_equal(rig.core.s->stop, STOP_FLAT);
	rig_done(&rig);
}

static unsigned placed;
static void count_placed(void *ctx, const struct actions *a)
{
	(void)ctx;
	for (uint32_t i = 0; i < a->count; i++)
		placed += a->at[i].head.kind == ACTION_PLACE;
}

/* What is carried stays, what is intraday goes. */
static void square_off_closes_what_is_intraday(void **state)
{
	(void)state;
	taken();
	offer_of(RIG_PUT, PRODUCT_MIS, -75, 0, 100); /* written by them */
	assert_int_equal(book(ADOPTED + 1)->qty, -75);
	placed = 0;
	rig.posted = count_placed;
	rig_clock(&rig, "15:10:00");
	assert_int_equal(placed, 1);
	assert_int_equal(order_find(&rig.core, rig.core.slot[ADOPTED + 1].plan.order)->request.side, SIDE_BUY);
	assert_int_equal(rig.core.slot[ADOPTED].plan.exit_reason, EXIT_NONE);
	rig_done(&rig);
}

static void they_close_it_themselves(void **state)
{
	(void)state;
	taken();
	offer(75, 75);
	tell(RIG_CALL, 0, 150);
	tell(RIG_CALL, -75, 150);
	offer_of(RIG_CALL, PRODUCT_NRML, -75, 150, 120);
	assert_int_equal(book(ADOPTED)->qty, 75);
	assert_non_null(strstr(alert(), "closed by others"));
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	offer_of(RIG_CALL, PRODUCT_NRML, -75, 150, 120); /* the same again */
	assert_int_equal(book(ADOPTED)->qty, 75);
	offer_of(RIG_CALL, PRODUCT_NRML, -150, 75, 0); /* and more than it held, at a price that nobody tells: the last */
	assert_int_equal(book(ADOPTED)->qty, 0);
	assert_int_equal(rig_action(&rig, OUTCOME_TRADE, 0)->trade.exit_reason, EXIT_MANUAL);
	assert_int_equal(rig.core.slot[ADOPTED].plan.state, PLAN_IDLE);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	rig_done(&rig);
}

/* An entry of a strategy there is lost: nothing more is taken over until its fate is known, but what they close themselves is theirs at once. */
static void beside_a_lost_entry(void **state)
{
	uint64_t entry;

	(void)state;
	taken();
	tell(RIG_CALL, 0, 75);
	rig_ask(&rig, 0, 1, 23980);
	entry = rig.core.slot[0].plan.order;
	assert_int_equal(order_find(&rig.core, entry)->instrument, RIG_CALL);
	rig_report(&rig, entry, REPORT_UNKNOWN, "");
	offer(-75, 75);
	assert_int_equal(book(ADOPTED)->qty, 75); /* it may be what changed the account */
	rig_report(&rig, entry, REPORT_ABSENT, "");
	offer(75, 75);
	assert_int_equal(book(ADOPTED)->qty, 75);
	offer(-75, 75);
	assert_int_equal(book(ADOPTED)->qty, 0);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
	assert_int_equal(order_find(&rig.core, entry)->state, ORDER_ABSENT);
	rig_done(&rig);
}

/* And its own exit, lost: it may have closed it. */
static void beside_a_lost_exit(void **state)
{
	uint64_t exit;

	(void)state;
	taken();
	rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
	exit = rig.core.slot[ADOPTED].plan.order;
	rig_report(&rig, exit, REPORT_UNKNOWN, "");
	rig_report(&rig, exit, REPORT_ABSENT, "");
	offer(-75, 75);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_done(&rig);
}

/* Taken over is taken over, whatever the policy is by then. */
static void it_is_given_back_under_any_policy(void **state)
{
	(void)state;
	taken();
	rig.start.flags = 0;
	rig_start_again(&rig, 8);
	offer(-75, 75);
	assert_int_equal(book(ADOPTED)->qty, 0);
	offer(75, 0);
	assert_int_equal(book(ADOPTED)->qty, 0); /* but no more is taken */
	rig_done(&rig);
}

static void only_when_told_to(void **state)
{
	static const uint32_t flags[] = { 0, START_FOREIGN_IGNORE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		begin(flags[i]);
		tell(RIG_CALL, 75, 0);
		offer(75, 0);
		assert_int_equal(rig.actions.count, 0);
		rig_command(&rig, COMMAND_KILL_FLATTEN, 0, 0, 0, "out");
		assert_int_equal(rig_count(&rig, ACTION_PLACE), 0);
		rig_done(&rig);
	}
}

static void why_order(void) { rig_ask(&rig, 0, 1, 23980); }
static void why_unknown(void)
{
	rig_ask(&rig, 0, 1, 23980);
	rig_report(&rig, rig.core.slot[0].plan.order, REPORT_UNKNOWN, "");
}
static void why_known(void) { rig_command(&rig, COMMAND_ACKNOWLEDGE, 0, 0, 75, "my own hedge"); }
static void why_killed(void) { rig_command(&rig, COMMAND_KILL_STOP, 0, 0, 0, "stop"); }
static void why_stopping(void) { rig_command(&rig, COMMAND_SHUTDOWN, 0, 0, SHUTDOWN_KEEP, ""); }
static void why_locked(void) { rig.core.s->account.day_locked = DAY_LOCK_LOSS; }
static void why_expired(void) { rig.core.instrument[RIG_CALL].expiry = rig.date - 1; }
static void why_lot(void) { rig.core.instrument[RIG_CALL].lot = 50; }
static void why_full(void)
{
	offer_of(RIG_PUT, PRODUCT_NRML, 75, 0, 90);
	offer_of(RIG_CALL_HIGH, PRODUCT_NRML, 75, 0, 90);
}
static void why_opposite(void)
{
	rig.core.slot[0].book.instrument = RIG_CALL; /* as if a strategy had written it */
	rig.core.slot[0].book.qty = -75;
}

/* Each refusal leaves it to whom it belongs, and is said once. A kill's flatten does not touch it. */
static void refusals(void **state)
{
	static const struct { void (*because)(void); const char *said; qty_t ours; } rows[] = {
		{ why_order, "", 0 }, { why_unknown, "", 0 }, { why_known, "", 0 }, { why_killed, "a kill is latched", 0 }, { why_stopping, "shutting down", 0 },
		{ why_locked, "locked", 0 }, { why_expired, "no whole lots", 0 }, { why_lot, "no whole lots", 0 }, { why_full, "every book", 0 },
		{ why_opposite, "the other side", -75 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin(i < 3 && i != 2 ? START_FOREIGN_ADOPT | START_FOREIGN_IGNORE : START_FOREIGN_ADOPT);
		tell(RIG_CALL, 75, 0);
		rows[i].because();
		rig_event(&rig, EVENT_ADOPT, RIG_CALL)->adopt = (struct event_adopt){ .product = PRODUCT_NRML, .qty = 75, .ours = rows[i].ours, .price = RUPEES(90) };
		rig.actions.count = 0;
		rig.event.head.seq = rig.core.s->seq + 1;
		core_step(&rig.core, &rig.event, &rig.actions); /* not all of these states could come about */
		if (!strstr(alert(), rows[i].said) || (rows[i].said[0] == '\0' && rig.actions.count > 0))
			fail_msg("%zu: expected \"%s\": \"%s\"", i, rows[i].said, alert());
		rig.event.head.seq++;
		core_step(&rig.core, &rig.event, &rig.actions);
		assert_int_equal(rig.actions.count, 0); /* said */
		for (uint32_t s = ADOPTED; s < rig.strategies; s++)
			assert_true(book(s)->qty == 0 || book(s)->instrument != RIG_CALL);
		rig_done(&rig);
	}
}

static void not_after_square_off(void **state)
{
	(void)state;
	begin(START_FOREIGN_ADOPT);
	rig_clock(&rig, "15:12:00");
	rig_prices(&rig);
	tell(RIG_CALL, 75, 0);
	offer_of(RIG_CALL, PRODUCT_MIS, 75, 0, 90);
	assert_non_null(strstr(alert(), "squared off by now"));
	offer_of(RIG_CALL, PRODUCT_NRML, 75, 0, 90);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_done(&rig);
}

/* Numbers that nobody's broker tells change nothing. */
static void nonsense(void **state)
{
	(void)state;
	begin(START_FOREIGN_ADOPT);
	offer(0, 0);
	offer(INT64_MAX, 0);
	offer(INT64_MIN, 0);
	offer_of(RIG_CALL, PRODUCT_NRML, 75, 0, 90e9);
	offer_of(RIG_CALL, PRODUCT_CNC, 75, 0, 90);
	offer_of(RIG_CALL, (enum product)77, 75, 0, 90);
	offer_of(RIG_NIFTY, PRODUCT_NRML, 75, 0, 90);
	rig_event(&rig, EVENT_ADOPT, 4711)->adopt = (struct event_adopt){ .qty = 75, .price = 1 };
	rig_post(&rig);
	assert_int_equal(rig.core.s->open_books, 0);
	rig_done(&rig);
}

/* The settings come again with each start that changed them: a book that is held keeps what it is. */
static void defined_again(void **state)
{
	(void)state;
	taken();
	rig_event(&rig, EVENT_STRATEGY, INSTRUMENT_NONE)->strategy = rig.strategy[ADOPTED];
	rig_post(&rig);
	assert_int_equal(slot_product(&rig.core.slot[ADOPTED]), PRODUCT_NRML);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_bar(&rig, RIG_CALL, 100, 101, 99, 100);
	rig_bar(&rig, RIG_NIFTY, 24000, 24010, 23990, 24000);
	assert_int_equal(book(ADOPTED)->qty, 75);
	rig_done(&rig);
}

/* A losing position that was taken over counts against the day like the engine's own. */
static void the_days_limit_counts_it(void **state)
{
	(void)state;
	begin(START_FOREIGN_ADOPT);
	offer_of(RIG_CALL, PRODUCT_NRML, 75 * 20, 0, 200); /* 1.5 lakh lost of 10 */
	assert_int_equal(rig.core.s->account.day_locked, DAY_LOCK_LOSS);
	assert_int_equal(rig.core.slot[ADOPTED].plan.exit_reason, EXIT_DAY_LOSS);
	assert_int_equal(rig_count(&rig, ACTION_PLACE), 1);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_becomes_a_book), cmocka_unit_test(never_twice), cmocka_unit_test(more_of_it), cmocka_unit_test(a_kill_closes_it),
		cmocka_unit_test(a_shutdown_closes_it), cmocka_unit_test(square_off_closes_what_is_intraday), cmocka_unit_test(they_close_it_themselves),
		cmocka_unit_test(beside_a_lost_entry), cmocka_unit_test(beside_a_lost_exit), cmocka_unit_test(it_is_given_back_under_any_policy), cmocka_unit_test(only_when_told_to), cmocka_unit_test(refusals),
		cmocka_unit_test(not_after_square_off), cmocka_unit_test(nonsense), cmocka_unit_test(defined_again), cmocka_unit_test(the_days_limit_counts_it),
	};

	return cmocka_run_group_tests_name("adopt", tests, NULL, NULL);
}
