#include "lib/control/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/server_priv.h"

#define CLIENTS_MAX   64
#define HALF_LINE_MS  30000
#define BACKLOG_MAX   (1024 * 1024)
#define LISTEN_QUEUE  128

/* -- ends: clients and the server go when their last handle is closed --------------------------------------------- */

static void handle_closed(struct control_server *s)
{
	if (--s->handles > 0)
		return;
	answers_free(&s->answers);
	free(s->path);
	s->magic = 0;
	free(s);
}

static void client_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct control_server *s = c->server;

	CHECK_OBJ(c, CLIENT_MAGIC);
	frame_done(&c->frame);
	buf_done(&c->out);
	c->magic = 0;
	free(c);
	handle_closed(s);
}

static void client_close(struct client *c)
{
	struct control_server *s = c->server;

	if (c->closing)
		return;
	c->closing = true;
	call_orphan_client(c);
	if (c->prev)
		c->prev->next = c->next;
	else
		s->clients = c->next;
	if (c->next)
		c->next->prev = c->prev;
	s->stats.clients--;
	uv_close((uv_handle_t *)&c->pipe, client_closed);
}

static void client_drop(struct client *c)
{
	c->server->stats.dropped++;
	client_close(c);
}

/* -- bytes out ---------------------------------------------------------------------------------------------------- */

struct write { uv_write_t req; struct client *client; char *data; };

/* Asked all it wanted, shut its side, and got its answers. */
static bool client_is_done(const struct client *c)
{
	return c->ended && !c->processing && c->in_flight == 0 && !c->writing && c->out.len == 0 && !c->subscribed;
}

static void written(uv_write_t *req, int status)
{
	struct write *w = req->data;
	struct client *c = w->client;

	free(w->data);
	free(w);
	c->writing = false;
	if (c->closing)
		return;
	if (status < 0)
		client_close(c);
	else
		client_flush(c);
}

/* The kernel takes no more now: libuv keeps the rest. One such write at a time, so that later answers gather in `out`. */
static void write_rest(struct client *c, size_t sent)
{
	struct write *w = calloc(1, sizeof(*w));

	assert(w);
	*w = (struct write){ .req = { .data = w }, .client = c, .data = c->out.data };
	uv_buf_t rest = uv_buf_init(c->out.data + sent, (unsigned)(c->out.len - sent));
	c->out = (struct buf){ 0 };
	c->writing = true;
	if (uv_write(&w->req, (uv_stream_t *)&c->pipe, &rest, 1, written) < 0) {
		free(w->data);
		free(w);
		c->writing = false;
		client_close(c);
	}
}

void client_flush(struct client *c)
{
	if (c->closing || c->writing || c->processing)
		return;
	if (c->out.failed) {
		client_drop(c);
		return;
	}
	if (c->out.len > 0) {
		uv_buf_t all = uv_buf_init(c->out.data, (unsigned)c->out.len);
		int n = uv_try_write((uv_stream_t *)&c->pipe, &all, 1);

		if (n < 0 && n != UV_EAGAIN) {
			client_close(c);
			return;
		}
		size_t sent = n < 0 ? 0 : (size_t)n;
		if (sent < c->out.len)
			write_rest(c, sent);
		else
			buf_clear(&c->out);
	}
	if (client_is_done(c))
		client_close(c);
}

bool client_may_write(struct client *c)
{
	size_t waiting = c->out.len + uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);

	if (c->closing)
		return false;
	/* During processing `out` gathers what one read asked for; the kernel has not been offered it yet. */
	if (waiting > c->server->o.backlog_max && c->processing && !c->writing) {
		c->processing = false;
		client_flush(c);
		c->processing = true;
		waiting = c->out.len + uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe);
	}
	if (!c->closing && waiting > c->server->o.backlog_max)
		client_drop(c);
	return !c->closing;
}

void client_fault(struct client *c, const char *id, const struct control_fault *f)
{
	c->server->stats.faults++;
	if (!client_may_write(c))
		return;
	message_put_fault(&c->out, id, f);
	client_flush(c);
}

/* -- bytes in ----------------------------------------------------------------------------------------------------- */

static void refuse_long_line(struct client *c)
{
	struct control_fault f;

	control_fault_set(&f, CODE_TOO_LARGE, NULL, "a line is longer than %d bytes and was thrown away", FRAME_LINE_MAX);
	client_fault(c, "null", &f);
}

