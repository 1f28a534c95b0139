/* From CSV text to rows in memory: a file is judged as a whole before one row of it counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/csv.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/kotak/master_priv.h"
#include "lib/kotak/master_scan.h"

#define TEXT_MAX (64u << 20)
#define EXPIRED_DAYS 7      /* a contract that ended longer ago is no longer listed: the offset is not what we think */
#define NEAREST_DAYS 370    /* and something listed ends within a year */
#define FIELDS_MAX SCAN_FIELDS_MAX
#define LARGE_PAGE (2u << 20)
#define ROW_BYTES 240       /* shorter than real rows of contracts: a guess at their number that is seldom too low */

int master_build(struct master_builder **ret)
{
	struct master_builder *b = calloc(1, sizeof(*b));

	if (!b)
		return ERR_NOMEM;
	b->magic = MASTER_BUILDER_MAGIC;
	*ret = b;
	return ERR_OK;
}

void master_build_free(struct master_builder **b)
{
	struct master_builder *gone = *b;

	*b = NULL;
	if (!gone)
		return;
	CHECK_OBJ(gone, MASTER_BUILDER_MAGIC);
	free(gone->row);
	free(gone->token);
	free(gone->symbol);
	free(gone->name);
	free(gone->order);
	free(gone);
}

/* Large pages: a fresh page of 4 KiB every 36 rows would cost more than reading them. */
static struct master_row *allocate_rows(size_t rows)
{
	size_t size = (rows * sizeof(struct master_row) + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	struct master_row *row = aligned_alloc(LARGE_PAGE, size);

	if (row)
		(void)madvise(row, size, MADV_HUGEPAGE);
	return row;
}

static bool reserve(struct master_builder *b, size_t rows)
{
	if (rows <= b->rows_cap)
		return true;
	if (rows > MASTER_ROWS_MAX)
		return false;
	struct master_row *row = allocate_rows(rows);
	if (!row)
		return false;
	if (b->rows > 0)
		memcpy(row, b->row, b->rows * sizeof(*row));
	free(b->row);
	b->row = row;
	b->rows_cap = (uint32_t)rows;
	return true;
}

/* -- one file ------------------------------------------------------------------------------------------------ */

struct reader {
	struct scan scan;
	enum segment segment;
	struct master_columns columns;
	struct master_builder *builder;
	struct master_counts *counts;
	date_t nearest;        /* expiry of any contract; 0 = none yet */
	uint32_t at[1 + SCAN_AT];           /* the byte before a row, and where its wanted separators stand */
	struct { uint8_t from, to; } field[COLUMNS]; /* places in `at` of what stands before and after a column */
	struct csv_field csv[FIELDS_MAX];
};

static void skip(struct reader *r, enum master_skip why)
{
	r->counts->skipped[why - 1]++;
}

static int take_row(struct reader *r, const struct master_field f[COLUMNS])
{
	struct master_builder *b = r->builder;

	if (b->rows == b->rows_cap && !reserve(b, (size_t)b->rows_cap + b->rows_cap / 2 + 1024))
		return b->rows >= MASTER_ROWS_MAX ? ERR_FULL : ERR_NOMEM;
	struct master_row *row = &b->row[b->rows];
	enum master_skip why = master_row_read(f, r->segment, r->scan.text + r->scan.len, row);
	if (why != SKIP_NONE) {
		skip(r, why);
		return ERR_OK;
	}
	if (row->expiry != 0 && (r->nearest == 0 || row->expiry < r->nearest))
		r->nearest = row->expiry;
	b->rows++;
	return ERR_OK;
}

/* Asks the scan for what stands before and after each column we read. */
static void want_columns(struct reader *r)
{
	bool wanted[FIELDS_MAX + 1] = { [0] = true }; /* by number of the separator + 1: the first column begins after none */
	uint8_t place[FIELDS_MAX + 1], n = 0;

	for (int c = 0; c < COLUMNS; c++)
		if (r->columns.at[c] != UINT32_MAX)
			wanted[r->columns.at[c]] = wanted[r->columns.at[c] + 1] = true;
	for (uint32_t i = 0; i <= FIELDS_MAX; i++)
		if (wanted[i]) {
			place[i] = n++;
			if (i > 0)
				scan_want(&r->scan, i - 1);
		}
	for (int c = 0; c < COLUMNS; c++)
		if (r->columns.at[c] != UINT32_MAX) {
			r->field[c].from = place[r->columns.at[c]];
			r->field[c].to = place[r->columns.at[c] + 1];
		}
}

/* A row without quotes: the scan told where its fields end. */
static int plain_row(struct reader *r, size_t n, size_t begin)
{
	struct master_field f[COLUMNS];

	if (n != r->columns.fields) {
		if (n > 1 || master_trim((struct master_field){ r->scan.text + begin, r->scan.row - begin }).len > 0) /* else an empty line */
			skip(r, SKIP_FIELDS);
		return ERR_OK;
	}
	r->at[0] = (uint32_t)begin - 1; /* a line of headings stands before it */
	for (int c = 0; c < COLUMNS; c++) {
		const char *text = r->scan.text + r->at[r->field[c].from] + 1;
		f[c] = (struct master_field){ text, (size_t)(r->scan.text + r->at[r->field[c].to] - text) };
	}
	if (r->columns.at[COLUMN_AUCTION] == UINT32_MAX)
		f[COLUMN_AUCTION] = (struct master_field){ "", 0 };
	return take_row(r, f);
}

/* The record at `offset` by the real CSV reader. Returns its number of fields, 0 when it is none; *ret_next = where the text goes on. */
static size_t quoted_record(struct reader *r, size_t offset, size_t *ret_next)
{
	size_t left = r->scan.len - offset, window = left < SCAN_ROW_MAX ? left : SCAN_ROW_MAX, n = 0;
	struct csv c;

	csv_begin(&c, r->scan.text + offset, window);
	if (csv_next(&c, r->csv, FIELDS_MAX, &n) != ERR_OK || c.at[-1] != '\n') { /* torn, or a quote that is never closed */
		*ret_next = scan_next_line(&r->scan, offset);
		return 0;
	}
	*ret_next = (size_t)(c.at - r->scan.text);
	return n;
}

static int quoted_row(struct reader *r, size_t offset)
{
	struct master_field f[COLUMNS];
	size_t next, n = quoted_record(r, offset, &next);

	scan_seek(&r->scan, next);
	if (n != r->columns.fields) {
		skip(r, SKIP_FIELDS);
		return ERR_OK;
	}
	for (int c = 0; c < COLUMNS; c++) {
		uint32_t at = r->columns.at[c];
		f[c] = at == UINT32_MAX ? (struct master_field){ "", 0 } : (struct master_field){ r->csv[at].text, r->csv[at].len };
	}
	return take_row(r, f);
}

static int read_rows(struct reader *r)
{
	int err = ERR_OK;

	while (err == ERR_OK) {
		size_t n = 0, offset;

		switch (scan_row(&r->scan, r->at + 1, &n, &offset)) {
		case SCAN_END:
			return ERR_OK;
		case SCAN_CUT: /* no line end: nobody can tell whether its last number is whole */
			skip(r, SKIP_FIELDS);
			return ERR_OK;
		case SCAN_BAD:
			skip(r, SKIP_FIELDS);
			break;
		case SCAN_QUOTED:
			err = quoted_row(r, offset);
			break;
		case SCAN_ROW:
			err = plain_row(r, n, offset);
			break;
		}
	}
	return err;
}

static int read_header(struct reader *r, struct master_error *error)
{
	struct master_field header[FIELDS_MAX];
	const char *missing;
	size_t next, n;

	if (r->scan.len >= 3 && memcmp(r->scan.text, "\xEF\xBB\xBF", 3) == 0)
		scan_seek(&r->scan, 3);
	n = quoted_record(r, r->scan.row, &next);
	for (size_t i = 0; i < n; i++)
		header[i] = master_trim((struct master_field){ r->csv[i].text, r->csv[i].len });
	if (!master_columns_find(header, n, &r->columns, &missing)) {
		snprintf(error->text, sizeof(error->text), "the file has no line of headings, or not the column %s once", missing);
		return ERR_PARSE;
	}
	want_columns(r);
	scan_seek(&r->scan, next);
	return ERR_OK;
}

/* -- the judgement ------------------------------------------------------------------------------------------- */

static int judge_file(const struct reader *r, uint32_t rows, date_t today, uint32_t least, struct master_error *error)
{
	if (rows == 0 || rows < least) {
		snprintf(error->text, sizeof(error->text), "only %u rows could be used, at least %u are expected; the last good master is kept", rows, least ? least : 1);
		return ERR_RANGE;
	}
	if (r->nearest != 0 && r->nearest < today - EXPIRED_DAYS) {
		snprintf(error->text, sizeof(error->text), "a contract expired %d days ago: the file counts its dates from another day than known", today - r->nearest);
		return ERR_RANGE;
	}
	if (r->nearest > today + NEAREST_DAYS) {
		snprintf(error->text, sizeof(error->text), "no contract ends within a year (the first in %d days): the file counts its dates from another day than known",
		         r->nearest - today);
		return ERR_RANGE;
	}
	return ERR_OK;
}

static int add_rows(struct reader *r, date_t today, uint32_t least, struct master_error *error)
{
	struct master_builder *b = r->builder;
	uint32_t before = b->rows, twice = 0;
	int err;

	if (!reserve(b, b->rows + r->scan.len / ROW_BYTES + 64) || (err = read_rows(r)) == ERR_NOMEM || (err == ERR_OK && master_tokens(b, before, &twice) == ERR_NOMEM)) {
		snprintf(error->text, sizeof(error->text), "out of memory while reading the master");
		return ERR_NOMEM;
	}
	if (err == ERR_FULL) {
		snprintf(error->text, sizeof(error->text), "more rows than a master may have (%u)", MASTER_ROWS_MAX);
		return ERR_RANGE;
	}
	r->counts->skipped[SKIP_TWICE - 1] += twice;
	r->counts->rows = b->rows - before;
	return judge_file(r, r->counts->rows, today, least, error);
}

/* Back to what was there before this file. */
static void take_back(struct master_builder *b, uint32_t rows)
{
	b->rows = rows;
	free(b->token);
	b->token = NULL;
	b->slots = 0;
}

int master_add_csv(struct master_builder *b, enum segment segment, const char *text, size_t len, date_t today, uint32_t least,
                   struct master_counts *counts, struct master_error *error)
{
	CHECK_OBJ(b, MASTER_BUILDER_MAGIC);
	struct reader *r = calloc(1, sizeof(*r));
	uint32_t before = b->rows;
	int err;

	*counts = (struct master_counts){ 0 };
	for (int i = 1; i < SKIPS; i++)
		counts->why[i - 1] = master_skip_text((enum master_skip)i);
	error->text[0] = '\0';
	if (!r)
		return ERR_NOMEM;
	if (len > TEXT_MAX || b->segment_rows[segment] > 0) {
		snprintf(error->text, sizeof(error->text), len > TEXT_MAX ? "the file is larger than 64 MiB" : "this segment was added already");
		err = len > TEXT_MAX ? ERR_RANGE : ERR_EXIST;
	} else {
		r->segment = segment;
		r->builder = b;
		r->counts = counts;
		scan_begin(&r->scan, text, len);
		err = read_header(r, error);
		if (err == ERR_OK && (err = add_rows(r, today, least, error)) != ERR_OK)
			take_back(b, before);
	}
	if (err == ERR_OK)
		b->segment_rows[segment] = counts->rows;
	free(r);
	return err;
}
