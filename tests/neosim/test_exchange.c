/* Orders at the simulated exchange: their steps, fills, triggers, refusals, modifications, cancels and the races between them. */
#include "tests/neosim/exchange_rig.h"


/* -- the chain ----------------------------------------------------------------------------------------------------------- */

static void a_limit_order(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	const struct sim_order *o = send(request(CALL, 'B', 65, 20100));
	assert_said("put order req received");
	assert_int_equal(strlen(o->number), 15);
	assert_memory_equal(o->number, "261125", 6);
	assert_string_equal(o->exchange_number, "");
	assert_string_equal(o->reason, "--");
	assert_true(o->ours);
	wait_steps(1);
	assert_said("validation pending");
	wait_steps(1);
	assert_said("open pending");
	wait_steps(1);
	assert_said("open");
	assert_int_equal(strlen(o->exchange_number), 16);
	assert_int_equal(o->confirmed, pit.rig.clock.virtual_from);
	wait_steps(1);
	assert_int_equal(pit.trades, 1);
	assert_int_equal(pit.positions, 1);
	assert_said("complete 65");
	assert_int_equal(o->value, 65 * quote(CALL)->ask[0].price);
	assert_int_equal(exchange_trade(pit.x, 0)->qty, 65);
	assert_int_equal(exchange_trades(pit.x), 1);
	const struct sim_position *p = exchange_position(pit.x, 0);
	assert_true(p->buy == 65 && p->sell == 0 && p->buy_value == o->value && !strcmp(p->product, "NRML"));
	assert_ptr_equal(exchange_find(pit.x, o->number), o);
	assert_null(exchange_find(pit.x, "261125000000000"));
	wait_steps(10);
	assert_said("");
	pit_close();
}

/* Below the market it rests, and is filled at its own price when the market comes. */
static void a_resting_order(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	const struct sim_order *o = place(request(CALL, 'B', 130, 19000));
	assert_said("put order req received, validation pending, open pending, open");
	price(CALL, 19100);
	assert_said("");
	price(CALL, 18900);
	assert_said("complete 130");
	assert_int_equal(o->value, 130 * 19000);
	o = place(request(CALL, 'S', 130, 19500));
	quiet();
	price(CALL, 19600);
	assert_said("complete 130");
	assert_int_equal(o->value, 130 * 19500);
	pit_close();
}

/* The better price first, then the earlier order. */
static void priority(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .partial_fills = true, .seed = 1 });
	price(CALL, 20000);
	const struct sim_order *low = place(request(CALL, 'B', 65, 18990)), *early = place(request(CALL, 'B', 65, 19000)), *late = place(request(CALL, 'B', 65, 19000));
	price(CALL, 18000);
	assert_true(early->status == SIM_COMPLETE && late->status == SIM_COMPLETE && low->status == SIM_COMPLETE);
	assert_int_equal(exchange_trade(pit.x, 0)->order, early->index);
	assert_int_equal(exchange_trade(pit.x, 1)->order, late->index);
	assert_int_equal(exchange_trade(pit.x, 2)->order, low->index);
	pit_close();
}

static void whole_fills_walk_the_book(void **state)
{
	int64_t shown = 0, worst = 0;

	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	for (int i = 0; i < 5; i++) {
		shown += quote(CALL)->ask[i].qty;
		worst = quote(CALL)->ask[i].price;
	}
	int64_t qty = 3445;
	const struct sim_order *o = place(request(CALL, 'B', qty, 20500));
	assert_int_equal(o->status, SIM_COMPLETE);
	assert_int_equal(o->filled, qty);
	assert_true(exchange_trades(pit.x) > 1);
	for (size_t i = 1; i < exchange_trades(pit.x); i++)
		assert_true(exchange_trade(pit.x, i)->price >= exchange_trade(pit.x, i - 1)->price);
	assert_true(exchange_trade(pit.x, exchange_trades(pit.x) - 1)->price <= worst);
	assert_true(shown < qty || exchange_trades(pit.x) <= 5);
	pit_close();
}

