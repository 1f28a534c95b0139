/* The loop: the data's clock against the wall's, the control socket, snapshots, signals. Every change of state is an event. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engined/app.h"
#include "engined/kill.h"
#include "engined/live.h"
#include "engined/tell.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define TURN_EVENTS 4096              /* market events of one turn at most, so that a client never waits for the data */
#define TURN_TIME (4 * NANOS_MS)
#define PUBLISH_MS 100
#define METRICS_TIME NANOS_SECOND
#define LAST_WORDS_TIME (3 * NANOS_SECOND) /* the most that a chat may hold up the end */
#define DRAIN_TIME NANOS_SECOND        /* at the end, for clients who take their last answer slowly */

static nanos_t clock_read(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (nanos_t)t.tv_sec * NANOS_SECOND + t.tv_nsec;
}

nanos_t app_mono(void) { return clock_read(CLOCK_MONOTONIC); }
nanos_t app_wall(void) { return clock_read(CLOCK_REALTIME); }

void app_note_error(struct app *a, const char *format, ...)
{
	struct error_note *e = &a->errors[a->n_errors++ % APP_ERRORS];
	va_list args;

	e->at = app_wall();
	va_start(args, format);
	vsnprintf(e->text, sizeof(e->text), format, args);
	va_end(args);
	log_error("engine", "%s", e->text);
}

void app_leave(struct app *a, int status)
{
	if (a->leaving)
		return;
	a->leaving = true;
	a->exit_status = status;
	uv_stop(&a->loop);
}

/* What is still open is somebody else's to close now. */
static void leave_open(struct app *a, int status)
{
	if (a->leaving)
		return;
	for (uint32_t i = 0; i < a->core->s->strategies; i++) {
		const struct slot *s = &a->core->slot[i];

		if (s->book.qty != 0)
			app_note_error(a, "NOT FLAT: %s %+lld, strategy %s; close it at the broker", a->core->instrument[s->book.instrument].symbol,
			               (long long)s->book.qty, s->id);
	}
	if (a->core->s->live_orders)
		app_note_error(a, "NOT FLAT: %u orders are at work; cancel them at the broker", a->core->s->live_orders);
	app_leave(a, status);
}

/* Nothing can be written down any more, so nothing leaves either. */
void app_stopped(struct app *a, int err)
{
	app_note_error(a, "the engine stopped taking events: %s", err_text(err));
	leave_open(a, 4);
}

void app_leave_at_end(struct app *a)
{
	if (a->core->s->open_books)
		leave_open(a, 3);
	else
		app_leave(a, 0);
}

/* -- the data's clock -------------------------------------------------------------------------------------------------------- */

static void on_busy(uv_idle_t *idle);

/* At once is an idle handle's work: a timer of 0 ms that starts itself again would keep libuv from ever looking at the sockets. */
static void pace_in(struct app *a, uint64_t ms)
{
	if (ms > 0)
		alarm_in(&a->pace, ms, 0);
	else
		uv_idle_start(&a->busy, on_busy);
}

/* From now on the data runs from where it stands; a demo at its natural pace runs with the wall and catches up with it. */
void pacer_match(struct app *a)
{
	a->pacer.data_from = a->mode == MODE_DEMO && a->pacer.speed == 1 && app_wall() > a->core->s->now ? app_wall() : a->core->s->now;
	a->pacer.wall_from = app_mono();
	pace_in(a, 0);
}

static nanos_t data_now(const struct app *a)
{
	const struct pacer *p = &a->pacer;
	nanos_t passed = app_mono() - p->wall_from;

	if (p->speed == 0)
		return STAMP_NEVER - 1;
	return passed > (STAMP_NEVER - p->data_from) / p->speed / 2 ? STAMP_NEVER - 1 : p->data_from + passed * p->speed;
}

