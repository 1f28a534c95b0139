/* Every row type field by field, as the API shows it: what goes in as a record comes out under its name, what is not known
 * comes out as null. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/core/core.h"
#include "tests/store/fixture.h"

static struct store *open_named(void)
{
	struct store *s = fixture_open(":memory:", NULL);
	struct instrument index = { .symbol = "NIFTY", .underlying = "NIFTY", .id = 0 };
	struct instrument call = { .symbol = "NIFTY23APR17400CE", .underlying = "NIFTY", .id = 7 };
	struct event_strategy amd = { .index = 2, .ops = "amd", .id = "amd", .underlying = "NIFTY" };
	struct record head = { 1, FIXTURE_DAY, EVENT_INSTRUMENT, 0, 0 };

	store_put(s, &head, &index, sizeof(index));
	head.seq = 2;
	store_put(s, &head, &call, sizeof(call));
	head = (struct record){ 3, FIXTURE_DAY, EVENT_STRATEGY, 0, INSTRUMENT_NONE };
	store_put(s, &head, &amd, sizeof(amd));
	return s;
}

static void put(struct store *s, uint64_t seq, uint16_t kind, uint32_t instrument, const void *payload, size_t len)
{
	struct record head = { seq, FIXTURE_DAY + (nanos_t)seq * NANOS_SECOND, kind, 0, instrument };

	fixture_put(s, &head, payload, len);
}

static void expect(struct store *s, struct store_query q, const char *wanted)
{
	char *json = fixture_query(s, &q);

	assert_string_equal(json, wanted);
	free(json);
}

static struct outcome_order an_order(void)
{
	return (struct outcome_order){
		.request = { .order = 41, .tag = "1K9Z0015", .strategy = 2, .side = SIDE_SELL, .type = ORDER_SL, .purpose = PURPOSE_STOP,
		             .product = PRODUCT_MIS, .qty = 75, .price = 1234500, .trigger = 1240000 },
		.state = ORDER_OPEN, .modifies = 2, .created = FIXTURE_DAY, .broker_ref = "230410000123", .reason = "index_stop",
	};
}

static void test_order(void **state)
{
	struct store *s = open_named();
	struct outcome_order o = an_order();

	(void)state;
	put(s, 4, OUTCOME_ORDER, 7, &o, sizeof(o));
	expect(s, (struct store_query){ .kind = STORE_ORDERS },
	       "{\"items\":[{\"seq\":4,\"order\":41,\"tag\":\"1K9Z0015\",\"at\":\"2023-04-10T09:15:00.000+05:30\","
	       "\"updated\":\"2023-04-10T09:15:04.000+05:30\",\"symbol\":\"NIFTY23APR17400CE\",\"strategy\":\"amd\",\"side\":\"sell\","
	       "\"type\":\"sl\",\"purpose\":\"stop\",\"product\":\"MIS\",\"qty\":75,\"filled\":0,\"price\":123.45,\"trigger\":124.00,"
	       "\"average\":null,\"state\":\"open\",\"reason\":\"index_stop\",\"broker_ref\":\"230410000123\",\"can\":[]}],"
	       "\"next\":null}");
	o.state = ORDER_FILLED;
	o.filled = 75;
	o.average = 1233000;
	o.request.strategy = STRATEGY_MANUAL;
	o.request.trigger = 0;
	put(s, 5, OUTCOME_ORDER, 99, &o, sizeof(o)); /* same tag: one row, its first sequence stays; symbol not known */
	expect(s, (struct store_query){ .kind = STORE_ORDERS, .state = "filled" },
	       "{\"items\":[{\"seq\":4,\"order\":41,\"tag\":\"1K9Z0015\",\"at\":\"2023-04-10T09:15:00.000+05:30\","
	       "\"updated\":\"2023-04-10T09:15:05.000+05:30\",\"symbol\":null,\"strategy\":\"manual\",\"side\":\"sell\","
	       "\"type\":\"sl\",\"purpose\":\"stop\",\"product\":\"MIS\",\"qty\":75,\"filled\":75,\"price\":123.45,\"trigger\":null,"
	       "\"average\":123.30,\"state\":\"filled\",\"reason\":\"index_stop\",\"broker_ref\":\"230410000123\",\"can\":[]}],"
	       "\"next\":null}");
	expect(s, (struct store_query){ .kind = STORE_ORDERS, .state = "open" }, "{\"items\":[],\"next\":null}");
	store_close(&s);
}

