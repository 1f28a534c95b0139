#include "lib/loop/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define SPEED_MAX 1000

static nanos_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NANOS_SECOND + t.tv_nsec;
}

static bool is_system(const struct clock *c)
{
	return c->virtual_from == 0 && c->speed == 1;
}

nanos_t clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

nanos_t clock_now(const struct clock *c)
{
	return is_system(c) ? read_clock(CLOCK_REALTIME) : c->virtual_from + (clock_mono() - c->real_from) * c->speed;
}

nanos_t clock_steady(const struct clock *c)
{
	return is_system(c) ? clock_mono() : clock_now(c);
}

uint64_t clock_ms(const struct clock *c, nanos_t span)
{
	nanos_t unit = NANOS_MS * c->speed;

	return span <= unit ? 1 : (uint64_t)(span / unit + (span % unit != 0));
}

nanos_t clock_forward(struct clock_forward *f, nanos_t wall, nanos_t steady)
{
	nanos_t least = f->told + (steady - f->at) / 2;

	f->told = wall > least ? wall : least;
	f->at = steady;
	return f->told;
}

/* One number and the comma after it. */
static int parse_part(const char **text, int64_t min, int64_t max, int64_t *ret)
{
	size_t len = strcspn(*text, ",");
	int err = num_parse_int(*text, len, min, max, ret);

	*text += len;
	*text += **text == ',';
	return err;
}

int clock_parse(const char *text, struct clock *ret)
{
	struct clock c;
	unsigned commas = 0;

	for (const char *at = text; *at; at++)
		commas += *at == ',';
	if (commas != 2)
		return ERR_PARSE;
	int err = parse_part(&text, 1, INT64_MAX / 2, &c.virtual_from);
	if (err == ERR_OK)
		err = parse_part(&text, 0, INT64_MAX / 2, &c.real_from);
	if (err == ERR_OK)
		err = parse_part(&text, 1, SPEED_MAX, &c.speed);
	if (err == ERR_OK)
		*ret = c;
	return err;
}