/* The night between two sessions is not waited for: the clock jumps to the next event. */
static void skip_idle(struct app *a)
{
	struct pacer *p = &a->pacer;
	nanos_t next = engine_next_at(a->engine);

	if (p->speed && a->mode == MODE_REPLAY && next != STAMP_NEVER && !a->core->s->day_active && next > data_now(a))
		*p = (struct pacer){ .speed = p->speed, .paused = p->paused, .steps = p->steps, .data_from = next, .wall_from = app_mono() };
}

/* The last words of whoever looks at a terminal: is anything open? */
static void say_stopped(const struct app *a)
{
	const struct core_state *s = a->core->s;

	for (uint32_t i = 0; i < s->strategies; i++) {
		const struct slot *slot = &a->core->slot[i];

		if (slot->book.qty != 0)
			log_info("engine", "kept: %s %+lld, strategy %s", a->core->instrument[slot->book.instrument].symbol, (long long)slot->book.qty, slot->id);
	}
	if (s->open_books)
		log_info("engine", "stopped by %s: positions kept: %u, stops at the broker: %u; the next start takes them up", s->control_by, s->open_books, s->live_orders);
	else
		log_info("engine", "stopped by %s: flat, nothing is open", s->control_by);
}

void app_check_stop(struct app *a)
{
	enum stop_state stop = a->leaving ? STOP_NONE : a->core->s->stop;

	switch (stop) {
	case STOP_FLAT:
	case STOP_KEPT:
		say_stopped(a);
		app_leave(a, 0);
		break;
	case STOP_NOT_FLAT: leave_open(a, 3); break;
	default:            break;
	}
}

static void feed_ended(struct app *a)
{
	a->pacer.ended = true;
	log_info("feed", "the data has ended");
	if (a->options.exit_at_end)
		app_leave_at_end(a);
}

static int run_paused(struct app *a)
{
	int done = 0;

	for (; a->pacer.steps > 0 && done >= 0; a->pacer.steps--)
		done = engine_run_until(a->engine, STAMP_NEVER - 1, 1);
	return done;
}

static int run_due(struct app *a)
{
	nanos_t began = app_mono(), until = data_now(a);
	int done, sum = 0;

	do {
		done = engine_run_until(a->engine, until, 256);
		sum += done > 0 ? done : 0;
	} while (done == 256 && sum < TURN_EVENTS && app_mono() - began < TURN_TIME);
	return done < 0 ? done : sum;
}

static uint64_t wait_ms(struct app *a)
{
	nanos_t next = engine_next_at(a->engine), now = data_now(a);

	if (a->pacer.speed == 0 || next <= now)
		return 0;
	nanos_t wait = (next - now) / a->pacer.speed / NANOS_MS + 1;
	return wait > 1000 ? 1000 : (uint64_t)wait;
}

static void turn(struct app *a)
{
	int done;

	CHECK_OBJ(a, APP_MAGIC);
	a->turns++;
	skip_idle(a);
	done = a->pacer.paused ? run_paused(a) : run_due(a);
	if (done > 0)
		a->last_market_mono = app_mono();
	if (done < 0) {
		app_stopped(a, done);
		return;
	}
	engine_submit(a->engine, false);
	app_check_stop(a);
	if (!a->pacer.ended && engine_next_at(a->engine) == STAMP_NEVER)
		feed_ended(a);
	if (!a->leaving && !a->pacer.ended && !a->pacer.paused)
		pace_in(a, wait_ms(a));
}

static void on_pace(void *app)
{
	turn(app);
}

static void on_busy(uv_idle_t *idle)
{
	uv_idle_stop(idle);
	turn(idle->data);
}

/* -- commands ------------------------------------------------------------------------------------------------------------------- */

/* Exits need prices: a held clock goes on, and a replay's next minute is not waited for. */
static void hurry_stop(struct app *a)
{
	if (a->live)
		return;
	a->pacer.paused = false;
	if (a->mode == MODE_REPLAY)
		a->pacer.speed = 0;
	pacer_match(a);
}

