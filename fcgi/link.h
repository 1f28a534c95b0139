/* The one connection from this worker to the engine's control socket: requests are pipelined with ids, answers come in any
 * order, and nothing here ever waits. It connects when there is something to say and comes back by itself after a restart
 * of the engine. It knows nothing of HTTP. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/stamp.h"
#include "lib/control/codes.h"
#include "lib/control/message.h"

#define LINK_CALLS_MAX 1024
#define LINK_DEADLINE (5 * NANOS_SECOND)

struct link;
struct link_call;

struct link_answer {
	struct message_slice result;  /* raw JSON; at == NULL: it failed */
	struct control_fault fault;
};

/* Called exactly once, never from inside link_send; the slices live until it returns. CODE_TIMEOUT and CODE_ENGINE_DOWN come
 * after the request has left: the engine may have done what was asked. */
typedef void link_done(void *ctx, const struct link_answer *answer);

/* path = the control socket; it need not exist yet. epoll and tag: where the socket is waited for and under what name. */
int link_open(struct link **ret, const char *path, int epoll, uint64_t tag);
void link_close(struct link **l);

/* Is the engine there? Connects when it must. */
bool link_is_up(struct link *l, nanos_t now);

/* params: one JSON object without a line break. now: CLOCK_MONOTONIC ns. ERR_CLOSED the engine is not there, ERR_FULL too
 * many calls are out, ERR_NOMEM. */
int link_send(struct link *l, const char *method, const char *params, link_done *done, void *ctx, nanos_t now,
              struct link_call **ret);

/* The asker has gone: its answer is thrown away when it comes. */
void link_forget(struct link_call *call);

void link_ready(struct link *l, uint32_t events);   /* epoll said so */
void link_expire(struct link *l, nanos_t now);      /* fails the calls whose deadline has passed */
nanos_t link_next_deadline(const struct link *l);   /* STAMP_NEVER when no call is out */
