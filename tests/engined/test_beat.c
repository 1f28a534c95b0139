/* When the engine gives a sign of life: at the end of a pass that did its work in time, and at no other moment. The parts that a beat asks are doubles. */
#include "engined/app.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engined/live.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

static struct app a;
static struct core core;
static struct core_state state_of_core;
static nanos_t mono;
static char folder[64], path[96];

nanos_t app_mono(void) { return mono; }
nanos_t clock_now(const struct clock *c) { return c->virtual_from + mono; }
enum refusal core_ready(const struct core *c) { (void)c; return REFUSAL_NONE; }
void live_blind(struct app *app, char *why, size_t size) { (void)app; snprintf(why, size, "%s", ""); }
void journal_state(const struct journal *j, struct journal_state *ret) { (void)j; *ret = (struct journal_state){ 0 }; }

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/beat-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/heartbeat", folder);
	mono = NANOS_SECOND;
	core.s = &state_of_core;
	a = (struct app){ .magic = APP_MAGIC, .core = &core };
	snprintf(a.runtime_dir, sizeof(a.runtime_dir), "%s", folder);
	assert_int_equal(uv_loop_init(&a.loop), 0);
	return beat_open(&a);
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
	(void)ctx;
	uv_close(handle, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	uv_walk(&a.loop, close_handle, NULL);
	uv_run(&a.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&a.loop), 0);
	heartbeat_close(&a.beat.file);
	unlink(path);
	return rmdir(folder);
}

static uint64_t beats(void)
{
	struct beat b;
	bool alive;

	return heartbeat_read(path, &b, &alive) == ERR_OK ? b.sequence : 0;
}

/* Time goes on while the loop turns, and nobody works for long. */
static void turn(uv_timer_t *timer)
{
	unsigned *left = timer->data;

	mono += 50 * NANOS_MS;
	if (--*left == 0)
		uv_stop(timer->loop);
}

static void turns(unsigned n)
{
	uv_timer_t timer;

	uv_timer_init(&a.loop, &timer);
	timer.data = &n;
	uv_timer_start(&timer, turn, 1, 1);
	uv_run(&a.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&a.loop, UV_RUN_NOWAIT);
}

static void each_pass_gives_one(void **state)
{
	(void)state;
	beat_begin(&a);
	turns(20);
	assert_in_range(beats(), 20, 22);
}

/* What ends a pass of paper and live did not come to its end: the loop turns, its timers run, and nothing is proven. */
static void turns_without_their_work_give_none(void **state)
{
	(void)state;
	a.live = (struct live *)&a; /* never looked into */
	beat_begin(&a);
	beat_pass(&a);
	assert_int_equal(beats(), 1);
	turns(60);
	assert_int_equal(beats(), 1);
	beat_pass(&a);
	assert_int_equal(a.beat.late, 1); /* and the next that ends has taken three seconds */
	assert_int_equal(beats(), 1);
	beat_pass(&a);
	assert_int_equal(beats(), 2);
}

/* Thousands of passes in a millisecond give one beat, unless there is something new to say. */
static void news_at_once(void **state)
{
	(void)state;
	beat_begin(&a);
	beat_pass(&a);
	mono += NANOS_MS - 1;
	beat_pass(&a);
	assert_int_equal(beats(), 1);
	a.core->s->open_books = 1; /* another bit, then another number */
	beat_pass(&a);
	assert_int_equal(beats(), 2);
	a.core->s->open_books = 2;
	beat_pass(&a);
	assert_int_equal(beats(), 3);
	mono += NANOS_MS - 1;
	beat_pass(&a);
	assert_int_equal(beats(), 3);
	mono += 1;
	beat_pass(&a);
	assert_int_equal(beats(), 4);
	a.core->s->open_books = 0;
}

static void late_is_a_second(void **state)
{
	(void)state;
	beat_begin(&a);
	beat_pass(&a);
	mono += NANOS_SECOND - 1;
	beat_pass(&a);
	assert_int_equal(beats(), 2);
	mono += NANOS_SECOND;
	beat_pass(&a);
	assert_int_equal(beats(), 2);
	assert_int_equal(a.beat.late, 1);
}

/* The start's own beats tell its steps; passes of the loop meanwhile prove nothing. */
static void starting(void **state)
{
	struct beat b;
	bool alive;

	(void)state;
	a.step = "reading the journal";
	beat_starting(&a);
	assert_int_equal(beats(), 1);
	beat_pass(&a);
	assert_int_equal(beats(), 1);
	assert_int_equal(heartbeat_read(path, &b, &alive), ERR_OK);
	assert_true((b.bits & BEAT_STARTING) && alive);
	assert_string_equal(b.reason, "reading the journal");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = { TEST(each_pass_gives_one), TEST(turns_without_their_work_give_none), TEST(news_at_once), TEST(late_is_a_second), TEST(starting) };

	return cmocka_run_group_tests_name("beat", tests, NULL, NULL);
}
