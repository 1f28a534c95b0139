#include "lib/control/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/snapshot_priv.h"

#define SNAPSHOT_READER_MAGIC 0x54AB5EADu
#define TRIES 64 /* a copy takes microseconds and the engine publishes some times a second: two tries nearly always do */

struct snapshot { uint32_t magic; const struct snapshot_file *file; size_t size; uint64_t boot[2]; };

/* -- what both sides agree on ------------------------------------------------------------------------------------- */

int snapshot_slot_of(enum command_id id)
{
	int slot = 0;

	if (!control_command(id)->hot)
		return -1;
	for (int i = 0; i < (int)id; i++)
		slot += control_command((enum command_id)i)->hot;
	return slot;
}

size_t snapshot_size(size_t *ret_slots)
{
	size_t slots = 0;

	for (int i = 0; i < CTL_COUNT; i++)
		slots += control_command((enum command_id)i)->hot;
	*ret_slots = slots;
	return sizeof(struct snapshot_file) + slots * sizeof(struct snapshot_slot);
}

/* Zeros where the kernel does not tell: then two such are equal, and the heartbeat alone decides. */
void snapshot_boot_id(uint64_t ret[2])
{
	unsigned char text[37] = { 0 };
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	uint64_t hash[2] = { 0, 0 };

	ssize_t n = fd < 0 ? 0 : read(fd, text, 36);
	for (ssize_t i = 0; i < n; i++)
		hash[i % 2] = hash[i % 2] * 31 + text[i];
	if (fd >= 0)
		close(fd);
	memcpy(ret, hash, sizeof(hash));
}

nanos_t snapshot_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nanos_t)t.tv_sec * NANOS_SECOND + t.tv_nsec;
}

/* -- opening ------------------------------------------------------------------------------------------------------ */

static int check_file(const struct snapshot_file *f, size_t slots)
{
	if (f->magic != SNAPSHOT_MAGIC)
		return ERR_CORRUPT;
	if (f->version != SNAPSHOT_VERSION || f->slot_count != slots || f->slot_size != sizeof(struct snapshot_slot))
		return ERR_VERSION;
	return ERR_OK;
}

static int map_file(const char *path, size_t size, void **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd < 0)
		return err_from_errno(errno);
	int err = fstat(fd, &st) != 0 ? err_from_errno(errno) : !S_ISREG(st.st_mode) ? ERR_CORRUPT :
	          (size_t)st.st_size != size ? ERR_VERSION : ERR_OK;
	if (err == 0) {
		void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			err = err_from_errno(errno);
		else
			*ret = map;
	}
	close(fd);
	return err;
}

int snapshot_open(struct snapshot **ret, const char *path)
{
	size_t slots = 0, size = snapshot_size(&slots);
	void *map = NULL;
	int err = map_file(path, size, &map);

	if (err != 0)
		return err;
	struct snapshot *s = calloc(1, sizeof(*s));
	err = s ? check_file(map, slots) : ERR_NOMEM;
	if (err != 0) {
		munmap(map, size);
		free(s);
		return err;
	}
	*s = (struct snapshot){ .magic = SNAPSHOT_READER_MAGIC, .file = map, .size = size };
	snapshot_boot_id(s->boot);
	*ret = s;
	return ERR_OK;
}

void snapshot_done(struct snapshot **ptr)
{
	struct snapshot *s = *ptr;

	*ptr = NULL;
	if (!s)
		return;
	CHECK_OBJ(s, SNAPSHOT_READER_MAGIC);
	munmap((void *)(uintptr_t)s->file, s->size);
	s->magic = 0;
	free(s);
}

struct snapshot_info snapshot_info(const struct snapshot *s)
{
	CHECK_OBJ(s, SNAPSHOT_READER_MAGIC);
	return (struct snapshot_info){ .epoch = s->file->epoch, .pid = (int32_t)s->file->pid };
}

bool snapshot_alive(const struct snapshot *s, nanos_t now)
{
	CHECK_OBJ(s, SNAPSHOT_READER_MAGIC);
	nanos_t beat = __atomic_load_n(&s->file->beat, __ATOMIC_ACQUIRE);

	return snapshot_load(&s->file->closed) == 0 && memcmp(s->file->boot, s->boot, sizeof(s->boot)) == 0 &&
	       now - beat <= SNAPSHOT_DEAD_AFTER;
}

