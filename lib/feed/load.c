#include "lib/feed/load.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/crc32c.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/feed/error.h"
#include "lib/feed/reader.h"

/* -- names ----------------------------------------------------------------------------------------------------------- */

static const struct { const char *file, *symbol; } aliases[] = { { "NIFTY50", "NIFTY" }, { "NIFTYBANK", "BANKNIFTY" } };
static const char *const indices[] = { "NIFTY", "BANKNIFTY", "FINNIFTY", "MIDCPNIFTY", "NIFTYNXT50", "SENSEX", "BANKEX",
                                       "SENSEX50", "INDIAVIX" };

/* By its well-known name. */
static bool load_is_index(const char *symbol)
{
	for (size_t i = 0; i < ARRAY_LEN(indices); i++)
		if (strcmp(symbol, indices[i]) == 0)
			return true;
	return false;
}

static bool symbol_char(char c)
{
	return isalnum((unsigned char)c) || c == '&' || c == '-' || c == '_';
}

static bool symbol_plain(struct field s, size_t most)
{
	if (s.len == 0 || s.len > most)
		return false;
	for (uint32_t i = 0; i < s.len; i++)
		if (!symbol_char(s.text[i]))
			return false;
	return true;
}

/* The part of a file name that names its instrument: up to the first '_' ("NIFTY50_1min_2024"), in depth recordings what
 * follows the date ("depth5_2025-12-15_NSE_FO_51460"). */
static struct field name_symbol(const char *name)
{
	const char *end = name + strcspn(name, ".");
	struct field whole = { name, (uint32_t)(end - name) };
	const char *cut;

	if (strncmp(name, "depth", 5) == 0 && (cut = memchr(name, '_', whole.len)) != NULL) {
		cut = memchr(cut + 1, '_', (size_t)(end - cut - 1));
		whole.text = cut != NULL ? cut + 1 : end;
		whole.len = (uint32_t)(end - whole.text);
		if (whole.len > 7 && (memcmp(whole.text, "NSE_EQ_", 7) == 0 || memcmp(whole.text, "BSE_EQ_", 7) == 0))
			whole = (struct field){ whole.text + 7, whole.len - 7 };
		return whole;
	}
	if ((cut = memchr(name, '_', whole.len)) != NULL)
		whole.len = (uint32_t)(cut - name);
	return whole;
}

static bool has_symbols(const struct layout *layout)
{
	for (size_t i = 0; layout->columns[i] != NULL; i++)
		if (strcmp(layout->columns[i], "symbol") == 0)
			return true;
	return false;
}

static int take_symbol(struct load *l, struct feed_error *error)
{
	struct field s = name_symbol(l->name);

	if (has_symbols(l->layout) && !l->layout->options && !symbol_plain(s, SYMBOL_OWN_MAX))
		return ERR_OK; /* the rows name their instruments */
	if (!symbol_plain(s, SYMBOL_OWN_MAX))
		return feed_fail(error, ERR_PARSE, "%s: the file's name does not begin with the symbol (like NIFTY50_1min_2024.csv.gz); "
		                 "rename it", l->name);
	for (uint32_t i = 0; i < s.len; i++)
		l->symbol[i] = (char)toupper((unsigned char)s.text[i]);
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcmp(l->symbol, aliases[i].file) == 0)
			strcpy(l->symbol, aliases[i].symbol);
	l->derivative = strncmp(l->symbol, "NSE_FO_", 7) == 0 || strncmp(l->symbol, "BSE_FO_", 7) == 0;
	return ERR_OK;
}

/* -- contracts that are their own underlying ------------------------------------------------------------------------- */

