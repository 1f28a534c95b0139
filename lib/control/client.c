#include "lib/control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "lib/control/frame.h"

#define CLIENT_ANSWER_MAX (16 * 1024 * 1024)
#define SEND_TIMEOUT_MS 5000
#define BLOCKING_CLIENT_MAGIC 0xB10CC11Eu

struct control_client {
	uint32_t magic;
	int fd;
	uint64_t last_id;
	struct frame frame;
};

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / NANOS_MS;
}

int control_client_open(struct control_client **ret, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(at.sun_path))
		return ERR_RANGE;
	memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_from_errno(errno);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) != 0) {
		int err = errno == ECONNREFUSED ? ERR_CLOSED : err_from_errno(errno);
		close(fd);
		return err;
	}
	struct control_client *c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return ERR_NOMEM;
	}
	*c = (struct control_client){ .magic = BLOCKING_CLIENT_MAGIC, .fd = fd, .frame = { .limit = CLIENT_ANSWER_MAX } };
	*ret = c;
	return ERR_OK;
}

void control_client_close(struct control_client **ptr)
{
	struct control_client *c = *ptr;

	*ptr = NULL;
	if (!c)
		return;
	CHECK_OBJ(c, BLOCKING_CLIENT_MAGIC);
	close(c->fd);
	frame_done(&c->frame);
	c->magic = 0;
	free(c);
}

int control_client_fd(const struct control_client *c)
{
	return c->fd;
}

/* Waits for the event until the deadline; ERR_TIMEOUT. */
static int wait_for(int fd, short event, int64_t deadline_ms)
{
	for (;;) {
		int64_t left = deadline_ms - clock_ms();
		struct pollfd p = { .fd = fd, .events = event };
		int n = poll(&p, 1, left > 0 ? (int)left : 0);

		if (n > 0)
			return ERR_OK;
		if (n == 0)
			return ERR_TIMEOUT;
		if (errno != EINTR)
			return err_from_errno(errno);
	}
}

static bool hung_up(int errnum)
{
	return errnum == EPIPE || errnum == ECONNRESET;
}

int control_client_send(struct control_client *c, const void *bytes, size_t len)
{
	int64_t deadline = clock_ms() + SEND_TIMEOUT_MS;

	CHECK_OBJ(c, BLOCKING_CLIENT_MAGIC);
	for (size_t sent = 0; sent < len;) {
		ssize_t n = send(c->fd, (const char *)bytes + sent, len - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			sent += (size_t)n;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return hung_up(errno) ? ERR_CLOSED : err_from_errno(errno);
		int err = wait_for(c->fd, POLLOUT, deadline);
		if (err != 0)
			return err;
	}
	return ERR_OK;
}

static int read_more(struct control_client *c, int64_t deadline_ms)
{
	size_t room = 0;
	char *space = frame_space(&c->frame, &room);

	if (!space)
		return ERR_NOMEM;
	int err = wait_for(c->fd, POLLIN, deadline_ms);
	if (err != 0)
		return err;
	ssize_t n = recv(c->fd, space, room, 0);
	if (n == 0 || (n < 0 && hung_up(errno)))
		return ERR_CLOSED;
	if (n < 0 && errno != EINTR)
		return err_from_errno(errno);
	frame_filled(&c->frame, n > 0 ? (size_t)n : 0);
	return ERR_OK;
}

static int next_line(struct control_client *c, int64_t deadline_ms, char **ret_line, size_t *ret_len)
{
	for (;;) {
		int got = frame_line(&c->frame, ret_line, ret_len);

		if (got != 0)
			return got > 0 ? ERR_OK : ERR_PARSE;
		int err = read_more(c, deadline_ms);
		if (err != 0)
			return err;
	}
}

int control_client_line(struct control_client *c, int timeout_ms, const char **ret_line, size_t *ret_len)
{
	char *line;
	int err = next_line(c, clock_ms() + timeout_ms, &line, ret_len);

	if (err == 0)
		*ret_line = line;
	return err;
}

/* A fault with id null is about a line that could not be read, or about the connection: here that is ours. */
static bool is_answer_to(const struct message_answer *a, uint64_t id)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	struct message_slice got = a->id;

	if (!got.at)
		return false;
	return (got.len == (size_t)len && memcmp(got.at, text, got.len) == 0) ||
	       (a->error.at && got.len == 4 && memcmp(got.at, "null", 4) == 0);
}

int control_client_call(struct control_client *c, const char *method, const char *params, int timeout_ms,
                        struct control_answer *ret)
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct buf request = { 0 };
	struct message_answer a;
	char *line;
	size_t len;

	message_put_request(&request, ++c->last_id, method, params);
	int err = request.failed ? ERR_NOMEM : control_client_send(c, request.data, request.len);
	buf_done(&request);
	/* A server that turns us away says why before it hangs up: read that even when sending failed. */
	if (err != 0 && err != ERR_CLOSED)
		return err;
	do {
		err = next_line(c, deadline, &line, &len);
		if (err == 0)
			err = message_split(line, len, &a);
		if (err != 0)
			return err;
	} while (!is_answer_to(&a, c->last_id));
	if (!a.result.at && !a.error.at)
		return ERR_PARSE;
	*ret = (struct control_answer){ .result = a.result };
	if (!a.result.at)
		message_read_fault(a.error, &ret->fault);
	return ERR_OK;
}

int control_client_next(struct control_client *c, int timeout_ms, struct message_slice *ret_params)
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct message_answer a;
	char *line;
	size_t len;

	do {
		int err = next_line(c, deadline, &line, &len);
		if (err == 0)
			err = message_split(line, len, &a);
		if (err != 0)
			return err;
	} while (!a.method.at || !a.params.at);
	*ret_params = a.params;
	return ERR_OK;
}
