/* Real sockets against the server: who may ask what, what a bad line costs (nothing), what a bad client costs (itself). */
#include "lib/control/server.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <uv.h>

#include "lib/base/err.h"
#include "lib/base/obj.h"
#include "lib/control/client.h"
#include "tests/control/host.h"
#include "tests/control/unit.h"

#define WAIT_MS 10000

static int start(void **state)
{
	(void)state;
	host_start(NULL);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	host_stop();
	return 0;
}

static struct control_client *connected(void)
{
	struct control_client *c = NULL;

	assert_int_equal(control_client_open(&c, host_path()), 0);
	return c;
}

static void send_text(struct control_client *c, const char *text)
{
	assert_int_equal(control_client_send(c, text, strlen(text)), 0);
}

static void expect_line(struct control_client *c, const char *part)
{
	const char *line = NULL;
	size_t len = 0;

	assert_int_equal(control_client_line(c, WAIT_MS, &line, &len), 0);
	if (!strstr(line, part))
		fail_msg("%s not in %s", part, line);
}

/* The code of the answer to a call, CODE_COUNT for success. */
static enum control_code call_code(struct control_client *c, const char *method, const char *params)
{
	struct control_answer a;

	assert_int_equal(control_client_call(c, method, params, WAIT_MS, &a), 0);
	return a.result.at ? CODE_COUNT : a.fault.code;
}

static void wait_clients(unsigned n)
{
	for (int i = 0; i < 2000 && host_stats().clients != n; i++)
		usleep(2000);
	assert_int_equal(host_stats().clients, n);
}

/* -- lines -------------------------------------------------------------------------------------------------------- */

static void bad_lines_are_answered_and_the_connection_lives(void **state)
{
	static const struct { const char *line, *part; } rows[] = {
		{ "nonsense\n", "-32700" },
		{ "[]\n", "-32600" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"statsu\"}\n", "-32601" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"statsu\"}\n", "did you mean \\\"status\\\"?" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"k\",\"method\":\"kill\"}\n", "\"id\":\"k\",\"error\":{\"code\":-32602" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"resume\"}\n", "\"code\":\"kill_latched\",\"status\":409" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"trades\"}\n", "\"code\":\"unavailable\"" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"risk\"}\n", "\"code\":\"internal\"" },
		{ "\n  \r\n{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"pause\"}\n", "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"pauses\":1}}" },
	};
	struct control_client *c = connected();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		send_text(c, rows[i].line);
		expect_line(c, rows[i].part);
	}
	control_client_close(&c);
}

static void read_service(struct control_server *server, void *arg)
{
	*(struct histogram *)arg = *control_server_service(server);
}

/* From the line to the answer, whenever that comes; what is no command is not timed. */
static void commands_are_timed(void **state)
{
	struct control_client *c = connected();
	struct histogram h;

	(void)state;
	send_text(c, "nonsense\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"debug\"}\n");
	expect_line(c, "-32700");
	expect_line(c, "pauses");
	host_run(read_service, &h);
	assert_int_equal(histogram_count(&h), 1);
	usleep(2000);
	host_release_held();
	expect_line(c, "\"id\":2");
	host_run(read_service, &h);
	assert_int_equal(histogram_count(&h), 2);
	assert_true(h.sum >= 2 * (uint64_t)NANOS_MS);
	control_client_close(&c);
}

static void a_line_too_long_is_thrown_away(void **state)
{
	struct control_client *c = connected();
	size_t len = 200000;
	char *line = malloc(len);

	(void)state;
	assert_non_null(line);
	memset(line, 'x', len);
	assert_int_equal(control_client_send(c, line, len), 0);
	expect_line(c, "too_large");
	send_text(c, "\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\"}\n");
	expect_line(c, "\"id\":1,\"result\"");
	free(line);
	control_client_close(&c);
}

static void bytes_may_come_one_at_a_time(void **state)
{
	const char *request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\"}\n";
	struct control_client *c = connected();

	(void)state;
	for (const char *at = request; *at; at++)
		assert_int_equal(control_client_send(c, at, 1), 0);
	expect_line(c, "pauses");
	control_client_close(&c);
}

