/* Ready-made answers of the hot commands in one mapped file, so that a reader in another process costs the engine nothing.
 * engined writes, anybody who may open the file reads; a writer never waits for a reader. Each slot is a seqlock: a reader
 * copies and looks whether the slot changed meanwhile. Pure C, no loop.
 *
 * Ages: a number of milliseconds that grows while the body lies here is written by snapshot_put_age: the key must end in
 * age_ms and its value takes SNAPSHOT_AGE_WIDTH characters, right-aligned with at least one leading space
 * (`"age_ms":        40`). The reader adds the time since publication in place; "null" stays null. No other part of a body
 * changes, and the padded body is valid JSON at all times.
 *
 * Every body is one JSON value; that of `metrics` is a JSON string whose value is the Prometheus text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/json.h"
#include "lib/base/stamp.h"
#include "lib/control/table.h"

#define SNAPSHOT_BODY_MAX  65536
#define SNAPSHOT_AGE_WIDTH 10
#define SNAPSHOT_AGES_MAX  64                      /* in one body; more is not published */
#define SNAPSHOT_DEAD_AFTER (3 * NANOS_SECOND)     /* without a beat the engine counts as gone */
#define SNAPSHOT_OLD_AFTER  (10 * NANOS_SECOND)    /* a body older than this is not served */

void snapshot_put_age(struct json *j, const char *key, int64_t age_ms); /* negative = not known: null */

/* -- the engine's side ------------------------------------------------------------------------------------------ */

struct snapshot_writer;

/* Builds the file beside the path and renames it, so a reader maps a whole one or none; mode 0640. epoch = of this engine
 * run. Errors of the system; ERR_RANGE path too long. */
int snapshot_create(struct snapshot_writer **ret, const char *path, uint64_t epoch);
/* now: CLOCK_MONOTONIC ns (snapshot_clock). wall: UTC ns of the body. ERR_FULL: larger than a slot or with too many ages;
 * the slot is then empty and readers ask the socket. ERR_INVAL: not a hot command. */
int snapshot_publish(struct snapshot_writer *w, enum command_id id, const char *body, size_t len, nanos_t wall, nanos_t now);
void snapshot_withdraw(struct snapshot_writer *w, enum command_id id);
/* At least once a second while the loop turns; it is the heartbeat. */
void snapshot_beat(struct snapshot_writer *w, nanos_t now);
/* Marks the file closed, unlinks and unmaps it. */
void snapshot_close(struct snapshot_writer **w);

/* -- the reader's side ------------------------------------------------------------------------------------------ */

struct snapshot;
struct snapshot_info { uint64_t epoch; int32_t pid; };

/* ERR_NOENT no engine ran here, ERR_VERSION another layout, ERR_CORRUPT not a snapshot, else the system's error. */
int snapshot_open(struct snapshot **ret, const char *path);
void snapshot_done(struct snapshot **s);
struct snapshot_info snapshot_info(const struct snapshot *s);

/* Copies the body, NUL-terminated and with its ages brought up to now. ret_age_ns = since publication. cap of
 * SNAPSHOT_BODY_MAX + 1 always suffices.
 * ERR_CLOSED: the engine is gone or the body is old; open anew (a restarted engine has a new file), else it is down.
 * ERR_NOENT: nothing published for this command, ERR_AGAIN: torn at each try, ERR_FULL: cap too small; ask the socket. */
int snapshot_read(const struct snapshot *s, enum command_id id, char *buf, size_t cap, size_t *ret_len, int64_t *ret_age_ns);
/* The same at a given CLOCK_MONOTONIC time; the wall stamp of the body too. */
int snapshot_read_at(const struct snapshot *s, enum command_id id, nanos_t now, char *buf, size_t cap, size_t *ret_len,
                     int64_t *ret_age_ns, nanos_t *ret_wall);
/* Is the engine alive at that time? */
bool snapshot_alive(const struct snapshot *s, nanos_t now);

nanos_t snapshot_clock(void); /* CLOCK_MONOTONIC ns */
