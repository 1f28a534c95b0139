/* The watchdog's ways to be heard: standard error, a program, a webhook; and the dead man's handle, which raises the alarm by falling silent. */
#include "engined/watchdog/watchdog.h"

#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define SEND_MS 10000
#define WORDS_MAX 32

static void put_facts(struct watchdog *w, struct json *j)
{
	const struct beat *b = &w->watch.in.beat;
	bool known = w->watch.in.known;

	json_str(j, "state", watch_state_name(w->watch.state));
	json_str(j, "mode", known && b->mode <= MODE_LIVE ? (const char *const[]){ "demo", "replay", "paper", "live" }[b->mode] : NULL);
	json_int(j, "pid", known ? b->pid : 0);
	json_uint(j, "epoch", known ? b->epoch : 0);
	if (known && !(b->bits & BEAT_UNSURE))
		json_bool(j, "positions_open", (b->bits & BEAT_OPEN) != 0);
	else
		json_null(j, "positions_open");
	json_stamp(j, "at", clock_now(&w->clock));
}

/* -- by http ----------------------------------------------------------------------------------------------------------------- */

static bool good(const struct http_answer *a)
{
	return a->fate == HTTP_ANSWERED && a->status >= 200 && a->status < 300;
}

/* The address may hold a key: it is not printed. */
static void webhook_done(void *ctx, const struct http_answer *a)
{
	struct watchdog *w = watchdog_of(ctx);

	if (good(a))
		return;
	w->posts_failed++;
	log_warn("watchdog", "the alarm did not get through to watchdog.webhook_url (%ld %s)", a->status, a->error);
}

static void ping_done(void *ctx, const struct http_answer *a)
{
	struct watchdog *w = watchdog_of(ctx);

	if (good(a))
		w->pings++;
	else if (w->pings_failed++ % 20 == 0)
		log_warn("watchdog", "watchdog.deadman_url does not answer (%ld %s)", a->status, a->error);
}

static void post(struct watchdog *w, const char *url, const struct buf *body, http_done *done)
{
	struct http_header type = { "Content-Type", "application/json" };
	struct http_request r = { .method = "POST", .url = url, .headers = &type, .n_headers = 1, .body = body->data, .body_len = body->len,
	                          .timeout_ms = SEND_MS, .done = done, .ctx = w };
	int err = http_call(w->http, &r);

	if (err != ERR_OK)
		log_warn("watchdog", "an address of [watchdog] cannot be used: %s", err_text(err));
}

static void put_digest(const struct beat *b, struct json *j)
{
	unsigned char hash[16];
	char text[2 * sizeof(hash) + 1];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)b, sizeof(*b), NULL, 0);
	json_str(j, "digest", sodium_bin2hex(text, sizeof(text), hash, sizeof(hash)));
}

void alarm_ping(struct watchdog *w)
{
	nanos_t now = clock_mono();
	struct buf body = { 0 };
	struct json j;

	if (!w->config->watchdog_deadman_url[0] || w->watch.state != WATCH_WELL || w->watch.raised || !w->watch.in.market_open ||
	    (w->pinged_at && now - w->pinged_at < w->config->watchdog_deadman_s * NANOS_SECOND))
		return;
	w->pinged_at = now;
	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "event", "well");
	put_facts(w, &j);
	json_uint(&j, "beat", w->watch.in.beat.sequence);
	json_uint(&j, "journal_seq", w->watch.in.beat.journal_seq);
	put_digest(&w->watch.in.beat, &j);
	json_object_end(&j);
	if (!body.failed)
		post(w, w->config->watchdog_deadman_url, &body, ping_done);
	buf_done(&body);
}

/* -- by a program --------------------------------------------------------------------------------------------------------------- */

#define CHILD_MAGIC 0x4348494Cu
struct alarm_child {
	uint32_t magic;
	struct watchdog *w;
	uv_process_t process;
	uv_pipe_t in;
	uv_write_t write;
	struct buf text;
	unsigned handles;
};

static void child_closed(uv_handle_t *handle)
{
	struct alarm_child *c = handle->data;

	if (--c->handles > 0)
		return;
	buf_done(&c->text);
	c->magic = 0;
	free(c);
}

static void child_close(struct alarm_child *c, uv_handle_t *handle)
{
	CHECK_OBJ(c, CHILD_MAGIC);
	if (!uv_is_closing(handle))
		uv_close(handle, child_closed);
}

