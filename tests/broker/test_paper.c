/* Every rule of docs/paper-broker.md, one after the other. */
#include <stdio.h>

#include "lib/broker/paper/paper.h"
#include "tests/core/rig.h"

struct desk {
	struct rig rig;
	struct broker *broker;
	struct event said[512];          /* what the broker emitted */
	unsigned n;
};
static struct desk desk;

static void hear(void *ctx, struct event *e)
{
	struct desk *d = ctx;

	assert_true(d->n < ARRAY_LEN(d->said));
	memset(&d->said[d->n], 0, sizeof(*e)); /* the payload is all there is */
	memcpy(&d->said[d->n++], e, sizeof(e->head) + event_payload_size(e->head.kind));
}

static void desk_open(struct desk *d, const struct paper_options *o)
{
	static const struct paper_options plain = { .seed = 1 };

	rig_open(&d->rig);
	d->n = 0;
	assert_int_equal(paper_open(o ? o : &plain, &d->rig.core, hear, d, &d->broker), ERR_OK);
}

static void desk_close(struct desk *d)
{
	d->broker->ops->close(d->broker);
	rig_done(&d->rig);
}

static int set_up(void **state)
{
	(void)state;
	desk_open(&desk, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	desk_close(&desk);
	return 0;
}

#define on_a_desk(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct order_request request(uint64_t order, enum side side, qty_t qty, double price)
{
	return (struct order_request){ .order = order, .side = (uint8_t)side, .type = ORDER_LIMIT, .qty = qty, .price = RUPEES(price) };
}

static struct order_request stop(uint64_t order, enum side side, qty_t qty, double price, double trigger)
{
	struct order_request r = request(order, side, qty, price);

	r.type = ORDER_SL;
	r.trigger = RUPEES(trigger);
	return r;
}

static void place(struct desk *d, struct order_request r, uint32_t instrument)
{
	d->n = 0;
	d->broker->ops->place(d->broker, &r, instrument, d->rig.at);
}

static void modify(struct desk *d, struct order_request r, uint32_t instrument)
{
	d->n = 0;
	d->broker->ops->modify(d->broker, &r, instrument, d->rig.at);
}

static void show(struct desk *d, struct event *e)
{
	d->n = 0;
	d->broker->ops->observe(d->broker, e);
}

static void quote(struct desk *d, double bid, double ask, qty_t bid_qty, qty_t ask_qty)
{
	struct event *e = rig_event(&d->rig, EVENT_TICK, RIG_CALL);

	e->tick = (struct event_tick){ .last = RUPEES(bid), .bid = RUPEES(bid), .ask = RUPEES(ask), .bid_qty = bid_qty, .ask_qty = ask_qty };
	show(d, e);
}

static void bar(struct desk *d, uint32_t instrument, double low, double high)
{
	struct event *e = rig_event(&d->rig, EVENT_BAR, instrument);

	e->bar.bar = (struct bar){ d->rig.at - NANOS_MINUTE, RUPEES(low), RUPEES(high), RUPEES(low), RUPEES(low), 1 };
	e->bar.interval_s = 60;
	show(d, e);
}

static void assert_fill(const struct desk *d, unsigned n, qty_t qty, double price)
{
	assert_true(n < d->n);
	assert_int_equal(d->said[n].head.kind, EVENT_FILL);
	assert_int_equal(d->said[n].fill.qty, qty);
	assert_int_equal(d->said[n].fill.price, RUPEES(price));
}

static void assert_says(const struct desk *d, enum order_report report, const char *words)
{
	assert_int_equal(d->n, 1);
	assert_int_equal(d->said[0].head.kind, EVENT_ORDER);
	assert_int_equal(d->said[0].order.report, report);
	assert_string_equal(d->said[0].order.reason, words);
}

/* -- taking orders --------------------------------------------------------------------------------------------------------- */

static void accepts(void **state)
{
	(void)state;
	assert_false(desk.broker->ops->waiting(desk.broker, RIG_CALL));
	place(&desk, request(1, SIDE_BUY, 75, 100), RIG_CALL);
	assert_says(&desk, REPORT_OPEN, "");
	assert_string_equal(desk.said[0].order.broker_ref, "P000000001");
	assert_true(desk.broker->ops->waiting(desk.broker, RIG_CALL));
	assert_false(desk.broker->ops->waiting(desk.broker, RIG_PUT));
}

static void refuses(void **state)
{
	(void)state;
	desk.rig.core.instrument[RIG_CALL].band_low = RUPEES(10);
	desk.rig.core.instrument[RIG_CALL].band_high = RUPEES(200);
	place(&desk, request(1, SIDE_BUY, 1, 24000), RIG_NIFTY);
	assert_says(&desk, REPORT_REJECTED, "instrument cannot be traded");
	place(&desk, request(2, SIDE_BUY, 74, 100), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "quantity is not a multiple of the lot");
	place(&desk, request(3, SIDE_BUY, 0, 100), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "quantity is not a multiple of the lot");
	place(&desk, request(4, SIDE_BUY, 375, 100), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "quantity exceeds the freeze limit");
	place(&desk, request(5, SIDE_BUY, 75, 100.01), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "price is not a multiple of the tick");
	place(&desk, request(6, SIDE_BUY, 75, 0), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "price is not a multiple of the tick");
	place(&desk, request(7, SIDE_BUY, 75, 200.05), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "price is outside the circuit limit");
	place(&desk, request(8, SIDE_SELL, 75, 9.95), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "price is outside the circuit limit");
	desk.rig.core.s->day_active = 0;
	place(&desk, request(9, SIDE_BUY, 75, 100), RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "market is closed");
	assert_false(desk.broker->ops->waiting(desk.broker, RIG_CALL));
}

static void a_full_book(void **state)
{
	uint64_t n = 0;

	(void)state;
	do
		place(&desk, request(++n, SIDE_BUY, 75, 50), RIG_CALL);
	while (desk.said[0].order.report == REPORT_OPEN && n < 2000);
	assert_says(&desk, REPORT_REJECTED, "too many open orders");
	assert_int_equal(n, 513);
}

static void modifies(void **state)
{
	struct order_request r = request(1, SIDE_BUY, 75, 90);

	(void)state;
	desk.rig.core.instrument[RIG_CALL].band_high = RUPEES(200);
	place(&desk, r, RIG_CALL);
	r.price = RUPEES(101);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFIED, "");
	assert_int_equal(desk.said[0].order.price, RUPEES(101));
	r.price = RUPEES(101.01);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFY_REJECTED, "price is not a multiple of the tick");
	r.price = RUPEES(201);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFY_REJECTED, "price is outside the circuit limit");
	quote(&desk, 100, 100.10, 0, 0);
	assert_fill(&desk, 0, 75, 100.10);
	r.price = RUPEES(101);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFY_REJECTED, "order is completed");
	assert_int_equal(desk.said[0].order.filled, -1); /* not told: the order is gone */
}

