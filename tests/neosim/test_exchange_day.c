/* The account's money, and what the day does to it: margins, square-off, expiry, the next day. */
#include "tests/neosim/exchange_rig.h"

/* -- money ------------------------------------------------------------------------------------------------------------------------ */

static void bought_options(void **state)
{
	struct sim_funds f;

	(void)state;
	pit_open_with(noon, (struct exchange_options){ .cash = 2000000, .seed = 1 });
	price(CALL, 20000);
	struct sim_request r = request(CALL, 'B', 65, 20100);
	assert_int_equal(exchange_margin(pit.x, &r), 65 * 20100);
	send(r);
	wait_steps(3); /* open, not yet filled */
	assert_int_equal(available(), 2000000 - 65 * 20100);
	wait_steps(2);
	int64_t paid = exchange_position(pit.x, 0)->buy_value;
	exchange_funds(pit.x, &f);
	assert_int_equal(f.premium, paid);
	assert_int_equal(f.used, 0);
	assert_int_equal(f.unrealised, 0);
	const struct sim_order *o = place(r);
	assert_int_equal(o->status, SIM_REJECTED);
	char words[64];
	int64_t more = 65 * 20100 - (2000000 - paid);
	snprintf(words, sizeof(words), "Additional margin required:%lld.%02lld ", (long long)(more / 100), (long long)(more % 100));
	assert_non_null(strstr(o->reason, words));
	assert_non_null(strstr(o->reason, "Cash Available:20000.00,"));
	price(CALL, 22000);
	r = request(CALL, 'S', 65, 21900);
	assert_int_equal(exchange_margin(pit.x, &r), 0);
	place(r);
	exchange_funds(pit.x, &f);
	assert_int_equal(f.premium, 0);
	assert_int_equal(f.realised, exchange_position(pit.x, 0)->sell_value - paid);
	assert_int_equal(available(), 2000000 + f.realised);
	pit_close();
}

static void written_options(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .cash = 20000000, .seed = 1 });
	int64_t spot = quote("NIFTY")->last;
	struct sim_request naked = request(CALL, 'S', 65, 20000), hedge = request(HIGHER, 'B', 65, 15100);
	price(CALL, 20000);
	price(HIGHER, 15000);
	int64_t alone = exchange_margin(pit.x, &naked), cash = available();
	assert_in_range(alone, 65 * spot * 5 / 100, 65 * spot * 14 / 100);
	assert_int_equal(place(hedge)->status, SIM_COMPLETE);
	int64_t hedged = exchange_margin(pit.x, &naked);
	assert_true(hedged < alone / 2);
	naked.price = quote(CALL)->bid[4].price;
	assert_int_equal(place(naked)->status, SIM_COMPLETE);
	assert_true(available() < cash - hedged + 65 * 5000);
	/* The hedge goes last: selling it first leaves the short naked. */
	struct sim_request sell_hedge = request(HIGHER, 'S', 65, 14900);
	assert_true(exchange_margin(pit.x, &sell_hedge) > 65 * spot * 2 / 100);
	struct sim_request cover = request(CALL, 'B', 65, 20500);
	assert_int_equal(exchange_margin(pit.x, &cover), 0);
	assert_int_equal(place(cover)->status, SIM_COMPLETE);
	assert_int_equal(exchange_margin(pit.x, &sell_hedge), 0);
	assert_int_equal(place(sell_hedge)->status, SIM_COMPLETE);
	struct sim_funds f;
	exchange_funds(pit.x, &f);
	assert_true(f.used == 0 && f.premium == 0 && f.unrealised == 0);
	pit_close();
}

