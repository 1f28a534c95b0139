/* The whole feed between doubles (rig.h): login to ticks, every way to fall silent, and what it must never believe. */
#include "tests/feed/kotak/rig.h"

#include "lib/base/prng.h"

/* -- from login to ticks --------------------------------------------------------------------------------------------------- */

static void test_waits_for_the_session(void **state)
{
	(void)state;
	rig_open("2026-11-23T08:00:00");
	rig_run(10 * S);
	assert_false(rig.socket);
	assert_int_equal(rig.opened, 0);
	rig_login();
	rig_run(2 * S);
	assert_int_equal(rig.opened, 1);
	assert_false(rig_up());
	rig_close();
}

static void test_authenticates(void **state)
{
	(void)state;
	rig_morning();
	assert_true(strstr(rig.sent[0].text, "\"user\":\"ABC12\",\"auth\":\"the-sid\",\"format\":\"native_batch\""));
	assert_true(rig_sent("{\"event\":\"subscribeIndices\",\"inputtoken\":\"nse_cm|Nifty 50\",\"ack_symbol\":true}"));
	assert_true(rig_sent("{\"event\":\"subscribeExchange\"}"));
	assert_true(rig_sent("\"inputtoken\":\"nse_fo|40001,nse_cm|40000\""));
	rig_move(0);
	assert_true(rig_up()); /* nothing is owed before the open */
	rig_close();
}

/* 1119 alone is no proof. Subscriptions go out on it after a while; what they bring is. */
static void test_greeting_is_not_success(void **state)
{
	struct kotak_feed_stats s;

	(void)state;
	rig_open("2026-11-23T08:30:00");
	rig_login();
	rig_run(2 * S);
	rig.ws.open(rig.ws.ctx);
	rig_text("{\"message_code\":1119,\"format\":\"native_batch\",\"exchanges\":{}}");
	rig_run(S);
	assert_int_equal(rig.n_sent, 1);
	rig_run(2 * S);
	assert_int_equal(rig.n_sent, 3);
	kotak_feed_stats(rig.feed, &s);
	assert_false(s.authenticated);
	assert_false(rig_up());
	rig_index("Nifty 50", 24010, 0);
	rig_move(0);
	kotak_feed_stats(rig.feed, &s);
	assert_true(s.authenticated);
	assert_true(rig_up());
	rig_close();
}

static void test_greeting_then_nothing(void **state)
{
	(void)state;
	rig_open("2026-11-23T08:30:00");
	rig_login();
	rig_run(2 * S);
	rig.ws.open(rig.ws.ctx);
	rig_text("{\"message_code\":1119,\"format\":\"native_batch\",\"exchanges\":{}}");
	rig_index("Nifty 50", 24010, 0); /* nobody asked for it: it proves nothing */
	assert_int_equal(rig.feed->stream.state, STREAM_START);
	rig_run(9 * S);
	assert_true(rig.socket);
	rig_move(2 * S);
	assert_false(rig.socket);
	assert_true(rig_said("greeted, but not authenticated"));
	rig_close();
}

static void test_ticks_flow(void **state)
{
	const struct event *e;
	const char *call;

	(void)state;
	rig_morning();
	assert_int_equal(rig_count(EVENT_SESSION), 0);
	rig_index("Nifty 50", 2401000, NANOS_DAY); /* in paise: no window opens at the end of the chain */
	assert_int_equal(rig.feed->universe.slots, 3);
	rig_index("Nifty 50", 24010, NANOS_DAY); /* Friday's price: it tells where the money is, and is no tick */
	assert_int_equal(rig_count(EVENT_TICK), 0);
	assert_non_null(rig_slot(rig_option_symbol(24000, "CE")));
	assert_true(rig_sent("subscribeDepth"));
	rig_to("2026-11-23T09:14:59");
	rig_index("Nifty 50", 24015, 0); /* the pre-open's */
	assert_int_equal(rig_count(EVENT_TICK), 0);
	rig_to("2026-11-23T09:15:00");
	e = rig_last(EVENT_SESSION);
	assert_int_equal(e->session.edge, SESSION_BEGIN);
	assert_int_equal(e->session.flags, 0);
	assert_int_equal(e->session.close, rig_at("2026-11-23T15:40:00"));
	rig_index("Nifty 50", 24020.5, 0);
	e = rig_last(EVENT_TICK);
	assert_int_equal(e->head.instrument, rig_id("NIFTY"));
	assert_int_equal(e->tick.last, RUPEES(24020.5));
	assert_int_equal(e->tick.exchange_stamp, rig.clock.virtual_from);
	call = rig_option_symbol(24000, "CE");
	rig_option(call, 120.10, 120.20, 120.15, 6500, 0);
	e = rig_last(EVENT_TICK);
	assert_int_equal(e->head.instrument, rig_id(call));
	assert_int_equal(e->tick.bid, RUPEES(120.10));
	assert_int_equal(e->tick.ask, RUPEES(120.20));
	assert_int_equal(e->tick.bid_qty, 650);
	assert_int_equal(e->tick.ask_qty, 652);
	assert_int_equal(e->tick.volume, 6500);
	assert_int_equal(e->tick.oi, 1000);
	e = rig_last(EVENT_DEPTH);
	assert_int_equal(e->depth.ask[1].price, RUPEES(120.25));
	assert_int_equal(e->depth.ask[2].price, 0);
	rig_option(call, 120.10, 120.20, 120.15, 6500, 0); /* the same again says nothing */
	assert_int_equal(rig_count(EVENT_TICK), 2);
	rig_close();
}