static void cancels(void **state)
{
	struct order_request r = request(1, SIDE_BUY, 150, 101);

	(void)state;
	place(&desk, r, RIG_CALL);
	quote(&desk, 100, 100.10, 75, 75);
	assert_fill(&desk, 0, 75, 100.10);
	desk.n = 0;
	desk.broker->ops->cancel(desk.broker, &r, RIG_CALL, desk.rig.at);
	assert_says(&desk, REPORT_CANCELLED, "");
	assert_int_equal(desk.said[0].order.filled, 75);
	desk.n = 0;
	desk.broker->ops->cancel(desk.broker, &r, RIG_CALL, desk.rig.at);
	assert_says(&desk, REPORT_CANCEL_REJECTED, "order is completed");
	quote(&desk, 100, 100.10, 0, 0);
	assert_int_equal(desk.n, 0);
}

/* -- ticks ------------------------------------------------------------------------------------------------------------------- */

static void meets_the_other_side(void **state)
{
	(void)state;
	place(&desk, request(1, SIDE_BUY, 75, 100), RIG_CALL);
	place(&desk, request(2, SIDE_SELL, 75, 101), RIG_CALL);
	quote(&desk, 99, 100.05, 0, 0); /* ask above the limit, bid below the other */
	assert_int_equal(desk.n, 0);
	quote(&desk, 0, 0, 0, 0); /* no market */
	assert_int_equal(desk.n, 0);
	quote(&desk, 99, 100, 0, 0);
	assert_int_equal(desk.n, 1);
	assert_fill(&desk, 0, 75, 100);
	assert_int_equal(desk.said[0].fill.order, 1);
	assert_int_equal(desk.said[0].fill.trade, 1);
	quote(&desk, 101.20, 101.30, 0, 0); /* at the quote, which may be better than the limit */
	assert_fill(&desk, 0, 75, 101.20);
	assert_int_equal(desk.said[0].fill.trade, 2);
}

