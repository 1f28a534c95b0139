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

static inline bool is(const struct master_field *f, const char *text)
{
	size_t len = strlen(text);

	return f->len == len && memcmp(f->text, text, len) == 0;
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

static inline bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct master_field master_trim(struct master_field f)
{
	while (f.len > 0 && blank(f.text[f.len - 1]))
		f.len--;
	while (f.len > 0 && blank(*f.text)) {
		f.text++;
		f.len--;
	}
	return f;
}

static struct master_field trim(const struct master_field *f)
{
	if (f->len == 0 || (f->text[0] > ' ' && f->text[f->len - 1] > ' '))
		return *f;
	return master_trim(*f);
}

#define TEXT_BYTES 32 /* of the longest text */

/* Shifted by the length, the mask of the bytes that belong to a text. */
static const uint8_t text_mask[2 * TEXT_BYTES] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/* A high bit for each byte that belongs to a text and is not printable: it has its own, or lacks it after 0x5f is added (below '!'), or has it after 1 is added
 * (delete). */
static inline __attribute__((always_inline)) uint64_t not_printable(uint64_t word, uint64_t belongs)
{
	return (word | ~(word + MASTER_EACH(0x5f)) | (word + MASTER_EACH(0x01))) & belongs & MASTER_EACH(0x80);
}

/* 8 bytes of a text, what does not belong to it as zeros. Returns what is not printable. */
static inline __attribute__((always_inline)) uint64_t take_eight(const char *text, const uint8_t *belongs, char *ret)
{
	uint64_t word, mask;

	memcpy(&word, text, 8);
	memcpy(&mask, belongs, 8);
	word &= mask;
	memcpy(ret, &word, 8);
	return not_printable(word, mask);
}

/* The same of 4, in words of that size: to write half of a word and read it whole would wait for the write. */
static inline __attribute__((always_inline)) uint64_t take_four(const char *text, const uint8_t *belongs, char *ret)
{
	uint32_t word, mask;

	memcpy(&word, text, 4);
	memcpy(&mask, belongs, 4);
	word &= mask;
	memcpy(ret, &word, 4);
	return not_printable(word, mask);
}

/* A printable text without blanks, with room for its NUL, padded with zeros. As many words as there may be are taken, whatever its length: no loop whose end
 * must be guessed. */
static inline __attribute__((always_inline)) bool take_text(const struct master_field *f, const char *end, char *ret, size_t size)
{
	char copy[TEXT_BYTES] = { 0 };
	const char *text = f->text;
	uint64_t bad = 0;
	size_t i = 0;

	if (f->len >= size)
		return false;
	if (end - text < TEXT_BYTES) { /* the last row of a file */
		memcpy(copy, text, f->len);
		text = copy;
	}
	const uint8_t *belongs = text_mask + TEXT_BYTES - f->len;
	for (; i + 8 <= size; i += 8)
		bad |= take_eight(text + i, belongs + i, ret + i);
	if (i < size)
		bad |= take_four(text + i, belongs + i, ret + i);
	return bad == 0;
}

/* A row being read. */
struct fields {
	const struct master_field *f;
	enum segment segment;
	const char *end;
	struct master_eight eight;
};

static inline __attribute__((always_inline)) bool take_number(const struct fields *in, enum master_column c, int64_t scale, int64_t *ret, int64_t *ret_slack)
{
	if (c >= ARRAY_LEN(in->eight.value) || !(in->eight.plain >> c & 1))
		return master_number(in->f[c].text, in->f[c].len, scale, ret, ret_slack);
	*ret = in->eight.value[c] * scale;
	*ret_slack = 0;
	return true;
}

static inline __attribute__((always_inline)) bool take_count(const struct fields *in, enum master_column c, int64_t max, int64_t *ret)
{
	int64_t slack;

	return take_number(in, c, 1, ret, &slack) && *ret <= max;
}

/* Paise to a price; empty, zero, -1 and any other negative mean none. */
static inline __attribute__((always_inline)) bool take_price(const struct fields *in, enum master_column c, price_t *ret, int64_t *ret_slack)
{
	if (!take_number(in, c, PAISE, ret, ret_slack) || *ret > NUM_DECIMAL_MAX)
		return false;
	*ret = *ret > 0 ? *ret : 0;
	return true;
}

/* Seconds as the exchange counts them; empty and -1 mean none (0). */
static bool take_expiry(const struct fields *in, date_t *ret)
{
	int64_t at;

	if (!take_count(in, COLUMN_EXPIRY, UINT32_MAX, &at))
		return false;
	at += in->segment == SEGMENT_NSE_FO && at > 0 ? EPOCH_NSE : 0;
	*ret = at > 0 ? (date_t)(at / DAY_SECONDS) : 0;
	return true;
}

#define SEGMENT_BYTES 6 /* of every segment's name */

static inline bool is_segment(const struct master_field *f, enum segment segment)
{
	const char *name = segment_wire_name(segment);

	return f->len == SEGMENT_BYTES && memcmp(f->text, name, SEGMENT_BYTES) == 0 && name[SEGMENT_BYTES] == '\0';
}

/* -- the row ------------------------------------------------------------------------------------------------- */

static bool is_cash(enum segment s)
{
	return s == SEGMENT_NSE_CM || s == SEGMENT_BSE_CM;
}

static inline bool read_texts(const struct fields *in, struct master_row *r)
{
	const struct master_field *f = in->f;

	return f[COLUMN_SYMBOL].len > 0 && take_text(&f[COLUMN_SYMBOL], in->end, r->symbol, sizeof(r->symbol)) && f[COLUMN_NAME].len > 0 &&
	       take_text(&f[COLUMN_NAME], in->end, r->name, sizeof(r->name)) && take_text(&f[COLUMN_SERIES], in->end, r->series, sizeof(r->series));
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

static enum master_skip read_kind(const struct fields *in, struct master_row *r)
{
	const struct master_field *option = &in->f[COLUMN_OPTION];
	const struct master_field type = trim(&in->f[COLUMN_TYPE]);
	enum instrument_class class = class_of(&type);

	if (is_cash(in->segment)) {
		r->kind = trim(&in->f[COLUMN_ISIN]).len == 0 ? INSTRUMENT_INDEX : INSTRUMENT_EQUITY;
		return SKIP_NONE;
	}
	if (class == CLASS_OPTION && option->len == 2 && option->text[1] == 'E' && (option->text[0] == 'C') | (option->text[0] == 'P')) {
		r->kind = option->text[0] == 'C' ? INSTRUMENT_CALL : INSTRUMENT_PUT;
		return SKIP_NONE;
	}
	if (class != CLASS_FUTURE || !(option->len == 0 || (option->len == 2 && memcmp(option->text, "XX", 2) == 0)))
		return SKIP_KIND;
	r->kind = INSTRUMENT_FUTURE;
	return SKIP_NONE;
}

/* A number beyond six digits was rounded by %g: the band is taken as narrow as it may be, since an order beyond it is refused. */
static bool read_band(const struct fields *in, struct master_row *r)
{
	int64_t high_slack, low_slack;

	if (!take_price(in, COLUMN_BAND_HIGH, &r->band_high, &high_slack) || !take_price(in, COLUMN_BAND_LOW, &r->band_low, &low_slack))
		return false;
	r->band_high -= r->band_high > high_slack ? high_slack : 0;
	r->band_low += r->band_low > 0 ? low_slack : 0;
	return r->band_high == 0 || r->band_low <= r->band_high;
}

/* NSE's derivatives tell the first quantity that is refused, the others the last that is taken. */
static bool read_freeze(const struct fields *in, struct master_row *r)
{
	int64_t freeze;

	if (!take_count(in, COLUMN_FREEZE, INT32_MAX, &freeze))
		return false;
	if (freeze <= 0) {
		r->freeze = 0;
		return true;
	}
	freeze -= in->segment == SEGMENT_NSE_FO;
	r->freeze = (int32_t)freeze - (int32_t)freeze % r->lot;
	return r->freeze > 0;
}

static enum master_skip read_lot(const struct fields *in, struct master_row *r)
{
	int64_t lot, again;

	if (r->kind == INSTRUMENT_INDEX) { /* an index is not traded, and its lots disagree */
		r->lot = 1;
		return SKIP_NONE;
	}
	if (!take_count(in, COLUMN_LOT, INT32_MAX, &lot) || lot <= 0 || !take_count(in, COLUMN_LOT_AGAIN, INT32_MAX, &again) || lot != again)
		return SKIP_LOT;
	r->lot = (int32_t)lot;
	return SKIP_NONE;
}

static enum master_skip read_contract(const struct fields *in, struct master_row *r)
{
	int64_t slack;

	if (!take_expiry(in, &r->expiry))
		return SKIP_NUMBER;
	if (r->expiry <= 0 || r->expiry > UINT16_MAX)
		return SKIP_EXPIRY;
	if (!take_price(in, COLUMN_STRIKE, &r->strike, &slack) || r->strike % PAISE != 0 || r->strike > STRIKE_MAX)
		return SKIP_NUMBER;
	if (r->kind == INSTRUMENT_FUTURE)
		r->strike = 0;
	else if (r->strike == 0)
		return SKIP_NUMBER;
	return SKIP_NONE;
}

static bool read_numbers(const struct fields *in, struct master_row *r)
{
	int64_t token, underlying, slack;

	if (!take_count(in, COLUMN_TOKEN, UINT32_MAX, &token) || token <= 0 || !take_count(in, COLUMN_UNDERLYING, UINT32_MAX, &underlying))
		return false;
	r->token = (uint32_t)token;
	r->underlying_token = underlying > 0 ? (uint32_t)underlying : 0;
	if (!take_price(in, COLUMN_TICK, &r->tick, &slack) || (r->tick == 0 && r->kind != INSTRUMENT_INDEX))
		return false;
	return read_freeze(in, r) && read_band(in, r);
}

/* A row as it stands. Blanks around a field are seen where they would change the answer; elsewhere they are one more reason to refuse it. */
static enum master_skip read_row(const struct master_field f[COLUMNS], enum segment segment, const char *end, struct master_row *r)
{
	const struct master_field auction = trim(&f[COLUMN_AUCTION]);
	struct fields in;
	enum master_skip skip;

	if (!is_segment(&f[COLUMN_SEGMENT], segment))
		return SKIP_SEGMENT;
	in.f = f; /* not by an initialiser, which would clear the numbers first */
	in.segment = segment;
	in.end = end;
	master_eight_read(f, &in.eight);
	r->segment = (uint8_t)segment; /* every field is set by somebody below; expiry and strike only in contracts */
	r->flags = is(&auction, "true") ? MASTER_CLOSING_AUCTION : 0;
	r->expiry = 0;
	r->strike = 0;
	if (!read_texts(&in, r))
		return SKIP_TEXT;
	if ((skip = read_kind(&in, r)) != SKIP_NONE || (skip = read_lot(&in, r)) != SKIP_NONE)
		return skip;
	if (!is_cash(segment) && (skip = read_contract(&in, r)) != SKIP_NONE)
		return skip;
	return read_numbers(&in, r) ? SKIP_NONE : SKIP_NUMBER;
}

enum master_skip master_row_read(const struct master_field f[COLUMNS], enum segment segment, const char *end, struct master_row *ret)
{
	struct master_field bare[COLUMNS];

	if (read_row(f, segment, end, ret) == SKIP_NONE)
		return SKIP_NONE;
	for (int c = 0; c < COLUMNS; c++) /* rarely needed, so rarely done */
		bare[c] = master_trim(f[c]);
	return read_row(bare, segment, end, ret);
}
