#include "lib/store/queue.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_KEEP (256u << 10)

struct entry { struct record head; uint64_t len; }; /* followed by the payload, padded to 8 */

static bool make_room(struct record_queue *q, size_t more)
{
	size_t cap = q->cap ? q->cap : 64u << 10;

	if (q->count >= QUEUE_RECORDS_MAX || more > QUEUE_BYTES_MAX - q->len)
		return false;
	while (cap < q->len + more)
		cap *= 2;
	if (cap == q->cap)
		return true;
	char *bytes = realloc(q->bytes, cap);
	if (!bytes)
		return false;
	q->bytes = bytes;
	q->cap = cap;
	return true;
}

void queue_pass(struct record_queue *q, const struct record *head)
{
	q->last_seq = head->seq;
	q->last_stamp = head->stamp;
}

bool queue_put(struct record_queue *q, const struct record *head, const void *payload, size_t len)
{
	struct entry entry = { *head, len };
	size_t padded = (len + 7) & ~(size_t)7;

	if (len > QUEUE_BYTES_MAX || !make_room(q, sizeof(entry) + padded))
		return false;
	memcpy(q->bytes + q->len, &entry, sizeof(entry));
	memcpy(q->bytes + q->len + sizeof(entry), payload, len);
	q->len += sizeof(entry) + padded;
	q->count++;
	queue_pass(q, head);
	return true;
}

bool queue_next(const struct record_queue *q, size_t *place, const struct record **ret_head, const void **ret_payload,
                size_t *ret_len)
{
	if (*place >= q->len)
		return false;
	const struct entry *entry = (const void *)(q->bytes + *place);
	*ret_head = &entry->head;
	*ret_payload = entry + 1;
	*ret_len = entry->len;
	*place += sizeof(*entry) + ((entry->len + 7) & ~(size_t)7);
	return true;
}

void queue_clear(struct record_queue *q)
{
	if (q->cap > QUEUE_KEEP)
		queue_done(q);
	q->len = 0;
	q->count = 0;
	q->since = 0;
	q->last_seq = 0;
	q->last_stamp = 0;
}

void queue_done(struct record_queue *q)
{
	free(q->bytes);
	*q = (struct record_queue){ 0 };
}
