/* The adapter on cardboard: what goes out, what each answer means, when the link is up, how the feed is nursed and the books are read. */
#include "tests/broker/kotak/fake.h"

#define PLACE "/quick/order/rule/ms/place"
#define MODIFY "/quick/order/vr/modify"
#define CANCEL "/quick/order/cancel"
#define ORDERS "/quick/user/orders"
#define TRADES "/quick/user/trades"
#define POSITIONS "/portfolio/v2/positions"
#define ANSWER "{\"stat\":\"Ok\",\"nOrdNo\":\"" NUMBER "\",\"stCode\":200}"

/* A row of order 1 in JSON. */
static const char *row(const char *status, long long t, int filled, double price)
{
	static char text[640];
	char tag[ORDER_TAG_TEXT];

	order_tag(1790000000u, 1, tag);
	snprintf(text, sizeof(text), "{\"nOrdNo\":\"" NUMBER "\",\"ordSt\":\"%s\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"tok\":\"56526\",\"trnsTp\":\"B\",\"prc\":\"%.2f\","
	         "\"qty\":75,\"fldQty\":%d,\"GuiOrdId\":\"%s\",\"updRecvTm\":%lld,\"rejRsn\":\"--\"}", status, price, filled, tag, t);
	return text;
}

static void frame(const char *status, long long t, int filled)
{
	char text[800];

	snprintf(text, sizeof(text), "{\"type\":\"order\",\"data\":%s}", row(status, t, filled, 100));
	fake_frame(text);
}

static void answer_book(const char *rows)
{
	char text[2048];

	snprintf(text, sizeof(text), "{\"stat\":\"Ok\",\"stCode\":200,\"data\":[%s]}", rows);
	fake_answer(fake_find(ORDERS), WIRE_OK, 200, text);
}

/* All of order 1. */
static void answer_trade(void)
{
	fake_answer(fake_find(TRADES), WIRE_OK, 200, "{\"stat\":\"ok\",\"stCode\":200,\"data\":[{\"nOrdNo\":\"" NUMBER "\",\"flId\":\"7\",\"fldQty\":75,\"avgPrc\":\"99.95\","
	            "\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"B\",\"flDt\":\"23-Nov-2026\",\"flTm\":\"10:00:01\"}]}");
}

static const struct event_order *said(void)
{
	const struct event *e = fake_last(EVENT_ORDER);

	assert_non_null(e);
	return &e->order;
}

static void open_order(void)
{
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	frame("open", 10, 0);
	assert_int_equal(said()->report, REPORT_OPEN);
	fake.n_said = 0;
}

/* -- place ----------------------------------------------------------------------------------------------------------------------- */

static void test_place(void **state)
{
	struct fake_call *c;

	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	c = fake_find(PLACE);
	assert_non_null(c);
	assert_int_equal(fake.n_said, 0); /* nothing has left yet */
	assert_int_equal(c->c.headers, REST_ORDER);
	assert_int_equal(c->c.kind, WIRE_ORDER);
	assert_int_equal(c->c.budget, GOVERN_ORDERS);
	assert_int_equal(c->c.priority, REST_ENTRY);
	assert_true(c->c.give_up_at > fake.wall);
	assert_non_null(strstr(c->jdata, "\"ts\":\"" SYMBOL "\""));
	assert_non_null(strstr(c->jdata, "\"pc\":\"MIS\""));
	fake_answer(c, WIRE_OK, 200, ANSWER);
	assert_true(fake_reported(REPORT_SENT));
	assert_int_equal(said()->report, REPORT_ACCEPTED);
	assert_string_equal(said()->broker_ref, NUMBER);
	fake_place(2, PURPOSE_EXIT);
	assert_int_equal(fake_find(PLACE)->c.priority, REST_EXIT);
	fake_close();
}

