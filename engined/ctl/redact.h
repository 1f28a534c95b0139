/* Takes out of a text what must not go to strangers: the values of the settings that are secret or personal, and whatever has the form of one
 * (logs may speak of an account whose settings are not at hand). Rather too much than too little: a figure lost is no harm. */
#pragma once

#include "engined/config/config.h"
#include "lib/base/buf.h"

#define REDACT_VALUES 64
#define REDACT_MARK "[redacted]"

struct redact {
	char value[REDACT_VALUES][CONFIG_TEXT_MAX]; /* as written, and as JSON writes it */
	size_t len[REDACT_VALUES];
	size_t values;
};

void redact_init(struct redact *r, const struct config *c);
void redact_done(struct redact *r); /* wipes it */
/* The text without them, appended; how many were taken out. */
unsigned redact_text(const struct redact *r, const char *text, size_t len, struct buf *out);
