/* Reading the journal instead of the queue: at start, after a gap or an overflow, and when the database is a new one. The
 * journal is only read, and damage there is never the database's fault. */
#include "lib/store/priv.h"

#include <string.h>

#include "lib/base/err.h"

/* Not the database's fault: the connection stays, the journal is tried again later. */
#define JOURNAL_FAILED 1

static void note_journal(struct store *s, int err)
{
	store_note(s, "cannot read the journal: %s", s->reader_error.text[0] ? s->reader_error.text : err_text(err));
}

static int open_reader(struct store *s, uint64_t from)
{
	s->reader_error.text[0] = '\0';
	s->reader_start = s->done.seq;
	pthread_mutex_lock(&s->lock);
	s->reader_tail = s->tail;
	pthread_mutex_unlock(&s->lock);
	int err = journal_reader_open(s->journal_dir, from, &s->reader, &s->reader_error);
	if (err)
		note_journal(s, err);
	return err ? JOURNAL_FAILED : 0;
}

/* 1 = a record, 0 = end, < 0 = error; the payload is copied to where a struct may lie. */
static int read_record(struct store *s, struct record *head, char *bytes, size_t *len)
{
	const void *payload;
	int got = journal_reader_next(s->reader, head, &payload, len);

	if (got < 0)
		note_journal(s, got);
	if (got == 1 && *len <= JOURNAL_RECORD_MAX)
		memcpy(bytes, payload, *len);
	return got;
}

/* After a power cut the journal may end before the database does, and number other records anew: rows from beyond its end
 * never happened. All is made again, since an order's earlier state is no longer here. */
static int start_over(struct store *s)
{
	store_note(s, "the database does not follow from its journal at record %llu; rebuilding",
	           (unsigned long long)s->done.seq);
	names_done(&s->names);
	pthread_mutex_lock(&s->lock);
	s->tail = 0; /* what was handed over so far is in the journal, and its numbers are another history's */
	s->projected = 0;
	pthread_mutex_unlock(&s->lock);
	int err = s->ops->begin(s->backend);
	err = err ? err : s->ops->forget(s->backend);
	return err ? err : store_commit(s, (struct progress){ 0, 0 });
}

/* Is the journal's record of that number the one that was projected? A later first record means pruned segments, not a mismatch. */
static int compare(struct store *s, uint64_t seq, nanos_t stamp, bool *ret_same)
{
	_Alignas(8) char bytes[JOURNAL_RECORD_MAX];
	struct record head;
	size_t len;
	int err = seq ? open_reader(s, seq) : 0;

	*ret_same = true;
	if (err || !seq)
		return err;
	int got = read_record(s, &head, bytes, &len);
	journal_reader_close(&s->reader);
	*ret_same = got != 0 && (head.seq != seq || head.stamp == stamp);
	return got < 0 ? JOURNAL_FAILED : 0;
}

/* A journal made again after its disk was lost begins at a checkpoint: rows from before that cannot be made anew, so they are kept and a person is told. */
static int begins_later(struct store *s, bool *ret_later)
{
	_Alignas(8) char bytes[JOURNAL_RECORD_MAX];
	struct record head;
	size_t len;
	int err = open_reader(s, 1);

	if (err)
		return err;
	int got = read_record(s, &head, bytes, &len);
	journal_reader_close(&s->reader);
	*ret_later = got == 1 && head.seq > 1;
	if (*ret_later)
		store_note(s, "the database does not follow from its journal at record %llu, and the journal begins at record %llu: nothing is rebuilt, "
		           "since older rows could not be; name another database, or a new one", (unsigned long long)s->done.seq, (unsigned long long)head.seq);
	return got < 0 ? JOURNAL_FAILED : 0;
}

static int remake(struct store *s)
{
	bool later = false;
	int err = begins_later(s, &later);

	return err ? err : later ? JOURNAL_FAILED : start_over(s);
}

/* Of a batch that was torn, rows of its last records may be there too. */
static int verify(struct store *s)
{
	bool whole = true, torn = true;
	int err = compare(s, s->done.seq, s->done.stamp, &whole);

	err = err ? err : compare(s, s->done.torn_seq, s->done.torn_stamp, &torn);
	if (!err && !(whole && torn))
		err = remake(s);
	s->unverified = err != 0;
	return err;
}

/* At most one transaction's worth into the open transaction. *ret_got is the reader's last answer. */
static int read_records(struct store *s, struct progress *reached, int *ret_got)
{
	_Alignas(8) char bytes[JOURNAL_RECORD_MAX];
	struct record head;
	size_t len;
	int err = 0;

	for (uint32_t n = 0; n < s->ops->batch && !err; n++) {
		*ret_got = read_record(s, &head, bytes, &len);
		if (*ret_got != 1)
			break;
		if (head.seq != reached->seq + 1)
			store_note(s, "the journal has no records %llu to %llu any more", (unsigned long long)reached->seq + 1,
			           (unsigned long long)head.seq - 1);
		err = store_project(s, &head, bytes, len);
		*reached = (struct progress){ head.seq, head.stamp };
	}
	return err;
}

static int read_batch(struct store *s, int *ret_got)
{
	struct progress reached = s->done;
	int err = s->ops->begin(s->backend);

	err = err ? err : read_records(s, &reached, ret_got);
	if (err)
		return err;
	if (reached.seq > s->done.seq)
		return store_commit(s, reached);
	s->ops->rollback(s->backend);
	return 0;
}

/* The journal has no more for now. When everything handed over was in it, the queue takes over again. */
static void reader_end(struct store *s)
{
	bool stuck = s->done.seq == s->reader_start && s->done.seq < s->reader_tail;
	nanos_t since = 0;

	journal_reader_close(&s->reader);
	pthread_mutex_lock(&s->lock);
	bool reached = s->done.seq >= s->tail;
	if (reached) {
		s->behind = false;
		since = s->behind_since;
		s->behind_since = 0;
		s->tail = s->done.seq;
	}
	pthread_mutex_unlock(&s->lock);
	if (reached)
		store_caught_up(s, since);
	if (reached || !stuck) {
		store_succeeded(s);
		return;
	}
	store_note(s, "the journal ends at record %llu, before what was handed over", (unsigned long long)s->done.seq);
	store_back_off(s);
}

void store_catch_up(struct store *s)
{
	int got = 1;
	int err = s->unverified ? verify(s) : 0;

	if (!err && !s->reader)
		err = open_reader(s, s->done.seq + 1);
	if (!err)
		err = read_batch(s, &got);
	if (err < 0) {
		store_failed(s, err);
	} else if (err == JOURNAL_FAILED || got < 0) {
		journal_reader_close(&s->reader);
		store_back_off(s);
	} else if (got == 0) {
		reader_end(s);
	} else {
		store_succeeded(s);
	}
}
