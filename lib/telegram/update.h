/* What the Bot API answers: one object, ok or not, and for getUpdates a list. No network here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct telegram_result;
struct cJSON;

enum telegram_kind { TELEGRAM_OTHER, TELEGRAM_TEXT, TELEGRAM_BUTTON };
struct telegram_update {
	int64_t id;
	enum telegram_kind kind;     /* OTHER: nothing for us, but its id counts */
	int64_t chat, user;          /* 0 = none told */
	int64_t date;                /* of the message, UTC seconds; of a pressed button 0: nobody says when */
	bool forwarded, by_bot, cut; /* cut: the text is longer than this */
	char name[40];               /* of the user, for people */
	char query[40];              /* of a pressed button */
	char text[256];              /* a message's text, or a button's data */
};

#define TELEGRAM_UPDATES_MAX 20

/* The verdict on an answer of `status` with that body; `result` may be NULL, else the tree's result (to be deleted through *ret_root). */
void telegram_judge(long status, const char *body, size_t len, struct telegram_result *ret, struct cJSON **ret_root, const struct cJSON **result);
/* At most TELEGRAM_UPDATES_MAX; what has no id is no update and left out. */
size_t telegram_updates(const struct cJSON *result, struct telegram_update *list);
