/* `enginectl init`: from nothing to settings that engined takes. Asks a person, or takes flags and the environment; checks every answer at once;
 * writes sauda.conf and the secrets' file, both or none; has the doctor look, and says what comes next. */
#include "engined/ctl/init.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"

static int usage(FILE *to, int status)
{
	fputs("enginectl init [--out DIR] [--mode demo|paper|live] [--set SECTION.KEY=VALUE]... [--strategies \"NAME ...\"|none]\n"
	      "               [--from-environment] [--force] [--offline] [--clock V,R,S] [--json]\n"
	      "Asks for mode, account, Telegram, MongoDB and limits, and writes DIR/sauda.conf and, mode 600, DIR/environment with the secrets.\n"
	      "  --from-environment   asks nothing: secrets from their variables (KOTAK_MPIN ...), the rest from flags or by default\n"
	      "  --set                any setting that is no secret, such as account.capital=50000\n"
	      "  --out DIR            where to write (.)\n"
	      "  --force              replace files that are there; they are kept as .old\n"
	      "  --offline            the doctor makes no login\n"
	      "Exit status 0: written, and the doctor found nothing wrong; 1: it did, or nothing was written; 2: wrong usage.\n", to);
	return status;
}

static int refuse(struct init *in, const char *what)
{
	fprintf(stderr, "enginectl init: %s%s", what, in->issues.count ? in->issues.text.data : "\n");
	return CTL_EXIT_USAGE;
}

bool init_take_strategies(struct init *in, const char *text)
{
	char word[24];

	in->strategies = 0;
	for (const char *at = text + strspn(text, " ,"); *at && strcmp(text, "none") != 0; at += strspn(at, " ,")) {
		size_t n = strcspn(at, " ,");

		snprintf(word, sizeof(word), "%.*s", (int)(n < 23 ? n : 23), at);
		const struct strategy_ops *ops = strategy_find(word);
		if (n > 23 || !ops || ops == &strategy_manual || in->strategies == INIT_STRATEGIES) {
			buf_printf(&in->issues.text, "%s is no strategy that can be chosen here\n", word);
			in->issues.count++;
			return false;
		}
		memcpy(in->strategy[in->strategies++], word, sizeof(word));
		at += n;
	}
	return true;
}

/* -- the command line ------------------------------------------------------------------------------------------------------ */

/* A secret in argv is seen by whoever lists the processes. */
static int set_value(struct init *in, const char *name, const char *value)
{
	enum config_key key = config_find(name);
	struct config_row row;

	if (key == CONFIG_KEYS)
		return refuse(in, "--set takes SECTION.KEY=VALUE with a key of `engined --print-config`");
	config_row_of(in->config, key, &row);
	if (row.secret)
		return refuse(in, "--set takes no secret: others would see it; set its variable and give --from-environment");
	return config_put(in->config, key, value, &in->issues) ? -1 : refuse(in, "");
}

static int set_pair(struct init *in, const char *pair)
{
	const char *equals = strchr(pair, '=');
	char name[96];

	if (!equals || equals - pair >= (ptrdiff_t)sizeof(name))
		return refuse(in, "--set takes SECTION.KEY=VALUE");
	snprintf(name, sizeof(name), "%.*s", (int)(equals - pair), pair);
	return set_value(in, name, equals + 1);
}

static int set_strategies(struct init *in, const char *text)
{
	in->strategies_said = true;
	return init_take_strategies(in, text) ? -1 : refuse(in, "--strategies: ");
}

static bool take_flag(struct init *in, const char *word)
{
	const struct { const char *name; bool *flag; } flags[] = { { "--from-environment", &in->from_environment }, { "--force", &in->force },
		{ "--offline", &in->offline }, { "--json", &in->options.json } };

	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (strcmp(word, flags[i].name) == 0)
			return *flags[i].flag = true;
	return false;
}

static int parse(struct init *in, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		int status = -1;

		if (take_flag(in, argv[i]))
			continue;
		if (!value)
			return usage(stderr, CTL_EXIT_USAGE);
		if (strcmp(argv[i], "--out") == 0)
			in->out = value;
		else if (strcmp(argv[i], "--clock") == 0)
			in->clock = value;
		else if (strcmp(argv[i], "--mode") == 0)
			status = set_value(in, "engine.mode", value);
		else if (strcmp(argv[i], "--set") == 0)
			status = set_pair(in, value);
		else if (strcmp(argv[i], "--strategies") == 0)
			status = set_strategies(in, value);
		else
			status = usage(stderr, CTL_EXIT_USAGE);
		if (status >= 0)
			return status;
		i++;
	}
	return -1;
}

