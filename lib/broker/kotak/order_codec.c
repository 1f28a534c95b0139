#include "lib/broker/kotak/order_codec.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/obj.h"
#include "lib/base/prng.h"
#include "lib/core/charges.h"
#include "lib/kotak/form.h"
#include "lib/kotak/reports.h"

#define PAISA 100
#define NUMBER_TEXT 24 /* any int64; an order's number of Kotak's */
#define SYMBOL_TEXT 32
/* What the values of one body take at most, encoded: order number or tag, symbol, four numbers, and a few short words. */
#define VALUES_MAX (FORM_ROOM(NUMBER_TEXT) + FORM_ROOM(SYMBOL_TEXT) + 4 * NUMBER_TEXT + 4 * FORM_ROOM(8))

/* -- requests ---------------------------------------------------------------------------------------------------------------- */

/* Digits by hand: snprintf takes longer than all else between a tick and its order. value >= 0. */
static char *put_number(char *to, int64_t value)
{
	uint64_t left = (uint64_t)value;
	int digits = 1;

	for (uint64_t bound = 10; left >= bound && digits < 19; bound *= 10)
		digits++;
	for (int i = digits; i-- > 0; left /= 10)
		to[i] = (char)('0' + left % 10);
	return to + digits;
}

/* "184.35"; "0" for none, since "0.0" is refused. */
static inline char *put_price(char *to, price_t price)
{
	uint64_t paise = (uint64_t)price / PAISA;

	if (price == 0) {
		*to = '0';
		return to + 1;
	}
	to = put_number(to, (int64_t)(paise / 100));
	to[0] = '.';
	to[1] = (char)('0' + paise / 10 % 10);
	to[2] = (char)('0' + paise % 10);
	return to + 3;
}

static bool on_paisa(price_t price)
{
	return price >= 0 && price <= NUM_DECIMAL_MAX && (uint64_t)price % PAISA == 0;
}

/* The few words that a value may be: copied whole, counted by their length. */
struct word { char text[8]; size_t len; };
#define WORD(literal) { literal, sizeof(literal) - 1 }
static const struct word type_words[] = { [ORDER_LIMIT] = WORD("L"), [ORDER_SL] = WORD("SL") };
static const struct word side_words[] = { [SIDE_BUY] = WORD("B"), [SIDE_SELL] = WORD("S") };
static const struct word product_words[] = { [PRODUCT_MIS] = WORD("MIS"), [PRODUCT_NRML] = WORD("NRML"), [PRODUCT_CNC] = WORD("CNC") };

static char *put_word(char *to, const struct word *w)
{
	memcpy(to, w->text, sizeof(w->text));
	return to + w->len;
}

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* Letters, digits and dashes stand for themselves; so do the NULs behind a text. Sixteen bytes are looked at as one. */
static inline bool plain16(const char *text)
{
	bytes16 t;
	uint64_t odd[2];

	memcpy(&t, text, sizeof(t));
	__auto_type stranger = ((t | 0x20) - 'a' > 25) & (t - '0' > 9) & (t != '-') & (t != 0);
	memcpy(odd, &stranger, sizeof(odd));
	return (odd[0] | odd[1]) == 0;
}

/* The text of a field of 16 or 32 bytes, between quotes. Nearly all are plain, and are copied whole. NULL as form_put_quoted(). */
static inline char *put_text(char *to, const char *text, size_t size)
{
	if (text[0] == '\0' || !plain16(text) || !plain16(text + size - sizeof(bytes16)))
		return form_put_quoted(to, text);
	memcpy(to, text, size);
	return to + strnlen(text, size);
}

static char *put_segment(char *to, const char *segment)
{
	memcpy(to, segment, SEGMENT_WIRE_TEXT);
	return to + strnlen(segment, SEGMENT_WIRE_TEXT);
}

struct terms { const struct word *type, *side, *product; const char *segment; price_t trigger; };

/* A limit of 0 may be replaced by the exchange and filled, so 0 never goes out as a price. */
static inline bool terms_of(const struct order_request *r, const struct master_row *m, struct terms *t)
{
	bool sl = r->type == ORDER_SL;

	if ((r->type != ORDER_LIMIT && !sl) || r->side > SIDE_SELL || r->product > PRODUCT_CNC || r->qty <= 0 || r->price <= 0 || (sl && r->trigger <= 0))
		return false;
	t->type = &type_words[r->type];
	t->side = &side_words[r->side];
	t->product = &product_words[r->product];
	t->segment = segment_wire_name((enum segment)m->segment);
	t->trigger = sl ? r->trigger : 0;
	return t->segment && on_paisa(r->price) && on_paisa(t->trigger);
}

/* The constant text of a body, encoded by the compiler: {"key":" and ","key":" around the values, "} behind the last. */
#define FIRST(key) "jData=%7B%22" key "%22%3A%22"
#define NEXT(key) "%22%2C%22" key "%22%3A%22"
#define LAST "%22%7D"
#define PUT(to, words) ((char *)memcpy(to, words, sizeof(words) - 1) + sizeof(words) - 1)

static size_t finish(const char *out, char *end)
{
	*end = '\0';
	return (size_t)(end - out);
}

/* The order's number leads the bodies that change it. NULL: no such number can be. */
static char *put_first(char *out, const char *key, const char *number)
{
	size_t len = strlen(key);

	return strlen(number) < NUMBER_TEXT ? form_put_quoted((char *)memcpy(out, key, len) + len, number) : NULL;
}

