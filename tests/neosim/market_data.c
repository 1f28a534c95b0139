/* Recorded market data: files of one-minute bars, of option chains and of ticks, gzipped or not, folded into minutes of a day. Columns are
 * found by their names, so each layout in use reads the same way:
 *   timestamp and one of (open high low close) | ltp | price                   the underlying the file is named after, or `symbol`
 *   ... with expiry strike side                                               a contract a row
 *   ... with expiry strike ce_ltp pe_ltp                                      a call and a put a row */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "lib/base/buf.h"
#include "lib/base/csv.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "tests/neosim/market_priv.h"

#define FIELDS 48

enum column { C_TIME, C_SYMBOL, C_EXPIRY, C_STRIKE, C_SIDE, C_OPEN, C_HIGH, C_LOW, C_CLOSE, C_LTP, C_PRICE, C_CALL, C_PUT, C_SPOT, COLUMNS };
static const char *const column_name[COLUMNS] = { "timestamp", "symbol", "expiry", "strike", "side", "open", "high", "low", "close", "ltp", "price", "ce_ltp", "pe_ltp", "spot" };

struct file {
	const char *path;
	char name[24];               /* the underlying, from the file's name */
	int at[COLUMNS];             /* -1 = no such column */
	uint32_t line;
	struct csv_field field[FIELDS];
	size_t fields;
	int32_t date, minute;        /* of the row */
	struct tapes *to;
};

/* A later price of the same minute widens the bar. */
static void minute_add(struct minute *m, const int32_t price[4])
{
	if (!m->close)
		*m = (struct minute){ price[0], price[1], price[2], price[3] };
	m->high = price[1] > m->high ? price[1] : m->high;
	m->low = price[2] < m->low ? price[2] : m->low;
	m->close = price[3];
}

/* -- a row --------------------------------------------------------------------------------------------------------------------- */

/* Rupees of a column in paise; 0 = none or never traded. */
static int column_price(const struct file *f, enum column c, int32_t *ret)
{
	const struct csv_field *field = f->at[c] >= 0 && (size_t)f->at[c] < f->fields ? &f->field[f->at[c]] : NULL;
	int64_t value;

	*ret = 0;
	if (!field || field->len == 0)
		return ERR_OK;
	if (num_parse_rounded(field->text, field->len, &value) != ERR_OK || value < 0 || value / 100 > 200000000)
		return ERR_PARSE;
	*ret = (int32_t)(value / 100);
	return ERR_OK;
}

static int row_time(struct file *f)
{
	const struct csv_field *field = &f->field[f->at[C_TIME]];
	nanos_t stamp;

	if ((size_t)f->at[C_TIME] >= f->fields || stamp_parse(field->text, field->len, &stamp) != ERR_OK)
		return ERR_PARSE;
	f->date = stamp_date(stamp);
	int64_t since = stamp_time_of_day(stamp) - TIME_OF_DAY(9, 15);
	f->minute = since < 0 ? -1 : (int32_t)(since / NANOS_MINUTE);
	return ERR_OK;
}

static int row_put(struct file *f, const char *name, int32_t expiry, int64_t strike, char option, const int32_t price[4])
{
	if (price[3] == 0)
		return ERR_OK;
	struct tape *t = tapes_make(f->to, name, f->date, expiry, strike, option);
	if (!t)
		return ERR_NOMEM;
	minute_add(&t->minute[f->minute], price);
	return ERR_OK;
}

/* Open, high, low, close of the row; where the file has one price, four times that. Some files' opens lie outside their bar. */
static int row_prices(const struct file *f, int32_t price[4])
{
	enum column one = f->at[C_CLOSE] >= 0 ? C_CLOSE : f->at[C_LTP] >= 0 ? C_LTP : C_PRICE;
	enum column from[4] = { C_OPEN, C_HIGH, C_LOW, one };

	for (int i = 0; i < 4; i++)
		if (column_price(f, f->at[from[i]] >= 0 ? from[i] : one, &price[i]) != ERR_OK)
			return ERR_PARSE;
	for (int i = 0; i < 4; i += 3) {
		price[1] = price[i] > price[1] ? price[i] : price[1];
		price[2] = price[i] < price[2] ? price[i] : price[2];
	}
	return ERR_OK;
}

static int row_strike(const struct file *f, int64_t *strike, int32_t *expiry)
{
	const struct csv_field *day = &f->field[f->at[C_EXPIRY]];
	int32_t paise;

	*expiry = 0;
	if (column_price(f, C_STRIKE, &paise) != ERR_OK)
		return ERR_PARSE;
	*strike = paise;
	return day->len == 0 ? ERR_OK : date_parse(day->text, day->len, expiry);
}

