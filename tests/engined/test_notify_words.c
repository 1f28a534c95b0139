/* What each record says, and what says nothing; what the clock says. A core of names and numbers, no engine. */
#include "engined/notify/words.h"

#include <stdio.h>
#include <string.h>

#include "engined/notify/day.h"
#include "lib/base/obj.h"
#include "tests/control/unit.h"

#define DAY 20780 /* 2026-11-23, a Monday */
#define AT(h, m) stamp_at(DAY, TIME_OF_DAY(h, m))

static struct core_state s;
static struct slot slots[2];
static struct instrument instruments[2];
static struct market_tables tables;
static struct core core = { .s = &s, .slot = slots, .instrument = instruments, .tables = &tables };
static struct words_memory memory;
static struct words w;
static struct buf out;

enum refusal core_ready(const struct core *c) { (void)c; return s.paused ? REFUSAL_PAUSED : REFUSAL_SESSION_CLOSED; }

static int fresh(void **state)
{
	(void)state;
	memset(&s, 0, sizeof(s));
	memset(&memory, 0, sizeof(memory));
	memset(instruments, 0, sizeof(instruments));
	memset(&tables, 0, sizeof(tables));
	s.instruments = s.strategies = 2;
	s.account.capital = 150000000;
	strcpy(slots[0].id, "amd");
	strcpy(slots[1].id, "ema");
	strcpy(slots[0].symbol, "NIFTY");
	strcpy(slots[1].symbol, "NIFTY");
	strcpy(instruments[0].symbol, "NIFTY");
	strcpy(instruments[1].symbol, "NIFTY26NOV24000CE");
	strcpy(instruments[1].underlying, "NIFTY");
	instruments[1].expiry = DAY + 1;
	instruments[1].lot = 75;
	instruments[1].flags = INSTRUMENT_TRADABLE;
	buf_done(&out);
	return 0;
}

static bool say(uint16_t kind, uint32_t instrument, const void *payload)
{
	struct record head = { .seq = 1, .stamp = AT(10, 0), .kind = kind, .instrument = instrument };

	return words_of(&core, &memory, &head, payload, &w);
}

static void assert_has(const char *text, const char *part, bool wanted)
{
	if ((strstr(text, part) != NULL) != wanted)
		fail_msg("%s \"%s\" in: %s", wanted ? "no" : "there is", part, text);
}

/* The word "filled" is the broker's alone. */
static void test_entry_then_fill(void **state)
{
	struct outcome_decision d = { .strategy = 0, .direction = 1, .lots = 1, .premium = 1015000, .stop = 950000, .index_stop = 240005000 };
	struct outcome_fill f = { .strategy = 0, .side = SIDE_BUY, .qty = 75, .price = 1015500, .position = 75 };

	(void)state;
	assert_true(say(OUTCOME_DECISION, 1, &d));
	assert_string_equal(w.text, "ENTRY ordered, not filled yet: amd, bullish: NIFTY26NOV24000CE, 1 lot at about 101.50, stop 95.00, index stop 24,000.50");
	assert_true(say(OUTCOME_FILL, 1, &f));
	assert_string_equal(w.text, "FILLED: bought 75 NIFTY26NOV24000CE at 101.55; amd now holds +75");
	f = (struct outcome_fill){ .strategy = STRATEGY_MANUAL, .side = SIDE_SELL, .qty = 75, .price = 1015500 };
	assert_true(say(OUTCOME_FILL, 1, &f));
	assert_string_equal(w.text, "FILLED: sold 75 NIFTY26NOV24000CE at 101.55; manual is flat");
}

static void test_trade(void **state)
{
	struct outcome_trade t = { .strategy = 1, .exit_reason = EXIT_INDEX_STOP, .qty = 75, .entry = 1015000, .exit = 990000, .gross = -1875000, .charges = 521249, .net = -2396249 };

	(void)state;
	assert_true(say(OUTCOME_TRADE, 1, &t));
	assert_string_equal(w.text, "EXIT: ema out of 75 NIFTY26NOV24000CE (index stop), 101.50 to 99.00; gross -187.50, charges 52.12, net -239.62");
	t.incomplete = 1;
	t.net = NUM_UNKNOWN;
	assert_true(say(OUTCOME_TRADE, 1, &t));
	assert_has(w.text, "net not known (some charges are not known)", true);
}

/* The first of each kind by each strategy each day. */
static void test_refusals(void **state)
{
	struct outcome_decision d = { .strategy = 0, .direction = -1, .refusal = REFUSAL_COOLDOWN };
	struct outcome_day day = { .date = DAY };

	(void)state;
	assert_true(say(OUTCOME_DECISION, 1, &d));
	assert_has(w.text, "refused: amd, bearish: too soon after the last entry or exit (cooldown)", true);
	assert_int_equal(w.weight, WORDS_QUIET);
	assert_false(say(OUTCOME_DECISION, 1, &d));
	d.strategy = 1;
	assert_true(say(OUTCOME_DECISION, 1, &d));
	d.refusal = REFUSAL_PAUSED;
	assert_true(say(OUTCOME_DECISION, 1, &d));
	assert_true(say(OUTCOME_DAY, INSTRUMENT_NONE, &day));
	assert_has(w.text, "; 4 signals refused", true);
	struct record tomorrow = { .seq = 9, .stamp = AT(10, 0) + NANOS_DAY, .kind = OUTCOME_DECISION, .instrument = 1 };
	assert_true(words_of(&core, &memory, &tomorrow, &d, &w));
	d.refusal = 9999;
	assert_false(say(OUTCOME_DECISION, 1, &d));
}

