/* Closing what a dead engine left open: never twice, never past flat, whatever the broker's books hide. First one thing at a time, then thousands of little
 * markets with everything at once, in which the exchange's own ledger is the judge. */
#include "engined/watchdog/flatten.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/core/order.h"

#define S NANOS_SECOND
#define EPOCH UINT32_C(1795152600)
#define CALL "NIFTY26NOV22500CE"
#define PUT "NIFTY26NOV22500PE"

static struct flatten f;
static nanos_t now;

static int set_up(void **state)
{
	(void)state;
	now = 1000 * S;
	return flatten_open(&f, EPOCH + 5, false);
}

static int tear_down(void **state)
{
	(void)state;
	flatten_close(&f);
	return 0;
}

static struct order_row row(const char *number, uint64_t tag, const char *symbol, enum side side, qty_t qty, qty_t filled, enum row_status status)
{
	struct order_row r = { .segment = SEGMENT_NSE_FO, .token = 7, .status = status, .side = side, .qty = qty, .filled = filled, .price = 1000000,
	                       .average = filled ? 1000000 : 0, .updated = 1 };

	snprintf(r.number, sizeof(r.number), "%s", number);
	snprintf(r.symbol, sizeof(r.symbol), "%s", symbol);
	strcpy(r.product, "MIS");
	if (tag)
		order_tag(EPOCH, tag, r.tag);
	return r;
}

static void read_books(const struct order_row *rows, size_t n, const char *symbol, qty_t net)
{
	flatten_book(&f, now);
	for (size_t i = 0; i < n; i++)
		flatten_row(&f, &rows[i]);
	flatten_book_end(&f, true);
	flatten_positions(&f);
	if (symbol)
		flatten_position(&f, symbol, SEGMENT_NSE_FO, "MIS", net);
	flatten_positions_end(&f, true);
	now += S;
}

static bool next(struct flatten_act *a)
{
	return flatten_next(&f, now, true, a);
}

/* The one request of this moment is an exit of so much. */
static void expect_exit(enum side side, qty_t qty, struct flatten_act *a)
{
	assert_true(next(a));
	assert_int_equal(a->what, FLATTEN_PLACE);
	assert_int_equal(f.order[a->order].side, side);
	assert_int_equal(f.order[a->order].qty, qty);
}

static void expect_nothing(void)
{
	struct flatten_act a;

	assert_false(next(&a));
}

static void closes_what_ours_made(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 650, 650, ROW_COMPLETE), row("2", 2, CALL, SIDE_SELL, 650, 130, ROW_CANCELLED) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 2, CALL, 520);
	expect_exit(SIDE_SELL, 520, &a);
	assert_true(a.price > 0 && a.price < 1000000 && a.price % 500 == 0);
	expect_nothing(); /* it is under way */
	flatten_answer(&f, &a, FLATTEN_OK, "3", now);
	expect_nothing();
}

static void cancels_ours_alone_and_first(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE), row("2", 2, CALL, SIDE_SELL, 65, 0, ROW_TRIGGER_PENDING),
	                            row("3", 0, PUT, SIDE_BUY, 65, 0, ROW_OPEN) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 3, CALL, 65);
	assert_true(next(&a));
	assert_true(a.what == FLATTEN_CANCEL && strcmp(f.order[a.order].number, "2") == 0);
	expect_nothing(); /* the stop may still fill: no exit beside it */
	flatten_answer(&f, &a, FLATTEN_OK, "", now);
	rows[1].status = ROW_CANCELLED;
	rows[1].updated = 2;
	read_books(rows, 3, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
}

static void foreign_is_left_alone(void **state)
{
	struct order_row rows[] = { row("1", 0, CALL, SIDE_BUY, 130, 130, ROW_COMPLETE) };

	(void)state;
	read_books(rows, 1, CALL, 130);
	expect_nothing();
	f.foreign = true;
	struct flatten_act a;
	expect_exit(SIDE_SELL, 130, &a);
}

