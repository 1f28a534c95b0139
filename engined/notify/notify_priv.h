/* Between notify.c (the engine's side), notify_send.c (towards the chats) and notify_hear.c (from them). */
#pragma once

#include "engined/notify/ask.h"
#include "engined/notify/mark.h"
#include "engined/notify/notify.h"
#include "engined/notify/outbox.h"
#include "lib/loop/alarm.h"
#include "lib/loop/stint.h"
#include "lib/telegram/bot.h"

#define NOTIFY_MAGIC 0x4E4F5449u
#define NOTIFY_TICK_MS 250
#define STAGED_ITEMS 512
#define STAGED_BYTES 320
#define REPLIES_MAX 16
#define TOLD_MAX 8
#define STRANGERS_MAX 8

/* A message that is no record's: an answer, or what the clock says. It lives as long as the process. */
struct reply { struct reply *next; char *text; char yes[24], no[24]; date_t *mark, day; bool test; };

enum sending { SENDING_NONE, SENDING_REPLY, SENDING_BATCH, SENDING_PICTURE };
struct line {
	struct notify *n;
	struct chat chat;
	struct mark_chat *mark;
	enum sending sending;
	struct outbox_batch batch;   /* under way */
	bool again, picture;         /* the last try may have arrived; the day's curve is to follow */
	nanos_t next_at;             /* CLOCK_MONOTONIC */
	unsigned fails;
	enum telegram_fate trouble;  /* TELEGRAM_DONE = none */
	char why[160];
	struct reply *first, **last;
	unsigned replies;
	uint64_t sent, failed, dropped;
};

/* A record until it is durable, as it was. */
struct staged { struct record head; _Alignas(8) unsigned char payload[STAGED_BYTES]; };

/* A command from being asked for to being answered. */
struct told { struct notify *n; size_t line; bool used; uint64_t due; enum ask_look look; char what[ASK_WHAT], more[64], principal[32], command[512]; };

struct notify {
	uint32_t magic;
	struct notify_options o;
	struct telegram *bot;
	struct mark *mark;
	struct mark_page *page;
	struct line line[CHATS_MAX];
	size_t lines;
	struct outbox outbox;
	struct words_memory memory;
	struct staged staged[STAGED_ITEMS];
	uint64_t staged_from, staged_to, staged_lost;
	struct alarm alarm;
	bool begun, closing, hurry;
	nanos_t begun_at, advanced_at;
	date_t ready_day, holiday_day; /* queued */
	/* hearing */
	bool polling;
	nanos_t poll_at;
	unsigned poll_fails;
	char poll_why[160];
	struct confirms confirms;
	struct told told[TOLD_MAX];
	int64_t stranger[STRANGERS_MAX];
	uint64_t strangers, updates, duplicates, stale, forwarded, commands, refused;
	/* a test message */
	notify_tested *tested;
	void *tested_ctx;
	unsigned test_left, test_sent;
	nanos_t test_until;
	char test_why[160];
	struct stints stints;
};

/* notify_send.c */
void send_turn(struct notify *n, nanos_t mono);
/* The badge stands before it; each line of `text` begins with a newline. yes/no: a button each, or NULL. */
struct reply *send_reply(struct line *l, const char *text, const char *yes, const char *no);
void send_all(struct notify *n, const char *text, date_t *mark, date_t day);
void send_forget(struct line *l); /* frees what waits */

/* notify_hear.c */
void hear_turn(struct notify *n, nanos_t mono);
void hear_commands(struct notify *n); /* hands on what was asked for, in that order */
