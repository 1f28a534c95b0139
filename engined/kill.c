/* Kills that need no client, no token and no network: two signals, and a file in the state folder. Both become the same command
 * that `enginectl kill` sends, so they are journalled and latch like it; the file's end lifts nothing. A file that cannot be
 * read, is empty or holds another word is somebody's hurry, not nothing: it stops. */
#include "engined/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define LOOK_MS 1000

static const struct rung { const char *word; enum command command; } rungs[] = {
	[APP_KILL_PAUSE] = { "pause", COMMAND_PAUSE }, [APP_KILL_STOP] = { "stop", COMMAND_KILL_STOP }, [APP_KILL_FLATTEN] = { "flatten", COMMAND_KILL_FLATTEN },
};

static enum app_kill standing(const struct app *a)
{
	const struct core_state *s = a->core->s;

	return s->kill == KILL_FLATTEN ? APP_KILL_FLATTEN : s->kill == KILL_STOP ? APP_KILL_STOP : s->paused ? APP_KILL_PAUSE : APP_KILL_NONE;
}

static void order(struct app *a, enum app_kill rung, const char *by, const char *why)
{
	struct event e;

	log_warn("engine", "%s: %s", why, rungs[rung].word);
	event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
	e.command.command = (uint32_t)rungs[rung].command;
	snprintf(e.command.principal, sizeof(e.command.principal), "%s", by);
	snprintf(e.command.reason, sizeof(e.command.reason), "%s", why);
	app_post_command(a, &e);
}

/* -- the file ------------------------------------------------------------------------------------------------------------------ */

static void path_of(const struct app *a, char *ret, size_t size)
{
	snprintf(ret, size, "%s/kill", a->root_dir);
}

/* The first word; "" when there is none to be read. False: there is no such file. */
static bool read_word(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe of that name holds nobody up */
	ssize_t n = fd < 0 ? 0 : read(fd, ret, size - 1);

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd >= 0)
		close(fd);
	ret[n > 0 ? n : 0] = '\0';
	size_t blank = strspn(ret, " \t\r\n");
	memmove(ret, ret + blank, strlen(ret + blank) + 1);
	ret[strcspn(ret, " \t\r\n")] = '\0';
	return true;
}

static enum app_kill rung_of(const char *word)
{
	for (unsigned r = APP_KILL_PAUSE; r < ARRAY_LEN(rungs); r++)
		if (strcmp(rungs[r].word, word) == 0)
			return (enum app_kill)r;
	return APP_KILL_STOP;
}

bool kill_file_stands(const struct app *a, char *ret_path, size_t size)
{
	char word[64];

	path_of(a, ret_path, size);
	return read_word(ret_path, word, sizeof(word));
}

static void look(struct app *a)
{
	char path[sizeof(a->root_dir) + 8], word[64], why[sizeof(word) + 32];
	enum app_kill rung;

	path_of(a, path, sizeof(path));
	if (!read_word(path, word, sizeof(word)))
		return;
	rung = rung_of(word);
	if (rung <= standing(a))
		return;
	snprintf(why, sizeof(why), "the kill file says \"%s\"", word);
	order(a, rung, "kill file", why);
}

static void on_look(void *app)
{
	struct app *a = app;

	CHECK_OBJ(a, APP_MAGIC);
	if (!a->leaving)
		look(a);
}

/* -- signals -------------------------------------------------------------------------------------------------------------------- */

/* A start is not cut in half: what came meanwhile is done when the engine is ready, before it may trade. */
static void on_signal(uv_signal_t *handle, int number)
{
	struct app *a = handle->data;
	enum app_kill rung = number == SIGUSR2 ? APP_KILL_FLATTEN : APP_KILL_STOP;

	CHECK_OBJ(a, APP_MAGIC);
	if (a->step)
		a->kill_signalled = rung > a->kill_signalled ? rung : a->kill_signalled;
	else if (!a->leaving)
		order(a, rung, "signal", number == SIGUSR2 ? "SIGUSR2" : "SIGUSR1");
}

int kill_catch_signals(struct app *a)
{
	uv_signal_init(&a->loop, &a->user1);
	uv_signal_init(&a->loop, &a->user2);
	a->user1.data = a->user2.data = a;
	return uv_signal_start(&a->user1, on_signal, SIGUSR1) == 0 && uv_signal_start(&a->user2, on_signal, SIGUSR2) == 0 ? ERR_OK : ERR_IO;
}

void kill_begin(struct app *a)
{
	int err = alarm_open(&a->kill_look, &a->loop, on_look, a);

	assert(err == ERR_OK); /* else no descriptor is left, and a day cannot be traded */
	if (a->kill_signalled)
		order(a, a->kill_signalled, "signal", a->kill_signalled == APP_KILL_FLATTEN ? "SIGUSR2" : "SIGUSR1");
	look(a);
	alarm_in(&a->kill_look, LOOK_MS, LOOK_MS);
}
