/* The server's insides, shared by listen.c (the socket file), server.c (clients, bytes) and call.c (what a
 * line asks for). */
#pragma once

#include <uv.h>

#include "lib/base/buf.h"
#include "lib/control/answers.h"
#include "lib/control/frame.h"
#include "lib/control/message.h"
#include "lib/control/server.h"
#include "lib/control/stream.h"

#define SERVER_MAGIC 0x5E17C0D1u
#define CLIENT_MAGIC 0xC11E7C0Du
#define CALL_MAGIC   0xCA11C0DEu

#define CALLS_PER_CLIENT 64  /* unanswered; more wait unread in the socket */
#define TOPICS_MAX 256

struct client {
	uint32_t magic;
	struct control_server *server;
	struct client *prev, *next;
	struct stream stream;
	struct frame frame;
	uid_t uid;
	enum control_role role;
	char principal[CONTROL_PRINCIPAL_MAX];
	unsigned in_flight;
	uint64_t half_since_ms;  /* loop time at which an unfinished line began; 0 = none */
	bool processing;         /* answers made now are flushed together afterwards */
	bool paused, ended, closing, subscribed;
	char topics[TOPICS_MAX]; /* "a,b"; "" = all */
};

struct call {
	struct control_call pub; /* first: the handler's view */
	struct control_server *server; /* NULL once it closed */
	struct client *client;         /* NULL once it hung up */
	struct call *prev, *next;
	struct message message;
	uint64_t ticket;         /* of the remembered answers; 0 = not remembered */
	uint64_t began;          /* uv_hrtime() */
	control_told *told;      /* asked from inside the process; NULL = by a client */
	void *told_ctx;
	char *line;              /* of such a call: the message points into it */
};

struct control_server {
	uint32_t magic;
	struct control_server_options o;
	char *path;
	uv_poll_t listener;
	int fd, spare_fd;        /* listening; given up for a moment to turn somebody away when no descriptor is left */
	uv_timer_t sweep;        /* runs while somebody's line is unfinished */
	uv_idle_t resume;        /* runs once after a paused client got answers */
	struct client *clients;
	struct call *calls, *spare_call;
	struct answers *answers;
	struct control_server_stats stats;
	struct histogram service;
	unsigned handles;        /* open libuv handles; the last one frees the server */
	bool closing;
};

/* listen.c: errors and sentences of control_server_open. */
int server_listen(const char *path, int *ret_fd, char *why, size_t why_size);
/* The next client's socket, or -1 when there is none to be had now. */
int server_accept(struct control_server *s);
int server_spare_fd(void);

/* call.c */
void call_line(struct client *c, char *line, size_t len);
void call_orphan_client(struct client *c);
void call_orphan_server(struct control_server *s);

/* server.c: append to c->stream.out after it; false = the client was dropped. */
bool client_may_write(struct client *c);
void client_fault(struct client *c, const char *id, const struct control_fault *f);
void client_answered(struct client *c);