#define PLACE_SEGMENT FIRST("am") "NO" NEXT("dq") "0" NEXT("es")
#define PLACE_PRODUCT NEXT("mp") "0" NEXT("pc")
#define PLACE_TRIGGER NEXT("rt") "DAY" NEXT("tp")
#define PLACE_END     NEXT("os") "NEOTRADEAPI" LAST
static_assert(sizeof(PLACE_SEGMENT PLACE_PRODUCT NEXT("pr") NEXT("pt") NEXT("qt") PLACE_TRIGGER NEXT("ts") NEXT("tt") NEXT("ig") PLACE_END) + VALUES_MAX <= ORDER_BODY_MAX,
              "the longest body fits");

size_t order_place_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX])
{
	struct terms t;
	char *to = out;

	if (!terms_of(r, m, &t))
		return 0;
	to = put_segment(PUT(to, PLACE_SEGMENT), t.segment);
	to = put_word(PUT(to, PLACE_PRODUCT), t.product);
	to = put_price(PUT(to, NEXT("pr")), r->price);
	to = put_word(PUT(to, NEXT("pt")), t.type);
	to = put_number(PUT(to, NEXT("qt")), r->qty);
	to = put_price(PUT(to, PLACE_TRIGGER), t.trigger);
	if (!(to = put_text(PUT(to, NEXT("ts")), m->symbol, sizeof(m->symbol))))
		return 0;
	to = put_word(PUT(to, NEXT("tt")), t.side);
	if (!(to = put_text(PUT(to, NEXT("ig")), r->tag, sizeof(r->tag))))
		return 0;
	return finish(out, PUT(to, PLACE_END));
}

#define MODIFY_SYMBOL_FROM NEXT("dq") "0" NEXT("vd") "DAY" NEXT("mp") "0" NEXT("am") "NO" NEXT("os") "NEOTRADEAPI" NEXT("tk")
#define MODIFY_END         NEXT("dd") "NA" LAST
static_assert(sizeof(FIRST("no") NEXT("pr") NEXT("pt") NEXT("qt") NEXT("tp") MODIFY_SYMBOL_FROM NEXT("ts") NEXT("tt") NEXT("es") NEXT("pc") MODIFY_END) + VALUES_MAX <= ORDER_BODY_MAX,
              "the longest body fits");

/* The set the SDK sends and the set the documentation shows, together. */
size_t order_modify_body(const struct order_request *r, const struct master_row *m, const char *number, char out[ORDER_BODY_MAX])
{
	struct terms t;
	char *to = put_first(out, FIRST("no"), number);

	if (!to || !terms_of(r, m, &t))
		return 0;
	to = put_price(PUT(to, NEXT("pr")), r->price);
	to = put_word(PUT(to, NEXT("pt")), t.type);
	to = put_number(PUT(to, NEXT("qt")), r->qty);
	to = put_price(PUT(to, NEXT("tp")), t.trigger);
	to = put_number(PUT(to, MODIFY_SYMBOL_FROM), m->token);
	if (!(to = put_text(PUT(to, NEXT("ts")), m->symbol, sizeof(m->symbol))))
		return 0;
	to = put_word(PUT(to, NEXT("tt")), t.side);
	to = put_segment(PUT(to, NEXT("es")), t.segment);
	to = put_word(PUT(to, NEXT("pc")), t.product);
	return finish(out, PUT(to, MODIFY_END));
}

size_t order_cancel_body(const char *number, char out[ORDER_BODY_MAX])
{
	char *to = put_first(out, FIRST("on"), number);

	return to ? finish(out, PUT(to, NEXT("am") "NO" LAST)) : 0;
}

size_t order_cancel_amo_body(const char *number, const char *symbol, char out[ORDER_BODY_MAX])
{
	char *to = put_first(out, FIRST("on"), number);

	if (!to || strlen(symbol) >= SYMBOL_TEXT || !(to = form_put_quoted(PUT(to, NEXT("am") "YES" NEXT("ts")), symbol)))
		return 0;
	return finish(out, PUT(to, LAST));
}

size_t order_margin_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX])
{
	char price[NUMBER_TEXT], trigger[NUMBER_TEXT];
	struct terms t;

	if (!terms_of(r, m, &t) || m->token == 0)
		return 0;
	*put_price(price, r->price) = *put_price(trigger, t.trigger) = '\0';
	int len = snprintf(out, ORDER_BODY_MAX,
	                   "{\"exSeg\":\"%s\",\"prcTp\":\"%s\",\"prod\":\"%s\",\"trnsTp\":\"%s\",\"prc\":\"%s\",\"trgPrc\":\"%s\",\"qty\":\"%" PRId64
	                   "\",\"tok\":\"%" PRIu32 "\",\"brkName\":\"KOTAK\",\"brnchId\":\"ONLINE\"}",
	                   t.segment, t.type->text, t.product->text, t.side->text, price, trigger, r->qty, m->token);
	return len > 0 && len < ORDER_BODY_MAX ? (size_t)len : 0;
}

/* -- answers -------------------------------------------------------------------------------------------------------------------- */

enum order_outcome order_outcome(const struct wire_answer *a)
{
	switch (a->verdict) {
	case WIRE_OK:
		return ORDER_TAKEN;
	case WIRE_REFUSED:
		return a->st_code == 5204 || a->st_code == 32 ? ORDER_IN_DOUBT : ORDER_NOT_TAKEN;
	case WIRE_SESSION:
	case WIRE_IP:
	case WIRE_RATE:
	case WIRE_NOT_SENT:
		return ORDER_NOT_TAKEN;
	case WIRE_EMPTY:
	case WIRE_UNKNOWN:
		break;
	}
	return ORDER_IN_DOUBT;
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
