/* Parameters of a request against the table: typed values inside, or one sentence that names the parameter, its bounds
 * and what was given. Nothing behind this check looks at raw JSON again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/control/codes.h"
#include "lib/control/table.h"

struct cJSON;

struct control_value {
	bool given;
	int64_t number;             /* INT, UINT, DEC in 1/10,000, BOOL 0 or 1, ENUM index of the choice */
	const char *text;           /* STR and ENUM; lives as long as the JSON */
	const struct cJSON *object; /* OBJECT; lives as long as the JSON */
};

struct control_args {
	const struct control_command *command;
	struct control_value values[CONTROL_PARAMS_MAX]; /* in the table's order */
};

/* params NULL = none given. Names that start with '_' are the protocol's own and skipped here. Numbers may come as JSON
 * numbers or as text; text is exact beyond 15 digits. ERR_RANGE or ERR_PARSE with *ret_fault filled; *ret untouched then. */
int control_params_check(const struct control_command *c, const struct cJSON *params, struct control_args *ret,
                         struct control_fault *ret_fault);

/* The one check of a single value given as text (query string, command line). Same errors. */
int control_param_check_text(const struct control_param *p, const char *text, struct control_value *ret,
                             struct control_fault *ret_fault);

/* By name; a name that is not in the table is a bug and asserts. NULL when not given. */
const struct control_value *control_arg(const struct control_args *args, const char *name);
const char *control_arg_text(const struct control_args *args, const char *name);                   /* NULL = not given */
int64_t control_arg_number(const struct control_args *args, const char *name, int64_t otherwise); /* as in the value */