/* Of three counts the least: ours, the broker's, and all orders'. */
static void never_more_than_is_there(void **state)
{
	static const struct { qty_t ours, strangers, net, closes; } cases[] = {
		{ 130, 0, 130, 130 }, { 130, 65, 195, 130 }, { 130, -65, 65, 65 }, { 130, -130, 0, 0 }, { 130, -195, -65, 0 }, { 130, -65, 130, 65 } /* the
		positions lag */, { 130, 0, 65, 65 } /* or the book does */, { -130, 0, -130, -130 }, { -130, 65, -65, -65 }, { -130, 130, 130, 0 }, { 0, 65, 65, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		qty_t ours = cases[i].ours, other = cases[i].strangers;
		struct order_row rows[] = { row("1", 1, CALL, ours < 0 ? SIDE_SELL : SIDE_BUY, 650, ours < 0 ? -ours : ours, ROW_CANCELLED),
		                            row("2", 0, CALL, other < 0 ? SIDE_SELL : SIDE_BUY, 650, other < 0 ? -other : other, ROW_CANCELLED) };
		struct flatten_act a;

		tear_down(NULL);
		set_up(NULL);
		read_books(rows, 2, CALL, cases[i].net);
		if (cases[i].closes == 0)
			expect_nothing();
		else
			expect_exit(cases[i].closes > 0 ? SIDE_SELL : SIDE_BUY, cases[i].closes > 0 ? cases[i].closes : -cases[i].closes, &a);
	}
}

static void position_that_is_missing_is_not_flat(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };

	(void)state;
	for (int i = 0; i < 30; i++) {
		read_books(rows, 1, NULL, 0);
		expect_nothing();
		assert_int_equal(flatten_judge(&f, now), FLATTEN_WORKING);
	}
}

static void shorts_before_their_hedges(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_SELL, 65, 65, ROW_COMPLETE), row("2", 2, PUT, SIDE_BUY, 65, 65, ROW_COMPLETE),
	                            row("3", 3, "BANKNIFTY26NOV50000CE", SIDE_BUY, 30, 30, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	flatten_book(&f, now);
	for (int i = 0; i < 3; i++)
		flatten_row(&f, &rows[i]);
	flatten_book_end(&f, true);
	flatten_positions(&f);
	flatten_position(&f, CALL, SEGMENT_NSE_FO, "MIS", -65);
	flatten_position(&f, PUT, SEGMENT_NSE_FO, "MIS", 65);
	flatten_position(&f, "BANKNIFTY26NOV50000CE", SEGMENT_NSE_FO, "MIS", 30);
	flatten_positions_end(&f, true);
	expect_exit(SIDE_BUY, 65, &a);
	assert_string_equal(f.contract[f.order[a.order].contract].symbol, CALL);
	assert_true(a.price > 1000000);
	expect_exit(SIDE_SELL, 30, &a); /* another underlying's is nobody's hedge */
	expect_nothing();
}

static void slices_below_the_freeze(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 1000, 1000, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 1000);
	f.contract[0].lot = 50;
	f.contract[0].freeze = 400;
	expect_exit(SIDE_SELL, 400, &a);
	expect_exit(SIDE_SELL, 400, &a);
	expect_exit(SIDE_SELL, 200, &a);
	expect_nothing();
}

/* Nothing is known of the freeze: no slice is larger than what the exchange took before. */
static void slices_without_a_master(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 400, 400, ROW_COMPLETE), row("2", 2, CALL, SIDE_BUY, 300, 300, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 2, CALL, 700);
	expect_exit(SIDE_SELL, 400, &a);
	expect_exit(SIDE_SELL, 300, &a);
	expect_nothing();
}

