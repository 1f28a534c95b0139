#include "tests/neosim/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "tests/neosim/net_priv.h"

#define EVENTS_MAX    64
#define READ_MAX      (64 * 1024)
#define LINGER_MS     2000
#define PING_EVERY_MS 25000
#define HALF_MS       60000 /* a request that does not become whole */
#define IN_MAX        (NET_HEAD_MAX + 2 * NET_BODY_MAX)

int64_t net_real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* -- ends --------------------------------------------------------------------------------------------------------- */

/* The struct lives until the turn's end: a callback up the stack may still hold it. */
void conn_end(struct net_conn *c)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	if (c->dead)
		return;
	c->dead = true;
	close(c->fd);
	if (c->ws && c->net->o.ws.closed)
		c->net->o.ws.closed(c->net->o.ws.ctx, c);
}

void conn_end_flushed(struct net_conn *c)
{
	c->closing = true;
}

void net_reset(struct net_conn *c)
{
	struct linger hard = {.l_onoff = 1};

	if (c->dead)
		return;
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	conn_end(c);
}

static void conn_free(struct net_conn *c)
{
	if (c->prev)
		c->prev->next = c->next;
	else
		c->net->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	net_ssl_free(&c->ssl);
	buf_done(&c->in);
	buf_done(&c->out);
	buf_done(&c->delayed);
	buf_done(&c->message);
	c->magic = 0;
	free(c);
}

static void reap(struct net *n)
{
	struct net_conn *c, *next;

	for (c = n->conns; c; c = next) {
		next = c->next;
		if (c->dead)
			conn_free(c);
	}
}

/* -- bytes out ---------------------------------------------------------------------------------------------------- */

void conn_write(struct net_conn *c, const void *bytes, size_t len)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	if (c->dead || c->closing || len == 0)
		return;
	if (!c->ssl)
		buf_put(&c->out, bytes, len);
	else if (!net_ssl_write(c->ssl, bytes, len, &c->out))
		conn_end(c);
	if (c->out.failed)
		net_reset(c);
}

/* Nothing is lost that the peer may still want: our side is shut, theirs read until they end or LINGER_MS are over. */
static void linger(struct net_conn *c)
{
	c->lingering = true;
	c->due = net_real_ms() + LINGER_MS;
	shutdown(c->fd, SHUT_WR);
	if (c->peer_ended)
		conn_end(c);
}

static void watch(struct net_conn *c)
{
	bool room = c->lingering || (!c->blocked && !c->closing) || c->in.len < READ_MAX;
	uint32_t events = (c->peer_ended || !room ? 0 : EPOLLIN) | (c->out_done < c->out.len ? EPOLLOUT : 0);
	struct epoll_event e = {.events = events, .data.ptr = c};

	if (events == c->events)
		return;
	c->events = events;
	epoll_ctl(c->net->epoll, EPOLL_CTL_MOD, c->fd, &e);
}

static void flush(struct net_conn *c)
{
	while (!c->dead && c->out_done < c->out.len) {
		ssize_t n = send(c->fd, c->out.data + c->out_done, c->out.len - c->out_done, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n < 0) {
			conn_end(c);
			return;
		}
		c->out_done += (size_t)n;
	}
	if (c->dead)
		return;
	if (c->out_done == c->out.len) {
		buf_clear(&c->out);
		c->out_done = 0;
		if (c->closing && !c->lingering) {
			if (c->ssl)
				net_ssl_end(c->ssl, &c->out);
			if (c->out.len > 0)
				(void)!send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
			buf_clear(&c->out);
			linger(c);
		}
	}
	if (!c->dead)
		watch(c);
}

size_t net_backlog(const struct net_conn *c)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	return c->out.len - c->out_done;
}

void *net_data(const struct net_conn *c)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	return c->data;
}

void net_set_data(struct net_conn *c, void *data)
{
	CHECK_OBJ(c, NET_CONN_MAGIC);
	c->data = data;
}

