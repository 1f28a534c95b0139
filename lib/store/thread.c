/* The store thread: drains the queue in one transaction at a time, lets catch_up.c read the journal when the queue was too
 * small or the database was away, and answers queries in between. A failing database is told, waited for and tried again;
 * it never ends the process and never holds up a caller of store_put(). */
#include "lib/store/priv.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/answer.h"
#include "lib/store/project.h"

#define RETRY_FIRST (20 * NANOS_MS)
#define RETRY_LAST NANOS_SECOND
#define RETRY_LAST_REMOTE (5 * NANOS_SECOND) /* a server that refuses is not hammered */
#define RUN_LOOKED_AT 1000 /* rows of the audit, for the newest state of the engine */
#define RUN_FOUND 1

/* -- failure and success ------------------------------------------------------------------------------------------- */

void store_succeeded(struct store *s)
{
	s->failures = 0;
	s->retry_at = 0;
	pthread_mutex_lock(&s->lock);
	s->ok = true;
	s->projected = s->done.seq;
	s->inflight = s->draining.count;
	pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->lock);
}

void store_caught_up(struct store *s, nanos_t since)
{
	pthread_mutex_lock(&s->lock);
	if (since)
		histogram_add(&s->lag, store_clock() - since);
	pthread_mutex_unlock(&s->lock);
}

void store_back_off(struct store *s)
{
	uint32_t doublings = s->failures < 16 ? s->failures : 16;
	nanos_t wait = RETRY_FIRST << doublings, last = s->ops->remote ? RETRY_LAST_REMOTE : RETRY_LAST;

	s->failures++;
	s->retry_at = store_clock() + (wait < last ? wait : last);
	pthread_mutex_lock(&s->lock);
	s->ok = false;
	pthread_mutex_unlock(&s->lock);
}

/* A damaged database is kept for whoever wants to look; the journal makes a new one. */
static void set_aside(struct store *s)
{
	struct store_error error = { "" };
	char name[4400] = "";

	s->ops->close(&s->backend);
	int err = s->ops->set_aside(s->path, name, sizeof(name), &error);
	if (err)
		store_note(s, "%s", error.text);
	else
		store_note(s, "damaged database moved to %s%s", strrchr(name, '/') ? strrchr(name, '/') + 1 : name,
		           s->journal_dir ? "; rebuilding from the journal" : "");
}

/* Busy and full pass by themselves; anything else may need a fresh connection. */
void store_failed(struct store *s, int err)
{
	if (s->backend) {
		store_note(s, "%s: %s (%s)", s->ops->name, err_text(err), s->ops->reason(s->backend));
		s->ops->rollback(s->backend);
	}
	s->names_stale = true;
	journal_reader_close(&s->reader);
	store_back_off(s);
	if (s->memory)
		return;
	if (err == ERR_CORRUPT)
		set_aside(s);
	else if (err != ERR_BUSY && err != ERR_FULL)
		s->ops->close(&s->backend);
}

/* -- connecting ---------------------------------------------------------------------------------------------------- */

static const char *text_of(const struct value *v, char *copy, size_t size)
{
	memset(copy, 0, size);
	if (v->kind == VALUE_TEXT)
		memcpy(copy, v->text, v->len < size ? v->len : size - 1);
	return copy;
}

static int load_strategy(struct names *names, const struct row *row)
{
	const struct value *commons = &row->at[STRATEGIES_COMMONS];
	struct strategy_name s = { .commons = commons->kind == VALUE_NUMBER ? (uint32_t)commons->number : NAMES_COMMONS_UNKNOWN };

	text_of(&row->at[STRATEGIES_STRATEGY], s.id, sizeof(s.id));
	text_of(&row->at[STRATEGIES_UNDERLYING], s.underlying, sizeof(s.underlying));
	text_of(&row->at[STRATEGIES_OPS], s.ops, sizeof(s.ops));
	return names_set_strategy(names, (uint32_t)row->at[STRATEGIES_ID].number, &s);
}

static int load_name(void *ctx, const struct row *row)
{
	struct names *names = ctx;
	char name[40], underlying[16];
	int err;

	if (row->table == TABLE_INSTRUMENTS)
		err = names_set_instrument(names, (uint32_t)row->at[INSTRUMENTS_ID].number,
		                           text_of(&row->at[INSTRUMENTS_SYMBOL], name, sizeof(name)),
		                           text_of(&row->at[INSTRUMENTS_UNDERLYING], underlying, sizeof(underlying)));
	else
		err = load_strategy(names, row);
	return err == ERR_RANGE ? 0 : err; /* such a number has no entry in live projection either */
}