static void test_place_answers(void **state)
{
	static const struct { enum wire_verdict verdict; int64_t code; const char *json; enum order_report report; } rows[] = {
		{ WIRE_REFUSED, 1004, NULL, REPORT_REJECTED }, { WIRE_REFUSED, 1007, NULL, REPORT_REJECTED }, { WIRE_REFUSED, 1017, NULL, REPORT_REJECTED },
		{ WIRE_REFUSED, 5204, NULL, REPORT_UNKNOWN }, { WIRE_REFUSED, 32, NULL, REPORT_UNKNOWN }, { WIRE_SESSION, 100022, NULL, REPORT_REJECTED },
		{ WIRE_IP, 100008, NULL, REPORT_REJECTED }, { WIRE_IP, 1037, NULL, REPORT_REJECTED }, { WIRE_RATE, 429, NULL, REPORT_REJECTED },
		{ WIRE_UNKNOWN, 0, NULL, REPORT_UNKNOWN }, { WIRE_EMPTY, 5203, NULL, REPORT_UNKNOWN }, { WIRE_OK, 200, "{\"stat\":\"Ok\"}", REPORT_UNKNOWN },
		{ WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"\"}", REPORT_UNKNOWN }, { WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":\"../1\"}", REPORT_UNKNOWN },
		{ WIRE_OK, 200, "{\"stat\":\"Ok\",\"nOrdNo\":261123000000042}", REPORT_ACCEPTED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fake_start();
		fake_place(1, PURPOSE_ENTRY);
		fake_answer(fake_find(PLACE), rows[i].verdict, rows[i].code, rows[i].json);
		assert_int_equal(said()->report, rows[i].report);
		if (rows[i].report == REPORT_REJECTED)
			assert_non_null(strstr(said()->reason, "said"));
		assert_int_equal(fake.k->stats.placed, 1);
		fake_wait(60 * NANOS_SECOND);
		assert_int_equal(fake.k->stats.placed, 1); /* never again by itself */
		fake_close();
	}
}

static void test_not_sent(void **state)
{
	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_NOT_SENT, 0, NULL);
	assert_int_equal(said()->report, REPORT_REJECTED);
	assert_false(fake_reported(REPORT_SENT));
	fake_close();
}

static void refused_here(const char *reason)
{
	assert_null(fake_find(PLACE));
	assert_int_equal(said()->report, REPORT_REJECTED);
	assert_string_equal(said()->reason, reason);
	fake_close();
}

static void test_place_refused_here(void **state)
{
	struct order_request r = { .order = 1, .tag = "T", .side = SIDE_BUY, .type = ORDER_LIMIT, .qty = 74, .price = RUPEES(100) };

	(void)state;
	fake_start();
	fake.has_master = false;
	fake_place(1, PURPOSE_EXIT);
	refused_here("no scrip master of today");
	fake_start();
	fake.master_day--;
	fake_place(1, PURPOSE_EXIT);
	refused_here("no scrip master of today");
	fake_start();
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall);
	refused_here("quantity is not a multiple of the lot");
	fake_start();
	r.qty = 1875;
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall);
	refused_here("quantity exceeds the freeze limit");
	fake_start();
	r.qty = 75;
	r.price = RUPEES(100.03);
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall);
	refused_here("price is not a multiple of the tick");
	fake_start();
	r.price = RUPEES(100);
	strcpy(fake.core.instrument[0].symbol, "NIFTY26NOV24000PE");
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall);
	refused_here("not in today's scrip master");
	fake_start();
	fake.disarmed = true;
	fake_place(1, PURPOSE_EXIT);
	refused_here("orders are disarmed: the broker sees another address");
	fake_start();
	fake.session = SESSION_START;
	fake_place(1, PURPOSE_EXIT);
	refused_here("logging in");
}

/* The last look: killed, cancelled or found while it waited for its turn. */
static void test_does_not_leave(void **state)
{
	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake.core.s->kill = KILL_STOP;
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_REJECTED);
	assert_string_equal(said()->reason, "a kill is latched");
	fake_place(2, PURPOSE_EXIT); /* exits go out all the same */
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_ACCEPTED);
	fake_close();
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_cancel(1);
	assert_null(fake_find(CANCEL));
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_CANCELLED);
	assert_string_equal(said()->reason, "cancelled before it left");
	fake_close();
}

static void set_paused(void) { fake.core.s->paused = 1; }
static void set_day_locked(void) { fake.core.s->account.day_locked = 1; }
static void set_stopping(void) { fake.core.s->stop = STOP_RUNNING; }
static void set_disk_failed(void) { fake.core.s->link[LINK_JOURNAL].up = 0; }
static void set_runaway(void) { fake.core.s->strategies = 1; fake.core.slot[0].runaway = 1; }
static void set_closed(void) { fake.core.s->day_active = 0; }
static void set_killed(void) { fake.core.s->kill = KILL_FLATTEN; }
static void set_link_down(void) { fake.session = SESSION_START; kotak_tick(fake.k); }

static void set_strategy_paused(void)
{
	fake.core.s->strategies = 1;
	fake.core.slot[0].paused = 1;
}