/* An order without a tag cannot be told from another: it is counted, not shown as a row, and listed among the events. */
static void test_order_without_tag(void **state)
{
	struct store *s = open_named();
	struct outcome_order o = an_order();
	struct store_state st;

	(void)state;
	o.request.tag[0] = '\0';
	put(s, 4, OUTCOME_ORDER, 7, &o, sizeof(o));
	expect(s, (struct store_query){ .kind = STORE_ORDERS }, "{\"items\":[],\"next\":null}");
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_non_null(strstr(json, "\"text\":\"amd: stop order to sell 75 NIFTY23APR17400CE at 123.45: open (index_stop)\""));
	free(json);
	store_state(s, &st);
	assert_int_equal(st.errors, 1);
	assert_true(st.ok);
	assert_int_equal(st.seq, 4);
	store_close(&s);
}

static void test_fill(void **state)
{
	struct store *s = open_named();
	struct outcome_fill f = { .order = 41, .trade = 9001, .strategy = 2, .side = SIDE_BUY, .qty = 75, .price = 1200000, .position = 75,
	                          .charges = { .amount = { 200000, 0, 31500, 5, 90, 2700, 0 } } };

	(void)state;
	put(s, 4, OUTCOME_FILL, 7, &f, sizeof(f));
	f.charges.unknown = 1u << CHARGE_BROKERAGE | 1u << CHARGE_GST;
	f.trade = 9002;
	put(s, 5, OUTCOME_FILL, 7, &f, sizeof(f));
	expect(s, (struct store_query){ .kind = STORE_TRADES },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"order\":41,\"trade\":9001,"
	       "\"symbol\":\"NIFTY23APR17400CE\",\"strategy\":\"amd\",\"side\":\"buy\",\"qty\":75,\"price\":120.00,\"charges\":23.4295,"
	       "\"charges_complete\":true},{\"seq\":5,\"at\":\"2023-04-10T09:15:05.000+05:30\",\"order\":41,\"trade\":9002,"
	       "\"symbol\":\"NIFTY23APR17400CE\",\"strategy\":\"amd\",\"side\":\"buy\",\"qty\":75,\"price\":120.00,\"charges\":3.4295,"
	       "\"charges_complete\":false}],\"next\":null}");
	store_close(&s);
}

static void test_history(void **state)
{
	struct store *s = open_named();
	struct outcome_trade t = {
		.number = 1, .strategy = 2, .exit_reason = EXIT_TARGET, .side = SIDE_BUY, .qty = 75, .entry = 1200000, .exit = 1300000,
		.entered = FIXTURE_DAY, .left = FIXTURE_DAY + NANOS_MINUTE, .gross = 7500000, .charges = 500000, .net = 7000000,
	};

	(void)state;
	put(s, 4, OUTCOME_TRADE, 7, &t, sizeof(t));
	t.number = 2;
	t.incomplete = 1u << CHARGE_EXCHANGE | 1u << CHARGE_GST;
	put(s, 5, OUTCOME_TRADE, 7, &t, sizeof(t));
#define HISTORY_SAME "\"symbol\":\"NIFTY23APR17400CE\",\"strategy\":\"amd\",\"side\":\"buy\",\"qty\":75,\"entry\":120.00," \
	"\"exit\":130.00,\"entered\":\"2023-04-10T09:15:00.000+05:30\",\"left\":\"2023-04-10T09:16:00.000+05:30\"," \
	"\"exit_reason\":\"target\",\"gross\":750.00,\"charges\":50.00,"
	expect(s, (struct store_query){ .kind = STORE_HISTORY, .newest_first = true },
	       "{\"items\":[{\"seq\":5,\"number\":2," HISTORY_SAME "\"net\":null,\"charges_complete\":false,"
	       "\"charges_unknown\":[\"exchange\",\"gst\"],\"net_known\":700.00},{\"seq\":4,\"number\":1," HISTORY_SAME
	       "\"net\":700.00,\"charges_complete\":true,\"charges_unknown\":[],\"net_known\":700.00}],\"next\":null}");
	store_close(&s);
}