/* Stops at the newest state of the engine. */
static int load_run(void *ctx, const struct row *row)
{
	struct names *names = ctx;
	char kind[8], state[16], reason[REASON_TEXT];

	if (strcmp(text_of(&row->at[AUDIT_KIND], kind, sizeof(kind)), "state") != 0 || row->at[AUDIT_STRATEGY].kind == VALUE_TEXT)
		return 0;
	names->run = project_run(text_of(&row->at[AUDIT_NAME], state, sizeof(state)), text_of(&row->at[AUDIT_REASON], reason, sizeof(reason)));
	return RUN_FOUND;
}

/* Of rows up to seq: a batch that was begun and not finished may have left later ones. */
static int load_run_end(struct store *s, uint64_t seq)
{
	struct store_query q = { .kind = STORE_AUDIT, .newest_first = true, .after = seq + 1, .limit = RUN_LOOKED_AT };
	int err = seq ? s->ops->query(s->backend, &q, TABLE_AUDIT, q.limit, load_run, &s->names) : 0;

	return err == RUN_FOUND ? 0 : err;
}

static int load_names(struct store *s, uint64_t seq)
{
	names_done(&s->names);
	int err = s->ops->scan(s->backend, TABLE_INSTRUMENTS, load_name, &s->names);
	err = err ? err : s->ops->scan(s->backend, TABLE_STRATEGIES, load_name, &s->names);
	err = err ? err : load_run_end(s, seq);
	s->names_stale = err != 0;
	return err;
}

/* The database is where we left it (a retry), or it is another one: then what is queued does not follow on its rows, and
 * the journal is read instead. */
static void resume_from(struct store *s, const struct progress *found)
{
	if (s->committed.seq == found->seq && s->done.seq != 0)
		return;
	nanos_t since = s->draining.since;

	s->unverified = true;
	s->done = s->committed = *found;
	journal_reader_close(&s->reader);
	if (s->journal_dir)
		queue_clear(&s->draining);
	pthread_mutex_lock(&s->lock);
	if (s->journal_dir) {
		if (!s->behind)
			s->behind_since = since ? since : s->filling.since;
		queue_clear(&s->filling);
		s->behind = true;
		s->inflight = 0;
	}
	if (s->tail < found->seq)
		s->tail = found->seq;
	s->projected = found->seq;
	pthread_mutex_unlock(&s->lock);
}

static int open_backend(struct store *s, struct progress *ret, struct store_error *error)
{
	int err = s->ops->open(&s->place, &s->backend, ret, error);

	if (err != ERR_CORRUPT || s->memory)
		return err;
	set_aside(s);
	return s->ops->open(&s->place, &s->backend, ret, error);
}

