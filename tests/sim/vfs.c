#include "tests/sim/vfs.h"

#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/obj.h"
#include "tests/sim/sectors.h"

#define SECTOR 512
#define FILES 32
#define PATH 256
#define AWHILE_MOST (60 * NANOS_SECOND)
#define SLOW_MOST (30 * NANOS_SECOND)

/* A file as the disk has it, whoever has it open: what of it a crash may take. */
struct kept { char path[PATH]; int fd; };
struct written { struct kept *file; off_t at; size_t len; uint8_t *before; };

struct file {
	sqlite3_file base;
	struct kept *kept;              /* NULL: nothing of it outlives its process */
	sqlite3_file real[];
};

static struct {
	sqlite3_vfs vfs, *real;
	bool (*pause)(void);
	struct kept file[FILES];
	struct written *list;
	size_t n, cap;
	nanos_t full_until, busy_until, slow_until;
} disk;

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct file *)file)->real;
}

/* -- what may be lost -------------------------------------------------------------------------------------------------------------------- */

static void take_note(struct kept *file, size_t len, off_t at)
{
	struct written *w;

	if (disk.n == disk.cap) {
		disk.cap = disk.cap ? 2 * disk.cap : 256;
		disk.list = realloc(disk.list, disk.cap * sizeof(*disk.list));
		assert(disk.list);
	}
	w = &disk.list[disk.n++];
	*w = (struct written){ file, at, len, calloc(1, len) };
	assert(w->before && pread(file->fd, w->before, len, at) >= 0);
}

/* Of one file, or of all: it is where it belongs, or it does not matter any more. */
static void forget(const struct kept *file)
{
	size_t n = 0;

	for (size_t i = 0; i < disk.n; i++) {
		if (file && disk.list[i].file != file)
			disk.list[n++] = disk.list[i];
		else
			free(disk.list[i].before);
	}
	disk.n = n;
}

static void close_kept(struct kept *k)
{
	forget(k);
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

static struct kept *kept_of(const char *path)
{
	struct kept *k = disk.file;
	struct stat there, ours;

	while (k < disk.file + FILES && k->path[0] && strcmp(k->path, path) != 0)
		k++;
	assert(k < disk.file + FILES && strlen(path) < PATH);
	if (k->path[0] && k->fd >= 0 && (stat(path, &there) != 0 || fstat(k->fd, &ours) != 0 || there.st_ino != ours.st_ino)) {
		close_kept(k); /* moved out of the way: this one is new */
		k->path[0] = '\0';
	}
	if (!k->path[0]) {
		strcpy(k->path, path);
		k->fd = open(path, O_RDWR | O_CLOEXEC);
	}
	return k->fd >= 0 ? k : NULL;
}

/* -- troubles ------------------------------------------------------------------------------------------------------------------------------ */

static nanos_t awhile(void)
{
	return sim_world->now + world_spread(WORLD_STORE, 10 * NANOS_MS, AWHILE_MOST);
}

/* Stands still for a while, then SQLITE_OK or what the call answers. */
static int trouble(int error)
{
	if (!sim_world->dead && disk.pause && world_strikes(WORLD_STORE, DIAL_STORE_SLOW))
		disk.slow_until = sim_world->now + world_spread(WORLD_STORE, NANOS_MS, SLOW_MOST);
	while (sim_world->now < disk.slow_until && !sim_world->dead && disk.pause())
		;
	return sim_world->dead || world_strikes(WORLD_STORE, DIAL_STORE_ERROR) ? error : SQLITE_OK;
}

static bool is_full(void)
{
	if (sim_world->now >= disk.full_until && world_strikes(WORLD_STORE, DIAL_STORE_FULL))
		disk.full_until = awhile();
	return sim_world->now < disk.full_until;
}

static bool is_busy(void)
{
	if (sim_world->now >= disk.busy_until && world_strikes(WORLD_STORE, DIAL_STORE_BUSY))
		disk.busy_until = awhile();
	return sim_world->now < disk.busy_until;
}

/* -- a file ---------------------------------------------------------------------------------------------------------------------------------- */

static int on_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *to, int len, sqlite3_int64 at)
{
	int code = trouble(SQLITE_IOERR_READ);

	return code ? code : real_of(file)->pMethods->xRead(real_of(file), to, len, at);
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
	struct file *f = (struct file *)file;
	int code = trouble(SQLITE_IOERR_WRITE), part = len;

	if (code || is_full())
		return code ? code : SQLITE_FULL;
	if (world_strikes(WORLD_STORE, DIAL_STORE_SHORT))
		part = (int)world_below(WORLD_STORE, (uint64_t)len);
	if (f->kept && part > 0)
		take_note(f->kept, (size_t)part, at);
	code = part > 0 ? f->real->pMethods->xWrite(f->real, bytes, part, at) : SQLITE_OK;
	return code ? code : part < len ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

/* Durable at once, like a file's end and its name: what is lost are bytes. */
static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = trouble(SQLITE_IOERR_TRUNCATE);

	return code ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags)
{
	struct file *f = (struct file *)file;
	int code = trouble(SQLITE_IOERR_FSYNC);

	(void)flags;
	if (!code && f->kept)
		forget(f->kept);
	return code;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), ret);
}

