/* Who may send orders for the account: a lock that one process holds, and an epoch that only grows, in one small file of the state folder. Whoever
 * takes over raises the epoch first; who finds it larger than its own has lost the account and sends nothing more. reliability.md I19. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/stamp.h"

enum authority_holder { HOLDER_NONE, HOLDER_ENGINE, HOLDER_WATCHDOG };
struct authority_facts { uint32_t epoch, holder; int64_t pid; bool flattened, left_open; /* the watchdog closed positions since an engine held it; it ended before all were */ };

struct authority;
int authority_open(struct authority **ret, const char *path);
void authority_close(struct authority **a); /* lets the lock go; the epoch stays */

/* For life: until authority_close() or the process ends. ERR_BUSY: another process holds it. */
int authority_lock(struct authority *a);
/* Writes an epoch that is larger than the file's and at least `least`, durably, and makes it this process's own. It needs no lock: a wedged holder
 * is fenced off by it. */
int authority_take(struct authority *a, uint32_t least, enum authority_holder holder, uint32_t *ret_epoch);
/* The epoch is still the one taken: one load, asked before each request leaves. False before the first authority_take(). */
bool authority_mine(const struct authority *a);
int authority_release(struct authority *a); /* the lock; the epoch stays where it is */
void authority_facts(const struct authority *a, struct authority_facts *ret);
void authority_flattened(struct authority *a);
void authority_left_open(struct authority *a);

/* When the newest one-time code of the account was sent, whoever sent it: the next must be another (lib/kotak/totp.h). */
nanos_t *authority_code(struct authority *a);
