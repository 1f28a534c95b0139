/* A journal whose disk is gone, made again from what tail.c put away. */
#pragma once

#include "lib/store/store.h"

struct store_restored { uint64_t first, last; uint64_t checkpoint; };

/* For a host without the folder o->journal_dir: makes it, with a journal under a new id that begins at the checkpoint's record (or at 1) and ends with the
 * last one that was put away, and takes the account's rows over. The folder gets its name last: a crash leaves none, and all is done again. A file
 * RESTORED_MARK in it says that newer records are missing, until the engine knows what became of them. o->journal_id is not used. ERR_NOENT: there is nothing to
 * take up. ERR_TRUNCATED: rows, and nothing to make a journal from. ERR_VERSION: another build's state or one of other capacities, and not the whole journal. Whatever fails, the rows stay whose
 * they are, unless all but the folder's name was done. */
int store_restore(const struct store_options *o, struct store_restored *ret, struct store_error *error);

#define RESTORED_MARK "restored"
