/* The living market: what is listed, how it moves, when it stands still, what recorded days do to it. */
#include <errno.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/neosim/market_priv.h"
#include "tests/neosim/sim_rig.h"

static struct sim_rig rig;

/* -- calendar -------------------------------------------------------------------------------------------------------------- */

static int32_t day(const char *text)
{
	date_t date = 0;

	assert_int_equal(date_parse(text, strlen(text), &date), ERR_OK);
	return date;
}

static void trading_days(void **state)
{
	(void)state;
	assert_true(calendar_trades(day("2026-11-23")));
	assert_false(calendar_trades(day("2026-11-24"))); /* a holiday */
	assert_false(calendar_trades(day("2026-11-22"))); /* a Sunday */
	assert_true(calendar_trades(day("2026-02-01")));  /* a Sunday with the budget */
	assert_true(calendar_trades(day("2026-11-08")));  /* muhurat */
	assert_true(calendar_trades(day("2025-10-21")));
	assert_false(calendar_trades(day("2025-10-22")));
	assert_int_equal(calendar_next(day("2026-11-23")), day("2026-11-25"));
	assert_int_equal(calendar_previous(day("2026-11-25")), day("2026-11-23"));
}

static void assert_expiries(enum expiry_rule rule, const char *from, const char *first, bool first_monthly, const char *second, bool second_monthly)
{
	struct expiry e[2];

	calendar_expiries(rule, day(from), 2, e);
	assert_int_equal(e[0].date, day(first));
	assert_int_equal(e[0].monthly, first_monthly);
	assert_int_equal(e[1].date, day(second));
	assert_int_equal(e[1].monthly, second_monthly);
}

static void expiries(void **state)
{
	(void)state;
	assert_expiries(EXPIRY_NSE_WEEKLY, "2026-11-23", "2026-11-23", true, "2026-12-01", false);
	assert_expiries(EXPIRY_NSE_WEEKLY, "2026-11-24", "2026-12-01", false, "2026-12-08", false);
	assert_expiries(EXPIRY_NSE_WEEKLY, "2026-11-06", "2026-11-09", false, "2026-11-17", false); /* Tuesday the 10th is a holiday */
	assert_expiries(EXPIRY_NSE_MONTHLY, "2026-11-23", "2026-11-23", true, "2026-12-29", true);
	assert_expiries(EXPIRY_BSE_WEEKLY, "2026-05-25", "2026-05-27", true, "2026-06-04", false);
	assert_expiries(EXPIRY_NSE_WEEKLY, "2025-08-22", "2025-08-28", true, "2025-09-02", false); /* from Thursday to Tuesday */
	assert_expiries(EXPIRY_BSE_WEEKLY, "2025-08-29", "2025-09-04", false, "2025-09-11", false);
}

static int status_at(int segment, const char *date, int hour, int minute)
{
	return calendar_status(segment, day(date), TIME_OF_DAY(hour, minute));
}