/* Little cash: with the hedge the short is taken, and then the hedge cannot be closed first. */
static void hedge_first(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .cash = 6000000, .seed = 1 });
	price(CALL, 20000);
	price(HIGHER, 15000);
	assert_rejected(request(CALL, 'S', 65, 19900), "Margin Exceeds");
	assert_int_equal(place(request(HIGHER, 'B', 65, 15100))->status, SIM_COMPLETE);
	assert_int_equal(place(request(CALL, 'S', 65, 19900))->status, SIM_COMPLETE);
	assert_rejected(request(HIGHER, 'S', 65, 14900), "Margin Exceeds");
	market_set_band(pit.rig.market, scrip(CALL), 5, 200000);
	price(CALL, 120000);
	assert_true(available() < 0);
	assert_int_equal(place(request(CALL, 'B', 65, 121000))->status, SIM_COMPLETE); /* the way out is always open */
	assert_int_equal(place(request(HIGHER, 'S', 65, 14900))->status, SIM_COMPLETE);
	pit_close();
}

/* One hedge covers one short; on the day it expires a short needs more; a hedge that expires first is none. */
static void what_a_hedge_is_worth(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	price(HIGHER, 15000);
	struct sim_request naked = request(CALL, 'S', 65, 19900);
	int64_t alone = exchange_margin(pit.x, &naked);
	place(request(HIGHER, 'B', 65, 15100));
	int64_t hedged = exchange_margin(pit.x, &naked);
	place(naked);
	assert_true(llabs(exchange_margin(pit.x, &naked) - alone) < alone / 100);
	naked.qty = 130;
	assert_true(exchange_margin(pit.x, &naked) > 2 * hedged);
	pit_close();
	pit_open("2026-11-23T12:00:00+05:30");
	int64_t spot = quote("NIFTY")->last, money = spot / 5000 * 50;
	char today[32], later[32];
	snprintf(today, sizeof(today), "NIFTY26NOV%lldPE", (long long)money);
	snprintf(later, sizeof(later), "NIFTY26D01%lldPE", (long long)money);
	struct sim_request expiring = request(today, 'S', 65, quote(today)->last), week = request(later, 'S', 65, quote(later)->last);
	assert_in_range(exchange_margin(pit.x, &expiring) - 65 * quote(today)->last, 65 * spot * 127 / 1000, 65 * spot * 13 / 100);
	int64_t free_standing = exchange_margin(pit.x, &week);
	assert_in_range(free_standing - 65 * quote(later)->last, 65 * spot * 107 / 1000, 65 * spot * 11 / 100);
	place(request(today, 'B', 65, quote(today)->ask[4].price + 100));
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 65);
	assert_int_equal(exchange_margin(pit.x, &week), free_standing);
	pit_close();
}

/* Two exits for one long: the second would be a naked short. */
static void second_exit(void **state)
{
	(void)state;
	pit_open_with(noon, (struct exchange_options){ .cash = 2000000, .seed = 1 });
	price(CALL, 20000);
	place(request(CALL, 'B', 65, 20100));
	assert_int_equal(place(stop(CALL, 'S', 65, 18000, 17500))->status, SIM_TRIGGER_PENDING);
	assert_rejected(request(CALL, 'S', 65, 22000), "Margin Exceeds");
	pit_close();
}

