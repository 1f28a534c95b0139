/* Orders of an earlier process of this engine's that the journal does not know: which are cancelled, which stay, and what an exit waits for. */
#include "tests/broker/kotak/account_rig.h"

#define CANCEL "/quick/order/cancel"
#define EPOCH UINT32_C(1795000000)

static char tag_of[ORDER_TAG_TEXT];

static const char *tag(uint32_t epoch)
{
	order_tag(epoch, 7, tag_of);
	return tag_of;
}

static void start(void)
{
	fake_start();
	fake.k->merge.epoch = EPOCH;
}

static void book_of(const char *number, char side, int qty, const char *gui, const char *status, int filled)
{
	char row[500];

	account_asked(ORDERS);
	snprintf(row, sizeof(row), "{\"nOrdNo\":\"%s\",\"ordSt\":\"%s\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\",\"trnsTp\":\"%c\",\"prc\":\"100\","
	         "\"qty\":%d,\"fldQty\":%d,\"GuiOrdId\":\"%s\",\"updRecvTm\":10,\"rejRsn\":\"--\"}", number, status, side, qty, filled, gui);
	account_answer(ORDERS, row);
}

static void book(char side, const char *gui, const char *status, int filled)
{
	book_of(OTHER, side, 75, gui, status, filled);
}

/* Cancels of it so far; each is answered. */
static unsigned cancels(void)
{
	struct fake_call *c;

	while ((c = fake_find(CANCEL)) != NULL) {
		assert_non_null(strstr(c->jdata, OTHER));
		fake_answer(c, WIRE_OK, 200, "{\"stat\":\"Ok\",\"stCode\":200}");
	}
	return (unsigned)fake.k->stats.cancelled;
}

static const char *exit_waits(void)
{
	struct order_request r = { .order = 1, .strategy = 0, .side = SIDE_SELL, .purpose = PURPOSE_EXIT, .product = PRODUCT_MIS, .qty = 75, .price = RUPEES(100) };

	return positions_forbid(fake.k, &r, 0);
}

/* An exit of ours was at work when the journal's end was lost: it goes before another one leaves. */
static void test_an_exit_at_work(void **state)
{
	(void)state;
	start();
	account_hold(75);
	account_positions(75, 0);
	assert_null(exit_waits());
	book('S', tag(EPOCH - 1), "open", 0);
	assert_string_equal(exit_waits(), "an earlier order of ours there is cancelled first");
	assert_int_equal(cancels(), 1);
	assert_non_null(strstr(fake.note, "its tag is this engine's"));
	fake_pass(NANOS_SECOND);
	assert_int_equal(cancels(), 1);
	fake_pass(2 * NANOS_SECOND);
	assert_int_equal(cancels(), 2); /* it still works: asked again */
	book('S', tag(EPOCH - 1), "cancelled", 0);
	assert_null(exit_waits());
	fake_pass(30 * NANOS_SECOND);
	assert_int_equal(cancels(), 2);
	fake_close();
}

/* After five it is asked less often, and for ever. */
static void test_it_will_not_go(void **state)
{
	(void)state;
	start();
	account_hold(75);
	book('S', tag(EPOCH - 1), "open", 0);
	for (int i = 0; i < 100; i++) {
		fake_pass(NANOS_SECOND / 10);
		cancels();
	}
	assert_int_equal(cancels(), 5);
	for (int i = 0; i < 200; i++) {
		fake_pass(NANOS_SECOND / 10);
		cancels();
	}
	assert_int_equal(cancels(), 7);
	assert_string_equal(exit_waits(), "an earlier order of ours there is cancelled first");
	fake_close();
}

/* An entry nobody would look after; not before the positions tell that it is none that closes. */
static void test_an_entry_at_work(void **state)
{
	(void)state;
	start();
	fake.k->book[BOOK_POSITIONS].good = 0;
	book('B', tag(EPOCH - 1), "open", 0);
	assert_int_equal(cancels(), 0);
	account_positions(0, 0);
	assert_int_equal(cancels(), 1);
	fake_close();
}

