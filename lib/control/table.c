#include "lib/control/table.h"

#include <string.h>

#include "lib/base/obj.h"
#include "lib/control/suggest.h"

/* All parameters stand in one array; each COMMAND row puts an empty row there, which ends the parameters of the command
 * before it and gives its own the index AT_x + 1. */
enum {
#define GLUE_(a, b) a##b
#define GLUE(a, b) GLUE_(a, b)
#define COMMAND(id, ...) AT_##id,
#define PARAM(...) GLUE(ROW_, __LINE__),
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
	PARAM_ROWS
};

static const struct control_param params[PARAM_ROWS + 1] = {
#define COMMAND(...) { .name = NULL },
#define PARAM(id, name_, type_, required_, min_, max_, help_) { .name = name_, .type = CTL_TYPE_##type_, \
	.required = required_, .min = min_, .max = max_, .help = help_ },
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
};

static const struct control_command commands[CTL_COUNT] = {
#define COMMAND(id_, method_, role_, http_, path_, hot_, help_) [CTL_##id_] = { .id = CTL_##id_, .method = method_, \
	.role = ROLE_##role_, .http_method = http_, .path = path_, .hot = hot_, .help = help_, .params = params + AT_##id_ + 1 },
#define PARAM(...)
#include "lib/control/commands.tbl.h"
#undef COMMAND
#undef PARAM
};

static const char *const role_names[] = { "none", "read", "trade", "admin" };
static const char *const type_names[] = { "text", "integer", "integer", "true or false", "decimal", "choice", "object" };

const struct control_command *control_command(enum command_id id)
{
	assert((unsigned)id < CTL_COUNT);
	return &commands[id];
}

const struct control_command *control_command_find(const char *method)
{
	for (size_t i = 0; i < CTL_COUNT; i++)
		if (strcmp(commands[i].method, method) == 0)
			return &commands[i];
	return NULL;
}

const struct control_param *control_param_find(const struct control_command *c, const char *name)
{
	for (const struct control_param *p = c->params; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

bool control_command_changes(const struct control_command *c)
{
	return c->role >= ROLE_READ && c->http_method[0] && strcmp(c->http_method, "GET") != 0;
}

const char *control_role_name(enum control_role role)
{
	assert((unsigned)role < ARRAY_LEN(role_names));
	return role_names[role];
}

int control_role_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(role_names); i++)
		if (strcmp(role_names[i], name) == 0)
			return (int)i;
	return -1;
}

const char *control_type_name(enum control_type type)
{
	assert((unsigned)type < ARRAY_LEN(type_names));
	return type_names[type];
}

const char *control_choice(const struct control_param *p, size_t n, size_t *ret_len)
{
	const char *at = p->help;

	for (; at && n > 0; n--) {
		at = strchr(at, '|');
		at = at ? at + 1 : NULL;
	}
	if (at)
		*ret_len = strcspn(at, "|");
	return at;
}

const char *control_suggest_command(const char *word)
{
	struct suggest s = suggest_begin(word);

	for (size_t i = 0; i < CTL_COUNT; i++)
		suggest_try(&s, commands[i].method);
	return s.best;
}

const char *control_suggest_param(const struct control_command *c, const char *word)
{
	struct suggest s = suggest_begin(word);

	for (const struct control_param *p = c->params; p->name; p++)
		suggest_try(&s, p->name);
	return s.best;
}