void app_post_command(struct app *a, struct event *command)
{
	int err;

	command->head.stamp = a->live ? clock_now(&a->clock) : a->core->s->now;
	if (a->mode == MODE_DEMO && app_wall() > command->head.stamp)
		command->head.stamp = engine_next_at(a->engine) < app_wall() ? command->head.stamp : app_wall();
	err = engine_post(a->engine, command);
	if (err == ERR_OK) /* live: its loop never waits for the disk, the journal's thread says when */
		err = a->mode == MODE_LIVE ? engine_submit(a->engine, true) : journal_commit(a->journal);
	if (err != ERR_OK) {
		app_note_error(a, "a command could not be journalled: %s", err_text(err));
		handlers_failed(a);
	} else if (a->mode != MODE_LIVE)
		handlers_durable(a, a->core->s->seq);
	app_check_stop(a);
	if (!a->leaving && a->core->s->stop == STOP_RUNNING)
		hurry_stop(a);
	if (!a->leaving && !a->live && !a->pacer.ended && !a->pacer.paused)
		pace_in(a, 0);
}

static void shut_down(struct app *a, int number)
{
	struct event e;

	log_info("engine", "%s: shutting down, %s positions", number == SIGTERM ? "SIGTERM" : "SIGINT",
	         a->options.keep ? "keeping" : "flattening");
	event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
	e.command.command = COMMAND_SHUTDOWN;
	e.command.value = a->options.keep ? SHUTDOWN_KEEP : SHUTDOWN_FLATTEN;
	snprintf(e.command.principal, sizeof(e.command.principal), "signal");
	snprintf(e.command.reason, sizeof(e.command.reason), "%s", number == SIGTERM ? "SIGTERM" : "SIGINT");
	app_post_command(a, &e);
}

/* A start is not cut in half: what came meanwhile is done when the engine is ready. */
static void on_signal(uv_signal_t *signal, int number)
{
	struct app *a = signal->data;

	CHECK_OBJ(a, APP_MAGIC);
	if (a->step)
		a->stop_signal = number;
	else if (!a->leaving)
		shut_down(a, number);
}

/* The token file is read again; a wrong one leaves the old tokens. A terminal that closes takes nothing with it. */
static void on_hangup(uv_signal_t *signal, int number)
{
	struct app *a = signal->data;
	char why[256] = "";

	(void)number;
	CHECK_OBJ(a, APP_MAGIC);
	if (a->auth && auth_reload(a->auth, why, sizeof(why)) != ERR_OK)
		app_note_error(a, "the tokens stay as they were: %s", why);
	else
		log_info("engine", "SIGHUP: the token file was read again");
}

int app_catch_signals(struct app *a)
{
	uv_signal_init(&a->loop, &a->hangup);
	a->hangup.data = a;
	if (uv_signal_start(&a->hangup, on_hangup, SIGHUP) != 0)
		return ERR_IO;
	uv_signal_init(&a->loop, &a->term);
	uv_signal_init(&a->loop, &a->interrupt);
	a->term.data = a->interrupt.data = a;
	if (uv_signal_start(&a->term, on_signal, SIGTERM) != 0 || uv_signal_start(&a->interrupt, on_signal, SIGINT) != 0)
		return ERR_IO;
	return kill_catch_signals(a);
}

/* -- snapshots -------------------------------------------------------------------------------------------------------------------- */

static void publish(struct app *a, enum command_id id, answer *fill, bool text)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	fill(a, &j);
	(void)text;
	if (!a->scratch.failed)
		snapshot_publish(a->snapshot, id, a->scratch.data, a->scratch.len, app_wall(), app_mono());
}

