/* The whole feed between doubles (rig.h): days without a restart, restarts within a day, and the bars that were missed. */
#include "tests/feed/kotak/rig.h"

/* -- days ---------------------------------------------------------------------------------------------------------------------- */

static void test_next_day_without_a_restart(void **state)
{
	uint32_t nifty, call_id, old_token;
	const char *call = rig_option_symbol(24000, "CE");
	size_t ticks;

	(void)state;
	rig_trading();
	nifty = rig_id("NIFTY");
	call_id = rig_id(call);
	old_token = rig_token(call);
	rig.session = SESSION_DOWN; /* the night */
	rig_drop("maintenance");
	rig_to("2026-11-24T00:00:01");
	assert_null(rig_slot(call)); /* yesterday's tokens are no tokens */
	rig_to("2026-11-25T08:30:00");
	assert_int_equal(rig_count(EVENT_SESSION), 2); /* Tuesday was a holiday */
	rig_login();
	rig_run(2 * S);
	rig_connect();
	rig_index("Nifty 50", 24030, NANOS_DAY);
	rig_to("2026-11-25T09:15:00");
	assert_int_equal(rig_last(EVENT_SESSION)->session.edge, SESSION_BEGIN);
	assert_int_equal(rig_last(EVENT_SESSION)->session.date, WEDNESDAY);
	ticks = rig_count(EVENT_TICK);
	rig_option(call, 120.10, 120.20, 120.15, 6500, 0); /* the old token, before the day's master */
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	rig_master(WEDNESDAY, EXPIRY, 60000);
	rig_give();
	assert_non_null(rig_slot(call));
	assert_int_equal(rig_slot(call)->instrument.id, call_id);
	assert_int_not_equal(rig_slot(call)->token, old_token);
	rig_option(call, 121.10, 121.20, 121.15, 100, 0);
	assert_int_equal(rig_last(EVENT_TICK)->head.instrument, call_id);
	assert_int_equal(rig_last(EVENT_TICK)->tick.volume, 100); /* less than Monday's: another day */
	assert_int_equal(rig_id("NIFTY"), nifty);
	rig_close();
}

/* Whether a price of the index is told now, and one that is an hour old never. */
static bool told(double price)
{
	size_t ticks = rig_count(EVENT_TICK);

	rig_index("Nifty 50", price, NANOS_HOUR);
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	rig_index("Nifty 50", price + 1, 0);
	return rig_count(EVENT_TICK) == ticks + 1;
}

static void connect_at(const char *at)
{
	rig.clock.virtual_from = rig_at(at);
	rig_run(70 * S);
	if (!rig.socket)
		rig_run(31 * S);
	rig_connect();
}

/* Prices of after the close and of days without a session, where they are wanted; before an open never. The core keeps them from everything else. */
static void test_after_the_close(void **state)
{
	(void)state;
	for (int wanted = 0; wanted < 2; wanted++) {
		rig.after_market = wanted;
		rig_trading();
		struct quote before = rig.core.quote[rig_id("NIFTY")];

		connect_at("2026-11-23T15:40:00");
		assert_int_equal(rig_last(EVENT_SESSION)->session.edge, SESSION_END);
		assert_int_equal(told(24100), wanted);
		assert_memory_equal(&rig.core.quote[rig_id("NIFTY")], &before, sizeof(before));
		assert_int_equal(rig.core.s->dry_run, wanted);
		connect_at("2026-11-24T10:00:00"); /* a holiday */
		assert_int_equal(told(24200), wanted);
		connect_at("2026-11-25T09:10:00");
		assert_false(told(24300));
		rig_to("2026-11-25T09:15:00");
		assert_int_equal(rig.core.s->dry_run, 0);
		assert_true(told(24400));
		assert_true(rig.core.quote[rig_id("NIFTY")].last == RUPEES(24401));
		rig_close();
	}
	rig.after_market = false;
}

static void test_master_of_another_day(void **state)
{
	(void)state;
	rig_open("2026-11-23T08:30:00");
	rig_move(0);
	rig_master(TODAY - 3, EXPIRY, 40000);
	rig_give();
	assert_true(rig_said("of another day"));
	assert_int_equal(rig.feed->universe.slots, 1); /* the index needs no token */
	rig_close();
}

