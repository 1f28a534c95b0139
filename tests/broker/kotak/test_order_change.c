/* Modifies and cancels end, whatever becomes of their answers; orders of an earlier life are taken over. */
#include "lib/base/prng.h"
#include "tests/broker/kotak/merge_rig.h"

static struct merge_rig rig;

/* -- changes ---------------------------------------------------------------------------------------------------------------------------------------- */

static void begin_modify(double price)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, price);

	rig.modifying[1] = true;
	rig.price[1] = q.price; /* as the core does */
	assert_true(merge_modify(&rig.m, mrig_order(&rig, 1), &q));
}

static void answer_modify(enum change_answer a)
{
	struct merge_order *o = mrig_order(&rig, 1);

	merge_modify_answer(&rig.m, o, o->modify.serial, a, "words");
}

static void test_modify_ends_by_books(void **state)
{
	struct order_row same = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);

	(void)state;
	mrig_working(&rig);
	begin_modify(101);
	answer_modify(ANSWER_UNKNOWN);
	mrig_wait(&rig, MERGE_SETTLE - 2 * NANOS_MS);
	for (int i = 0; i < 3; i++)
		merge_row(&rig.m, &same, rig.span); /* asked too early to tell */
	assert_true(rig.modifying[1]);
	mrig_wait(&rig, NANOS_SECOND);
	mrig_book(&rig, &same, 1, true);
	assert_true(rig.modifying[1]);
	mrig_book(&rig, &same, 1, true);
	assert_false(rig.modifying[1]);
	assert_int_equal(rig.price[1], RUPEES(100)); /* the core learns the old price stands */
	begin_modify(102);
	answer_modify(ANSWER_UNKNOWN);
	mrig_wait(&rig, MERGE_SETTLE);
	same = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 102); /* the stamp did not move, the terms did */
	mrig_book(&rig, &same, 1, true);
	assert_false(rig.modifying[1]);
	assert_int_equal(rig.price[1], RUPEES(102));
	mrig_done(&rig);
}

/* -- stops ---------------------------------------------------------------------------------------------------------------------------------------- */

static struct event_order newest;
static void (*hear)(void *ctx, struct event *e);

static void note_newest(void *ctx, struct event *e)
{
	if (e->head.kind == EVENT_ORDER)
		newest = e->order;
	hear(ctx, e);
}

static struct order_row stop_row(int64_t t, qty_t qty, double price, double trigger)
{
	struct order_row r = mrig_row(NUMBER, mrig_tag(1), trigger > 0 ? "trigger pending" : "open", t, 0, price);

	r.side = SIDE_SELL;
	r.qty = qty;
	r.trigger = RUPEES(trigger);
	return r;
}

/* Order 1 is a stop of 75 at 90, its limit 87. */
static void stop_rests(void)
{
	struct order_request q = mrig_request(1, SIDE_SELL, 75, 87);
	struct order_row r = stop_row(10, 75, 87, 90);

	q.type = ORDER_SL;
	q.purpose = PURPOSE_STOP;
	q.trigger = RUPEES(90);
	mrig_init(&rig);
	merge_place_ok(&rig.m, mrig_place(&rig, &q), NUMBER);
	merge_row(&rig.m, &r, 0);
	hear = rig.m.sink.event;
	rig.m.sink.event = note_newest;
	newest = (struct event_order){ 0 };
	assert_int_equal(rig.state[1], ORDER_TRIGGER_PENDING);
}

static void show_stop(struct order_row r)
{
	merge_row(&rig.m, &r, 0);
}

