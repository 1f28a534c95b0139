/* One HTTP request as nginx's parameters tell it, with every member checked to be present once and well-formed. Whoever can
 * connect to the socket may claim any parameter, so nothing here is trusted to say who somebody is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/control/codes.h"

#define REQUEST_PATH_MAX 256     /* bytes of a path; every route is far shorter */
#define REQUEST_QUERY_MAX 2048
#define REQUEST_BODY_MAX 65536

/* Texts live as long as the FastCGI request; an absent one is NULL. */
struct request {
	const char *method, *target;
	const char *content_length, *content_type;
	const char *authorization, *cookie, *csrf, *idempotency_key, *fetch_site;
	const char *remote_addr, *https;
	char path[REQUEST_PATH_MAX + 1];  /* decoded; no empty, "." or ".." part, no encoded slash, no control character */
	const char *query;                /* still encoded; "" when there is none */
};

/* env: "NAME=value" texts, NULL at the end. ERR_PARSE or ERR_RANGE with the fault filled. */
int request_read(char *const *env, struct request *ret, struct control_fault *ret_fault);

/* Does what CONTENT_LENGTH claims equal what was sent, and may this request have a body at all? */
int request_check_body(const struct request *r, size_t sent, struct control_fault *ret_fault);

/* The cookie's value by name, *ret_len 0 when it is not there. ERR_EXIST when it is there twice. */
int request_cookie(const struct request *r, const char *name, const char **ret, size_t *ret_len);

/* Decodes %XX strictly from at[0..len): out holds len + 1 bytes. plus: '+' is a space. -1 for a bad escape or a NUL,
 * else the decoded length. */
int request_decode(const char *at, size_t len, bool plus, char *out);
