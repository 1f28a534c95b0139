/* One-time codes (RFC 6238: SHA-1, 6 digits, 30 s), by liboath. kotak-neo-api.md 1.2: never the same code twice, never near a step's edge. */
#pragma once

#include <stddef.h>

#include "lib/base/stamp.h"

#define TOTP_TEXT 7
/* The secret as people write it: lower case, blanks, missing padding. ERR_PARSE for what is not base32, ERR_RANGE when too long. */
int totp_decode(const char *secret, unsigned char *ret, size_t size, size_t *ret_len);
int totp_code(const unsigned char *secret, size_t len, nanos_t at, char ret[TOTP_TEXT]);
/* When a code may be sent next: now, unless less than 3 s of the step remain or the step's code was used at `used` (0 = none; two minutes ahead or
 * more: by a clock that was wrong, and of no interest). */
nanos_t totp_ready_at(nanos_t now, nanos_t used);