static void futures_and_shares(void **state)
{
	struct sim_funds f;

	(void)state;
	pit_open(noon);
	struct sim_request future = request("NIFTY26DECFUT", 'B', 65, quote("NIFTY26DECFUT")->ask[4].price);
	int64_t last = quote("NIFTY26DECFUT")->last;
	assert_int_equal(exchange_margin(pit.x, &future), 65 * last * 12 / 100);
	place(future);
	int64_t at = exchange_position(pit.x, 0)->buy_value / 65;
	price("NIFTY26DECFUT", at / 10 * 10 + 1000);
	exchange_funds(pit.x, &f);
	assert_int_equal(f.unrealised, 65 * (at / 10 * 10 + 1000) - exchange_position(pit.x, 0)->buy_value);
	price("RELIANCE-EQ", 140000);
	struct sim_request share = typed(request("RELIANCE-EQ", 'B', 10, 140000), "L", "CNC", "DAY");
	assert_int_equal(exchange_margin(pit.x, &share), 1400000);
	share = typed(share, "L", "MIS", "DAY");
	assert_int_equal(exchange_margin(pit.x, &share), 280000);
	share.price = 140500;
	place(share);
	share.side = 'S';
	assert_int_equal(exchange_margin(pit.x, &share), 0);
	share.qty = 15;
	assert_int_equal(exchange_margin(pit.x, &share), 5 * 140500 / 5);
	assert_int_equal(place(typed(request("RELIANCE-EQ", 'S', 4, 150000), "L", "MIS", "DAY"))->status, SIM_OPEN);
	assert_int_equal(exchange_margin(pit.x, &share), 9 * 140500 / 5); /* four of the ten are spoken for */
	/* Bought today, sold today: a CNC position of the day may be closed. */
	place(typed(request("TCS-EQ", 'B', 3, quote("TCS-EQ")->ask[4].price), "L", "CNC", "DAY"));
	assert_int_equal(place(typed(request("TCS-EQ", 'S', 3, quote("TCS-EQ")->bid[4].price), "L", "CNC", "DAY"))->status, SIM_COMPLETE);
	assert_rejected(typed(request("TCS-EQ", 'S', 1, quote("TCS-EQ")->bid[4].price), "L", "CNC", "DAY"), "No Holdings");
	pit_close();
}

/* Money is exact: a thousand random trades in paise, counted again by hand. */
static void exact_money(void **state)
{
	int64_t cash = 0, net = 0;
	uint64_t random = 7;

	(void)state;
	pit_open(noon);
	for (int i = 0; i < 60; i++) {
		int64_t paise = 15000 + (int64_t)(prng_next(&random) % 2000) * 5;
		quiet();
		price(CALL, paise);
		place(request(CALL, prng_next(&random) % 2 ? 'B' : 'S', 65 * (1 + (int64_t)(prng_next(&random) % 5)), paise));
	}
	price(CALL, 20000);
	for (size_t i = 0; i < exchange_trades(pit.x); i++) {
		const struct sim_trade *t = exchange_trade(pit.x, i);
		bool buy = exchange_order(pit.x, (size_t)t->order)->asked.side == 'B';
		cash += (buy ? -1 : 1) * t->qty * t->price;
		net += (buy ? 1 : -1) * t->qty;
	}
	const struct sim_position *p = exchange_position(pit.x, 0);
	assert_true(exchange_trades(pit.x) > 20);
	assert_int_equal(position_net(p), net);
	int64_t result = position_realised(p) + position_unrealised(p, 20000);
	assert_true(llabs(result - (cash + net * 20000)) <= 1);
	pit_close();
}

/* -- the day ------------------------------------------------------------------------------------------------------------------------ */

static void out_of_hours(void **state)
{
	(void)state;
	pit_open("2026-11-25T08:00:00+05:30");
	assert_rejected(request(CALL, 'B', 65, quote(CALL)->last), "ADAPTER is down");
	to("2026-11-25T09:05:00+05:30");
	assert_rejected(request(CALL, 'B', 65, quote(CALL)->last), "ADAPTER is down"); /* options have no pre-open */
	struct sim_request ioc = typed(request("TCS-EQ", 'B', 1, quote("TCS-EQ")->last), "L", "CNC", "IOC");
	assert_rejected(ioc, "IOC");
	int64_t high = quote("TCS-EQ")->last + 5000;
	const struct sim_order *o = place(typed(request("TCS-EQ", 'B', 1, high), "L", "CNC", "DAY"));
	assert_int_equal(o->status, SIM_OPEN); /* gathered */
	to("2026-11-25T09:15:01+05:30");
	exchange_price(pit.x, scrip("TCS-EQ"));
	assert_int_equal(o->status, SIM_COMPLETE);
	to("2026-11-25T15:16:00+05:30");
	assert_rejected(typed(request("TCS-EQ", 'B', 1, quote("TCS-EQ")->last), "L", "CNC", "DAY"), "ADAPTER is down");
	assert_int_equal(place(typed(request("NIFTYBEES-EQ", 'B', 1, quote("NIFTYBEES-EQ")->last - 100), "L", "CNC", "DAY"))->status, SIM_OPEN);
	assert_int_equal(place(request(CALL, 'B', 65, quote(CALL)->last / 2 / 5 * 5 + 5000))->status == SIM_REJECTED, false);
	to("2026-11-25T15:40:00+05:30");
	assert_rejected(request(CALL, 'B', 65, quote(CALL)->last), "ADAPTER is down");
	pit_close();
}

