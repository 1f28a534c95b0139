#include "lib/kotak/master_row.h"

#include <string.h>

#include "lib/base/obj.h"
#include "lib/kotak/master_number.h"
#include "lib/kotak/reports.h"

#define EPOCH_NSE INT64_C(315513000) /* 1980-01-01 00:00 IST: NSE counts from there, the others from 1970 */
#define DAY_SECONDS 86400
#define PAISE 100                    /* 1/10,000 rupee */
#define STRIKE_MAX (INT64_C(2000000000) * PAISE)

static const char *const column_names[COLUMNS] = {
	[COLUMN_TOKEN] = "pSymbol", [COLUMN_SERIES] = "pGroup", [COLUMN_SEGMENT] = "pExchSeg", [COLUMN_TYPE] = "pInstType", [COLUMN_NAME] = "pSymbolName",
	[COLUMN_SYMBOL] = "pTrdSymbol", [COLUMN_OPTION] = "pOptionType", [COLUMN_ISIN] = "pISIN", [COLUMN_UNDERLYING] = "pAssetCode",
	[COLUMN_TICK] = "dTickSize", [COLUMN_LOT] = "lLotSize", [COLUMN_LOT_AGAIN] = "iLotSize", [COLUMN_EXPIRY] = "pExpiryDate",
	[COLUMN_STRIKE] = "dStrikePrice", [COLUMN_BAND_HIGH] = "dHighPriceRange",
	[COLUMN_BAND_LOW] = "dLowPriceRange", [COLUMN_FREEZE] = "lFreezeQty", [COLUMN_AUCTION] = "CASEligible",
};

const char *master_skip_text(enum master_skip s)
{
	static const char *const texts[SKIPS] = {
		[SKIP_NONE] = "believed", [SKIP_FIELDS] = "torn or with another number of fields than the header", [SKIP_TEXT] = "a symbol or name missing, too long or not printable",
		[SKIP_NUMBER] = "a number missing or out of range", [SKIP_SEGMENT] = "of another segment", [SKIP_KIND] = "neither index, share, future nor option",
		[SKIP_LOT] = "two different lots, or none", [SKIP_EXPIRY] = "a contract without an expiry", [SKIP_TWICE] = "a token given to two rows",
	};

	return s < SKIPS && texts[s] ? texts[s] : "?";
}

/* -- header -------------------------------------------------------------------------------------------------- */

static bool is(const struct master_field *f, const char *text)
{
	return f->len == strlen(text) && memcmp(f->text, text, f->len) == 0;
}

/* Kotak's header names end in blanks and semicolons. */
static struct master_field bare_name(struct master_field f)
{
	while (f.len > 0 && (f.text[f.len - 1] == ' ' || f.text[f.len - 1] == ';'))
		f.len--;
	return f;
}

bool master_columns_find(const struct master_field *header, size_t n, struct master_columns *ret, const char **ret_missing)
{
	ret->fields = n;
	for (int c = 0; c < COLUMNS; c++) {
		size_t found = 0;

		ret->at[c] = UINT32_MAX;
		for (size_t i = 0; i < n; i++) {
			struct master_field name = bare_name(header[i]);
			if (is(&name, column_names[c])) {
				ret->at[c] = (uint32_t)i;
				found++;
			}
		}
		if (found > 1 || (found == 0 && c != COLUMN_AUCTION)) {
			*ret_missing = column_names[c];
			return false;
		}
	}
	return true;
}

/* -- fields -------------------------------------------------------------------------------------------------- */

/* True when all `len` bytes are printable and no blanks. Eight at a time: no byte may have its high bit, or lack it after 0x5f is added
 * (below '!'), or have it after 1 is added (delete). */
static inline bool printable(const char *text, size_t len)
{
	uint64_t bad = 0, word = 0, ones = UINT64_C(0x0101010101010101);

	for (; len >= 8; len -= 8, text += 8) {
		memcpy(&word, text, 8);
		bad |= word | ~(word + ones * 0x5f) | (word + ones);
	}
	for (; len > 0; len--, text++)
		bad |= (unsigned char)(*text - '!') > '~' - '!' ? ones << 7 : 0;
	return (bad & ones << 7) == 0;
}

