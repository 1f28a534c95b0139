/* enginectl itself, run against a small engine: what it prints and with which status it ends. Its path comes in
 * SAUDA_ENGINECTL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/obj.h"
#include "tests/control/host.h"
#include "tests/control/unit.h"

struct ran { int status; char out[8192]; };

static const char *program(void)
{
	const char *path = getenv("SAUDA_ENGINECTL");

	if (!path || access(path, X_OK) != 0) {
		print_message("SKIPPED: SAUDA_ENGINECTL names no enginectl\n");
		skip();
	}
	return path;
}

/* words: separated by '|'; "@" stands for the socket. Standard error joins standard output. */
static struct ran run(const char *words)
{
	char copy[512], *argv[24] = { (char *)(uintptr_t)program() }, *save = NULL;
	struct ran r = { .status = -1 };
	int ends[2], n = 1;
	size_t len = 0;
	ssize_t got;

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *word = strtok_r(copy, "|", &save); word && n < 23; word = strtok_r(NULL, "|", &save))
		argv[n++] = strcmp(word, "@") == 0 ? (char *)(uintptr_t)host_path() : word;
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	while (len < sizeof(r.out) - 1 && (got = read(ends[0], r.out + len, sizeof(r.out) - 1 - len)) > 0)
		len += (size_t)got;
	close(ends[0]);
	int status = 0;
	waitpid(pid, &status, 0);
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return r;
}

static const struct { const char *words; int status; const char *part; } rows[] = {
	{ "--help", 0, "enginectl kill flatten" },
	{ "--version", 0, "enginectl " },
	{ "", 2, "Commands:" },
	{ "help", 0, "strategy.pause" },
	{ "help|kill", 0, "pause|stop|flatten (choice, required)" },
	{ "help|strategy|pause", 0, "POST /api/strategies/{id}/pause" },
	{ "kill|--help", 0, "--rung" },
	{ "help|kil", 2, "did you mean \"kill\"?" },
	{ "tpo", 2, "did you mean \"top\"?" },
	{ "docter", 2, "did you mean \"doctor\"?" },
	{ "help|docter", 2, "did you mean \"doctor\"?" },
	{ "version", 2, "`enginectl --help` lists the commands" }, /* "session" is near, but no command for a person */
	{ "help|top", 0, "usage: enginectl top" },
	{ "help|crash-drill", 0, "enginectl crash-drill" },
	{ "journal|--help", 0, "usage: enginectl journal verify" },
	{ "store|--help", 0, "usage: enginectl store migrate" },
	{ "help|token", 0, "enginectl token NAME" },
	{ "token", 2, "enginectl token NAME" },
	{ "watchdog|--help", 0, "silences the present alarm" },
	{ "--help", 0, " top logs journal" },
	{ "--help", 0, " crash-drill help\n" },
	{ "help", 0, "  replay DATE        live a journal again" },
	{ "postions", 2, "did you mean \"positions\"?" },
	{ "kill|--socket|@", 2, "kill needs rung, one of pause|stop|flatten" },
	{ "kill|flat|--socket|@", 2, "given: flat" },
	{ "orders|--limit|0|--socket|@", 2, "limit must be an integer from 1 to 1000; given: 0" },
	{ "orders|--limt|5|--socket|@", 2, "did you mean --limit?" },
	{ "orders|--limit|--socket|@", 2, "no value after --limit" },
	{ "orders|--limit", 2, "no value after --limit" },
	{ "pause|now|--socket|@", 2, "no use for the word now" },
	{ "--socket", 2, "--socket needs a path" },
	{ "--socket|/nonexistent/s|status", 1, "no engine answers at the control socket (/nonexistent/s)" },
	{ "--socket|@|pause", 0, "pauses" },
	{ "--socket|@|pause|--reason=news today", 0, "pauses" },
	{ "--socket|@|--json|pause|--reason|x", 0, "{\"pauses\":" },
	{ "--socket|@|resume", 1, "flatten is latched since 10:00\n  an admin may resume" },
	{ "--socket|@|--json|resume", 1, "{\"error\":{\"code\":\"kill_latched\"" },
	{ "--socket|@|balance", 0, "12,34,567.50" },
	{ "--socket|@|balance", 0, "-1,234.00" },
	{ "--socket|@|balance", 0, "+512.25" },
	{ "--socket|@|balance", 0, "charges           \xE2\x80\x94" },
	{ "--socket|@|balance|--json", 0, "\"capital\":1234567.50," },
	{ "--socket|@|positions", 0, "[paper]\n" },
	{ "--socket|@|positions", 0, "BANKNIFTY23APR41000CE  amd       " },
	{ "--socket|@|positions", 0, "-1,500  1,00,000.00" },
	{ "--socket|@|positions", 0, "NIFTY?[31m" },
	{ "--socket|@|positions", 0, "total.pnl  -62.50" },
	{ "--socket|@|metrics", 0, "# HELP x\nx 1\n" },
	{ "--socket|@|strategy|set|amd|rsi_low=35|x=1", 1, "this engine does not answer" },
	{ "--socket|@|strategy|set|amd", 2, "strategy.set needs params" },
	{ "--socket|@|strategy|set|amd|x=1|x=2", 2, "once each" },
	{ "--socket|@|strategy|set|amd|--params|[1]", 2, "not a JSON object" },
	{ "--socket|@|replay|--paused|--speed|60", 1, "this engine does not answer" },
	{ "--socket|@|shutdown", 0, "running" },
	{ "--socket|@|shutdown|--keep|--positions|keep", 2, "given twice" },
	{ "--socket|@|shutdown|--keep|--wait", 0, "flat" },
};

static void every_row(void **state)
{
	(void)state;
	program();
	host_start(NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ran r = run(rows[i].words);

		if (r.status != rows[i].status || !strstr(r.out, rows[i].part))
			fail_msg("%s: status %d, printed: %s", rows[i].words, r.status, r.out);
	}
	host_stop();
}

static void not_flat_is_said_loudly(void **state)
{
	(void)state;
	program();
	host_start(NULL);
	atomic_store(&host_shutdown_state, "not_flat");
	struct ran r = run("--socket|@|shutdown|--wait");
	assert_int_equal(r.status, 3);
	assert_non_null(strstr(r.out, "NOT FLAT"));
	host_stop();
}

static void the_socket_comes_from_the_environment(void **state)
{
	char folder[128];

	(void)state;
	program();
	host_start(NULL);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(host_path(), '/') - host_path()), host_path());
	setenv("SAUDA_RUNTIME", folder, 1);
	assert_int_equal(run("pause").status, 0);
	setenv("SAUDA_RUNTIME", "/nonexistent", 1);
	assert_int_equal(run("pause").status, 1);
	unsetenv("SAUDA_RUNTIME");
	host_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(not_flat_is_said_loudly),
		cmocka_unit_test(the_socket_comes_from_the_environment),
	};

	return cmocka_run_group_tests_name("enginectl", tests, NULL, NULL);
}
