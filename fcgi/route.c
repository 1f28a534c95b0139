#include "fcgi/route.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

/* "/api/strategies/{id}/pause" against a path; a parameter is one whole part. */
static bool path_matches(const char *pattern, const char *path, struct route *r)
{
	while (*pattern && *path) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t name = strcspn(++pattern, "}"), value = strcspn(path, "/");
		if (value == 0 || value > ROUTE_VALUE_MAX)
			return false;
		assert(name < sizeof(r->name));
		memcpy(r->name, pattern, name);
		r->name[name] = '\0';
		memcpy(r->value, path, value);
		r->value[value] = '\0';
		pattern += name + 1;
		path += value;
	}
	return *pattern == *path;
}

static bool command_matches(size_t id, const char *path, struct route *ret)
{
	const struct control_command *c = control_command((enum command_id)id);
	struct route r = { .command = c };

	if (!c->path[0] || !path_matches(c->path, path, &r))
		return false;
	*ret = r;
	return true;
}

int route_find(const char *method, const char *path, struct route *ret)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	bool known = false;
	struct route r;

	for (size_t id = 0; id < CTL_COUNT; id++) {
		if (!command_matches(id, path, &r))
			continue;
		if (strcmp(r.command->http_method, wanted) == 0) {
			*ret = r;
			return 0;
		}
		known = true;
	}
	if (!known)
		return ERR_NOENT;
	*ret = (struct route){ 0 };
	return 0;
}

void route_put_allow(const char *path, struct buf *out)
{
	struct route r;

	for (size_t id = 0; id < CTL_COUNT; id++) {
		if (!command_matches(id, path, &r))
			continue;
		buf_puts(out, r.command->http_method);
		buf_puts(out, strcmp(r.command->http_method, "GET") == 0 ? ", HEAD, " : ", ");
	}
	buf_puts(out, "OPTIONS");
}
