/* Taking the account from an engine that is gone: the epoch first, then the process, then a while for a restart, then the lock and the positions. */
#include "engined/watchdog/flattener.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define NEXT_TRY (10 * NANOS_SECOND)
#define TAKEOVER_MAGIC 0x54414B45u
struct takeover {
	uint32_t magic, epoch;
	struct authority *authority;
	struct flattener *work;
	bool unkillable, told_flat;
	nanos_t again;                /* CLOCK_MONOTONIC: no session could be opened, next try */
	char trouble[192];
};

static void say(struct watchdog *w, const char *event, const char *text)
{
	char line[400];

	snprintf(line, sizeof(line), "watchdog: %s", text);
	alarm_words(w, event, line);
}

static void give_up_for_now(struct watchdog *w, const char *what, const char *why)
{
	struct takeover *t = w->takeover;
	char text[192];

	snprintf(text, sizeof(text), "%.60s: %.120s", what, why);
	if (strcmp(text, t->trouble) != 0)
		say(w, "takeover", text);
	memcpy(t->trouble, text, sizeof(text));
}

/* -- the epoch and the process --------------------------------------------------------------------------------------------------- */

/* From here on the other one sends nothing, whether it dies or not. */
static bool take_epoch(struct watchdog *w)
{
	struct takeover *t = w->takeover;
	char path[600];
	int err = ERR_OK;

	snprintf(path, sizeof(path), "%s/authority", w->root_dir);
	if (!t->authority)
		err = authority_open(&t->authority, path);
	if (err == ERR_OK)
		err = authority_take(t->authority, 0, HOLDER_WATCHDOG, &t->epoch);
	if (err != ERR_OK && !(t->authority && authority_mine(t->authority))) { /* in memory it holds, whatever the disk says */
		give_up_for_now(w, path, err_text(err));
		return false;
	}
	return true;
}

/* Only a process that holds the engine's own life sign: its pid was written by itself. */
static void kill_engine(struct watchdog *w)
{
	const struct watch_input *in = &w->watch.in;
	struct takeover *t = w->takeover;

	if (!in->alive || (in->beat.bits & BEAT_EXITED))
		return;
	t->unkillable = !w->config->watchdog_kill || (kill((pid_t)in->beat.pid, SIGKILL) != 0 && errno != ESRCH);
	log_warn("watchdog", t->unkillable ? "the engine (pid %lld) lives and is not killed: the epoch keeps it from sending" : "the engine (pid %lld) was killed",
	         (long long)in->beat.pid);
}

static void fence(struct watchdog *w)
{
	char text[200];

	if (!w->takeover) {
		w->takeover = calloc(1, sizeof(*w->takeover));
		assert(w->takeover);
	}
	w->takeover->magic = TAKEOVER_MAGIC;
	if (!take_epoch(w))
		return;
	if (w->watch.state == WATCH_WEDGED || w->watch.state == WATCH_STARTING)
		kill_engine(w);
	snprintf(text, sizeof(text), "the account was taken from the engine (epoch %u); unless it is up again within %lld s its positions are closed",
	         w->takeover->epoch, (long long)w->config->watchdog_restart_grace_s);
	say(w, "takeover", text);
}

/* -- the positions ------------------------------------------------------------------------------------------------------------------ */

/* With the lock no engine starts. A wedged one that could not be killed keeps the lock, and with it every other engine out. One that is starting
 * this moment holds it too, and is let be. */
static bool lock(struct watchdog *w)
{
	struct takeover *t = w->takeover;
	int err;

	t->unkillable = false;
	if (w->watch.in.alive && take_epoch(w))
		kill_engine(w);
	err = authority_lock(t->authority);
	if (err == ERR_OK)
		return take_epoch(w);
	if (err == ERR_BUSY && t->unkillable && authority_mine(t->authority))
		return true;
	if (err != ERR_BUSY)
		give_up_for_now(w, "the account cannot be locked", err_text(err));
	return false; /* it is dying, or another is starting: the next tick sees */
}

static void begin(struct watchdog *w)
{
	struct takeover *t = w->takeover;
	char why[256] = "";
	int err;

	if (clock_mono() < t->again || !lock(w))
		return;
	err = flattener_open(w, t->authority, t->epoch, &t->work, why, sizeof(why));
	if (err != ERR_OK) {
		authority_release(t->authority); /* between the tries an engine may start */
		t->again = clock_mono() + NEXT_TRY;
		give_up_for_now(w, "no session can be opened to close its positions", why[0] ? why : err_text(err));
		return;
	}
	t->trouble[0] = '\0';
	watch_begun(&w->watch);
	say(w, "takeover", "the engine did not come back: its open orders are cancelled and its positions closed");
}

static void end(struct watchdog *w)
{
	flattener_close(&w->takeover->work);
	authority_close(&w->takeover->authority);
	watch_done(&w->watch);
}

/* Until late orders had their time to turn up, the market closes, or somebody else took the account. */
static void follow(struct watchdog *w)
{
	struct takeover *t = w->takeover;
	char text[256];

	flattener_text(t->work, text, sizeof(text));
	if (flattener_verdict(t->work) == FLATTEN_FLAT && !t->told_flat) {
		t->told_flat = true;
		say(w, "flat", text);
	} else if (flattener_verdict(t->work) == FLATTEN_WORKING)
		t->told_flat = false;
	if (!authority_mine(t->authority)) {
		say(w, "takeover", "somebody else took the account: this watchdog sends nothing more");
		end(w);
	} else if (flattener_watched(t->work))
		end(w);
	else if (!w->watch.in.market_open) {
		if (!t->told_flat) {
			authority_left_open(t->authority); /* the next engine says it until somebody acknowledges it */
			say(w, "not_flat", text);
		}
		end(w);
	}
}

void takeover_tick(struct watchdog *w)
{
	enum takeover_act act = watch_takeover(&w->watch);

	if (act == ACT_FENCE)
		fence(w);
	else if (act == ACT_BEGIN)
		begin(w);
	else if (act == ACT_CALL_OFF) {
		log_info("watchdog", "the engine is up again and keeps its positions");
		authority_close(&w->takeover->authority);
	} else if (w->takeover && w->takeover->work)
		follow(w);
}

void takeover_text(const struct watchdog *w, char *text, size_t size)
{
	const struct takeover *t = w->takeover;

	text[0] = '\0';
	if (t && t->work)
		flattener_text(t->work, text, size);
	else if (t && w->watch.takeover == TAKEOVER_FENCED)
		snprintf(text, size, "%s", t->trouble[0] ? t->trouble : "waiting for a restart before its positions are closed");
	else if (t && w->watch.takeover == TAKEOVER_DONE)
		snprintf(text, size, "%s", t->told_flat ? "its positions were closed by the watchdog" : "NOT FLAT when the watchdog ended");
}

void takeover_close(struct watchdog *w)
{
	if (!w->takeover)
		return;
	flattener_close(&w->takeover->work);
	authority_close(&w->takeover->authority);
	free(w->takeover);
	w->takeover = NULL;
}
