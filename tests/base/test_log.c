/* Lines go out whole, up to the level asked for; and nobody who logs waits for a reader who does not read. */
#include "lib/base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PIPE 65536

static int saved, reader;

/* Standard error is a pipe that holds PIPE bytes. */
static int set_up(void **state)
{
	int ends[2];

	(void)state;
	saved = dup(STDERR_FILENO);
	if (saved < 0 || pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return -1;
	close(ends[1]);
	reader = ends[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	log_setup(LOG_LEVEL_INFO, 0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(reader);
	return 0;
}

/* All that was said since the last time, in `text`. */
static size_t heard(char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len + 1 < size && (n = read(reader, text + len, size - len - 1)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return len;
}

static void levels_and_marks(void **state)
{
	char text[256];

	(void)state;
	log_debug("x", "not asked for");
	log_error("x", "it broke (%d)", 7);
	log_warn("y", "it may");
	log_info("z", "it is");
	heard(text, sizeof(text));
	assert_string_equal(text, "error: x: it broke (7)\nwarning: y: it may\nz: it is\n");
	log_setup(LOG_LEVEL_DEBUG, 1);
	log_debug("x", "now");
	heard(text, sizeof(text));
	assert_string_equal(text, "<7>x: now\n");
}

static void a_long_line_is_cut(void **state)
{
	char long_one[3000], text[4096];

	(void)state;
	memset(long_one, 'a', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	log_info("x", "%s", long_one);
	assert_int_equal(heard(text, sizeof(text)), 1023);
	assert_int_equal(text[1022], '\n');
}

/* Without a reader: far more than the pipe holds, and every call returns. The alarm ends a test that hangs. */
static void a_full_pipe_loses_lines_and_says_so(void **state)
{
	char *text = malloc(2 * PIPE), *last;
	const char *at;
	unsigned whole = 0, lost = 0;

	(void)state;
	alarm(30);
	for (unsigned i = 0; i < 5000; i++)
		log_info("x", "%060u", i);
	heard(text, 2 * PIPE);
	last = strrchr(text, '\n');
	assert_non_null(last);
	assert_string_equal(last, "\n"); /* none is cut */
	for (at = text; (at = strchr(at, '\n')) != NULL; at++)
		whole++;
	assert_true(whole > 100 && whole < 5000);
	log_info("x", "again");
	heard(text, 2 * PIPE);
	assert_int_equal(sscanf(text, "warning: log: %u lines were lost\n", &lost), 1);
	assert_int_equal(whole + lost, 5000);
	assert_non_null(strstr(text, "\nx: again\n"));
	log_info("x", "once");
	heard(text, 2 * PIPE);
	assert_string_equal(text, "x: once\n");
	alarm(0);
	free(text);
}

/* A reader who is gone is not a full pipe: nothing to wait for either. */
static void a_closed_pipe_is_nothing_to_die_of(void **state)
{
	(void)state;
	close(reader);
	for (int i = 0; i < 3; i++)
		log_info("x", "nobody hears it");
	reader = -1;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = { CASE(levels_and_marks), CASE(a_long_line_is_cut), CASE(a_full_pipe_loses_lines_and_says_so),
	                                    CASE(a_closed_pipe_is_nothing_to_die_of) };

	signal(SIGPIPE, SIG_IGN); /* as every program here does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
