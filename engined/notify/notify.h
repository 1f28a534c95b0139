/* The engine on Telegram: what the journal holds is told to each chat, in order, and what a person writes there becomes a control command. It stands
 * beside the engine and never before it: nothing here is waited for, and without a network it only grows older.
 *
 * Nothing is told before its record is on disk. The journal is the queue: each chat has a mark of how far it was told, so that a restart or an outage
 * leaves nothing out; what may have arrived and was not confirmed comes again and says so. */
#pragma once

#include <stdbool.h>

#include "engined/notify/chats.h"
#include "lib/base/json.h"
#include "lib/control/server.h"
#include "lib/core/core.h"
#include "lib/journal/journal.h"

struct notify;
struct uv_loop_s;

struct notify_options {
	struct uv_loop_s *loop;
	const char *url, *token;
	const char *mark_path;       /* mark.h */
	const struct chat *chats;    /* copied */
	size_t n_chats;
	const struct core *core;     /* for names and money; the loop's */
	enum engine_mode mode;
	const char *journal_dir;
	nanos_t since;               /* records before it are no news: what a demo makes up of the time before its start */
	nanos_t (*now)(void *ctx);   /* the market's clock */
	nanos_t (*wall)(void *ctx);  /* the world's, as Telegram dates its messages */
	uint64_t (*durable)(void *ctx); /* the newest record that is; asked often, and waits for nobody */
	void (*journal)(void *ctx, struct journal_state *ret);
	void (*command)(void *ctx, const struct control_local *l);
	void *ctx;
};

int notify_open(const struct notify_options *o, struct notify **ret); /* says why not on standard error */
/* Reads what the journal holds behind the marks: may take as long as a segment, so it is work for the start's thread. All of it is durable. */
void notify_catch_up(struct notify *n);
void notify_begin(struct notify *n);
/* Every record as it is taken into the journal. NULL is nobody. */
void notify_record(struct notify *n, const struct record *head, const void *payload, size_t len);
/* Something is to be told and there is hope that it gets through soon; before the end of the process. */
bool notify_busy(const struct notify *n);
void notify_hurry(struct notify *n);
void notify_close(struct notify *n);   /* its handles; the loop must turn after */
void notify_free(struct notify **n);

/* A message to every chat; told once, within ten seconds: how many took it, and why the others did not ("" = all did). */
typedef void notify_tested(void *ctx, unsigned sent, unsigned chats, const char *why);
bool notify_test(struct notify *n, const char *by, notify_tested *done, void *ctx); /* false: one is under way */

/* Members of an open object; NULL n = not configured. */
void notify_put_status(const struct notify *n, struct json *j, const char *key);
void notify_put_debug(const struct notify *n, struct json *j, const char *key);