static int row_chain(struct file *f, int32_t expiry, int64_t strike)
{
	for (int put = 0; put < 2; put++) {
		int32_t one;
		if (column_price(f, put ? C_PUT : C_CALL, &one) != ERR_OK)
			return ERR_PARSE;
		int err = row_put(f, f->name, expiry, strike, put ? 'P' : 'C', (int32_t[4]){ one, one, one, one });
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

static int row_spot(struct file *f)
{
	int32_t spot;

	if (column_price(f, C_SPOT, &spot) != ERR_OK)
		return ERR_PARSE;
	return row_put(f, f->name, 0, 0, 0, (int32_t[4]){ spot, spot, spot, spot });
}

/* The near future of a file without its index stands in for it. */
static int row_contract(struct file *f)
{
	int64_t strike;
	int32_t expiry, price[4];
	int err = row_strike(f, &strike, &expiry);

	if (err == ERR_OK)
		err = row_spot(f);
	if (err != ERR_OK)
		return err;
	if (f->at[C_CALL] >= 0)
		return row_chain(f, expiry, strike);
	err = row_prices(f, price);
	const struct csv_field *side = &f->field[f->at[C_SIDE]], *symbol = f->at[C_SYMBOL] >= 0 ? &f->field[f->at[C_SYMBOL]] : NULL;
	if (err != ERR_OK)
		return err;
	if (csv_is(side, "CE") || csv_is(side, "PE"))
		return row_put(f, f->name, expiry, strike, side->text[0], price);
	bool near = symbol && symbol->len > 2 && !memcmp(symbol->text + symbol->len - 2, "-I", 2);
	return near ? row_put(f, f->name, 0, 0, 0, price) : ERR_OK;
}

static int row_underlying(struct file *f)
{
	char name[24];
	int32_t price[4];

	snprintf(name, sizeof(name), "%s", f->name);
	if (f->at[C_SYMBOL] >= 0 && csv_copy(&f->field[f->at[C_SYMBOL]], name, sizeof(name)) != ERR_OK)
		return ERR_PARSE;
	if (row_prices(f, price) != ERR_OK)
		return ERR_PARSE;
	return row_put(f, name, 0, 0, 0, price);
}

static int row_take(struct file *f)
{
	int err = row_time(f);

	if (err != ERR_OK || f->minute < 0 || f->minute >= TAPE_MINUTES) /* outside the session */
		return err;
	return f->at[C_EXPIRY] >= 0 && f->at[C_STRIKE] >= 0 ? row_contract(f) : row_underlying(f);
}

/* -- a file -------------------------------------------------------------------------------------------------------------------- */

/* "NIFTY50_1min_2024.csv.gz" is NIFTY's: the name ends at the first underscore. */
static void file_name(struct file *f)
{
	static const struct { const char *file, *name; } same[] = { { "NIFTY50", "NIFTY" }, { "INDIAVIX", "INDIA VIX" } };
	const char *base = strrchr(f->path, '/');

	base = base ? base + 1 : f->path;
	snprintf(f->name, sizeof(f->name), "%.*s", (int)strcspn(base, "_."), base);
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (!strcmp(f->name, same[i].file))
			snprintf(f->name, sizeof(f->name), "%s", same[i].name);
}

static bool file_columns(struct file *f)
{
	for (int c = 0; c < COLUMNS; c++) {
		f->at[c] = -1;
		for (size_t i = 0; i < f->fields; i++)
			if (csv_is(&f->field[i], column_name[c]))
				f->at[c] = (int)i;
	}
	bool contract = f->at[C_EXPIRY] >= 0 && f->at[C_STRIKE] >= 0;
	bool price = f->at[C_CLOSE] >= 0 || f->at[C_LTP] >= 0 || f->at[C_PRICE] >= 0;
	return f->at[C_TIME] >= 0 && (contract ? f->at[C_CALL] >= 0 ? f->at[C_PUT] >= 0 : price && f->at[C_SIDE] >= 0 : price);
}

static int file_rows(struct file *f, const struct buf *text)
{
	struct csv csv;
	int err;

	csv_begin(&csv, text->data ? text->data : "", text->len);
	err = csv_next(&csv, f->field, FIELDS, &f->fields);
	f->line = csv.line;
	if (err != ERR_OK || !file_columns(f))
		return ERR_PARSE;
	while ((err = csv_next(&csv, f->field, FIELDS, &f->fields)) == ERR_OK) {
		size_t wanted = 0;
		f->line = csv.line;
		for (int c = 0; c < COLUMNS; c++)
			wanted = f->at[c] >= (int)wanted ? (size_t)f->at[c] + 1 : wanted;
		if (f->fields < wanted)
			return ERR_TRUNCATED;
		if ((err = row_take(f)) != ERR_OK)
			return err;
	}
	f->line = csv.line;
	return err == ERR_NOENT ? ERR_OK : err;
}

/* gzread() also reads what is not compressed. */
static int file_text(const char *path, struct buf *text)
{
	gzFile in = gzopen(path, "rb");
	char piece[65536];
	int got = 0;

	if (!in)
		return ERR_IO;
	while ((got = gzread(in, piece, sizeof(piece))) > 0)
		buf_put(text, piece, (size_t)got);
	int err = got < 0 ? ERR_CORRUPT : text->failed ? ERR_NOMEM : ERR_OK;
	int closed = gzclose(in); /* Z_BUF_ERROR: the compressed text ends too early */
	return err != ERR_OK ? err : closed != Z_OK ? ERR_TRUNCATED : ERR_OK;
}

static int file_read(struct tapes *t, const char *path, char error[256])
{
	struct file f = { .path = path, .to = t };
	struct buf text = { 0 };
	int err = file_text(path, &text);

	file_name(&f);
	if (err == ERR_OK)
		err = file_rows(&f, &text);
	buf_done(&text);
	if (err != ERR_OK && f.line)
		snprintf(error, 256, "%s:%u: %s", path, f.line, err_text(err));
	else if (err != ERR_OK)
		snprintf(error, 256, "%s: %s", path, err_text(err));
	return err;
}

int tapes_open(const char *const *files, size_t n, struct tapes **ret, char error[256])
{
	struct tapes *t = tapes_new();
	int err = t ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; err == ERR_OK && i < n; i++)
		err = file_read(t, files[i], error);
	if (err == ERR_OK)
		err = tapes_complete(t);
	if (err != ERR_OK) {
		tapes_close(&t);
		return err;
	}
	*ret = t;
	return ERR_OK;
}
