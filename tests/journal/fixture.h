/* What the journal's tests share: a folder of their own, records whose every byte follows from their sequence number (so
 * that any reader can be checked without a copy), and whole files as memory. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/prng.h"
#include "lib/journal/format.h"
#include "lib/journal/journal.h"

#define FIXTURE_PATH 256
#define FIXTURE_NAME "00000000000000000001.journal" /* the first segment */

void fixture_dir(char path[FIXTURE_PATH]);          /* makes a new one */
void fixture_remove(const char *path);
void fixture_copy(const char *from, const char *to); /* into a new or emptied folder */

/* The payload of record `seq`, shorter than `max`; returns its length. */
size_t fixture_record(uint64_t seq, size_t max, struct record *ret_head, uint8_t ret_payload[JOURNAL_RECORD_MAX]);
void fixture_append(struct journal *j, uint64_t seq, size_t max);
struct journal *fixture_open(const char *dir, size_t segment_bytes, bool sync);
/* Appends `batches` batches of 1-5 records after `seq`, submits each, returns the last sequence. */
uint64_t fixture_batches(struct journal *j, uint64_t seq, size_t batches, size_t max, bool sync);

/* Reads all from `from` on and asserts each byte; *ret_last = last sequence read, 0 = none. Returns how the reading ended. */
int fixture_read(const char *dir, uint64_t from, size_t max, uint64_t *ret_last);

struct image { uint8_t *bytes; size_t len; };
struct image image_load(const char *dir, const char *name);
void image_store(const char *dir, const char *name, const uint8_t *bytes, size_t len);
void image_done(struct image *i);
/* Offsets of the whole batches of a segment, in order, and the end of the last as one more; returns how many batches. */
size_t image_batches(const struct image *i, size_t *ret_at, size_t max);
