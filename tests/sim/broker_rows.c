/* An order, a fill, a position as the API prints it: strings where it has strings, ints where ints. A mangled row has a field missing, of another type, or a
 * status nobody has heard of. */
#include "tests/sim/broker_priv.h"

#include <stdio.h>

struct row { struct buf *to; bool first; const char *missing, *retyped; };

static bool key(struct row *r, const char *name)
{
	if (r->missing && !strcmp(name, r->missing))
		return false;
	buf_puts(r->to, r->first ? "\"" : ",\"");
	buf_puts(r->to, name);
	buf_puts(r->to, "\":");
	r->first = false;
	return true;
}

static bool retyped(const struct row *r, const char *name)
{
	return r->retyped && !strcmp(name, r->retyped);
}

/* Of another type: a list in place of a text, a text in place of a count, a number in place of a price. */
static void put_text(struct row *r, const char *name, const char *value)
{
	if (!key(r, name))
		return;
	buf_puts(r->to, retyped(r, name) ? "[\"" : "\"");
	text_put_json(r->to, value);
	buf_puts(r->to, retyped(r, name) ? "\"]" : "\"");
}

static void put_int(struct row *r, const char *name, int64_t value)
{
	if (key(r, name))
		buf_printf(r->to, retyped(r, name) ? "\"%lld\"" : "%lld", (long long)value);
}

static void put_count(struct row *r, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_text(r, name, text);
}

static void put_price(struct row *r, const char *name, int64_t paise)
{
	if (!key(r, name))
		return;
	buf_puts(r->to, retyped(r, name) ? "" : "\"");
	text_put_paise(r->to, paise);
	buf_puts(r->to, retyped(r, name) ? "" : "\"");
}

/* The average of fills to the hundredth of a paisa is not what the API prints: two places, rounded. */
static void put_average(struct row *r, const char *name, int64_t value, int64_t qty)
{
	put_price(r, name, qty ? (value + qty / 2) / qty : 0);
}

static void put_time(struct row *r, const char *name, sim_ns at)
{
	if (!key(r, name))
		return;
	buf_putc(r->to, '"');
	if (at)
		text_put_time(r->to, at);
	else
		buf_puts(r->to, "--");
	buf_putc(r->to, '"');
}

static void put_time_other(struct row *r, const char *name, sim_ns at)
{
	struct ist t = text_ist(at);

	if (key(r, name))
		buf_printf(r->to, "\"%04d/%02d/%02d %02d:%02d:%02d\"", t.year, t.month, t.day, t.hour, t.minute, t.second);
}

static void put_words(struct row *r, const char *names, const char *value)
{
	char name[24];

	for (size_t len; *names; names += len + (names[len] == ' ')) {
		len = strcspn(names, " ");
		assert(len < sizeof(name));
		memcpy(name, names, len);
		name[len] = '\0';
		put_text(r, name, value);
	}
}

/* -- parts ------------------------------------------------------------------------------------------------------------------------- */

static void put_instrument(struct row *r, const struct sim_broker *b, const struct instrument *in, bool with_token)
{
	struct ist e = text_ist(b->expiry);
	char expiry[24], token[16];

	snprintf(token, sizeof(token), "%u", in->token);
	snprintf(expiry, sizeof(expiry), "%02d %s, %04d", e.day, text_month(e.month), e.year);
	put_text(r, "exSeg", master_segment(in));
	put_text(r, "tok", with_token ? token : "");
	put_text(r, "trdSym", in->symbol);
	put_text(r, "sym", master_option(in) ? "NIFTY" : in->display);
	put_text(r, "series", master_option(in) ? "XX" : "EQ");
	put_text(r, "optTp", in->kind == KIND_CALL ? "CE" : in->kind == KIND_PUT ? "PE" : "- ");
	put_price(r, "stkPrc", in->strike);
	put_text(r, "expDt", master_option(in) ? expiry : "NA");
	put_count(r, "lotSz", in->lot);
	put_words(r, "multiplier genNum genDen prcNum prcDen", "1");
	put_text(r, "precision", "2");
}

static const char *type_text(const struct order_more *m)
{
	static const char *const types[] = { [TYPE_LIMIT] = "L", [TYPE_MARKET] = "L" /* made one */, [TYPE_STOP] = "SL", [TYPE_STOP_MARKET] = "SL-M" };

	return types[m->terms.type];
}

/* What a client needs of each kind of row, and so what goes missing or changes its type. */
static const char *const needed[][12] = {
	{ "nOrdNo", "ordSt", "qty", "fldQty", "unFldSz", "avgPrc", "prc", "trdSym", "trnsTp", "updRecvTm", "GuiOrdId", "prod" },
	{ "nOrdNo", "flId", "fldQty", "avgPrc", "trnsTp", "trdSym", "exSeg", "prod", "flDt", "flTm", "GuiOrdId", "updRecvTm" },
	{ "flBuyQty", "flSellQty", "buyAmt", "sellAmt", "trdSym", "exSeg", "prod", "tok", "lotSz", "cfBuyQty", "cfSellQty", "multiplier" },
};
enum kind_of_row { ROW_ORDER, ROW_TRADE, ROW_POSITION };

