#include "lib/core/charges.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "lib/base/err.h"
#include "tests/core/market_files.h"

static struct charge_table table;

static int load(void **state)
{
	(void)state;
	MARKET_LOAD("charges.csv", charges_parse, &table);
	return 0;
}

static struct instrument make(enum instrument_kind kind, enum segment segment, const char *underlying)
{
	struct instrument i = { .kind = (uint8_t)kind, .segment = (uint8_t)segment, .tick = 500, .lot = 1, .flags = INSTRUMENT_TRADABLE };

	strcpy(i.symbol, "X");
	strcpy(i.underlying, underlying);
	return i;
}

static struct charge_set one(const char *date, const struct instrument *i, enum product p, int side, qty_t qty, price_t price)
{
	struct charge_set c;

	charges_compute(&table, day(date), i, p, side, qty, price, 1, &c);
	return c;
}

#define RUPEES(r) ((money_t)((r) * 10000.0 + ((r) < 0 ? -0.5 : 0.5)))

/* -- the worked examples: exact amounts and the contract note -------------------------------------------------- */

struct example {
	enum instrument_kind kind;
	enum segment segment;
	enum product product;
	qty_t qty;
	double buy, sell;
	double exact[CHARGE_COUNT], exact_total; /* exact_total to the paisa, as printed */
	double note[CHARGE_COUNT], note_total;
};

static const struct example examples[] = {
	/*                                                             brokerage stt    exch.    ipft    sebi     stamp  gst */
	{ INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, 65, 120, 150, { 0, 14.625, 6.2338, 0.0018, 0.0176, 0.2340, 1.1256 }, 22.24,
	  { 0, 15, 6.23, 0, 0.02, 0, 1.13 }, 22.38 },
	{ INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_NRML, 65, 22800, 22850,
	  { 0, 742.625, 54.2977, 0.0030, 2.9673, 29.64, 10.3082 }, 839.84, { 0, 743, 54.30, 0, 2.97, 30, 10.31 }, 840.58 },
	{ INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_MIS, 100, 1400, 1410, { 0, 35.25, 8.6265, 0.0002, 0.2810, 4.20, 1.6034 }, 49.96,
	  { 0, 35, 8.63, 0, 0.28, 4, 1.60 }, 49.51 },
	{ INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_CNC, 100, 1400, 1450, { 0, 285, 8.7492, 0.0002, 0.2850, 21, 1.6262 }, 316.66,
	  { 0, 285, 8.75, 0, 0.29, 21, 1.63 }, 316.67 },
};

static void round_trip(const struct example *e, struct charge_set *ret)
{
	struct instrument i = make(e->kind, e->segment, "NIFTY");
	struct charge_set sell = one("2026-11-20", &i, e->product, 1, e->qty, RUPEES(e->sell));

	*ret = one("2026-11-20", &i, e->product, 0, e->qty, RUPEES(e->buy));
	charges_add(ret, &sell);
	assert_int_equal(ret->unknown, 0);
	assert_int_equal(ret->assumed, 0);
}

/* Two fills are each rounded to 1/10,000 rupee, so a sum may be one such unit off the printed exact amount. */
static void test_examples_exact(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(examples) / sizeof(examples[0]); n++) {
		struct charge_set c;
		round_trip(&examples[n], &c);
		for (int k = 0; k < CHARGE_COUNT; k++)
			assert_in_range(c.amount[k] - RUPEES(examples[n].exact[k]) + 2, 0, 4);
		assert_int_equal(num_div_round(charges_total(&c), 100), num_div_round(RUPEES(examples[n].exact_total), 100));
	}
}

/* The day's sums as the contract note shows them: STT and stamp to the nearest rupee, the rest to the paisa. */
static void round_note(struct charge_set *c)
{
	for (int k = 0; k < CHARGE_COUNT; k++) {
		int64_t unit = k == CHARGE_STT || k == CHARGE_STAMP ? NUM_SCALE : NUM_SCALE / 100;
		c->amount[k] = num_div_round(c->amount[k], unit) * unit;
	}
}