static void test_equity_and_day(void **state)
{
	struct store *s = open_named();
	struct outcome_equity e = { .equity = 150000000, .realised = -12345, .unrealised = NUM_UNKNOWN, .charges = 100, .day_pnl = -12445 };
	struct outcome_day d = { .date = 19457, .trades = 3, .gross = 100000, .charges = 30000, .net = 70000, .equity = 150070000 };

	(void)state;
	put(s, 4, OUTCOME_EQUITY, INSTRUMENT_NONE, &e, sizeof(e));
	expect(s, (struct store_query){ .kind = STORE_EQUITY },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"equity\":15000.00,\"realised\":-1.2345,"
	       "\"unrealised\":null,\"charges\":0.01,\"day_pnl\":-1.2445}],\"next\":null}");
	put(s, 5, OUTCOME_DAY, INSTRUMENT_NONE, &d, sizeof(d));
	d.trades = 4;
	d.incomplete = 1u << CHARGE_STT;
	put(s, 6, OUTCOME_DAY, INSTRUMENT_NONE, &d, sizeof(d)); /* the same day again: the later one holds */
	expect(s, (struct store_query){ .kind = STORE_DAYS },
	       "{\"items\":[{\"seq\":6,\"date\":\"2023-04-10\",\"trades\":4,\"gross\":10.00,\"charges\":3.00,\"net\":null,"
	       "\"equity\":15007.00,\"charges_complete\":false,\"charges_unknown\":[\"stt\"],\"net_known\":7.00}],\"next\":null}");
	store_close(&s);
}

static void test_decision(void **state)
{
	struct store *s = open_named();
	struct outcome_decision d = { .strategy = 2, .refusal = REFUSAL_COOLDOWN, .direction = -1, .close = 174000000,
	                              .index_stop = 174500000 };

	(void)state;
	put(s, 4, OUTCOME_DECISION, 0, &d, sizeof(d));
	d = (struct outcome_decision){ .strategy = 2, .direction = 1, .lots = 2, .close = 174000000, .index_stop = 173500000,
	                               .index_target = 175000000, .stop = 900000, .target = 1500000, .premium = 1200000, .order = 41 };
	put(s, 5, OUTCOME_DECISION, 7, &d, sizeof(d));
#define REFUSED "{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"symbol\":\"NIFTY\",\"strategy\":\"amd\"," \
	"\"direction\":\"bearish\",\"taken\":false,\"refusal\":\"cooldown\",\"lots\":0,\"close\":17400.00,\"index_stop\":17450.00," \
	"\"index_target\":null,\"stop\":null,\"target\":null,\"premium\":null,\"order\":null}"
	expect(s, (struct store_query){ .kind = STORE_DECISIONS },
	       "{\"items\":[" REFUSED ",{\"seq\":5,\"at\":\"2023-04-10T09:15:05.000+05:30\",\"symbol\":\"NIFTY23APR17400CE\","
	       "\"strategy\":\"amd\",\"direction\":\"bullish\",\"taken\":true,\"refusal\":null,\"lots\":2,\"close\":17400.00,"
	       "\"index_stop\":17350.00,\"index_target\":17500.00,\"stop\":90.00,\"target\":150.00,\"premium\":120.00,\"order\":41}],"
	       "\"next\":null}");
	expect(s, (struct store_query){ .kind = STORE_EVENTS, .limit = 1 },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"kind\":\"decision\",\"symbol\":\"NIFTY\","
	       "\"text\":\"amd: bearish signal on NIFTY refused: too soon after the last entry or exit\",\"data\":" REFUSED "}],"
	       "\"next\":4}");
	store_close(&s);
}