static struct row begin(struct sim_broker *b, struct buf *to, enum mangle m, enum kind_of_row kind)
{
	const char *field = m == MANGLE_MISSING || m == MANGLE_TYPE ? needed[kind][below(&b->dice_fault, ARRAY_LEN(needed[0]))] : NULL;

	buf_putc(to, '{');
	return (struct row){ to, true, m == MANGLE_MISSING ? field : NULL, m == MANGLE_TYPE ? field : NULL };
}

enum mangle rows_mangle(struct sim_broker *b, bool with_status)
{
	if (with_status && dice(b, SIM_NEW_STATUS))
		return MANGLE_STATUS;
	if (dice(b, SIM_FIELD_MISSING))
		return MANGLE_MISSING;
	return dice(b, SIM_FIELD_TYPE) ? MANGLE_TYPE : MANGLE_NONE;
}

static const char *status_text(struct sim_broker *b, enum stage stage, enum mangle m)
{
	static const char *const unheard[] = { "vendor queue pending", "user order suspended", "frozen", "awaiting dealer confirmation" };

	return m == MANGLE_STATUS ? unheard[below(&b->dice_fault, ARRAY_LEN(unheard))] : life_status(stage);
}

/* -- rows -------------------------------------------------------------------------------------------------------------------------- */

static void put_numbers(struct row *r, const struct sim_order *o, const struct order_more *m)
{
	put_price(r, "prc", o->price);
	put_average(r, "avgPrc", o->value, o->filled);
	put_price(r, "trgPrc", o->trigger);
	put_int(r, "qty", o->qty);
	put_int(r, "fldQty", o->filled);
	put_int(r, "unFldSz", o->filled > o->qty ? 0 : o->qty - o->filled - m->cancelled);
	put_int(r, "cnlQty", m->cancelled);
	put_int(r, "dscQty", 0);
	put_int(r, "minQty", 0);
}

static void put_order_ids(struct row *r, const struct sim_order *o, const struct order_more *m, const char *exchange_name)
{
	char number[24];

	snprintf(number, sizeof(number), "%llu", (unsigned long long)m->exchange_number);
	put_text(r, "nOrdNo", o->number);
	put_text(r, exchange_name, m->exchange_number ? number : "NA");
	put_text(r, "trnsTp", o->sell ? "S" : "B");
	put_text(r, "prcTp", type_text(m));
	put_text(r, "prod", o->product);
	put_text(r, "GuiOrdId", m->shown_tag);
}

static void print_order(struct sim_broker *b, struct buf *to, uint32_t order, enum mangle mangle)
{
	const struct sim_order *o = &b->orders[order];
	const struct order_more *m = &b->more[order];
	struct row r = begin(b, to, mangle, ROW_ORDER);
	const char *status = status_text(b, m->stage, mangle);

	put_order_ids(&r, o, m, "exOrdId");
	put_text(&r, "ordSt", status);
	put_text(&r, "stat", status);
	put_instrument(&r, b, &b->instruments[m->instrument], true);
	put_numbers(&r, o, m);
	put_text(&r, "vldt", m->terms.ioc ? "IOC" : "DAY");
	put_text(&r, "rejRsn", *m->reason ? m->reason : "--");
	put_text(&r, "ordGenTp", m->amo ? "AMO" : "NA");
	put_time(&r, "ordDtTm", o->accepted);
	put_time(&r, "ordEntTm", o->accepted);
	put_time(&r, "exCfmTm", m->confirmed);
	put_time_other(&r, "hsUpTm", m->updated);
	put_int(&r, "boeSec", m->updated / SECOND);
	put_count(&r, "uSec", m->updated / SECOND);
	put_int(&r, "updRecvTm", m->updated);
	put_text(&r, "usrId", sim_broker_account()->ucc);
	put_text(&r, "actId", sim_broker_account()->ucc);
	put_text(&r, "ordSrc", o->actor == SIM_OURS ? "ADMINCPPAPI_FINTECH001" : o->actor == SIM_HUMAN ? "ADMINCPPAPI_MOB" : "RMS");
	put_words(&r, "algId algCat rmk reqId strategyCode", "NA");
	put_text(&r, "it", master_option(&b->instruments[m->instrument]) ? "OPTIDX" : "EQ");
	buf_putc(to, '}');
}

/* A row is printed once for each change of its order. */
void rows_order(struct sim_broker *b, struct buf *to, uint32_t order, enum mangle mangle)
{
	struct order_more *m = &b->more[order];

	if (mangle != MANGLE_NONE) {
		print_order(b, to, order, mangle);
		return;
	}
	if (!m->row_len) {
		buf_clear(&b->scratch);
		print_order(b, &b->scratch, order, MANGLE_NONE);
		assert(!b->scratch.failed && b->scratch.len <= SIM_ROW);
		memcpy(m->row, b->scratch.data, b->scratch.len);
		m->row_len = (uint32_t)b->scratch.len;
	}
	buf_put(to, m->row, m->row_len);
}

