/* enginectl: the control client and the door to the offline tools. One request, one answer, an exit status that scripts
 * can trust: 0 done, 1 refused or failed, 2 wrong usage, 3 not flat after a shutdown. */
#include "engined/ctl/ctl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/control/client.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#define ANSWER_MS   10000
#define PROGRESS_MS 500
#define NOTICE_MS   (24 * 3600 * 1000)

static int fail(const struct ctl_options *o, enum control_code code, const char *remedy, const char *what)
{
	struct control_fault f;

	control_fault_set(&f, code, remedy, "%s (%s)", what, o->socket);
	ctl_print_fault(o, &f);
	return CTL_EXIT_FAILED;
}

static int fail_to_connect(const struct ctl_options *o, int err)
{
	if (err == ERR_NOENT || err == ERR_CLOSED)
		return fail(o, CODE_ENGINE_DOWN, NULL, "no engine answers at the control socket");
	if (err == ERR_DENIED)
		return fail(o, CODE_FORBIDDEN, "your user needs the socket's group", "the control socket may not be opened");
	return fail(o, CODE_INTERNAL, "give --socket PATH", err_text(err));
}

static int fail_to_ask(const struct ctl_options *o, int err)
{
	if (err == ERR_CLOSED)
		return fail(o, CODE_ENGINE_DOWN, NULL, "the engine hung up");
	if (err == ERR_TIMEOUT)
		return fail(o, CODE_TIMEOUT, NULL, "the engine did not answer in time");
	return fail(o, CODE_INTERNAL, "is it the engine's socket, and of this version?", err_text(err));
}

static int open_client(const struct ctl_options *o, struct control_client **ret)
{
	int err = control_client_open(ret, o->socket);

	return err == 0 ? CTL_EXIT_OK : fail_to_connect(o, err);
}

/* -- shutdown --wait ---------------------------------------------------------------------------------------------- */

static int end_of_shutdown(const char *state)
{
	if (strcmp(state, "flat") == 0 || strcmp(state, "kept") == 0)
		return CTL_EXIT_OK;
	return strcmp(state, "not_flat") == 0 ? CTL_EXIT_NOT_FLAT : -1;
}

/* One look at the progress, printed when it changed; the exit status, or -1 while it goes on. */
static int follow_once(struct control_client *c, const struct ctl_options *o, char *last, size_t size, int *ret_err)
{
	struct control_answer answer;

	*ret_err = control_client_call(c, control_command(CTL_SHUTDOWN_STATE)->method, NULL, ANSWER_MS, &answer);
	if (*ret_err != 0)
		return -1;
	if (!answer.result.at) {
		ctl_print_fault(o, &answer.fault);
		return CTL_EXIT_FAILED;
	}
	cJSON *root = cJSON_ParseWithLength(answer.result.at, answer.result.len);
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, "state");
	const char *state = cJSON_IsString(item) ? item->valuestring : "";
	int end = end_of_shutdown(state);
	if (answer.result.len >= size || strncmp(last, answer.result.at, answer.result.len) != 0)
		ctl_print(stdout, o, CTL_SHUTDOWN_STATE, answer.result);
	snprintf(last, size, "%.*s", (int)answer.result.len, answer.result.at);
	if (end == CTL_EXIT_NOT_FLAT)
		fputs("enginectl: NOT FLAT: positions are still open\n  close them at the broker, or start the engine again\n", stderr);
	fflush(stdout);
	cJSON_Delete(root);
	return end;
}

static int follow_shutdown(struct control_client *c, const struct ctl_options *o)
{
	struct timespec pause = { .tv_nsec = PROGRESS_MS * 1000000L };
	char last[4096] = "";
	int end = -1, err = 0;

	while (end < 0 && err == 0) {
		end = follow_once(c, o, last, sizeof(last), &err);
		if (end < 0 && err == 0)
			nanosleep(&pause, NULL);
	}
	if (end >= 0)
		return end;
	struct control_fault f;
	control_fault_set(&f, CODE_ENGINE_DOWN, "look at the engine's log and exit status, and at the broker's positions",
	                  "the engine went before it said how the shutdown ended");
	ctl_print_fault(o, &f);
	return CTL_EXIT_FAILED;
}

/* -- one request -------------------------------------------------------------------------------------------------- */

static int stream(struct control_client *c, const struct ctl_options *o)
{
	struct message_slice notice;

	for (;;) {
		int err = control_client_next(c, NOTICE_MS, &notice);

		if (err != 0)
			return fail_to_ask(o, err);
		printf("%.*s\n", (int)notice.len, notice.at);
		fflush(stdout);
	}
}

/* An order never goes out twice under one key, so each gets one; who asks again gives the same. */
static int give_key(const struct ctl_request *r)
{
	unsigned char bytes[16];
	char key[2 * sizeof(bytes) + 1];

	if (r->command->id != CTL_ORDER_PLACE || cJSON_GetObjectItemCaseSensitive(r->params, "key"))
		return ERR_OK;
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return ERR_IO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(key + 2 * i, 3, "%02x", bytes[i]);
	return cJSON_AddStringToObject(r->params, "key", key) ? ERR_OK : ERR_NOMEM;
}

static int fail_to_place(const struct ctl_options *o, const struct ctl_request *r, int err)
{
	struct control_fault f;

	if (r->command->id != CTL_ORDER_PLACE || (err != ERR_CLOSED && err != ERR_TIMEOUT))
		return fail_to_ask(o, err);
	control_fault_set(&f, err == ERR_CLOSED ? CODE_ENGINE_DOWN : CODE_TIMEOUT, NULL, "it is not known whether the order was placed (%s)", o->socket);
	snprintf(f.remedy, sizeof(f.remedy), "ask again with --key %.64s: it is placed once at most", cJSON_GetObjectItemCaseSensitive(r->params, "key")->valuestring);
	ctl_print_fault(o, &f);
	return CTL_EXIT_FAILED;
}

