/* What the watchdog makes of beats: each state, when it is an alarm, how often it is said, and when the account is taken. Time is handed in. */
#include "engined/watchdog/watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/event.h"

#define S NANOS_SECOND
#define DAY 20780

static struct watch w;
static struct watch_input in;

static int set_up(void **state)
{
	struct watch_settings set = { .alarm_after = 20 * S, .repeat = 60 * S, .grace = 30 * S, .flatten = true };

	(void)state;
	watch_init(&w, &set);
	memset(&in, 0, sizeof(in));
	in.mono = 1000 * S;
	in.today = DAY;
	in.market_open = in.expected = in.known = in.alive = true;
	in.beat = (struct beat){ .mode = MODE_LIVE, .bits = BEAT_LINKED | BEAT_READY, .pid = 99, .epoch = 5, .wall = stamp_at(DAY, TIME_OF_DAY(11, 0)) };
	return 0;
}

static enum watch_say step(void)
{
	return watch_step(&w, &in);
}

/* A second of steps, with beats or without. Returns the most that was said. */
static enum watch_say seconds(int n, bool beats)
{
	enum watch_say most = SAY_NOTHING, now;

	for (int i = 0; i < 4 * n; i++) {
		in.mono += S / 4;
		if (beats)
			in.beat.mono = in.mono, in.beat.sequence++;
		now = step();
		most = now > most ? now : most;
	}
	return most;
}

static void die(void)
{
	in.alive = false;
}

static void states(void **state)
{
	(void)state;
	seconds(1, true);
	assert_int_equal(w.state, WATCH_WELL);
	in.beat.bits = BEAT_BLIND;
	seconds(1, true);
	assert_int_equal(w.state, WATCH_BLIND);
	in.beat.bits |= BEAT_JOURNAL_FAILED;
	seconds(1, true);
	assert_int_equal(w.state, WATCH_NO_JOURNAL);
	in.beat.bits = BEAT_STARTING;
	seconds(10, false);
	assert_int_equal(w.state, WATCH_STARTING);
	in.beat.bits = 0;
	seconds(4, false);
	assert_int_equal(w.state, WATCH_WEDGED);
	die();
	seconds(1, false);
	assert_int_equal(w.state, WATCH_DEAD);
	for (int status = 0; status < 6; status++) {
		static const enum watch_state want[] = { WATCH_STOPPED, WATCH_DEAD, WATCH_DEAD, WATCH_NOT_FLAT, WATCH_DEAD, WATCH_DEAD };

		in.beat.bits = BEAT_EXITED;
		in.beat.status = status;
		step();
		assert_int_equal(w.state, want[status]);
	}
	in.beat.status = 0;
	in.beat.bits = BEAT_EXITED | BEAT_OPEN;
	step();
	assert_int_equal(w.state, WATCH_KEPT);
	in.beat.bits = BEAT_EXITED | BEAT_FENCED;
	step();
	assert_int_equal(w.state, WATCH_DEAD);
	in.beat.bits = BEAT_EXITED;
	in.today++;
	step();
	assert_int_equal(w.state, WATCH_WAITING); /* yesterday's stop is no engine of today */
	in.known = false;
	step();
	assert_int_equal(w.state, WATCH_WAITING);
}

static void alarm_in_time(void **state)
{
	(void)state;
	assert_int_equal(seconds(30, true), SAY_NOTHING);
	die();
	assert_int_equal(seconds(19, false), SAY_NOTHING);
	assert_int_equal(seconds(2, false), SAY_ALARM);
	assert_int_equal(seconds(58, false), SAY_NOTHING);
	assert_int_equal(seconds(3, false), SAY_REPEAT);
	watch_acknowledge(&w);
	assert_int_equal(seconds(300, false), SAY_NOTHING);
	in.alive = true;
	assert_int_equal(seconds(4, true), SAY_NOTHING);
	assert_int_equal(seconds(2, true), SAY_WELL);
	assert_int_equal(seconds(100, true), SAY_NOTHING);
}

/* The silence counts from the last beat, not from when it was noticed. */
static void wedged_counts_from_its_last_beat(void **state)
{
	nanos_t last;

	(void)state;
	seconds(5, true);
	last = in.mono;
	while (step() != SAY_ALARM && in.mono < last + 60 * S)
		in.mono += S / 4;
	assert_true(in.mono - last >= 20 * S && in.mono - last <= 21 * S);
}

/* Dies, starts, is well for a moment, dies: one trouble. */
static void crash_loop_is_heard(void **state)
{
	enum watch_say said = SAY_NOTHING;

	(void)state;
	seconds(5, true);
	for (int i = 0; i < 8 && said != SAY_ALARM; i++) {
		die();
		said = seconds(2, false);
		in.alive = true;
		in.beat.epoch++;
		if (said != SAY_ALARM)
			seconds(3, true);
	}
	assert_int_equal(said, SAY_ALARM);
}

static void worse_is_said_again(void **state)
{
	(void)state;
	in.beat.bits |= BEAT_BLIND;
	assert_int_equal(seconds(25, true), SAY_ALARM);
	watch_acknowledge(&w);
	die();
	assert_int_equal(seconds(1, false), SAY_ALARM);
	assert_false(w.acknowledged);
}

