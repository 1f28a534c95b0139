/* One hash over records in their order, whatever the batches they came in: two runs that recorded the same have the same.
 * The chain's hash also covers batches and what was durable when, which is the machine's doing; this one is the history's. */
#pragma once

#include <sodium.h>

#include "lib/journal/journal.h"

static inline void journal_digest_begin(crypto_generichash_state *d)
{
	crypto_generichash_init(d, NULL, 0, JOURNAL_HASH);
}

static inline void journal_digest_add(crypto_generichash_state *d, const struct record *head, const void *payload, size_t len)
{
	crypto_generichash_update(d, (const unsigned char *)head, sizeof(*head));
	crypto_generichash_update(d, payload, len);
}

static inline void journal_digest_end(crypto_generichash_state *d, uint8_t ret[JOURNAL_HASH])
{
	crypto_generichash_final(d, ret, JOURNAL_HASH);
}
