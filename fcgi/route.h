/* Which command a method and a path mean: made from lib/control/commands.tbl.h, so that no route exists that the control
 * protocol does not have, and none without its role and its parameters. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/control/table.h"

#define ROUTE_VALUE_MAX 128

struct route {
	const struct control_command *command; /* NULL = the path is known and does not take this method */
	char name[32], value[ROUTE_VALUE_MAX + 1]; /* the path's parameter; "" = none */
};

/* ERR_NOENT = no such path. HEAD asks for what GET would. */
int route_find(const char *method, const char *path, struct route *ret);

/* "GET, HEAD, OPTIONS": what the path takes. */
void route_put_allow(const char *path, struct buf *out);