static void test_alarms(void **state)
{
	struct outcome_alert a = { .alert = ALERT_NOT_FLAT, .strategy = 0, .value = 75, .text = "the exit rests unfilled" };

	(void)state;
	assert_true(say(OUTCOME_ALERT, 1, &a));
	assert_string_equal(w.text, "NOT FLAT: NIFTY26NOV24000CE +75, amd: the exit rests unfilled");
	assert_int_equal(w.weight, WORDS_LOUD);
	a = (struct outcome_alert){ .alert = ALERT_DAY_LOSS, .strategy = UINT32_MAX, .text = "the day's loss limit" };
	assert_true(say(OUTCOME_ALERT, INSTRUMENT_NONE, &a));
	assert_string_equal(w.text, "DAY LOSS: the day's loss limit");
	memset(a.text, 'x', sizeof(a.text)); /* no zero in it */
	assert_true(say(OUTCOME_ALERT, INSTRUMENT_NONE, &a));
	assert_int_equal(strlen(w.text), strlen("DAY LOSS: ") + sizeof(a.text));
}

/* A link that comes back is told when its end was. */
static void test_links(void **state)
{
	struct outcome_alert down = { .alert = ALERT_LINK, .strategy = UINT32_MAX, .value = LINK_BROKER, .text = "the session ended" };
	struct event_link up = { .link = LINK_BROKER, .up = 1 }, feed = { .link = LINK_FEED, .up = 1 }, none = { .link = 99, .up = 1 };

	(void)state;
	assert_false(say(EVENT_LINK, INSTRUMENT_NONE, &up));
	assert_true(say(OUTCOME_ALERT, INSTRUMENT_NONE, &down));
	assert_string_equal(w.text, "DISCONNECTED: broker: the session ended");
	assert_false(say(EVENT_LINK, INSTRUMENT_NONE, &feed));
	assert_true(say(EVENT_LINK, INSTRUMENT_NONE, &up));
	assert_string_equal(w.text, "connected again: broker");
	assert_false(say(EVENT_LINK, INSTRUMENT_NONE, &up));
	assert_false(say(EVENT_LINK, INSTRUMENT_NONE, &none));
}

static void test_states(void **state)
{
	struct outcome_state e = { .state = ENGINE_LOCKED, .strategy = UINT32_MAX, .principal = "tg:42", .reason = "enough" };

	(void)state;
	assert_true(say(OUTCOME_STATE, INSTRUMENT_NONE, &e));
	assert_string_equal(w.text, "ENGINE: locked (tg:42: enough)");
	assert_int_equal(w.weight, WORDS_LOUD);
	e = (struct outcome_state){ .state = ENGINE_PAUSED, .strategy = 1, .principal = "uid:0" };
	assert_true(say(OUTCOME_STATE, INSTRUMENT_NONE, &e));
	assert_string_equal(w.text, "ema: paused (uid:0)");
	strcpy(e.principal, "config");
	assert_false(say(OUTCOME_STATE, INSTRUMENT_NONE, &e));
}

static void test_orders(void **state)
{
	struct outcome_order o = { .request = { .purpose = PURPOSE_ENTRY, .strategy = 0 }, .state = ORDER_CANCELLED, .reason = "walk ended" };
	struct record head = { .kind = OUTCOME_ORDER };

	(void)state;
	assert_true(words_wanted(&head, &o));
	assert_true(say(OUTCOME_ORDER, 1, &o));
	assert_string_equal(w.text, "entry NOT filled: amd, NIFTY26NOV24000CE cancelled (walk ended)");
	o.filled = 25;
	assert_false(words_wanted(&head, &o));
	assert_false(say(OUTCOME_ORDER, 1, &o));
	o.filled = 0;
	o.state = ORDER_UNKNOWN; /* nobody knows: nothing is told of it */
	assert_false(words_wanted(&head, &o));
	o.state = ORDER_CANCELLED;
	o.request.purpose = PURPOSE_EXIT;
	assert_false(words_wanted(&head, &o));
	o.request.purpose = PURPOSE_MANUAL;
	assert_true(say(OUTCOME_ORDER, 1, &o));
	assert_string_equal(w.text, "order by hand NOT filled: amd, NIFTY26NOV24000CE cancelled (walk ended)");
}

/* -- the clock -------------------------------------------------------------------------------------------------------------------------- */

static void with_calendar(void)
{
	tables.calendar.year_from = 2020;
	tables.calendar.year_to = 2026;
	tables.calendar.times = 1;
	tables.calendar.timetable[0] = (struct timetable_row){ .from = 1, .to = 100000, .group = GROUP_FO, .pre_open = TIME_OF_DAY(9, 0), .open = TIME_OF_DAY(9, 15), .close = TIME_OF_DAY(15, 30) };
}

