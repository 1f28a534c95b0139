#include "fcgi/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "fcgi/records.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"
#include "lib/control/snapshot.h"

#define PARTIAL_MAX (5 * NANOS_SECOND)    /* for the rest of a request */
#define IDLE_MAX    (75 * NANOS_SECOND)   /* nginx closes after 60 */
#define WRITING_MAX (10 * NANOS_SECOND)   /* without room for the next piece */
#define KEPT_MAX    (16 * 1024)            /* bytes of a buffer kept for the next request */
#define PIECE       (64 * 1024)           /* fits into the send buffer that server.c asks for */

static void answer_ready(void *ctx);

void connection_init(struct connection *c, const struct connection_options *options, uint32_t place)
{
	c->magic = CONNECTION_MAGIC;
	c->options = options;
	c->place = place;
	c->exchange.magic = EXCHANGE_MAGIC;
	c->exchange.api = options->api;
	c->exchange.done = answer_ready;
	c->exchange.ctx = c;
}

/* Edge-triggered, so that half a request wakes nobody until more of it comes; a change of the watch tells again what is
 * there already. Room to write is watched only while an answer waits for it, since nginx makes room after each answer. */
static int watch(struct connection *c, int operation, bool room)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET | (room ? EPOLLOUT : 0),
	                             .data.u64 = (uint64_t)c->generation << 32 | c->place };

	c->watching_room = room;
	return epoll_ctl(c->options->epoll, operation, c->fcgi.ipcFd, &event);
}

static void trim(struct buf *b)
{
	if (b->cap > KEPT_MAX)
		buf_done(b);
}

/* A connection that once carried a large body or answer should not hold on to the memory. */
static void wait_for_request(struct connection *c, nanos_t now)
{
	c->state = CONNECTION_IDLE;
	c->partial = false;
	c->since = now;
	trim(&c->exchange.body);
	trim(&c->exchange.params);
	trim(&c->exchange.reply.body);
}

/* libfcgi would accept by itself and then wait up to two seconds for the first byte; with the descriptor already in its
 * place and no listening socket it does neither. `detached` spares the two seconds that it waits for the peer's end when it
 * closes. */
int connection_open(struct connection *c, int fd, nanos_t now)
{
	CHECK_OBJ(c, CONNECTION_MAGIC);
	FCGX_InitRequest(&c->fcgi, -1, 0);
	c->fcgi.ipcFd = fd;
	c->fcgi.keepConnection = 1;
	FCGX_Detach(&c->fcgi);
	wait_for_request(c, now);
	if (watch(c, EPOLL_CTL_ADD, false) == 0)
		return 0;
	int err = err_from_errno(errno);
	connection_close(c);
	return err;
}

static void end_request(struct connection *c)
{
	if (c->state == CONNECTION_BUSY || c->state == CONNECTION_WRITING)
		--*c->options->busy;
}

void connection_close(struct connection *c)
{
	CHECK_OBJ(c, CONNECTION_MAGIC);
	if (c->state == CONNECTION_FREE)
		return;
	if (c->state == CONNECTION_BUSY)
		api_abandon(&c->exchange);
	end_request(c);
	FCGX_Free(&c->fcgi, 1);
	c->state = CONNECTION_FREE;
	c->generation++;
	exchange_done(&c->exchange);
	buf_done(&c->head);
}

/* -- the answer ---------------------------------------------------------------------------------------------------- */

static void log_access(const struct connection *c, nanos_t now)
{
	const struct exchange *x = &c->exchange;

	/* Method and target are the client's words; a path that passed request_read has no control character. */
	log_info("access", "%s %s %d %zu %lldus %s", x->route.command ? x->route.command->http_method : "-",
	         x->reply.status == 400 ? "-" : x->request.path, x->reply.status, x->reply.body.len,
	         (long long)((now - c->begun) / NANOS_US), x->request_id);
}

/* Sends the END_REQUEST record too; libfcgi closes the descriptor when that fails or the connection is not kept. */
static void finish_answer(struct connection *c)
{
	nanos_t now = snapshot_clock();

	if (c->options->access_log)
		log_access(c, now);
	end_request(c);
	if (!c->keep)
		c->fcgi.keepConnection = 0;
	FCGX_Finish_r(&c->fcgi);
	wait_for_request(c, now);
	if (c->watching_room && c->fcgi.ipcFd >= 0)
		watch(c, EPOLL_CTL_MOD, false);
}

/* The bytes of head and body from c->written on, as far as they lie together. */
static size_t next_bytes(const struct connection *c, bool with_body, const char **ret)
{
	const struct buf *body = &c->exchange.reply.body;

	if (c->written < c->head.len) {
		*ret = c->head.data + c->written;
		return c->head.len - c->written;
	}
	if (!with_body || c->written == c->head.len + body->len)
		return 0;
	*ret = body->data + (c->written - c->head.len);
	return c->head.len + body->len - c->written;
}