static void test_unknown_and_special_days(void **state)
{
	(void)state;
	rig_open_nifty("2027-01-04T09:14:00"); /* a Monday of a year without a list */
	rig_login();
	rig_answer("{\"data\":{\"candles\":[]}}");
	rig_to("2027-01-04T09:15:00");
	assert_int_equal(rig_last(EVENT_SESSION)->session.flags, SESSION_ASSUMED);
	rig_close();
	rig_open_nifty("2026-11-08T17:59:00"); /* muhurat, on a Sunday */
	rig_login();
	rig_answer("{\"data\":{\"candles\":[]}}");
	rig_to("2026-11-08T18:00:00");
	assert_int_equal(rig_last(EVENT_SESSION)->session.flags, SESSION_NO_TRADE);
	rig_to("2026-11-08T19:00:00");
	assert_int_equal(rig_last(EVENT_SESSION)->session.edge, SESSION_END);
	rig_close();
	rig_open_nifty("2026-11-15T09:00:00"); /* its hours were not published */
	rig_to("2026-11-15T12:00:00");
	assert_int_equal(rig_count(EVENT_SESSION), 0);
	rig_close();
}

static void test_session_begins_without_a_login(void **state)
{
	(void)state;
	rig_open("2026-11-23T08:30:00");
	rig_to("2026-11-23T09:14:59");
	assert_int_equal(rig_count(EVENT_SESSION), 0);
	rig_to("2026-11-23T09:15:00");
	assert_int_equal(rig_count(EVENT_SESSION), 1); /* exits hang on it */
	rig_close();
}

static void test_new_session(void **state)
{
	uint32_t opened;

	(void)state;
	rig_trading();
	opened = rig.opened;
	rig.generation++;
	rig_alive(3);
	assert_int_equal(rig.opened, opened); /* what runs is left alone in market hours */
	rig_close();
	rig_morning();
	opened = rig.opened;
	rig.generation++;
	rig_move(S);
	rig_move(S);
	assert_int_equal(rig.opened, opened + 1);
	rig_close();
}

/* -- what was missed ---------------------------------------------------------------------------------------------------------- */

static char candles_text[65536];

/* Minute candles [from, from + n) of a date, closing at `close` and rising by one a minute. */
static void candle_list(const char *from, int n, double close)
{
	nanos_t at = rig_at(from);
	size_t len = strlen(candles_text);

	for (int i = 0; i < n; i++, at += NANOS_MINUTE) {
		char stamp[STAMP_TEXT];

		stamp_format(at, stamp);
		len += (size_t)snprintf(candles_text + len, sizeof(candles_text) - len, "%s[\"%.19s+0530\",%.2f,%.2f,%.2f,%.2f,0,0]", strchr(candles_text, ']') ? "," : "",
		                        stamp, close + i, close + i + 2, close + i - 2, close + i + 1);
	}
	assert_true(len < sizeof(candles_text) - 1);
}

static void give_candles(void)
{
	size_t len = strlen(candles_text);

	snprintf(candles_text + len, sizeof(candles_text) - len, "]}}");
	rig_answer(candles_text);
}

static void begin_candles(void)
{
	snprintf(candles_text, sizeof(candles_text), "{\"status\":\"success\",\"data\":{\"candles\":[");
}

/* Started at eleven on a journal that knows nothing: six days' bars for the long windows, then today's, then ticks. */
static void test_fresh_start_at_eleven(void **state)
{
	const struct series *minute;
	size_t first = SIZE_MAX, begun = 0, bars = 0;

	(void)state;
	rig_open_nifty("2026-11-23T11:00:20");
	rig_login();
	assert_int_equal(rig.n_calls, 1); /* NIFTY alone has series */
	assert_true(strstr(rig.calls[0].path, "neosymbol=nse_cm%7CNifty%2050&interval=1min&fromdate=2026-11-13&todate=2026-11-23"));
	rig_run(2 * S);
	rig_connect();
	rig_index("Nifty 50", 24100, 0);
	assert_int_equal(rig_count(EVENT_SESSION), 0);
	assert_int_equal(rig_count(EVENT_TICK), 0);
	begin_candles();
	candle_list("2026-11-20T09:14:00", 3, 23900); /* the first is before the open */
	candle_list("2026-11-23T09:15:00", 106, 24000); /* the last is not over */
	give_candles();
	rig_move(0);
	for (size_t i = 0; i < rig.n_events; i++) {
		const struct event *e = &rig.events[i];

		if (e->head.kind == EVENT_BAR) {
			first = first == SIZE_MAX ? i : first;
			bars++;
			assert_int_equal(e->head.flags, BAR_HISTORY);
			assert_int_equal(e->bar.interval_s, 60);
		} else if (e->head.kind == EVENT_SESSION && e->session.date == TODAY) {
			begun = i;
			assert_int_equal(e->session.flags, 0);
		}
	}
	assert_int_equal(bars, 2 + 105);
	assert_true(rig.events[first - 1].session.flags & SESSION_HISTORY);
	assert_int_equal(rig.events[first - 1].session.edge, SESSION_BEGIN);
	assert_int_equal(rig.events[first].bar.bar.start, rig_at("2026-11-20T09:15:00"));
	assert_true(begun > first);
	assert_int_equal(rig.events[begun - 1].session.edge, SESSION_END);
	assert_int_equal(rig.events[begun - 1].session.flags, SESSION_HISTORY);
	minute = &rig.core.series[rig.core.slot[0].series];
	assert_int_equal(minute->count_day, 105);
	assert_int_equal(series_at(minute, 0)->start, rig_at("2026-11-23T10:59:00"));
	rig_alive(3);
	assert_true(rig_count(EVENT_TICK) >= 3);
	rig_close();
}

