#include "lib/feed/kotak/candles.h"

#include <math.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

#define LENGTH (CANDLE_SECONDS * NANOS_SECOND)

/* "2026-08-20T09:15:00+0530": the offset comes without its colon. */
static bool read_stamp(const cJSON *v, nanos_t *ret)
{
	const char *text = cJSON_GetStringValue(v);
	size_t len = text ? strlen(text) : 0;
	char with[STAMP_TEXT];

	if (len < 20 || len + 2 > sizeof(with))
		return false;
	if (text[len - 5] != '+' && text[len - 5] != '-')
		return stamp_parse(text, len, ret) == ERR_OK;
	memcpy(with, text, len - 2);
	with[len - 2] = ':';
	memcpy(with + len - 1, text + len - 2, 2);
	return stamp_parse(with, len + 1, ret) == ERR_OK;
}

/* A number or the same as text. */
static bool read_decimal(const cJSON *v, int64_t *ret)
{
	const char *text = cJSON_GetStringValue(v);

	if (text)
		return num_parse_rounded(text, strlen(text), ret) == ERR_OK;
	if (!cJSON_IsNumber(v) || !isfinite(v->valuedouble) || fabs(v->valuedouble) > (double)(NUM_DECIMAL_MAX / NUM_SCALE))
		return false;
	*ret = llround(v->valuedouble * NUM_SCALE);
	return true;
}

static bool read_count(const cJSON *v, int64_t *ret)
{
	int64_t scaled = 0;

	if (v && !cJSON_IsNull(v) && !read_decimal(v, &scaled))
		return false;
	*ret = scaled / NUM_SCALE;
	return scaled >= 0;
}

static bool sane(const struct bar *b)
{
	return b->start % LENGTH == 0 && b->low > 0 && b->low <= b->open && b->low <= b->close && b->high >= b->open && b->high >= b->close;
}

/* [start, open, high, low, close, volume, oi] */
static bool read_bar(const cJSON *row, struct bar *b)
{
	const cJSON *v = cJSON_IsArray(row) ? row->child : NULL;
	price_t *const prices[] = { &b->open, &b->high, &b->low, &b->close };

	*b = (struct bar){ 0 };
	if (!v || !read_stamp(v, &b->start))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(prices); i++)
		if (!(v = v->next) || !read_decimal(v, prices[i]))
			return false;
	return read_count(v->next, &b->volume) && sane(b);
}

int candles_read(const cJSON *json, nanos_t now, candle_take *take, void *ctx, struct candle_counts *ret)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "data"), "candles"), *row;
	struct bar b;

	*ret = (struct candle_counts){ 0 };
	if (!cJSON_IsArray(list))
		return ERR_PARSE;
	cJSON_ArrayForEach(row, list) {
		if (!read_bar(row, &b)) {
			ret->bad++;
		} else if (b.start + LENGTH > now) {
			ret->forming++;
		} else {
			ret->good++;
			if (!take(ctx, &b))
				return ERR_FULL;
		}
	}
	return ERR_OK;
}