/* What forbids new risk when the bytes would go, not when it was decided: entries and their walks stay here, exits do not. */
static void test_entry_forbidden_meanwhile(void **state)
{
	const struct { void (*set)(void); const char *reason; } rows[] = {
		{ set_killed, refusal_text(REFUSAL_KILLED) }, { set_paused, refusal_text(REFUSAL_PAUSED) }, { set_stopping, refusal_text(REFUSAL_STOPPING) },
		{ set_strategy_paused, refusal_text(REFUSAL_STRATEGY_PAUSED) }, { set_runaway, refusal_text(REFUSAL_RUNAWAY) },
		{ set_day_locked, refusal_text(REFUSAL_DAY_LOSS) }, { set_closed, refusal_text(REFUSAL_SESSION_CLOSED) }, { set_link_down, "the link went down before it left" },
		{ set_disk_failed, refusal_text(REFUSAL_JOURNAL) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fake_start();
		fake_place(1, PURPOSE_ENTRY);
		rows[i].set();
		fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
		assert_int_equal(said()->report, REPORT_REJECTED);
		assert_string_equal(said()->reason, rows[i].reason);
		fake_close();
		open_order();
		fake_modify(1, 101);
		rows[i].set();
		fake_answer(fake_find(MODIFY), WIRE_OK, 200, ANSWER);
		assert_int_equal(said()->report, REPORT_MODIFY_REJECTED);
		assert_string_equal(said()->reason, rows[i].reason);
		fake_close();
		fake_start();
		fake_place(1, PURPOSE_EXIT);
		rows[i].set();
		fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
		assert_int_equal(said()->report, REPORT_ACCEPTED);
		fake_close();
	}
}

/* The rate of the moment holds where bytes leave, not the one of the start. */
static void test_rate_of_the_moment(void **state)
{
	(void)state;
	fake_start();
	assert_int_equal(fake.governor.rate[GOVERN_ORDERS], 8);
	fake.core.s->limit[LIMIT_ORDER_RATE] = 3 * NUM_SCALE;
	fake_place(1, PURPOSE_EXIT);
	assert_int_equal(fake.governor.rate[GOVERN_ORDERS], 3);
	assert_int_equal(fake.governor.reserve, 1);
	fake_close();
}

/* A price that is to be withdrawn is not moved first. */
static void test_modify_after_cancel(void **state)
{
	(void)state;
	open_order();
	fake_modify(1, 101);
	fake_cancel(1);
	fake_answer(fake_find(MODIFY), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_MODIFY_REJECTED);
	assert_string_equal(said()->reason, "a cancel is under way");
	assert_non_null(fake_find(CANCEL));
	fake_close();
}

/* Held back for the journal: what counts is when the price was decided. */
static void test_entry_too_old(void **state)
{
	struct order_request r = { .order = 1, .side = SIDE_BUY, .qty = 75, .price = RUPEES(100), .tag = "X" };

	(void)state;
	fake_start();
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall - 4 * NANOS_SECOND);
	assert_true(fake_find(PLACE)->c.give_up_at == fake.wall + NANOS_SECOND);
	r.order = 2;
	r.purpose = PURPOSE_EXIT;
	fake.broker->ops->place(fake.broker, &r, 0, fake.wall - NANOS_MINUTE);
	assert_true(fake_find(PLACE)->c.give_up_at == fake.wall + 5 * NANOS_SECOND);
	fake_close();
}

/* -- changes -------------------------------------------------------------------------------------------------------------------------- */

static void test_modify(void **state)
{
	struct fake_call *c;

	(void)state;
	open_order();
	fake_modify(1, 101);
	c = fake_find(MODIFY);
	assert_non_null(c);
	assert_non_null(strstr(c->jdata, "\"no\":\"" NUMBER "\",\"pr\":\"101.00\""));
	fake_answer(c, WIRE_OK, 200, ANSWER);
	assert_int_equal(fake.n_said, 0); /* receipt only */
	fake_pass(NANOS_SECOND); /* the book is read at once */
	answer_book(row("open", 20, 0, 101));
	assert_int_equal(said()->report, REPORT_MODIFIED);
	assert_true(said()->price == RUPEES(101));
	fake_close();
}