static void sessions(void **state)
{
	static const struct { int segment; const char *date; int hour, minute, code; } when[] = {
		{ SIM_NSE_FO, "2026-11-23", 8, 59, 2 }, { SIM_NSE_FO, "2026-11-23", 9, 0, 3 }, { SIM_NSE_FO, "2026-11-23", 9, 15, 1 }, { SIM_NSE_FO, "2026-11-23", 15, 39, 1 },
		{ SIM_NSE_FO, "2026-11-23", 15, 40, 2 }, { SIM_NSE_FO, "2026-07-31", 15, 29, 1 }, { SIM_NSE_FO, "2026-07-31", 15, 30, 2 }, { SIM_NSE_FO, "2025-12-05", 9, 5, 2 },
		{ SIM_NSE_CM, "2026-11-23", 15, 14, 1 }, { SIM_NSE_CM, "2026-11-23", 15, 15, 8 }, { SIM_NSE_CM, "2026-11-23", 15, 20, 10 }, { SIM_NSE_CM, "2026-11-23", 15, 25, 11 },
		{ SIM_NSE_CM, "2026-11-23", 15, 30, 12 }, { SIM_NSE_CM, "2026-11-23", 15, 35, 2 }, { SIM_NSE_CM, "2026-11-23", 15, 50, 6 }, { SIM_NSE_CM, "2026-11-23", 16, 0, 7 },
		{ SIM_NSE_CM, "2026-11-23", 16, 5, 2 }, { SIM_NSE_CM, "2026-07-31", 15, 29, 1 }, { SIM_NSE_CM, "2026-07-31", 15, 40, 6 }, { SIM_NSE_CM, "2026-07-31", 16, 0, 2 },
		{ SIM_MCX_FO, "2026-11-23", 23, 29, 1 }, { SIM_MCX_FO, "2026-11-23", 23, 30, 2 }, { SIM_CDE_FO, "2026-11-23", 17, 0, 2 },
		{ SIM_NSE_FO, "2026-11-24", 11, 0, 2 }, { SIM_NSE_FO, "2025-10-21", 11, 0, 2 }, { SIM_NSE_FO, "2025-10-21", 14, 0, 1 }, { SIM_NSE_FO, "2025-10-21", 14, 45, 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(when); i++)
		if (status_at(when[i].segment, when[i].date, when[i].hour, when[i].minute) != when[i].code)
			fail_msg("%s %s %02d:%02d is %d, not %d", sim_segment_name(when[i].segment), when[i].date, when[i].hour, when[i].minute,
				status_at(when[i].segment, when[i].date, when[i].hour, when[i].minute), when[i].code);
}

/* -- listing ----------------------------------------------------------------------------------------------------------------- */

static void segments(void **state)
{
	(void)state;
	assert_string_equal(sim_segment_name(SIM_BSE_FO), "bse_fo");
	assert_null(sim_segment_name(4));
	assert_int_equal(sim_segment_find("mcx_fo"), SIM_MCX_FO);
	assert_int_equal(sim_segment_find("nse"), 0);
}

static void listing(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T10:00:00+05:30");
	const struct scrip *s = market_find(rig.market, SIM_NSE_CM, "Nifty 50");
	assert_true(s && s->index);
	assert_int_equal(s->token, 26000);
	assert_true(s->feed_token > 0x80000000u);
	assert_ptr_equal(market_find(rig.market, SIM_NSE_CM, "26000"), s);
	s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26NOV22800CE"); /* monthly form in the monthly week */
	assert_true(s && s->lot == 65 && s->freeze == 3511 && s->tick == 5 && s->strike == 2280000 && s->underlying == 26000);
	assert_string_equal(s->type, "OPTIDX");
	s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800PE");
	assert_true(s && s->expiry == day("2026-12-01"));
	s = market_find_symbol(rig.market, SIM_NSE_FO, "BANKNIFTY26DEC51500CE");
	assert_true(s && s->lot == 30 && s->freeze == 1441);
	s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26NOVFUT");
	assert_true(s && s->tick == 10 && !strcmp(s->option, "XX"));
	s = market_find_symbol(rig.market, SIM_BSE_FO, "SENSEX26NOV74600CE");
	assert_true(s && s->lot == 20 && s->freeze == 1000 && !strcmp(s->type, "IO") && s->expiry == day("2026-11-26"));
	assert_non_null(market_find_symbol(rig.market, SIM_BSE_FO, "SENSEX26D0374600PE"));
	s = market_find_symbol(rig.market, SIM_NSE_CM, "RELIANCE-EQ");
	assert_true(s && s->token == 2885 && s->auction && s->lot == 1);
	assert_false(market_find_symbol(rig.market, SIM_NSE_CM, "NIFTYBEES-EQ")->auction);
	assert_null(market_find(rig.market, SIM_NSE_FO, "1"));
	assert_null(market_find(rig.market, SIM_NSE_CM, "nifty 50"));
	assert_null(market_at(rig.market, SIM_NSE_FO, market_count(rig.market, SIM_NSE_FO)));
	rig_close(&rig);
}

/* Lots and freezes of their time. */
static void dated_terms(void **state)
{
	(void)state;
	rig_open(&rig, "2025-09-29T10:00:00+05:30");
	const struct scrip *s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY25SEP22800CE");
	assert_true(s && s->lot == 75 && s->freeze == 1801);
	rig_close(&rig);
	assert_int_equal(market_lot("BANKNIFTY", day("2025-09-30")), 35);
	assert_int_equal(market_lot("NIFTY", day("2024-12-26")), 25);
	assert_int_equal(market_freeze("NIFTY", day("2026-10-04")), 1800);
	assert_int_equal(market_freeze("NIFTY", day("2026-10-05")), 3510);
	assert_int_equal(market_future_tick(SIM_NSE_FO, 3000000), 10);
	assert_int_equal(market_future_tick(SIM_NSE_FO, 3000001), 20);
}

/* -- quotes ------------------------------------------------------------------------------------------------------------------ */

static void assert_side(const struct scrip *s, const struct level *l, int64_t sign)
{
	for (int i = 0; i < 5; i++) {
		assert_int_equal(l[i].price % s->tick, 0);
		assert_int_equal(l[i].qty % s->lot, 0);
		if (l[i].qty == 0)
			continue;
		assert_true(l[i].price > 0 && l[i].orders > 0);
		if (i > 0)
			assert_true(sign * (l[i].price - l[i - 1].price) > 0);
	}
}

static void assert_quote(const struct scrip *s, const struct sim_quote *q)
{
	assert_true(q->last > 0 && q->close > 0 && q->last % s->tick == 0);
	assert_true(q->open == 0 || (q->low <= q->last && q->last <= q->high && q->low <= q->open && q->open <= q->high));
	assert_side(s, q->bid, -1);
	assert_side(s, q->ask, 1);
	if (q->bid[0].qty && q->ask[0].qty)
		assert_true(q->bid[0].price < q->ask[0].price);
	if (q->volume)
		assert_true(q->average >= q->low && q->average <= q->high);
	if (s->band_high)
		assert_true(q->last <= s->band_high && q->last >= s->band_low);
}

/* Every quote of a day, sampled, is one a market could show. */
static void quotes_are_sound(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T09:14:59+05:30");
	for (int minutes = 0; minutes < 390; minutes += 13) {
		for (int segment = SIM_NSE_CM; segment <= SIM_BSE_FO; segment++)
			for (size_t i = 0; i < market_count(rig.market, segment); i++) {
				const struct scrip *s = market_at(rig.market, segment, i);
				if (market_quote(rig.market, s)->changes)
					assert_quote(s, market_quote(rig.market, s));
			}
		rig_pass(&rig, 13 * NANOS_MINUTE);
	}
	rig_close(&rig);
}

/* At the money of the nearest expiry the spread is 0.05 to 0.30, and prices move four times a second. */
static void money_is_lively(void **state)
{
	int changed = 0;
	char symbol[32];

	(void)state;
	rig_open(&rig, "2026-11-25T11:00:00+05:30");
	int64_t spot = rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last;
	snprintf(symbol, sizeof(symbol), "NIFTY26D01%lldCE", (long long)((spot + 2500) / 5000 * 50));
	const struct sim_quote *q = rig_quote(&rig, SIM_NSE_FO, symbol);
	for (int i = 0; i < 40; i++) {
		uint64_t before = q->changes;
		int64_t last = q->last;
		assert_true(rig_pass(&rig, 250 * NANOS_MS) > 60);
		assert_int_equal(q->changes, before + 1);
		assert_in_range(q->ask[0].price - q->bid[0].price, 5, 30);
		changed += q->last != last;
	}
	assert_true(changed > 20);
	rig_close(&rig);
}

/* Calls and puts cost what one forward says. */
static void parity(void **state)
{
	char call[32], put[32];

	(void)state;
	rig_open(&rig, "2026-11-25T11:00:00+05:30");
	double spot = (double)rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last;
	for (int off = -4; off <= 4; off++) {
		int strike = (int)(spot / 5000) * 50 + off * 50;
		snprintf(call, sizeof(call), "NIFTY26D01%dCE", strike);
		snprintf(put, sizeof(put), "NIFTY26D01%dPE", strike);
		double apart = (double)(rig_quote(&rig, SIM_NSE_FO, call)->last - rig_quote(&rig, SIM_NSE_FO, put)->last);
		assert_true(fabs(apart - (spot - strike * 100.0)) < 5000); /* interest of six days and a few ticks */
	}
	assert_true(fabs(option_price(true, 100, 100, 1, 0.2) - 7.9655674 * exp(-0.0525)) < 1e-6);
	assert_true(option_price(true, 24000, 24000, 1.0 / 365, 0.12) > option_price(true, 24000, 24100, 1.0 / 365, 0.12));
	rig_close(&rig);
}

/* -- standing still ---------------------------------------------------------------------------------------------------------- */

static void before_the_open(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T08:00:00+05:30");
	const struct sim_quote *q = rig_quote(&rig, SIM_NSE_CM, "NIFTY");
	assert_int_equal(q->last, q->close);
	assert_int_equal(q->open, 0);
	assert_int_equal(q->volume, 0);
	assert_int_equal(rig_to(&rig, "2026-11-23T09:14:59.999+05:30"), 0);
	assert_false(market_is_open(rig.market, SIM_NSE_FO));
	assert_int_equal(market_next_at(rig.market), rig_stamp("2026-11-23T09:15:00+05:30"));
	assert_true(rig_to(&rig, "2026-11-23T09:15:00+05:30") > 500);
	assert_int_not_equal(q->open, 0);
	assert_true(market_is_open(rig.market, SIM_NSE_FO));
	assert_int_equal(market_next_at(rig.market), rig_stamp("2026-11-23T09:15:00.25+05:30"));
	rig_close(&rig);
}

/* 15:15: the index freezes while its options go on; it jumps once, at the auction's end; at 15:40 all is over. */
static void the_closing_auction(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T15:14:00+05:30");
	const struct sim_quote *index = rig_quote(&rig, SIM_NSE_CM, "NIFTY"), *share = rig_quote(&rig, SIM_NSE_CM, "RELIANCE-EQ"), *future = rig_quote(&rig, SIM_NSE_FO, "NIFTY26DECFUT");
	const struct sim_quote *etf = rig_quote(&rig, SIM_NSE_CM, "NIFTYBEES-EQ");
	assert_true(share->bid[0].qty > 0);
	rig_to(&rig, "2026-11-23T15:15:01+05:30");
	uint64_t still = index->changes, shares = share->changes, etfs = etf->changes, futures = future->changes;
	assert_int_equal(share->bid[0].qty, 0);
	rig_to(&rig, "2026-11-23T15:29:59+05:30");
	assert_int_equal(index->changes, still);
	assert_int_equal(share->changes, shares);
	assert_true(future->changes > futures + 100);
	assert_true(etf->changes > etfs);
	rig_to(&rig, "2026-11-23T15:30:05+05:30");
	assert_int_equal(index->changes, still + 1);
	assert_int_equal(share->changes, shares + 1);
	assert_int_equal(etf->bid[0].qty, 0);
	rig_to(&rig, "2026-11-23T15:39:59+05:30");
	assert_int_equal(index->changes, still + 1);
	assert_true(future->bid[0].qty > 0);
	rig_to(&rig, "2026-11-23T15:40:00+05:30");
	assert_int_equal(future->bid[0].qty, 0);
	assert_int_equal(rig_to(&rig, "2026-11-23T20:00:00+05:30"), 0);
	assert_int_equal(market_next_at(rig.market), rig_stamp("2026-11-24T00:00:00+05:30"));
	rig_close(&rig);
}

/* On the day it expires an option ends at what it is worth. */
static void expiring_options(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T15:40:00+05:30");
	int64_t close = rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last;
	for (size_t i = 0; i < market_count(rig.market, SIM_NSE_FO); i++) {
		const struct scrip *s = market_at(rig.market, SIM_NSE_FO, i);
		int64_t worth = s->option[0] == 'C' ? close - s->strike : s->strike - close, last = market_quote(rig.market, s)->last;
		if (strcmp(s->name, "NIFTY") != 0 || s->expiry != day("2026-11-23") || s->option[0] == 'X')
			continue;
		worth = worth > 0 ? worth : 0;
		if (last < worth - 700 || last > worth + 700)
			fail_msg("%s ends at %lld, is worth %lld", s->symbol, (long long)last, (long long)worth);
	}
	rig_close(&rig);
}

static void holidays_stand_still(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-24T11:00:00+05:30");
	const struct sim_quote *q = rig_quote(&rig, SIM_NSE_CM, "NIFTY");
	assert_int_equal(rig_to(&rig, "2026-11-24T12:00:00+05:30"), 0);
	assert_int_equal(q->open, 0);
	assert_int_equal(q->last, q->close);
	rig_close(&rig);
}

/* -- determinism -------------------------------------------------------------------------------------------------------------- */

/* The same seed and clock show the same, however often one looked before; another seed shows something else. */
static void same_seed_same_day(void **state)
{
	struct sim_rig other;
	int different = 0;

	(void)state;
	rig_open(&rig, "2026-11-23T09:15:00+05:30");
	for (int i = 0; i < 200; i++)
		rig_pass(&rig, 250 * NANOS_MS);
	rig_open(&other, "2026-11-23T09:15:50+05:30");
	for (size_t i = 0; i < market_count(rig.market, SIM_NSE_FO); i++) {
		const struct scrip *a = market_at(rig.market, SIM_NSE_FO, i), *b = market_at(other.market, SIM_NSE_FO, i);
		assert_string_equal(a->symbol, b->symbol);
		assert_int_equal(a->token, b->token);
	}
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last, rig_quote(&other, SIM_NSE_CM, "NIFTY")->last);
	assert_int_equal(rig_quote(&rig, SIM_NSE_FO, "NIFTY26NOV22800CE")->last, rig_quote(&other, SIM_NSE_FO, "NIFTY26NOV22800CE")->last);
	rig_close(&other);
	rig_open_with(&other, "2026-11-23T09:15:50+05:30", &(struct market_options){ .seed = 2 });
	different += rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last != rig_quote(&other, SIM_NSE_CM, "NIFTY")->last;
	different += rig_quote(&rig, SIM_NSE_CM, "RELIANCE-EQ")->last != rig_quote(&other, SIM_NSE_CM, "RELIANCE-EQ")->last;
	assert_int_equal(different, 2);
	rig_close(&other);
	rig_close(&rig);
}

