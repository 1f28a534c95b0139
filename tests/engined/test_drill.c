/* The crash drill's judgement: books that agree are proof, and each way in which they may not agree is named for what it is. The journal is fed record by
 * record, the ledger as the text that the simulated broker sends. */
#include "engined/drill/drill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CALL "NIFTY26NOV22500CE"
#define TAG "0TOS8FL000001"
#define REF "261120000000001"
#define OWN "{\"ours\":true,\"number\":\"" REF "\",\"tag\":\"" TAG "\",\"symbol\":\"" CALL "\",\"side\":\"B\",\"qty\":75,\"filled\":75}"
#define TRADE "{\"order\":\"" REF "\",\"qty\":75,\"price\":10050}"
#define FLAT "{\"cf_buy\":0,\"cf_sell\":0,\"buy\":75,\"sell\":75}"
#define LEDGER(orders, trades, positions) "{\"orders\":[" orders "],\"trades\":[" trades "],\"positions\":[" positions "]}"

static struct drill_books journal, broker;
static struct drill_verdict verdict;

static int set_up(void **state)
{
	(void)state;
	memset(&verdict, 0, sizeof(verdict));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	drill_books_done(&journal);
	drill_books_done(&broker);
	return 0;
}

/* -- the journal, by hand ------------------------------------------------------------------------------------------- */

static void record(uint16_t kind, uint32_t id, const void *payload)
{
	struct record head = { .kind = kind, .instrument = id };

	drill_journal_add(&journal, &head, payload);
}

static void lists(uint32_t id, const char *symbol)
{
	struct instrument i = { .id = id };

	snprintf(i.symbol, sizeof(i.symbol), "%s", symbol);
	record(EVENT_INSTRUMENT, id, &i);
}

static struct order_request request(uint64_t number, const char *tag)
{
	struct order_request r = { .order = number, .side = SIDE_BUY, .qty = 75 };

	snprintf(r.tag, sizeof(r.tag), "%s", tag);
	return r;
}

static void places(uint64_t number, const char *tag)
{
	struct order_request r = request(number, tag);

	record(ACTION_PLACE, 3, &r);
}

static void reports(uint64_t number, enum order_report what)
{
	struct event_order e = { .order = number, .report = what };

	record(EVENT_ORDER, 3, &e);
}

static void becomes(uint64_t number, const char *tag, enum order_state state, qty_t filled, const char *ref)
{
	struct outcome_order e = { .request = request(number, tag), .state = state, .filled = filled };

	snprintf(e.broker_ref, sizeof(e.broker_ref), "%s", ref);
	record(OUTCOME_ORDER, 3, &e);
}

static void fills(uint64_t number, enum side side, qty_t qty, price_t price)
{
	struct outcome_fill e = { .order = number, .side = side, .qty = qty, .price = price };

	record(OUTCOME_FILL, 3, &e);
}

/* One order, executed whole; the contract is flat again by somebody's sale, which is no concern of the comparison of orders. */
static void one_order(void)
{
	lists(3, CALL);
	places(1, TAG);
	becomes(1, TAG, ORDER_FILLED, 75, REF);
	fills(1, SIDE_BUY, 75, 1005000);
	journal.uneven = 0;
}

static void judge(const char *ledger)
{
	assert_true(drill_ledger_read(&broker, ledger, strlen(ledger)));
	drill_verdict_add(&verdict, &journal, &broker);
}

static void wrongs(size_t lost, size_t doubled, size_t invented, size_t differ, size_t unsettled)
{
	assert_int_equal(verdict.lost, lost);
	assert_int_equal(verdict.doubled, doubled);
	assert_int_equal(verdict.invented, invented);
	assert_int_equal(verdict.differ, differ);
	assert_int_equal(verdict.unsettled, unsettled);
	assert_false(drill_verdict_holds(&verdict));
	assert_string_not_equal(verdict.first, "");
}

/* -- verdicts ------------------------------------------------------------------------------------------------------- */

static void books_that_agree_are_proof(void **state)
{
	(void)state;
	one_order();
	places(2, "0TOS8FL000002"); /* killed before its request left */
	becomes(2, "0TOS8FL000002", ORDER_CANCELLED, 0, "");
	judge(LEDGER(OWN ",{\"ours\":false,\"number\":\"9\"}", TRADE ",{\"order\":\"9\",\"qty\":1,\"price\":5}", FLAT));
	assert_true(drill_verdict_holds(&verdict));
	assert_int_equal(verdict.broker, 1);
	assert_int_equal(verdict.journal, 1);
	assert_int_equal(verdict.unsent, 1);
	assert_int_equal(verdict.executions, 1);
	assert_string_equal(verdict.first, "");
}