static void test_change_answers(void **state)
{
	static const struct { enum wire_verdict verdict; int64_t code; bool ends; } rows[] = {
		{ WIRE_REFUSED, 1007, true }, { WIRE_SESSION, 1003, true }, { WIRE_IP, 1037, true }, { WIRE_RATE, 0, true }, { WIRE_NOT_SENT, 0, true },
		{ WIRE_UNKNOWN, 0, false }, { WIRE_EMPTY, 5203, false }, { WIRE_OK, 200, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		open_order();
		fake_modify(1, 101);
		fake_answer(fake_find(MODIFY), rows[i].verdict, rows[i].code, NULL);
		assert_int_equal(fake_reported(REPORT_MODIFY_REJECTED), rows[i].ends);
		fake_cancel(1);
		fake_answer(fake_find(CANCEL), rows[i].verdict, rows[i].code, NULL);
		assert_int_equal(fake_reported(REPORT_CANCEL_REJECTED), rows[i].ends);
		assert_int_equal(fake_timed(KOTAK_PLACE) * 100 + fake_timed(KOTAK_MODIFY) * 10 + fake_timed(KOTAK_CANCEL), rows[i].verdict == WIRE_NOT_SENT ? 100 : 111);
		fake_close();
	}
	open_order(); /* ended already: a modify is refused, a cancel waits for the row */
	fake_modify(1, 101);
	fake_answer(fake_find(MODIFY), WIRE_REFUSED, 1021, NULL);
	assert_true(fake_reported(REPORT_MODIFY_REJECTED));
	fake_cancel(1);
	fake_answer(fake_find(CANCEL), WIRE_REFUSED, 1006, NULL);
	assert_false(fake_reported(REPORT_CANCEL_REJECTED));
	frame("cancelled", 30, 0);
	assert_int_equal(said()->report, REPORT_CANCELLED);
	fake_close();
}

static void test_cancel_without_master(void **state)
{
	(void)state;
	open_order();
	fake.has_master = false; /* needs no row, and must always go */
	fake_cancel(1);
	assert_int_equal(fake_find(CANCEL)->c.priority, REST_CANCEL);
	assert_string_equal(fake_find(CANCEL)->jdata, "{\"on\":\"" NUMBER "\",\"am\":\"NO\"}");
	fake_modify(1, 101);
	assert_int_equal(said()->report, REPORT_MODIFY_REJECTED);
	fake_close();
}

static void test_strangers(void **state)
{
	(void)state;
	fake_start();
	fake_modify(7, 101);
	assert_int_equal(said()->report, REPORT_MODIFY_REJECTED);
	fake_cancel(7);
	assert_int_equal(said()->report, REPORT_CANCEL_REJECTED);
	fake_close();
}

static void test_amo_cancel(void **state)
{
	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	frame("after market order req received", 10, 0);
	fake_cancel(1);
	assert_string_equal(fake_find(CANCEL)->jdata, "{\"on\":\"" NUMBER "\",\"am\":\"YES\",\"ts\":\"" SYMBOL "\"}");
	fake_close();
}

/* -- fills ------------------------------------------------------------------------------------------------------------------------------ */

static void test_fill(void **state)
{
	(void)state;
	open_order();
	frame("complete", 20, 75);
	assert_null(fake_last(EVENT_FILL)); /* frames fill nothing */
	fake_pass(NANOS_SECOND);
	answer_trade();
	assert_non_null(fake_last(EVENT_FILL));
	assert_int_equal(fake_last(EVENT_FILL)->fill.order, 1);
	assert_int_equal(fake_last(EVENT_FILL)->fill.qty, 75);
	assert_true(fake_last(EVENT_FILL)->fill.price == RUPEES(99.95));
	fake_close();
}

/* -- the link ----------------------------------------------------------------------------------------------------------------------------- */

static void test_link_waits(void **state)
{
	(void)state;
	fake_open();
	assert_null(fake_last(EVENT_LINK));
	assert_int_equal(fake.calls, 0); /* nothing before the start */
	kotak_broker_start(fake.broker);
	fake_ack();
	assert_null(fake_last(EVENT_LINK));
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	fake_answer(fake_find(TRADES), WIRE_EMPTY, 5203, NULL);
	assert_null(fake_last(EVENT_LINK));
	fake_answer(fake_find(POSITIONS), WIRE_UNKNOWN, 0, NULL);
	assert_null(fake_last(EVENT_LINK));
	fake_wait(3 * NANOS_SECOND);
	assert_non_null(fake_last(EVENT_LINK));
	assert_true(fake_last(EVENT_LINK)->link.up);
	assert_int_equal(fake_last(EVENT_LINK)->link.link, LINK_BROKER);
	fake_close();
}

static void test_link_without_feed(void **state)
{
	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	fake_answer_polls();
	fake_wait(NANOS_SECOND);
	assert_null(fake_last(EVENT_LINK)); /* the feed may still come */
	fake.socket_open = false;
	fake.feed.closed(fake.feed.ctx, "refused");
	fake_wait(2 * NANOS_SECOND);
	assert_true(fake_last(EVENT_LINK)->link.up); /* polling stands in */
	fake_close();
}

static void test_link_goes_down(void **state)
{
	(void)state;
	fake_start();
	fake.session = SESSION_DOWN;
	fake.listener.changed(fake.listener.ctx, SESSION_DOWN, "logging in");
	assert_false(fake_last(EVENT_LINK)->link.up);
	assert_string_equal(fake_last(EVENT_LINK)->link.reason, "logging in");
	fake.session = SESSION_UP; /* a new login: everything is read again first */
	fake.generation++;
	fake.listener.changed(fake.listener.ctx, SESSION_UP, "");
	assert_false(fake_last(EVENT_LINK)->link.up);
	fake_ack();
	fake_wait(2 * NANOS_SECOND);
	assert_true(fake_last(EVENT_LINK)->link.up);
	fake_pass(3 * NANOS_MINUTE); /* no book can be read */
	assert_false(fake_last(EVENT_LINK)->link.up);
	assert_string_equal(fake_last(EVENT_LINK)->link.reason, "the order book cannot be read");
	fake_close();
}

static void test_link_disarmed(void **state)
{
	(void)state;
	fake_start();
	fake.disarmed = true;
	fake_wait(NANOS_SECOND);
	assert_false(fake_last(EVENT_LINK)->link.up);
	fake_close();
}

/* An answer of the session before says nothing about this one. */
static void test_old_answers(void **state)
{
	struct fake_call *c;

	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	c = fake_find(ORDERS);
	fake.generation++;
	fake_answer(c, WIRE_EMPTY, 5203, NULL);
	assert_int_equal(fake.k->book[BOOK_ORDERS].good, 0);
	fake_close();
}

static void adopt_order(enum order_state state, nanos_t age)
{
	struct order *o;

	fake_open();
	o = &fake.core.order[1];
	o->request = (struct order_request){ .order = 1, .side = SIDE_BUY, .qty = 75, .price = RUPEES(100) };
	order_tag(1790000000u, 1, o->request.tag);
	o->state = state;
	o->created = fake.wall - age;
	kotak_broker_start(fake.broker);
}

static void test_adopts(void **state)
{
	(void)state;
	adopt_order(ORDER_SENT, 0);
	assert_int_equal(said()->report, REPORT_UNKNOWN);
	fake_answer_polls();
	fake_ack();
	fake_wait(5 * NANOS_SECOND);
	assert_null(fake_last(EVENT_LINK)); /* not before its fate is known */
	fake_wait(10 * NANOS_SECOND);
	assert_int_equal(said()->report, REPORT_ABSENT);
	assert_true(fake_last(EVENT_LINK)->link.up);
	fake_close();
}

/* Sent again once proven absent, and refused then: its first copy may come to light after a restart. */
static void test_adopts_without_a_number(void **state)
{
	(void)state;
	adopt_order(ORDER_REJECTED, 0);
	answer_book(row("open", 20, 0, 100));
	fake_pass(NANOS_SECOND);
	assert_non_null(fake_find(CANCEL)); /* it must not work on */
	frame("complete", 30, 75);
	answer_trade();
	assert_non_null(fake_last(EVENT_FILL));
	assert_int_equal(fake_last(EVENT_FILL)->fill.order, 1);
	assert_int_equal(fake.k->merge.counts.foreign_orders + fake.k->merge.counts.foreign_fills, 0);
	fake_close();
	adopt_order(ORDER_REJECTED, 24 * NANOS_HOUR); /* an earlier day's */
	assert_int_equal(fake.k->merge.n, 0);
	fake_close();
	adopt_order(ORDER_DENIED, 0); /* never to be sent */
	assert_int_equal(fake.k->merge.n, 0);
	fake_close();
}

/* -- the feed ------------------------------------------------------------------------------------------------------------------------------- */

static void test_handshake(void **state)
{
	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	assert_int_equal(fake.sockets, 1);
	fake.feed.open(fake.feed.ctx);
	assert_string_equal(fake.sent, "{type:cn,Authorization:TOKEN,Sid:SID,src:WEB}");
	fake_wait(11 * NANOS_SECOND); /* silence: closed, and the other spelling */
	assert_false(fake.socket_open);
	fake_wait(5 * NANOS_SECOND);
	assert_int_equal(fake.sockets, 2);
	fake.feed.open(fake.feed.ctx);
	assert_string_equal(fake.sent, "{\"type\":\"cn\",\"Authorization\":\"TOKEN\",\"Sid\":\"SID\",\"src\":\"WEB\"}");
	fake_frame("session message format incorrect");
	assert_false(fake.socket_open);
	fake_wait(6 * NANOS_SECOND);
	fake.feed.open(fake.feed.ctx);
	assert_string_equal(fake.sent, "{type:cn,Authorization:TOKEN,Sid:SID,src:WEB}");
	fake_frame("{\"ak\":\"nk\",\"type\":\"cn\",\"task\":\"cn\",\"msg\":\"Authentication Failed\"}");
	assert_false(fake.socket_open);
	fake_wait(6 * NANOS_SECOND);
	fake_ack();
	assert_true(fake.k->stats.feed_up);
	fake_wait(NANOS_MINUTE);
	assert_true(fake.socket_open); /* silence alone is no fault */
	fake_close();
}

static void test_mute_feed(void **state)
{
	(void)state;
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_pass(NANOS_SECOND);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	fake_pass(4 * NANOS_SECOND);
	assert_int_equal(fake.sockets, 1);
	fake_pass(2 * NANOS_SECOND);
	assert_int_equal(fake.sockets, 2);
	assert_true(fake.notes > 0);
	fake_close();
	open_order(); /* a frame came: not mute */
	fake_wait(NANOS_MINUTE);
	assert_int_equal(fake.sockets, 1);
	fake_close();
}

static void test_feed_follows_the_session(void **state)
{
	(void)state;
	fake_start();
	fake.generation++;
	fake_pass(NANOS_SECOND);
	assert_int_equal(fake.sockets, 2); /* a new session, a new socket */
	fake.session = SESSION_DOWN;
	fake_pass(NANOS_SECOND);
	assert_false(fake.socket_open);
	fake_pass(NANOS_MINUTE);
	assert_int_equal(fake.sockets, 2);
	fake_close();
}

static void test_odd_frames(void **state)
{
	static const char *const odd[] = { "", "nothing", "[]", "{}", "{\"type\":7}", "{\"type\":\"order\"}", "{\"type\":\"order\",\"data\":{}}", "{\"type\":\"order\",\"data\":[]}",
	                                   "{\"type\":\"weather\"}", "{\"ak\":\"nk\",\"type\":\"failed to process request\",\"task\":\"nk\",\"msg\":\"invalid request format\"}" };

	(void)state;
	fake_start();
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		fake_frame(odd[i]);
	assert_int_equal(fake.k->stats.frames_bad, ARRAY_LEN(odd));
	assert_true(fake.socket_open);
	fake_frame("{\"type\":\"position\",\"data\":{}}");
	assert_int_equal(fake.k->stats.frames_bad, ARRAY_LEN(odd));
	fake.feed.binary(fake.feed.ctx, "x", 1);
	assert_int_equal(fake.k->stats.frames_bad, ARRAY_LEN(odd) + 1);
	fake_close();
}

/* -- the books ------------------------------------------------------------------------------------------------------------------------------- */

static unsigned asked(const char *path, unsigned from)
{
	unsigned n = 0;

	for (unsigned i = from; i < fake.calls; i++)
		n += strcmp(fake.call[i].path, path) == 0;
	return n;
}

static void test_poll_rates(void **state)
{
	unsigned from;

	(void)state;
	fake_start();
	from = fake.calls;
	fake_wait(NANOS_MINUTE);
	assert_in_range(asked(ORDERS, from), 1, 3); /* quiet: every 30 s */
	fake.socket_open = false;
	fake.feed.closed(fake.feed.ctx, "gone");
	from = fake.calls;
	fake_wait(4 * NANOS_SECOND);
	assert_in_range(asked(ORDERS, from), 3, 6); /* blind: every second */
	fake_close();
	open_order();
	fake_pass(NANOS_SECOND);
	from = fake.calls;
	for (int i = 0; i < 100; i++) {
		fake_pass(NANOS_SECOND / 10);
		if (fake_find(ORDERS))
			answer_book(row("open", 10, 0, 100));
		fake_answer_polls();
	}
	assert_in_range(asked(ORDERS, from), 4, 6); /* an order lives: every 2 s */
	fake_close();
}

static void test_positions_versions(void **state)
{
	struct fake_call *c;
	struct wire_answer a = { .verdict = WIRE_UNKNOWN, .http = 404 };

	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	c = fake_find(POSITIONS);
	c->answered = true;
	c->c.done(c->c.ctx, &a);
	fake_pass(2 * NANOS_SECOND);
	assert_non_null(fake_find("/quick/user/positions"));
	fake_close();
}

static void test_positions(void **state)
{
	static const char text[] = "{\"stat\":\"ok\",\"data\":[{\"trdSym\":\"" SYMBOL "\",\"exSeg\":\"nse_fo\",\"prod\":\"MIS\",\"cfBuyQty\":\"0\",\"cfSellQty\":\"0\",\"flBuyQty\":\"150\","
	                           "\"flSellQty\":\"75\",\"buyAmt\":\"15000.00\",\"sellAmt\":\"7600.00\"}]}";
	static const char bad[] = "{\"stat\":\"ok\",\"data\":[{\"trdSym\":\"" SYMBOL "\",\"prod\":\"MIS\",\"cfBuyQty\":\"0\",\"cfSellQty\":\"0\",\"flSellQty\":\"75\"}]}";
	struct kotak_position p[2];
	nanos_t stamp;

	(void)state;
	fake_start();
	fake_pass(31 * NANOS_SECOND);
	fake_answer(fake_find(POSITIONS), WIRE_OK, 200, text);
	assert_int_equal(kotak_broker_positions(fake.broker, p, 2, &stamp), 1);
	assert_int_equal(p[0].net, 75);
	assert_int_equal(p[0].instrument, 0);
	assert_true(p[0].buy_value == RUPEES(15000) && stamp > 0);
	fake_pass(31 * NANOS_SECOND);
	fake_answer(fake_find(POSITIONS), WIRE_OK, 200, text); /* a second time: nobody here bought that */
	assert_non_null(strstr(fake.note, "the broker holds 75, our fills make 0"));
	fake_pass(31 * NANOS_SECOND);
	fake_answer(fake_find(POSITIONS), WIRE_OK, 200, bad);  /* a field that is missing is not 0 */
	assert_int_equal(kotak_broker_positions(fake.broker, p, 2, &stamp), 1);
	assert_int_equal(p[0].net, 75);
	assert_int_equal(fake.k->stats.rows_bad, 1);
	fake_close();
}

/* What the broker holds of our contract, as the next answer to the question says. */
static void answer_net(int bought, int sold)
{
	char text[400];

	snprintf(text, sizeof(text), "{\"stat\":\"ok\",\"data\":[{\"trdSym\":\"" SYMBOL "\",\"prod\":\"MIS\",\"cfBuyQty\":\"0\",\"cfSellQty\":\"0\",\"flBuyQty\":\"%d\","
	         "\"flSellQty\":\"%d\"},{\"trdSym\":\"" SYMBOL "\",\"prod\":\"NRML\",\"cfBuyQty\":\"750\",\"cfSellQty\":\"0\",\"flBuyQty\":\"0\",\"flSellQty\":\"0\"}]}", bought, sold);
	fake_answer(fake_find(POSITIONS), WIRE_OK, 200, text);
}

/* An exit that buys back 75: does it leave? */
static bool exit_leaves(uint64_t order)
{
	char number[64];

	fake_place(order, PURPOSE_EXIT);
	snprintf(number, sizeof(number), "{\"stat\":\"Ok\",\"nOrdNo\":\"26112300000010%d\",\"stCode\":200}", (int)order);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, number);
	return said()->report == REPORT_ACCEPTED;
}

