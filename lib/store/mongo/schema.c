/* The database's version and indexes, and the document that says how far a journal is projected. A newer build's database is not written to. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

#define NUMBER_TRIES 20             /* hosts that begin a journal at the same instant */

/* Indexes besides `_id`: fields in order, NULL-terminated. Tables without a guard are read along `_id`, which has journal and sequence. */
struct index { const char *collection, *name; bool unique; const char *field[5]; };
static const struct index indexes[] = {
	{ "journals", "account", true, { "account", "journal_id" } },
	{ "orders", "seq", false, { "j", "seq" } },
	{ "orders", "number", false, { "j", "number", "seq" } },
	{ "bars", "series", false, { "j", "symbol", "interval_s", "at" } },
	{ "days", "seq", false, { "j", "seq" } },
	{ "trades", "chart", false, { "j", "underlying", "at" } },
};

/* -- indexes ------------------------------------------------------------------------------------------------------- */

static int make_index(struct backend *b, const struct index *index)
{
	bson_t command = BSON_INITIALIZER, list, one, key;
	bson_error_t words = { 0 };
	char collection[64];

	snprintf(collection, sizeof(collection), "sauda_%s", index->collection);
	BSON_APPEND_UTF8(&command, "createIndexes", collection);
	BSON_APPEND_ARRAY_BEGIN(&command, "indexes", &list);
	BSON_APPEND_DOCUMENT_BEGIN(&list, "0", &one);
	BSON_APPEND_DOCUMENT_BEGIN(&one, "key", &key);
	for (size_t i = 0; i < ARRAY_LEN(index->field) && index->field[i]; i++)
		BSON_APPEND_INT32(&key, index->field[i], 1);
	bson_append_document_end(&one, &key);
	BSON_APPEND_UTF8(&one, "name", index->name);
	if (index->unique)
		BSON_APPEND_BOOL(&one, "unique", true);
	bson_append_document_end(&list, &one);
	bson_append_array_end(&command, &list);
	int err = b->d->client_write_command_with_opts(b->client, b->database, &command, NULL, NULL, &words) ? 0 : mongo_fail(b, &words);
	bson_destroy(&command);
	return err;
}

static int make_indexes(struct backend *b)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(indexes) && !err; i++)
		err = make_index(b, &indexes[i]);
	return err;
}

/* -- version ------------------------------------------------------------------------------------------------------- */

/* What takes a database from the version before to this one. Each step may be repeated: a crash comes between it and its number. */
static const struct { int32_t version; int (*step)(struct backend *b); } migrations[] = {
	{ 1, make_indexes },
};
static_assert(ARRAY_LEN(migrations) == MONGO_SCHEMA, "a step for each version");

static int set_version(struct backend *b, int32_t version)
{
	mongoc_collection_t *c = mongo_collection(b, "meta");
	bson_t *filter = BCON_NEW("_id", BCON_UTF8("schema")), *update = BCON_NEW("$set", "{", "version", BCON_INT32(version), "}");
	bson_t *opts = BCON_NEW("upsert", BCON_BOOL(true));
	bson_error_t words = { 0 };
	int err = b->d->collection_update_one(c, filter, update, opts, NULL, &words) ? 0 : mongo_fail(b, &words);

	bson_destroy(filter);
	bson_destroy(update);
	bson_destroy(opts);
	b->d->collection_destroy(c);
	return err;
}

static int64_t int_of(const bson_t *doc, const char *field)
{
	bson_iter_t at;

	return bson_iter_init_find(&at, doc, field) ? bson_iter_as_int64(&at) : 0;
}

static int read_version(struct backend *b, int64_t *ret)
{
	bson_t *filter = BCON_NEW("_id", BCON_UTF8("schema")), doc;
	int got = mongo_find_one(b, "meta", filter, NULL, &doc);

	bson_destroy(filter);
	*ret = 0;
	if (got != 1)
		return got;
	*ret = int_of(&doc, "version");
	bson_destroy(&doc);
	return 0;
}

int mongo_schema(struct backend *b, struct store_error *error)
{
	int64_t version = 0;
	int err = read_version(b, &version);

	if (!err && version > MONGO_SCHEMA) {
		snprintf(error->text, sizeof(error->text), "the MongoDB database \"%s\" has schema %lld, this build knows up to %d; run the newer build, or "
		         "name another database in MONGODB_URI", b->database, (long long)version, MONGO_SCHEMA);
		return ERR_VERSION;
	}
	for (size_t i = 0; i < ARRAY_LEN(migrations) && !err; i++) {
		if (migrations[i].version <= version)
			continue;
		err = migrations[i].step(b);
		err = err ? err : set_version(b, migrations[i].version);
	}
	return err;
}

/* -- the journal's document ---------------------------------------------------------------------------------------- */

