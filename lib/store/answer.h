/* Rows -> the JSON of the API (docs/api.md), the same for every backend. */
#pragma once

#include "lib/store/ops.h"

/* A query with its bounds checked: 0, or ERR_INVAL when it asks for what its rows do not have. Sets the defaults. */
int answer_check(struct store_query *q);

/* Runs the query and writes the whole answer. *ret holds part of it on failure. */
int answer_query(const struct store_ops *ops, struct backend *b, const struct store_query *q, struct buf *ret);