/* From 15:18 on the broker may be squaring off itself: an exit on top of that would open a position. */
static void test_exit_beside_the_square_off(void **state)
{
	(void)state;
	fake_start();
	fake.core.s->strategies = 1;
	fake.wall = stamp_at(stamp_date(fake.wall), TIME_OF_DAY(15, 17));
	assert_true(exit_leaves(1)); /* nothing is known against it */
	fake.wall = stamp_at(stamp_date(fake.wall), TIME_OF_DAY(15, 18));
	fake_pass(10 * NANOS_SECOND);
	fake_answer_polls();
	fake_pass(6 * NANOS_SECOND);
	assert_false(exit_leaves(2)); /* what was read is too old, so it is read again */
	assert_string_equal(said()->reason, "the positions are read first");
	answer_net(0, 75); /* was under way already */
	fake_pass(2 * NANOS_SECOND);
	answer_net(0, 75);
	assert_true(exit_leaves(3));
	fake_pass(6 * NANOS_SECOND);
	assert_false(exit_leaves(4));
	fake_pass(2 * NANOS_SECOND);
	answer_net(75, 75);
	assert_false(exit_leaves(5));
	assert_string_equal(said()->reason, "the broker holds less than this closes");
	fake_close();
}

/* A person closed it: the trade is a stranger's, and the positions agree. One of the two alone forbids nothing. */
static void test_exit_after_a_person(void **state)
{
	char text[512];

	(void)state;
	fake_start();
	fake.core.s->strategies = 1;
	fake_pass(31 * NANOS_SECOND);
	answer_net(0, 0);
	assert_true(exit_leaves(1));
	fake_pass(31 * NANOS_SECOND);
	answer_net(0, 75);
	snprintf(text, sizeof(text), "{\"stat\":\"ok\",\"data\":[{\"nOrdNo\":\"261123000000900\",\"flId\":\"7\",\"exSeg\":\"nse_fo\",\"trdSym\":\"" SYMBOL "\",\"trnsTp\":\"B\","
	         "\"fldQty\":75,\"avgPrc\":\"100.00\"}]}");
	fake_answer(fake_find(TRADES), WIRE_OK, 200, text);
	assert_true(exit_leaves(2));
	fake_pass(31 * NANOS_SECOND);
	answer_net(75, 75);
	assert_false(exit_leaves(3));
	assert_string_equal(said()->reason, "the broker holds less than this closes");
	fake_pass(2 * NANOS_SECOND);
	answer_net(0, 75); /* asked for at once; it was a mistake */
	assert_true(exit_leaves(4));
	fake_close();
}

