/* A cut as text: what is printed is read back as it was, and what is no cut is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/sim/cut.h"
#include "tests/sim/dials.h"

static void test_round_trip(void **state)
{
	static const char *const texts[] = {
		"", "later=30", "reroll=7,later=30,cold=1,safety=4,loud=10,ticks=3,timers=500,strikes=1,strategies=65",
		"faults=", "cold=1,faults=ANSWER_LOST:3+stale_book.17",
	};
	char text[CUT_TEXT];
	struct cut cut;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(cut_parse(&cut, texts[i]));
		cut_print(&cut, text);
		assert_string_equal(text, texts[i]);
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"later", "later=", "later=3x", "sooner=3", "faults=3", "faults=ANSWER_LOST", "faults=ANSWER_LOST.", "faults=ANSWER_LOST.0", "faults=NOTHING.1",
	};
	struct cut cut;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(cut_parse(&cut, texts[i]));
}

/* The longest there can be has room, and one fault more has none. */
static void test_longest(void **state)
{
	char text[CUT_TEXT], again[CUT_TEXT];
	struct cut cut = { .listed = true, .faults = CUT_FAULTS };
	uint16_t longest = 0;

	(void)state;
	for (size_t i = 0; i < dials_count(); i++)
		longest = strlen(dials_name(i)) > strlen(dials_name(longest)) ? (uint16_t)i : longest;
	for (size_t i = 0; i < CUT_FAULTS; i++)
		cut.fault[i] = (struct cut_fault){ longest, i & 1, (uint32_t)(4000000000u + i) };
	cut_print(&cut, text);
	assert_true(cut_parse(&cut, text));
	assert_int_equal(cut.faults, CUT_FAULTS);
	cut_print(&cut, again);
	assert_string_equal(again, text);
	strcpy(text, "faults=");
	for (size_t i = 0; i <= CUT_FAULTS; i++)
		strcat(text, i ? "+halt.1" : "halt.1");
	assert_false(cut_parse(&cut, text));
}

static void test_keeps(void **state)
{
	struct cut_fault third = { (uint16_t)dials_find("SLOW"), 1, 3 }, other = { third.dial, 0, 3 };
	struct cut cut;

	(void)state;
	assert_true(cut_parse(&cut, "later=1"));
	assert_true(cut_keeps(&cut, &third));
	assert_true(cut_parse(&cut, "faults=SLOW:3"));
	assert_true(cut_keeps(&cut, &third));
	assert_false(cut_keeps(&cut, &other));
	assert_true(cut_parse(&cut, "faults="));
	assert_false(cut_keeps(&cut, &third));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refused), cmocka_unit_test(test_longest), cmocka_unit_test(test_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
