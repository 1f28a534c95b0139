/* A line of money over time as a small PNG, for a chat: no text in it, the words stand beside it. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/num.h"

#define PICTURE_WIDTH 480
#define PICTURE_HEIGHT 240

/* The points from left to right, at even distances; the first one is the dotted base line, above it the curve is green, below it red. Nothing is
 * drawn of fewer than two: ERR_NOENT. ERR_RANGE for what is no account's money, ERR_NOMEM. Appends to `png`. */
int picture_curve(const money_t *points, size_t n, struct buf *png);
