/* What lib/kotak, lib/broker/kotak and lib/feed/kotak ask of libuv, over the world's queue: timers, closing, work "on another thread" and one address
 * parser. A timer's event number lives in uv_timer_t.start_id, 0 = not running. */
#include <arpa/inet.h>
#include <uv.h>

#include "lib/base/obj.h"
#include "tests/sim/world.h"

#define WORK_TAKES (5 * NANOS_MS)

void uv_update_time(uv_loop_t *loop)
{
	(void)loop; /* it is what it is until the event has been handled */
}

/* -- timers ------------------------------------------------------------------------------------------------------------------------ */

static void rang(void *ctx, uint64_t number)
{
	uv_timer_t *timer = ctx;

	assert(timer->start_id == number);
	uint64_t every = timer->repeat > sim_world->cut.timers ? timer->repeat : sim_world->cut.timers;

	timer->start_id = timer->repeat ? world_at(sim_world->now + (nanos_t)every * NANOS_MS, rang, timer) : 0;
	timer->timer_cb(timer);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer)
{
	timer->loop = loop;
	timer->start_id = timer->repeat = 0;
	timer->timer_cb = NULL;
	timer->close_cb = NULL;
	return 0;
}

int uv_timer_stop(uv_timer_t *timer)
{
	if (timer->start_id)
		world_drop(timer->start_id);
	timer->start_id = 0;
	return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
	assert(cb);
	uv_timer_stop(timer);
	timer->timer_cb = cb;
	timer->repeat = repeat;
	timer->start_id = world_at(sim_world->now + (nanos_t)timeout * NANOS_MS, rang, timer);
	return 0;
}

/* -- the end of a handle: only timers are ever made here --------------------------------------------------------------------------- */

static void closed(void *ctx, uint64_t number)
{
	uv_handle_t *handle = ctx;

	(void)number;
	if (handle->close_cb)
		handle->close_cb(handle);
}

void uv_close(uv_handle_t *handle, uv_close_cb cb)
{
	uv_timer_stop((uv_timer_t *)handle);
	handle->close_cb = cb;
	world_at(sim_world->now, closed, handle);
}

/* -- work -------------------------------------------------------------------------------------------------------------------------- */

static void worked(void *ctx, uint64_t number)
{
	uv_work_t *work = ctx;

	(void)number;
	work->work_cb(work);
	if (work->after_work_cb)
		work->after_work_cb(work, 0);
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *work, uv_work_cb cb, uv_after_work_cb after)
{
	work->loop = loop;
	work->work_cb = cb;
	work->after_work_cb = after;
	world_at(sim_world->now + WORK_TAKES, worked, work);
	return 0;
}

int uv_inet_pton(int family, const char *text, void *ret)
{
	return inet_pton(family, text, ret) == 1 ? 0 : UV_EINVAL;
}
