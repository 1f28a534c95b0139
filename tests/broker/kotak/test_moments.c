/* What a moment changes: a kill while an order's connection is made, the first order after a quiet time. */
#include "tests/broker/kotak/fake.h"

#define PLACE "/quick/order/rule/ms/place"
#define MODIFY "/quick/order/vr/modify"
#define ANSWER "{\"stat\":\"Ok\",\"nOrdNo\":\"" NUMBER "\",\"stCode\":200}"

static const struct event_order *said(void)
{
	const struct event *e = fake_last(EVENT_ORDER);

	assert_non_null(e);
	return &e->order;
}

static void kill_now(void) { fake.core.s->kill = KILL_STOP; }

/* A kill while the connection is made: an entry and its reprice stay here, an exit goes. */
static void test_does_not_go(void **state)
{
	(void)state;
	fake_start();
	fake.connecting = kill_now;
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_REJECTED);
	assert_string_equal(said()->reason, "a kill is latched");
	fake_place(2, PURPOSE_EXIT);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_ACCEPTED);
	fake_close();
	fake_start();
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	fake_modify(1, 101);
	fake.connecting = kill_now;
	fake_answer(fake_find(MODIFY), WIRE_OK, 200, ANSWER);
	assert_int_equal(said()->report, REPORT_MODIFY_REJECTED);
	assert_string_equal(said()->reason, "a kill is latched");
	fake_close();
}

/* The book of a quiet half minute is old enough to forbid nothing when the first order begins to work. */
static void test_link_stays_up(void **state)
{
	(void)state;
	fake_start();
	fake_wait(29 * NANOS_SECOND + 500 * NANOS_MS);
	fake_place(1, PURPOSE_ENTRY);
	fake_answer(fake_find(PLACE), WIRE_OK, 200, ANSWER);
	assert_true(fake.k->up);
	fake_pass(19 * NANOS_SECOND); /* asked for, and not answered */
	assert_true(fake.k->up);
	fake_pass(2 * NANOS_SECOND);
	assert_false(fake.k->up);
	fake_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_does_not_go), cmocka_unit_test(test_link_stays_up) };

	return cmocka_run_group_tests_name("moments", tests, NULL, NULL);
}