/* Notes when an unfinished line began; a finished one starts the count anew. */
static void watch_half_line(struct client *c, bool finished_one)
{
	struct control_server *s = c->server;

	if (c->closing || c->paused || c->ended || !frame_partial(&c->frame)) {
		c->half_since_ms = 0;
		return;
	}
	if (c->half_since_ms == 0 || finished_one)
		c->half_since_ms = uv_now(s->o.loop) + 1; /* never 0 */
	if (!uv_is_active((uv_handle_t *)&s->sweep))
		uv_timer_again(&s->sweep);
}

static void process(struct client *c)
{
	bool finished_one = false;
	size_t len = 0;
	char *line;
	int got = 0;

	c->processing = true;
	while (!c->closing && c->in_flight < CALLS_PER_CLIENT && (got = frame_line(&c->frame, &line, &len)) != 0) {
		finished_one = true;
		if (got < 0)
			refuse_long_line(c);
		else
			call_line(c, line, len);
	}
	c->processing = false;
	if (!c->closing && c->in_flight >= CALLS_PER_CLIENT && !c->paused) {
		c->paused = true;
		uv_read_stop((uv_stream_t *)&c->pipe);
	}
	watch_half_line(c, finished_one);
	client_flush(c);
}

static void give_space(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct client *c = handle->data;
	size_t room = 0;
	char *space = frame_space(&c->frame, &room);

	(void)suggested;
	*ret = uv_buf_init(space, space ? (unsigned)room : 0);
}

static void bytes_came(uv_stream_t *stream, ssize_t n, const uv_buf_t *space)
{
	struct client *c = stream->data;

	CHECK_OBJ(c, CLIENT_MAGIC);
	(void)space;
	if (n > 0) {
		frame_filled(&c->frame, (size_t)n);
		process(c);
	} else if (n == UV_EOF) {
		c->ended = true;
		watch_half_line(c, false);
		client_flush(c);
	} else if (n < 0) {
		client_close(c);
	}
}

/* After a paused client got answers: a turn later, so that a handler is never entered from within control_reply. */
static void resume_paused(uv_idle_t *idle)
{
	struct control_server *s = idle->data;

	uv_idle_stop(idle);
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		if (!c->paused || c->in_flight >= CALLS_PER_CLIENT)
			continue;
		c->paused = false;
		if (!c->ended)
			uv_read_start((uv_stream_t *)&c->pipe, give_space, bytes_came);
		process(c);
	}
}

void client_answered(struct client *c)
{
	c->in_flight--;
	if (c->closing)
		return;
	if (c->paused)
		uv_idle_start(&c->server->resume, resume_paused);
	client_flush(c);
}

static void sweep_half_lines(uv_timer_t *timer)
{
	struct control_server *s = timer->data;
	uint64_t now = uv_now(s->o.loop);
	unsigned waiting = 0;

	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		waiting += c->half_since_ms != 0;
		if (c->half_since_ms == 0 || now < c->half_since_ms + s->o.half_line_ms)
			continue;
		struct control_fault f;
		control_fault_set(&f, CODE_BAD_REQUEST, "end each request with a newline",
		                  "a line was begun and not ended within %u ms", s->o.half_line_ms);
		client_fault(c, "null", &f);
		if (!c->closing)
			client_drop(c);
	}
	if (waiting == 0)
		uv_timer_stop(timer);
}

/* -- clients come ------------------------------------------------------------------------------------------------- */

static int peer_uid(int fd, uid_t *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return -1;
	*ret = cred.uid;
	return 0;
}

static bool identify(struct client *c)
{
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0 || c->server->o.peer_uid(fd, &c->uid) != 0)
		return false;
	c->role = c->uid == getuid() || c->uid == 0 ? ROLE_ADMIN : ROLE_READ;
	snprintf(c->principal, sizeof(c->principal), "uid:%lu", (unsigned long)c->uid);
	return true;
}

/* Says why in one line, if the socket takes it, and hangs up. */
static void turn_away(struct client *c)
{
	struct control_fault f;

	c->server->stats.refused++;
	control_fault_set(&f, CODE_RATE_LIMITED, "close a connection and try again", "%u clients are connected already",
	                  c->server->o.clients_max);
	client_fault(c, "null", &f);
	client_close(c);
}

static void client_came(uv_stream_t *listener, int status)
{
	struct control_server *s = listener->data;

	CHECK_OBJ(s, SERVER_MAGIC);
	if (status < 0)
		return;
	struct client *c = calloc(1, sizeof(*c));
	assert(c);
	*c = (struct client){ .magic = CLIENT_MAGIC, .server = s, .next = s->clients };
	if (s->clients)
		s->clients->prev = c;
	s->clients = c;
	s->stats.clients++;
	s->handles++;
	uv_pipe_init(s->o.loop, &c->pipe, 0);
	c->pipe.data = c;
	if (uv_accept(listener, (uv_stream_t *)&c->pipe) != 0 || !identify(c)) {
		client_close(c);
	} else if (s->stats.clients > s->o.clients_max) {
		turn_away(c);
	} else {
		s->stats.accepted++;
		uv_read_start((uv_stream_t *)&c->pipe, give_space, bytes_came);
	}
}

