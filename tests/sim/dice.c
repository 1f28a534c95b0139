#include "tests/sim/dice.h"

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/core/core.h"

#define STOP_LEAST ((price_t)2 * NUM_SCALE)
#define STOP_SPAN ((uint64_t)40 * NUM_SCALE)

static void begin(void *state, const int64_t *params)
{
	(void)params;
	*(uint64_t *)state = 0;
}

static void bar(void *state, const int64_t *params, const struct series *series, nanos_t open, struct signal *ret)
{
	const struct bar *b = series_at(series, 0);
	uint64_t dice = prng_mix(prng_mix((uint64_t)b->start + (uint64_t)b->close * 31) + (uint64_t)params[DICE_NUMBER]);

	(void)open;
	++*(uint64_t *)state;
	ret->failed = 1;
	if ((int64_t)(dice % 1000) < params[DICE_LEAVE])
		ret->leave_long = ret->leave_short = true;
	else if ((int64_t)(dice / 1000 % 1000) < params[DICE_ENTER]) {
		ret->direction = dice >> 40 & 1 ? 1 : -1;
		ret->index_stop = b->close - ret->direction * (STOP_LEAST + (price_t)((dice >> 41) % STOP_SPAN));
	}
}

static const struct param params[DICE_PARAMS] = {
	{ "number", PARAM_INT, 0, 1000000, 0, "", "which of them it is", NULL },
	{ "enter", PARAM_INT, 0, 1000, 100, "", "chance of an entry", NULL },
	{ "leave", PARAM_INT, 0, 1000, 100, "", "chance of leaving", NULL },
};
static const char *const conditions[] = { "warm_up" };
static const struct strategy_ops dice = {
	.name = "dice", .title = "dice", .params = params, .n_params = DICE_PARAMS, .conditions = conditions, .n_conditions = 1,
	.state_size = sizeof(uint64_t), .session = begin, .restart = begin, .bar = bar,
};
const struct strategy_ops *const dice_only[] = { &dice, NULL };
