#include "fcgi/records.h"

#include <string.h>

#include <fastcgi.h>

struct head { unsigned type, id, content, padding; };

struct scan {
	const unsigned char *bytes;
	size_t len, at;
	unsigned id;
	unsigned char params[RECORDS_PARAMS_MAX];
	size_t params_len, body_len;
	const char *why;
};

static enum records_verdict scan_bad(struct scan *s, const char *why)
{
	s->why = why;
	return RECORDS_BAD;
}

/* The head at s->at, once it and its content are all there. */
static enum records_verdict scan_head(struct scan *s, struct head *ret)
{
	const unsigned char *b = s->bytes + s->at;

	if (s->len - s->at >= 1 && b[0] != FCGI_VERSION_1)
		return scan_bad(s, "record of an unknown FastCGI version");
	if (s->len - s->at < FCGI_HEADER_LEN)
		return RECORDS_PARTIAL;
	*ret = (struct head){ b[1], (unsigned)(b[2] << 8 | b[3]), (unsigned)(b[4] << 8 | b[5]), b[6] };
	if (s->len - s->at < FCGI_HEADER_LEN + ret->content + ret->padding)
		return RECORDS_PARTIAL;
	return RECORDS_WHOLE;
}

/* libfcgi forgets the padding of a record that ends a stream or begins a request and would read it as the next head. */
static enum records_verdict scan_begin(struct scan *s)
{
	struct head h;
	enum records_verdict verdict = scan_head(s, &h);

	if (s->len - s->at >= 2 && s->bytes[s->at + 1] != FCGI_BEGIN_REQUEST)
		return scan_bad(s, "a request must begin with FCGI_BEGIN_REQUEST");
	if (verdict != RECORDS_WHOLE)
		return verdict;
	if (h.id == 0 || h.content != sizeof(FCGI_BeginRequestBody) || h.padding != 0)
		return scan_bad(s, "malformed FCGI_BEGIN_REQUEST");
	const unsigned char *body = s->bytes + s->at + FCGI_HEADER_LEN;
	if (body[0] != 0 || body[1] != FCGI_RESPONDER)
		return scan_bad(s, "only the responder role is served");
	s->id = h.id;
	s->at += FCGI_HEADER_LEN + h.content;
	return RECORDS_WHOLE;
}

static enum records_verdict scan_stream(struct scan *s, unsigned type, unsigned char *keep, size_t max, size_t *ret_len)
{
	for (;;) {
		struct head h;
		enum records_verdict verdict = scan_head(s, &h);

		if (s->len - s->at >= 2 && s->bytes[s->at + 1] != type)
			return scan_bad(s, "record of another stream, an abort or a management record");
		if (verdict != RECORDS_WHOLE)
			return verdict;
		if (h.id != s->id)
			return scan_bad(s, "two requests on one connection at a time");
		if (h.content == 0) {
			s->at += FCGI_HEADER_LEN;
			return h.padding ? scan_bad(s, "padding after an end of stream") : RECORDS_WHOLE;
		}
		if (h.content > max - *ret_len)
			return scan_bad(s, "parameters or body too long");
		if (keep)
			memcpy(keep + *ret_len, s->bytes + s->at + FCGI_HEADER_LEN, h.content);
		*ret_len += h.content;
		s->at += FCGI_HEADER_LEN + h.content + h.padding;
	}
}

/* A pair's length: one byte, or four when the top bit is set. False when the parameters end too early. */
static bool pair_length(const struct scan *s, size_t *at, size_t *ret)
{
	const unsigned char *p = s->params + *at;
	size_t left = s->params_len - *at;

	if (left < 1 || ((p[0] & 0x80) && left < 4))
		return false;
	*ret = p[0] & 0x80 ? (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3] : p[0];
	*at += p[0] & 0x80 ? 4 : 1;
	return true;
}

/* libfcgi allocates whatever a pair's lengths say and joins name and value with '=' into a C string, so a length beyond
 * the data, a NUL, and a '=' in a name must not reach it. */
static enum records_verdict scan_pairs(struct scan *s)
{
	size_t at = 0;

	for (unsigned count = 0; at < s->params_len; count++) {
		size_t name, value;

		if (count == RECORDS_PARAMS_COUNT_MAX)
			return scan_bad(s, "too many parameters");
		if (!pair_length(s, &at, &name) || !pair_length(s, &at, &value) || name == 0 ||
		    name > s->params_len - at || value > s->params_len - at - name)
			return scan_bad(s, "a parameter's length lies");
		if (memchr(s->params + at, '=', name) || memchr(s->params + at, '\0', name + value))
			return scan_bad(s, "a parameter's name or value holds what it must not");
		at += name + value;
	}
	return RECORDS_WHOLE;
}

enum records_verdict records_scan(const unsigned char *bytes, size_t len, struct records *ret, const char **ret_why)
{
	/* Not cleared: 32 KiB of zeros for every request would cost more than the walk. */
	struct scan s;
	enum records_verdict verdict;

	s.bytes = bytes;
	s.len = len;
	s.at = s.params_len = s.body_len = 0;
	verdict = scan_begin(&s);
	if (verdict == RECORDS_WHOLE)
		verdict = scan_stream(&s, FCGI_PARAMS, s.params, sizeof(s.params), &s.params_len);
	if (verdict == RECORDS_WHOLE)
		verdict = scan_stream(&s, FCGI_STDIN, NULL, RECORDS_BODY_MAX, &s.body_len);
	if (verdict == RECORDS_WHOLE)
		verdict = scan_pairs(&s);
	if (verdict == RECORDS_WHOLE)
		*ret = (struct records){ s.at, s.body_len };
	if (verdict == RECORDS_BAD)
		*ret_why = s.why;
	return verdict;
}
