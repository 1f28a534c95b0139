/* What is MongoDB's own: versions of the schema, a host that was replaced, texts that are none, and what an error may not tell. Runs against the server
 * of STORE_TEST_URI; what needs none runs always. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/store/mongo/mongo.h"
#include "lib/store/mongo/priv.h"
#include "tests/store/fixture.h"

static const struct driver *driver(void)
{
	const char *reason = "";
	const struct driver *d = driver_load(&reason);

	if (!d)
		fail_msg("%s", reason);
	return d;
}

/* -- without a server ---------------------------------------------------------------------------------------------- */

static void test_redacted(void **state)
{
	bson_error_t error;
	mongoc_uri_t *uri = driver()->uri_new_with_error("mongodb://alice:hunter2%21@db.example/x", &error);
	char url[] = "cannot reach mongodb://alice:p%40ss@db.example:27017/x?tls=true now, nor mongodb+srv://b:c@d/e";
	char words[] = "user alice with password hunter2! was refused by db.example";

	(void)state;
	mongo_redact(uri, driver(), url);
	assert_string_equal(url, "cannot reach mongodb://************@db.example:27017/x?tls=true now, nor mongodb+srv://***@d/e");
	mongo_redact(uri, driver(), words);
	assert_string_equal(words, "user ***** with password ******** was refused by db.example");
	driver()->uri_destroy(uri);
}

static void test_errors(void **state)
{
	static const struct { uint32_t domain, code; const char *text; int err; } rows[] = {
		{ MONGOC_ERROR_SERVER, 18, "Authentication failed.", ERR_DENIED },
		{ MONGOC_ERROR_SERVER, 13, "not authorized on sauda to execute command", ERR_DENIED },
		{ MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE, "bad auth", ERR_DENIED },
		{ MONGOC_ERROR_SERVER, 8000, "you are over your space quota, using 513 MB of 512 MB", ERR_FULL },
		{ MONGOC_ERROR_SERVER, 8000, "user is not allowed to do action [insert]", ERR_DENIED },
		{ MONGOC_ERROR_SERVER, 14031, "Disk is full", ERR_FULL },
		{ MONGOC_ERROR_SERVER, 10107, "not primary", ERR_IO },
		{ MONGOC_ERROR_SERVER, 11602, "operation was interrupted because of a step-down", ERR_IO },
		{ MONGOC_ERROR_WRITE_CONCERN, 64, "waiting for replication timed out", ERR_TIMEOUT },
		{ MONGOC_ERROR_SERVER_SELECTION, 13053, "No suitable servers found", ERR_TIMEOUT },
		{ MONGOC_ERROR_STREAM, 4, "Failed to read 4 bytes", ERR_IO },
		{ MONGOC_ERROR_SERVER, 11000, "duplicate key", ERR_EXIST },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bson_error_t error = { .domain = rows[i].domain, .code = rows[i].code };
		snprintf(error.message, sizeof(error.message), "%s", rows[i].text);
		if (mongo_err_of(&error) != rows[i].err)
			fail_msg("%s: %d", rows[i].text, mongo_err_of(&error));
	}
}

static int open_at(const char *uri, uint8_t id, const char *account, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	struct store_place place = { .path = uri, .account = account, .journal_id = { id } };

	*ret = NULL;
	return store_mongo_ops.open(&place, ret, ret_progress, error);
}

static void test_not_a_connection_string(void **state)
{
	struct store_error error;
	struct progress progress;
	struct backend *b;

	(void)state;
	assert_int_equal(open_at("mongodb://bad:hunter2@", 1, "", &b, &progress, &error), ERR_INVAL);
	assert_non_null(strstr(error.text, "MONGODB_URI"));
	assert_null(strstr(error.text, "hunter2"));
	assert_null(b);
}

