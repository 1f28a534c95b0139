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

/* Records of one sort, in order: of the batch's that are there. */
static void hash_sort(const struct journal_batch *batch, bool bulk, uint8_t ret_hash[JOURNAL_HASH])
{
	crypto_generichash_state state;
	const uint8_t *at = batch->records;

	crypto_generichash_init(&state, NULL, 0, JOURNAL_HASH);
	for (uint32_t i = 0; i < batch->kept; i++) {
		const struct record_head *record = (const struct record_head *)(const void *)at;
		size_t size = journal_record_size(record->length);

		if (journal_record_is_bulk(record->record.kind) == bulk)
			crypto_generichash_update(&state, at, size);
		at += size;
	}
	crypto_generichash_final(&state, ret_hash, JOURNAL_HASH);
}

/* Hash of the batch's bulk records alone. */
static void journal_batch_bulk(const struct journal_batch *batch, uint8_t ret_hash[JOURNAL_HASH])
{
	if (batch->bulk == NULL)
		hash_sort(batch, true, ret_hash);
	else
		memcpy(ret_hash, batch->bulk, JOURNAL_HASH);
}

void journal_batch_hash(const struct journal_batch *batch, const uint8_t previous[JOURNAL_HASH], uint8_t ret_hash[JOURNAL_HASH])
{
	crypto_generichash_state state;
	uint8_t part[JOURNAL_HASH];

	crypto_generichash_init(&state, NULL, 0, JOURNAL_HASH);
	crypto_generichash_update(&state, previous, JOURNAL_HASH);
	crypto_generichash_update(&state, (const uint8_t *)batch->head, HASHED);
	if (batch->head->flags & BATCH_BULK) {
		hash_sort(batch, false, part);
		crypto_generichash_update(&state, part, sizeof(part));
		journal_batch_bulk(batch, part);
		crypto_generichash_update(&state, part, sizeof(part));
	} else {
		crypto_generichash_update(&state, batch->records, batch->head->length - sizeof(*batch->head));
	}
	crypto_generichash_final(&state, ret_hash, JOURNAL_HASH);
}

static struct journal_batch batch_whole(const struct batch_head *head)
{
	return (struct journal_batch){ .head = head, .records = (const uint8_t *)(head + 1), .kept = head->records, .length = head->length };
}

void journal_batch_close(struct batch_head *head, const uint8_t id[16], uint8_t hash[JOURNAL_HASH])
{
	const struct journal_batch batch = batch_whole(head);

	journal_batch_hash(&batch, hash, head->hash);
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

static uint32_t pruned_crc(const struct pruned_head *head, const uint8_t id[16])
{
	return crc32c(crc32c(0, id, 16), head, offsetof(struct pruned_head, crc));
}

void journal_pruned_fill(struct pruned_head *head, const struct journal_batch *whole, uint32_t kept, size_t length, const uint8_t id[16])
{
	*head = (struct pruned_head){ .magic = PRUNED_MAGIC, .length = (uint32_t)length, .records = kept };
	journal_batch_bulk(whole, head->bulk);
	head->crc = pruned_crc(head, id);
}

static bool pruned_at(const struct pruned_head *pruned, size_t len, const uint8_t id[16], struct journal_batch *ret)
{
	const struct batch_head *head = (const struct batch_head *)(const void *)(pruned + 1);

	if (len < BATCH_HEADS || pruned->crc != pruned_crc(pruned, id) || !journal_batch_head_good(head, id))
		return false;
	if (!(head->flags & BATCH_BULK) || pruned->records >= head->records || pruned->length < BATCH_HEADS || pruned->length > head->length ||
	    pruned->length % 8 != 0)
		return false;
	*ret = (struct journal_batch){ .head = head, .records = (const uint8_t *)(head + 1), .kept = pruned->records, .length = pruned->length,
	                               .bulk = pruned->bulk };
	return true;
}

bool journal_batch_at(const void *at, size_t len, const uint8_t id[16], struct journal_batch *ret)
{
	if (len >= sizeof(struct pruned_head) && *(const uint32_t *)at == PRUNED_MAGIC)
		return pruned_at(at, len, id, ret);
	if (len < sizeof(struct batch_head) || !journal_batch_head_good(at, id))
		return false;
	*ret = batch_whole(at);
	return true;
}

/* Dense in a whole batch; in a pruned one a sequence number may be anywhere from seq to the batch's last. */
static const char *record_check(const struct record_head *record, size_t left, uint64_t seq, uint64_t last)
{
	if (left < sizeof(*record) || record->length > JOURNAL_RECORD_MAX || journal_record_size(record->length) > left)
		return "record length runs out of its batch";
	if (record->crc != record_crc(record))
		return "record checksum is wrong";
	return record->record.seq >= seq && record->record.seq <= last ? NULL : "record sequence is not dense";
}

const char *journal_batch_check(const struct journal_batch *batch, uint64_t first_seq, nanos_t *last_stamp, uint64_t *time_back)
{
	const struct batch_head *head = batch->head;
	const uint8_t *at = batch->records;
	size_t left = batch->length - (batch->bulk == NULL ? sizeof(*head) : BATCH_HEADS);
	uint64_t seq = first_seq, gone = head->records - batch->kept;
	nanos_t stamp = *last_stamp;

	if (head->first_seq != first_seq)
		return "batch is not the next one";
	if ((head->records == 0) != ((head->flags & BATCH_SEAL) != 0))
		return "batch without records";
	for (uint32_t i = 0; i < batch->kept; i++) {
		const struct record_head *record = (const struct record_head *)(const void *)at;
		const char *wrong = record_check(record, left, seq, first_seq + i + gone);

		if (wrong != NULL)
			return wrong;
		seq = record->record.seq;
		if (time_back != NULL && *time_back == 0 && record->record.stamp < stamp)
			*time_back = seq;
		seq++;
		stamp = record->record.stamp;
		left -= journal_record_size(record->length);
		at += journal_record_size(record->length);
	}
	if (left != 0)
		return "batch has bytes after its last record";
	*last_stamp = stamp;
	return NULL;
}
