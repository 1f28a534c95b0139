/* Help, made from the command table. */
#include "engined/ctl/ctl.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/base/obj.h"
#include "lib/control/suggest.h"

/* The wire's own commands: of no use to a person at a terminal. */
static bool is_hidden(enum command_id id)
{
	return id == CTL_AUTH_TOKEN || id == CTL_AUTH_LINK || id == CTL_SESSION || id == CTL_LOGOUT;
}

static const struct { const char *words, *help; } tools[] = {
	{ "top", "the engine on one screen, once a second; --once prints it" },
	{ "logs", "the engine's log, from systemd's journal or its file; -f follows" },
	{ "journal", "verify, dump or archive a journal folder, offline" },
	{ "replay DATE", "live a journal again up to a record, and tell why, offline" },
	{ "backtest", "run strategies over past data, offline" },
	{ "store migrate", "rows from SQLite to MongoDB or back, offline" },
	{ "backup", "journals, tokens and settings in one file, beside a running engine; --drill proves the newest one" },
	{ "restore", "a backup becomes a state folder again, verified, offline" },
	{ "token", "make a bearer token for a role, offline" },
	{ "init", "asks, checks, and writes sauda.conf and the file of secrets" },
	{ "config", "check, show or compare the settings, offline" },
	{ "doctor", "is everything there that trading needs?" },
	{ "bugreport", "an archive of what a developer asks for, without secrets" },
	{ "watchdog", "what engine-watchdog thinks of the engine; ack silences its alarm" },
	{ "crash-drill", "kills an engine at every point of its journal, against a simulated broker, and proves that nothing was lost" },
};

static void put_word(FILE *out, int *column, const char *word, size_t len)
{
	if (*column + len > 74) {
		fputs("\n ", out);
		*column = 0;
	}
	*column += fprintf(out, " %.*s", (int)len, word);
}

void ctl_help_short(FILE *out)
{
	int column = 0;

	fputs("enginectl: asks and steers a running engined.\n\n"
	      "  enginectl status                        how is the engine?\n"
	      "  enginectl positions                     what is open?\n"
	      "  enginectl pause --reason \"news\"         no new entries; exits live on\n"
	      "  enginectl kill flatten                  close everything and lock\n"
	      "  enginectl shutdown --wait               close, persist, exit; follow it\n"
	      "  enginectl help kill                     one command in full\n\n"
	      "Commands:\n ", out);
	for (int i = 0; i < CTL_COUNT; i++) {
		const char *method = control_command((enum command_id)i)->method;

		if (!is_hidden((enum command_id)i))
			put_word(out, &column, method, strlen(method));
	}
	fputs("\n ", out);
	column = 0;
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		put_word(out, &column, tools[i].words, strcspn(tools[i].words, " "));
	fputs(" help\n\n"
	      "Options: --socket PATH  --json  --help  --version. NO_COLOR is honoured.\n"
	      "Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 not flat after a shutdown.\n", out);
}

void ctl_help_all(FILE *out)
{
	for (int i = 0; i < CTL_COUNT; i++) {
		const struct control_command *c = control_command((enum command_id)i);

		if (!is_hidden(c->id))
			fprintf(out, "  %-18s %s\n", c->method, c->help);
	}
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		fprintf(out, "  %-18s %s\n", tools[i].words, tools[i].help);
	fputs("\n`enginectl help COMMAND` lists its parameters.\n", out);
}

static bool names_tool(size_t i, const char *word)
{
	size_t len = strcspn(tools[i].words, " ");

	return strlen(word) == len && strncmp(tools[i].words, word, len) == 0;
}

bool ctl_is_tool(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (names_tool(i, word))
			return true;
	return false;
}

const char *ctl_suggest(const char *word)
{
	static char names[ARRAY_LEN(tools)][16];
	struct suggest s = suggest_begin(word);

	for (int i = 0; i < CTL_COUNT; i++)
		if (!is_hidden((enum command_id)i))
			suggest_try(&s, control_command((enum command_id)i)->method);
	for (size_t i = 0; i < ARRAY_LEN(tools); i++) {
		snprintf(names[i], sizeof(names[i]), "%.*s", (int)strcspn(tools[i].words, " "), tools[i].words);
		suggest_try(&s, names[i]);
	}
	suggest_try(&s, "help");
	return s.best;
}

static void put_bounds(FILE *out, const struct control_param *p)
{
	char low[NUM_TEXT], high[NUM_TEXT];
	bool bounded = p->min != 0 || p->max != 0;

	if (p->type == CTL_TYPE_ENUM || !bounded)
		return;
	if (p->type == CTL_TYPE_DEC) {
		num_format(p->min, low);
		num_format(p->max, high);
		fprintf(out, ", %s to %s", low, high);
	} else {
		fprintf(out, ", %" PRId64 " to %" PRId64 "%s", p->min, p->max, p->type == CTL_TYPE_STR ? " bytes" :
		        p->type == CTL_TYPE_OBJECT ? " members" : "");
	}
}

void ctl_help_command(FILE *out, const struct control_command *c)
{
	fprintf(out, "enginectl %s: %s\n", c->method, c->help);
	for (const struct control_param *p = c->params; p->name; p++) {
		fprintf(out, "  --%-12s %s (%s", p->name, p->help, control_type_name(p->type));
		put_bounds(out, p);
		fprintf(out, "%s)\n", p->required ? ", required" : "");
	}
	if (c->id == CTL_SHUTDOWN)
		fputs("  --keep         the same as --positions keep\n"
		      "  --wait         follow the progress; exit status 3 when positions stay open\n", out);
	if (c->role > ROLE_NONE)
		fprintf(out, "Needs the role %s.", control_role_name(c->role));
	if (c->path[0])
		fprintf(out, " Over HTTP: %s %s", c->http_method, c->path);
	fputc('\n', out);
}

/* Longest first: "strategy pause amd" is strategy.pause, "strategy amd" is strategy; "replay" alone is replay.set. "order preview" goes with place and cancel. */
const struct control_command *ctl_find_command(int argc, char **argv, int *ret_words)
{
	const struct control_command *c = NULL;
	char joined[64];

	if (argc > 1 && snprintf(joined, sizeof(joined), "%s.%s", argv[0], argv[1]) < (int)sizeof(joined))
		c = control_command_find(strcmp(joined, "order.preview") == 0 ? "preview" : joined);
	*ret_words = c ? 2 : 1;
	if (!c)
		c = control_command_find(argv[0]);
	if (!c && snprintf(joined, sizeof(joined), "%s.set", argv[0]) < (int)sizeof(joined))
		c = control_command_find(joined);
	return c;
}
