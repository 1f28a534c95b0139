#include "tests/neosim/sha1.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/obj.h"

#define BLOCK 64

static uint32_t rotate(uint32_t x, int by)
{
	return x << by | x >> (32 - by);
}

/* FIPS 180-4, 6.1.2: eighty rounds in four quarters, each with its function and constant. */
static void take_block(uint32_t h[5], const uint8_t *p)
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	int t;

	for (t = 0; t < 80; t++) {
		uint32_t f, k, next;

		if (t < 16)
			w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 | (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
		else
			w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
		f = t < 20 ? (b & c) | (~b & d) : t >= 40 && t < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
		k = t < 20 ? 0x5a827999u : t < 40 ? 0x6ed9eba1u : t < 60 ? 0x8f1bbcdcu : 0xca62c1d6u;
		next = rotate(a, 5) + f + e + k + w[t];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void sha1(const void *bytes, size_t len, uint8_t ret[SHA1_LEN])
{
	uint32_t h[5] = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
	uint8_t tail[2 * BLOCK] = {0};
	const uint8_t *p = bytes;
	size_t rest = len % BLOCK, tail_len = rest < 56 ? BLOCK : 2 * BLOCK, i;

	for (i = 0; i + BLOCK <= len; i += BLOCK)
		take_block(h, p + i);
	if (rest)
		memcpy(tail, p + i, rest);
	tail[rest] = 0x80;
	for (i = 0; i < 8; i++)
		tail[tail_len - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
	for (i = 0; i < tail_len; i += BLOCK)
		take_block(h, tail + i);
	for (i = 0; i < SHA1_LEN; i++)
		ret[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

void sha1_hmac(const void *key, size_t key_len, const void *bytes, size_t len, uint8_t ret[SHA1_LEN])
{
	uint8_t block[BLOCK] = {0}, outer[BLOCK + SHA1_LEN];
	uint8_t *inner = malloc(BLOCK + len);
	size_t i;

	assert(inner && key_len <= BLOCK);
	memcpy(block, key, key_len);
	for (i = 0; i < BLOCK; i++) {
		inner[i] = block[i] ^ 0x36;
		outer[i] = block[i] ^ 0x5c;
	}
	memcpy(inner + BLOCK, bytes, len);
	sha1(inner, BLOCK + len, outer + BLOCK);
	sha1(outer, sizeof(outer), ret);
	free(inner);
}

static size_t encode(const uint8_t *p, size_t len, const char *alphabet, char *ret)
{
	size_t i, n = 0;

	for (i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);

		ret[n++] = alphabet[v >> 18];
		ret[n++] = alphabet[v >> 12 & 63];
		if (i + 1 < len)
			ret[n++] = alphabet[v >> 6 & 63];
		if (i + 2 < len)
			ret[n++] = alphabet[v & 63];
	}
	ret[n] = 0;
	return n;
}

size_t base64_url(const void *bytes, size_t len, char *ret)
{
	return encode(bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", ret);
}

size_t base64(const void *bytes, size_t len, char *ret)
{
	size_t n = encode(bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", ret);

	while (n % 4)
		ret[n++] = '=';
	ret[n] = 0;
	return n;
}
