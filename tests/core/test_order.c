/* The table of an order's life, written a second time from the rules, and the tags. */
#include "tests/core/rig.h"

static bool broker_may_end(enum order_report r)
{
	return r == REPORT_CANCELLED || r == REPORT_REJECTED || r == REPORT_EXPIRED;
}

/* The rules in words: design.md "Order life". -1 = not legal. */
static int rule(enum order_state s, enum order_report r)
{
	static const enum order_state told[REPORT_KINDS] = {
		[REPORT_ACCEPTED] = ORDER_PENDING, [REPORT_OPEN] = ORDER_OPEN, [REPORT_TRIGGER_PENDING] = ORDER_TRIGGER_PENDING,
		[REPORT_CANCELLED] = ORDER_CANCELLED, [REPORT_REJECTED] = ORDER_REJECTED, [REPORT_EXPIRED] = ORDER_EXPIRED,
	};

	if (s == ORDER_NEW || s == ORDER_DENIED)
		return -1; /* never left the house */
	if (r == REPORT_ABSENT)
		return s == ORDER_UNKNOWN || s == ORDER_ABSENT ? ORDER_ABSENT : -1; /* only the unknown is proven absent */
	if (order_terminal(s))
		return (int)s;
	if (broker_may_end(r))
		return (int)told[r];
	if (r == REPORT_SENT)
		return s == ORDER_INTENT ? ORDER_SENT : (int)s;
	if (r == REPORT_UNKNOWN)
		return s == ORDER_INTENT || s == ORDER_SENT ? ORDER_UNKNOWN : (int)s;
	if (told[r] == ORDER_NEW || s == ORDER_OPEN || s == ORDER_PARTIAL)
		return (int)s; /* words about a change; never back from resting */
	if (s == ORDER_TRIGGER_PENDING && r == REPORT_ACCEPTED)
		return (int)s;
	return (int)told[r];
}

static void every_transition(void **state)
{
	(void)state;
	for (unsigned s = 0; s < ORDER_STATES; s++)
		for (unsigned r = 0; r < REPORT_KINDS; r++) {
			enum order_state next = ORDER_STATES;
			bool legal = order_next((enum order_state)s, (enum order_report)r, &next);
			int want = rule((enum order_state)s, (enum order_report)r);

			if (legal != (want >= 0) || (legal && (int)next != want) || (!legal && next != ORDER_STATES))
				fail_msg("%s after %s: %d %s", order_state_name((enum order_state)s), order_report_name((enum order_report)r),
				         legal, legal ? order_state_name(next) : "");
		}
}

static void nonsense(void **state)
{
	enum order_state next = ORDER_STATES;

	(void)state;
	assert_false(order_next(ORDER_STATES, REPORT_OPEN, &next));
	assert_false(order_next(ORDER_OPEN, REPORT_KINDS, &next));
	assert_false(order_next(ORDER_OPEN, (enum order_report)UINT32_MAX, &next));
	assert_int_equal(next, ORDER_STATES);
	assert_string_equal(order_state_name(ORDER_STATES), "unknown");
	assert_string_equal(order_report_name(REPORT_KINDS), "unknown");
}

static void live_or_terminal(void **state)
{
	(void)state;
	assert_false(order_live(ORDER_NEW) || order_terminal(ORDER_NEW));
	for (unsigned s = ORDER_DENIED; s < ORDER_STATES; s++)
		assert_true(order_live((enum order_state)s) != order_terminal((enum order_state)s));
	assert_true(order_live(ORDER_UNKNOWN) && order_live(ORDER_ABSENT)); /* may still turn into a position */
}

static void assert_tag(uint32_t epoch, uint64_t number, const char *text)
{
	char tag[ORDER_TAG_TEXT];
	uint32_t e = 0;
	uint64_t n = 0;

	order_tag(epoch, number, tag);
	if (text)
		assert_string_equal(tag, text);
	assert_true(order_tag_parse(tag, &e, &n));
	assert_true(e == epoch && n == number);
}

static void tags(void **state)
{
	static const char *const foreign[] = { "", "0000007", "00000070000001X", "000000700000a", "000000700000-", "ZZZZZZZ000001" };
	uint32_t epoch = 1;
	uint64_t number = 2;

	(void)state;
	assert_tag(7, 1, "0000007000001");
	assert_tag(36 * 36 - 1, 35, "00000ZZ00000Z");
	assert_tag(UINT32_MAX, UINT64_C(36) * 36 * 36 * 36 * 36 * 36 - 1, NULL);
	assert_tag(0, 0, "0000000000000");
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		assert_false(order_tag_parse(foreign[i], &epoch, &number));
	assert_true(epoch == 1 && number == 2);
}

