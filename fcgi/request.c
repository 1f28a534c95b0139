#include "fcgi/request.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/obj.h"

/* HTTP_PROXY and everything else that is not listed is ignored. */
#define PARAMETER(name, member) { name, sizeof(name) - 1, offsetof(struct request, member) }
static const struct { const char *name; size_t len, at; } parameters[] = {
	PARAMETER("REQUEST_METHOD", method),
	PARAMETER("REQUEST_URI", target),
	PARAMETER("CONTENT_LENGTH", content_length),
	PARAMETER("CONTENT_TYPE", content_type),
	PARAMETER("HTTP_AUTHORIZATION", authorization),
	PARAMETER("HTTP_COOKIE", cookie),
	PARAMETER("HTTP_X_CSRF_TOKEN", csrf),
	PARAMETER("HTTP_IDEMPOTENCY_KEY", idempotency_key),
	PARAMETER("HTTP_SEC_FETCH_SITE", fetch_site),
	PARAMETER("REMOTE_ADDR", remote_addr),
	PARAMETER("HTTPS", https),
};

static const char **member(struct request *r, const char *pair, const char **ret_value)
{
	const char *equals = strchr(pair, '=');
	size_t len = equals ? (size_t)(equals - pair) : 0;

	for (size_t i = 0; len && i < ARRAY_LEN(parameters); i++) {
		if (parameters[i].len == len && memcmp(parameters[i].name, pair, len) == 0) {
			*ret_value = equals + 1;
			return (const char **)(void *)((char *)r + parameters[i].at);
		}
	}
	return NULL;
}

static int read_parameters(char *const *env, struct request *r, struct control_fault *f)
{
	for (; *env; env++) {
		const char *value, **at = member(r, *env, &value);

		if (!at)
			continue;
		if (*at) {
			control_fault_set(f, CODE_BAD_REQUEST, "send it once", "a head line was given twice");
			return ERR_PARSE;
		}
		*at = value;
	}
	/* nginx names a parameter it has no value for; to us that is an absent one. */
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
		const char **at = (const char **)(void *)((char *)r + parameters[i].at);
		if (*at && **at == '\0')
			*at = NULL;
	}
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int request_decode(const char *at, size_t len, bool plus, char *out)
{
	char *to = out;

	for (size_t i = 0; i < len; i++) {
		char c = at[i];

		if (c == '%') {
			int high = i + 2 < len ? hex(at[i + 1]) : -1;
			int low = i + 2 < len ? hex(at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return -1;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		if (c == '\0')
			return -1;
		*to++ = c;
	}
	*to = '\0';
	return (int)(to - out);
}

/* A second spelling of a path is how filters in front of us are passed by, so only the plain one is served. */
static bool path_is_plain(const char *path, size_t len)
{
	if (path[0] != '/' || strstr(path, "//") || strchr(path, '\\'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (path[i] < 0x21 || path[i] > 0x7e) /* bytes over 0x7f are negative or above; no route has any */
			return false;
	for (const char *part = path; part; part = strchr(part + 1, '/'))
		if (part[1] == '.')
			return false;
	return true;
}

/* True when an escape hides a character that would change how the path is read. */
static bool path_hides(const char *at, size_t len)
{
	for (size_t i = 0; i + 2 < len; i++) {
		if (at[i] != '%')
			continue;
		int c = hex(at[i + 1]) << 4 | hex(at[i + 2]);
		if (c == '/' || c == '\\' || c == '.' || c == '%')
			return true;
	}
	return false;
}

static int read_target(struct request *r, struct control_fault *f)
{
	size_t len = strcspn(r->target, "?");
	int decoded;

	if (len > REQUEST_PATH_MAX) {
		control_fault_set(f, CODE_BAD_REQUEST, NULL, "the path is longer than %d bytes", REQUEST_PATH_MAX);
		return ERR_RANGE;
	}
	decoded = request_decode(r->target, len, false, r->path);
	if (decoded <= 0 || path_hides(r->target, len) || !path_is_plain(r->path, (size_t)decoded)) {
		control_fault_set(f, CODE_BAD_REQUEST, "send the plain path, such as /api/status",
		                  "the path holds an escape, a part or a character that is not served");
		return ERR_PARSE;
	}
	r->query = r->target[len] == '?' ? r->target + len + 1 : "";
	if (strlen(r->query) > REQUEST_QUERY_MAX) {
		control_fault_set(f, CODE_BAD_REQUEST, NULL, "the query is longer than %d bytes", REQUEST_QUERY_MAX);
		return ERR_RANGE;
	}
	return 0;
}

int request_read(char *const *env, struct request *ret, struct control_fault *f)
{
	struct request r = { 0 };
	int err = read_parameters(env, &r, f);

	if (err)
		return err;
	if (!r.method || !r.target) {
		control_fault_set(f, CODE_BAD_REQUEST, NULL, "the request has no method or no path");
		return ERR_PARSE;
	}
	err = read_target(&r, f);
	if (err)
		return err;
	*ret = r;
	return 0;
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t len = sizeof(json) - 1;

	return type && strncasecmp(type, json, len) == 0 && strchr("; ", type[len]) != NULL;
}

int request_check_body(const struct request *r, size_t sent, struct control_fault *f)
{
	int64_t claimed = 0;

	if (r->content_length &&
	    num_parse_int(r->content_length, strlen(r->content_length), 0, INT64_MAX, &claimed) != 0) {
		control_fault_set(f, CODE_BAD_REQUEST, NULL, "the Content-Length is not a number");
		return ERR_PARSE;
	}
	if (claimed > REQUEST_BODY_MAX) {
		control_fault_set(f, CODE_TOO_LARGE, NULL, "the body has %lld bytes; at most %d are taken", (long long)claimed,
		                  REQUEST_BODY_MAX);
		return ERR_RANGE;
	}
	if ((size_t)claimed != sent) {
		control_fault_set(f, CODE_BAD_REQUEST, NULL, "the body has %zu bytes and its Content-Length says %lld", sent,
		                  (long long)claimed);
		return ERR_PARSE;
	}
	if (sent && (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 || strcmp(r->method, "OPTIONS") == 0)) {
		control_fault_set(f, CODE_BAD_REQUEST, "put parameters into the query", "a %s has no body", r->method);
		return ERR_PARSE;
	}
	if (sent && !is_json(r->content_type)) {
		control_fault_set(f, CODE_BAD_REQUEST, "send Content-Type: application/json", "the body is not declared as JSON");
		return ERR_PARSE;
	}
	return 0;
}

int request_cookie(const struct request *r, const char *name, const char **ret, size_t *ret_len)
{
	const char *at = r->cookie ? r->cookie : "", *found = NULL;
	size_t name_len = strlen(name), found_len = 0;

	while (*at) {
		at += strspn(at, " ;");
		size_t len = strcspn(at, ";");
		if (len > name_len && strncmp(at, name, name_len) == 0 && at[name_len] == '=') {
			if (found)
				return ERR_EXIST;
			found = at + name_len + 1;
			found_len = len - name_len - 1;
		}
		at += len;
	}
	while (found_len && found[found_len - 1] == ' ')
		found_len--;
	*ret = found;
	*ret_len = found_len;
	return 0;
}
