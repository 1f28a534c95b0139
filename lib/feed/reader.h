/* Lines of a recorded file: plain text, gzip or zstd, told by the first bytes and not by the name. Streams: memory does not
 * grow with the file. It knows nothing of columns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/feed/feed.h"

#define READER_LINE_MAX 4096 /* bytes; no row of market data comes near it */

struct reader;
struct line {
	const char *text; /* without the line end (LF or CR LF); lives until the next call */
	size_t len;
	uint64_t number;  /* 1 = first */
	bool too_long;    /* cut at READER_LINE_MAX */
};

int reader_open(const char *path, struct reader **ret, struct feed_error *error);

/* 1 = *ret holds a line, 0 = clean end of the file, < 0 = enum err: a file cut short is ERR_TRUNCATED, a damaged one
 * ERR_CORRUPT. A last line without a line end counts. */
int reader_next(struct reader *r, struct line *ret, struct feed_error *error);

/* CRC-32C of the file's stored bytes read so far; of the whole file once reader_next() gave 0. */
uint32_t reader_crc(const struct reader *r);

void reader_close(struct reader **r); /* NULL inside is fine */
