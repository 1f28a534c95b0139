/* What the adapter tells the core of others in the account, of the books it read, and of the clocks. */
#include "tests/broker/kotak/account_rig.h"

/* -- others ----------------------------------------------------------------------------------------------------------------------- */

static void test_a_person_trades(void **state)
{
	(void)state;
	fake_start();
	account_trade(75);
	account_assert_told(75, 0, 0, 0);
	account_positions(75, 0);
	assert_int_equal(account_told(), 1); /* explained */
	fake_close();
}

/* They sold what a book of ours held, an operator said so, and the book followed: what they traded is no longer beyond it. Not by one reading, for
 * positions may lag behind trades. */
static void test_a_book_followed(void **state)
{
	(void)state;
	fake_start();
	account_trade(75);
	account_positions(75, 0);
	account_assert_told(75, 0, 0, 0);
	account_positions(75, 75);
	assert_int_equal(account_told(), 1);
	account_positions(75, 75);
	account_assert_told(0, 0, 0, 0);
	account_trade(75); /* known */
	account_positions(75, 75);
	assert_int_equal(account_told(), 2);
	fake_close();
}

/* The core waits to hear what is left, be it as before. */
static void test_what_is_left(void **state)
{
	(void)state;
	fake_start();
	account_positions(75, 0);
	account_positions(75, 0);
	account_assert_told(0, 0, 75, 0);
	assert_int_equal(account_newest()->ours, 0);
	fake.core.s->foreign[0] = (struct foreign){ .symbol = SYMBOL, .underlying = "NIFTY", .unexplained = 75, .acknowledged = 1, .followed = 75 };
	fake.core.s->foreigns = 1;
	account_trade(75);
	account_assert_told(75, 0, 75, 0);
	assert_true(account_newest()->ours == NUM_UNKNOWN); /* nothing was compared */
	account_positions(75, 0);
	account_assert_told(75, 0, 0, 0);
	fake.n_said = 0;
	account_positions(75, 0);
	account_assert_told(75, 0, 0, 0);
	fake.core.s->foreign[0].followed = 0;
	fake.n_said = 0;
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	fake_close();
}

/* The hour is all that tells the broker's closing from a person's. */
static void test_the_broker_closes(void **state)
{
	(void)state;
	fake_start();
	fake.wall = stamp_at(stamp_date(fake.wall), TIME_OF_DAY(15, 18));
	account_trade(75);
	account_assert_told(0, 75, 0, 0);
	fake_close();
}

static void test_an_order_of_somebody(void **state)
{
	(void)state;
	fake_start();
	account_book("open");
	account_assert_told(0, 0, 0, 1);
	account_book("cancelled");
	account_assert_told(0, 0, 0, 0);
	fake_close();
}

/* The broker replaced the tag of an order of ours before it told its number: nobody else's. */
static void test_it_may_be_ours(void **state)
{
	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	account_book("open");
	assert_int_equal(account_told(), 0);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"261123000000042\",\"stCode\":200}");
	account_book("open");
	account_assert_told(0, 0, 0, 1);
	fake_close();
}

/* A frame about a stranger's order: the books are asked at once, not in half a minute. */
static void test_a_frame_of_somebody(void **state)
{
	(void)state;
	fake_start();
	fake_pass(2 * NANOS_SECOND);
	assert_null(fake_find(ORDERS));
	fake_frame("{\"type\":\"order\",\"data\":{\"nOrdNo\":\"" OTHER "\",\"ordSt\":\"open\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\",\"trnsTp\":\"B\","
	           "\"prc\":\"100\",\"qty\":75,\"fldQty\":0,\"GuiOrdId\":\"x\",\"updRecvTm\":10,\"rejRsn\":\"--\"}}");
	fake_pass(NANOS_SECOND / 10);
	assert_non_null(fake_find(ORDERS));
	fake_close();
}

static void test_unexplained_twice(void **state)
{
	(void)state;
	fake_start();
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	account_positions(150, 0); /* another difference: the count begins anew */
	assert_int_equal(account_told(), 0);
	account_positions(150, 0);
	account_assert_told(0, 0, 150, 0);
	assert_non_null(strstr(fake.note, "the broker holds 150, our fills make 0"));
	account_positions(150, 150); /* that they are equal counts at once */
	account_assert_told(0, 0, 0, 0);
	assert_int_equal(account_told(), 2);
	fake_close();
}