static void test_stop_changed_by_others(void **state)
{
	static const struct { qty_t qty; double price, trigger; } other[] = { { 75, 87, 80 }, { 75, 80, 90 }, { 150, 87, 90 }, { 50, 87, 90 } };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		stop_rests();
		show_stop(stop_row(20, other[i].qty, other[i].price, other[i].trigger));
		assert_int_equal(newest.report, REPORT_MODIFIED);
		assert_int_equal(newest.other_terms, 1);
		newest = (struct event_order){ 0 };
		show_stop(stop_row(21, other[i].qty, other[i].price, other[i].trigger)); /* told once */
		assert_int_equal(newest.report, 0);
		rig.price[1] = RUPEES(87);
		struct order_request q = mrig_request(1, SIDE_SELL, 75, 87);
		q.type = ORDER_SL;
		q.purpose = PURPOSE_STOP;
		q.trigger = RUPEES(90);
		rig.modifying[1] = true;
		assert_true(merge_modify(&rig.m, mrig_order(&rig, 1), &q));
		answer_modify(ANSWER_OK);
		show_stop(stop_row(22, other[i].qty, other[i].price, other[i].trigger)); /* not yet */
		assert_true(rig.modifying[1]);
		show_stop(stop_row(23, 75, 87, 90));
		assert_false(rig.modifying[1]);
		assert_int_equal(newest.other_terms, 0);
		show_stop(stop_row(24, other[i].qty, other[i].price, other[i].trigger)); /* and again by somebody */
		assert_int_equal(newest.other_terms, 1);
		mrig_done(&rig);
	}
}

/* What a feed's frame leaves out is not another trigger. */
static void test_stop_without_a_trigger_told(void **state)
{
	struct order_row r;

	(void)state;
	stop_rests();
	r = stop_row(20, 75, 87, 90);
	r.trigger = r.price = 0;
	show_stop(r);
	assert_int_equal(newest.report, 0);
	mrig_done(&rig);
}

/* The limit it becomes may have the price it had as a stop: only a row that no longer waits shows that it is done. */
static void test_stop_made_a_limit(void **state)
{
	struct order_request q = mrig_request(1, SIDE_SELL, 75, 87);

	(void)state;
	stop_rests();
	q.purpose = PURPOSE_STOP;
	rig.modifying[1] = true;
	rig.price[1] = q.price;
	assert_true(merge_modify(&rig.m, mrig_order(&rig, 1), &q));
	answer_modify(ANSWER_OK);
	show_stop(stop_row(20, 75, 87, 90));
	assert_true(rig.modifying[1]);
	show_stop(stop_row(21, 75, 87, 0));
	assert_false(rig.modifying[1]);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_int_equal(mrig_order(&rig, 1)->request.type, ORDER_LIMIT);
	show_stop(stop_row(22, 75, 86, 0)); /* a limit's price alone is told without more */
	assert_int_equal(newest.report, REPORT_MODIFIED);
	assert_int_equal(newest.other_terms, 0);
	mrig_done(&rig);
}

static void test_modify_refused(void **state)
{
	(void)state;
	mrig_working(&rig);
	begin_modify(101);
	answer_modify(ANSWER_NOT_DONE);
	assert_false(rig.modifying[1]);
	assert_int_equal(rig.price[1], RUPEES(100));
	assert_string_equal(rig.reason[1], "words");
	begin_modify(101);
	rig.m.want_book = false;
	answer_modify(ANSWER_ENDED);
	assert_false(rig.modifying[1]);
	assert_true(rig.m.want_book);
	mrig_done(&rig);
}

static void test_modify_forever_pending(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "modify pending", 21, 0, 101);

	(void)state;
	mrig_working(&rig);
	begin_modify(101);
	answer_modify(ANSWER_OK);
	mrig_wait(&rig, MERGE_SETTLE);
	for (int i = 0; i < 14; i++)
		mrig_book(&rig, &row, 1, true);
	assert_true(rig.modifying[1]);
	mrig_book(&rig, &row, 1, true);
	assert_false(rig.modifying[1]);
	mrig_done(&rig);
}

