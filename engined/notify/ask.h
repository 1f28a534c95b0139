/* What a person writes to the bot: the command, whether it needs a second word, and the line of JSON-RPC that it stands for. No network, no state of
 * the engine. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/stamp.h"
#include "lib/control/table.h"

enum ask_kind { ASK_TALK, ASK_UNKNOWN, ASK_HELP, ASK_COMMAND, ASK_YES, ASK_NO };
enum ask_look { LOOK_NONE, LOOK_STATUS, LOOK_BALANCE, LOOK_POSITIONS, LOOK_ORDERS, LOOK_PNL, LOOK_STRATEGIES, LOOK_WHY, LOOK_RISK }; /* report.h */

#define ASK_WHAT 48
struct ask {
	enum ask_kind kind;
	enum command_id id;
	enum ask_look look;          /* LOOK_NONE: it changes something */
	bool dangerous;              /* takes a second word */
	bool late;                   /* good however old it is: it can only make things safer */
	char what[ASK_WHAT];         /* "kill flatten", for people */
	char more[64];               /* of /why: the strategy; of /yes: the code */
	struct buf line;             /* JSON-RPC */
};

/* `text` as it was sent; `chat` and `user` for the audit. latched: a kill stands, so that lifting it is dangerous. ask_done() in the end. */
void ask_read(const char *text, int64_t chat, int64_t user, bool latched, struct ask *ret);
void ask_done(struct ask *a);
void ask_help(enum control_role role, struct buf *out);

/* -- the second word: once, within a minute, by the same person in the same chat ------------------------------------------------- */

#define CONFIRM_FOR NANOS_MINUTE
#define CONFIRM_MAX 8
#define CONFIRM_TRIES 3

struct confirm { int64_t chat, user; uint32_t code, wrong; nanos_t until; char what[ASK_WHAT], line[512]; };
struct confirms { struct confirm list[CONFIRM_MAX]; };

/* Another question of the same person in the same chat is forgotten by it. Returns the six digits. */
uint32_t confirm_ask(struct confirms *c, const struct ask *a, int64_t chat, int64_t user, nanos_t mono);
enum confirm_verdict { CONFIRM_GOOD, CONFIRM_NOTHING, CONFIRM_WRONG, CONFIRM_LATE };
/* Good or hopeless: the question is gone; `ret` is what was asked. */
enum confirm_verdict confirm_take(struct confirms *c, const char *code, int64_t chat, int64_t user, nanos_t mono, struct confirm *ret);
bool confirm_drop(struct confirms *c, int64_t chat, int64_t user);
