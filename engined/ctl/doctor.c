#include "engined/ctl/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

static const char *const words[] = { "ok", "warn", "FAIL", "unknown" };

static void say_person(const struct doctor *d, enum doctor_verdict v, const char *what, const char *why, const char *fix, const char *detail)
{
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m", "\033[33m" };

	printf("%s%-7s%s %-12s %s\n        why:         %s\n", d->options->colour ? colours[v] : "", words[v],
	       d->options->colour ? "\033[0m" : "", what, detail, why);
	if (v != DOCTOR_OK)
		printf("        fix:         %s\n", fix);
}

void doctor_say(struct doctor *d, enum doctor_verdict v, const char *what, const char *why, const char *fix, const char *format, ...)
{
	char detail[512];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	d->count[v]++;
	if (!d->options->json) {
		say_person(d, v, what, why, fix, detail);
		fflush(stdout);
		return;
	}
	json_object(&d->json, NULL);
	json_str(&d->json, "check", what);
	json_str(&d->json, "verdict", words[v]);
	json_str(&d->json, "detail", detail);
	json_str(&d->json, "why", why);
	json_str(&d->json, "fix", v == DOCTOR_OK ? NULL : fix);
	json_object_end(&d->json);
}

static int usage(FILE *to, int status)
{
	fputs("enginectl doctor [--config FILE] [--offline] [--clock V,R,S]\n"
	      "Looks at settings, credentials, calendar, charges, folders and scrip master; unless --offline, logs in to Kotak Neo and looks\n"
	      "at clock, session, address and funds. Changes nothing. Exit status 0: nothing failed, 1: something did.\n", to);
	return status;
}

static void load(struct doctor *d, const char *path)
{
	static const char why[] = "the engine refuses to start on settings it does not understand";
	struct config_issues issues = { 0 };
	int err = config_load(d->config, path, &issues);

	if (issues.count) {
		while (issues.text.len && issues.text.data[issues.text.len - 1] == '\n')
			issues.text.data[--issues.text.len] = '\0';
		doctor_say(d, DOCTOR_BAD, "settings", why, "mend the lines named", "%s", issues.text.data);
	} else if (err != ERR_OK)
		doctor_say(d, DOCTOR_BAD, "settings", why, "give --config FILE", "%s: %s", path ? path : "settings", err_text(err));
	else
		doctor_say(d, DOCTOR_OK, "settings", why, "", "%s", path ? path : "defaults and environment");
	config_issues_done(&issues);
}

static int finish(struct doctor *d)
{
	if (d->options->json) {
		json_array_end(&d->json);
		json_uint(&d->json, "failed", d->count[DOCTOR_BAD]);
		json_object_end(&d->json);
		puts(d->out.data ? d->out.data : "{}");
	} else
		printf("\n%u ok, %u to look at, %u failed, %u unknown\n", d->count[DOCTOR_OK], d->count[DOCTOR_WARN], d->count[DOCTOR_BAD],
		       d->count[DOCTOR_UNKNOWN]);
	buf_done(&d->out);
	return d->count[DOCTOR_BAD] ? CTL_EXIT_FAILED : CTL_EXIT_OK;
}

static void examine(struct doctor *d, const char *path)
{
	if (d->options->json) {
		json_begin(&d->json, &d->out);
		json_object(&d->json, NULL);
		json_array(&d->json, "checks");
	}
	load(d, path);
	doctor_settings(d);
	doctor_account(d);
}

int ctl_doctor(int argc, char **argv, const struct ctl_options *o)
{
	struct ctl_options options = *o;
	struct doctor d = { .options = &options, .clock = CLOCK_SYSTEM };
	const char *path = NULL;
	int status;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			path = argv[++i];
		else if (strcmp(argv[i], "--clock") == 0 && i + 1 < argc && clock_parse(argv[i + 1], &d.clock) == ERR_OK)
			i++;
		else if (strcmp(argv[i], "--offline") == 0)
			d.offline = true;
		else if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else
			return strcmp(argv[i], "--help") == 0 ? usage(stdout, CTL_EXIT_OK) : usage(stderr, CTL_EXIT_USAGE);
	}
	d.config = calloc(1, sizeof(*d.config));
	d.tables = calloc(1, sizeof(*d.tables));
	if (!d.config || !d.tables)
		abort(); /* nothing can be said without memory */
	struct market_tables *tables = d.tables;
	examine(&d, path);
	config_wipe(d.config);
	status = finish(&d);
	free(d.config);
	free(tables);
	return status;
}