/* Its row is gone, or cannot be read, or no book can: the walk goes on all the same, and what was done after all is found later. */
static void test_changes_end_without_rows(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 30, 0, 101);
	struct merge_order *o;

	(void)state;
	mrig_working(&rig);
	begin_modify(101);
	answer_modify(ANSWER_OK);
	merge_cancel(&rig.m, mrig_order(&rig, 1));
	rig.cancelling[1] = true;
	assert_non_null(o = merge_cancel_next(&rig.m));
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_OK, "");
	mrig_wait(&rig, MERGE_CHANGE_PATIENCE - NANOS_MS);
	assert_true(rig.modifying[1] && rig.cancelling[1]);
	mrig_wait(&rig, NANOS_MS);
	assert_false(rig.modifying[1]);
	assert_false(rig.cancelling[1]);
	assert_int_equal(rig.price[1], RUPEES(100));
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.price[1], RUPEES(101));
	begin_modify(102);
	mrig_wait(&rig, 10 * MERGE_CHANGE_PATIENCE); /* under way: its answer always comes */
	assert_true(rig.modifying[1]);
	mrig_done(&rig);
}

static void test_modify_without_number(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 101);

	(void)state;
	mrig_unknown(&rig);
	rig.modifying[1] = true;
	assert_false(merge_modify(&rig.m, mrig_order(&rig, 1), &q));
	assert_false(rig.modifying[1]);
	mrig_done(&rig);
}

static void test_old_modify_answer(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 0, 101);
	uint32_t first;

	(void)state;
	mrig_working(&rig);
	begin_modify(101);
	first = mrig_order(&rig, 1)->modify.serial;
	merge_row(&rig.m, &row, 0); /* the frame is quicker than the answer */
	assert_false(rig.modifying[1]);
	begin_modify(102);
	merge_modify_answer(&rig.m, mrig_order(&rig, 1), first, ANSWER_NOT_DONE, "late");
	assert_true(rig.modifying[1]); /* not about this one */
	mrig_done(&rig);
}

static void test_price_changed_by_a_person(void **state)
{
	struct order_row row = mrig_row(NUMBER, "TAG-1", "open", 20, 0, 97);

	(void)state;
	mrig_working(&rig);
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.price[1], RUPEES(97));
	assert_int_equal(rig.notes[MERGE_NOTE_CHANGED], 1);
	mrig_done(&rig);
}

static struct merge_order *begin_cancel(void)
{
	rig.cancelling[1] = true;
	merge_cancel(&rig.m, mrig_order(&rig, 1));
	return merge_cancel_next(&rig.m);
}

static void test_cancel_waits_for_the_number(void **state)
{
	(void)state;
	mrig_unknown(&rig);
	assert_null(begin_cancel());
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	merge_row(&rig.m, &row, 0);
	assert_ptr_equal(merge_cancel_next(&rig.m), mrig_order(&rig, 1));
	assert_null(merge_cancel_next(&rig.m)); /* under way */
	mrig_done(&rig);
}

static void test_cancel_is_repeated(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct merge_order *o;

	(void)state;
	mrig_working(&rig);
	o = begin_cancel();
	for (unsigned tries = 1; tries <= 3; tries++) {
		assert_non_null(o);
		assert_int_equal(o->cancel.tries, tries);
		merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_UNKNOWN, "timeout");
		mrig_wait(&rig, MERGE_SETTLE);
		mrig_book(&rig, &row, 1, true);
		assert_null(merge_cancel_next(&rig.m));
		mrig_book(&rig, &row, 1, true);
		o = merge_cancel_next(&rig.m);
	}
	assert_null(o);
	assert_false(rig.cancelling[1]); /* the core may ask again */
	mrig_done(&rig);
}

/* It ended here and works there: its cancel is asked for until the broker has it, however often that fails. */
static void test_cancel_without_end(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct merge_order *o = mrig_unknown(&rig);

	(void)state;
	merge_place_refused(&rig.m, o, "no");
	for (unsigned tries = 1; tries <= 20; tries++) {
		mrig_book(&rig, &row, 1, true);
		assert_ptr_equal(merge_cancel_next(&rig.m), o);
		assert_int_equal(o->cancel.tries, tries);
		merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_NOT_DONE, "no session");
		mrig_book(&rig, &row, 1, true);
		assert_null(merge_cancel_next(&rig.m)); /* not at once */
		mrig_wait(&rig, tries < 5 ? MERGE_SETTLE : 10 * NANOS_SECOND);
	}
	mrig_done(&rig);
}

