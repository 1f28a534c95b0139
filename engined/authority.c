#include "engined/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define AUTHORITY_MAGIC 0x41555448u
#define AUTHORITY_FILE_MAGIC UINT64_C(0x3130485455445541) /* "AUDUTH01" */
#define FILE_BYTES 4096

struct file { uint64_t magic, epoch; int64_t pid, code; uint64_t holder, flattened, left_open; };

struct authority { uint32_t magic; uint32_t epoch; int fd; struct file *file; };

/* The page is kept in memory: the look before a request never waits for the disk. Where that is not allowed it works as well. */
static int map_file(struct authority *a)
{
	int failed = posix_fallocate(a->fd, 0, FILE_BYTES);

	if (failed)
		return err_from_errno(failed);
	a->file = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, a->fd, 0);
	if (a->file == MAP_FAILED) {
		a->file = NULL;
		return err_from_errno(errno);
	}
	(void)mlock(a->file, FILE_BYTES);
	if (a->file->magic == 0)
		__atomic_store_n(&a->file->magic, AUTHORITY_FILE_MAGIC, __ATOMIC_RELEASE);
	return a->file->magic == AUTHORITY_FILE_MAGIC ? ERR_OK : ERR_VERSION;
}

int authority_open(struct authority **ret, const char *path)
{
	struct authority *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return ERR_NOMEM;
	*a = (struct authority){ .magic = AUTHORITY_MAGIC, .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) };
	err = a->fd < 0 ? err_from_errno(errno) : map_file(a);
	if (err != ERR_OK) {
		authority_close(&a);
		return err;
	}
	*ret = a;
	return ERR_OK;
}

void authority_close(struct authority **ptr)
{
	struct authority *a = *ptr;

	*ptr = NULL;
	if (!a)
		return;
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	if (a->file)
		munmap(a->file, FILE_BYTES);
	if (a->fd >= 0)
		close(a->fd);
	a->magic = 0;
	free(a);
}

static int set_lock(struct authority *a, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	CHECK_OBJ(a, AUTHORITY_MAGIC);
	return fcntl(a->fd, F_OFD_SETLK, &lock) == 0 ? ERR_OK : errno == EAGAIN || errno == EACCES ? ERR_BUSY : err_from_errno(errno);
}

int authority_lock(struct authority *a) { return set_lock(a, F_WRLCK); }
int authority_release(struct authority *a) { return set_lock(a, F_UNLCK); }

static uint64_t epoch_there(const struct authority *a)
{
	return __atomic_load_n(&a->file->epoch, __ATOMIC_SEQ_CST);
}

int authority_take(struct authority *a, uint32_t least, enum authority_holder holder, uint32_t *ret_epoch)
{
	uint64_t epoch, there = epoch_there(a);

	CHECK_OBJ(a, AUTHORITY_MAGIC);
	do {
		epoch = there + 1 > least ? there + 1 : least;
		if (epoch > UINT32_MAX)
			return ERR_OVERFLOW;
	} while (!__atomic_compare_exchange_n(&a->file->epoch, &there, epoch, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	a->file->pid = getpid();
	a->file->holder = holder;
	if (holder == HOLDER_ENGINE)
		a->file->flattened = a->file->left_open = 0;
	a->epoch = *ret_epoch = (uint32_t)epoch;
	return fdatasync(a->fd) == 0 ? ERR_OK : err_from_errno(errno);
}

bool authority_mine(const struct authority *a)
{
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	return a->epoch > 0 && epoch_there(a) == a->epoch;
}

void authority_facts(const struct authority *a, struct authority_facts *ret)
{
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	*ret = (struct authority_facts){ .epoch = (uint32_t)epoch_there(a), .holder = (uint32_t)a->file->holder, .pid = a->file->pid,
	                                 .flattened = a->file->flattened != 0, .left_open = a->file->left_open != 0 };
}

void authority_flattened(struct authority *a)
{
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	a->file->flattened = 1;
	(void)fdatasync(a->fd); /* its loss costs a latch, and the log of the watchdog tells */
}

void authority_left_open(struct authority *a)
{
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	a->file->left_open = 1;
	(void)fdatasync(a->fd);
}

nanos_t *authority_code(struct authority *a)
{
	CHECK_OBJ(a, AUTHORITY_MAGIC);
	return &a->file->code;
}
