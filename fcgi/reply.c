#include "fcgi/reply.h"

#include <assert.h>
#include <string.h>

#include "lib/base/json.h"

void reply_clear(struct reply *r)
{
	buf_clear(&r->extra);
	buf_clear(&r->body);
	r->status = 0;
	r->type = NULL;
}

void reply_done(struct reply *r)
{
	buf_done(&r->extra);
	buf_done(&r->body);
}

/* Numbers and head lines are put together by hand: printf would be a fifth of a hot answer's time. */
static void put_number(struct buf *out, size_t value)
{
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	buf_put(out, at, (size_t)(digits + sizeof(digits) - at));
}

void reply_header(struct reply *r, const char *name, const char *value)
{
	assert(!strpbrk(value, "\r\n"));
	buf_puts(&r->extra, name);
	buf_puts(&r->extra, ": ");
	buf_puts(&r->extra, value);
	buf_puts(&r->extra, "\r\n");
}

void reply_header_number(struct reply *r, const char *name, uint64_t value)
{
	buf_puts(&r->extra, name);
	buf_puts(&r->extra, ": ");
	put_number(&r->extra, value);
	buf_puts(&r->extra, "\r\n");
}

void reply_json(struct reply *r, int status, const char *body, size_t len)
{
	r->status = status;
	r->type = REPLY_JSON;
	buf_clear(&r->body);
	buf_put(&r->body, body, len);
}

/* RFC 6750 and RFC 9110 ask for these beside the status. */
static void fault_headers(struct reply *r, enum control_code code, int status)
{
	if (code == CODE_UNAUTHENTICATED)
		reply_header(r, "WWW-Authenticate", "Bearer realm=\"sauda\"");
	if (code == CODE_RATE_LIMITED || status == 503)
		reply_header(r, "Retry-After", "1");
}

void reply_fault(struct reply *r, const struct control_fault *f, const char *request_id)
{
	const struct control_code_def *def = control_code_def(f->code);
	struct json j;

	buf_clear(&r->body);
	r->status = def->http;
	r->type = REPLY_PROBLEM;
	fault_headers(r, f->code, def->http);
	json_begin(&j, &r->body);
	json_object(&j, NULL);
	json_str(&j, "type", "about:blank");
	json_str(&j, "title", def->title);
	json_int(&j, "status", def->http);
	json_str(&j, "code", def->code);
	json_str(&j, "detail", f->detail);
	json_str(&j, "remedy", f->remedy[0] ? f->remedy : def->remedy);
	json_str(&j, "request_id", request_id);
	json_object_end(&j);
}

void reply_put_head(const struct reply *r, const char *request_id, struct buf *out)
{
	buf_puts(out, "Status: ");
	put_number(out, (size_t)r->status);
	if (r->body.len || r->type) {
		buf_puts(out, "\r\nContent-Type: ");
		buf_puts(out, r->type);
	}
	if (r->status != 204) {
		buf_puts(out, "\r\nContent-Length: ");
		put_number(out, r->body.len);
	}
	buf_puts(out, "\r\nCache-Control: no-store\r\nX-Request-Id: ");
	buf_puts(out, request_id);
	buf_puts(out, "\r\n");
	buf_put(out, r->extra.data, r->extra.len);
	buf_puts(out, "\r\n");
}