static void other_instruments_and_stale_ticks(void **state)
{
	struct event *e;

	(void)state;
	place(&desk, request(1, SIDE_BUY, 75, 100), RIG_CALL);
	e = rig_event(&desk.rig, EVENT_TICK, RIG_PUT);
	e->tick.ask = e->tick.bid = RUPEES(90);
	show(&desk, e);
	assert_int_equal(desk.n, 0);
	e = rig_event(&desk.rig, EVENT_TICK, RIG_CALL);
	e->tick.ask = e->tick.bid = RUPEES(90);
	e->head.flags = TICK_STALE;
	show(&desk, e);
	assert_int_equal(desk.n, 0);
	e->head.flags = 0;
	show(&desk, e);
	assert_fill(&desk, 0, 75, 90);
}

static void slippage(void **state)
{
	(void)state;
	desk_open(&desk, &(struct paper_options){ .seed = 1, .slippage_ticks = 2 });
	place(&desk, request(1, SIDE_BUY, 75, 101), RIG_CALL);
	quote(&desk, 99.90, 100, 0, 0);
	assert_fill(&desk, 0, 75, 100.10);
	place(&desk, request(2, SIDE_SELL, 75, 99.85), RIG_CALL);
	quote(&desk, 99.90, 100, 0, 0);
	assert_fill(&desk, 0, 75, 99.85); /* never worse than the limit */
	desk_close(&desk);
}

static void quantity_at_the_quote(void **state)
{
	(void)state;
	place(&desk, request(1, SIDE_BUY, 225, 101), RIG_CALL);
	quote(&desk, 99, 100, 0, 74); /* less than a lot is there */
	assert_int_equal(desk.n, 0);
	quote(&desk, 99, 100, 0, 160); /* whole lots only */
	assert_fill(&desk, 0, 150, 100);
	quote(&desk, 99, 100.50, 0, 1000);
	assert_fill(&desk, 0, 75, 100.50);
	assert_false(desk.broker->ops->waiting(desk.broker, RIG_CALL));
}

static void depth(void **state)
{
	struct event *e;

	(void)state;
	place(&desk, request(1, SIDE_BUY, 300, 101), RIG_CALL);
	e = rig_event(&desk.rig, EVENT_DEPTH, RIG_CALL);
	e->depth.ask[0] = (struct depth_level){ RUPEES(100), 75 };
	e->depth.ask[1] = (struct depth_level){ RUPEES(100.50), 100 };
	e->depth.ask[2] = (struct depth_level){ RUPEES(101), 80 };
	e->depth.ask[3] = (struct depth_level){ RUPEES(101.05), 500 };
	show(&desk, e); /* the tick before it has not been met */
	assert_int_equal(desk.n, 0);
	struct event levels = *e;
	quote(&desk, 99, 100, 0, 75);
	assert_fill(&desk, 0, 75, 100);
	show(&desk, &levels);
	assert_int_equal(desk.n, 2); /* whole lots of the levels within the limit */
	assert_fill(&desk, 0, 75, 100.50);
	assert_fill(&desk, 1, 75, 101);
	levels.depth.ask[1].qty = 75;
	show(&desk, &levels);
	assert_int_equal(desk.n, 1);
	assert_false(desk.broker->ops->waiting(desk.broker, RIG_CALL));
	place(&desk, request(2, SIDE_SELL, 150, 99), RIG_CALL);
	quote(&desk, 99.50, 100, 75, 0);
	memset(&levels.depth, 0, sizeof(levels.depth));
	levels.depth.bid[1] = (struct depth_level){ RUPEES(98.95), 75 };
	show(&desk, &levels);
	assert_int_equal(desk.n, 0);
	levels.depth.bid[1].price = RUPEES(99);
	show(&desk, &levels);
	assert_fill(&desk, 0, 75, 99);
}

