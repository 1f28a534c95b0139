/* Who is told, and what each may ask for: telegram.chats and telegram.chat_id as the operator wrote them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/control/table.h"

#define CHATS_MAX 8
#define CHAT_TEXT 72

struct chat { char name[CHAT_TEXT]; int64_t id; enum control_role role; }; /* id 0: a channel by its name; it is told, and asks nothing */

/* "-1001234567890:read, 123456789:admin". NULL = good, else what is wrong with it. *ret_n may be 0. */
const char *chats_parse(const char *text, struct chat list[CHATS_MAX], size_t *ret_n);
/* Of telegram.chat_id, unless the list has it: role trade. */
void chats_add(const char *name, struct chat list[CHATS_MAX], size_t *n);