static void test_ends_at_the_close(void **state)
{
	size_t ticks;

	(void)state;
	rig_trading();
	rig_to("2026-11-23T15:39:59.9");
	rig_to("2026-11-23T15:40:00");
	assert_int_equal(rig_last(EVENT_SESSION)->session.edge, SESSION_END);
	ticks = rig_count(EVENT_TICK);
	if (!rig.socket)
		rig_run(40 * S);
	rig_connect();
	rig_alive(5);
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	assert_int_equal(rig_count(EVENT_SESSION), 2);
	assert_true(rig_up()); /* nobody owes prices now */
	rig_close();
}

/* -- silence ---------------------------------------------------------------------------------------------------------------- */

static void test_mute(void **state)
{
	uint32_t opened;

	(void)state;
	rig_trading();
	opened = rig.opened;
	rig_run(2700 * NANOS_MS);
	assert_true(rig_up());
	rig_move(400 * NANOS_MS);
	assert_false(rig_up()); /* in the turn that finds it */
	assert_false(rig.socket);
	assert_true(strstr(rig.core.s->link[LINK_FEED].reason, "no new index price"));
	rig_run(S);
	assert_int_equal(rig.opened, opened + 1);
	rig_connect();
	assert_true(rig_sent("subscribeDepth")); /* everything again, in the order of the universe */
	assert_true(rig_sent("nse_cm|Nifty 50"));
	rig_alive(1);
	assert_false(rig_up()); /* one packet may be a memory */
	rig_alive(1);
	assert_true(rig_up());
	rig_close();
}

/* The same snapshot over and over, and a lively past: both are mute. */
static void test_stale_is_mute(void **state)
{
	(void)state;
	rig_trading();
	for (int i = 0; i < 20 && rig.socket; i++) {
		rig_index("Nifty 50", 24010, 30 * S);
		rig_option(rig_option_symbol(24000, "CE"), 120, 120.10, 120.05, 100, 30 * S);
		rig_run(200 * NANOS_MS);
	}
	assert_false(rig_up());
	assert_false(rig.socket);
	rig_run(2 * S);
	rig_connect();
	for (int i = 0; i < 40 && rig.socket; i++) { /* news each time, all of it five minutes old */
		rig_index("Nifty 50", 24010 + i, 300 * S);
		rig_option(rig_option_symbol(24000, "CE"), 120 + i, 121 + i, 120.05 + i, 100 + i, 300 * S);
		rig_run(200 * NANOS_MS);
		assert_false(rig_up());
	}
	assert_false(rig.socket);
	assert_true(strstr(rig.feed->stream.reason, "s old: a stale server or a wrong clock") != NULL || strstr(rig.feed->stream.reason, "no index price") != NULL);
	rig_close();
}

/* Options tick, the index does not: half a feed is no feed. Not so once the shares' market is in its closing auction. */
static void test_index_alone_mute(void **state)
{
	const char *call = rig_option_symbol(24000, "CE");

	(void)state;
	rig_trading();
	for (int i = 0; i < 20; i++) {
		if (rig.socket)
			rig_option(call, 120 + 0.05 * i, 121, 120.50, 1000 + i, 0);
		rig_run(200 * NANOS_MS);
	}
	assert_false(rig_up());
	rig.clock.virtual_from = rig_at("2026-11-23T15:20:00");
	rig_run(31 * S);
	rig_connect();
	for (int i = 0; i < 40; i++) {
		rig_option(call, 130 + 0.05 * i, 140, 135.50, 2000 + i, 0);
		rig_run(200 * NANOS_MS);
	}
	assert_true(rig_up());
	rig_close();
}

