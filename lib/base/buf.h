/* A growing byte buffer with a sticky error: a run of writes needs one check at the end. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;      /* NUL-terminated after every write when not NULL */
	size_t len, cap;
	bool failed;     /* out of memory or over `limit`; later writes do nothing */
	size_t limit;    /* 0 = none */
};

void buf_done(struct buf *b);               /* frees the bytes and zeroes the struct */
void buf_clear(struct buf *b);              /* keeps the memory, clears the error */
bool buf_reserve(struct buf *b, size_t more);
void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