static void child_left(uv_process_t *process, int64_t status, int by_signal)
{
	struct alarm_child *c = process->data;
	struct watchdog *w = c->w;

	if (status != 0 || by_signal != 0) {
		w->commands_failed++;
		log_warn("watchdog", "watchdog.command ended with status %lld, signal %d", (long long)status, by_signal);
	}
	if (w->child == c)
		w->child = NULL;
	child_close(c, (uv_handle_t *)&c->in);
	child_close(c, (uv_handle_t *)process);
}

static void child_fed(uv_write_t *write, int status)
{
	struct alarm_child *c = write->data;

	(void)status; /* one that does not read its input has the text as its last word */
	child_close(c, (uv_handle_t *)&c->in);
}

/* Words are parted by blanks; there is no shell and no quoting. */
static size_t split(char *command, char *words[WORDS_MAX + 2])
{
	char *rest = command, *word;
	size_t n = 0;

	while (n < WORDS_MAX && (word = strsep(&rest, " ")) != NULL)
		if (*word)
			words[n++] = word;
	return n;
}

static void feed(struct alarm_child *c)
{
	uv_buf_t bytes = uv_buf_init(c->text.data, (unsigned)c->text.len);

	c->write.data = c;
	if (uv_write(&c->write, (uv_stream_t *)&c->in, &bytes, 1, child_fed) != 0)
		child_close(c, (uv_handle_t *)&c->in);
}

/* The last one is still at it: it has had its time. */
static void child_stop(struct watchdog *w)
{
	if (!w->child)
		return;
	log_warn("watchdog", "watchdog.command still runs and is killed");
	uv_process_kill(&w->child->process, SIGKILL);
	w->child = NULL;
}

static void run_command(struct watchdog *w, const char *text, const struct buf *json)
{
	char command[CONFIG_TEXT_MAX], *words[WORDS_MAX + 2] = { NULL };
	struct alarm_child *c = calloc(1, sizeof(*c));
	uv_stdio_container_t stdio[3] = { { .flags = UV_CREATE_PIPE | UV_READABLE_PIPE }, { .flags = UV_INHERIT_FD, .data.fd = 2 },
	                                  { .flags = UV_INHERIT_FD, .data.fd = 2 } };

	assert(c);
	child_stop(w);
	memcpy(command, w->config->watchdog_command, sizeof(command));
	size_t n = split(command, words);
	words[n] = (char *)(uintptr_t)text;
	*c = (struct alarm_child){ .magic = CHILD_MAGIC, .w = w, .handles = 2 };
	buf_put(&c->text, json->data, json->len);
	uv_pipe_init(&w->loop, &c->in, 0);
	c->in.data = c->process.data = c;
	stdio[0].data.stream = (uv_stream_t *)&c->in;
	uv_process_options_t o = { .file = words[0], .args = words, .stdio = stdio, .stdio_count = 3, .exit_cb = child_left };
	int err = uv_spawn(&w->loop, &c->process, &o);

	if (err != 0) {
		w->commands_failed++;
		log_error("watchdog", "watchdog.command cannot be run: %s", uv_strerror(err));
		child_close(c, (uv_handle_t *)&c->in);
		child_close(c, (uv_handle_t *)&c->process);
		return;
	}
	w->child = c;
	feed(c);
}

/* -- all of them ------------------------------------------------------------------------------------------------------------------ */

void alarm_words(struct watchdog *w, const char *event, const char *text)
{
	struct buf body = { 0 };
	struct json j;

	if (strcmp(event, "well") == 0)
		log_info("watchdog", "%s", text);
	else
		log_error("watchdog", "%s", text);
	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "event", event);
	json_str(&j, "text", text);
	put_facts(w, &j);
	json_uint(&j, "alarms", w->watch.alarms);
	json_object_end(&j);
	if (w->config->watchdog_webhook_url[0] && !body.failed)
		post(w, w->config->watchdog_webhook_url, &body, webhook_done);
	if (w->config->watchdog_command[0] && !body.failed)
		run_command(w, text, &body);
	buf_done(&body);
}

void alarm_tell(struct watchdog *w, enum watch_say what)
{
	char state[WATCH_TEXT], step[256], text[WATCH_TEXT + 300];

	watch_text(&w->watch, state);
	takeover_text(w, step, sizeof(step));
	snprintf(text, sizeof(text), "%s%s%s%s", what == SAY_WELL ? "well again: " : what == SAY_REPEAT ? "ALARM, still: " : "ALARM: ", state,
	         step[0] ? "; " : "", step);
	alarm_words(w, what == SAY_WELL ? "well" : what == SAY_REPEAT ? "repeat" : "alarm", text);
}

void alarm_stop(struct watchdog *w)
{
	child_stop(w);
}