/* A quiet contract's picture that came before the bars of the past is told once the session has begun; a lost connection's is not. */
static void quiet_contract(bool lost)
{
	const char *call = rig_option_symbol(24000, "CE");
	size_t ticks;

	rig_open_nifty("2026-11-23T11:00:20");
	rig_login();
	rig_master(TODAY, EXPIRY, 40000);
	rig_give();
	rig_run(2 * S);
	rig_connect();
	rig_index("Nifty 50", 24010, 0);
	rig_option(call, 120.10, 120.20, 120.15, 6500, 0);
	rig_move(S);
	assert_int_equal(rig_count(EVENT_TICK), 0);
	if (lost)
		rig_drop("the end");
	else
		rig_index("Nifty 50", 24011, 0);
	begin_candles();
	candle_list("2026-11-23T09:15:00", 105, 24000);
	give_candles();
	rig_move(0);
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	ticks = rig_count(EVENT_TICK);
	assert_int_equal(ticks, lost ? 0 : 2);
	if (!lost) {
		assert_true(rig_last(EVENT_TICK)->head.seq > rig_last(EVENT_BAR)->head.seq);
		assert_int_equal(rig_last(EVENT_TICK)->head.instrument, rig_id(call));
		assert_int_equal(rig_last(EVENT_TICK)->tick.bid, RUPEES(120.10));
		rig_option(call, 120.10, 120.20, 120.15, 6500, 3 * S); /* once is enough */
		assert_int_equal(rig_count(EVENT_TICK), ticks);
	}
	rig_close();
}

static void test_quiet_contract_at_eleven(void **state)
{
	(void)state;
	quiet_contract(false);
	quiet_contract(true);
}

/* What comes before the open is no price of the session. */
static void test_pictures_before_the_open(void **state)
{
	(void)state;
	rig_morning();
	rig_index("Nifty 50", 24010, NANOS_DAY);
	rig_to("2026-11-23T09:14:59");
	rig_option(rig_option_symbol(24000, "CE"), 120.10, 120.20, 120.15, 6500, 0);
	rig_to("2026-11-23T09:15:00");
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	assert_int_equal(rig_count(EVENT_TICK), 0);
	rig_close();
}

/* Killed at 10:00:30, back at 10:05:10: no second beginning, the missing minutes first, and ticks only after them. */
static void test_restart_within_the_day(void **state)
{
	const struct series *minute;
	size_t ticks, bars;

	(void)state;
	rig_trading();
	rig.clock.virtual_from = rig_at("2026-11-23T10:00:00");
	rig_run(31 * S);
	rig_connect();
	begin_candles();
	candle_list("2026-11-23T09:15:00", 45, 24000);
	give_candles();
	rig_alive(4);
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	bars = rig_count(EVENT_BAR);
	rig.clock.virtual_from = rig_at("2026-11-23T10:05:10");
	rig_reopen();
	rig.n_calls = 0;
	rig_give();
	rig_move(0);
	assert_int_equal(rig.n_calls, 1);
	assert_true(strstr(rig.calls[0].path, "fromdate=2026-11-23&todate=2026-11-23"));
	rig_move(S);
	rig_connect();
	ticks = rig_count(EVENT_TICK);
	rig_index("Nifty 50", 24033, 0);
	assert_int_equal(rig_count(EVENT_TICK), ticks); /* held back */
	begin_candles();
	candle_list("2026-11-23T09:58:00", 8, 24000);
	give_candles();
	rig_move(0);
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	assert_int_equal(rig_count(EVENT_BAR), bars + 5); /* 10:00 to 10:04; what lies before is known */
	minute = &rig.core.series[rig.core.slot[0].series];
	assert_int_equal(series_at(minute, 0)->start, rig_at("2026-11-23T10:04:00"));
	rig_alive(1);
	assert_true(rig_count(EVENT_TICK) > ticks);
	rig_close();
}