static void put_audit(struct store *s)
{
	struct event_command c = { .command = COMMAND_STRATEGY_PARAM, .index = 2, .param = 19, .value = 35, .principal = "uid:1000",
	                           .reason = "quieter" };
	struct outcome_state st = { .state = ENGINE_PAUSED, .strategy = UINT32_MAX, .principal = "token:dash", .reason = "lunch" };
	struct outcome_alert a = { .alert = ALERT_DAY_LOSS, .strategy = 2, .value = 6000000, .text = "day loss limit reached" };

	put(s, 4, EVENT_COMMAND, INSTRUMENT_NONE, &c, sizeof(c));
	put(s, 5, OUTCOME_STATE, INSTRUMENT_NONE, &st, sizeof(st));
	put(s, 6, OUTCOME_ALERT, INSTRUMENT_NONE, &a, sizeof(a));
	c = (struct event_command){ .command = COMMAND_PAUSE, .index = 2, .principal = "signal" };
	put(s, 7, EVENT_COMMAND, INSTRUMENT_NONE, &c, sizeof(c));
}

/* What a person may cancel: an entry at work, no exit of a strategy's, no stop. */
static void test_what_may_be_cancelled(void **state)
{
	static const struct { enum order_purpose purpose; enum order_state state; uint32_t strategy; bool may; } rows[] = {
		{ PURPOSE_ENTRY, ORDER_OPEN, 2, true }, { PURPOSE_ENTRY, ORDER_PARTIAL, 2, true }, { PURPOSE_ENTRY, ORDER_FILLED, 2, false },
		{ PURPOSE_EXIT, ORDER_OPEN, 2, false }, { PURPOSE_EXIT, ORDER_OPEN, STRATEGY_MANUAL, true }, { PURPOSE_STOP, ORDER_OPEN, 2, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct store *s = open_named();
		struct outcome_order o = an_order();

		o.request.purpose = (uint8_t)rows[i].purpose;
		o.request.strategy = rows[i].strategy;
		o.state = (uint32_t)rows[i].state;
		put(s, 4, OUTCOME_ORDER, 7, &o, sizeof(o));
		char *json = fixture_query(s, &(struct store_query){ .kind = STORE_ORDERS });
		assert_int_equal(strstr(json, "\"can\":[\"cancel\"]") != NULL, rows[i].may);
		free(json);
		store_close(&s);
	}
}

/* An order by hand is in the audit with who asked for it; the rest of it is among the orders. */
static void test_by_hand(void **state)
{
	struct event_manual m = { .side = SIDE_SELL, .qty = 75, .price = 1234500, .key = "k", .principal = "uid:1000", .reason = "enough" };
	struct store *s = open_named();

	(void)state;
	put(s, 4, EVENT_MANUAL, 7, &m, sizeof(m));
	m = (struct event_manual){ .cancel = 41, .principal = "token:dash" };
	put(s, 5, EVENT_MANUAL, INSTRUMENT_NONE, &m, sizeof(m));
	expect(s, (struct store_query){ .kind = STORE_AUDIT },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"kind\":\"command\",\"name\":\"order_place\","
	       "\"principal\":\"uid:1000\",\"strategy\":null,\"param\":null,\"value\":75,\"reason\":\"enough\"},"
	       "{\"seq\":5,\"at\":\"2023-04-10T09:15:05.000+05:30\",\"kind\":\"command\",\"name\":\"order_cancel\","
	       "\"principal\":\"token:dash\",\"strategy\":null,\"param\":null,\"value\":41,\"reason\":\"\"}],\"next\":null}");
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_non_null(strstr(json, "\"text\":\"order to sell 75 NIFTY23APR17400CE at 123.45 by uid:1000: enough\""));
	assert_non_null(strstr(json, "\"text\":\"cancel of order 41 by token:dash\""));
	free(json);
	store_close(&s);
}

/* A limit that is lifted has no value: null, not the engine's inner mark for it. */
static void test_lifted_limit(void **state)
{
	struct event_command c = { .command = COMMAND_LIMIT, .param = 3, .value = NUM_UNKNOWN, .principal = "config" };
	struct store *s = open_named();

	(void)state;
	put(s, 4, EVENT_COMMAND, INSTRUMENT_NONE, &c, sizeof(c));
	expect(s, (struct store_query){ .kind = STORE_AUDIT },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"kind\":\"command\",\"name\":\"limit\","
	       "\"principal\":\"config\",\"strategy\":null,\"param\":3,\"value\":null,\"reason\":\"\"}],\"next\":null}");
	c = (struct event_command){ .command = COMMAND_LIMIT, .param = LIMIT_DAY_LOSS_PCT, .value = 35000, .principal = "uid:0", .reason = "calm" };
	put(s, 5, EVENT_COMMAND, INSTRUMENT_NONE, &c, sizeof(c));
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_non_null(strstr(json, "\"text\":\"limit qty_max lifted by config\""));
	assert_non_null(strstr(json, "\"text\":\"limit day_loss_pct set to 3.50 % by uid:0: calm\""));
	free(json);
	store_close(&s);
}

static void test_audit(void **state)
{
	struct store *s = open_named();

	(void)state;
	put_audit(s);
	expect(s, (struct store_query){ .kind = STORE_AUDIT },
	       "{\"items\":[{\"seq\":4,\"at\":\"2023-04-10T09:15:04.000+05:30\",\"kind\":\"command\",\"name\":\"strategy_param\","
	       "\"principal\":\"uid:1000\",\"strategy\":\"amd\",\"param\":19,\"value\":35,\"reason\":\"quieter\"},"
	       "{\"seq\":5,\"at\":\"2023-04-10T09:15:05.000+05:30\",\"kind\":\"state\",\"name\":\"paused\",\"principal\":\"token:dash\","
	       "\"strategy\":null,\"param\":null,\"value\":null,\"reason\":\"lunch\"},"
	       "{\"seq\":6,\"at\":\"2023-04-10T09:15:06.000+05:30\",\"kind\":\"alert\",\"name\":\"day_loss\",\"principal\":null,"
	       "\"strategy\":\"amd\",\"param\":null,\"value\":6000000,\"reason\":\"day loss limit reached\"},"
	       "{\"seq\":7,\"at\":\"2023-04-10T09:15:07.000+05:30\",\"kind\":\"command\",\"name\":\"pause\",\"principal\":\"signal\","
	       "\"strategy\":null,\"param\":null,\"value\":null,\"reason\":\"\"}],\"next\":null}");
	store_close(&s);
}

static void test_event_texts(void **state)
{
	static const char *const wanted[] = {
		"\"kind\":\"command\",\"symbol\":null,\"text\":\"amd: entry_ticks set to 35 ticks by uid:1000: quieter\",\"data\":{\"seq\":4,",
		"\"kind\":\"state\",\"symbol\":null,\"text\":\"engine paused by token:dash: lunch\"",
		"\"kind\":\"alert\",\"symbol\":null,\"text\":\"amd: day_loss: day loss limit reached\"",
		"\"kind\":\"command\",\"symbol\":null,\"text\":\"pause by signal\"",
		"\"kind\":\"session\",\"symbol\":null,\"text\":\"session of 2023-04-10 begins, 09:15:00 to 15:30:00 (assumed)\"",
		"\"data\":{\"seq\":8,\"at\":\"2023-04-10T09:15:08.000+05:30\",\"date\":\"2023-04-10\",\"edge\":\"begin\",",
		"\"open\":\"2023-04-10T09:15:00.000+05:30\",\"close\":\"2023-04-10T15:30:00.000+05:30\",\"assumed\":true,\"no_trade\":false}",
		"\"kind\":\"fill\",\"symbol\":\"NIFTY23APR17400CE\",\"text\":\"amd: sold 75 NIFTY23APR17400CE at 120.00\"",
		"\"text\":\"amd: closed 75 NIFTY23APR17400CE, bought at 120.00, sold at 130.00: net not known, a charge is missing (target)\"",
	};
	struct store *s = open_named();
	struct event_session session = { .date = 19457, .edge = SESSION_BEGIN, .flags = SESSION_ASSUMED, .open = FIXTURE_DAY,
	                                 .close = FIXTURE_DAY + 375 * NANOS_MINUTE };
	struct outcome_fill f = { .strategy = 2, .side = SIDE_SELL, .qty = 75, .price = 1200000 };
	struct outcome_trade t = { .strategy = 2, .exit_reason = EXIT_TARGET, .qty = 75, .entry = 1200000, .exit = 1300000, .incomplete = 1 };

	(void)state;
	put_audit(s);
	put(s, 8, EVENT_SESSION, INSTRUMENT_NONE, &session, sizeof(session));
	put(s, 9, OUTCOME_FILL, 7, &f, sizeof(f));
	put(s, 10, OUTCOME_TRADE, 7, &t, sizeof(t));
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(json, wanted[i]))
			fail_msg("%s\nis not in\n%s", wanted[i], json);
	free(json);
	store_close(&s);
}