/* One level a look, an open row for each, and what our own fills took is gone until the quote changes. */
static void partial_fills(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .partial_fills = true, .seed = 1 });
	price(CALL, 20000);
	int64_t touch = quote(CALL)->ask[0].qty, next = quote(CALL)->ask[1].qty, at = quote(CALL)->ask[0].price, then = quote(CALL)->ask[1].price;
	const struct sim_order *o = send(request(CALL, 'B', touch + next, 20500));
	wait_steps(4);
	assert_int_equal(o->status, SIM_OPEN);
	assert_int_equal(o->filled, touch);
	assert_int_equal(o->value, touch * at);
	wait_steps(1);
	assert_int_equal(o->status, SIM_COMPLETE);
	assert_int_equal(o->value, touch * at + next * then);
	o = place(request(CALL, 'B', touch, at));
	assert_int_equal(o->filled, 0); /* its level is used up */
	price(CALL, 19500);
	assert_true(o->filled > 0);
	pit_close();
}

static void market_orders_become_limits(void **state)
{
	static const struct { int64_t last, buy, sell; } grid[] = {
		{ 90, 100, 80 }, { 100, 110, 90 }, { 400, 440, 360 }, { 500, 525, 475 }, { 995, 1045, 945 }, { 1000, 1030, 970 }, { 9995, 10295, 9695 },
		{ 10000, 10200, 9800 }, { 49995, 50995, 48995 }, { 50000, 50500, 49500 }, { 60000, 60600, 59400 },
	};

	(void)state;
	pit_open(noon);
	market_set_band(pit.rig.market, scrip(CALL), 5, 1000000);
	for (size_t i = 0; i < ARRAY_LEN(grid); i++) {
		price(CALL, grid[i].last);
		struct sim_request buy = typed(request(CALL, 'B', 65, 0), "MKT", "NRML", "DAY"), sell = buy;
		sell.side = 'S';
		assert_true(exchange_protect(pit.x, scrip(CALL), &buy) && exchange_protect(pit.x, scrip(CALL), &sell));
		if (buy.price != grid[i].buy || sell.price != grid[i].sell)
			fail_msg("at %lld: %lld and %lld", (long long)grid[i].last, (long long)buy.price, (long long)sell.price);
	}
	price(CALL, 20000);
	const struct sim_order *o = place(typed(request(CALL, 'B', 65, 0), "MKT", "NRML", "DAY"));
	assert_string_equal(o->asked.type, "L");
	assert_int_equal(o->asked.price, 20400);
	assert_int_equal(o->status, SIM_COMPLETE);
	struct sim_request share = typed(request("YESBANK-EQ", 'B', 1, 0), "MKT", "CNC", "DAY");
	price("YESBANK-EQ", 2100);
	assert_true(exchange_protect(pit.x, scrip("YESBANK-EQ"), &share));
	assert_int_equal(share.price, 2142); /* 2 % */
	pit_close();
}

/* An option nobody traded has no last price. */
static void market_order_without_a_price(void **state)
{
	(void)state;
	pit_open("2026-11-25T09:14:00+05:30");
	struct sim_request r = typed(request(CALL, 'B', 65, 0), "MKT", "NRML", "DAY");
	const struct sim_order *o = place(r);
	assert_int_equal(o->status, SIM_REJECTED);
	assert_non_null(strstr(o->reason, "last traded price"));
	pit_close();
}

static void stops(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	place(request(CALL, 'B', 65, 20100));
	quiet();
	const struct sim_order *o = place(stop(CALL, 'S', 65, 18000, 17500));
	assert_said("put order req received, validation pending, open pending, trigger pending");
	price(CALL, 18005);
	wait_steps(2);
	assert_said("");
	price(CALL, 18000);
	assert_said("open");
	wait_steps(1);
	assert_said("complete 65");
	assert_true(o->value >= 65 * 17500);
	o = place(stop(CALL, 'B', 65, 19000, 19300));
	quiet();
	price(CALL, 19500); /* beyond the limit: triggered, and it rests */
	wait_steps(2);
	assert_said("open");
	price(CALL, 19200);
	assert_said("complete 65");
	assert_int_equal(o->value, 65 * 19300);
	pit_close();
}

