/* Is a whole FastCGI request waiting on a connection? libfcgi reads a request with blocking calls and trusts the lengths it
 * finds, so it is handed a request only when every byte of it has arrived and its framing is sound. This walks record
 * heads and pair lengths; names, values and bodies stay libfcgi's work. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RECORDS_PARAMS_MAX 32768              /* bytes of all parameters of a request */
#define RECORDS_PARAMS_COUNT_MAX 64
#define RECORDS_BODY_MAX 65536                /* bytes of body */
#define RECORDS_MAX (160 * 1024)              /* bytes of a whole request with record heads; a longer one is refused */

enum records_verdict { RECORDS_PARTIAL, RECORDS_WHOLE, RECORDS_BAD };

struct records {
	size_t length;   /* bytes of the request; bytes after it are pipelining, which FastCGI servers do not do */
	size_t body_len; /* bytes of body that were really sent, whatever CONTENT_LENGTH says */
};

/* *ret is set only for RECORDS_WHOLE, *ret_why (one constant sentence) only for RECORDS_BAD. */
enum records_verdict records_scan(const unsigned char *bytes, size_t len, struct records *ret, const char **ret_why);
