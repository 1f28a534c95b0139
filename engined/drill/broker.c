/* neosim beside the drill: started on 127.0.0.1 with ports of its own, asked for its ledger at the end. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "engined/drill/drill.h"
#include "lib/base/buf.h"

#define READY_MS   30000
#define ANSWER_MS  30000
#define LEDGER_MAX (64u << 20)

/* -- its first line ------------------------------------------------------------------------------------------------- */

/* All there is until `ms` pass without news, the peer closes, or (`line`) a line is whole. */
static bool receive(int fd, struct buf *to, int ms, bool line)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[16384];
	ssize_t n = 0;

	while (!to->failed && !(line && to->len && to->data[to->len - 1] == '\n')) {
		if (poll(&p, 1, ms) <= 0)
			return false;
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		buf_put(to, bytes, (size_t)n);
	}
	return n >= 0 && !to->failed && to->len > 0;
}

static int64_t whole(const cJSON *of, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(of, key);

	return cJSON_IsNumber(item) ? (int64_t)item->valuedouble : -1;
}

/* Times in nanoseconds are more than a double holds: these two are read off the text. */
static const char *after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? at + strlen(key) : "";
}

static bool take_ready(struct drill_broker *b, const struct buf *line)
{
	cJSON *root = cJSON_ParseWithLength(line->data, line->len);
	const cJSON *ca = cJSON_GetObjectItemCaseSensitive(root, "ca");
	long long from = strtoll(after(line->data, "\"virtual_ns\":"), NULL, 10), real = strtoll(after(line->data, "\"real_ns\":"), NULL, 10);

	b->port = (int)whole(root, "port");
	b->tls_port = (int)whole(root, "tls_port");
	snprintf(b->ca, sizeof(b->ca), "%s", cJSON_IsString(ca) ? ca->valuestring : "");
	snprintf(b->clock_text, sizeof(b->clock_text), "%lld,%lld,%lld", from, real, (long long)whole(root, "speed"));
	cJSON_Delete(root);
	return b->port > 0 && b->tls_port > 0 && b->ca[0] && clock_parse(b->clock_text, &b->clock) == 0;
}

bool drill_broker_start(struct drill_broker *b, const char *neosim, const char *dir, const char *at, uint64_t seed)
{
	char log[600], seed_text[24];
	const char *argv[] = { neosim, "--dir", dir, "--at", at, "--speed", "60", "--master-rows", "20000", "--cash", "50000000",
	                       "--seed", seed_text, NULL };
	const char *env[] = { "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL };
	struct buf line = { .limit = 4096 };
	int out[2];

	snprintf(log, sizeof(log), "%.500s/log", dir);
	snprintf(seed_text, sizeof(seed_text), "%llu", (unsigned long long)(seed % 1000000 + 1));
	if (pipe2(out, O_CLOEXEC) != 0)
		return false;
	b->pid = drill_child_start(argv, env, out[1], log);
	close(out[1]);
	bool good = b->pid > 0 && receive(out[0], &line, READY_MS, true) && take_ready(b, &line);
	close(out[0]); /* it says one line and no more */
	buf_done(&line);
	return good;
}

/* -- its ledger ----------------------------------------------------------------------------------------------------- */

static int connected(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Keeps the body alone. */
static bool take_body(struct buf *answer)
{
	char *body = answer->data ? strstr(answer->data, "\r\n\r\n") : NULL;

	if (!body || strncmp(answer->data, "HTTP/1.1 200 ", 13) != 0)
		return false;
	size_t head = (size_t)(body + 4 - answer->data);
	memmove(answer->data, answer->data + head, answer->len - head + 1);
	answer->len -= head;
	return true;
}

bool drill_broker_ledger(const struct drill_broker *b, struct buf *ret)
{
	static const char ask[] = "GET /sim/ledger HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
	int fd = connected(b->port);

	ret->limit = LEDGER_MAX;
	bool good = fd >= 0 && write(fd, ask, sizeof(ask) - 1) == (ssize_t)sizeof(ask) - 1 && receive(fd, ret, ANSWER_MS, false) && take_body(ret);
	if (fd >= 0)
		close(fd);
	return good;
}
