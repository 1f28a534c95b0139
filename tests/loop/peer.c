#include "tests/loop/peer.h"

#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "tests/control/unit.h"

#define HANG_S 300 /* a test that waits for what never comes is killed, not waited for */

extern char **environ;

bool peer_start(struct peer *p, const char *const argv[])
{
	int in[2], out[2];
	char line[4096];
	posix_spawn_file_actions_t acts;

	*p = (struct peer){ 0 };
	alarm(HANG_S);
	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, in[0], 0);
	posix_spawn_file_actions_adddup2(&acts, out[1], 1);
	posix_spawn_file_actions_addclose(&acts, in[1]);
	posix_spawn_file_actions_addclose(&acts, out[0]);
	int failed = posix_spawnp(&p->pid, argv[0], &acts, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	close(in[0]);
	close(out[1]);
	p->input = in[1];
	FILE *f = fdopen(out[0], "r");
	if (!failed && fgets(line, sizeof(line), f))
		p->told = cJSON_Parse(line);
	fclose(f);
	if (!p->told) {
		if (!failed)
			peer_stop(p);
		return false;
	}
	p->port = peer_number(p, "port");
	p->tls_port = peer_number(p, "tls_port");
	return true;
}

void peer_stop(struct peer *p)
{
	close(p->input);
	kill(p->pid, SIGTERM);
	waitpid(p->pid, NULL, 0);
	cJSON_Delete(p->told);
	p->told = NULL;
}

struct peer peer;

int peer_group_setup(void **state)
{
	const char *script = getenv("SAUDA_PEER"), *argv[] = { "python3", script ? script : "../loop/peer.py", NULL };

	(void)state;
	return peer_start(&peer, argv) ? 0 : -1;
}

int peer_group_teardown(void **state)
{
	(void)state;
	peer_stop(&peer);
	return 0;
}

unsigned peer_number(const struct peer *p, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(p->told, key);

	return cJSON_IsNumber(item) ? (unsigned)item->valuedouble : 0;
}

const char *peer_text(const struct peer *p, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(p->told, key));
}

static int connect_plain(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

cJSON *peer_ask(const struct peer *p, const char *method, const char *target, const char *body)
{
	struct buf b = { 0 };
	char bytes[4096];
	ssize_t n;
	int fd = connect_plain(p->port);

	buf_printf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	           method, target, body ? strlen(body) : 0, body ? body : "");
	assert_int_equal(write(fd, b.data, b.len), b.len);
	buf_clear(&b);
	shutdown(fd, SHUT_WR);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buf_put(&b, bytes, (size_t)n);
	close(fd);
	char *start = b.data ? strstr(b.data, "\r\n\r\n") : NULL;
	cJSON *json = start ? cJSON_Parse(start + 4) : NULL;
	buf_done(&b);
	return json;
}

void peer_script(const struct peer *p, const char *path, const char *steps)
{
	struct buf b = { 0 };

	buf_printf(&b, "{\"path\":\"%s\",\"steps\":%s}", path, steps);
	cJSON *json = peer_ask(p, "POST", "/script", b.data);
	assert_non_null(json);
	cJSON_Delete(json);
	buf_done(&b);
}

cJSON *peer_requests(const struct peer *p)
{
	cJSON *json = peer_ask(p, "GET", "/requests", NULL);

	assert_true(cJSON_IsArray(json));
	return json;
}

unsigned peer_count(const struct peer *p, const char *prefix)
{
	cJSON *all = peer_requests(p);
	const cJSON *one;
	unsigned n = 0;

	cJSON_ArrayForEach(one, all)
		n += strncmp(cJSON_GetStringValue(cJSON_GetObjectItem(one, "target")), prefix, strlen(prefix)) == 0;
	cJSON_Delete(all);
	return n;
}

void peer_forget(const struct peer *p)
{
	cJSON_Delete(peer_ask(p, "DELETE", "/requests", NULL));
}
