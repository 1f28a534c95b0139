#include "engined/notify/chats.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define ID_MAX INT64_C(9007199254740992)

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return text[0] == '@' && text[1] && strspn(text + 1, letters) == strlen(text + 1);
}

static enum control_role role_of(const char *text)
{
	static const struct { const char *name; enum control_role role; } roles[] = { { "read", ROLE_READ }, { "trade", ROLE_TRADE }, { "admin", ROLE_ADMIN } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, text) == 0)
			return roles[i].role;
	return ROLE_NONE;
}

static const char *parse_one(char *text, struct chat *ret)
{
	char *colon = strchr(text, ':');

	*ret = (struct chat){ .role = ROLE_NONE };
	if (colon)
		*colon++ = '\0';
	if (strlen(text) >= sizeof(ret->name) || (!is_name(text) && num_parse_int(text, strlen(text), -ID_MAX, ID_MAX, &ret->id) != ERR_OK))
		return "must be chats such as 123456789:admin, -1001234567890:read";
	if (!is_name(text) && ret->id == 0)
		return "must be chats such as 123456789:admin; 0 is no chat";
	snprintf(ret->name, sizeof(ret->name), "%s", text);
	ret->role = role_of(colon ? colon : "");
	if (ret->role == ROLE_NONE)
		return "must give each chat a role: read, trade or admin, as in 123456789:admin";
	return is_name(text) && ret->role != ROLE_READ ? "must give a channel the role read: nobody asks from there" : NULL;
}

static bool has(const struct chat *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0)
			return true;
	return false;
}

const char *chats_parse(const char *text, struct chat list[CHATS_MAX], size_t *ret_n)
{
	char copy[CHATS_MAX * (CHAT_TEXT + 8)];
	const char *why;
	size_t n = 0;

	if (strlen(text) >= sizeof(copy))
		return "is too long";
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *rest = copy, *word; (word = strsep(&rest, ", ")) != NULL;) {
		if (!*word)
			continue;
		if (n == CHATS_MAX)
			return "must be at most 8 chats";
		if ((why = parse_one(word, &list[n])) != NULL)
			return why;
		if (has(list, n, list[n].name))
			return "must name each chat once";
		n++;
	}
	*ret_n = n;
	return NULL;
}

void chats_add(const char *name, struct chat list[CHATS_MAX], size_t *n)
{
	if (!name[0] || has(list, *n, name) || *n == CHATS_MAX)
		return;
	struct chat *c = &list[*n];
	*c = (struct chat){ .role = name[0] == '@' ? ROLE_READ : ROLE_TRADE };
	snprintf(c->name, sizeof(c->name), "%.*s", CHAT_TEXT - 1, name);
	if (name[0] != '@' && num_parse_int(name, strlen(name), -ID_MAX, ID_MAX, &c->id) != ERR_OK)
		return;
	++*n;
}
