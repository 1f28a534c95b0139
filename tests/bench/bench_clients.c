/* Many clients of one web server, each asking again as soon as it has its answer; all connect at once, and their first wait counts.
 * Beside the wait in time it counts how many answers of others came meanwhile: first come, first served makes that the number of
 * clients, on a busy machine too. One JSON line.
 *
 *     bench_clients PORT PATH [CLIENTS [SECONDS]]       on 127.0.0.1, with the token of http_bench.sh; 1,000 and 2 if not given */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 4000
#define ANSWERS_MAX 4000000
#define ANSWER_SIZE 16384

struct client { int fd; int64_t asked_at; size_t answers_before, got; char data[ANSWER_SIZE]; };
struct answer { int64_t wait_ns; size_t overtaken; };

static struct client *clients;
static struct answer *answers;
static size_t n_answers, errors;
static char request[512];

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void give_up(const char *what)
{
	fprintf(stderr, "bench_clients: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void watch(int epoll, int operation, size_t i, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = i };

	if (epoll_ctl(epoll, operation, clients[i].fd, &event) != 0)
		give_up("epoll_ctl");
}

static void dial(int epoll, size_t i, int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	clients[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (clients[i].fd < 0)
		give_up("socket");
	if (connect(clients[i].fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS)
		give_up("connect");
	watch(epoll, EPOLL_CTL_ADD, i, EPOLLOUT);
}

static void ask(struct client *c)
{
	c->asked_at = now_ns();
	c->answers_before = n_answers;
	c->got = 0;
	if (send(c->fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		give_up("send");
}

/* Is the answer whole? One without a length is not what is measured here. */
static bool whole(struct client *c)
{
	char *body, *length;

	c->data[c->got] = '\0';
	body = strstr(c->data, "\r\n\r\n");
	if (!body)
		return false;
	length = strcasestr(c->data, "\r\nContent-Length: ");
	if (!length || length > body || strncmp(c->data, "HTTP/1.1 200", 12) != 0) {
		errno = EPROTO;
		give_up("answer");
	}
	return c->got >= (size_t)(body + 4 - c->data) + strtoul(length + 18, NULL, 10);
}

static void take(struct client *c)
{
	ssize_t n = recv(c->fd, c->data + c->got, ANSWER_SIZE - 1 - c->got, 0);

	if (n <= 0) {
		errors++;
		close(c->fd);
		return;
	}
	c->got += (size_t)n;
	if (!whole(c) || n_answers == ANSWERS_MAX)
		return;
	answers[n_answers] = (struct answer){ now_ns() - c->asked_at, n_answers - c->answers_before };
	n_answers++;
	ask(c);
}

/* Who is still without an answer at the end has waited too. */
static void run(int epoll, size_t count, int64_t lasts)
{
	int64_t from = now_ns(), until = from + lasts;
	struct epoll_event events[64];

	while (now_ns() < until) {
		int n = epoll_wait(epoll, events, 64, 100);

		for (int i = 0; i < n; i++) {
			struct client *c = &clients[events[i].data.u64];
			if (events[i].events & EPOLLIN || c->asked_at) {
				take(c);
			} else {
				watch(epoll, EPOLL_CTL_MOD, events[i].data.u64, EPOLLIN);
				ask(c);
			}
		}
	}
	size_t done = n_answers;
	for (size_t i = 0; i < count && n_answers < ANSWERS_MAX; i++)
		answers[n_answers++] = (struct answer){ now_ns() - (clients[i].asked_at ? clients[i].asked_at : from), done - clients[i].answers_before };
}

static int by_wait(const void *a, const void *b)
{
	int64_t x = ((const struct answer *)a)->wait_ns, y = ((const struct answer *)b)->wait_ns;

	return x < y ? -1 : x > y;
}

static int by_overtaken(const void *a, const void *b)
{
	size_t x = ((const struct answer *)a)->overtaken, y = ((const struct answer *)b)->overtaken;

	return x < y ? -1 : x > y;
}

static const struct answer *at(double part)
{
	return &answers[(size_t)(part * (double)(n_answers - 1))];
}

static void print(const char *path, size_t count, double rate)
{
	qsort(answers, n_answers, sizeof(*answers), by_wait);
	printf("{\"bench\":\"clients\",\"path\":\"%s\",\"clients\":%zu,\"per_s\":%.0f,\"errors\":%zu,\"wait_ms\":{\"p50\":%.1f,\"p99\":%.1f,\"max\":%.1f},",
	       path, count, rate, errors, (double)at(0.5)->wait_ns / 1e6, (double)at(0.99)->wait_ns / 1e6, (double)at(1)->wait_ns / 1e6);
	qsort(answers, n_answers, sizeof(*answers), by_overtaken);
	printf("\"overtaken\":{\"p50\":%zu,\"p99\":%zu,\"max\":%zu}}\n", at(0.5)->overtaken, at(0.99)->overtaken, at(1)->overtaken);
}

int main(int argc, char **argv)
{
	int port = argc > 2 ? atoi(argv[1]) : 0, count = argc > 3 ? atoi(argv[3]) : 1000, seconds = argc > 4 ? atoi(argv[4]) : 2;
	struct rlimit limit = { CLIENTS_MAX + 64, CLIENTS_MAX + 64 };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (argc < 3 || argc > 5 || port < 1 || port > 65535 || count < 1 || count > CLIENTS_MAX || seconds < 1 || seconds > 60) {
		fputs("bench_clients PORT PATH [CLIENTS [SECONDS]]\n", stderr);
		return 2;
	}
	int len = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer read-token\r\n\r\n", argv[2]);
	if (len < 0 || (size_t)len >= sizeof(request))
		return 2;
	clients = calloc((size_t)count, sizeof(*clients));
	answers = malloc(ANSWERS_MAX * sizeof(*answers));
	if (!clients || !answers || epoll < 0)
		give_up("start");
	setrlimit(RLIMIT_NOFILE, &limit); /* where it may not, a socket says so */
	for (int i = 0; i < count; i++)
		dial(epoll, (size_t)i, port);
	run(epoll, (size_t)count, (int64_t)seconds * 1000000000);
	print(argv[2], (size_t)count, (double)(n_answers - (size_t)count) / seconds);
	return errors > 0;
}