/* The price protection of the moment is what counts when a stop triggers. */
static void a_stop_outside_protection(void **state)
{
	(void)state;
	pit_open(noon);
	market_set_band(pit.rig.market, scrip(CALL), 5, 100000);
	price(CALL, 20000);
	place(request(CALL, 'B', 65, 20100));
	const struct sim_order *o = place(stop(CALL, 'S', 65, 18000, 10000));
	quiet();
	price(CALL, 17995);
	assert_said("cancelled");
	assert_int_equal(o->cancelled, 65);
	assert_non_null(strstr(o->reason, "protection"));
	pit_close();
}

static void immediate_or_cancel(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .partial_fills = true, .seed = 1 });
	price(CALL, 20000);
	const struct sim_order *o = place(typed(request(CALL, 'B', 65, 19000), "L", "NRML", "IOC"));
	assert_said("put order req received, validation pending, open pending, open, cancelled");
	assert_int_equal(o->cancelled, 65);
	int64_t touch = quote(CALL)->ask[0].qty;
	o = place(typed(request(CALL, 'B', touch + 65, quote(CALL)->ask[0].price), "L", "NRML", "IOC"));
	assert_int_equal(o->status, SIM_CANCELLED);
	assert_int_equal(o->filled, touch);
	assert_int_equal(o->cancelled, 65);
	pit_close();
}

/* -- answers at once ------------------------------------------------------------------------------------------------------------ */

static void refused_at_once(void **state)
{
	struct sim_request good, bad[8];
	const struct sim_order *o = NULL;

	(void)state;
	pit_open(noon);
	good = request(CALL, 'B', 65, 20000);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[0].qty = 0;
	bad[1].side = 'X';
	bad[2].segment = 4;
	bad[3].symbol[0] = '\0';
	bad[4] = typed(good, "LMT", "NRML", "DAY");
	bad[5] = typed(good, "L", "BO", "DAY");
	bad[6] = typed(good, "L", "NRML", "GTC");
	bad[7].price = -5;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(exchange_place(pit.x, &bad[i], &o, &pit.text), 1007);
	assert_string_equal(pit.text, "body invalid");
	bad[0] = typed(good, "L", "MTF", "DAY");
	assert_int_equal(exchange_place(pit.x, &bad[0], &o, &pit.text), 1017);
	assert_null(o);
	assert_int_equal(exchange_orders(pit.x), 0);
	pit_close();
}

static void duplicate_tags(void **state)
{
	const struct sim_order *o;

	(void)state;
	pit_open(noon);
	struct sim_request r = request(CALL, 'B', 66, 20000);
	r.has_tag = true;
	snprintf(r.tag, sizeof(r.tag), "S1-7");
	o = place(r);
	assert_int_equal(o->status, SIM_REJECTED); /* it counts all the same */
	assert_string_equal(o->gui_id, "S1-7");
	assert_int_equal(exchange_place(pit.x, &r, &o, &pit.text), 5204);
	assert_non_null(strstr(pit.text, "already exists"));
	snprintf(r.tag, sizeof(r.tag), "S1-8");
	assert_int_equal(exchange_place(pit.x, &r, &o, &pit.text), 200);
	r.has_tag = false;
	assert_int_equal(exchange_place(pit.x, &r, &o, &pit.text), 200);
	assert_int_equal(exchange_place(pit.x, &r, &o, &pit.text), 200);
	assert_string_equal(o->gui_id, "");
	pit_close();
}

/* -- refusals that come later ------------------------------------------------------------------------------------------------------ */

