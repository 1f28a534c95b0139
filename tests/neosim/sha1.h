/* SHA-1 and base64, for the websocket handshake and the one-time codes: the server shares neither OpenSSL's one-liners nor the client's
 * library for them, so both sides are checked against the specification. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA1_LEN 20
void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_LEN]);
void sha1_hmac(const void *key, size_t key_len, const void *bytes, size_t len, uint8_t ret[SHA1_LEN]);

/* Base64 with padding, or base64url without. `ret` takes BASE64_SIZE(len) bytes. */
#define BASE64_SIZE(len) (((len) + 2) / 3 * 4 + 1)
size_t base64(const void *bytes, size_t len, char *ret);
size_t base64_url(const void *bytes, size_t len, char *ret);