/* Day orders end with their session; stops of shares that close by auction already at 15:15. */
static void day_orders_end(void **state)
{
	(void)state;
	pit_open(noon);
	const struct scrip *s = scrip("TCS-EQ");
	const struct sim_order *limit = place(typed(request("TCS-EQ", 'B', 1, s->band_low), "L", "CNC", "DAY"));
	const struct sim_order *share_stop = place(typed(stop("TCS-EQ", 'B', 1, s->band_high - 100, s->band_high), "SL", "CNC", "DAY"));
	const struct sim_order *option = place(request(CALL, 'B', 65, quote(CALL)->last * 7 / 10 / 5 * 5));
	assert_int_equal(share_stop->status, SIM_TRIGGER_PENDING);
	to("2026-11-25T15:14:59+05:30");
	assert_int_equal(share_stop->status, SIM_TRIGGER_PENDING);
	assert_int_equal(exchange_next_at(pit.x), rig_stamp("2026-11-25T15:15:00+05:30"));
	to("2026-11-25T15:15:00+05:30");
	assert_int_equal(share_stop->status, SIM_CANCELLED);
	assert_int_equal(limit->status, SIM_OPEN);
	to("2026-11-25T15:30:00+05:30");
	assert_int_equal(limit->status, SIM_CANCELLED);
	assert_int_equal(option->status, SIM_OPEN);
	to("2026-11-25T15:40:00+05:30");
	assert_int_equal(option->status, SIM_CANCELLED);
	assert_int_equal(option->cancelled, 65);
	pit_close();
}

static void after_market_orders(void **state)
{
	(void)state;
	pit_open("2026-11-23T20:00:00+05:30"); /* the 24th is a holiday */
	struct sim_request r = request(CALL, 'B', 65, quote(CALL)->last);
	r.amo = true;
	const struct sim_order *o = send(r), *gone = send(r);
	assert_said("after market order req received, after market order req received");
	assert_int_equal(cancel(gone, false), 14);
	assert_int_equal(cancel(gone, true), 200);
	assert_said("cancelled after market order");
	assert_int_equal(gone->cancelled, 65);
	assert_int_equal(modify(o, request(CALL, 'B', 130, r.price)), 200);
	assert_said("after market order req received");
	assert_int_equal(o->asked.qty, 130);
	to("2026-11-25T09:14:59+05:30");
	assert_said("");
	assert_int_equal(exchange_next_at(pit.x), rig_stamp("2026-11-25T09:15:00+05:30"));
	to("2026-11-25T09:15:00+05:30");
	assert_said("put order req received");
	wait_steps(6);
	assert_true(o->status == SIM_COMPLETE || o->status == SIM_OPEN || strstr(o->reason, "protection"));
	quiet();
	assert_rejected(r, "AMO"); /* in market hours */
	pit_close();
}

