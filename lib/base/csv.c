#include "lib/base/csv.h"

#include <string.h>

#include "lib/base/err.h"

#define CSV_HEADER_FIELDS 64

void csv_begin(struct csv *c, const char *text, size_t len)
{
	*c = (struct csv){ .at = text, .end = text + len, .line = 1, .next_line = 1 };
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
		c->at += 3;
}

static bool at_line_end(const struct csv *c)
{
	return c->at == c->end || *c->at == '\n' || (*c->at == '\r' && (c->at + 1 == c->end || c->at[1] == '\n'));
}

static void skip_line_end(struct csv *c)
{
	if (c->at < c->end && *c->at == '\r')
		c->at++;
	if (c->at < c->end && *c->at == '\n')
		c->at++;
	c->next_line++;
}

static void skip_blanks(struct csv *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* Moves to the next line that holds a record; false at the end of the text. */
static bool find_record(struct csv *c)
{
	for (;;) {
		const char *start = c->at;

		skip_blanks(c);
		if (c->at < c->end && *c->at == '#')
			while (!at_line_end(c))
				c->at++;
		if (!at_line_end(c)) {
			c->at = start;
			return true;
		}
		if (c->at == c->end)
			return false;
		skip_line_end(c);
	}
}

static int take_quoted(struct csv *c, struct csv_field *f)
{
	f->text = ++c->at;
	for (; c->at < c->end; c->at++) {
		if (*c->at == '\n')
			c->next_line++;
		if (*c->at != '"')
			continue;
		if (c->at + 1 < c->end && c->at[1] == '"') {
			f->doubled = true;
			c->at++;
			continue;
		}
		f->len = (size_t)(c->at++ - f->text);
		skip_blanks(c);
		return at_line_end(c) || *c->at == ',' ? ERR_OK : ERR_PARSE;
	}
	return ERR_PARSE;
}

static int take_plain(struct csv *c, struct csv_field *f)
{
	const char *last;

	f->text = c->at;
	while (!at_line_end(c) && *c->at != ',')
		c->at++;
	for (last = c->at; last > f->text && (last[-1] == ' ' || last[-1] == '\t'); last--)
		;
	f->len = (size_t)(last - f->text);
	return ERR_OK;
}

int csv_next(struct csv *c, struct csv_field *fields, size_t most, size_t *ret_count)
{
	size_t count = 0;

	if (!find_record(c))
		return ERR_NOENT;
	c->line = c->next_line;
	for (;;) {
		if (count == most)
			return ERR_FULL;
		struct csv_field *f = &fields[count++];
		*f = (struct csv_field){ 0 };
		skip_blanks(c);
		int err = c->at < c->end && *c->at == '"' ? take_quoted(c, f) : take_plain(c, f);
		if (err != ERR_OK)
			return err;
		if (at_line_end(c))
			break;
		c->at++; /* the comma */
	}
	if (c->at < c->end)
		skip_line_end(c);
	*ret_count = count;
	return ERR_OK;
}

bool csv_is(const struct csv_field *f, const char *text)
{
	return strlen(text) == f->len && memcmp(f->text, text, f->len) == 0;
}

int csv_header(struct csv *c, const char *names)
{
	struct csv_field fields[CSV_HEADER_FIELDS];
	size_t count;

	if (csv_next(c, fields, CSV_HEADER_FIELDS, &count) != ERR_OK)
		return ERR_PARSE;
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(names, ",");

		if (fields[i].len != len || memcmp(fields[i].text, names, len) != 0)
			return ERR_PARSE;
		names += len;
		if ((*names == ',') != (i + 1 < count))
			return ERR_PARSE;
		names += *names == ',';
	}
	return ERR_OK;
}

int csv_table(const char *text, size_t len, const char *names, csv_add *add, void *ctx, uint32_t *ret_line)
{
	struct csv_field fields[CSV_HEADER_FIELDS];
	size_t count, columns = 1, rows = 0;
	struct csv csv;

	for (const char *at = names; (at = strchr(at, ',')) != NULL; at++)
		columns++;
	csv_begin(&csv, text, len);
	int err = csv_header(&csv, names);
	for (; err == ERR_OK && (err = csv_next(&csv, fields, CSV_HEADER_FIELDS, &count)) == ERR_OK; rows++)
		err = count == columns ? add(ctx, fields) : ERR_PARSE;
	if (err == ERR_NOENT && rows > 0)
		return ERR_OK;
	*ret_line = csv.line;
	return err == ERR_NOENT ? ERR_TRUNCATED : err;
}

int csv_copy(const struct csv_field *f, char *buf, size_t size)
{
	size_t out = 0, need = 0;

	for (size_t i = 0; i < f->len; i++, need++)
		i += f->doubled && f->text[i] == '"';
	if (need >= size)
		return ERR_RANGE;
	for (size_t i = 0; i < f->len; i++) {
		i += f->doubled && f->text[i] == '"';
		buf[out++] = f->text[i];
	}
	buf[out] = '\0';
	return ERR_OK;
}
