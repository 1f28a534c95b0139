/* Telegram's Bot API on the event loop: messages and pictures out, updates in by long polling. It says exactly what became of a request, sends
 * nothing twice by itself and keeps no queue: who is told what, and when again, is its owner's to decide. The token is part of each address, so it
 * is in no text that comes out of here. Specification: core.telegram.org/bots/api. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/stamp.h"
#include "lib/telegram/update.h"

struct stints;
struct uv_loop_s;
struct telegram;

#define TELEGRAM_TEXT_MAX 3900   /* bytes of a message; Telegram takes 4096 letters */

struct telegram_options {
	const char *url;             /* without a slash at the end */
	const char *token;
	struct stints *stints;       /* may be NULL (http.h) */
};
int telegram_open(struct uv_loop_s *loop, const struct telegram_options *o, struct telegram **ret);
void telegram_close(struct telegram **t); /* what is under way ends as TELEGRAM_GONE first */

enum telegram_fate {
	TELEGRAM_DONE,
	TELEGRAM_LATER,              /* too many requests: not before `wait` */
	TELEGRAM_DOWN,               /* no answer, or none of Telegram's: try again; `unsure` says that it may have arrived */
	TELEGRAM_TOKEN,              /* this token is no bot's: nothing will get through before the settings change */
	TELEGRAM_CHAT,               /* this chat does not take messages of the bot: blocked, left, or never begun */
	TELEGRAM_REFUSED,            /* this very request is not taken; it will not be next time either */
	TELEGRAM_GONE,               /* the client was closed */
};
struct telegram_result {
	enum telegram_fate fate;
	bool unsure;
	long status;
	nanos_t wait;
	char why[160];               /* "" when done */
};
typedef void telegram_done(void *ctx, const struct telegram_result *r);

struct telegram_button { const char *text, *data; };
struct telegram_message {
	const char *chat, *text;     /* plain: no parse mode, so that nothing a broker or a stranger writes is markup */
	bool quiet;                  /* without a sound */
	const struct telegram_button *buttons; size_t n_buttons; /* in one row */
};
/* done() is called exactly once, never from within the call. An error is told by the result only. */
void telegram_send(struct telegram *t, const struct telegram_message *m, telegram_done *done, void *ctx);
void telegram_photo(struct telegram *t, const char *chat, const char *caption, const void *png, size_t len, telegram_done *done, void *ctx);
/* Ends the waiting circle on a button that was pressed; nobody waits for its outcome. */
void telegram_pressed(struct telegram *t, const char *query, const char *text);

typedef void telegram_heard(void *ctx, const struct telegram_result *r, const struct telegram_update *list, size_t n);
/* Updates from `offset` on; waits for one up to `seconds`. One poll at a time (asserted). An answer that is larger than any should be makes the next
 * polls ask for less, and in the end for the newest update alone. */
void telegram_poll(struct telegram *t, int64_t offset, unsigned seconds, telegram_heard *heard, void *ctx);

struct telegram_stats { uint64_t requests, answered, later, down, unsure, refused, giant; };
struct telegram_stats telegram_stats(const struct telegram *t);