static void unknown_is_proven_absent_before_it_goes_again(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a, again;
	nanos_t tried;
	char tag[ORDER_TAG_TEXT];

	(void)state;
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
	tried = now;
	flatten_answer(&f, &a, FLATTEN_UNKNOWN, "", now);
	memcpy(tag, f.order[a.order].tag, sizeof(tag));
	while (now <= tried + FLATTEN_UNKNOWN_LAST) {
		expect_nothing();
		read_books(rows, 1, CALL, 65);
	}
	assert_true(next(&again));
	assert_true(again.what == FLATTEN_PLACE && again.order == a.order);
	assert_string_equal(f.order[again.order].tag, tag); /* its own tag: a second copy can be told */
}

/* A book that shows less than an earlier one is an old one: it proves nothing. */
static void old_books_prove_no_absence(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE), row("2", 2, CALL, SIDE_SELL, 65, 0, ROW_CANCELLED) };
	struct flatten_act a;

	(void)state;
	for (int how = 0; how < 4; how++) {
		tear_down(NULL);
		set_up(NULL);
		rows[0].updated = rows[1].updated = 5;
		rows[0].filled = 65;
		rows[1].status = ROW_CANCELLED;
		read_books(rows, 2, CALL, 65);
		expect_exit(SIDE_SELL, 65, &a);
		flatten_answer(&f, &a, FLATTEN_UNKNOWN, "", now);
		rows[0].filled -= how == 0;
		rows[1].updated -= how == 1;
		rows[1].status = how == 2 ? ROW_OPEN : ROW_CANCELLED;
		for (int i = 0; i < 60; i++) {
			read_books(rows, how == 3 ? 1 : 2, CALL, 65);
			expect_nothing();
		}
	}
}

static void unknown_is_found_by_its_tag(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
	flatten_answer(&f, &a, FLATTEN_UNKNOWN, "", now);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 65, 65, ROW_COMPLETE);
	memcpy(rows[1].tag, f.order[a.order].tag, ORDER_TAG_TEXT);
	for (int i = 0; i < 30; i++) {
		read_books(rows, 2, CALL, 0);
		expect_nothing();
		assert_true(i < 10 || flatten_judge(&f, now) != FLATTEN_READING);
	}
	assert_int_equal(flatten_judge(&f, now), FLATTEN_FLAT);
}

/* Kotak may replace a tag: a stranger's order that equals ours keeps it from being sent again. */
static void a_like_order_is_no_absence(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
	flatten_answer(&f, &a, FLATTEN_UNKNOWN, "", now);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 65, 0, ROW_OPEN);
	for (int i = 0; i < 60; i++) {
		read_books(rows, 2, CALL, 65);
		expect_nothing();
	}
}

static void second_copy_is_cancelled(void **state)
{
	struct order_row rows[3] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
	flatten_answer(&f, &a, FLATTEN_OK, "8", now);
	rows[1] = row("8", 0, CALL, SIDE_SELL, 65, 0, ROW_OPEN);
	memcpy(rows[1].tag, f.order[a.order].tag, ORDER_TAG_TEXT);
	rows[1].price = f.order[a.order].price;
	rows[2] = rows[1];
	strcpy(rows[2].number, "9");
	read_books(rows, 3, CALL, 65);
	assert_true(next(&a));
	assert_true(a.what == FLATTEN_CANCEL && strcmp(f.order[a.order].number, "9") == 0);
}

static void stale_books_undo_nothing(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
	flatten_answer(&f, &a, FLATTEN_OK, "9", now);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 65, 65, ROW_COMPLETE);
	rows[1].updated = 5;
	read_books(rows, 2, CALL, 0);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 65, 0, ROW_OPEN);
	for (int i = 0; i < 5; i++) {
		read_books(rows, i % 2 ? 2 : 1, CALL, 65); /* as they were, or without the row */
		expect_nothing();
	}
}