static void test_cancel_of_an_ended_order(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "complete", 20, 75, 100);
	struct trade_row t = mrig_trade(NUMBER, "1", 75, 100);
	struct merge_order *o;

	(void)state;
	mrig_working(&rig);
	o = begin_cancel();
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_ENDED, "order is completed");
	assert_true(rig.cancelling[1]); /* its row will say how */
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.state[1], ORDER_FILLED);
	mrig_done(&rig);
}

/* An end under a word that nobody knows: neither the word nor the refusal is enough by itself. */
static void test_cancel_of_an_order_that_ended_under_another_word(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "being considered", 20, 25, 100);
	struct trade_row t = mrig_trade(NUMBER, "1", 25, 100);
	struct merge_order *o;

	(void)state;
	mrig_working(&rig);
	o = begin_cancel();
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_ENDED, "order is completed");
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.state[1], ORDER_OPEN); /* that book was asked for too early */
	mrig_wait(&rig, MERGE_SETTLE);
	mrig_book(&rig, &row, 1, true);
	mrig_book(&rig, &row, 1, true);
	assert_true(rig.cancelling[1]); /* its fills are awaited */
	for (int i = 0; i < 20; i++)
		mrig_book(&rig, &row, 1, true);
	assert_true(rig.cancelling[1]); /* however late they come */
	mrig_trades(&rig, &t, 1);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.state[1], ORDER_CANCELLED);
	assert_int_equal(rig.filled[1], 25);
	mrig_done(&rig);
	row = mrig_row(NUMBER, mrig_tag(1), "being considered", 20, 0, 100);
	mrig_working(&rig);
	o = begin_cancel();
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_OK, "");
	mrig_wait(&rig, MERGE_SETTLE);
	mrig_book(&rig, &row, 1, true);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.state[1], ORDER_OPEN); /* the word alone is no end */
	mrig_done(&rig);
	row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 0, 100);
	mrig_working(&rig);
	o = begin_cancel();
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_ENDED, "order is completed");
	mrig_wait(&rig, MERGE_SETTLE);
	mrig_book(&rig, &row, 1, true);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.state[1], ORDER_OPEN); /* nor are the words of an answer against a row that says open */
	assert_false(rig.cancelling[1]);
	mrig_done(&rig);
}

static void test_cancel_refused(void **state)
{
	struct merge_order *o;

	(void)state;
	mrig_working(&rig);
	o = begin_cancel();
	merge_cancel_answer(&rig.m, o, o->cancel.serial, ANSWER_NOT_DONE, "rate");
	assert_false(rig.cancelling[1]);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	mrig_done(&rig);
}

/* -- the start ------------------------------------------------------------------------------------------------------------------------------------------ */

static void adopt(enum order_state state, const char *number, bool earlier)
{
	struct order o = { .request = mrig_request(1, SIDE_BUY, 75, 100), .instrument = 3, .state = state };

	mrig_init(&rig);
	snprintf(o.broker_ref, sizeof(o.broker_ref), "%s", number);
	rig.state[1] = state;
	rig.qty[1] = 75;
	rig.price[1] = o.request.price;
	merge_adopt(&rig.m, &o, SYMBOL, SEGMENT_NSE_FO, earlier);
}

static void test_adopted(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 25, 101);
	struct trade_row t = mrig_trade(NUMBER, "1", 25, 100);

	(void)state;
	adopt(ORDER_SENT, "", false);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	assert_int_equal(merge_unresolved(&rig.m), 1);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(merge_unresolved(&rig.m), 0);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_int_equal(rig.price[1], RUPEES(101));
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.state[1], ORDER_PARTIAL);
	mrig_done(&rig);
	adopt(ORDER_INTENT, "", false); /* never left: proven, like any other */
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(merge_unresolved(&rig.m), 1);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	assert_int_equal(merge_unresolved(&rig.m), 0);
	mrig_done(&rig);
	adopt(ORDER_OPEN, NUMBER, false);
	assert_int_equal(merge_unresolved(&rig.m), 1);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(merge_unresolved(&rig.m), 0);
	mrig_done(&rig);
	adopt(ORDER_FILLED, NUMBER, false); /* ended before: its trades are still ours */
	rig.filled[1] = 0;
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 0);
	mrig_done(&rig);
}

