/* The settings' strategies beside those that the journal knows. One that was taken out enters nothing any more; its stops and exits are the core's, which goes on
 * with them, and a restart with its section put back gives it its entries again. */
#include <stdio.h>

#include "engined/app.h"
#include "engined/market.h"
#include "lib/base/err.h"
#include "lib/base/log.h"

bool strategies_number(const struct app *a, struct event_strategy *list, size_t n)
{
	size_t which;

	if (market_number(a->core, list, n, &which))
		return true;
	log_error("engine", "there is no room for the strategy %s: %u have a slot, and those that were taken out of the settings still hold positions; "
	          "leave it out until they are closed", list[which].id, a->core->s->strategies);
	return false;
}

/* The core keeps the product of what is open, and the file is read again only when it changes. */
void strategies_products(const struct app *a, const struct event_strategy *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct slot *s = list[i].index < a->core->s->strategies ? &a->core->slot[list[i].index] : NULL;

		if (s && !slot_adopted(s) && slot_at_work(s) && s->params[COMMON_product] != list[i].params[COMMON_product])
			log_warn("engine", "the strategy %s keeps its product while its position is open; when it is flat: enginectl strategy set %s product=%s", s->id, s->id,
			         list[i].params[COMMON_product] ? "NRML" : "MIS");
	}
}

static void say_removed(const struct app *a, const struct slot *s)
{
	if (!slot_at_work(s))
		log_info("engine", "the strategy %s is in the settings no longer: it enters nothing", s->id);
	else
		log_warn("engine", "the strategy %s is in the settings no longer: it enters nothing, and its position in %s is managed to its end", s->id,
		         s->book.qty != 0 ? a->core->instrument[s->book.instrument].symbol : a->core->instrument[s->plan.contract].symbol);
}

int strategies_removed(struct app *a, const struct event_strategy *list, size_t n, nanos_t at)
{
	int err = ERR_OK;

	for (uint32_t i = 0; i < a->core->s->strategies && err == ERR_OK; i++) {
		const struct slot *s = &a->core->slot[i];
		struct event e;

		if (!market_removed(a->core, i, list, n))
			continue;
		say_removed(a, s);
		if (s->paused & PAUSED_REMOVED)
			continue;
		event_init(&e, EVENT_COMMAND, at, INSTRUMENT_NONE);
		e.command.command = COMMAND_STRATEGY_PAUSE;
		e.command.index = i;
		e.command.value = PAUSE_REMOVED;
		snprintf(e.command.principal, sizeof(e.command.principal), "config");
		snprintf(e.command.reason, sizeof(e.command.reason), "in the settings no longer; what it holds is managed");
		err = engine_post(a->engine, &e);
	}
	return err;
}
