/* Outcomes that are not known, tags, copies, strangers and fills. */
#include "tests/broker/kotak/merge_rig.h"

static struct merge_rig rig;

/* -- unknown outcomes ------------------------------------------------------------------------------------------------------------------ */

static void test_absence_needs_two_books(void **state)
{
	(void)state;
	mrig_unknown(&rig);
	mrig_book(&rig, NULL, 0, true); /* began at once: tells nothing */
	mrig_wait(&rig, MERGE_UNKNOWN_FIRST - 2 * NANOS_MS);
	mrig_book(&rig, NULL, 0, true); /* a moment too early */
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	mrig_book(&rig, NULL, 0, true); /* the first that counts */
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	assert_int_equal(rig.m.counts.absent_proven, 1);
	mrig_done(&rig);
}

static void test_absence_needs_a_late_book(void **state)
{
	(void)state;
	mrig_unknown(&rig);
	mrig_wait(&rig, MERGE_UNKNOWN_FIRST);
	for (int i = 0; i < 20; i++)
		mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST - MERGE_UNKNOWN_FIRST);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_done(&rig);
}

static void test_time_alone_proves_nothing(void **state)
{
	(void)state;
	mrig_unknown(&rig);
	mrig_wait(&rig, NANOS_DAY);
	mrig_book(&rig, NULL, 0, false); /* books that were not whole */
	mrig_book(&rig, NULL, 0, false);
	mrig_book(&rig, NULL, 0, false);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	mrig_done(&rig);
}

static void test_a_row_like_it_forbids_absence(void **state)
{
	struct order_row like = mrig_row("261123000000099", "1790-1-ABC-ADMINAPI", "open", INT64_MAX / 2, 0, 104);

	(void)state;
	mrig_unknown(&rig);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	for (int i = 0; i < 5; i++)
		mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	assert_true(rig.notes[MERGE_NOTE_LIKE] > 0);
	like.qty = 150; /* another quantity: not it */
	mrig_book(&rig, &like, 1, true);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_done(&rig);
}

static void test_a_stranger_from_before_is_not_it(void **state)
{
	struct order_row like = mrig_row("261123000000099", "", "open", 10, 0, 100);
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);

	(void)state;
	mrig_init(&rig);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.m.counts.foreign_orders, 1);
	mrig_wait(&rig, NANOS_SECOND);
	mrig_place(&rig, &q);
	merge_place_unknown(&rig.m, mrig_order(&rig, 1), "timeout");
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	mrig_book(&rig, &like, 1, true);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	assert_int_equal(rig.notes[MERGE_NOTE_FOREIGN_ORDER], 1);
	mrig_done(&rig);
}

/* Nor is one that was last touched before the order was made, or that still carries another tag of ours. */
static void test_what_cannot_be_it(void **state)
{
	struct order_row like = mrig_row("261123000000099", "", "open", 10, 0, 100);

	(void)state;
	mrig_unknown(&rig);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	like.updated = mrig_order(&rig, 1)->created - NANOS_MINUTE;
	mrig_book(&rig, &like, 1, true);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN); /* a minute is what clocks may differ by */
	like.updated--;
	mrig_book(&rig, &like, 1, true);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_done(&rig);
	mrig_unknown(&rig);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	like = mrig_row("261123000000099", mrig_tag(7), "open", INT64_MAX / 2, 0, 100);
	mrig_book(&rig, &like, 1, true);
	mrig_book(&rig, &like, 1, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_done(&rig);
}

