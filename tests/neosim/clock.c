#include "tests/neosim/clock.h"

#include <time.h>

#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)
#define IST    (19800 * SECOND)

static int64_t real_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

void sim_clock_start(struct sim_clock *c, int64_t at, int64_t speed)
{
	c->virtual_from = at;
	c->real_from = real_now();
	c->speed = speed;
}

int64_t sim_now(const struct sim_clock *c)
{
	return c->virtual_from + (real_now() - c->real_from) * c->speed;
}

int sim_wait_ms(const struct sim_clock *c, int64_t at)
{
	int64_t now = sim_now(c);
	int64_t ms;

	if (at <= now)
		return 0;
	if (c->speed <= 0)
		return 1000;
	ms = (at - now) / (c->speed * 1000000) + 1;
	return ms < 1000 ? (int)ms : 1000;
}

int32_t sim_date(int64_t now)
{
	return (int32_t)floor_div(now + IST, DAY);
}

int64_t sim_time_of_day(int64_t now)
{
	return now + IST - sim_date(now) * DAY;
}

int64_t sim_at(int32_t date, int64_t time_of_day)
{
	return date * DAY + time_of_day - IST;
}