static void nothing_is_no_proof(void **state)
{
	(void)state;
	judge(LEDGER("", "", ""));
	assert_false(drill_verdict_holds(&verdict));
}

static void an_order_only_the_broker_has_is_lost(void **state)
{
	(void)state;
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(1, 0, 0, 0, 0);
}

static void an_order_whose_number_was_not_kept_is_lost(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	becomes(1, TAG, ORDER_CANCELLED, 0, "");
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(1, 0, 0, 0, 0);
}

static void an_execution_only_the_broker_has_is_lost(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	becomes(1, TAG, ORDER_CANCELLED, 0, REF);
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(1, 0, 0, 0, 0);
}

static void two_orders_of_one_tag_are_doubled(void **state)
{
	(void)state;
	one_order();
	judge(LEDGER(OWN ",{\"ours\":true,\"number\":\"2\",\"tag\":\"" TAG "\",\"symbol\":\"" CALL "\",\"side\":\"B\",\"qty\":75,\"filled\":0}", TRADE, FLAT));
	wrongs(0, 1, 0, 0, 0);
}

static void an_order_placed_again_without_proof_is_doubled(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	reports(1, REPORT_UNKNOWN);
	places(1, TAG);
	becomes(1, TAG, ORDER_FILLED, 75, REF);
	fills(1, SIDE_BUY, 75, 1005000);
	journal.uneven = 0;
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 1, 0, 0, 0);
}

static void one_placed_again_after_proof_is_not(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	reports(1, REPORT_ABSENT);
	one_order();
	judge(LEDGER(OWN, TRADE, FLAT));
	assert_true(drill_verdict_holds(&verdict));
	assert_int_equal(verdict.resent, 1);
}

static void a_proof_serves_once(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	reports(1, REPORT_ABSENT);
	places(1, TAG);
	one_order();
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 1, 0, 0, 0);
}

static void an_order_only_the_journal_has_is_invented(void **state)
{
	(void)state;
	one_order();
	places(2, "0TOS8FL000002");
	becomes(2, "0TOS8FL000002", ORDER_CANCELLED, 0, "261120000000002");
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 1, 0, 0);
}

static void an_execution_counted_twice_is_invented(void **state)
{
	(void)state;
	one_order();
	fills(1, SIDE_BUY, 75, 1005000);
	journal.uneven = 0;
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 1, 0, 0);
}

static void another_price_differs(void **state)
{
	(void)state;
	one_order();
	judge(LEDGER(OWN, "{\"order\":\"" REF "\",\"qty\":75,\"price\":10051}", FLAT));
	wrongs(0, 0, 0, 1, 0);
}

static void another_contract_differs(void **state)
{
	(void)state;
	one_order();
	memcpy(journal.at[0].symbol, "NIFTY26NOV22500PE", sizeof("NIFTY26NOV22500PE"));
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 0, 1, 0);
}

static void an_order_that_has_no_end_is_unsettled(void **state)
{
	(void)state;
	one_order();
	becomes(1, TAG, ORDER_PARTIAL, 75, REF);
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 0, 0, 1);
}

static void a_position_left_at_the_broker_is_wrong(void **state)
{
	(void)state;
	one_order();
	judge(LEDGER(OWN, TRADE, "{\"cf_buy\":0,\"cf_sell\":0,\"buy\":75,\"sell\":0}"));
	wrongs(0, 0, 0, 0, 0);
	assert_int_equal(verdict.uneven, 1);
}

static void a_position_left_in_the_journal_is_invented(void **state)
{
	(void)state;
	one_order();
	journal.uneven = 1;
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 1, 0, 0);
}

static void positions_are_what_fills_make_of_them(void **state)
{
	(void)state;
	lists(3, CALL);
	places(1, TAG);
	fills(1, SIDE_BUY, 75, 1005000);
	assert_int_equal(journal.uneven, 1);
	fills(1, SIDE_SELL, 50, 1005000);
	assert_int_equal(journal.uneven, 1);
	fills(1, SIDE_SELL, 25, 1005000);
	assert_int_equal(journal.uneven, 0);
}

/* -- what cannot be read -------------------------------------------------------------------------------------------- */

