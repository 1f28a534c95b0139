/* Which contract a signal trades. */
#include <stdio.h>

#include "tests/core/rig.h"

static struct rig rig;

static enum refusal choose(int direction, uint32_t *contract)
{
	*contract = INSTRUMENT_NONE;
	return chain_choose(&rig.core, &rig.core.slot[0], direction, contract);
}

static void assert_choice(int direction, uint32_t want)
{
	uint32_t contract;

	assert_int_equal(choose(direction, &contract), REFUSAL_NONE);
	assert_int_equal(contract, want);
}

static void assert_refused(int direction, enum refusal want)
{
	uint32_t contract;

	assert_int_equal(choose(direction, &contract), want);
	assert_int_equal(contract, INSTRUMENT_NONE);
}

static void add(uint32_t id, const char *symbol, enum instrument_kind kind, uint16_t flags, double strike, date_t expiry)
{
	struct instrument *i = &rig_event(&rig, EVENT_INSTRUMENT, id)->instrument;

	*i = (struct instrument){ .underlying = "NIFTY", .id = id, .underlying_id = RIG_NIFTY, .kind = (uint8_t)kind,
	                          .segment = SEGMENT_NSE_FO, .flags = flags, .expiry = expiry, .strike = RUPEES(strike), .tick = 500, .lot = 75 };
	memcpy(i->symbol, symbol, strlen(symbol));
	rig_post(&rig);
}

static void let_pass(nanos_t length)
{
	rig_wait(&rig, length);
	rig_event(&rig, EVENT_TIMER, INSTRUMENT_NONE);
	rig_post(&rig);
}

static void call_or_put_near_the_forward(void **state)
{
	(void)state;
	rig_open(&rig); /* the pairs say 24,000: 24000 + 100 - 100, 24100 + 60 - 160 */
	assert_choice(1, RIG_CALL);
	assert_choice(-1, RIG_PUT);
	rig_tick(&rig, RIG_CALL, 180, 180.10); /* 24,080 and, by the other strike, 24,080 */
	rig_tick(&rig, RIG_CALL_HIGH, 140, 140.10);
	assert_choice(1, RIG_CALL_HIGH);
	assert_choice(-1, RIG_PUT_HIGH);
	rig_done(&rig);
}

static void only_fresh_pairs_count(void **state)
{
	(void)state;
	rig_open(&rig);
	let_pass(3 * NANOS_SECOND);
	assert_refused(1, REFUSAL_NO_PRICE);
	rig_tick(&rig, RIG_CALL_HIGH, 60, 60.10); /* half a pair */
	assert_refused(1, REFUSAL_NO_PRICE);
	rig_tick(&rig, RIG_PUT_HIGH, 160, 160.10);
	assert_choice(1, RIG_CALL);
	rig_done(&rig);
}

static void nearest_expiry(void **state)
{
	(void)state;
	rig_open(&rig);
	add(7, "SOONER24000CE", INSTRUMENT_CALL, INSTRUMENT_TRADABLE, 24000, rig.date);
	add(8, "SOONER24000PE", INSTRUMENT_PUT, INSTRUMENT_TRADABLE, 24000, rig.date);
	assert_refused(1, REFUSAL_NO_PRICE); /* the nearest expiry has no price; no other is taken in its place */
	rig_tick(&rig, 7, 50, 50.10);
	rig_tick(&rig, 8, 50, 50.10);
	assert_choice(1, 7); /* on its last day it still trades */
	assert_choice(-1, 8);
	let_pass(NANOS_DAY);
	rig_prices(&rig);
	assert_choice(1, RIG_CALL);
	let_pass(2 * NANOS_DAY); /* all have expired, and the index itself cannot be traded */
	assert_refused(1, REFUSAL_NO_CONTRACT);
	rig_done(&rig);
}

/* What was chosen from before is asked anew when the feed announces more, or the same otherwise. */
static void announced_later(void **state)
{
	(void)state;
	rig_open(&rig);
	assert_choice(1, RIG_CALL);
	add(7, "SOONER24000CE", INSTRUMENT_CALL, INSTRUMENT_TRADABLE, 24000, rig.date);
	assert_refused(1, REFUSAL_NO_PRICE);
	add(8, "FUT", INSTRUMENT_FUTURE, INSTRUMENT_TRADABLE, 0, rig.date); /* of another kind between them */
	add(9, "SOONER24000PE", INSTRUMENT_PUT, INSTRUMENT_TRADABLE, 24000, rig.date);
	rig_tick(&rig, 7, 50, 50.10);
	rig_tick(&rig, 9, 50, 50.10);
	assert_choice(1, 7);
	assert_choice(-1, 9);
	add(7, "SOONER24000CE", INSTRUMENT_CALL, INSTRUMENT_TRADABLE, 24000, rig.date + 30);
	add(9, "SOONER24000PE", INSTRUMENT_PUT, INSTRUMENT_TRADABLE, 24000, rig.date + 30);
	assert_choice(1, RIG_CALL);
	rig_done(&rig);
}

