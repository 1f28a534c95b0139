/* What the appending side (journal.c), the disk's side (writer.c) and the checkpoints share of one open journal. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "lib/base/obj.h"
#include "lib/journal/ring.h"
#include "lib/journal/segment.h"

#define JOURNAL_MAGIC UINT32_C(0x6A6E6C31)

/* A batch nobody asked to sync is made durable within this time all the same, so that the store does not lag. */
#define JOURNAL_LAZY_NS (100 * NANOS_MS)

struct journal {
	uint32_t magic;
	struct journal_options options;
	char dir[DISK_PATH];
	int lockfd;

	/* -- the appending thread's own -- */
	uint8_t *ring;
	size_t batch_max;       /* largest batch that is taken: fits a segment */
	uint64_t next_seq;
	uint64_t open_at;       /* ring position of the open batch */
	size_t open_len;        /* its bytes so far, with its head */
	uint32_t open_records, open_flags;
	uint64_t room_seen;     /* `freed` when last looked at */

	/* -- shared, under `lock` -- */
	pthread_mutex_t lock;
	pthread_cond_t work;    /* the writer waits here */
	pthread_cond_t done;    /* everybody else */
	uint64_t submitted;     /* ring positions: handed over up to here */
	uint64_t sync_to;       /* wanted durable at once up to here */
	uint64_t freed;         /* the writer needs nothing before this */
	uint64_t submitted_seq;
	bool room_wanted, stop;
	bool busy;              /* a thread has the disk */
	struct journal_state state; /* of what is durable */
	_Atomic int failed;     /* enum err; once set, for ever */
	_Atomic int trouble;    /* as journal_health */
	_Atomic bool reserve;
	_Atomic uint64_t room;
	bool mend;              /* a new reserve is asked for */

	pthread_t thread;
	bool threaded;

	/* -- the disk's: of the thread that made itself `busy`; others look under `lock` when nobody is -- */
	struct journal_segment segment;
	uint64_t written, synced; /* ring positions */
	struct journal_state wrote; /* as state, of what is written */
	bool sealed;            /* the last batch on disk is a seal */
	nanos_t lazy_at;        /* monotonic: when to sync what nobody asked for */
};

/* Starts and stops the thread; stopping makes everything submitted durable and seals the journal. */
int journal_writer_start(struct journal *j);
void journal_writer_stop(struct journal *j);
/* Makes the reserve if one is wanted; what came of it is in trouble and reserve. Of whoever has the disk. */
void journal_writer_reserve(struct journal *j);
/* Does the disk's work on the calling thread, unless the writer thread is at it already. */
void journal_writer_help(struct journal *j);

static inline int journal_failed(const struct journal *j)
{
	return atomic_load_explicit(&j->failed, memory_order_relaxed);
}
