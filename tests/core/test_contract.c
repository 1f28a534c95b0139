#include "lib/core/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "lib/base/err.h"
#include "tests/core/market_files.h"

static struct contract_table table;

static int load(void **state)
{
	(void)state;
	MARKET_LOAD("contracts.csv", contracts_parse, &table);
	return 0;
}

static struct contract_facts look(const char *underlying, const char *expiry, const char *date)
{
	struct contract_facts f;

	contract_lookup(&table, underlying, expiry ? day(expiry) : 0, day(date), &f);
	return f;
}

static const struct { const char *underlying, *expiry, *date; qty_t lot; bool assumed; } lots[] = {
	{ "NIFTY", "2021-01-28", "2021-01-04", 75, false },
	{ "NIFTY", "2021-07-29", "2021-07-28", 75, false },
	{ "NIFTY", "2021-08-05", "2021-08-02", 50, false },
	{ "NIFTY", "2024-04-25", "2024-04-25", 50, false },
	{ "NIFTY", "2024-05-02", "2024-04-25", 50, false },
	{ "NIFTY", "2024-05-02", "2024-04-26", 25, false },
	{ "NIFTY", "2024-12-26", "2024-12-20", 25, false },
	{ "NIFTY", "2025-01-02", "2024-12-30", 75, false },
	{ "NIFTY", "2025-01-30", "2025-01-29", 25, false },
	{ "NIFTY", "2025-02-06", "2025-01-29", 75, false },
	{ "NIFTY", "2025-02-27", "2025-01-10", 75, false }, /* the exchange's own file */
	{ "NIFTY", "2025-02-27", "2025-01-28", 25, false }, /* the recording */
	{ "NIFTY", "2025-02-27", "2025-01-30", 25, false },
	{ "NIFTY", "2025-02-27", "2025-01-31", 75, false },
	{ "NIFTY", "2025-03-27", "2024-11-19", 25, false },
	{ "NIFTY", "2025-03-27", "2024-11-20", 75, false },
	{ "NIFTY", "2025-12-30", "2025-12-30", 75, false },
	{ "NIFTY", "2026-01-06", "2025-10-28", 75, false },
	{ "NIFTY", "2026-01-06", "2025-10-29", 65, false },
	{ "NIFTY", "2026-06-30", "2025-12-30", 75, false },
	{ "NIFTY", "2026-06-30", "2025-12-31", 65, false },
	{ "NIFTY", "2026-11-23", "2026-11-23", 65, false },
	{ "NIFTY", "2026-12-29", "2026-11-23", 65, false },
	{ "NIFTY", "2027-01-05", "2026-10-29", 65, false },
	{ "NIFTY", "2027-01-05", "2026-10-30", 65, true }, /* a revision may have come */
	{ "BANKNIFTY", "2023-04-13", "2023-04-10", 25, false },
	{ "BANKNIFTY", "2023-06-29", "2023-06-29", 25, false },
	{ "BANKNIFTY", "2023-07-06", "2023-07-05", 15, false },
	{ "BANKNIFTY", "2025-01-30", "2025-01-10", 15, false },
	{ "BANKNIFTY", "2025-02-27", "2025-01-10", 30, false },
	{ "BANKNIFTY", "2025-07-31", "2025-04-24", 30, false },
	{ "BANKNIFTY", "2025-07-31", "2025-04-25", 35, false },
	{ "BANKNIFTY", "2025-12-30", "2025-12-15", 35, false },
	{ "BANKNIFTY", "2026-01-27", "2025-10-28", 35, false },
	{ "BANKNIFTY", "2026-01-27", "2025-10-29", 30, false },
	{ "FINNIFTY", "2026-01-27", "2026-01-05", 60, false },
	{ "FINNIFTY", "2023-01-24", "2023-01-05", 25, true },
	{ "MIDCPNIFTY", "2025-09-30", "2025-09-24", 140, false },
	{ "MIDCPNIFTY", "2026-01-27", "2026-01-05", 120, false },
	{ "NIFTYNXT50", "2025-09-30", "2025-09-24", 25, false },
	{ "SENSEX", "2025-01-03", "2024-12-30", 10, false },
	{ "SENSEX", "2025-01-10", "2025-01-06", 20, false },
	{ "BANKEX", "2026-11-26", "2026-11-23", 30, false },
	{ "SENSEX50", "2026-11-26", "2026-11-23", 75, true },
	{ "BANKNIFTY", NULL, "2023-04-10", 25, false }, /* a continuous future */
	{ "NIFTY", NULL, "2026-11-23", 65, false },
};

static void test_lots(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(lots) / sizeof(lots[0]); n++) {
		struct contract_facts f = look(lots[n].underlying, lots[n].expiry, lots[n].date);
		bool assumed = f.assumed & 1u << CONTRACT_LOT;

		if (f.lot != lots[n].lot || assumed != lots[n].assumed)
			fail_msg("%s %s on %s: lot %lld assumed %d", lots[n].underlying, lots[n].expiry, lots[n].date, (long long)f.lot, assumed);
	}
}

static const struct { const char *underlying, *date; qty_t freeze; bool assumed; } freezes[] = {
	{ "NIFTY", "2025-06-30", 1800, true },       { "NIFTY", "2025-07-01", 1800, false },
	{ "NIFTY", "2026-10-04", 1800, false },      { "NIFTY", "2026-10-05", 3510, false },
	{ "BANKNIFTY", "2025-08-31", 600, false },   { "BANKNIFTY", "2025-09-01", 900, false },
	{ "BANKNIFTY", "2025-09-30", 900, false },   { "BANKNIFTY", "2025-10-01", 600, false },
	{ "BANKNIFTY", "2026-10-04", 600, false },   { "BANKNIFTY", "2026-10-05", 1440, false },
	{ "FINNIFTY", "2026-01-31", 1200, false },   { "FINNIFTY", "2026-10-05", 3240, false },
	{ "MIDCPNIFTY", "2026-10-04", 2800, false }, { "MIDCPNIFTY", "2026-10-05", 5760, false },
	{ "NIFTYNXT50", "2026-10-04", 600, false },  { "NIFTYNXT50", "2026-10-05", 1125, false },
	{ "SENSEX", "2026-10-05", 1000, false },     { "BANKEX", "2026-10-05", 900, false },
};