/* A stranger closes it while an exit rests: what is at work must not go beyond. */
static void surplus_is_withdrawn(void **state)
{
	struct order_row rows[3] = { row("1", 1, CALL, SIDE_BUY, 130, 130, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 1, CALL, 130);
	expect_exit(SIDE_SELL, 130, &a);
	flatten_answer(&f, &a, FLATTEN_OK, "9", now);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 130, 0, ROW_OPEN);
	rows[1].price = f.order[a.order].price;
	rows[2] = row("10", 0, CALL, SIDE_SELL, 65, 65, ROW_COMPLETE);
	read_books(rows, 3, CALL, 65);
	read_books(rows, 3, CALL, 65);
	assert_true(next(&a));
	assert_true(a.what == FLATTEN_CANCEL && strcmp(f.order[a.order].number, "9") == 0);
	flatten_answer(&f, &a, FLATTEN_OK, "", now);
	rows[1].status = ROW_CANCELLED;
	rows[1].updated = 2;
	read_books(rows, 3, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
}

static void walks_to_the_edge(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;
	price_t before;
	int modifies = 0, cancels = 0;

	(void)state;
	read_books(rows, 1, CALL, 65);
	f.contract[0].bid = 1000000;
	f.contract[0].low = 50000;
	expect_exit(SIDE_SELL, 65, &a);
	assert_int_equal(a.price, 1000000 - 1000); /* two ticks through the bid */
	before = a.price;
	flatten_answer(&f, &a, FLATTEN_OK, "9", now);
	rows[1] = row("9", 0, CALL, SIDE_SELL, 65, 0, ROW_OPEN);
	for (int i = 0; i < 40; i++) {
		rows[1].price = before;
		rows[1].updated++;
		f.contract[0].bid = 1000000 + (i > 12) * (i % 2) * 500; /* at the edge there is nothing more to modify */
		read_books(rows, 2, CALL, 65);
		while (next(&a)) {
			modifies += a.what == FLATTEN_MODIFY;
			cancels += a.what == FLATTEN_CANCEL;
			assert_true(a.what != FLATTEN_MODIFY || (a.price < before && a.price >= 50000));
			before = a.what == FLATTEN_MODIFY ? a.price : before;
			flatten_answer(&f, &a, FLATTEN_OK, "", now);
		}
	}
	assert_int_equal(before, 50000);
	assert_in_range(modifies, 7, FLATTEN_MODIFIES);
	assert_int_equal(cancels, 0);
}

static void other_products_and_days_are_not_ours_to_close(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE), row("2", 2, PUT, SIDE_BUY, 65, 0, ROW_OPEN) };
	struct flatten_act a;

	(void)state;
	strcpy(rows[0].product, "NRML");
	strcpy(rows[1].product, "NRML");
	order_tag(EPOCH + 6, 1, rows[0].tag); /* of somebody who took over after us */
	read_books(rows, 2, NULL, 0);
	assert_true(next(&a));
	assert_true(a.what == FLATTEN_CANCEL && strcmp(f.order[a.order].number, "2") == 0); /* an open order of ours is, whatever its product */
	expect_nothing();
}

static void a_known_number_is_ours(void **state)
{
	struct order_row rows[] = { row("77", 0, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;

	(void)state;
	strcpy(rows[0].tag, "SERVER0001");
	flatten_know(&f, "77");
	flatten_know(&f, "77");
	read_books(rows, 1, CALL, 65);
	expect_exit(SIDE_SELL, 65, &a);
}

/* The watchdog itself was started again: an exit of before may be under way. */
static void recalled_exit_is_in_doubt(void **state)
{
	struct order_row rows[2] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) }, before = row("", 0, CALL, SIDE_SELL, 65, 0, ROW_OPEN);
	struct flatten_act a;

	(void)state;
	order_tag(EPOCH + 4, 1, before.tag);
	flatten_recall(&f, &before);
	f.order[0].tried = now;
	read_books(rows, 1, CALL, 65);
	expect_nothing();
	rows[1] = before;
	strcpy(rows[1].number, "9");
	rows[1].filled = 65;
	rows[1].status = ROW_COMPLETE;
	for (int i = 0; i < 20; i++) {
		read_books(rows, 2, CALL, 0);
		while (next(&a))
			fail();
		flatten_judge(&f, now);
	}
	assert_int_equal(flatten_judge(&f, now), FLATTEN_FLAT);
}

