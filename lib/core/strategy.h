/* A strategy looks at closed bars of one underlying and answers with a wish. It never sees orders, money or clocks:
 * sizing, risk, entry walk, stops and exits are the core's (plan.h), the same for all. Rules: docs/strategies/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/series.h"

enum param_type { PARAM_INT, PARAM_DECIMAL /* 1/10,000 */, PARAM_BOOL, PARAM_TIME /* ns since Indian midnight */, PARAM_CHOICE };
struct param {
	const char *name;      /* "rsi_low" */
	enum param_type type;
	int64_t min, max, standard;
	const char *unit;      /* "bars", "%", "s", "" */
	const char *help;      /* one sentence */
	const char *choices;   /* PARAM_CHOICE: "option|underlying", value = index */
};

/* Parameters every strategy has; their values come first in params[]. One table: common_params.tbl.h. */
enum common_param {
#define PARAM(name, ...) COMMON_##name,
#include "lib/core/common_params.tbl.h"
#undef PARAM
	COMMON_COUNT,
};
extern const struct param strategy_common_params[COMMON_COUNT];
#define COMMON_FIRST COMMON_resting_stop /* what the first builds had; journals of theirs are read as they meant */

#define STRATEGY_STATE_MAX 1024
#define STRATEGY_CONDITIONS_MAX 12

struct signal {
	int direction;         /* +1 bullish, -1 bearish, 0 none */
	price_t index_stop;    /* on the underlying; on the losing side of close */
	price_t index_target;  /* 0 = the common reward multiple alone */
	bool leave_long;       /* close an open bullish position (EXIT_SIGNAL) */
	bool leave_short;      /* close an open bearish one */
	uint32_t failed;       /* first failed condition, = n_conditions when all held. Two-sided rules report the side that
	                          got further. Conditions passed before it count in the funnel. */
};

/* params points at the strategy's own parameters (after the common ones). `state` is state_size zeroed bytes at first,
 * plain data without pointers: it is checkpointed as it stands. */
struct strategy_ops {
	const char *name;
	const char *title;
	const struct param *params;
	uint32_t n_params;                 /* COMMON_COUNT + n_params <= STRATEGY_PARAMS_MAX */
	const char *const *conditions;     /* names in the order they are tested; the first is always "warm_up" */
	uint32_t n_conditions;             /* <= STRATEGY_CONDITIONS_MAX */
	size_t state_size;                 /* <= STRATEGY_STATE_MAX */
	void (*session)(void *state, const int64_t *params);  /* a new trading day: VWAP, opening range, once-a-day marks */
	void (*restart)(void *state, const int64_t *params);  /* the windows restart: RSI, ATR, EMA begin anew */
	/* A bar closed: series_at(series, 0). session_open = the day's open. Fills *ret (zeroed by the caller). */
	void (*bar)(void *state, const int64_t *params, const struct series *series, nanos_t session_open, struct signal *ret);
};

/* What a slot is called that holds what the engine took over (adopt.c): it never decides, and no setting names it. */
extern const struct strategy_ops strategy_adopted;

/* The built-ins, NULL-terminated; order is fixed for ever (it is part of checkpoints). strategy/registry.c */
extern const struct strategy_ops *const strategy_builtin[];
const struct strategy_ops *strategy_find(const char *name);
/* Books of a person's orders (manual.c): it decides nothing, needs no section in the settings and takes none. */
extern const struct strategy_ops strategy_manual;
const struct strategy_ops *strategy_choice(uint32_t i); /* the i-th of the others; NULL after the last */

/* Parameter number of `name` over common and own parameters; -1 = none. And its description. */
int strategy_param_index(const struct strategy_ops *ops, const char *name);
const struct param *strategy_param_at(const struct strategy_ops *ops, uint32_t index);
uint32_t strategy_param_count(const struct strategy_ops *ops);

/* All standards into params[STRATEGY_PARAMS_MAX], the rest zero. */
void strategy_params_standard(const struct strategy_ops *ops, int64_t *params);

/* Text to value with bounds check: "40", "0.5", "true", "09:20", "option". ERR_PARSE or ERR_RANGE. */
int param_parse(const struct param *p, const char *text, int64_t *ret);
/* Value to text; buf holds 32 bytes. */
void param_format(const struct param *p, int64_t value, char *buf);