static int on_lock(sqlite3_file *file, int level)
{
	if (!sim_world->dead && is_busy())
		return SQLITE_BUSY;
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int on_reserved(sqlite3_file *file, int *ret)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret);
}

static int on_control(sqlite3_file *file, int op, void *arg)
{
	return op == SQLITE_FCNTL_PERSIST_WAL || op == SQLITE_FCNTL_LOCKSTATE ? real_of(file)->pMethods->xFileControl(real_of(file), op, arg) : SQLITE_NOTFOUND;
}

static int on_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int on_device(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret);
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	if ((flags & SQLITE_SHM_LOCK) && (flags & SQLITE_SHM_EXCLUSIVE) && !sim_world->dead && is_busy())
		return SQLITE_BUSY;
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), sim_world->dead ? 0 : remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2, .xClose = on_close, .xRead = on_read, .xWrite = on_write, .xTruncate = on_truncate, .xSync = on_sync, .xFileSize = on_size,
	.xLock = on_lock, .xUnlock = on_unlock, .xCheckReservedLock = on_reserved, .xFileControl = on_control, .xSectorSize = on_sector,
	.xDeviceCharacteristics = on_device, .xShmMap = on_shm_map, .xShmLock = on_shm_lock, .xShmBarrier = on_shm_barrier, .xShmUnmap = on_shm_unmap,
};

/* -- the disk -------------------------------------------------------------------------------------------------------------------------------- */

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct file *f = (struct file *)file;
	int code = trouble(SQLITE_CANTOPEN);

	(void)vfs;
	memset(f, 0, sizeof(*f));
	code = code ? code : disk.real->xOpen(disk.real, name, f->real, flags, ret_flags);
	if (code)
		return code;
	f->base.pMethods = &methods;
	f->kept = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL) ? kept_of(name) : NULL;
	return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	int code = trouble(SQLITE_IOERR_DELETE);

	(void)vfs;
	for (size_t i = 0; !code && i < FILES; i++)
		if (strcmp(disk.file[i].path, name) == 0) {
			close_kept(&disk.file[i]);
			disk.file[i].path[0] = '\0';
		}
	return code ? code : disk.real->xDelete(disk.real, name, sync);
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret)
{
	(void)vfs;
	return disk.real->xAccess(disk.real, name, flags, ret);
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int size, char *ret)
{
	(void)vfs;
	return disk.real->xFullPathname(disk.real, name, size, ret);
}

static int on_random(sqlite3_vfs *vfs, int len, char *ret)
{
	(void)vfs;
	for (int i = 0; i < len; i++)
		ret[i] = (char)world_below(WORLD_STORE, 256);
	return len;
}

/* The world does not wait for it: whoever tries again does so at once, and gives up after as many times. */
static int on_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int on_time(sqlite3_vfs *vfs, sqlite3_int64 *ret)
{
	(void)vfs;
	*ret = INT64_C(210866760000000) + sim_world->now / NANOS_MS; /* of Julian days, in ms */
	return SQLITE_OK;
}

void vfs_heal(void)
{
	disk.full_until = disk.busy_until = disk.slow_until = 0;
}

void vfs_begin(bool (*pause)(void))
{
	disk.pause = pause;
	vfs_heal();
	if (disk.real)
		return;
	disk.real = sqlite3_vfs_find(NULL);
	assert(disk.real);
	disk.vfs = (sqlite3_vfs){ .iVersion = 2, .szOsFile = (int)sizeof(struct file) + disk.real->szOsFile, .mxPathname = PATH - 1, .zName = "world", .xOpen = on_open,
	                          .xDelete = on_delete, .xAccess = on_access, .xFullPathname = on_full_path, .xRandomness = on_random, .xSleep = on_sleep,
	                          .xCurrentTimeInt64 = on_time };
	sqlite3_vfs_register(&disk.vfs, 1);
}

void vfs_crash(bool keep)
{
	while (disk.n > 0) {
		struct written *w = &disk.list[--disk.n];

		if (!keep)
			sectors_lose(WORLD_STORE, w->file->fd, w->before, w->len, w->at);
		free(w->before);
	}
}

void vfs_end(void)
{
	forget(NULL);
	for (size_t i = 0; i < FILES; i++) {
		if (disk.file[i].path[0])
			close_kept(&disk.file[i]);
		disk.file[i].path[0] = '\0';
	}
	free(disk.list);
	disk.list = NULL;
	disk.cap = 0;
}
