/* `enginectl watchdog`: what the watchdog thinks of the engine, and the acknowledgement of its alarm. It works without an engine. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engined/ctl/ctl.h"

static const char usage[] = "enginectl [--socket RUNTIME/control.sock] watchdog [status|ack]\n"
	"  status   how it sees the engine (status 0: well or stopped; 1: an alarm, or no watchdog)\n"
	"  ack      silences the present alarm until the engine's state changes\n";

/* Beside the control socket. */
static void path_of(const struct ctl_options *o, const char *name, char *path, size_t size)
{
	const char *slash = strrchr(o->socket, '/');

	snprintf(path, size, "%.*s%s", slash ? (int)(slash - o->socket + 1) : 0, o->socket, name);
}

static size_t read_status(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, size - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return n;
}

static bool is_true(const cJSON *root, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, key));
}

static const char *word(const cJSON *root, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

static bool lives(const cJSON *root)
{
	const cJSON *pid = cJSON_GetObjectItemCaseSensitive(root, "pid");

	return cJSON_IsNumber(pid) && pid->valueint > 0 && (kill(pid->valueint, 0) == 0 || errno == EPERM);
}

static int show(const struct ctl_options *o, const char *text)
{
	cJSON *root = cJSON_Parse(text);
	bool alive = lives(root), alarm = is_true(root, "alarm");

	if (o->json)
		fputs(text, stdout);
	else if (alive)
		printf("%s\n%s%s%s%s\n", word(root, "text"), alarm ? "alarm" : "no alarm", is_true(root, "acknowledged") ? ", acknowledged" : "",
		       word(root, "takeover")[0] ? "; " : "", word(root, "takeover"));
	if (!alive)
		fputs("enginectl watchdog: the watchdog is gone; start engine-watchdog\n", stderr);
	cJSON_Delete(root);
	return alive && !alarm ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

static int status(const struct ctl_options *o)
{
	char path[300], text[4096];

	path_of(o, "watchdog", path, sizeof(path));
	if (read_status(path, text, sizeof(text)) > 0)
		return show(o, text);
	fprintf(stderr, "enginectl watchdog: %s: no watchdog runs here; start engine-watchdog, or give --socket\n", path);
	return CTL_EXIT_FAILED;
}

static int acknowledge(const struct ctl_options *o)
{
	char path[300];
	int fd;

	path_of(o, "watchdog.ack", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		fprintf(stderr, "enginectl watchdog: %s: %s; it takes the engine's user\n", path, strerror(errno));
		return CTL_EXIT_FAILED;
	}
	close(fd);
	return CTL_EXIT_OK;
}

int ctl_watchdog(int argc, char **argv, const struct ctl_options *o)
{
	if (argc == 1 || (argc == 2 && strcmp(argv[1], "status") == 0))
		return status(o);
	return argc == 2 && strcmp(argv[1], "ack") == 0 ? acknowledge(o) : ctl_usage(usage, argc, argv);
}
