/* How the feeds fill a feed_error: one sentence, and the enum err handed back in the same breath. */
#pragma once

#include "lib/feed/feed.h"

/* Writes the sentence (cut to fit) and returns err. `error` may be NULL. */
int feed_fail(struct feed_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
