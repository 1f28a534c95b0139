#include "lib/control/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/snapshot_priv.h"

#define WRITER_MAGIC 0x54AB5407u
#define AGE_MOST 999999999 /* one less digit than the field is wide, so that a space always leads */

struct snapshot_writer { uint32_t magic; struct snapshot_file *file; size_t size; char *path; };

void snapshot_put_age(struct json *j, const char *key, int64_t age_ms)
{
	char text[SNAPSHOT_AGE_WIDTH + 1] = "      null";
	size_t len = strlen(key);

	assert(len >= 6 && strcmp(key + len - 6, "age_ms") == 0);
	if (age_ms >= 0)
		snapshot_age_format(text, age_ms < AGE_MOST ? age_ms : AGE_MOST);
	json_raw(j, key, text);
}

/* -- the file ----------------------------------------------------------------------------------------------------- */

static int make_file(const char *path, size_t size, struct snapshot_file **ret)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	int err = ERR_OK;
	void *map = MAP_FAILED;

	if (fd < 0)
		return err_from_errno(errno);
	/* The blocks are taken now: a full disk must be an error here, not a SIGBUS while trading. */
	int failed = posix_fallocate(fd, 0, (off_t)size);
	if (failed == 0)
		map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err = err_from_errno(failed ? failed : errno);
	close(fd);
	if (err != 0)
		unlink(path);
	else
		*ret = map;
	return err;
}

static void fill_header(struct snapshot_file *f, size_t slots, uint64_t epoch)
{
	f->version = SNAPSHOT_VERSION;
	f->slot_count = slots;
	f->slot_size = sizeof(struct snapshot_slot);
	f->epoch = epoch;
	f->pid = getpid();
	f->beat = snapshot_clock();
	snapshot_boot_id(f->boot);
	f->magic = SNAPSHOT_MAGIC;
}

/* A killed engine could not close its file: whoever still has it mapped must not take it for this engine's. */
static void close_earlier(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	struct snapshot_file *f = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size)
		f = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (f != MAP_FAILED) {
		if (f->magic == SNAPSHOT_MAGIC && f->version == SNAPSHOT_VERSION)
			snapshot_store(&f->closed, 1);
		munmap(f, size);
	}
	if (fd >= 0)
		close(fd);
}

int snapshot_create(struct snapshot_writer **ret, const char *path, uint64_t epoch)
{
	char temporary[PATH_MAX];
	size_t slots = 0, size = snapshot_size(&slots);
	struct snapshot_writer *w = NULL;
	struct snapshot_file *file = NULL;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
		return ERR_RANGE;
	unlink(temporary); /* left by an engine that died just here */
	int err = make_file(temporary, size, &file);
	if (err != 0)
		return err;
	fill_header(file, slots, epoch);
	w = calloc(1, sizeof(*w));
	assert(w);
	*w = (struct snapshot_writer){ .magic = WRITER_MAGIC, .file = file, .size = size, .path = strdup(path) };
	assert(w->path);
	close_earlier(path, size);
	if (rename(temporary, path) != 0) {
		err = err_from_errno(errno);
		unlink(temporary);
		munmap(file, size);
		free(w->path);
		free(w);
		return err;
	}
	*ret = w;
	return ERR_OK;
}

void snapshot_close(struct snapshot_writer **ptr)
{
	struct snapshot_writer *w = *ptr;

	*ptr = NULL;
	if (!w)
		return;
	CHECK_OBJ(w, WRITER_MAGIC);
	snapshot_store(&w->file->closed, 1);
	unlink(w->path);
	munmap(w->file, w->size);
	free(w->path);
	w->magic = 0;
	free(w);
}

void snapshot_beat(struct snapshot_writer *w, nanos_t now)
{
	CHECK_OBJ(w, WRITER_MAGIC);
	__atomic_store_n(&w->file->beat, now, __ATOMIC_RELEASE);
}

/* -- publishing --------------------------------------------------------------------------------------------------- */

/* Finds the age fields. False when there are too many, or one without its full width. */
static bool find_ages(const char *body, size_t len, uint64_t *ret_at, uint64_t *ret_count)
{
	const size_t key = strlen(SNAPSHOT_KEY) - 1; /* up to the first space of the field */
	const char *at = body, *end = body + len;
	uint64_t count = 0;

	while ((at = memmem(at, (size_t)(end - at), SNAPSHOT_KEY, key + 1)) != NULL) {
		at += key;
		if (count == SNAPSHOT_AGES_MAX || end - at < SNAPSHOT_AGE_WIDTH)
			return false;
		ret_at[count++] = (uint64_t)(at - body);
	}
	*ret_count = count;
	return true;
}

/* Stores are releases: none of them can be seen before the odd sequence number, nor after the even one. */
static void write_slot(struct snapshot_slot *slot, const char *body, size_t len, const uint64_t *ages, uint64_t age_count,
                       nanos_t wall, nanos_t now)
{
	uint64_t sequence = slot->sequence, word;

	snapshot_store(&slot->sequence, sequence + 1);
	snapshot_store(&slot->len, len);
	__atomic_store_n(&slot->published, now, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->wall, wall, __ATOMIC_RELEASE);
	snapshot_store(&slot->age_count, age_count);
	for (uint64_t i = 0; i < age_count; i++)
		snapshot_store(&slot->age_at[i], ages[i]);
	for (size_t i = 0; i * 8 < len; i++) {
		word = 0;
		memcpy(&word, body + i * 8, len - i * 8 < 8 ? len - i * 8 : 8);
		snapshot_store(&slot->words[i], word);
	}
	snapshot_store(&slot->sequence, sequence + 2);
}

int snapshot_publish(struct snapshot_writer *w, enum command_id id, const char *body, size_t len, nanos_t wall, nanos_t now)
{
	uint64_t ages[SNAPSHOT_AGES_MAX], age_count = 0;
	int slot = snapshot_slot_of(id);

	CHECK_OBJ(w, WRITER_MAGIC);
	if (slot < 0)
		return ERR_INVAL;
	if (len > SNAPSHOT_BODY_MAX || !find_ages(body, len, ages, &age_count)) {
		snapshot_withdraw(w, id);
		return ERR_FULL;
	}
	write_slot(&w->file->slots[slot], body, len, ages, age_count, wall, now);
	return ERR_OK;
}

void snapshot_withdraw(struct snapshot_writer *w, enum command_id id)
{
	int slot = snapshot_slot_of(id);

	CHECK_OBJ(w, WRITER_MAGIC);
	if (slot >= 0)
		write_slot(&w->file->slots[slot], "", 0, NULL, 0, 0, 0);
}