/* A book that lacks an order we know of, or shows it older than we know it, is not whole whatever the server says. */
static void test_a_doubtful_book_proves_nothing(void **state)
{
	struct order_request q = mrig_request(2, SIDE_BUY, 75, 100);
	struct order_row known = mrig_row("261123000000041", mrig_tag(2), "open", 50, 0, 100), old;

	(void)state;
	mrig_unknown(&rig);
	mrig_place(&rig, &q);
	merge_place_ok(&rig.m, mrig_order(&rig, 2), "261123000000041");
	merge_row(&rig.m, &known, 0);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	assert_false(mrig_book(&rig, NULL, 0, true)); /* empty while a number of ours should be there */
	assert_false(mrig_book(&rig, NULL, 0, true));
	assert_int_equal(rig.notes[MERGE_NOTE_VANISHED], 1);
	old = mrig_row("261123000000041", mrig_tag(2), "open", 49, 0, 100);
	for (int i = 0; i < 4; i++)
		mrig_book(&rig, &old, 1, true);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	assert_int_equal(rig.state[2], ORDER_OPEN); /* vanished is not ended */
	mrig_book(&rig, &known, 1, true);
	mrig_book(&rig, &known, 1, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_done(&rig);
}

static void make_absent(void)
{
	mrig_unknown(&rig);
	mrig_wait(&rig, MERGE_UNKNOWN_LAST);
	mrig_book(&rig, NULL, 0, true);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
}

static void test_late_arrival_is_found(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);

	(void)state;
	make_absent();
	mrig_wait(&rig, 60 * NANOS_SECOND);
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_string_equal(rig.ref[1], NUMBER);
	mrig_done(&rig);
}

static void test_quarantine_ends_it(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct trade_row t = mrig_trade(NUMBER, "9", 75, 100);

	(void)state;
	make_absent();
	mrig_wait(&rig, MERGE_QUARANTINE - NANOS_SECOND);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_ABSENT);
	mrig_wait(&rig, NANOS_SECOND);
	mrig_book(&rig, NULL, 0, true);
	assert_int_equal(rig.state[1], ORDER_CANCELLED);
	/* It turns up all the same: cancelled on sight, and what it filled is told. */
	merge_row(&rig.m, &row, 0);
	assert_ptr_equal(merge_cancel_next(&rig.m), mrig_order(&rig, 1));
	assert_int_equal(rig.notes[MERGE_NOTE_ZOMBIE], 1);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.filled[1], 75);
	mrig_done(&rig);
}

/* What it is not must not wait for it for the rest of the day: a book shows whose number it is. Before that nobody knows. */
static void test_given_up_and_strangers(void **state)
{
	struct order_row theirs = mrig_row("261123000000099", "x", "open", 10, 25, 100), late = mrig_row(NUMBER, mrig_tag(1), "complete", 20, 75, 100);
	struct trade_row t[] = { mrig_trade("261123000000099", "1", 25, 100), mrig_trade(NUMBER, "2", 75, 100) };

	(void)state;
	make_absent();
	mrig_wait(&rig, MERGE_QUARANTINE);
	mrig_book(&rig, NULL, 0, true);
	assert_true(mrig_order(&rig, 1)->lost);
	mrig_trades(&rig, &t[0], 1);
	assert_int_equal(rig.foreign_fills, 0);
	assert_true(merge_needs_trades(&rig.m));
	mrig_book(&rig, &theirs, 1, true);
	assert_int_equal(merge_stranger_of(&rig.m, SYMBOL)->orders, 1);
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.foreign_fills, 1);
	assert_true(merge_needs_trades(&rig.m)); /* the other may be it ... */
	merge_row(&rig.m, &late, 0); /* ... and is */
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.foreign_fills, 1);
	assert_int_equal(rig.filled[1], 75);
	assert_false(merge_needs_trades(&rig.m));
	mrig_done(&rig);
}

static void test_resend(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 99);

	(void)state;
	make_absent();
	assert_non_null(mrig_place(&rig, &q));
	assert_int_equal(rig.state[1], ORDER_SENT);
	assert_int_equal(rig.m.counts.resent, 1);
	merge_place_ok(&rig.m, mrig_order(&rig, 1), NUMBER);
	assert_int_equal(rig.state[1], ORDER_PENDING);
	assert_null(merge_place(&rig.m, &q, 3, SYMBOL, SEGMENT_NSE_FO)); /* nothing but absence lets it out again */
	mrig_done(&rig);
}