static int ask(struct control_client *c, const struct ctl_options *o, const struct ctl_request *r)
{
	struct control_answer answer;
	int err = give_key(r);
	char *params = cJSON_PrintUnformatted(r->params);

	err = err != ERR_OK ? err : params ? control_client_call(c, r->command->method, params, ANSWER_MS, &answer) : ERR_NOMEM;
	cJSON_free(params);
	if (err != 0)
		return fail_to_place(o, r, err);
	if (!answer.result.at) {
		ctl_print_fault(o, &answer.fault);
		return CTL_EXIT_FAILED;
	}
	ctl_print(stdout, o, r->command->id, answer.result);
	if (r->command->id == CTL_SUBSCRIBE)
		return stream(c, o);
	return o->wait ? follow_shutdown(c, o) : CTL_EXIT_OK;
}

static int run_command(int argc, char **argv, struct ctl_options *o)
{
	struct ctl_request r = { 0 };
	struct control_client *c = NULL;
	struct control_fault f;
	int status = ctl_args_request(argc, argv, o, &r, &f);

	if (status != CTL_EXIT_OK) {
		ctl_print_fault(o, &f);
		return status;
	}
	if (o->help)
		ctl_help_command(stdout, r.command);
	else
		status = open_client(o, &c);
	if (c)
		status = ask(c, o, &r);
	control_client_close(&c);
	cJSON_Delete(r.params);
	return status;
}

static int run(int argc, char **argv, struct ctl_options *o);

static int run_help(int argc, char **argv, struct ctl_options *o)
{
	const struct control_command *c = NULL;
	struct control_fault f;
	int words = 0;

	if (argc == 0) {
		ctl_help_all(stdout);
		return CTL_EXIT_OK;
	}
	c = ctl_find_command(argc, argv, &words);
	if (c) {
		ctl_help_command(stdout, c);
		return CTL_EXIT_OK;
	}
	if (ctl_is_tool(argv[0]))
		return run(2, (char *[]){ argv[0], (char *)(uintptr_t)"--help", NULL }, o);
	const char *near = ctl_suggest(argv[0]);
	char remedy[96];
	snprintf(remedy, sizeof(remedy), near ? "did you mean \"%s\"?" : "`enginectl help` lists the commands", near);
	control_fault_set(&f, CODE_UNKNOWN_METHOD, remedy, "there is no command %.64s", argv[0]);
	ctl_print_fault(o, &f);
	return CTL_EXIT_USAGE;
}

/* `replay DATE --until SEQ --journal DIR` lives a decision again; `replay --speed 60` is short for the command replay.set. */
static bool replays_a_journal(int argc, char **argv)
{
	bool named = argc == 1 || argv[1][0] != '-';

	for (int i = 1; i < argc; i++)
		named = named || strcmp(argv[i], "--journal") == 0 || strcmp(argv[i], "--until") == 0;
	return named && strcmp(argv[0], "replay") == 0;
}

static int run(int argc, char **argv, struct ctl_options *o)
{
	if (strcmp(argv[0], "journal") == 0)
		return ctl_journal(argc, argv);
	if (replays_a_journal(argc, argv))
		return ctl_replay(argc, argv);
	if (strcmp(argv[0], "backtest") == 0)
		return ctl_backtest(argc, argv);
	if (strcmp(argv[0], "store") == 0)
		return ctl_store(argc, argv);
	if (strcmp(argv[0], "backup") == 0)
		return ctl_backup(argc, argv, o);
	if (strcmp(argv[0], "restore") == 0)
		return ctl_restore(argc, argv, o);
	if (strcmp(argv[0], "top") == 0)
		return ctl_top(argc, argv, o);
	if (strcmp(argv[0], "logs") == 0)
		return ctl_logs(argc, argv, o);
	if (strcmp(argv[0], "token") == 0)
		return ctl_token(argc, argv);
	if (strcmp(argv[0], "doctor") == 0)
		return ctl_doctor(argc, argv, o);
	if (strcmp(argv[0], "bugreport") == 0)
		return ctl_bugreport(argc, argv, o);
	if (strcmp(argv[0], "init") == 0)
		return ctl_init(argc, argv, o);
	if (strcmp(argv[0], "config") == 0)
		return ctl_config(argc, argv, o);
	if (strcmp(argv[0], "crash-drill") == 0)
		return ctl_drill(argc, argv, o);
	if (strcmp(argv[0], "watchdog") == 0)
		return ctl_watchdog(argc, argv, o);
	if (strcmp(argv[0], "help") == 0)
		return run_help(argc - 1, argv + 1, o);
	return run_command(argc, argv, o);
}

int main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR");
	struct ctl_options o = { .colour = isatty(STDOUT_FILENO) && !(no_color && *no_color) };
	struct control_fault f;
	int at = 1, before = 0, err = CTL_EXIT_OK;

	ctl_socket_default(o.socket, sizeof(o.socket));
	while (err == CTL_EXIT_OK && at < argc && at != before) {
		before = at;
		err = ctl_args_options(argc, argv, &at, &o, &f);
	}
	if (err != CTL_EXIT_OK) {
		ctl_print_fault(&o, &f);
		return err;
	}
	if (o.version) {
		puts("enginectl " PACKAGE_VERSION);
		return CTL_EXIT_OK;
	}
	if (at == argc) {
		ctl_help_short(o.help ? stdout : stderr);
		return o.help ? CTL_EXIT_OK : CTL_EXIT_USAGE;
	}
	return run(argc - at, argv + at, &o);
}
