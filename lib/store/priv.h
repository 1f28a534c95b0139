/* The store's own half: what store.c (callers' side) and thread.c (the thread's side) share. */
#pragma once

#include <pthread.h>

#include "lib/journal/journal.h"
#include "lib/store/names.h"
#include "lib/store/ops.h"
#include "lib/store/queue.h"

#define STORE_MAGIC 0x53544f52u
#define STORE_JOBS_MAX 128

/* What was put away of the journal, so that it can be made again without its disk. */
struct tail {
	int64_t generation;             /* 0 = none begun */
	uint32_t parts;
	bool current;
	uint64_t point, seq;            /* its checkpoint's record, 0 = the journal's beginning; up to here it is put away */
	uint64_t newest;                /* checkpoint by name when it was begun: that one may be damaged, and `point` the one before */
	uint64_t bytes;                 /* of records */
	struct buf pending;
	struct journal_reader *reader;
	struct journal_error error;
};

struct store_job { struct store_query q; void (*done)(void *ctx, int err, struct buf *json); void *ctx; };

struct store {
	uint32_t magic;
	/* constant while open */
	const struct store_ops *ops;
	struct store_place place;
	char *path, *account, *journal_dir; /* journal_dir NULL = cannot catch up */
	bool memory;                    /* closing it would lose it: never reopened */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake, moved;     /* for the thread; for those who wait for it. Both on the monotonic clock */

	/* under `lock` */
	struct record_queue filling;
	uint64_t tail;                  /* highest sequence handed over or known to be projected; 0 = none yet */
	bool behind;                    /* records were not queued: the journal is read up to `tail` and only then the queue used */
	bool stopping, ok;
	uint32_t flushers, inflight;    /* inflight = records in `draining` */
	nanos_t behind_since;           /* when the oldest of those was handed over; 0 = they were there at the start */
	struct histogram lag;
	uint64_t projected, errors;
	char last_error[128];
	struct store_job job[STORE_JOBS_MAX];
	uint32_t jobs_first, jobs;

	/* the thread's own */
	struct backend *backend;        /* NULL = not connected */
	struct names names;
	bool names_stale;               /* a rolled-back batch may have changed them */
	bool unverified;                /* the database was not yet compared with the journal's end */
	struct record_queue draining;   /* kept until it is committed */
	struct progress done, committed;/* done may be ahead: ticks alone are not worth a transaction */
	struct tail tail_kept;
	struct journal_reader *reader;
	struct journal_error reader_error; /* the reader writes here while it lives */
	uint64_t reader_start;          /* done.seq when the reader was opened, */
	uint64_t reader_tail;           /* and up to where the journal must go: what is handed over was in it before */
	uint32_t failures;              /* in a row */
	nanos_t retry_at;
};

nanos_t store_clock(void);  /* monotonic */

/* Counts an error and remembers its words. Takes the lock. */
void store_note(struct store *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Opens the backend and loads names; also the thread's way back after a failure. */
int store_connect(struct store *s, struct store_error *error);
void *store_thread(void *store);

/* -- on the thread only -------------------------------------------------------------------------------------------- */

/* One transaction's worth of journal into the database; ends `behind` when all that was handed over is there. */
void store_catch_up(struct store *s);

/* A record's rows into the open transaction; what the database will not take is counted and passed over. */
int store_project(struct store *s, const struct record *head, const void *payload, size_t len);
int store_commit(struct store *s, struct progress progress);

/* tail.c: all up to seq is put away before its rows are written. */
int store_tail_reach(struct store *s, uint64_t seq);
void store_tail_reset(struct store *s);

void store_succeeded(struct store *s);
void store_caught_up(struct store *s, nanos_t since); /* with what was handed over from then on; 0 = not measured */
void store_back_off(struct store *s);       /* the next attempt is later */
void store_failed(struct store *s, int err);/* rolls back, counts, backs off; a damaged database is set aside */