/* Sent again, and both copies live: the fills of both are ours, the second is cancelled. */
static void test_two_copies(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct order_row first = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct order_row second = mrig_row("261123000000043", mrig_tag(1), "open", 11, 0, 100);
	struct trade_row t[2] = { mrig_trade(NUMBER, "1", 75, 100), mrig_trade("261123000000043", "2", 75, 100) };
	struct merge_order *copy;

	(void)state;
	make_absent();
	mrig_place(&rig, &q);
	merge_row(&rig.m, &first, 0);
	merge_row(&rig.m, &second, 0);
	assert_int_equal(rig.notes[MERGE_NOTE_TWIN], 1);
	copy = merge_cancel_next(&rig.m);
	assert_non_null(copy);
	assert_string_equal(copy->number, "261123000000043");
	assert_null(merge_cancel_next(&rig.m));
	merge_place_ok(&rig.m, mrig_order(&rig, 1), "261123000000043");
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.filled[1], 150);
	assert_int_equal(rig.state[1], ORDER_FILLED);
	mrig_done(&rig);
}

/* The second copy filled the order while the first still rests: the first must go too. */
static void test_copy_fills_first(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct order_row first = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct order_row second = mrig_row("261123000000043", mrig_tag(1), "complete", 11, 75, 100);
	struct trade_row t = mrig_trade("261123000000043", "1", 75, 100);
	struct merge_order *o;

	(void)state;
	make_absent();
	mrig_place(&rig, &q);
	merge_row(&rig.m, &first, 0);
	merge_row(&rig.m, &second, 0);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.state[1], ORDER_FILLED);
	o = merge_cancel_next(&rig.m);
	assert_non_null(o);
	assert_string_equal(o->number, NUMBER);
	assert_null(merge_cancel_next(&rig.m));
	mrig_done(&rig);
	mrig_working(&rig); /* one that filled by itself does not: its row only lags */
	t = mrig_trade(NUMBER, "1", 75, 100);
	mrig_trades(&rig, &t, 1);
	mrig_book(&rig, &first, 1, true);
	assert_null(merge_cancel_next(&rig.m));
	mrig_done(&rig);
}

static void test_refused_and_alive(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);

	(void)state;
	mrig_init(&rig);
	mrig_place(&rig, &q);
	merge_row(&rig.m, &row, 0); /* the frame first */
	merge_place_refused(&rig.m, mrig_order(&rig, 1), "no");
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_int_equal(rig.notes[MERGE_NOTE_CONTRADICTION], 1);
	mrig_done(&rig);
	mrig_init(&rig);
	mrig_place(&rig, &q);
	merge_place_refused(&rig.m, mrig_order(&rig, 1), "no");
	assert_int_equal(rig.state[1], ORDER_REJECTED);
	assert_string_equal(rig.reason[1], "no");
	merge_row(&rig.m, &row, 0);
	assert_non_null(merge_cancel_next(&rig.m));
	mrig_done(&rig);
}

static void test_answer_names_another_order(void **state)
{
	struct order_request a = mrig_request(1, SIDE_BUY, 75, 100), b = mrig_request(2, SIDE_BUY, 75, 100);

	(void)state;
	mrig_init(&rig);
	mrig_place(&rig, &a);
	mrig_place(&rig, &b);
	merge_place_ok(&rig.m, mrig_order(&rig, 1), NUMBER);
	merge_place_ok(&rig.m, mrig_order(&rig, 2), NUMBER);
	assert_int_equal(rig.state[2], ORDER_UNKNOWN);
	assert_int_equal(rig.notes[MERGE_NOTE_CONTRADICTION], 1);
	mrig_done(&rig);
}

/* -- tags ----------------------------------------------------------------------------------------------------------------------------------- */

static void try_tag(const char *tag, qty_t qty, enum order_state expected)
{
	struct order_row row = mrig_row(NUMBER, tag, "open", 10, 0, 100);

	mrig_unknown(&rig);
	row.qty = qty;
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.state[1], expected);
	mrig_done(&rig);
}

