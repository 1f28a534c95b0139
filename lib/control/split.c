/* Cuts the engine's own JSON into slices by walking its structure, so that a body of money passes through a worker
 * unchanged and unparsed. It stays inside the text whatever the text is, but is no validator. */
#include "lib/control/message.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"

struct cursor { const char *at, *end; };

static void skip_space(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\r' || *c->at == '\n'))
		c->at++;
}

static bool take(struct cursor *c, char expected)
{
	skip_space(c);
	if (c->at == c->end || *c->at != expected)
		return false;
	c->at++;
	return true;
}

/* From behind the opening quote to behind the closing one. */
static bool skip_string(struct cursor *c)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '\\' && c->end - c->at > 1)
			c->at++;
		else if (*c->at == '"') {
			c->at++;
			return true;
		}
	}
	return false;
}

static bool skip_nested(struct cursor *c)
{
	size_t depth = 0;

	while (c->at < c->end) {
		char ch = *c->at++;

		if (ch == '"' && !skip_string(c))
			return false;
		depth += ch == '{' || ch == '[';
		depth -= ch == '}' || ch == ']';
		if (depth == 0)
			return true;
	}
	return false;
}

static bool take_value(struct cursor *c, struct message_slice *ret)
{
	skip_space(c);
	const char *first = c->at;
	if (c->at == c->end)
		return false;
	if (*c->at == '"') {
		c->at++;
		if (!skip_string(c))
			return false;
	} else if (*c->at == '{' || *c->at == '[') {
		if (!skip_nested(c))
			return false;
	} else {
		while (c->at < c->end && !strchr(",}] \t\r\n", *c->at))
			c->at++;
	}
	*ret = (struct message_slice){ first, (size_t)(c->at - first) };
	return ret->len > 0;
}

/* 1 = a member, 0 = the object is at its end, ERR_PARSE. The name comes without quotes and unescaped names only. */
static int next_member(struct cursor *c, bool first, struct message_slice *ret_name, struct message_slice *ret_value)
{
	if (take(c, '}'))
		return 0;
	if (!first && !take(c, ','))
		return ERR_PARSE;
	if (!take(c, '"'))
		return ERR_PARSE;
	const char *name = c->at;
	if (!skip_string(c))
		return ERR_PARSE;
	*ret_name = (struct message_slice){ name, (size_t)(c->at - name) - 1 };
	return take(c, ':') && take_value(c, ret_value) ? 1 : ERR_PARSE;
}

static bool named(struct message_slice name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.at, text, name.len) == 0;
}

int message_member(const char *json, size_t len, const char *name, struct message_slice *ret)
{
	struct cursor c = { json, json + len };
	struct message_slice key, value;
	int err = take(&c, '{') ? 1 : ERR_PARSE;

	for (bool first = true; err == 1; first = false) {
		err = next_member(&c, first, &key, &value);
		if (err == 1 && named(key, name)) {
			*ret = value;
			return ERR_OK;
		}
	}
	return err == 0 ? ERR_NOENT : err;
}

int message_split(const char *line, size_t len, struct message_answer *ret)
{
	struct cursor c = { line, line + len };
	struct message_slice key, value;
	struct message_answer answer = { 0 };
	struct { const char *name; struct message_slice *slice; } parts[] = {
		{ "id", &answer.id }, { "result", &answer.result }, { "error", &answer.error },
		{ "method", &answer.method }, { "params", &answer.params },
	};
	int err = take(&c, '{') ? 1 : ERR_PARSE;

	for (bool first = true; err == 1; first = false) {
		err = next_member(&c, first, &key, &value);
		for (size_t i = 0; err == 1 && i < sizeof(parts) / sizeof(parts[0]); i++)
			if (named(key, parts[i].name))
				*parts[i].slice = value;
	}
	skip_space(&c);
	if (err != 0 || c.at != c.end)
		return ERR_PARSE;
	*ret = answer;
	return ERR_OK;
}
