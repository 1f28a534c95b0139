/* The MongoDB backend: the table of its hooks, and what all of them share. */
#include "lib/store/mongo/mongo.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/store/mongo/priv.h"

int mongo_fail(struct backend *b, const bson_error_t *error)
{
	char text[sizeof(error->message)];

	memcpy(text, error->message, sizeof(text)); /* whole: half a password would not be found */
	text[sizeof(text) - 1] = '\0';
	mongo_redact(b->uri, b->d, text);
	snprintf(b->reason, sizeof(b->reason), "%.159s", text);
	return mongo_err_of(error);
}

/* A server mends its own files: nothing is ever damaged from here. */
static int set_aside(const char *path, char *ret_name, size_t size, struct store_error *error)
{
	(void)path;
	(void)ret_name;
	(void)size;
	snprintf(error->text, sizeof(error->text), "a MongoDB server's files are its own to mend");
	return ERR_UNSUPPORTED;
}

static const char *reason(struct backend *b)
{
	CHECK_OBJ(b, MONGO_MAGIC);
	return b->reason;
}

const struct store_ops store_mongo_ops = {
	.name = "mongodb",
	.remote = true,
	.batch = MONGO_BATCH,
	.open = mongo_open,
	.close = mongo_close,
	.set_aside = set_aside,
	.begin = mongo_begin,
	.apply = mongo_apply,
	.commit = mongo_commit,
	.rollback = mongo_rollback,
	.forget = mongo_forget,
	.scan = mongo_scan,
	.query = mongo_query,
	.tail_put = mongo_tail_put,
	.tail_current = mongo_tail_current,
	.tail_read = mongo_tail_read,
	.tail_take = mongo_tail_take,
	.reason = reason,
};
