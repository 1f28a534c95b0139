#include "lib/control/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/control/codes.h"
#include "lib/control/table.h"

static bool in_path(const struct control_command *c, const struct control_param *p)
{
	char braces[40];

	snprintf(braces, sizeof(braces), "{%s}", p->name);
	return strstr(c->path, braces) != NULL;
}

/* -- schemas of values -------------------------------------------------------------------------------------------- */

static void put_choices(struct json *j, const struct control_param *p)
{
	char word[40];
	size_t len = 0;
	const char *choice;

	json_array(j, "enum");
	for (size_t i = 0; (choice = control_choice(p, i, &len)) != NULL; i++) {
		snprintf(word, sizeof(word), "%.*s", (int)len, choice);
		json_str(j, NULL, word);
	}
	json_array_end(j);
}

static void put_bounds(struct json *j, const struct control_param *p)
{
	bool bounded = p->min != 0 || p->max != 0;

	switch (p->type) {
	case CTL_TYPE_STR:
		json_int(j, "minLength", p->min);
		json_int(j, "maxLength", p->max);
		break;
	case CTL_TYPE_OBJECT:
		json_int(j, "minProperties", p->min);
		json_int(j, "maxProperties", p->max);
		break;
	case CTL_TYPE_DEC:
		if (bounded) {
			json_decimal(j, "minimum", p->min);
			json_decimal(j, "maximum", p->max);
		}
		break;
	case CTL_TYPE_ENUM:
		put_choices(j, p);
		break;
	case CTL_TYPE_UINT:
	case CTL_TYPE_INT:
		if (bounded || p->type == CTL_TYPE_UINT)
			json_int(j, "minimum", p->min);
		if (bounded)
			json_int(j, "maximum", p->max);
		break;
	case CTL_TYPE_BOOL:
		break;
	}
}

static void put_schema(struct json *j, const char *key, const struct control_param *p)
{
	static const char *const types[] = { "string", "integer", "integer", "boolean", "number", "string", "object" };

	json_object(j, key);
	json_str(j, "type", types[p->type]);
	put_bounds(j, p);
	if (p->type != CTL_TYPE_ENUM)
		json_str(j, "description", p->help);
	json_object_end(j);
}

/* -- one operation ------------------------------------------------------------------------------------------------ */

static void put_parameter(struct json *j, const struct control_command *c, const struct control_param *p)
{
	json_object(j, NULL);
	json_str(j, "name", p->name);
	json_str(j, "in", in_path(c, p) ? "path" : "query");
	json_bool(j, "required", p->required);
	put_schema(j, "schema", p);
	json_object_end(j);
}

static void put_header(struct json *j, const char *name, const char *help)
{
	json_object(j, NULL);
	json_str(j, "name", name);
	json_str(j, "in", "header");
	json_bool(j, "required", false);
	json_str(j, "description", help);
	json_object(j, "schema");
	json_str(j, "type", "string");
	json_object_end(j);
	json_object_end(j);
}

static void put_parameters(struct json *j, const struct control_command *c, bool get)
{
	json_array(j, "parameters");
	for (const struct control_param *p = c->params; p->name; p++)
		if (get || in_path(c, p))
			put_parameter(j, c, p);
	if (control_command_changes(c)) {
		put_header(j, "Idempotency-Key", "the same key answers the same result and does nothing twice");
		put_header(j, "X-CSRF-Token", "for the session cookie only: the value GET /api/session gave");
	}
	json_array_end(j);
}

static void put_required(struct json *j, const struct control_command *c)
{
	json_array(j, "required");
	for (const struct control_param *p = c->params; p->name; p++)
		if (p->required && !in_path(c, p))
			json_str(j, NULL, p->name);
	json_array_end(j);
}

static void put_body(struct json *j, const struct control_command *c)
{
	json_object(j, "requestBody");
	json_object(j, "content");
	json_object(j, "application/json");
	json_object(j, "schema");
	json_str(j, "type", "object");
	json_bool(j, "additionalProperties", false);
	put_required(j, c);
	json_object(j, "properties");
	for (const struct control_param *p = c->params; p->name; p++)
		if (!in_path(c, p))
			put_schema(j, p->name, p);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
}

