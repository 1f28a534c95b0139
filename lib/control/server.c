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
#define ACCEPTED_MAX  64 /* in one turn of the loop */
#define READS_MAX     32 /* of one client in one turn */

/* -- ends: clients and the server go when their last handle is closed --------------------------------------------- */

static void handle_closed(struct control_server *s)
{
	if (--s->handles > 0)
		return;
	answers_free(&s->answers);
	free(s->spare_call);
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
	stream_close(&c->stream, client_closed);
}

static void client_drop(struct client *c)
{
	c->server->stats.dropped++;
	client_close(c);
}

/* -- bytes out ---------------------------------------------------------------------------------------------------- */

/* Asked all it wanted, shut its side, and got its answers. */
static bool client_is_done(const struct client *c)
{
	return c->ended && !c->processing && c->in_flight == 0 && stream_waiting(&c->stream) == 0 && !c->subscribed;
}

static void client_flush(struct client *c)
{
	if (c->closing || c->processing)
		return;
	if (c->stream.out.failed)
		client_drop(c);
	else if (stream_flush(&c->stream) != 0 || client_is_done(c))
		client_close(c);
}

bool client_may_write(struct client *c)
{
	size_t most = c->server->o.backlog_max;

	if (c->closing)
		return false;
	/* During processing the stream gathers what one read asked for; the kernel has not been offered it yet. */
	if (stream_waiting(&c->stream) > most && c->processing) {
		c->processing = false;
		client_flush(c);
		c->processing = true;
	}
	if (!c->closing && stream_waiting(&c->stream) > most)
		client_drop(c);
	return !c->closing;
}

void client_fault(struct client *c, const char *id, const struct control_fault *f)
{
	c->server->stats.faults++;
	if (!client_may_write(c))
		return;
	message_put_fault(&c->stream.out, id, f);
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
		stream_read(&c->stream, false);
	}
	watch_half_line(c, finished_one);
	client_flush(c);
}

/* False when there is no more to be read now. */
static bool read_once(struct client *c)
{
	size_t room = 0;
	char *space = frame_space(&c->frame, &room);
	ssize_t n = space ? stream_recv(&c->stream, space, room) : UV_ENOMEM;

	if (n > 0) {
		frame_filled(&c->frame, (size_t)n);
		process(c);
	} else if (n == 0) {
		c->ended = true;
		stream_read(&c->stream, false);
		watch_half_line(c, false);
		client_flush(c);
	} else if (n != UV_EAGAIN) {
		client_close(c);
	}
	return n > 0 && (size_t)n == room && !c->closing && !c->paused;
}

static void client_ready(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;

	CHECK_OBJ(c, CLIENT_MAGIC);
	events = stream_events(&c->stream, status, events);
	if (events & UV_READABLE)
		for (int reads = 0; reads < READS_MAX && read_once(c); reads++)
			;
	if (events & UV_WRITABLE)
		client_flush(c);
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
			stream_read(&c->stream, true);
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
	if (c->server->o.peer_uid(c->stream.fd, &c->uid) != 0)
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

static void client_came(struct control_server *s, int fd)
{
	struct client *c = calloc(1, sizeof(*c));

	assert(c);
	c->magic = CLIENT_MAGIC;
	c->server = s;
	if (stream_open(&c->stream, s->o.loop, fd, client_ready) != 0) {
		free(c);
		return;
	}
	c->stream.poll.data = c;
	c->next = s->clients;
	if (s->clients)
		s->clients->prev = c;
	s->clients = c;
	s->stats.clients++;
	s->handles++;
	if (!identify(c)) {
		client_close(c);
	} else if (s->stats.clients > s->o.clients_max) {
		turn_away(c);
	} else {
		s->stats.accepted++;
		stream_read(&c->stream, true);
	}
}

static void clients_came(uv_poll_t *listener, int status, int events)
{
	struct control_server *s = listener->data;
	int fd;

	(void)status;
	(void)events;
	CHECK_OBJ(s, SERVER_MAGIC);
	for (int i = 0; i < ACCEPTED_MAX && !s->closing && (fd = server_accept(s)) >= 0; i++)
		client_came(s, fd);
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

	uv_timer_init(s->o.loop, &s->sweep);
	uv_timer_start(&s->sweep, sweep_half_lines, period, period); /* for its period; started again when it is needed */
	uv_timer_stop(&s->sweep);
	uv_idle_init(s->o.loop, &s->resume);
	s->listener.data = s->sweep.data = s->resume.data = s;
	s->handles = 3;
}

/* On an error nothing is left open but the server's memory. */
static int open_listener(struct control_server *s, char *why, size_t why_size)
{
	int err = server_listen(s->path, &s->fd, why, why_size);

	if (err != 0)
		return err;
	err = uv_poll_init(s->o.loop, &s->listener, s->fd);
	s->spare_fd = server_spare_fd();
	if (err == 0)
		return ERR_OK;
	snprintf(why, why_size, "control socket %s: %s", s->path, uv_strerror(err));
	close(s->fd);
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	unlink(s->path);
	return err_from_errno(-err);
}

int control_server_open(struct control_server **ret, const struct control_server_options *o, char *why, size_t why_size)
{
	struct control_server *s = calloc(1, sizeof(*s));
	int err = sodium_init() < 0 ? ERR_IO : ERR_OK;

	assert(s && err == ERR_OK);
	*s = (struct control_server){ .magic = SERVER_MAGIC, .o = *o, .path = strdup(o->path), .answers = answers_new() };
	assert(s->path && s->answers);
	set_standards(&s->o);
	err = open_listener(s, why, why_size);
	if (err != 0) {
		s->handles = 1;
		handle_closed(s);
		return err;
	}
	/* A write to a peer that hung up must not end the engine, whoever in it writes. */
	signal(SIGPIPE, SIG_IGN);
	init_handles(s);
	uv_poll_start(&s->listener, UV_READABLE, clients_came);
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
	close(s->fd);
	if (s->spare_fd >= 0)
		close(s->spare_fd);
	uv_close((uv_handle_t *)&s->sweep, server_handle_closed);
	uv_close((uv_handle_t *)&s->resume, server_handle_closed);
}

struct control_server_stats control_server_stats(const struct control_server *s)
{
	struct control_server_stats stats = s->stats;

	stats.subscribers = stats.unsent = 0;
	for (const struct client *c = s->clients; c; c = c->next) {
		stats.subscribers += c->subscribed;
		stats.unsent += stream_waiting(&c->stream) > 0;
	}
	return stats;
}

const struct histogram *control_server_service(const struct control_server *s)
{
	return &s->service;
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
		message_put_notice(&c->stream.out, topic, data->data, data->len);
		client_flush(c);
	}
}