/* -- reading ------------------------------------------------------------------------------------------------------ */

struct body { size_t len; nanos_t published, wall; uint64_t age_count, age_at[SNAPSHOT_AGES_MAX]; };

static void copy_words(const struct snapshot_slot *slot, char *buf, size_t len)
{
	size_t whole = len / 8, rest = len % 8;
	uint64_t word;

	for (size_t i = 0; i < whole; i++) {
		word = snapshot_load(&slot->words[i]);
		memcpy(buf + i * 8, &word, sizeof(word));
	}
	if (rest == 0)
		return;
	word = snapshot_load(&slot->words[whole]);
	memcpy(buf + whole * 8, &word, rest);
}

/* One try; *ret says anything unless it succeeds. Lengths are bounded before they are believed: in a torn slot they may be anything. The loads are acquires, so
 * the second look at the sequence comes after all of them. */
static int try_copy(const struct snapshot_slot *slot, char *buf, size_t cap, struct body *ret)
{
	uint64_t before = snapshot_load(&slot->sequence);

	ret->len = snapshot_load(&slot->len);
	ret->age_count = snapshot_load(&slot->age_count);
	ret->published = __atomic_load_n(&slot->published, __ATOMIC_ACQUIRE);
	ret->wall = __atomic_load_n(&slot->wall, __ATOMIC_ACQUIRE);
	bool sane = ret->len <= SNAPSHOT_BODY_MAX && ret->age_count <= SNAPSHOT_AGES_MAX, fits = ret->len < cap;
	for (uint64_t i = 0; sane && i < ret->age_count; i++)
		ret->age_at[i] = snapshot_load(&slot->age_at[i]);
	if (sane && fits)
		copy_words(slot, buf, ret->len);
	if (before % 2 != 0 || snapshot_load(&slot->sequence) != before || !sane)
		return ERR_AGAIN;
	return ret->len == 0 ? ERR_NOENT : fits ? ERR_OK : ERR_FULL;
}

/* "        40" + 1,234 ms -> "      1274"; a field that is not a number (null) stays. */
static void grow_age(char *field, int64_t more_ms)
{
	int64_t age = 0;
	int i = 0;

	while (i < SNAPSHOT_AGE_WIDTH && field[i] == ' ')
		i++;
	for (int at = i; at < SNAPSHOT_AGE_WIDTH; at++) {
		if (field[at] < '0' || field[at] > '9')
			return;
		age = age * 10 + (field[at] - '0');
	}
	if (i == SNAPSHOT_AGE_WIDTH || more_ms > 999999999 - age)
		return;
	snapshot_age_format(field, age + more_ms);
}

int snapshot_read_at(const struct snapshot *s, enum command_id id, nanos_t now, char *buf, size_t cap, size_t *ret_len,
                     int64_t *ret_age_ns, nanos_t *ret_wall)
{
	int index = snapshot_slot_of(id), err = ERR_AGAIN;
	struct body b;

	if (!snapshot_alive(s, now))
		return ERR_CLOSED;
	if (index < 0)
		return ERR_NOENT;
	for (int i = 0; i < TRIES && err == ERR_AGAIN; i++)
		err = try_copy(&s->file->slots[index], buf, cap, &b);
	if (err != 0)
		return err;
	int64_t age = now > b.published ? now - b.published : 0;
	if (age > SNAPSHOT_OLD_AFTER)
		return ERR_CLOSED;
	for (uint64_t i = 0; i < b.age_count; i++)
		if (b.age_at[i] + SNAPSHOT_AGE_WIDTH <= b.len)
			grow_age(buf + b.age_at[i], age / NANOS_MS);
	buf[b.len] = '\0';
	*ret_len = b.len;
	*ret_age_ns = age;
	*ret_wall = b.wall;
	return ERR_OK;
}

int snapshot_read(const struct snapshot *s, enum command_id id, char *buf, size_t cap, size_t *ret_len, int64_t *ret_age_ns)
{
	nanos_t wall;

	return snapshot_read_at(s, id, snapshot_clock(), buf, cap, ret_len, ret_age_ns, &wall);
}
