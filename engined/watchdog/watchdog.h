/* engine-watchdog: what its files share. watchdog.c holds the loop, watchdog_alarm.c the channels, watchdog_status.c what enginectl reads,
 * watchdog_takeover.c the account. */
#pragma once

#include <uv.h>

#include "engined/config/config.h"
#include "engined/watchdog/watch.h"
#include "lib/base/manager.h"
#include "lib/core/tables.h"
#include "lib/loop/clock.h"
#include "lib/loop/http.h"

struct watchdog_options { const char *config_path, *mode, *state_dir, *runtime_dir, *tables_dir, *clock; };

struct alarm_child;
struct takeover;

#define WATCHDOG_MAGIC 0x57444F47u
struct watchdog {
	uint32_t magic;
	struct watchdog_options o;
	struct config *config;
	struct market_tables tables;
	struct clock clock;
	struct clock_base clock_base;
	nanos_t time_told;            /* CLOCK_MONOTONIC: by the engine's newest beat; 0 = never */
	uint32_t mode;                /* as configured; a beat says its own */
	char root_dir[512], runtime_dir[512], heartbeat[560];
	uv_loop_t loop;
	uv_timer_t tick;
	uv_signal_t term, interrupt;
	struct http *http;
	struct watch watch;
	enum watch_say said;          /* of this tick */
	bool unreadable;              /* the beat is there and cannot be read: said once */
	struct alarm_child *child;
	nanos_t pinged_at, status_at; /* CLOCK_MONOTONIC */
	uint64_t pings, pings_failed, posts_failed, commands_failed;
	struct takeover *takeover;
	struct manager manager;
};
struct watchdog *watchdog_of(void *ctx);

/* time.c: before the clock is read in a tick */
void time_keep(struct watchdog *w, const struct watch_input *in);

/* watchdog_alarm.c */
void alarm_tell(struct watchdog *w, enum watch_say what);      /* on every channel */
void alarm_words(struct watchdog *w, const char *event, const char *text); /* what is not the engine's state: a takeover's steps */
void alarm_ping(struct watchdog *w);                           /* the dead man's handle, when it is due */
void alarm_stop(struct watchdog *w);

/* watchdog_status.c: RUNTIME/watchdog, one JSON object; RUNTIME/watchdog.ack acknowledges the alarm by being there */
void status_write(struct watchdog *w);
bool status_acknowledged(struct watchdog *w);
void status_remove(struct watchdog *w);

/* watchdog_takeover.c */
void takeover_tick(struct watchdog *w);
void takeover_text(const struct watchdog *w, char *text, size_t size); /* "" = nothing under way */
void takeover_close(struct watchdog *w);
