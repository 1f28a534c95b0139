/* The callers' side: nothing here waits for the database, except store_flush() and store_query_wait(), whose work that is. */
#include "lib/store/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/answer.h"
#include "lib/store/priv.h"
#include "lib/store/project.h"

nanos_t store_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NANOS_SECOND + t.tv_nsec;
}

static void note_locked(struct store *s, const char *text)
{
	s->errors++;
	snprintf(s->last_error, sizeof(s->last_error), "%.127s", text);
}

void store_note(struct store *s, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pthread_mutex_lock(&s->lock);
	note_locked(s, text);
	pthread_mutex_unlock(&s->lock);
}

/* -- records in ---------------------------------------------------------------------------------------------------- */

/* From here on the journal is read instead; without one the records are lost, and that is said. */
static void fall_behind(struct store *s, const struct record *head, const char *why)
{
	char text[128];

	s->behind = s->journal_dir != NULL;
	if (s->behind) {
		s->behind_since = s->filling.since ? s->filling.since : store_clock();
		pthread_cond_signal(&s->wake);
		return;
	}
	snprintf(text, sizeof(text), "%s before record %llu, and there is no journal to read them from", why,
	         (unsigned long long)head->seq);
	note_locked(s, text);
}

static void take(struct store *s, const struct record *head, const void *payload, size_t len, bool keep)
{
	if (!s->behind && s->tail && head->seq > s->tail + 1)
		fall_behind(s, head, "records are missing");
	if (!s->behind && keep && !queue_put(&s->filling, head, payload, len)) {
		fall_behind(s, head, "records were dropped");
		keep = false;
	}
	if (!s->behind && keep && s->filling.since == 0)
		s->filling.since = store_clock();
	if (!s->behind && !keep)
		queue_pass(&s->filling, head);
	s->tail = head->seq;
	if (keep)
		pthread_cond_signal(&s->wake);
}

void store_put(struct store *s, const struct record *head, const void *payload, size_t len)
{
	CHECK_OBJ(s, STORE_MAGIC);
	const struct projection *p = projection_of(head->kind);
	bool keep = p && len == p->size;

	pthread_mutex_lock(&s->lock);
	if (p && !keep)
		note_locked(s, "a record has the wrong size for its kind and is not shown");
	if (head->seq > s->tail)
		take(s, head, payload, len, keep);
	pthread_mutex_unlock(&s->lock);
}

/* -- state --------------------------------------------------------------------------------------------------------- */

