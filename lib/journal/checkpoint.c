/* Snapshots of the state beside the journal: made whole before they get their name, believed only when every byte checks
 * out. They save time at start and nothing else: without one, the journal is replayed from its beginning. */
#include "lib/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/journal/journal_priv.h"

#define CHECKPOINT_MAGIC "SAUDACKP"
#define CHECKPOINT_VERSION 1
#define CHECKPOINT_ALIGN 16 /* of each section, so that it may be read as a struct in place */
#define CHECKPOINT_KEEP 2
#define CHECKPOINT_BYTES_MAX ((uint64_t)1 << 30)

struct checkpoint_head {
	char magic[8];
	uint32_t version, sections;
	uint8_t id[16];         /* of the journal */
	uint64_t seq, size;     /* size: of the whole file */
	struct { char name[16]; uint64_t at, len; } section[CHECKPOINT_SECTIONS];
	uint32_t zero[3];
	uint32_t crc;           /* of the head above and of all bytes below */
};
static_assert(sizeof(struct checkpoint_head) == 320, "checkpoint head on disk");

static uint32_t head_crc(const struct checkpoint_head *head)
{
	return crc32c(0, head, offsetof(struct checkpoint_head, crc));
}

static void checkpoint_name(uint64_t seq, char ret_name[DISK_NAME])
{
	snprintf(ret_name, DISK_NAME, "checkpoint-%020llu", (unsigned long long)seq);
}

/* -- writing --------------------------------------------------------------------------------------------------------- */

/* Failing to remove an old one costs disk space only, and the next checkpoint tries again. */
static void older_remove(int dirfd, uint64_t seq)
{
	char name[DISK_NAME];
	uint64_t *list;
	size_t n, upto = 0;

	if (journal_disk_list(dirfd, "checkpoint-", "", &list, &n) != ERR_OK)
		return;
	while (upto < n && list[upto] <= seq)
		upto++;
	for (size_t i = 0; i + CHECKPOINT_KEEP < upto; i++) {
		checkpoint_name(list[i], name);
		journal_disk->unlinkat(dirfd, name, 0);
	}
	free(list);
}

int checkpoint_write(struct journal *j, uint64_t seq, const struct checkpoint_section *sections, size_t n)
{
	static const uint8_t zeros[CHECKPOINT_ALIGN];
	struct checkpoint_head head = { .version = CHECKPOINT_VERSION, .seq = seq, .sections = (uint32_t)n };
	struct disk_part parts[1 + 2 * CHECKPOINT_SECTIONS] = { { &head, sizeof(head) } };
	struct journal_state state;
	char name[DISK_NAME];

	CHECK_OBJ(j, JOURNAL_MAGIC);
	journal_state(j, &state);
	assert(seq <= state.last_seq && n <= CHECKPOINT_SECTIONS);
	memcpy(head.magic, CHECKPOINT_MAGIC, sizeof(head.magic));
	memcpy(head.id, state.id, sizeof(head.id));
	head.size = sizeof(head);
	for (size_t i = 0; i < n; i++) {
		size_t pad = (size_t)-sections[i].len % CHECKPOINT_ALIGN;

		if (sections[i].len > CHECKPOINT_BYTES_MAX - head.size - pad)
			return ERR_RANGE;
		memcpy(head.section[i].name, sections[i].name, sizeof(head.section[i].name));
		head.section[i].at = head.size;
		head.section[i].len = sections[i].len;
		head.size += sections[i].len + pad;
		parts[1 + 2 * i] = (struct disk_part){ sections[i].bytes, sections[i].len };
		parts[2 + 2 * i] = (struct disk_part){ zeros, pad };
	}
	head.crc = head_crc(&head);
	for (size_t i = 0; i < 2 * n; i++)
		head.crc = crc32c(head.crc, parts[1 + i].bytes, parts[1 + i].len);
	checkpoint_name(seq, name);
	int err = journal_disk_create(j->segment.dirfd, name, parts, 1 + 2 * n, 0, NULL);

	if (err == ERR_OK)
		older_remove(j->segment.dirfd, seq);
	return err;
}

/* -- reading --------------------------------------------------------------------------------------------------------- */

