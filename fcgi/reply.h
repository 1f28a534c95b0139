/* An answer on its way to the browser: status, head lines and body. Errors are RFC 9457 problems made from the one table
 * of codes. It never invents a value and never shows a path or an address of this machine. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/control/codes.h"

struct reply {
	int status;              /* HTTP */
	const char *type;        /* Content-Type */
	struct buf extra;        /* further head lines, each with its CR LF */
	struct buf body;
};

#define REPLY_JSON "application/json; charset=utf-8"
#define REPLY_PROBLEM "application/problem+json; charset=utf-8"
#define REPLY_TEXT "text/plain; version=0.0.4; charset=utf-8"

void reply_clear(struct reply *r);  /* keeps the memory */
void reply_done(struct reply *r);
void reply_header(struct reply *r, const char *name, const char *value); /* value: no control characters */
void reply_header_number(struct reply *r, const char *name, uint64_t value);
void reply_json(struct reply *r, int status, const char *body, size_t len);
/* A problem; an answer that was begun before is thrown away. */
void reply_fault(struct reply *r, const struct control_fault *f, const char *request_id);

/* The CGI head. */
void reply_put_head(const struct reply *r, const char *request_id, struct buf *out);
