#include "tests/sim/disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/obj.h"
#include "lib/journal/disk.h"
#include "tests/sim/plant.h"
#include "tests/sim/sectors.h"

#define FULL_FOR_MOST (60 * NANOS_SECOND)

struct written { int fd; ino_t file; off_t at; size_t len; uint8_t *before; };

static struct {
	const struct disk_calls *real;
	struct written *list;
	size_t n, cap;
	nanos_t full_until;
} disk;

static ino_t file_of(int fd)
{
	struct stat s;

	assert(fstat(fd, &s) == 0);
	return s.st_ino;
}

static void take_note(int fd, size_t len, off_t at)
{
	struct written *w;

	if (disk.n == disk.cap) {
		disk.cap = disk.cap ? 2 * disk.cap : 64;
		disk.list = realloc(disk.list, disk.cap * sizeof(*disk.list));
		assert(disk.list);
	}
	w = &disk.list[disk.n++];
	*w = (struct written){ .fd = dup(fd), .file = file_of(fd), .at = at, .len = len, .before = calloc(1, len) };
	assert(w->fd >= 0 && w->before);
	assert(pread(fd, w->before, len, at) >= 0);
}

static void drop(struct written *w)
{
	close(w->fd);
	free(w->before);
}

/* What the call answers: 0, or an errno value. */
static int trouble(void)
{
	if (sim_world->now < disk.full_until)
		return ENOSPC;
	if (world_strikes(WORLD_DISK, DIAL_DISK_FULL)) {
		disk.full_until = sim_world->now + world_spread(WORLD_DISK, NANOS_SECOND, FULL_FOR_MOST);
		return ENOSPC;
	}
	return world_strikes(WORLD_DISK, DIAL_DISK_ERROR) ? EIO : 0;
}

static void forget(ino_t file)
{
	size_t kept = 0;

	for (size_t i = 0; i < disk.n; i++) {
		if (disk.list[i].file == file)
			drop(&disk.list[i]);
		else
			disk.list[kept++] = disk.list[i];
	}
	disk.n = kept;
}

static ssize_t fake_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	int errnum = sim_world->dead ? 0 : trouble();
	ssize_t n = (ssize_t)len;

	if (!sim_world->dead && errnum == 0) {
		take_note(fd, len, at);
		n = disk.real->pwrite(fd, bytes, len, at);
		if (world_strikes(WORLD_DISK, DIAL_DISK_CRASH))
			disk_crash(false);
	}
	errno = errnum;
	return errnum ? -1 : n;
}

static int fake_sync(int fd)
{
	int errnum = !sim_world->dead && world_strikes(WORLD_DISK, DIAL_DISK_ERROR) ? EIO : 0;

	if (!sim_world->dead && world_strikes(WORLD_DISK, DIAL_DISK_CRASH))
		disk_crash(false);
	if (!sim_world->dead && errnum == 0 && plant != PLANT_FORGET)
		forget(file_of(fd));
	errno = errnum;
	return errnum ? -1 : 0;
}

static int fake_fallocate(int fd, off_t at, off_t len)
{
	int errnum = sim_world->dead ? 0 : trouble();

	return errnum ? errnum : ftruncate(fd, at + len) == 0 ? 0 : errno;
}

static int fake_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return sim_world->dead ? 0 : disk.real->renameat(from_dir, from, to_dir, to);
}

static int fake_create(int dir, const char *name)
{
	int errnum = sim_world->dead ? EIO : trouble();

	errno = errnum;
	return errnum ? -1 : disk.real->create(dir, name);
}

static int fake_unlinkat(int dir, const char *name, int flags)
{
	return sim_world->dead ? 0 : disk.real->unlinkat(dir, name, flags);
}

static const struct disk_calls calls = {
	.create = fake_create, .unlinkat = fake_unlinkat,
	.pwrite = fake_pwrite, .fdatasync = fake_sync, .fsync = fake_sync, .fallocate = fake_fallocate, .renameat = fake_renameat,
};

void disk_begin(void)
{
	disk.real = journal_disk;
	disk.full_until = 0;
	journal_disk = &calls;
}

void disk_crash(bool keep)
{
	sim_world->dead = true;
	while (disk.n > 0) {
		struct written *w = &disk.list[--disk.n];

		if (!keep)
			sectors_lose(WORLD_DISK, w->fd, w->before, w->len, w->at);
		drop(w);
	}
}

void disk_alive(void)
{
	sim_world->dead = false;
}

void disk_heal(void)
{
	disk.full_until = 0;
}

void disk_end(void)
{
	while (disk.n > 0)
		drop(&disk.list[--disk.n]);
	free(disk.list);
	disk.list = NULL;
	disk.cap = 0;
	journal_disk = disk.real;
}
