/* The control socket's round trip beside a bare epoll server that sends the same bytes: what parsing, authority, dispatch and the
 * loop cost. Alternating, one request out at a time, so that both see the same machine. One JSON line.
 *
 *     bench_control CONTROL_SOCKET [METHOD [ROUNDS]]       METHOD without parameters, `balance` if not given */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAX (256 * 1024)
#define BLOCK 200  /* round trips of one side before the other's turn */
#define WARM_UP 500

static char answer[ANSWER_MAX];

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void give_up(const char *what)
{
	fprintf(stderr, "bench_control: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "bench_control: %s: too long for a socket\n", path);
		exit(2);
	}
	strcpy(address.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		give_up(path);
	return fd;
}

/* Sends a line and takes a line; the answer's length. */
static size_t round_trip(int fd, const char *request, size_t len)
{
	size_t got = 0;

	if (send(fd, request, len, MSG_NOSIGNAL) != (ssize_t)len)
		give_up("send");
	do {
		ssize_t n = recv(fd, answer + got, sizeof(answer) - got, 0);

		if (n <= 0)
			give_up("recv");
		got += (size_t)n;
	} while (answer[got - 1] != '\n');
	return got;
}

/* -- the bare server ------------------------------------------------------------------------------------------------------ */

static void serve(int fd, size_t request_len, const char *reply, size_t reply_len)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	char buf[4096];
	size_t got = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		_exit(1);
	while (epoll_wait(epoll, &event, 1, -1) == 1) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n <= 0)
			break;
		for (got += (size_t)n; got >= request_len; got -= request_len)
			if (send(fd, reply, reply_len, MSG_NOSIGNAL) != (ssize_t)reply_len)
				_exit(1);
	}
	_exit(0);
}

/* The parent's end. */
static int start_bare(size_t request_len, const char *reply, size_t reply_len, pid_t *ret_pid)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || (*ret_pid = fork()) < 0)
		give_up("fork");
	if (*ret_pid == 0) {
		close(pair[0]);
		serve(pair[1], request_len, reply, reply_len);
	}
	close(pair[1]);
	return pair[0];
}

/* -- figures ---------------------------------------------------------------------------------------------------------------- */

struct series { int64_t *ns; size_t n; };

static void measure(struct series *s, int fd, const char *request, size_t len)
{
	for (int i = 0; i < BLOCK; i++) {
		int64_t from = now_ns();

		round_trip(fd, request, len);
		s->ns[s->n++] = now_ns() - from;
	}
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static double at(const struct series *s, double part)
{
	return (double)s->ns[(size_t)(part * (double)(s->n - 1))] / 1000;
}

static void print(const char *method, size_t bytes, struct series *engine, struct series *bare)
{
	qsort(engine->ns, engine->n, sizeof(*engine->ns), ascending);
	qsort(bare->ns, bare->n, sizeof(*bare->ns), ascending);
	printf("{\"bench\":\"control\",\"method\":\"%s\",\"answer_bytes\":%zu,\"round_trips\":%zu,\"engine_us\":{\"p50\":%.1f,\"p99\":%.1f},"
	       "\"bare_us\":{\"p50\":%.1f,\"p99\":%.1f},\"ratio_p50\":%.2f,\"ratio_p99\":%.2f}\n",
	       method, bytes, engine->n, at(engine, 0.5), at(engine, 0.99), at(bare, 0.5), at(bare, 0.99),
	       at(engine, 0.5) / at(bare, 0.5), at(engine, 0.99) / at(bare, 0.99));
}

int main(int argc, char **argv)
{
	const char *method = argc > 2 ? argv[2] : "balance";
	int rounds = argc > 3 ? atoi(argv[3]) : 50;
	char request[256];
	pid_t child;

	if (argc < 2 || argc > 4 || rounds < 1 || rounds > 10000) {
		fputs("bench_control CONTROL_SOCKET [METHOD [ROUNDS]]\n", stderr);
		return 2;
	}
	int len = snprintf(request, sizeof(request), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}\n", method);
	if (len < 0 || (size_t)len >= sizeof(request))
		return 2;
	int engine = dial(argv[1]);
	size_t bytes = round_trip(engine, request, (size_t)len);
	char *reply = malloc(bytes);
	size_t room = (size_t)rounds * BLOCK;
	struct series e = { malloc(room * sizeof(int64_t)), 0 }, b = { malloc(room * sizeof(int64_t)), 0 };
	if (!reply || !e.ns || !b.ns)
		give_up("malloc");
	memcpy(reply, answer, bytes);
	int bare = start_bare((size_t)len, reply, bytes, &child);
	for (int i = 0; i < WARM_UP; i++) {
		round_trip(engine, request, (size_t)len);
		round_trip(bare, request, (size_t)len);
	}
	for (int i = 0; i < rounds; i++) {
		measure(&e, engine, request, (size_t)len);
		measure(&b, bare, request, (size_t)len);
	}
	print(method, bytes, &e, &b);
	close(bare);
	waitpid(child, NULL, 0);
	free(reply);
	free(e.ns);
	free(b.ns);
	return 0;
}
