/* What a broker might send, as bytes. The first byte chooses: JSON for the row readers, or a schedule of answers, rows, trades, books and pauses for the
 * merge. Oracle: the sanitizers; a row that is believed lies inside its bounds; no report is illegal for the core, no fill told twice, no order
 * called absent or ended that the broker's side of the schedule holds alive.
 *     clang -fsanitize=fuzzer,address,undefined -DSAUDA_LIBFUZZER ...     or     fuzz_orders [CASES [SEED]]  */
#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/broker/kotak/order_merge.h"
#include "tests/fuzz.h"

/* -- rows ---------------------------------------------------------------------------------------------------------------------------- */

static void try_rows(const char *text, size_t len)
{
	cJSON *json = wire_parse(text, len);
	struct order_row r;
	struct trade_row t;
	const char *why = NULL;

	for (int feed = 0; feed < 2; feed++)
		if (order_row_read(json, feed, &r, &why))
			assert(r.number[0] && r.symbol[0] && r.qty > 0 && r.filled >= 0 && r.filled <= r.qty && r.price >= 0 && r.trigger >= 0 && r.updated >= 0 &&
			       r.status < ROW_STATUSES && strlen(r.tag) < sizeof(r.tag) && r.segment <= SEGMENT_COUNT);
		else
			assert(why);
	why = NULL;
	if (trade_row_read(json, &t, &why))
		assert(t.number[0] && t.qty > 0 && t.price > 0 && trade_id(&t) != 0);
	else
		assert(why);
	cJSON_Delete(json);
}

/* -- a schedule --------------------------------------------------------------------------------------------------------------------------- */

#define ORDERS 3
static struct world {
	struct merge m;
	uint32_t state[ORDERS + 1];
	uint64_t trade[512];
	unsigned trades;
	nanos_t span;
	/* the broker's side: what really became of each order */
	struct truth { bool exists; struct order_row row; unsigned fills; } truth[ORDERS + 1];
} w;

static void hear_event(void *ctx, struct event *e)
{
	enum order_state next;

	(void)ctx;
	if (e->head.kind == EVENT_ORDER) {
		assert(e->order.order >= 1 && e->order.order <= ORDERS);
		assert(order_next((enum order_state)w.state[e->order.order], (enum order_report)e->order.report, &next));
		/* Every book here is honest: what exists is never called absent, what lives never ended. */
		assert(e->order.report != REPORT_ABSENT || !w.truth[e->order.order].exists);
		if (order_terminal(next) && !order_terminal((enum order_state)w.state[e->order.order]) && w.truth[e->order.order].exists)
			assert(row_status_terminal(w.truth[e->order.order].row.status));
		w.state[e->order.order] = next;
		return;
	}
	uint64_t key = e->fill.trade ^ (e->fill.order == 0); /* a stranger's may turn out to be ours, once */
	for (unsigned i = 0; i < w.trades; i++)
		assert(w.trade[i] != key);
	assert(w.trades < ARRAY_LEN(w.trade));
	w.trade[w.trades++] = key;
}

static void hear_note(void *ctx, enum merge_note kind, const char *text)
{
	(void)ctx;
	assert(kind < MERGE_NOTES && text[0]);
}

static void begin(void)
{
	static const struct merge_sink sink = { .event = hear_event, .note = hear_note };

	memset(&w, 0, sizeof(w));
	merge_init(&w.m, &sink);
	w.span = NANOS_HOUR;
	merge_at(&w.m, 20000 * NANOS_DAY, w.span);
}

static void place(uint64_t order)
{
	struct order_request r = { .order = order, .side = SIDE_BUY, .type = ORDER_LIMIT, .qty = 75, .price = 1000000 };
	struct merge_order *o;

	order_tag(1790000000u, order, r.tag);
	if (merge_find(&w.m, order) && w.state[order] != ORDER_ABSENT)
		return;
	o = merge_place(&w.m, &r, 0, "X", SEGMENT_NSE_FO);
	if (!o)
		return;
	w.state[order] = ORDER_INTENT;
	merge_place_left(&w.m, o);
}

