/* Kotak Neo behind the broker port. What the book, the feed and the answers say about an order is merged without regard to their order (order_merge.h), fills come from
 * the trade book by their ids, and an outcome that is not known stays unknown until the broker's own books prove what it was. */
#pragma once

#include "lib/base/histogram.h"
#include "lib/broker/broker.h"
#include "lib/core/core.h"
#include "lib/kotak/master.h"
#include "lib/kotak/rest.h"

struct kotak_broker_options {
	struct kotak_session *session;
	struct rest *rest;
	/* The master of today, or NULL while there is none; asked anew for each request: a place without one is refused as not sent. */
	const struct master *(*master)(void *ctx);
	const struct core *core;         /* instruments by id, and its orders, taken over by kotak_broker_start() */
	nanos_t poll_quiet, poll_busy;   /* of the order book: without and with live orders; 0 = 30 s, 2 s (1 s while the order feed is down) */
	bool lost_tail;                  /* the core's state came back from a copy: newer orders may be at the broker, also under a tag that it replaced */
	void (*note)(void *ctx, const char *text); /* a sentence for the operator; each kind once a minute at most */
	void *ctx;
};
/* Emits EVENT_ORDER, EVENT_FILL, EVENT_FUNDS and EVENT_LINK (LINK_BROKER up: session up, order book, trades and positions read whole since the last
 * login, order feed up or polling in its place; down: with the reason). LINK_BROKER never goes up before kotak_broker_start(). emit is called from within the
 * port's requests and from the loop alike: the owner queues. */
int kotak_broker_open(const struct kotak_broker_options *o, broker_emit *emit, void *emit_ctx, struct broker **ret);
void kotak_broker_start(struct broker *b);
/* What the broker says an order would need, were it placed now; nothing is placed. done() is called once and later: NUM_UNKNOWN with the reason when it
 * does not tell. ERR_CLOSED without a session, ERR_NOENT for a contract that is not in today's master: then it is not called. */
typedef void kotak_margin_done(void *ctx, money_t needs, const char *why);
int kotak_broker_margin(struct broker *b, const struct order_request *r, uint32_t instrument, kotak_margin_done *done, void *ctx);
/* The account's books, for the API and doctor. */
struct kotak_broker_stats {
	uint64_t placed, modified, cancelled, unknown, absent_proven, resent, foreign_orders, foreign_fills, rows_bad, frames, frames_bad, duplicates, reconnects, polls;
	bool feed_up, books_read;
	nanos_t feed_heard, book_read, funds_read; /* 0 = never */
};
void kotak_broker_stats(const struct broker *b, struct kotak_broker_stats *ret);
/* From an order's request, as it left, to the broker's answer, whatever that said, or to where none was waited for any more. */
enum kotak_request { KOTAK_PLACE, KOTAK_MODIFY, KOTAK_CANCEL, KOTAK_REQUESTS };
const struct histogram *kotak_broker_round_trip(const struct broker *b, enum kotak_request kind);
/* The broker's net position of every contract, as read last; returns their number. stamp 0 = never read. */
struct kotak_position { char symbol[32]; uint32_t instrument /* INSTRUMENT_NONE: not one of ours */; char product[8]; qty_t net; money_t buy_value, sell_value; };
size_t kotak_broker_positions(const struct broker *b, struct kotak_position *ret, size_t max, nanos_t *ret_stamp);