/* The next tag is that of the next number, over every carry and at the end of an epoch's numbers. */
static void next_tags(void **state)
{
	static const uint64_t numbers[] = { 0, 8, 9, 34, 35, 36 * 36 - 1, 36 * 36 * 36 - 1, UINT64_C(36) * 36 * 36 * 36 * 36 * 36 - 1 };
	char tag[ORDER_TAG_TEXT], next[ORDER_TAG_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		order_tag(7, numbers[i], tag);
		order_tag_next(tag);
		order_tag(7, numbers[i] + 1, next);
		assert_memory_equal(tag, next, sizeof(tag));
	}
	order_tag(7, 1, tag);
	for (uint64_t n = 2; n < 3000; n++) {
		order_tag_next(tag);
		order_tag(7, n, next);
		assert_memory_equal(tag, next, sizeof(tag));
	}
}

/* -- reports and fills in a core ---------------------------------------------------------------------------------------------- */

static void epochs(void **state)
{
	const uint32_t now = 1795163071, day = 86400;

	(void)state;
	assert_int_equal(order_epoch(0, now * NANOS_SECOND + 1, false), now);
	assert_int_equal(order_epoch(now - 1, now * NANOS_SECOND, false), now);
	assert_int_equal(order_epoch(now, now * NANOS_SECOND, false), now + 1);
	assert_int_equal(order_epoch(now + 500, now * NANOS_SECOND, false), now + 501); /* the clock was set back */
	assert_int_equal(order_epoch(now - 9, now * NANOS_SECOND, true), now + day);    /* one of now + 500 may be lost */
	assert_int_equal(order_epoch(now + day, now * NANOS_SECOND, true), now + day + 1);
	assert_true(order_epoch(now, (now + 1) * NANOS_SECOND, true) > order_epoch(now, now * NANOS_SECOND, true)); /* lost twice */
}

static void foreign_words(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_report(&r, 99, REPORT_OPEN, "");
	assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_FOREIGN);
	rig_event(&r, EVENT_FILL, RIG_CALL)->fill = (struct event_fill){ .order = 0, .trade = 5, .qty = 75, .price = RUPEES(1) };
	rig_post(&r);
	assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_FOREIGN);
	rig_ask(&r, 0, 1, 23980);
	uint64_t order = r.core.slot[0].plan.order;
	const struct event_fill good = { .order = order, .trade = 6, .side = SIDE_BUY, .qty = 75, .price = RUPEES(100) };
	struct event_fill bad[] = { good, good, good, good, good, good };
	bad[0].side = SIDE_SELL;
	bad[1].qty = 0;
	bad[2].price = 0;
	bad[3].qty = -75;
	bad[4].qty = INT64_MAX / 2;
	bad[5].price = INT64_MAX / 100;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		rig_event(&r, EVENT_FILL, RIG_CALL)->fill = bad[i];
		rig_post(&r);
		assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_FOREIGN);
		assert_int_equal(r.core.slot[0].book.qty, 0);
	}
	rig_event(&r, EVENT_FILL, RIG_PUT)->fill = good; /* another contract */
	rig_post(&r);
	assert_int_equal(r.core.slot[0].book.qty, 0);
	rig_done(&r);
}

static void an_execution_counts_once(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	uint64_t order = r.core.slot[0].plan.order;
	rig_fill(&r, order, 75, 100);
	rig_post(&r); /* the same event: told by the feed and again by a poll */
	assert_int_equal(r.actions.count, 0);
	assert_int_equal(r.core.slot[0].book.qty, 75);
	rig_fill(&r, order, 75, 100);
	assert_int_equal(r.core.slot[0].book.qty, 150);
	r.event.fill.trade = 0; /* no id: nothing to know it by */
	rig_post(&r);
	assert_int_equal(r.core.slot[0].book.qty, 225);
	rig_done(&r);
}

/* The memory of executions is bounded; when it is half full it begins anew and still knows the newest. */
static void many_executions(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	uint64_t order = r.core.slot[0].plan.order;
	for (unsigned i = 1; i <= 290; i++) {
		rig_fill(&r, order, 1, 100);
		rig_post(&r);
		assert_int_equal(r.core.slot[0].book.qty, i);
		assert_true(r.core.s->known_fills <= 64 * CORE_FILLS_PER_ORDER / 2);
	}
	rig_done(&r);
}

