/* A connected socket on the loop, one call of the kernel a read and one a write: libuv's own streams take twice the work on
 * small messages. What the kernel does not take waits here and leaves when it can; the owner bounds it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <uv.h>

#include "lib/base/buf.h"

struct stream {
	uv_poll_t poll;     /* its data is the owner's; the owner closes it with stream_close */
	uv_poll_cb ready;   /* the owner's: first stream_events() */
	struct buf out;     /* append here, then stream_flush() */
	size_t sent;        /* of out */
	int fd, watched;
	bool reading, full; /* full: the kernel takes no more now */
};

/* Takes the socket over, also when it fails. Nothing is read before stream_read(). Errors are libuv's. */
int stream_open(struct stream *s, uv_loop_t *loop, int fd, uv_poll_cb ready);
/* At once, with what waits; the struct must live until `closed`. */
void stream_close(struct stream *s, uv_close_cb closed);

/* What the loop told `ready`, in UV_READABLE and UV_WRITABLE. An error shows itself in the read or write that follows, so
 * that what came before it is not lost. */
int stream_events(struct stream *s, int status, int events);

void stream_read(struct stream *s, bool wanted);
/* Bytes read; 0 = the peer's end; UV_EAGAIN = nothing there; else an error. */
ssize_t stream_recv(struct stream *s, char *space, size_t room);
/* Offers what waits to the kernel once. 0 or an error. */
int stream_flush(struct stream *s);
size_t stream_waiting(const struct stream *s);
