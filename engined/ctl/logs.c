/* `enginectl logs [-f] [--since T] [--level L] [--unit U] [--file FILE] [--json]`: the engine's log, wherever it goes. systemd's journal is asked by journalctl(1),
 * a file is read here; of a terminal or a pipe only where it is can be told. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "engined/ctl/ctl.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/control/client.h"

#define LAST_BYTES 65536  /* of a file, when nothing else is said */
#define LOOK_MS 250

struct logs { const char *since, *unit, *file; enum log_level level; bool levelled, follow, json; };

static int fail(const char *what, const char *why, const char *remedy)
{
	fprintf(stderr, "enginectl logs: %s%s\n  %s\n", what, why, remedy);
	return CTL_EXIT_FAILED;
}

/* -- where it goes -------------------------------------------------------------------------------------------------------------------------- */

/* The process behind the control socket; 0 = none answers. */
static int engine_pid(const struct ctl_options *o)
{
	struct control_client *c = NULL;
	struct control_answer answer;
	int pid = 0;

	if (control_client_open(&c, o->socket) == ERR_OK && control_client_call(c, "status", NULL, 2000, &answer) == ERR_OK && answer.result.at) {
		cJSON *root = cJSON_ParseWithLength(answer.result.at, answer.result.len);
		const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "pid");

		pid = cJSON_IsNumber(item) ? item->valueint : 0;
		cJSON_Delete(root);
	}
	control_client_close(&c);
	return pid;
}

/* The unit that systemd runs it in, from its control group: ".../system.slice/engined.service". False: none. */
static bool unit_of(int pid, char *ret, size_t size)
{
	char path[64], text[1024] = "";

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	char *end = strstr(text, ".service\n");
	if (end == NULL)
		return false;
	end[strlen(".service")] = '\0';
	const char *slash = strrchr(text, '/');
	return slash && snprintf(ret, size, "%s", slash + 1) < (int)size;
}

/* -- systemd's journal ------------------------------------------------------------------------------------------------------------------------ */

static int ask_journal(const struct logs *l, const char *unit)
{
	char level[8];
	const char *words[12] = { "journalctl", "--no-pager", "-u", unit };
	size_t n = 4;

	snprintf(level, sizeof(level), "%d", l->level);
	if (l->follow)
		words[n++] = "-f";
	if (l->levelled) {
		words[n++] = "-p";
		words[n++] = level;
	}
	if (l->since) {
		words[n++] = "-S";
		words[n++] = l->since;
	}
	words[n++] = "-o";
	words[n++] = l->json ? "json" : "short-iso";
	words[n] = NULL;
	execvp(words[0], (char *const *)(uintptr_t)words);
	return fail("journalctl cannot be run: ", strerror(errno), "the engine logs to systemd's journal; is it of this machine?");
}

/* -- a file ---------------------------------------------------------------------------------------------------------------------------------- */

/* A line tells its level as systemd wants it, or in words; *ret_text is what is behind. */
static enum log_level level_of(const char *line, const char **ret_text)
{
	*ret_text = line;
	if (line[0] == '<' && line[1] >= '0' && line[1] <= '7' && line[2] == '>') {
		*ret_text = line + 3;
		return (enum log_level)(line[1] - '0');
	}
	if (strncmp(line, "error: ", 7) == 0)
		*ret_text = line + 7;
	else if (strncmp(line, "warning: ", 9) == 0)
		*ret_text = line + 9;
	return *ret_text == line ? LOG_LEVEL_INFO : line[0] == 'e' ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN;
}

static const char *level_name(enum log_level level)
{
	return level <= LOG_LEVEL_ERROR ? "error" : level == LOG_LEVEL_WARN ? "warn" : level <= LOG_LEVEL_INFO ? "info" : "debug";
}

static void put_line(const struct logs *l, const char *line)
{
	const char *text;
	enum log_level level = level_of(line, &text);
	struct buf out = { 0 };
	struct json j;

	if (l->levelled && level > l->level)
		return;
	if (!l->json) {
		puts(line);
		return;
	}
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_str(&j, "level", level_name(level));
	json_str(&j, "text", text);
	json_object_end(&j);
	puts(out.failed ? "{}" : out.data);
	buf_done(&out);
}

/* Of a large file the end, from a line's beginning. */
static void go_to_end(FILE *f)
{
	int c;

	if (fseek(f, -LAST_BYTES, SEEK_END) != 0) {
		rewind(f);
		return;
	}
	while ((c = getc(f)) != EOF && c != '\n')
		;
}

/* What is there of whole lines; a line that is being written waits in `line`. */
static void put_lines(const struct logs *l, FILE *f, struct buf *line)
{
	int c;

	clearerr(f);
	while ((c = getc(f)) != EOF) {
		if (c != '\n') {
			buf_putc(line, (char)c);
			continue;
		}
		put_line(l, line->data ? line->data : "");
		buf_clear(line);
	}
	fflush(stdout);
}

