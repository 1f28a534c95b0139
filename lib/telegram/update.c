#include "lib/telegram/update.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/telegram/bot.h"

#define ID_MAX 9007199254740992.0 /* Telegram's ids have at most 52 bits */
#define WAIT_MIN NANOS_SECOND
#define WAIT_MAX NANOS_HOUR
#define WAIT_UNTOLD (5 * NANOS_SECOND)

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int64_t number(const cJSON *object, const char *name)
{
	const cJSON *n = member(object, name);

	return cJSON_IsNumber(n) && n->valuedouble > -ID_MAX && n->valuedouble < ID_MAX ? (int64_t)n->valuedouble : 0;
}

/* Cut at a letter's edge; false when something was left out. */
static bool copy(char *to, size_t size, const char *from)
{
	size_t len = from ? strlen(from) : 0, n = len < size ? len : size - 1;

	while (n < len && n > 0 && ((unsigned char)from[n] & 0xc0) == 0x80)
		n--;
	if (n > 0)
		memcpy(to, from, n);
	to[n] = '\0';
	return n == len;
}

/* -- ok, or not ------------------------------------------------------------------------------------------------------------- */

static nanos_t wait_of(const cJSON *root)
{
	nanos_t wait = number(member(root, "parameters"), "retry_after") * NANOS_SECOND;

	return wait <= 0 ? WAIT_UNTOLD : wait < WAIT_MIN ? WAIT_MIN : wait > WAIT_MAX ? WAIT_MAX : wait;
}

static enum telegram_fate fate_of(long status, const char *words)
{
	if (status == 429)
		return TELEGRAM_LATER;
	if (status == 401 || status == 404)
		return TELEGRAM_TOKEN;
	if (status == 403 || (status == 400 && strstr(words, "chat not found")))
		return TELEGRAM_CHAT;
	return status >= 400 && status < 500 && status != 409 && status != 408 ? TELEGRAM_REFUSED : TELEGRAM_DOWN;
}

/* A proxy's page in the place of an answer, or half an answer: nobody knows what became of the request unless the status tells. */
static void judge_nonsense(long status, struct telegram_result *ret)
{
	ret->fate = fate_of(status, "");
	ret->fate = ret->fate == TELEGRAM_REFUSED ? TELEGRAM_DOWN : ret->fate;
	ret->unsure = ret->fate == TELEGRAM_DOWN;
	ret->wait = ret->fate == TELEGRAM_LATER ? WAIT_UNTOLD : 0;
	snprintf(ret->why, sizeof(ret->why), "status %ld and an answer that is not Telegram's", status);
}

void telegram_judge(long status, const char *body, size_t len, struct telegram_result *ret, cJSON **ret_root, const cJSON **result)
{
	cJSON *root = cJSON_ParseWithLength(body, len);
	const cJSON *ok = member(root, "ok");
	const char *words = cJSON_GetStringValue(member(root, "description"));

	*ret = (struct telegram_result){ .status = status };
	*ret_root = root;
	*result = member(root, "result");
	if (!cJSON_IsBool(ok) || (cJSON_IsTrue(ok) && (status != 200 || !*result))) {
		judge_nonsense(status, ret);
		return;
	}
	if (cJSON_IsTrue(ok))
		return;
	long code = (long)number(root, "error_code");
	ret->fate = fate_of(code > 0 ? code : status, words ? words : "");
	ret->unsure = ret->fate == TELEGRAM_DOWN && code >= 500;
	ret->wait = ret->fate == TELEGRAM_LATER ? wait_of(root) : 0;
	copy(ret->why, sizeof(ret->why), words && words[0] ? words : "refused without a reason");
}

/* -- updates ---------------------------------------------------------------------------------------------------------------- */

static void read_sender(const cJSON *from, struct telegram_update *u)
{
	const char *name = cJSON_GetStringValue(member(from, "username"));

	u->user = number(from, "id");
	u->by_bot = cJSON_IsTrue(member(from, "is_bot"));
	copy(u->name, sizeof(u->name), name ? name : cJSON_GetStringValue(member(from, "first_name")));
}

static bool is_forwarded(const cJSON *message)
{
	return member(message, "forward_origin") || member(message, "forward_date") || member(message, "forward_from") ||
	       member(message, "forward_from_chat") || member(message, "via_bot") || member(message, "is_automatic_forward");
}

static void read_message(const cJSON *message, struct telegram_update *u)
{
	const char *text = cJSON_GetStringValue(member(message, "text"));

	read_sender(member(message, "from"), u);
	u->chat = number(member(message, "chat"), "id");
	u->date = number(message, "date");
	u->forwarded = is_forwarded(message);
	u->kind = text ? TELEGRAM_TEXT : TELEGRAM_OTHER;
	u->cut = !copy(u->text, sizeof(u->text), text);
}

static void read_button(const cJSON *query, struct telegram_update *u)
{
	const char *id = cJSON_GetStringValue(member(query, "id"));

	read_sender(member(query, "from"), u);
	u->chat = number(member(member(query, "message"), "chat"), "id");
	u->kind = id ? TELEGRAM_BUTTON : TELEGRAM_OTHER;
	copy(u->query, sizeof(u->query), id);
	u->cut = !copy(u->text, sizeof(u->text), cJSON_GetStringValue(member(query, "data")));
}

static bool read_update(const cJSON *item, struct telegram_update *u)
{
	*u = (struct telegram_update){ .id = number(item, "update_id") };
	if (member(item, "message"))
		read_message(member(item, "message"), u);
	else if (member(item, "callback_query"))
		read_button(member(item, "callback_query"), u);
	return u->id > 0;
}

size_t telegram_updates(const cJSON *result, struct telegram_update *list)
{
	size_t n = 0;

	for (const cJSON *item = cJSON_IsArray(result) ? result->child : NULL; item && n < TELEGRAM_UPDATES_MAX; item = item->next)
		n += read_update(item, &list[n]);
	return n;
}