static void clock_set_back(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-23T10:00:00+05:30");
	int64_t then = rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last, high = rig_quote(&rig, SIM_NSE_CM, "NIFTY")->high;
	rig_to(&rig, "2026-11-23T15:45:00+05:30");
	rig_to(&rig, "2026-11-23T10:00:00+05:30");
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last, then);
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->high, high);
	rig_to(&rig, "2026-11-23T08:00:00+05:30");
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->open, 0);
	rig_close(&rig);
}

/* The next day begins where the last one ended; what expired is gone, what is still listed keeps its token. */
static void the_next_day(void **state)
{
	(void)state;
	rig_open_with(&rig, "2026-11-23T15:45:00+05:30", &(struct market_options){ .seed = 5 });
	const struct scrip *kept = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800CE");
	uint32_t token = kept->token;
	int64_t close = rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last;
	rig_to(&rig, "2026-11-25T10:00:00+05:30");
	assert_true(llabs(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->close - close) <= 600);
	assert_ptr_equal(market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800CE"), kept);
	assert_int_equal(kept->token, token);
	assert_null(market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26NOV22800CE"));
	assert_non_null(market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0124800CE")); /* the ladder's old end, */
	assert_null(market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0824800CE"));    /* which the new one does not reach */
	assert_non_null(market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0822800CE"));
	assert_true(market_quote(rig.market, kept)->volume > 0);
	rig_close(&rig);
}

/* Over many seeds: days that trend, an opening range the breakout strategy accepts, and it is broken. */
static void days_worth_trading(void **state)
{
	int broken = 0, fit = 0, wide = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		rig_open_with(&rig, "2026-11-25T09:30:00+05:30", &(struct market_options){ .seed = seed });
		const struct sim_quote *q = rig_quote(&rig, SIM_NSE_CM, "NIFTY");
		int64_t high = q->high, low = q->low, room = q->last / 2000;
		fit += (high - low) * 10000 / q->last >= 15 && (high - low) * 10000 / q->last <= 120;
		rig_to(&rig, "2026-11-25T12:00:00+05:30");
		broken += q->high > high + room || q->low < low - room;
		rig_to(&rig, "2026-11-25T15:15:00+05:30");
		int64_t range = (q->high - q->low) * 10000 / q->last;
		wide += range >= 50 && range <= 300;
		rig_close(&rig);
	}
	assert_true(fit >= 9);
	assert_true(broken >= 9);
	assert_true(wide >= 9);
}

/* -- by hand ------------------------------------------------------------------------------------------------------------------- */

static void operator_moves_it(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-25T11:00:00+05:30");
	const struct scrip *s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800CE");
	const struct sim_quote *q = market_quote(rig.market, s);
	int64_t natural = q->last;
	market_set_price(rig.market, s, 30005);
	assert_int_equal(q->last, 30005);
	assert_in_range(q->ask[0].price, 30005, 30100);
	rig_pass(&rig, NANOS_MINUTE);
	assert_int_equal(q->last, 30005);
	market_free_price(rig.market, s);
	assert_true(llabs(q->last - natural) < 5000);
	market_set_band(rig.market, s, 5, natural / 2 / 5 * 5);
	assert_int_equal(s->band_high, natural / 2 / 5 * 5);
	assert_in_range(q->last, s->band_high - 30, s->band_high);
	assert_int_equal(q->ask[0].qty, 0); /* nothing above the band */
	assert_true(q->bid[0].qty > 0);
	market_set_halted(rig.market, s, true);
	uint64_t changes = q->changes;
	rig_pass(&rig, NANOS_MINUTE);
	assert_int_equal(q->changes, changes);
	market_set_halted(rig.market, s, false);
	assert_true(q->changes > changes);
	market_set_side(rig.market, s, true, false);
	assert_int_equal(q->ask[0].qty, 0);
	assert_int_equal(q->total_sell, 0);
	rig_pass(&rig, NANOS_MINUTE);
	assert_int_equal(q->ask[0].qty, 0);
	assert_true(q->bid[0].qty > 0);
	rig_close(&rig);
}

/* A price set by hand holds over night. */
static void operator_holds_it(void **state)
{
	(void)state;
	rig_open(&rig, "2026-11-25T15:00:00+05:30");
	const struct scrip *s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800CE");
	const struct sim_quote *q = market_quote(rig.market, s);
	market_set_price(rig.market, s, 12345);
	rig_to(&rig, "2026-11-25T15:40:00+05:30");
	assert_int_equal(q->bid[0].qty, 0);
	rig_to(&rig, "2026-11-26T09:15:00+05:30");
	assert_int_equal(q->last, 12345);
	assert_int_equal(q->open, 12345);
	assert_true(q->bid[0].qty > 0);
	rig_close(&rig);
}

/* A contract nobody quotes can be woken. */
static void operator_wakes_a_contract(void **state)
{
	(void)state;
	rig_open_with(&rig, "2026-11-25T11:00:00+05:30", &(struct market_options){ .seed = 1, .master_rows = 3000 });
	const struct scrip *s = market_find_symbol(rig.market, SIM_NSE_FO, "TCS26DEC3020CE");
	assert_non_null(s);
	assert_int_equal(market_quote(rig.market, s)->last, 0);
	market_set_price(rig.market, s, 4500);
	assert_int_equal(market_quote(rig.market, s)->last, 4500);
	assert_true(market_quote(rig.market, s)->bid[0].qty > 0);
	assert_int_equal(market_quote(rig.market, s)->bid[0].qty % s->lot, 0);
	market_free_price(rig.market, s);
	rig_close(&rig);
}

static void candles(void **state)
{
	static struct sim_bar bars[400];

	(void)state;
	rig_open(&rig, "2026-11-25T10:15:30+05:30");
	int32_t today = day("2026-11-25");
	const struct scrip *s = market_find(rig.market, SIM_NSE_CM, "Nifty 50");
	assert_int_equal(market_bars(rig.market, s, today, today, 60, bars, 400), 61);
	assert_int_equal(bars[0].start, rig_stamp("2026-11-25T09:15:00+05:30") / NANOS_SECOND);
	for (int i = 0; i < 61; i++)
		assert_true(bars[i].low <= bars[i].open && bars[i].open <= bars[i].high && bars[i].low <= bars[i].close && bars[i].close <= bars[i].high);
	assert_int_equal(bars[60].close, market_quote(rig.market, s)->last);
	assert_int_equal(market_bars(rig.market, s, today, today, 60, bars, 7), 7);
	assert_int_equal(market_bars(rig.market, s, today, today, 300, bars, 400), 13);
	assert_int_equal(market_bars(rig.market, s, today + 1, today + 2, 60, bars, 400), 0);
	s = market_find_symbol(rig.market, SIM_NSE_FO, "NIFTY26D0122800CE");
	assert_int_equal(market_bars(rig.market, s, 0, INT32_MAX, 60, bars, 400), 61);
	assert_true(bars[10].volume > 0);
	rig_close(&rig);
}

/* -- recorded data ------------------------------------------------------------------------------------------------------------- */

static const char *file_write(const char *name, const char *text)
{
	static char path[4][300];
	static int n;
	const char *folder = getenv("TMPDIR");
	char *to = path[n++ % 4];

	snprintf(to, sizeof(path[0]), "%s/neosim-%ld-%s", folder ? folder : "/tmp", (long)getpid(), "x");
	assert_true(mkdir(to, 0700) == 0 || errno == EEXIST);
	snprintf(to, sizeof(path[0]), "%s/neosim-%ld-x/%s", folder ? folder : "/tmp", (long)getpid(), name);
	FILE *f = fopen(to, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return to;
}

static void file_remove(const char *path)
{
	char folder[300];

	unlink(path);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	rmdir(folder);
}

/* A recorded day plays as today: open, high, low and close of each minute are met. */
static void recorded_index(void **state)
{
	static const char text[] = "timestamp,open,high,low,close,volume\n"
		"2022-01-03T15:29:00+05:30,17600.00,17600.00,17600.00,17600.00,0\n"
		"2022-01-04T09:15:00+05:30,17700.00,17750.00,17690.00,17740.00,0\n"
		"2022-01-04T09:16:00+05:30,17740.00,17745.00,17700.00,17710.50,0\n"
		"2022-01-04T09:20:00+05:30,17800.00,17810.00,17795.00,17801.00,0\n";
	const char *path = file_write("NIFTY50_1min_2022.csv", text);

	(void)state;
	rig_open_with(&rig, "2022-01-04T09:16:00+05:30", &(struct market_options){ .seed = 1, .data = &path, .n_data = 1 });
	const struct sim_quote *q = rig_quote(&rig, SIM_NSE_CM, "NIFTY");
	assert_int_equal(q->close, 1760000);
	assert_int_equal(q->open, 1770000);
	assert_int_equal(q->high, 1775000);
	assert_int_equal(q->low, 1769000);
	rig_to(&rig, "2022-01-04T09:19:00+05:30");
	assert_int_equal(q->last, 1771050); /* minutes without a bar stand still */
	rig_to(&rig, "2022-01-04T10:00:00+05:30");
	assert_int_equal(q->last, 1780100);
	assert_int_equal(q->high, 1781000);
	assert_true(rig_quote(&rig, SIM_NSE_CM, "RELIANCE-EQ")->last > 0); /* the others follow */
	rig_close(&rig);
	/* On a day of which nothing is known one of the recorded days plays. */
	rig_open_with(&rig, "2026-11-25T09:15:10+05:30", &(struct market_options){ .seed = 1, .data = &path, .n_data = 1 });
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->close, 1760000);
	rig_close(&rig);
	file_remove(path);
}

/* Recorded option prices are taken as they are; the contract is found by the rank of its expiry, the index by parity. */
static void recorded_chain(void **state)
{
	static const char text[] = "timestamp,expiry,strike,side,ltp,volume,oi\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24500,CE,110.00,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24500,PE,100.00,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-09,24500,CE,210.00,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24600,CE,61.00,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24600,PE,0.0,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24700,CE,30.00,1,1\n"
		"2025-08-29T09:15:00+05:30,2025-09-02,24700,PE,250.00,1,1\n";
	const char *path = file_write("NIFTY_chain.csv", text);

	(void)state;
	rig_open_with(&rig, "2026-11-25T09:20:00+05:30", &(struct market_options){ .seed = 1, .data = &path, .n_data = 1 });
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last, 2451000);
	assert_in_range(rig_quote(&rig, SIM_NSE_FO, "NIFTY26D0124500CE")->last, 10990, 11010);
	assert_in_range(rig_quote(&rig, SIM_NSE_FO, "NIFTY26D0124600CE")->last, 6090, 6110);
	assert_in_range(rig_quote(&rig, SIM_NSE_FO, "NIFTY26D0824500CE")->last, 20950, 21050);
	assert_true(rig_quote(&rig, SIM_NSE_FO, "NIFTY26D0124600PE")->last > 5000); /* never traded: computed */
	rig_close(&rig);
	file_remove(path);
}

static void wide_chain(void **state)
{
	static const char text[] = "timestamp,expiry,strike,ce_ltp,pe_ltp,spot\n2025-08-29T09:22:45+05:30,2025-09-02,24500,110.00,100.00,24507.50\n";
	const char *path = file_write("NIFTY_chain_1min.csv", text);

	(void)state;
	rig_open_with(&rig, "2026-11-25T09:40:00+05:30", &(struct market_options){ .seed = 1, .data = &path, .n_data = 1 });
	assert_int_equal(rig_quote(&rig, SIM_NSE_CM, "NIFTY")->last, 2450750);
	assert_in_range(rig_quote(&rig, SIM_NSE_FO, "NIFTY26D0124500PE")->last, 9990, 10010);
	rig_close(&rig);
	file_remove(path);
}

static void assert_refused(const char *name, const char *text, const char *words)
{
	const char *path = file_write(name, text);
	struct sim_clock clock = { .virtual_from = rig_stamp("2026-11-25T09:40:00+05:30") };
	struct market *m = NULL;
	char error[256] = "";

	assert_int_not_equal(market_open(&(struct market_options){ .data = &path, .n_data = 1 }, &clock, &m, error), ERR_OK);
	assert_null(m);
	if (!strstr(error, words))
		fail_msg("'%s' does not say '%s'", error, words);
	file_remove(path);
}

static void bad_data(void **state)
{
	struct sim_clock clock = { .virtual_from = rig_stamp("2026-11-25T09:40:00+05:30") };
	const char *missing = "does-not-exist.csv";
	struct market *m = NULL;
	char error[256];

	(void)state;
	assert_int_equal(market_open(&(struct market_options){ .data = &missing, .n_data = 1 }, &clock, &m, error), ERR_IO);
	assert_string_equal(error, "does-not-exist.csv: input/output failed");
	assert_refused("NIFTY_a.csv", "", ".csv:1: malformed input");
	assert_refused("NIFTY_b.csv", "time,price\n", ".csv:1: malformed input");
	assert_refused("NIFTY_c.csv", "timestamp,close\nyesterday,1\n", ".csv:2: malformed input");
	assert_refused("NIFTY_d.csv", "timestamp,close\n2025-08-29T10:00:00+05:30,abc\n", ".csv:2: malformed input");
	assert_refused("NIFTY_e.csv", "timestamp,close\n2025-08-29T10:00:00+05:30,-5\n", ".csv:2: malformed input");
	assert_refused("NIFTY_f.csv", "timestamp,open,close\n2025-08-29T10:00:00+05:30,5\n", ".csv:2: input ends too early");
	assert_refused("NIFTY_g.csv", "timestamp,expiry,strike,side,ltp\n2025-08-29T10:00:00+05:30,2025-13-01,24500,CE,5\n", ".csv:2: value out of range");
	assert_refused("NIFTY_h.csv", "timestamp,expiry,strike,ltp\n", ".csv:1: malformed input");
	assert_refused("NIFTY_i.csv", "timestamp,close\n2025-08-29T10:00:00+05:30,\"5\n", ".csv:2: malformed input");
	assert_refused("NIFTY_j.csv.gz", "\x1f\x8b\x08\x00 garbage that is no deflate stream", ".gz: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trading_days), cmocka_unit_test(expiries), cmocka_unit_test(sessions), cmocka_unit_test(segments), cmocka_unit_test(listing),
		cmocka_unit_test(dated_terms), cmocka_unit_test(quotes_are_sound), cmocka_unit_test(money_is_lively), cmocka_unit_test(parity),
		cmocka_unit_test(before_the_open), cmocka_unit_test(the_closing_auction), cmocka_unit_test(expiring_options), cmocka_unit_test(holidays_stand_still),
		cmocka_unit_test(same_seed_same_day), cmocka_unit_test(clock_set_back), cmocka_unit_test(the_next_day), cmocka_unit_test(days_worth_trading),
		cmocka_unit_test(operator_moves_it), cmocka_unit_test(operator_holds_it), cmocka_unit_test(operator_wakes_a_contract), cmocka_unit_test(candles), cmocka_unit_test(recorded_index),
		cmocka_unit_test(recorded_chain), cmocka_unit_test(wide_chain), cmocka_unit_test(bad_data),
	};

	return cmocka_run_group_tests_name("market", tests, NULL, NULL);
}
