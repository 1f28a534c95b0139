/* Whatever the broker says of an order, in whatever order and how often: the same end, each fill once, and never a report that the core's
 * table forbids. */
#include "tests/broker/kotak/merge_rig.h"

static struct merge_rig rig;

/* -- lives in every order -------------------------------------------------------------------------------------------------------- */

struct message {
	enum { M_END, M_ACK, M_LOST /* the answer to place is not known */, M_FRAME, M_BARE /* a frame without a tag */, M_BOOK, M_TRADES, M_MODIFY_OK,
	       M_MODIFY_LOST, M_CANCEL_OK, M_CANCEL_LOST } kind;
	const char *status;
	int64_t t;
	qty_t filled;
	double price;
	unsigned trades;         /* M_TRADES: the first so many */
};
struct life {
	const char *name;
	struct message message[8];
	uint8_t type;
	bool modify, cancel;     /* asked for before all of the above, after an ack and a first row */
	enum order_state end;
	qty_t filled;
	double price;
	unsigned trades;
};

static const struct life lives[] = {
	{ "filled in two", { { M_ACK, 0, 0, 0, 0, 0 }, { M_FRAME, "put order req received", 10, 0, 100, 0 }, { M_FRAME, "open", 11, 0, 100, 0 },
	  { M_FRAME, "open", 12, 25, 100, 0 }, { M_FRAME, "complete", 13, 75, 100, 0 }, { M_TRADES, 0, 0, 0, 0, 1 }, { M_TRADES, 0, 0, 0, 0, 2 } },
	  ORDER_LIMIT, false, false, ORDER_FILLED, 75, 100, 2 },
	{ "filled, frames without tags", { { M_ACK, 0, 0, 0, 0, 0 }, { M_BARE, "open", 11, 0, 0, 0 }, { M_BARE, "open", 12, 25, 0, 0 },
	  { M_BARE, "complete", 13, 75, 0, 0 }, { M_TRADES, 0, 0, 0, 0, 2 }, { M_BOOK, "complete", 13, 75, 100, 0 } },
	  ORDER_LIMIT, false, false, ORDER_FILLED, 75, 100, 2 },
	{ "unanswered, then filled", { { M_LOST, 0, 0, 0, 0, 0 }, { M_FRAME, "open", 11, 0, 100, 0 }, { M_BOOK, "open", 12, 25, 100, 0 },
	  { M_FRAME, "complete", 13, 75, 100, 0 }, { M_TRADES, 0, 0, 0, 0, 1 }, { M_TRADES, 0, 0, 0, 0, 2 } },
	  ORDER_LIMIT, false, false, ORDER_FILLED, 75, 100, 2 },
	{ "partial, then cancelled", { { M_ACK, 0, 0, 0, 0, 0 }, { M_FRAME, "open", 11, 0, 100, 0 }, { M_FRAME, "open", 12, 25, 100, 0 },
	  { M_FRAME, "cancel pending", 13, 25, 100, 0 }, { M_FRAME, "cancelled", 14, 25, 100, 0 }, { M_TRADES, 0, 0, 0, 0, 1 } },
	  ORDER_LIMIT, false, false, ORDER_CANCELLED, 25, 100, 1 },
	{ "rejected later", { { M_ACK, 0, 0, 0, 0, 0 }, { M_FRAME, "put order req received", 10, 0, 100, 0 }, { M_FRAME, "validation pending", 11, 0, 100, 0 },
	  { M_FRAME, "rejected", 12, 0, 100, 0 }, { M_BOOK, "rejected", 12, 0, 100, 0 } }, ORDER_LIMIT, false, false, ORDER_REJECTED, 0, 100, 0 },
	{ "a stop that triggers", { { M_ACK, 0, 0, 0, 0, 0 }, { M_FRAME, "open pending", 10, 0, 100, 0 }, { M_FRAME, "trigger pending", 11, 0, 100, 0 },
	  { M_FRAME, "open", 12, 0, 100, 0 }, { M_FRAME, "open", 13, 25, 100, 0 }, { M_TRADES, 0, 0, 0, 0, 1 } },
	  ORDER_SL, false, false, ORDER_PARTIAL, 25, 100, 1 },
	{ "a word nobody knows", { { M_ACK, 0, 0, 0, 0, 0 }, { M_FRAME, "open", 11, 0, 100, 0 }, { M_FRAME, "being considered", 12, 0, 100, 0 },
	  { M_FRAME, "open", 13, 0, 100, 0 } }, ORDER_LIMIT, false, false, ORDER_OPEN, 0, 100, 0 },
	{ "modified", { { M_MODIFY_OK, 0, 0, 0, 0, 0 }, { M_FRAME, "modify pending", 21, 0, 100, 0 }, { M_FRAME, "modified", 22, 0, 101, 0 },
	  { M_FRAME, "open", 23, 0, 101, 0 }, { M_BOOK, "open", 23, 0, 101, 0 } }, ORDER_LIMIT, true, false, ORDER_OPEN, 0, 101, 0 },
	{ "modified, unanswered, tag gone", { { M_MODIFY_LOST, 0, 0, 0, 0, 0 }, { M_BARE, "modify pending", 21, 0, 100, 0 }, { M_BARE, "open", 23, 0, 101, 0 },
	  { M_BARE, "open", 24, 25, 101, 0 }, { M_TRADES, 0, 0, 0, 0, 1 } }, ORDER_LIMIT, true, false, ORDER_PARTIAL, 25, 101, 1 },
	{ "not modified", { { M_MODIFY_OK, 0, 0, 0, 0, 0 }, { M_FRAME, "modify pending", 21, 0, 100, 0 }, { M_FRAME, "not modified", 22, 0, 100, 0 } },
	  ORDER_LIMIT, true, false, ORDER_OPEN, 0, 100, 0 },
	{ "modify crossed by a fill", { { M_MODIFY_OK, 0, 0, 0, 0, 0 }, { M_FRAME, "complete", 22, 75, 100, 0 }, { M_TRADES, 0, 0, 0, 0, 2 },
	  { M_BOOK, "complete", 22, 75, 100, 0 } }, ORDER_LIMIT, true, false, ORDER_FILLED, 75, 100, 2 },
	{ "cancelled", { { M_CANCEL_OK, 0, 0, 0, 0, 0 }, { M_FRAME, "cancel pending", 21, 0, 100, 0 }, { M_FRAME, "cancelled", 22, 0, 100, 0 },
	  { M_BOOK, "cancelled", 22, 0, 100, 0 } }, ORDER_LIMIT, false, true, ORDER_CANCELLED, 0, 100, 0 },
	{ "cancel crossed by a fill", { { M_CANCEL_LOST, 0, 0, 0, 0, 0 }, { M_FRAME, "open", 21, 25, 100, 0 }, { M_FRAME, "complete", 22, 75, 100, 0 },
	  { M_TRADES, 0, 0, 0, 0, 1 }, { M_TRADES, 0, 0, 0, 0, 2 } }, ORDER_LIMIT, false, true, ORDER_FILLED, 75, 100, 2 },
	{ "not cancelled", { { M_CANCEL_OK, 0, 0, 0, 0, 0 }, { M_FRAME, "cancel pending", 21, 0, 100, 0 }, { M_FRAME, "not cancelled", 22, 0, 100, 0 } },
	  ORDER_LIMIT, false, true, ORDER_OPEN, 0, 100, 0 },
};

