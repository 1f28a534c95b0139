/* What `enginectl watchdog` reads and writes: two small files of the runtime folder. Whoever may write there may acknowledge. */
#include "engined/watchdog/watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/log.h"

#define EVERY NANOS_SECOND

static void fill(struct watchdog *w, struct json *j)
{
	char text[WATCH_TEXT], step[256];
	const struct watch *s = &w->watch;

	watch_text(s, text);
	takeover_text(w, step, sizeof(step));
	json_object(j, NULL);
	json_int(j, "pid", getpid());
	json_stamp(j, "at", clock_now(&w->clock));
	json_str(j, "state", watch_state_name(s->state));
	json_str(j, "text", text);
	json_bool(j, "alarm", s->raised);
	json_bool(j, "acknowledged", s->acknowledged);
	json_uint(j, "alarms", s->alarms);
	json_bool(j, "market_open", s->in.market_open);
	json_uint(j, "beat", s->in.known ? s->in.beat.sequence : 0);
	json_str(j, "takeover", step[0] ? step : NULL);
	json_uint(j, "pings", w->pings);
	json_uint(j, "pings_failed", w->pings_failed);
	json_uint(j, "posts_failed", w->posts_failed);
	json_uint(j, "commands_failed", w->commands_failed);
	json_object_end(j);
}

static void put(const char *path, const struct buf *text)
{
	char fresh[600];
	int fd;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return; /* no folder yet, or no room: the alarm does not depend on it */
	if (write(fd, text->data, text->len) != (ssize_t)text->len || rename(fresh, path) != 0)
		unlink(fresh);
	close(fd);
}

static void path_of(const struct watchdog *w, const char *name, char path[560])
{
	snprintf(path, 560, "%s/%s", w->runtime_dir, name);
}

void status_write(struct watchdog *w)
{
	nanos_t now = clock_mono();
	struct buf text = { 0 };
	struct json j;
	char path[560];

	if (w->said == SAY_NOTHING && w->status_at && now - w->status_at < EVERY)
		return;
	w->status_at = now;
	json_begin(&j, &text);
	fill(w, &j);
	buf_putc(&text, '\n');
	path_of(w, "watchdog", path);
	if (!text.failed)
		put(path, &text);
	buf_done(&text);
}

bool status_acknowledged(struct watchdog *w)
{
	char path[560];

	path_of(w, "watchdog.ack", path);
	if (unlink(path) != 0)
		return false;
	w->status_at = 0;
	log_info("watchdog", "the alarm was acknowledged");
	return true;
}

void status_remove(struct watchdog *w)
{
	char path[560];

	path_of(w, "watchdog", path);
	unlink(path);
}
