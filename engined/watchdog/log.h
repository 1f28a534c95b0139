/* What the watchdog did with the account: one JSON object a line, appended and made durable before the request it tells of leaves. A watchdog that is started
 * again reads back which exits it had decided. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/stamp.h"
#include "lib/broker/kotak/order_codec.h"

struct takeover_log { int fd; char path[600]; };
/* STATE/watchdog/DATE.log; fd -1 and an enum err when it cannot be opened. */
int takeover_log_open(struct takeover_log *l, const char *state_dir, date_t day);
void takeover_log_close(struct takeover_log *l);
/* An exit as it is decided, or its number once it is told. enum err: it is not durable. */
int takeover_log_exit(struct takeover_log *l, nanos_t now, const char *kind /* "intent", "number" */, const struct order_row *r);
int takeover_log_words(struct takeover_log *l, nanos_t now, const char *kind, const char *text);
/* Each exit of the file once, with the number if it was told. A line that was torn by a crash is passed over. */
void takeover_log_read(const struct takeover_log *l, void (*exit)(void *ctx, const struct order_row *r), void *ctx);
