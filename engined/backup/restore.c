/* Puts a backup into a state folder: unpacked and verified beside first, moved into place last. What was there is never deleted. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/authority.h"
#include "engined/backup/backup.h"
#include "lib/base/err.h"
#include "lib/store/restore.h"

#define BESIDE ".restoring" /* in the state folder: a rename is enough then */

struct restore {
	const char *path, *into;
	bool force;
	const struct backup_manifest *manifest;
	const struct backup_progress *progress;
	struct backup_restored *done;
	struct backup_error *error;
	struct authority *authority;
	int lock[BACKUP_MODES];
	char beside[BACKUP_PATH];
};

static int failed(struct restore *r, int err, const char *path)
{
	return backup_error_set(r->error, err, "%s: %s", path, err_text(err));
}

/* -- may we? ------------------------------------------------------------------------------------------------------------------------------- */

/* Every mode's: whatever runs here would write into what is moved. */
static int lock_journals(struct restore *r)
{
	char path[BACKUP_PATH];

	for (size_t i = 0; i < BACKUP_MODES; i++) {
		snprintf(path, sizeof(path), "%.900s/%s/journal/lock", r->into, backup_modes[i]);
		r->lock[i] = open(path, O_RDWR | O_CLOEXEC);
		if (r->lock[i] < 0 && errno != ENOENT)
			return failed(r, err_from_errno(errno), path);
		if (r->lock[i] >= 0 && flock(r->lock[i], LOCK_EX | LOCK_NB) != 0)
			return backup_error_set(r->error, ERR_BUSY, "%s: an engine runs on this state folder; stop it first (enginectl shutdown --keep --wait)", r->into);
	}
	return ERR_OK;
}

static int lock_account(struct restore *r)
{
	char path[BACKUP_PATH];

	snprintf(path, sizeof(path), "%.900s/authority", r->into);
	if (access(path, F_OK) != 0)
		return ERR_OK;
	int err = authority_open(&r->authority, path);

	err = err != ERR_OK ? err : authority_lock(r->authority);
	if (err == ERR_BUSY)
		return backup_error_set(r->error, err, "%s: an engine, or the watchdog that closes its positions, holds the account; wait or stop it first", r->into);
	return err != ERR_OK ? failed(r, err, path) : ERR_OK;
}

static bool counts(const char *name)
{
	static const char *const nothing[] = { ".", "..", BESIDE, "backups", "lost+found" };

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		if (strcmp(name, nothing[i]) == 0)
			return false;
	}
	return true;
}

static int look_at_folder(struct restore *r)
{
	if (mkdir(r->into, 0700) != 0 && errno != EEXIST)
		return failed(r, err_from_errno(errno), r->into);
	DIR *d = opendir(r->into);
	int err = d == NULL ? failed(r, err_from_errno(errno), r->into) : ERR_OK;

	for (struct dirent *e; err == ERR_OK && !r->force && (e = readdir(d)) != NULL;) {
		if (counts(e->d_name))
			err = backup_error_set(r->error, ERR_EXIST, "%s: something is in it already (%.64s); name an empty folder, or --force to move it aside",
			                       r->into, e->d_name);
	}
	if (d)
		closedir(d);
	return err;
}

/* -- beside -------------------------------------------------------------------------------------------------------------------------------- */

static int verify(struct restore *r)
{
	char dir[BACKUP_PATH + 32], hash[BACKUP_HEX];
	struct journal_report report;

	for (uint32_t i = 0; i < r->manifest->journals; i++) {
		const struct backup_journal *j = &r->manifest->journal[i];

		snprintf(dir, sizeof(dir), "%s/%s/journal", r->beside, j->mode);
		int err = journal_verify(dir, &report);
		if (err != ERR_OK)
			return backup_error_set(r->error, err, "%s", report.damage);
		sodium_bin2hex(hash, sizeof(hash), report.state.hash, sizeof(report.state.hash));
		if (report.state.last_seq != j->last_seq || strcmp(hash, j->hash) != 0)
			return backup_error_set(r->error, ERR_CORRUPT, "%s: its journal of mode %s is not the one that it names", r->path, j->mode);
	}
	return ERR_OK;
}

