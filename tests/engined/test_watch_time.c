/* Whose time the watchdog goes by: the engine's while it beats and for an hour after, else the machine's. */
#include "tests/control/unit.h"

#include "engined/watchdog/watchdog.h"

#define WRONG (3 * NANOS_DAY) /* this machine's clock is so far ahead, the engine knows */

static struct watchdog w;
static struct watch_input in;

static nanos_t from_wall(void)
{
	return clock_now(&w.clock) - clock_wall(&w.clock);
}

static void assert_engines(void)
{
	assert_in_range(from_wall() + WRONG + NANOS_MINUTE, 0, 2 * NANOS_MINUTE);
}

static void assert_machines(void)
{
	assert_in_range(from_wall() + NANOS_MINUTE, 0, 2 * NANOS_MINUTE);
}

static void beat(uint32_t bits, uint32_t mode, nanos_t age)
{
	w = (struct watchdog){ .clock = CLOCK_SYSTEM };
	in = (struct watch_input){ .known = true, .alive = true };
	in.beat = (struct beat){ .mono = clock_mono() - age, .wall = clock_wall(&w.clock) - WRONG - age, .mode = mode, .bits = bits };
	time_keep(&w, &in);
}

static void test_of_the_engine(void **state)
{
	(void)state;
	beat(BEAT_READY, MODE_LIVE, NANOS_SECOND);
	assert_engines();
	in.alive = false; /* it died: its time runs on */
	time_keep(&w, &in);
	assert_engines();
	assert_true(clock_held(&w.clock));
	in.known = false;
	time_keep(&w, &in);
	assert_engines();
	w.time_told -= NANOS_HOUR + NANOS_MINUTE; /* and nobody came */
	time_keep(&w, &in);
	assert_machines();
	assert_false(clock_held(&w.clock));
	beat(BEAT_READY, MODE_PAPER, 0);
	assert_engines();
}

static void test_of_the_machine(void **state)
{
	(void)state;
	beat(BEAT_STARTING, MODE_LIVE, 0); /* it has not asked yet */
	assert_machines();
	beat(BEAT_EXITED, MODE_LIVE, 0);
	assert_machines();
	beat(BEAT_READY, MODE_REPLAY, 0); /* a day long past */
	assert_machines();
	beat(BEAT_READY, MODE_LIVE, 3 * NANOS_SECOND); /* silent when the watchdog began */
	assert_machines();
	w = (struct watchdog){ .clock = CLOCK_SYSTEM };
	in = (struct watch_input){ .known = false };
	time_keep(&w, &in);
	assert_machines();
}

/* What a rehearsal was given stays. */
static void test_of_a_simulator(void **state)
{
	(void)state;
	w = (struct watchdog){ .o.clock = "1,0,60", .clock = { 1, 0, 60, NULL } };
	in = (struct watch_input){ .known = true, .alive = true, .beat = { .mono = clock_mono(), .mode = MODE_LIVE, .bits = BEAT_READY } };
	time_keep(&w, &in);
	assert_null(w.clock.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_of_the_engine), cmocka_unit_test(test_of_the_machine), cmocka_unit_test(test_of_a_simulator) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