static void nothing_leaves_when_the_market_is_closed(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE), row("2", 2, CALL, SIDE_SELL, 65, 0, ROW_OPEN) };
	struct flatten_act a;

	(void)state;
	read_books(rows, 2, CALL, 65);
	assert_false(flatten_next(&f, now, false, &a));
	assert_int_equal(flatten_judge(&f, now), FLATTEN_WORKING);
}

static void refusals_are_waited_out(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE) };
	struct flatten_act a;
	unsigned tries = 0;

	(void)state;
	for (int i = 0; i < 120; i++) {
		read_books(rows, 1, CALL, 65);
		while (next(&a)) {
			tries++;
			flatten_answer(&f, &a, FLATTEN_NOT_DONE, "", now);
		}
	}
	assert_in_range(tries, 5, 10); /* 2, 4, 8, 16, 30, 30 ... s: it never gives up */
}

static void words(void **state)
{
	struct order_row rows[] = { row("1", 1, CALL, SIDE_BUY, 65, 65, ROW_COMPLETE), row("2", 2, PUT, SIDE_BUY, 65, 0, ROW_OPEN) };
	char text[128];

	(void)state;
	flatten_text(&f, text, sizeof(text));
	assert_string_equal(text, "nothing");
	read_books(rows, 2, CALL, 65);
	flatten_text(&f, text, sizeof(text));
	assert_string_equal(text, CALL " +65, 1 orders open");
}

/* -- markets ---------------------------------------------------------------------------------------------------------------------- */

#define MARKET_ORDERS 400
#define HISTORY 6
struct deal {
	struct order_row row;
	bool ours;
	nanos_t visible;           /* in no book before */
};
static struct market {
	struct deal deal[MARKET_ORDERS];
	size_t n;
	struct order_row past[HISTORY][MARKET_ORDERS]; /* books as they were */
	size_t past_n[HISTORY];
	qty_t past_net[HISTORY][2];
	unsigned rounds;
	uint64_t sent;
	int64_t stamp;
} m;
static uint64_t chance;

static bool one_in(uint64_t n)
{
	return prng_next(&chance) % n == 0;
}

static const char *const symbols[] = { CALL, PUT };

static qty_t held(int which, bool all)
{
	qty_t net = 0;

	for (size_t i = 0; i < m.n; i++)
		if ((all || m.deal[i].ours) && strcmp(m.deal[i].row.symbol, symbols[which]) == 0)
			net += m.deal[i].row.side == SIDE_BUY ? m.deal[i].row.filled : -m.deal[i].row.filled;
	return net;
}

static struct deal *deal(bool ours, const struct order_row *r)
{
	struct deal *d = &m.deal[m.n++];

	assert_true(m.n < MARKET_ORDERS);
	*d = (struct deal){ .row = *r, .ours = ours };
	snprintf(d->row.number, sizeof(d->row.number), "%zu", 1000 + m.n);
	d->row.updated = ++m.stamp;
	return d;
}