static void test_drop_backs_off(void **state)
{
	uint32_t opened;

	(void)state;
	rig_trading();
	rig_drop("reset by peer");
	assert_false(rig_up());
	assert_true(rig_said("the connection broke: reset by peer"));
	opened = rig.opened;
	for (int i = 0; i < 12; i++) { /* each try fails at once */
		nanos_t before = rig.clock.virtual_from;

		while (!rig.socket)
			rig_move(100 * NANOS_MS);
		nanos_t waited = rig.clock.virtual_from - before;
		assert_in_range(waited, i == 0 ? 400 * NANOS_MS : 500 * NANOS_MS, 31 * S);
		if (i > 8)
			assert_in_range(waited, 15 * S, 31 * S);
		rig_drop("refused");
	}
	assert_int_equal(rig.opened, opened + 12);
	assert_true(rig.feed_next >= 5); /* every second failure asks for another address */
	rig_close();
}

static void test_repeatedly_mute_turns_the_source(void **state)
{
	(void)state;
	rig_trading();
	assert_int_equal(rig.feed_next, 0);
	rig_run(4 * S);
	for (int i = 0; i < 2; i++) {
		while (!rig.socket)
			rig_move(100 * NANOS_MS);
		rig_connect();
		rig_run(8 * S);
		assert_false(rig_up());
	}
	assert_int_equal(rig.feed_next, 1);
	rig_close();
}

static void test_refused(void **state)
{
	(void)state;
	rig_trading();
	rig_text("{\"message_code\":1120,\"message\":\"Auth failed for the-user\"}");
	assert_false(rig.socket);
	assert_false(rig_up());
	assert_true(strstr(rig.feed->stream.reason, "refused the session: Auth failed"));
	rig.n_calls = 0;
	while (!rig.socket)
		rig_move(100 * NANOS_MS);
	rig.ws.open(rig.ws.ctx);
	rig_text("{\"message_code\":1120}");
	assert_int_equal(rig.n_calls, 1); /* another call is asked whether the session is good; the feed itself ends none */
	assert_string_equal(rig.calls[0].path, "/quick/user/limits");
	rig_refuse(WIRE_SESSION, "invalid session");
	rig_close();
}

static void test_fallback_format(void **state)
{
	(void)state;
	rig_trading();
	rig_drop("x");
	while (!rig.socket)
		rig_move(100 * NANOS_MS);
	rig.ws.open(rig.ws.ctx);
	rig_text("{\"message_code\":1117,\"format\":\"native_fallback\",\"exchanges\":{}}");
	assert_false(rig.socket);
	assert_true(strstr(rig.feed->stream.reason, "not native_batch"));
	assert_int_equal(rig.feed_next, 1);
	rig_close();
}

static void test_odd_text(void **state)
{
	(void)state;
	rig_trading();
	rig_text("");
	rig_text("{");
	rig_text("[1,2]");
	rig_text("{\"message_code\":4711}");
	rig_alive(2);
	assert_true(rig_up());
	rig_close();
}

/* -- whose prices ---------------------------------------------------------------------------------------------------------- */

static void acknowledge(const char *symbol, const char *said)
{
	char text[160];

	snprintf(text, sizeof(text), "{\"message_code\":1109,\"message\":\"Subscribed\",\"trading_symbols\":{\"nse_fo|%u\":\"%s\"}}", rig_token(symbol), said);
	rig_text(text);
}

static void test_wrong_symbol_is_dropped(void **state)
{
	const char *call = rig_option_symbol(24000, "CE"), *put = rig_option_symbol(24000, "PE");
	size_t ticks;

	(void)state;
	rig_trading();
	acknowledge(call, call);
	acknowledge(put, "BANKNIFTY26NOV52000PE");
	assert_true(rig_said("its prices are not used today"));
	ticks = rig_count(EVENT_TICK);
	rig_option(put, 90, 90.10, 90.05, 100, 0);
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	rig_option(call, 90, 90.10, 90.05, 100, 0);
	assert_int_equal(rig_count(EVENT_TICK), ticks + 1);
	rig_drop("x");
	while (!rig.socket)
		rig_move(100 * NANOS_MS);
	rig_connect();
	char key[32];
	snprintf(key, sizeof(key), "nse_fo|%u", rig_token(put));
	assert_false(rig_sent(key)); /* and not asked for again today */
	rig_close();
}