static uint32_t add_own(struct load *l, struct field symbol, bool derived)
{
	struct contract_key key = { .underlying = CONTRACT_NONE, .symbol = symbol };
	char name[SYMBOL_OWN_MAX + 1];

	if (!symbol_plain(symbol, SYMBOL_OWN_MAX)) {
		l->fields.reason = "the symbol is empty, too long or has odd characters";
		return CONTRACT_NONE;
	}
	memcpy(name, symbol.text, symbol.len);
	name[symbol.len] = '\0';
	key.kind = derived || load_is_index(name) ? INSTRUMENT_INDEX : l->derivative ? INSTRUMENT_FUTURE : INSTRUMENT_EQUITY;
	uint32_t number = tape_contract(l->tape, &key);
	if (number != CONTRACT_NONE)
		l->tape->contracts[number].derived = derived;
	return number;
}

uint32_t load_own(struct load *l, struct field symbol)
{
	return add_own(l, symbol, false);
}

uint32_t load_file_own(struct load *l)
{
	return add_own(l, (struct field){ l->symbol, (uint32_t)strlen(l->symbol) }, false);
}

uint32_t load_underlying(struct load *l)
{
	if (l->underlying == CONTRACT_NONE)
		l->underlying = add_own(l, (struct field){ l->symbol, (uint32_t)strlen(l->symbol) }, true);
	return l->underlying;
}

/* -- the underlying's price of a group of rows ------------------------------------------------------------------------ */

static int spot_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void add_spot(struct load *l)
{
	struct row *row;
	uint32_t price;

	qsort(l->spots, l->spot_count, sizeof(*l->spots), spot_compare);
	price = l->spots[l->spot_count / 2];
	if ((row = tape_add(l->tape, l->group, l->underlying, ROW_DERIVED)) == NULL)
		return;
	if (l->layout->form == FORM_BARS)
		row->bar.open = row->bar.high = row->bar.low = row->bar.close = price;
	else
		row->quote.last = price;
}

static void add_future(struct load *l)
{
	struct row *row = tape_add(l->tape, l->group, l->underlying, ROW_DERIVED);

	if (row == NULL)
		return;
	row->bar = l->future.bar;
	l->tape->contracts[l->underlying].flags |= INSTRUMENT_DERIVED;
}

static void load_group_end(struct load *l)
{
	if (l->spot_count > 0)
		add_spot(l);
	else if (l->future_seen)
		add_future(l);
	l->spot_count = 0;
	l->future_seen = false;
}

void load_group(struct load *l, nanos_t stamp)
{
	if (stamp != l->group)
		load_group_end(l);
	l->group = stamp;
}

void load_spot(struct load *l, nanos_t stamp, uint32_t price)
{
	size_t cap = l->spot_cap > 0 ? l->spot_cap * 2 : 1024;
	uint32_t *moved;

	load_group(l, stamp);
	if (l->spot_count == l->spot_cap) {
		if ((moved = reallocarray(l->spots, cap, sizeof(*moved))) == NULL) {
			l->tape->failed = true;
			return;
		}
		l->spots = moved;
		l->spot_cap = cap;
	}
	l->spots[l->spot_count++] = price;
}

void load_future(struct load *l, const struct row *row)
{
	load_group(l, row->stamp);
	l->future = *row;
	l->future_seen = true;
}

nanos_t load_hold(struct load *l, nanos_t stamp)
{
	if (stamp < l->newest)
		l->late++;
	else
		l->newest = stamp;
	return l->newest;
}

/* -- the file -------------------------------------------------------------------------------------------------------- */

static struct field trimmed(struct field f)
{
	while (f.len > 0 && (f.text[0] == ' ' || f.text[0] == '\t'))
		f.text++, f.len--;
	while (f.len > 0 && (f.text[f.len - 1] == ' ' || f.text[f.len - 1] == '\t'))
		f.len--;
	return f;
}

static int unknown_header(struct load *l, const struct line *line, struct feed_error *error)
{
	char known[160];

	layout_names(known, sizeof(known));
	return feed_fail(error, ERR_UNSUPPORTED, "%s: unknown columns \"%.*s%s\"; known are %s (docs/data-formats.md)", l->name,
	                 (int)(line->len < 60 ? line->len : 60), line->text, line->len > 60 ? "..." : "", known);
}