static void test_cut_tags(void **state)
{
	char cut[ORDER_TAG_TEXT];
	struct order_request q = mrig_request(2, SIDE_BUY, 75, 100);
	struct order_row row;

	(void)state;
	snprintf(cut, sizeof(cut), "%.10s", mrig_tag(1));
	try_tag(mrig_tag(1), 75, ORDER_OPEN);
	try_tag(cut, 75, ORDER_OPEN);
	try_tag(cut, 150, ORDER_UNKNOWN);              /* another quantity */
	cut[7] = '\0';
	try_tag(cut, 75, ORDER_UNKNOWN);               /* the epoch alone */
	try_tag("", 75, ORDER_UNKNOWN);
	mrig_unknown(&rig);                               /* two orders begin like that */
	mrig_place(&rig, &q);
	merge_place_unknown(&rig.m, mrig_order(&rig, 2), "timeout");
	snprintf(cut, sizeof(cut), "%.10s", mrig_tag(1));
	row = mrig_row(NUMBER, cut, "open", 10, 0, 100);
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	assert_int_equal(rig.state[2], ORDER_UNKNOWN);
	mrig_done(&rig);
}

/* Unanswered, proven absent, sent again and refused: what turns up under the beginning of its tag is the first attempt. It is cancelled, and its fills are ours. */
static void test_cut_tag_after_a_refused_resend(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct trade_row t = mrig_trade(NUMBER, "9", 75, 100);
	char cut[ORDER_TAG_TEXT];
	struct order_row row;

	(void)state;
	snprintf(cut, sizeof(cut), "%.10s", mrig_tag(1));
	row = mrig_row(NUMBER, cut, "open", 10, 0, 100);
	make_absent();
	mrig_place(&rig, &q);
	merge_place_refused(&rig.m, mrig_order(&rig, 1), "no margin");
	assert_int_equal(rig.state[1], ORDER_REJECTED);
	mrig_trades(&rig, &t, 1); /* before its row: a stranger's, until that says whose it is */
	assert_int_equal(rig.foreign_fills, 1);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.m.counts.foreign_orders, 0);
	assert_ptr_equal(merge_cancel_next(&rig.m), mrig_order(&rig, 1));
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.filled[1], 75);
	assert_int_equal(merge_strangers(&rig.m, SYMBOL), 0);
	mrig_done(&rig);

	mrig_init(&rig); /* refused at its first attempt: it never was there, and so it is not this */
	mrig_place(&rig, &q);
	merge_place_refused(&rig.m, mrig_order(&rig, 1), "no margin");
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.m.counts.foreign_orders, 1);
	mrig_done(&rig);
}

static void test_our_tag_on_another_order(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);

	(void)state;
	mrig_unknown(&rig);
	row.side = SIDE_SELL;
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.state[1], ORDER_UNKNOWN);
	assert_int_equal(rig.notes[MERGE_NOTE_CONTRADICTION], 1);
	mrig_done(&rig);
}

/* A bound number wins, whatever became of the tag. */
static void test_replaced_tag(void **state)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct order_row row = mrig_row(NUMBER, "TAG-261123000000042", "open", 10, 0, 100);

	(void)state;
	mrig_init(&rig);
	mrig_place(&rig, &q);
	merge_place_ok(&rig.m, mrig_order(&rig, 1), NUMBER);
	mrig_book(&rig, &row, 1, true);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_int_equal(rig.m.counts.foreign_orders, 0);
	mrig_done(&rig);
}

/* -- fills -------------------------------------------------------------------------------------------------------------------------------------- */

static void test_end_waits_for_its_fills(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "cancelled", 20, 25, 100);
	struct trade_row t = mrig_trade(NUMBER, "1", 25, 100);

	(void)state;
	mrig_working(&rig);
	merge_row(&rig.m, &row, 0);
	assert_true(merge_needs_trades(&rig.m));
	mrig_wait(&rig, 3 * NANOS_SECOND);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.state[1], ORDER_CANCELLED);
	assert_int_equal(rig.filled[1], 25);
	assert_false(merge_needs_trades(&rig.m));
	mrig_done(&rig);
	mrig_working(&rig); /* they do not come: told of the end, the core would send out again what the row says is done */
	merge_row(&rig.m, &row, 0);
	mrig_wait(&rig, MERGE_DISAGREE);
	assert_int_equal(rig.notes[MERGE_NOTE_TRADES], 1);
	mrig_wait(&rig, 10 * NANOS_MINUTE);
	assert_int_equal(rig.state[1], ORDER_OPEN);
	assert_int_equal(rig.notes[MERGE_NOTE_TRADES], 1);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.filled[1], 25);
	assert_int_equal(rig.state[1], ORDER_CANCELLED);
	mrig_done(&rig);
}

