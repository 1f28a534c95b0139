#include "tests/sim/people.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"

#define REGRET_MOST (40 * NANOS_SECOND)

static void order(struct node *n, enum command command, uint32_t index, uint32_t param, int64_t value, const char *reason)
{
	struct event_command c = { .command = (uint32_t)command, .index = index, .param = param, .value = value, .principal = "uid:1000" };

	snprintf(c.reason, sizeof(c.reason), "%s", reason);
	if (n->up && !n->leaving)
		node_command(n, &c);
}

static void look(struct node *n)
{
	if (n->up && (kotak_session_state(n->session) == SESSION_STOP || kotak_session_reason(n->session)[0]))
		kotak_session_start(n->session, true);
}

static bool is_ours(const struct core *core, const char *symbol)
{
	for (uint32_t i = 0; i < core->s->strategies; i++)
		if (core->slot[i].book.qty && strcmp(core->instrument[core->slot[i].book.instrument].symbol, symbol) == 0)
			return true;
	return false;
}

/* What others hold is seen to, but not where our books would have to follow it: that they do is for tests/core/test_reconcile.c. */
static void acknowledge(struct node *n)
{
	for (uint32_t i = 0; n->up && !n->leaving && i < n->core->s->foreigns; i++) {
		const struct foreign *f = &n->core->s->foreign[i];

		if (!f->acknowledged && !is_ours(n->core, f->symbol))
			order(n, COMMAND_ACKNOWLEDGE, i, 0, f->manual + f->broker + f->unexplained, "seen to");
	}
}

/* Some time later everything is allowed again. */
static void regret(void *ctx, uint64_t number)
{
	struct node *n = ctx;

	(void)number;
	CHECK_OBJ(n, NODE_MAGIC);
	order(n, COMMAND_RESUME, 0, 0, 0, "seen to");
	for (uint32_t i = 0; n->up && i < n->core->s->strategies; i++)
		if (n->core->slot[i].paused || n->core->slot[i].streak_locked)
			order(n, COMMAND_STRATEGY_RESUME, i, 0, 0, "seen to");
	acknowledge(n);
	look(n);
}

void people_act(struct node *n)
{
	static const enum command commands[] = { COMMAND_PAUSE, COMMAND_KILL_STOP, COMMAND_KILL_FLATTEN, COMMAND_STRATEGY_PAUSE, COMMAND_LIMIT, COMMAND_RESUME, COMMAND_SHUTDOWN };
	enum command c = commands[world_below(WORLD_PEOPLE, ARRAY_LEN(commands))];

	int64_t value = (int64_t)(1 + world_below(WORLD_PEOPLE, 8)) * NUM_SCALE;

	order(n, c, (uint32_t)world_below(WORLD_PEOPLE, n->o->strategies), LIMIT_ORDER_RATE, c == COMMAND_SHUTDOWN ? SHUTDOWN_FLATTEN : value, "by chance");
	if (c != COMMAND_LIMIT)
		world_at(sim_world->now + world_spread(WORLD_PEOPLE, 100 * NANOS_MS, REGRET_MOST), regret, n);
}

void people_help(struct node *n)
{
	if (!n->up)
		return;
	look(n);
	order(n, COMMAND_LIMIT, 0, LIMIT_ORDER_RATE, 8 * NUM_SCALE, "after the storm");
}

void people_pause(struct node *n)
{
	order(n, COMMAND_PAUSE, 0, 0, 0, "to compare");
}

void people_flatten(struct node *n)
{
	order(n, COMMAND_KILL_FLATTEN, 0, 0, 0, "enough");
}
