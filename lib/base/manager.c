#include "lib/base/manager.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/num.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

/* A path, or a name of the abstract namespace behind an @. */
static int connect_to(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd;

	if ((path[0] != '/' && path[0] != '@') || len >= sizeof(to.sun_path))
		return -1;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'))) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool number_of(const char *name, int64_t *ret)
{
	const char *text = getenv(name);

	return text && num_parse_int(text, strlen(text), 1, INT64_MAX / 1000, ret) == 0;
}

static bool send_text(const struct manager *n, const char *text)
{
	return n->fd >= 0 && send(n->fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

void manager_open(struct manager *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int64_t usec, pid;

	*n = (struct manager){ .fd = path ? connect_to(path) : -1, .every = NUM_UNKNOWN };
	/* Three in the time after which it gives up: one may be late, one lost. */
	if (number_of("WATCHDOG_USEC", &usec) && (!number_of("WATCHDOG_PID", &pid) || pid == getpid()))
		n->every = usec * 1000 / 3;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void manager_close(struct manager *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void manager_status(const struct manager *n, const char *text)
{
	char line[200];

	snprintf(line, sizeof(line), "STATUS=%s", text);
	send_text(n, line);
}

void manager_alive(struct manager *n, nanos_t mono)
{
	if (n->fd < 0)
		return;
	if (!n->ready) {
		n->ready = send_text(n, "READY=1\nSTATUS=running\nWATCHDOG=1");
		n->said = mono;
	} else if (n->every != NUM_UNKNOWN && mono - n->said >= n->every && send_text(n, "WATCHDOG=1"))
		n->said = mono;
}

void manager_stopping(struct manager *n)
{
	if (!n->stopping)
		n->stopping = send_text(n, "STOPPING=1\nSTATUS=stopping");
}

int manager_listener(void)
{
	int64_t pid, count;
	bool ours = number_of("LISTEN_PID", &pid) && pid == getpid() && number_of("LISTEN_FDS", &count) && count == 1;
	int listening = 0;
	socklen_t size = sizeof(listening);

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (!ours || getsockopt(FIRST_FD, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening ||
	    fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) != 0 || fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) != 0)
		return -1;
	return FIRST_FD;
}
