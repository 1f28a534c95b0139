/* The text side of SFeed: what the server says of itself and of subscriptions, and our introduction. kotak-neo-api.md 4.2, 4.3, 4.5, 4.9. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/obj.h"
#include "lib/feed/kotak/sfeed.h"

#define REASON_MAX 96
#define DIVIDER_MAX 1000000000

static const char *const exchange_names[SFEED_EXCHANGES] = {
	"none", "nse_cm", "nse_fo", "cde_fo", "nse_com", "bse_cm", "bse_fo", "bse_cd", "bse_co", "mcx_fo", "ncd_co",
};

/* -- values -------------------------------------------------------------------------------------------------- */

/* A whole number in [min, max], as number or as text; false for anything else. */
static bool whole(const cJSON *item, int64_t min, int64_t max, int64_t *ret)
{
	if (cJSON_IsString(item))
		return num_parse_int(item->valuestring, strlen(item->valuestring), min, max, ret) == 0;
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= (double)min && item->valuedouble <= (double)max))
		return false;
	int64_t value = (int64_t)item->valuedouble;
	if ((double)value != item->valuedouble)
		return false;
	*ret = value;
	return true;
}

/* The server's words, fit for a log line. */
static void say(char reason[REASON_MAX], const char *before, const cJSON *text)
{
	snprintf(reason, REASON_MAX, "%s%s", before, cJSON_IsString(text) ? text->valuestring : "");
	for (char *c = reason; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c >= 127)
			*c = '?';
}

/* -- greeting and acceptance --------------------------------------------------------------------------------- */

static int exchange_id(const char *name)
{
	for (int i = 1; i < SFEED_EXCHANGES; i++)
		if (strcmp(exchange_names[i], name) == 0)
			return i;
	return -1;
}

/* One entry of `exchanges`. An id other than the one we know would send every packet to the wrong exchange. */
static bool store_divider(const cJSON *entry, struct sfeed_scale *scale, char reason[REASON_MAX])
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(entry, "value"), *divider = cJSON_GetObjectItemCaseSensitive(entry, "divider");
	int id = entry->string ? exchange_id(entry->string) : -1;
	int64_t number;

	if (id < 0)
		return true; /* one we do not trade on */
	if (value && (!whole(value, 0, UINT8_MAX, &number) || number != id)) {
		snprintf(reason, REASON_MAX, "the server numbers %s differently (known as %d)", exchange_names[id], id);
		return false;
	}
	if (!divider)
		return true;
	if (!whole(divider, 1, DIVIDER_MAX, &number)) {
		snprintf(reason, REASON_MAX, "the divider of %s is no number of 1 to %d", exchange_names[id], DIVIDER_MAX);
		return false;
	}
	scale->divider[id] = number;
	return true;
}

static enum sfeed_message greeting(const cJSON *root, enum sfeed_message good, struct sfeed_scale *scale, char reason[REASON_MAX])
{
	const cJSON *exchanges = cJSON_GetObjectItemCaseSensitive(root, "exchanges"), *entry;
	const cJSON *format = cJSON_GetObjectItemCaseSensitive(root, "format");
	struct sfeed_scale read = *scale;

	if (format && !(cJSON_IsString(format) && strcmp(format->valuestring, "native_batch") == 0)) {
		say(reason, "the server sends another format than native_batch: ", format);
		return SFEED_MSG_FORMAT;
	}
	cJSON_ArrayForEach(entry, exchanges)
		if (!store_divider(entry, &read, reason))
			return SFEED_MSG_BAD;
	*scale = read;
	return good;
}

/* -- acknowledgement ----------------------------------------------------------------------------------------- */

typedef void symbol_take(void *ctx, const char *key, const char *trading_symbol);

/* Either "trading_symbols" {key: symbol}, or "data" {key: {"trading_symbols": symbol}}; both at once say the same twice. */
static void acknowledge(const cJSON *root, symbol_take *symbol, void *ctx, char reason[REASON_MAX])
{
	const cJSON *symbols = cJSON_GetObjectItemCaseSensitive(root, "trading_symbols"), *entry;
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(root, "error_code");
	int64_t number;

	if (error && !(whole(error, INT_MIN, INT_MAX, &number) && number == 0))
		say(reason, "the subscription was answered with an error: ", cJSON_GetObjectItemCaseSensitive(root, "description"));
	if (!symbols)
		symbols = cJSON_GetObjectItemCaseSensitive(root, "data");
	cJSON_ArrayForEach(entry, symbols) {
		const cJSON *text = cJSON_IsObject(entry) ? cJSON_GetObjectItemCaseSensitive(entry, "trading_symbols") : entry;

		if (entry->string && cJSON_IsString(text))
			symbol(ctx, entry->string, text->valuestring);
	}
}

/* -- the two directions -------------------------------------------------------------------------------------- */

static enum sfeed_message dispatch(const cJSON *root, struct sfeed_scale *scale, symbol_take *symbol, void *ctx, char reason[REASON_MAX])
{
	int64_t code;

	if (!cJSON_IsObject(root) || !whole(cJSON_GetObjectItemCaseSensitive(root, "message_code"), 0, INT_MAX, &code))
		return SFEED_MSG_OTHER;
	switch (code) {
	case 1119:
		return greeting(root, SFEED_MSG_GREETING, scale, reason);
	case 1117:
		return greeting(root, SFEED_MSG_ACCEPTED, scale, reason);
	case 1120:
		say(reason, "the feed refused the session: ", cJSON_GetObjectItemCaseSensitive(root, "message"));
		return SFEED_MSG_REFUSED;
	case 1109:
		acknowledge(root, symbol, ctx, reason);
		return SFEED_MSG_ACK;
	}
	return SFEED_MSG_OTHER;
}

enum sfeed_message sfeed_message(const char *text, size_t len, struct sfeed_scale *scale,
                                 void (*symbol)(void *ctx, const char *key, const char *trading_symbol), void *ctx, char reason[96])
{
	cJSON *root = memchr(text, '\0', len) ? NULL : cJSON_ParseWithLength(text, len);

	reason[0] = '\0';
	if (!root) {
		snprintf(reason, REASON_MAX, "the server sent text that is not JSON");
		return SFEED_MSG_BAD;
	}
	enum sfeed_message ret = dispatch(root, scale, symbol, ctx, reason);
	cJSON_Delete(root);
	return ret;
}

/* UTC with a Z, as the official client writes it. */
static void put_date(char *text, size_t size, nanos_t now)
{
	nanos_t day = num_div_floor(now, NANOS_DAY), ms = (now - day * NANOS_DAY) / NANOS_MS;
	struct civil c = date_to_civil((date_t)day);

	snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, (int)(ms / 3600000), (int)(ms / 60000 % 60),
	         (int)(ms / 1000 % 60), (int)(ms % 1000));
}

void sfeed_auth(const char *ucc, const char *sid, nanos_t now, struct buf *out)
{
	char date[64];
	struct json j;

	put_date(date, sizeof(date), now);
	json_begin(&j, out);
	json_object(&j, NULL);
	json_str(&j, "user", ucc);
	json_str(&j, "auth", sid);
	json_str(&j, "format", "native_batch");
	json_str(&j, "source", "NEOTRADEAPI");
	json_str(&j, "platform", "Web");
	json_str(&j, "version", "1.2.3");
	json_int(&j, "sdk_version", 2);
	json_str(&j, "sdk_date", date);
	json_int(&j, "conn_req_time", num_div_floor(now, NANOS_MS));
	json_bool(&j, "sessionValidation", false);
	json_object_end(&j);
}
