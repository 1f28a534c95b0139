#include "lib/loop/clock.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define SPEED_MAX 1000
#define AT_ONCE NANOS_MS /* between two readings that belong together */

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

nanos_t clock_wall(const struct clock *c)
{
	return is_system(c) ? read_clock(CLOCK_REALTIME) : c->virtual_from + (clock_mono() - c->real_from) * c->speed;
}

nanos_t clock_now(const struct clock *c)
{
	return c->base ? clock_base_now(c->base, clock_steady(c)) : clock_wall(c);
}

nanos_t clock_steady(const struct clock *c)
{
	return is_system(c) ? read_clock(CLOCK_BOOTTIME) : clock_now(c);
}

/* Both at one moment: the process may be put aside between the two readings. */
static void read_pair(const struct clock *c, nanos_t *wall, nanos_t *steady)
{
	nanos_t before;
	int tries = 3;

	do {
		before = clock_steady(c);
		*wall = clock_wall(c);
		*steady = clock_steady(c);
	} while (*steady - before > AT_ONCE && --tries > 0);
}

void clock_begin(struct clock *c, struct clock_base *b)
{
	nanos_t wall, steady;

	if (!is_system(c))
		return;
	read_pair(c, &wall, &steady);
	clock_base_begin(b, wall, steady);
	c->base = b;
}

void clock_look(const struct clock *c)
{
	nanos_t wall, steady;

	if (!c->base)
		return;
	read_pair(c, &wall, &steady);
	clock_base_keep(c->base, wall, steady);
}

bool clock_held(const struct clock *c)
{
	return c->base && c->base->held;
}

nanos_t clock_ahead(const struct clock *c)
{
	return c->base ? clock_base_ahead(c->base, clock_steady(c)) : 0;
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
	struct clock c = CLOCK_SYSTEM;
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
