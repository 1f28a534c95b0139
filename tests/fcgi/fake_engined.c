/* A stand-in for engined: speaks the control socket and publishes the snapshot, answers every method with what it was asked,
 * and misbehaves on demand. The demands are strategy ids of `strategy`:
 *   slow     no answer         die      exits without one      garbage  a line that is no JSON, then no answer
 *   huge     2 MiB of answer   freeze   stops the heartbeat    thaw     starts it again
 *   unready  readyz says no    ready    readyz says yes        withdraw `balance` leaves the snapshot
 * It shares the line and snapshot code with engined and no more. Usage: fake_engined RUNTIME */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/control/codes.h"
#include "lib/control/frame.h"
#include "lib/control/message.h"
#include "lib/control/snapshot.h"
#include "lib/control/table.h"

#define CLIENTS 8

struct client { int fd; struct frame in; struct buf out; };

static struct client clients[CLIENTS];
static struct snapshot_writer *snapshot;
static bool frozen, ready = true;
static unsigned long lines;

/* -- snapshot ------------------------------------------------------------------------------------------------------ */

static void balance_body(struct json *j)
{
	json_object(j, NULL);
	json_str(j, "mode", "paper");
	json_str(j, "source", "paper");
	json_bool(j, "broker_connected", true);
	snapshot_put_age(j, "age_ms", 12);
	json_decimal(j, "capital", 150000000);
	json_decimal(j, "cash_free", 123456700);
	json_decimal(j, "used", 26543300);
	json_decimal(j, "realised", -1250050);
	json_decimal(j, "unrealised", 33500);
	json_null(j, "charges");
	json_bool(j, "charges_complete", false);
	json_decimal(j, "equity", 148783450);
	json_decimal(j, "day_pnl", -1216550);
	json_object_end(j);
}

