/* The journal's bytes on disk: segment head, batch, record. Pure functions on memory; files are opened elsewhere.
 * docs/journal.md shows a real one. Everything little-endian and a multiple of 8 bytes. */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/core/event.h"
#include "lib/journal/journal.h"

#define SEGMENT_MAGIC "SAUDAJNL"
#define SEGMENT_VERSION 1
struct segment_head {
	char magic[8];
	uint32_t version;
	uint32_t size;                  /* of this head; batches begin there */
	uint8_t id[16];                 /* of the journal */
	uint64_t first_seq;             /* also the file's name */
	uint8_t previous[JOURNAL_HASH]; /* hash of the last batch before this segment; of the id when there is none */
	uint8_t zero[52];
	uint32_t crc;                   /* of all above */
};
static_assert(sizeof(struct segment_head) == 128, "segment head on disk");

#define BATCH_MAGIC UINT32_C(0x31424A53) /* "SJB1" */
#define BATCH_MAX ((size_t)512 << 10)    /* bytes of the largest batch */
enum batch_flag {
	BATCH_SYNC = 1 << 0, /* the submitter asked for durability */
	BATCH_SEAL = 1 << 1, /* a clean close: no records, says that all before it is durable */
	BATCH_BULK = 1 << 2, /* holds bulk records; its hash is of two parts, so that they can go one day */
};
struct batch_head {
	uint32_t magic;
	uint32_t length;                /* whole batch with this head */
	uint64_t first_seq;             /* of a seal: the next one */
	uint64_t durable;               /* highest seq known durable when this was written: below it, damage; above, a tear */
	uint32_t records;
	uint32_t flags;                 /* enum batch_flag */
	uint8_t hash[JOURNAL_HASH];     /* of previous hash, the fields above and the records below; with BATCH_BULK: of previous hash, the
	                                   fields above, the hash of the records that stay and the hash of those that may go */
	uint32_t zero;
	uint32_t crc;                   /* of all above, salted with the journal's id: an old block of another file is no batch */
};
static_assert(sizeof(struct batch_head) == 72, "batch head on disk");

/* Stands before the head of a batch whose bulk records were pruned; the head itself is as it was. */
#define PRUNED_MAGIC UINT32_C(0x31504A53) /* "SJP1" */
struct pruned_head {
	uint32_t magic;
	uint32_t length;                /* of all that is left: this head, the batch's, the records that stay */
	uint32_t records;               /* that stay */
	uint32_t zero;
	uint8_t bulk[JOURNAL_HASH];     /* hash of the records that went */
	uint32_t zero2;
	uint32_t crc;                   /* of all above, salted as a batch's */
};
static_assert(sizeof(struct pruned_head) == 56, "head of a pruned batch on disk");

struct record_head {
	uint32_t crc;                   /* from `length` to the end of the padding */
	uint32_t length;                /* of the payload, without the zeros that pad it to 8 */
	struct record record;
};
static_assert(sizeof(struct record_head) == 32, "record head on disk");

/* A batch in memory, whole or pruned. */
struct journal_batch {
	const struct batch_head *head;
	const uint8_t *records;         /* `kept` of them */
	uint32_t kept;
	size_t length;                  /* on disk */
	const uint8_t *bulk;            /* hash of the records that went; NULL = it is whole */
};

/* Market data: most of the bytes, needed to live a day again and for nothing else, so it may be pruned. */
static inline bool journal_record_is_bulk(uint16_t kind)
{
	return kind == EVENT_TICK || kind == EVENT_DEPTH;
}

static inline size_t journal_record_size(size_t payload)
{
	return sizeof(struct record_head) + ((payload + 7) & ~(size_t)7);
}

void journal_segment_fill(struct segment_head *head, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH]);
/* NULL = good, else what is wrong with it. ret_err (may not be NULL): ERR_OK, ERR_VERSION or ERR_CORRUPT. */
const char *journal_segment_check(const struct segment_head *head, uint64_t first_seq, int *ret_err);
/* What stands for "the batch before" in front of the very first one. */
void journal_genesis(const uint8_t id[16], uint8_t ret_hash[JOURNAL_HASH]);

/* `at` has room for journal_record_size(len). */
void journal_record_fill(void *at, const struct record *head, const void *payload, size_t len);
/* The record at `at` inside a checked batch; returns its size on disk. */
size_t journal_record_read(const void *at, struct record *ret_head, const void **ret_payload, size_t *ret_len);

/* Of the last record of a batch we made ourselves; 0 without one. */
nanos_t journal_batch_stamp(const struct batch_head *head);

/* Chains and checksums the finished batch at `head` (fields above `hash` filled in) onto `hash`, which moves on. */
void journal_batch_close(struct batch_head *head, const uint8_t id[16], uint8_t hash[JOURNAL_HASH]);
/* The hash the batch ought to carry after `previous`. */
void journal_batch_hash(const struct journal_batch *batch, const uint8_t previous[JOURNAL_HASH], uint8_t ret_hash[JOURNAL_HASH]);
/* Magic, checksum and sane sizes of a head alone; 72 readable bytes. */
bool journal_batch_head_good(const void *at, const uint8_t id[16]);
/* The batch, whole or pruned, at `at`. true = its heads are good and ret->length is its size; more of it need not be readable. The heads take
 * BATCH_HEADS bytes at most, `len` are readable. */
#define BATCH_HEADS (sizeof(struct pruned_head) + sizeof(struct batch_head))
bool journal_batch_at(const void *at, size_t len, const uint8_t id[16], struct journal_batch *ret);
/* A whole batch of batch->length readable bytes: NULL = good, else what is wrong. last_stamp becomes that of the last record; time_back (may be
 * NULL) becomes the first sequence whose stamp is before the one ahead of it. */
const char *journal_batch_check(const struct journal_batch *batch, uint64_t first_seq, nanos_t *last_stamp, uint64_t *time_back);
/* Fills in the head of a batch that was pruned. */
void journal_pruned_fill(struct pruned_head *head, const struct journal_batch *whole, uint32_t kept, size_t length, const uint8_t id[16]);
