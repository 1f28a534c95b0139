/* A small CSV reader over text in memory: quoted fields, doubled quotes, commas and line ends inside quotes, CRLF, blank
 * lines and '#' comment lines. It points into the text and copies nothing; a record is at most the caller's array. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv {
	const char *at, *end;
	uint32_t line;      /* where the newest record begins, 1-based */
	uint32_t next_line; /* where reading goes on */
};

struct csv_field {
	const char *text;   /* inside the quotes, else without the blanks around it */
	size_t len;
	bool doubled;       /* holds "" that stands for one quote; csv_copy() undoes it */
};

void csv_begin(struct csv *c, const char *text, size_t len);

/* The next record. ERR_NOENT at the end of the text, ERR_FULL when it has more than `most` fields, ERR_PARSE for a quote
 * that is not closed or is followed by more text. After an error c->line tells the record; reading cannot go on. */
int csv_next(struct csv *c, struct csv_field *fields, size_t most, size_t *ret_count);

/* Reads the header record and compares it: `names` is the comma-joined list. ERR_PARSE when it differs. */
int csv_header(struct csv *c, const char *names);

/* Reads a whole table: each record after the header has as many fields as `names`, and add() takes it or gives the error that ends the reading. ERR_TRUNCATED
 * when there is none. *ret_line is set on errors. */
typedef int csv_add(void *ctx, const struct csv_field *fields);
int csv_table(const char *text, size_t len, const char *names, csv_add *add, void *ctx, uint32_t *ret_line);

bool csv_is(const struct csv_field *f, const char *text);

/* Copies the field as a string, quotes undone. ERR_RANGE when it does not fit into `size` with its NUL (nothing is cut). */
int csv_copy(const struct csv_field *f, char *buf, size_t size);
