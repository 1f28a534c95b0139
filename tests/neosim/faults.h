/* What goes wrong on purpose: faults armed over /sim/fault, and which of them a request meets. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/json.h"

struct cJSON;

enum fault_kind {
#define FAULT(name, text, group, where) FAULT_##name,
#include "tests/neosim/fault.tbl.h"
#undef FAULT
	FAULT_KINDS,
};

enum fault_group { FAULT_GROUP_DELAY, FAULT_GROUP_OUTCOME, FAULT_GROUP_REJECT, FAULT_GROUP_BOOK, FAULT_GROUP_VANISH, FAULT_GROUP_TAG, FAULT_GROUP_TYPES,
                   FAULT_GROUP_MISSING, FAULT_GROUP_STEP };

/* Where a fault can strike: bits of what a request is. */
enum fault_where { FAULT_AT_ANY = 1, FAULT_AT_SESSION = 2, FAULT_AT_ORDER = 4, FAULT_AT_PLACE = 8, FAULT_AT_BOOK = 16, FAULT_AT_ROW = 32, FAULT_AT_LOGIN = 64,
                   FAULT_AT_STEP = 128 };

struct fault {
	unsigned id;
	enum fault_kind kind;
	char path[128], method[8];   /* "" = any */
	uint64_t times, skip, met, fired; /* times 0 = for ever; met: requests it could have struck */
	int64_t delay_ms, status, retry_after, seconds;
	char *body;                  /* never NULL */
};

struct faults { struct fault *list; size_t n, room; unsigned last_id; };

/* NULL = armed; else what is wrong with it. */
const char *faults_arm(struct faults *f, const struct cJSON *what, unsigned *ret_id);
/* The fault of `group` that strikes this request, counted; NULL = none. Valid until the next arm or clear. */
const struct fault *faults_meet(struct faults *f, enum fault_group group, unsigned where, const char *method, const char *path);
void faults_print(const struct faults *f, struct json *j);
void faults_clear(struct faults *f);