/* What the engine left: entries filled whole or in part, stops at work. */
static void begin_market(uint64_t seed)
{
	memset(&m, 0, sizeof(m));
	chance = seed;
	for (uint64_t i = 1; i <= 1 + seed % 4; i++) {
		enum side side = one_in(3) ? SIDE_SELL : SIDE_BUY;
		const char *symbol = symbols[side == SIDE_SELL];
		struct order_row r = row("", i, symbol, side, 650, 65 * (qty_t)(prng_next(&chance) % 11), ROW_CANCELLED);

		deal(true, &r);
		if (one_in(2)) {
			r = row("", 100 + i, symbol, side == SIDE_SELL ? SIDE_BUY : SIDE_SELL, r.filled ? r.filled : 65, 0, ROW_TRIGGER_PENDING);
			if (r.qty <= (held(side == SIDE_SELL, false) < 0 ? -held(side == SIDE_SELL, false) : held(side == SIDE_SELL, false)))
				deal(true, &r);
		}
	}
	if (one_in(2)) {
		struct order_row r = row("", 0, CALL, SIDE_BUY, 130, 130, ROW_COMPLETE);
		deal(false, &r);
	}
}

static bool works(const struct deal *d)
{
	return !row_status_terminal(d->row.status);
}

static void fill_some(void)
{
	for (size_t i = 0; i < m.n; i++) {
		struct order_row *r = &m.deal[i].row;
		qty_t left = r->qty - r->filled;

		if (!works(&m.deal[i]) || one_in(3) || (r->status == ROW_TRIGGER_PENDING && !one_in(10)))
			continue;
		r->filled += one_in(2) ? left : 65 * (qty_t)(prng_next(&chance) % (uint64_t)(left / 65 + 1));
		r->status = r->filled == r->qty ? ROW_COMPLETE : ROW_OPEN;
		r->updated = ++m.stamp;
	}
}

static void remember(void)
{
	unsigned at = m.rounds++ % HISTORY;

	m.past_n[at] = 0;
	for (size_t i = 0; i < m.n; i++)
		if (m.deal[i].visible <= now)
			m.past[at][m.past_n[at]++] = m.deal[i].row;
	for (int s = 0; s < 2; s++)
		m.past_net[at][s] = held(s, true);
}

/* The book of now or, sometimes, of a few rounds ago; whole, empty, or not to be had. */
static void read_market(bool calm)
{
	unsigned back = calm || !one_in(5) ? 1 : 1 + (unsigned)(prng_next(&chance) % 3), at;
	bool fails = !calm && one_in(8), empty = !calm && one_in(20);

	remember();
	back = back > m.rounds ? m.rounds : back;
	at = (m.rounds - back) % HISTORY;
	flatten_book(&f, now);
	for (size_t i = 0; i < m.past_n[at] && !fails && !empty; i++)
		flatten_row(&f, &m.past[at][i]);
	flatten_book_end(&f, !fails);
	back = calm || !one_in(5) ? 1 : 1 + (unsigned)(prng_next(&chance) % 3);
	back = back > m.rounds ? m.rounds : back;
	at = (m.rounds - back) % HISTORY;
	flatten_positions(&f);
	for (int s = 0; s < 2; s++)
		flatten_position(&f, symbols[s], SEGMENT_NSE_FO, "MIS", m.past_net[at][s]);
	flatten_positions_end(&f, calm || !one_in(8));
}

static struct deal *deal_of(const struct flatten_order *o)
{
	for (size_t i = 0; i < m.n; i++)
		if (strcmp(m.deal[i].row.number, o->number) == 0)
			return &m.deal[i];
	return NULL;
}

static void place(const struct flatten_act *a, bool calm)
{
	const struct flatten_order *o = &f.order[a->order];
	struct order_row r = row("", 0, f.contract[o->contract].symbol, (enum side)o->side, o->qty, 0, ROW_OPEN);
	struct deal *d;

	m.sent++;
	memcpy(r.tag, o->tag, ORDER_TAG_TEXT);
	if (!calm && one_in(6)) { /* refused, or never arrived */
		flatten_answer(&f, a, one_in(2) ? FLATTEN_NOT_DONE : FLATTEN_UNKNOWN, "", now);
		return;
	}
	d = deal(true, &r);
	if (!calm && one_in(8))
		d->row.status = ROW_REJECTED;
	if (calm || !one_in(4)) {
		flatten_answer(&f, a, FLATTEN_OK, d->row.number, now);
		return;
	}
	d->visible = now + (one_in(2) ? (nanos_t)(prng_next(&chance) % 6) * S : 0);
	flatten_answer(&f, a, FLATTEN_UNKNOWN, "", now);
}

