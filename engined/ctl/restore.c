/* `enginectl restore FILE --into DIR`: a backup becomes a state folder again, and what is in it is told. docs/disaster-recovery.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engined/ctl/backup.h"
#include "engined/ctl/ctl.h"
#include "engined/ctl/progress.h"
#include "lib/base/err.h"

/* Each journal's end, told as it is lived again. */
static void tell_journals(const struct backup_words *w, const struct backup_manifest *m, struct json *j)
{
	struct relive *r = calloc(1, sizeof(*r));
	struct market_error market = { "out of memory" };
	int opened = r ? relive_open(r, backup_tables(w), &market) : ERR_NOMEM;

	for (uint32_t i = 0; i < m->journals; i++) {
		char dir[BACKUP_PATH];
		struct journal_error error = { "" };
		const char *why = opened != ERR_OK ? market.text : NULL;

		snprintf(dir, sizeof(dir), "%.900s/%s/journal", w->into, m->journal[i].mode);
		if (why == NULL && backup_live(r, dir, dir, &m->journal[i], &error) != ERR_OK)
			why = error.text;
		if (j)
			backup_end_json(r, &m->journal[i], why, j);
		else
			backup_end_text(r, &m->journal[i], why);
	}
	if (r)
		relive_done(r);
	free(r);
}

static void tell_json(const struct backup_words *w, const struct backup_manifest *m, const struct backup_restored *done)
{
	struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", true);
	json_str(&j, "into", w->into);
	json_str(&j, "engine", m->version);
	json_stamp(&j, "made", m->made);
	json_int(&j, "age_s", (backup_now() - m->made) / NANOS_SECOND);
	json_array(&j, "moved_aside");
	for (uint32_t i = 0; i < done->moved; i++)
		json_str(&j, NULL, done->aside[i]);
	json_array_end(&j);
	json_array(&j, "journals");
	tell_journals(w, m, &j);
	json_array_end(&j);
	json_object_end(&j);
	backup_print(&out);
}

static void tell_age(const struct backup_manifest *m)
{
	int64_t s = (backup_now() - m->made) / NANOS_SECOND;
	char stamp[STAMP_TEXT];

	stamp_format(m->made, stamp);
	printf("made      %s by %s, %lld days %lld:%02lld hours ago\n", stamp, m->version, (long long)(s / 86400), (long long)(s / 3600 % 24), (long long)(s / 60 % 60));
}

static void tell_text(const struct backup_words *w, const struct backup_manifest *m, const struct backup_restored *done)
{
	tell_age(m);
	tell_journals(w, m, NULL);
	for (uint32_t i = 0; i < done->moved; i++)
		printf("aside     %s/%s\n", w->into, done->aside[i]);
	printf("restored into %s. What came after the last record is not in it: in live the engine compares its books with the broker's\n"
	       "before it may enter anything, and what it does not know there is foreign to it (kotak.foreign). Never start it while another\n"
	       "host trades this account.\n", w->into);
	if (!m->secrets)
		puts("Secrets were left out of the backup: set them again (sauda.conf, credentials); a new admin.token: delete `tokens` before the start.");
}

static int run(const struct backup_words *w)
{
	struct backup_manifest m;
	struct backup_restored done;
	struct backup_error error = { "" };
	struct progress p;
	const struct backup_progress progress = { progress_tell, &p };

	progress_begin(&p, w->program, w->json);
	int err = backup_check(w->file, &progress, &m, &error);
	err = err != ERR_OK ? err : backup_restore(w->file, w->into, w->force, &m, &progress, &done, &error);
	progress_end(&p);
	if (err == ERR_OK)
		(w->json ? tell_json : tell_text)(w, &m, &done);
	manifest_done(&m);
	return err == ERR_OK ? CTL_EXIT_OK : backup_failed(w, error.text);
}

int ctl_restore(int argc, char **argv, const struct ctl_options *o)
{
	struct backup_words w = { .program = "enginectl restore", .json = o->json };
	int status = backup_words(argc, argv, &w);

	return status != CTL_EXIT_OK ? status : w.help ? backup_usage(&w) : run(&w);
}
