/* What the watchdog makes of the engine's beats: how the engine is, since when that is trouble, what is to be said, and when it is time to take the account
 * from it. Pure: time and beats are handed in. docs/watchdog.md. */
#pragma once

#include <stddef.h>

#include "engined/heartbeat.h"

enum watch_state {
	WATCH_WAITING,    /* no engine has run today */
	WATCH_STARTING,
	WATCH_WELL,
	WATCH_STOPPED,    /* left by itself, flat */
	WATCH_KEPT,       /* left by itself with positions, as it was told to */
	WATCH_NOT_FLAT,   /* left by itself with positions that it could not close */
	WATCH_BLIND,
	WATCH_NO_JOURNAL,
	WATCH_WEDGED,     /* the process lives, its loop does not */
	WATCH_DEAD,
	WATCH_STATES,
};
const char *watch_state_name(enum watch_state s);

struct watch_settings { nanos_t alarm_after, repeat, grace; bool flatten; };
struct watch_input {
	nanos_t mono;
	date_t today;                 /* of the account's clock */
	bool market_open, expected;   /* expected: paper and live trade by the calendar: an engine should be there then */
	bool known, alive;            /* a beat could be read; its process lives */
	struct beat beat;
};

enum watch_say { SAY_NOTHING, SAY_ALARM, SAY_REPEAT, SAY_WELL };
enum takeover_stage {
	TAKEOVER_NONE,
	TAKEOVER_FENCED,  /* the epoch is ours; a restarted engine may still take it again */
	TAKEOVER_BEGUN,   /* positions are being closed, no engine may start */
	TAKEOVER_DONE,    /* once is enough for one engine's life */
};
enum takeover_act { ACT_NOTHING, ACT_FENCE, ACT_BEGIN, ACT_CALL_OFF };

#define WATCHFUL_MAGIC 0x57415448u
#define WATCH_TEXT 320
struct watch {
	uint32_t magic;
	struct watch_settings set;
	enum watch_state state;
	nanos_t state_since, trouble_since, fine_since; /* CLOCK_MONOTONIC; 0 = not */
	bool raised, acknowledged;
	enum watch_state told;
	nanos_t told_at;
	uint64_t alarms;
	struct watch_input in;        /* the newest */
	enum takeover_stage takeover;
	nanos_t fenced_at;
	uint64_t life;                /* pid and epoch of the engine that a takeover was for */
};

void watch_init(struct watch *w, const struct watch_settings *set);
/* Once a tick. What is to be said now; the sentence is watch_text(). */
enum watch_say watch_step(struct watch *w, const struct watch_input *in);
/* What is to be done about the account, after watch_step(). ACT_BEGIN comes again each tick until watch_begun(). */
enum takeover_act watch_takeover(struct watch *w);
void watch_begun(struct watch *w);
void watch_done(struct watch *w);
void watch_acknowledge(struct watch *w);
void watch_text(const struct watch *w, char text[WATCH_TEXT]);
