#include "fcgi/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/control/frame.h"

#define LINK_MAGIC 0x4c696e6b
#define LINK_ANSWER_MAX (16 * 1024 * 1024)    /* the longest line the engine may answer */
#define LINK_UNSENT_MAX (4 * 1024 * 1024)     /* bytes waiting for an engine that does not read */
#define LINK_RETRY (2 * NANOS_MS)             /* between attempts to reach an engine that is not there: each costs microseconds, and a start takes milliseconds */

struct link_call {
	uint64_t id;      /* 0 = free */
	nanos_t deadline;
	link_done *done;  /* NULL = forgotten */
	void *ctx;
	struct link *link;
	struct link_call *next;  /* in the order of the deadlines, or free */
};

struct link {
	uint32_t magic;
	struct sockaddr_un address;
	int fd, epoll;    /* fd -1 = not connected */
	uint64_t tag, last_id;
	nanos_t retry_at;
	bool told;        /* the operator knows that the engine is away */
	bool out_watched; /* epoll tells when there is room to send */
	struct frame in;
	struct buf out;
	size_t out_at;
	struct link_call *first, *last, *free;
	struct link_call calls[LINK_CALLS_MAX];
};

int link_open(struct link **ret, const char *path, int epoll, uint64_t tag)
{
	struct link *l;

	if (strlen(path) >= sizeof(l->address.sun_path))
		return ERR_RANGE;
	l = calloc(1, sizeof(*l));
	if (!l)
		return ERR_NOMEM;
	l->magic = LINK_MAGIC;
	l->address.sun_family = AF_UNIX;
	memcpy(l->address.sun_path, path, strlen(path) + 1);
	l->fd = -1;
	l->epoll = epoll;
	l->tag = tag;
	l->in.limit = LINK_ANSWER_MAX;
	l->out.limit = LINK_UNSENT_MAX;
	for (size_t i = 0; i < LINK_CALLS_MAX; i++) {
		l->calls[i].link = l;
		l->calls[i].next = l->free;
		l->free = &l->calls[i];
	}
	*ret = l;
	return 0;
}

void link_close(struct link **at)
{
	struct link *l = *at;

	*at = NULL;
	if (!l)
		return;
	CHECK_OBJ(l, LINK_MAGIC);
	if (l->fd >= 0)
		close(l->fd);
	frame_done(&l->in);
	buf_done(&l->out);
	l->magic = 0;
	free(l);
}

/* -- calls: a list in the order of sending, which is the order of the deadlines ----------------------------------- */

static struct link_call *call_take(struct link *l, link_done *done, void *ctx, nanos_t now)
{
	struct link_call *call = l->free;

	l->free = call->next;
	*call = (struct link_call){ ++l->last_id, now + LINK_DEADLINE, done, ctx, l, NULL };
	if (l->last)
		l->last->next = call;
	else
		l->first = call;
	l->last = call;
	return call;
}

/* Unlinks the call before it tells its owner, who may send the next one from inside. */
static void call_finish(struct link_call **where, struct link_call *before, const struct link_answer *answer)
{
	struct link_call *call = *where;
	struct link *l = call->link;
	link_done *done = call->done;
	void *ctx = call->ctx;

	*where = call->next;
	if (l->last == call)
		l->last = before;
	call->id = 0;
	call->next = l->free;
	l->free = call;
	if (done)
		done(ctx, answer);
}

static void call_fail_first(struct link *l, enum control_code code, const char *detail)
{
	struct link_answer answer = { 0 };

	control_fault_set(&answer.fault, code, NULL, "%s", detail);
	call_finish(&l->first, NULL, &answer);
}

void link_forget(struct link_call *call)
{
	if (call)
		call->done = NULL;
}

void link_expire(struct link *l, nanos_t now)
{
	CHECK_OBJ(l, LINK_MAGIC);
	while (l->first && l->first->deadline <= now)
		call_fail_first(l, CODE_TIMEOUT, "the engine did not answer within 5 seconds");
}

nanos_t link_next_deadline(const struct link *l)
{
	CHECK_OBJ(l, LINK_MAGIC);
	return l->first ? l->first->deadline : STAMP_NEVER;
}

/* -- the socket --------------------------------------------------------------------------------------------------- */

static void link_watch(struct link *l, int operation, bool out)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | (out ? EPOLLOUT : 0), .data.u64 = l->tag };

	l->out_watched = out;
	if (epoll_ctl(l->epoll, operation, l->fd, &event) != 0)
		log_error("link", "epoll_ctl on the control socket failed (%s)", strerror(errno));
}

