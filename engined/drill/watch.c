/* Follows a journal while an engine writes it: the kernel says when something was written, the journal's own reader what it was. One reader
 * outlives all lives of the engine, so it also sees that nothing that was read is ever taken back. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engined/drill/drill.h"
#include "lib/base/err.h"
#include "lib/journal/journal.h"

static struct journal_error trouble; /* lives as long as the reader */

bool drill_watch_open(struct drill_watch *w, const char *dir)
{
	memset(w, 0, sizeof(*w));
	w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	w->err = w->inotify < 0 || inotify_add_watch(w->inotify, dir, IN_CREATE | IN_MOVED_TO | IN_MODIFY) < 0 ? err_from_errno(errno) : ERR_OK;
	if (w->err == ERR_OK)
		w->err = journal_reader_open(dir, 0, &w->reader, &trouble);
	return w->err == ERR_OK;
}

void drill_watch_close(struct drill_watch *w)
{
	journal_reader_close(&w->reader);
	if (w->inotify >= 0)
		close(w->inotify);
	w->inotify = -1;
	drill_books_done(&w->books);
}

static uint32_t bit(enum drill_point p)
{
	return p == DRILL_POINTS ? 0 : UINT32_C(1) << p;
}

static uint32_t files(struct drill_watch *w)
{
	_Alignas(struct inotify_event) char bytes[64 * (sizeof(struct inotify_event) + NAME_MAX + 1)];
	uint32_t seen = 0;
	ssize_t n;

	while ((n = read(w->inotify, bytes, sizeof(bytes))) > 0)
		for (const char *at = bytes; at < bytes + n;) {
			const struct inotify_event *e = (const void *)at;

			if (e->len > 0 && (e->mask & (IN_CREATE | IN_MOVED_TO)))
				seen |= bit(drill_point_of_file(e->name, e->mask & IN_MOVED_TO));
			at += sizeof(*e) + e->len;
		}
	return seen;
}

static uint32_t records(struct drill_watch *w)
{
	const void *payload;
	struct record head;
	uint32_t seen = 0;
	size_t len;
	int more = 1;

	while (w->err == ERR_OK && (more = journal_reader_next(w->reader, &head, &payload, &len)) > 0) {
		drill_journal_add(&w->books, &head, payload);
		seen |= bit(drill_point_of_record(&head, payload));
		w->records++;
	}
	if (more < 0) {
		w->err = more;
		snprintf(w->damage, sizeof(w->damage), "%s", trouble.text);
	}
	return seen;
}

uint32_t drill_watch_next(struct drill_watch *w, int ms)
{
	struct pollfd p = { .fd = w->inotify, .events = POLLIN };

	poll(&p, 1, ms);
	return files(w) | records(w);
}