/* An answer that failed, or is older than one before, says nothing: neither that a difference is there nor that it is gone. */
static void test_a_failed_reading_changes_nothing(void **state)
{
	(void)state;
	fake_start();
	account_positions(75, 0);
	account_positions(75, 0);
	account_assert_told(0, 0, 75, 0);
	for (int i = 0; i < 3; i++) {
		account_asked(POSITIONS);
		fake_answer(fake_find(POSITIONS), i == 0 ? WIRE_UNKNOWN : i == 1 ? WIRE_RATE : WIRE_OK, 500, i == 2 ? "{\"stat\":\"ok\"}" : NULL);
	}
	account_asked(POSITIONS);
	account_answer(POSITIONS, "{\"trdSym\":\"" SYMBOL "\",\"prod\":\"MIS\",\"cfBuyQty\":\"0\",\"cfSellQty\":\"0\",\"flSellQty\":\"0\"}");
	account_positions(0, 0); /* less was bought today than a minute ago: an old answer */
	assert_int_equal(account_told(), 1);
	account_positions(75, 75);
	account_assert_told(0, 0, 0, 0);
	fake_close();
}

/* Forever, though, nothing is called old: an exchange may annul a trade. */
static void test_going_back_is_believed_in_the_end(void **state)
{
	(void)state;
	fake_start();
	account_positions(75, 75);
	for (int i = 0; i < 8; i++)
		account_positions(0, 0);
	assert_int_equal(fake.k->position[0].buy_value, 0);
	fake_close();
}

static void test_our_own_is_not_foreign(void **state)
{
	(void)state;
	fake_start();
	account_hold(75);
	account_positions(75, 0);
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	account_positions(150, 0);
	account_positions(150, 0);
	account_assert_told(0, 0, 75, 0);
	assert_int_equal(account_newest()->ours, 75);
	account_hold(-75);
	account_positions(150, 225);
	account_assert_told(0, 0, 0, 0);
	fake_close();
}

/* No row at all is a difference, too: twice, and never by a question that failed. */
static void test_ours_is_missing(void **state)
{
	(void)state;
	fake_start();
	account_hold(75);
	for (int i = 0; i < 3; i++) {
		account_asked(POSITIONS);
		fake_answer(fake_find(POSITIONS), WIRE_UNKNOWN, 0, NULL);
	}
	assert_int_equal(account_told(), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(account_told(), 0);
		account_asked(POSITIONS);
		fake_answer(fake_find(POSITIONS), WIRE_EMPTY, 5203, NULL);
	}
	account_assert_told(0, 0, -75, 0);
	fake_close();
}

/* What the broker closed for us settles like what people did. */
static void test_the_broker_closed_ours(void **state)
{
	(void)state;
	fake_start();
	fake.wall = stamp_at(stamp_date(fake.wall), TIME_OF_DAY(15, 20));
	account_hold(-75);
	account_trade(75);
	account_assert_told(0, 75, 0, 0);
	account_positions(75, 75);
	account_positions(75, 75);
	assert_int_equal(account_told(), 1); /* explained */
	account_hold(0); /* by an operator's word */
	account_positions(75, 75);
	account_positions(75, 75);
	account_assert_told(0, 0, 0, 0);
	fake_close();
}

/* Before the books of this login are whole, nothing is said of others and nothing compared. */
static void test_nothing_before_the_books(void **state)
{
	(void)state;
	fake_start();
	fake.generation++;
	fake_pass(NANOS_SECOND / 10);
	kotak_tick(fake.k);
	account_trade(75);
	assert_int_equal(account_told(), 0); /* asked for in the session before */
	fake_pass(5 * NANOS_SECOND);
	account_trade(75);
	account_positions(75, 0);
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	account_asked(ORDERS);
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	fake_pass(2 * NANOS_SECOND);
	account_asked(ORDERS);
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	account_assert_told(75, 0, 0, 0);
	fake_close();
}

