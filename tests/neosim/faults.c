#include "tests/neosim/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"

static const struct { const char *text; enum fault_group group; unsigned where; } kinds[] = {
#define FAULT(name, text, group, where) {text, FAULT_GROUP_##group, FAULT_AT_##where},
#include "tests/neosim/fault.tbl.h"
#undef FAULT
};

static int kind_find(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(kinds); i++)
		if (text && strcmp(kinds[i].text, text) == 0)
			return (int)i;
	return -1;
}

static int64_t number(const cJSON *what, const char *name, int64_t absent)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(what, name);

	return cJSON_IsNumber(v) && v->valuedouble >= 0 && v->valuedouble < 9e15 ? (int64_t)v->valuedouble : absent;
}

static void text(const cJSON *what, const char *name, char *ret, size_t size)
{
	const char *v = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(what, name));

	snprintf(ret, size, "%s", v ? v : "");
}

/* A name this list lacks is a test's slip of the pen, and would silently test nothing. */
static const char *check_names(const cJSON *what)
{
	static const char *const known[] = {"kind", "path", "method", "times", "skip", "delay_ms", "status", "body", "retry_after", "seconds"};
	const cJSON *v;
	size_t i;

	cJSON_ArrayForEach(v, what) {
		for (i = 0; i < ARRAY_LEN(known) && strcmp(known[i], v->string) != 0; i++)
			;
		if (i == ARRAY_LEN(known))
			return "unknown key; known are kind path method times skip delay_ms status body retry_after seconds";
	}
	return NULL;
}

const char *faults_arm(struct faults *f, const cJSON *what, unsigned *ret_id)
{
	int kind = kind_find(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(what, "kind")));
	const char *body = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(what, "body"));
	const char *wrong = check_names(what);
	struct fault *n;

	if (wrong)
		return wrong;
	if (kind < 0)
		return "unknown kind";
	if (f->n == f->room) {
		f->room = f->room ? 2 * f->room : 16;
		f->list = realloc(f->list, f->room * sizeof(*f->list));
		assert(f->list);
	}
	n = &f->list[f->n++];
	*n = (struct fault){.id = ++f->last_id, .kind = (enum fault_kind)kind, .times = (uint64_t)number(what, "times", 1), .skip = (uint64_t)number(what, "skip", 0),
		.delay_ms = number(what, "delay_ms", 0), .status = number(what, "status", 500), .retry_after = number(what, "retry_after", -1),
		.seconds = number(what, "seconds", 0), .body = strdup(body ? body : "")};
	assert(n->body);
	text(what, "path", n->path, sizeof(n->path));
	text(what, "method", n->method, sizeof(n->method));
	*ret_id = n->id;
	return NULL;
}

static bool fits(const struct fault *f, enum fault_group group, unsigned where, const char *method, const char *path)
{
	if (kinds[f->kind].group != group || !(kinds[f->kind].where & where) || (f->times && f->fired >= f->times))
		return false;
	if (where == FAULT_AT_STEP) /* an order's step is nobody's request */
		return true;
	return (!*f->method || strcmp(f->method, method) == 0) && strncmp(path, f->path, strlen(f->path)) == 0;
}

const struct fault *faults_meet(struct faults *f, enum fault_group group, unsigned where, const char *method, const char *path)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		struct fault *x = &f->list[i];

		if (!fits(x, group, where, method, path) || x->met++ < x->skip)
			continue;
		x->fired++;
		return x;
	}
	return NULL;
}

void faults_print(const struct faults *f, struct json *j)
{
	size_t i;

	json_array(j, NULL);
	for (i = 0; i < f->n; i++) {
		const struct fault *x = &f->list[i];

		json_object(j, NULL);
		json_uint(j, "id", x->id);
		json_str(j, "kind", kinds[x->kind].text);
		json_str(j, "path", x->path);
		json_str(j, "method", x->method);
		json_uint(j, "times", x->times);
		json_uint(j, "skip", x->skip);
		json_uint(j, "met", x->met);
		json_uint(j, "fired", x->fired);
		json_bool(j, "armed", !x->times || x->fired < x->times);
		json_object_end(j);
	}
	json_array_end(j);
}

void faults_clear(struct faults *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		free(f->list[i].body);
	free(f->list);
	*f = (struct faults){.last_id = f->last_id};
}