static void put_content(struct json *j, const char *media, const char *ref)
{
	json_object(j, "content");
	json_object(j, media);
	json_object(j, "schema");
	if (ref)
		json_str(j, "$ref", ref);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
}

static void put_responses(struct json *j, const struct control_command *c)
{
	bool text = c->id == CTL_METRICS;

	json_object(j, "responses");
	json_object(j, c->id == CTL_SHUTDOWN ? "202" : "200");
	json_str(j, "description", c->help);
	put_content(j, text ? "text/plain" : "application/json", NULL);
	json_object_end(j);
	json_object(j, "default");
	json_str(j, "description", "what is wrong, and what to do");
	put_content(j, "application/problem+json", "#/components/schemas/Problem");
	json_object_end(j);
	json_object_end(j);
}

static void put_security(struct json *j, const struct control_command *c)
{
	static const char *const ways[] = { "bearer", "cookie" };

	json_array(j, "security");
	for (size_t i = 0; c->role > ROLE_NONE && i < 2; i++) {
		json_object(j, NULL);
		json_array(j, ways[i]);
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_operation(struct json *j, const struct control_command *c)
{
	bool get = strcmp(c->http_method, "GET") == 0;
	char method[12] = "";

	for (size_t i = 0; c->http_method[i] && i < sizeof(method) - 1; i++)
		method[i] = (char)tolower((unsigned char)c->http_method[i]);
	json_object(j, method);
	json_str(j, "operationId", c->method);
	json_str(j, "summary", c->help);
	json_str(j, "x-role", control_role_name(c->role));
	put_security(j, c);
	put_parameters(j, c, get);
	if (!get && c->params->name)
		put_body(j, c);
	put_responses(j, c);
	json_object_end(j);
}

/* -- the whole ---------------------------------------------------------------------------------------------------- */

static bool seen_before(const struct control_command *c)
{
	for (int i = 0; i < (int)c->id; i++)
		if (strcmp(control_command((enum command_id)i)->path, c->path) == 0)
			return true;
	return false;
}

static void put_paths(struct json *j)
{
	json_object(j, "paths");
	for (int i = 0; i < CTL_COUNT; i++) {
		const struct control_command *c = control_command((enum command_id)i);

		if (c->path[0] == '\0' || seen_before(c))
			continue;
		json_object(j, c->path);
		for (int k = i; k < CTL_COUNT; k++)
			if (strcmp(control_command((enum command_id)k)->path, c->path) == 0)
				put_operation(j, control_command((enum command_id)k));
		json_object_end(j);
	}
	json_object_end(j);
}

static void put_problem(struct json *j)
{
	static const char *const texts[] = { "type", "title", "detail", "remedy" };

	json_object(j, "Problem");
	json_str(j, "type", "object");
	json_object(j, "properties");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_object(j, texts[i]);
		json_str(j, "type", "string");
		json_object_end(j);
	}
	json_object(j, "status");
	json_str(j, "type", "integer");
	json_object_end(j);
	json_object(j, "code");
	json_str(j, "type", "string");
	json_array(j, "enum");
	for (int i = 0; i < CODE_COUNT; i++)
		json_str(j, NULL, control_code_def((enum control_code)i)->code);
	json_array_end(j);
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
}

static void put_components(struct json *j)
{
	json_object(j, "components");
	json_object(j, "schemas");
	put_problem(j);
	json_object_end(j);
	json_object(j, "securitySchemes");
	json_object(j, "bearer");
	json_str(j, "type", "http");
	json_str(j, "scheme", "bearer");
	json_object_end(j);
	json_object(j, "cookie");
	json_str(j, "type", "apiKey");
	json_str(j, "in", "cookie");
	json_str(j, "name", "sauda");
	json_object_end(j);
	json_object_end(j);
	json_object_end(j);
}

void openapi_put(struct buf *out, const char *version)
{
	struct json j;

	json_begin(&j, out);
	json_object(&j, NULL);
	json_str(&j, "openapi", "3.1.0");
	json_object(&j, "info");
	json_str(&j, "title", "Sauda");
	json_str(&j, "description",
	         "Money and prices are exact decimal rupees, quantities are units, times are IST; unknown is null.");
	json_str(&j, "version", version);
	json_object_end(&j);
	put_paths(&j);
	put_components(&j);
	json_object_end(&j);
}