/* Nobody listens: told soon, without the password, and the store goes on. */
static void test_no_server(void **state)
{
	const char *uri = "mongodb://alice:hunter2@127.0.0.1:1/x?serverSelectionTimeoutMS=100";
	struct store_options o = { .ops = &store_mongo_ops, .path = uri, .journal_id = fixture_id, .journal_dir = "/nowhere" };
	struct store_error error = { "" };
	struct store_state st = { 0 };
	struct store *s = NULL;

	(void)state;
	assert_int_equal(store_open(&o, &s, &error), 0);
	fixture_put_range(s, 1, 1000);
	while (st.errors == 0) {
		usleep(1000);
		store_state(s, &st);
	}
	assert_false(st.ok);
	assert_int_equal(st.queued, 1000);
	assert_non_null(strstr(st.last_error, "MongoDB"));
	assert_null(strstr(st.last_error, "hunter2"));
	store_close(&s);
}

/* -- with one ------------------------------------------------------------------------------------------------------ */

static struct backend *open_good(const char *uri, uint8_t id, const char *account, struct progress *ret_progress)
{
	struct store_error error;
	struct backend *b;

	if (open_at(uri, id, account, &b, ret_progress, &error) != 0)
		fail_msg("%s", error.text);
	return b;
}

static void update(struct backend *b, const char *collection, bson_t *filter, bson_t *change)
{
	mongoc_collection_t *c = mongo_collection(b, collection);

	assert_true(b->d->collection_update_one(c, filter, change, NULL, NULL, NULL));
	b->d->collection_destroy(c);
	bson_destroy(filter);
	bson_destroy(change);
}

static void test_newer_and_older_schema(void **state)
{
	struct store_error error;
	struct progress progress;
	struct backend *b, *other;
	char uri[300];

	(void)state;
	fixture_path(uri, sizeof(uri), "", "schema");
	b = open_good(uri, 1, "", &progress);
	update(b, "meta", BCON_NEW("_id", BCON_UTF8("schema")), BCON_NEW("$set", "{", "version", BCON_INT32(MONGO_SCHEMA + 1), "}"));
	assert_int_equal(open_at(uri, 1, "", &other, &progress, &error), ERR_VERSION);
	assert_non_null(strstr(error.text, "run the newer build"));
	assert_int_equal(open_at(uri, 2, "", &other, &progress, &error), ERR_VERSION); /* and a new journal is not entered either */
	update(b, "meta", BCON_NEW("_id", BCON_UTF8("schema")), BCON_NEW("$set", "{", "version", BCON_INT32(0), "}"));
	store_mongo_ops.close(&b);
	b = open_good(uri, 1, "", &progress); /* migrated again: each step may be repeated */
	bson_t *filter = BCON_NEW("_id", BCON_UTF8("schema")), doc;
	bson_iter_t at;
	assert_int_equal(mongo_find_one(b, "meta", filter, NULL, &doc), 1);
	assert_true(bson_iter_init_find(&at, &doc, "version"));
	assert_int_equal(bson_iter_as_int64(&at), MONGO_SCHEMA);
	bson_destroy(&doc);
	bson_destroy(filter);
	store_mongo_ops.close(&b);
}

static int count_row(void *ctx, const struct row *row)
{
	(void)row;
	++*(int *)ctx;
	return 0;
}

static int rows_of(struct backend *b, enum row_table table)
{
	int n = 0;

	assert_int_equal(store_mongo_ops.scan(b, table, count_row, &n), 0);
	return n;
}

static void put_event(struct backend *b, uint64_t seq)
{
	struct row row;

	row_begin(&row, TABLE_EVENTS);
	row_number(&row, EVENTS_SEQ, (int64_t)seq);
	row_number(&row, EVENTS_AT, FIXTURE_DAY);
	row_number(&row, EVENTS_KIND, EVENT_COMMAND);
	row_blob(&row, EVENTS_PAYLOAD, "x", 1);
	assert_int_equal(store_mongo_ops.begin(b), 0);
	assert_int_equal(store_mongo_ops.apply(b, &row), 0);
}

