/* Folders of backups, and folders that go again. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engined/backup/backup.h"
#include "lib/base/err.h"

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

int backup_remove(const char *path)
{
	return nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT ? ERR_OK : err_from_errno(errno);
}

int backup_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) != 0 ? err_from_errno(errno) : ERR_OK;

	if (fd >= 0)
		close(fd);
	return err;
}

/* Digits sort as the times do. */
static int is_backup(const struct dirent *d)
{
	return fnmatch("sauda-backup-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.tar.zst", d->d_name, 0) == 0;
}

int backup_list(const char *dir, char (**ret)[BACKUP_NAME], size_t *ret_n)
{
	struct dirent **found = NULL;
	int n = scandir(dir, &found, is_backup, alphasort);

	*ret_n = 0;
	*ret = NULL;
	if (n < 0)
		return err_from_errno(errno);
	*ret = calloc((size_t)n + 1, sizeof(**ret));
	for (int i = 0; i < n; i++) {
		if (*ret)
			memcpy((*ret)[(*ret_n)++], found[i]->d_name, strlen(found[i]->d_name) + 1); /* as long as its pattern */
		free(found[i]);
	}
	free(found);
	return *ret ? ERR_OK : ERR_NOMEM;
}

/* What a backup or a drill had not finished when it was killed. */
static int is_left(const struct dirent *d)
{
	return fnmatch("sauda-backup-*.tar.zst.new*", d->d_name, 0) == 0 || fnmatch(".drill-??????", d->d_name, 0) == 0;
}

void backup_sweep(const char *dir, nanos_t before)
{
	struct dirent **found = NULL;
	char path[BACKUP_PATH + 256];
	struct stat st;
	int n = scandir(dir, &found, is_left, alphasort);

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%.900s/%s", dir, found[i]->d_name);
		if (lstat(path, &st) == 0 && st.st_mtime < before / NANOS_SECOND)
			backup_remove(path);
		free(found[i]);
	}
	free(found);
}

void backup_name(nanos_t now, char ret[BACKUP_NAME])
{
	nanos_t of_day = ((now % NANOS_DAY) + NANOS_DAY) % NANOS_DAY / NANOS_SECOND;
	struct civil day = date_to_civil((date_t)((now - of_day * NANOS_SECOND) / NANOS_DAY)); /* of UTC: the same on every host */

	snprintf(ret, BACKUP_NAME, "sauda-backup-%04d%02d%02dT%02d%02d%02dZ.tar.zst", day.year, day.month, day.day, (int)(of_day / 3600),
	         (int)(of_day / 60 % 60), (int)(of_day % 60));
}