/* The next reading comes that soon, and not before. */
static void compared_after(nanos_t calm, int bought)
{
	assert_null(fake_find(POSITIONS));
	fake_pass(calm - NANOS_SECOND / 2);
	assert_null(fake_find(POSITIONS));
	fake_pass(NANOS_SECOND / 2 + NANOS_SECOND / 10);
	assert_non_null(fake_find(POSITIONS));
	account_positions(bought, 0);
}

/* A reading that came while an order worked is made up for when that order has ended, not in half a minute. */
static void test_put_off_while_an_order_works(void **state)
{
	(void)state;
	fake_start();
	account_works();
	account_positions(75, 0);
	fake_pass(2 * NANOS_SECOND);
	assert_null(fake_find(POSITIONS)); /* it still works */
	account_ended("cancelled", 0);
	fake_pass(NANOS_SECOND / 10);
	assert_non_null(fake_find(POSITIONS));
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	compared_after(FOREIGN_CALM, 75);
	account_assert_told(0, 0, 75, 0);
	fake_pass(20 * NANOS_SECOND);
	assert_null(fake_find(POSITIONS)); /* nothing is owed any more */
	fake_close();
}

/* -- taking over -------------------------------------------------------------------------------------------------------------------- */

static unsigned offers(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < fake.n_said; i++)
		n += fake.said[i].head.kind == EVENT_ADOPT;
	return n;
}

static void assert_offered(enum product product, qty_t qty, qty_t ours, double price, const char *orders)
{
	const struct event *e = fake_last(EVENT_ADOPT);

	assert_non_null(e);
	assert_int_equal(e->head.instrument, 0);
	assert_int_equal(e->adopt.product, product);
	assert_int_equal(e->adopt.qty, qty);
	assert_int_equal(e->adopt.ours, ours);
	assert_int_equal(e->adopt.price, RUPEES(price));
	assert_non_null(strstr(e->adopt.orders, orders));
}

/* The first was asked for when the newest trade was too young. */
static void positions_after_a_trade(int bought)
{
	account_positions(bought, 0);
	account_positions(bought, 0);
}

/* What the core would make of the offer. */
static void take_over(qty_t qty)
{
	fake.core.s->strategies = 2;
	fake.core.slot[1].ops = OPS_ADOPTED;
	fake.core.slot[1].book.instrument = 0;
	fake.core.slot[1].book.qty = qty;
}

/* With the evidence: quantity, average and numbers, from positions that agree with the trades. */
static void test_offered(void **state)
{
	(void)state;
	fake_start();
	fake.core.s->start.flags = START_FOREIGN_ADOPT;
	account_trade(75);
	assert_int_equal(offers(), 0); /* the trade book alone is not enough */
	positions_after_a_trade(75);
	assert_offered(PRODUCT_MIS, 75, 0, 100, OTHER);
	take_over(75);
	fake.n_said = 0;
	account_positions(75, 0);
	account_positions(75, 0);
	assert_int_equal(offers(), 0);
	account_asked(TRADES); /* another lot, at another price */
	account_answer(TRADES, "{\"nOrdNo\":\"261123000000901\",\"flId\":\"8\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"B\",\"fldQty\":75,\"avgPrc\":\"120.00\"}");
	positions_after_a_trade(150);
	assert_offered(PRODUCT_MIS, 75, 75, 120, "261123000000901");
	assert_null(strstr(fake_last(EVENT_ADOPT)->adopt.orders, OTHER)); /* settled */
	fake_close();
}

/* Sold by whoever had bought it: the book that was taken over ends, here without a trade that tells (they came before a restart). */
static void test_offered_back(void **state)
{
	(void)state;
	fake_start();
	take_over(75);
	account_positions(75, 0);
	assert_int_equal(offers(), 0);
	account_positions(75, 75);
	assert_int_equal(offers(), 0);
	account_positions(75, 75);
	assert_offered(PRODUCT_MIS, -75, 75, 0, "");
	fake_close();
}