/* Two bars, a fill inside the third minute: its mark stands at the close of the bar that had ended by then. */
static void test_candles(void **state)
{
	struct store *s = open_named();
	struct outcome_bar b = { .interval_s = 60, .bar = { FIXTURE_DAY, 170000000, 170100000, 169900000, 170050000, 10 } };
	struct outcome_order o = an_order();
	struct outcome_fill f = { .order = 41, .strategy = 2, .side = SIDE_BUY, .qty = 75, .price = 1200000 };
	struct record head = { 7, FIXTURE_DAY + 130 * NANOS_SECOND, OUTCOME_FILL, 0, 7 };

	(void)state;
	put(s, 4, OUTCOME_BAR, 0, &b, sizeof(b));
	b.bar.start += NANOS_MINUTE;
	b.bar.close = 170070000;
	put(s, 5, OUTCOME_BAR, 0, &b, sizeof(b));
	put(s, 6, OUTCOME_ORDER, 7, &o, sizeof(o));
	fixture_put(s, &head, &f, sizeof(f));
	head.seq = 8;
	head.stamp = FIXTURE_DAY + 59 * NANOS_SECOND; /* no bar had ended: the price is not known */
	f.order = 77;
	fixture_put(s, &head, &f, sizeof(f));
	expect(s, (struct store_query){ .kind = STORE_CANDLES, .symbol = "NIFTY" },
	       "{\"symbol\":\"NIFTY\",\"interval\":60,\"items\":[{\"at\":\"2023-04-10T09:15:00.000+05:30\",\"o\":17000.00,\"h\":17010.00,"
	       "\"l\":16990.00,\"c\":17005.00,\"v\":10},{\"at\":\"2023-04-10T09:16:00.000+05:30\",\"o\":17000.00,\"h\":17010.00,"
	       "\"l\":16990.00,\"c\":17007.00,\"v\":10}],\"forming\":null,\"trades\":[{\"at\":\"2023-04-10T09:15:59.000+05:30\","
	       "\"side\":\"buy\",\"price\":null,\"strategy\":\"amd\",\"purpose\":null,\"symbol\":\"NIFTY23APR17400CE\",\"fill\":120.00},"
	       "{\"at\":\"2023-04-10T09:17:10.000+05:30\",\"side\":\"buy\",\"price\":17007.00,\"strategy\":\"amd\",\"purpose\":\"stop\","
	       "\"symbol\":\"NIFTY23APR17400CE\",\"fill\":120.00}]}");
	expect(s, (struct store_query){ .kind = STORE_CANDLES, .symbol = "NIFTY", .limit = 1, .to = FIXTURE_DAY + NANOS_MINUTE },
	       "{\"symbol\":\"NIFTY\",\"interval\":60,\"items\":[{\"at\":\"2023-04-10T09:15:00.000+05:30\",\"o\":17000.00,\"h\":17010.00,"
	       "\"l\":16990.00,\"c\":17005.00,\"v\":10}],\"forming\":null,\"trades\":[{\"at\":\"2023-04-10T09:15:59.000+05:30\","
	       "\"side\":\"buy\",\"price\":null,\"strategy\":\"amd\",\"purpose\":null,\"symbol\":\"NIFTY23APR17400CE\",\"fill\":120.00}]}");
	expect(s, (struct store_query){ .kind = STORE_CANDLES, .symbol = "BANKNIFTY", .interval_s = 300 },
	       "{\"symbol\":\"BANKNIFTY\",\"interval\":300,\"items\":[],\"forming\":null,\"trades\":[]}");
	store_close(&s);
}