/* A printable text without blanks into a zeroed array, with room for its NUL. */
static inline bool take_text(const struct master_field *f, char *ret, size_t size)
{
	if (f->len >= size || !printable(f->text, f->len))
		return false;
	memcpy(ret, f->text, f->len);
	return true;
}

static bool take_count(const struct master_field *f, int64_t max, int64_t *ret)
{
	return master_whole(f->text, f->len, 1, ret) && *ret <= max;
}

/* Paise to a price; empty, zero, -1 and any other negative mean none. */
static bool take_price(const struct master_field *f, price_t *ret, int64_t *ret_slack)
{
	if (!master_number(f->text, f->len, PAISE, ret, ret_slack) || *ret > NUM_DECIMAL_MAX)
		return false;
	*ret = *ret > 0 ? *ret : 0;
	return true;
}

/* Seconds as the exchange counts them; empty and -1 mean none (0). */
static bool take_expiry(const struct master_field *f, enum segment segment, date_t *ret)
{
	int64_t at;

	if (!take_count(f, UINT32_MAX, &at))
		return false;
	at += segment == SEGMENT_NSE_FO && at > 0 ? EPOCH_NSE : 0;
	*ret = at > 0 ? (date_t)(at / DAY_SECONDS) : 0;
	return true;
}

/* -- the row ------------------------------------------------------------------------------------------------- */

static bool is_cash(enum segment s)
{
	return s == SEGMENT_NSE_CM || s == SEGMENT_BSE_CM;
}

enum instrument_class { CLASS_NONE, CLASS_FUTURE, CLASS_OPTION };

/* NSE says OPTIDX and FUTSTK, BSE IO and SF. */
static enum instrument_class class_of(const struct master_field *type)
{
	if (type->len > 3 && memcmp(type->text, "OPT", 3) == 0)
		return CLASS_OPTION;
	if (type->len > 3 && memcmp(type->text, "FUT", 3) == 0)
		return CLASS_FUTURE;
	if (type->len != 2 || (type->text[0] != 'I' && type->text[0] != 'S'))
		return CLASS_NONE;
	return type->text[1] == 'O' ? CLASS_OPTION : type->text[1] == 'F' ? CLASS_FUTURE : CLASS_NONE;
}

static enum master_skip read_kind(const struct master_field f[COLUMNS], enum segment segment, struct master_row *r)
{
	const struct master_field *option = &f[COLUMN_OPTION];
	enum instrument_class class = class_of(&f[COLUMN_TYPE]);

	if (is_cash(segment)) {
		r->kind = f[COLUMN_ISIN].len == 0 ? INSTRUMENT_INDEX : INSTRUMENT_EQUITY;
		return SKIP_NONE;
	}
	if (class == CLASS_OPTION && option->len == 2 && option->text[1] == 'E' && (option->text[0] == 'C' || option->text[0] == 'P')) {
		r->kind = option->text[0] == 'C' ? INSTRUMENT_CALL : INSTRUMENT_PUT;
		return SKIP_NONE;
	}
	if (class != CLASS_FUTURE || !(option->len == 0 || (option->len == 2 && memcmp(option->text, "XX", 2) == 0)))
		return SKIP_KIND;
	r->kind = INSTRUMENT_FUTURE;
	return SKIP_NONE;
}

/* A number beyond six digits was rounded by %g: the band is taken as narrow as it may be, since an order beyond it is refused. */
static bool read_band(const struct master_field f[COLUMNS], struct master_row *r)
{
	int64_t high_slack, low_slack;

	if (!take_price(&f[COLUMN_BAND_HIGH], &r->band_high, &high_slack) || !take_price(&f[COLUMN_BAND_LOW], &r->band_low, &low_slack))
		return false;
	r->band_high -= r->band_high > high_slack ? high_slack : 0;
	r->band_low += r->band_low > 0 ? low_slack : 0;
	return r->band_high == 0 || r->band_low <= r->band_high;
}

