/* The command lines of `enginectl backup` and `enginectl restore`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engined/config/config.h"
#include "engined/ctl/backup.h"
#include "engined/ctl/ctl.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"

#ifndef SAUDA_TABLES_DIR
#define SAUDA_TABLES_DIR "tables"
#endif

static bool restores(const struct backup_words *w)
{
	return strcmp(w->program, "enginectl restore") == 0;
}

int backup_usage(const struct backup_words *w)
{
	fputs(restores(w) ? "usage: enginectl restore FILE --into DIR [--force] [--tables DIR] [--json]\n"
	                    "Checks the backup, puts it into the state folder DIR, verifies the journals and tells what is in them. DIR must be empty;\n"
	                    "--force moves what is there aside.\n"
	                  : "usage: enginectl backup [--state DIR] [--mode MODE] [--config FILE] [--out FILE|DIR] [--keep N] [--recent] [--with-secrets] [--json]\n"
	                    "       enginectl backup --drill [--state DIR] [--out DIR] [--tables DIR] [--json]\n"
	                    "Copies journals, checkpoints, tokens and settings into one file, beside a running engine. Into a folder (STATE/backups when\n"
	                    "nothing is said) with the time as name, of which the newest N stay. --recent: of the journals only what a restart needs.\n"
	                    "--drill: unpacks the newest one, lives its journals again and compares them with those of the engine.\n", w->help ? stdout : stderr);
	return w->help ? CTL_EXIT_OK : CTL_EXIT_USAGE;
}

static int wrong(const struct backup_words *w, const char *what, const char *word)
{
	fprintf(stderr, "%s: %s%s\n", w->program, what, word);
	return backup_usage(w);
}

/* Where the value of this option goes; NULL = it takes none. */
static const char **value_of(struct backup_words *w, const char *word)
{
	const struct { const char *name; const char **to; bool restore, backup; } options[] = {
		{ "--into", &w->into, true, false }, { "--tables", &w->tables, true, true }, { "--state", &w->state, false, true },
		{ "--mode", &w->mode, false, true }, { "--config", &w->config, false, true }, { "--out", &w->out, false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(word, options[i].name) == 0 && (restores(w) ? options[i].restore : options[i].backup))
			return options[i].to;
	}
	return NULL;
}

static bool *flag_of(struct backup_words *w, const char *word)
{
	const struct { const char *name; bool *to; bool restore, backup; } options[] = {
		{ "--json", &w->json, true, true }, { "--help", &w->help, true, true }, { "--force", &w->force, true, false },
		{ "--with-secrets", &w->secrets, false, true }, { "--recent", &w->recent, false, true }, { "--drill", &w->drill, false, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (strcmp(word, options[i].name) == 0 && (restores(w) ? options[i].restore : options[i].backup))
			return options[i].to;
	}
	return NULL;
}

static bool is_mode(const char *text)
{
	for (size_t i = 0; i < BACKUP_MODES; i++) {
		if (strcmp(text, backup_modes[i]) == 0)
			return true;
	}
	return false;
}

static int check(const struct backup_words *w)
{
	if (w->help)
		return CTL_EXIT_OK;
	if (w->mode && !is_mode(w->mode))
		return wrong(w, "there is no such mode: ", w->mode);
	if (restores(w) && w->file == NULL)
		return wrong(w, "which backup? name its file", "");
	if (restores(w) && w->into == NULL)
		return wrong(w, "into which state folder? --into DIR", "");
	return CTL_EXIT_OK;
}

int backup_words(int argc, char **argv, struct backup_words *ret)
{
	for (int i = 1; i < argc; i++) {
		const char **value = value_of(ret, argv[i]);
		bool *flag = flag_of(ret, argv[i]), keep = !restores(ret) && strcmp(argv[i], "--keep") == 0;
		int64_t n = 0;

		if ((value || keep) && i + 1 == argc)
			return wrong(ret, "no value after ", argv[i]);
		if (keep && num_parse_int(argv[i + 1], strlen(argv[i + 1]), 1, 100000, &n) != ERR_OK)
			return wrong(ret, "--keep takes a number from 1 to 100000, not ", argv[i + 1]);
		if (keep)
			ret->keep = (uint64_t)n;
		else if (value)
			*value = argv[i + 1];
		else if (flag)
			*flag = true;
		else if (argv[i][0] == '-' || !restores(ret) || ret->file)
			return wrong(ret, "there is no use for ", argv[i]);
		else
			ret->file = argv[i];
		i += value || keep;
	}
	return check(ret);
}

bool backup_state(const struct backup_words *w, char ret[BACKUP_PATH])
{
	struct config *c = calloc(1, sizeof(*c));
	struct config_issues issues = { 0 };
	bool good = c != NULL;

	if (good)
		config_init(c);
	if (good && !w->state) {
		int err = w->config ? config_read_file(c, w->config, &issues) : ERR_OK;

		if (issues.count)
			fputs(issues.text.data, stderr);
		else if (err != ERR_OK)
			fprintf(stderr, "%s: %s: %s\n", w->program, w->config, err_text(err));
		good = err == ERR_OK && issues.count == 0;
		config_issues_done(&issues);
	}
	if (good && snprintf(ret, BACKUP_PATH, "%s", w->state ? w->state : c->engine_state_dir) >= 800) {
		fprintf(stderr, "%s: the state folder's name is too long\n", w->program);
		good = false;
	}
	if (c)
		config_wipe(c);
	free(c);
	return good;
}

const char *backup_tables(const struct backup_words *w)
{
	const char *named = getenv("SAUDA_TABLES");

	return w->tables ? w->tables : named ? named : SAUDA_TABLES_DIR;
}

nanos_t backup_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (nanos_t)now.tv_sec * NANOS_SECOND + now.tv_nsec;
}

void backup_print(struct buf *out)
{
	puts(out->failed ? "{\"ok\":false,\"error\":\"out of memory\"}" : out->data);
	buf_done(out);
}

int backup_failed(const struct backup_words *w, const char *text)
{
	struct buf out = { 0 };
	struct json j;

	if (!w->json) {
		fprintf(stderr, "%s: %s\n", w->program, text);
		return CTL_EXIT_FAILED;
	}
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "ok", false);
	json_str(&j, "error", text);
	json_object_end(&j);
	backup_print(&out);
	return CTL_EXIT_FAILED;
}
