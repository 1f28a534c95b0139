/* The shape a command's answer takes over HTTP, where it is more than the engine's JSON: probes, metrics, login, logout and
 * the statuses. It fills x->reply; nothing is sent or asked here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/api.h"
#include "lib/control/codes.h"

/* body: the result as the engine printed it. */
void answer_result(struct exchange *x, const char *body, size_t len);
/* The probes keep their own shape also when there is nobody to ask; all others become a problem. */
void answer_failure(struct exchange *x, const struct control_fault *f);

/* Letters, digits, - and _, at least one: what may stand in a head line or a key as it is. */
bool answer_is_word(const char *text);
