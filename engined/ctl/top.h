/* `enginectl top`: what is asked of the engine once a second, and the screen that is made of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

struct cJSON;

enum top_part { TOP_STATUS, TOP_BALANCE, TOP_POSITIONS, TOP_ORDERS, TOP_STRATEGIES, TOP_DEBUG, TOP_READY, TOP_PARTS };
struct top_view {
	struct cJSON *part[TOP_PARTS]; /* answers; NULL = not known */
	char trouble[256];             /* why the newest could not be had; "" */
	char prompt[256];              /* a question or what became of it; "" */
	bool help;
};

/* The screen: at most `height` lines of at most `width` columns, each ended by a newline. `colour`: SGR sequences, a line at a time. */
void top_screen(struct buf *out, const struct top_view *v, size_t width, size_t height, bool colour);
/* {"status":...,...}: the answers as they are, null where one is not known. */
void top_json(struct buf *out, const struct top_view *v);
