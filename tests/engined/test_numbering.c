/* Which slot a strategy of the settings gets: its own, whatever else changed in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engined/market.h"

#define SLOTS 6

static struct core_state books;
static struct slot slots[SLOTS];
static struct core core;
static struct event_strategy list[SLOTS + 2];
static size_t n, which;

/* A core that knows these strategies: a name each, and what is not idle in it. */
static int clean(void **state)
{
	(void)state;
	books = (struct core_state){ .limits.strategies = SLOTS };
	memset(slots, 0, sizeof(slots));
	core = (struct core){ .s = &books, .slot = slots, .ops = strategy_builtin };
	n = 0;
	return 0;
}

static struct slot *known(const char *id)
{
	struct slot *s = &slots[books.strategies++];

	snprintf(s->id, sizeof(s->id), "%s", id);
	return s;
}

static void wanted(const char *id, const char *kind)
{
	list[n] = (struct event_strategy){ .index = 99 };
	snprintf(list[n].id, sizeof(list[n].id), "%s", id);
	snprintf(list[n].ops, sizeof(list[n].ops), "%s", kind);
	n++;
}

static void new_ones(void **state)
{
	(void)state;
	wanted("a", "amd");
	wanted("b", "amd");
	n = market_adopted(list, n, n + 1);
	assert_true(market_number(&core, list, n, &which));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(list[i].index, i);
}

static void each_its_own(void **state)
{
	(void)state;
	known("a");
	known("b")->book.qty = 5;
	known("c");
	wanted("d", "amd");
	wanted("c", "amd");
	wanted("e", "amd");
	assert_true(market_number(&core, list, n, &which));
	assert_int_equal(list[0].index, 0); /* of "a", which holds nothing */
	assert_int_equal(list[1].index, 2);
	assert_int_equal(list[2].index, 3); /* not of "b" */
	assert_false(market_removed(&core, 0, list, n));
	assert_true(market_removed(&core, 1, list, n));
	assert_false(market_removed(&core, 2, list, n));
}

/* An order at work, an operator's pause, a lock: nothing that a newcomer should begin with. */
static void not_a_used_one(void **state)
{
	(void)state;
	known("ordered")->plan.state = PLAN_ENTERING;
	known("paused")->paused = PAUSED_BY_HAND | PAUSED_REMOVED;
	known("locked")->streak_locked = 1;
	known("many")->runaway = 1;
	known("gone")->paused = PAUSED_REMOVED;
	wanted("new", "amd");
	wanted("newer", "amd");
	assert_true(market_number(&core, list, n, &which));
	assert_int_equal(list[0].index, 4);
	assert_int_equal(list[1].index, 5);
}

/* Journals from before slots went by name may have a name twice. */
static void named_twice(void **state)
{
	(void)state;
	known("a");
	known("b");
	known("b")->book.qty = 1;
	wanted("b", "amd");
	wanted("a", "amd");
	assert_true(market_number(&core, list, n, &which));
	assert_int_equal(list[0].index, 1);
	assert_int_equal(list[1].index, 0);
	assert_true(market_removed(&core, 2, list, n));
}

/* What was taken over, and the books of orders by hand, are nobody else's. */
static void taken(void **state)
{
	uint32_t manual = 0;

	(void)state;
	while (strategy_builtin[manual] != &strategy_manual)
		manual++;
	known("adopted1")->ops = OPS_ADOPTED;
	known("manual")->ops = manual;
	wanted("adopted1", "amd");
	n = market_adopted(list, n, n + 2);
	assert_true(market_number(&core, list, n, &which));
	assert_int_equal(list[0].index, 2);
	assert_int_equal(list[1].index, 0);
	assert_int_equal(list[2].index, 3);
	assert_false(market_removed(&core, 0, list, n));
	assert_false(market_removed(&core, 1, list, n));
}

static void no_room(void **state)
{
	(void)state;
	for (char id[] = "a"; books.strategies < SLOTS; id[0]++)
		known(id)->book.qty = 1;
	slots[SLOTS - 1].book.qty = 0;
	wanted("b", "amd");
	wanted("new", "amd");
	assert_true(market_number(&core, list, n, &which));
	assert_int_equal(list[1].index, SLOTS - 1);
	wanted("newer", "amd");
	assert_false(market_number(&core, list, n, &which));
	assert_int_equal(which, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_ones, clean),
		cmocka_unit_test_setup(each_its_own, clean),
		cmocka_unit_test_setup(not_a_used_one, clean),
		cmocka_unit_test_setup(named_twice, clean),
		cmocka_unit_test_setup(taken, clean),
		cmocka_unit_test_setup(no_room, clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
