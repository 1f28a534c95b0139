/* Lines of JSON on a stream: bytes arrive split anywhere; a line is complete, still partial, or too long. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifndef FRAME_LINE_MAX
#define FRAME_LINE_MAX 65536
#endif

/* Zeroed = empty. limit: longest line without its newline, 0 = FRAME_LINE_MAX (what a server takes); clients set more,
 * since answers may be longer. */
struct frame { char *data; size_t len, cap, start, scanned; bool discarding; size_t limit; };

/* Where to read the next bytes to, and how many fit (at least one); then frame_filled(n). NULL = out of memory. */
char *frame_space(struct frame *f, size_t *ret_room);
void frame_filled(struct frame *f, size_t n);

/* 1 = a line (NUL-terminated, without its newline, valid until the next frame_space), 0 = need more bytes,
 * ERR_RANGE = a line longer than the limit was thrown away (once per line); the stream goes on after it. */
int frame_line(struct frame *f, char **ret_line, size_t *ret_len);
/* Has a line begun that has not ended? */
bool frame_partial(const struct frame *f);
void frame_done(struct frame *f);
