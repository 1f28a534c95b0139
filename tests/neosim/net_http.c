/* One HTTP/1.1 request out of a run of bytes, strict where leniency would hide a client's mistake: a request is partial, refused or whole. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/neosim/net_priv.h"

const char *http_reason(int status)
{
	static const struct { int status; const char *text; } reasons[] = {
		{200, "OK"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{408, "Request Timeout"}, {413, "Content Too Large"}, {422, "Unprocessable Content"}, {426, "Upgrade Required"},
		{429, "Too Many Requests"}, {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
		{502, "Bad Gateway"}, {503, "Service Unavailable"}, {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Status";
}

void http_done(struct http_message *m)
{
	free(m->text);
	free(m->path);
	free(m->body);
	*m = (struct http_message){0};
}

const char *net_header(const struct net_request *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

static const char *header(const struct http_message *m, const char *name)
{
	struct net_request r = {.headers = m->headers, .n_headers = m->n_headers};

	return net_header(&r, name);
}

/* -- the head ----------------------------------------------------------------------------------------------------- */

/* Length of the head with its blank line; 0 = not whole; negative = refused. Every byte is looked at once it is here: a head that
 * cannot become good is refused before it is whole. */
static long head_length(const char *in, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)in[i];

		if (i >= NET_HEAD_MAX)
			return -431;
		if (c == '\n' ? i == 0 || in[i - 1] != '\r' : (c < 0x20 && c != '\t' && c != '\r') || c == 0x7f)
			return -400;
		if (c == '\n' && i >= 3 && in[i - 2] == '\n')
			return (long)i + 1;
	}
	return 0;
}

static bool token(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
			return false;
	return true;
}

static char *cut_line(char **at)
{
	char *line = *at;
	char *end = strstr(line, "\r\n");

	*end = 0;
	*at = end + 2;
	return line;
}

static int take_request_line(struct http_message *m, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;

	if (!version || strchr(version + 1, ' '))
		return 400;
	*target++ = 0;
	*version++ = 0;
	m->method = line;
	m->target = target;
	m->old = strcmp(version, "HTTP/1.0") == 0;
	if (!m->old && strcmp(version, "HTTP/1.1") != 0)
		return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
	return token(line) && *target ? 0 : 400;
}