static void square_off(void **state)
{
	(void)state;
	pit_open_with("2026-11-25T15:00:00+05:30", (struct exchange_options){ .square_off = true, .seed = 1 });
	const struct sim_order *option = place(typed(request(CALL, 'B', 130, quote(CALL)->ask[4].price + 100), "L", "MIS", "DAY"));
	const struct sim_order *share = place(typed(request("TCS-EQ", 'S', 5, quote("TCS-EQ")->bid[4].price - 100), "L", "MIS", "DAY"));
	const struct sim_order *carried = place(request(HIGHER, 'B', 65, quote(HIGHER)->ask[4].price + 100));
	const struct sim_order *waiting = place(typed(request(CALL, 'B', 65, quote(CALL)->last * 7 / 10 / 5 * 5), "L", "MIS", "DAY"));
	assert_true(option->status == SIM_COMPLETE && share->status == SIM_COMPLETE && carried->status == SIM_COMPLETE && waiting->status == SIM_OPEN);
	to("2026-11-25T15:09:59+05:30");
	assert_int_equal(exchange_orders(pit.x), 4);
	to("2026-11-25T15:10:00+05:30"); /* shares that close by auction */
	assert_rejected(typed(request("TCS-EQ", 'B', 5, quote("TCS-EQ")->last), "L", "MIS", "DAY"), "Auto Square Off Block");
	for (int i = 0; i < 20; i++) {
		pit.rig.clock.virtual_from += NANOS_SECOND;
		market_advance(pit.rig.market, NULL, NULL);
		exchange_advance(pit.x);
	}
	assert_int_equal(position_net(exchange_position(pit.x, 1)), 0);
	assert_int_equal(waiting->status, SIM_OPEN);
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 130);
	to("2026-11-25T15:25:00+05:30");
	wait_steps(1);
	assert_int_equal(waiting->status, SIM_CANCELLED);
	for (int i = 0; i < 20; i++) {
		pit.rig.clock.virtual_from += NANOS_SECOND;
		market_advance(pit.rig.market, NULL, NULL);
		exchange_advance(pit.x);
	}
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 0);
	assert_int_equal(position_net(exchange_position(pit.x, 2)), 65); /* NRML is carried */
	const struct sim_order *last = exchange_order(pit.x, exchange_orders(pit.x) - 1);
	assert_false(last->ours);
	assert_string_equal(last->asked.product, "MIS");
	pit_close();
}

/* Nobody bids: the broker's order rests, and there is one of it. */
static void square_off_without_bids(void **state)
{
	(void)state;
	pit_open_with("2026-11-25T15:24:00+05:30", (struct exchange_options){ .square_off = true, .seed = 1 });
	place(typed(request(CALL, 'B', 65, quote(CALL)->ask[4].price + 100), "L", "MIS", "DAY"));
	market_set_side(pit.rig.market, scrip(CALL), false, true);
	for (int i = 0; i < 200; i++) {
		pit.rig.clock.virtual_from += NANOS_SECOND;
		market_advance(pit.rig.market, NULL, NULL);
		exchange_advance(pit.x);
	}
	assert_int_equal(exchange_orders(pit.x), 2);
	assert_int_equal(exchange_order(pit.x, 1)->status, SIM_OPEN);
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 65);
	pit_close();
}

/* A bought option is worth what the index's close makes it; there is no trade for it. */
static void expiry(void **state)
{
	(void)state;
	pit_open("2026-11-23T14:00:00+05:30");
	int64_t money = quote("NIFTY")->last / 5000 * 50;
	char deep[32], far[32];
	snprintf(deep, sizeof(deep), "NIFTY26NOV%lldCE", (long long)(money - 500));
	snprintf(far, sizeof(far), "NIFTY26NOV%lldCE", (long long)(money + 800));
	place(request(deep, 'B', 65, quote(deep)->ask[4].price + 500));
	place(request(far, 'B', 65, quote(far)->ask[4].price));
	size_t trades = exchange_trades(pit.x);
	assert_int_equal(position_net(exchange_position(pit.x, 1)), 65);
	to("2026-11-23T15:39:59+05:30");
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 65);
	to("2026-11-23T15:40:00+05:30");
	int64_t worth = quote("NIFTY")->last - (money - 500) * 100;
	const struct sim_position *p = exchange_position(pit.x, 0);
	assert_int_equal(position_net(p), 0);
	assert_true(worth > 0);
	assert_int_equal(p->sell_value, 65 * worth);
	p = exchange_position(pit.x, 1); /* out of the money: nothing */
	assert_true(p->sell == 65 && p->sell_value == 0);
	assert_int_equal(exchange_trades(pit.x), trades);
	int64_t before = available();
	to("2026-11-25T10:00:00+05:30");
	assert_int_equal(exchange_positions(pit.x), 0);
	assert_int_equal(available(), before);
	pit_close();
}

