/* Records one by one, and the check of everything. Both only read. */
#include "lib/journal/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/journal/digest.h"
#include "lib/journal/walk.h"

#define READER_MAGIC UINT32_C(0x6A6E6C72)

struct journal_reader {
	uint32_t magic;
	uint64_t from;
	struct journal_walk walk;
	const uint8_t *at;      /* next record of the batch at hand */
	uint32_t left;          /* records there */
	int damaged;            /* enum err that ended it for good */
	struct journal_error *error; /* the caller's, may be NULL */
};

int journal_reader_open(const char *dir, uint64_t from, struct journal_reader **ret, struct journal_error *error)
{
	struct journal_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return journal_error_set(error, ERR_NOMEM, "%s: out of memory", dir);
	r->magic = READER_MAGIC;
	r->from = from;
	r->error = error;
	int err = journal_walk_open(&r->walk, dir, from, WALK_READ);

	if (err != ERR_OK) {
		if (error != NULL)
			*error = r->walk.error;
		free(r);
		return err;
	}
	*ret = r;
	return ERR_OK;
}

/* 1 = a batch with records is at hand. */
static int reader_batch(struct journal_reader *r)
{
	struct journal_batch batch;
	int err;

	while (r->left == 0) {
		err = journal_walk_next(&r->walk, &batch);
		if (err < 0) {
			r->damaged = err;
			if (r->error != NULL)
				*r->error = r->walk.error;
		}
		if (err <= 0)
			return err;
		if (batch.head->first_seq + batch.head->records <= r->from)
			continue;
		r->at = batch.records;
		r->left = batch.kept;
	}
	return 1;
}

int journal_reader_next(struct journal_reader *r, struct record *ret_head, const void **ret_payload, size_t *ret_len)
{
	struct record head;
	const void *payload;
	size_t len;
	int err;

	CHECK_OBJ(r, READER_MAGIC);
	if (r->damaged != ERR_OK)
		return r->damaged;
	do {
		if ((err = reader_batch(r)) <= 0)
			return err;
		r->at += journal_record_read(r->at, &head, &payload, &len);
		r->left--;
	} while (head.seq < r->from);
	*ret_head = head;
	*ret_payload = payload;
	*ret_len = len;
	return 1;
}

void journal_reader_close(struct journal_reader **ref)
{
	struct journal_reader *r = *ref;

	if (r == NULL)
		return;
	CHECK_OBJ(r, READER_MAGIC);
	*ref = NULL;
	journal_walk_done(&r->walk);
	r->magic = 0;
	free(r);
}

/* -- everything ------------------------------------------------------------------------------------------------------ */

static void report_fill(struct journal_report *report, const struct journal_walk *w)
{
	bool records = w->next_seq > w->first_seq;

	memcpy(report->state.id, w->id, sizeof(report->state.id));
	memcpy(report->state.hash, w->hash, sizeof(report->state.hash));
	report->state.first_seq = records ? w->first_seq : 0;
	report->state.last_seq = records ? w->next_seq - 1 : 0;
	report->state.batches = w->batches;
	report->state.bytes = w->bytes;
	report->state.torn_bytes = w->torn_bytes;
	report->state.last_stamp = records ? w->last_stamp : 0;
	report->records = w->next_seq - w->first_seq;
	report->pruned = w->pruned;
	report->segments = w->n - (w->stillborn ? 1 : 0);
}

static void digest_batch(crypto_generichash_state *digest, const struct journal_batch *batch)
{
	const uint8_t *at = batch->records;
	struct record head;
	const void *payload;
	size_t len;

	for (uint32_t i = 0; i < batch->kept; i++) {
		at += journal_record_read(at, &head, &payload, &len);
		journal_digest_add(digest, &head, payload, len);
	}
}

int journal_verify(const char *dir, struct journal_report *ret)
{
	struct journal_walk w;
	struct journal_batch batch;
	int err = journal_walk_open(&w, dir, 0, WALK_HASH);

	crypto_generichash_state digest;

	memset(ret, 0, sizeof(*ret));
	journal_digest_begin(&digest);
	if (err == ERR_OK) {
		while ((err = journal_walk_next(&w, &batch)) > 0)
			digest_batch(&digest, &batch);
		journal_digest_end(&digest, ret->digest);
		report_fill(ret, &w);
		if (err == ERR_OK && w.fd < 0 && !w.stillborn)
			err = journal_error_set(&w.error, ERR_NOENT, "%s: there is no journal in this folder", dir);
		else if (err == ERR_OK && w.time_back != 0)
			err = journal_error_set(&w.error, ERR_CORRUPT, "%s: record %llu is stamped before the one ahead of it", dir,
						(unsigned long long)w.time_back);
	}
	if (err != ERR_OK)
		memcpy(ret->damage, w.error.text, sizeof(ret->damage));
	journal_walk_done(&w);
	return err;
}