/* An entry of ours that no order book shows may have made the difference: then only trades that others are known to have made give anything back. */
static void test_offered_back_beside_a_lost_entry(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		fake_start();
		take_over(75);
		account_positions(75, 0);
		fake.core.s->live_orders = 1;
		fake.core.order[0] = (struct order){ .request = { .order = 77, .purpose = PURPOSE_ENTRY, .qty = 75 }, .instrument = 0, .state = ORDER_ABSENT };
		if (known) {
			account_asked(TRADES);
			account_answer(TRADES, "{\"nOrdNo\":\"" OTHER "\",\"flId\":\"7\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"S\",\"fldQty\":75,\"avgPrc\":\"90.00\"}");
		}
		account_positions(75, 75);
		account_positions(75, 75);
		account_positions(75, 75);
		assert_int_equal(offers() > 0, known);
		if (known)
			assert_offered(PRODUCT_MIS, -75, 75, 90, OTHER);
		fake_close();
	}
}

/* Neither what no trade explains, nor where an order of theirs is at work, nor without the policy. */
static void test_not_offered(void **state)
{
	(void)state;
	fake_start();
	account_trade(75);
	positions_after_a_trade(75);
	assert_int_equal(offers(), 0);
	fake_close();

	fake_start();
	fake.core.s->start.flags = START_FOREIGN_ADOPT;
	account_positions(75, 0);
	account_positions(75, 0);
	account_assert_told(0, 0, 75, 0);
	assert_int_equal(offers(), 0);
	account_trade(30); /* explains less than there is */
	positions_after_a_trade(75);
	account_positions(75, 0);
	account_assert_told(30, 0, 45, 0);
	assert_int_equal(offers(), 0);
	fake_close();

	fake_start();
	fake.core.s->start.flags = START_FOREIGN_ADOPT;
	account_trade(75);
	account_book("open");
	positions_after_a_trade(75);
	account_assert_told(75, 0, 0, 1);
	assert_int_equal(offers(), 0);
	account_book("cancelled");
	account_positions(75, 0);
	assert_int_equal(offers(), 1);
	fake_close();
}

/* What was taken over may be sold by its buyer at any moment: it leaves only against positions that were just read. */
static void test_exit_of_what_was_taken_over(void **state)
{
	struct order_request r = { .order = 1, .strategy = 1, .side = SIDE_SELL, .purpose = PURPOSE_EXIT, .product = PRODUCT_MIS, .qty = 75, .price = RUPEES(100) };

	(void)state;
	fake_start();
	take_over(75);
	account_positions(75, 0);
	assert_null(positions_forbid(fake.k, &r, 0));
	fake_pass(6 * NANOS_SECOND);
	assert_string_equal(positions_forbid(fake.k, &r, 0), "the positions are read first");
	account_positions(75, 75);
	assert_string_equal(positions_forbid(fake.k, &r, 0), "the broker holds less than this closes");
	fake_close();
}

/* One that the first of two fills asked for comes too soon after the second: another comes when that is no longer young. */
static void test_put_off_by_a_young_fill(void **state)
{
	(void)state;
	fake_start();
	account_works();
	account_ended("complete", 75);
	account_asked(TRADES);
	account_answer(TRADES, FILL("8", "30"));
	fake_pass(2 * NANOS_SECOND);
	account_asked(TRADES);
	account_answer(TRADES, FILL("8", "30") "," FILL("9", "45"));
	account_hold(75);
	compared_after(2 * NANOS_SECOND, 150); /* four after the first */
	compared_after(NANOS_SECOND, 150);
	assert_int_equal(account_told(), 0);
	compared_after(FOREIGN_CALM, 150);
	account_assert_told(0, 0, 75, 0);
	fake_close();
}