/* -- time -------------------------------------------------------------------------------------------------------------------- */

static void not_on_the_price_that_caused_it(void **state)
{
	(void)state;
	quote(&desk, 99, 100, 0, 0);
	place(&desk, request(1, SIDE_BUY, 75, 101), RIG_CALL);
	assert_int_equal(desk.n, 1); /* open, and not filled */
	struct event *e = rig_event(&desk.rig, EVENT_DEPTH, RIG_CALL); /* of the tick before the order */
	e->depth.ask[1] = (struct depth_level){ RUPEES(100), 500 };
	show(&desk, e);
	assert_int_equal(desk.n, 0);
	quote(&desk, 99, 100, 0, 0);
	assert_fill(&desk, 0, 75, 100);
}

static void latency(void **state)
{
	struct event *e;

	(void)state;
	desk_open(&desk, &(struct paper_options){ .seed = 1, .latency = 500 * NANOS_MS });
	place(&desk, request(1, SIDE_BUY, 75, 101), RIG_CALL);
	place(&desk, request(2, SIDE_BUY, 75, 99), RIG_CALL);
	desk.rig.at += 499 * NANOS_MS;
	quote(&desk, 99, 100, 0, 0);
	assert_int_equal(desk.n, 0);
	e = rig_event(&desk.rig, EVENT_TICK, RIG_CALL); /* the open of a bar stands for the bar's beginning */
	e->tick = (struct event_tick){ .bid = RUPEES(98), .ask = RUPEES(98.50) };
	e->head.flags = TICK_OPEN_OF_BAR;
	struct event open = *e;
	desk.rig.at += NANOS_MS;
	quote(&desk, 99, 100, 0, 0);
	assert_int_equal(desk.n, 1);
	assert_fill(&desk, 0, 75, 100);
	show(&desk, &open);
	assert_fill(&desk, 0, 75, 98.50);
	desk_close(&desk);
}

static void expires(void **state)
{
	struct event *e;

	(void)state;
	place(&desk, request(1, SIDE_BUY, 75, 50), RIG_CALL);
	place(&desk, request(2, SIDE_BUY, 75, 51), RIG_CALL);
	e = rig_event(&desk.rig, EVENT_SESSION, INSTRUMENT_NONE);
	e->session.edge = SESSION_BEGIN;
	show(&desk, e);
	assert_int_equal(desk.n, 0);
	e->session.edge = SESSION_END;
	show(&desk, e);
	assert_int_equal(desk.n, 2);
	assert_int_equal(desk.said[0].order.report, REPORT_EXPIRED);
	assert_int_equal(desk.said[0].order.order, 1);
	assert_int_equal(desk.said[1].order.order, 2);
	place(&desk, request(3, SIDE_BUY, 75, 50), RIG_CALL);
	show(&desk, rig_event(&desk.rig, EVENT_FEED_END, INSTRUMENT_NONE));
	assert_says(&desk, REPORT_EXPIRED, "the session ended");
}

/* -- bars -------------------------------------------------------------------------------------------------------------------- */

static void bars(void **state)
{
	(void)state;
	/* INDEX has no spread: its last price is bid and ask */
	place(&desk, request(1, SIDE_BUY, 1, 50000), RIG_INDEX);
	bar(&desk, RIG_INDEX, 50000, 50100); /* touched, not traded through */
	assert_int_equal(desk.n, 0);
	bar(&desk, RIG_INDEX, 49999.95, 50100);
	assert_fill(&desk, 0, 1, 50000); /* at the limit, never better */
	place(&desk, request(2, SIDE_BUY, 1, 50500), RIG_INDEX);
	bar(&desk, RIG_INDEX, 50000, 50100);
	assert_fill(&desk, 0, 1, 50100); /* never worse than the bar's own range */
	place(&desk, request(3, SIDE_SELL, 1, 50000), RIG_INDEX);
	bar(&desk, RIG_INDEX, 49000, 50000);
	assert_int_equal(desk.n, 0);
	bar(&desk, RIG_INDEX, 49000, 50000.05);
	assert_fill(&desk, 0, 1, 50000);
	place(&desk, request(4, SIDE_SELL, 1, 40000), RIG_INDEX);
	bar(&desk, RIG_INDEX, 49000, 50000);
	assert_fill(&desk, 0, 1, 49000);
	place(&desk, request(5, SIDE_BUY, 75, 100), RIG_CALL); /* has a real spread, and bars do not tell it */
	bar(&desk, RIG_CALL, 90, 95);
	assert_int_equal(desk.n, 0);
}