static void test_no_candles(void **state)
{
	(void)state;
	rig_open_nifty("2026-11-23T11:00:20");
	rig_login();
	rig_refuse(WIRE_RATE, "Rate limit exceeded");
	assert_true(rig_said("no minute bars of NIFTY"));
	rig_move(0);
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	rig_close();
	rig_open_nifty("2026-11-23T11:00:20"); /* no answer at all: the day begins without it, and a late answer finds nobody */
	rig_login();
	rig_run(7 * S);
	assert_int_equal(rig_count(EVENT_SESSION), 1);
	begin_candles();
	candle_list("2026-11-23T09:15:00", 10, 24000);
	give_candles();
	rig_move(S);
	assert_int_equal(rig_count(EVENT_BAR), 0);
	rig_close();
}

/* Away for three minutes: the gap is fetched while the contracts' prices flow on. */
static void test_gap_within_the_day(void **state)
{
	size_t ticks;

	(void)state;
	rig_trading();
	rig_drop("x");
	rig.session = SESSION_DOWN;
	rig.n_calls = 0;
	rig_run(190 * S);
	rig.session = SESSION_UP;
	rig_run(31 * S);
	rig_connect();
	assert_int_equal(rig.n_calls, 1);
	ticks = rig_count(EVENT_TICK);
	rig_index("Nifty 50", 24044, 0);
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	rig_option(rig_option_symbol(24000, "CE"), 120.10, 120.20, 120.15, 6500, 0);
	assert_int_equal(rig_count(EVENT_TICK), ticks + 1);
	begin_candles();
	candle_list("2026-11-23T09:15:00", 4, 24000);
	give_candles();
	rig_move(0);
	assert_int_equal(rig_count(EVENT_BAR), 3); /* 09:16, 09:17, 09:18: the first minute's bar is the engine's own */
	rig_index("Nifty 50", 24045, 0);
	assert_true(rig_count(EVENT_TICK) > ticks + 1);
	rig_close();
}

/* Stopped on Monday at noon, back on Wednesday: Monday gets its end before Wednesday begins. */
static void test_day_left_open(void **state)
{
	const struct event *e;

	(void)state;
	rig_open_nifty("2026-11-23T08:30:00");
	rig_login();
	rig_answer("{\"data\":{\"candles\":[]}}");
	rig_move(S);
	rig_connect();
	rig_to("2026-11-23T09:15:00");
	rig_alive(350);
	rig.clock.virtual_from = rig_at("2026-11-25T08:00:00");
	rig_reopen();
	rig.n_calls = 0;
	rig_move(0);
	assert_int_equal(rig.n_calls, 1);
	assert_true(strstr(rig.calls[0].path, "fromdate=2026-11-23&todate=2026-11-25"));
	begin_candles();
	candle_list("2026-11-23T15:38:00", 2, 24100);
	give_candles();
	rig_move(0);
	e = rig_last(EVENT_SESSION);
	assert_int_equal(e->session.edge, SESSION_END);
	assert_int_equal(e->session.date, TODAY);
	assert_int_equal(e->session.flags, 0);
	assert_int_equal(rig_count(EVENT_BAR), 2);
	assert_false(rig.core.s->day_active);
	rig_close();
}

static void test_broken_candles(void **state)
{
	static const char *const bad[] = { "{}", "[]", "{\"data\":[]}", "{\"data\":{\"candles\":{}}}", "{\"data\":{\"candles\":[1,[],[\"x\"],null]}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		rig_open_nifty("2026-11-23T11:00:20");
		rig_login();
		rig_answer(bad[i]);
		rig_move(0);
		assert_true(rig.notes > 0);
		assert_int_equal(rig_count(EVENT_BAR), 0);
		assert_int_equal(rig_count(EVENT_SESSION), 1);
		rig_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next_day_without_a_restart),
		cmocka_unit_test(test_after_the_close),
		cmocka_unit_test(test_master_of_another_day),
		cmocka_unit_test(test_unknown_and_special_days),
		cmocka_unit_test(test_session_begins_without_a_login),
		cmocka_unit_test(test_new_session),
		cmocka_unit_test(test_fresh_start_at_eleven),
		cmocka_unit_test(test_quiet_contract_at_eleven),
		cmocka_unit_test(test_pictures_before_the_open),
		cmocka_unit_test(test_restart_within_the_day),
		cmocka_unit_test(test_no_candles),
		cmocka_unit_test(test_gap_within_the_day),
		cmocka_unit_test(test_day_left_open),
		cmocka_unit_test(test_broken_candles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
