/* MongoDB behind the store: `path` is a connection string, `account` keeps apart who shares a database. Loads libmongoc when it is first used. */
#pragma once

#include "lib/store/ops.h"

extern const struct store_ops store_mongo_ops;