static void test_funds(void **state)
{
	const struct event *e;

	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	fake_answer_polls();
	e = fake_last(EVENT_FUNDS);
	assert_non_null(e);
	assert_true(e->funds.cash == RUPEES(1000.5) && e->funds.margin_used == RUPEES(5) && e->funds.collateral == NUM_UNKNOWN);
	fake.n_said = 0;
	fake_wait(2 * NANOS_MINUTE);
	assert_null(fake_last(EVENT_FUNDS)); /* unchanged is no news */
	fake_close();
}

static void test_bad_rows(void **state)
{
	struct kotak_broker_stats s;

	(void)state;
	open_order();
	fake_pass(3 * NANOS_SECOND);
	answer_book("{\"nOrdNo\":\"1\"}, 7, null");
	kotak_broker_stats(fake.broker, &s);
	assert_int_equal(s.rows_bad, 3);
	fake_pass(3 * NANOS_SECOND);
	fake_answer(fake_find(ORDERS), WIRE_OK, 200, "{\"stat\":\"Ok\",\"stCode\":200}"); /* no list at all */
	fake_pass(3 * NANOS_SECOND);
	fake_answer(fake_find(ORDERS), WIRE_OK, 200, "{\"stat\":\"Ok\",\"data\":{}}");
	assert_int_equal(fake.n_said, 0);
	fake_close();
}

