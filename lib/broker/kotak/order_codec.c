#include "lib/broker/kotak/order_codec.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/core/charges.h"
#include "lib/kotak/reports.h"

#define PAISA 100
#define NUMBER_TEXT 24

/* -- requests ---------------------------------------------------------------------------------------------------------------- */

/* The digits of value >= 0 end at `end`; where they begin. snprintf takes longer than all else between a tick and its order. */
static char *put_digits(int64_t value, char *end)
{
	do
		*--end = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	return end;
}

static const char *number_text(int64_t value, char out[NUMBER_TEXT])
{
	out[NUMBER_TEXT - 1] = '\0';
	return put_digits(value, out + NUMBER_TEXT - 1);
}

/* "184.35"; "0" for none, since "0.0" is refused. NULL when the price does not lie on the paisa. */
static const char *price_text(price_t price, char out[NUMBER_TEXT])
{
	int64_t paise = price / PAISA;
	char *end = out + NUMBER_TEXT - 1;

	if (price < 0 || price > NUM_DECIMAL_MAX || price % PAISA != 0)
		return NULL;
	if (price == 0)
		return "0";
	*end = '\0';
	end[-1] = (char)('0' + paise % 10);
	end[-2] = (char)('0' + paise / 10 % 10);
	end[-3] = '.';
	return put_digits(paise / 100, end - 3);
}

struct piece { const char *text; size_t len; };
#define SAYS(literal) { literal, sizeof(literal) - 1 }
#define HOLDS(value) { value, strlen(value) }

/* The pieces after one another; 0 when they do not fit. */
static size_t join(char out[ORDER_BODY_MAX], const struct piece *piece, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (len + piece[i].len >= ORDER_BODY_MAX)
			return 0;
		memcpy(out + len, piece[i].text, piece[i].len);
		len += piece[i].len;
	}
	out[len] = '\0';
	return len;
}

/* May stand between the quotes of a JSON text as it is. */
static bool plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~' || *p == '"' || *p == '\\')
			return false;
	return text[0] != '\0';
}

static const char *product_text(uint8_t product)
{
	static const char *const text[] = { [PRODUCT_MIS] = "MIS", [PRODUCT_NRML] = "NRML", [PRODUCT_CNC] = "CNC" };

	return product <= PRODUCT_CNC ? text[product] : NULL;
}

struct terms { char number[3][NUMBER_TEXT]; const char *qty, *price, *trigger, *type, *side, *product, *segment; };

/* A limit of 0 may be replaced by the exchange and filled, so 0 never goes out as a price. */
static bool terms_of(const struct order_request *r, const struct master_row *m, struct terms *t)
{
	bool sl = r->type == ORDER_SL;

	if ((r->type != ORDER_LIMIT && !sl) || r->side > SIDE_SELL || r->qty <= 0 || r->price <= 0 || (sl && r->trigger <= 0))
		return false;
	t->type = sl ? "SL" : "L";
	t->side = r->side == SIDE_BUY ? "B" : "S";
	t->product = product_text(r->product);
	t->segment = segment_wire_name((enum segment)m->segment);
	t->qty = number_text(r->qty, t->number[0]);
	t->price = price_text(r->price, t->number[1]);
	t->trigger = price_text(sl ? r->trigger : 0, t->number[2]);
	return t->product && t->segment && t->price && t->trigger && plain(m->symbol);
}

static size_t fits(int len)
{
	return len > 0 && len < ORDER_BODY_MAX ? (size_t)len : 0;
}

size_t order_place_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX])
{
	struct terms t;

	if (!terms_of(r, m, &t) || !plain(r->tag))
		return 0;
	const struct piece body[] = {
		SAYS("{\"am\":\"NO\",\"dq\":\"0\",\"es\":\""), HOLDS(t.segment), SAYS("\",\"mp\":\"0\",\"pc\":\""), HOLDS(t.product),
		SAYS("\",\"pr\":\""), HOLDS(t.price), SAYS("\",\"pt\":\""), HOLDS(t.type), SAYS("\",\"qt\":\""), HOLDS(t.qty),
		SAYS("\",\"rt\":\"DAY\",\"tp\":\""), HOLDS(t.trigger), SAYS("\",\"ts\":\""), HOLDS(m->symbol), SAYS("\",\"tt\":\""), HOLDS(t.side),
		SAYS("\",\"ig\":\""), HOLDS(r->tag), SAYS("\",\"os\":\"NEOTRADEAPI\"}"),
	};

	return join(out, body, ARRAY_LEN(body));
}

