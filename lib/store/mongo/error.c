/* The driver's errors in this tree's words, without the connection string's secrets. */
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/store/mongo/priv.h"

static const struct { uint32_t code; int err; } servers[] = {
	{ 11000, ERR_EXIST }, { 13, ERR_DENIED }, { 18, ERR_DENIED }, { 8000, ERR_DENIED }, { 31, ERR_FULL }, { 12501, ERR_FULL }, { 14031, ERR_FULL },
	{ 50, ERR_TIMEOUT }, { 64, ERR_TIMEOUT }, { 26, ERR_NOENT },
};

/* Of some providers, quota and rights share a code. */
static bool speaks_of_room(const char *text)
{
	return strcasestr(text, "quota") || strcasestr(text, "disk full") || strcasestr(text, "no space") || strcasestr(text, "full (13)");
}

int mongo_err_of(const bson_error_t *error)
{
	if (error->domain == MONGOC_ERROR_SERVER_SELECTION)
		return strcasestr(error->message, "authentication") ? ERR_DENIED : ERR_TIMEOUT;
	if (error->domain == MONGOC_ERROR_CLIENT && error->code == MONGOC_ERROR_CLIENT_AUTHENTICATE)
		return ERR_DENIED;
	if (error->domain != MONGOC_ERROR_SERVER && error->domain != MONGOC_ERROR_QUERY && error->domain != MONGOC_ERROR_COMMAND &&
	    error->domain != MONGOC_ERROR_WRITE_CONCERN)
		return error->domain == MONGOC_ERROR_BSON ? ERR_INVAL : ERR_IO;
	if (speaks_of_room(error->message))
		return ERR_FULL;
	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
		if (servers[i].code == error->code)
			return servers[i].err;
	return ERR_IO; /* a primary that steps down, among others: a new connection finds the next one */
}

static void blot(char *text, const char *secret)
{
	size_t len = secret ? strlen(secret) : 0;
	char *at;

	if (len < 3) /* too short to be told from any other text */
		return;
	while ((at = strstr(text, secret)))
		memset(at, '*', len);
}

/* Whatever stands between "://" and "@", and the words themselves. */
void mongo_redact(const mongoc_uri_t *uri, const struct driver *d, char *text)
{
	for (char *at = text; (at = strstr(at, "://")); at += 3) {
		char *end = at + 3 + strcspn(at + 3, " \t\n\"'");
		char *sign = memrchr(at + 3, '@', (size_t)(end - at - 3));
		if (sign)
			memset(at + 3, '*', (size_t)(sign - at - 3));
	}
	if (uri) {
		blot(text, d->uri_get_password(uri));
		blot(text, d->uri_get_username(uri));
	}
}
