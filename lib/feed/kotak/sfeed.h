/* SFeed packets (kotak-neo-api.md 4.6, 4.7): bytes to structs, validated, without allocation or copies of the frame. Prices leave in 1/10,000 rupee. Lying lengths and
 * counts, unknown codes and torn tails are told apart and counted, never believed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/num.h"
#include "lib/core/event.h"

enum sfeed_kind { SFEED_MINI, SFEED_INDEX, SFEED_PICTURE, SFEED_STATUS, SFEED_AUCTION, SFEED_OTHER /* well-formed, not for us */, SFEED_KINDS };
#define SFEED_EXCHANGES 11
struct sfeed_scale { int64_t divider[SFEED_EXCHANGES]; }; /* by exchange id; 100 where the server named none */
void sfeed_scale_init(struct sfeed_scale *s);

struct sfeed_packet {
	uint8_t kind, exchange, level, sequence;
	uint32_t token;
	int64_t trade_time;              /* epoch s; 0 = never */
	price_t last, close, open, high, low, average, circuit_low, circuit_high;
	qty_t last_qty;
	int64_t volume, oi, total_buy, total_sell;
	uint32_t lot;
	uint16_t status;                 /* of SFEED_STATUS: code of section 4.7 */
	uint8_t n_bid, n_ask;            /* rows filled in, at most DEPTH_LEVELS */
	struct depth_level bid[DEPTH_LEVELS], ask[DEPTH_LEVELS];
	const char *name; size_t name_len; /* of SFEED_INDEX: points into the frame */
};
struct sfeed_counts { uint64_t frames, packets[SFEED_KINDS], torn, short_packet, bad_price, bad_count; };

/* Walks a frame: each whole packet of a kind we know goes to take(); SFEED_OTHER is only counted. Returns the number of packets taken; what was wrong is in
 * counts. bad_price: a price that is negative or not exact in 1/10,000 (the average alone is a quotient and is rounded); bad_count: a quantity or volume that is
 * negative or absurd, row counts that promise more than the packet holds. Such a packet is dropped; a torn one ends its frame.
 * SFEED_AUCTION: last = reference price, total_buy = imbalance, total_sell = imbalance at market, both signed. */
typedef void sfeed_take(void *ctx, const struct sfeed_packet *p);
size_t sfeed_decode(const struct sfeed_scale *scale, const void *frame, size_t len, sfeed_take *take, void *ctx, struct sfeed_counts *counts);

/* Control frames of the server, and ours. */
enum sfeed_message { SFEED_MSG_OTHER, SFEED_MSG_GREETING /* 1119 */, SFEED_MSG_ACCEPTED /* 1117 */, SFEED_MSG_REFUSED /* 1120 */, SFEED_MSG_ACK /* 1109 */, SFEED_MSG_FORMAT /* not native_batch: fatal */, SFEED_MSG_BAD };
/* Stores dividers from a greeting or acceptance; for an ack calls symbol(key "nse_fo|56526", trading symbol) for each entry, whichever of the two shapes.
 * SFEED_MSG_BAD: not JSON, or exchanges that cannot be right; then the scale is untouched. `reason` is "" when all is well, else a sentence. */
enum sfeed_message sfeed_message(const char *text, size_t len, struct sfeed_scale *scale,
                                 void (*symbol)(void *ctx, const char *key, const char *trading_symbol), void *ctx, char reason[96]);
struct buf;
void sfeed_auth(const char *ucc, const char *sid, nanos_t now, struct buf *out);
#define SFEED_TOKENS_MAX 3000      /* (token, level) pairs of one connection */
#define SFEED_TOKENS_PER_FRAME 500
