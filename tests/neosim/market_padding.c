/* Contracts that are listed and never trade here: options of shares and of other indices, which make nse_fo.csv as long as the real one,
 * a few commodities and Mumbai's shares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

#define MONTHS 3

struct name { const char *name; uint32_t token; int32_t rupees; };
static const struct name names[] = {
	{ "FINNIFTY", 26037, 25400 }, { "MIDCPNIFTY", 26074, 12900 }, { "NIFTYNXT50", 26013, 66000 }, { "RELIANCE", 2885, 1400 }, { "HDFCBANK", 1333, 975 }, { "ICICIBANK", 4963, 1380 },
	{ "INFY", 1594, 1510 }, { "TCS", 11536, 3020 }, { "SBIN", 3045, 845 }, { "ITC", 1660, 408 }, { "YESBANK", 11915, 21 }, { "AXISBANK", 5900, 1210 }, { "KOTAKBANK", 1922, 2080 },
	{ "LT", 11483, 3640 }, { "BHARTIARTL", 10604, 1940 }, { "MARUTI", 10999, 15200 }, { "TATASTEEL", 3499, 168 }, { "HINDUNILVR", 1394, 2450 }, { "BAJFINANCE", 317, 1010 },
	{ "ASIANPAINT", 236, 2420 }, { "WIPRO", 3787, 252 }, { "HCLTECH", 7229, 1530 }, { "SUNPHARMA", 3351, 1690 }, { "TITAN", 3506, 3720 }, { "ULTRACEMCO", 11532, 12150 },
	{ "NTPC", 11630, 338 }, { "POWERGRID", 14977, 288 }, { "ONGC", 2475, 246 }, { "COALINDIA", 20374, 388 }, { "GRASIM", 1232, 2840 }, { "JSWSTEEL", 11723, 1130 },
	{ "HINDALCO", 1363, 790 }, { "CIPLA", 694, 1560 }, { "DRREDDY", 881, 1270 }, { "EICHERMOT", 910, 6900 }, { "HEROMOTOCO", 1348, 5480 }, { "TECHM", 13538, 1460 },
	{ "NESTLEIND", 17963, 1190 }, { "TRENT", 1964, 4650 }, { "BEL", 383, 402 }, { "HAL", 2303, 4700 }, { "DLF", 14732, 745 }, { "VEDL", 3063, 480 }, { "PNB", 10666, 118 },
	{ "BANKBARODA", 4668, 272 }, { "CANBK", 10794, 136 }, { "IDEA", 14366, 9 }, { "PFC", 14299, 405 }, { "RECLTD", 15355, 372 }, { "GAIL", 4717, 182 }, { "IOC", 1624, 154 },
	{ "BPCL", 526, 336 }, { "TATAPOWER", 3426, 396 }, { "INDIGO", 11195, 5780 }, { "DIVISLAB", 10940, 6550 }, { "LUPIN", 10440, 1970 }, { "PIDILITIND", 2664, 1490 }, { "HAVELLS", 9819, 1480 },
};

/* Tick and lot of a share's contracts: NSE's price slabs, and a lot worth some seven lakh. */
static void share_terms(struct instrument *in, const struct name *n, int32_t date)
{
	bool index = strstr(n->name, "NIFTY") != NULL;

	in->s.underlying = n->token;
	if (!index)
		in->s.lot = 700000 / n->rupees / 25 * 25 + 25;
	in->s.tick = index || n->rupees >= 250 ? 5 : 1;
	in->s.freeze = (index ? market_freeze(n->name, date) : in->s.lot * 40) + 1;
	in->s.band_low = in->s.tick;
	in->s.band_high = (int64_t)n->rupees * 10;
}

static int add(struct market *m, const struct name *n, struct expiry e, int64_t strike, const char *option)
{
	struct instrument *in = market_list_contract(m, NULL, SIM_NSE_FO, n->name, e, strike, option);

	if (!in)
		return ERR_NOMEM;
	share_terms(in, n, m->date);
	return market_publish(m, in);
}

static int64_t strike_step(int32_t rupees)
{
	return (rupees < 50 ? 1 : rupees < 250 ? 2 : rupees < 1000 ? 5 : rupees < 5000 ? 20 : 50) * 100;
}

