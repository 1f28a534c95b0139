/* The day's master, in steps: where the files are, then each file (downloaded on the loop, read on a work thread, forgotten), then the cache. Any step that
 * fails ends the try; the next one begins from the start, later. Nothing is written before everything wanted is there and believed. */
#include "lib/kotak/master_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/reports.h"
#include "lib/kotak/session.h"

#define FETCH_MAGIC 0x4d6b4631u
#define FILE_MAX (64u << 20)
#define FILE_TIMEOUT_MS 90000
#define URL_MAX 512
#define RETRY_FIRST NANOS_MINUTE
#define RETRY (2 * NANOS_MINUTE) /* no longer: without today's file no exit leaves either, and a new host has none to begin with */
#define HALF 2 /* a file with less than half of the last one's rows is not believed */

struct file { char url[URL_MAX]; uint32_t least; };

struct master_fetch {
	uint32_t magic;
	struct master_fetch_options o;
	enum segment segments[SEGMENT_COUNT];
	char path[URL_MAX];
	uv_timer_t timer;
	uv_work_t work;
	unsigned pending;           /* callbacks that will still come */
	bool failed, stopped, timer_closed;
	/* of the try under way */
	date_t day;
	size_t at;                  /* file */
	struct file file[SEGMENT_COUNT];
	struct buf text;
	struct master_builder *builder;
	struct master_counts counts;
	struct master_error error;
	int err;
	char summary[192];
};

static void try_now(uv_timer_t *timer);

/* -- life ---------------------------------------------------------------------------------------------------- */

static void forget_try(struct master_fetch *f)
{
	buf_done(&f->text);
	master_build_free(&f->builder);
}

/* After a callback: gone when it was stopped and nothing can call back any more. */
static void settle(struct master_fetch *f)
{
	if (!f->stopped || !f->timer_closed || f->pending > 0)
		return;
	forget_try(f);
	f->magic = 0;
	free(f);
}

static void on_timer_closed(uv_handle_t *h)
{
	struct master_fetch *f = h->data;

	CHECK_OBJ(f, FETCH_MAGIC);
	f->timer_closed = true;
	settle(f);
}

static void retry_later(struct master_fetch *f)
{
	nanos_t wait = f->failed ? RETRY : RETRY_FIRST;

	f->failed = true;
	uv_timer_start(&f->timer, try_now, clock_ms(kotak_session_clock(f->o.session), wait), 0);
}

/* Ends the try. The owner may stop the fetch from within done(). */
static void finish(struct master_fetch *f, int err, const char *text)
{
	char copy[sizeof(f->error.text)];

	snprintf(copy, sizeof(copy), "%s", text);
	forget_try(f);
	if (f->stopped)
		return;
	if (err != ERR_OK)
		retry_later(f);
	f->o.done(f->o.ctx, err, copy);
}

static void fail(struct master_fetch *f, int err, const char *what, const char *why)
{
	char text[sizeof(f->error.text)];

	snprintf(text, sizeof(text), "%.100s (%.140s)", what, why);
	finish(f, err, text);
}

/* -- the cache ----------------------------------------------------------------------------------------------- */

static void next_file(struct master_fetch *f);

static void write_cache(uv_work_t *w)
{
	struct master_fetch *f = w->data;

	f->err = master_write(f->builder, f->day, f->path, &f->error);
}

static void on_written(uv_work_t *w, int status)
{
	struct master_fetch *f = w->data;

	CHECK_OBJ(f, FETCH_MAGIC);
	f->pending--;
	if (status != 0)
		finish(f, ERR_CLOSED, "the work was cancelled");
	else
		finish(f, f->err, f->err == ERR_OK ? f->summary : f->error.text);
	settle(f);
}

/* -- one file ------------------------------------------------------------------------------------------------ */

static void read_file(uv_work_t *w)
{
	struct master_fetch *f = w->data;

	f->err = master_add_csv(f->builder, f->segments[f->at], f->text.data ? f->text.data : "", f->text.len, f->day, f->file[f->at].least, &f->counts, &f->error);
	buf_done(&f->text);
}