/* Answers to what has been sent can no longer come. Only calls that are out now fail: their owners may call again. */
static void link_drop(struct link *l, const char *why)
{
	uint64_t newest = l->last_id;

	log_warn("link", "lost the engine (%s); reconnecting with the next request", why);
	close(l->fd);
	l->fd = -1;
	l->told = true;
	frame_done(&l->in);
	l->in.limit = LINK_ANSWER_MAX;
	buf_clear(&l->out);
	l->out_at = 0;
	while (l->first && l->first->id <= newest)
		call_fail_first(l, CODE_ENGINE_DOWN, "the engine went away before it answered");
}

static int link_connect(struct link *l, nanos_t now)
{
	if (now < l->retry_at)
		return ERR_CLOSED;
	l->retry_at = now + LINK_RETRY;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_from_errno(errno);
	if (connect(fd, (struct sockaddr *)&l->address, sizeof(l->address)) != 0) {
		if (!l->told)
			log_warn("link", "no engine at %s (%s)", l->address.sun_path, strerror(errno));
		l->told = true;
		close(fd);
		return ERR_CLOSED;
	}
	if (l->told)
		log_info("link", "connected to the engine at %s", l->address.sun_path);
	l->told = false;
	l->retry_at = 0;
	l->fd = fd;
	link_watch(l, EPOLL_CTL_ADD, false);
	return 0;
}

bool link_is_up(struct link *l, nanos_t now)
{
	CHECK_OBJ(l, LINK_MAGIC);
	return l->fd >= 0 || link_connect(l, now) == 0;
}

/* ERR_CLOSED when the engine is gone. */
static int link_flush(struct link *l)
{
	while (l->out_at < l->out.len) {
		ssize_t n = send(l->fd, l->out.data + l->out_at, l->out.len - l->out_at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return ERR_CLOSED;
		if (n < 0)
			break;
		l->out_at += (size_t)n;
	}
	if (l->out_at == l->out.len) {
		buf_clear(&l->out);
		l->out_at = 0;
	}
	if (l->out_watched != (l->out.len > 0))
		link_watch(l, EPOLL_CTL_MOD, l->out.len > 0);
	return 0;
}

int link_send(struct link *l, const char *method, const char *params, link_done *done, void *ctx, nanos_t now,
              struct link_call **ret)
{
	CHECK_OBJ(l, LINK_MAGIC);
	if (!l->free)
		return ERR_FULL;
	int err = l->fd < 0 ? link_connect(l, now) : 0;
	if (err)
		return err;
	size_t before = l->out.len;
	message_put_request(&l->out, l->last_id + 1, method, params);
	if (l->out.failed) {
		l->out.failed = false;
		l->out.len = before;
		return ERR_FULL;
	}
	*ret = call_take(l, done, ctx, now);
	/* A broken link shows as readable in the next turn and fails the call there, not inside this function. */
	if (before == 0)
		link_flush(l);
	return 0;
}

static void link_take_answer(struct link *l, const char *line, size_t len)
{
	struct message_answer m;
	struct link_answer answer = { 0 };
	int64_t id;

	if (message_split(line, len, &m) != 0 || num_parse_int(m.id.at ? m.id.at : "", m.id.len, 1, INT64_MAX, &id) != 0) {
		log_warn("link", "the engine sent a line that is no answer (%zu bytes)", len);
		return;
	}
	if (m.result.at)
		answer.result = m.result;
	else
		message_read_fault(m.error, &answer.fault);
	struct link_call **where = &l->first, *before = NULL;
	while (*where && (*where)->id != (uint64_t)id) {
		before = *where;
		where = &(*where)->next;
	}
	if (*where)
		call_finish(where, before, &answer);
}

static int link_read(struct link *l)
{
	for (;;) {
		size_t room, len;
		char *space = frame_space(&l->in, &room), *line;
		int err;

		if (!space)
			return ERR_NOMEM;
		ssize_t n = recv(l->fd, space, room, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : ERR_IO;
		if (n == 0)
			return ERR_CLOSED;
		frame_filled(&l->in, (size_t)n);
		while ((err = frame_line(&l->in, &line, &len)) != 0) {
			if (err < 0)
				return err; /* an answer is lost; a fresh connection is sure to be in step */
			link_take_answer(l, line, len);
		}
	}
}

void link_ready(struct link *l, uint32_t events)
{
	CHECK_OBJ(l, LINK_MAGIC);
	if (l->fd < 0)
		return;
	int err = events & EPOLLOUT ? link_flush(l) : 0;
	if (!err && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		err = link_read(l);
	if (err)
		link_drop(l, err_text(err));
}
