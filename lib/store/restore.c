#include "lib/store/restore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/base/err.h"
#include "lib/core/core.h"
#include "lib/journal/journal.h"
#include "lib/store/ops.h"
#include "lib/store/tail.h"

#define STREAM_MAX ((size_t)1 << 30)
#define FOLDER_NAME 512

static int fail(struct store_error *error, int err, const char *what)
{
	if (!error->text[0])
		snprintf(error->text, sizeof(error->text), "%s", what);
	return err;
}

/* -- the stream ---------------------------------------------------------------------------------------------------- */

static int take_part(void *stream, const void *bytes, size_t len)
{
	struct buf *b = stream;
	unsigned long long size = ZSTD_getFrameContentSize(bytes, len);

	if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > STREAM_MAX)
		return ERR_CORRUPT;
	if (b->len + size > STREAM_MAX || !buf_reserve(b, (size_t)size + 1))
		return ERR_NOMEM;
	size_t got = ZSTD_decompress(b->data + b->len, (size_t)size, bytes, len);
	if (ZSTD_isError(got) || got != size)
		return ERR_CORRUPT;
	b->len += got;
	return 0;
}

/* The head and its sections; *ret_at = where records begin. */
static int read_point(const struct buf *b, struct tail_head *head, struct checkpoint_section section[CHECKPOINT_SECTIONS], size_t *ret_at)
{
	size_t at = sizeof(*head);

	if (b->len < at)
		return ERR_CORRUPT;
	memcpy(head, b->data, sizeof(*head));
	if (memcmp(head->magic, TAIL_MAGIC, sizeof(head->magic)) != 0 || head->sections > CHECKPOINT_SECTIONS || (head->sections == 0) != (head->seq == 0))
		return ERR_CORRUPT;
	for (uint32_t i = 0; i < head->sections; i++) {
		if (head->section[i].len > b->len - at)
			return ERR_CORRUPT;
		memcpy(section[i].name, head->section[i].name, sizeof(section[i].name));
		section[i].bytes = b->data + at;
		section[i].len = (size_t)head->section[i].len;
		at += section[i].len;
	}
	*ret_at = at;
	return 0;
}

/* 1 = a record, 0 = the end, < 0 = damage. */
static int next_record(const struct buf *b, size_t *at, struct tail_record *r, const void **payload)
{
	if (*at == b->len)
		return 0;
	if (b->len - *at < sizeof(*r))
		return ERR_CORRUPT;
	memcpy(r, b->data + *at, sizeof(*r));
	*at += sizeof(*r);
	if (r->len > JOURNAL_RECORD_MAX || r->len > b->len - *at)
		return ERR_CORRUPT;
	*payload = b->data + *at;
	*at += (size_t)r->len;
	return 1;
}

/* Every record is there, from the first one on, and none of the rows is of a later one. */
static int check_records(const struct buf *b, size_t at, uint64_t first, const struct tail_owner *owner, uint64_t *ret_last)
{
	struct tail_record r;
	const void *payload;
	uint64_t expected = first;
	int got;

	while ((got = next_record(b, &at, &r, &payload)) == 1)
		if (r.head.seq != expected++)
			return ERR_CORRUPT;
	*ret_last = expected - 1;
	return got == 0 && expected > first && *ret_last >= owner->seq ? 0 : ERR_CORRUPT;
}

/* -- the journal --------------------------------------------------------------------------------------------------- */

/* What a crash left of an attempt. */
static void remove_folder(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while (d && (entry = readdir(d)) != NULL)
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	rmdir(dir);
}

static int append(struct journal *j, const struct buf *b, size_t at)
{
	struct tail_record r;
	const void *payload;
	int err = 0;

	while (!err && next_record(b, &at, &r, &payload) == 1) {
		err = journal_append(j, &r.head, payload, (size_t)r.len);
		if (err == ERR_FULL && (err = journal_submit(j, false)) == 0)
			err = journal_append(j, &r.head, payload, (size_t)r.len);
	}
	return err ? err : journal_commit(j);
}

