/* All rows of one journal from one database into another, offline. May be repeated, and stopped half-way: rows that are there stay. */
#pragma once

#include "lib/store/ops.h"

struct migrate_side { const struct store_ops *ops; struct store_place place; };
struct migrate_report { uint64_t rows, refused; struct progress progress; };

/* `moved` is called now and then with how many of how many rows were looked at; may be NULL. ERR_NOENT when the source knows nothing of the journal;
 * ERR_RANGE when the target knows more of it than the source; else the databases' errors. */
typedef void migrate_moved(void *ctx, uint64_t rows, uint64_t of);
int store_migrate(const struct migrate_side *from, const struct migrate_side *to, migrate_moved *moved, void *ctx, struct migrate_report *ret,
                  struct store_error *error);
