/* A timer by descriptor: it rings when due and not before, again when it repeats, and not once it was stopped or closed. */
#include "tests/control/unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/loop/alarm.h"
#include "lib/loop/clock.h"

static uv_loop_t loop;

struct bell { struct alarm alarm; nanos_t rang_at; int times, enough; };

static void rang(void *data)
{
	struct bell *b = data;

	b->times++;
	b->rang_at = clock_mono();
	if (b->times == b->enough)
		uv_stop(&loop);
}

static void open_bell(struct bell *b, int enough)
{
	*b = (struct bell){ .enough = enough };
	assert_int_equal(alarm_open(&b->alarm, &loop, rang, b), ERR_OK);
}

static int start(void **state)
{
	(void)state;
	return uv_loop_init(&loop);
}

static int stop(void **state)
{
	(void)state;
	uv_run(&loop, UV_RUN_DEFAULT); /* the closed handles go, and none keeps the loop */
	return uv_loop_close(&loop);
}

static void it_rings_once_and_not_early(void **state)
{
	static struct bell b, later;
	nanos_t from = clock_mono();

	(void)state;
	open_bell(&b, 0);
	open_bell(&later, 1);
	alarm_in(&b.alarm, 5, 0);
	alarm_in(&later.alarm, 60, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(b.times, 1);
	assert_true(b.rang_at - from >= 5 * NANOS_MS && later.rang_at - from >= 60 * NANOS_MS);
	alarm_close(&b.alarm);
	alarm_close(&later.alarm);
}

static void it_repeats_until_it_is_stopped(void **state)
{
	static struct bell b, later;

	(void)state;
	open_bell(&b, 4);
	open_bell(&later, 1);
	alarm_in(&b.alarm, 0, 2); /* 0 is the next turn, not never */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(b.times, 4);
	alarm_stop(&b.alarm);
	alarm_in(&later.alarm, 20, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(b.times, 4);
	alarm_close(&b.alarm);
	alarm_close(&later.alarm);
}

/* Due already, yet stopped or set anew before the loop looked: the old time does not ring. */
static void what_was_set_anew_forgets_the_old_time(void **state)
{
	static struct bell stopped, again;
	nanos_t from;

	(void)state;
	open_bell(&stopped, 0);
	open_bell(&again, 1);
	alarm_in(&stopped.alarm, 1, 0);
	alarm_in(&again.alarm, 1, 0);
	uv_sleep(5);
	alarm_stop(&stopped.alarm);
	from = clock_mono();
	alarm_in(&again.alarm, 30, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(stopped.times, 0);
	assert_int_equal(again.times, 1);
	assert_true(again.rang_at - from >= 30 * NANOS_MS);
	alarm_close(&stopped.alarm);
	alarm_close(&again.alarm);
	alarm_close(&again.alarm);
}

static void no_descriptor_is_an_error(void **state)
{
	static struct bell b;
	struct rlimit old, low;
	int fds[64], n = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = (struct rlimit){ 64, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while (n < 64 && (fds[n] = fcntl(0, F_DUPFD_CLOEXEC, 0)) >= 0)
		n++;
	int err = alarm_open(&b.alarm, &loop, rang, &b);
	while (n > 0)
		close(fds[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_true(err < 0);
	alarm_close(&b.alarm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_rings_once_and_not_early, start, stop),
		cmocka_unit_test_setup_teardown(it_repeats_until_it_is_stopped, start, stop),
		cmocka_unit_test_setup_teardown(what_was_set_anew_forgets_the_old_time, start, stop),
		cmocka_unit_test_setup_teardown(no_descriptor_is_an_error, start, stop),
	};

	return cmocka_run_group_tests_name("alarm", tests, NULL, NULL);
}