/* The row is missing: asked for by its number, and the order goes on. */
static void test_vanished_row(void **state)
{
	char text[1024];

	(void)state;
	open_order();
	fake_pass(3 * NANOS_SECOND);
	answer_book(row("open", 10, 0, 100));
	fake_pass(3 * NANOS_SECOND);
	fake_answer(fake_find(ORDERS), WIRE_EMPTY, 5203, NULL);
	fake_pass(NANOS_SECOND);
	assert_non_null(fake_find(ORDERS "/" NUMBER));
	assert_int_equal(fake.n_said, 0);
	snprintf(text, sizeof(text), "{\"stat\":\"Ok\",\"data\":[%s]}", row("cancelled", 40, 0, 100));
	fake_answer(fake_find(ORDERS "/" NUMBER), WIRE_OK, 200, text);
	assert_int_equal(said()->report, REPORT_CANCELLED);
	fake_close();
}

static void test_new_day(void **state)
{
	(void)state;
	open_order();
	frame("cancelled", 20, 0);
	assert_int_equal(fake.k->merge.n, 1);
	fake.wall += NANOS_DAY;
	fake_wait(NANOS_MINUTE);
	assert_int_equal(fake.k->merge.n, 1); /* the old books may still be shown */
	assert_false(fake.k->up);             /* yesterday's tokens are no tokens */
	fake.master_day++;
	fake_wait(NANOS_MINUTE);
	assert_true(fake.k->up);              /* and empty ones are believed */
	fake.generation++;                    /* the morning's login */
	fake_pass(NANOS_SECOND);
	assert_int_equal(fake.k->merge.n, 0);
	fake_close();
}