static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) != 0 ? err_from_errno(errno) : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static int leave_mark(const char *dir)
{
	char path[FOLDER_NAME + 16];

	snprintf(path, sizeof(path), "%s/" RESTORED_MARK, dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int err = fd < 0 ? err_from_errno(errno) : 0;

	if (fd >= 0)
		close(fd);
	return err ? err : sync_folder(dir);
}

static int make_journal(const char *dir, const struct buf *b, uint8_t ret_id[16], struct store_error *error)
{
	struct checkpoint_section section[CHECKPOINT_SECTIONS];
	struct journal_error words = { "" };
	struct journal_state state;
	struct tail_head head;
	struct journal *j;
	size_t at;
	int err = read_point(b, &head, section, &at);

	if (err)
		return err;
	struct journal_options o = { .dir = dir, .first = head.seq, .sync = true };
	err = journal_open(&o, &j, &words);
	if (err)
		return fail(error, err, words.text);
	journal_state(j, &state);
	memcpy(ret_id, state.id, sizeof(state.id));
	err = append(j, b, at);
	if (!err && head.sections)
		err = checkpoint_write(j, head.seq, section, head.sections);
	journal_close(&j);
	return err ? err : leave_mark(dir);
}

/* -- all of it ----------------------------------------------------------------------------------------------------- */

/* With other capacities a core cannot take it up, and there is no beginning of the journal to make it again from. */
static bool core_fits(const struct tail_head *head, const struct checkpoint_section *section, size_t core_size)
{
	if (head->core != CORE_VERSION)
		return false;
	for (uint32_t i = 0; i < head->sections; i++)
		if (core_size && strncmp(section[i].name, "core", sizeof(section[i].name)) == 0 && section[i].len != core_size)
			return false;
	return true;
}

static int look_through(const struct buf *b, const struct tail_owner *owner, size_t core_size, struct store_restored *ret, struct store_error *error)
{
	struct checkpoint_section section[CHECKPOINT_SECTIONS];
	struct tail_head head;
	size_t at;
	int err = read_point(b, &head, section, &at);

	if (!err && head.seq && !core_fits(&head, section, core_size))
		return fail(error, ERR_VERSION, "the state kept there is another build's");
	ret->checkpoint = err ? 0 : head.seq;
	ret->first = ret->checkpoint ? ret->checkpoint : 1;
	err = err ? err : check_records(b, at, ret->first, owner, &ret->last);
	return err ? fail(error, err, "what was kept to restore from is not whole") : 0;
}

static int rename_last(const char *from, const char *to, struct store_error *error)
{
	char parent[FOLDER_NAME + 8];

	if (rename(from, to) != 0)
		return fail(error, err_from_errno(errno), "the restored journal cannot be given its name");
	snprintf(parent, sizeof(parent), "%s/..", to);
	return sync_folder(parent);
}

static int restore(const struct store_options *o, const char *dir, struct buf *b, struct store_restored *ret, struct store_error *error)
{
	struct store_place place = { .path = o->path, .account = o->account };
	struct tail_owner owner = { 0 };
	int err = o->ops->tail_read(&place, take_part, b, &owner, error);

	if (err)
		return err == ERR_CORRUPT ? fail(error, err, "what was kept to restore from is damaged") : err;
	err = look_through(b, &owner, o->core_size, ret, error);
	if (err)
		return err;
	remove_folder(dir);
	err = make_journal(dir, b, place.journal_id, error);
	err = err ? err : o->ops->tail_take(&place, &owner, error);
	return err ? err : rename_last(dir, o->journal_dir, error);
}

int store_restore(const struct store_options *o, struct store_restored *ret, struct store_error *error)
{
	char dir[FOLDER_NAME];
	struct buf b = { 0 };

	error->text[0] = '\0';
	*ret = (struct store_restored){ 0 };
	if (!o->ops || !o->ops->tail_read)
		return ERR_NOENT;
	if ((size_t)snprintf(dir, sizeof(dir), "%s.restoring", o->journal_dir) >= sizeof(dir))
		return fail(error, ERR_RANGE, "the journal folder's name is too long");
	int err = restore(o, dir, &b, ret, error);
	buf_done(&b);
	return err && err != ERR_NOENT ? fail(error, err, err_text(err)) : err;
}
