#include "tests/neosim/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "tests/neosim/form.h"

#define KEPT_MAX 100000 /* a day of polling; beyond it the oldest go, counted */

static char *copy(const char *text, size_t len)
{
	char *ret = malloc(len + 1);

	assert(ret);
	memcpy(ret, text, len);
	ret[len] = 0;
	return ret;
}

static void forget(struct captured *x)
{
	size_t i;

	for (i = 0; i < x->n_headers; i++) {
		free((char *)x->headers[i].name);
		free((char *)x->headers[i].value);
	}
	free(x->headers);
	free(x->method);
	free(x->target);
	free(x->path);
	free(x->body);
	free(x->jdata);
	*x = (struct captured){0};
}

static struct captured *new_place(struct capture *c)
{
	if (c->n == c->room && c->room < KEPT_MAX) {
		c->room = c->room ? 2 * c->room : 256;
		c->list = realloc(c->list, c->room * sizeof(*c->list));
		assert(c->list);
	}
	if (c->n < c->room) {
		c->list[c->n] = (struct captured){0};
		return &c->list[c->n++];
	}
	c->forgotten++;
	c->first = (c->first + 1) % c->room;
	forget(&c->list[(c->first + c->room - 1) % c->room]);
	return &c->list[(c->first + c->room - 1) % c->room];
}

/* By the first path of it: order numbers and quoted instruments would make a row each. */
static void count(struct capture *c, const char *method, const char *path)
{
	static const char *const stems[] = {"/quick/user/orders/", "/script-details/1.0/quotes/", "/wso2-scripmaster/"};
	char name[96];
	size_t i;

	snprintf(name, sizeof(name), "%s %s", method, path);
	for (i = 0; i < ARRAY_LEN(stems); i++)
		if (strncmp(path, stems[i], strlen(stems[i])) == 0)
			snprintf(name, sizeof(name), "%s %s", method, stems[i]);
	for (i = 0; i < c->n_counts && strcmp(c->counts[i].path, name) != 0; i++)
		;
	if (i == COUNTED_MAX)
		return;
	if (i == c->n_counts)
		memcpy(c->counts[c->n_counts++].path, name, sizeof(name));
	c->counts[i].n++;
}

void capture_add(struct capture *c, const struct net_request *r, int64_t at)
{
	struct captured *x = new_place(c);
	size_t i;

	x->n = ++c->total;
	x->connection = r->connection;
	x->at = at;
	x->method = copy(r->method, strlen(r->method));
	x->target = copy(r->target, strlen(r->target));
	x->path = copy(r->path, strlen(r->path));
	x->body = copy(r->body ? r->body : "", r->body_len);
	x->jdata = r->body ? form_field(r->body, r->body_len, "jData") : NULL;
	x->headers = calloc(r->n_headers + 1, sizeof(*x->headers));
	assert(x->headers);
	for (i = 0; i < r->n_headers; i++) {
		x->headers[i].name = copy(r->headers[i].name, strlen(r->headers[i].name));
		x->headers[i].value = copy(r->headers[i].value, strlen(r->headers[i].value));
	}
	x->n_headers = r->n_headers;
	count(c, r->method, r->path);
}

void capture_frame(struct capture *c, const char *path, uint64_t connection, const char *text, size_t len, int64_t at)
{
	struct captured *x = new_place(c);

	*x = (struct captured){.n = ++c->total, .connection = connection, .at = at, .method = copy("WS", 2), .target = copy(path, strlen(path)),
		.path = copy(path, strlen(path)), .body = copy(text, len)};
	count(c, "WS", path);
}

static void print_jdata(const struct captured *x, struct json *j)
{
	cJSON *parsed = x->jdata ? cJSON_Parse(x->jdata) : NULL;
	char *text = cJSON_IsObject(parsed) ? cJSON_PrintUnformatted(parsed) : NULL;

	if (text)
		json_raw(j, "jdata", text);
	else
		json_null(j, "jdata");
	cJSON_free(text);
	cJSON_Delete(parsed);
}

static void print_one(const struct captured *x, struct json *j)
{
	size_t i;

	json_object(j, NULL);
	json_uint(j, "n", x->n);
	json_uint(j, "connection", x->connection);
	json_int(j, "at_ns", x->at);
	json_str(j, "method", x->method);
	json_str(j, "target", x->target);
	json_object(j, "headers");
	for (i = 0; i < x->n_headers; i++)
		json_str(j, x->headers[i].name, x->headers[i].value);
	json_object_end(j);
	json_str(j, "body", x->body);
	print_jdata(x, j);
	json_object_end(j);
}

void capture_print(const struct capture *c, const char *prefix, struct json *j)
{
	size_t i;

	json_array(j, NULL);
	for (i = 0; i < c->n; i++) {
		const struct captured *x = &c->list[(c->first + i) % c->room];

		if (strncmp(x->path, prefix, strlen(prefix)) == 0)
			print_one(x, j);
	}
	json_array_end(j);
}

void capture_print_counts(const struct capture *c, struct json *j, const char *key)
{
	size_t i;

	json_object(j, key);
	for (i = 0; i < c->n_counts; i++)
		json_uint(j, c->counts[i].path, c->counts[i].n);
	json_object_end(j);
}

void capture_clear(struct capture *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		forget(&c->list[i]);
	c->first = c->n = 0;
}
