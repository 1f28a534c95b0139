/* The control socket of engined: a Unix stream socket on the loop. It parses, knows who asks, checks role and parameters,
 * and hands a call to its handler; what a command means is not its business. It never waits for a client: one that does
 * not read is dropped. Loop thread only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/histogram.h"
#include "lib/control/codes.h"
#include "lib/control/params.h"
#include "lib/control/table.h"

struct uv_loop_s;
struct control_server;

#define CONTROL_PRINCIPAL_MAX 64
#define CONTROL_REQUEST_ID_MAX 65

/* One command on its way. The handler answers exactly once with control_reply or control_fail, now or in a later turn;
 * the call lives until then, also when its client hangs up or the server closes, and is gone afterwards. */
struct control_call {
	uint32_t magic;
	const struct control_command *command;
	struct control_args args;
	enum control_role role;
	char principal[CONTROL_PRINCIPAL_MAX]; /* "uid:1000", or whom engine-api speaks for: "token:admin" */
	char request_id[CONTROL_REQUEST_ID_MAX]; /* "" = none was given */
};

typedef void control_handler(void *ctx, struct control_call *call);

/* The same from inside the process, for whoever speaks for a person in another way than by a socket: the command as a line of JSON-RPC, the same
 * checks of role and parameters, the same handler. told() is called exactly once, perhaps at once, with one of the two. */
typedef void control_told(void *ctx, const struct buf *result, const struct control_fault *fault);
struct control_local { const char *line; enum control_role role; const char *principal; control_told *told; void *told_ctx; };
void control_local(control_handler *const *handlers, void *ctx, const struct control_local *l);

struct control_server_options {
	struct uv_loop_s *loop;
	const char *path;
	/* [CTL_COUNT], kept and not copied; NULL answers `unavailable`, CTL_SUBSCRIBE is the server's own. */
	control_handler *const *handlers;
	void *ctx;

	/* For tests; 0 or NULL = the standard. */
	int (*peer_uid)(int fd, uid_t *ret); /* 0 or -1 */
	unsigned clients_max;                /* 64 */
	unsigned half_line_ms;               /* 30,000 */
	size_t backlog_max;                  /* 1 MiB waiting for a reader when more comes: dropped */
};

/* Listens, mode 0660, and ignores SIGPIPE for the process. A socket file that nobody
 * answers on is removed. ERR_BUSY when an engine answers there, ERR_EXIST when the path is no socket, ERR_RANGE path too
 * long, else the system's error; why holds the sentence. */
int control_server_open(struct control_server **ret, const struct control_server_options *o, char *why, size_t why_size);
/* Removes the socket file and closes all; the loop must turn until it is done (uv_run). Calls still out may be answered
 * afterwards, to nobody. */
void control_server_close(struct control_server **s);

/* The result is one JSON value; its bytes are copied and the buf stays the caller's. A failed buf answers `internal`. */
void control_reply(struct control_call *call, const struct buf *result);
void control_fail(struct control_call *call, enum control_code code, const char *detail);
void control_fail_with(struct control_call *call, const struct control_fault *f);

/* To every subscriber of the topic (a word of letters, digits, '.', '_' or '-'): one line
 * {"jsonrpc":"2.0","method":"notice","params":{"topic":"...","data":...}}. */
void control_publish(struct control_server *s, const char *topic, const struct buf *data);
bool control_has_subscriber(const struct control_server *s, const char *topic);

/* unsent: clients that have not taken all of their answers yet. */
struct control_server_stats { unsigned clients, subscribers, calls, unsent; uint64_t accepted, refused, dropped, requests, faults; };
struct control_server_stats control_server_stats(const struct control_server *s);
/* From a command's line to its answer. */
const struct histogram *control_server_service(const struct control_server *s);