static void rejected(void **state)
{
	(void)state;
	pit_open(noon);
	market_set_band(pit.rig.market, scrip(CALL), 1000, 25000);
	price(CALL, 20000);
	const struct sim_order *o = place(request(CALL, 'B', 64, 20000));
	assert_said("put order req received, validation pending, open pending, rejected");
	assert_string_equal(o->reason, "Quantity is not a multiple of the market lot");
	assert_rejected(request(CALL, 'B', 65, 20001), "tick size");
	assert_rejected(request(CALL, 'B', 65, 0), "greater than zero");
	assert_rejected(request(CALL, 'B', 65, 25005), "day's price range");
	assert_rejected(request(CALL, 'B', 65, 995), "day's price range");
	assert_rejected(request(CALL, 'B', 3575, 20000), "Quantity freeze"); /* 3510 is the most */
	assert_int_equal(place(request(CALL, 'B', 3510, 19000))->status, SIM_OPEN);
	assert_rejected(request(CALL, 'B', 65, 11995), "protection range"); /* 40 % of 20000 */
	assert_int_equal(place(request(CALL, 'B', 65, 12000))->status, SIM_OPEN);
	assert_rejected(typed(request(CALL, 'B', 65, 0), "SL-M", "NRML", "DAY"), "Market order with Algo Id not allowed");
	assert_rejected(stop(CALL, 'B', 65, 21000, 20900), "wrong side");
	assert_rejected(stop(CALL, 'S', 65, 19000, 19100), "wrong side");
	assert_rejected(stop(CALL, 'B', 65, 0, 20900), "Trigger price");
	assert_rejected(stop(CALL, 'B', 65, 21001, 21500), "Trigger price");
	assert_rejected(typed(request(CALL, 'B', 65, 20000), "L", "CNC", "DAY"), "CNC");
	assert_rejected(typed(request("RELIANCE-EQ", 'S', 1, quote("RELIANCE-EQ")->last), "L", "CNC", "DAY"), "No Holdings Present");
	struct sim_request unknown = request(CALL, 'B', 65, 20000);
	snprintf(unknown.symbol, sizeof(unknown.symbol), "NIFTY26D0199999CE");
	quiet();
	o = place(unknown);
	assert_said("put order req received, validation pending, rejected");
	assert_null(o->scrip);
	assert_rejected(request("NIFTY", 'B', 1, 2280000), "not allowed");
	market_set_halted(pit.rig.market, scrip(CALL), true);
	assert_rejected(request(CALL, 'B', 65, 20000), "suspended");
	pit_close();
}

/* In NSE's derivatives the field is the first quantity refused. */
static void the_freeze_itself(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	((struct scrip *)(uintptr_t)scrip(CALL))->freeze = 130;
	assert_rejected(request(CALL, 'B', 130, 19000), "freeze");
	assert_int_equal(place(request(CALL, 'B', 65, 19000))->status, SIM_OPEN);
	pit_close();
}

/* Futures: 2 %; cheap options: 20 rupees; shares have only their band. Freeze outside NSE's derivatives is the largest allowed. */
static void rejected_elsewhere(void **state)
{
	(void)state;
	pit_open(noon);
	int64_t future = quote("NIFTY26DECFUT")->last / 10 * 10;
	assert_rejected(request("NIFTY26DECFUT", 'B', 65, future - future / 49 / 10 * 10), "protection");
	assert_int_equal(place(request("NIFTY26DECFUT", 'B', 65, future - future / 51 / 10 * 10))->status, SIM_OPEN);
	price(CALL, 3000);
	market_set_band(pit.rig.market, scrip(CALL), 5, 50000);
	assert_rejected(request(CALL, 'B', 65, 5005), "protection");
	assert_int_equal(place(request(CALL, 'B', 65, 5000))->status, SIM_COMPLETE);
	const struct scrip *s = scrip("TCS-EQ");
	int64_t low = s->band_low;
	assert_int_equal(place(typed(request("TCS-EQ", 'B', 1, low), "L", "CNC", "DAY"))->status, SIM_OPEN);
	assert_rejected(typed(request("TCS-EQ", 'B', s->freeze + 1, low), "L", "MIS", "DAY"), "freeze");
	assert_int_equal(place(typed(request("TCS-EQ", 'B', s->freeze, low), "L", "MIS", "DAY"))->status, SIM_OPEN);
	struct sim_request r = request("TCS-EQ", 'B', 5, low);
	r.disclosed = 6;
	assert_rejected(r, "Disclosed");
	pit_close();
}

static void refused_by_fault(void **state)
{
	(void)state;
	pit_open(noon);
	exchange_refuse_next(pit.x, "RMS: because", 2);
	assert_rejected(request(CALL, 'B', 65, 19000), "RMS: because");
	assert_rejected(request(CALL, 'B', 65, 19000), "RMS: because");
	price(CALL, 20000);
	assert_int_equal(place(request(CALL, 'B', 65, 19000))->status, SIM_OPEN);
	pit_close();
}

/* -- modify and cancel ------------------------------------------------------------------------------------------------------------- */

