/* Search: what is listed today in paper and live, what the data holds otherwise. */
#include <string.h>

#include "engined/live.h"

#define SEARCH_MAX 200

static void put_price(struct json *j, const char *key, price_t price)
{
	json_decimal(j, key, price ? price : NUM_UNKNOWN);
}

static void put(struct app *a, struct json *j, const struct instrument *i)
{
	static const char *const kinds[] = { "index", "equity", "future", "call", "put" }, *const segments[] = { "nse_cm", "nse_fo", "bse_cm", "bse_fo" };

	json_object(j, NULL);
	json_str(j, "symbol", i->symbol);
	json_str(j, "underlying", i->underlying);
	json_str(j, "kind", kinds[i->kind]);
	json_str(j, "segment", segments[i->segment]);
	json_date(j, "expiry", i->expiry);
	put_price(j, "strike", i->strike);
	json_decimal(j, "tick", i->tick);
	json_int(j, "lot", i->lot);
	if (i->freeze)
		json_int(j, "freeze", i->freeze);
	else
		json_null(j, "freeze");
	put_price(j, "band_low", i->band_low);
	put_price(j, "band_high", i->band_high);
	json_bool(j, "watched", core_find_instrument(a->core, i->symbol) != INSTRUMENT_NONE);
	json_object_end(j);
}

static size_t known(const struct core *c, const char *text, struct instrument *ret, size_t max)
{
	size_t n = 0;

	for (uint32_t i = 0; i < c->s->instruments && n < max; i++)
		if (strcasestr(c->instrument[i].symbol, text) || strcasestr(c->instrument[i].underlying, text))
			ret[n++] = c->instrument[i];
	return n;
}

void answer_instruments(struct app *a, struct json *j, const struct instrument_query *q)
{
	static struct instrument found[SEARCH_MAX];
	bool listed = a->live && q->text && q->text[0];
	size_t n = listed ? live_search(a, q, found, SEARCH_MAX) : known(a->core, q->text ? q->text : "", found, SEARCH_MAX);
	uint32_t shown = 0;

	json_object(j, NULL);
	json_array(j, "items");
	for (size_t i = 0; i < n && shown < q->limit; i++) {
		if ((q->expiry && found[i].expiry != q->expiry) || (q->strike && found[i].strike != q->strike))
			continue;
		put(a, j, &found[i]);
		shown++;
	}
	json_array_end(j);
	json_object_end(j);
}
