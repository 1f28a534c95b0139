#include "engined/notify/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#define MARK_MAGIC 0x4D41524Bu
#define MARK_FILE_MAGIC UINT64_C(0x31304b52414d4754) /* "TGMARK01" */
#define PLACE 8192

struct mark {
	uint32_t magic;
	int fd;
	struct mark_page page, writing; /* writing: as it was last handed to the disk */
	uv_work_t work;
	bool busy;
	uint64_t failures;
};
static_assert(sizeof(struct mark_page) <= PLACE, "two places");

/* -- the file ----------------------------------------------------------------------------------------------------------------- */

static uint32_t sum_of(const struct mark_page *p)
{
	return crc32c(0, p, offsetof(struct mark_page, crc));
}

static bool read_place(int fd, int place, struct mark_page *ret)
{
	return pread(fd, ret, sizeof(*ret), place * PLACE) == (ssize_t)sizeof(*ret) && ret->magic == MARK_FILE_MAGIC && ret->crc == sum_of(ret) &&
	       ret->curve_n <= MARK_POINTS && ret->curve_step > 0;
}

/* The newer of the whole ones; an empty page when there is none. */
static void read_file(struct mark *m)
{
	struct mark_page other;

	if (!read_place(m->fd, 0, &m->page))
		m->page = (struct mark_page){ .curve_step = 1 };
	if (read_place(m->fd, 1, &other) && other.version > m->page.version)
		m->page = other;
}

static bool changed(const struct mark *m)
{
	return memcmp(&m->page.journal, &m->writing.journal, offsetof(struct mark_page, crc) - offsetof(struct mark_page, journal)) != 0;
}

static void hand_over(struct mark *m)
{
	m->page.version++;
	m->writing = m->page;
	m->writing.crc = sum_of(&m->writing);
}

static void write_place(struct mark *m)
{
	const struct mark_page *p = &m->writing;

	if (pwrite(m->fd, p, sizeof(*p), (off_t)(p->version % 2) * PLACE) != (ssize_t)sizeof(*p))
		__atomic_fetch_add(&m->failures, 1, __ATOMIC_RELAXED);
}

static void work(uv_work_t *w)
{
	write_place(w->data);
}

static void worked(uv_work_t *w, int status)
{
	struct mark *m = w->data;

	(void)status;
	CHECK_OBJ(m, MARK_MAGIC);
	m->busy = false;
}

void mark_save(struct mark *m, struct uv_loop_s *loop)
{
	CHECK_OBJ(m, MARK_MAGIC);
	if (m->busy || !changed(m))
		return;
	hand_over(m);
	m->work.data = m;
	m->busy = uv_queue_work(loop, &m->work, work, worked) == 0;
}

uint64_t mark_failures(const struct mark *m)
{
	return __atomic_load_n(&m->failures, __ATOMIC_RELAXED);
}

/* -- life --------------------------------------------------------------------------------------------------------------------- */

static uint64_t told_of(const struct mark_page *p, const char *name, uint64_t otherwise)
{
	for (size_t i = 0; i < CHATS_MAX; i++)
		if (strncmp(p->chat[i].name, name, CHAT_TEXT) == 0)
			return p->chat[i].told < otherwise ? p->chat[i].told : otherwise;
	return otherwise;
}

/* The chats of today in today's order; what is not known of one begins at the journal's end. */
static void settle(struct mark_page *p, const uint8_t journal[16], uint64_t last, const struct chat *chats, size_t n)
{
	struct mark_chat now[CHATS_MAX] = { 0 };
	bool same = p->magic == MARK_FILE_MAGIC && memcmp(p->journal, journal, sizeof(p->journal)) == 0;

	for (size_t i = 0; i < n; i++) {
		memcpy(now[i].name, chats[i].name, sizeof(now[i].name));
		now[i].told = same ? told_of(p, chats[i].name, last) : last;
	}
	memcpy(p->chat, now, sizeof(now));
	memcpy(p->journal, journal, sizeof(p->journal));
	p->magic = MARK_FILE_MAGIC;
}

int mark_open(const char *path, const uint8_t journal[16], uint64_t last, const struct chat *chats, size_t n, struct mark **ret)
{
	struct mark *m = calloc(1, sizeof(*m));

	if (!m)
		return ERR_NOMEM;
	*m = (struct mark){ .magic = MARK_MAGIC, .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) };
	if (m->fd < 0) {
		int err = err_from_errno(errno);

		free(m);
		return err;
	}
	read_file(m);
	settle(&m->page, journal, last, chats, n);
	*ret = m;
	return ERR_OK;
}

void mark_close(struct mark **ref)
{
	struct mark *m = *ref;

	*ref = NULL;
	if (!m)
		return;
	CHECK_OBJ(m, MARK_MAGIC);
	if (changed(m) && !m->busy) {
		hand_over(m);
		write_place(m);
	}
	if (m->busy) /* the pool still has it: the end of the process takes it along */
		return;
	close(m->fd);
	m->magic = 0;
	free(m);
}

struct mark_page *mark_page(struct mark *m)
{
	CHECK_OBJ(m, MARK_MAGIC);
	return &m->page;
}

/* -- the day's curve ---------------------------------------------------------------------------------------------------------- */

void mark_curve_begin(struct mark_page *p, date_t day)
{
	if (p->curve_day == day)
		return;
	p->curve_day = day;
	p->curve_n = p->curve_skip = 0;
	p->curve_step = 1;
}

/* Every second point is left out when there is no more room, and half as many come from then on. */
void mark_curve_add(struct mark_page *p, money_t equity)
{
	if (p->curve_skip > 0) {
		p->curve_skip--;
		return;
	}
	if (p->curve_n == MARK_POINTS) {
		for (uint32_t i = 0; i < MARK_POINTS / 2; i++)
			p->curve[i] = p->curve[2 * i];
		p->curve_n = MARK_POINTS / 2;
		p->curve_step *= 2;
	}
	p->curve[p->curve_n++] = equity;
	p->curve_skip = p->curve_step - 1;
}
