/* What the store's tests share: records of every kind, a small trading history made from a seed, and the dump of a journal's rows as text, so that
 * two runs can be compared, and two databases. SQLite, or the MongoDB server that STORE_TEST_URI names (a connection string that ends with a slash):
 * the same tests run on both. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/core/action.h"
#include "lib/store/priv.h"
#include "lib/store/store.h"

#define FIXTURE_DAY (INT64_C(1681098300) * NANOS_SECOND) /* 2023-04-10T09:15:00+05:30 */
#define FIXTURE_WAIT (20 * NANOS_SECOND)

struct fixture_record { struct record head; size_t len; union { struct event event; struct action action; }; const void *payload; };

extern const uint8_t fixture_id[16];

/* The n-th record (from 1) of a deterministic history with every kind in it. */
void fixture_record(uint64_t n, struct fixture_record *ret);

void fixture_put(struct store *s, const struct record *head, const void *payload, size_t len);
void fixture_put_range(struct store *s, uint64_t from, uint64_t to); /* inclusive */
/* A journal that holds records 1 to `last`. */
void fixture_journal(const char *dir, uint64_t first, uint64_t last, nanos_t shift);

const struct store_ops *fixture_ops(void);   /* of the database under test */
bool fixture_mongo(void);
/* A database of that name: a file in the folder, or one on the server that no other test has. ":memory:" opens one that is never looked at again. */
void fixture_path(char *ret, size_t size, const char *dir, const char *name);
void fixture_drop(const char *path);

struct store *fixture_open(const char *path, const char *journal_dir);
char *fixture_query(struct store *s, const struct store_query *q); /* JSON; free() it */

/* All rows of the journal, a line each, sorted; and its progress. free() it. */
char *fixture_dump(const char *path);
char *fixture_dump_of(const struct store_ops *ops, const struct store_place *place);

/* An empty folder of its own, removed by fixture_folder_done(). */
void fixture_folder(char *ret, size_t size);
void fixture_folder_done(const char *dir);
/* Set-up and tear-down of tests whose *state is such a folder, with the names of two databases and a journal in it. */
struct place { char dir[256], path[300], straight[300], journal[300]; };
int fixture_place(void **state);
int fixture_place_done(void **state);