static void test_freeze(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(freezes) / sizeof(freezes[0]); n++) {
		struct contract_facts f = look(freezes[n].underlying, "2026-12-29", freezes[n].date);

		assert_int_equal(f.freeze, freezes[n].freeze);
		assert_int_equal((f.assumed & 1u << CONTRACT_FREEZE) != 0, freezes[n].assumed);
	}
}

static void test_steps_and_ticks(void **state)
{
	struct contract_facts f = look("NIFTY", "2026-12-01", "2026-11-23");

	(void)state;
	assert_int_equal(f.strike_step, 50 * NUM_SCALE);
	assert_int_equal(f.tick, 500);
	assert_int_equal(f.unknown, 0);
	assert_int_equal(f.assumed, 0);
	assert_int_equal(look("BANKNIFTY", "2026-12-29", "2026-11-23").strike_step, 100 * NUM_SCALE);
	assert_int_equal(look("MIDCPNIFTY", "2026-12-29", "2026-11-23").strike_step, 25 * NUM_SCALE);
}

static void test_unknown_underlying(void **state)
{
	struct contract_facts f = look("NIFTYFPI", "2026-12-29", "2026-11-23");

	(void)state;
	assert_int_equal(f.unknown, (1u << CONTRACT_FIELDS) - 1);
	assert_int_equal(f.assumed, 0);
	assert_int_equal(f.lot | f.freeze | f.tick | f.strike_step, 0);
	f = look("NIFTYNXT50", "2026-12-29", "2026-11-23"); /* no strike step is known */
	assert_int_equal(f.unknown, 1u << CONTRACT_STRIKE_STEP);
	assert_int_equal(f.lot, 25);
}

#define HEAD "underlying,field,value,from,to,expiry_from,expiry_to,source\n"

/* The expiry weighs before the date: a lot belongs to the expiry. */
static void test_nearest_row(void **state)
{
	static const char text[] = HEAD "X,lot,10,2024-01-01,2024-01-31,2024-01-01,2024-01-31,t\n"
	                                "X,lot,20,2024-06-01,2024-06-30,2024-02-10,2024-02-20,t\n";
	struct contract_table own;
	struct contract_facts f;
	uint32_t line;

	(void)state;
	assert_int_equal(contracts_parse(text, sizeof(text) - 1, &own, &line), 0);
	contract_lookup(&own, "X", day("2024-02-08"), day("2024-01-15"), &f);
	assert_int_equal(f.lot, 20);
	contract_lookup(&own, "X", day("2024-02-01"), day("2024-01-15"), &f);
	assert_int_equal(f.lot, 10);
	assert_true(f.assumed & 1u << CONTRACT_LOT);
}

static const struct { const char *rows; int err; uint32_t line; } broken[] = {
	{ "", ERR_TRUNCATED, 1 },
	{ ",lot,75,,,,,x\n", ERR_PARSE, 2 },
	{ "NIFTY,size,75,,,,,x\n", ERR_PARSE, 2 },
	{ "NIFTY,lot,0,,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,-75,,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,7.5,,,,,x\n", ERR_PARSE, 2 },
	{ "NIFTY,tick,0,,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,tick,0.00005,,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,75,2024-13-01,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,75,2024-02-01,2024-01-01,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,75,,,2024-02-01,2024-01-01,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,75,,,,x\n", ERR_PARSE, 2 },
	{ "NAME-OF-SIXTEEN-,lot,75,,,,,x\n", ERR_RANGE, 2 },
	{ "NIFTY,lot,75,,2024-01-31,,,x\nNIFTY,lot,50,2024-01-31,,,,x\n", ERR_EXIST, 3 },
};

static void test_broken_rows(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(broken) / sizeof(broken[0]); n++) {
		struct contract_table own = { .count = 7 };
		char text[512];
		uint32_t line = 0;

		snprintf(text, sizeof(text), HEAD "%s", broken[n].rows);
		int err = contracts_parse(text, strlen(text), &own, &line);
		if (err != broken[n].err || line != broken[n].line || own.count != 7)
			fail_msg("row %zu: err %d line %u", n, err, (unsigned)line);
	}
}

static void test_divisor(void **state)
{
	static const int64_t volumes[] = { 0, 225, 0, 150, 1500, 75 };
	int64_t running = 0;

	(void)state;
	assert_int_equal(contract_divisor(0, 0), 0);
	for (size_t i = 0; i < sizeof(volumes) / sizeof(volumes[0]); i++)
		running = contract_divisor(running, volumes[i]);
	assert_int_equal(running, 75);
	assert_int_equal(contract_divisor(running, 50), 25);
	assert_int_equal(contract_divisor(running, -50), running);
	assert_int_equal(contract_divisor(1, INT64_MAX), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lots),
		cmocka_unit_test(test_freeze),
		cmocka_unit_test(test_steps_and_ticks),
		cmocka_unit_test(test_unknown_underlying),
		cmocka_unit_test(test_nearest_row),
		cmocka_unit_test(test_broken_rows),
		cmocka_unit_test(test_divisor),
	};

	return cmocka_run_group_tests_name("contract", tests, load, NULL);
}