static void modifies(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .replace_tag = true, .seed = 1 });
	price(CALL, 20000);
	struct sim_request r = request(CALL, 'B', 130, 19000);
	r.has_tag = true;
	snprintf(r.tag, sizeof(r.tag), "T1");
	const struct sim_order *o = place(r);
	quiet();
	assert_string_equal(o->gui_id, "T1");
	assert_int_equal(modify(o, request(CALL, 'B', 65, 19500)), 200);
	assert_string_not_equal(o->gui_id, "T1");
	assert_said("modify validation pending");
	assert_int_equal(o->asked.price, 19000); /* the old terms stand until then */
	wait_steps(1);
	assert_said("modify pending");
	wait_steps(1);
	assert_said("modified");
	assert_int_equal(o->asked.price, 19500);
	assert_int_equal(o->asked.qty, 65);
	wait_steps(2);
	assert_said("open");
	assert_int_equal(modify(o, request(CALL, 'B', 65, 20500)), 200);
	wait_steps(5);
	assert_int_equal(o->status, SIM_COMPLETE);
	assert_true(o->value < 65 * 20500); /* at the book's price, as if new */
	assert_int_equal(modify(o, request(CALL, 'B', 65, 20500)), 1021);
	assert_int_equal(cancel(o, false), 1021);
	assert_string_equal(pit.text, "order is completed");
	pit_close();
}

static void not_modified(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	const struct sim_order *o = place(request(CALL, 'B', 130, 19000));
	quiet();
	assert_int_equal(modify(o, request(CALL, 'B', 130, 19001)), 200);
	wait_steps(1);
	assert_said("modify validation pending, not modified");
	assert_non_null(strstr(o->reason, "tick"));
	wait_steps(1);
	assert_said("open");
	assert_string_equal(o->reason, "--");
	assert_int_equal(o->asked.price, 19000);
	assert_int_equal(modify(o, typed(request(CALL, 'B', 130, 0), "SL-M", "NRML", "DAY")), 200);
	wait_steps(2);
	assert_said("modify validation pending, not modified, open");
	assert_int_equal(modify(o, request(CALL, 'B', 0, 19000)), 1007);
	struct sim_request none = request(CALL, 'B', 65, 19000);
	const struct sim_order *back;
	snprintf(none.number, sizeof(none.number), "261125999999999");
	assert_int_equal(exchange_modify(pit.x, &none, &back, &pit.text), 1006);
	assert_int_equal(exchange_cancel(pit.x, none.number, false, &back, &pit.text), 1006);
	/* A stop becomes a limit order and the other way round. */
	assert_int_equal(modify(o, stop(CALL, 'B', 130, 21000, 21500)), 200);
	wait_steps(3);
	assert_int_equal(o->status, SIM_TRIGGER_PENDING);
	assert_int_equal(modify(o, request(CALL, 'B', 130, 19000)), 200);
	wait_steps(3);
	assert_int_equal(o->status, SIM_OPEN);
	pit_close();
}

/* A fill crosses a modification: it happens at the old terms, and one that leaves nothing to do ends it. */
static void fills_cross_modifications(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	const struct sim_order *o = place(request(CALL, 'B', 130, 19000));
	modify(o, request(CALL, 'B', 65, 18000));
	quiet();
	price(CALL, 18500);
	assert_said("complete 130");
	assert_int_equal(o->value, 130 * 19000);
	wait_steps(5);
	assert_said("");
	pit_close();
}

static void fewer_than_filled(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .partial_fills = true, .seed = 1 });
	price(CALL, 20000);
	int64_t touch = quote(CALL)->ask[0].qty, at = quote(CALL)->ask[0].price;
	const struct sim_order *o = place(request(CALL, 'B', touch + 65, at));
	assert_int_equal(o->filled, touch);
	quiet();
	assert_int_equal(modify(o, request(CALL, 'B', touch, at)), 200);
	wait_steps(3);
	assert_non_null(strstr(pit.said, "not modified"));
	assert_int_equal(o->asked.qty, touch + 65);
	assert_int_equal(o->status, SIM_OPEN);
	pit_close();
}

