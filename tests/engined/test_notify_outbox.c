/* Who is told what and when: in order, joined, each chat at its own pace; what waited too long is counted, and no alarm is lost in it. */
#include "engined/notify/outbox.h"

#include <stdio.h>
#include <string.h>

#include "tests/control/unit.h"

#define NOW (stamp_at(20780, TIME_OF_DAY(12, 0)))
#define MONO (20 * NANOS_HOUR)
#define MOST 3900

static struct outbox o;
static struct buf out;
static struct outbox_batch batch;

static int fresh(void **state)
{
	(void)state;
	o = (struct outbox){ 0 };
	buf_done(&out);
	return 0;
}

static void put(uint64_t seq, nanos_t ago, enum words_weight weight, const char *text)
{
	struct words w = { .weight = weight };

	snprintf(w.text, sizeof(w.text), "%s", text);
	outbox_put(&o, seq, NOW - ago, MONO - ago, &w);
}

static bool next(uint64_t told, size_t most)
{
	buf_clear(&out);
	return outbox_next(&o, told, MONO, most, &out, &batch);
}

static void assert_has(const char *part, bool wanted)
{
	if ((strstr(out.data, part) != NULL) != wanted)
		fail_msg("%s \"%s\" in: %s", wanted ? "no" : "there is", part, out.data);
}

static void test_joined_in_order(void **state)
{
	(void)state;
	assert_false(next(0, MOST));
	put(5, 0, WORDS_QUIET, "first");
	put(9, 0, WORDS_NEWS, "second");
	assert_true(next(0, MOST));
	assert_string_equal(out.data, "\n12:00:00 first\n12:00:00 second");
	assert_int_equal(batch.upto, 9);
	assert_int_equal(batch.n, 2);
	assert_false(batch.quiet);
	assert_true(next(5, MOST));
	assert_string_equal(out.data, "\n12:00:00 second");
	assert_false(next(9, MOST));
	assert_int_equal(outbox_waiting(&o, 4), 2);
	assert_int_equal(outbox_waiting(&o, 9), 0);
}

static void test_quiet_when_all_are(void **state)
{
	(void)state;
	put(1, 0, WORDS_QUIET, "a");
	put(2, 0, WORDS_QUIET, "b");
	assert_true(next(0, MOST) && batch.quiet);
	put(3, 0, WORDS_LOUD, "c");
	assert_true(next(0, MOST) && !batch.quiet);
	assert_has("!! c", true);
}

/* As much as a message takes; the rest is the next one's. One alone is never left behind for its length. */
static void test_size(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 50; i++)
		put(i, 0, WORDS_NEWS, "a line of forty letters, more or less so");
	uint64_t told = 0;
	unsigned messages = 0, lines = 0;
	for (; next(told, 500); told = batch.upto) {
		assert_true(out.len <= 500);
		messages++;
		lines += batch.n;
	}
	assert_int_equal(lines, 50);
	assert_true(messages >= 5 && messages <= 8);
	assert_true(next(49, 10));
	assert_int_equal(batch.n, 1);
}

static void test_a_few_old_ones_are_told(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= OUTBOX_OLD_FEW; i++)
		put(i, NANOS_HOUR, WORDS_NEWS, "old");
	assert_true(next(0, MOST));
	assert_has("could not be reached", false);
	assert_int_equal(batch.n, OUTBOX_OLD_FEW);
}

static void test_many_old_ones_are_counted(void **state)
{
	char text[32];

	(void)state;
	for (uint64_t i = 1; i <= 37; i++) {
		snprintf(text, sizeof(text), "news%02u", (unsigned)i);
		put(i, NANOS_HOUR, i == 20 ? WORDS_LOUD : WORDS_NEWS, text);
	}
	put(40, 0, WORDS_NEWS, "fresh");
	assert_true(next(0, MOST));
	assert_has("37 messages while Telegram could not be reached, ", true);
	assert_has(" 11:00", true);
	assert_has("!! news20", true);
	assert_has("news19", false);
	assert_has("fresh", false);
	assert_true(batch.summary);
	assert_int_equal(batch.upto, 37);
	assert_true(next(37, MOST));
	assert_has("fresh", true);
	assert_false(batch.summary);
}

/* More alarms than fit: the newest are told. */
static void test_alarms_without_end(void **state)
{
	char text[400];

	(void)state;
	for (uint64_t i = 1; i <= 100; i++) {
		snprintf(text, sizeof(text), "alarm%03u %0350d", (unsigned)i, 0);
		put(i, NANOS_HOUR, WORDS_LOUD, text);
	}
	assert_true(next(0, MOST));
	assert_true(out.len <= MOST);
	assert_has("alarm100", true);
	assert_has("alarm001", false);
	assert_int_equal(batch.upto, 100);
}

/* The limit is one of age, to the nanosecond. */
static void test_just_old(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= 9; i++)
		put(i, OUTBOX_OLD, WORDS_NEWS, "x");
	assert_true(next(0, MOST) && !batch.summary);
	fresh(state);
	for (uint64_t i = 1; i <= 9; i++)
		put(i, OUTBOX_OLD + 1, WORDS_NEWS, "x");
	assert_true(next(0, MOST) && batch.summary);
}

static void test_the_day_ends_a_message(void **state)
{
	struct words w = { .weight = WORDS_NEWS, .day = true, .text = "DAY" };

	(void)state;
	put(1, 0, WORDS_NEWS, "before");
	outbox_put(&o, 2, NOW, MONO, &w);
	put(3, 0, WORDS_NEWS, "after");
	assert_true(next(0, MOST) && batch.day);
	assert_int_equal(batch.upto, 2);
	assert_true(next(2, MOST) && !batch.day);
	assert_has("after", true);
}

static void test_no_room(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= OUTBOX_ITEMS + 10; i++)
		put(2 * i, 0, WORDS_NEWS, "x");
	assert_int_equal(o.lost, 10);
	assert_true(next(0, MOST));
	assert_has("What was before record 22 had no room", true);
	assert_true(next(20, MOST)); /* heard all that was lost */
	assert_has("had no room", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_joined_in_order, fresh, fresh), cmocka_unit_test_setup_teardown(test_quiet_when_all_are, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_size, fresh, fresh), cmocka_unit_test_setup_teardown(test_a_few_old_ones_are_told, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_many_old_ones_are_counted, fresh, fresh), cmocka_unit_test_setup_teardown(test_alarms_without_end, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_just_old, fresh, fresh), cmocka_unit_test_setup_teardown(test_the_day_ends_a_message, fresh, fresh),
		cmocka_unit_test_setup_teardown(test_no_room, fresh, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
