/* Tests of the market tables read the shipped files: from $srcdir (set by the test driver), else from the tree's root. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/tables.h"

static inline char *market_file(const char *name, size_t *ret_len)
{
	const char *srcdir = getenv("srcdir");
	char path[512], *text = malloc(65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s%stables/%s", srcdir ? srcdir : "", srcdir ? "/../../" : "", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing: run from the source tree's root or set srcdir", path);
	*ret_len = fread(text, 1, 65535, f);
	text[*ret_len] = '\0';
	fclose(f);
	return text;
}

#define MARKET_LOAD(file, parser, table)                                        \
	do {                                                                    \
		size_t len_;                                                    \
		uint32_t line_ = 0;                                             \
		char *text_ = market_file(file, &len_);                         \
		if (parser(text_, len_, table, &line_) != 0)                    \
			fail_msg("%s:%u does not parse", file, (unsigned)line_); \
		free(text_);                                                    \
	} while (0)

static inline date_t day(const char *text)
{
	date_t date = 0;

	assert_int_equal(date_parse(text, strlen(text), &date), 0);
	return date;
}