static void cancels(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .replace_tag = true, .seed = 1 });
	price(CALL, 20000);
	const struct sim_order *o = place(request(CALL, 'B', 130, 19000));
	quiet();
	assert_int_equal(cancel(o, false), 200);
	assert_memory_equal(o->gui_id, "TAG-", 4);
	assert_said("cancel pending");
	assert_int_equal(modify(o, request(CALL, 'B', 65, 19000)), 1006);
	assert_int_equal(cancel(o, false), 200); /* twice is once */
	assert_said("");
	wait_steps(1);
	assert_said("cancelled");
	assert_int_equal(o->cancelled, 130);
	/* A fill crosses the cancel. */
	o = place(request(CALL, 'B', 130, 19000));
	quiet();
	assert_int_equal(cancel(o, false), 200);
	price(CALL, 18000);
	assert_said("cancel pending, complete 130");
	wait_steps(3);
	assert_said("");
	assert_int_equal(o->cancelled, 0);
	pit_close();
}

/* Asked for before the exchange has the order: done once it has. */
static void early_wishes(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	const struct sim_order *o = send(request(CALL, 'B', 65, 19000));
	assert_int_equal(cancel(o, false), 200);
	wait_steps(5);
	assert_said("put order req received, validation pending, open pending, open, cancel pending, cancelled");
	o = send(request(CALL, 'B', 65, 19000));
	assert_int_equal(modify(o, request(CALL, 'B', 130, 19000)), 200);
	wait_steps(7);
	assert_said("put order req received, validation pending, open pending, open, modify validation pending, modify pending, modified, open");
	assert_int_equal(o->asked.qty, 130);
	pit_close();
}

static void a_filled_part_stays(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .partial_fills = true, .seed = 1 });
	price(CALL, 20000);
	int64_t touch = quote(CALL)->ask[0].qty;
	const struct sim_order *o = place(request(CALL, 'B', touch + 130, quote(CALL)->ask[0].price));
	assert_int_equal(cancel(o, false), 200);
	wait_steps(2);
	assert_int_equal(o->status, SIM_CANCELLED);
	assert_int_equal(o->filled, touch);
	assert_int_equal(o->cancelled, 130);
	pit_close();
}

/* A late order: accepted, in no book, silent; then there. */
static void hidden_orders(void **state)
{
	const struct sim_order *back;

	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	struct sim_request r = request(CALL, 'B', 65, 20100);
	r.has_tag = true;
	snprintf(r.tag, sizeof(r.tag), "late");
	const struct sim_order *o = send(r);
	exchange_hide(pit.x, o, pit.rig.clock.virtual_from + 10 * STEP);
	quiet();
	assert_true(o->hidden);
	assert_int_equal(exchange_next_at(pit.x), pit.rig.clock.virtual_from + 10 * STEP);
	wait_steps(9);
	assert_said("");
	assert_int_equal(exchange_cancel(pit.x, o->number, false, &back, &pit.text), 1006);
	assert_int_equal(exchange_place(pit.x, &r, &back, &pit.text), 5204); /* the tag is taken */
	wait_steps(1);
	assert_said("put order req received");
	assert_false(o->hidden);
	wait_steps(4);
	assert_said("validation pending, open pending, open, complete 65");
	pit_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_limit_order), cmocka_unit_test(a_resting_order), cmocka_unit_test(priority), cmocka_unit_test(whole_fills_walk_the_book),
		cmocka_unit_test(partial_fills), cmocka_unit_test(market_orders_become_limits), cmocka_unit_test(market_order_without_a_price),
		cmocka_unit_test(stops), cmocka_unit_test(a_stop_outside_protection), cmocka_unit_test(immediate_or_cancel), cmocka_unit_test(refused_at_once),
		cmocka_unit_test(duplicate_tags), cmocka_unit_test(rejected), cmocka_unit_test(the_freeze_itself), cmocka_unit_test(rejected_elsewhere), cmocka_unit_test(refused_by_fault),
		cmocka_unit_test(modifies), cmocka_unit_test(not_modified), cmocka_unit_test(fills_cross_modifications), cmocka_unit_test(fewer_than_filled),
		cmocka_unit_test(cancels), cmocka_unit_test(early_wishes), cmocka_unit_test(a_filled_part_stays), cmocka_unit_test(hidden_orders),
	};

	return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