/* The set the SDK sends and the set the documentation shows, together. */
size_t order_modify_body(const struct order_request *r, const struct master_row *m, const char *number, char out[ORDER_BODY_MAX])
{
	struct terms t;

	if (!terms_of(r, m, &t) || !plain(number))
		return 0;
	return fits(snprintf(out, ORDER_BODY_MAX,
	                     "{\"no\":\"%s\",\"pr\":\"%s\",\"pt\":\"%s\",\"qt\":\"%s"
	                     "\",\"tp\":\"%s\",\"dq\":\"0\",\"vd\":\"DAY\",\"mp\":\"0\",\"am\":\"NO\",\"os\":\"NEOTRADEAPI\",\"tk\":\"%" PRIu32
	                     "\",\"ts\":\"%s\",\"tt\":\"%s\",\"es\":\"%s\",\"pc\":\"%s\",\"dd\":\"NA\"}",
	                     number, t.price, t.type, t.qty, t.trigger, m->token, m->symbol, t.side, t.segment, t.product));
}

size_t order_cancel_body(const char *number, char out[ORDER_BODY_MAX])
{
	return plain(number) ? fits(snprintf(out, ORDER_BODY_MAX, "{\"on\":\"%s\",\"am\":\"NO\"}", number)) : 0;
}

size_t order_cancel_amo_body(const char *number, const char *symbol, char out[ORDER_BODY_MAX])
{
	if (!plain(number) || !plain(symbol))
		return 0;
	return fits(snprintf(out, ORDER_BODY_MAX, "{\"on\":\"%s\",\"am\":\"YES\",\"ts\":\"%s\"}", number, symbol));
}

size_t order_margin_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX])
{
	struct terms t;

	if (!terms_of(r, m, &t) || m->token == 0)
		return 0;
	return fits(snprintf(out, ORDER_BODY_MAX,
	                     "{\"exSeg\":\"%s\",\"prcTp\":\"%s\",\"prod\":\"%s\",\"trnsTp\":\"%s\",\"prc\":\"%s\",\"trgPrc\":\"%s\",\"qty\":\"%s"
	                     "\",\"tok\":\"%" PRIu32 "\",\"brkName\":\"KOTAK\",\"brnchId\":\"ONLINE\"}",
	                     t.segment, t.type, t.product, t.side, t.price, t.trigger, t.qty, m->token));
}

/* -- rows ---------------------------------------------------------------------------------------------------------------------- */

/* Printable, trimmed, and whole: a text that does not fit is not this field's. */
static bool take_text(const cJSON *row, const char *key, char *ret, size_t size)
{
	const char *text;
	size_t len;

	if (!wire_text(row, key, &text))
		return false;
	while (*text == ' ')
		text++;
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	if (len >= size)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
			return false;
	memset(ret, 0, size);
	memcpy(ret, text, len);
	return true;
}

/* For people: cut where it is too long, "--" and "NA" mean nothing. */
static void take_words(const cJSON *row, const char *key, char *ret, size_t size)
{
	const char *text;
	size_t len = 0;

	memset(ret, 0, size);
	if (!wire_text(row, key, &text) || strcmp(text, "--") == 0 || strcmp(text, "NA") == 0)
		return;
	for (; text[len] && len + 1 < size; len++)
		ret[len] = (unsigned char)text[len] < ' ' ? ' ' : text[len];
}

/* Numbers of orders and trades are letters and digits: they go into paths and bodies again. One may come as a JSON number. */
bool order_number_read(const cJSON *row, const char *key, char *ret, size_t size)
{
	int64_t number;

	if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(row, key)))
		return wire_int(row, key, &number) && number > 0 && (size_t)snprintf(ret, size, "%" PRId64, number) < size;
	if (!take_text(row, key, ret, size) || ret[0] == '\0')
		return false;
	for (const char *p = ret; *p; p++)
		if (!isalnum((unsigned char)*p))
			return false;
	return true;
}

static bool take_side(const cJSON *row, enum side *ret)
{
	const char *text;

	if (!wire_text(row, "trnsTp", &text) || (strcmp(text, "B") != 0 && strcmp(text, "S") != 0))
		return false;
	*ret = text[0] == 'B' ? SIDE_BUY : SIDE_SELL;
	return true;
}

static bool take_segment(const cJSON *row, enum segment *ret)
{
	const char *text;

	return wire_text(row, "exSeg", &text) && segment_of_wire(text, ret);
}

static bool take_qty(const cJSON *row, const char *key, qty_t *ret)
{
	return wire_int(row, key, ret) && *ret >= 0 && *ret <= NUM_DECIMAL_MAX / NUM_SCALE;
}

/* A price that is there must be one. */
static bool take_price(const cJSON *row, const char *key, bool needed, price_t *ret)
{
	if (needed && !cJSON_GetObjectItemCaseSensitive(row, key))
		return false;
	return wire_decimal_or(row, key, 0, ret) && *ret >= 0 && *ret <= NUM_DECIMAL_MAX;
}

static bool no(const char **why, const char *field)
{
	*why = field;
	return false;
}