/* It closes what no book of ours holds: it may be all that protects it. */
static void test_what_protects_others(void **state)
{
	(void)state;
	start();
	account_positions(75, 0);
	book('S', tag(EPOCH - 1), "open", 0);
	fake_pass(NANOS_SECOND);
	assert_int_equal(cancels(), 0);
	fake_close();
}

static void left_alone(const char *gui)
{
	start();
	account_hold(75);
	account_positions(75, 0);
	book('S', gui, "open", 0);
	fake_pass(NANOS_SECOND);
	assert_int_equal(cancels(), 0);
	assert_null(exit_waits());
	fake_close();
}

/* Of whoever took over, of this process, of no engine that trades an account, of a person. */
static void test_tags_of_others(void **state)
{
	(void)state;
	left_alone(tag(EPOCH + 1));
	left_alone(tag(EPOCH));
	left_alone(tag(ORDER_EPOCH_LIVE - 1));
	left_alone("x");
}

/* Its tag was replaced when it was modified: the first book behind a journal without its end shows it among people's. */
static void test_a_replaced_tag(void **state)
{
	(void)state;
	start();
	account_hold(75);
	account_positions(75, 0);
	fake.k->merge.lost_tail = true;
	book('S', "1795163071-SIM", "open", 0);
	assert_string_equal(exit_waits(), "an earlier order of ours there is cancelled first");
	assert_int_equal(cancels(), 1);
	assert_non_null(strstr(fake.note, "may be this engine's"));
	assert_false(fake.k->merge.lost_tail);
	book('S', "1795163071-SIM", "cancelled", 0);
	assert_null(exit_waits());
	cancels();
	book_of("261123000000901", 'S', 75, "x", "open", 0); /* placed since then, by somebody */
	assert_null(exit_waits());
	assert_null(fake_find(CANCEL));
	fake_close();
}

/* More than our book holds is no exit of ours, nor is what opens: a person's. */
static void test_a_persons(void **state)
{
	(void)state;
	start();
	account_hold(75);
	account_positions(75, 0);
	fake.k->merge.lost_tail = true;
	book_of(OTHER, 'S', 150, "x", "open", 0);
	assert_null(exit_waits());
	fake.k->merge.lost_tail = true;
	book_of("261123000000901", 'B', 75, "x", "open", 0);
	fake_pass(NANOS_SECOND);
	assert_null(fake_find(CANCEL));
	assert_int_equal(merge_live(&fake.k->merge), 0); /* nor polled for */
	fake_close();
}

/* Ours, whose number is not known yet, is found out by the books and by nothing else. */
static void test_it_may_be_known(void **state)
{
	(void)state;
	start();
	fake_place(1, PURPOSE_ENTRY);
	account_hold(-75);
	fake.k->merge.lost_tail = true;
	book('B', "x", "open", 0);
	assert_null(fake_find(CANCEL));
	fake_close();
}

/* It filled in the part of the journal that is lost, and positions may lag behind that: they are read again, and so are the trades. */
static void test_an_exit_filled(void **state)
{
	(void)state;
	start();
	account_hold(75);
	account_positions(75, 0);
	book('S', tag(EPOCH - 1), "complete", 75);
	assert_string_equal(exit_waits(), "the positions are read first");
	assert_int_equal(cancels(), 0);
	fake_pass(4 * NANOS_SECOND);
	account_positions(75, 75);
	assert_string_equal(exit_waits(), "the positions are read first"); /* who made the difference is not known */
	for (int reading = 0; reading < 2; reading++) { /* the first was asked for before */
		account_asked(TRADES);
		account_answer(TRADES, "{\"nOrdNo\":\"" OTHER "\",\"flId\":\"7\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"S\",\"fldQty\":75,\"avgPrc\":\"100.00\"}");
	}
	assert_string_equal(exit_waits(), "the broker holds less than this closes");
	fake_close();
}