int store_connect(struct store *s, struct store_error *error)
{
	struct progress found = { 0, 0 };
	int err = open_backend(s, &found, error);

	store_tail_reset(s);
	if (!err)
		err = load_names(s, found.seq);
	if (err) {
		store_note(s, "%s", error->text[0] ? error->text : err_text(err));
		if (err == ERR_CORRUPT && !s->memory)
			set_aside(s);
		s->ops->close(&s->backend);
		store_back_off(s);
		return err;
	}
	resume_from(s, &found);
	pthread_mutex_lock(&s->lock);
	s->ok = true;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int connected(struct store *s)
{
	struct store_error error = { "" };

	if (!s->backend)
		return store_connect(s, &error);
	int err = s->names_stale ? load_names(s, s->committed.seq) : 0;
	if (err)
		store_failed(s, err);
	return err;
}

/* -- projecting ---------------------------------------------------------------------------------------------------- */

/* A record the database will not take is counted and passed over: it must not hold up those after it. */
static int tolerate(struct store *s, const struct record *head, int err)
{
	if (err != ERR_INVAL && err != ERR_RANGE)
		return err;
	store_note(s, "record %llu is not shown: %s", (unsigned long long)head->seq,
	           err == ERR_INVAL ? s->ops->reason(s->backend) : "its number is beyond the limit");
	return 0;
}

int store_project(struct store *s, const struct record *head, const void *payload, size_t len)
{
	const struct projection *p = projection_of(head->kind);
	struct called called;
	struct row row;

	if (!p || len != p->size || project_ignores(head, payload))
		return 0;
	int err = tolerate(s, head, project_names(&s->names, head, payload));
	if (err)
		return err;
	project_called(p, head, payload, &s->names, &called);
	p->row(head, payload, &called, &row);
	err = tolerate(s, head, s->ops->apply(s->backend, &row));
	if (err || !p->event || project_repeats(head, payload))
		return err;
	project_event(head, payload, len, &called, &row);
	return tolerate(s, head, s->ops->apply(s->backend, &row));
}

int store_commit(struct store *s, struct progress progress)
{
	int err = store_tail_reach(s, progress.seq);

	err = err ? err : s->ops->commit(s->backend, &progress);
	if (!err)
		s->done = s->committed = progress;
	return err;
}

/* -- the queue ----------------------------------------------------------------------------------------------------- */

static void swap_queues(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	struct record_queue filled = s->filling;
	s->filling = s->draining;
	s->draining = filled;
	s->inflight = filled.count;
	pthread_mutex_unlock(&s->lock);
}

static int drain_rows(struct store *s)
{
	const struct record *head;
	const void *payload;
	size_t len, place = 0;
	uint32_t records = 0;
	int err = s->ops->begin(s->backend);

	while (!err && queue_next(&s->draining, &place, &head, &payload, &len)) {
		if (head->seq <= s->done.seq) /* handed over again: its rows are there */
			continue;
		err = store_project(s, head, payload, len);
		if (err || ++records < s->ops->batch)
			continue;
		records = 0;
		err = store_commit(s, (struct progress){ head->seq, head->stamp });
		err = err ? err : s->ops->begin(s->backend);
	}
	if (!err)
		err = store_commit(s, (struct progress){ s->draining.last_seq, s->draining.last_stamp });
	return err;
}

/* False = the database failed; the batch is kept for the next attempt. */
static bool drain(struct store *s)
{
	if (s->draining.last_seq == 0)
		swap_queues(s);
	if (s->draining.last_seq == 0)
		return true;
	if (s->draining.last_seq > s->done.seq) {
		int err = s->draining.count ? drain_rows(s) : 0;
		if (err) {
			store_failed(s, err);
			return false;
		}
		s->done = (struct progress){ s->draining.last_seq, s->draining.last_stamp };
	}
	store_caught_up(s, s->draining.since);
	queue_clear(&s->draining);
	store_succeeded(s);
	return true;
}

/* -- queries ------------------------------------------------------------------------------------------------------- */

static bool next_job(struct store *s, struct store_job *ret)
{
	pthread_mutex_lock(&s->lock);
	bool found = s->jobs > 0;
	if (found) {
		*ret = s->job[s->jobs_first];
		s->jobs_first = (s->jobs_first + 1) % STORE_JOBS_MAX;
		s->jobs--;
	}
	pthread_mutex_unlock(&s->lock);
	return found;
}

/* Before a job is answered what was handed over earlier is projected, so a caller finds its own records. */
static void answer_jobs(struct store *s, bool closing)
{
	struct store_job job;

	while (next_job(s, &job)) {
		struct buf json = { 0 };
		int err = closing ? ERR_CLOSED : s->backend ? answer_query(s->ops, s->backend, &job.q, &json) : ERR_AGAIN;
		if (err)
			buf_clear(&json);
		job.done(job.ctx, err, &json);
		buf_done(&json);
		if (err == ERR_CORRUPT)
			store_failed(s, err);
	}
}

/* -- the thread ---------------------------------------------------------------------------------------------------- */

static bool has_work(const struct store *s)
{
	return !s->backend || s->draining.last_seq || s->filling.count || (s->filling.last_seq && s->flushers) || s->behind;
}

/* Sleeps until there is something to do. False = stop. */
static bool wait_for_work(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	while (!s->stopping && s->jobs == 0) {
		struct timespec until = { s->retry_at / NANOS_SECOND, s->retry_at % NANOS_SECOND };
		if (!has_work(s))
			pthread_cond_wait(&s->wake, &s->lock);
		else if (store_clock() < s->retry_at)
			pthread_cond_timedwait(&s->wake, &s->lock, &until);
		else
			break;
	}
	bool go_on = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

static bool is_behind(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	bool behind = s->behind;
	pthread_mutex_unlock(&s->lock);
	return behind;
}

static void work(struct store *s)
{
	if (store_clock() < s->retry_at || connected(s) != 0)
		return;
	if (drain(s) && is_behind(s))
		store_catch_up(s);
}

/* What is queued is written once more; ticks alone moved `done`, and writing it saves reading them again. */
static void finish(struct store *s)
{
	s->retry_at = 0;
	/* twice: a batch that had failed before, then what came since */
	bool written = connected(s) == 0 && drain(s) && drain(s);
	if (written && s->done.seq > s->committed.seq && s->ops->begin(s->backend) == 0 && store_commit(s, s->done) != 0)
		s->ops->rollback(s->backend);
	answer_jobs(s, true);
}

void *store_thread(void *store)
{
	struct store *s = store;

	CHECK_OBJ(s, STORE_MAGIC);
	while (wait_for_work(s)) {
		work(s);
		answer_jobs(s, false);
	}
	finish(s);
	return NULL;
}
