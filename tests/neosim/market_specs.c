/* The underlyings that live here, and the dated facts of their contracts: lots, freezes, ticks. */
#include <string.h>

#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

/* NIFTY first: the others follow it. Levels are of late 2026. */
const struct asset_spec market_specs[] = {
	{ "NIFTY", "Nifty 50", SIM_NSE_CM, 26000, 4247863880u, 2280000, 5, 2000000, 0.0072, 1, SIM_NSE_FO, 40, EXPIRY_NSE_WEEKLY, 5000, false },
	{ "INDIA VIX", "INDIA VIX", SIM_NSE_CM, 26017, 4247863881u, 1350, 1, 0, 0.05, 0, 0, 0, 0, 0, false },
	{ "BANKNIFTY", "Nifty Bank", SIM_NSE_CM, 26009, 4247863882u, 5150000, 5, 400000, 0.0086, 1.1, SIM_NSE_FO, 30, EXPIRY_NSE_MONTHLY, 10000, false },
	{ "SENSEX", "SENSEX", SIM_BSE_CM, 1, 4247863883u, 7460000, 1, 900000, 0.0071, 0.98, SIM_BSE_FO, 30, EXPIRY_BSE_WEEKLY, 10000, false },
	{ "RELIANCE", "", SIM_NSE_CM, 2885, 0, 140000, 10, 12000000, 0.012, 1.05, 0, 0, 0, 0, true },
	{ "HDFCBANK", "", SIM_NSE_CM, 1333, 0, 97500, 5, 25000000, 0.010, 0.95, 0, 0, 0, 0, true },
	{ "ICICIBANK", "", SIM_NSE_CM, 4963, 0, 138000, 10, 11000000, 0.011, 1, 0, 0, 0, 0, true },
	{ "INFY", "", SIM_NSE_CM, 1594, 0, 151000, 10, 7000000, 0.013, 0.9, 0, 0, 0, 0, true },
	{ "TCS", "", SIM_NSE_CM, 11536, 0, 302000, 10, 3000000, 0.012, 0.8, 0, 0, 0, 0, true },
	{ "SBIN", "", SIM_NSE_CM, 3045, 0, 84500, 5, 14000000, 0.013, 1.1, 0, 0, 0, 0, true },
	{ "ITC", "", SIM_NSE_CM, 1660, 0, 40800, 5, 12000000, 0.009, 0.6, 0, 0, 0, 0, true },
	{ "YESBANK", "", SIM_NSE_CM, 11915, 0, 2140, 1, 90000000, 0.018, 1, 0, 0, 0, 0, true },
	{ "NIFTYBEES", "", SIM_NSE_CM, 10576, 0, 25600, 1, 4000000, 0.0074, 1, 0, 0, 0, 0, false },
};
const size_t market_n_specs = ARRAY_LEN(market_specs);

struct since { const char *name; int16_t year; int8_t month, day; int64_t value; }; /* newest first for each name */

static int64_t dated(const struct since *table, size_t n, const char *name, int32_t date, int64_t otherwise)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].name, name) && date >= date_from_civil(table[i].year, table[i].month, table[i].day))
			return table[i].value;
	return otherwise;
}

/* By the contract's expiry: new lots begin with far contracts. */
int64_t market_lot(const char *name, int32_t expiry)
{
	static const struct since lots[] = {
		{ "NIFTY", 2026, 1, 1, 65 }, { "NIFTY", 2025, 1, 2, 75 }, { "NIFTY", 2024, 4, 26, 25 }, { "NIFTY", 2021, 7, 30, 50 }, { "NIFTY", 1980, 1, 1, 75 },
		{ "BANKNIFTY", 2026, 1, 1, 30 }, { "BANKNIFTY", 2025, 7, 1, 35 }, { "BANKNIFTY", 2025, 1, 31, 30 }, { "BANKNIFTY", 2023, 7, 1, 15 }, { "BANKNIFTY", 1980, 1, 1, 25 },
		{ "SENSEX", 2025, 1, 10, 20 }, { "SENSEX", 1980, 1, 1, 10 }, { "FINNIFTY", 1980, 1, 1, 60 }, { "MIDCPNIFTY", 1980, 1, 1, 120 }, { "NIFTYNXT50", 1980, 1, 1, 25 },
	};

	return dated(lots, ARRAY_LEN(lots), name, expiry, 500);
}

/* The largest order the exchange takes. */
int64_t market_freeze(const char *name, int32_t date)
{
	static const struct since freezes[] = {
		{ "NIFTY", 2026, 10, 5, 3510 }, { "NIFTY", 1980, 1, 1, 1800 }, { "BANKNIFTY", 2026, 10, 5, 1440 }, { "BANKNIFTY", 1980, 1, 1, 600 }, { "SENSEX", 1980, 1, 1, 1000 },
		{ "FINNIFTY", 2026, 10, 5, 3240 }, { "FINNIFTY", 1980, 1, 1, 1800 }, { "MIDCPNIFTY", 2026, 10, 5, 5760 }, { "MIDCPNIFTY", 1980, 1, 1, 2800 },
		{ "NIFTYNXT50", 2026, 10, 5, 1125 }, { "NIFTYNXT50", 1980, 1, 1, 600 },
	};

	return dated(freezes, ARRAY_LEN(freezes), name, date, 40000);
}

/* Index futures: by the index's level. */
int64_t market_future_tick(int segment, int64_t level)
{
	if (segment == SIM_BSE_FO)
		return 5;
	return level <= 1500000 ? 5 : level <= 3000000 ? 10 : 20;
}