static bool read_terms(const cJSON *row, bool feed, struct order_row *r, const char **why)
{
	if (!take_price(row, "prc", !feed, &r->price))
		return no(why, "prc");
	if (!take_price(row, "trgPrc", false, &r->trigger))
		return no(why, "trgPrc");
	if (!take_price(row, "avgPrc", false, &r->average))
		return no(why, "avgPrc");
	if (!wire_int_or(row, "cnlQty", 0, &r->cancelled) || r->cancelled < 0)
		return no(why, "cnlQty");
	if (!wire_int_or(row, "updRecvTm", 0, &r->updated) || r->updated < 0)
		return no(why, "updRecvTm");
	return true;
}

/* A trade may come without an id; without a word about it, it is no trade. */
static bool take_trade_id(const cJSON *row, struct trade_row *t)
{
	const char *text;

	return (wire_text(row, "flId", &text) && text[strspn(text, " ")] == '\0') || order_number_read(row, "flId", t->id, sizeof(t->id));
}

/* A word that nobody knows is no end, but quantities may be: what was not filled is cancelled. */
static enum row_status status_of(const struct order_row *r)
{
	bool over = r->status == ROW_WORKING_UNKNOWN && r->cancelled > 0 && r->cancelled == r->qty - r->filled;

	return over ? ROW_CANCELLED : r->status;
}

static void read_rest(const cJSON *row, struct order_row *r)
{
	int64_t token;
	char generated[16];

	if (wire_int_or(row, "tok", 0, &token) && token > 0 && token <= UINT32_MAX)
		r->token = (uint32_t)token;
	if (!take_text(row, "exOrdId", r->exchange_number, sizeof(r->exchange_number)) || strcmp(r->exchange_number, "NA") == 0)
		r->exchange_number[0] = '\0';
	if (!take_text(row, "GuiOrdId", r->tag, sizeof(r->tag)))
		r->tag[0] = '\0';
	if (!take_text(row, "prod", r->product, sizeof(r->product)))
		r->product[0] = '\0';
	take_words(row, "rejRsn", r->reason, sizeof(r->reason));
	r->amo = r->status == ROW_AMO || (take_text(row, "ordGenTp", generated, sizeof(generated)) && strcmp(generated, "AMO") == 0);
}

bool order_row_read(const cJSON *row, bool feed, struct order_row *ret, const char **why)
{
	struct order_row r = { 0 };

	if (!cJSON_IsObject(row))
		return no(why, "row");
	if (!order_number_read(row, "nOrdNo", r.number, sizeof(r.number)))
		return no(why, "nOrdNo");
	if (!take_text(row, "ordSt", r.text, sizeof(r.text)) || r.text[0] == '\0')
		return no(why, "ordSt");
	r.status = row_status_of(r.text);
	if (!take_segment(row, &r.segment))
		return no(why, "exSeg");
	if (!take_text(row, "trdSym", r.symbol, sizeof(r.symbol)) || r.symbol[0] == '\0')
		return no(why, "trdSym");
	master_ticker(r.symbol);
	if (!take_side(row, &r.side))
		return no(why, "trnsTp");
	if (!take_qty(row, "qty", &r.qty) || r.qty == 0)
		return no(why, "qty");
	if (!take_qty(row, "fldQty", &r.filled) || r.filled > r.qty)
		return no(why, "fldQty");
	if (!read_terms(row, feed, &r, why))
		return false;
	r.status = status_of(&r);
	read_rest(row, &r);
	*ret = r;
	return true;
}

bool trade_row_read(const cJSON *row, struct trade_row *ret, const char **why)
{
	struct trade_row t = { 0 };
	const char *day, *time;
	char stamp[48];

	if (!cJSON_IsObject(row))
		return no(why, "row");
	if (!order_number_read(row, "nOrdNo", t.number, sizeof(t.number)))
		return no(why, "nOrdNo");
	if (!take_trade_id(row, &t))
		return no(why, "flId");
	if (!take_segment(row, &t.segment))
		return no(why, "exSeg");
	if (!take_text(row, "trdSym", t.symbol, sizeof(t.symbol)) || t.symbol[0] == '\0')
		return no(why, "trdSym");
	master_ticker(t.symbol);
	if (!take_side(row, &t.side))
		return no(why, "trnsTp");
	if (!take_qty(row, "fldQty", &t.qty) || t.qty == 0)
		return no(why, "fldQty");
	if (!take_price(row, "avgPrc", true, &t.price) || t.price == 0)
		return no(why, "avgPrc");
	if (wire_text(row, "flDt", &day) && wire_text(row, "flTm", &time)) {
		snprintf(stamp, sizeof(stamp), "%.20s %.20s", day, time);
		if (!wire_stamp(stamp, &t.stamp))
			t.stamp = 0;
	}
	*ret = t;
	return true;
}

uint64_t order_text_hash(const char *text)
{
	uint64_t hash = UINT64_C(0xCBF29CE484222325);

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		hash = (hash ^ *p) * UINT64_C(0x100000001B3);
	return prng_mix(hash);
}

uint64_t trade_id(const struct trade_row *t)
{
	uint64_t id = prng_mix(order_text_hash(t->id) + order_text_hash(t->number) * 3);

	return id ? id : 1;
}