/* Records that came after the backup are missing at the journal's end: what its last event decides may have been sent since, so it is recorded and not sent. */
static int leave_marks(struct restore *r)
{
	char path[BACKUP_PATH + 64];

	for (uint32_t i = 0; i < r->manifest->journals; i++) {
		snprintf(path, sizeof(path), "%s/%s/journal/" RESTORED_MARK, r->beside, r->manifest->journal[i].mode);
		int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		if (fd < 0)
			return failed(r, err_from_errno(errno), path);
		close(fd);
		*strrchr(path, '/') = '\0';
		int err = backup_sync_folder(path);
		if (err != ERR_OK)
			return failed(r, err, path);
	}
	return ERR_OK;
}

static int unpack(struct restore *r)
{
	const struct backup_unpack u = { .path = r->path, .into = r->beside, .manifest = r->manifest, .progress = *r->progress };

	snprintf(r->beside, sizeof(r->beside), "%.900s/" BESIDE, r->into);
	int err = backup_remove(r->beside); /* a crash left it */

	if (err == ERR_OK && mkdir(r->beside, 0700) != 0)
		err = err_from_errno(errno);
	if (err != ERR_OK)
		return failed(r, err, r->beside);
	err = backup_unpack(&u, r->error);
	err = err != ERR_OK ? err : verify(r);
	return err != ERR_OK ? err : leave_marks(r);
}

/* -- into place ---------------------------------------------------------------------------------------------------------------------------- */

/* As the engine names what it moves aside: NAME.old-1, and so on. Nothing to do when it is not there. */
static int move_aside(struct restore *r, const char *name)
{
	char from[BACKUP_PATH], to[BACKUP_PATH];
	int n = 0;

	snprintf(from, sizeof(from), "%.900s/%s", r->into, name);
	if (access(from, F_OK) != 0)
		return ERR_OK;
	do
		snprintf(to, sizeof(to), "%.900s/%s.old-%d", r->into, name, ++n);
	while (access(to, F_OK) == 0);
	if (rename(from, to) != 0)
		return failed(r, err_from_errno(errno), to);
	if (r->done->moved < BACKUP_ASIDE)
		snprintf(r->done->aside[r->done->moved++], sizeof(r->done->aside[0]), "%.12s.old-%d", name, n);
	return ERR_OK;
}

static int move_in(struct restore *r, const char *name)
{
	char from[BACKUP_PATH + 256], to[BACKUP_PATH + 256];
	int err = move_aside(r, name);

	snprintf(from, sizeof(from), "%s/%s", r->beside, name);
	snprintf(to, sizeof(to), "%.900s/%s", r->into, name);
	return err != ERR_OK ? err : rename(from, to) != 0 ? failed(r, err_from_errno(errno), to) : ERR_OK;
}

/* A name's first part, which is what is moved: once each. */
static int move_all(struct restore *r)
{
	char part[TAR_NAME], last[TAR_NAME] = "";
	int err = ERR_OK;

	for (size_t i = 0; i < r->manifest->files && err == ERR_OK; i++) {
		const char *name = r->manifest->file[i].name;

		snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, "/"), name);
		if (strcmp(part, last) != 0)
			err = move_in(r, part);
		memcpy(last, part, sizeof(last));
	}
	if (err == ERR_OK && rmdir(r->beside) != 0)
		err = failed(r, err_from_errno(errno), r->beside);
	if (err == ERR_OK && backup_sync_folder(r->into) != ERR_OK)
		err = failed(r, ERR_IO, r->into);
	return err;
}

int backup_restore(const char *path, const char *into, bool force, const struct backup_manifest *m, const struct backup_progress *progress,
                   struct backup_restored *ret, struct backup_error *error)
{
	struct restore r = { .path = path, .into = into, .force = force, .manifest = m, .progress = progress, .done = ret, .error = error };

	*ret = (struct backup_restored){ 0 };
	memset(r.lock, -1, sizeof(r.lock));
	int err = strlen(into) > 800 ? failed(&r, ERR_RANGE, "the folder's name") : look_at_folder(&r);
	err = err != ERR_OK ? err : lock_journals(&r);
	err = err != ERR_OK ? err : lock_account(&r);
	err = err != ERR_OK ? err : unpack(&r);
	if (err != ERR_OK && r.beside[0])
		backup_remove(r.beside);
	err = err != ERR_OK ? err : move_all(&r);
	for (size_t i = 0; i < BACKUP_MODES; i++) {
		if (r.lock[i] >= 0)
			close(r.lock[i]);
	}
	authority_close(&r.authority);
	return err;
}
