/* Proves the chain of each journal in a backup, as it would come out of it. Two segments are there at a time: the later one must link to the earlier. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engined/backup/backup.h"
#include "lib/base/err.h"

struct window {
	const struct backup_manifest *manifest;
	const char *dir;
	char mode[8];
	char before[TAR_NAME], last[TAR_NAME]; /* the two segments that are there; "" */
	struct journal_report report;          /* of them */
	uint32_t proven;                       /* journals */
};

static int drop(const struct window *w, const char *name)
{
	char path[BACKUP_PATH];

	snprintf(path, sizeof(path), "%.900s/%s", w->dir, name);
	return name[0] == '\0' || unlink(path) == 0 ? ERR_OK : err_from_errno(errno);
}

/* The end of a journal is the end that the manifest tells. */
static int end_mode(struct window *w, struct backup_error *error)
{
	const struct backup_journal *j = manifest_journal(w->manifest, w->mode);
	char hash[BACKUP_HEX];

	if (w->mode[0] == '\0')
		return ERR_OK;
	sodium_bin2hex(hash, sizeof(hash), w->report.state.hash, sizeof(w->report.state.hash));
	if (j == NULL || w->report.state.last_seq != j->last_seq || strcmp(hash, j->hash) != 0)
		return backup_error_set(error, ERR_CORRUPT, "the journal of mode %s ends at record %llu and not where the backup says", w->mode,
		                        (unsigned long long)w->report.state.last_seq);
	w->proven++;
	int err = drop(w, w->before);
	err = err != ERR_OK ? err : drop(w, w->last);
	w->mode[0] = w->before[0] = w->last[0] = '\0';
	return err != ERR_OK ? backup_error_set(error, err, "%s: %s", w->dir, err_text(err)) : ERR_OK;
}

static int begin_mode(struct window *w, const char *name, struct backup_error *error)
{
	size_t len = strcspn(name, "/");

	if (w->mode[0] != '\0' && strncmp(name, w->mode, len) == 0 && w->mode[len] == '\0')
		return ERR_OK;
	int err = end_mode(w, error);

	snprintf(w->mode, sizeof(w->mode), "%.*s", (int)len, name);
	return err;
}

static int after(void *ctx, const struct backup_file *f, struct backup_error *error)
{
	struct window *w = ctx;
	char dir[BACKUP_PATH];

	if (!strstr(f->name, "/journal/") || strstr(f->name, "/checkpoint-"))
		return drop(w, f->name);
	int err = begin_mode(w, f->name, error);
	if (err != ERR_OK)
		return err;
	if ((err = drop(w, w->before)) != ERR_OK)
		return backup_error_set(error, err, "%s: %s", w->dir, err_text(err));
	snprintf(w->before, sizeof(w->before), "%s", w->last);
	snprintf(w->last, sizeof(w->last), "%s", f->name);
	snprintf(dir, sizeof(dir), "%.900s/%s/journal", w->dir, w->mode);
	err = journal_verify(dir, &w->report);
	return err != ERR_OK ? backup_error_set(error, err, "%s", w->report.damage) : ERR_OK;
}

int backup_verify(const char *path, const struct backup_manifest *m, const struct backup_progress *progress, struct backup_error *error)
{
	char dir[BACKUP_PATH];
	struct window w = { .manifest = m, .dir = dir };

	if (snprintf(dir, sizeof(dir), "%.1000s-XXXXXX", path) >= (int)sizeof(dir) || mkdtemp(dir) == NULL)
		return backup_error_set(error, err_from_errno(errno), "%s: cannot make a folder beside it", path);
	const struct backup_unpack u = { .path = path, .into = dir, .manifest = m, .after = after, .ctx = &w, .progress = *progress };
	int err = backup_unpack(&u, error);

	err = err != ERR_OK ? err : end_mode(&w, error);
	if (err == ERR_OK && w.proven != m->journals)
		err = backup_error_set(error, ERR_CORRUPT, "%s: a journal that it names is not in it", path);
	backup_remove(dir);
	return err;
}
