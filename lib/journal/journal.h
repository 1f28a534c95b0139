/* The append-only truth: every event and every action, in order, durable before an order leaves. docs/journal.md has the
 * bytes on disk. One writer thread; one process per directory (lock file).
 *
 * Records are appended on the loop into the open batch; journal_submit() hands the batch to the writer thread, which writes
 * it, calls fdatasync when asked, chains it to the one before (BLAKE2b over previous hash and the batch's bytes), and
 * reports how far the journal is durable. journal_commit() does the same on the loop. A batch is read back whole or not at
 * all. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/core/event.h"

#define JOURNAL_HASH 32
#define JOURNAL_RECORD_MAX 1024 /* largest payload */

struct journal;
struct journal_error { char text[256]; };

struct journal_options {
	const char *dir;                /* made (0700) when missing */
	const uint8_t *id;              /* 16 bytes that name a new journal; NULL = random. A replay derives it from its source, so that
	                                   two runs give the same bytes */
	uint64_t first;                 /* number of a new journal's first record; 0 = 1. A later one: its beginning was lost, a checkpoint holds it */
	size_t segment_bytes;           /* preallocated; 0 = 64 MiB */
	bool sync;                      /* fdatasync for batches that ask; false only for backtests and tests */
	bool reserve;                   /* a second segment stands by, so that a full or failing disk does not end the journal at once */
	void (*durable)(void *ctx, uint64_t seq); /* from the thread that synced: all up to seq is on disk; may be NULL */
	void (*failed)(void *ctx, int err);       /* from the thread that wrote, once: nothing later will become durable */
	void (*health)(void *ctx);                /* from the thread that wrote: journal_health() tells something new; may be NULL */
	/* from the writer thread, after the batch is durable, in order: for the store's projection. May be NULL. */
	void (*committed)(void *ctx, const struct record *head, const void *payload, size_t len);
	void *ctx;
};

struct journal_state {
	uint8_t id[16];                 /* random, made with the journal; names it for ever */
	uint64_t first_seq, last_seq;   /* 0 when empty */
	uint8_t hash[JOURNAL_HASH];     /* of the last batch */
	uint64_t batches, bytes;        /* of what was walked: journal_open() begins at the segment of the older checkpoint */
	uint64_t torn_bytes;            /* bytes of an unfinished batch cut off at open */
	nanos_t last_stamp;
};

/* Opens for appending; an unfinished last batch (torn write) is cut off and counted, damage before it, as far back as a restart can need, is
 * ERR_CORRUPT and leaves the files as they are. ERR_BUSY when another process has it. */
int journal_open(const struct journal_options *o, struct journal **ret, struct journal_error *error);
void journal_close(struct journal **j); /* submits, waits, closes */

/* Adds one record to the open batch. head->seq must be the next one (asserted). ERR_FULL when the batch is at its cap. */
int journal_append(struct journal *j, const struct record *head, const void *payload, size_t len);

/* Hands the open batch to the writer; `sync` = make it durable now. An empty batch is nothing. */
int journal_submit(struct journal *j, bool sync);

/* journal_submit(sync) and journal_wait() for all that was appended: the thread that can only wait writes and syncs by itself
 * when the writer thread is idle. */
int journal_commit(struct journal *j);

/* Blocks until all up to seq, which was submitted (asserted), is on disk, syncing if need be; or the journal failed: its enum err. */
int journal_wait(struct journal *j, uint64_t seq);
void journal_state(const struct journal *j, struct journal_state *ret); /* of what is durable; any thread */

/* How far it can be relied on. When no new segment can be made (disk full), or a write or sync fails, the journal goes on in its reserve, from
 * the last durable record on, and nothing is lost; but there is no second reserve: risk must not be raised until one is there again. */
struct journal_health {
	bool reserve;                   /* stands by */
	int trouble;                    /* enum err that took it or keeps it from being made; ERR_OK = none */
	uint64_t room;                  /* bytes left in the segment at hand */
};
void journal_health(const struct journal *j, struct journal_health *ret); /* any thread */
/* Tries for a new reserve when the disk was full: the writer thread does it, and health() tells when it succeeded. After any other error the disk
 * is not trusted again before the next start. */
void journal_mend(struct journal *j);

/* -- checkpoints: named sections of bytes at a sequence number, written to a file of their own, renamed into place ---- */

#define CHECKPOINT_SECTIONS 8
struct checkpoint_section { char name[16]; const void *bytes; size_t len; };

/* Writes dir/checkpoint-SEQ and removes all but the newest two. Everything up to seq must be durable (asserted). */
int checkpoint_write(struct journal *j, uint64_t seq, const struct checkpoint_section *sections, size_t n);

struct checkpoint { uint64_t seq; size_t n; struct checkpoint_section section[CHECKPOINT_SECTIONS]; void *memory; };
/* The newest whole checkpoint that belongs to this journal and is not beyond its end; damaged ones are passed over.
 * ERR_NOENT when there is none. checkpoint_done() frees it. */
int checkpoint_read(const char *dir, const struct journal_state *state, struct checkpoint *ret);
void checkpoint_done(struct checkpoint *c);

/* -- reading ---------------------------------------------------------------------------------------------------- */

struct journal_reader;
/* Reads records with seq >= from of a journal nobody needs to hold open; stops at the last whole batch.
 * `error` (may be NULL) is kept and must live as long as the reader. */
int journal_reader_open(const char *dir, uint64_t from, struct journal_reader **ret, struct journal_error *error);
/* 1 = a record (payload valid until the next call), 0 = end, < 0 = enum err (ERR_CORRUPT names the place in error). */
int journal_reader_next(struct journal_reader *r, struct record *ret_head, const void **ret_payload, size_t *ret_len);
void journal_reader_close(struct journal_reader **r);

struct journal_report {
	struct journal_state state;
	uint64_t records, segments;
	uint64_t pruned;                /* of the records: ticks that went with time; the chain stands without them */
	uint8_t digest[JOURNAL_HASH];   /* of the records alone (digest.h): equal for two runs that recorded the same */
	char damage[256];               /* "" = none; else file, offset and what is wrong there */
};
/* Walks every byte: checksums, dense sequence, hash chain, time never going back. ERR_CORRUPT with report->damage. */
int journal_verify(const char *dir, struct journal_report *ret);

/* -- the archive -------------------------------------------------------------------------------------------------- */

struct journal_archive_options {
	uint64_t before;                /* segments that end before this record: no restart needs them */
	nanos_t ticks_before;           /* ticks of segments that ended before this are pruned; 0 = none */
	void (*progress)(void *ctx, uint64_t done, uint64_t all); /* after each segment; may be NULL */
	void *ctx;
};
struct journal_archived {
	uint64_t segments;              /* packed now, those packed before and pruned now among them */
	uint64_t pruned;                /* records that went */
	uint64_t bytes_before, bytes_after; /* on disk, of those segments */
};
/* Compresses old segments and prunes their ticks, one by one, whole before it replaces the old file; beside a process that appends or reads. Each
 * is verified first, hash by hash, and read back before its old file goes. ERR_BUSY when another archives; ERR_CORRUPT leaves a damaged one as it is. */
int journal_archive(const char *dir, const struct journal_archive_options *o, struct journal_archived *ret, struct journal_error *error);
/* The record from which on a restart may need the journal: the older checkpoint's; 0 = all of it. */
uint64_t journal_needed_from(const char *dir);
uint64_t journal_newest_checkpoint(const char *dir); /* by its name; 0 = none */