static void summarise(struct master_fetch *f)
{
	size_t used = strlen(f->summary);
	uint32_t skipped = 0;

	for (size_t i = 0; i < ARRAY_LEN(f->counts.skipped); i++)
		skipped += f->counts.skipped[i];
	snprintf(f->summary + used, sizeof(f->summary) - used, "%s%s: %u rows, %u not believed", used ? "; " : "", segment_wire_name(f->segments[f->at]), f->counts.rows,
	         skipped);
}

static void on_read(uv_work_t *w, int status)
{
	struct master_fetch *f = w->data;

	CHECK_OBJ(f, FETCH_MAGIC);
	f->pending--;
	if (f->stopped || status != 0) {
		finish(f, ERR_CLOSED, "the work was cancelled");
	} else if (f->err != ERR_OK) {
		fail(f, f->err, segment_wire_name(f->segments[f->at]), f->error.text);
	} else {
		summarise(f);
		f->at++;
		next_file(f);
	}
	settle(f);
}

static void work(struct master_fetch *f, uv_work_cb run, uv_after_work_cb after)
{
	f->work.data = f;
	if (uv_queue_work(kotak_session_loop(f->o.session), &f->work, run, after) != 0)
		finish(f, ERR_NOMEM, "no work thread can be had");
	else
		f->pending++;
}

static bool on_bytes(void *ctx, const char *bytes, size_t len)
{
	struct master_fetch *f = ctx;

	CHECK_OBJ(f, FETCH_MAGIC);
	if (f->stopped)
		return false;
	buf_put(&f->text, bytes, len);
	return !f->text.failed;
}

static void on_file(void *ctx, const struct http_answer *a)
{
	struct master_fetch *f = ctx;
	char why[64];

	CHECK_OBJ(f, FETCH_MAGIC);
	f->pending--;
	if (f->stopped) {
		settle(f);
		return;
	}
	if (a->fate == HTTP_ANSWERED && a->status == 200 && !f->text.failed) {
		work(f, read_file, on_read);
		return;
	}
	snprintf(why, sizeof(why), a->status == 403 ? "403: no such file today" : "status %ld", a->status);
	fail(f, a->fate == HTTP_TIMEOUT ? ERR_TIMEOUT : ERR_IO, "a master file could not be downloaded",
	     f->text.failed ? "larger than 64 MiB" : a->fate == HTTP_ANSWERED ? why : a->error);
	settle(f);
}

static void next_file(struct master_fetch *f)
{
	if (f->at == f->o.n_segments) {
		work(f, write_cache, on_written);
		return;
	}
	const struct http_request r = { .method = "GET", .url = f->file[f->at].url, .timeout_ms = FILE_TIMEOUT_MS, .body_max = FILE_MAX, .sink = on_bytes,
	                                .done = on_file, .ctx = f };
	buf_done(&f->text);
	f->text.limit = FILE_MAX;
	int err = http_call(kotak_session_http(f->o.session), &r);
	if (err != ERR_OK)
		fail(f, err, "a master file's address is not allowed", r.url);
	else
		f->pending++;
}

/* -- where they are ------------------------------------------------------------------------------------------ */

/* ".../transformed-v1/nse_cm-v1.csv" is the file of nse_cm; by the whole stem, since nse_com is something else. */
static bool is_file_of(const char *url, const char *segment)
{
	const char *name = strrchr(url, '/');
	size_t len = strlen(segment);

	name = name ? name + 1 : url;
	return strncmp(name, segment, len) == 0 && (strcmp(name + len, ".csv") == 0 || strcmp(name + len, "-v1.csv") == 0);
}

/* The day in ".../prod/2026-11-23/transformed/..."; 0 when no folder is a date. */
static date_t day_of(const char *url)
{
	date_t day;

	for (const char *at = strchr(url, '/'); at; at = strchr(at + 1, '/'))
		if (strlen(at + 1) > 10 && at[11] == '/' && date_parse(at + 1, 10, &day) == ERR_OK)
			return day;
	return 0;
}

static const char *find_file(const cJSON *paths, const char *segment)
{
	const cJSON *entry;

	cJSON_ArrayForEach(entry, paths)
		if (cJSON_IsString(entry) && is_file_of(entry->valuestring, segment))
			return entry->valuestring;
	return NULL;
}