/* A later definition renames what comes after it and nothing before. */
static void test_redefinition(void **state)
{
	struct store *s = open_named();
	struct outcome_equity filler = { .equity = 1 };
	struct outcome_decision d = { .strategy = 2, .direction = 1 };
	struct event_strategy again = { .index = 2, .ops = "orb", .id = "orb", .underlying = "BANKNIFTY" };
	struct instrument moved = { .symbol = "BANKNIFTY", .underlying = "BANKNIFTY", .id = 0 };

	(void)state;
	put(s, 4, OUTCOME_DECISION, 0, &d, sizeof(d));
	put(s, 5, EVENT_STRATEGY, INSTRUMENT_NONE, &again, sizeof(again));
	put(s, 6, EVENT_INSTRUMENT, 0, &moved, sizeof(moved));
	put(s, 7, OUTCOME_DECISION, 0, &d, sizeof(d));
	put(s, 8, OUTCOME_EQUITY, INSTRUMENT_NONE, &filler, sizeof(filler));
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_DECISIONS, .strategy = "amd", .symbol = "NIFTY" });
	assert_non_null(strstr(json, "{\"seq\":4,"));
	assert_null(strstr(json, "{\"seq\":7,"));
	free(json);
	json = fixture_query(s, &(struct store_query){ .kind = STORE_DECISIONS, .strategy = "orb", .symbol = "BANKNIFTY" });
	assert_non_null(strstr(json, "{\"seq\":7,"));
	assert_null(strstr(json, "{\"seq\":4,"));
	free(json);
	store_close(&s);
}