static void test_acknowledgement_missing(void **state)
{
	(void)state;
	rig_trading(); /* no 1109 came at all */
	assert_true(rig_count(EVENT_TICK) > 50);
	rig_close();
}

static void test_wild_prices(void **state)
{
	struct kotak_feed_stats before, after;
	uint32_t slots;
	size_t ticks;

	(void)state;
	rig_trading();
	slots = rig.feed->universe.slots;
	ticks = rig_count(EVENT_TICK);
	kotak_feed_stats(rig.feed, &before);
	rig_index("Nifty 50", 240100, 0);                                       /* in paise */
	rig_index("Nifty 50", 18000, 0);                                        /* beyond the breaker */
	rig_option(rig_option_symbol(24000, "CE"), 2500, 2501, 2500.50, 100, 0);           /* beyond its band */
	rig_option(rig_option_symbol(24000, "CE"), 120.10, 120.20, 120.12, 100, 0);        /* not on the tick */
	rig_option(rig_option_symbol(24000, "CE"), 120.20, 120.10, 120.15, 100, 0);        /* crossed */
	rig_option(rig_option_symbol(24000, "CE"), 120.10, 120.20, 120.15, 100, -30 * S);  /* of the future */
	kotak_feed_stats(rig.feed, &after);
	assert_int_equal(after.bad, before.bad + 6);
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	assert_int_equal(rig.feed->universe.slots, slots); /* and no window followed them */
	rig_close();
}

/* Mutated packets, garbage and torn text: counted or ignored, and the feed lives on with the prices it had. */
static void test_garbage(void **state)
{
	uint64_t random = 4711;
	uint8_t bytes[512];
	size_t instruments;

	(void)state;
	rig_trading();
	instruments = rig.core.s->instruments;
	for (int i = 0; i < 20000 && rig.socket; i++) {
		size_t len = prng_below(&random, sizeof(bytes));

		for (size_t k = 0; k < len; k++)
			bytes[k] = (uint8_t)prng_next(&random);
		if (len > 9 && i % 2) { /* whole packets of codes that are known */
			bytes[0] = (uint8_t)len;
			bytes[1] = (uint8_t)(len >> 8);
			bytes[2] = i % 4 == 1 ? 0x28 : 0x27;
			bytes[3] = 0x1c;
			bytes[4] = (uint8_t)prng_below(&random, 3);
			bytes[5] = 8;
		}
		if (i % 16 == 0) {
			bytes[len] = '\0';
			rig.ws.text(rig.ws.ctx, (const char *)bytes, len);
		} else {
			rig.ws.binary(rig.ws.ctx, bytes, len);
		}
	}
	assert_true(rig.socket);
	assert_int_equal(rig.core.s->instruments, instruments);
	rig_alive(3);
	assert_true(rig_up());
	rig_close();
}

/* The machine slept for half a minute, and what the socket kept comes first: it is no price. */
static void test_after_a_pause(void **state)
{
	size_t ticks;

	(void)state;
	rig_trading();
	rig.clock.virtual_from += 30 * S;
	ticks = rig_count(EVENT_TICK);
	for (int i = 0; i < 20; i++) {
		rig_index("Nifty 50", 23900 - i, (30 - i) * S + S / 2);
		rig_option(rig_option_symbol(24000, "CE"), 100 - i, 101 - i, 100.05 - i, 100 + i, (30 - i) * S + S / 2);
	}
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	rig_index("Nifty 50", 23900, 9 * S);
	assert_int_equal(rig_count(EVENT_TICK), ticks + 1);
	rig_close();
}

