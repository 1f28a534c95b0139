/* A state folder as one file, and back: what a backup holds, how it is made beside a running engine, checked, and unpacked. docs/disaster-recovery.md.
 * Nothing here prints. Functions return 0 or an enum err, with a sentence in the error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/tar.h"
#include "lib/journal/journal.h"

#define BACKUP_FORMAT 1
#define BACKUP_MODES 4   /* demo, replay, paper, live */
#define BACKUP_PATH 1024
#define BACKUP_HEX (2 * JOURNAL_HASH + 1)
#define BACKUP_MANIFEST "manifest.json" /* the last member */

struct backup_error { char text[512]; };
int backup_error_set(struct backup_error *error, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

extern const char *const backup_modes[BACKUP_MODES];

/* How far it is: `of` is known for copying, and 0 while the journal is walked. */
struct backup_progress { void (*tell)(void *ctx, const char *what, uint64_t bytes, uint64_t of); void *ctx; };

/* -- what is in it -------------------------------------------------------------------------------------------------------------------------- */

struct backup_journal {
	char mode[8];
	char id[33], hash[BACKUP_HEX]; /* hex; of the last batch */
	uint64_t first_seq, last_seq;
	nanos_t last_stamp;
};
struct backup_file { char name[TAR_NAME]; uint64_t size; char sum[65]; }; /* SHA-256, hex */
struct backup_manifest {
	uint32_t format, core;         /* of the file; CORE_VERSION of who made it */
	char version[32];              /* of the engine's programs */
	nanos_t made;
	bool secrets, recent;          /* secrets are in it; only what a restart needs of the journals */
	uint32_t journals;
	struct backup_journal journal[BACKUP_MODES];
	struct backup_file *file;      /* as they come, without the manifest */
	size_t files;
};
int manifest_add(struct backup_manifest *m, const char *name, uint64_t size, const uint8_t sum[32]);
void manifest_print(const struct backup_manifest *m, struct buf *out);
int manifest_parse(struct backup_manifest *m, const char *text, size_t len, struct backup_error *error);
const struct backup_journal *manifest_journal(const struct backup_manifest *m, const char *mode);
void manifest_done(struct backup_manifest *m);
/* MODE/journal/SEGMENT or CHECKPOINT, or one of the few files beside them. */
bool manifest_name_known(const char *name);

/* -- making and reading --------------------------------------------------------------------------------------------------------------------- */

struct backup_made { struct backup_manifest manifest; uint64_t bytes, packed; char path[BACKUP_PATH]; };
struct backup_request {
	const char *state, *mode;      /* mode NULL = all but replay */
	const char *config;            /* settings file, NULL = none; its secrets are left out unless `secrets` */
	const char *path;              /* gets its name when it is whole, read back and its journals' chains are verified */
	nanos_t now;
	bool secrets, recent;
	struct backup_progress progress;
};
/* ERR_NOENT when there is no journal, ERR_EXIST when `path` is there. Neither an engine that runs nor one that stands still is touched. */
int backup_make(const struct backup_request *q, struct backup_made *ret, struct backup_error *error);

/* Reads all of it, believes nothing, writes nothing: every checksum, every name, and that it is of a version known here. */
int backup_check(const char *path, const struct backup_progress *progress, struct backup_manifest *ret, struct backup_error *error);
/* What backup_check() passed, into a folder that is empty. `after` (may be NULL) is called behind each file. */
struct backup_unpack {
	const char *path, *into;
	const struct backup_manifest *manifest;
	int (*after)(void *ctx, const struct backup_file *file, struct backup_error *error);
	void *ctx;
	struct backup_progress progress;
};
int backup_unpack(const struct backup_unpack *u, struct backup_error *error);
/* The chains of the journals in the file, two segments at a time in a folder beside it. */
int backup_verify(const char *path, const struct backup_manifest *m, const struct backup_progress *progress, struct backup_error *error);
/* Files of a folder that a backup of the default name left there, the newest last: "sauda-backup-20261123T091500Z.tar.zst". The caller frees. */
#define BACKUP_NAME 48
int backup_list(const char *dir, char (**ret)[BACKUP_NAME], size_t *ret_n);
void backup_name(nanos_t now, char ret[BACKUP_NAME]);
/* Removes from such a folder what killed backups and drills left unfinished and was not written to since. */
void backup_sweep(const char *dir, nanos_t before);

/* -- putting it back ------------------------------------------------------------------------------------------------------------------------ */

#define BACKUP_ASIDE 16
struct backup_restored { uint32_t moved; char aside[BACKUP_ASIDE][32]; }; /* what was there before, by its new name */
/* Unpacks beside, verifies every chain against the manifest, then moves each mode into place. A folder in which something is already is refused (ERR_EXIST) unless
 * `force`: then a mode that is there becomes MODE.old-N. ERR_BUSY: an engine or the watchdog has it. */
int backup_restore(const char *path, const char *into, bool force, const struct backup_manifest *m, const struct backup_progress *progress,
                   struct backup_restored *ret, struct backup_error *error);

/* Removes a folder with all in it; links are not followed. */
int backup_remove(const char *path);
int backup_sync_folder(const char *path);
