#include "engined/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define HEARTBEAT_MAGIC 0x48424541u
#define HEARTBEAT_FILE_MAGIC UINT64_C(0x3130544142445541) /* "AUDBAT01" */
#define FILE_BYTES 4096
#define WORDS ((sizeof(struct beat) + 7) / 8)
static_assert(sizeof(struct beat) % 8 == 0, "a beat is words");

struct copy { uint64_t crc, words[WORDS]; };
struct file { uint64_t magic, size; struct copy copy[2]; };
static_assert(sizeof(struct file) <= FILE_BYTES, "the file holds both copies");

struct heartbeat { uint32_t magic; int fd; struct file *file; uint64_t sequence, boot[2]; int64_t pid; };

static uint64_t load(const uint64_t *at) { return __atomic_load_n(at, __ATOMIC_ACQUIRE); }
static void store(uint64_t *at, uint64_t value) { __atomic_store_n(at, value, __ATOMIC_RELEASE); }

/* Never 0: a file of zeros has no whole copy. */
static uint64_t sum_of(const uint64_t words[WORDS])
{
	return UINT64_C(1) << 32 | crc32c(0, words, WORDS * 8);
}

/* The kernel's name of this boot; zeros where it does not tell. */
static void boot_of(uint64_t ret[2])
{
	unsigned char text[37] = { 0 };
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, 36);

	ret[0] = ret[1] = 0;
	for (ssize_t i = 0; i < n; i++)
		ret[i % 2] = ret[i % 2] * 31 + text[i];
	if (fd >= 0)
		close(fd);
}

/* False: it was being written, or never was. */
static bool take_copy(const struct copy *from, struct beat *ret)
{
	uint64_t words[WORDS], crc = load(&from->crc);

	for (size_t i = 0; i < WORDS; i++)
		words[i] = load(&from->words[i]);
	if (crc != sum_of(words))
		return false;
	memcpy(ret, words, sizeof(*ret));
	ret->reason[BEAT_REASON - 1] = '\0';
	return true;
}

static bool newest(const struct file *f, struct beat *ret)
{
	struct beat other;
	bool first = take_copy(&f->copy[0], ret), second = take_copy(&f->copy[1], &other);

	if (second && (!first || other.sequence > ret->sequence))
		*ret = other;
	return first || second;
}

/* -- the engine's side ----------------------------------------------------------------------------------------------------- */

/* Of the open file, so no thread or child of the writer can drop it by closing another descriptor. */
static int lock_life(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? ERR_OK : errno == EAGAIN || errno == EACCES ? ERR_BUSY : err_from_errno(errno);
}

/* The block is taken now: a full disk is an error here, not a SIGBUS while trading. */
static int map_file(struct heartbeat *h)
{
	int failed = posix_fallocate(h->fd, 0, FILE_BYTES);

	if (failed)
		return err_from_errno(failed);
	h->file = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, h->fd, 0);
	if (h->file == MAP_FAILED) {
		h->file = NULL;
		return err_from_errno(errno);
	}
	return ERR_OK;
}

static void take_up(struct heartbeat *h)
{
	struct beat last;

	boot_of(h->boot);
	if (h->file->magic == HEARTBEAT_FILE_MAGIC && h->file->size == sizeof(struct file)) {
		h->sequence = newest(h->file, &last) ? last.sequence : 0;
		return;
	}
	memset(h->file, 0, sizeof(*h->file));
	h->file->size = sizeof(struct file);
	store(&h->file->magic, HEARTBEAT_FILE_MAGIC);
}

int heartbeat_open(struct heartbeat **ret, const char *path)
{
	struct heartbeat *h = calloc(1, sizeof(*h));
	int err;

	if (!h)
		return ERR_NOMEM;
	*h = (struct heartbeat){ .magic = HEARTBEAT_MAGIC, .pid = getpid(), .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640) };
	err = h->fd < 0 ? err_from_errno(errno) : lock_life(h->fd);
	if (err == ERR_OK)
		err = map_file(h);
	if (err != ERR_OK) {
		heartbeat_close(&h);
		return err;
	}
	take_up(h);
	*ret = h;
	return ERR_OK;
}

/* The older copy is overwritten: at every instant, and after a death at any instant, the other one is whole. */
void heartbeat_write(struct heartbeat *h, const struct beat *b)
{
	struct beat beat = *b;
	uint64_t words[WORDS];
	struct copy *to;

	CHECK_OBJ(h, HEARTBEAT_MAGIC);
	beat.sequence = ++h->sequence;
	beat.pid = h->pid;
	memcpy(beat.boot, h->boot, sizeof(beat.boot));
	memcpy(words, &beat, sizeof(beat));
	to = &h->file->copy[h->sequence % 2];
	store(&to->crc, 0);
	for (size_t i = 0; i < WORDS; i++)
		store(&to->words[i], words[i]);
	store(&to->crc, sum_of(words));
}

void heartbeat_close(struct heartbeat **ptr)
{
	struct heartbeat *h = *ptr;

	*ptr = NULL;
	if (!h)
		return;
	CHECK_OBJ(h, HEARTBEAT_MAGIC);
	if (h->file)
		munmap(h->file, FILE_BYTES);
	if (h->fd >= 0)
		close(h->fd);
	h->magic = 0;
	free(h);
}

/* -- the reader's side ------------------------------------------------------------------------------------------------------- */

/* Asks whether anybody holds it, and takes nothing. */
static bool locked(int fd)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static int judge(const struct file *f, struct beat *ret)
{
	if (f->magic == 0)
		return ERR_NOENT;
	if (f->magic != HEARTBEAT_FILE_MAGIC || f->size != sizeof(struct file))
		return ERR_VERSION;
	return newest(f, ret) ? ERR_OK : ERR_CORRUPT;
}

int heartbeat_read(const char *path, struct beat *ret, bool *ret_alive)
{
	uint64_t bytes[FILE_BYTES / 8] = { 0 }, boot[2];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), err;
	bool held;

	if (fd < 0)
		return err_from_errno(errno);
	held = locked(fd); /* before the beat: one that ends between the two is seen as alive, and as ended */
	err = pread(fd, bytes, sizeof(bytes), 0) < 0 ? err_from_errno(errno) : judge((const struct file *)bytes, ret);
	close(fd);
	if (err != ERR_OK)
		return err;
	boot_of(boot);
	*ret_alive = held && memcmp(boot, ret->boot, sizeof(boot)) == 0;
	return ERR_OK;
}
