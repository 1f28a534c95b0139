/* A disk that fails on demand, preloaded into engined: when the file $BAD_DISK/sync holds an errno, the next sync of a journal's segment fails with it, once;
 * while $BAD_DISK/dead is there every write and sync of the journal fails, the reserve's too; $BAD_DISK/room holds how many MB of 100 GB every disk says are free. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool of_journal(int fd)
{
	char link[64], path[1024];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	if (n <= 0)
		return false;
	path[n] = '\0';
	const char *name = strrchr(path, '/');

	return name && (strstr(name, ".journal") || strcmp(name, "/reserve") == 0);
}

static bool order_of(const char *what, char *ret, size_t size, bool take)
{
	char path[1024];
	const char *folder = getenv("BAD_DISK");
	ssize_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "", what);
	int fd = folder ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return false;
	n = read(fd, ret, size - 1);
	ret[n > 0 ? n : 0] = '\0';
	close(fd);
	if (take)
		unlink(path);
	return true;
}

static bool fails(int fd)
{
	char text[16];

	if (!of_journal(fd))
		return false;
	if (order_of("dead", text, sizeof(text), false) || order_of("sync", text, sizeof(text), true)) {
		errno = atoi(text);
		return true;
	}
	return false;
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	return fails(fd) ? -1 : real(fd);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	char text[16];

	if (of_journal(fd) && order_of("dead", text, sizeof(text), false)) {
		errno = atoi(text);
		return -1;
	}
	return real(fd);
}

int statvfs(const char *path, struct statvfs *ret)
{
	int (*real)(const char *, struct statvfs *) = (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
	char text[16];
	int err = real(path, ret);

	if (err == 0 && order_of("room", text, sizeof(text), false)) {
		ret->f_frsize = 1000;
		ret->f_blocks = 100000000;
		ret->f_bfree = ret->f_bavail = (fsblkcnt_t)atoi(text) * 1000;
	}
	return err;
}