/* Rotated away, or cut: another file has its name, or it is shorter than what was read. */
static bool replaced(const char *path, FILE *f)
{
	struct stat named, open_one;

	return stat(path, &named) == 0 && fstat(fileno(f), &open_one) == 0 &&
	       (named.st_ino != open_one.st_ino || named.st_dev != open_one.st_dev || open_one.st_size < ftell(f));
}

static int read_file(const struct logs *l, const char *path)
{
	struct buf line = { .limit = 1 << 20 };
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return fail("the log cannot be read: ", strerror(errno), path);
	if (l->since)
		fputs("enginectl logs: lines of a file carry no time: --since is for systemd's journal; all that is left of it follows\n", stderr);
	else
		go_to_end(f);
	put_lines(l, f, &line);
	while (l->follow && poll(NULL, 0, LOOK_MS) == 0 && !ferror(stdout)) {
		FILE *next = replaced(path, f) ? fopen(path, "re") : NULL;

		if (next) {
			fclose(f);
			f = next;
			buf_clear(&line);
		}
		put_lines(l, f, &line);
	}
	if (line.len > 0)
		put_line(l, line.data);
	buf_done(&line);
	fclose(f);
	return CTL_EXIT_OK;
}

/* -- the whole -------------------------------------------------------------------------------------------------------------------------------- */

static int follow_process(const struct logs *l, int pid)
{
	char path[64], target[512], unit[128];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/2", pid);
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return fail("where the engine logs cannot be seen: ", strerror(errno), "run it as the engine's user or as root, or name the place: --unit engined, --file FILE");
	target[n] = '\0';
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
		return read_file(l, access(target, R_OK) == 0 ? target : path); /* its name may be gone, the file is not */
	if (strncmp(target, "socket:", 7) == 0 && unit_of(pid, unit, sizeof(unit)))
		return ask_journal(l, unit);
	return fail("what the engine logs cannot be read a second time, it goes to ", target, "start it with 2>>FILE or as a service; `enginectl events` tells what it did");
}

static int run(const struct logs *l, const struct ctl_options *o)
{
	if (l->file)
		return read_file(l, l->file);
	if (l->unit)
		return ask_journal(l, l->unit);
	int pid = engine_pid(o);
	if (pid > 0)
		return follow_process(l, pid);
	if (access("/run/systemd/system", F_OK) == 0)
		return ask_journal(l, "engined");
	return fail("nobody tells where the log is: no engine answers at ", o->socket, "name the place: --unit engined, or --file FILE");
}

static int usage(FILE *to, int status)
{
	fputs("usage: enginectl logs [-f] [--since TIME] [--level error|warn|info|debug] [--unit UNIT] [--file FILE] [--json]\n"
	      "The log of the engine that answers at the control socket: from systemd's journal, or the file that it writes to. -f follows.\n", to);
	return status;
}

static bool level_named(const char *name, struct logs *l)
{
	static const struct { const char *name; enum log_level level; } levels[] = {
		{ "error", LOG_LEVEL_ERROR }, { "warn", LOG_LEVEL_WARN }, { "info", LOG_LEVEL_INFO }, { "debug", LOG_LEVEL_DEBUG },
	};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(name, levels[i].name) == 0) {
			l->level = levels[i].level;
			return l->levelled = true;
		}
	}
	return false;
}

/* One option and its value; how many words it took, 0 = not one of ours. */
static int take(struct logs *l, int argc, char **argv, int i)
{
	const char *value = i + 1 < argc ? argv[i + 1] : NULL;

	if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0)
		return l->follow = true;
	if (strcmp(argv[i], "--json") == 0)
		return l->json = true;
	if (!value)
		return 0;
	if (strcmp(argv[i], "--level") == 0)
		return level_named(value, l) ? 2 : 0;
	const char **into = strcmp(argv[i], "--since") == 0 ? &l->since : strcmp(argv[i], "--unit") == 0 ? &l->unit : strcmp(argv[i], "--file") == 0 ? &l->file : NULL;
	if (into)
		*into = value;
	return into ? 2 : 0;
}

int ctl_logs(int argc, char **argv, const struct ctl_options *o)
{
	struct logs l = { .level = LOG_LEVEL_DEBUG, .json = o->json };

	for (int i = 1, took; i < argc; i += took) {
		took = take(&l, argc, argv, i);
		if (took == 0)
			return strcmp(argv[i], "--help") == 0 ? usage(stdout, CTL_EXIT_OK) : usage(stderr, CTL_EXIT_USAGE);
	}
	return run(&l, o);
}