/* The next day: yesterday's orders are in no book, positions are carried at the close, the tag may be used again, money adds up. */
static void the_next_day(void **state)
{
	(void)state;
	pit_open("2026-11-25T15:00:00+05:30");
	struct sim_request r = request(CALL, 'B', 65, quote(CALL)->ask[4].price + 500);
	r.has_tag = true;
	snprintf(r.tag, sizeof(r.tag), "T");
	const struct sim_order *o = place(r), *amo;
	place(typed(request("NIFTY26DECFUT", 'S', 65, quote("NIFTY26DECFUT")->bid[4].price), "L", "MIS", "DAY"));
	assert_int_equal(o->status, SIM_COMPLETE);
	to("2026-11-25T18:00:00+05:30");
	r.amo = true;
	snprintf(r.tag, sizeof(r.tag), "U");
	amo = send(r);
	struct sim_funds f;
	exchange_funds(pit.x, &f);
	int64_t worth = f.cash + f.realised + f.unrealised + 65 * quote(CALL)->last - f.premium, close = quote(CALL)->last;
	to("2026-11-26T00:00:00+05:30");
	assert_true(o->hidden);
	assert_false(amo->hidden);
	assert_int_equal(exchange_positions(pit.x), 2);
	const struct sim_position *p = exchange_position(pit.x, 0);
	assert_true(p->cf_buy == 65 && p->cf_buy_value == 65 * close && p->buy == 0);
	assert_string_equal(exchange_position(pit.x, 1)->product, "NRML"); /* MIS that nobody closed is carried */
	assert_int_equal(exchange_position(pit.x, 1)->cf_sell, 65);
	exchange_funds(pit.x, &f);
	assert_int_equal(f.cash, worth);
	to("2026-11-26T09:15:00.5+05:30");
	r.amo = false;
	snprintf(r.tag, sizeof(r.tag), "T");
	o = send(r);
	assert_memory_equal(o->number, "261126", 6);
	assert_non_null(exchange_find(pit.x, o->number));
	pit_close();
}

/* A circuit: nobody sells, so nobody can buy; nobody bids, so nobody gets out. */
static void locked_side(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	place(request(CALL, 'B', 65, 20100));
	market_set_side(pit.rig.market, scrip(CALL), false, true);
	exchange_price(pit.x, scrip(CALL));
	const struct sim_order *o = place(typed(request(CALL, 'S', 65, 0), "MKT", "NRML", "DAY"));
	assert_int_equal(o->status, SIM_OPEN);
	price(CALL, 15000);
	assert_int_equal(o->filled, 0);
	assert_int_equal(place(request(CALL, 'B', 65, 15500))->status, SIM_COMPLETE);
	market_set_side(pit.rig.market, scrip(CALL), true, true);
	price(CALL, 20500);
	assert_int_equal(o->status, SIM_COMPLETE);
	market_set_halted(pit.rig.market, scrip(CALL), true);
	o = place(request(HIGHER, 'B', 65, quote(HIGHER)->ask[4].price));
	assert_int_equal(o->status, SIM_COMPLETE);
	pit_close();
}

/* An order of the human's phone is the account's, and not ours. */
static void the_human(void **state)
{
	(void)state;
	pit_open(noon);
	price(CALL, 20000);
	struct sim_request r = request(CALL, 'B', 65, 20100);
	r.human = true;
	const struct sim_order *o = place(r);
	assert_false(o->ours);
	assert_int_equal(o->status, SIM_COMPLETE);
	assert_int_equal(position_net(exchange_position(pit.x, 0)), 65);
	pit_close();
}