/* Also before a command is answered: who then reads sees what the command did. */
void app_publish(struct app *a)
{
	publish(a, CTL_HEALTH, answer_health, false);
	publish(a, CTL_READY, answer_ready, false);
	publish(a, CTL_STATUS, answer_status, false);
	publish(a, CTL_BALANCE, answer_balance, false);
	publish(a, CTL_STRATEGIES, answer_strategies, false);
	publish(a, CTL_POSITIONS, answer_positions, false);
	publish(a, CTL_RISK, answer_risk, false);
	publish(a, CTL_SHUTDOWN_STATE, answer_shutdown, false);
	if (app_mono() - a->metrics_mono >= METRICS_TIME) { /* long, and asked for every few seconds: the market need not wait for it ten times a second */
		publish(a, CTL_METRICS, answer_metrics, true);
		a->metrics_mono = app_mono();
	}
	snapshot_beat(a->snapshot, app_mono());
	a->published++;
}

static void on_publish(void *app)
{
	static const nanos_t expected = PUBLISH_MS * NANOS_MS;
	struct app *a = app;
	static nanos_t last;
	nanos_t now = app_mono();

	CHECK_OBJ(a, APP_MAGIC);
	if (last && now - last - expected > a->lag_max)
		a->lag_max = now - last - expected;
	last = now;
	metrics_look(a);
	app_publish(a);
}

/* -- the run -------------------------------------------------------------------------------------------------------------------------- */

static void start_timers(struct app *a)
{
	int err = alarm_open(&a->pace, &a->loop, on_pace, a) | alarm_open(&a->publish, &a->loop, on_publish, a);

	assert(err == ERR_OK); /* no descriptor is left, and nothing has been begun */
	beat_begin(a);
	uv_idle_init(&a->loop, &a->busy);
	a->busy.data = a;
	if (a->live)
		live_begin(a);
	else
		pacer_match(a);
	journal_watch_begin(a);
	archive_begin(a);
	if (a->notify)
		notify_begin(a->notify);
	if (a->snapshot)
		alarm_in(&a->publish, 0, PUBLISH_MS);
}

/* The app's own handles lie in the app; adapters and servers close theirs, some of them a turn later. */
static void close_own(uv_handle_t *handle, void *app)
{
	const char *at = (const char *)handle, *from = app;

	if (at >= from && at < from + sizeof(struct app) && !uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* What is being answered, what the sockets have not taken yet, and who ordered the shutdown and has not seen its end. */
static bool replies_out(const struct app *a)
{
	struct control_server_stats s = control_server_stats(a->control);

	return s.calls > 0 || s.unsent > 0 || (a->followed && s.clients > 0);
}

/* The last answers still leave; then everything is closed. */
static void drain(struct app *a)
{
	nanos_t until = app_mono() + DRAIN_TIME;

	alarm_stop(&a->pace);
	uv_idle_stop(&a->busy);
	if (a->snapshot)
		app_publish(a);
	store_flush(a->store, 5 * NANOS_SECOND);
	uv_run(&a->loop, UV_RUN_NOWAIT);
	while (replies_out(a) && app_mono() < until) {
		uv_sleep(1);
		uv_run(&a->loop, UV_RUN_NOWAIT);
	}
	tell_drain(a, LAST_WORDS_TIME);
	control_server_close(&a->control);
	notify_close(a->notify);
	live_stop(a);
	journal_watch_end(a);
	archive_end(a);
	alarm_close(&a->kill_look);
	alarm_close(&a->pace);
	alarm_close(&a->publish);
	uv_walk(&a->loop, close_own, a);
	for (until = app_mono() + DRAIN_TIME; uv_run(&a->loop, UV_RUN_NOWAIT) != 0 && app_mono() < until;)
		uv_sleep(1);
}

int app_run(struct app *a)
{
	start_timers(a);
	kill_begin(a);
	if (a->stop_signal)
		shut_down(a, a->stop_signal);
	if (!a->leaving)
		uv_run(&a->loop, UV_RUN_DEFAULT);
	drain(a);
	return a->exit_status;
}
