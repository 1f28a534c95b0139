#include "tests/crash/disk.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/prng.h"
#include "lib/journal/disk.h"

#define FILES 64
#define WRITES 64
#define SECTOR ((size_t)512)

const char *const damage_name[DAMAGE_KINDS] = {
	"all lost", "all kept", "torn", "first lost", "sectors", "sectors again", "garbage", "bit", "names lost", "bytes lost",
};

const char *const place_name[PLACES] = { "write", "fsync", "allocate", "create", "remove", "rename", "send", "receive" };

struct bytes { uint8_t *at; size_t len; };
struct file { struct bytes now, synced; struct { size_t at, len; } write[WRITES]; size_t writes; bool lost; };
struct name { char text[64]; struct file *file; };
struct folder { struct name name[FILES]; size_t n; };

static struct {
	char dir[256];
	struct folder now, synced;
	boundary *boundary;
	bool no_file_sync, no_folder_sync;
	uint64_t calls, fail_from, fail_upto;
	int fail_with;
	const struct disk_calls *real;
} watch;

/* -- bytes and names ---------------------------------------------------------------------------------------------------------- */

static void bytes_grow(struct bytes *b, size_t len)
{
	if (len <= b->len)
		return;
	b->at = realloc(b->at, len);
	assert(b->at);
	memset(b->at + b->len, 0, len - b->len);
	b->len = len;
}

static void bytes_copy(struct bytes *to, const struct bytes *from)
{
	to->at = realloc(to->at, from->len + 1);
	assert(to->at);
	memcpy(to->at, from->at, from->len);
	to->len = from->len;
}

static struct name *find(struct folder *f, const char *text)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->name[i].text, text) == 0)
			return &f->name[i];
	return NULL;
}

static void give_name(struct folder *f, const char *text, struct file *file)
{
	struct name *n = find(f, text);

	if (!n) {
		assert(f->n < FILES);
		n = &f->name[f->n++];
		snprintf(n->text, sizeof(n->text), "%s", text);
	}
	n->file = file;
}

static void take_name(struct folder *f, const char *text)
{
	struct name *n = find(f, text);

	if (n)
		*n = f->name[--f->n];
}

static struct file *file_new(void)
{
	struct file *f = calloc(1, sizeof(*f));

	assert(f);
	return f;
}

/* The file a descriptor is open on; NULL = the folder itself, or none of ours. */
static struct file *file_of(int fd)
{
	char link[64], path[512];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, path, sizeof(path) - 1);

	assert(n > 0);
	path[n] = '\0';
	struct name *name = find(&watch.now, strrchr(path, '/') + 1);

	return name ? name->file : NULL;
}

/* -- the calls ------------------------------------------------------------------------------------------------------------------- */

static void file_write(struct file *f, const void *bytes, size_t len, size_t at)
{
	if (!f || len == 0)
		return;
	bytes_grow(&f->now, at + len);
	memcpy(f->now.at + at, bytes, len);
	assert(f->writes < WRITES);
	f->write[f->writes].at = at;
	f->write[f->writes++].len = len;
}

/* A full disk refuses what needs room; a failing one anything. */
static bool fails(bool needs_room)
{
	watch.calls++;
	if (watch.calls < watch.fail_from || watch.calls >= watch.fail_upto || (watch.fail_with == ENOSPC && !needs_room))
		return false;
	errno = watch.fail_with;
	return true;
}

static ssize_t on_pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	struct file *f = file_of(fd);
	size_t half = len / 2 / 8 * 8;

	watch.boundary(PLACE_WRITE, "before");
	int error = fails(f && (size_t)at + len > f->now.len) ? watch.fail_with : 0;
	file_write(f, bytes, half, (size_t)at);
	watch.boundary(PLACE_WRITE, "in");
	if (error) {
		(void)!watch.real->pwrite(fd, bytes, half, at);
		errno = error;
		return -1;
	}
	file_write(f, (const uint8_t *)bytes + half, len - half, (size_t)at + half);
	watch.boundary(PLACE_WRITE, "after");
	return watch.real->pwrite(fd, bytes, len, at);
}