static void test_examples_note(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(examples) / sizeof(examples[0]); n++) {
		struct charge_set c;
		round_trip(&examples[n], &c);
		round_note(&c);
		for (int k = 0; k < CHARGE_COUNT; k++)
			assert_int_equal(c.amount[k], RUPEES(examples[n].note[k]));
		assert_int_equal(charges_total(&c), RUPEES(examples[n].note_total));
	}
}

/* A with 20 rupees an order: GST 8.33, 69.44 in all. */
static void test_brokerage_per_order(void **state)
{
	struct charge_table own = table;
	struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");
	struct charge_set c, more;

	(void)state;
	assert_int_equal(own.row[0].kind, CHARGE_BROKERAGE);
	own.row[0].rate = 20 * NUM_SCALE;
	charges_compute(&own, day("2026-11-20"), &i, PRODUCT_MIS, 0, 65, RUPEES(120), 1, &c);
	charges_compute(&own, day("2026-11-20"), &i, PRODUCT_MIS, 1, 40, RUPEES(150), 1, &more);
	charges_add(&c, &more);
	charges_compute(&own, day("2026-11-20"), &i, PRODUCT_MIS, 1, 25, RUPEES(150), 0, &more); /* same order's second fill */
	assert_int_equal(more.amount[CHARGE_BROKERAGE], 0);
	charges_add(&c, &more);
	assert_int_equal(c.amount[CHARGE_BROKERAGE], RUPEES(40));
	assert_int_equal(num_div_round(c.amount[CHARGE_GST], 100), 833);
	assert_int_equal(num_div_round(charges_total(&c), 100), 6944);
}

/* -- dates ------------------------------------------------------------------------------------------------------ */