/* socat shuts its side after the last request and still wants the answers. */
static void a_client_that_only_stopped_writing_gets_its_answers(void **state)
{
	struct control_client *c = connected();
	const char *line;
	size_t len;

	(void)state;
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"debug\"}\n");
	shutdown(control_client_fd(c), SHUT_WR);
	while (host_stats().calls == 0)
		usleep(1000);
	host_release_held();
	expect_line(c, "held");
	assert_int_equal(control_client_line(c, WAIT_MS, &line, &len), ERR_CLOSED);
	control_client_close(&c);
}

static void half_a_line_has_a_deadline(void **state)
{
	struct control_client *c;
	const char *line;
	size_t len;

	(void)state;
	host_start(&(struct host_options){ .half_line_ms = 60 });
	c = connected();
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\"}\n{\"jso");
	expect_line(c, "pauses");
	expect_line(c, "not ended within 60 ms");
	assert_int_equal(control_client_line(c, WAIT_MS, &line, &len), ERR_CLOSED);
	control_client_close(&c);
	host_stop();
}

/* -- who ---------------------------------------------------------------------------------------------------------- */

static void the_peer_is_known_by_its_uid(void **state)
{
	struct control_client *c = connected();
	char expected[96];

	(void)state;
	snprintf(expected, sizeof(expected), "{\"principal\":\"uid:%lu\",\"role\":\"admin\"}", (unsigned long)getuid());
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session\"}\n");
	expect_line(c, expected);
	control_client_close(&c);
}

