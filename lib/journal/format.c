#include "lib/journal/format.h"

#include <sodium.h>
#include <string.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"

#define HASHED offsetof(struct batch_head, hash) /* bytes of a batch head that the chain covers */

/* -- segment ------------------------------------------------------------------------------------------------------- */

static uint32_t segment_crc(const struct segment_head *head)
{
	return crc32c(0, head, offsetof(struct segment_head, crc));
}

void journal_segment_fill(struct segment_head *head, const uint8_t id[16], uint64_t first_seq, const uint8_t previous[JOURNAL_HASH])
{
	memset(head, 0, sizeof(*head));
	memcpy(head->magic, SEGMENT_MAGIC, sizeof(head->magic));
	head->version = SEGMENT_VERSION;
	head->size = sizeof(*head);
	memcpy(head->id, id, sizeof(head->id));
	head->first_seq = first_seq;
	memcpy(head->previous, previous, JOURNAL_HASH);
	head->crc = segment_crc(head);
}

const char *journal_segment_check(const struct segment_head *head, uint64_t first_seq, int *ret_err)
{
	const char *wrong = NULL;

	*ret_err = ERR_CORRUPT;
	if (memcmp(head->magic, SEGMENT_MAGIC, sizeof(head->magic)) != 0)
		wrong = "not a journal segment";
	else if (head->crc != segment_crc(head))
		wrong = "segment head checksum is wrong";
	else if (head->version != SEGMENT_VERSION)
		wrong = "segment was written by a newer version", *ret_err = ERR_VERSION;
	else if (head->size != sizeof(*head))
		wrong = "segment head has a wrong size";
	else if (head->first_seq == 0 || head->first_seq > INT64_MAX)
		wrong = "segment begins at an impossible sequence number";
	else if (head->first_seq != first_seq)
		wrong = "segment was renamed: its name and its first record disagree";
	else
		*ret_err = ERR_OK;
	return wrong;
}

void journal_genesis(const uint8_t id[16], uint8_t ret_hash[JOURNAL_HASH])
{
	crypto_generichash(ret_hash, JOURNAL_HASH, id, 16, NULL, 0);
}

/* -- record -------------------------------------------------------------------------------------------------------- */

static uint32_t record_crc(const struct record_head *head)
{
	return crc32c(0, &head->length, journal_record_size(head->length) - offsetof(struct record_head, length));
}

void journal_record_fill(void *at, const struct record *head, const void *payload, size_t len)
{
	struct record_head *record = at;
	uint8_t *bytes = (uint8_t *)(record + 1);
	size_t size = journal_record_size(len) - sizeof(*record);

	record->length = (uint32_t)len;
	record->record = *head;
	if (size > 0)
		memset(bytes + size - 8, 0, 8);
	if (len > 0)
		memcpy(bytes, payload, len);
	record->crc = record_crc(record);
}

size_t journal_record_read(const void *at, struct record *ret_head, const void **ret_payload, size_t *ret_len)
{
	const struct record_head *record = at;

	*ret_head = record->record;
	*ret_payload = record + 1;
	*ret_len = record->length;
	return journal_record_size(record->length);
}

nanos_t journal_batch_stamp(const struct batch_head *head)
{
	const uint8_t *at = (const uint8_t *)(head + 1);
	const struct record_head *record = NULL;

	for (uint32_t i = 0; i < head->records; i++, at += journal_record_size(record->length))
		record = (const struct record_head *)(const void *)at;
	return record == NULL ? 0 : record->record.stamp;
}

/* -- batch --------------------------------------------------------------------------------------------------------- */

static uint32_t batch_crc(const struct batch_head *head, const uint8_t id[16])
{
	return crc32c(crc32c(0, id, 16), head, offsetof(struct batch_head, crc));
}

void journal_batch_hash(const struct batch_head *head, const uint8_t previous[JOURNAL_HASH], uint8_t ret_hash[JOURNAL_HASH])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, JOURNAL_HASH);
	crypto_generichash_update(&state, previous, JOURNAL_HASH);
	crypto_generichash_update(&state, (const uint8_t *)head, HASHED);
	crypto_generichash_update(&state, (const uint8_t *)(head + 1), head->length - sizeof(*head));
	crypto_generichash_final(&state, ret_hash, JOURNAL_HASH);
}

void journal_batch_close(struct batch_head *head, const uint8_t id[16], uint8_t hash[JOURNAL_HASH])
{
	journal_batch_hash(head, hash, head->hash);
	memcpy(hash, head->hash, JOURNAL_HASH);
	head->zero = 0;
	head->crc = batch_crc(head, id);
}

bool journal_batch_head_good(const void *at, const uint8_t id[16])
{
	const struct batch_head *head = at;

	return head->magic == BATCH_MAGIC && head->length >= sizeof(*head) && head->length <= BATCH_MAX &&
	       head->length % 8 == 0 && head->crc == batch_crc(head, id);
}

static const char *record_check(const struct record_head *record, size_t left, uint64_t seq)
{
	if (left < sizeof(*record) || record->length > JOURNAL_RECORD_MAX || journal_record_size(record->length) > left)
		return "record length runs out of its batch";
	if (record->crc != record_crc(record))
		return "record checksum is wrong";
	return record->record.seq == seq ? NULL : "record sequence is not dense";
}

const char *journal_batch_check(const struct batch_head *head, uint64_t first_seq, nanos_t *last_stamp, uint64_t *time_back)
{
	const uint8_t *at = (const uint8_t *)(head + 1);
	size_t left = head->length - sizeof(*head);
	nanos_t stamp = *last_stamp;

	if (head->first_seq != first_seq)
		return "batch is not the next one";
	if ((head->records == 0) != ((head->flags & BATCH_SEAL) != 0))
		return "batch without records";
	for (uint32_t i = 0; i < head->records; i++) {
		const struct record_head *record = (const struct record_head *)(const void *)at;
		const char *wrong = record_check(record, left, first_seq + i);

		if (wrong != NULL)
			return wrong;
		if (time_back != NULL && *time_back == 0 && record->record.stamp < stamp)
			*time_back = first_seq + i;
		stamp = record->record.stamp;
		left -= journal_record_size(record->length);
		at += journal_record_size(record->length);
	}
	if (left != 0)
		return "batch has bytes after its last record";
	*last_stamp = stamp;
	return NULL;
}
