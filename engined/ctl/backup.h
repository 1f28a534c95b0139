/* What the files of `enginectl backup` and `enginectl restore` share: the command line, which state folder is meant, and a journal's end told. */
#pragma once

#include "engined/backup/backup.h"
#include "engined/backup/relive.h"
#include "lib/base/json.h"

struct backup_words {
	const char *program;      /* "enginectl backup" */
	const char *state, *config, *mode, *out, *tables, *into, *file;
	uint64_t keep;            /* 0 = all */
	bool json, secrets, recent, drill, force, help;
};

/* backup_args.c: CTL_EXIT_OK, or usage was told. */
int backup_words(int argc, char **argv, struct backup_words *ret);
int backup_usage(const struct backup_words *w);
/* The state folder of --state, else of the settings, else the standard one; the folder of its backups. False: told why not. */
bool backup_state(const struct backup_words *w, char ret[BACKUP_PATH]);
nanos_t backup_now(void);
/* CTL_EXIT_FAILED, with the sentence on standard error or as JSON. */
int backup_failed(const struct backup_words *w, const char *text);
void backup_print(struct buf *out);

/* backup_end.c: the state at a journal's end, from the newest checkpoint in `points`. 0, or an enum err with the reason in error. */
int backup_live(struct relive *r, const char *dir, const char *points, const struct backup_journal *j, struct journal_error *error);
void backup_end_json(const struct relive *r, const struct backup_journal *j, const char *why, struct json *out);
void backup_end_text(const struct relive *r, const struct backup_journal *j, const char *why);
const char *backup_tables(const struct backup_words *w);

/* backup_drill.c */
int backup_drill(const struct backup_words *w, const char *state, const char *folder);
