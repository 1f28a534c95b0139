/* The engine's sign of life for another process: what the last full pass of its loop saw, in a small mapped file that outlives it. Two copies are
 * written in turn, each with its checksum, so that a reader never takes a torn one; a lock that the kernel drops with the process tells a dead
 * engine from a silent one. The writer never waits: a beat is some stores into memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/stamp.h"

enum beat_bit {
	BEAT_STARTING = 1 << 0,       /* reason = the step reached */
	BEAT_READY = 1 << 1,          /* it may trade */
	BEAT_LINKED = 1 << 2,         /* the broker's books are read and agree: a restart has come through */
	BEAT_BLIND = 1 << 3,          /* market hours, and neither prices nor books are heard: reason says which */
	BEAT_JOURNAL_FAILED = 1 << 4, /* cannot be written, or does not become durable */
	BEAT_OPEN = 1 << 5,           /* positions or orders at work */
	BEAT_UNSURE = 1 << 6,         /* whether there are any is not known yet */
	BEAT_STOPPING = 1 << 7,       /* a shutdown is under way */
	BEAT_FENCED = 1 << 8,         /* it saw a larger epoch and gave up */
	BEAT_EXITED = 1 << 9,         /* the last one: `status` is what the process leaves with */
};

#define BEAT_REASON 120
struct beat {                     /* all but what the writer fills in: words of 8 bytes, no holes */
	uint64_t sequence;            /* filled in: grows with every beat of the file, whoever writes */
	nanos_t mono, wall;           /* CLOCK_MONOTONIC; the account's clock */
	uint64_t boot[2];             /* filled in: CLOCK_MONOTONIC and pids mean nothing across a reboot */
	int64_t pid;                  /* filled in */
	uint64_t epoch;
	uint32_t mode, bits;          /* enum engine_mode, enum beat_bit */
	int32_t status, open_books;
	uint64_t journal_seq, passes, late; /* passes of the loop; those that took a second or more and gave no beat */
	char reason[BEAT_REASON];
};

struct heartbeat;
/* ERR_BUSY: a living engine beats there. The earlier content stays until the first beat. */
int heartbeat_open(struct heartbeat **ret, const char *path);
void heartbeat_write(struct heartbeat *h, const struct beat *b);
void heartbeat_close(struct heartbeat **h); /* the file stays, without its life sign */

/* The newest whole beat. ERR_NOENT: no engine beat here since the folder was made; ERR_VERSION: another layout; ERR_CORRUPT: none is whole.
 * *ret_alive: the process that opened it to write still runs, on this boot of the machine. */
int heartbeat_read(const char *path, struct beat *ret, bool *ret_alive);
