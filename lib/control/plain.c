/* Cuts a request of the one form that our own clients write, without a tree. What is not of that form is not judged here. */
#include "lib/control/message.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS_MAX 15 /* fewer than 2^53 has: printed again, such an id reads the same */

struct cursor { const char *at, *end; };

static bool take(struct cursor *c, const char *text, size_t len)
{
	if ((size_t)(c->end - c->at) < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

#define TAKE(c, text) take(c, text, sizeof(text) - 1)

static struct message_slice take_id(struct cursor *c)
{
	const char *from = c->at;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	size_t len = (size_t)(c->at - from);
	if (len > DIGITS_MAX || (len > 1 && *from == '0'))
		len = 0;
	return (struct message_slice){ from, len };
}

static struct message_slice take_word(struct cursor *c)
{
	const char *from = c->at;

	while (c->at < c->end && ((*c->at >= 'a' && *c->at <= 'z') || *c->at == '_' || *c->at == '.'))
		c->at++;
	return (struct message_slice){ from, (size_t)(c->at - from) };
}

bool message_cut_plain(const char *line, size_t len, struct message_plain *ret)
{
	struct cursor c = { line, line + len };

	*ret = (struct message_plain){ 0 };
	if (!TAKE(&c, "{\"jsonrpc\":\"2.0\",\"id\":"))
		return false;
	ret->id = take_id(&c);
	if (ret->id.len == 0 || !TAKE(&c, ",\"method\":\""))
		return false;
	ret->method = take_word(&c);
	if (ret->method.len == 0 || ret->method.len >= MESSAGE_WORD_MAX || !TAKE(&c, "\""))
		return false;
	if (TAKE(&c, ",\"params\":")) {
		if (c.end - c.at < 2)
			return false;
		ret->params = (struct message_slice){ c.at, (size_t)(c.end - c.at) - 1 };
		c.at = c.end - 1;
	}
	return TAKE(&c, "}") && c.at == c.end;
}
