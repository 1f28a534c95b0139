#include "tests/sim/plant.h"

#include <stdio.h>

#include "lib/base/obj.h"

#define RARELY 20

enum plant plant;

static const struct { const char *name; unsigned invariant; } plants[PLANTS] = {
	[PLANT_NONE] = { "none", 0 }, [PLANT_EAGER] = { "eager", 1 }, [PLANT_FORGET] = { "forget", 17 }, [PLANT_DEAF] = { "deaf", 7 },
	[PLANT_ECHO] = { "echo", 5 }, [PLANT_RASH] = { "rash", 4 }, [PLANT_HASTY] = { "hasty", 4 },
	[PLANT_TWICE] = { "twice", 3 }, [PLANT_BLIND] = { "blind", 22 }, [PLANT_IDLE] = { "idle", 26 }, [PLANT_RUSH] = { "rush", 11 },
};

const char *plant_name(enum plant p)
{
	return plants[p].name;
}

unsigned plant_invariant(enum plant p)
{
	return plants[p].invariant;
}

static bool is_unknown(const struct event *e)
{
	return e->head.kind == EVENT_ORDER && e->order.report == REPORT_UNKNOWN;
}

static bool rarely(const struct event *e)
{
	return e->head.kind == EVENT_FILL && e->fill.order != 0 && world_below(WORLD_LIFE, RARELY) == 0;
}

void plant_emit(struct node *n, struct event *e)
{
	struct event again = *e;

	if ((plant == PLANT_DEAF && rarely(e)) || (plant == PLANT_BLIND && e->head.kind == EVENT_FOREIGN))
		return;
	if (plant == PLANT_RASH && is_unknown(e))
		e->order.report = REPORT_REJECTED;
	engine_emit(n->engine, e);
	if (plant == PLANT_HASTY && is_unknown(e))
		again.order.report = REPORT_ABSENT;
	else if (plant == PLANT_ECHO && rarely(e))
		again.fill.trade++;
	else
		return;
	engine_emit(n->engine, &again);
}

/* -- in the adapter, where the linker sends its calls here ----------------------------------------------------------------------------------- */

struct kotak;
void __real_lost_cancel(struct kotak *k);
void __wrap_lost_cancel(struct kotak *k);
const char *__real_lost_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument);
const char *__wrap_lost_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument);

void __wrap_lost_cancel(struct kotak *k)
{
	if (plant != PLANT_IDLE)
		__real_lost_cancel(k);
}

const char *__wrap_lost_forbid(struct kotak *k, const struct order_request *r, uint32_t instrument)
{
	return plant == PLANT_RUSH ? NULL : __real_lost_forbid(k, r, instrument);
}
