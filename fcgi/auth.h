/* Who sends a request? Only the engine knows tokens and sessions; this remembers its verdicts for a few seconds under a
 * keyed hash, so that a hot route does not ask for each request, and holds back an address that keeps guessing. It stores
 * no token and decides no right beyond comparing a role with the table's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/request.h"
#include "lib/base/buf.h"
#include "lib/base/stamp.h"
#include "lib/control/message.h"
#include "lib/control/table.h"

#define AUTH_REMEMBER (5 * NANOS_SECOND)
#define AUTH_SECRET_MAX 128    /* bytes of a token or cookie */
#define AUTH_FAILURES_MAX 10   /* refused credentials of one address in one second */

struct auth_cache;

enum auth_kind { AUTH_ABSENT, AUTH_TOKEN, AUTH_COOKIE };

struct credentials {
	enum auth_kind kind;
	char secret[AUTH_SECRET_MAX + 1]; /* wiped with auth_wipe */
};

struct principal {
	char name[64];            /* "token:admin", "session:..." */
	enum control_role role;
	char csrf[65];            /* "" for a token, which no browser sends by itself */
};

enum auth_verdict { AUTH_UNKNOWN, AUTH_KNOWN, AUTH_REFUSED };

int auth_cache_new(struct auth_cache **ret);
void auth_cache_free(struct auth_cache **c);

/* ERR_PARSE with the fault filled: not a bearer token, two cookies, too long. No credentials are no error. A request with
 * both counts as its token's, so that a script in a browser is not taken for the person. */
int auth_read(const struct request *r, struct credentials *ret, struct control_fault *ret_fault);
void auth_wipe(struct credentials *c);

enum auth_verdict auth_look_up(struct auth_cache *c, const struct credentials *who, nanos_t now, struct principal *ret);
/* p NULL: the engine refused. */
void auth_remember(struct auth_cache *c, const struct credentials *who, nanos_t now, const struct principal *p);
void auth_forget(struct auth_cache *c, const char *principal);

/* The params of auth.token, and its result. ERR_PARSE. */
void auth_put_question(const struct credentials *who, struct buf *out);
int auth_read_answer(struct message_slice result, struct principal *ret);

/* A refused credential is counted against its address; over the measure the address waits for the next second. */
void auth_count_failure(struct auth_cache *c, const char *address, nanos_t now);
bool auth_is_held_back(const struct auth_cache *c, const char *address, nanos_t now);

/* What a request of this principal may do: 0, or ERR_DENIED with the fault filled. A browser sends its cookie wherever a
 * page tells it to, so a change by cookie must also prove that it comes from our page. */
int auth_permits(const struct principal *p, const struct credentials *who, const struct request *r,
                 const struct control_command *command, struct control_fault *ret_fault);
/* A change asked for by a page of another site, whoever is signed in. */
bool auth_is_cross_site(const struct request *r);