static bool checkpoint_good(const struct checkpoint_head *head, uint64_t size, uint64_t seq, const struct journal_state *state)
{
	if (memcmp(head->magic, CHECKPOINT_MAGIC, sizeof(head->magic)) != 0 || head->version != CHECKPOINT_VERSION ||
	    head->size != size || head->seq != seq || head->sections > CHECKPOINT_SECTIONS)
		return false;
	if (head->crc != crc32c(head_crc(head), head + 1, size - sizeof(*head)))
		return false;
	for (uint32_t i = 0; i < head->sections; i++) {
		uint64_t at = head->section[i].at, len = head->section[i].len;

		if (at % CHECKPOINT_ALIGN != 0 || at < sizeof(*head) || at > size || len > size - at)
			return false;
	}
	return memcmp(head->id, state->id, sizeof(head->id)) == 0 && seq <= state->last_seq;
}

static int file_read(int dirfd, const char *name, void **ret, uint64_t *ret_size)
{
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	void *bytes = NULL;
	int err = ERR_CORRUPT;

	if (fd < 0)
		return err_from_errno(errno);
	if (fstat(fd, &st) == 0 && st.st_size >= (off_t)sizeof(struct checkpoint_head) && (uint64_t)st.st_size <= CHECKPOINT_BYTES_MAX) {
		bytes = malloc((size_t)st.st_size);
		if (bytes == NULL)
			err = ERR_NOMEM;
		else if (journal_disk_read(fd, bytes, (size_t)st.st_size, 0) == st.st_size)
			err = ERR_OK;
	}
	close(fd);
	if (err == ERR_OK) {
		*ret = bytes;
		*ret_size = (uint64_t)st.st_size;
	} else {
		free(bytes);
	}
	return err;
}

static void checkpoint_take(struct checkpoint *c, void *bytes)
{
	const struct checkpoint_head *head = bytes;

	*c = (struct checkpoint){ .seq = head->seq, .n = head->sections, .memory = bytes };
	for (size_t i = 0; i < c->n; i++) {
		memcpy(c->section[i].name, head->section[i].name, sizeof(c->section[i].name));
		c->section[i].bytes = (const uint8_t *)bytes + head->section[i].at;
		c->section[i].len = head->section[i].len;
	}
}

static int checkpoint_try(int dirfd, uint64_t seq, const struct journal_state *state, struct checkpoint *ret)
{
	char name[DISK_NAME];
	uint64_t size = 0;
	void *bytes = NULL;

	checkpoint_name(seq, name);
	int err = file_read(dirfd, name, &bytes, &size);

	if (err == ERR_OK && checkpoint_good(bytes, size, seq, state)) {
		checkpoint_take(ret, bytes);
		return ERR_OK;
	}
	free(bytes);
	return err == ERR_NOMEM ? ERR_NOMEM : ERR_NOENT; /* one that cannot be read is passed over like a damaged one */
}

int checkpoint_read(const char *dir, const struct journal_state *state, struct checkpoint *ret)
{
	uint64_t *list;
	size_t n;
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd < 0)
		return err_from_errno(errno);
	int err = journal_disk_list(dirfd, "checkpoint-", "", &list, &n);

	if (err == ERR_OK) {
		for (err = ERR_NOENT; err == ERR_NOENT && n > 0; n--)
			err = checkpoint_try(dirfd, list[n - 1], state, ret);
		free(list);
	}
	close(dirfd);
	return err;
}

void checkpoint_done(struct checkpoint *c)
{
	free(c->memory);
	memset(c, 0, sizeof(*c));
}

/* Numbers of the oldest and the newest that are there, whole or not; 0 = none. */
static void kept(const char *dir, uint64_t *ret_oldest, uint64_t *ret_newest)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t *list;
	size_t n;

	*ret_oldest = *ret_newest = 0;
	if (dirfd < 0)
		return;
	if (journal_disk_list(dirfd, "checkpoint-", "", &list, &n) == ERR_OK) {
		*ret_oldest = n > 0 ? list[0] : 0;
		*ret_newest = n > 0 ? list[n - 1] : 0;
		free(list);
	}
	close(dirfd);
}

/* The older of those kept, in case the newer is damaged. */
uint64_t journal_needed_from(const char *dir)
{
	uint64_t oldest, newest;

	kept(dir, &oldest, &newest);
	return oldest;
}

uint64_t journal_newest_checkpoint(const char *dir)
{
	uint64_t oldest, newest;

	kept(dir, &oldest, &newest);
	return newest;
}
