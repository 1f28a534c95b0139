/* The file's layout, known to its writer and its reader only. All numbers are the machine's own: both ends are processes
 * of one host, and the version changes with any field. */
#pragma once

#include <stdint.h>

#include "lib/control/snapshot.h"

#define SNAPSHOT_MAGIC   UINT64_C(0x3130504e53445541) /* "AUDSNP01" in the bytes of a little-endian machine */
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_WORDS   (SNAPSHOT_BODY_MAX / 8)

/* sequence is odd while the writer is inside. Everything after it is read and written as whole words by atomic accesses,
 * since both happen at once. 64-bit fields keep the words words. */
struct snapshot_slot {
	uint64_t sequence;
	uint64_t len;            /* 0 = nothing published */
	int64_t published, wall; /* CLOCK_MONOTONIC ns; UTC ns */
	uint64_t age_count, age_at[SNAPSHOT_AGES_MAX]; /* offsets of the age fields in the body */
	uint64_t words[SNAPSHOT_WORDS];
};

struct snapshot_file {
	uint64_t magic, version, slot_count, slot_size;
	uint64_t epoch;
	int64_t pid;
	uint64_t boot[2];        /* the kernel's boot id: CLOCK_MONOTONIC means nothing across a reboot */
	int64_t beat;            /* CLOCK_MONOTONIC ns */
	uint64_t closed;
	struct snapshot_slot slots[];
};

#define SNAPSHOT_KEY "age_ms\": " /* the end of a key, and the space that no compact JSON has: an age field follows */

int snapshot_slot_of(enum command_id id); /* -1 = not a hot command */
size_t snapshot_size(size_t *ret_slots);
void snapshot_boot_id(uint64_t ret[2]);

static inline uint64_t snapshot_load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static inline void snapshot_store(uint64_t *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* Right-aligned in SNAPSHOT_AGE_WIDTH characters, no NUL: "        40". 0 to 999,999,999, so that a space always leads. */
static inline void snapshot_age_format(char *field, int64_t age_ms)
{
	int at = SNAPSHOT_AGE_WIDTH;

	do {
		field[--at] = (char)('0' + age_ms % 10);
		age_ms /= 10;
	} while (age_ms > 0 && at > 1);
	while (at > 0)
		field[--at] = ' ';
}
