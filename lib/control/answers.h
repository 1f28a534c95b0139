/* Remembers what was answered to whom under which request id, so that a repeated request does nothing twice. In memory:
 * a restart forgets, and says so in docs/control.md. */
#pragma once

#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/control/codes.h"

#define ANSWERS_KEPT 1024
#define ANSWER_MAX   65536 /* a longer result is not kept; commands that change something answer briefly */

struct cJSON;
struct answers;

struct answer { const char *result; size_t len; const struct control_fault *fault; /* one of the two */ };

enum answers_found { ANSWERS_NEW, ANSWERS_PENDING, ANSWERS_KNOWN, ANSWERS_OTHER /* same id, other request */ };

struct answers *answers_new(void); /* NULL = out of memory */
void answers_free(struct answers **a);

/* NEW: the request is now pending under *ret_ticket (never 0). KNOWN: *ret is valid until the next call here. */
enum answers_found answers_begin(struct answers *a, const char *principal, const char *request_id, const char *method,
                                 const struct cJSON *params, uint64_t *ret_ticket, struct answer *ret);
void answers_keep_result(struct answers *a, uint64_t ticket, const char *result, size_t len);
/* Faults of a moment (status 429 and 5xx) are forgotten, so that trying again tries again. */
void answers_keep_fault(struct answers *a, uint64_t ticket, const struct control_fault *f);
