/* What the engine says of itself to whoever watches it, at the end of each full pass of its loop and never from a timer: a loop that
 * stands still, or turns without doing its work, gives no beat. reliability.md I28, E9 45. */
#include "engined/app.h"

#include <stdio.h>
#include <string.h>

#include "engined/live.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define LATE NANOS_SECOND              /* a pass that worked for so long gives no beat */
#define AGAIN NANOS_MS                 /* the same beat again before that tells nobody anything: clients make tens of thousands of passes a second */
#define LOOK (100 * NANOS_MS)          /* how often what costs a lock is looked at */
#define NOT_DURABLE (10 * NANOS_SECOND)

int beat_open(struct app *a)
{
	char path[600];
	int err;

	manager_open(&a->beat.manager);
	snprintf(path, sizeof(path), "%s/heartbeat", a->runtime_dir);
	err = heartbeat_open(&a->beat.file, path);
	if (err == ERR_BUSY)
		log_error("engine", "%s: another engine lives in this runtime folder; stop it first, or use another --runtime", path);
	else if (err != ERR_OK)
		log_error("engine", "%s: %s; make the folder writable", path, err_text(err));
	return err;
}

static void write_beat(struct app *a, uint32_t bits, const char *reason)
{
	struct beat b = { .mono = app_mono(), .wall = clock_now(&a->clock), .epoch = a->epoch, .mode = a->mode, .bits = bits, .status = a->exit_status,
	                  .open_books = a->core ? (int32_t)a->core->s->open_books : 0, .journal_seq = a->beat.durable, .passes = a->beat.passes,
	                  .late = a->beat.late };

	snprintf(b.reason, sizeof(b.reason), "%s", reason);
	heartbeat_write(a->beat.file, &b);
}

/* The loop turns for its clients while the start works on a thread: those passes prove nothing, so each step gives one beat. */
void beat_starting(struct app *a)
{
	if (a->beat.file)
		write_beat(a, BEAT_STARTING | BEAT_UNSURE, a->step);
	manager_status(&a->beat.manager, a->step);
}

/* -- what a pass saw --------------------------------------------------------------------------------------------------------- */

/* Does what is written become durable? A disk that hangs fails nothing, and proves nothing either. */
static void look_at_journal(struct app *a, nanos_t now)
{
	struct journal_state j;

	journal_state(a->journal, &j);
	if (j.last_seq != a->beat.durable || j.last_seq >= a->core->s->seq)
		a->beat.moved = now;
	a->beat.durable = j.last_seq;
	a->beat.journal_bad = atomic_load(&a->journal_failed) || now - a->beat.moved > NOT_DURABLE ||
	                      (a->journal_watched && !a->core->s->link[LINK_JOURNAL].up);
}

static void look(struct app *a, nanos_t now)
{
	if (now - a->beat.looked < LOOK)
		return;
	a->beat.looked = now;
	look_at_journal(a, now);
	a->beat.blind[0] = '\0';
	if (a->live)
		live_blind(a, a->beat.blind, sizeof(a->beat.blind));
}

/* Time at work since the pass before, without the time asleep. */
static nanos_t worked(struct app *a, nanos_t now)
{
	nanos_t idle = (nanos_t)uv_metrics_idle_time(&a->loop), took = a->beat.passes ? now - a->beat.at - (idle - a->beat.idle) : 0;

	a->beat.at = now;
	a->beat.idle = idle;
	a->beat.passes++;
	histogram_add(&a->beat.turn, took);
	return took;
}

static uint32_t bits_now(const struct app *a)
{
	const struct core_state *s = a->core->s;
	uint32_t bits = s->open_books || s->live_orders ? BEAT_OPEN : 0;

	bits |= core_ready(a->core) == REFUSAL_NONE ? BEAT_READY : 0;
	bits |= s->link[LINK_BROKER].up ? BEAT_LINKED : 0;
	bits |= a->beat.journal_bad ? BEAT_JOURNAL_FAILED : 0;
	bits |= a->beat.blind[0] ? BEAT_BLIND : 0;
	bits |= s->stop != STOP_NONE ? BEAT_STOPPING : 0;
	return bits;
}

static bool is_news(struct app *a, nanos_t now, uint32_t bits)
{
	struct beats *b = &a->beat;
	bool news = b->told == 0 || now - b->told >= AGAIN || bits != b->bits || a->core->s->open_books != b->open_books;

	if (news) {
		b->told = now;
		b->bits = bits;
		b->open_books = a->core->s->open_books;
	}
	return news;
}

/* Call where a pass ends, after the last of its work. The service manager hears of it too, whatever the bits say: it would only restart, and an
 * engine that is blind or without a journal still closes positions. */
void beat_pass(struct app *a)
{
	nanos_t now = app_mono();

	CHECK_OBJ(a, APP_MAGIC);
	if (!a->beat.file || a->step)
		return;
	if (worked(a, now) >= LATE) {
		a->beat.late++;
		return;
	}
	look(a, now);
	uint32_t bits = bits_now(a);
	if (!is_news(a, now, bits))
		return;
	write_beat(a, bits, a->beat.blind);
	manager_alive(&a->beat.manager, now);
	if (a->core->s->stop != STOP_NONE)
		manager_stopping(&a->beat.manager);
}

static void on_pass(uv_prepare_t *prepare)
{
	beat_pass(prepare->data);
}

/* Paper and live end their passes by themselves: what they do before the loop sleeps must come first. */
void beat_begin(struct app *a)
{
	uv_loop_configure(&a->loop, UV_METRICS_IDLE_TIME);
	a->beat.moved = app_mono();
	uv_prepare_init(&a->loop, &a->beat.pass);
	a->beat.pass.data = a;
	if (!a->live)
		uv_prepare_start(&a->beat.pass, on_pass);
}

/* -- the end -------------------------------------------------------------------------------------------------------------------- */

/* Before the parts are closed: what they held. */
void beat_ending(struct app *a)
{
	const struct core_state *s = a->core ? a->core->s : NULL;

	if (a->beat.file)
		manager_stopping(&a->beat.manager);
	a->beat.last = !s || a->step ? BEAT_UNSURE : s->open_books || s->live_orders ? BEAT_OPEN : 0;
}

/* After everything else: what follows is the process's end. */
void beat_end(struct app *a, int status)
{
	if (!a->beat.file)
		return;
	a->exit_status = status;
	a->core = NULL;
	write_beat(a, BEAT_EXITED | a->beat.last | (a->fenced ? BEAT_FENCED : 0), a->step ? a->step : "");
	heartbeat_close(&a->beat.file);
	manager_close(&a->beat.manager);
}
