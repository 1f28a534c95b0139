/* `enginectl config diff`: what was changed from the defaults, and what the running engine has that these settings would not give it
 * (they were changed since it began, or it was begun with others). The engine tells its settings to an admin, without secrets. */
#include "engined/ctl/settings.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/control/client.h"

#define ENGINE_MS 5000

struct comparison {
	struct json *json;   /* NULL = for a person */
	cJSON *engine;       /* "section.key" to its value, taken out as they are compared; NULL = not known */
	unsigned count;
	unsigned unseen;     /* secrets that only the engine has */
};

/* -- what the engine says ----------------------------------------------------------------------------------------------- */

/* Lines of config_show(). A value may hold the mark that its place begins with. */
static void add_line(cJSON *to, char section[CONFIG_SECTION_MAX], const char *line, size_t len)
{
	const char *equals = memmem(line, len, " = ", 3), *mark = NULL, *at = equals;
	char name[CONFIG_SECTION_MAX + 64], value[CONFIG_TEXT_MAX];

	if (len > 2 && line[0] == '[')
		snprintf(section, CONFIG_SECTION_MAX, "%.*s", (int)(len - 2), line + 1);
	while (at && (at = memmem(at, (size_t)(line + len - at), "  # ", 4)) != NULL)
		mark = at++;
	if (!equals || !mark)
		return;
	snprintf(name, sizeof(name), "%s.%.*s", section, (int)(equals - line < 63 ? equals - line : 63), line);
	snprintf(value, sizeof(value), "%.*s", mark > equals + 3 ? (int)(mark - equals - 3) : 0, equals + 3);
	cJSON_AddStringToObject(to, name, value);
}

static cJSON *read_settings(const char *text)
{
	cJSON *all = cJSON_CreateObject();
	char section[CONFIG_SECTION_MAX] = "";

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		add_line(all, section, at, strcspn(at, "\n"));
	return all;
}

/* NULL, and why, when it does not tell. */
static cJSON *ask_engine(const struct ctl_options *o, char *why, size_t size)
{
	struct control_client *c = NULL;
	struct control_answer answer = { 0 };
	cJSON *ret = NULL, *root = NULL;
	int err = control_client_open(&c, o->socket);

	if (err != ERR_OK) {
		snprintf(why, size, err == ERR_DENIED ? "your user may not open %s" : "no engine answers at %s", o->socket);
		return NULL;
	}
	err = control_client_call(c, control_command(CTL_DEBUG)->method, NULL, ENGINE_MS, &answer);
	if (err == ERR_OK && answer.result.at)
		root = cJSON_ParseWithLength(answer.result.at, answer.result.len);
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, "config"));
	if (text)
		ret = read_settings(text);
	else
		snprintf(why, size, "the engine does not tell its settings: %s", err != ERR_OK ? err_text(err) : answer.result.at ? "it is of another version" : answer.fault.detail);
	cJSON_Delete(root);
	control_client_close(&c);
	return ret;
}

/* -- both differences ----------------------------------------------------------------------------------------------------- */

static void from_default(void *ctx, const struct config_row *r)
{
	struct comparison *d = ctx;

	if (strcmp(r->value, r->standard) == 0)
		return;
	d->count++;
	if (!d->json) {
		printf("%s.%s = %s  # %s%s, %s\n", r->section, r->key, r->value, r->standard[0] ? "default " : "no default", r->standard, r->place);
		return;
	}
	json_object(d->json, NULL);
	json_str(d->json, "section", r->section);
	json_str(d->json, "key", r->key);
	json_str(d->json, "value", r->value);
	json_str(d->json, "default", r->standard);
	json_str(d->json, "from", r->place);
	json_object_end(d->json);
}

static void say_apart(struct comparison *d, const char *name, const char *here, const char *engine)
{
	d->count++;
	if (!d->json) {
		printf("%s = %s  # the engine has %s\n", name, here ? here : "(no such setting)", engine ? engine : "no such setting");
		return;
	}
	json_object(d->json, NULL);
	json_str(d->json, "setting", name);
	json_str(d->json, "here", here);
	json_str(d->json, "engine", engine);
	json_object_end(d->json);
}

static void from_engine(void *ctx, const struct config_row *r)
{
	struct comparison *d = ctx;
	char name[CONFIG_SECTION_MAX + 64];

	snprintf(name, sizeof(name), "%s.%s", r->section, r->key);
	cJSON *had = cJSON_DetachItemFromObjectCaseSensitive(d->engine, name);
	const char *value = cJSON_GetStringValue(had);
	if (r->secret && value && strcmp(value, "(set)") == 0 && strcmp(r->value, value) != 0)
		d->unseen++; /* by a credential or a variable that only the engine was given */
	else if (!value || strcmp(value, r->value) != 0)
		say_apart(d, name, r->value, value);
	cJSON_Delete(had);
}

static void diff_engine(struct comparison *d, const struct settings *s)
{
	const cJSON *only;

	config_each(s->config, from_engine, d);
	cJSON_ArrayForEach(only, d->engine)
		say_apart(d, only->string, NULL, only->valuestring);
}

/* -- printing --------------------------------------------------------------------------------------------------------------- */

static void diff_text(const struct settings *s, struct comparison *d, const char *why)
{
	config_each(s->config, from_default, d);
	printf("%u settings differ from the defaults\n\n", d->count);
	d->count = 0;
	if (!d->engine) {
		printf("not compared with a running engine: %s\n", why);
		return;
	}
	diff_engine(d, s);
	printf("%u settings of the running engine are others; it takes these when it is started again\n", d->count);
	if (d->unseen)
		printf("%u secrets are set in the engine and not here; values of secrets are not compared\n", d->unseen);
}

static void diff_json(const struct settings *s, struct comparison *d, const char *why)
{
	struct buf out = { 0 };
	struct json j;

	d->json = &j;
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_str(&j, "file", s->file);
	json_array(&j, "defaults");
	config_each(s->config, from_default, d);
	json_array_end(&j);
	json_str(&j, "not_compared", d->engine ? NULL : why);
	json_array(&j, "engine");
	if (d->engine)
		diff_engine(d, s);
	json_array_end(&j);
	json_uint(&j, "secrets_unseen", d->unseen);
	settings_put_issues(s, &j, "errors");
	json_object_end(&j);
	puts(out.data);
	buf_done(&out);
}

int settings_diff(const struct settings *s, const struct ctl_options *o)
{
	char why[512] = "";
	struct comparison d = { .engine = ask_engine(o, why, sizeof(why)) };

	if (o->json) {
		diff_json(s, &d, why);
	} else {
		settings_print_issues(s);
		diff_text(s, &d, why);
	}
	cJSON_Delete(d.engine);
	return s->issues.count ? CTL_EXIT_FAILED : CTL_EXIT_OK;
}
