/* engine-api: the FastCGI worker between nginx and engined. It reads its options and runs the server; what a request means
 * is decided in the engine. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fcgi/server.h"
#include "lib/base/log.h"

#define PATH_TEXT 256

static const char usage[] =
	"Usage: engine-api [--runtime DIR] [--listen PATH] [--access-log]\n"
	"Answers HTTP requests that nginx passes on by FastCGI, from engined's snapshot and control socket.\n"
	"  --runtime DIR   where control.sock and snapshot are, and api.sock is made\n"
	"                  (default: $SAUDA_RUNTIME, $XDG_RUNTIME_DIR/sauda or /run/sauda)\n"
	"  --listen PATH   the FastCGI socket (default: RUNTIME/api.sock)\n"
	"  --access-log    one line for each request on standard error\n"
	"  --systemd       mark lines with their level, for the system's journal\n"
	"  --help, --version\n";

struct settings { const char *runtime, *listen; bool access_log, systemd; };

static const char *default_runtime(char out[PATH_TEXT])
{
	const char *own = getenv("SAUDA_RUNTIME"), *user = getenv("XDG_RUNTIME_DIR");

	if (own && *own)
		return own;
	if (user && *user && snprintf(out, PATH_TEXT, "%s/sauda", user) < PATH_TEXT)
		return out;
	return "/run/sauda";
}

static bool join(char out[PATH_TEXT], const char *runtime, const char *name)
{
	return snprintf(out, PATH_TEXT, "%s/%s", runtime, name) < PATH_TEXT;
}

/* 0 go on, else 1 + the exit status. */
static int read_options(int argc, char **argv, struct settings *ret)
{
	static const struct option options[] = {
		{ "runtime", required_argument, NULL, 'r' }, { "listen", required_argument, NULL, 'l' },
		{ "access-log", no_argument, NULL, 'a' },    { "systemd", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },          { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (o) {
		case 'r': ret->runtime = optarg; break;
		case 'l': ret->listen = optarg; break;
		case 'a': ret->access_log = true; break;
		case 's': ret->systemd = true; break;
		case 'h': fputs(usage, stdout); return 1;
		case 'v': puts("engine-api " PACKAGE_VERSION); return 1;
		default: fputs("Try 'engine-api --help'.\n", stderr); return 3;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "engine-api: unexpected argument '%s'; try 'engine-api --help'\n", argv[optind]);
		return 3;
	}
	return 0;
}

static int run(const struct server_options *o)
{
	struct server *server;

	if (server_open(&server, o) != 0)
		return EXIT_FAILURE;
	int err = server_run(server);
	server_close(&server);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char runtime[PATH_TEXT], control[PATH_TEXT], snapshot[PATH_TEXT], listen[PATH_TEXT];
	struct settings settings = { 0 };
	int stop = read_options(argc, argv, &settings);

	if (stop)
		return stop - 1;
	log_setup(LOG_LEVEL_INFO, settings.systemd);
	if (!settings.runtime)
		settings.runtime = default_runtime(runtime);
	if (!join(control, settings.runtime, "control.sock") || !join(snapshot, settings.runtime, "snapshot") ||
	    !join(listen, settings.runtime, "api.sock")) {
		log_error("start", "the runtime folder's path is too long: %s", settings.runtime);
		return EXIT_FAILURE;
	}
	return run(&(struct server_options){ settings.listen ? settings.listen : listen, control, snapshot,
	                                     settings.access_log });
}