static void ready_body(struct json *j)
{
	json_object(j, NULL);
	json_bool(j, "ready", ready);
	json_array(j, "reasons");
	if (!ready) {
		json_object(j, NULL);
		json_str(j, "code", "paused");
		json_str(j, "text", "entries are paused by uid:0");
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static void put_body(enum command_id id, struct buf *out)
{
	struct json j;

	json_begin(&j, out);
	if (id == CTL_BALANCE) {
		balance_body(&j);
	} else if (id == CTL_READY) {
		ready_body(&j);
	} else if (id == CTL_METRICS) {
		json_str(&j, NULL, "# TYPE sauda_up gauge\nsauda_up 1\n");
	} else {
		json_object(&j, NULL);
		json_str(&j, "method", control_command(id)->method);
		if (id == CTL_HEALTH)
			json_bool(&j, "alive", true);
		json_object_end(&j);
	}
}

static void publish(void)
{
	nanos_t now = snapshot_clock();
	struct buf body = { 0 };

	for (int id = 0; id < CTL_COUNT; id++) {
		if (!control_command((enum command_id)id)->hot)
			continue;
		buf_clear(&body);
		put_body((enum command_id)id, &body);
		snapshot_publish(snapshot, (enum command_id)id, body.data, body.len, 1, now);
	}
	snapshot_beat(snapshot, now);
	buf_done(&body);
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static void fail(struct client *c, const char *id, enum control_code code, const char *detail)
{
	struct control_fault f;

	control_fault_set(&f, code, NULL, "%s", detail);
	message_put_fault(&c->out, id, &f);
}

static const char *text_of(const cJSON *params, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(params, name));

	return text ? text : "";
}

static void put_identity(struct client *c, const char *id, const char *role, bool session, bool with_cookie)
{
	struct buf body = { 0 };
	char text[64];
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	snprintf(text, sizeof(text), "%s:%s", session ? "session" : "token", role);
	json_str(&j, "principal", text);
	json_str(&j, "role", role);
	snprintf(text, sizeof(text), "csrf-%s", role);
	json_str(&j, "csrf", session ? text : "");
	if (with_cookie)
		json_str(&j, "cookie", "admin-cookie");
	json_object_end(&j);
	message_put_result(&c->out, id, body.data, body.len);
	buf_done(&body);
}

static void answer_identity(struct client *c, const struct message *m)
{
	const char *token = text_of(m->params, "token"), *cookie = text_of(m->params, "cookie");
	static const char *const roles[] = { "read", "trade", "admin" };
	char wanted[32];

	for (size_t i = 0; i < 3; i++) {
		snprintf(wanted, sizeof(wanted), "%s-%s", roles[i], *token ? "token" : "cookie");
		if (strcmp(*token ? token : cookie, wanted) == 0) {
			put_identity(c, m->id, roles[i], !*token, false);
			return;
		}
	}
	fail(c, m->id, CODE_UNAUTHENTICATED, "nobody's");
}

/* What was asked, so that a test sees what passed through. */
static void answer_echo(struct client *c, const struct message *m)
{
	char *params = m->params ? cJSON_PrintUnformatted(m->params) : NULL;
	struct buf body = { 0 };
	struct json j;

	json_begin(&j, &body);
	json_object(&j, NULL);
	json_str(&j, "method", m->method);
	json_raw(&j, "params", params ? params : "null");
	json_uint(&j, "lines", lines);
	json_raw(&j, "exact", "15000.00");
	json_object_end(&j);
	message_put_result(&c->out, m->id, body.data, body.len);
	buf_done(&body);
	free(params);
}

static void answer_huge(struct client *c, const struct message *m)
{
	struct buf body = { 0 };

	buf_puts(&body, "{\"items\":[0");
	while (body.len < 2 * 1024 * 1024)
		buf_puts(&body, ",1234567890");
	buf_puts(&body, "]}");
	message_put_result(&c->out, m->id, body.data, body.len);
	buf_done(&body);
}

static void answer_strategy(struct client *c, const struct message *m)
{
	const char *demand = text_of(m->params, "id");

	if (strcmp(demand, "slow") == 0)
		return;
	if (strcmp(demand, "die") == 0)
		_exit(9);
	if (strcmp(demand, "garbage") == 0) {
		buf_puts(&c->out, "{{{ no answer\n");
		return;
	}
	if (strcmp(demand, "huge") == 0) {
		answer_huge(c, m);
		return;
	}
	frozen = strcmp(demand, "freeze") == 0 ? true : strcmp(demand, "thaw") == 0 ? false : frozen;
	ready = strcmp(demand, "unready") == 0 ? false : strcmp(demand, "ready") == 0 ? true : ready;
	if (strcmp(demand, "withdraw") == 0)
		snapshot_withdraw(snapshot, CTL_BALANCE);
	else if (!frozen)
		publish();
	answer_echo(c, m);
}

static void answer(struct client *c, const struct message *m)
{
	lines++;
	if (strcmp(m->method, "auth.token") == 0)
		answer_identity(c, m);
	else if (strcmp(m->method, "auth.link") == 0 && strcmp(text_of(m->params, "code"), "good") == 0)
		put_identity(c, m->id, "admin", true, true);
	else if (strcmp(m->method, "auth.link") == 0)
		fail(c, m->id, CODE_LINK_USED, "used");
	else if (strcmp(m->method, "strategy") == 0)
		answer_strategy(c, m);
	else if (strcmp(m->method, "resume") == 0 && strcmp(text_of(m->params, "reason"), "latched") == 0)
		fail(c, m->id, CODE_KILL_LATCHED, "flatten is latched");
	else
		answer_echo(c, m);
}

/* -- sockets ------------------------------------------------------------------------------------------------------- */

static void close_client(struct client *c)
{
	close(c->fd);
	frame_done(&c->in);
	buf_done(&c->out);
	*c = (struct client){ .fd = -1 };
}

static void read_client(struct client *c)
{
	char *line, id[MESSAGE_ID_MAX];
	struct control_fault f;
	struct message m;
	size_t room, len;
	char *space = frame_space(&c->in, &room);
	ssize_t n = read(c->fd, space, room);

	if (n <= 0) {
		close_client(c);
		return;
	}
	frame_filled(&c->in, (size_t)n);
	while (frame_line(&c->in, &line, &len) > 0) {
		if (message_parse(line, len, &m, id, &f) != 0) {
			message_put_fault(&c->out, id, &f);
			continue;
		}
		answer(c, &m);
		message_done(&m);
	}
}

static void write_client(struct client *c)
{
	ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN) {
		close_client(c);
		return;
	}
	n = n < 0 ? 0 : n;
	memmove(c->out.data, c->out.data + n, c->out.len - (size_t)n);
	c->out.len -= (size_t)n;
}

static void accept_client(int listener)
{
	int fd = accept(listener, NULL, NULL);

	for (size_t i = 0; fd >= 0 && i < CLIENTS; i++) {
		if (clients[i].fd < 0) {
			clients[i] = (struct client){ .fd = fd };
			return;
		}
	}
	close(fd);
}

static void turn(int listener)
{
	struct pollfd fds[CLIENTS + 1];

	for (size_t i = 0; i < CLIENTS; i++)
		fds[i] = (struct pollfd){ clients[i].fd, (short)(POLLIN | (clients[i].out.len ? POLLOUT : 0)), 0 };
	fds[CLIENTS] = (struct pollfd){ listener, POLLIN, 0 };
	poll(fds, CLIENTS + 1, 200);
	for (size_t i = 0; i < CLIENTS; i++) {
		if (clients[i].fd >= 0 && fds[i].revents & (POLLIN | POLLHUP))
			read_client(&clients[i]);
		if (clients[i].fd >= 0 && clients[i].out.len)
			write_client(&clients[i]);
	}
	if (fds[CLIENTS].revents & POLLIN)
		accept_client(listener);
}

static int open_listener(const char *runtime)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/control.sock", runtime);
	unlink(address.sun_path);
	return fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 16) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
	char path[256];
	nanos_t published = 0;

	if (argc != 2) {
		fputs("usage: fake_engined RUNTIME\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	snprintf(path, sizeof(path), "%s/snapshot", argv[1]);
	int listener = open_listener(argv[1]);
	if (listener < 0 || snapshot_create(&snapshot, path, (uint64_t)getpid()) != 0) {
		fprintf(stderr, "fake_engined: cannot serve in %s\n", argv[1]);
		return 1;
	}
	publish();
	puts("ready");
	fflush(stdout);
	for (;;) {
		turn(listener);
		if (!frozen && snapshot_clock() - published > 200 * NANOS_MS) {
			published = snapshot_clock();
			publish();
		}
	}
}