static void test_ready_when(void **state)
{
	const struct calendar *c = &tables.calendar;

	(void)state;
	with_calendar();
	assert_false(day_ready_due(c, AT(9, 5) - 1, 0));
	assert_true(day_ready_due(c, AT(9, 5), 0));
	assert_true(day_ready_due(c, AT(9, 5), DAY - 1));
	assert_false(day_ready_due(c, AT(9, 5), DAY));
	assert_true(day_ready_due(c, AT(15, 29), 0));
	assert_false(day_ready_due(c, AT(15, 30), 0));
	assert_false(day_ready_due(c, AT(9, 5) - NANOS_DAY, 0));                       /* Sunday */
	assert_true(day_ready_due(c, stamp_at(date_from_civil(2027, 3, 1), TIME_OF_DAY(9, 5)), 0)); /* a day nobody knows: it says so */
}

static void test_ready_says(void **state)
{
	(void)state;
	with_calendar();
	s.link[LINK_BROKER].up = s.link[LINK_FEED].up = 1;
	s.limit[LIMIT_DAY_LOSS_PCT] = 40000;
	s.limit[LIMIT_ENTRIES_DAY] = 60000;
	day_ready(&core, AT(9, 5), &out);
	assert_has(out.data, "READY\nok login", true);
	assert_has(out.data, "ok funds: 15,000.00 free", true);
	assert_has(out.data, "ok NIFTY: lot 75, expiry 2026-11-24", true);
	assert_has(out.data, "ok limits: day loss 4.00 %, 6 entries a day", true);
	assert_has(out.data, "ok calendar: 09:15 to 15:30, square-off 15:05", true);
	assert_has(out.data, "NO ", false);
	buf_clear(&out);
	s.start.mode = MODE_LIVE;
	s.funds.cash = NUM_UNKNOWN;
	s.books.unread = ACCOUNT_FUNDS;
	s.paused = 1;
	s.link[LINK_FEED].up = 0;
	instruments[1].expiry = DAY - 1;
	day_ready(&core, AT(9, 5), &out);
	assert_has(out.data, "NOT READY: entries are paused", true);
	assert_has(out.data, "NO prices: the feed is not connected", true);
	assert_has(out.data, "NO funds: not known at the broker", true);
	assert_has(out.data, "NO NIFTY: no contract is listed yet", true);
}

static void test_holidays(void **state)
{
	const struct calendar *c = &tables.calendar;
	nanos_t december = stamp_at(date_from_civil(2026, 12, 1), TIME_OF_DAY(9, 5));

	(void)state;
	with_calendar();
	assert_false(day_holidays_due(c, december - NANOS_DAY, 0));
	assert_false(day_holidays_due(c, december - 1, 0));
	assert_true(day_holidays_due(c, december, 0));
	assert_false(day_holidays_due(c, december, stamp_date(december)));
	assert_true(day_holidays_due(c, december + 30 * NANOS_DAY, 0));
	day_holidays(c, &out);
	assert_has(out.data, "HOLIDAYS of 2027 are missing", true);
	tables.calendar.year_to = 2027;
	assert_false(day_holidays_due(c, december, 0));
}

static void test_the_end(void **state)
{
	struct outcome_day d = { .date = DAY, .trades = 3, .gross = 12345600, .charges = 345600, .net = 12000000, .equity = 162000000 };
	struct journal_state j = { .last_seq = 99, .hash = { 0xab, 0xcd } };

	(void)state;
	assert_true(say(OUTCOME_DAY, INSTRUMENT_NONE, &d));
	assert_true(w.day);
	assert_string_equal(w.text, "DAY 2026-11-23: 3 trades, gross +1,234.56, charges 34.56, net +1,200.00, equity 16,200.00");
	day_end(&core, &j, &out);
	assert_has(out.data, "; no broker's books to compare with; journal root at record 99: abcd000000", true);
	s.start.mode = MODE_LIVE;
	buf_clear(&out);
	day_end(&core, &j, &out);
	assert_has(out.data, "; the broker's trades and positions agree; charges are computed here", true);
	s.foreigns = 1;
	s.foreign[0].unexplained = 75;
	s.open_books = 1;
	buf_clear(&out);
	day_end(&core, &j, &out);
	assert_has(out.data, "; DIFFERS from the broker's positions in 1 contracts", true);
	assert_has(out.data, "1 positions stay OPEN", true);
	s.books.unread = ACCOUNT_TRADES;
	buf_clear(&out);
	day_end(&core, &j, &out);
	assert_has(out.data, "; NOT compared", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry_then_fill, fresh, fresh), cmocka_unit_test_setup_teardown(test_trade, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_refusals, fresh, fresh), cmocka_unit_test_setup_teardown(test_alarms, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_links, fresh, fresh), cmocka_unit_test_setup_teardown(test_states, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_orders, fresh, fresh), cmocka_unit_test_setup_teardown(test_ready_when, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_ready_says, fresh, fresh), cmocka_unit_test_setup_teardown(test_holidays, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_the_end, fresh, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