static int find_journal(struct backend *b, const struct store_place *place, bson_t *ret)
{
	bson_t filter = BSON_INITIALIZER;

	BSON_APPEND_UTF8(&filter, "account", place->account);
	BSON_APPEND_BINARY(&filter, "journal_id", BSON_SUBTYPE_BINARY, b->journal_id, sizeof(b->journal_id));
	int got = mongo_find_one(b, "journals", &filter, NULL, ret);
	bson_destroy(&filter);
	return got;
}

static int next_number(struct backend *b, int32_t *ret)
{
	bson_t none = BSON_INITIALIZER, *opts = BCON_NEW("sort", "{", "_id", BCON_INT32(-1), "}"), doc;
	int got = mongo_find_one(b, "journals", &none, opts, &doc);

	bson_destroy(opts);
	bson_destroy(&none);
	*ret = 1;
	if (got != 1)
		return got;
	*ret = (int32_t)int_of(&doc, "_id") + 1;
	bson_destroy(&doc);
	return 0;
}

static int insert_journal(struct backend *b, const struct store_place *place, int32_t number)
{
	mongoc_collection_t *c = mongo_collection(b, "journals");
	bson_t doc = BSON_INITIALIZER;
	bson_error_t words = { 0 };

	BSON_APPEND_INT32(&doc, "_id", number);
	BSON_APPEND_UTF8(&doc, "account", place->account);
	BSON_APPEND_BINARY(&doc, "journal_id", BSON_SUBTYPE_BINARY, b->journal_id, sizeof(b->journal_id));
	BSON_APPEND_INT64(&doc, "seq", 0);
	BSON_APPEND_INT64(&doc, "stamp", 0);
	int err = b->d->collection_insert_one(c, &doc, NULL, NULL, &words) ? 0 : mongo_fail(b, &words);
	bson_destroy(&doc);
	b->d->collection_destroy(c);
	return err;
}

static int make_journal(struct backend *b, const struct store_place *place)
{
	int err = ERR_EXIST;

	for (int n = 0; n < NUMBER_TRIES && err == ERR_EXIST; n++) {
		int32_t number = 0;
		err = next_number(b, &number);
		err = err ? err : insert_journal(b, place, number);
	}
	return err;
}

/* A crash while all rows were being dropped: done again, whole. */
static int finish_forgetting(struct backend *b, struct progress *progress)
{
	bson_t fields = BSON_INITIALIZER;
	int err = mongo_forget_rows(b);

	*progress = (struct progress){ 0 };
	BSON_APPEND_INT64(&fields, "seq", 0);
	BSON_APPEND_INT64(&fields, "stamp", 0);
	BSON_APPEND_INT64(&fields, "doing_seq", 0);
	BSON_APPEND_BOOL(&fields, "forget", false);
	err = err ? err : mongo_mark(b, &fields);
	bson_destroy(&fields);
	return err;
}

int mongo_journal(struct backend *b, const struct store_place *place, struct progress *ret)
{
	bson_t doc;
	int got = find_journal(b, place, &doc);

	if (got == 0) {
		int err = make_journal(b, place);
		if (err)
			return err;
		got = find_journal(b, place, &doc);
	}
	if (got != 1)
		return got < 0 ? got : ERR_IO;
	b->journal = (int32_t)int_of(&doc, "_id");
	*ret = (struct progress){ (uint64_t)int_of(&doc, "seq"), int_of(&doc, "stamp"), (uint64_t)int_of(&doc, "doing_seq"), int_of(&doc, "doing_stamp") };
	bool forget = int_of(&doc, "forget") != 0;
	bson_destroy(&doc);
	return forget ? finish_forgetting(b, ret) : 0;
}

/* The filter has the journal's id: on another host the number may have been taken up under a new one, and then this one's rows end. */
int mongo_mark(struct backend *b, const bson_t *fields)
{
	mongoc_collection_t *c = mongo_collection(b, "journals");
	bson_t filter = BSON_INITIALIZER, update = BSON_INITIALIZER, reply;
	bson_error_t words = { 0 };
	int err = 0;

	BSON_APPEND_INT32(&filter, "_id", b->journal);
	BSON_APPEND_BINARY(&filter, "journal_id", BSON_SUBTYPE_BINARY, b->journal_id, sizeof(b->journal_id));
	BSON_APPEND_DOCUMENT(&update, "$set", fields);
	if (!b->d->collection_update_one(c, &filter, &update, NULL, &reply, &words)) {
		err = mongo_fail(b, &words);
	} else if (int_of(&reply, "matchedCount") != 1) {
		snprintf(b->reason, sizeof(b->reason), "another host took this account's rows up; this one adds no more");
		err = ERR_MISMATCH;
	}
	bson_destroy(&reply);
	bson_destroy(&filter);
	bson_destroy(&update);
	b->d->collection_destroy(c);
	return err;
}