static int on_fsync(int fd)
{
	struct file *f = file_of(fd);

	watch.boundary(PLACE_SYNC, "before");
	if (fails(false)) {
		if (f)
			f->lost = true; /* the kernel dropped its pages: a later sync that succeeds means nothing */
		return -1;
	}
	if (f && !f->lost && !watch.no_file_sync) {
		bytes_copy(&f->synced, &f->now);
		f->writes = 0;
	} else if (!f && !watch.no_folder_sync) {
		watch.synced = watch.now;
	}
	watch.boundary(PLACE_SYNC, "after");
	return 0;
}

static int on_fallocate(int fd, off_t at, off_t len)
{
	struct file *f = file_of(fd);

	watch.boundary(PLACE_ALLOCATE, "before");
	if (fails(true))
		return -1;
	if (f)
		bytes_grow(&f->now, (size_t)(at + len));
	watch.boundary(PLACE_ALLOCATE, "after");
	return watch.real->fallocate(fd, at, len);
}

static int on_create(int dir, const char *name)
{
	watch.boundary(PLACE_CREATE, "before");
	if (fails(true))
		return -1;
	give_name(&watch.now, name, file_new());
	watch.boundary(PLACE_CREATE, "after");
	return watch.real->create(dir, name);
}

static int on_unlinkat(int dir, const char *name, int flags)
{
	watch.boundary(PLACE_REMOVE, "before");
	if (fails(false))
		return -1;
	take_name(&watch.now, name);
	watch.boundary(PLACE_REMOVE, "after");
	return watch.real->unlinkat(dir, name, flags);
}

static int on_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct name *n = find(&watch.now, from);

	watch.boundary(PLACE_RENAME, "before");
	if (fails(false))
		return -1;
	if (n) {
		struct file *f = n->file;

		take_name(&watch.now, from);
		give_name(&watch.now, to, f);
	}
	watch.boundary(PLACE_RENAME, "after");
	return watch.real->renameat(from_dir, from, to_dir, to);
}

static const struct disk_calls calls = {
	.create = on_create, .unlinkat = on_unlinkat, .pwrite = on_pwrite, .fdatasync = on_fsync, .fsync = on_fsync, .fallocate = on_fallocate, .renameat = on_renameat,
};

/* -- watching ---------------------------------------------------------------------------------------------------------------------- */

static void load(const char *name)
{
	struct file *f = file_new();
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", watch.dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert(fd >= 0 && fstat(fd, &st) == 0);
	bytes_grow(&f->now, (size_t)st.st_size);
	assert(read(fd, f->now.at, f->now.len) == (ssize_t)f->now.len);
	close(fd);
	bytes_copy(&f->synced, &f->now);
	give_name(&watch.now, name, f);
}

static void load_all(void)
{
	DIR *d = opendir(watch.dir);

	assert(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0)
			load(e->d_name);
	closedir(d);
}

void disk_watch(const char *dir, boundary *at)
{
	if (!watch.real)
		watch.real = journal_disk;
	memset(&watch.now, 0, sizeof(watch.now)); /* what an earlier watch held is left: the process is short */
	snprintf(watch.dir, sizeof(watch.dir), "%s", dir);
	load_all();
	watch.synced = watch.now;
	watch.boundary = at;
	journal_disk = &calls;
}

void disk_watch_kept(const char *dir)
{
	snprintf(watch.dir, sizeof(watch.dir), "%s", dir);
	journal_disk = &calls;
}

void disk_unwatch(void)
{
	journal_disk = watch.real ? watch.real : journal_disk;
}

void disk_plant(bool no_file_sync, bool no_folder_sync)
{
	watch.no_file_sync = no_file_sync;
	watch.no_folder_sync = no_folder_sync;
}

void disk_fail(uint64_t from, uint64_t n, int error)
{
	watch.fail_from = from;
	watch.fail_upto = from + n;
	watch.fail_with = error;
}

