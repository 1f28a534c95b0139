/* `enginectl top [--once] [--json]`: the engine on one screen, once a second. It asks what anybody may ask, and pauses when told to, after a question. Without a
 * terminal, or with --once, one screen is printed as it is. The terminal is given back on every end, also on a signal. */
#include "engined/ctl/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "engined/ctl/ctl.h"
#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/client.h"

#define ANSWER_MS 2000
#define EVERY_MS 1000
#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"

struct top {
	const struct ctl_options *options;
	struct control_client *client;
	struct top_view view;
	bool asking;      /* to pause */
};

/* -- the engine ---------------------------------------------------------------------------------------------------------------------------- */

static const struct { enum command_id id; const char *params; } asked[TOP_PARTS] = {
	[TOP_STATUS] = { CTL_STATUS, NULL }, [TOP_BALANCE] = { CTL_BALANCE, NULL }, [TOP_POSITIONS] = { CTL_POSITIONS, NULL },
	[TOP_ORDERS] = { CTL_ORDERS, "{\"limit\":200}" }, [TOP_STRATEGIES] = { CTL_STRATEGIES, NULL }, [TOP_DEBUG] = { CTL_DEBUG, NULL },
	[TOP_READY] = { CTL_READY, NULL },
};

static void forget(struct top *t)
{
	for (int i = 0; i < TOP_PARTS; i++) {
		cJSON_Delete(t->view.part[i]);
		t->view.part[i] = NULL;
	}
}

/* What the engine refuses (it starts, this user may not) is a part that is not known. */
static int ask(struct top *t, enum top_part part)
{
	struct control_answer answer;
	int err = control_client_call(t->client, control_command(asked[part].id)->method, asked[part].params, ANSWER_MS, &answer);

	if (err == ERR_OK && answer.result.at)
		t->view.part[part] = cJSON_ParseWithLength(answer.result.at, answer.result.len);
	return err;
}

static int look(struct top *t)
{
	int err = t->client ? ERR_OK : control_client_open(&t->client, t->options->socket);

	forget(t);
	for (int i = 0; i < TOP_PARTS && err == ERR_OK; i++)
		err = ask(t, (enum top_part)i);
	t->view.trouble[0] = '\0';
	if (err == ERR_OK)
		return err;
	control_client_close(&t->client);
	forget(t);
	snprintf(t->view.trouble, sizeof(t->view.trouble), "no engine answers at %.150s (%s)", t->options->socket, err_text(err));
	return err;
}

static void pause_engine(struct top *t)
{
	struct control_answer answer;
	int err = t->client ? control_client_call(t->client, control_command(CTL_PAUSE)->method, "{\"reason\":\"enginectl top\"}", ANSWER_MS, &answer) : ERR_CLOSED;

	if (err != ERR_OK)
		snprintf(t->view.prompt, sizeof(t->view.prompt), "NOT PAUSED as far as is known: %s", err_text(err));
	else if (!answer.result.at)
		snprintf(t->view.prompt, sizeof(t->view.prompt), "NOT PAUSED: %.200s", answer.fault.detail);
	else
		snprintf(t->view.prompt, sizeof(t->view.prompt), "paused: no new entries; `enginectl resume` lifts it");
}

/* -- the terminal -------------------------------------------------------------------------------------------------------------------------- */

static struct { volatile sig_atomic_t changed, end; struct termios before; } terminal;

static void give_back(void)
{
	if (!terminal.changed)
		return;
	terminal.changed = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
	if (write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1) < 0)
		return; /* it is gone, and with it what was to be given back */
}

static void on_end(int number)
{
	terminal.end = number;
}

/* What ends a process at once: the terminal first. */
static void on_death(int number)
{
	give_back();
	signal(number, SIG_DFL);
	raise(number);
}

static void on_resize(int number)
{
	(void)number; /* poll() returns, and all is drawn anew */
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction a = { .sa_handler = handler };

	sigaction(number, &a, NULL);
}

/* Ctrl-Z would leave the shell with our screen: it is a key like any other here. */
static bool take(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &terminal.before) != 0)
		return false;
	raw = terminal.before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;
	handle(SIGINT, on_end);
	handle(SIGTERM, on_end);
	handle(SIGHUP, on_end);
	handle(SIGQUIT, on_end);
	handle(SIGWINCH, on_resize);
	handle(SIGPIPE, SIG_IGN);
	for (const int *number = (const int[]){ SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0 }; *number; number++)
		handle(*number, on_death);
	atexit(give_back);
	terminal.changed = 1;
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0 && write(STDOUT_FILENO, ENTER, sizeof(ENTER) - 1) > 0;
}

