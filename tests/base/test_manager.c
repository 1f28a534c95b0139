/* A service manager hears what it should, as often as it should, and a process that nobody listens to says nothing. */
#include "lib/base/manager.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[96];
static int manager;
static struct manager n;

static int listen_at(const char *name, size_t len)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(at.sun_path, name, len);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)), 0);
	return fd;
}

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/notify-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/notify", folder);
	manager = listen_at(path, strlen(path));
	setenv("NOTIFY_SOCKET", path, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	manager_close(&n);
	close(manager);
	unlink(path);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return rmdir(folder);
}

/* What was said since, "" when nothing. */
static const char *heard(void)
{
	static char text[256];
	ssize_t got = recv(manager, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = '\0';
	return text;
}

static void watched(int64_t usec, int64_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)usec);
	setenv("WATCHDOG_USEC", text, 1);
	snprintf(text, sizeof(text), "%lld", (long long)pid);
	setenv("WATCHDOG_PID", text, 1);
}

static void a_life_is_told(void **state)
{
	(void)state;
	watched(3000000, getpid());
	manager_open(&n);
	manager_status(&n, "recovery");
	assert_string_equal(heard(), "STATUS=recovery");
	manager_alive(&n, 100);
	assert_string_equal(heard(), "READY=1\nSTATUS=running\nWATCHDOG=1");
	manager_alive(&n, 99 + NANOS_SECOND);
	assert_string_equal(heard(), "");
	manager_alive(&n, 100 + NANOS_SECOND);
	assert_string_equal(heard(), "WATCHDOG=1");
	manager_alive(&n, 99 + 2 * NANOS_SECOND);
	assert_string_equal(heard(), "");
	manager_stopping(&n);
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping");
	manager_stopping(&n);
	assert_string_equal(heard(), "");
}

static void children_do_not_speak_for_us(void **state)
{
	(void)state;
	watched(3000000, getpid());
	manager_open(&n);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	assert_true(fcntl(n.fd, F_GETFD) & FD_CLOEXEC);
}

static void who_is_not_watched_says_only_ready(void **state)
{
	(void)state;
	manager_open(&n);
	manager_alive(&n, 1);
	assert_string_not_equal(heard(), "");
	manager_alive(&n, 1 + NANOS_DAY);
	assert_string_equal(heard(), "");
}

/* WATCHDOG_PID names another process: its beats are not ours to give. */
static void anothers_watchdog_is_not_ours(void **state)
{
	(void)state;
	watched(3000000, getpid() + 1);
	manager_open(&n);
	assert_int_equal(n.every, INT64_MIN);
}

/* A queue that is full loses nothing for good: ready is said again until it was taken, and nobody waits. */
static void ready_is_not_lost(void **state)
{
	int said = 0;

	(void)state;
	watched(3000000, getpid());
	manager_open(&n);
	while (send(n.fd, "x", 1, 0) == 1)
		said++;
	assert_true(said > 0);
	manager_alive(&n, 1);
	manager_stopping(&n);
	assert_false(n.ready || n.stopping);
	while (heard()[0])
		said--;
	assert_int_equal(said, 0);
	manager_alive(&n, 2);
	assert_string_equal(heard(), "READY=1\nSTATUS=running\nWATCHDOG=1");
	manager_stopping(&n);
	assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping");
}

static void an_abstract_name_works(void **state)
{
	char name[64] = "";

	(void)state;
	close(manager);
	snprintf(name + 1, sizeof(name) - 1, "sauda-notify-%d", getpid());
	manager = listen_at(name, 1 + strlen(name + 1));
	name[0] = '@';
	setenv("NOTIFY_SOCKET", name, 1);
	manager_open(&n);
	manager_alive(&n, 1);
	assert_string_not_equal(heard(), "");
}

static void nobody_listens(void **state)
{
	static const char *const wrong[] = { "", "relative", "/nonexistent/notify" };
	char long_path[200];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	manager_open(&n);
	assert_int_equal(n.fd, -1);
	for (size_t i = 0; i < 3; i++) {
		setenv("NOTIFY_SOCKET", wrong[i], 1);
		manager_open(&n);
		assert_int_equal(n.fd, -1);
	}
	snprintf(long_path, sizeof(long_path), "/%0190d", 0);
	setenv("NOTIFY_SOCKET", long_path, 1);
	manager_open(&n);
	assert_int_equal(n.fd, -1);
	manager_alive(&n, 1);
	manager_stopping(&n);
	manager_status(&n, "recovery");
	assert_false(n.ready || n.stopping);
}

static void a_listener_is_only_taken_when_it_is_ours(void **state)
{
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", getpid());
	assert_int_equal(manager_listener(), -1);
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(manager_listener(), -1);
	assert_null(getenv("LISTEN_FDS"));
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	assert_int_equal(manager_listener(), -1);
	int kept = dup(3), fd = socket(AF_UNIX, SOCK_STREAM, 0);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(dup2(fd, 3), 3);
	assert_int_equal(manager_listener(), -1); /* a socket that does not listen */
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	assert_int_equal(bind(3, (struct sockaddr *)&at, sizeof(at.sun_family)), 0); /* a name of the kernel's choice */
	assert_int_equal(listen(3, 1), 0);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(manager_listener(), 3);
	assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC && fcntl(3, F_GETFL) & O_NONBLOCK);
	if (fd != 3)
		close(fd);
	if (kept >= 0) {
		dup2(kept, 3);
		close(kept);
	} else
		close(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_life_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(children_do_not_speak_for_us, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_not_watched_says_only_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(anothers_watchdog_is_not_ours, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ready_is_not_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_abstract_name_works, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_listens, set_up, tear_down),
		cmocka_unit_test(a_listener_is_only_taken_when_it_is_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
