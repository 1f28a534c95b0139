/* One short sentence a person can read for a record of /api/events. */
#pragma once

#include "lib/base/buf.h"
#include "lib/store/project.h"

/* Nothing is put for kinds that are not listed. */
void text_event(struct buf *out, const struct record *head, const void *payload, const struct called *c);
