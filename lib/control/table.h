/* The commands as arrays, made from commands.tbl.h: dispatch, help, routes and OpenAPI read these and nothing else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command_id {
#define COMMAND(id, ...) CTL_##id,
#define PARAM(...)
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
	CTL_COUNT
};

/* Each role may do what the one before may. */
enum control_role { ROLE_NONE, ROLE_READ, ROLE_TRADE, ROLE_ADMIN };

enum control_type {
	CTL_TYPE_STR, CTL_TYPE_INT, CTL_TYPE_UINT, CTL_TYPE_BOOL, CTL_TYPE_DEC, CTL_TYPE_ENUM, CTL_TYPE_OBJECT
};

struct control_param {
	const char *name;
	enum control_type type;
	bool required;
	int64_t min, max;  /* STR: bytes; OBJECT: members; INT, UINT, DEC (1/10,000): value, both 0 = unbounded */
	const char *help;  /* ENUM: the choices, "a|b|c" */
};

struct control_command {
	enum command_id id;
	const char *method;
	enum control_role role;
	const char *http_method, *path; /* "" = not reachable over HTTP; path parameters are {name} */
	bool hot;                       /* engined also publishes the answer in its snapshot */
	const char *help;
	const struct control_param *params; /* ends with a row without a name */
};

#define CONTROL_PARAMS_MAX 8 /* of one command */

const struct control_command *control_command(enum command_id id);
const struct control_command *control_command_find(const char *method); /* NULL when there is none */
const struct control_param *control_param_find(const struct control_command *c, const char *name);

/* A command that may change something; only its answers are remembered by request id. */
bool control_command_changes(const struct control_command *c);

const char *control_role_name(enum control_role role);
/* -1 when the text names no role. */
int control_role_find(const char *name);
const char *control_type_name(enum control_type type);

/* The n-th choice of an ENUM, its length in *ret_len; NULL past the last. */
const char *control_choice(const struct control_param *p, size_t n, size_t *ret_len);

/* The nearest of the commands / of the command's parameters, for "did you mean"; NULL when none is near. */
const char *control_suggest_command(const char *word);
const char *control_suggest_param(const struct control_command *c, const char *word);
