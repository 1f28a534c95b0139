#include "engined/watchdog/watch.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/core/event.h"

#define SILENT (3 * NANOS_SECOND)  /* a healthy loop ends a pass at least once a second */
#define SETTLED (5 * NANOS_SECOND) /* well for so long is well again: an engine that dies, starts and dies is one trouble */

static const char *const state_names[] = { "waiting", "starting", "well", "stopped", "kept", "not_flat", "blind", "cannot_journal", "wedged", "dead" };
static_assert(ARRAY_LEN(state_names) == WATCH_STATES, "each state has its name");

const char *watch_state_name(enum watch_state s)
{
	return s < WATCH_STATES ? state_names[s] : "unknown";
}

void watch_init(struct watch *w, const struct watch_settings *set)
{
	*w = (struct watch){ .magic = WATCHFUL_MAGIC, .set = *set };
}

/* -- how the engine is ------------------------------------------------------------------------------------------------------- */

static enum watch_state ended(const struct watch_input *in)
{
	bool flat = (in->beat.bits & (BEAT_OPEN | BEAT_UNSURE)) == 0;

	if (in->beat.status == 3)
		return WATCH_NOT_FLAT;
	if (in->beat.status != 0 || (in->beat.bits & BEAT_FENCED))
		return WATCH_DEAD;
	if (!flat)
		return WATCH_KEPT;
	return stamp_date(in->beat.wall) == in->today ? WATCH_STOPPED : WATCH_WAITING;
}

static enum watch_state judge(const struct watch_input *in)
{
	if (!in->known)
		return WATCH_WAITING;
	if (in->beat.bits & BEAT_EXITED)
		return ended(in);
	if (!in->alive)
		return WATCH_DEAD;
	if (in->beat.bits & BEAT_STARTING)
		return WATCH_STARTING;
	if (in->mono - in->beat.mono > SILENT)
		return WATCH_WEDGED;
	return in->beat.bits & BEAT_JOURNAL_FAILED ? WATCH_NO_JOURNAL : in->beat.bits & BEAT_BLIND ? WATCH_BLIND : WATCH_WELL;
}

/* Now, whether it lasted long enough for an alarm or not. */
static bool watch_trouble(const struct watch *w)
{
	switch (w->state) {
	case WATCH_WELL:
	case WATCH_STOPPED:
		return false;
	case WATCH_WAITING:
	case WATCH_KEPT:
		return w->in.market_open && w->in.expected;
	default:
		return true;
	}
}

static nanos_t settled_after(const struct watch *w)
{
	return w->set.alarm_after < SETTLED ? w->set.alarm_after : SETTLED;
}

/* Trouble begins with its first sign and ends when all has been well for a while. */
static void follow(struct watch *w)
{
	nanos_t now = w->in.mono;

	if (watch_trouble(w)) {
		w->fine_since = 0;
		if (w->trouble_since == 0)
			w->trouble_since = w->state == WATCH_WEDGED ? w->in.beat.mono : now;
		return;
	}
	if (w->fine_since == 0)
		w->fine_since = now;
	if (now - w->fine_since >= settled_after(w))
		w->trouble_since = 0;
}

static void enter(struct watch *w, enum watch_state state)
{
	if (state == w->state && w->state_since)
		return;
	w->state = state;
	w->state_since = w->in.mono;
}

/* -- what is to be said ---------------------------------------------------------------------------------------------------------- */

static enum watch_say say(struct watch *w, enum watch_say what)
{
	w->told = w->state;
	w->told_at = w->in.mono;
	w->raised = what != SAY_WELL;
	w->alarms += what == SAY_ALARM;
	if (what != SAY_REPEAT)
		w->acknowledged = false;
	return what;
}

enum watch_say watch_step(struct watch *w, const struct watch_input *in)
{
	CHECK_OBJ(w, WATCHFUL_MAGIC);
	w->in = *in;
	enter(w, judge(in));
	follow(w);
	if (w->trouble_since == 0)
		return w->raised ? say(w, SAY_WELL) : SAY_NOTHING;
	if (!watch_trouble(w) || in->mono - w->trouble_since < w->set.alarm_after)
		return SAY_NOTHING;
	if (!w->raised || w->state > w->told) /* another trouble, and a worse one */
		return say(w, SAY_ALARM);
	return !w->acknowledged && in->mono - w->told_at >= w->set.repeat ? say(w, SAY_REPEAT) : SAY_NOTHING;
}

void watch_acknowledge(struct watch *w)
{
	CHECK_OBJ(w, WATCHFUL_MAGIC);
	w->acknowledged = w->raised;
}

