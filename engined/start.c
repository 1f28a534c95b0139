/* The API while the engine starts: the socket and the snapshot are there within milliseconds of exec and say which step is
 * reached; nothing else is known yet, and nothing is made up. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/app.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

static void starting_status(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_str(j, "mode", mode_name(a->mode));
	json_str(j, "state", "starting");
	json_str(j, "step", a->step);
	json_int(j, "uptime_s", (app_mono() - a->started_mono) / NANOS_SECOND);
	json_int(j, "pid", getpid());
	json_object_end(j);
}

static void starting_ready(struct app *a, struct json *j)
{
	json_object(j, NULL);
	json_bool(j, "ready", false);
	json_array(j, "reasons");
	json_object(j, NULL);
	json_str(j, "code", "starting");
	json_str(j, "text", a->step);
	json_object_end(j);
	json_array_end(j);
	json_object_end(j);
}

static void reply(struct app *a, struct control_call *call, answer *fill)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	fill(a, &j);
	control_reply(call, &a->scratch);
}

static void on_status(void *ctx, struct control_call *call) { reply(ctx, call, starting_status); }
static void on_ready(void *ctx, struct control_call *call) { reply(ctx, call, starting_ready); }
static void on_health(void *ctx, struct control_call *call) { reply(ctx, call, answer_health); }

static void on_other(void *ctx, struct control_call *call)
{
	struct app *a = ctx;

	CHECK_OBJ(a, APP_MAGIC);
	control_fail(call, CODE_STARTING, a->step);
}

static void put(struct app *a, enum command_id id, answer *fill)
{
	struct json j;

	buf_clear(&a->scratch);
	json_begin(&j, &a->scratch);
	fill(a, &j);
	snapshot_publish(a->snapshot, id, a->scratch.data, a->scratch.len, app_wall(), app_mono());
}

void start_step(struct app *a, const char *step)
{
	a->step = step;
	log_debug("engine", "starting: %s", step);
	put(a, CTL_HEALTH, answer_health);
	put(a, CTL_READY, starting_ready);
	put(a, CTL_STATUS, starting_status);
	snapshot_beat(a->snapshot, app_mono());
	beat_starting(a);
	uv_run(&a->loop, UV_RUN_NOWAIT);
}

/* -- long work ------------------------------------------------------------------------------------------------------------- */

struct work { struct app *app; start_work *what; int result; atomic_bool done; };

static void *work_thread(void *ctx)
{
	struct work *w = ctx;

	w->result = w->what(w->app);
	atomic_store(&w->done, true);
	uv_async_send(&w->app->wake);
	return NULL;
}

/* The handlers of the start read the step and nothing that the work touches. */
int start_answering(struct app *a, const char *step, start_work *what)
{
	struct work w = { .app = a, .what = what };
	pthread_t thread;

	start_step(a, step);
	if (pthread_create(&thread, NULL, work_thread, &w) != 0)
		return what(a);
	while (!atomic_load(&w.done))
		uv_run(&a->loop, UV_RUN_ONCE);
	pthread_join(thread, NULL);
	return w.result;
}

void start_done(struct app *a)
{
	a->step = NULL;
	memcpy(a->handlers, app_handlers, sizeof(a->handlers));
}

/* -- tokens ---------------------------------------------------------------------------------------------------------------- */

static int write_private(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? ERR_OK : err_from_errno(errno);
}

/* On a machine that has none yet: one admin token, its hash in `tokens`, itself in `admin.token` for curl. */
static int first_token(struct app *a, const char *tokens)
{
	char path[560], token[AUTH_SECRET_TEXT];
	struct buf line = { 0 };
	int err;

	if (access(tokens, F_OK) == 0)
		return ERR_OK;
	snprintf(path, sizeof(path), "%s/admin.token", a->root_dir);
	err = auth_token_make("local", ROLE_ADMIN, token, &line);
	if (err == ERR_OK && line.len && line.data[line.len - 1] != '\n')
		buf_putc(&line, '\n');
	if (err == ERR_OK)
		err = write_private(path, token);
	if (err == ERR_OK)
		err = write_private(tokens, line.data);
	buf_done(&line);
	return err;
}

static int open_auth(struct app *a, char *why, size_t why_size)
{
	char tokens[560];
	int err;

	snprintf(tokens, sizeof(tokens), "%s/tokens", a->root_dir);
	if ((err = first_token(a, tokens)) != ERR_OK) {
		snprintf(why, why_size, "%s: %s; make the folder writable", tokens, err_text(err));
		return err;
	}
	return auth_open(&a->auth, tokens, why, why_size);
}

int start_serving(struct app *a)
{
	struct control_server_options o = { .loop = &a->loop, .handlers = a->handlers, .ctx = a };
	char path[600], why[1024] = "";
	int err;

	for (int i = 0; i < CTL_COUNT; i++)
		a->handlers[i] = on_other;
	a->handlers[CTL_STATUS] = on_status;
	a->handlers[CTL_READY] = on_ready;
	a->handlers[CTL_HEALTH] = on_health;
	snprintf(path, sizeof(path), "%s/control.sock", a->runtime_dir);
	o.path = path;
	err = open_auth(a, why, sizeof(why));
	if (err == ERR_OK)
		err = control_server_open(&a->control, &o, why, sizeof(why));
	if (err == ERR_OK) {
		snprintf(path, sizeof(path), "%s/snapshot", a->runtime_dir);
		if ((err = snapshot_create(&a->snapshot, path, (uint64_t)app_wall())) != ERR_OK)
			snprintf(why, sizeof(why), "%s: %s", path, err_text(err));
	}
	if (err != ERR_OK)
		log_error("engine", "%s", why[0] ? why : err_text(err));
	return err;
}
