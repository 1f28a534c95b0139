/* Words of the command line to a request. Everything is checked against the table here, so that a slip costs no question
 * to the engine; values travel as text, which keeps their digits. */
#include "engined/ctl/ctl.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/obj.h"
#include "lib/control/params.h"
#include "lib/control/suggest.h"

static int usage(struct control_fault *f, const char *remedy, const char *what, const char *word)
{
	control_fault_set(f, CODE_BAD_PARAMETER, remedy, "%s%s%.64s", what, word ? " " : "", word ? word : "");
	return CTL_EXIT_USAGE;
}

void ctl_socket_default(char *path, size_t size)
{
	const char *runtime = getenv("SAUDA_RUNTIME"), *xdg = getenv("XDG_RUNTIME_DIR");

	if (runtime && *runtime)
		snprintf(path, size, "%s/control.sock", runtime);
	else if (xdg && *xdg && snprintf(path, size, "%s/sauda/control.sock", xdg) < (int)size && access(path, F_OK) == 0)
		return; /* an engine of the user's own goes before the machine's */
	else
		snprintf(path, size, "/run/sauda/control.sock");
}

/* -- options ------------------------------------------------------------------------------------------------------ */

/* Takes argv[*at] when it is a global option, and moves on; *at is unchanged when it is none. */
int ctl_args_options(int argc, char **argv, int *at, struct ctl_options *o, struct control_fault *f)
{
	const char *word = argv[*at];

	if (strcmp(word, "--json") == 0)
		o->json = true;
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		o->help = true;
	else if (strcmp(word, "--version") == 0)
		o->version = true;
	else if (strncmp(word, "--socket", 8) == 0 && (word[8] == '\0' || word[8] == '=')) {
		const char *path = word[8] ? word + 9 : ++*at < argc ? argv[*at] : "";

		if (*path == '\0' || strlen(path) >= sizeof(o->socket))
			return usage(f, "give --socket PATH", "--socket needs a path of at most 255 bytes", NULL);
		memcpy(o->socket, path, strlen(path) + 1);
	} else
		return CTL_EXIT_OK;
	++*at;
	return CTL_EXIT_OK;
}

/* -- parameters --------------------------------------------------------------------------------------------------- */

/* The next required parameter that has no value yet. */
static const struct control_param *next_required(const struct ctl_request *r)
{
	for (const struct control_param *p = r->command->params; p->name; p++)
		if (p->required && !cJSON_GetObjectItemCaseSensitive(r->params, p->name))
			return p;
	return NULL;
}

static const struct control_param *object_param(const struct control_command *c)
{
	for (const struct control_param *p = c->params; p->name; p++)
		if (p->type == CTL_TYPE_OBJECT)
			return p;
	return NULL;
}

/* rsi_low=35 goes into the command's object. */
static bool take_pair(struct ctl_request *r, const struct control_param *p, const char *word)
{
	const char *equals = strchr(word, '=');
	cJSON *object = cJSON_GetObjectItemCaseSensitive(r->params, p->name);
	char name[64];

	if (!equals || equals == word || equals - word >= (long)sizeof(name))
		return false;
	if (!object)
		object = cJSON_AddObjectToObject(r->params, p->name);
	snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	return !cJSON_GetObjectItemCaseSensitive(object, name) && cJSON_AddStringToObject(object, name, equals + 1);
}

static int take_positional(struct ctl_request *r, const char *word, struct control_fault *f)
{
	const struct control_param *object = object_param(r->command), *p = next_required(r);

	if (object && strchr(word, '='))
		return take_pair(r, object, word) ? CTL_EXIT_OK : usage(f, NULL, "give NAME=VALUE once each, not", word);
	if (!p || p->type == CTL_TYPE_OBJECT)
		return usage(f, NULL, "there is no use for the word", word);
	cJSON_AddStringToObject(r->params, p->name, word);
	return CTL_EXIT_OK;
}