static void auth_takes_the_lower_role(void **state)
{
	struct control_client *c = connected();
#define AS(role) "{\"_auth\":{\"principal\":\"token:web\",\"role\":\"" role "\"}}"

	(void)state;
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"session\",\"params\":"
	          "{\"_auth\":{\"principal\":\"token:web\",\"role\":\"read\"}}}\n");
	expect_line(c, "{\"principal\":\"token:web\",\"role\":\"read\"}");
	assert_int_equal(call_code(c, "pause", AS("read")), CODE_FORBIDDEN);
	assert_int_equal(call_code(c, "balance", AS("none")), CODE_UNAUTHENTICATED);
	assert_int_equal(call_code(c, "health", AS("none")), CODE_COUNT);
	assert_int_equal(call_code(c, "pause", AS("trade")), CODE_COUNT);
	assert_int_equal(call_code(c, "shutdown", AS("trade")), CODE_FORBIDDEN);
	assert_int_equal(call_code(c, "pause", AS("root")), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "pause", "{\"_auth\":5}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "pause", "{\"_auth\":{\"principal\":\"\",\"role\":\"read\"}}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "pause", "{\"_auth\":{\"principal\":\"a b\",\"role\":\"read\"}}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "pause", "{\"_other\":1}"), CODE_BAD_PARAMETER);
	control_client_close(&c);
}

static void a_foreign_uid_reads_and_speaks_for_nobody(void **state)
{
	struct control_client *c;

	(void)state;
	host_start(&(struct host_options){ .as_peer = true, .peer = getuid() + 4321 });
	c = connected();
	assert_int_equal(call_code(c, "balance", NULL), CODE_COUNT);
	assert_int_equal(call_code(c, "pause", NULL), CODE_FORBIDDEN);
	assert_int_equal(call_code(c, "balance", "{\"_auth\":{\"principal\":\"token:x\",\"role\":\"admin\"}}"), CODE_FORBIDDEN);
	assert_int_equal(call_code(c, "pause", "{\"_auth\":{\"principal\":\"token:x\",\"role\":\"admin\"}}"), CODE_FORBIDDEN);
	assert_int_equal(atomic_load(&host_pauses), 0);
	control_client_close(&c);
	host_stop();
}

/* -- request ids -------------------------------------------------------------------------------------------------- */

static void a_request_id_does_nothing_twice(void **state)
{
	struct control_client *c = connected();

	(void)state;
	assert_int_equal(call_code(c, "pause", "{\"_request_id\":\"a\"}"), CODE_COUNT);
	assert_int_equal(call_code(c, "pause", "{\"_request_id\":\"a\"}"), CODE_COUNT);
	assert_int_equal(atomic_load(&host_pauses), 1);
	assert_int_equal(call_code(c, "pause", "{\"reason\":\"x\",\"_request_id\":\"a\"}"), CODE_REQUEST_ID_REUSED);
	assert_int_equal(call_code(c, "shutdown", "{\"_request_id\":\"a\"}"), CODE_REQUEST_ID_REUSED);
	/* Another principal has its own ids. */
	assert_int_equal(call_code(c, "pause", "{\"_request_id\":\"a\",\"_auth\":{\"principal\":\"p\",\"role\":\"trade\"}}"), CODE_COUNT);
	assert_int_equal(atomic_load(&host_pauses), 2);
	/* A refusal is an answer and is remembered too. */
	assert_int_equal(call_code(c, "resume", "{\"_request_id\":\"r\"}"), CODE_KILL_LATCHED);
	assert_int_equal(call_code(c, "resume", "{\"_request_id\":\"r\"}"), CODE_KILL_LATCHED);
	assert_int_equal(call_code(c, "pause", "{\"_request_id\":\"\"}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "pause", "{\"_request_id\":7}"), CODE_BAD_PARAMETER);
	control_client_close(&c);
}

static void a_repeat_while_the_first_runs_is_told_so(void **state)
{
	const char *kill = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"kill\",\"params\":{\"rung\":\"stop\",\"_request_id\":\"k\"}}\n";
	struct control_client *c = connected();

	(void)state;
	send_text(c, kill);
	send_text(c, kill);
	expect_line(c, "in_progress");
	host_release_held();
	expect_line(c, "held");
	send_text(c, kill);
	expect_line(c, "held");
	control_client_close(&c);
}

static void the_memory_of_answers_is_bounded(void **state)
{
	struct control_client *c = connected();
	char params[64];

	(void)state;
	for (int i = 0; i <= 1024; i++) {
		snprintf(params, sizeof(params), "{\"_request_id\":\"n%d\"}", i);
		assert_int_equal(call_code(c, "pause", params), CODE_COUNT);
	}
	call_code(c, "pause", "{\"_request_id\":\"n1\"}");
	assert_int_equal(atomic_load(&host_pauses), 1025);
	call_code(c, "pause", "{\"_request_id\":\"n0\"}");
	assert_int_equal(atomic_load(&host_pauses), 1026);
	control_client_close(&c);
}

/* -- many, slow, gone --------------------------------------------------------------------------------------------- */

static void many_clients_and_one_too_many(void **state)
{
	struct control_client *c[65] = { 0 };
	struct control_answer a;

	(void)state;
	for (int i = 0; i < 64; i++)
		c[i] = connected();
	for (int i = 0; i < 64; i++)
		assert_int_equal(call_code(c[i], "pause", NULL), CODE_COUNT);
	assert_int_equal(host_stats().clients, 64);
	c[64] = connected();
	assert_int_equal(control_client_call(c[64], "pause", NULL, WAIT_MS, &a), 0);
	assert_null(a.result.at);
	assert_int_equal(a.fault.code, CODE_RATE_LIMITED);
	assert_int_equal(call_code(c[0], "pause", NULL), CODE_COUNT);
	for (int i = 0; i < 65; i++)
		control_client_close(&c[i]);
	wait_clients(0);
}

/* Whom the server has no descriptor for is let go, and the loop does not spin over him; afterwards all is as before. */
static void without_a_descriptor_a_client_is_let_go(void **state)
{
	struct control_client *before = connected(), *after;
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct rlimit old, low = { 64, 64 };
	int fds[64], n = 0, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char byte;

	(void)state;
	strcpy(at.sun_path, host_path());
	assert_int_equal(call_code(before, "pause", NULL), CODE_COUNT); /* accepted already */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	while (n < 64 && (fds[n] = dup(fd)) >= 0)
		n++;
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	assert_int_equal(call_code(before, "pause", NULL), CODE_COUNT);
	assert_int_equal(host_stats().refused, 1);
	while (n > 0)
		close(fds[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	after = connected();
	assert_int_equal(call_code(after, "pause", NULL), CODE_COUNT);
	close(fd);
	control_client_close(&before);
	control_client_close(&after);
	wait_clients(0);
}

/* What a client asked for before it went is done, also when it left its answers unread. */
static void requests_of_a_client_that_left_are_done(void **state)
{
	struct control_client *c = connected();
	int before = host_pauses;

	(void)state;
	for (int i = 0; i < 20; i++)
		send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pause\"}\n");
	expect_line(c, "result");
	control_client_close(&c);
	wait_clients(0);
	assert_int_equal(host_pauses - before, 20);
}

static void calls_in_flight_are_capped_and_none_is_lost(void **state)
{
	struct control_client *c = connected();

	(void)state;
	for (int i = 0; i < 200; i++)
		send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"debug\"}\n");
	for (int got = 0; got < 200;) {
		while (host_stats().calls == 0)
			usleep(1000);
		assert_true(host_stats().calls <= 64);
		unsigned out = host_stats().calls;
		host_release_held();
		for (unsigned i = 0; i < out; i++, got++)
			expect_line(c, "held");
	}
	control_client_close(&c);
}

static void publish_much(struct control_server *s, void *arg)
{
	struct buf data = { 0 };

	(void)arg;
	buf_putc(&data, '"');
	for (int i = 0; i < 10000; i++)
		buf_puts(&data, "0123456789");
	buf_putc(&data, '"');
	for (int i = 0; i < 30; i++)
		control_publish(s, "bulk", &data);
	buf_done(&data);
}

static void a_subscriber_who_does_not_read_is_dropped(void **state)
{
	struct control_client *slow = connected(), *other = connected();

	(void)state;
	assert_int_equal(call_code(slow, "subscribe", NULL), CODE_COUNT);
	assert_int_equal(call_code(other, "subscribe", "{\"topics\":\"orders\"}"), CODE_COUNT);
	host_run(publish_much, NULL);
	assert_int_equal(host_stats().dropped, 1);
	wait_clients(1);
	assert_int_equal(call_code(other, "pause", NULL), CODE_COUNT);
	control_client_close(&slow);
	control_client_close(&other);
}

static void a_client_who_asks_and_does_not_read_is_dropped(void **state)
{
	const char *request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"orders\"}\n";
	struct control_client *c = connected();

	(void)state;
	/* Once dropped, sending fails: that is the point. */
	for (int i = 0; i < 40; i++)
		control_client_send(c, request, strlen(request));
	for (int i = 0; i < 2000 && host_stats().dropped == 0; i++)
		usleep(2000);
	assert_int_equal(host_stats().dropped, 1);
	assert_int_equal(host_stats().clients, 0);
	control_client_close(&c);
}

static void publish_one(struct control_server *s, void *arg)
{
	struct buf data = { 0 };

	buf_puts(&data, "{\"n\":1}");
	control_publish(s, arg, &data);
	buf_done(&data);
}

static void subscribers_get_their_topics(void **state)
{
	struct control_client *c = connected();
	struct message_slice params;

	(void)state;
	assert_int_equal(call_code(c, "subscribe", "{\"topics\":\"a,,b\"}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "subscribe", "{\"topics\":\"a b\"}"), CODE_BAD_PARAMETER);
	assert_int_equal(call_code(c, "subscribe", "{\"topics\":\"orders,state.day\"}"), CODE_COUNT);
	host_run(publish_one, (char *)(uintptr_t)"order");
	host_run(publish_one, (char *)(uintptr_t)"state.day");
	assert_int_equal(control_client_next(c, WAIT_MS, &params), 0);
	assert_memory_equal(params.at, "{\"topic\":\"state.day\",\"data\":{\"n\":1}}", params.len);
	assert_int_equal(call_code(c, "pause", NULL), CODE_COUNT);
	control_client_close(&c);
}

static void a_large_answer_reaches_a_slow_but_willing_reader(void **state)
{
	struct control_client *c = connected();
	struct control_answer a;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(control_client_call(c, "orders", NULL, WAIT_MS, &a), 0);
		assert_true(a.result.len > 200000);
	}
	assert_int_equal(host_stats().dropped, 0);
	control_client_close(&c);
}

static void a_call_outlives_its_client(void **state)
{
	struct control_client *c = connected();

	(void)state;
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"debug\"}\n");
	while (host_stats().calls == 0)
		usleep(1000);
	control_client_close(&c);
	usleep(20000);
	host_release_held();
	wait_clients(0);
	assert_int_equal(host_stats().calls, 0);
}

static void a_call_outlives_its_server(void **state)
{
	struct control_client *c;

	(void)state;
	host_start(NULL);
	c = connected();
	send_text(c, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"debug\"}\n");
	while (host_stats().calls == 0)
		usleep(1000);
	host_stop_keeping_calls();
	control_client_close(&c);
}

/* -- the socket file ---------------------------------------------------------------------------------------------- */

static void open_on(const char *path, int expected, const char *part)
{
	control_handler *none[CTL_COUNT] = { 0 };
	struct control_server *s = NULL;
	char why[256] = "";
	uv_loop_t loop;

	uv_loop_init(&loop);
	int err = control_server_open(&s, &(struct control_server_options){ .loop = &loop, .path = path, .handlers = none },
	                              why, sizeof(why));
	assert_int_equal(err, expected);
	assert_non_null(strstr(why, part));
	if (err == 0) {
		struct stat st;

		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0660);
	}
	control_server_close(&s);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void only_a_dead_socket_is_removed(void **state)
{
	char folder[] = "/tmp/sauda-socket-XXXXXX", path[64], longest[200];
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)state;
	open_on(host_path(), ERR_BUSY, "an engine answers there");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	open_on(path, 0, "");
	/* A socket file whose listener died. */
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(at.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
	open_on(path, 0, "");
	/* A file that is no socket stays. */
	close(open(path, O_CREAT | O_WRONLY, 0600));
	open_on(path, ERR_EXIST, "something else");
	assert_int_equal(unlink(path), 0);
	memset(longest, 'p', sizeof(longest) - 1);
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	open_on(longest, ERR_RANGE, "107 bytes");
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bad_lines_are_answered_and_the_connection_lives, start, stop),
		cmocka_unit_test_setup_teardown(commands_are_timed, start, stop),
		cmocka_unit_test_setup_teardown(a_line_too_long_is_thrown_away, start, stop),
		cmocka_unit_test_setup_teardown(bytes_may_come_one_at_a_time, start, stop),
		cmocka_unit_test_setup_teardown(a_client_that_only_stopped_writing_gets_its_answers, start, stop),
		cmocka_unit_test(half_a_line_has_a_deadline),
		cmocka_unit_test_setup_teardown(the_peer_is_known_by_its_uid, start, stop),
		cmocka_unit_test_setup_teardown(auth_takes_the_lower_role, start, stop),
		cmocka_unit_test(a_foreign_uid_reads_and_speaks_for_nobody),
		cmocka_unit_test_setup_teardown(a_request_id_does_nothing_twice, start, stop),
		cmocka_unit_test_setup_teardown(a_repeat_while_the_first_runs_is_told_so, start, stop),
		cmocka_unit_test_setup_teardown(the_memory_of_answers_is_bounded, start, stop),
		cmocka_unit_test_setup_teardown(many_clients_and_one_too_many, start, stop),
		cmocka_unit_test_setup_teardown(without_a_descriptor_a_client_is_let_go, start, stop),
		cmocka_unit_test_setup_teardown(requests_of_a_client_that_left_are_done, start, stop),
		cmocka_unit_test_setup_teardown(calls_in_flight_are_capped_and_none_is_lost, start, stop),
		cmocka_unit_test_setup_teardown(a_subscriber_who_does_not_read_is_dropped, start, stop),
		cmocka_unit_test_setup_teardown(a_client_who_asks_and_does_not_read_is_dropped, start, stop),
		cmocka_unit_test_setup_teardown(subscribers_get_their_topics, start, stop),
		cmocka_unit_test_setup_teardown(a_large_answer_reaches_a_slow_but_willing_reader, start, stop),
		cmocka_unit_test_setup_teardown(a_call_outlives_its_client, start, stop),
		cmocka_unit_test(a_call_outlives_its_server),
		cmocka_unit_test_setup_teardown(only_a_dead_socket_is_removed, start, stop),
	};

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