/* NSE's derivatives tell the first quantity that is refused, the others the last that is taken. */
static bool read_freeze(const struct master_field *f, enum segment segment, struct master_row *r)
{
	int64_t freeze;

	if (!take_count(f, INT32_MAX, &freeze))
		return false;
	if (freeze <= 0) {
		r->freeze = 0;
		return true;
	}
	freeze -= segment == SEGMENT_NSE_FO;
	r->freeze = (int32_t)(freeze - freeze % r->lot);
	return r->freeze > 0;
}

static enum master_skip read_lot(const struct master_field f[COLUMNS], struct master_row *r)
{
	const struct master_field *text = &f[COLUMN_LOT], *again = &f[COLUMN_LOT_AGAIN];
	int64_t lot, same;

	if (r->kind == INSTRUMENT_INDEX) { /* an index is not traded, and its lots disagree */
		r->lot = 1;
		return SKIP_NONE;
	}
	if (!take_count(text, INT32_MAX, &lot) || lot <= 0)
		return SKIP_LOT;
	if ((text->len != again->len || memcmp(text->text, again->text, text->len) != 0) && (!take_count(again, INT32_MAX, &same) || lot != same))
		return SKIP_LOT;
	r->lot = (int32_t)lot;
	return SKIP_NONE;
}

static enum master_skip read_contract(const struct master_field f[COLUMNS], enum segment segment, struct master_row *r)
{
	int64_t slack;

	if (!take_expiry(&f[COLUMN_EXPIRY], segment, &r->expiry))
		return SKIP_NUMBER;
	if (r->expiry <= 0 || r->expiry > UINT16_MAX)
		return SKIP_EXPIRY;
	if (!take_price(&f[COLUMN_STRIKE], &r->strike, &slack) || r->strike % PAISE != 0 || r->strike > STRIKE_MAX)
		return SKIP_NUMBER;
	if (r->kind == INSTRUMENT_FUTURE)
		r->strike = 0;
	else if (r->strike == 0)
		return SKIP_NUMBER;
	return SKIP_NONE;
}

static bool read_numbers(const struct master_field f[COLUMNS], enum segment segment, struct master_row *r)
{
	int64_t token, underlying, slack;

	if (!take_count(&f[COLUMN_TOKEN], UINT32_MAX, &token) || token <= 0 || !take_count(&f[COLUMN_UNDERLYING], UINT32_MAX, &underlying))
		return false;
	r->token = (uint32_t)token;
	r->underlying_token = underlying > 0 ? (uint32_t)underlying : 0;
	if (!take_price(&f[COLUMN_TICK], &r->tick, &slack) || (r->tick == 0 && r->kind != INSTRUMENT_INDEX))
		return false;
	return read_freeze(&f[COLUMN_FREEZE], segment, r) && read_band(f, r);
}

enum master_skip master_row_read(const struct master_field f[COLUMNS], enum segment segment, struct master_row *ret)
{
	enum master_skip skip;

	if (!is(&f[COLUMN_SEGMENT], segment_wire_name(segment)))
		return SKIP_SEGMENT;
	*ret = (struct master_row){ .segment = (uint8_t)segment };
	if (f[COLUMN_SYMBOL].len == 0 || !take_text(&f[COLUMN_SYMBOL], ret->symbol, sizeof(ret->symbol)) || f[COLUMN_NAME].len == 0 ||
	    !take_text(&f[COLUMN_NAME], ret->name, sizeof(ret->name)) || !take_text(&f[COLUMN_SERIES], ret->series, sizeof(ret->series)))
		return SKIP_TEXT;
	if ((skip = read_kind(f, segment, ret)) != SKIP_NONE || (skip = read_lot(f, ret)) != SKIP_NONE)
		return skip;
	if (!is_cash(segment) && (skip = read_contract(f, segment, ret)) != SKIP_NONE)
		return skip;
	if (!read_numbers(f, segment, ret))
		return SKIP_NUMBER;
	if (is(&f[COLUMN_AUCTION], "true"))
		ret->flags |= MASTER_CLOSING_AUCTION;
	return SKIP_NONE;
}