static void test_complete_with_less(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "complete", 20, 25, 100);
	struct trade_row t = mrig_trade(NUMBER, "1", 25, 100);

	(void)state;
	mrig_working(&rig);
	row.qty = 25; /* a person made it smaller */
	mrig_trades(&rig, &t, 1);
	merge_row(&rig.m, &row, 0);
	assert_int_equal(rig.state[1], ORDER_CANCELLED);
	mrig_done(&rig);
}

static void test_trades_without_ids(void **state)
{
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 25, 100);
	struct trade_row t[3] = { mrig_trade(NUMBER, "", 25, 100), mrig_trade(NUMBER, "", 25, 100), mrig_trade(NUMBER, "", 25, 101) };

	(void)state;
	mrig_working(&rig);
	mrig_trades(&rig, t, 1); /* nothing says yet that it is filled */
	assert_int_equal(rig.filled[1], 0);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 1);
	mrig_trades(&rig, t, 1);
	assert_int_equal(rig.filled[1], 25);
	row = mrig_row(NUMBER, mrig_tag(1), "complete", 21, 75, 100);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, t, 3);
	mrig_trades(&rig, t, 3);
	assert_int_equal(rig.filled[1], 75);
	assert_int_equal(rig.fills, 3);
	assert_int_equal(rig.state[1], ORDER_FILLED);
	for (unsigned i = 0; i < 3; i++)
		snprintf(t[i].id, sizeof(t[i].id), "%u", i + 1); /* the ids come after all */
	mrig_trades(&rig, t, 3);
	assert_int_equal(rig.filled[1], 75);
	mrig_done(&rig);
}

/* One without an id was told; then one with an id comes, before the row knows of it. None is lost, none doubled. */
static void test_trade_with_an_id_after_one_without(void **state)
{
	struct trade_row t[2] = { mrig_trade(NUMBER, "", 25, 100), mrig_trade(NUMBER, "2", 25, 101) };
	struct order_row row;

	(void)state;
	for (qty_t more = 25; more <= 50; more += 25) {
		mrig_working(&rig);
		row = mrig_row(NUMBER, mrig_tag(1), "open", 20, 25, 100);
		merge_row(&rig.m, &row, 0);
		mrig_trades(&rig, t, 1);
		assert_int_equal(rig.filled[1], 25);
		t[1].qty = more;
		mrig_trades(&rig, t, 2);
		row = mrig_row(NUMBER, mrig_tag(1), more == 50 ? "complete" : "open", 21, 25 + more, 100);
		merge_row(&rig.m, &row, 0);
		mrig_trades(&rig, t, 2);
		mrig_trades(&rig, t, 2);
		assert_int_equal(rig.filled[1], 25 + more);
		mrig_done(&rig);
	}
}

static void test_foreign_trades(void **state)
{
	struct trade_row t = mrig_trade("261123000000099", "1", 25, 100);
	struct order_row row = mrig_row("261123000000099", mrig_tag(1), "complete", 20, 75, 100);

	(void)state;
	mrig_init(&rig);
	mrig_trades(&rig, &t, 1);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 1);
	mrig_done(&rig);
	mrig_unknown(&rig); /* it may be of the order whose number is not known: it waits */
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 0);
	assert_true(merge_needs_trades(&rig.m));
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 0);
	assert_int_equal(rig.filled[1], 25);
	mrig_done(&rig);
	mrig_init(&rig); /* refused, and its trade was taken for a stranger's before its row came */
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	mrig_place(&rig, &q);
	merge_place_refused(&rig.m, mrig_order(&rig, 1), "no");
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 1);
	merge_row(&rig.m, &row, 0);
	mrig_trades(&rig, &t, 1);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.filled[1], 25);
	mrig_done(&rig);
}