/* The descriptor does not block: a peer that does not read makes libfcgi's write fail, which ends the connection. */
static void write_answer(struct connection *c)
{
	bool with_body = strcmp(c->exchange.request.method ? c->exchange.request.method : "", "HEAD") != 0;
	size_t room = PIECE, n;
	const char *at;

	c->state = CONNECTION_WRITING;
	c->since = snapshot_clock();
	while (room > 0 && (n = next_bytes(c, with_body, &at)) > 0) {
		n = n < room ? n : room;
		if (FCGX_PutStr(at, (int)n, c->fcgi.out) != (int)n) {
			c->keep = false;
			finish_answer(c);
			return;
		}
		c->written += n;
		room -= n;
	}
	if (next_bytes(c, with_body, &at) == 0)
		finish_answer(c);
	else if (!c->watching_room)
		watch(c, EPOLL_CTL_MOD, true);
}

static void answer_ready(void *ctx)
{
	struct connection *c = ctx;

	CHECK_OBJ(c, CONNECTION_MAGIC);
	buf_clear(&c->head);
	c->written = 0;
	if (c->exchange.reply.body.failed || c->exchange.reply.extra.failed) {
		log_error("api", "out of memory for an answer");
		reply_clear(&c->exchange.reply);
		c->exchange.reply.status = 500;
		c->exchange.reply.type = REPLY_PROBLEM;
	}
	reply_put_head(&c->exchange.reply, c->exchange.request_id, &c->head);
	write_answer(c);
}

/* -- the request --------------------------------------------------------------------------------------------------- */

static bool read_body(struct connection *c, size_t len)
{
	struct buf *body = &c->exchange.body;

	buf_clear(body);
	if (!buf_reserve(body, len))
		return false;
	body->len = (size_t)FCGX_GetStr(body->data, (int)len, c->fcgi.in);
	body->data[body->len] = '\0';
	/* Reads the end-of-stream record, which would else be taken for the beginning of the next request. */
	return body->len == len && FCGX_GetChar(c->fcgi.in) == EOF && FCGX_GetError(c->fcgi.in) == 0;
}

static void begin_request(struct connection *c, const struct records *records, nanos_t now)
{
	if (FCGX_Accept_r(&c->fcgi) != 0 || !read_body(c, records->body_len)) {
		log_warn("fastcgi", "a request that was whole could not be read; closing its connection");
		connection_close(c);
		return;
	}
	c->state = CONNECTION_BUSY;
	++*c->options->busy;
	c->begun = now;
	api_begin(&c->exchange, c->fcgi.envp, now);
}

/* The bytes stay in the kernel until the request is whole, so it must fit there: nginx sends one in a few writes; a peer that
 * sends it in a hundred tiny ones fills its send buffer with their overhead and is given up after PARTIAL_MAX. */
static void read_request(struct connection *c, nanos_t now)
{
	static unsigned char peeked[RECORDS_MAX]; /* of all connections in turn; nothing outlives the call */
	ssize_t n = recv(c->fcgi.ipcFd, peeked, sizeof(peeked), MSG_PEEK | MSG_DONTWAIT);
	struct records records;
	const char *why = "longer than any request";

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		connection_close(c);
		return;
	}
	switch (records_scan(peeked, (size_t)n, &records, &why)) {
	case RECORDS_WHOLE:
		c->keep = records.length == (size_t)n; /* a second request behind the first is not how FastCGI is spoken */
		begin_request(c, &records, now);
		return;
	case RECORDS_PARTIAL:
		if ((size_t)n < sizeof(peeked)) {
			c->since = c->partial ? c->since : now;
			c->partial = true;
			return;
		}
		break;
	case RECORDS_BAD:
		break;
	}
	log_warn("fastcgi", "closing a connection: %s", why);
	connection_close(c);
}

/* While a request is at the engine nginx has nothing to say but that its client has gone. */
static bool peer_has_gone(struct connection *c, uint32_t events)
{
	char byte;

	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		return true;
	return events & EPOLLIN && recv(c->fcgi.ipcFd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

bool connection_ready(struct connection *c, uint32_t events, nanos_t now)
{
	CHECK_OBJ(c, CONNECTION_MAGIC);
	if (c->state == CONNECTION_IDLE && events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP))
		read_request(c, now);
	else if (c->state == CONNECTION_BUSY && peer_has_gone(c, events))
		connection_close(c);
	else if (c->state == CONNECTION_WRITING && events & (EPOLLHUP | EPOLLERR))
		connection_close(c);
	else if (c->state == CONNECTION_WRITING && events & EPOLLOUT)
		write_answer(c);
	return connection_tick(c, now);
}

bool connection_tick(struct connection *c, nanos_t now)
{
	nanos_t limit = c->state == CONNECTION_WRITING ? WRITING_MAX : c->partial ? PARTIAL_MAX : IDLE_MAX;

	if (c->state != CONNECTION_FREE && c->fcgi.ipcFd >= 0 && (c->state == CONNECTION_BUSY || now - c->since < limit))
		return true;
	connection_close(c);
	return false;
}