static void waiting_is_trouble_in_market_hours_only(void **state)
{
	(void)state;
	in.known = in.market_open = false;
	assert_int_equal(seconds(100, false), SAY_NOTHING);
	in.market_open = true;
	assert_int_equal(seconds(21, false), SAY_ALARM);
	set_up(NULL);
	in.known = in.expected = false;
	assert_int_equal(seconds(100, false), SAY_NOTHING); /* a demo may be off */
	set_up(NULL);
	in.alive = false;
	in.beat.bits = BEAT_EXITED | BEAT_OPEN; /* kept over night is what was wished; kept in market hours is nobody at the stops */
	in.market_open = false;
	assert_int_equal(seconds(100, false), SAY_NOTHING);
	in.market_open = true;
	assert_int_equal(seconds(21, false), SAY_ALARM);
}

static void sentences(void **state)
{
	char text[WATCH_TEXT];

	(void)state;
	die();
	in.beat.bits = BEAT_OPEN;
	step();
	watch_text(&w, text);
	assert_string_equal(text, "engined (live, pid 99) is dead: it went without a word; POSITIONS OR ORDERS ARE OPEN");
	in.beat.bits = BEAT_EXITED | BEAT_UNSURE;
	in.beat.status = 1;
	strcpy(in.beat.reason, "recovery");
	step();
	watch_text(&w, text);
	assert_string_equal(text, "engined (live, pid 99) stopped by an error (status 1, recovery); whether positions are open is not known");
	in.known = false;
	step();
	watch_text(&w, text);
	assert_string_equal(text, "engined has not been started today");
}

/* -- the account --------------------------------------------------------------------------------------------------------------- */

/* Until the act comes; seconds it took, or -1. */
static int until(enum takeover_act act, int most, bool beats)
{
	for (int i = 0; i < 4 * most; i++) {
		if (watch_takeover(&w) == act)
			return i / 4;
		in.mono += S / 4;
		if (beats)
			in.beat.mono = in.mono;
		step();
	}
	return -1;
}

static void takeover_of_the_dead(void **state)
{
	(void)state;
	seconds(5, true);
	in.beat.bits |= BEAT_OPEN;
	die();
	assert_int_equal(until(ACT_FENCE, 60, false), 20);
	assert_in_range(until(ACT_BEGIN, 60, false), 29, 31);
	watch_begun(&w);
	assert_int_equal(until(ACT_BEGIN, 20, false), -1);
	watch_done(&w);
	assert_int_equal(until(ACT_FENCE, 200, false), -1); /* once for this engine ... */
	in.beat.epoch++;
	assert_int_equal(until(ACT_FENCE, 60, false), 0); /* ... and again for the next one that dies */
}

static void restart_in_time_keeps_the_account(void **state)
{
	(void)state;
	in.beat.bits |= BEAT_OPEN;
	die();
	assert_in_range(until(ACT_FENCE, 60, false), 19, 21);
	seconds(10, false);
	in.alive = true;
	in.beat.epoch++;
	assert_in_range(until(ACT_CALL_OFF, 60, true), 4, 6);
	assert_int_equal(until(ACT_BEGIN, 100, true), -1);
}

/* Each restart dies again: the grace is one, not one for each. */
static void crash_loop_is_taken_over(void **state)
{
	int took = -1;

	(void)state;
	in.beat.bits |= BEAT_OPEN;
	die();
	until(ACT_FENCE, 60, false);
	for (int i = 0; i < 20 && took < 0; i++) {
		in.alive = true;
		in.beat.epoch++;
		assert_int_equal(until(ACT_BEGIN, 2, true), -1); /* while it beats it keeps the account */
		die();
		took = until(ACT_BEGIN, 2, false) >= 0 ? i : -1;
	}
	assert_in_range(took, 5, 9);
}

static void start_that_hangs_is_taken_over(void **state)
{
	(void)state;
	die();
	in.beat.bits |= BEAT_OPEN;
	until(ACT_FENCE, 60, false);
	in.alive = true;
	in.beat.bits = BEAT_STARTING | BEAT_UNSURE;
	assert_in_range(until(ACT_BEGIN, 100, false), 29, 31);
}

/* Nothing to close, not wished, not live, closed market, or an engine that lives: its account is not touched. */
static void no_takeover(void **state)
{
	(void)state;
	for (int i = 0; i < 7; i++) {
		set_up(NULL);
		in.beat.bits |= BEAT_OPEN;
		if (i < 5)
			die();
		if (i == 0)
			in.beat.bits &= ~(uint32_t)BEAT_OPEN;
		if (i == 1)
			w.set.flatten = false;
		if (i == 2)
			in.beat.mode = MODE_PAPER;
		if (i == 3)
			in.market_open = false;
		if (i == 4)
			in.beat.bits |= BEAT_EXITED; /* kept, as it was told to */
		if (i == 5)
			in.beat.bits |= BEAT_BLIND;
		if (i == 6)
			in.beat.bits |= BEAT_JOURNAL_FAILED;
		assert_int_equal(until(ACT_FENCE, 200, i >= 5), -1);
	}
	set_up(NULL);
	die();
	in.beat.bits = BEAT_EXITED | BEAT_OPEN;
	in.beat.status = 3;
	assert_in_range(until(ACT_FENCE, 60, false), 19, 21); /* NOT FLAT wants somebody */
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(states), TEST(alarm_in_time), TEST(wedged_counts_from_its_last_beat), TEST(crash_loop_is_heard), TEST(worse_is_said_again),
		TEST(waiting_is_trouble_in_market_hours_only), TEST(sentences), TEST(takeover_of_the_dead), TEST(restart_in_time_keeps_the_account),
		TEST(crash_loop_is_taken_over), TEST(start_that_hangs_is_taken_over), TEST(no_takeover),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
