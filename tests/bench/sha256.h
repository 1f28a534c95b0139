/* SHA-256 of the trade list, by libsodium. */
#pragma once
#include <sodium.h>
#include <stdio.h>

static inline void sha256_hex(crypto_hash_sha256_state *s, char ret[65])
{
	unsigned char hash[32];

	crypto_hash_sha256_final(s, hash);
	for (int i = 0; i < 32; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}
