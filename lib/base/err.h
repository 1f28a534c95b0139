/* One error enum for the tree: 0 is success, everything else negative. Libraries return, programs log. */
#pragma once

enum err {
#define ERR(name, code, text) ERR_##name = (code),
#include "lib/base/err.tbl.h"
#undef ERR
};

/* English text of an error; never NULL. */
const char *err_text(int err);

/* Maps an errno value to the nearest enum err. */
int err_from_errno(int errnum);