static void a_ledger_that_is_none_proves_nothing(void **state)
{
	static const char *const bad[] = {
		"", "nothing", "{}", "{\"orders\":[],\"trades\":[]}", LEDGER("{\"ours\":true,\"tag\":\"" TAG "\"}", "", ""),
		LEDGER("{\"ours\":true,\"number\":\"1\",\"tag\":\"A-TAG-THAT-IS-TOO-LONG\"}", "", ""), LEDGER(OWN, "{\"order\":\"" REF "\",\"qty\":75}", ""),
		LEDGER(OWN, TRADE, "{\"buy\":75}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_false(drill_ledger_read(&broker, bad[i], strlen(bad[i])));
		assert_true(broker.failed);
		drill_books_done(&broker);
	}
}

static void books_that_could_not_be_read_differ(void **state)
{
	(void)state;
	one_order();
	fills(99, SIDE_BUY, 75, 1005000); /* of an order that was never placed */
	judge(LEDGER(OWN, TRADE, FLAT));
	wrongs(0, 0, 0, 1, 0);
}

/* -- points --------------------------------------------------------------------------------------------------------- */

static void records_are_points(void **state)
{
	struct event_link up = { .up = 1 }, down = { 0 };
	struct event_order sent = { .report = REPORT_SENT }, ack = { .report = REPORT_ACCEPTED }, open = { .report = REPORT_OPEN };
	struct event_order gone = { .report = REPORT_ABSENT };
	const struct { uint16_t kind; const void *payload; enum drill_point point; } rows[] = {
		{ EVENT_START, NULL, DRILL_START },     { EVENT_LINK, &up, DRILL_LINK },           { EVENT_LINK, &down, DRILL_POINTS },
		{ EVENT_ACCOUNT, NULL, DRILL_ACCOUNT }, { EVENT_ORDER, &sent, DRILL_SENT },        { EVENT_ORDER, &ack, DRILL_ACK },
		{ EVENT_ORDER, &open, DRILL_ACK },      { EVENT_ORDER, &gone, DRILL_POINTS },      { EVENT_FILL, NULL, DRILL_FILL },
		{ EVENT_COMMAND, NULL, DRILL_COMMAND }, { ACTION_PLACE, NULL, DRILL_INTENT },      { ACTION_MODIFY, NULL, DRILL_MODIFY },
		{ ACTION_CANCEL, NULL, DRILL_CANCEL },  { OUTCOME_DECISION, NULL, DRILL_DECISION }, { OUTCOME_TRADE, NULL, DRILL_TRADE },
		{ EVENT_TICK, NULL, DRILL_POINTS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct record head = { .kind = rows[i].kind };

		assert_int_equal(drill_point_of_record(&head, rows[i].payload), rows[i].point);
	}
}

static void files_are_points(void **state)
{
	(void)state;
	assert_int_equal(drill_point_of_file("checkpoint-00000000000000004711.new", false), DRILL_CHECKPOINT_BEGUN);
	assert_int_equal(drill_point_of_file("checkpoint-00000000000000004711", true), DRILL_CHECKPOINT_NAMED);
	assert_int_equal(drill_point_of_file("00000000000000004711.journal.new", false), DRILL_SEGMENT_BEGUN);
	assert_int_equal(drill_point_of_file("00000000000000004711.journal", true), DRILL_SEGMENT_NAMED);
	assert_int_equal(drill_point_of_file("reserve", true), DRILL_POINTS);
	assert_int_equal(drill_point_of_file("lock", false), DRILL_POINTS);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(books_that_agree_are_proof), CASE(nothing_is_no_proof), CASE(an_order_only_the_broker_has_is_lost),
		CASE(an_order_whose_number_was_not_kept_is_lost), CASE(an_execution_only_the_broker_has_is_lost), CASE(two_orders_of_one_tag_are_doubled),
		CASE(an_order_placed_again_without_proof_is_doubled), CASE(one_placed_again_after_proof_is_not), CASE(a_proof_serves_once),
		CASE(an_order_only_the_journal_has_is_invented), CASE(an_execution_counted_twice_is_invented), CASE(another_price_differs),
		CASE(another_contract_differs), CASE(an_order_that_has_no_end_is_unsettled), CASE(a_position_left_at_the_broker_is_wrong),
		CASE(a_position_left_in_the_journal_is_invented), CASE(positions_are_what_fills_make_of_them), CASE(a_ledger_that_is_none_proves_nothing),
		CASE(books_that_could_not_be_read_differ), CASE(records_are_points), CASE(files_are_points),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