/* -- the end: what the doctor says, and what comes next ---------------------------------------------------------------------- */

/* In our own memory only: another program's environment could be read. */
static void lend(void *ctx, enum config_key key, const char *value)
{
	struct config_row row;

	config_row_of(ctx, key, &row);
	if (row.variable)
		setenv(row.variable, value, 1);
}

static int ask_doctor(const struct init *in)
{
	const char *argv[8] = { "doctor", "--config", in->conf };
	int argc = 3;

	config_each_personal(in->config, lend, in->config);
	if (in->offline)
		argv[argc++] = "--offline";
	if (in->clock) {
		argv[argc++] = "--clock";
		argv[argc++] = in->clock;
	}
	if (!in->options.json)
		puts("\nThe doctor:\n");
	int status = ctl_doctor(argc, (char **)(uintptr_t)argv, &in->options);
	config_scrub_environment();
	return status;
}

static const char *next_step(const struct init *in)
{
	return in->config->engine_mode == MODE_LIVE ? "docs/going-live.md, step by step: strategies have live = no until you change it" :
	       in->config->engine_mode == MODE_PAPER ? "leave it in paper for a week, then docs/going-live.md" : "watch it trade: docs/curl.md";
}

static void say_written(const struct init *in)
{
	struct buf out = { 0 };
	struct json j;

	if (!in->options.json) {
		printf("\nwritten: %s\n         %s (mode 600)\n", in->conf, in->environment);
		return;
	}
	json_begin(&j, &out);
	json_object(&j, NULL);
	json_bool(&j, "written", true);
	json_str(&j, "conf", in->conf);
	json_str(&j, "environment", in->environment);
	json_str(&j, "next", next_step(in));
	json_object_end(&j);
	puts(out.data);
	buf_done(&out);
}

static int finish(const struct init *in)
{
	say_written(in);
	int status = in->config->engine_mode >= MODE_PAPER ? ask_doctor(in) : CTL_EXIT_OK;
	if (!in->options.json) {
		printf("\nStart it:  set -a; . %s; set +a; engined --config %s\n", in->environment, in->conf);
		printf("Packaged:  both files belong in /etc/sauda, then systemctl restart engined engine-watchdog\nNext:      %s\n", next_step(in));
	}
	return status;
}

/* -- the command ---------------------------------------------------------------------------------------------------------------- */

/* Everything before writing: -1, or the status to leave with. */
static int gather(struct init *in, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return usage(stdout, CTL_EXIT_OK);
	config_read_environment(in->config, &in->issues);
	if (in->issues.count) {
		fputs(in->issues.text.data, stderr);
		return CTL_EXIT_FAILED;
	}
	int status = parse(in, argc, argv);
	if (status >= 0)
		return status;
	snprintf(in->conf, sizeof(in->conf), "%.400s/sauda.conf", in->out);
	snprintf(in->environment, sizeof(in->environment), "%.400s/environment", in->out);
	if (!init_free(in))
		return CTL_EXIT_FAILED;
	if (!in->from_environment && !isatty(STDIN_FILENO)) {
		fputs("enginectl init: nobody is there to ask; give --from-environment\n", stderr);
		return CTL_EXIT_USAGE;
	}
	if (!in->from_environment && !init_ask(in)) {
		puts("\nnothing was written");
		return CTL_EXIT_FAILED;
	}
	return -1;
}

int ctl_init(int argc, char **argv, const struct ctl_options *o)
{
	struct init in = { .options = *o, .config = calloc(1, sizeof(*in.config)), .out = ".", .strategy = { "ema_cross" }, .strategies = 1 };

	if (!in.config)
		abort(); /* nothing can be asked without memory */
	config_init(in.config);
	int status = gather(&in, argc, argv);
	if (status < 0)
		status = init_write(&in) == CTL_EXIT_OK ? finish(&in) : CTL_EXIT_FAILED;
	config_wipe(in.config);
	free(in.config);
	config_issues_done(&in.issues);
	return status;
}
