/* Where the parts of a bug report are from: this program, this machine, the settings, the engine behind the control socket, the log, the journals. */
#include "engined/ctl/bugreport.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/base/stamp.h"
#include "lib/control/client.h"

#define PART_MAX  (4u << 20)
#define DEPTH_MAX 4
#define ANSWER_MS 5000

extern char **environ;

/* -- files and programs -------------------------------------------------------------------------------------------------- */

static void read_all(int fd, struct buf *out)
{
	char chunk[16384];
	ssize_t n;

	while (out->len < PART_MAX && ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR)))
		if (n > 0)
			buf_put(out, chunk, (size_t)n);
}

/* What the program printed, on both outputs; its exit status, or -1 when it could not be run. Nothing secret may be in argv. */
static int run_program(const char *const *argv, struct buf *out)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	int err = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (err == 0)
		read_all(ends[0], out);
	close(ends[0]); /* who still writes is told so */
	while (err == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return err == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void add_program(struct report *r, const char *name, const char *const *argv)
{
	struct buf out = { 0 };
	int status = run_program(argv, &out);

	if (status == -1)
		buf_printf(&out, "%s could not be run\n", argv[0]);
	report_add(r, name, out.data ? out.data : "", out.len);
	buf_done(&out);
}

/* This very program, whatever the PATH says. */
static void add_own(struct report *r, const char *name, const char **argv)
{
	char self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	argv[0] = self;
	add_program(r, name, argv);
}

static bool read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	read_all(fd, out);
	close(fd);
	return true;
}

/* -- program, machine, settings -------------------------------------------------------------------------------------------- */

static void add_about(struct report *r)
{
	struct buf out = { 0 };
	struct utsname u;
	char when[STAMP_TEXT];

	stamp_format(time(NULL) * NANOS_SECOND, when);
	buf_printf(&out, "enginectl %s\nmade %s\ncompiler %s\n", PACKAGE_VERSION, when, __VERSION__);
#ifdef __SANITIZE_ADDRESS__
	buf_puts(&out, "with the address sanitizer\n");
#endif
#ifdef __OPTIMIZE__
	buf_puts(&out, "optimised\n");
#endif
	if (uname(&u) == 0) /* without the machine's name */
		buf_printf(&out, "\n%s %s %s %s\n\n", u.sysname, u.release, u.version, u.machine);
	if (!read_file("/etc/os-release", &out))
		buf_puts(&out, "/etc/os-release cannot be read\n");
	report_add(r, "about.txt", out.data, out.len);
	buf_done(&out);
}

static void put_row(void *ctx, const struct config_row *r)
{
	struct buf *out = ctx;
	bool hidden = r->personal && !r->secret && r->value[0];

	buf_printf(out, "%s.%s = %s  # %s\n", r->section, r->key, hidden ? "(set)" : r->value, r->place);
}

static void add_settings(struct report *r)
{
	struct buf out = { 0 };

	buf_printf(&out, "# %s\n", r->settings.file ? r->settings.file : "no file was named: defaults and environment");
	if (r->settings.issues.count)
		buf_puts(&out, r->settings.issues.text.data);
	config_each(r->settings.config, put_row, &out);
	report_add(r, "settings.txt", out.data, out.len);
	buf_done(&out);
}

/* Offline: a report makes no login. */
static void add_doctor(struct report *r)
{
	const char *argv[] = { NULL, "--socket", r->o->socket, "doctor", "--offline", r->settings.file ? "--config" : NULL, r->settings.file, NULL };

	add_own(r, "doctor.txt", argv);
}

/* -- the engine -------------------------------------------------------------------------------------------------------------- */

static void ask_engine(struct report *r, struct control_client *c, enum command_id id)
{
	const char *method = control_command(id)->method;
	struct control_answer answer = { 0 };
	char name[96];
	struct buf why = { 0 };

	snprintf(name, sizeof(name), "engine/%s.%s", method, id == CTL_METRICS ? "txt" : "json");
	int err = control_client_call(c, method, NULL, ANSWER_MS, &answer);
	if (err == ERR_OK && answer.result.at) {
		report_add(r, name, answer.result.at, answer.result.len);
		return;
	}
	buf_printf(&why, "no answer: %s\n", err != ERR_OK ? err_text(err) : answer.fault.detail);
	report_add(r, name, why.data, why.len);
	buf_done(&why);
}

