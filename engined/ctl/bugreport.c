/* `enginectl bugreport`: one archive with what a developer asks for, without a secret. It lists what is inside and asks before it writes; it
 * sends nothing anywhere. */
#include "engined/ctl/bugreport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/tar.h"

#define LINES_STANDARD 2000
#define LINES_MOST     100000

struct request { const char *file, *out, *log; unsigned lines; bool yes; };

void report_add(struct report *r, const char *name, const char *text, size_t len)
{
	struct report_member *m = &r->member[r->members];

	if (r->members == REPORT_MEMBERS)
		return;
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->redactions = redact_text(&r->redact, text, len, &m->text);
	if (m->text.failed)
		abort(); /* a part that is cut may be cut in the middle of a mark */
	r->members++;
}

/* -- what is inside ----------------------------------------------------------------------------------------------------- */

static void list_text(const struct report *r, const char *out)
{
	printf("%s would hold, and nothing of it is sent anywhere:\n\n%12s %11s  part\n", out, "bytes", "taken out");
	for (unsigned i = 0; i < r->members; i++)
		printf("%12zu %11u  %s\n", r->member[i].text.len, r->member[i].redactions, r->member[i].name);
	puts("\nValues of the settings that are secret or name you were taken out, and what has the form of one. Look through it before you send it.");
	if (r->redact.values == 0)
		puts("No account is in the settings at hand: only forms were looked for. Name the engine's settings with --config FILE, as root.");
}

static void list_json(const struct report *r, const char *out, bool written)
{
	struct buf text = { 0 };
	struct json j;

	json_begin(&j, &text);
	json_object(&j, NULL);
	json_str(&j, "file", out);
	json_bool(&j, "written", written);
	json_uint(&j, "values_known", r->redact.values);
	json_array(&j, "parts");
	for (unsigned i = 0; i < r->members; i++) {
		json_object(&j, NULL);
		json_str(&j, "name", r->member[i].name);
		json_uint(&j, "bytes", r->member[i].text.len);
		json_uint(&j, "redactions", r->member[i].redactions);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	puts(text.data);
	buf_done(&text);
}

/* -- writing -------------------------------------------------------------------------------------------------------------- */

static int put_bytes(void *ctx, const void *bytes, size_t len)
{
	return fwrite(bytes, 1, len, ctx) == len ? ERR_OK : ERR_IO;
}

static int write_parts(const struct report *r, FILE *f)
{
	struct tar_writer w;
	char name[TAR_NAME];
	int err = ERR_OK;

	tar_begin(&w, put_bytes, f);
	for (unsigned i = 0; i < r->members && err == ERR_OK; i++) {
		const struct report_member *m = &r->member[i];

		snprintf(name, sizeof(name), "bugreport/%.80s", m->name);
		err = tar_file(&w, name, 0600, time(NULL), m->text.data ? m->text.data : "", m->text.len);
	}
	return err == ERR_OK ? tar_end(&w) : err;
}

/* Never over a file that is there. */
static int write_archive(const struct report *r, const char *out)
{
	int fd = open(out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	int err = f ? write_parts(r, f) : err_from_errno(errno);

	if (f && fclose(f) != 0 && err == ERR_OK)
		err = err_from_errno(errno);
	if (err == ERR_OK)
		return CTL_EXIT_OK;
	fprintf(stderr, "enginectl bugreport: %s: %s; name another file with --out FILE\n", out, err_text(err));
	if (f)
		unlink(out);
	return CTL_EXIT_FAILED;
}

static bool agreed(const struct request *q, bool json)
{
	char line[16] = "";

	if (q->yes)
		return true;
	if (json || !isatty(STDIN_FILENO)) {
		fputs("enginectl bugreport: nothing was written, for nobody is there to ask; give --yes\n", stderr);
		return false;
	}
	printf("\nWrite it? [y/N] ");
	fflush(stdout);
	bool yes = fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
	if (!yes)
		puts("nothing was written");
	return yes;
}

static int finish(const struct report *r, const struct request *q, const char *out)
{
	bool json = r->o->json;

	if (!json)
		list_text(r, out);
	fflush(stdout);
	int status = agreed(q, json) ? write_archive(r, out) : CTL_EXIT_FAILED;
	if (json)
		list_json(r, out, status == CTL_EXIT_OK);
	else if (status == CTL_EXIT_OK)
		printf("\n%s is written; `tar tvf` lists it\n", out);
	return status;
}

/* -- the command ---------------------------------------------------------------------------------------------------------- */

static int usage(FILE *to, int status)
{
	fputs("enginectl bugreport [--config FILE] [--out FILE] [--log FILE] [--lines N] [--yes] [--json]\n"
	      "Puts version, machine, settings, doctor (offline), the engine's answers, the log's end, the list of state files and the summary of\n"
	      "the journals into a tar archive, without secrets. Lists what is inside and asks; --yes does not ask. Sends nothing.\n"
	      "  --config FILE   the engine's settings: where its folders are, and which values must not get out\n"
	      "  --out FILE      the archive (sauda-bugreport-DATE-TIME.tar); a file that is there is not overwritten\n"
	      "  --log FILE      a log file; journald's without it\n"
	      "  --lines N       of the log (2000)\n"
	      "Exit status 0: written, 1: not written, 2: wrong usage.\n", to);
	return status;
}

static bool take_lines(const char *text, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*ret = (unsigned)n;
	return *end == '\0' && text[0] >= '1' && text[0] <= '9' && n <= LINES_MOST;
}

static int parse(int argc, char **argv, struct request *q, struct ctl_options *o)
{
	for (int i = 1; i < argc; i++) {
		bool more = i + 1 < argc;

		if (strcmp(argv[i], "--yes") == 0)
			q->yes = true;
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--config") == 0 && more)
			q->file = argv[++i];
		else if (strcmp(argv[i], "--out") == 0 && more)
			q->out = argv[++i];
		else if (strcmp(argv[i], "--log") == 0 && more)
			q->log = argv[++i];
		else if (strcmp(argv[i], "--lines") == 0 && more && take_lines(argv[i + 1], &q->lines))
			i++;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return usage(stdout, CTL_EXIT_OK);
		else
			return usage(stderr, CTL_EXIT_USAGE);
	}
	return -1;
}

int ctl_bugreport(int argc, char **argv, const struct ctl_options *o)
{
	struct ctl_options options = *o;
	struct request q = { .lines = LINES_STANDARD };
	struct report *r = calloc(1, sizeof(*r));
	int status = r ? parse(argc, argv, &q, &options) : CTL_EXIT_FAILED;
	char out[64];
	time_t now = time(NULL);
	struct tm local;

	if (status >= 0) {
		free(r);
		return status;
	}
	*r = (struct report){ .o = &options, .log = q.log, .lines = q.lines };
	settings_load(&r->settings, q.file);
	redact_init(&r->redact, r->settings.config);
	report_collect(r);
	strftime(out, sizeof(out), "sauda-bugreport-%Y%m%d-%H%M%S.tar", localtime_r(&now, &local));
	status = finish(r, &q, q.out ? q.out : out);
	for (unsigned i = 0; i < r->members; i++)
		buf_done(&r->member[i].text);
	redact_done(&r->redact);
	settings_done(&r->settings);
	free(r);
	return status;
}