static int take_value(struct ctl_request *r, const struct control_param *p, const char *value, struct control_fault *f)
{
	if (cJSON_GetObjectItemCaseSensitive(r->params, p->name))
		return usage(f, "give it once", "given twice: --", p->name);
	if (p->type != CTL_TYPE_OBJECT) {
		cJSON_AddStringToObject(r->params, p->name, value);
		return CTL_EXIT_OK;
	}
	cJSON *object = cJSON_Parse(value);
	if (!cJSON_IsObject(object)) {
		cJSON_Delete(object);
		return usage(f, "give '{\"name\":\"value\"}', or NAME=VALUE words", "not a JSON object: --", p->name);
	}
	cJSON_AddItemToObject(r->params, p->name, object);
	return CTL_EXIT_OK;
}

/* A value that begins with -- is written --name=--value; else a forgotten one would swallow the next option. */
static bool is_value_of(const struct control_param *p, const char *word)
{
	if (p->type == CTL_TYPE_BOOL)
		return strcmp(word, "true") == 0 || strcmp(word, "false") == 0;
	return strncmp(word, "--", 2) != 0;
}

/* --name value, --name=value, and --flag alone for true or false ones. */
static int take_named(struct ctl_request *r, int argc, char **argv, int *at, struct control_fault *f)
{
	const char *word = argv[*at] + 2, *value = NULL;
	char name[40];
	size_t len = strcspn(word, "=");

	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name) - 1), word);
	const struct control_param *p = control_param_find(r->command, name);
	if (!p) {
		const char *near = control_suggest_param(r->command, name);
		char remedy[96];
		snprintf(remedy, sizeof(remedy), near ? "did you mean --%s?" : "enginectl help %s", near ? near : r->command->method);
		return usage(f, remedy, "unknown option", argv[*at]);
	}
	++*at;
	if (word[len] == '=')
		value = word + len + 1;
	else if (*at < argc && is_value_of(p, argv[*at]))
		value = argv[(*at)++];
	else if (p->type == CTL_TYPE_BOOL)
		value = "true";
	return value ? take_value(r, p, value, f) : usage(f, "give it a value", "no value after", argv[*at - 1]);
}

static int take_word(struct ctl_request *r, int argc, char **argv, int *at, struct ctl_options *o, struct control_fault *f)
{
	int before = *at, err = ctl_args_options(argc, argv, at, o, f);
	bool shutdown = r->command->id == CTL_SHUTDOWN;

	if (err != 0 || *at != before)
		return err;
	if (shutdown && strcmp(argv[*at], "--wait") == 0)
		o->wait = true;
	else if (shutdown && strcmp(argv[*at], "--keep") == 0)
		err = take_value(r, control_param_find(r->command, "positions"), "keep", f);
	else if (strncmp(argv[*at], "--", 2) == 0)
		return take_named(r, argc, argv, at, f);
	else
		err = take_positional(r, argv[*at], f);
	++*at;
	return err;
}

/* -- the request -------------------------------------------------------------------------------------------------- */

static int refuse_command(const char *word, struct control_fault *f)
{
	const char *near = ctl_suggest(word);
	char remedy[96] = "`enginectl --help` lists the commands";

	if (near)
		snprintf(remedy, sizeof(remedy), "did you mean \"%s\"?", near);
	return usage(f, remedy, "there is no command", word);
}

int ctl_args_request(int argc, char **argv, struct ctl_options *o, struct ctl_request *ret, struct control_fault *f)
{
	struct ctl_request r = { 0 };
	struct control_args args;
	int at = 0, err = CTL_EXIT_OK;

	r.command = ctl_find_command(argc, argv, &at);
	if (!r.command)
		return refuse_command(argv[0], f);
	r.params = cJSON_CreateObject();
	assert(r.params);
	while (err == CTL_EXIT_OK && at < argc)
		err = take_word(&r, argc, argv, &at, o, f);
	if (err == CTL_EXIT_OK && !o->help && control_params_check(r.command, r.params, &args, f) != 0) {
		snprintf(f->remedy, sizeof(f->remedy), "enginectl help %s", r.command->method);
		err = CTL_EXIT_USAGE;
	}
	if (err != CTL_EXIT_OK)
		cJSON_Delete(r.params);
	else
		*ret = r;
	return err;
}
