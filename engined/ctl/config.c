/* `enginectl config check|show|diff|listen [FILE]`: the settings as engined would take them. They are read here, with the environment and the
 * credentials of whoever asks; nothing is changed, and no secret is printed. */
#include "engined/ctl/settings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

void settings_load(struct settings *s, const char *file)
{
	*s = (struct settings){ .config = calloc(1, sizeof(*s->config)), .file = file };
	if (!s->config)
		abort(); /* nothing can be said without memory */
	config_load(s->config, file, &s->issues);
}

void settings_done(struct settings *s)
{
	config_wipe(s->config);
	free(s->config);
	config_issues_done(&s->issues);
	*s = (struct settings){ 0 };
}

/* -- mistakes --------------------------------------------------------------------------------------------------------- */

/* "place: sentence": the place is a file, with its line, or names a variable or a credential. 0 = the whole is at fault. */
static size_t place_len(const struct settings *s, const char *line, size_t len)
{
	static const char *const others[] = { "environment ", "credential " };
	size_t from = s->file && strncmp(line, s->file, strlen(s->file)) == 0 ? strlen(s->file) : 0;

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strncmp(line, others[i], strlen(others[i])) == 0)
			from = strlen(others[i]);
	const char *colon = from ? memmem(line + from, len - from, ": ", 2) : NULL;
	return colon ? (size_t)(colon - line) : 0;
}

static void put_issue(const struct settings *s, struct json *j, const char *line, size_t len)
{
	size_t place = place_len(s, line, len), text = place ? place + 2 : 0;
	struct buf part = { 0 };

	json_object(j, NULL);
	buf_put(&part, line, place);
	json_str(j, "place", place ? part.data : NULL);
	buf_clear(&part);
	buf_put(&part, line + text, len - text);
	json_str(j, "text", part.data);
	json_object_end(j);
	buf_done(&part);
}

void settings_put_issues(const struct settings *s, struct json *j, const char *key)
{
	json_array(j, key);
	for (const char *at = s->issues.text.data; at && *at; at += strcspn(at, "\n") + 1)
		put_issue(s, j, at, strcspn(at, "\n"));
	json_array_end(j);
}

void settings_print_issues(const struct settings *s)
{
	if (s->issues.count)
		fputs(s->issues.text.data, stderr);
}

/* -- check ------------------------------------------------------------------------------------------------------------ */

static int check(const struct settings *s, const struct ctl_options *o)
{
	struct buf out = { 0 };
	struct json j;

	if (o->json) {
		json_begin(&j, &out);
		json_object(&j, NULL);
		json_bool(&j, "ok", s->issues.count == 0);
		json_str(&j, "file", s->file);
		settings_put_issues(s, &j, "errors");
		json_object_end(&j);
		puts(out.data);
	} else if (s->issues.count) {
		settings_print_issues(s);
		fprintf(stderr, "%u to mend in %s; `engined --print-config` explains every key\n", (unsigned)s->issues.count, s->file ? s->file : "the environment");
	} else {
		printf("the settings are good: %s\n", s->file ? s->file : "defaults and environment");
	}
	buf_done(&out);
	return s->issues.count ? CTL_EXIT_FAILED : CTL_EXIT_OK;
}

/* -- show ------------------------------------------------------------------------------------------------------------- */

static void row_json(void *ctx, const struct config_row *r)
{
	struct json *j = ctx;

	json_object(j, NULL);
	json_str(j, "section", r->section);
	json_str(j, "key", r->key);
	json_str(j, "value", r->value);
	json_str(j, "default", r->standard);
	json_str(j, "from", r->place);
	json_str(j, "variable", r->variable);
	json_bool(j, "secret", r->secret);
	json_object_end(j);
}

static int show(const struct settings *s, const struct ctl_options *o)
{
	struct buf out = { 0 };
	struct json j;

	if (o->json) {
		json_begin(&j, &out);
		json_object(&j, NULL);
		json_str(&j, "file", s->file);
		json_array(&j, "settings");
		config_each(s->config, row_json, &j);
		json_array_end(&j);
		settings_put_issues(s, &j, "errors");
		json_object_end(&j);
		buf_putc(&out, '\n');
	} else {
		config_show(s->config, &out);
		settings_print_issues(s);
	}
	fputs(out.data, stdout);
	buf_done(&out);
	return s->issues.count ? CTL_EXIT_FAILED : CTL_EXIT_OK;
}

/* -- listen ----------------------------------------------------------------------------------------------------------- */

/* For what starts nginx: [http] and nothing else is asked, so an account that is not there (yet, or not for whoever asks) is no mistake. */
static int print_listen(const char *file, const char *otherwise)
{
	struct settings s = { .config = calloc(1, sizeof(*s.config)), .file = file };
	char listen[CONFIG_TEXT_MAX + 16];
	int status = CTL_EXIT_FAILED;

	if (!s.config)
		abort(); /* nothing can be said without memory */
	config_init(s.config);
	if (file)
		config_read_file(s.config, file, &s.issues);
	config_read_environment(s.config, &s.issues);
	if (s.issues.count == 0 && otherwise && s.config->source[CONFIG_http_bind].origin == CONFIG_DEFAULT)
		config_put(s.config, CONFIG_http_bind, otherwise, &s.issues);
	settings_print_issues(&s);
	if (s.issues.count == 0) {
		config_listen(s.config, listen, sizeof(listen));
		puts(listen);
		status = CTL_EXIT_OK;
	}
	settings_done(&s);
	return status;
}

/* -- the command ------------------------------------------------------------------------------------------------------ */

static int usage(FILE *to, int status)
{
	fputs("enginectl config check|show|diff [FILE] [--json], enginectl config listen [FILE] [--bind ADDRESS]\n"
	      "  check   every mistake at once: file and line, key, what it must be\n"
	      "  show    what each key is worth and where that is from: default, file and line, credential or environment variable\n"
	      "  diff    what differs from the defaults, and from the settings of the running engine\n"
	      "  listen  ADDRESS:PORT of http.bind and http.port, for what starts nginx; --bind is for a file that sets none\n"
	      "Without FILE: defaults and environment. Secrets are \"(set)\" or \"(not set)\". Exit status 0: the settings are good, 1: they are not.\n", to);
	return status;
}

int ctl_config(int argc, char **argv, const struct ctl_options *o)
{
	static const struct { const char *name; int (*run)(const struct settings *s, const struct ctl_options *o); } verbs[] = {
		{ "check", check }, { "show", show }, { "diff", settings_diff } };
	struct ctl_options options = *o;
	const char *verb = NULL, *file = NULL, *bind = NULL;
	int status = CTL_EXIT_USAGE;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			options.help = true;
		else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc && !file)
			file = argv[++i];
		else if (strcmp(argv[i], "--bind") == 0 && i + 1 < argc && !bind)
			bind = argv[++i];
		else if (argv[i][0] == '-' || (verb && file))
			return usage(stderr, CTL_EXIT_USAGE);
		else if (verb)
			file = argv[i];
		else
			verb = argv[i];
	}
	if (options.help)
		return usage(stdout, CTL_EXIT_OK);
	if (verb && strcmp(verb, "listen") == 0 && !options.json)
		return print_listen(file, bind);
	for (size_t i = 0; verb && !bind && i < ARRAY_LEN(verbs); i++) {
		struct settings s;

		if (strcmp(verb, verbs[i].name) != 0)
			continue;
		settings_load(&s, file);
		status = verbs[i].run(&s, &options);
		settings_done(&s);
		return status;
	}
	return usage(stderr, status);
}
