/* Parameters of a request: path, query (GET) or JSON body (the rest), checked against the command's rows of the table, to
 * the params object of a control request. What the caller sent passes on as text: no number is printed anew. */
#pragma once

#include <stddef.h>

#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/base/buf.h"
#include "lib/control/codes.h"

/* Appends `"name":value,...` without the braces. body may be NULL when body_len is 0; it is NUL-terminated and changed.
 * ERR_PARSE, ERR_RANGE with the fault filled; out may then hold a part. */
int param_put_all(const struct route *route, const struct request *request, char *body, size_t body_len, struct buf *out,
                  struct control_fault *ret_fault);