/* -- opening and closing ------------------------------------------------------------------------------------------ */

static void set_standards(struct control_server_options *o)
{
	o->peer_uid = o->peer_uid ? o->peer_uid : peer_uid;
	o->clients_max = o->clients_max ? o->clients_max : CLIENTS_MAX;
	o->half_line_ms = o->half_line_ms ? o->half_line_ms : HALF_LINE_MS;
	o->backlog_max = o->backlog_max ? o->backlog_max : BACKLOG_MAX;
}

static void init_handles(struct control_server *s)
{
	uint64_t period = s->o.half_line_ms / 8 + 1;

	uv_pipe_init(s->o.loop, &s->listener, 0);
	uv_timer_init(s->o.loop, &s->sweep);
	uv_timer_start(&s->sweep, sweep_half_lines, period, period);
	uv_idle_init(s->o.loop, &s->resume);
	s->listener.data = s->sweep.data = s->resume.data = s;
	s->handles = 3;
}

int control_server_open(struct control_server **ret, const struct control_server_options *o, char *why, size_t why_size)
{
	struct control_server *s = calloc(1, sizeof(*s));
	int fd = -1, err = sodium_init() < 0 ? ERR_IO : ERR_OK;

	assert(s && err == ERR_OK);
	*s = (struct control_server){ .magic = SERVER_MAGIC, .o = *o, .path = strdup(o->path), .answers = answers_new() };
	assert(s->path && s->answers);
	set_standards(&s->o);
	err = server_listen(s->path, &fd, why, why_size);
	if (err != 0) {
		s->handles = 1;
		handle_closed(s);
		return err;
	}
	/* libuv writes without MSG_NOSIGNAL: a client that hangs up must not end the engine. */
	signal(SIGPIPE, SIG_IGN);
	init_handles(s);
	err = uv_pipe_open(&s->listener, fd);
	if (err == 0)
		err = uv_listen((uv_stream_t *)&s->listener, LISTEN_QUEUE, client_came);
	if (err != 0) {
		snprintf(why, why_size, "control socket %s: %s", s->path, uv_strerror(err));
		err = err_from_errno(-err);
		control_server_close(&s);
		return err;
	}
	*ret = s;
	return ERR_OK;
}

static void server_handle_closed(uv_handle_t *handle)
{
	handle_closed(handle->data);
}

void control_server_close(struct control_server **ptr)
{
	struct control_server *s = *ptr;

	*ptr = NULL;
	if (!s)
		return;
	CHECK_OBJ(s, SERVER_MAGIC);
	s->closing = true;
	unlink(s->path);
	call_orphan_server(s);
	while (s->clients)
		client_close(s->clients);
	uv_close((uv_handle_t *)&s->listener, server_handle_closed);
	uv_close((uv_handle_t *)&s->sweep, server_handle_closed);
	uv_close((uv_handle_t *)&s->resume, server_handle_closed);
}

struct control_server_stats control_server_stats(const struct control_server *s)
{
	struct control_server_stats stats = s->stats;

	stats.subscribers = 0;
	for (const struct client *c = s->clients; c; c = c->next)
		stats.subscribers += c->subscribed;
	return stats;
}

/* -- notices ------------------------------------------------------------------------------------------------------ */

static bool wants(const struct client *c, const char *topic)
{
	size_t len = strlen(topic);

	if (!c->subscribed)
		return false;
	for (const char *at = c->topics; *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == len && memcmp(at, topic, len) == 0)
			return true;
	return c->topics[0] == '\0';
}

bool control_has_subscriber(const struct control_server *s, const char *topic)
{
	for (const struct client *c = s->clients; c; c = c->next)
		if (wants(c, topic))
			return true;
	return false;
}

void control_publish(struct control_server *s, const char *topic, const struct buf *data)
{
	CHECK_OBJ(s, SERVER_MAGIC);
	if (data->failed || data->len == 0 || memchr(data->data, '\n', data->len))
		return;
	for (struct client *c = s->clients, *next; c; c = next) {
		next = c->next;
		if (!wants(c, topic) || !client_may_write(c))
			continue;
		message_put_notice(&c->out, topic, data->data, data->len);
		client_flush(c);
	}
}
