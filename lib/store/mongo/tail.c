/* The parts a lost disk is made again from: a document each in `tails`, by journal, generation and number. Which generation counts is a field of the
 * journal's document, set when all of its parts are there. */
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

#define TAILS "tails"

int mongo_tail_put(struct backend *b, int64_t generation, uint32_t number, const void *bytes, size_t len)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	mongoc_collection_t *c = mongo_collection(b, TAILS);
	bson_t doc = BSON_INITIALIZER;
	bson_error_t words = { 0 };
	char id[64];

	snprintf(id, sizeof(id), "%d:%016llx:%010u", (int)b->journal, (unsigned long long)generation, number);
	BSON_APPEND_UTF8(&doc, "_id", id);
	BSON_APPEND_INT32(&doc, "j", b->journal);
	BSON_APPEND_INT64(&doc, "generation", generation);
	BSON_APPEND_BINARY(&doc, "bytes", BSON_SUBTYPE_BINARY, bytes, (uint32_t)len);
	int err = b->d->collection_insert_one(c, &doc, NULL, NULL, &words) ? 0 : mongo_fail(b, &words);
	bson_destroy(&doc);
	b->d->collection_destroy(c);
	return err;
}

/* Those before it are of no use any more. */
static int remove_others(struct backend *b, int64_t generation)
{
	mongoc_collection_t *c = mongo_collection(b, TAILS);
	bson_t *filter = BCON_NEW("j", BCON_INT32(b->journal), "generation", "{", "$ne", BCON_INT64(generation), "}");
	bson_error_t words = { 0 };
	int err = b->d->collection_delete_many(c, filter, NULL, NULL, &words) ? 0 : mongo_fail(b, &words);

	bson_destroy(filter);
	b->d->collection_destroy(c);
	return err;
}

int mongo_tail_current(struct backend *b, int64_t generation)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	bson_t fields = BSON_INITIALIZER;

	BSON_APPEND_INT64(&fields, "tail", generation);
	int err = mongo_mark(b, &fields);
	bson_destroy(&fields);
	return err ? err : remove_others(b, generation);
}

/* -- another host takes it up -------------------------------------------------------------------------------------- */

static int64_t int_of(const bson_t *doc, const char *field)
{
	bson_iter_t at;

	return bson_iter_init_find(&at, doc, field) ? bson_iter_as_int64(&at) : 0;
}

static bool bytes_of(const bson_t *doc, const char *field, const void **ret, size_t *ret_len)
{
	bson_subtype_t subtype;
	const uint8_t *bytes;
	bson_iter_t at;
	uint32_t len;

	if (!bson_iter_init_find(&at, doc, field) || !BSON_ITER_HOLDS_BINARY(&at))
		return false;
	bson_iter_binary(&at, &subtype, &len, &bytes);
	*ret = bytes;
	*ret_len = len;
	return true;
}

/* The account's newest journal. */
static int find_owner(struct backend *b, const char *account, struct tail_owner *ret, int64_t *ret_generation)
{
	bson_t *filter = BCON_NEW("account", BCON_UTF8(account)), *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(-1), "}"), doc;
	int got = mongo_find_one(b, "journals", filter, opts, &doc);
	const void *id;
	size_t len;

	bson_destroy(filter);
	bson_destroy(opts);
	if (got != 1)
		return got < 0 ? got : ERR_NOENT;
	int64_t seq = int_of(&doc, "seq"), doing = int_of(&doc, "doing_seq");
	*ret = (struct tail_owner){ .number = int_of(&doc, "_id"), .seq = (uint64_t)(seq > doing ? seq : doing) };
	*ret_generation = int_of(&doc, "tail");
	int err = bytes_of(&doc, "journal_id", &id, &len) && len == sizeof(ret->journal_id) ? 0 : ERR_CORRUPT;
	if (!err)
		memcpy(ret->journal_id, id, len);
	bson_destroy(&doc);
	return err;
}

static int walk_parts(struct backend *b, int64_t number, int64_t generation, tail_part_fn *part, void *ctx)
{
	mongoc_collection_t *c = mongo_collection(b, TAILS);
	bson_t *filter = BCON_NEW("j", BCON_INT32((int32_t)number), "generation", BCON_INT64(generation));
	bson_t *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(1), "}");
	const void *bytes;
	const bson_t *doc;
	size_t len;
	int err = 0;

	mongo_read_majority(b, opts);
	mongoc_cursor_t *cursor = b->d->collection_find_with_opts(c, filter, opts, NULL);
	while (!err && b->d->cursor_next(cursor, &doc))
		err = bytes_of(doc, "bytes", &bytes, &len) ? part(ctx, bytes, len) : ERR_CORRUPT;
	int end = mongo_cursor_end(b, cursor);
	bson_destroy(filter);
	bson_destroy(opts);
	b->d->collection_destroy(c);
	return err ? err : end;
}

static void explain(struct backend *b, int err, struct store_error *error)
{
	if (err && b->reason[0])
		snprintf(error->text, sizeof(error->text), "MongoDB: %s", b->reason);
}

int mongo_tail_read(const struct store_place *place, tail_part_fn *part, void *ctx, struct tail_owner *ret, struct store_error *error)
{
	struct backend *b;
	int64_t generation = 0;
	int err = mongo_connect(place, &b, error);

	if (err)
		return err;
	err = find_owner(b, place->account, ret, &generation);
	if (!err)
		err = generation ? walk_parts(b, ret->number, generation, part, ctx) : ERR_TRUNCATED;
	explain(b, err, error);
	mongo_close(&b);
	return err;
}

int mongo_tail_take(const struct store_place *place, const struct tail_owner *owner, struct store_error *error)
{
	struct backend *b;
	bson_t fields = BSON_INITIALIZER;
	int err = mongo_connect(place, &b, error);

	if (!err) {
		b->journal = (int32_t)owner->number;
		memcpy(b->journal_id, owner->journal_id, sizeof(b->journal_id));
		BSON_APPEND_BINARY(&fields, "journal_id", BSON_SUBTYPE_BINARY, place->journal_id, sizeof(place->journal_id));
		err = mongo_mark(b, &fields);
		explain(b, err, error);
		mongo_close(&b);
	}
	bson_destroy(&fields);
	return err;
}
