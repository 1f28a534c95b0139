/* The parameter tables of strategies: lookup, text to value and back. Knows no strategy by name; the registry does. */
#include "lib/core/strategy.h"

#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

const struct param strategy_common_params[COMMON_COUNT] = {
#define PARAM(name, ...) [COMMON_##name] = { #name, __VA_ARGS__ },
#include "lib/core/common_params.tbl.h"
#undef PARAM
};

const struct strategy_ops *strategy_find(const char *name)
{
	for (const struct strategy_ops *const *ops = strategy_builtin; *ops != NULL; ops++)
		if (strcmp((*ops)->name, name) == 0)
			return *ops;
	return NULL;
}

const struct strategy_ops *strategy_choice(uint32_t i)
{
	for (const struct strategy_ops *const *ops = strategy_builtin; *ops != NULL; ops++)
		if (*ops != &strategy_manual && i-- == 0)
			return *ops;
	return NULL;
}

uint32_t strategy_param_count(const struct strategy_ops *ops)
{
	return COMMON_COUNT + ops->n_params;
}

const struct param *strategy_param_at(const struct strategy_ops *ops, uint32_t index)
{
	assert(index < strategy_param_count(ops));
	return index < COMMON_COUNT ? &strategy_common_params[index] : &ops->params[index - COMMON_COUNT];
}

int strategy_param_index(const struct strategy_ops *ops, const char *name)
{
	for (uint32_t i = 0; i < strategy_param_count(ops); i++)
		if (strcmp(strategy_param_at(ops, i)->name, name) == 0)
			return (int)i;
	return -1;
}

void strategy_params_standard(const struct strategy_ops *ops, int64_t *params)
{
	assert(strategy_param_count(ops) <= STRATEGY_PARAMS_MAX);
	memset(params, 0, STRATEGY_PARAMS_MAX * sizeof(*params));
	for (uint32_t i = 0; i < strategy_param_count(ops); i++)
		params[i] = strategy_param_at(ops, i)->standard;
}

/* -- text to value ------------------------------------------------------------------------------------------------- */

/* The choice that starts at `at`: its length, and the start of the next one (NULL after the last). */
static size_t choice_len(const char *at, const char **ret_next)
{
	const char *bar = strchr(at, '|');

	*ret_next = bar != NULL ? bar + 1 : NULL;
	return bar != NULL ? (size_t)(bar - at) : strlen(at);
}

static int parse_choice(const char *choices, const char *text, int64_t *ret)
{
	const char *next;
	int64_t index = 0;

	for (const char *at = choices; at != NULL; at = next, index++) {
		size_t len = choice_len(at, &next);
		if (strlen(text) == len && memcmp(at, text, len) == 0) {
			*ret = index;
			return ERR_OK;
		}
	}
	return ERR_PARSE;
}

static int parse_bool(const char *text, int64_t *ret)
{
	bool yes = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "no") != 0)
		return ERR_PARSE;
	*ret = yes;
	return ERR_OK;
}

/* 24:00 is the end of a day, a bound and not a time of day. */
static int parse_time(const char *text, int64_t *ret)
{
	if (strcmp(text, "24:00") == 0) {
		*ret = NANOS_DAY;
		return ERR_OK;
	}
	return time_of_day_parse(text, strlen(text), ret);
}

static int parse_value(const struct param *p, const char *text, int64_t *ret)
{
	switch (p->type) {
	case PARAM_INT:
		return num_parse_int(text, strlen(text), p->min, p->max, ret);
	case PARAM_DECIMAL:
		return num_parse(text, strlen(text), ret);
	case PARAM_BOOL:
		return parse_bool(text, ret);
	case PARAM_TIME:
		return parse_time(text, ret);
	case PARAM_CHOICE:
		return parse_choice(p->choices, text, ret);
	}
	return ERR_INVAL;
}

int param_parse(const struct param *p, const char *text, int64_t *ret)
{
	int64_t value;
	int err = parse_value(p, text, &value);

	if (err != ERR_OK)
		return err;
	if (value < p->min || value > p->max)
		return ERR_RANGE;
	*ret = value;
	return ERR_OK;
}

/* -- value to text ------------------------------------------------------------------------------------------------- */

#define PARAM_TEXT 32

static void format_int(int64_t value, char *buf)
{
	char reverse[PARAM_TEXT];
	uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
	size_t n = 0;

	do {
		reverse[n++] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*buf++ = '-';
	while (n > 0)
		*buf++ = reverse[--n];
	*buf = '\0';
}

/* "09:20"; seconds only when there are any. */
static void format_time(int64_t value, char *buf)
{
	char text[STAMP_TEXT];
	size_t len = time_of_day_format(value, text);

	assert(len < PARAM_TEXT);
	if (value % NANOS_MINUTE == 0)
		len -= strlen(":00");
	memcpy(buf, text, len);
	buf[len] = '\0';
}

static void format_choice(const char *choices, int64_t value, char *buf)
{
	const char *at = choices, *next;
	size_t len = choice_len(at, &next);

	for (; value > 0 && next != NULL; value--) {
		at = next;
		len = choice_len(at, &next);
	}
	assert(value == 0 && len < PARAM_TEXT);
	memcpy(buf, at, len);
	buf[len] = '\0';
}

void param_format(const struct param *p, int64_t value, char *buf)
{
	switch (p->type) {
	case PARAM_INT:
		format_int(value, buf);
		return;
	case PARAM_DECIMAL:
		num_format(value, buf);
		return;
	case PARAM_BOOL:
		format_choice("false|true", value, buf);
		return;
	case PARAM_TIME:
		format_time(value, buf);
		return;
	case PARAM_CHOICE:
		format_choice(p->choices, value, buf);
		return;
	}
	WRONG("parameter of no known type");
}
