/* The socket file: bound with the right mode, and never taken from an engine that is alive. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/control/server_priv.h"

#define LISTEN_QUEUE 128

static int say(char *why, size_t size, int err, const char *path, const char *what)
{
	snprintf(why, size, "control socket %s: %s", path, what);
	return err;
}

/* ERR_OK when the way is free: nothing there, or a socket file that nobody answers on, which is removed. */
static int clear_stale(const struct sockaddr_un *at, char *why, size_t size)
{
	struct stat st;

	if (lstat(at->sun_path, &st) != 0)
		return errno == ENOENT ? ERR_OK : say(why, size, err_from_errno(errno), at->sun_path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return say(why, size, ERR_EXIST, at->sun_path, "something else than a socket is there; move it away");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return say(why, size, err_from_errno(errno), at->sun_path, strerror(errno));
	int failed = connect(fd, (const struct sockaddr *)at, sizeof(*at)) == 0 ? 0 : errno;
	close(fd);
	if (failed != ECONNREFUSED)
		return say(why, size, ERR_BUSY, at->sun_path, failed == 0 || failed == EAGAIN ?
		           "an engine answers there; stop it first, or choose another runtime folder" : strerror(failed));
	return unlink(at->sun_path) == 0 ? ERR_OK : say(why, size, err_from_errno(errno), at->sun_path, strerror(errno));
}

/* The mode is set before the name exists and opened to the group after, so nobody slips in between. */
int server_listen(const char *path, int *ret_fd, char *why, size_t why_size)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(at.sun_path))
		return say(why, why_size, ERR_RANGE, path, "the path is longer than 107 bytes; choose a shorter runtime folder");
	memcpy(at.sun_path, path, strlen(path) + 1);
	int err = clear_stale(&at, why, why_size);
	if (err != 0)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return say(why, why_size, err_from_errno(errno), path, strerror(errno));
	if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 || chmod(path, 0660) != 0 ||
	    listen(fd, LISTEN_QUEUE) != 0) {
		err = say(why, why_size, err_from_errno(errno), path, strerror(errno));
		close(fd);
		return err;
	}
	*ret_fd = fd;
	return ERR_OK;
}

int server_spare_fd(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* Without a descriptor nobody can be accepted, and the loop would be told of him for ever: he is let in and out again. */
static void turn_away_one(struct control_server *s)
{
	close(s->spare_fd);
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	s->spare_fd = server_spare_fd();
	s->stats.refused += fd >= 0;
}

int server_accept(struct control_server *s)
{
	int fd;

	if (s->spare_fd < 0)
		s->spare_fd = server_spare_fd();
	do {
		fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && s->spare_fd >= 0)
		turn_away_one(s);
	return fd;
}
