/* The simulated broker's ledger, as its control endpoint prints it: prices in paise, of which the engine has a hundred each. */
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "engined/drill/books.h"

#define PAISE 100

static const char *text(const cJSON *of, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

/* Missing is not nothing: NUM_UNKNOWN, which no book of the engine's equals. */
static int64_t number(const cJSON *of, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : NUM_UNKNOWN;
}

static bool copy(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

static bool take_order(struct drill_books *b, const cJSON *of)
{
	struct drill_order *o;

	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(of, "ours")))
		return true;
	o = drill_books_add(b);
	if (!o)
		return false;
	o->side = strcmp(text(of, "side"), "B") == 0 ? SIDE_BUY : SIDE_SELL;
	o->qty = number(of, "qty");
	o->filled = number(of, "filled");
	return copy(o->tag, sizeof(o->tag), text(of, "tag")) && copy(o->ref, sizeof(o->ref), text(of, "number")) && o->ref[0] &&
	       copy(o->symbol, sizeof(o->symbol), text(of, "symbol"));
}

/* An execution of an order that is not ours changes nothing here; what it did to the positions is seen there. */
static bool take_trade(struct drill_books *b, const cJSON *of)
{
	const char *ref = text(of, "order");
	int64_t qty = number(of, "qty"), price = number(of, "price");

	if (qty <= 0 || price <= 0)
		return false;
	for (size_t i = b->n; i-- > 0;)
		if (strcmp(b->at[i].ref, ref) == 0) {
			b->at[i].executions++;
			b->at[i].executed += qty;
			b->at[i].value += qty * price * PAISE;
			break;
		}
	return true;
}

static bool take_position(struct drill_books *b, const cJSON *of)
{
	int64_t cf_buy = number(of, "cf_buy"), cf_sell = number(of, "cf_sell"), buy = number(of, "buy"), sell = number(of, "sell");

	if (cf_buy < 0 || cf_sell < 0 || buy < 0 || sell < 0)
		return false;
	b->uneven += cf_buy + buy != cf_sell + sell;
	return true;
}

static bool take_all(struct drill_books *b, const cJSON *root, const char *key, bool (*take)(struct drill_books *, const cJSON *))
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, key), *item;
	bool good = cJSON_IsArray(list);

	cJSON_ArrayForEach(item, list)
		good = good && take(b, item);
	return good;
}

bool drill_ledger_read(struct drill_books *b, const char *bytes, size_t len)
{
	cJSON *root = cJSON_ParseWithLength(bytes, len);
	bool good = root && take_all(b, root, "orders", take_order) && take_all(b, root, "trades", take_trade) &&
	            take_all(b, root, "positions", take_position);

	cJSON_Delete(root);
	b->failed |= !good;
	return good;
}