/* What was under way when it closed finds nobody. */
static void test_close_with_calls(void **state)
{
	(void)state;
	fake_open();
	kotak_broker_start(fake.broker);
	fake_place(1, PURPOSE_ENTRY);
	assert_true(fake.calls >= 5);
	fake_close();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_place_answers),
		cmocka_unit_test(test_not_sent),
		cmocka_unit_test(test_place_refused_here),
		cmocka_unit_test(test_does_not_leave),
		cmocka_unit_test(test_entry_forbidden_meanwhile),
		cmocka_unit_test(test_rate_of_the_moment), cmocka_unit_test(test_modify_after_cancel),
		cmocka_unit_test(test_entry_too_old),
		cmocka_unit_test(test_modify),
		cmocka_unit_test(test_change_answers),
		cmocka_unit_test(test_cancel_without_master),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_amo_cancel),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_link_waits),
		cmocka_unit_test(test_link_without_feed),
		cmocka_unit_test(test_link_goes_down),
		cmocka_unit_test(test_link_disarmed),
		cmocka_unit_test(test_old_answers),
		cmocka_unit_test(test_adopts),
		cmocka_unit_test(test_adopts_without_a_number),
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_mute_feed),
		cmocka_unit_test(test_feed_follows_the_session),
		cmocka_unit_test(test_odd_frames),
		cmocka_unit_test(test_poll_rates),
		cmocka_unit_test(test_positions_versions),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_exit_beside_the_square_off),
		cmocka_unit_test(test_exit_after_a_person),
		cmocka_unit_test(test_funds),
		cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_vanished_row),
		cmocka_unit_test(test_new_day),
		cmocka_unit_test(test_close_with_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