static void adopt_filled(enum order_state state, qty_t filled)
{
	struct order o = { .request = mrig_request(1, SIDE_BUY, 75, 100), .instrument = 3, .state = state, .filled = filled };

	mrig_init(&rig);
	snprintf(o.broker_ref, sizeof(o.broker_ref), "%s", NUMBER);
	rig.state[1] = state;
	rig.qty[1] = 75;
	rig.filled[1] = filled;
	rig.price[1] = o.request.price;
	merge_adopt(&rig.m, &o, SYMBOL, SEGMENT_NSE_FO, false);
}

/* The exchange took a trade back that an earlier life had told: no trade book ever shows it again, and the positions are not compared while one is waited for. */
static void test_trade_taken_back_before_a_restart(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "complete", 10, 75, 100), twin = mrig_row("261123000000077", mrig_tag(1), "complete", 11, 75, 100);

	(void)state;
	adopt_filled(ORDER_FILLED, 75);
	mrig_book(&rig, &row, 1, true);
	mrig_trades(&rig, NULL, 0);
	assert_false(merge_needs_trades(&rig.m));
	mrig_wait(&rig, MERGE_DISAGREE);
	mrig_wait(&rig, MERGE_DISAGREE);
	assert_int_equal(rig.notes[MERGE_NOTE_TRADES], 1); /* a person hears of it all the same */
	mrig_book(&rig, &twin, 1, true); /* the core may have had its fills, and not the first one's */
	assert_true(merge_needs_trades(&rig.m));
	mrig_done(&rig);
	adopt_filled(ORDER_CANCELLED, 25); /* more was filled than the core ever heard */
	mrig_book(&rig, &row, 1, true);
	assert_true(merge_needs_trades(&rig.m));
	mrig_done(&rig);
	adopt_filled(ORDER_PARTIAL, 75); /* not ended there: its end waits for its fills */
	mrig_book(&rig, &row, 1, true);
	assert_true(merge_needs_trades(&rig.m));
	mrig_done(&rig);
}

/* An execution without an id was told after its neighbour. Read again in another life, and in another order, it must be the same: the core counts by ids. */
static void test_trades_without_ids_after_a_restart(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 25, 100);
	struct trade_row t[3] = { mrig_trade(NUMBER, "", 25, 100), mrig_trade(NUMBER, "2", 25, 101), mrig_trade(NUMBER, "", 25, 100) };
	uint64_t told[3];

	(void)state;
	mrig_working(&rig);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, &t[1], 1);
	row = mrig_row(NUMBER, mrig_tag(1), "open", 21, 40, 100); /* of part of the next: it is not told by halves */
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.fills, 1);
	row = mrig_row(NUMBER, mrig_tag(1), "complete", 22, 75, 100);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 3);
	assert_int_equal(rig.fills, 3);
	memcpy(told, rig.trade, sizeof(told));
	mrig_done(&rig);
	adopt(ORDER_FILLED, NUMBER, false);
	rig.filled[1] = 0; /* the rig stands for the core; this one knows ids only */
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 3);
	assert_int_equal(rig.trades, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(rig.trade[i] == told[0] || rig.trade[i] == told[1] || rig.trade[i] == told[2]);
	mrig_done(&rig);
}

/* The row lags behind the trades: a trade with an id is not taken for one without while that is still shown, or it would be told under another id. */
static void test_trade_with_an_id_while_the_row_lags(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 50, 100);
	struct trade_row t[2] = { mrig_trade(NUMBER, "", 50, 100), mrig_trade(NUMBER, "2", 25, 101) };
	uint64_t told[2];

	(void)state;
	mrig_working(&rig);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 1);
	mrig_trades(&rig, t, 2);
	row = mrig_row(NUMBER, mrig_tag(1), "complete", 22, 75, 100);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.filled[1], 75);
	assert_int_equal(rig.fills, 2);
	memcpy(told, rig.trade, sizeof(told));
	mrig_done(&rig);
	adopt(ORDER_FILLED, NUMBER, false);
	rig.filled[1] = 0;
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 2);
	assert_true(rig.trades == 2 && rig.trade[0] == told[0] && rig.trade[1] == told[1]);
	mrig_done(&rig);
}