static uint32_t modify_serial, cancel_serial;

static void life_begin(const struct life *l)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct order_row open = mrig_row(NUMBER, mrig_tag(1), "open", 15, 0, 100);

	mrig_init(&rig);
	q.type = l->type;
	q.trigger = l->type == ORDER_SL ? RUPEES(99) : 0;
	mrig_place(&rig, &q);
	if (!l->modify && !l->cancel)
		return;
	merge_place_ok(&rig.m, mrig_order(&rig, 1), NUMBER);
	merge_row(&rig.m, &open, 0);
	if (l->modify) {
		q.price = RUPEES(101);
		rig.modifying[1] = true;
		rig.price[1] = q.price;
		assert_true(merge_modify(&rig.m, mrig_order(&rig, 1), &q));
		modify_serial = mrig_order(&rig, 1)->modify.serial;
	} else {
		rig.cancelling[1] = true;
		merge_cancel(&rig.m, mrig_order(&rig, 1));
		assert_non_null(merge_cancel_next(&rig.m));
		cancel_serial = mrig_order(&rig, 1)->cancel.serial;
	}
}

static void deliver(const struct message *m)
{
	static const struct { const char *id; qty_t qty; } trade[2] = { { "7001", 25 }, { "7002", 50 } };
	struct merge_order *o = mrig_order(&rig, 1);
	struct order_row row;
	struct trade_row t[2];

	switch (m->kind) {
	case M_ACK:
		if (o->placing)
			merge_place_ok(&rig.m, o, NUMBER);
		return;
	case M_LOST:
		if (o->placing)
			merge_place_unknown(&rig.m, o, "timeout");
		return;
	case M_FRAME:
	case M_BARE:
		row = mrig_row(NUMBER, m->kind == M_FRAME ? mrig_tag(1) : "", m->status, m->t, m->filled, m->price);
		merge_row(&rig.m, &row, 0);
		return;
	case M_BOOK:
		row = mrig_row(NUMBER, mrig_tag(1), m->status, m->t, m->filled, m->price);
		mrig_book(&rig, &row, 1, true);
		return;
	case M_TRADES:
		for (unsigned i = 0; i < m->trades; i++)
			t[i] = mrig_trade(NUMBER, trade[i].id, trade[i].qty, 100);
		mrig_trades(&rig, t, m->trades);
		return;
	case M_MODIFY_OK:
	case M_MODIFY_LOST:
		merge_modify_answer(&rig.m, o, modify_serial, m->kind == M_MODIFY_OK ? ANSWER_OK : ANSWER_UNKNOWN, "");
		return;
	case M_CANCEL_OK:
	case M_CANCEL_LOST:
		merge_cancel_answer(&rig.m, o, cancel_serial, m->kind == M_CANCEL_OK ? ANSWER_OK : ANSWER_UNKNOWN, "");
		return;
	case M_END:
		return;
	}
}

