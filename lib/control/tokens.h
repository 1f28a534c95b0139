/* Who somebody is: bearer tokens from a file, one-time login links and browser sessions in memory. engined owns one
 * struct auth; the FastCGI worker asks it through the socket and holds no secret. Nothing secret is kept in clear: tokens,
 * codes and cookies are stored as BLAKE2b hashes and compared in constant time. No clock here: now = CLOCK_MONOTONIC ns.
 *
 * Token file, mode 0600 (or 0640), one token a line, `#` comments:
 *     NAME ROLE blake2b:64-HEX-DIGITS      a random token of 256 bits
 *     NAME ROLE $argon2id$...              a chosen one; presented as NAME:SECRET, since trying it costs 0.1 s
 * NAME: 1-31 letters, digits, '-', '_'. ROLE: read, trade or admin. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/stamp.h"
#include "lib/control/table.h"

#define AUTH_SECRET_TEXT 65            /* 256 random bits in hex, and a NUL: token, cookie, code, CSRF token */
#define AUTH_LINK_LIFE    (15 * NANOS_MINUTE)
#define AUTH_SESSION_IDLE NANOS_HOUR
#define AUTH_SESSION_LIFE (12 * NANOS_HOUR)
#define AUTH_SESSIONS 8                /* the longest idle makes room */
#define AUTH_LINKS 8
#define AUTH_TOKENS 32

struct auth;

struct auth_who {
	char principal[64];            /* "token:NAME" or "session:16-HEX-DIGITS" */
	enum control_role role;
	char csrf[AUTH_SECRET_TEXT];   /* of a session; "" for a token */
};

/* path NULL = no token file, tokens are then refused and links work. On failure why names file, line and remedy. */
int auth_open(struct auth **ret, const char *path, char *why, size_t why_size);
void auth_close(struct auth **a);
/* Reads the file again; on failure the old tokens stay. */
int auth_reload(struct auth *a, char *why, size_t why_size);

/* ERR_DENIED; ERR_AGAIN = chosen tokens are tried at most once a second. */
int auth_token_check(struct auth *a, const char *token, nanos_t now, struct auth_who *ret);
/* A new random token and the line for the token file. */
int auth_token_make(const char *name, enum control_role role, char token[AUTH_SECRET_TEXT], struct buf *ret_line);

void auth_link_new(struct auth *a, enum control_role role, nanos_t now, char code[AUTH_SECRET_TEXT]);
/* Works once. ERR_DENIED when the code is unknown, used or expired. */
int auth_link_use(struct auth *a, const char *code, nanos_t now, char cookie[AUTH_SECRET_TEXT], struct auth_who *ret);

int auth_cookie_check(struct auth *a, const char *cookie, nanos_t now, struct auth_who *ret); /* ERR_DENIED */
/* The session of a principal "session:..."; ERR_NOENT for anybody else. */
int auth_session_find(struct auth *a, const char *principal, nanos_t now, struct auth_who *ret);
int auth_logout(struct auth *a, const char *principal); /* ERR_NOENT */