static void statuses(void **state)
{
	(void)state;
	for (int s = 0; s < SIM_STATUSES; s++)
		assert_true(strlen(sim_status_text((enum sim_status)s)) > 3);
	assert_string_equal(sim_status_text(SIM_STATUSES), "");
	assert_true(sim_status_terminal(SIM_COMPLETE) && sim_status_terminal(SIM_REJECTED) && sim_status_terminal(SIM_CANCELLED) && sim_status_terminal(SIM_AMO_CANCELLED));
	assert_false(sim_status_terminal(SIM_NOT_CANCELLED));
}

/* A storm of random calls over hours: nothing asserts, and the books agree at every step. */
static void random_day(void **state)
{
	uint64_t random = 11;

	(void)state;
	pit_open_with("2026-11-25T09:15:00+05:30", (struct exchange_options){ .partial_fills = true, .square_off = true, .replace_tag = true, .seed = 5 });
	static const char *const symbols[] = { CALL, HIGHER, "NIFTY26D0122800PE", "NIFTY26DECFUT", "RELIANCE-EQ" };
	static const char *const types[] = { "L", "MKT", "SL", "L" };
	for (int i = 0; i < 60; i++) {
		const char *symbol = symbols[prng_below(&random, ARRAY_LEN(symbols))];
		const struct scrip *s = scrip(symbol);
		int64_t last = quote(symbol)->last, off = ((int64_t)prng_below(&random, 21) - 10) * s->tick;
		struct sim_request r = request(symbol, prng_below(&random, 2) ? 'B' : 'S', s->lot * (1 + (int64_t)prng_below(&random, 12)), last + off);
		r = typed(r, types[prng_below(&random, 4)], prng_below(&random, 2) ? "MIS" : "NRML", prng_below(&random, 5) ? "DAY" : "IOC");
		r.trigger = r.type[0] == 'S' ? r.price : 0;
		const struct sim_order *o = send(r);
		if (prng_below(&random, 3) == 0)
			modify(o, request(symbol, r.side, s->lot * 2, last));
		if (prng_below(&random, 4) == 0)
			cancel(exchange_order(pit.x, prng_below(&random, exchange_orders(pit.x))), false);
		for (int k = 0; k < 200; k++) {
			pit.rig.clock.virtual_from += (int64_t)prng_below(&random, 3000) * NANOS_MS;
			market_advance(pit.rig.market, NULL, NULL);
			for (size_t j = 0; j < ARRAY_LEN(symbols); j++)
				exchange_price(pit.x, scrip(symbols[j]));
			exchange_advance(pit.x);
		}
		quiet();
	}
	int64_t filled = 0, traded = 0;
	for (size_t i = 0; i < exchange_orders(pit.x); i++) {
		const struct sim_order *o = exchange_order(pit.x, i);
		filled += o->filled;
		assert_true(o->filled <= o->asked.qty);
		assert_true(o->status != SIM_COMPLETE || o->filled == o->asked.qty);
		assert_true(o->status != SIM_CANCELLED || o->filled + o->cancelled == o->asked.qty);
	}
	for (size_t i = 0; i < exchange_trades(pit.x); i++)
		traded += exchange_trade(pit.x, i)->qty;
	assert_int_equal(filled, traded);
	assert_true(exchange_trades(pit.x) > 20);
	pit_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bought_options), cmocka_unit_test(written_options), cmocka_unit_test(hedge_first), cmocka_unit_test(what_a_hedge_is_worth), cmocka_unit_test(second_exit),
		cmocka_unit_test(futures_and_shares), cmocka_unit_test(exact_money), cmocka_unit_test(out_of_hours), cmocka_unit_test(day_orders_end),
		cmocka_unit_test(after_market_orders), cmocka_unit_test(square_off), cmocka_unit_test(square_off_without_bids), cmocka_unit_test(expiry), cmocka_unit_test(the_next_day),
		cmocka_unit_test(locked_side), cmocka_unit_test(the_human), cmocka_unit_test(statuses), cmocka_unit_test(random_day),
	};

	return cmocka_run_group_tests_name("exchange_day", tests, NULL, NULL);
}
