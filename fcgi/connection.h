/* One connection of nginx and the request on it. libfcgi's FCGX_Request holds the descriptor and the protocol; this adds
 * the states between its calls. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fcgiapp.h>

#include "fcgi/api.h"
#include "lib/base/buf.h"
#include "lib/base/stamp.h"

#define CONNECTION_MAGIC 0x436f6e6e

enum connection_state {
	CONNECTION_FREE,
	CONNECTION_IDLE,     /* between requests, or part of one has arrived */
	CONNECTION_BUSY,     /* the request is with the api */
	CONNECTION_WRITING,  /* the answer is on its way and the socket is full */
};

struct connection {
	uint32_t magic;
	uint32_t generation;      /* tells events of a former use of this place */
	enum connection_state state;
	FCGX_Request fcgi;
	struct exchange exchange;
	struct buf head;          /* of the answer */
	size_t written;           /* of head and body together */
	nanos_t since;            /* the state, or the wait for the rest of a request, began; CLOCK_MONOTONIC */
	nanos_t begun;            /* the request; for the access log */
	bool partial, keep, watching_room;
	const struct connection_options *options;
	uint32_t place;
	struct connection *next;  /* free */
};

/* What all connections of a server share. */
struct connection_options {
	struct api *api;
	int epoll;
	bool access_log;
	unsigned long *busy;      /* counts requests that have begun and are not answered */
};

/* Once; options must outlive it. epoll tells events with data.u64 = generation << 32 | place. */
void connection_init(struct connection *c, const struct connection_options *options, uint32_t place);
/* Takes over an accepted, non-blocking descriptor, also on failure. */
int connection_open(struct connection *c, int fd, nanos_t now);
/* True while the connection is there; false: it is closed and the place is free. */
bool connection_ready(struct connection *c, uint32_t events, nanos_t now);
/* Closes what has waited too long. As connection_ready. */
bool connection_tick(struct connection *c, nanos_t now);
void connection_close(struct connection *c);