static void draw(const struct top *t)
{
	struct winsize size = { 0 };
	struct buf text = { 0 }, screen = { 0 };

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	top_screen(&text, &t->view, size.ws_col > 0 ? size.ws_col : 80, size.ws_row > 1 ? size.ws_row - 1u : 23, t->options->colour);
	buf_puts(&screen, "\033[H");
	for (const char *at = text.data ? text.data : "", *end; (end = strchr(at, '\n')) != NULL; at = end + 1)
		buf_printf(&screen, "%.*s\033[K\n", (int)(end - at), at);
	buf_puts(&screen, "\033[J");
	for (size_t done = 0; !screen.failed && done < screen.len;) {
		ssize_t n = write(STDOUT_FILENO, screen.data + done, screen.len - done);

		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_done(&text);
	buf_done(&screen);
}

/* -- keys ---------------------------------------------------------------------------------------------------------------------------------- */

/* False: leave. Any key but y answers a question with no. */
static bool key(struct top *t, char c)
{
	bool asked_before = t->asking;

	t->asking = false;
	t->view.prompt[0] = '\0';
	if (asked_before) {
		if (c == 'y' || c == 'Y')
			pause_engine(t);
		else
			snprintf(t->view.prompt, sizeof(t->view.prompt), "not paused");
		return true;
	}
	if (c == '?' || c == 'h')
		t->view.help = !t->view.help;
	if (c == 'p') {
		t->asking = true;
		snprintf(t->view.prompt, sizeof(t->view.prompt), "Pause? No new entries, exits live on. y = yes, any other key = no");
	}
	return c != 'q';
}

/* Until the next second: keys are answered at once. */
static bool wait_a_second(struct top *t)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	char bytes[32];

	if (poll(&p, 1, EVERY_MS) <= 0)
		return true;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n <= 0)
		return n < 0 && errno == EINTR; /* the terminal is gone */
	if (bytes[0] == '\033')
		return true; /* an arrow or the like */
	for (ssize_t i = 0; i < n; i++) {
		if (!key(t, bytes[i]))
			return false;
	}
	return true;
}

/* -- the whole ----------------------------------------------------------------------------------------------------------------------------- */

static int follow(struct top *t)
{
	bool going = take();

	if (!going)
		fprintf(stderr, "enginectl top: this terminal cannot be used: %s; try --once\n", strerror(errno));
	bool used = going;
	while (going && !terminal.end) {
		look(t);
		draw(t);
		going = wait_a_second(t);
	}
	give_back();
	return used ? CTL_EXIT_OK : CTL_EXIT_FAILED;
}

static int once(struct top *t, bool json)
{
	struct buf text = { 0 };
	int err = look(t);

	if (err != ERR_OK) {
		struct control_fault f;

		control_fault_set(&f, CODE_ENGINE_DOWN, NULL, "%.200s", t->view.trouble);
		ctl_print_fault(t->options, &f);
		return CTL_EXIT_FAILED;
	}
	if (json)
		top_json(&text, &t->view);
	else
		top_screen(&text, &t->view, 200, 10000, t->options->colour);
	if (text.failed)
		fputs("enginectl top: out of memory\n", stderr);
	else
		printf("%s%s", text.data, json ? "\n" : "");
	int status = text.failed ? CTL_EXIT_FAILED : CTL_EXIT_OK;
	buf_done(&text);
	return status;
}

static int usage(FILE *to, int status)
{
	fputs("usage: enginectl top [--once] [--json]\n"
	      "The engine on one screen, once a second; q leaves, p pauses after a question, ? tells the keys. Without a terminal, or with --once, one\n"
	      "screen is printed; --json prints the answers.\n", to);
	return status;
}

int ctl_top(int argc, char **argv, const struct ctl_options *o)
{
	struct ctl_options options = *o;
	bool single = !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO);
	struct top t = { .options = &options };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else if (strcmp(argv[i], "--help") == 0)
			return usage(stdout, CTL_EXIT_OK);
		else if (strcmp(argv[i], "--once") != 0)
			return usage(stderr, CTL_EXIT_USAGE);
		single = single || strcmp(argv[i], "--once") == 0;
	}
	int status = single || options.json ? once(&t, options.json) : follow(&t);

	forget(&t);
	control_client_close(&t.client);
	return status;
}