void store_state(struct store *s, struct store_state *ret)
{
	CHECK_OBJ(s, STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	bool idle = !s->behind && s->filling.count == 0 && s->inflight == 0;
	*ret = (struct store_state){
		.ok = s->ok,
		.seq = idle ? s->tail : s->projected,
		.queued = s->behind && s->tail > s->projected ? s->tail - s->projected : s->filling.count + s->inflight,
		.errors = s->errors,
	};
	snprintf(ret->backend, sizeof(ret->backend), "%s", s->ops->name);
	snprintf(ret->last_error, sizeof(ret->last_error), "%s", s->last_error);
	pthread_mutex_unlock(&s->lock);
}

void store_lag(struct store *s, struct histogram *ret)
{
	CHECK_OBJ(s, STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	*ret = s->lag;
	pthread_mutex_unlock(&s->lock);
}

static struct timespec after(nanos_t timeout)
{
	nanos_t at = store_clock();

	if (!num_add(at, timeout, &at))
		at = STAMP_NEVER;
	return (struct timespec){ .tv_sec = at / NANOS_SECOND, .tv_nsec = at % NANOS_SECOND };
}

/* A rebuild may find that the journal ends before the target: then `tail` has come down. */
static bool reached(const struct store *s, uint64_t target)
{
	return !s->behind && (s->projected >= target || s->projected >= s->tail);
}

int store_flush(struct store *s, nanos_t timeout)
{
	CHECK_OBJ(s, STORE_MAGIC);
	struct timespec until = after(timeout);
	int timed_out = 0;

	pthread_mutex_lock(&s->lock);
	uint64_t target = s->tail;
	s->flushers++;
	pthread_cond_signal(&s->wake);
	while (!reached(s, target) && !timed_out)
		timed_out = pthread_cond_timedwait(&s->moved, &s->lock, &until);
	s->flushers--;
	int err = reached(s, target) ? 0 : ERR_TIMEOUT;
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* -- queries ------------------------------------------------------------------------------------------------------- */

int store_query(struct store *s, const struct store_query *q, void (*done)(void *ctx, int err, struct buf *json), void *ctx)
{
	CHECK_OBJ(s, STORE_MAGIC);
	struct store_job job = { *q, done, ctx };
	int err = answer_check(&job.q);

	if (err)
		return err;
	pthread_mutex_lock(&s->lock);
	err = s->stopping ? ERR_CLOSED : s->jobs == STORE_JOBS_MAX ? ERR_AGAIN : 0;
	if (!err)
		s->job[(s->jobs_first + s->jobs++) % STORE_JOBS_MAX] = job;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	return err;
}

struct query_wait { pthread_mutex_t lock; pthread_cond_t done; bool finished; int err; struct buf *ret; };

static void query_done(void *ctx, int err, struct buf *json)
{
	struct query_wait *w = ctx;

	pthread_mutex_lock(&w->lock);
	if (!err)
		buf_put(w->ret, json->data, json->len);
	w->err = err ? err : w->ret->failed ? ERR_NOMEM : 0;
	w->finished = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
}

int store_query_wait(struct store *s, const struct store_query *q, struct buf *ret)
{
	struct query_wait w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, ret };
	int err = store_query(s, q, query_done, &w);

	pthread_mutex_lock(&w.lock);
	while (!err && !w.finished)
		pthread_cond_wait(&w.done, &w.lock);
	pthread_mutex_unlock(&w.lock);
	pthread_cond_destroy(&w.done);
	pthread_mutex_destroy(&w.lock);
	return err ? err : w.err;
}

/* -- open and close ------------------------------------------------------------------------------------------------ */

static void init_locks(struct store *s)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_cond_init(&s->moved, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void store_free(struct store *s)
{
	s->ops->close(&s->backend);
	journal_reader_close(&s->reader);
	store_tail_reset(s);
	names_done(&s->names);
	queue_done(&s->filling);
	queue_done(&s->draining);
	pthread_cond_destroy(&s->moved);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	if (s->path)
		explicit_bzero(s->path, strlen(s->path)); /* a connection string has a password */
	free(s->path);
	free(s->account);
	free(s->journal_dir);
	s->magic = 0;
	free(s);
}

static struct store *store_new(const struct store_options *o)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->magic = STORE_MAGIC;
	s->ops = o->ops ? o->ops : &store_sqlite_ops;
	s->path = strdup(o->path);
	s->account = strdup(o->account ? o->account : "");
	s->journal_dir = o->journal_dir ? strdup(o->journal_dir) : NULL;
	s->place = (struct store_place){ .path = s->path, .account = s->account };
	memcpy(s->place.journal_id, o->journal_id, sizeof(s->place.journal_id));
	s->memory = strcmp(o->path, ":memory:") == 0;
	s->behind = o->journal_dir != NULL;
	init_locks(s);
	if (!s->path || !s->account || (o->journal_dir && !s->journal_dir)) {
		store_free(s);
		return NULL;
	}
	return s;
}

/* Signals are the loop's: this thread sleeps through them. */
static int start_thread(struct store *s)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int errnum = pthread_create(&s->thread, NULL, store_thread, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum ? err_from_errno(errnum) : 0;
}

/* One that is elsewhere is asked by the thread: no start waits for a network. What passes, or is mended, keeps nobody from trading either. */
static int first_connect(struct store *s, struct store_error *words)
{
	int err = s->ops->remote ? 0 : store_connect(s, words);

	return err == ERR_BUSY || err == ERR_FULL || err == ERR_IO || err == ERR_CORRUPT ? 0 : err;
}

int store_open(const struct store_options *o, struct store **ret, struct store_error *error)
{
	struct store *s = store_new(o);
	struct store_error words = { "" };

	if (!s) {
		snprintf(error->text, sizeof(error->text), "no memory for the store");
		return ERR_NOMEM;
	}
	int err = first_connect(s, &words);
	if (!err)
		err = start_thread(s);
	if (err) {
		snprintf(error->text, sizeof(error->text), "%s", words.text[0] ? words.text : err_text(err));
		store_free(s);
		return err;
	}
	*ret = s;
	return 0;
}

void store_close(struct store **store)
{
	struct store *s = *store;

	if (!s)
		return;
	CHECK_OBJ(s, STORE_MAGIC);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	store_free(s);
	*store = NULL;
}
