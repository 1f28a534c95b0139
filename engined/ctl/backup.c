/* `enginectl backup`: the state folder as one file, beside a running engine or one that stands still. docs/disaster-recovery.md. */
#include "engined/ctl/backup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engined/ctl/ctl.h"
#include "engined/ctl/progress.h"
#include "lib/base/err.h"

/* A folder, which is made when the name ends in '/' or when nothing is said. */
static bool into_folder(const struct backup_words *w, const char *state, char folder[BACKUP_PATH])
{
	struct stat st;

	if (w->out)
		snprintf(folder, BACKUP_PATH, "%s", w->out);
	else
		snprintf(folder, BACKUP_PATH, "%.900s/backups/", state);
	size_t len = strlen(folder);
	bool named = len > 0 && folder[len - 1] == '/';

	while (len > 1 && folder[len - 1] == '/')
		folder[--len] = '\0';
	if (named && mkdir(folder, 0700) != 0 && errno != EEXIST)
		fprintf(stderr, "%s: %s: %s\n", w->program, folder, strerror(errno));
	return named || (stat(folder, &st) == 0 && S_ISDIR(st.st_mode));
}

/* The oldest go; what is asked to be kept is at least the one just made. How many went. */
static uint64_t remove_older(const struct backup_words *w, const char *folder)
{
	char (*names)[BACKUP_NAME], path[BACKUP_PATH + BACKUP_NAME];
	uint64_t gone = 0;
	size_t n;

	if (w->keep == 0 || backup_list(folder, &names, &n) != ERR_OK)
		return 0;
	for (size_t i = 0; i + w->keep < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if (unlink(path) == 0)
			gone++;
		else
			fprintf(stderr, "%s: %s: %s; it stays\n", w->program, path, strerror(errno));
	}
	free(names);
	return gone;
}

static void tell_json(const struct backup_made *m, uint64_t gone, double seconds)
{
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", true);
	json_str(&j, "file", m->path);
	json_uint(&j, "bytes", m->bytes);
	json_uint(&j, "packed", m->packed);
	json_uint(&j, "files", m->manifest.files);
	json_ratio(&j, "seconds", seconds, 3);
	json_uint(&j, "removed", gone);
	json_bool(&j, "secrets", m->manifest.secrets);
	json_array(&j, "journals");
	for (uint32_t i = 0; i < m->manifest.journals; i++)
		backup_end_json(NULL, &m->manifest.journal[i], "not asked for", &j);
	json_array_end(&j);
	json_object_end(&j);
	backup_print(&out);
}

static void tell_text(const struct backup_made *m, uint64_t gone, double seconds)
{
	char stamp[STAMP_TEXT];

	for (uint32_t i = 0; i < m->manifest.journals; i++) {
		const struct backup_journal *b = &m->manifest.journal[i];

		stamp_format(b->last_stamp, stamp);
		printf("%-8s  records %llu to %llu, the last of %s; hash %.16s...\n", b->mode, (unsigned long long)b->first_seq, (unsigned long long)b->last_seq,
		       stamp, b->hash);
	}
	printf("%s: %zu files, %.1f MB in %.1f MB, read back and its chains verified, %.1f s\n", m->path, m->manifest.files, (double)m->bytes / 1e6,
	       (double)m->packed / 1e6, seconds);
	printf("left out: the databases (made again from the journal), who holds the account%s\n", m->manifest.secrets ? "" : ", secrets and admin.token");
	if (m->manifest.secrets)
		puts("THERE ARE SECRETS IN IT: keep it where nobody else reads");
	if (gone > 0)
		printf("%llu older backups removed\n", (unsigned long long)gone);
}

static int make(const struct backup_words *w, const char *state, const char *path, const char *folder)
{
	struct backup_error error = { "" };
	struct backup_made made;
	struct progress p;
	const struct backup_request q = { .state = state, .mode = w->mode, .config = w->config, .path = path, .now = backup_now(), .secrets = w->secrets,
	                                  .recent = w->recent, .progress = { progress_tell, &p } };

	setpriority(PRIO_PROCESS, 0, 19); /* an engine beside us has the right of way; where that is refused we are no worse than anybody */
	progress_begin(&p, w->program, w->json);
	int err = backup_make(&q, &made, &error);
	progress_end(&p);
	if (err != ERR_OK) {
		manifest_done(&made.manifest);
		return backup_failed(w, error.text);
	}
	double seconds = (double)(backup_now() - q.now) / 1e9;
	uint64_t gone = folder ? remove_older(w, folder) : 0;
	(w->json ? tell_json : tell_text)(&made, gone, seconds);
	manifest_done(&made.manifest);
	return CTL_EXIT_OK;
}

static int run(const struct backup_words *w)
{
	char state[BACKUP_PATH], folder[BACKUP_PATH], path[BACKUP_PATH + BACKUP_NAME], name[BACKUP_NAME];

	if (!backup_state(w, state))
		return CTL_EXIT_FAILED;
	if (w->out && strlen(w->out) > 800)
		return backup_failed(w, "the name after --out is too long");
	bool listed = into_folder(w, state, folder);

	if (listed)
		backup_sweep(folder, backup_now() - NANOS_DAY); /* none takes that long */
	if (w->drill)
		return listed ? backup_drill(w, state, folder) : backup_failed(w, "--drill takes the newest backup of a folder: name it with --out DIR");
	if (!listed && w->keep > 0)
		return backup_failed(w, "--keep counts the backups of a folder: name one with --out DIR/");
	backup_name(backup_now(), name);
	if (listed)
		snprintf(path, sizeof(path), "%s/%s", folder, name);
	else
		snprintf(path, sizeof(path), "%s", folder);
	return make(w, state, path, listed ? folder : NULL);
}

int ctl_backup(int argc, char **argv, const struct ctl_options *o)
{
	struct backup_words w = { .program = "enginectl backup", .json = o->json };
	int status = backup_words(argc, argv, &w);

	return status != CTL_EXIT_OK ? status : w.help ? backup_usage(&w) : run(&w);
}