static void test_more_than_there_is_room_for(void **state)
{
	static char rows[FOREIGN_MAX + 8][160], text[sizeof(rows)];
	size_t len = 0;

	(void)state;
	fake_start();
	for (int i = 0; i < FOREIGN_MAX + 8; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s{\"trdSym\":\"S%d\",\"prod\":\"CNC\",\"cfBuyQty\":\"1\",\"cfSellQty\":\"0\",\"flBuyQty\":\"0\",\"flSellQty\":\"0\"}",
		                        i ? "," : "{\"stat\":\"ok\",\"data\":[", i);
	snprintf(text + len, sizeof(text) - len, "]}");
	for (int i = 0; i < 3; i++) {
		account_asked(POSITIONS);
		fake_answer(fake_find(POSITIONS), WIRE_OK, 200, text);
	}
	assert_string_equal(account_newest()->symbol, FOREIGN_ALL);
	assert_int_equal(account_newest()->unexplained, 1);
	unsigned before = account_told();
	account_asked(POSITIONS);
	fake_answer(fake_find(POSITIONS), WIRE_OK, 200, text);
	assert_int_equal(account_told(), before); /* once */
	fake_close();
}

/* What the core knows from an earlier life is not told again, and is told when it is gone. */
static void test_an_earlier_life(void **state)
{
	(void)state;
	fake_open();
	fake.core.s->foreign[0] = (struct foreign){ .symbol = SYMBOL, .underlying = "NIFTY", .unexplained = 75 };
	fake.core.s->foreigns = 1;
	kotak_broker_start(fake.broker);
	fake_answer_polls();
	fake_ack();
	fake_wait(10 * NANOS_SECOND);
	account_assert_told(0, 0, 0, 0);
	assert_int_equal(account_told(), 1);
	fake_close();
	fake_open();
	fake.core.s->foreign[0] = (struct foreign){ .symbol = SYMBOL, .underlying = "NIFTY", .unexplained = 75 };
	fake.core.s->foreigns = 1;
	kotak_broker_start(fake.broker);
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	fake_answer(fake_find(TRADES), WIRE_EMPTY, 5203, NULL);
	account_positions(75, 0);
	account_positions(75, 0);
	assert_int_equal(account_told(), 0);
	fake_close();
}

/* -- what entries wait for ---------------------------------------------------------------------------------------------------------- */

static void test_arms_with_all_books(void **state)
{
	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	assert_null(fake_last(EVENT_ACCOUNT)); /* the core knows: nothing is read */
	fake_answer(fake_find(POSITIONS), WIRE_EMPTY, 5203, NULL);
	fake_answer(fake_find(LIMITS), WIRE_UNKNOWN, 0, NULL);
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	assert_int_equal(account_armed()->unread, ACCOUNT_TRADES | ACCOUNT_FUNDS | ACCOUNT_COMPARED);
	fake_answer(fake_find(TRADES), WIRE_EMPTY, 5203, NULL);
	assert_int_equal(account_armed()->unread, ACCOUNT_FUNDS | ACCOUNT_COMPARED);
	account_asked(POSITIONS); /* again, now that it can be compared */
	fake_answer(fake_find(POSITIONS), WIRE_EMPTY, 5203, NULL);
	assert_int_equal(account_armed()->unread, ACCOUNT_FUNDS);
	account_asked(LIMITS);
	fake_answer(fake_find(LIMITS), WIRE_OK, 200, "{\"stat\":\"Ok\",\"MarginUsed\":\"5\"}"); /* no cash told */
	assert_int_equal(account_armed()->unread, ACCOUNT_FUNDS);
	account_asked(LIMITS);
	fake_answer(fake_find(LIMITS), WIRE_OK, 200, "{\"stat\":\"Ok\",\"Net\":\"1000.50\"}");
	assert_int_equal(account_armed()->unread, 0);
	fake.generation++; /* the next login */
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->unread, ACCOUNT_ALL);
	fake_close();
}

static void test_clock_set(void **state)
{
	(void)state;
	fake_start();
	fake_pass(NANOS_SECOND);
	assert_int_equal(account_armed()->apart, 0);
	fake.away = CLOCK_APART; /* as much as is let pass */
	fake_pass(NANOS_SECOND);
	assert_int_equal(account_armed()->apart, 0);
	fake.away = -CLOCK_APART - NANOS_MS;
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 1);
	assert_non_null(strstr(fake.note, "clock was set by -501 ms"));
	fake_pass(NANOS_MINUTE);
	assert_int_equal(account_armed()->apart, 1); /* time alone says nothing */
	fake.away = 0; /* set back to where it was */
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 0);
	fake.away = NANOS_HOUR;
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 1);
	fake.offset = (struct kotak_clock_span){ -NANOS_MS, NANOS_MS, 2 };
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 1);
	fake.offset.answers = 3; /* the time that we go by is right */
	fake_pass(NANOS_MINUTE);
	assert_int_equal(account_armed()->apart, 0);
	fake.away = 0;
	fake_pass(NANOS_SECOND / 10);
	fake.away = -NANOS_HOUR; /* set once more: asked once more */
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 1);
	assert_int_equal(fake.offset.answers, 0);
	fake_close();
}