/* An order book shows whose it is by its terms: it need not wait for the fate of ours, and the positions with it. */
static void test_a_stranger_of_other_terms(void **state)
{
	struct order_row theirs = mrig_row("261123000000099", "", "complete", INT64_MAX / 2, 75, 100);
	struct trade_row t = mrig_trade("261123000000099", "1", 75, 100);

	(void)state;
	mrig_unknown(&rig);
	mrig_book(&rig, &theirs, 1, true); /* the very terms of ours */
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 0);
	assert_true(merge_needs_trades(&rig.m));
	mrig_done(&rig);
	mrig_unknown(&rig);
	theirs.qty = 150;
	merge_row(&rig.m, &theirs, 0); /* of the feed, which is no book */
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 0);
	mrig_book(&rig, &theirs, 1, true);
	mrig_trades(&rig, &t, 1);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 1);
	assert_int_equal(merge_strangers(&rig.m, SYMBOL), 75);
	assert_false(merge_needs_trades(&rig.m));
	mrig_done(&rig);
}

/* One of this engine's that its journal does not know (lost_cancel.c) has the very terms of ours, and another tag: it cannot be it, and what it traded is foreign at once. */
static void test_a_tag_tells_them_apart(void **state)
{
	struct order_row theirs;
	struct trade_row t = mrig_trade("261123000000099", "1", 75, 100);
	char tag[ORDER_TAG_TEXT];

	(void)state;
	mrig_unknown(&rig);
	order_tag(ORDER_EPOCH_LIVE, 999, tag);
	theirs = mrig_row("261123000000099", tag, "complete", INT64_MAX / 2, 75, 100);
	mrig_book(&rig, &theirs, 1, true);
	mrig_trades(&rig, &t, 1);
	assert_int_equal(rig.foreign_fills, 1);
	assert_int_equal(merge_strangers(&rig.m, SYMBOL), 75);
	assert_false(merge_needs_trades(&rig.m));
	mrig_done(&rig);
}

static void test_overfill_is_told(void **state)
{
	struct trade_row t[2] = { mrig_trade(NUMBER, "1", 75, 100), mrig_trade(NUMBER, "2", 75, 100) };

	(void)state;
	mrig_working(&rig);
	mrig_trades(&rig, t, 2);
	assert_int_equal(rig.filled[1], 150);
	assert_true(rig.m.want_book);
	mrig_done(&rig);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absence_needs_two_books),
		cmocka_unit_test(test_absence_needs_a_late_book),
		cmocka_unit_test(test_time_alone_proves_nothing),
		cmocka_unit_test(test_a_row_like_it_forbids_absence),
		cmocka_unit_test(test_a_stranger_from_before_is_not_it),
		cmocka_unit_test(test_what_cannot_be_it),
		cmocka_unit_test(test_a_doubtful_book_proves_nothing),
		cmocka_unit_test(test_late_arrival_is_found),
		cmocka_unit_test(test_quarantine_ends_it),
		cmocka_unit_test(test_given_up_and_strangers),
		cmocka_unit_test(test_resend),
		cmocka_unit_test(test_two_copies),
		cmocka_unit_test(test_copy_fills_first),
		cmocka_unit_test(test_refused_and_alive),
		cmocka_unit_test(test_answer_names_another_order),
		cmocka_unit_test(test_cut_tags),
		cmocka_unit_test(test_cut_tag_after_a_refused_resend),
		cmocka_unit_test(test_our_tag_on_another_order),
		cmocka_unit_test(test_replaced_tag),
		cmocka_unit_test(test_end_waits_for_its_fills),
		cmocka_unit_test(test_complete_with_less),
		cmocka_unit_test(test_trades_without_ids),
		cmocka_unit_test(test_trade_with_an_id_after_one_without),
		cmocka_unit_test(test_foreign_trades),
		cmocka_unit_test(test_a_stranger_of_other_terms),
		cmocka_unit_test(test_a_tag_tells_them_apart),
		cmocka_unit_test(test_overfill_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
