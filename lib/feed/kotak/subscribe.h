/* What is asked of the feed, and what it says it gave: frames of at most 500 tokens by level, acknowledgements compared with the master, and a
 * second request for what stays silent. */
#pragma once

#include "lib/feed/kotak/universe.h"

typedef bool subscribe_send(void *ctx, const char *text, size_t len);

/* A new connection: the server has forgotten everything. */
void subscribe_forget(struct universe *u);
/* Requests for every slot that has none yet. Returns how many went out. */
uint32_t subscribe_missing(struct universe *u, nanos_t now, subscribe_send *send, void *ctx);
/* Slots whose first packet is `wait` overdue, and indices that fell silent while `indices` are computed, lose their mark, so that subscribe_missing() asks again; each at most
 * once in six times `wait`. Returns how many. */
uint32_t subscribe_silent(struct universe *u, nanos_t now, nanos_t wait, bool indices);

enum subscribe_ack { ACK_RIGHT, ACK_FOREIGN /* we know no such key */, ACK_WRONG /* the token is another instrument's: it is blocked now */ };
enum subscribe_ack subscribe_symbol(struct universe *u, const char *key, const char *symbol, const struct universe_slot **ret);