static int read_header(struct load *l, struct reader *r, struct feed_error *error)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some programs begin text with it */
	struct line line;
	int got = reader_next(r, &line, error);

	if (got < 0)
		return got;
	if (got == 0)
		return feed_fail(error, ERR_TRUNCATED, "%s: the file is empty; fetch it again", l->name);
	if (line.len >= 3 && memcmp(line.text, mark, 3) == 0)
		line.text += 3, line.len -= 3;
	if (line.too_long || !fields_split(&l->fields, line.text, line.len))
		return unknown_header(l, &line, error);
	for (uint32_t i = 0; i < l->fields.count; i++)
		l->fields.field[i] = trimmed(l->fields.field[i]);
	l->layout = layout_find(&l->fields, l->map);
	return l->layout != NULL ? ERR_OK : unknown_header(l, &line, error);
}

static void read_row(struct load *l, const struct line *line, uint32_t columns)
{
	struct fields *f = &l->fields;

	if (line->len == 0)
		return; /* an empty line holds no row */
	l->tape->lines++;
	l->line = line->number;
	if (!fields_split(f, line->text, line->len) || f->count != columns || line->too_long)
		f->reason = "the row has another number of columns than the header";
	else
		l->layout->row(l);
	if (f->reason != NULL)
		tape_bad(l->tape, l->file, line->number, f->reason, line->text, line->len);
}

static int read_rows(struct load *l, struct reader *r, struct feed_error *error)
{
	uint32_t columns = l->fields.count;
	struct line line;
	int got;

	while ((got = reader_next(r, &line, error)) > 0 && !l->tape->failed)
		read_row(l, &line, columns);
	if (got < 0)
		return got;
	load_group_end(l);
	return l->tape->failed ? feed_fail(error, ERR_NOMEM, "%s: out of memory", l->name) : ERR_OK;
}

static void note_faults(struct load *l)
{
	if (l->late > 0)
		tape_note(l->tape, "%s: %llu rows went back in time; delivered in the order received with the newest time seen", l->name,
		          (unsigned long long)l->late);
	if (l->inconsistent > 0)
		tape_note(l->tape, "%s: %llu rows have their open or close outside high and low; left as they are", l->name,
		          (unsigned long long)l->inconsistent);
	if (l->volume_falls > 0)
		tape_note(l->tape, "%s: the day's running volume fell %llu times; such bars have volume 0", l->name,
		          (unsigned long long)l->volume_falls);
}

static int no_rows(struct load *l, struct feed_error *error)
{
	const struct tape *t = l->tape;

	if (l->line == 0)
		return feed_fail(error, ERR_TRUNCATED, "%s: the file has a header and no rows; fetch it again", l->name);
	return feed_fail(error, ERR_PARSE, "%s: no row makes sense (line %llu: %s); check the file", l->name,
	                 (unsigned long long)l->line, t->bad_kept > 0 ? t->bad_rows[t->bad_kept - 1].reason : "unknown");
}

int load_file(const char *path, uint32_t number, struct tape *tape, const struct layout **ret_layout, uint32_t *ret_crc,
              struct feed_error *error)
{
	struct load l = { .tape = tape, .file = number, .underlying = CONTRACT_NONE, .group = INT64_MIN, .newest = INT64_MIN };
	size_t rows = tape->row_count;
	struct reader *r = NULL;
	int err;

	l.name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	if ((err = reader_open(path, &r, error)) != ERR_OK)
		return err;
	if ((err = read_header(&l, r, error)) == ERR_OK && (err = take_symbol(&l, error)) == ERR_OK)
		err = read_rows(&l, r, error);
	if (err == ERR_OK && tape->row_count == rows)
		err = no_rows(&l, error);
	if (err == ERR_OK) {
		note_faults(&l);
		*ret_layout = l.layout;
		*ret_crc = crc32c(reader_crc(r), l.name, strlen(l.name));
	}
	free(l.spots);
	reader_close(&r);
	return err;
}