/* Charge of one kind on a turnover of one crore rupees, sell side unless said. */
static const struct boundary {
	const char *date;
	enum instrument_kind kind;
	enum segment segment;
	enum product product;
	const char *underlying;
	int side;
	enum charge_kind charge;
	double rupees;
	bool assumed;
} boundaries[] = {
	{ "2023-03-31", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 6250, true },
	{ "2023-04-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 6250, false },
	{ "2024-09-30", INSTRUMENT_PUT, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 6250, false },
	{ "2024-10-01", INSTRUMENT_PUT, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 10000, false },
	{ "2026-03-31", INSTRUMENT_CALL, SEGMENT_BSE_FO, PRODUCT_MIS, "SENSEX", 1, CHARGE_STT, 10000, false },
	{ "2026-04-01", INSTRUMENT_CALL, SEGMENT_BSE_FO, PRODUCT_MIS, "SENSEX", 1, CHARGE_STT, 15000, false },
	{ "2026-04-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_STT, 0, false },
	{ "2023-03-31", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 1250, true },
	{ "2024-09-30", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 1250, false },
	{ "2024-10-01", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 2000, false },
	{ "2026-03-31", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 2000, false },
	{ "2026-04-01", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_STT, 5000, false },
	{ "2024-09-30", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_EXCHANGE, 3503, true },
	{ "2024-10-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 1, CHARGE_EXCHANGE, 3503, false },
	{ "2026-02-28", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_EXCHANGE, 3503, false },
	{ "2026-03-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_EXCHANGE, 3552, false },
	{ "2026-02-28", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_IPFT, 50, false },
	{ "2026-03-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_IPFT, 1, false },
	{ "2026-02-28", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_EXCHANGE, 173, false },
	{ "2026-03-01", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_EXCHANGE, 182.99, false },
	{ "2026-02-28", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_IPFT, 10, false },
	{ "2026-03-01", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_IPFT, 0.01, false },
	{ "2026-02-28", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_MIS, "SBIN", 0, CHARGE_EXCHANGE, 297, false },
	{ "2026-03-01", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_MIS, "SBIN", 0, CHARGE_EXCHANGE, 306.99, false },
	{ "2026-03-01", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_NRML, "SBIN", 0, CHARGE_IPFT, 0.01, false },
	{ "2026-03-01", INSTRUMENT_EQUITY, SEGMENT_BSE_CM, PRODUCT_CNC, "SBIN", 0, CHARGE_EXCHANGE, 375, false },
	{ "2026-03-01", INSTRUMENT_CALL, SEGMENT_BSE_FO, PRODUCT_MIS, "SENSEX", 0, CHARGE_EXCHANGE, 3250, false },
	{ "2026-03-01", INSTRUMENT_CALL, SEGMENT_BSE_FO, PRODUCT_MIS, "BANKEX", 0, CHARGE_EXCHANGE, 3250, false },
	{ "2026-03-01", INSTRUMENT_CALL, SEGMENT_BSE_FO, PRODUCT_MIS, "SENSEX50", 0, CHARGE_EXCHANGE, 500, false },
	{ "2026-03-01", INSTRUMENT_FUTURE, SEGMENT_BSE_FO, PRODUCT_MIS, "SENSEX", 0, CHARGE_EXCHANGE, 0, false },
	{ "2026-11-20", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_CNC, "SBIN", 0, CHARGE_STT, 10000, false },
	{ "2026-11-20", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_MIS, "SBIN", 0, CHARGE_STT, 0, false },
	{ "2026-11-20", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_MIS, "SBIN", 1, CHARGE_STT, 2500, false },
	{ "2026-11-20", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_CNC, "SBIN", 0, CHARGE_STAMP, 1500, false },
	{ "2026-11-20", INSTRUMENT_EQUITY, SEGMENT_NSE_CM, PRODUCT_CNC, "SBIN", 1, CHARGE_STAMP, 0, false },
	{ "2026-11-20", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_STAMP, 300, false },
	{ "2026-11-20", INSTRUMENT_FUTURE, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_STAMP, 200, false },
	{ "2021-03-31", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_SEBI, 10, true },
	{ "2021-04-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_SEBI, 10, false },
	{ "2025-10-31", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_BROKERAGE, 0, true },
	{ "2025-11-01", INSTRUMENT_CALL, SEGMENT_NSE_FO, PRODUCT_MIS, "NIFTY", 0, CHARGE_BROKERAGE, 0, false },
};

static void test_every_rate_change(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(boundaries) / sizeof(boundaries[0]); n++) {
		const struct boundary *b = &boundaries[n];
		struct instrument i = make(b->kind, b->segment, b->underlying);
		struct charge_set c = one(b->date, &i, b->product, b->side, 100000, RUPEES(100));
		bool assumed = c.assumed & 1u << b->charge;

		if (c.amount[b->charge] != RUPEES(b->rupees) || assumed != b->assumed || c.unknown)
			fail_msg("row %zu (%s %s): got %lld, assumed %d, unknown %x", n, b->date, charge_kind_name(b->charge),
			         (long long)c.amount[b->charge], assumed, (unsigned)c.unknown);
	}
}

/* -- what is not known ------------------------------------------------------------------------------------------- */

#define HEAD "segment,product,underlying,charge,basis,side,rate,from,to,source\n"

static int parse(const char *rows, struct charge_table *t, uint32_t *line)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD "%s", rows);
	return charges_parse(text, strlen(text), t, line);
}

static void test_unknown_is_not_zero(void **state)
{
	struct charge_table own;
	struct charge_set c;
	uint32_t line;
	struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");

	(void)state;
	assert_int_equal(parse("ALL,any,,brokerage,order,both,20,2025-01-01,,x\nALL,any,,gst,charges,both,0.18,2025-01-01,,x\n", &own, &line), 0);
	charges_compute(&own, day("2026-01-01"), &i, PRODUCT_MIS, 0, 65, RUPEES(100), 1, &c);
	assert_int_equal(c.unknown, (1u << CHARGE_COUNT) - 1 - (1u << CHARGE_BROKERAGE)); /* GST too: its base is not known */
	assert_int_equal(c.amount[CHARGE_BROKERAGE], RUPEES(20));
	assert_int_equal(charges_total(&c), RUPEES(20));
}

/* The file may name the kinds in any order, and GST before what it is taken from. */
static void test_any_order_of_rows(void **state)
{
	static const char sorted[] = "ALL,any,,brokerage,order,both,20,2025-01-01,,x\nALL,any,,stt,turnover,sell,0.001,2025-01-01,,x\n"
	                             "ALL,any,NIFTY,stt,turnover,sell,0.002,2025-01-01,,x\nALL,any,,gst,charges,both,0.18,2025-01-01,,x\n";
	static const char mixed[] = "ALL,any,,gst,charges,both,0.18,2025-01-01,,x\nALL,any,NIFTY,stt,turnover,sell,0.002,2025-01-01,,x\n"
	                            "ALL,any,,brokerage,order,both,20,2025-01-01,,x\nALL,any,,stt,turnover,sell,0.001,2025-01-01,,x\n";
	struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");
	struct charge_table a, b;
	struct charge_set c, d;
	uint32_t line;

	(void)state;
	assert_int_equal(parse(sorted, &a, &line), 0);
	assert_int_equal(parse(mixed, &b, &line), 0);
	assert_int_equal(b.count, 4);
	charges_compute(&a, day("2026-01-01"), &i, PRODUCT_MIS, 1, 65, RUPEES(100), 1, &c);
	charges_compute(&b, day("2026-01-01"), &i, PRODUCT_MIS, 1, 65, RUPEES(100), 1, &d);
	assert_memory_equal(&c, &d, sizeof(c));
	assert_int_equal(c.amount[CHARGE_STT], RUPEES(13));
	assert_int_equal(c.amount[CHARGE_BROKERAGE], RUPEES(20));
}

static void test_assumed_base_makes_gst_assumed(void **state)
{
	struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");
	struct charge_set c = one("2022-01-03", &i, PRODUCT_MIS, 1, 50, RUPEES(100));

	(void)state;
	assert_true(c.assumed & 1u << CHARGE_EXCHANGE);
	assert_true(c.assumed & 1u << CHARGE_GST);
	assert_false(c.assumed & 1u << CHARGE_SEBI);
	assert_false(c.assumed & 1u << CHARGE_STAMP);
	assert_int_equal(c.unknown, 0);
}

static void test_gst_base_leaves_taxes_out(void **state)
{
	struct instrument i = make(INSTRUMENT_EQUITY, SEGMENT_NSE_CM, "SBIN");
	struct charge_set c = one("2026-11-20", &i, PRODUCT_CNC, 0, 100000, RUPEES(100));

	(void)state;
	/* 18 % of 306.99 + 0.01 + 10, not of STT and stamp */
	assert_int_equal(c.amount[CHARGE_GST], RUPEES(57.06));
}

static void test_synthetic_pays_nothing(void **state)
{
	struct instrument i = make(INSTRUMENT_INDEX, SEGMENT_NSE_CM, "NIFTY");
	struct charge_set c;

	(void)state;
	i.flags |= INSTRUMENT_SYNTHETIC;
	c = one("2026-11-20", &i, PRODUCT_MIS, 1, 1, RUPEES(24000));
	assert_int_equal(charges_total(&c), 0);
	assert_int_equal(c.unknown | c.assumed, 0);
}

static void test_overflow_is_unknown(void **state)
{
	struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");
	struct charge_set c = one("2026-11-20", &i, PRODUCT_MIS, 1, INT64_MAX / 2, 3), big = { 0 };

	(void)state;
	assert_int_equal(c.unknown, (1u << CHARGE_COUNT) - 1);
	assert_int_equal(charges_total(&c), 0);
	c = one("2026-11-20", &i, PRODUCT_MIS, 1, INT64_MAX, 1); /* the greatest turnover that fits */
	assert_int_equal(c.unknown, 0);
	big.amount[CHARGE_STT] = INT64_MAX;
	charges_add(&big, &c);
	assert_true(big.unknown & 1u << CHARGE_STT);
	big.amount[CHARGE_GST] = INT64_MAX;
	assert_int_equal(charges_total(&big), NUM_UNKNOWN);
}

/* -- the table's own mistakes -------------------------------------------------------------------------------------- */

static const struct { const char *rows; int err; uint32_t line; } broken[] = {
	{ "", ERR_TRUNCATED, 1 },
	{ "NSE_XX,any,,stt,turnover,both,0.1,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,bonds,,stt,turnover,both,0.1,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,tax,turnover,both,0.1,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,volume,both,0.1,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,turnover,left,0.1,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,turnover,both,,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,turnover,both,0.1x,2025-01-01,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,turnover,both,-0.1,2025-01-01,,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,turnover,both,1.01,2025-01-01,,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,turnover,both,0.0000000000001,2025-01-01,,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,turnover,both,0.1,,,x\n", ERR_PARSE, 2 },
	{ "ALL,any,,stt,turnover,both,0.1,2025-02-30,,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,turnover,both,0.1,2025-02-02,2025-02-01,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,charges,both,0.1,2025-01-01,,x\n", ERR_INVAL, 2 },
	{ "ALL,any,,gst,turnover,both,0.1,2025-01-01,,x\n", ERR_INVAL, 2 },
	{ "ALL,any,NAME-OF-SIXTEEN-,stt,turnover,both,0.1,2025-01-01,,x\n", ERR_RANGE, 2 },
	{ "ALL,any,,stt,turnover,both,0.1,2025-01-01\n", ERR_PARSE, 2 },
	{ "# c\nALL,any,,stt,turnover,sell,0.1,2025-01-01,,x\nALL_FO,options,,stt,turnover,both,0.1,2026-01-01,,x\n", ERR_EXIST, 4 },
};

static void test_broken_rows(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(broken) / sizeof(broken[0]); n++) {
		struct charge_table own = { .count = 7 };
		uint32_t line = 0;
		int err = parse(broken[n].rows, &own, &line);

		if (err != broken[n].err || line != broken[n].line || own.count != 7)
			fail_msg("row %zu: err %d line %u count %u", n, err, (unsigned)line, (unsigned)own.count);
	}
	uint32_t line = 0;
	struct charge_table own;
	assert_int_equal(charges_parse("a,b\n", 4, &own, &line), ERR_PARSE);
	assert_int_equal(line, 1);
}

static void test_too_many_rows(void **state)
{
	static char text[65536];
	size_t at = (size_t)snprintf(text, sizeof(text), HEAD);
	struct charge_table own;
	uint32_t line = 0;

	(void)state;
	for (int i = 0; i <= CHARGE_ROWS_MAX; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "ALL,any,U%d,stt,turnover,both,0.1,2025-01-01,,x\n", i);
	assert_int_equal(charges_parse(text, at, &own, &line), ERR_FULL);
	assert_int_equal(line, CHARGE_ROWS_MAX + 2);
}

/* -- what is remembered ------------------------------------------------------------------------------------------ */

static void assert_recalled(struct charge_memo *memo, const char *date, const struct instrument *i, enum product p)
{
	const struct charge_rates *rates = charges_recall(memo, &table, day(date), i, p);

	for (int side = 0; side < 2; side++) {
		struct charge_set a, b = one(date, i, p, side, 65, RUPEES(120));

		charges_of(rates, side, 65, RUPEES(120), 1, &a);
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

/* Whatever was asked before, in whichever order: the answer is the table's. */
static void test_recalled_as_looked_up(void **state)
{
	static const char *const dates[] = { "2020-01-01", "2024-09-30", "2024-10-01", "2026-04-01" };
	static const char *const names[] = { "NIFTY", "SENSEX", "BANKEX", "RELIANCE" };
	struct charge_memo memo = { 0 };

	(void)state;
	for (unsigned n = 0; n < 2000; n++) {
		struct instrument i = make((enum instrument_kind)(INSTRUMENT_EQUITY + n % 4), (enum segment)(n / 4 % SEGMENT_COUNT), names[n / 7 % 4]);

		i.underlying_id = n % 3;
		assert_recalled(&memo, dates[n / 3 % 4], &i, n % 5 ? PRODUCT_MIS : PRODUCT_NRML);
	}
}

static money_t both_sides(const struct charge_rates *rates, qty_t qty, price_t price)
{
	struct charge_set buy, sell;

	charges_of(rates, 0, qty, price, 1, &buy);
	charges_of(rates, 1, qty, price, 1, &sell);
	return charges_total(&buy) + charges_total(&sell);
}

/* Never less than both sides, and not much more: two paise of rounding. */
static void assert_most(const struct charge_table *t, const struct instrument *i, enum product p, qty_t qty, price_t price)
{
	struct charge_memo memo = { 0 };
	const struct charge_rates *rates = charges_recall(&memo, t, day("2026-04-01"), i, p);
	money_t most, both = both_sides(rates, qty, price);

	assert_true(charges_at_most(rates, qty, price, &most));
	assert_true(most >= both);
	if (rates->side[0].unknown == 0) /* else GST is not known either, but may be in the bound */
		assert_true(most <= both + 2 * NUM_SCALE / 100);
}

static void test_at_most(void **state)
{
	struct charge_table own = table;

	(void)state;
	own.row[0].rate = 20 * NUM_SCALE; /* brokerage an order, taxed */
	for (int n = 0; n < 20000; n++) {
		struct instrument i = make((enum instrument_kind)(INSTRUMENT_EQUITY + n % 4), (enum segment)(n / 4 % SEGMENT_COUNT), n % 3 ? "NIFTY" : "SENSEX");
		qty_t qty = 1 + n % 71;
		price_t price = (price_t)n * n % 5000000 / 100 * 100 + 5;

		assert_most(n % 2 ? &own : &table, &i, n % 5 ? PRODUCT_MIS : PRODUCT_NRML, qty, price);
	}
}

/* No table, no charge that could be told: the bound is of nothing. What overflows has none. */
static void test_at_most_at_the_edges(void **state)
{
	const struct instrument i = make(INSTRUMENT_CALL, SEGMENT_NSE_FO, "NIFTY");
	struct charge_memo memo = { 0 };
	struct charge_table none = { 0 }, huge = table;
	money_t most = -1;

	(void)state;
	assert_true(charges_at_most(charges_recall(&memo, &none, day("2026-04-01"), &i, PRODUCT_MIS), 65, RUPEES(120), &most));
	assert_true(most >= 0 && most < NUM_SCALE / 100);
	most = -1;
	memo = (struct charge_memo){ 0 };
	assert_false(charges_at_most(charges_recall(&memo, &table, day("2026-04-01"), &i, PRODUCT_MIS), INT64_MAX / 2, 3, &most));
	for (uint32_t k = 0; k < huge.count; k++)
		huge.row[k].rate = INT64_MAX;
	memo = (struct charge_memo){ 0 };
	assert_false(charges_at_most(charges_recall(&memo, &huge, day("2026-04-01"), &i, PRODUCT_MIS), 65, RUPEES(120), &most));
	huge = table;
	huge.row[huge.from[CHARGE_STAMP]].basis = BASIS_CHARGES; /* no file says so: only GST is taken on charges */
	huge.row[huge.from[CHARGE_STAMP]].segments = 15;
	huge.row[huge.from[CHARGE_STAMP]].product = CHARGE_ANY;
	strcpy(huge.row[huge.from[CHARGE_STAMP]].underlying, "NIFTY");
	memo = (struct charge_memo){ 0 };
	assert_false(charges_at_most(charges_recall(&memo, &huge, day("2026-04-01"), &i, PRODUCT_MIS), 65, RUPEES(120), &most));
	assert_int_equal(most, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples_exact),
		cmocka_unit_test(test_examples_note),
		cmocka_unit_test(test_brokerage_per_order),
		cmocka_unit_test(test_every_rate_change),
		cmocka_unit_test(test_unknown_is_not_zero),
		cmocka_unit_test(test_any_order_of_rows),
		cmocka_unit_test(test_assumed_base_makes_gst_assumed),
		cmocka_unit_test(test_gst_base_leaves_taxes_out),
		cmocka_unit_test(test_synthetic_pays_nothing),
		cmocka_unit_test(test_overflow_is_unknown),
		cmocka_unit_test(test_broken_rows),
		cmocka_unit_test(test_too_many_rows),
		cmocka_unit_test(test_recalled_as_looked_up),
		cmocka_unit_test(test_at_most),
		cmocka_unit_test(test_at_most_at_the_edges),
	};

	return cmocka_run_group_tests_name("charges", tests, load, NULL);
}
