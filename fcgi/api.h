/* From one HTTP request to one answer: route, who, may they, parameters, then the snapshot or one control command. It
 * waits for nothing: an answer that needs the engine arrives in a later turn. No trading rule lives here, and no number is
 * made here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fcgi/auth.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/route.h"
#include "lib/base/buf.h"
#include "lib/base/stamp.h"

struct api;
struct link;
struct link_call;

#define EXCHANGE_MAGIC 0x45786368
#define REQUEST_ID_MAX 33

/* Zero it, set magic, api, done and ctx once; its buffers are used again for each request. */
struct exchange {
	uint32_t magic;
	struct api *api;
	void (*done)(void *ctx);       /* the reply is ready; may be called from inside api_begin */
	void *ctx;

	struct request request;
	struct route route;
	struct credentials credentials;
	struct principal principal;    /* role ROLE_NONE: a stranger */
	struct buf body;               /* what was sent, put here by the caller */
	struct buf params;
	struct reply reply;
	struct link_call *call;        /* out at the engine, or NULL */
	char request_id[REQUEST_ID_MAX];
};

/* snapshot_path: engined's snapshot file; it need not exist yet. The link stays the caller's. */
int api_open(struct api **ret, const char *snapshot_path, struct link *link);
void api_close(struct api **a);

/* env: the FastCGI parameters, alive until done or api_abandon. now: CLOCK_MONOTONIC ns. */
void api_begin(struct exchange *x, char *const *env, nanos_t now);
/* The client has gone; done will not be called. A command that has been sent is carried out all the same. */
void api_abandon(struct exchange *x);
void exchange_done(struct exchange *x);  /* frees what it holds */
