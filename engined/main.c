/* engined: the daemon. Reads its settings, puts the parts together, runs the loop, and leaves with a status that tells the truth:
 * 0 flat or kept as configured, 1 could not start, 2 usage, 3 NOT FLAT, 4 stopped by an error. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engined/app.h"
#include "lib/base/err.h"
#include "lib/base/log.h"

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },  { "mode", required_argument, NULL, 'm' },    { "data", required_argument, NULL, 'd' },
	{ "speed", required_argument, NULL, 's' },   { "exit", no_argument, NULL, 'x' },          { "fresh", no_argument, NULL, 'f' },
	{ "keep", no_argument, NULL, 'k' },          { "state", required_argument, NULL, 'S' },   { "runtime", required_argument, NULL, 'R' },
	{ "tables", required_argument, NULL, 'T' },  { "seek", required_argument, NULL, 'K' },  { "clock", required_argument, NULL, 'L' },
	{ "check", no_argument, NULL, 'C' },        { "print-config", no_argument, NULL, 'P' },
	{ "help", no_argument, NULL, 'h' },          { "version", no_argument, NULL, 'V' },       { 0 },
};

static void usage(FILE *to)
{
	fputs("engined [--config FILE] [--mode demo|replay|paper|live] [--data FILE]... [--speed N|max] [--seek TIME] [--exit] [--fresh]\n"
	      "        [--keep] [--state DIR] [--runtime DIR] [--tables DIR] [--check] [--print-config]\n"
	      "  --data FILE     recorded market data; several files are merged (implies --mode replay)\n"
	      "  --speed N|max   pace of the data, times real time\n"
	      "  --seek TIME     begin a replay there: 2023-04-10T11:00:00+05:30, or 11:00 of its first day\n"
	      "  --clock V,R,S   the clock of a broker simulator on this machine, as it prints it\n"
	      "  --exit          leave when the data (paper, live: the day) has ended and print the summary\n"
	      "  --fresh         move an earlier journal aside and begin anew\n"
	      "  --keep          keep open positions at a stop instead of flattening\n"
	      "  --check         say what is wrong with the settings, and leave\n"
	      "  --print-config  a sauda.conf with every key, its meaning and default\n", to);
}

static int parse(int argc, char **argv, struct app_options *o, const char **data, bool *check)
{
	int c;

	while ((c = getopt_long(argc, argv, "c:m:d:s:xfkS:R:T:K:L:ChV", long_options, NULL)) != -1)
		switch (c) {
		case 'c': o->config_path = optarg; break;
		case 'm': o->mode = optarg; break;
		case 'd': data[o->n_data++] = optarg; break;
		case 's': o->speed = optarg; break;
		case 'x': o->exit_at_end = true; break;
		case 'f': o->fresh = true; break;
		case 'k': o->keep = true; break;
		case 'S': o->state_dir = optarg; break;
		case 'R': o->runtime_dir = optarg; break;
		case 'T': o->tables_dir = optarg; break;
		case 'K': o->seek = optarg; break;
		case 'L': o->clock = optarg; break;
		case 'C': *check = true; break;
		case 'P': {
			struct buf out = { 0 };

			config_print_example(&out);
			fwrite(out.data, 1, out.len, stdout);
			buf_done(&out);
			return 0;
		}
		case 'h': usage(stdout); return 0;
		case 'V': puts("engined " PACKAGE_VERSION); return 0;
		default:  usage(stderr); return 2;
		}
	if (optind < argc) {
		fprintf(stderr, "engined: \"%s\" is not an option; data files are named with --data\n", argv[optind]);
		return 2;
	}
	if (o->mode && strcmp(o->mode, "demo") && strcmp(o->mode, "replay") && strcmp(o->mode, "paper") && strcmp(o->mode, "live")) {
		fprintf(stderr, "engined: --mode takes demo, replay, paper or live; \"%s\" was given\n", o->mode);
		return 2;
	}
	return -1;
}

static int load(struct config *config, const struct app_options *o)
{
	struct config_issues issues = { 0 };
	int err = config_load(config, o->config_path, &issues);

	if (issues.count)
		fputs(issues.text.data, stderr);
	if (err != ERR_OK && issues.count == 0)
		fprintf(stderr, "engined: %s: %s\n", o->config_path ? o->config_path : "settings", err_text(err));
	config_issues_done(&issues);
	return err;
}

static int run(const struct app_options *o, struct config *config)
{
	static struct app app;
	int status = app_open(&app, o, config);

	if (status == 0) {
		status = app_run(&app);
		if (o->exit_at_end && app_print_summary(&app) != ERR_OK)
			status = status ? status : 4;
	}
	app_close(&app, status);
	return status;
}

static int begin(const struct app_options *o, struct config *config, bool check)
{
	config_scrub_environment();
	if (check)
		return puts("the settings are good"), 0;
	log_setup(config_log_level(config), getenv("JOURNAL_STREAM") != NULL);
	return run(o, config);
}

int main(int argc, char **argv)
{
	struct app_options o = { 0 };
	const char **data = calloc((size_t)argc, sizeof(*data));
	struct config *config = calloc(1, sizeof(*config));
	bool check = false;
	int status = 1;

	if (data && config && (status = parse(argc, argv, &o, data, &check)) < 0) {
		o.data = data;
		status = load(config, &o) == ERR_OK ? begin(&o, config, check) : 1;
		config_wipe(config);
	}
	free(config);
	free(data);
	return status;
}
