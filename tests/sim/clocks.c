#include "tests/sim/clocks.h"

#include "tests/sim/world.h"

#define STEP_MOST NANOS_HOUR
#define SPAN_LEAST (100 * NANOS_MS)
#define SPAN_MOST (10 * NANOS_MINUTE)
#define RIGHT_LEAST (5 * NANOS_SECOND)
#define RIGHT_MOST (10 * NANOS_MINUTE)
#define WRONG_STARTS 4

static void set(nanos_t skew)
{
	sim_world->skew = skew;
	sim_world->set_right = skew ? sim_world->now + world_spread(WORLD_LIFE, RIGHT_LEAST, RIGHT_MOST) : STAMP_NEVER;
}

/* By a millisecond or an hour, forward or back; the next time often to where it was, or when its time has come (NTP). */
static void step(void)
{
	nanos_t by = world_spread(WORLD_LIFE, NANOS_MS, STEP_MOST);

	set(sim_world->skew != 0 && world_below(WORLD_LIFE, 2) ? 0 : world_below(WORLD_LIFE, 2) ? by : -by);
}

static void sleep_awhile(void)
{
	nanos_t span = world_spread(WORLD_LIFE, SPAN_LEAST, SPAN_MOST);

	sim_world->now += span;
	sim_world->asleep += span;
}

/* No clock of the machine knows of it, until somebody sets the wall's. */
static void freeze(void)
{
	nanos_t span = world_spread(WORLD_LIFE, SPAN_LEAST, SPAN_MOST);

	sim_world->now += span;
	sim_world->lost += span;
	sim_world->frozen_at = sim_world->now;
	set(sim_world->skew - span);
}

void clocks_turn(void)
{
	if (sim_world->now >= sim_world->set_right)
		set(0);
	if (world_strikes(WORLD_LIFE, DIAL_CLOCK_STEP))
		step();
	if (world_strikes(WORLD_LIFE, DIAL_SLEEP))
		sleep_awhile();
	if (world_strikes(WORLD_LIFE, DIAL_FREEZE))
		freeze();
}

void clocks_restart(void)
{
	if (sim_world->dials.net.chance[DIAL_CLOCK_STEP] && world_below(WORLD_LIFE, WRONG_STARTS) == 0)
		step();
}

void clocks_heal(void)
{
	set(0);
}
