/* What the journal says of its disk becomes the engine's business here: without a reserve no entries, when the last room goes positions are closed while that can
 * still be written down, and a disk that fills is told long before. docs/journal.md "The reserve". */
#include "engined/app.h"

#include <stdio.h>
#include <sys/statvfs.h>

#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/base/obj.h"

#define LOOK_MS 10000
#define ROOM_LEFT ((uint64_t)16 << 20) /* a quarter of a segment: days of orders, a few minutes of ticks */
#define USED_WARN 80
#define USED_ALARM 90

static const char *trouble_text(const struct journal_health *h)
{
	return h->trouble == ERR_FULL ? "the disk is full: the journal has nothing in reserve" : "the disk fails: the journal has nothing in reserve";
}

/* -- links ----------------------------------------------------------------------------------------------------------------------- */

static void post_link(struct app *a, const struct journal_health *h)
{
	struct event e;

	event_init(&e, EVENT_LINK, a->live ? clock_now(&a->clock) : a->core->s->now, INSTRUMENT_NONE);
	e.link.link = LINK_JOURNAL;
	e.link.up = h->reserve;
	snprintf(e.link.reason, sizeof(e.link.reason), "%s", h->reserve ? "" : trouble_text(h));
	if (h->reserve)
		log_info("journal", "a reserve stands by again: entries are allowed");
	else
		log_error("journal", "%s (%s): no entries, exits go on; %s", trouble_text(h), err_text(h->trouble),
		          h->trouble == ERR_FULL ? "make room, it is tried again every ten seconds" : "let the engine close its positions, then replace the disk");
	if (engine_post(a->engine, &e) != ERR_OK || engine_submit(a->engine, true) != ERR_OK)
		app_note_error(a, "the journal's trouble could not be journalled");
}

/* Exits and their journal need room to the end: what is left is kept for them. */
static void close_in_time(struct app *a, const struct journal_health *h)
{
	struct event e;

	if (h->reserve || h->room >= ROOM_LEFT || a->core->s->stop != STOP_NONE)
		return;
	log_error("journal", "%s and %llu MiB are left: closing all positions and stopping", trouble_text(h), (unsigned long long)(h->room >> 20));
	event_init(&e, EVENT_COMMAND, 0, INSTRUMENT_NONE);
	e.command.command = COMMAND_SHUTDOWN;
	e.command.value = SHUTDOWN_FLATTEN;
	snprintf(e.command.principal, sizeof(e.command.principal), "journal");
	snprintf(e.command.reason, sizeof(e.command.reason), "%s", trouble_text(h));
	app_post_command(a, &e);
}

void journal_watch_look(struct app *a)
{
	struct journal_health h;

	if (!a->journal_watched || a->leaving)
		return;
	journal_health(a->journal, &h);
	if (h.reserve != (a->core->s->link[LINK_JOURNAL].up != 0))
		post_link(a, &h);
	close_in_time(a, &h);
}

/* -- how full the disk is ------------------------------------------------------------------------------------------------------------ */

/* Percent of what an ordinary process may use; -1 = not known. */
static int journal_disk_used(const struct app *a)
{
	struct statvfs v;

	if (statvfs(a->journal_dir, &v) != 0 || v.f_blocks == 0)
		return -1;
	uint64_t used = v.f_blocks - v.f_bfree, usable = used + v.f_bavail;

	return usable ? (int)(used * 100 / usable) : -1;
}

static void look_at_disk(struct app *a)
{
	int used = journal_disk_used(a);
	int level = used >= USED_ALARM ? USED_ALARM : used >= USED_WARN ? USED_WARN : 0;

	if (level > a->disk_told)
		app_note_error(a, "the disk of %s is %d %% full: a live day needs about 2 GB", a->journal_dir, used);
	a->disk_told = level;
}

/* -- life ------------------------------------------------------------------------------------------------------------------------------ */

static void on_news(uv_async_t *async)
{
	struct app *a = async->data;

	CHECK_OBJ(a, APP_MAGIC);
	journal_watch_look(a);
}

static void on_look(void *app)
{
	struct app *a = app;

	CHECK_OBJ(a, APP_MAGIC);
	journal_mend(a->journal);
	journal_watch_look(a);
	look_at_disk(a);
}

/* From the thread that wrote. */
void journal_watch_news(void *app)
{
	struct app *a = app;

	if (a->journal_watched)
		uv_async_send(&a->journal_news);
}

void journal_watch_begin(struct app *a)
{
	int err = alarm_open(&a->journal_look, &a->loop, on_look, a);

	assert(err == ERR_OK); /* else no descriptor is left, and a day cannot be traded */
	alarm_in(&a->journal_look, LOOK_MS, LOOK_MS);
	uv_async_init(&a->loop, &a->journal_news, on_news);
	a->journal_news.data = a;
	a->journal_watched = a->mode != MODE_REPLAY;
	journal_watch_look(a);
	look_at_disk(a);
}

void journal_watch_end(struct app *a)
{
	a->journal_watched = false;
	alarm_close(&a->journal_look);
}
