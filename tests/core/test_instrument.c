#include "lib/core/instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct instrument option(void)
{
	struct instrument i = { .symbol = "NIFTY26N2324000CE", .underlying = "NIFTY", .kind = INSTRUMENT_CALL, .segment = SEGMENT_NSE_FO,
	                        .flags = INSTRUMENT_TRADABLE, .expiry = 20000, .strike = 240000000, .tick = 500, .lot = 65, .freeze = 3510 };
	return i;
}

/* Last price, then bid and ask, in 1/10,000 rupee; the tick is 500. */
static const struct { price_t last, bid, ask; } spreads[] = {
	{ 0, 0, 0 },
	{ 500, 0, 1000 },               /* 2 ticks around the smallest price: nobody bids */
	{ 1000, 500, 1500 },
	{ 100000, 99500, 100500 },      /* 0.3 % is 300, below 2 ticks */
	{ 333500, 332500, 334500 },     /* 0.3 % is 1000.5, rounded to 1001: half is 501, outward to the next tick */
	{ 2000000, 1997000, 2003000 },  /* 200.00: 0.60 in all */
	{ 2000100, 1997000, 2003500 },  /* off the tick: outward on both sides */
	{ 240000000, 239640000, 240360000 },
};

static void test_assumed_spread(void **state)
{
	struct instrument i = option();

	(void)state;
	i.flags |= INSTRUMENT_LTP_ONLY;
	for (size_t n = 0; n < sizeof(spreads) / sizeof(spreads[0]); n++) {
		struct quote q = { .last = spreads[n].last, .bid = 7, .ask = 9 };
		price_t bid = quote_bid(&q, &i), ask = quote_ask(&q, &i);

		assert_int_equal(bid, spreads[n].bid);
		assert_int_equal(ask, spreads[n].ask);
		assert_int_equal(quote_mid(&q, &i), spreads[n].last);
	}
	struct quote far = { .last = INT64_MAX };
	assert_int_equal(quote_ask(&far, &i), 0);
}

static void test_real_quotes(void **state)
{
	struct instrument i = option();
	struct quote q = { .last = 100000, .bid = 99500, .ask = 100500 };

	(void)state;
	assert_int_equal(quote_bid(&q, &i), 99500);
	assert_int_equal(quote_ask(&q, &i), 100500);
	assert_int_equal(quote_mid(&q, &i), 100000);
	q.bid = 0; /* nobody bids: the last price must not stand in */
	assert_int_equal(quote_bid(&q, &i), 0);
	assert_int_equal(quote_mid(&q, &i), 0);
	q.bid = 101000; /* crossed */
	assert_int_equal(quote_mid(&q, &i), 0);
	q.bid = 99500;
	q.ask = 0;
	assert_int_equal(quote_mid(&q, &i), 0);
}

static void fill(struct instrument *i, char c)
{
	memset(i->symbol, c, sizeof(i->symbol));
}

static void test_valid(void **state)
{
	struct instrument good = option(), i;

	(void)state;
	assert_true(instrument_valid(&good));
#define REFUSED(change) do { i = good; change; assert_false(instrument_valid(&i)); } while (0)
#define TAKEN(change) do { i = good; change; assert_true(instrument_valid(&i)); } while (0)
	REFUSED(i.symbol[0] = '\0');
	REFUSED(i.symbol[1] = ' ');
	REFUSED(i.symbol[1] = '\x7F');
	REFUSED(i.symbol[1] = '\xC3');
	REFUSED(fill(&i, 'A'));
	TAKEN(fill(&i, 'A'); i.symbol[39] = '\0');
	REFUSED(i.underlying[0] = '\0');
	REFUSED(i.kind = INSTRUMENT_PUT + 1);
	REFUSED(i.segment = SEGMENT_COUNT);
	REFUSED(i.flags = 1 << 5);
	REFUSED(i.tick = 0);
	REFUSED(i.lot = 0);
	REFUSED(i.lot = -65);
	TAKEN(i.freeze = 0);
	REFUSED(i.freeze = -1);
	REFUSED(i.strike = 0);
	REFUSED(i.expiry = 0);
	REFUSED(i.expiry = -1);
	TAKEN(i.kind = INSTRUMENT_FUTURE; i.strike = 0; i.expiry = 0); /* a continuous future */
	REFUSED(i.band_low = 200; i.band_high = 100);
	TAKEN(i.band_low = 200; i.band_high = 0);
	REFUSED(i.band_high = -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_assumed_spread),
		cmocka_unit_test(test_real_quotes),
		cmocka_unit_test(test_valid),
	};

	return cmocka_run_group_tests_name("instrument", tests, NULL, NULL);
}
