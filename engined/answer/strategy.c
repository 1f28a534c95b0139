/* A strategy by the name that a request gives; one that nobody knows is refused with the nearest there is. */
#include <string.h>

#include "engined/app.h"
#include "lib/control/suggest.h"

void strategy_unknown(const struct app *a, struct control_call *call, const char *id)
{
	struct suggest near = suggest_begin(id);
	struct control_fault fault;

	for (uint32_t i = 0; i < a->core->s->strategies; i++)
		suggest_try(&near, a->core->slot[i].id);
	control_fault_set(&fault, CODE_NOT_FOUND, "GET /api/strategies lists them", "there is no strategy \"%.64s\"%s%s%s", id,
	                  near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
	control_fail_with(call, &fault);
}

bool strategy_find_named(const struct app *a, struct control_call *call, const char *id, uint32_t *ret)
{
	*ret = core_find_strategy(a->core, id);
	if (*ret == UINT32_MAX)
		strategy_unknown(a, call, id);
	return *ret != UINT32_MAX;
}

/* By hand is nothing that settings name, and has no slot before its first order. */
bool strategy_known(const struct app *a, const char *id)
{
	return strcmp(id, strategy_manual.name) == 0 || core_find_strategy(a->core, id) != UINT32_MAX;
}
