/* Snapshots of a whole option chain: quotes with bid and ask (a row holds the call and the put of a strike), or last prices
 * with the spot. Volume and open interest are in lots; a last price of 0 means never traded today. */
#include "lib/feed/load.h"

static void add_quote(struct load *l, nanos_t stamp, struct contract_key *key, uint8_t kind, const struct row *quote, uint8_t flags)
{
	key->kind = kind;
	uint32_t contract = tape_contract(l->tape, key);
	struct row *row = contract != CONTRACT_NONE ? tape_add(l->tape, stamp, contract, flags) : NULL;

	if (row == NULL)
		return;
	row->oi = quote->oi;
	row->quote = quote->quote;
}

/* -- quotes ----------------------------------------------------------------------------------------------------------- */

enum quote_column { TIMESTAMP, COLLECTED, EXPIRY, STRIKE, CE_LTP, CE_BID, CE_BID_QTY, CE_ASK, CE_ASK_QTY, CE_VOLUME, CE_OI,
                    PE_LTP, PE_BID, PE_BID_QTY, PE_ASK, PE_ASK_QTY, PE_VOLUME, PE_OI };

/* One side of the strike; its seven columns follow each other in the layout. */
static struct row take_side(struct load *l, int first)
{
	const int *map = l->map + first - CE_LTP;
	struct fields *f = &l->fields;
	struct row row = { .oi = fields_count32(f, map[CE_OI]) };

	row.quote.last = fields_price_or_none(f, map[CE_LTP]);
	row.quote.bid = fields_price_or_none(f, map[CE_BID]);
	row.quote.ask = fields_price_or_none(f, map[CE_ASK]);
	row.quote.bid_qty = fields_count32(f, map[CE_BID_QTY]);
	row.quote.ask_qty = fields_count32(f, map[CE_ASK_QTY]);
	row.quote.volume = fields_count32(f, map[CE_VOLUME]);
	return row;
}

static void quote_row(struct load *l)
{
	struct fields *f = &l->fields;
	nanos_t page = fields_stamp(f, l->map[TIMESTAMP]), known = page;
	struct contract_key key = { .expiry = fields_date(f, l->map[EXPIRY]), .strike = fields_strike(f, l->map[STRIKE]) };
	struct row call = take_side(l, CE_LTP), put = take_side(l, PE_LTP);

	if (fields_text(f, l->map[COLLECTED]).len > 0)
		known = fields_stamp(f, l->map[COLLECTED]);
	if (f->reason != NULL || (key.underlying = load_underlying(l)) == CONTRACT_NONE)
		return;
	tape_add_snapshot(l->tape, known, page);
	add_quote(l, known, &key, INSTRUMENT_CALL, &call, 0);
	add_quote(l, known, &key, INSTRUMENT_PUT, &put, ROW_SECOND);
}

const struct layout layout_chain_quotes = {
	.kind = "chain quotes", .form = FORM_CHAIN, .options = true, .row = quote_row,
	.columns = { [TIMESTAMP] = "timestamp", [COLLECTED] = "?collected_at", [EXPIRY] = "expiry", [STRIKE] = "strike",
	             [CE_LTP] = "ce_ltp", [CE_BID] = "ce_bid", [CE_BID_QTY] = "ce_bid_qty", [CE_ASK] = "ce_ask",
	             [CE_ASK_QTY] = "ce_ask_qty", [CE_VOLUME] = "ce_volume", [CE_OI] = "ce_oi",
	             [PE_LTP] = "pe_ltp", [PE_BID] = "pe_bid", [PE_BID_QTY] = "pe_bid_qty", [PE_ASK] = "pe_ask",
	             [PE_ASK_QTY] = "pe_ask_qty", [PE_VOLUME] = "pe_volume", [PE_OI] = "pe_oi" },
	.ignored = " ce_oi_chg ce_iv ce_net_chg pe_oi_chg pe_iv pe_net_chg ",
};

/* -- last prices ------------------------------------------------------------------------------------------------------ */

enum last_column { L_TIMESTAMP, L_EXPIRY, L_STRIKE, L_SIDE, L_LTP, L_VOLUME, L_OI, L_SPOT };

static void last_row(struct load *l)
{
	struct fields *f = &l->fields;
	nanos_t stamp = fields_stamp(f, l->map[L_TIMESTAMP]);
	struct contract_key key = { .expiry = fields_date(f, l->map[L_EXPIRY]), .strike = fields_strike(f, l->map[L_STRIKE]) };
	struct field side = fields_text(f, l->map[L_SIDE]);
	struct row quote = { .oi = fields_count32(f, l->map[L_OI]) };
	uint32_t spot = fields_price_or_none(f, l->map[L_SPOT]);

	quote.quote.last = fields_price_or_none(f, l->map[L_LTP]);
	quote.quote.volume = fields_count32(f, l->map[L_VOLUME]);
	if (f->reason == NULL && !field_is(side, "CE") && !field_is(side, "PE"))
		f->reason = "the side is not CE or PE";
	if (f->reason != NULL || (key.underlying = load_underlying(l)) == CONTRACT_NONE)
		return;
	load_group(l, stamp);
	add_quote(l, stamp, &key, field_is(side, "CE") ? INSTRUMENT_CALL : INSTRUMENT_PUT, &quote, 0);
	if (spot != 0)
		load_spot(l, stamp, spot);
}

const struct layout layout_chain_last = {
	.kind = "chain last prices", .form = FORM_CHAIN, .options = true, .row = last_row,
	.columns = { [L_TIMESTAMP] = "timestamp", [L_EXPIRY] = "expiry", [L_STRIKE] = "strike", [L_SIDE] = "side",
	             [L_LTP] = "ltp", [L_VOLUME] = "?volume", [L_OI] = "?oi", [L_SPOT] = "?spot" },
	.ignored = " oi_chg iv ",
};