/* The wanted files of today. False: *why says which is missing, or that they are of another day. */
static bool find_files(struct master_fetch *f, const cJSON *json, char *why, size_t size)
{
	const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data"), *paths = cJSON_GetObjectItemCaseSensitive(data, "filesPaths");

	for (size_t i = 0; i < f->o.n_segments; i++) {
		const char *segment = segment_wire_name(f->segments[i]), *url = find_file(paths, segment);
		date_t day = url ? day_of(url) : 0;
		char text[STAMP_TEXT] = "";

		if (!url || strlen(url) >= URL_MAX) {
			snprintf(why, size, "no file of %s is listed", segment);
			return false;
		}
		if (day != 0 && day != f->day) {
			date_format(day, text);
			snprintf(why, size, "the file of %s is of %s", segment, text);
			return false;
		}
		snprintf(f->file[i].url, sizeof(f->file[i].url), "%s", url);
	}
	return true;
}

/* The last good cache says how many rows are to be expected. */
static void expect_rows(struct master_fetch *f)
{
	struct master_error error;
	struct master *last = NULL;

	if (master_map(f->path, &last, &error) != ERR_OK)
		last = NULL;
	for (size_t i = 0; i < f->o.n_segments; i++) {
		uint32_t half = last ? master_segment_count(last, f->segments[i]) / HALF : 0, least = f->o.least[f->segments[i]];
		f->file[i].least = half > least ? half : least;
	}
	master_unmap(&last);
}

static void on_paths(void *ctx, const struct wire_answer *a)
{
	struct master_fetch *f = ctx;
	char why[96];
	int err;

	CHECK_OBJ(f, FETCH_MAGIC);
	f->pending--;
	if (f->stopped) {
		settle(f);
		return;
	}
	if (a->verdict != WIRE_OK) {
		fail(f, ERR_IO, "the list of master files could not be had", a->text[0] ? a->text : wire_verdict_name(a->verdict));
	} else if (!find_files(f, a->json, why, sizeof(why))) {
		fail(f, ERR_AGAIN, "today's master is not there yet", why);
	} else if ((err = master_build(&f->builder)) != ERR_OK) {
		finish(f, err, "out of memory");
	} else {
		expect_rows(f);
		f->at = 0;
		f->summary[0] = '\0';
		next_file(f);
	}
	settle(f);
}

static void try_now(uv_timer_t *timer)
{
	struct master_fetch *f = timer->data;
	struct report paths;

	CHECK_OBJ(f, FETCH_MAGIC);
	report_paths(&paths);
	paths.call.priority = REST_IDLE;
	paths.call.done = on_paths;
	paths.call.ctx = f;
	f->day = stamp_date(clock_now(kotak_session_clock(f->o.session)));
	int err = rest_call(f->o.rest, &paths.call);
	if (err == ERR_OK)
		f->pending++;
	else
		fail(f, err, "the list of master files could not be asked for", kotak_session_reason(f->o.session)[0] ? kotak_session_reason(f->o.session) : err_text(err));
}

int master_fetch_start(const struct master_fetch_options *o, struct master_fetch **ret)
{
	struct master_fetch *f;

	if (o->n_segments == 0 || o->n_segments > SEGMENT_COUNT || !(f = calloc(1, sizeof(*f))))
		return o->n_segments == 0 || o->n_segments > SEGMENT_COUNT ? ERR_INVAL : ERR_NOMEM;
	f->magic = FETCH_MAGIC;
	f->o = *o;
	memcpy(f->segments, o->segments, o->n_segments * sizeof(*f->segments));
	if ((size_t)snprintf(f->path, sizeof(f->path), "%s/master.bin", o->dir) >= sizeof(f->path)) {
		free(f);
		return ERR_RANGE;
	}
	f->timer.data = f;
	uv_timer_init(kotak_session_loop(o->session), &f->timer);
	uv_timer_start(&f->timer, try_now, 0, 0);
	*ret = f;
	return ERR_OK;
}

void master_fetch_stop(struct master_fetch **f)
{
	struct master_fetch *gone = *f;

	*f = NULL;
	if (!gone)
		return;
	CHECK_OBJ(gone, FETCH_MAGIC);
	gone->stopped = true;
	uv_close((uv_handle_t *)&gone->timer, on_timer_closed);
}