/* The machine began with a clock twenty minutes ahead, and was set right: until the time that was told is true, prices are no older for it, and none comes from the future. */
static void test_time_ahead(void **state)
{
	size_t ticks;

	(void)state;
	rig_trading();
	rig.ahead = 1200 * S;
	rig.clock.virtual_from += 1200 * S;
	for (int i = 0; i < 40; i++) {
		rig_index("Nifty 50", 24010 + i, 1200 * S);
		rig_option(rig_option_symbol(24000, "CE"), 120 + i, 121 + i, 120.05 + i, 100 + i, 1200 * S);
		rig_run(200 * NANOS_MS);
	}
	assert_true(rig_up());
	assert_true(rig_last(EVENT_TICK)->tick.exchange_stamp <= rig.clock.virtual_from - 1200 * S);
	assert_true(rig_last(EVENT_TICK)->head.stamp > rig.clock.virtual_from - S); /* told in our time, as the day's edges are */
	ticks = rig_count(EVENT_TICK);
	rig_index("Nifty 50", 24000, 1194 * S); /* six seconds from now */
	assert_int_equal(rig_count(EVENT_TICK), ticks);
	assert_true(rig_said("was traded 6 s after this machine's time"));
	rig_close();
}

static void test_window_widens(void **state)
{
	(void)state;
	rig_trading();
	assert_non_null(rig_slot(rig_option_symbol(23500, "PE")));
	assert_non_null(rig_slot(rig_option_symbol(24500, "CE")));
	assert_null(rig_slot(rig_option_symbol(24550, "CE")));
	assert_int_equal(rig.feed->universe.slots, 3 + 2 * 21);
	assert_int_equal(rig.rests, 2); /* after the looking for strikes, and after all of the first window; not for each step of it */
	rig_index("Nifty 50", 24180, 0);
	assert_int_equal(rig.rests, 2);
	assert_non_null(rig_slot(rig_option_symbol(24700, "CE")));
	assert_null(rig_slot(rig_option_symbol(24750, "CE")));
	assert_non_null(rig_slot(rig_option_symbol(23500, "PE"))); /* never narrowed */
	char key[32];
	snprintf(key, sizeof(key), "nse_fo|%u", rig_token(rig_option_symbol(24700, "CE")));
	assert_true(rig_sent(key));
	rig_index("Nifty 50", 23990, 0);
	assert_int_equal(rig.feed->universe.slots, 3 + 2 * 25);
	rig_close();
}

/* The core knows it, from a day on which the money was there. */
static void knew(const char *far)
{
	struct instrument i = { .kind = INSTRUMENT_CALL, .segment = SEGMENT_NSE_FO, .flags = INSTRUMENT_TRADABLE, .tick = 500, .lot = 65, .freeze = 1755,
	                        .strike = RUPEES(25000), .expiry = EXPIRY, .underlying = "NIFTY", .underlying_id = INSTRUMENT_NONE };
	static struct actions out;
	struct event e;

	rig_open("2026-11-23T08:30:00");
	snprintf(i.symbol, sizeof(i.symbol), "%s", far);
	event_init(&e, EVENT_INSTRUMENT, rig.clock.virtual_from, 0);
	e.instrument = i;
	e.head.seq = ++rig.seq;
	core_step(&rig.core, &e, &out);
}

static void test_held_contract_has_a_price(void **state)
{
	const char *far = rig_option_symbol(25000, "CE");

	(void)state;
	knew(far);
	rig.core.slot[0].book.instrument = 0; /* as if it had been bought last week */
	rig.core.slot[0].book.qty = 65;
	rig_master(TODAY, EXPIRY, 40000);
	rig_give();
	rig_login();
	rig_move(S);
	assert_non_null(rig_slot(far));
	assert_int_equal(rig_slot(far)->instrument.id, 0);
	rig.core.slot[0].book.qty = 0;
	rig_close();
}

/* Somebody bought it by hand, and the policy `adopt` took it over: nothing of it may leave at a price of last week. */
static void test_taken_over_in_the_day(void **state)
{
	const char *far = rig_option_symbol(25000, "CE");
	char key[32];

	(void)state;
	knew(far);
	rig_master(TODAY, EXPIRY, 40000);
	rig_give();
	rig_login();
	rig_move(S);
	rig_connect();
	assert_null(rig_slot(far));
	rig.core.slot[0].book.instrument = 0;
	rig.core.slot[0].book.qty = 65;
	rig_move(S);
	assert_non_null(rig_slot(far));
	snprintf(key, sizeof(key), "nse_fo|%u", rig_token(far));
	assert_true(rig_sent(key));
	rig.core.slot[0].book.qty = 0;
	rig_close();
}

static unsigned times_sent(const char *words)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig.n_sent; i++)
		n += strstr(rig.sent[i].text, words) != NULL;
	return n;
}

