/* Once a day, while the market is closed, `enginectl journal archive` makes the old segments of the journal small and prunes ticks whose time has
 * come: a live day writes about 1.7 GB. A process of its own, at the lowest priority: the engine's threads do not wait for a compressor, and a
 * failure there is a line in the log. docs/journal.md "The archive". */
#include "engined/app.h"

#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/base/stamp.h"

#define FIRST_LOOK_MS 20000 /* a start has other things to do */
#define LOOK_MS 300000

/* Beside this program as in a build folder, else as installed. */
static void find_enginectl(char ret[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - sizeof("enginectl"));
	char *slash = n > 0 ? memrchr(ret, '/', (size_t)n) : NULL;

	if (slash)
		strcpy(slash + 1, "enginectl");
	if (!slash || access(ret, X_OK) != 0)
		strcpy(ret, SAUDA_BIN_DIR "/enginectl");
}

static void archiver_left(uv_process_t *process, int64_t status, int by_signal)
{
	struct app *a = process->data;

	CHECK_OBJ(a, APP_MAGIC);
	a->archiving = false;
	if (status != 0 || by_signal != 0)
		app_note_error(a, "the journal's old segments were not archived (status %" PRId64 ", signal %d): `enginectl journal archive %s` says why",
		               status, by_signal, a->journal_dir);
	else
		log_info("journal", "old segments are archived");
	uv_close((uv_handle_t *)process, NULL);
}

static void start(struct app *a)
{
	char program[PATH_MAX], days[24], verb[] = "journal", what[] = "archive", option[] = "--ticks-days";
	char *words[] = { program, verb, what, a->journal_dir, option, days, NULL };
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE }, { .flags = UV_INHERIT_FD, .data.fd = 2 }, { .flags = UV_INHERIT_FD, .data.fd = 2 } };
	const uv_process_options_t o = { .file = program, .args = words, .stdio = stdio, .stdio_count = 3, .exit_cb = archiver_left };

	find_enginectl(program);
	snprintf(days, sizeof(days), "%" PRId64, a->config->engine_ticks_days);
	a->archiver.data = a;
	int err = uv_spawn(&a->loop, &a->archiver, &o);

	a->archiving = err == 0;
	if (err != 0) {
		uv_close((uv_handle_t *)&a->archiver, NULL);
		app_note_error(a, "the journal's old segments are not archived: %s cannot be run: %s", program, uv_strerror(err));
	}
}

/* A demo's market never closes, and nothing hangs on it. */
static bool market_rests(const struct app *a)
{
	const struct core_state *s = a->core->s;
	enum session_phase phase = s->day_active ? session_phase(&s->day, s->now) : PHASE_CLOSED;

	return a->mode == MODE_DEMO || phase == PHASE_CLOSED || phase == PHASE_AFTER;
}

static void on_look(void *app)
{
	struct app *a = app;
	date_t today = stamp_date(app_wall());

	CHECK_OBJ(a, APP_MAGIC);
	if (!a->config->engine_archive || a->archiving || a->leaving || a->archived_on == today || !market_rests(a))
		return;
	a->archived_on = today;
	start(a);
}

void archive_begin(struct app *a)
{
	if (a->mode == MODE_REPLAY) /* the same bytes each time */
		return;
	int err = alarm_open(&a->archive_look, &a->loop, on_look, a);

	assert(err == ERR_OK); /* else no descriptor is left, and a day cannot be traded */
	alarm_in(&a->archive_look, FIRST_LOOK_MS, LOOK_MS);
}

/* It may be stopped anywhere: what it had not finished it does tomorrow. */
void archive_end(struct app *a)
{
	if (a->mode == MODE_REPLAY)
		return;
	if (a->archiving)
		uv_process_kill(&a->archiver, SIGTERM);
	alarm_close(&a->archive_look);
}
