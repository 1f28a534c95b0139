/* This interface as OpenAPI 3.1, made from the command table and the code table. */
#pragma once

#include "lib/base/buf.h"

void openapi_put(struct buf *out, const char *version);