uint64_t disk_calls_made(void)
{
	return watch.calls;
}

/* -- as a crash leaves it ------------------------------------------------------------------------------------------------------------ */

static void keep(struct bytes *b, const struct file *f, size_t from, size_t to)
{
	if (from >= to)
		return;
	bytes_grow(b, to);
	memcpy(b->at + from, f->now.at + from, to - from);
}

static void keep_sectors(struct bytes *b, const struct file *f, size_t w, uint64_t *random)
{
	size_t end = f->write[w].at + f->write[w].len;

	for (size_t at = f->write[w].at; at < end;) {
		size_t next = (at / SECTOR + 1) * SECTOR < end ? (at / SECTOR + 1) * SECTOR : end;

		if (prng_below(random, 2))
			keep(b, f, at, next);
		at = next;
	}
}

/* A disk that is asked to write what it holds already keeps it, whatever happens (docs/journal.md "Durability"). */
static bool unsure(const struct file *f, size_t at)
{
	return at >= f->synced.len || f->synced.at[at] != f->now.at[at];
}

static void spoil(struct bytes *b, const struct file *f, size_t w, enum damage damage, uint64_t *random)
{
	size_t from = f->write[w].at, to = from + f->write[w].len, bit = from + prng_below(random, to - from);

	if (damage == DAMAGE_BIT && unsure(f, bit))
		b->at[bit] ^= (uint8_t)(1u << prng_below(random, 8));
	for (size_t i = from; damage == DAMAGE_GARBAGE && i < to; i++)
		if (unsure(f, i))
			b->at[i] = (uint8_t)prng_next(random);
}

static void keep_write(struct bytes *b, const struct file *f, size_t w, enum damage damage, uint64_t *random)
{
	size_t from = f->write[w].at, to = from + f->write[w].len, first = (from / SECTOR + 1) * SECTOR;
	bool last = w + 1 == f->writes;

	switch (damage) {
	case DAMAGE_ALL_LOST:
	case DAMAGE_BYTES_LOST:    break;
	case DAMAGE_ALL_KEPT:
	case DAMAGE_BIT:
	case DAMAGE_GARBAGE:
	case DAMAGE_NAMES_LOST:    keep(b, f, from, to); break;
	case DAMAGE_TORN:          keep(b, f, from, last && first < to ? first : to); break;
	case DAMAGE_FIRST_LOST:
		if (w > 0 || f->writes == 1)
			keep(b, f, from, to);
		break;
	case DAMAGE_SECTORS:
	case DAMAGE_SECTORS_AGAIN: keep_sectors(b, f, w, random); break;
	default:                   abort();
	}
	if (last)
		spoil(b, f, w, damage, random);
}

static void store(const char *dir, const char *name, const struct file *f, enum damage damage, uint64_t *random)
{
	struct bytes b = { 0 };
	char path[512];

	bytes_grow(&b, f->synced.len);
	if (f->synced.len)
		memcpy(b.at, f->synced.at, f->synced.len);
	if (damage != DAMAGE_ALL_LOST && damage != DAMAGE_BYTES_LOST)
		bytes_grow(&b, f->now.len); /* a file's new length may be there without its bytes */
	for (size_t w = 0; w < f->writes; w++)
		keep_write(&b, f, w, damage, random);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, b.at, b.len) == (ssize_t)b.len);
	close(fd);
	free(b.at);
}

void disk_crashed(const char *dir, enum damage damage, uint64_t seed)
{
	bool old_names = damage == DAMAGE_ALL_LOST || damage == DAMAGE_NAMES_LOST ||
	                 (damage != DAMAGE_ALL_KEPT && damage != DAMAGE_BYTES_LOST && prng_mix(seed) % 2);
	const struct folder *f = old_names ? &watch.synced : &watch.now;

	assert(mkdir(dir, 0700) == 0);
	for (size_t i = 0; i < f->n; i++)
		store(dir, f->name[i].text, f->name[i].file, damage, &seed);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void disk_remove(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