static void test_clock_of_the_broker(void **state)
{
	(void)state;
	fake_start();
	fake.offset = (struct kotak_clock_span){ NANOS_SECOND / 2, NANOS_SECOND, 1 };
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 0); /* it may be right */
	fake.offset.low++;
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 1);
	assert_true(account_armed()->offset > NANOS_SECOND / 2);
	fake.offset = (struct kotak_clock_span){ -NANOS_SECOND, -NANOS_SECOND / 2, 9 };
	fake_pass(NANOS_SECOND / 10);
	assert_int_equal(account_armed()->apart, 0);
	fake_close();
}

/* An entry that waits for its turn stays here when somebody trades meanwhile. */
static void test_stays_here(void **state)
{
	(void)state;
	fake_start();
	fake.core.s->strategies = 1;
	snprintf(fake.core.slot[0].symbol, sizeof(fake.core.slot[0].symbol), "NIFTY");
	fake_place(1, PURPOSE_ENTRY);
	fake.core.s->foreign[0] = (struct foreign){ .symbol = SYMBOL, .underlying = "NIFTY", .manual = 75 };
	fake.core.s->foreigns = 1;
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, NULL);
	assert_true(fake_reported(REPORT_REJECTED));
	assert_string_equal(fake_last(EVENT_ORDER)->order.reason, refusal_text(REFUSAL_FOREIGN));
	fake.core.s->foreigns = 0;
	fake_place(2, PURPOSE_ENTRY);
	fake.core.s->books.apart = 1;
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, NULL);
	assert_string_equal(fake_last(EVENT_ORDER)->order.reason, refusal_text(REFUSAL_CLOCK_APART));
	fake_close();
}

/* An order of an earlier life may have closed it: until positions were compared once, what they show less of is not closed again. */
static void test_no_exit_before_comparing(void **state)
{
	(void)state;
	fake_start();
	fake.core.s->strategies = 1;
	fake.generation++;
	fake_place(1, PURPOSE_EXIT);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, NULL);
	assert_true(fake_reported(REPORT_REJECTED));
	assert_string_equal(fake_last(EVENT_ORDER)->order.reason, "the positions are read first");
	fake.generation--; /* compared, and nothing tells of a closing: a stale answer, and the exit goes */
	fake_place(2, PURPOSE_EXIT);
	fake_answer(fake_find("/quick/order/rule/ms/place"), WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"" NUMBER "\",\"stCode\":200}");
	assert_true(fake_reported(REPORT_ACCEPTED));
	fake_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_person_trades),
		cmocka_unit_test(test_a_book_followed),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_the_broker_closes),
		cmocka_unit_test(test_an_order_of_somebody),
		cmocka_unit_test(test_it_may_be_ours),
		cmocka_unit_test(test_a_frame_of_somebody),
		cmocka_unit_test(test_unexplained_twice),
		cmocka_unit_test(test_a_failed_reading_changes_nothing),
		cmocka_unit_test(test_going_back_is_believed_in_the_end),
		cmocka_unit_test(test_our_own_is_not_foreign),
		cmocka_unit_test(test_ours_is_missing),
		cmocka_unit_test(test_the_broker_closed_ours),
		cmocka_unit_test(test_nothing_before_the_books),
		cmocka_unit_test(test_put_off_while_an_order_works),
		cmocka_unit_test(test_put_off_by_a_young_fill),
		cmocka_unit_test(test_offered),
		cmocka_unit_test(test_offered_back),
		cmocka_unit_test(test_offered_back_beside_a_lost_entry),
		cmocka_unit_test(test_not_offered),
		cmocka_unit_test(test_exit_of_what_was_taken_over),
		cmocka_unit_test(test_more_than_there_is_room_for),
		cmocka_unit_test(test_an_earlier_life),
		cmocka_unit_test(test_arms_with_all_books),
		cmocka_unit_test(test_clock_set),
		cmocka_unit_test(test_clock_of_the_broker),
		cmocka_unit_test(test_stays_here),
		cmocka_unit_test(test_no_exit_before_comparing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
