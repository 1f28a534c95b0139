#include "lib/control/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEPT_MAX 65536 /* of memory, while nothing waits */

/* The loop is asked only when something changes, which is seldom: each time costs calls of the kernel. */
static void watch(struct stream *s)
{
	int wanted = (s->reading ? UV_READABLE : 0) | (s->full ? UV_WRITABLE : 0);

	if (wanted == s->watched)
		return;
	s->watched = wanted;
	if (wanted)
		uv_poll_start(&s->poll, wanted, s->ready);
	else
		uv_poll_stop(&s->poll);
}

int stream_open(struct stream *s, uv_loop_t *loop, int fd, uv_poll_cb ready)
{
	int err = uv_poll_init(loop, &s->poll, fd);

	s->fd = fd;
	s->ready = ready;
	if (err != 0)
		close(fd);
	return err;
}

void stream_close(struct stream *s, uv_close_cb closed)
{
	uv_close((uv_handle_t *)&s->poll, closed);
	close(s->fd);
	s->fd = -1;
	buf_done(&s->out);
	s->sent = 0;
}

int stream_events(struct stream *s, int status, int events)
{
	if (status < 0) { /* libuv has stopped the handle */
		s->watched = 0;
		events = (s->reading ? UV_READABLE : 0) | (s->full ? UV_WRITABLE : 0);
		watch(s);
	}
	if (events & UV_WRITABLE)
		s->full = false;
	return events;
}

void stream_read(struct stream *s, bool wanted)
{
	s->reading = wanted;
	watch(s);
}

ssize_t stream_recv(struct stream *s, char *space, size_t room)
{
	ssize_t n;

	do {
		n = recv(s->fd, space, room, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? uv_translate_sys_error(errno) : n;
}

size_t stream_waiting(const struct stream *s)
{
	return s->out.len - s->sent;
}

/* The room of what has left is used again, and a large answer's memory goes back. */
static void forget_sent(struct stream *s)
{
	size_t left = stream_waiting(s);

	if (left == 0 && s->out.cap > KEPT_MAX) {
		buf_done(&s->out);
	} else if (left == 0) {
		buf_clear(&s->out);
	} else if (s->sent > left) {
		memmove(s->out.data, s->out.data + s->sent, left + 1);
		s->out.len = left;
	} else {
		return;
	}
	s->sent = 0;
}

int stream_flush(struct stream *s)
{
	if (stream_waiting(s) > 0 && !s->full) {
		ssize_t n = send(s->fd, s->out.data + s->sent, stream_waiting(s), MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return uv_translate_sys_error(errno);
		s->sent += n < 0 ? 0 : (size_t)n;
		forget_sent(s);
		s->full = stream_waiting(s) > 0;
	}
	watch(s);
	return 0;
}