static bool remembered_twice(struct rig *r, uint64_t trade)
{
	qty_t before = r->core.slot[0].book.qty;
	uint64_t newest = r->trade;

	r->trade = trade - 1;
	rig_fill(r, 1, 1, 100);
	r->trade = newest;
	return r->core.slot[0].book.qty == before;
}

/* In live a restart tells the whole day again: within it nothing is forgotten, and no entry adds to what is too much already. */
static void live_forgets_nothing_within_a_day(void **state)
{
	const uint32_t room = 64 * CORE_FILLS_PER_ORDER;
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	r.core.s->start.mode = MODE_LIVE;
	for (uint32_t i = 1; i < room; i++) {
		assert_int_equal(orders_day_full(&r.core), i > room / 2);
		rig_fill(&r, 1, 1, 100);
		assert_true(remembered_twice(&r, 1));
	}
	assert_int_equal(r.core.s->known_fills, room - 1);
	rig_fill(&r, 1, 1, 100); /* no room: counted, and said */
	assert_int_equal(r.core.slot[0].book.qty, room);
	assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_LATE_FILL);
	assert_true(remembered_twice(&r, room - 1));
	rig_done(&r);
}

static uint32_t known_after_a_day(uint32_t fills, uint32_t mode)
{
	struct rig r;

	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	r.core.s->start.mode = mode;
	for (uint32_t i = 0; i < fills; i++)
		rig_fill(&r, 1, 1, 100);
	r.core.out = &r.actions;
	r.actions.count = 0;
	account_day_begin(&r.core);
	uint32_t known = r.core.s->known_fills;
	rig_done(&r);
	return known;
}

static void the_day_begins_with_room(void **state)
{
	(void)state;
	assert_int_equal(known_after_a_day(63, MODE_LIVE), 63); /* less than a quarter of the room */
	assert_int_equal(known_after_a_day(64, MODE_LIVE), 0);
	assert_int_equal(known_after_a_day(64, MODE_PAPER), 64);
}

static void fill_before_ack(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	struct order *o = order_find(&r.core, r.core.slot[0].plan.order);
	rig_fill(&r, o->request.order, 75, 100);
	assert_int_equal(o->state, ORDER_PARTIAL);
	rig_report(&r, o->request.order, REPORT_SENT, "");
	rig_report(&r, o->request.order, REPORT_ACCEPTED, "");
	rig_report(&r, o->request.order, REPORT_OPEN, "");
	assert_int_equal(o->state, ORDER_PARTIAL);
	assert_string_equal(o->broker_ref, "R1");
	rig_report(&r, o->request.order, REPORT_ABSENT, "");
	assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_FOREIGN);
	assert_int_equal(o->state, ORDER_PARTIAL);
	rig_done(&r);
}

static void overfill_is_told_and_left(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980);
	rig_fill(&r, r.core.slot[0].plan.order, 375, 100);
	assert_int_equal(rig_action(&r, OUTCOME_ALERT, 0)->alert.alert, ALERT_LATE_FILL);
	assert_int_equal(r.core.slot[0].book.qty, 375); /* the true quantity */
	rig_done(&r);
}

/* A number whose slot still holds a live order is passed over, so no live order is ever forgotten. */
static void slots_come_round(void **state)
{
	struct rig r;

	(void)state;
	rig_open(&r);
	rig_ask(&r, 0, 1, 23980); /* order 1 stays at work */
	r.core.s->next_order = 65; /* its slot again */
	r.core.out = &r.actions;
	r.actions.count = 0;
	struct order *o = orders_place(&r.core, 0, RIG_SHARE, SIDE_BUY, PURPOSE_EXIT, 1, 500, exit_reason_text(EXIT_MANUAL));
	assert_int_equal(o->request.order, 66);
	assert_non_null(order_find(&r.core, 1));
	assert_null(order_find(&r.core, 65));
	assert_null(order_find(&r.core, 0));
	rig_done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs),
		cmocka_unit_test(every_transition),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(live_or_terminal),
		cmocka_unit_test(tags),
		cmocka_unit_test(next_tags),
		cmocka_unit_test(foreign_words),
		cmocka_unit_test(an_execution_counts_once),
		cmocka_unit_test(many_executions),
		cmocka_unit_test(live_forgets_nothing_within_a_day),
		cmocka_unit_test(the_day_begins_with_room),
		cmocka_unit_test(fill_before_ack),
		cmocka_unit_test(overfill_is_told_and_left),
		cmocka_unit_test(slots_come_round),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
