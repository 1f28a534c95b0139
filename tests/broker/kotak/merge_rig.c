#include "tests/broker/kotak/merge_rig.h"

static void hear_report(struct merge_rig *r, const struct event_order *e)
{
	uint64_t at = e->order;
	enum order_state next;

	assert_true(at < RIG_ORDERS);
	r->reports++;
	if (!order_next((enum order_state)r->state[at], (enum order_report)e->report, &next))
		fail_msg("report %s is not legal in state %s", order_report_name((enum order_report)e->report),
		         order_state_name((enum order_state)r->state[at]));
	r->state[at] = next;
	if (e->report == REPORT_MODIFIED || e->report == REPORT_MODIFY_REJECTED)
		r->modifying[at] = false;
	if (e->report == REPORT_CANCEL_REJECTED)
		r->cancelling[at] = false;
	if (order_terminal(next))
		r->modifying[at] = r->cancelling[at] = false;
	if (e->price > 0)
		r->price[at] = e->price;
	if (e->broker_ref[0])
		memcpy(r->ref[at], e->broker_ref, BROKER_REF_TEXT);
	memcpy(r->reason[at], e->reason, REASON_TEXT);
}

static void hear_fill(struct merge_rig *r, const struct event_fill *e)
{
	uint64_t at = e->order;

	uint64_t key = e->trade ^ (at == 0); /* a stranger's may turn out to be ours, once */

	for (unsigned i = 0; i < r->trades; i++)
		if (r->trade[i] == key)
			fail_msg("a trade was told twice");
	assert_true(r->trades < ARRAY_LEN(r->trade) && e->trade != 0 && e->qty > 0 && e->price > 0);
	r->trade[r->trades++] = key;
	if (at == 0) {
		r->foreign_fills++;
		return;
	}
	assert_true(at < RIG_ORDERS);
	r->fills++;
	r->filled[at] += e->qty;
	if (r->filled[at] >= r->qty[at])
		r->state[at] = ORDER_FILLED;
	else if (!order_terminal((enum order_state)r->state[at]))
		r->state[at] = ORDER_PARTIAL;
	if (order_terminal((enum order_state)r->state[at]))
		r->modifying[at] = r->cancelling[at] = false;
}

static void hear(void *ctx, struct event *e)
{
	struct merge_rig *r = ctx;

	if (e->head.kind == EVENT_ORDER)
		hear_report(r, &e->order);
	else if (e->head.kind == EVENT_FILL)
		hear_fill(r, &e->fill);
	else
		fail_msg("an event of another kind");
}

static void note(void *ctx, enum merge_note kind, const char *text)
{
	struct merge_rig *r = ctx;

	assert_true(text[0] != '\0' && kind < MERGE_NOTES);
	r->notes[kind]++;
}

void mrig_init(struct merge_rig *r)
{
	struct merge_sink sink = { .event = hear, .note = note, .ctx = r };

	memset(r, 0, sizeof(*r));
	merge_init(&r->m, &sink);
	r->span = NANOS_HOUR;
	merge_at(&r->m, 1000 * NANOS_DAY, r->span);
}

void mrig_done(struct merge_rig *r)
{
	for (size_t i = 0; i < r->m.n; i++) { /* what the merge thinks of the core is what the core thinks */
		const struct merge_order *o = &r->m.order[i];

		if (!o->copy && o->told != r->state[o->request.order])
			fail_msg("told %s, the core is in %s", order_state_name((enum order_state)o->told),
			         order_state_name((enum order_state)r->state[o->request.order]));
	}
	merge_done(&r->m);
}

void mrig_wait(struct merge_rig *r, nanos_t length)
{
	r->span += length;
	merge_at(&r->m, 1000 * NANOS_DAY + r->span, r->span);
	merge_tick(&r->m);
}

struct order_request mrig_request(uint64_t order, enum side side, qty_t qty, double price)
{
	struct order_request q = { .order = order, .side = (uint8_t)side, .type = ORDER_LIMIT, .qty = qty, .price = RUPEES(price) };

	order_tag(1790000000u, order, q.tag);
	return q;
}

struct merge_order *mrig_place(struct merge_rig *r, const struct order_request *q)
{
	struct merge_order *o = merge_place(&r->m, q, 3, SYMBOL, SEGMENT_NSE_FO);

	r->state[q->order] = ORDER_INTENT;
	r->qty[q->order] = q->qty;
	r->price[q->order] = q->price;
	if (o)
		merge_place_left(&r->m, o);
	return o;
}

struct merge_order *mrig_order(struct merge_rig *r, uint64_t order)
{
	struct merge_order *o = merge_find(&r->m, order);

	assert_non_null(o);
	return o;
}

struct order_row mrig_row(const char *number, const char *tag, const char *status, int64_t t, qty_t filled, double price)
{
	struct order_row row = { .segment = SEGMENT_NSE_FO, .status = row_status_of(status), .side = SIDE_BUY, .qty = 75, .filled = filled,
	                         .price = RUPEES(price), .updated = t };

	snprintf(row.number, sizeof(row.number), "%s", number);
	snprintf(row.tag, sizeof(row.tag), "%s", tag);
	snprintf(row.text, sizeof(row.text), "%s", status);
	snprintf(row.symbol, sizeof(row.symbol), "%s", SYMBOL);
	return row;
}

struct trade_row mrig_trade(const char *number, const char *id, qty_t qty, double price)
{
	struct trade_row t = { .segment = SEGMENT_NSE_FO, .side = SIDE_BUY, .qty = qty, .price = RUPEES(price) };

	snprintf(t.number, sizeof(t.number), "%s", number);
	snprintf(t.id, sizeof(t.id), "%s", id);
	snprintf(t.symbol, sizeof(t.symbol), "%s", SYMBOL);
	return t;
}

void mrig_trades(struct merge_rig *r, const struct trade_row *t, unsigned n)
{
	merge_trades_begin(&r->m);
	for (unsigned i = 0; i < n; i++)
		merge_trade(&r->m, &t[i]);
	merge_trades_end(&r->m);
}

/* A book that was asked for just now. */
bool mrig_book(struct merge_rig *r, const struct order_row *rows, unsigned n, bool whole)
{
	nanos_t began = r->span;

	mrig_wait(r, NANOS_MS);
	merge_book_begin(&r->m, began);
	for (unsigned i = 0; i < n; i++)
		merge_row(&r->m, &rows[i], began);
	return merge_book_end(&r->m, whole);
}

const char *mrig_tag(uint64_t order)
{
	static char tag[ORDER_TAG_TEXT];

	order_tag(1790000000u, order, tag);
	return tag;
}

struct merge_order *mrig_unknown(struct merge_rig *r)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);

	mrig_init(r);
	mrig_place(r, &q);
	merge_place_unknown(&r->m, mrig_order(r, 1), "timeout");
	assert_int_equal(r->state[1], ORDER_UNKNOWN);
	return mrig_order(r, 1);
}

void mrig_working(struct merge_rig *r)
{
	struct order_request q = mrig_request(1, SIDE_BUY, 75, 100);
	struct order_row row = mrig_row(NUMBER, mrig_tag(1), "open", 10, 0, 100);

	mrig_init(r);
	mrig_place(r, &q);
	merge_place_ok(&r->m, mrig_order(r, 1), NUMBER);
	merge_row(&r->m, &row, 0);
}