static void no_option_of_that_kind(void **state)
{
	(void)state;
	rig_open(&rig);
	rig.core.instrument[RIG_PUT].kind = rig.core.instrument[RIG_PUT_HIGH].kind = INSTRUMENT_FUTURE;
	assert_refused(-1, REFUSAL_NO_PRICE); /* without puts there is no forward */
	rig_done(&rig);
}

static void underlying_or_future(void **state)
{
	(void)state;
	rig_open(&rig);
	rig.core.slot[0].params[COMMON_trade] = 1;
	assert_refused(1, REFUSAL_NO_CONTRACT);
	add(7, "OLDFUT", INSTRUMENT_FUTURE, INSTRUMENT_TRADABLE, 0, rig.date - 1);
	assert_refused(1, REFUSAL_NO_CONTRACT);
	add(8, "FUT", INSTRUMENT_FUTURE, INSTRUMENT_TRADABLE, 0, rig.date + 20);
	assert_choice(1, 8);
	assert_choice(-1, 8);
	add(8, "FUT", INSTRUMENT_FUTURE, INSTRUMENT_TRADABLE, 0, 0); /* no expiry told: it does not expire */
	assert_choice(-1, 8);
	rig.core.slot[0].underlying = RIG_SHARE;
	assert_choice(1, RIG_SHARE);
	rig_done(&rig);
}

static void begin_with_room(void)
{
	rig_init(&rig);
	rig.limits.instruments = 2048;
	rig_begin(&rig);
	rig_day(&rig, "2026-01-05", 0);
	rig_clock(&rig, "09:20:00");
}

static void add_option(uint32_t id, enum instrument_kind kind, double strike)
{
	char symbol[40];

	snprintf(symbol, sizeof(symbol), "O%u", id);
	add(id, symbol, kind, INSTRUMENT_TRADABLE, strike, rig.date + 1);
	rig_tick(&rig, id, 1, 1.05);
}

/* Whichever of hundreds of strikes has the one pair: it alone tells the forward. */
static void each_of_many_pairs(void **state)
{
	enum { STRIKES = 400 };

	(void)state;
	begin_with_room();
	for (uint32_t i = 0; i < 2 * STRIKES; i++) {
		add_option(RIG_INSTRUMENTS + i, i < STRIKES ? INSTRUMENT_CALL : INSTRUMENT_PUT, 30000 + 50 * (i % STRIKES));
		rig.core.quote[RIG_INSTRUMENTS + i].bid *= i < STRIKES;
	}
	assert_refused(1, REFUSAL_NO_PRICE);
	for (uint32_t call = RIG_INSTRUMENTS; call < RIG_INSTRUMENTS + STRIKES; call++) {
		rig.core.quote[call + STRIKES].bid = RUPEES(1);
		assert_choice(1, call);
		assert_choice(-1, call + STRIKES);
		rig.core.quote[call + STRIKES].bid = 0;
	}
	rig_done(&rig);
}

/* A chain larger than the table of strikes still answers, from the strikes that fit. */
static void many_strikes(void **state)
{
	(void)state;
	begin_with_room();
	for (uint32_t i = 0; i < 600; i++)
		add_option(RIG_INSTRUMENTS + i, INSTRUMENT_CALL, 30000 + 50 * i);
	rig_prices(&rig);
	assert_choice(1, RIG_CALL);
	rig_done(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_or_put_near_the_forward),
		cmocka_unit_test(only_fresh_pairs_count),
		cmocka_unit_test(nearest_expiry),
		cmocka_unit_test(announced_later),
		cmocka_unit_test(no_option_of_that_kind),
		cmocka_unit_test(underlying_or_future),
		cmocka_unit_test(each_of_many_pairs),
		cmocka_unit_test(many_strikes),
	};

	return cmocka_run_group_tests_name("chain", tests, NULL, NULL);
}