static void stop_loss_orders(void **state)
{
	struct order_request r = stop(1, SIDE_SELL, 75, 89, 90);

	(void)state;
	place(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_TRIGGER_PENDING, "");
	quote(&desk, 90.05, 90.10, 0, 0); /* last 90.05 */
	assert_int_equal(desk.n, 0);
	quote(&desk, 90, 90.10, 0, 0);
	assert_int_equal(desk.said[0].order.report, REPORT_OPEN);
	assert_string_equal(desk.said[0].order.reason, "the trigger traded");
	assert_fill(&desk, 1, 75, 90);
	r = stop(2, SIDE_BUY, 1, 50200, 50100);
	place(&desk, r, RIG_INDEX);
	bar(&desk, RIG_INDEX, 50000, 50099.95);
	assert_int_equal(desk.n, 0);
	bar(&desk, RIG_INDEX, 50000, 50100);
	assert_fill(&desk, 1, 1, 50100);
	r.trigger = RUPEES(100.01);
	place(&desk, r, RIG_INDEX);
	assert_says(&desk, REPORT_REJECTED, "price is not a multiple of the tick");
}

static void stops_on_the_wrong_side(void **state)
{
	struct order_request r = stop(1, SIDE_SELL, 75, 89, 88.95); /* below its limit */

	(void)state;
	place(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "the trigger is on the wrong side of the limit");
	r.trigger = RUPEES(100.05); /* the last price is there */
	place(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_REJECTED, "the trigger is beyond the last price");
	r.trigger = RUPEES(100);
	place(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_TRIGGER_PENDING, "");
	r = stop(2, SIDE_BUY, 1, 50000, 50000);
	place(&desk, r, RIG_INDEX);
	assert_says(&desk, REPORT_REJECTED, "the trigger is beyond the last price");
}

/* A stop is moved, and made a limit: then it meets the market like any other. */
static void modified_stops(void **state)
{
	struct order_request r = stop(1, SIDE_SELL, 75, 89, 90);

	(void)state;
	place(&desk, r, RIG_CALL);
	r.trigger = RUPEES(200);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFY_REJECTED, "the trigger is beyond the last price");
	r.trigger = RUPEES(95);
	r.price = RUPEES(94);
	modify(&desk, r, RIG_CALL);
	assert_says(&desk, REPORT_MODIFIED, "");
	quote(&desk, 95.05, 95.10, 0, 0);
	assert_int_equal(desk.n, 0);
	r.type = ORDER_LIMIT;
	r.trigger = 0;
	r.price = RUPEES(95);
	modify(&desk, r, RIG_CALL);
	assert_int_equal(desk.n, 2);
	assert_int_equal(desk.said[0].order.report, REPORT_MODIFIED);
	assert_int_equal(desk.said[1].order.report, REPORT_OPEN);
	quote(&desk, 95, 95.10, 0, 0);
	assert_fill(&desk, 0, 75, 95);
}

/* -- chance ------------------------------------------------------------------------------------------------------------------ */

static unsigned rejected(uint64_t seed, uint32_t percent)
{
	unsigned n = 0;

	desk_open(&desk, &(struct paper_options){ .seed = seed, .reject_pct = percent });
	for (uint64_t i = 1; i <= 400; i++) {
		place(&desk, request(i, SIDE_BUY, 75, 50), RIG_CALL);
		n += desk.said[0].order.report == REPORT_REJECTED;
	}
	desk_close(&desk);
	return n;
}

