/* The watchdog's own way to the broker: a session, the books once a second, and what flatten.h makes of them. */
#pragma once

#include "engined/authority.h"
#include "engined/watchdog/flatten.h"
#include "engined/watchdog/watchdog.h"

struct flattener;
/* Logs in at once; the account must have been taken. *why says what is missing. */
int flattener_open(struct watchdog *w, struct authority *a, uint32_t epoch, struct flattener **ret, char *why, size_t size);
void flattener_close(struct flattener **f); /* its memory goes as the loop turns */
enum flatten_verdict flattener_verdict(const struct flattener *f);
bool flattener_watched(const struct flattener *f); /* flat, and late orders had their time to turn up */
void flattener_text(const struct flattener *f, char *text, size_t size);