/* A second book holds the same, and an exit of its has filled since the positions were read: what they show is gone, too, and what the lost order closed was the first one's. */
static void test_another_book_closes_the_rest(void **state)
{
	(void)state;
	start();
	account_hold(75);
	fake.core.s->strategies = 2;
	fake.core.slot[1].book = (struct book){ .qty = 75 };
	account_positions(150, 75);
	account_asked(TRADES);
	account_answer(TRADES, "{\"nOrdNo\":\"" OTHER "\",\"flId\":\"7\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"S\",\"fldQty\":75,\"avgPrc\":\"100.00\"}");
	fake_pass(4 * NANOS_SECOND);
	account_positions(150, 75);
	assert_string_equal(exit_waits(), "the broker holds less than this closes");
	fake.core.slot[1].book.qty = 0;
	fake.k->filled_at = kotak_span(fake.k);
	assert_string_equal(exit_waits(), "the positions are read first");
	fake_pass(4 * NANOS_SECOND);
	account_positions(150, 150); /* asked for at once, and too early to show the fill for certain */
	assert_string_equal(exit_waits(), "the positions are read first");
	account_positions(150, 150);
	assert_string_equal(exit_waits(), "the broker holds less than this closes");
	fake_close();
}

/* -- what was proven absent -------------------------------------------------------------------------------------------------- */

#define PLACE "/quick/order/rule/ms/place"

static void adopt_absent(bool lost_tail)
{
	struct order *o;

	fake_open();
	o = &fake.core.order[1];
	o->request = (struct order_request){ .order = 1, .side = SIDE_BUY, .qty = 75, .price = RUPEES(100) };
	order_tag(EPOCH - 1, 1, o->request.tag);
	o->state = ORDER_ABSENT;
	o->created = fake.wall;
	fake.k->o.lost_tail = lost_tail;
	kotak_broker_start(fake.broker);
	fake_answer_polls();
	fake_ack();
}

static const struct event_order *reported(void)
{
	const struct event *e = fake_last(EVENT_ORDER);

	return e ? &e->order : NULL;
}

/* Where the journal ends it was absent, and was to go again: it may have gone. It leaves when the books have proven that once more, and not before. */
static void test_sent_again_in_the_lost_part(void **state)
{
	(void)state;
	adopt_absent(true);
	fake_place(1, PURPOSE_EXIT);
	assert_null(fake_find(PLACE));
	assert_int_equal(reported()->report, REPORT_UNKNOWN);
	fake_wait(30 * NANOS_SECOND);
	assert_int_equal(reported()->report, REPORT_ABSENT);
	fake_place(1, PURPOSE_EXIT);
	assert_non_null(fake_find(PLACE));
	fake_close();
	adopt_absent(false);
	fake_place(1, PURPOSE_EXIT);
	assert_non_null(fake_find(PLACE)); /* this journal knows all */
	fake_close();
}

/* One that nobody sends again is proven too, and the link waits for it. */
static void test_absent_is_proven_again(void **state)
{
	(void)state;
	adopt_absent(true);
	fake_wait(2 * NANOS_SECOND);
	assert_int_equal(merge_unresolved(&fake.k->merge), 1);
	assert_null(fake_last(EVENT_LINK));
	fake_wait(30 * NANOS_SECOND);
	assert_int_equal(merge_unresolved(&fake.k->merge), 0);
	assert_true(fake_last(EVENT_LINK)->link.up);
	assert_null(reported()); /* it is what it was */
	fake_place(1, PURPOSE_EXIT);
	assert_non_null(fake_find(PLACE));
	fake_close();
}

/* -- the start --------------------------------------------------------------------------------------------------------------- */

/* Nothing is known of orders at work before. */
static void test_no_book_yet(void **state)
{
	(void)state;
	start();
	account_hold(75);
	account_positions(75, 0);
	fake.k->book[BOOK_ORDERS].good = 0;
	assert_string_equal(exit_waits(), "the order book is read first");
	fake_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_exit_at_work),
		cmocka_unit_test(test_it_will_not_go),
		cmocka_unit_test(test_an_entry_at_work),
		cmocka_unit_test(test_what_protects_others),
		cmocka_unit_test(test_tags_of_others),
		cmocka_unit_test(test_a_replaced_tag),
		cmocka_unit_test(test_a_persons),
		cmocka_unit_test(test_it_may_be_known),
		cmocka_unit_test(test_an_exit_filled),
		cmocka_unit_test(test_another_book_closes_the_rest),
		cmocka_unit_test(test_sent_again_in_the_lost_part),
		cmocka_unit_test(test_absent_is_proven_again),
		cmocka_unit_test(test_no_book_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