/* Idempotent by account, journal and sequence: of none of the others is anything seen or dropped. */
static void test_accounts_and_journals_apart(void **state)
{
	struct progress progress;
	struct backend *one, *two, *three;
	char uri[300];

	(void)state;
	fixture_path(uri, sizeof(uri), "", "apart");
	one = open_good(uri, 1, "live:a", &progress);
	two = open_good(uri, 2, "live:a", &progress);
	three = open_good(uri, 1, "live:b", &progress);
	struct backend *all[] = { one, two, three };
	for (int again = 0; again < 2; again++)
		for (int i = 0; i < 3; i++) {
			put_event(all[i], 7);
			assert_int_equal(store_mongo_ops.commit(all[i], &(struct progress){ 7, FIXTURE_DAY }), 0);
			assert_int_equal(rows_of(all[i], TABLE_EVENTS), 1);
		}
	assert_int_equal(store_mongo_ops.begin(two), 0);
	assert_int_equal(store_mongo_ops.forget(two), 0);
	assert_int_equal(store_mongo_ops.commit(two, &(struct progress){ 0 }), 0);
	assert_int_equal(rows_of(one, TABLE_EVENTS), 1);
	assert_int_equal(rows_of(two, TABLE_EVENTS), 0);
	assert_int_equal(rows_of(three, TABLE_EVENTS), 1);
	for (int i = 0; i < 3; i++)
		store_mongo_ops.close(&all[i]);
	one = open_good(uri, 1, "live:a", &progress);
	assert_int_equal(progress.seq, 7);
	store_mongo_ops.close(&one);
}

/* The journal's document has another journal's id: this host was replaced. Its batch is refused before a row of it is written. */
static void test_replaced_host_adds_nothing(void **state)
{
	struct progress progress;
	struct backend *b;
	char uri[300];

	(void)state;
	fixture_path(uri, sizeof(uri), "", "replaced");
	b = open_good(uri, 1, "live:a", &progress);
	update(b, "journals", BCON_NEW("_id", BCON_INT32(1)), BCON_NEW("$set", "{", "journal_id", BCON_UTF8("another"), "}"));
	put_event(b, 1);
	assert_int_equal(store_mongo_ops.commit(b, &(struct progress){ 1, FIXTURE_DAY }), ERR_MISMATCH);
	assert_non_null(strstr(store_mongo_ops.reason(b), "another host"));
	assert_int_equal(rows_of(b, TABLE_EVENTS), 0);
	store_mongo_ops.close(&b);
}

/* A crash between the batch's beginning and its end is told at the next open; one in the middle of dropping all rows is finished. */
static void test_torn(void **state)
{
	struct progress progress;
	struct backend *b;
	char uri[300];

	(void)state;
	fixture_path(uri, sizeof(uri), "", "torn");
	b = open_good(uri, 1, "", &progress);
	put_event(b, 5);
	assert_int_equal(store_mongo_ops.commit(b, &(struct progress){ 5, 55 }), 0);
	update(b, "journals", BCON_NEW("_id", BCON_INT32(1)),
	       BCON_NEW("$set", "{", "doing_seq", BCON_INT64(9), "doing_stamp", BCON_INT64(99), "}"));
	store_mongo_ops.close(&b);
	b = open_good(uri, 1, "", &progress);
	assert_int_equal(progress.seq, 5);
	assert_int_equal(progress.stamp, 55);
	assert_int_equal(progress.torn_seq, 9);
	assert_int_equal(progress.torn_stamp, 99);
	update(b, "journals", BCON_NEW("_id", BCON_INT32(1)), BCON_NEW("$set", "{", "forget", BCON_BOOL(true), "}"));
	store_mongo_ops.close(&b);
	b = open_good(uri, 1, "", &progress);
	assert_int_equal(progress.seq, 0);
	assert_int_equal(progress.torn_seq, 0);
	assert_int_equal(rows_of(b, TABLE_EVENTS), 0);
	store_mongo_ops.close(&b);
}

int main(void)
{
	const struct CMUnitTest alone[] = {
		cmocka_unit_test(test_redacted), cmocka_unit_test(test_errors), cmocka_unit_test(test_not_a_connection_string),
		cmocka_unit_test(test_no_server),
	};
	const struct CMUnitTest with[] = {
		cmocka_unit_test(test_newer_and_older_schema), cmocka_unit_test(test_accounts_and_journals_apart),
		cmocka_unit_test(test_replaced_host_adds_nothing), cmocka_unit_test(test_torn),
	};
	int failed = cmocka_run_group_tests_name("mongo", alone, NULL, NULL);

	return failed || (fixture_mongo() && cmocka_run_group_tests_name("mongo_server", with, NULL, NULL));
}