static int take_header(struct http_message *m, char *line)
{
	char *value = strchr(line, ':');
	char *end;

	if (!value)
		return 400;
	*value++ = 0;
	if (!token(line)) /* also a continuation line, which begins with a blank */
		return 400;
	while (*value == ' ' || *value == '\t')
		value++;
	for (end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = 0;
	if (m->n_headers == NET_HEADERS_MAX)
		return 431;
	m->headers[m->n_headers++] = (struct net_header){line, value};
	return 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Path without query, decoded. A proxy is sent the whole address; its host is ours whatever it says. */
static int take_path(struct http_message *m)
{
	const char *from = m->target, *q;
	char *to;

	if (strncmp(from, "http://", 7) == 0)
		from = strchr(from + 7, '/') ? strchr(from + 7, '/') : "/";
	q = strchr(from, '?');
	m->query = q ? q + 1 : "";
	to = m->path = malloc(strlen(from) + 1);
	assert(to);
	for (; *from && from != q; from++) {
		int c = (unsigned char)*from;

		if (c == '%') {
			if (hex(from[1]) < 0 || hex(from[2]) < 0)
				return 400;
			c = hex(from[1]) * 16 + hex(from[2]);
			from += 2;
		}
		if (c == 0)
			return 400;
		*to++ = (char)c;
	}
	*to = 0;
	return 0;
}

static int take_head(struct http_message *m, const char *in, size_t len)
{
	char *at, *line;
	int status;

	m->text = malloc(len + 1);
	assert(m->text);
	memcpy(m->text, in, len);
	m->text[len] = 0;
	at = m->text;
	status = take_request_line(m, cut_line(&at));
	while (!status && *(line = cut_line(&at)))
		status = take_header(m, line);
	if (!status)
		status = take_path(m);
	if (status)
		return status;
	m->host = header(m, "Host") ? header(m, "Host") : "";
	m->keep = !m->old && !(header(m, "Connection") && strcasecmp(header(m, "Connection"), "close") == 0);
	return m->old || *m->host ? 0 : 400;
}

/* -- the body ----------------------------------------------------------------------------------------------------- */

/* The promised length; -1 = none promised. Two lengths, or a length beside chunks, are how requests are smuggled. */
static int body_length(const struct http_message *m, bool *chunked, long *ret)
{
	const char *length = NULL;
	size_t i;

	*ret = -1;
	*chunked = false;
	for (i = 0; i < m->n_headers; i++) {
		const char *value = m->headers[i].value;

		if (strcasecmp(m->headers[i].name, "Content-Length") == 0) {
			if (length || !*value || strlen(value) > 9 || strspn(value, "0123456789") != strlen(value))
				return length || strspn(value, "0123456789") != strlen(value) || !*value ? 400 : 413;
			length = value;
		} else if (strcasecmp(m->headers[i].name, "Transfer-Encoding") == 0) {
			if (*chunked || strcasecmp(value, "chunked") != 0)
				return 501;
			*chunked = true;
		}
	}
	if (*chunked && length)
		return 400;
	if (length)
		*ret = strtol(length, NULL, 10);
	return *ret > NET_BODY_MAX ? 413 : 0;
}

/* A line of at most 1,000 bytes; its length with the end, 0 = not here yet, -1 = too long. */
static long chunk_line(const char *in, size_t len)
{
	const char *end = memmem(in, len < 1000 ? len : 1000, "\r\n", 2);

	return end ? end - in + 2 : len < 1000 ? 0 : -1;
}

static long chunk_size(const char *in, size_t len)
{
	long size = 0;
	size_t i;

	for (i = 0; i < len && hex(in[i]) >= 0; i++) {
		size = size * 16 + hex(in[i]);
		if (size > NET_BODY_MAX)
			return -413;
	}
	return i > 0 && (in[i] == '\r' || in[i] == ';') ? size : -400;
}

/* The trailers' end: lines until an empty one. */
static long take_trailers(const char *in, size_t len, size_t at)
{
	long line;

	do {
		line = chunk_line(in + at, len - at);
		if (line <= 0)
			return line < 0 ? -400 : 0;
		at += (size_t)line;
	} while (line > 2);
	return (long)at;
}

/* Bytes the chunks took; 0 = more are to come. */
static long take_chunks(struct http_message *m, const char *in, size_t len)
{
	size_t at = 0;

	for (;;) {
		long line = chunk_line(in + at, len - at);
		long size = line > 0 ? chunk_size(in + at, (size_t)line) : 0;

		if (line <= 0 || size < 0)
			return line < 0 ? -400 : size;
		at += (size_t)line;
		if (size == 0)
			return take_trailers(in, len, at);
		if (m->body_len + (size_t)size > NET_BODY_MAX)
			return -413;
		if (len - at < (size_t)size + 2)
			return 0;
		if (memcmp(in + at + size, "\r\n", 2) != 0)
			return -400;
		memcpy(m->body + m->body_len, in + at, (size_t)size);
		m->body_len += (size_t)size;
		m->body[m->body_len] = 0;
		at += (size_t)size + 2;
	}
}

static long take_body(struct http_message *m, const char *in, size_t len)
{
	const char *expect = header(m, "Expect");
	bool chunked;
	long length, taken;
	int status = body_length(m, &chunked, &length);

	if (status)
		return -status;
	m->wants_continue = expect && strcasecmp(expect, "100-continue") == 0 && len == 0 && (chunked || length > 0);
	if (!chunked && length < 0)
		length = 0;
	if (!chunked && len < (size_t)length)
		return -1;
	m->body = malloc((chunked ? len : (size_t)length) + 1);
	assert(m->body);
	m->body[0] = 0;
	if (chunked) {
		taken = take_chunks(m, in, len);
		return taken == 0 ? -1 : taken;
	}
	memcpy(m->body, in, (size_t)length);
	m->body[length] = 0;
	m->body_len = (size_t)length;
	return length;
}

long http_take(const char *in, size_t len, struct http_message *ret)
{
	long blank = 0, head, body;
	int status;

	*ret = (struct http_message){0};
	while (len >= 2 && blank < 4 && memcmp(in, "\r\n", 2) == 0) { /* some clients end a body with one line too many */
		in += 2;
		len -= 2;
		blank += 2;
	}
	head = head_length(in, len);
	if (head <= 0)
		return head;
	status = take_head(ret, in, (size_t)head);
	if (status)
		return -status;
	body = take_body(ret, in + head, len - (size_t)head);
	if (body == -1)
		return 0;
	return body < 0 ? body : blank + head + body;
}