/* -- bytes in ----------------------------------------------------------------------------------------------------- */

void conn_raw(struct net_conn *c, const char *bytes, size_t len)
{
	if (c->sniff && len > 0) {
		c->sniff = false;
		if (bytes[0] == 0x16) /* a TLS record of a handshake */
			c->ssl = net_ssl_new(c->net->tls);
	}
	if (!c->ssl)
		buf_put(&c->in, bytes, len);
	else if (!net_ssl_feed(c->ssl, bytes, len, &c->in, &c->out))
		conn_end_flushed(c);
	if (c->in.failed || c->in.len > IN_MAX)
		net_reset(c);
}

static void consume(struct net_conn *c)
{
	while (!c->dead && !c->blocked && !c->closing && c->in.len > 0)
		if (!(c->ws ? ws_step(c) : serve_step(c)))
			break;
}

/* They sent all they will. What they asked is still answered, unless half of it is missing. */
static void peer_ended(struct net_conn *c)
{
	c->peer_ended = true;
	if (c->lingering || c->held || c->ws || (!c->blocked && c->out_done == c->out.len))
		conn_end(c);
	else if (!c->blocked)
		conn_end_flushed(c);
}

static void readable(struct net_conn *c)
{
	char bytes[READ_MAX];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		conn_end(c);
		return;
	}
	c->heard = net_real_ms();
	if (n == 0) {
		consume(c);
		if (!c->dead)
			peer_ended(c);
	} else if (!c->lingering && !c->closing) {
		conn_raw(c, bytes, (size_t)n);
		consume(c);
	}
}

/* -- connections -------------------------------------------------------------------------------------------------- */