/* Numbers beyond their enum and fields without a NUL are what damage looks like; they must be shown, not followed. */
static void test_foreign_values(void **state)
{
	struct store *s = open_named();
	struct outcome_order o;
	struct outcome_alert a;
	struct event_command c;
	struct store_state st;

	(void)state;
	memset(&o, 0xFF, sizeof(o));
	memset(&a, 0xFF, sizeof(a));
	memset(&c, 0xFF, sizeof(c));
	put(s, 4, OUTCOME_ORDER, INSTRUMENT_NONE, &o, sizeof(o));
	put(s, 5, OUTCOME_ALERT, 12345678, &a, sizeof(a));
	put(s, 6, EVENT_COMMAND, INSTRUMENT_NONE, &c, sizeof(c));
	put(s, 7, OUTCOME_ALERT, INSTRUMENT_NONE, &a, sizeof(a) - 1); /* wrong size: counted, passed over */
	struct instrument i = { .symbol = "FAR", .id = UINT32_MAX - 1 };
	put(s, 8, EVENT_INSTRUMENT, 0, &i, sizeof(i));
	char *json = fixture_query(s, &(struct store_query){ .kind = STORE_EVENTS });
	assert_non_null(strstr(json, "unknown alert"));
	assert_non_null(strstr(json, "unknown command"));
	assert_null(strstr(json, "\"seq\":7,"));
	free(json);
	store_state(s, &st);
	assert_int_equal(st.errors, 2);
	assert_int_equal(st.seq, 8);
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order), cmocka_unit_test(test_order_without_tag), cmocka_unit_test(test_fill),
		cmocka_unit_test(test_history), cmocka_unit_test(test_equity_and_day), cmocka_unit_test(test_decision),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_what_may_be_cancelled), cmocka_unit_test(test_by_hand), cmocka_unit_test(test_lifted_limit), cmocka_unit_test(test_event_texts), cmocka_unit_test(test_candles),
		cmocka_unit_test(test_redefinition), cmocka_unit_test(test_foreign_values),
	};

	return cmocka_run_group_tests_name("store_projection", tests, NULL, NULL);
}
