/* A row of the positions: a quantity that is missing is not 0, the row cannot be believed then. kotak-neo-api.md 2.11. */
#include <string.h>

#include "lib/broker/kotak/order_codec.h"
#include "lib/kotak/reports.h"

#define QTY_MOST INT64_C(1000000000000) /* no sum of so many rows overflows */

static bool put_word(const cJSON *row, const char *key, char *ret, size_t size)
{
	const char *text;

	if (!wire_text(row, key, &text) || text[0] == '\0' || strlen(text) >= size)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static enum segment segment_of(const cJSON *row)
{
	enum segment s;
	const char *text;

	return wire_text(row, "exSeg", &text) && segment_of_wire(text, &s) ? s : SEGMENT_COUNT;
}

bool position_row_read(const cJSON *row, struct position_row *ret, const char **why)
{
	int64_t carried_buy, carried_sell, buy, sell;

	memset(ret, 0, sizeof(*ret));
	ret->segment = segment_of(row);
	*why = "trdSym";
	if (!put_word(row, "trdSym", ret->symbol, sizeof(ret->symbol)))
		return false;
	master_ticker(ret->symbol);
	*why = "prod";
	if (!put_word(row, "prod", ret->product, sizeof(ret->product)))
		return false;
	*why = "a quantity";
	if (!wire_int(row, "cfBuyQty", &carried_buy) || !wire_int(row, "cfSellQty", &carried_sell) || !wire_int(row, "flBuyQty", &buy) ||
	    !wire_int(row, "flSellQty", &sell))
		return false;
	if (!num_add(carried_buy, buy, &buy) || !num_add(carried_sell, sell, &sell) || !num_sub(buy, sell, &ret->net) || ret->net > QTY_MOST ||
	    ret->net < -QTY_MOST)
		return false;
	*why = "an amount";
	return wire_decimal_or(row, "buyAmt", 0, &ret->buy_value) && wire_decimal_or(row, "sellAmt", 0, &ret->sell_value);
}