static void add_engine(struct report *r)
{
	static const enum command_id asked[] = { CTL_STATUS, CTL_READY, CTL_DEBUG, CTL_RISK, CTL_STRATEGIES, CTL_POSITIONS, CTL_EVENTS, CTL_METRICS };
	struct control_client *c = NULL;
	struct buf why = { 0 };
	int err = control_client_open(&c, r->o->socket);

	for (size_t i = 0; err == ERR_OK && i < ARRAY_LEN(asked); i++)
		ask_engine(r, c, asked[i]);
	control_client_close(&c);
	if (err == ERR_OK)
		return;
	buf_printf(&why, "no engine answers at %s: %s\n", r->o->socket, err_text(err));
	report_add(r, "engine/none.txt", why.data, why.len);
	buf_done(&why);
}

/* -- its log ------------------------------------------------------------------------------------------------------------------- */

/* The last lines of a file, and never more than a part may have. */
static void tail_of(const char *path, unsigned lines, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf all = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		buf_printf(out, "%s cannot be read: %s\n", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	if (st.st_size > PART_MAX)
		lseek(fd, st.st_size - PART_MAX, SEEK_SET);
	read_all(fd, &all);
	close(fd);
	size_t at = all.len;
	for (unsigned n = 0; at > 0; at--)
		if (all.data[at - 1] == '\n' && at != all.len && ++n == lines)
			break;
	buf_put(out, all.data + at, all.len - at);
	buf_done(&all);
}

static void add_log(struct report *r)
{
	char lines[16];
	const char *argv[] = { "journalctl", "--no-pager", "-o", "short-iso", "-n", lines, "-u", "engined", "-u", "engine-watchdog", "-u", "engine-api", NULL };
	struct buf out = { 0 };

	snprintf(lines, sizeof(lines), "%u", r->lines);
	if (r->log)
		tail_of(r->log, r->lines, &out);
	else if (run_program(argv, &out) != 0)
		buf_puts(&out, "\njournald tells nothing here; engined logs to its standard error: name the file that it goes to with --log FILE\n");
	report_add(r, "log.txt", out.data ? out.data : "", out.len);
	buf_done(&out);
}

/* -- its records ------------------------------------------------------------------------------------------------------------------ */

static void list_folder(const char *path, const char *shown, unsigned depth, struct buf *out)
{
	DIR *folder = opendir(path);
	const struct dirent *e;

	if (!folder) {
		buf_printf(out, "%s cannot be read: %s\n", shown, strerror(errno));
		return;
	}
	while ((e = readdir(folder)) != NULL) {
		char full[2048], name[1024], when[STAMP_TEXT];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int length = snprintf(full, sizeof(full), "%s/%s", path, e->d_name);
		if (length >= (int)sizeof(full) || snprintf(name, sizeof(name), "%s/%s", shown, e->d_name) >= (int)sizeof(name) || lstat(full, &st) < 0)
			continue;
		stamp_format(st.st_mtim.tv_sec * NANOS_SECOND, when);
		buf_printf(out, "%04o %12lld %s %s%s\n", (unsigned)st.st_mode & 07777, (long long)st.st_size, when, name, S_ISDIR(st.st_mode) ? "/" : "");
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
			list_folder(full, name, depth + 1, out);
	}
	closedir(folder);
}

static void add_files(struct report *r)
{
	struct buf out = { 0 };

	list_folder(r->settings.config->engine_state_dir, "state", 0, &out);
	list_folder(r->settings.config->engine_runtime_dir, "runtime", 0, &out);
	report_add(r, "files.txt", out.data ? out.data : "", out.len);
	buf_done(&out);
}

static void add_journals(struct report *r)
{
	static const char *const modes[] = { "demo", "replay", "paper", "live" };
	char folder[640], name[96];

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const char *argv[] = { NULL, "journal", "verify", folder, "--json", NULL };

		snprintf(folder, sizeof(folder), "%s/%s/journal", r->settings.config->engine_state_dir, modes[i]);
		snprintf(name, sizeof(name), "journal/%s.json", modes[i]);
		if (access(folder, F_OK) == 0)
			add_own(r, name, argv);
	}
}

void report_collect(struct report *r)
{
	add_about(r);
	add_settings(r);
	add_doctor(r);
	add_engine(r);
	add_log(r);
	add_files(r);
	add_journals(r);
}