/* One more strike on each side of the money, both options. */
static int add_ring(struct market *m, const struct name *n, struct expiry e, int64_t ring)
{
	int64_t step = strike_step(n->rupees), money = n->rupees * INT64_C(100) / step * step;
	int err = ERR_OK;

	for (int side = -1; err == ERR_OK && side <= 1; side += 2) {
		int64_t strike = money + side * ring * step;
		if (strike <= 0 || (ring == 0 && side > 0))
			continue;
		err = add(m, n, e, strike, "CE");
		if (err == ERR_OK)
			err = add(m, n, e, strike, "PE");
	}
	return err;
}

/* Rings outward over all names until the file is long enough. */
static int fill(struct market *m, size_t rows)
{
	struct expiry e[MONTHS];
	int err = ERR_OK;

	calendar_expiries(EXPIRY_NSE_MONTHLY, m->date, MONTHS, e);
	for (int64_t ring = 0; err == ERR_OK && m->segment[SIM_NSE_FO].n < rows; ring++)
		for (size_t i = 0; err == ERR_OK && i < ARRAY_LEN(names) && m->segment[SIM_NSE_FO].n < rows; i++)
			for (int month = 0; err == ERR_OK && month < MONTHS; month++) {
				if (ring == 0)
					err = add(m, &names[i], e[month], -100, "XX");
				if (err == ERR_OK)
					err = add_ring(m, &names[i], e[month], ring);
			}
	return err;
}

/* -- commodities and Mumbai ---------------------------------------------------------------------------------------------- */

static int add_other(struct market *m, struct scrip s)
{
	struct instrument *in = calloc(1, sizeof(*in));

	if (!in || list_add(&m->owned, in) != ERR_OK) {
		free(in);
		return ERR_NOMEM;
	}
	in->s = s;
	in->kind = KIND_LISTED;
	return market_publish(m, in);
}

/* The file writes the day, too: "GOLDM05DEC26FUT". */
static int add_commodity(struct market *m, const char *name, uint32_t token, int64_t strike, const char *option, int64_t lot)
{
	static const char *const months[] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	bool future = strike < 0;
	struct scrip s = { .segment = SIM_MCX_FO, .token = token, .strike = strike, .tick = 100, .lot = lot, .freeze = lot * 100 };
	struct civil c = date_to_civil(m->date + 25);

	s.expiry = date_from_civil(c.year, c.month, 20);
	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.option, sizeof(s.option), "%s", option);
	snprintf(s.type, sizeof(s.type), "%s", future ? "FUTCOM" : "OPTFUT");
	if (future)
		snprintf(s.symbol, sizeof(s.symbol), "%.12s20%s%02dFUT", name, months[c.month - 1], c.year % 100);
	else
		snprintf(s.symbol, sizeof(s.symbol), "%.12s20%s%02d%d%s", name, months[c.month - 1], c.year % 100, (int)(strike / 100 % 10000000), option);
	return add_other(m, s);
}

static int add_mumbai(struct market *m, const char *name, uint32_t token, int64_t rupees)
{
	struct scrip s = { .segment = SIM_BSE_CM, .token = token, .tick = 5, .lot = 1, .freeze = 100000, .auction = true, .band_low = rupees * 80, .band_high = rupees * 120 };

	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.symbol, sizeof(s.symbol), "%s", name);
	snprintf(s.series, sizeof(s.series), "A");
	return add_other(m, s);
}

static int add_others(struct market *m)
{
	int err = add_commodity(m, "CRUDEOIL", 440001, -100, "XX", 100);

	if (err == ERR_OK)
		err = add_commodity(m, "GOLDM", 440002, -100, "", 100);
	if (err == ERR_OK)
		err = add_commodity(m, "CRUDEOIL", 440003, 610000, "CE", 100);
	if (err == ERR_OK)
		err = add_commodity(m, "CRUDEOIL", 440004, 610000, "PE", 100);
	if (err == ERR_OK)
		err = add_mumbai(m, "RELIANCE", 500325, 1400);
	return err == ERR_OK ? add_mumbai(m, "HDFCBANK", 500180, 975) : err;
}

/* Yesterday's stay until they expire. */
int market_list_padding(struct market *m, size_t rows)
{
	bool first = true;
	int err = ERR_OK;

	for (size_t i = 0; err == ERR_OK && i < m->owned.n; i++) {
		struct instrument *in = m->owned.at[i];
		if (in->kind != KIND_LISTED)
			continue;
		first = false;
		if (in->s.expiry == 0 || in->s.expiry >= m->date)
			err = market_publish(m, in);
	}
	if (err == ERR_OK && first)
		err = add_others(m);
	return err == ERR_OK ? fill(m, rows) : err;
}