static void random_rejects(void **state)
{
	(void)state;
	assert_int_equal(rejected(1, 0), 0);
	assert_int_equal(rejected(1, 100), 400);
	unsigned n = rejected(5, 25);
	assert_true(n > 60 && n < 140);
	assert_int_equal(rejected(5, 25), n); /* the seed is the whole of chance */
}

static void partials(void **state)
{
	unsigned parts = 0;

	(void)state;
	desk_open(&desk, &(struct paper_options){ .seed = 3, .partial_pct = 100 });
	place(&desk, request(1, SIDE_BUY, 300, 101), RIG_CALL);
	for (qty_t left = 300; left > 0; parts++) {
		quote(&desk, 99, 100, 0, 0);
		assert_int_equal(desk.n, 1);
		assert_true(desk.said[0].fill.qty % 75 == 0 && desk.said[0].fill.qty <= left);
		assert_true(left == 75 || desk.said[0].fill.qty < left); /* the last lot cannot be parted */
		left -= desk.said[0].fill.qty;
	}
	assert_true(parts >= 2);
	desk_close(&desk);
}

/* -- checkpoint -------------------------------------------------------------------------------------------------------------- */

static void state_and_restore(void **state)
{
	struct desk *other = calloc(1, sizeof(*other));
	const struct paper_options o = { .seed = 11, .partial_pct = 50, .reject_pct = 10 };
	unsigned char *copy;
	size_t len;

	(void)state;
	desk_open(&desk, &o);
	for (uint64_t i = 1; i <= 40; i++) {
		place(&desk, request(i, i % 2 ? SIDE_BUY : SIDE_SELL, 300, i % 2 ? 101 : 99), RIG_CALL);
		quote(&desk, 99.50, 100, 75, 75);
	}
	const void *bytes = desk.broker->ops->state(desk.broker, &len);
	copy = malloc(len);
	memcpy(copy, bytes, len);
	desk_open(other, &(struct paper_options){ .seed = 99, .partial_pct = 50, .reject_pct = 10 });
	assert_int_equal(other->broker->ops->restore(other->broker, copy, len), ERR_OK);
	assert_true(other->broker->ops->waiting(other->broker, RIG_CALL));
	for (uint64_t i = 41; i <= 80; i++) {
		place(&desk, request(i, SIDE_BUY, 300, 101), RIG_CALL);
		place(other, request(i, SIDE_BUY, 300, 101), RIG_CALL);
		quote(&desk, 99.50, 100, 75, 150);
		quote(other, 99.50, 100, 75, 150);
		assert_int_equal(desk.n, other->n);
		assert_memory_equal(desk.said, other->said, desk.n * sizeof(struct event));
	}
	assert_int_equal(other->broker->ops->restore(other->broker, copy, len - 1), ERR_CORRUPT);
	copy[4]++;
	assert_int_equal(other->broker->ops->restore(other->broker, copy, len), ERR_VERSION);
	copy[4]--;
	copy[0]++;
	assert_int_equal(other->broker->ops->restore(other->broker, copy, len), ERR_CORRUPT);
	free(copy);
	desk_close(&desk);
	desk_close(other);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		on_a_desk(accepts),
		on_a_desk(refuses),
		on_a_desk(a_full_book),
		on_a_desk(modifies),
		on_a_desk(cancels),
		on_a_desk(meets_the_other_side),
		on_a_desk(other_instruments_and_stale_ticks),
		cmocka_unit_test(slippage),
		on_a_desk(quantity_at_the_quote),
		on_a_desk(depth),
		on_a_desk(not_on_the_price_that_caused_it),
		cmocka_unit_test(latency),
		on_a_desk(expires),
		on_a_desk(bars),
		on_a_desk(stop_loss_orders),
		on_a_desk(stops_on_the_wrong_side),
		on_a_desk(modified_stops),
		cmocka_unit_test(random_rejects),
		cmocka_unit_test(partials),
		cmocka_unit_test(state_and_restore),
	};

	return cmocka_run_group_tests_name("paper", tests, NULL, NULL);
}