/* The broker takes the order on, if it has not already. */
static void take_on(uint64_t order)
{
	struct truth *t = &w.truth[order];

	if (t->exists || !merge_find(&w.m, order))
		return;
	t->exists = true;
	t->row = (struct order_row){ .segment = SEGMENT_NSE_FO, .status = ROW_OPEN, .side = SIDE_BUY, .qty = 75, .price = 1000000, .updated = w.m.stamp };
	snprintf(t->row.number, sizeof(t->row.number), "N%d", (int)order);
	order_tag(1790000000u, order, t->row.tag);
	strcpy(t->row.symbol, "X");
	strcpy(t->row.text, "open");
}

static void move(uint64_t order, uint8_t how)
{
	struct order_row *r = &w.truth[order].row;

	if (!w.truth[order].exists || row_status_terminal(r->status))
		return;
	r->updated += 1 + how % 3;
	switch (how % 5) {
	case 0:
		r->filled += 25;
		w.truth[order].fills++;
		r->status = r->filled == r->qty ? ROW_COMPLETE : ROW_OPEN;
		break;
	case 1:
		r->status = ROW_CANCELLED;
		break;
	case 2:
		r->price += 500;
		r->status = ROW_MODIFIED;
		break;
	case 3:
		r->status = how & 8 ? ROW_CANCELLING : ROW_MODIFYING;
		break;
	default:
		r->tag[how & 16 ? 0 : 10] = '\0'; /* replaced or cut */
	}
	snprintf(r->text, sizeof(r->text), "%d", (int)r->status);
}

static void answer(uint64_t order, uint8_t how)
{
	struct merge_order *o = merge_find(&w.m, order);

	if (!o || !o->placing)
		return;
	if (w.truth[order].exists && how % 2)
		merge_place_ok(&w.m, o, w.truth[order].row.number);
	else if (!w.truth[order].exists && how % 3 == 0)
		merge_place_refused(&w.m, o, "no");
	else
		merge_place_unknown(&w.m, o, "timeout");
}

/* Honest, and perhaps not whole. */
static void book(bool whole)
{
	merge_book_begin(&w.m, w.span);
	w.span += NANOS_MS;
	merge_at(&w.m, 20000 * NANOS_DAY + w.span, w.span);
	for (unsigned i = 1; i <= ORDERS; i++)
		if (w.truth[i].exists && (whole || i % 2))
			merge_row(&w.m, &w.truth[i].row, w.m.book_began);
	merge_book_end(&w.m, whole);
}

static void trades(void)
{
	merge_trades_begin(&w.m);
	for (unsigned i = 1; i <= ORDERS; i++)
		for (unsigned f = 0; f < w.truth[i].fills; f++) {
			struct trade_row t = { .segment = SEGMENT_NSE_FO, .side = SIDE_BUY, .qty = 25, .price = 1000000, .symbol = "X" };

			memcpy(t.number, w.truth[i].row.number, sizeof(t.number));
			snprintf(t.id, sizeof(t.id), "%u%u", i, f);
			merge_trade(&w.m, &t);
		}
	merge_trades_end(&w.m);
}

static void change(uint64_t order, uint8_t how)
{
	struct merge_order *o = merge_find(&w.m, order);
	struct order_request r;

	if (!o)
		return;
	r = o->request;
	r.price += 500;
	if (how % 3 == 0 && o->modify.stage == CHANGE_NONE)
		merge_modify(&w.m, o, &r);
	else if (how % 3 == 1)
		merge_cancel(&w.m, o);
	else {
		merge_modify_answer(&w.m, o, o->modify.serial, (enum change_answer)(how / 3 % 4), "said");
		merge_cancel_answer(&w.m, o, o->cancel.serial, (enum change_answer)(how / 12 % 4), "said");
	}
	merge_cancel_next(&w.m);
}

