/* Bars of futures and options: BANKNIFTY_fno (symbols in the file, the day's running volume, futures named -I -II -III) and
 * NIFTY_opt_15min (expiry, strike and side name the contract; perhaps with the spot). */
#include "lib/feed/bars.h"

#include <string.h>

/* Side and terms; false with a reason when they make no contract. */
static bool take_terms(struct load *l, struct field side, int expiry, int strike, struct contract_key *ret)
{
	struct fields *f = &l->fields;

	if (field_is(side, "FUT")) {
		ret->kind = INSTRUMENT_FUTURE;
		if (fields_text(f, expiry).len > 0)
			ret->expiry = fields_date(f, expiry);
		return f->reason == NULL;
	}
	if (!field_is(side, "CE") && !field_is(side, "PE")) {
		f->reason = "the side is not CE, PE or FUT";
		return false;
	}
	ret->kind = field_is(side, "CE") ? INSTRUMENT_CALL : INSTRUMENT_PUT;
	ret->expiry = fields_date(f, expiry);
	ret->strike = fields_strike(f, strike);
	return f->reason == NULL;
}

static struct row *add_bar(struct load *l, nanos_t stamp, const struct contract_key *key, struct bar_prices p)
{
	uint32_t contract = tape_contract(l->tape, key);
	struct row *row;

	load_group(l, stamp);
	if (contract == CONTRACT_NONE || (row = tape_add(l->tape, stamp, contract, 0)) == NULL)
		return NULL;
	row->bar.open = p.open;
	row->bar.high = p.high;
	row->bar.low = p.low;
	row->bar.close = p.close;
	bars_count(l, p);
	return row;
}

/* -- contract bars with symbols --------------------------------------------------------------------------------------- */

enum contract_column { TIMESTAMP, SYMBOL, EXPIRY, STRIKE, SIDE, OPEN, HIGH, LOW, CLOSE, CUM_VOLUME, OI };

/* The bar's own volume from the day's running total; a fall is a fault of the recording, and not a trade. */
static int64_t bar_volume(struct load *l, struct contract *c, nanos_t stamp, int64_t total)
{
	int64_t before = c->volume_date == stamp_date(stamp) ? c->volume_seen : 0;

	c->volume_date = stamp_date(stamp);
	l->volume_falls += total < before;
	c->volume_seen = total;
	return total > before ? total - before : 0;
}

static bool symbol_fits(struct load *l, struct field symbol)
{
	size_t len = strlen(l->symbol);

	if (symbol.len >= sizeof(((struct contract *)0)->symbol) || symbol.len <= len || memcmp(symbol.text, l->symbol, len) != 0)
		l->fields.reason = "the symbol does not begin with the underlying that the file's name gives";
	for (uint32_t i = 0; i < symbol.len && l->fields.reason == NULL; i++)
		if (symbol.text[i] <= ' ' || symbol.text[i] > '~')
			l->fields.reason = "the symbol has odd characters";
	return l->fields.reason == NULL;
}

static bool is_near_future(struct field symbol, uint8_t kind)
{
	return kind == INSTRUMENT_FUTURE && symbol.len > 2 && memcmp(symbol.text + symbol.len - 2, "-I", 2) == 0;
}

static void contract_row(struct load *l)
{
	struct fields *f = &l->fields;
	struct contract_key key = { .symbol = fields_text(f, l->map[SYMBOL]) };
	nanos_t stamp = fields_stamp(f, l->map[TIMESTAMP]);
	struct bar_prices p = bars_take(l, l->map[OPEN], l->map[HIGH], l->map[LOW], l->map[CLOSE]);
	int64_t total = fields_count(f, l->map[CUM_VOLUME]);
	uint32_t oi = fields_count32(f, l->map[OI]);
	struct row *row;

	if (f->reason != NULL || !symbol_fits(l, key.symbol) ||
	    !take_terms(l, fields_text(f, l->map[SIDE]), l->map[EXPIRY], l->map[STRIKE], &key))
		return;
	if ((key.underlying = load_underlying(l)) == CONTRACT_NONE || (row = add_bar(l, stamp, &key, p)) == NULL)
		return;
	row->oi = oi;
	row->bar.volume = bar_volume(l, &l->tape->contracts[row->contract], stamp, total);
	if (is_near_future(key.symbol, key.kind))
		load_future(l, row);
}

const struct layout layout_contract_bars = {
	.kind = "contract bars", .form = FORM_BARS, .options = true, .volume_in_units = true, .row = contract_row,
	.columns = { [TIMESTAMP] = "timestamp", [SYMBOL] = "symbol", [EXPIRY] = "expiry", [STRIKE] = "strike", [SIDE] = "side",
	             [OPEN] = "open", [HIGH] = "high", [LOW] = "low", [CLOSE] = "close", [CUM_VOLUME] = "cum_volume", [OI] = "?oi" },
};

/* -- contract bars named by their terms ------------------------------------------------------------------------------- */

enum option_column { O_TIMESTAMP, O_EXPIRY, O_STRIKE, O_SIDE, O_OPEN, O_HIGH, O_LOW, O_CLOSE, O_VOLUME, O_OI, O_SPOT };

static void option_row(struct load *l)
{
	struct fields *f = &l->fields;
	struct contract_key key = { .symbol = { "", 0 } };
	nanos_t stamp = fields_stamp(f, l->map[O_TIMESTAMP]);
	struct bar_prices p = bars_take(l, l->map[O_OPEN], l->map[O_HIGH], l->map[O_LOW], l->map[O_CLOSE]);
	int64_t volume = fields_count(f, l->map[O_VOLUME]);
	uint32_t oi = fields_count32(f, l->map[O_OI]), spot = fields_price_or_none(f, l->map[O_SPOT]);
	struct field side = fields_text(f, l->map[O_SIDE]);
	struct row *row;

	if (f->reason == NULL && field_is(side, "FUT"))
		f->reason = "a future without a symbol";
	if (f->reason != NULL || !take_terms(l, side, l->map[O_EXPIRY], l->map[O_STRIKE], &key))
		return;
	if ((key.underlying = load_underlying(l)) == CONTRACT_NONE || (row = add_bar(l, stamp, &key, p)) == NULL)
		return;
	row->oi = oi;
	row->bar.volume = volume;
	if (spot != 0)
		load_spot(l, stamp, spot);
}

const struct layout layout_option_bars = {
	.kind = "contract bars", .form = FORM_BARS, .options = true, .volume_in_units = true, .row = option_row,
	.columns = { [O_TIMESTAMP] = "timestamp", [O_EXPIRY] = "expiry", [O_STRIKE] = "strike", [O_SIDE] = "side",
	             [O_OPEN] = "open", [O_HIGH] = "high", [O_LOW] = "low", [O_CLOSE] = "close", [O_VOLUME] = "volume",
	             [O_OI] = "?oi", [O_SPOT] = "?spot" },
	.ignored = " iv ",
};
