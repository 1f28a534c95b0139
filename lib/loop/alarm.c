#include "lib/loop/alarm.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define ALARM_MAGIC 0xA1A26C10u

static void ready(uv_poll_t *poll, int status, int events)
{
	struct alarm *a = poll->data;
	uint64_t times;

	(void)status;
	(void)events;
	CHECK_OBJ(a, ALARM_MAGIC);
	if (read(a->fd, &times, sizeof(times)) == sizeof(times)) /* else it was stopped or set anew meanwhile */
		a->rang(a->data);
}

int alarm_open(struct alarm *a, uv_loop_t *loop, void (*rang)(void *data), void *data)
{
	*a = (struct alarm){ .magic = ALARM_MAGIC, .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), .rang = rang, .data = data };
	int err = a->fd < 0 ? -errno : uv_poll_init(loop, &a->poll, a->fd);

	if (err != 0) {
		if (a->fd >= 0)
			close(a->fd);
		a->fd = -1;
		return err_from_errno(-err);
	}
	a->poll.data = a;
	uv_poll_start(&a->poll, UV_READABLE, ready);
	return ERR_OK;
}

static struct timespec timespec_ms(uint64_t ms)
{
	return (struct timespec){ .tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000 };
}

static void set(struct alarm *a, struct itimerspec when)
{
	CHECK_OBJ(a, ALARM_MAGIC);
	int err = timerfd_settime(a->fd, 0, &when, NULL);
	assert(err == 0);
}

void alarm_in(struct alarm *a, uint64_t ms, uint64_t repeat_ms)
{
	struct itimerspec when = { timespec_ms(repeat_ms), timespec_ms(ms) };

	if (ms == 0)
		when.it_value.tv_nsec = 1; /* 0 would stop it */
	set(a, when);
}

void alarm_stop(struct alarm *a)
{
	set(a, (struct itimerspec){ 0 });
}

void alarm_close(struct alarm *a)
{
	CHECK_OBJ(a, ALARM_MAGIC);
	if (a->fd < 0)
		return;
	uv_close((uv_handle_t *)&a->poll, NULL);
	close(a->fd);
	a->fd = -1;
}
