/* Orders on Kotak's wire: jData texts out, rows of book, feed and trades in. Pure. kotak-neo-api.md 2.5-2.10, 3, 5.3. */
#pragma once

#include "lib/core/action.h"
#include "lib/kotak/master.h"
#include "lib/kotak/wire.h"

/* Bodies of place / modify / cancel as they go out, compact JSON in an encoded form, and the JSON of a margin question; the length, or 0 when it does not fit
 * or a price does not lie on the paisa. `qty` is the request's own; the modify's is the total including what is filled. LIMIT and SL only. */
#define ORDER_BODY_MAX 768
size_t order_place_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX]);
size_t order_modify_body(const struct order_request *r, const struct master_row *m, const char *number, char out[ORDER_BODY_MAX]);
size_t order_cancel_body(const char *number, char out[ORDER_BODY_MAX]);
/* An after-market order is cancelled as such: with "NO" the broker answers with a hash error. */
size_t order_cancel_amo_body(const char *number, const char *symbol, char out[ORDER_BODY_MAX]);
size_t order_margin_body(const struct order_request *r, const struct master_row *m, char out[ORDER_BODY_MAX]);

/* What the answer to a place says of the order. A repeated tag is in doubt: the first copy lives, and is found by it. TAKEN: the number is in it, or it is in doubt. */
enum order_outcome { ORDER_TAKEN, ORDER_NOT_TAKEN, ORDER_IN_DOUBT };
enum order_outcome order_outcome(const struct wire_answer *a);

/* Every status string of section 3.7; compared lower-cased and trimmed. WORKING_UNKNOWN: never seen before: recorded, polled, never terminal. */
enum row_status {
	ROW_RECEIVED, ROW_VALIDATING, ROW_OPEN_PENDING, ROW_OPEN, ROW_TRIGGER_PENDING, ROW_MODIFYING, ROW_MODIFIED, ROW_NOT_MODIFIED, ROW_CANCELLING,
	ROW_NOT_CANCELLED, ROW_AMO, ROW_COMPLETE, ROW_REJECTED, ROW_CANCELLED, ROW_WORKING_UNKNOWN, ROW_STATUSES,
};
enum row_status row_status_of(const char *text);
bool row_status_terminal(enum row_status s);

/* One order as book, single-order call, history or feed frame show it. */
struct order_row {
	char number[24], exchange_number[24], tag[64], symbol[32] /* of a share: its ticker, as the core knows it */, product[8], text[48] /* the status string as sent */, reason[96];
	enum segment segment;            /* SEGMENT_COUNT: a segment of Kotak's that is not traded here */
	uint32_t token;                  /* 0 = not told */
	enum row_status status;
	enum side side;
	qty_t qty, filled, cancelled;    /* units */
	price_t price, trigger, average; /* 0 = none */
	int64_t updated;                 /* updRecvTm: ns, as sent; 0 = not told */
	bool amo;
};
/* False: not believable (missing or malformed number, status, side, qty or filled; filled < 0 or > qty; unknown segment): *why names the field. `feed`: price, tag and reason may be missing. */
bool order_row_read(const cJSON *row, bool feed, struct order_row *ret, const char **why);

/* The order number of a row or an answer: letters and digits, never empty; false otherwise. */
bool order_number_read(const cJSON *row, const char *key, char *ret, size_t size);

struct trade_row {
	char number[24], id[32] /* "" when the row has none */, symbol[32];
	enum segment segment;
	enum side side;
	qty_t qty;
	price_t price;
	nanos_t stamp;                   /* 0 = not told */
};
bool trade_row_read(const cJSON *row, struct trade_row *ret, const char **why);
struct position_row {
	char symbol[32], product[8];
	enum segment segment;            /* SEGMENT_COUNT: not told, or not traded here */
	qty_t net;                       /* carried and of today */
	money_t buy_value, sell_value;
};
bool position_row_read(const cJSON *row, struct position_row *ret, const char **why); /* position_row.c */

/* flId and order number as the engine's trade id: stable, never 0. */
uint64_t trade_id(const struct trade_row *t);
uint64_t order_text_hash(const char *text);