static void change(const struct flatten_act *a, bool calm)
{
	struct deal *d = deal_of(&f.order[a->order]);
	bool done = d && works(d) && (calm || !one_in(5));

	if (done && a->what == FLATTEN_CANCEL)
		d->row.status = ROW_CANCELLED;
	else if (done)
		d->row.price = a->price;
	if (done)
		d->row.updated = ++m.stamp;
	flatten_answer(&f, a, done ? one_in(4) ? FLATTEN_UNKNOWN : FLATTEN_OK : FLATTEN_NOT_DONE, "", now);
}

/* Ours never goes past flat: what it held at the beginning only shrinks, apart from a stop that fills. */
static void check(const qty_t from[2], uint64_t seed)
{
	for (int s = 0; s < 2; s++) {
		qty_t net = held(s, false), sign = from[s] > 0 ? 1 : -1;

		if (net * sign < 0 || net * sign > from[s] * sign)
			fail_msg("seed %llu round %u: %s of ours went from %lld to %lld", (unsigned long long)seed, m.rounds, symbols[s], (long long)from[s], (long long)net);
	}
}

static void one_market(uint64_t seed)
{
	enum flatten_verdict verdict = FLATTEN_READING;
	struct flatten_act a;
	qty_t from[2];

	flatten_close(&f);
	assert_int_equal(flatten_open(&f, EPOCH + 5, false), ERR_OK);
	begin_market(seed);
	from[0] = held(0, false);
	from[1] = held(1, false);
	for (int round = 0; round < 400 && verdict != FLATTEN_FLAT; round++) {
		bool calm = round > 150;

		fill_some();
		check(from, seed);
		read_market(calm);
		if (one_in(2))
			fill_some(); /* between the reading and what follows from it */
		while (flatten_next(&f, now, true, &a)) {
			if (a.what == FLATTEN_PLACE)
				place(&a, calm);
			else
				change(&a, calm);
		}
		now += S;
		verdict = flatten_judge(&f, now);
	}
	check(from, seed);
	if (verdict != FLATTEN_FLAT || held(0, false) != 0 || held(1, false) != 0)
		fail_msg("seed %llu: verdict %d, held %lld and %lld", (unsigned long long)seed, verdict, (long long)held(0, false), (long long)held(1, false));
	for (size_t i = 0; i < m.n; i++)
		assert_false(m.deal[i].ours && works(&m.deal[i]));
}

static void markets(void **state)
{
	uint64_t sent = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 4000; seed++) {
		one_market(seed);
		sent += m.sent;
	}
	print_message("# 4000 markets, %llu exits sent\n", (unsigned long long)sent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(closes_what_ours_made), TEST(cancels_ours_alone_and_first), TEST(foreign_is_left_alone), TEST(never_more_than_is_there),
		TEST(position_that_is_missing_is_not_flat), TEST(shorts_before_their_hedges), TEST(slices_below_the_freeze), TEST(slices_without_a_master),
		TEST(unknown_is_proven_absent_before_it_goes_again), TEST(old_books_prove_no_absence), TEST(unknown_is_found_by_its_tag), TEST(a_like_order_is_no_absence), TEST(second_copy_is_cancelled),
		TEST(stale_books_undo_nothing), TEST(surplus_is_withdrawn), TEST(walks_to_the_edge), TEST(other_products_and_days_are_not_ours_to_close),
		TEST(a_known_number_is_ours), TEST(recalled_exit_is_in_doubt), TEST(nothing_leaves_when_the_market_is_closed), TEST(refusals_are_waited_out),
		TEST(words), TEST(markets),
	};

	return cmocka_run_group_tests_name("flatten", tests, NULL, NULL);
}
