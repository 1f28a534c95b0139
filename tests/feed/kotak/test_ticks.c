/* lib/feed/kotak/ticks: each row changes one thing of a good packet and names the verdict; then orders of packets, and events. */
#include "lib/feed/kotak/ticks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/obj.h"

#define R(x) ((price_t)((x) * 10000.0 + 0.5))

static nanos_t now;
static struct instrument option, index_;
static struct sfeed_packet good, good_index;
static struct tick_seen seen;

static struct tick_now times(void)
{
	return (struct tick_now){ now, stamp_at(stamp_date(now), 0) };
}

static int setup(void **state)
{
	(void)state;
	now = stamp_at(date_from_civil(2026, 11, 23), TIME_OF_DAY(11, 0));
	option = (struct instrument){ .symbol = "C", .underlying = "NIFTY", .id = 7, .kind = INSTRUMENT_CALL, .segment = SEGMENT_NSE_FO, .tick = 500, .lot = 65,
	                              .strike = R(24000), .expiry = 1, .band_low = R(50), .band_high = R(300) };
	index_ = (struct instrument){ .symbol = "NIFTY", .underlying = "NIFTY", .kind = INSTRUMENT_INDEX, .tick = 500, .lot = 1 };
	good = (struct sfeed_packet){ .kind = SFEED_PICTURE, .token = 5, .trade_time = now / NANOS_SECOND, .last = R(120.05), .volume = 1000, .oi = 50, .last_qty = 65,
	                              .n_bid = 2, .n_ask = 2, .bid = { { R(120), 65 }, { R(119.95), 130 } }, .ask = { { R(120.10), 195 }, { R(120.15), 260 } } };
	good_index = (struct sfeed_packet){ .kind = SFEED_INDEX, .trade_time = now / NANOS_SECOND, .last = R(24000.13), .close = R(24000) };
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static enum tick_verdict judge(const struct sfeed_packet *p)
{
	return tick_judge(&seen, p, &option, times());
}

enum change { LAST, BID, ASK, LOW, HIGH, TIME, NO_BID, NO_ASK, NOTHING };
struct row { enum change change; double to; enum tick_verdict verdict; };

static void change(struct sfeed_packet *p, const struct row *r)
{
	switch (r->change) {
	case LAST:    p->last = R(r->to); break;
	case BID:     p->bid[0].price = R(r->to); break;
	case ASK:     p->ask[0].price = R(r->to); break;
	case LOW:     p->circuit_low = R(r->to); break;
	case HIGH:    p->circuit_high = R(r->to); break;
	case TIME:    p->trade_time += (int64_t)r->to; break;
	case NO_BID:  p->n_bid = 0; break;
	case NO_ASK:  p->n_ask = 0; break;
	case NOTHING: p->last = 0; p->n_bid = p->n_ask = 0; break;
	}
}

static void test_option_table(void **state)
{
	static const struct row rows[] = {
		{ LAST, 120.05, TICK_NEWS },
		{ LAST, 0, TICK_NEWS },         /* never traded, and quoted */
		{ LAST, 50, TICK_NEWS },        /* the band's edges belong to it */
		{ LAST, 300, TICK_NEWS },
		{ LAST, 49.95, TICK_BAND },
		{ LAST, 300.05, TICK_BAND },
		{ LAST, 12005, TICK_BAND },     /* paise taken for rupees */
		{ LAST, 120.07, TICK_OFF_TICK },
		{ BID, 49, TICK_BAND },
		{ BID, 120.01, TICK_OFF_TICK },
		{ BID, 120.10, TICK_NEWS },     /* locked is not crossed */
		{ BID, 120.15, TICK_CROSSED },
		{ BID, 0, TICK_NEWS },
		{ ASK, 301, TICK_BAND },
		{ ASK, 119.95, TICK_CROSSED },
		{ NO_BID, 0, TICK_NEWS },       /* a side that is locked away */
		{ NO_ASK, 0, TICK_NEWS },
		{ LOW, 121, TICK_BAND },        /* the packet's own band is the younger one */
		{ HIGH, 119, TICK_BAND },
		{ TIME, 5, TICK_NEWS },
		{ TIME, 6, TICK_AHEAD },
		{ TIME, -61, TICK_REPEAT },     /* the connection's first, and old: a memory */
		{ TIME, -60, TICK_NEWS },
		{ NOTHING, 0, TICK_EMPTY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(state);
		change(&good, &rows[i]);
		enum tick_verdict v = judge(&good);
		if (v != rows[i].verdict)
			fail_msg("row %zu: %s, not %s", i, tick_verdict_name(v), tick_verdict_name(rows[i].verdict));
	}
}

static void test_moved_band(void **state)
{
	(void)state;
	good.circuit_low = R(100);
	good.circuit_high = R(900);
	good.last = good.bid[0].price = good.ask[0].price = R(800); /* beyond the morning's band */
	assert_int_equal(judge(&good), TICK_NEWS);
}

static void test_index_table(void **state)
{
	static const struct { double last, close; enum tick_verdict verdict; } rows[] = {
		{ 24000.13, 24000, TICK_NEWS }, /* an index has no tick */
		{ 28800, 24000, TICK_NEWS },
		{ 28800.01, 24000, TICK_BAND },
		{ 19200, 24000, TICK_NEWS },
		{ 19199.99, 24000, TICK_BAND },
		{ 2400013, 24000, TICK_BAND },
		{ 2400013, 0, TICK_NEWS },      /* nothing to compare it with */
		{ 0, 24000, TICK_EMPTY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		setup(state);
		good_index.last = R(rows[i].last);
		good_index.close = R(rows[i].close);
		assert_int_equal(tick_judge(&seen, &good_index, &index_, times()), rows[i].verdict);
	}
}

static void test_repeats(void **state)
{
	struct sfeed_packet p = good;

	(void)state;
	assert_int_equal(judge(&p), TICK_NEWS);
	p.sequence++; /* informational */
	assert_int_equal(judge(&p), TICK_REPEAT);
	p.bid[1].qty++; /* somewhere in the book something moved */
	assert_int_equal(judge(&p), TICK_NEWS);
	p.bid[4].qty = 99; /* beyond the rows that are filled in */
	assert_int_equal(judge(&p), TICK_REPEAT);
	p.oi++;
	assert_int_equal(judge(&p), TICK_NEWS);
	tick_reconnected(&seen);
	assert_int_equal(judge(&p), TICK_REPEAT); /* the new connection's first picture is what we know */
	p.oi++;
	assert_int_equal(judge(&p), TICK_NEWS);
}

/* After a reconnect an untraded contract's picture is a memory; what moves after it is not. */
static void test_memory(void **state)
{
	struct sfeed_packet p = good;

	(void)state;
	p.trade_time -= 600;
	assert_int_equal(judge(&p), TICK_REPEAT);
	p.bid[0].qty++;
	assert_int_equal(judge(&p), TICK_NEWS);
}

static void test_never_back(void **state)
{
	struct sfeed_packet p = good;

	(void)state;
	assert_int_equal(judge(&p), TICK_NEWS);
	p.trade_time--;
	for (int i = 0; i < 50; i++) {
		p.volume++;
		assert_int_equal(judge(&p), TICK_BACK);
	}
	p = good;
	p.volume--;
	for (int i = 1; i < 10; i++)
		assert_int_equal(judge(&p), TICK_BACK);
	assert_int_equal(judge(&p), TICK_NEWS); /* the tenth in a row: the higher volume was the wrong one */
	assert_int_equal(judge(&p), TICK_REPEAT);
	p = good;
	p.volume += 10;
	assert_int_equal(judge(&p), TICK_NEWS);
	p.volume -= 5;
	assert_int_equal(judge(&p), TICK_BACK);
	p.volume += 6; /* one in between ends the row */
	assert_int_equal(judge(&p), TICK_NEWS);
	p.volume -= 1;
	for (int i = 1; i < 10; i++)
		assert_int_equal(judge(&p), TICK_BACK);
}

/* A bad packet leaves no trace in what is remembered. */
static void test_bad_leaves_nothing(void **state)
{
	struct sfeed_packet p = good;

	(void)state;
	assert_int_equal(judge(&good), TICK_NEWS);
	p.last = R(5000);
	p.volume = 1 << 30;
	assert_int_equal(judge(&p), TICK_BAND);
	good.volume++;
	assert_int_equal(judge(&good), TICK_NEWS);
}

static void test_events(void **state)
{
	struct event e;

	(void)state;
	tick_event(&good, &option, times(), &e);
	assert_int_equal(e.head.kind, EVENT_TICK);
	assert_int_equal(e.head.instrument, 7);
	assert_int_equal(e.head.stamp, now);
	assert_int_equal(e.tick.last, R(120.05));
	assert_int_equal(e.tick.bid, R(120));
	assert_int_equal(e.tick.ask_qty, 195);
	assert_int_equal(e.tick.exchange_stamp, now);
	assert_true(tick_depth(&good, &option, now, &e));
	assert_int_equal(e.head.kind, EVENT_DEPTH);
	assert_int_equal(e.depth.bid[1].qty, 130);
	assert_int_equal(e.depth.bid[2].price, 0);
	good.n_bid = good.n_ask = 1;
	assert_false(tick_depth(&good, &option, now, &e));
	good.n_bid = 0;
	tick_event(&good, &option, times(), &e);
	assert_int_equal(e.tick.bid, 0);
	assert_int_equal(e.tick.bid_qty, 0);
	good.trade_time -= 86400; /* yesterday's last price is no last price */
	tick_event(&good, &option, times(), &e);
	assert_int_equal(e.tick.last, 0);
	assert_int_equal(e.tick.last_qty, 0);
	assert_int_equal(e.tick.exchange_stamp, 0);
	assert_int_equal(e.tick.ask, R(120.10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_option_table, setup),
		cmocka_unit_test_setup(test_moved_band, setup),
		cmocka_unit_test_setup(test_index_table, setup),
		cmocka_unit_test_setup(test_repeats, setup),
		cmocka_unit_test_setup(test_memory, setup),
		cmocka_unit_test_setup(test_never_back, setup),
		cmocka_unit_test_setup(test_bad_leaves_nothing, setup),
		cmocka_unit_test_setup(test_events, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