void rows_history(struct sim_broker *b, struct buf *to, uint32_t order, const struct history *h)
{
	const struct order_more *m = &b->more[order];
	struct sim_order o = b->orders[order];
	struct order_more then = { .cancelled = h->stage == STAGE_CANCELLED ? m->cancelled : 0 };
	struct row r = begin(b, to, MANGLE_NONE, ROW_ORDER);
	struct ist t = text_ist(h->updated);

	o.filled = h->filled;
	o.value = h->value;
	o.price = h->price;
	o.trigger = h->trigger;
	o.qty = h->qty;
	put_order_ids(&r, &o, m, "exchOrdId");
	put_text(&r, "ordSt", life_status(h->stage));
	put_instrument(&r, b, &b->instruments[m->instrument], true);
	put_numbers(&r, &o, &then);
	put_text(&r, "exch", "NSE");
	put_text(&r, "ordDur", m->terms.ioc ? "IOC" : "DAY");
	put_text(&r, "rejRsn", h->stage == STAGE_REJECTED ? m->reason : "--");
	if (key(&r, "exchTmstp"))
		buf_printf(to, "\"%02d-%s-%04d %02d: %02d: %02d\"", t.day, text_month(t.month), t.year, t.hour, t.minute, t.second);
	put_words(&r, "flDtTm legOrdInd ordUsrMsg nReqId", "NA");
	put_int(&r, "dclQty", 0);
	put_int(&r, "boeSec", h->updated / SECOND);
	put_count(&r, "uSec", h->updated / MILLI);
	put_int(&r, "updRecvTm", h->updated);
	buf_putc(to, '}');
}

void rows_trade(struct sim_broker *b, struct buf *to, uint32_t trade, enum mangle mangle)
{
	const struct sim_trade *t = &b->trades[trade];
	const struct trade_more *tm = &b->trades_more[trade];
	const struct order_more *m = &b->more[tm->order];
	struct row r = begin(b, to, mangle, ROW_TRADE);
	struct ist at = text_ist(t->at);
	char date[32];

	put_order_ids(&r, &b->orders[tm->order], m, "exOrdId");
	put_text(&r, "flId", tm->no_id ? "" : t->id);
	put_int(&r, "fldQty", t->qty);
	put_price(&r, "avgPrc", t->price);
	put_text(&r, "prc", "");
	put_int(&r, "qty", 0);
	snprintf(date, sizeof(date), "%02d-%s-%04d", at.day, text_month(at.month), at.year);
	put_text(&r, "flDt", date);
	snprintf(date, sizeof(date), "%02d:%02d:%02d", at.hour, at.minute, at.second);
	put_text(&r, "flTm", date);
	put_time(&r, "exTm", m->confirmed);
	put_instrument(&r, b, &b->instruments[m->instrument], false);
	put_int(&r, "flLeg", 1);
	put_text(&r, "rptTp", "fill");
	put_time_other(&r, "hsUpTm", t->at);
	put_int(&r, "boeSec", t->at / SECOND);
	put_int(&r, "updRecvTm", tm->updated);
	put_text(&r, "actId", sim_broker_account()->ucc);
	buf_putc(to, '}');
}

void rows_trades_changed(struct sim_broker *b)
{
	buf_clear(&b->trade_rows);
	b->trade_rows_of = 0;
	b->version[BOOK_TRADES]++;
}

/* Trades come at the end and stay: each is printed once, with the comma before it. */
void rows_trades(struct sim_broker *b)
{
	for (; b->trade_rows_of < b->n_trades; b->trade_rows_of++) {
		if (b->trades[b->trade_rows_of].busted)
			continue;
		if (b->trade_rows.len)
			buf_putc(&b->trade_rows, ',');
		rows_trade(b, &b->trade_rows, (uint32_t)b->trade_rows_of, MANGLE_NONE);
	}
}

void rows_position(struct sim_broker *b, struct buf *to, uint32_t position, bool v2, enum mangle mangle)
{
	const struct instrument *in = &b->instruments[b->positions_instrument[position]];
	struct row r = begin(b, to, mangle, ROW_POSITION);
	struct ist e = text_ist(b->expiry);

	put_instrument(&r, b, in, true);
	put_text(&r, "type", master_option(in) ? "OPTIDX" : "");
	put_text(&r, "prod", b->positions[position].product);
	put_words(&r, "cfBuyQty cfSellQty", "0");
	put_count(&r, "flBuyQty", b->bought[position]);
	put_count(&r, "flSellQty", b->sold[position]);
	put_words(&r, "cfBuyAmt cfSellAmt upldPrc", "0.00");
	put_price(&r, "buyAmt", b->bought_value[position]);
	put_price(&r, "sellAmt", b->sold_value[position]);
	put_int(&r, "brdLtQty", in->lot);
	put_count(&r, "exp", master_option(in) ? text_date_of(e.year, e.month, e.day) * 86400 : 0);
	put_text(&r, "sqrFlg", "Y");
	put_text(&r, "posFlg", "true");
	put_time_other(&r, "hsUpTm", b->now);
	put_text(&r, "actId", sim_broker_account()->ucc);
	if (v2)
		put_price(&r, "ltp", in->ltp);
	buf_putc(to, '}');
}