static void put_risk(const struct watch *w, char *text, size_t size)
{
	uint32_t bits = w->in.beat.bits;

	snprintf(text, size, "%s", !w->in.known ? "" : bits & BEAT_UNSURE ? "; whether positions are open is not known" :
	         bits & BEAT_OPEN ? "; POSITIONS OR ORDERS ARE OPEN" : "; it held no position");
}

static void put_state(const struct watch *w, char *text, size_t size)
{
	const struct beat *b = &w->in.beat;
	long long silent = (long long)((w->in.mono - b->mono) / NANOS_SECOND);

	switch (w->state) {
	case WATCH_WAITING:    snprintf(text, size, "has not been started today"); break;
	case WATCH_STARTING:   snprintf(text, size, "is starting and not ready (%s)", b->reason); break;
	case WATCH_WELL:       snprintf(text, size, "is well"); break;
	case WATCH_STOPPED:    snprintf(text, size, "was stopped"); break;
	case WATCH_KEPT:       snprintf(text, size, "was stopped and kept its positions: nobody watches their stops"); break;
	case WATCH_NOT_FLAT:   snprintf(text, size, "left NOT FLAT (status 3)"); break;
	case WATCH_BLIND:      snprintf(text, size, "is blind (%s)", b->reason); break;
	case WATCH_NO_JOURNAL: snprintf(text, size, "cannot write its journal"); break;
	case WATCH_WEDGED:     snprintf(text, size, "is wedged: no beat for %lld s", silent); break;
	case WATCH_DEAD:
		if (b->bits & BEAT_FENCED)
			snprintf(text, size, "stopped: another process took over the account");
		else if (b->bits & BEAT_EXITED)
			snprintf(text, size, "stopped by an error (status %d%s%s)", b->status, b->reason[0] ? ", " : "", b->reason);
		else
			snprintf(text, size, "is dead: it went without a word");
		break;
	default:
		WRONG("no such state");
	}
}

void watch_text(const struct watch *w, char text[WATCH_TEXT])
{
	static const char *const modes[] = { "demo", "replay", "paper", "live" };
	char what[192], risk[64];

	put_state(w, what, sizeof(what));
	put_risk(w, risk, sizeof(risk));
	if (w->in.known)
		snprintf(text, WATCH_TEXT, "engined (%s, pid %lld) %s%s", w->in.beat.mode < ARRAY_LEN(modes) ? modes[w->in.beat.mode] : "?",
		         (long long)w->in.beat.pid, what, w->state == WATCH_WELL ? "" : risk);
	else
		snprintf(text, WATCH_TEXT, "engined %s", what);
}

/* -- whose the account is ------------------------------------------------------------------------------------------------------------ */

static uint64_t life_of(const struct beat *b)
{
	return b->epoch << 24 ^ (uint64_t)b->pid;
}

/* An engine that beats keeps its account, whatever else is wrong: it exits better than anybody. One that starts gets the grace for it. */
static bool gone(const struct watch *w)
{
	return w->state == WATCH_DEAD || w->state == WATCH_WEDGED || w->state == WATCH_NOT_FLAT ||
	       (w->state == WATCH_STARTING && w->in.mono - w->state_since >= w->set.grace);
}

static bool at_risk(const struct watch *w)
{
	return w->set.flatten && w->in.market_open && w->in.known && w->in.beat.mode == MODE_LIVE && (w->in.beat.bits & (BEAT_OPEN | BEAT_UNSURE));
}

static enum takeover_act fenced(struct watch *w)
{
	if (w->trouble_since == 0) { /* it came back, and stayed */
		w->takeover = TAKEOVER_NONE;
		return ACT_CALL_OFF;
	}
	return gone(w) && w->in.mono - w->fenced_at >= w->set.grace && w->in.market_open ? ACT_BEGIN : ACT_NOTHING;
}

enum takeover_act watch_takeover(struct watch *w)
{
	CHECK_OBJ(w, WATCHFUL_MAGIC);
	if (w->takeover == TAKEOVER_DONE && w->life != life_of(&w->in.beat))
		w->takeover = TAKEOVER_NONE;
	if (w->takeover == TAKEOVER_FENCED)
		return fenced(w);
	if (w->takeover != TAKEOVER_NONE || !w->raised || !gone(w) || !at_risk(w))
		return ACT_NOTHING;
	w->takeover = TAKEOVER_FENCED;
	w->fenced_at = w->in.mono;
	return ACT_FENCE;
}

void watch_begun(struct watch *w)
{
	CHECK_OBJ(w, WATCHFUL_MAGIC);
	w->takeover = TAKEOVER_BEGUN;
	w->life = life_of(&w->in.beat);
}

void watch_done(struct watch *w)
{
	CHECK_OBJ(w, WATCHFUL_MAGIC);
	w->takeover = TAKEOVER_DONE;
}