static void pause_for(uint8_t how)
{
	w.span += (nanos_t)(how + 1) * NANOS_SECOND;
	merge_at(&w.m, 20000 * NANOS_DAY + w.span, w.span);
	merge_tick(&w.m);
}

static void play(const uint8_t *data, size_t size)
{
	begin();
	for (size_t i = 0; i + 1 < size && i < 400; i += 2) {
		uint64_t order = 1 + data[i] / 16 % ORDERS;
		uint8_t how = data[i + 1];

		switch (data[i] % 16) {
		case 0: case 1: place(order); break;
		case 2: case 3: take_on(order); break;
		case 4: case 5: move(order, how); break;
		case 6: answer(order, how); break;
		case 7: case 8: if (w.truth[order].exists) merge_row(&w.m, &w.truth[order].row, 0); break;
		case 9: case 10: book(how % 8 != 0); break;
		case 11: case 12: trades(); break;
		case 13: change(order, how); break;
		default: pause_for(how); break;
		}
	}
	/* Calm: everything shown, and the two pictures are one. */
	for (int calm = 0; calm < 3; calm++) {
		pause_for(15);
		book(true);
		trades();
	}
	for (unsigned i = 1; i <= ORDERS; i++) {
		const struct merge_order *o = merge_find(&w.m, i);

		if (o && o->number[0])
			assert(o->has_row && o->row.filled == w.truth[i].row.filled && o->traded == w.truth[i].row.filled);
		if (o)
			assert(o->told == w.state[i] || w.truth[i].fills > 0);
	}
	merge_done(&w.m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2)
		play(data + 1, size - 1);
	else
		try_rows((const char *)data + 1, size - 1);
	return 0;
}

#ifndef SAUDA_LIBFUZZER
static const char *const seeds[] = {
	"{\"nOrdNo\":\"250122000612876\",\"ordSt\":\"open\",\"exSeg\":\"nse_cm\",\"trdSym\":\"IDEA-EQ\",\"tok\":\"14366\",\"trnsTp\":\"B\",\"prc\":\"9.39\",\"qty\":1,\"fldQty\":0,\"GuiOrdId\":\"A1\",\"updRecvTm\":1737536281933015920}",
	"{\"nOrdNo\":\"250122000612876\",\"flId\":\"7\",\"fldQty\":75,\"avgPrc\":\"1.05\",\"exSeg\":\"nse_fo\",\"trdSym\":\"X\",\"trnsTp\":\"S\",\"flDt\":\"20-Jun-2025\",\"flTm\":\"10:16:26\"}",
	"{\"nOrdNo\":1e15,\"ordSt\":null,\"exSeg\":\"mcx_fo\",\"trdSym\":\"\",\"trnsTp\":\"X\",\"prc\":{},\"qty\":\"--\",\"fldQty\":[],\"updRecvTm\":\"99999999999999999999\"}",
};

static size_t make_case(uint64_t *random, uint8_t *out, size_t cap)
{
	static const char likely[] = "{}[]\":,\\0123456789-+.eEnul\x80\xff ";
	const char *seed = seeds[prng_below(random, ARRAY_LEN(seeds))];
	size_t len = 1 + strlen(seed);

	out[0] = (uint8_t)prng_next(random);
	if (out[0] % 2) {
		len = 1 + prng_below(random, 401 < cap ? 401 : cap - 1);
		for (size_t i = 1; i < len; i++)
			out[i] = (uint8_t)prng_next(random);
		return len;
	}
	memcpy(out + 1, seed, len - 1);
	for (uint64_t changes = prng_below(random, 6); changes > 0; changes--)
		out[1 + prng_below(random, len - 1)] = prng_below(random, 3) ? (uint8_t)likely[prng_below(random, sizeof(likely) - 1)] :
		                                                              (uint8_t)prng_next(random);
	return prng_below(random, 8) == 0 ? 1 + prng_below(random, len) : len;
}

int main(int argc, char **argv)
{
	return fuzz_run(fuzz_begin("fuzz_orders", 100000, argc, argv), make_case);
}
#endif
