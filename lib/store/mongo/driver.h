/* libmongoc, loaded when a connection string asks for it: with what it needs it takes some 8 MB and as many milliseconds, which an engine on SQLite
 * shall not pay. libbson alone is small and linked. */
#pragma once

#include <mongoc/mongoc.h>

struct driver {
#define DRIVER(name) __typeof__(mongoc_##name) *name;
#include "lib/store/mongo/driver.tbl.h"
#undef DRIVER
};

/* NULL when the library is not there or lacks a function; *ret_reason then says which. Thread-safe, loads once. */
const struct driver *driver_load(const char **ret_reason);