static void test_adopted_of_an_earlier_day(void **state)
{
	(void)state;
	adopt(ORDER_OPEN, "261120000000042", true);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	assert_true(mrig_book(&rig, NULL, 0, true));
	assert_int_equal(rig.state[1], ORDER_OPEN);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_EXPIRED);
	mrig_done(&rig);
}

static void test_forget(void **state)
{
	struct order_request q = mrig_request(2, SIDE_BUY, 75, 100);
	struct trade_row t = mrig_trade(NUMBER, "1", 75, 100);

	(void)state;
	mrig_working(&rig);
	mrig_trades(&rig, &t, 1);
	mrig_place(&rig, &q);
	merge_place_ok(&rig.m, mrig_order(&rig, 2), "261123000000043");
	assert_int_equal(rig.m.n, 2);
	merge_forget(&rig.m);
	assert_int_equal(rig.m.n, 1);
	assert_null(merge_find(&rig.m, 1));
	assert_ptr_equal(merge_find_number(&rig.m, "261123000000043"), mrig_order(&rig, 2));
	mrig_done(&rig);
}

/* Half filled, alive over the morning's login, and the books still show yesterday: its fill is not told twice. */
static void test_forget_keeps_trades(void **state)
{
	struct trade_row t = mrig_trade(NUMBER, "1", 50, 100);

	(void)state;
	mrig_working(&rig);
	mrig_trades(&rig, &t, 1);
	merge_age(&rig.m);
	merge_forget(&rig.m);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.filled[1], 50);
	assert_int_equal(mrig_order(&rig, 1)->told, ORDER_PARTIAL);
	mrig_done(&rig);
}

/* Many orders and strangers: the tables grow, the parking place does not. */
static void test_many(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);

	(void)state;
	mrig_init(&rig);
	mrig_place(&rig, &q);
	for (int i = 0; i < 1000; i++) {
		char number[24];
		struct order_row row;

		snprintf(number, sizeof(number), "2611230001%05d", i);
		row = mrig_row(number, "", "open", 10 + i, 0, 100);
		row.qty = 1;
		merge_row(&rig.m, &row, 0);
	}
	assert_int_equal(rig.m.n_parked, MERGE_PARKED);
	assert_int_equal(rig.m.n, 1);
	for (uint64_t i = 0; i < 5000; i++)
		idmap_add(&rig.m.trades, prng_mix(i) | 1, i);
	for (uint64_t i = 0; i < 5000; i++)
		assert_non_null(idmap_find(&rig.m.trades, prng_mix(i) | 1));
	mrig_done(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modify_ends_by_books),
		cmocka_unit_test(test_modify_refused),
		cmocka_unit_test(test_stop_changed_by_others),
		cmocka_unit_test(test_stop_without_a_trigger_told),
		cmocka_unit_test(test_stop_made_a_limit),
		cmocka_unit_test(test_modify_forever_pending),
		cmocka_unit_test(test_changes_end_without_rows),
		cmocka_unit_test(test_modify_without_number),
		cmocka_unit_test(test_old_modify_answer),
		cmocka_unit_test(test_price_changed_by_a_person),
		cmocka_unit_test(test_cancel_waits_for_the_number),
		cmocka_unit_test(test_cancel_is_repeated),
		cmocka_unit_test(test_cancel_without_end), cmocka_unit_test(test_cancel_of_an_ended_order),
		cmocka_unit_test(test_cancel_of_an_order_that_ended_under_another_word),
		cmocka_unit_test(test_cancel_refused),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_trade_taken_back_before_a_restart),
		cmocka_unit_test(test_trades_without_ids_after_a_restart),
		cmocka_unit_test(test_trade_with_an_id_while_the_row_lags),
		cmocka_unit_test(test_adopted_of_an_earlier_day),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_forget_keeps_trades),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
