/* The waiting: one thread, one epoll over the listening socket, every kept-alive connection of nginx, the engine's link
 * and the stop signals. libfcgi blocks while it reads and while it waits for a next request, so it is called only when
 * nothing of that can happen: connections are accepted here, idle ones wait in epoll, a request is handed over when all of
 * it has arrived, and an answer is handed over in pieces that the socket has room for. */
#pragma once

#include <stdbool.h>

#define SERVER_CONNECTIONS 2048

struct server;

struct server_options {
	const char *listen_path;   /* Unix socket; mode 0660 */
	const char *control_path, *snapshot_path;
	bool access_log;
};

/* On failure the reason has been logged. */
int server_open(struct server **ret, const struct server_options *o);
/* Until SIGTERM or SIGINT: requests that have begun get their answers, for at most the engine's deadline. */
int server_run(struct server *s);
void server_close(struct server **s);
