/* Answers of the control commands as a few lines for a chat: the same numbers as over HTTP. */
#pragma once

#include <stddef.h>

#include "engined/notify/ask.h"
#include "lib/base/buf.h"

/* `json` is the command's result; more: of /why, the strategy (may be ""). */
void report_look(enum ask_look look, const char *json, size_t len, const char *more, struct buf *out);