/* RELIANCE never speaks. */
static void test_silent_subscription_is_asked_again(void **state)
{
	(void)state;
	rig_trading();
	assert_int_equal(times_sent("nse_cm|40000"), 2);
	assert_int_equal(times_sent("Nifty 50"), 1);
	rig_alive(250); /* 50 s: not every few seconds */
	assert_int_equal(times_sent("nse_cm|40000"), 2);
	rig_alive(100);
	assert_int_equal(times_sent("nse_cm|40000"), 3);
	assert_int_equal(times_sent("Nifty 50"), 1);
	rig_close();
}

/* 1,000 strikes: a chain no exchange lists. */
static void add_chain(const char *name, uint32_t first, int low)
{
	for (uint32_t i = 0; i < 2000; i++) {
		struct master_row *r = &rig.rows[rig.n_rows++];

		*r = (struct master_row){ .token = first + i, .segment = SEGMENT_NSE_FO, .kind = i % 2 ? INSTRUMENT_PUT : INSTRUMENT_CALL, .tick = 500, .lot = 65,
		                          .strike = RUPEES(low + 20 * (int)(i / 2)), .expiry = EXPIRY };
		snprintf(r->name, sizeof(r->name), "%s", name);
		snprintf(r->symbol, sizeof(r->symbol), "%s%u", name, i);
	}
}

/* Tokens of the subscriptions sent on this connection; no frame holds more than it may. */
static uint32_t count_tokens(void)
{
	uint32_t tokens = 0;

	for (size_t i = 0; i < rig.n_sent; i++) {
		const char *c = strstr(rig.sent[i].text, "inputtoken\":\"");
		uint32_t n = 1;

		if (!c)
			continue;
		for (c += 13; *c != '"'; c++)
			n += *c == ',';
		assert_true(n <= SFEED_TOKENS_PER_FRAME);
		tokens += n;
	}
	return tokens;
}

static void test_budget(void **state)
{
	static const char *const underlyings[] = { "NIFTY", "BANKNIFTY" };

	(void)state;
	rig_open_with("2026-11-23T08:30:00", underlyings, 2, 1000);
	rig.master_date = TODAY;
	add_chain("NIFTY", 50000, 10000);
	add_chain("BANKNIFTY", 60000, 40000);
	rig_give();
	rig_login();
	rig_run(2 * S);
	rig_connect();
	rig_index("Nifty 50", 20000, NANOS_DAY);
	assert_int_equal(count_tokens(), 2 + 2000);
	assert_false(rig_said("one connection takes"));
	rig_index("Nifty Bank", 24000, NANOS_DAY); /* far below its strikes: the window is at their end */
	assert_int_equal(count_tokens(), SFEED_TOKENS_MAX);
	assert_true(rig_said("one connection takes 3000 instruments"));
	assert_non_null(rig_slot("BANKNIFTY0")); /* what is nearest the money came first */
	assert_null(rig_slot("BANKNIFTY1999"));
	rig_close();
}

/* Alive for a moment each time is as bad as mute. */
static void test_short_lives_turn_the_source(void **state)
{
	(void)state;
	rig_trading();
	rig_run(4 * S);
	for (int i = 0; i < 2; i++) {
		while (!rig.socket)
			rig_move(100 * NANOS_MS);
		rig_connect();
		rig_alive(10);
		assert_true(rig_up());
		rig_run(4 * S);
		assert_false(rig_up());
	}
	assert_int_equal(rig.feed_next, 1);
	rig_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_for_the_session),
		cmocka_unit_test(test_authenticates),
		cmocka_unit_test(test_greeting_is_not_success),
		cmocka_unit_test(test_greeting_then_nothing),
		cmocka_unit_test(test_ticks_flow),
		cmocka_unit_test(test_ends_at_the_close),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_stale_is_mute),
		cmocka_unit_test(test_index_alone_mute),
		cmocka_unit_test(test_drop_backs_off),
		cmocka_unit_test(test_repeatedly_mute_turns_the_source),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_fallback_format),
		cmocka_unit_test(test_odd_text),
		cmocka_unit_test(test_wrong_symbol_is_dropped),
		cmocka_unit_test(test_acknowledgement_missing),
		cmocka_unit_test(test_wild_prices),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_after_a_pause),
		cmocka_unit_test(test_time_ahead),
		cmocka_unit_test(test_window_widens),
		cmocka_unit_test(test_held_contract_has_a_price),
		cmocka_unit_test(test_taken_over_in_the_day),
		cmocka_unit_test(test_silent_subscription_is_asked_again),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_short_lives_turn_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
