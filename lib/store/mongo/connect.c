/* Connecting: the connection string decides the server, TLS and login; what it leaves open is set here so that a server that is away is noticed soon
 * and a write that was acknowledged outlives its primary. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

#define DATABASE "sauda"            /* when the string names none */
#define SELECT_MS 3000              /* to find a server; queries of the API wait as long */
#define SOCKET_MS 10000
#define MAJORITY_MS 10000

static const struct { const char *option; int32_t ms; } times[] = {
	{ MONGOC_URI_SERVERSELECTIONTIMEOUTMS, SELECT_MS }, { MONGOC_URI_CONNECTTIMEOUTMS, SELECT_MS }, { MONGOC_URI_SOCKETTIMEOUTMS, SOCKET_MS },
};

/* Acknowledged by a majority: a primary that steps down cannot take back what progress speaks of. A string that says `w` itself is the operator's. */
static void ask_majority(struct backend *b)
{
	const mongoc_write_concern_t *asked = b->d->uri_get_write_concern(b->uri);
	mongoc_write_concern_t *wanted = b->d->write_concern_new();

	b->d->write_concern_set_w(wanted, MONGOC_WRITE_CONCERN_W_MAJORITY);
	b->d->write_concern_set_wtimeout_int64(wanted, MAJORITY_MS);
	if (b->d->write_concern_is_default(asked))
		b->d->uri_set_write_concern(b->uri, wanted);
	b->d->write_concern_destroy(wanted);
}

static int make_client(struct backend *b, const char *path, struct store_error *error)
{
	bson_error_t words = { 0 };

	b->uri = b->d->uri_new_with_error(path, &words);
	if (!b->uri) {
		snprintf(error->text, sizeof(error->text), "MONGODB_URI is not a connection string (its text is not shown)");
		return ERR_INVAL;
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (!b->d->uri_has_option(b->uri, times[i].option))
			b->d->uri_set_option_as_int32(b->uri, times[i].option, times[i].ms);
	ask_majority(b);
	b->database = b->d->uri_get_database(b->uri) ? b->d->uri_get_database(b->uri) : DATABASE;
	b->client = b->d->client_new_from_uri_with_error(b->uri, &words);
	if (!b->client)
		return mongo_fail(b, &words);
	b->d->client_set_error_api(b->client, MONGOC_ERROR_API_VERSION_2);
	b->d->client_set_appname(b->client, "sauda");
	return 0;
}

static int connect_steps(struct backend *b, const struct store_place *place, struct store_error *error)
{
	const char *reason = "";

	b->d = driver_load(&reason);
	if (!b->d) {
		snprintf(error->text, sizeof(error->text), "%s", reason);
		return ERR_UNSUPPORTED;
	}
	b->batch = calloc(1, sizeof(*b->batch));
	if (!b->batch)
		return ERR_NOMEM;
	int err = make_client(b, place->path, error);
	return err ? err : mongo_schema(b, error);
}

/* ret_progress NULL: no journal is found or made. */
static int open_client(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	struct backend *b = calloc(1, sizeof(*b));

	error->text[0] = '\0';
	if (!b)
		return ERR_NOMEM;
	b->magic = MONGO_MAGIC;
	memcpy(b->journal_id, place->journal_id, sizeof(b->journal_id));
	int err = connect_steps(b, place, error);
	if (!err && ret_progress)
		err = mongo_journal(b, place, ret_progress);
	if (err) {
		if (!error->text[0])
			snprintf(error->text, sizeof(error->text), "cannot use MongoDB: %s", b->reason[0] ? b->reason : err_text(err));
		mongo_close(&b);
		return err;
	}
	*ret = b;
	return 0;
}

int mongo_open(const struct store_place *place, struct backend **ret, struct progress *ret_progress, struct store_error *error)
{
	struct progress progress = { 0 };
	int err = open_client(place, ret, &progress, error);

	if (!err)
		*ret_progress = progress;
	return err;
}

int mongo_connect(const struct store_place *place, struct backend **ret, struct store_error *error)
{
	return open_client(place, ret, NULL, error);
}

void mongo_close(struct backend **b)
{
	if (!*b)
		return;
	CHECK_OBJ(*b, MONGO_MAGIC);
	mongo_batch_free(&(*b)->batch);
	if ((*b)->client)
		(*b)->d->client_destroy((*b)->client);
	if ((*b)->uri)
		(*b)->d->uri_destroy((*b)->uri);
	(*b)->magic = 0;
	free(*b);
	*b = NULL;
}

/* The prefix keeps apart a database that a program of other collections uses too. */
mongoc_collection_t *mongo_collection(struct backend *b, const char *name)
{
	char full[64];

	snprintf(full, sizeof(full), "sauda_%s", name);
	return b->d->client_get_collection(b->client, b->database, full);
}
