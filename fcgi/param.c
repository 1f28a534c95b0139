#include "fcgi/param.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/control/message.h"
#include "lib/control/params.h"

struct params {
	const struct route *route;
	struct json json;
	bool given[CONTROL_PARAMS_MAX];
	struct control_fault *fault;
};

static int param_unknown(struct params *p, const char *name, const char *where)
{
	const char *near = control_suggest_param(p->route->command, name);

	control_fault_set(p->fault, CODE_BAD_PARAMETER, p->route->command->params[0].name ? NULL : "send none",
	                  "%s takes no parameter `%.40s`%s%s%s%s", p->route->command->method, name, where,
	                  near ? "; did you mean `" : "", near ? near : "", near ? "`" : "");
	return ERR_PARSE;
}

/* Marks a parameter as given; refuses an unknown name and a second value. */
static int param_claim(struct params *p, const char *name, const char *where, const struct control_param **ret)
{
	const struct control_command *c = p->route->command;
	const struct control_param *row = control_param_find(c, name);

	if (!row)
		return param_unknown(p, name, where);
	if (p->given[row - c->params]) {
		control_fault_set(p->fault, CODE_BAD_PARAMETER, "give it once", "the parameter `%s` was given twice", name);
		return ERR_PARSE;
	}
	p->given[row - c->params] = true;
	*ret = row;
	return 0;
}

/* -- path and query ----------------------------------------------------------------------------------------------- */

static int param_put_text(struct params *p, const char *name, const char *text)
{
	const struct control_param *row;
	struct control_value value;
	const char *why;
	size_t at;
	int err = param_claim(p, name, "", &row);

	if (err)
		return err;
	if (message_check_text(text, strlen(text), &at, &why) != 0) {
		control_fault_set(p->fault, CODE_BAD_PARAMETER, "send plain UTF-8 text", "the parameter `%s` holds %s", name,
		                  why);
		return ERR_PARSE;
	}
	err = control_param_check_text(row, text, &value, p->fault);
	if (!err)
		json_str(&p->json, name, text);
	return err;
}

static int param_put_pair(struct params *p, const char *pair, size_t len)
{
	const char *equals = memchr(pair, '=', len);
	char name[64], text[REQUEST_QUERY_MAX + 1];
	size_t name_len = equals ? (size_t)(equals - pair) : len;

	if (!equals || name_len == 0 || name_len >= sizeof(name) || request_decode(pair, name_len, true, name) < 0 ||
	    request_decode(equals + 1, len - name_len - 1, true, text) < 0) {
		control_fault_set(p->fault, CODE_BAD_REQUEST, "write name=value&name=value with valid %XX escapes",
		                  "the query holds a piece that is no parameter");
		return ERR_PARSE;
	}
	return param_put_text(p, name, text);
}

static int param_put_query(struct params *p, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		int err = param_put_pair(p, query, len);

		if (err)
			return err;
		query += len + (query[len] == '&');
	}
	return 0;
}

/* -- body --------------------------------------------------------------------------------------------------------- */

static int body_bad(struct params *p, const char *why)
{
	control_fault_set(p->fault, CODE_BAD_JSON, "send one JSON object in UTF-8", "the body is not a JSON object: %s", why);
	return ERR_PARSE;
}

static int body_check_members(struct params *p, cJSON *root)
{
	const struct control_command *c = p->route->command;
	struct control_args args;
	const cJSON *member;

	cJSON_ArrayForEach(member, root) {
		const struct control_param *row;
		int err = param_claim(p, member->string, " in the body", &row);
		if (err)
			return err;
	}
	/* The path's parameter was put before; required ones are counted over path and body together. */
	if (p->route->name[0] && !cJSON_AddStringToObject(root, p->route->name, p->route->value))
		return ERR_NOMEM;
	return control_params_check(c, root, &args, p->fault);
}

/* The members are copied as they were sent, less the spaces between tokens, which could break the line. */
static void body_put_members(struct params *p, char *body)
{
	cJSON_Minify(body);
	size_t len = strlen(body);
	if (len <= 2)
		return;
	if (p->json.comma)
		buf_putc(p->json.out, ',');
	buf_put(p->json.out, body + 1, len - 2);
	p->json.comma = true;
}

/* Tabs and line breaks between tokens are JSON; they become spaces so that the check for control characters can be strict.
 * Inside a string they are no JSON, and there the parser would let them pass. */
static bool body_flatten(char *body, size_t len)
{
	bool in_string = false;

	for (size_t i = 0; i < len; i++) {
		if (body[i] == '"')
			in_string = !in_string;
		else if (body[i] == '\\' && in_string)
			i++;
		else if (strchr("\t\r\n", body[i]) && body[i]) {
			if (in_string)
				return false;
			body[i] = ' ';
		}
	}
	return true;
}

static int param_put_body(struct params *p, char *body, size_t len)
{
	const char *why = "control character in a string", *end;
	size_t at;

	if (!body_flatten(body, len) || message_check_text(body, len, &at, &why) != 0)
		return body_bad(p, why);
	if (body[strspn(body, " ")] != '{') /* the parser would pass over a byte order mark */
		return body_bad(p, "it does not begin with {");
	cJSON *root = cJSON_ParseWithLengthOpts(body, len + 1, &end, true);
	int err = cJSON_IsObject(root) ? body_check_members(p, root) : body_bad(p, "it does not parse");
	cJSON_Delete(root);
	if (!err)
		body_put_members(p, body);
	return err;
}

static int param_check_required(struct params *p)
{
	const struct control_command *c = p->route->command;

	for (size_t i = 0; c->params[i].name; i++) {
		if (!c->params[i].required || p->given[i])
			continue;
		control_fault_set(p->fault, CODE_BAD_PARAMETER, NULL, "the parameter `%s` is missing: %s", c->params[i].name,
		                  c->params[i].help);
		return ERR_PARSE;
	}
	return 0;
}

int param_put_all(const struct route *route, const struct request *request, char *body, size_t body_len, struct buf *out,
                  struct control_fault *f)
{
	struct params p = { .route = route, .json = { .out = out }, .fault = f };
	bool in_query = strcmp(route->command->http_method, "GET") == 0;
	int err = route->name[0] ? param_put_text(&p, route->name, route->value) : 0;

	if (!err && !in_query && request->query[0]) {
		control_fault_set(f, CODE_BAD_REQUEST, "put parameters into the JSON body", "a %s takes no query",
		                  request->method);
		return ERR_PARSE;
	}
	if (!err)
		err = in_query ? param_put_query(&p, request->query) : body_len ? param_put_body(&p, body, body_len) : 0;
	return err ? err : param_check_required(&p);
}