/* The books that follow any life: what was deferred or parked meets them. */
static void settle(const struct life *l)
{
	for (unsigned i = 0; i < ARRAY_LEN(l->message); i++)
		if (l->message[i].kind == M_TRADES && l->message[i].trades == l->trades && merge_needs_trades(&rig.m))
			deliver(&l->message[i]);
}

static void life_check(const struct life *l, const unsigned *order, unsigned n)
{
	char path[64] = "";
	const struct merge_order *o = mrig_order(&rig, 1);

	settle(l);
	for (unsigned i = 0; i < n; i++)
		snprintf(path + strlen(path), sizeof(path) - strlen(path), " %u", order[i]);
	if (rig.state[1] != l->end || rig.filled[1] != l->filled || rig.fills != l->trades || (!order_terminal(l->end) && rig.price[1] != RUPEES(l->price)) || rig.modifying[1] ||
	    rig.cancelling[1] || strcmp(rig.ref[1], NUMBER) != 0 || o->modify.stage != CHANGE_NONE || o->cancel.stage != CHANGE_NONE ||
	    rig.foreign_fills != 0)
		fail_msg("%s, in the order%s: state %s filled %lld in %u at %lld modifying %d cancelling %d ref %s foreign %u", l->name, path,
		         order_state_name((enum order_state)rig.state[1]), (long long)rig.filled[1], rig.fills, (long long)rig.price[1], rig.modifying[1],
		         rig.cancelling[1], rig.ref[1], rig.foreign_fills);
	mrig_done(&rig);
}

static unsigned life_length(const struct life *l)
{
	unsigned n = 0;

	while (n < ARRAY_LEN(l->message) && l->message[n].kind != M_END)
		n++;
	return n;
}

static void run(const struct life *l, const unsigned *order, unsigned n)
{
	life_begin(l);
	for (unsigned i = 0; i < n; i++)
		deliver(&l->message[order[i]]);
	life_check(l, order, n);
}

/* This order, and with each message once more at every later place. */
static unsigned run_doubled(const struct life *l, const unsigned *order, unsigned n)
{
	unsigned doubled[12], runs = 1;

	run(l, order, n);
	for (unsigned what = 0; what < n; what++)
		for (unsigned at = what + 1; at <= n; at++) {
			memcpy(doubled, order, at * sizeof(*order));
			doubled[at] = order[what];
			memcpy(doubled + at + 1, order + at, (n - at) * sizeof(*order));
			run(l, doubled, n + 1);
			runs++;
		}
	return runs;
}

static unsigned permute(const struct life *l, unsigned *order, unsigned from, unsigned n)
{
	unsigned runs = 0;

	if (from == n)
		return run_doubled(l, order, n);
	for (unsigned i = from; i < n; i++) {
		unsigned held = order[from];

		order[from] = order[i];
		order[i] = held;
		runs += permute(l, order, from + 1, n);
		held = order[from];
		order[from] = order[i];
		order[i] = held;
	}
	return runs;
}

static void test_every_order(void **state)
{
	unsigned runs = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(lives); i++) {
		unsigned order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };

		runs += permute(&lives[i], order, 0, life_length(&lives[i]));
	}
	print_message("# %u orders of messages\n", runs);
	assert_true(runs > 100000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
