/* A disk that remembers what was synced and what was only written, so that it can be laid out as a dead machine leaves it. It stands behind
 * lib/journal/disk.h; the files themselves are real. POSIX is taken at its word: a file's bytes and size are durable by a sync of the
 * file, its name by a sync of the folder. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum damage {
	DAMAGE_ALL_LOST,        /* power loss: only what was synced */
	DAMAGE_ALL_KEPT,        /* kill -9: the page cache survives */
	DAMAGE_TORN,            /* of the last write its first sector alone */
	DAMAGE_FIRST_LOST,      /* later writes are there, the first is not */
	DAMAGE_SECTORS,         /* any sector is there or not, by chance */
	DAMAGE_SECTORS_AGAIN,   /* and otherwise */
	DAMAGE_GARBAGE,         /* anything at all where the last write went */
	DAMAGE_BIT,             /* one bit of what was not synced */
	DAMAGE_NAMES_LOST,      /* bytes are there, names given since the folder's sync are not */
	DAMAGE_BYTES_LOST,      /* names are there, bytes written since the file's sync are not */
	DAMAGE_KINDS,
};
extern const char *const damage_name[DAMAGE_KINDS];

/* Where a machine may die. */
enum place {
	PLACE_WRITE,            /* before, half through, after */
	PLACE_SYNC,             /* before and after, as all below */
	PLACE_ALLOCATE,
	PLACE_CREATE,
	PLACE_REMOVE,
	PLACE_RENAME,
	PLACE_SEND,             /* a request to the broker */
	PLACE_RECEIVE,          /* a word of the broker's */
	PLACES,
};
extern const char *const place_name[PLACES];
typedef void boundary(enum place place, const char *when);

/* Watches the folder from now on; what is in it counts as synced. */
void disk_watch(const char *dir, boundary *boundary);
/* Goes on watching a folder laid out as "all kept": what was not synced yet is not synced now. */
void disk_watch_kept(const char *dir);
void disk_unwatch(void);
/* Planted: a sync of a file, or of the folder, that does nothing. */
void disk_plant(bool no_file_sync, bool no_folder_sync);
/* Of the calls from number `from` (1 is the first) so many fail: ENOSPC those that need room, anything else all. */
void disk_fail(uint64_t from, uint64_t n, int error);
uint64_t disk_calls_made(void);
/* The folder as it would be found after a crash now, into another one. */
void disk_crashed(const char *dir, enum damage damage, uint64_t seed);
/* A folder and all below it. */
void disk_remove(const char *dir);
