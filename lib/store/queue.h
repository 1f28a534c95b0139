/* Records waiting for the store thread, copied end to end into one growing block; bounded in number and bytes. No lock:
 * the store guards it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/core/event.h"

#define QUEUE_RECORDS_MAX 65536
#define QUEUE_BYTES_MAX (16u << 20)

struct record_queue {
	char *bytes;
	size_t len, cap;
	uint32_t count;
	nanos_t since;          /* when its first record came, by the store's clock; 0 = none */
	uint64_t last_seq;      /* the queue stands for all records up to here, also those nobody keeps; 0 = none */
	nanos_t last_stamp;
};

/* False when the record does not fit; the queue is as before. */
bool queue_put(struct record_queue *q, const struct record *head, const void *payload, size_t len);

/* Marks a record that is not kept as seen. */
void queue_pass(struct record_queue *q, const struct record *head);

/* Walks the records: *place starts at 0; false at the end. The payload is aligned for any struct of a record. */
bool queue_next(const struct record_queue *q, size_t *place, const struct record **ret_head, const void **ret_payload,
                size_t *ret_len);

/* Empties it; memory beyond a modest block is given back, so that one flood is not kept for ever. */
void queue_clear(struct record_queue *q);
void queue_done(struct record_queue *q);