static void conn_new(struct net *n, int fd, enum net_kind kind)
{
	struct net_conn *c = calloc(1, sizeof(*c));
	struct epoll_event e = {.events = EPOLLIN};
	int yes = 1;

	if (!c) {
		close(fd);
		return;
	}
	*c = (struct net_conn){.magic = NET_CONN_MAGIC, .net = n, .fd = fd, .events = EPOLLIN, .id = ++n->next_id, .proxy = kind == NET_PROXY};
	c->heard = c->pinged = net_real_ms();
	c->out.limit = NET_OUT_MAX;
	if (kind == NET_TLS)
		c->ssl = net_ssl_new(n->tls);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	c->next = n->conns;
	if (c->next)
		c->next->prev = c;
	n->conns = c;
	e.data.ptr = c;
	if (epoll_ctl(n->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		conn_end(c);
}

static void accept_all(struct net *n, const struct net_listener *l)
{
	int fd;

	while ((fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		conn_new(n, fd, l->kind);
}

static int listen_on(struct net *n, enum net_kind kind, int port, char error[256])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct net_listener *l = &n->listeners[kind];
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = l};
	socklen_t len = sizeof(a);
	int yes = 1;

	l->magic = NET_LISTENER_MAGIC;
	l->kind = kind;
	l->fd = -1;
	if (port < 0)
		return ERR_OK;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd >= 0)
		setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (l->fd < 0 || inet_pton(AF_INET, n->o.bind, &a.sin_addr) != 1 || bind(l->fd, (struct sockaddr *)&a, len) < 0 || listen(l->fd, 128) < 0 ||
	    getsockname(l->fd, (struct sockaddr *)&a, &len) < 0 || epoll_ctl(n->epoll, EPOLL_CTL_ADD, l->fd, &e) < 0) {
		snprintf(error, 256, "cannot listen on %s port %d: %s", n->o.bind, port, strerror(errno));
		return ERR_IO;
	}
	l->port = ntohs(a.sin_port);
	return ERR_OK;
}

/* -- time --------------------------------------------------------------------------------------------------------- */

static void due(struct net_conn *c, int64_t now)
{
	if (c->dead || c->due == 0 || now < c->due)
		return;
	c->due = 0;
	if (c->lingering) {
		conn_end(c);
		return;
	}
	serve_due(c);
	consume(c);
	if (!c->dead && c->peer_ended && !c->blocked)
		conn_end_flushed(c);
}

static void sweep(struct net *n, int64_t now)
{
	struct net_conn *c;

	if (now - n->swept < 1000)
		return;
	n->swept = now;
	for (c = n->conns; c; c = c->next) {
		if (!c->dead && c->ws && !c->closing && now - c->pinged >= PING_EVERY_MS) {
			c->pinged = now;
			net_ws_ping(c);
		}
		if (!c->dead && !c->ws && !c->blocked && !c->lingering && c->in.len > 0 && now - c->heard >= HALF_MS)
			conn_end(c);
	}
}

static int shortest_wait(const struct net *n, int ms)
{
	int64_t now = net_real_ms();
	const struct net_conn *c;

	for (c = n->conns; c; c = c->next)
		if (c->due && c->due - now < ms)
			ms = c->due > now ? (int)(c->due - now) : 0;
	return ms;
}

int net_turn(struct net *n, int ms)
{
	struct epoll_event events[EVENTS_MAX];
	struct net_conn *c;
	int i, got;

	CHECK_OBJ(n, NET_MAGIC);
	for (c = n->conns; c; c = c->next)
		if (!c->dead)
			flush(c);
	reap(n);
	got = epoll_wait(n->epoll, events, EVENTS_MAX, shortest_wait(n, ms));
	for (i = 0; i < got; i++) {
		if (*(uint32_t *)events[i].data.ptr == NET_LISTENER_MAGIC) {
			accept_all(n, events[i].data.ptr);
			continue;
		}
		c = events[i].data.ptr;
		CHECK_OBJ(c, NET_CONN_MAGIC);
		if (!c->dead && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			readable(c);
	}
	for (c = n->conns; c; c = c->next)
		due(c, net_real_ms());
	sweep(n, net_real_ms());
	for (c = n->conns; c; c = c->next)
		if (!c->dead)
			flush(c);
	reap(n);
	return got < 0 && errno != EINTR ? ERR_IO : ERR_OK;
}

/* -- open, close -------------------------------------------------------------------------------------------------- */

int net_open(const struct net_options *o, struct net **ret, char error[256])
{
	struct net *n = calloc(1, sizeof(*n));
	int err;

	if (!n)
		return ERR_NOMEM;
	n->magic = NET_MAGIC;
	n->o = *o;
	n->listeners[0].fd = n->listeners[1].fd = n->listeners[2].fd = -1;
	n->epoll = epoll_create1(EPOLL_CLOEXEC);
	err = n->epoll < 0 ? ERR_IO : net_tls_open(o->cert, o->key, &n->tls, error);
	if (!err)
		err = listen_on(n, NET_PLAIN, o->port, error);
	if (!err)
		err = listen_on(n, NET_TLS, o->tls_port, error);
	if (!err)
		err = listen_on(n, NET_PROXY, o->proxy_port, error);
	if (err) {
		net_close(&n);
		return err;
	}
	*ret = n;
	return ERR_OK;
}

int net_port(const struct net *n, int which)
{
	CHECK_OBJ(n, NET_MAGIC);
	assert(which >= 0 && which < NET_KINDS);
	return n->listeners[which].port;
}

size_t net_connections(const struct net *n)
{
	const struct net_conn *c;
	size_t count = 0;

	for (c = n->conns; c; c = c->next)
		count += !c->dead;
	return count;
}

void net_close(struct net **net)
{
	struct net *n = *net;
	struct net_conn *c;
	int i;

	*net = NULL;
	if (!n)
		return;
	for (c = n->conns; c; c = c->next)
		conn_end(c);
	reap(n);
	for (i = 0; i < NET_KINDS; i++)
		if (n->listeners[i].fd >= 0)
			close(n->listeners[i].fd);
	if (n->epoll >= 0)
		close(n->epoll);
	net_tls_close(&n->tls);
	n->magic = 0;
	free(n);
}
