/* The truth of the simulator: one Kotak Neo account, its exchange and its market, as bytes over HTTP and websockets in virtual time. Written from
 * kotak-neo-api.md alone: it shares no struct, enum or code with lib/kotak, lib/broker/kotak, lib/feed/kotak or tests/neosim, or it would share their misreadings.
 * One thread, no clock, no allocation that outlives it, no float in money; same seed and same calls, same bytes.
 * What a wire does to bytes (lost, late, cut, doubled, out of order) is the world's business (world.h); what the broker does with them is decided here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t sim_ns;    /* virtual UTC ns */
typedef int64_t sim_paise;

/* Chances are per million of the occasions named; 0 = never. Times are virtual ns. */
struct sim_dials {
	/* place, modify, cancel */
	uint32_t error_after_accept;   /* done, then 500, 502, 503, 504 or 403 with a gateway's page */
	uint32_t error_before;         /* not done, the same answers */
	uint32_t late_materialise;     /* accepted, answered 504, in no book before late_most has passed at the latest */
	sim_ns late_most;
	uint32_t body_cut, body_html, body_empty;  /* done, 200, and then that body */
	uint32_t reject_at_once, reject_late;      /* stat Not_Ok with a known code; accepted and then rejected by RMS or exchange (a change: refused, the order stands as it was) */
	uint32_t too_many;             /* 429, with and without Retry-After */
	/* books and their rows */
	uint32_t stale_book, empty_book, vanish_row, page_cut;
	sim_ns stale_most;
	uint32_t tag_cut, tag_replaced, new_status, field_missing, field_type;
	/* order feed */
	uint32_t feed_silent, feed_no_ack, feed_first; /* feed_first: the frame goes out before the place is answered */
	/* fills */
	uint32_t partial, no_trade_id, overfill, trade_bust;
	/* market */
	uint32_t circuit_lock, halt, illiquid, gap, bad_tick, market_silent;
	/* session and people */
	uint32_t session_ends, session_stolen, login_fails, ip_mismatch, manual_trade;
	bool rms_square_off;           /* MIS squared off by the broker from 15:20, racing ours */
};

/* One for each field of struct sim_dials, in its order. The two times are never struck. */
enum sim_dial {
	SIM_ERROR_AFTER_ACCEPT, SIM_ERROR_BEFORE, SIM_LATE_MATERIALISE, SIM_LATE_MOST, SIM_BODY_CUT, SIM_BODY_HTML, SIM_BODY_EMPTY,
	SIM_REJECT_AT_ONCE, SIM_REJECT_LATE, SIM_TOO_MANY,
	SIM_STALE_BOOK, SIM_EMPTY_BOOK, SIM_VANISH_ROW, SIM_PAGE_CUT, SIM_STALE_MOST,
	SIM_TAG_CUT, SIM_TAG_REPLACED, SIM_NEW_STATUS, SIM_FIELD_MISSING, SIM_FIELD_TYPE,
	SIM_FEED_SILENT, SIM_FEED_NO_ACK, SIM_FEED_FIRST,
	SIM_PARTIAL, SIM_NO_TRADE_ID, SIM_OVERFILL, SIM_TRADE_BUST,
	SIM_CIRCUIT_LOCK, SIM_HALT, SIM_ILLIQUID, SIM_GAP, SIM_BAD_TICK, SIM_MARKET_SILENT,
	SIM_SESSION_ENDS, SIM_SESSION_STOLEN, SIM_LOGIN_FAILS, SIM_IP_MISMATCH, SIM_MANUAL_TRADE, SIM_RMS_SQUARE_OFF,
	SIM_DIAL_COUNT,
};
const char *sim_dial_name(enum sim_dial dial);                          /* the field's */
uint32_t *sim_dial_chance(struct sim_dials *d, enum sim_dial dial);     /* NULL for the two times and the bool */

struct sim_broker;
struct sim_broker_options {
	uint64_t seed;
	sim_ns begin;                  /* of the virtual clock */
	struct sim_dials dials;        /* as of now; sim_broker_dials() changes them later */
	sim_paise cash;
	uint64_t reroll;               /* other dice for the faults; 0 = the seed's own */
	bool (*strikes)(enum sim_dial dial, bool would); /* somebody overrules the dice; NULL = nobody */
	/* A frame leaves for the websocket `connection`. */
	void (*frame)(void *ctx, uint32_t connection, bool binary, const void *bytes, size_t len);
	void (*closed)(void *ctx, uint32_t connection); /* by the server */
	void *ctx;
};
struct sim_broker *sim_broker_new(const struct sim_broker_options *o);
void sim_broker_free(struct sim_broker **b);
void sim_broker_dials(struct sim_broker *b, const struct sim_dials *d);

/* The account, as the client must present it; constants of the model. */
struct sim_account { const char *consumer_key, *mobile, *ucc, *mpin, *totp_secret, *base_url /* of every host there is */; };
const struct sim_account *sim_broker_account(void);

/* A whole request reached the server. The answer is valid until the next call. */
struct sim_header { const char *name, *value; };
struct sim_request { const char *method, *url; const struct sim_header *headers; size_t n_headers; const char *body; size_t body_len; };
struct sim_answer { int status; const char *body; size_t len; char content_type[64], retry_after[32]; sim_ns date; };
void sim_broker_http(struct sim_broker *b, sim_ns now, const struct sim_request *r, struct sim_answer *ret);

/* Websockets: the url says which (order feed, market feed). */
bool sim_broker_ws_open(struct sim_broker *b, sim_ns now, uint32_t connection, const char *url);
void sim_broker_ws_text(struct sim_broker *b, sim_ns now, uint32_t connection, const char *text, size_t len);
void sim_broker_ws_close(struct sim_broker *b, uint32_t connection);

/* Market, matching, feeds, square-off: the next instant at which something happens there, and all of it up to `now`. */
sim_ns sim_broker_due(const struct sim_broker *b);
void sim_broker_run(struct sim_broker *b, sim_ns now);

/* -- the ledger, for checks only ------------------------------------------------------------------------------------------------- */

enum sim_actor { SIM_OURS, SIM_HUMAN, SIM_RMS };
enum sim_status { SIM_PENDING, SIM_OPEN, SIM_TRIGGER, SIM_FILLED, SIM_CANCELLED, SIM_REJECTED };
struct sim_order {
	char number[24], tag[24] /* as it came in `ig` */, symbol[40];
	enum sim_actor actor;
	enum sim_status status;
	bool sell, hidden /* late: in no book yet */;
	char product[8];
	int64_t qty, filled;
	sim_paise price, trigger, value /* sum of fills */;
	sim_ns accepted, changed;
};
struct sim_trade { char order[24], id[24], symbol[40]; bool sell; int64_t qty; sim_paise price; sim_ns at; enum sim_actor actor; bool busted; };
struct sim_position { char symbol[40], product[8]; int64_t net, ours; sim_paise cash /* of all its trades */; };
size_t sim_broker_orders(const struct sim_broker *b, const struct sim_order **ret);
size_t sim_broker_trades(const struct sim_broker *b, const struct sim_trade **ret);
size_t sim_broker_positions(const struct sim_broker *b, const struct sim_position **ret);
struct sim_counts { uint64_t requests, places, modifies, cancels, accepted, rejected, fills, logins, frames; uint32_t most_in_a_second /* orders, modifies, cancels */; uint64_t struck[64] /* by dial, in order of struct sim_dials */; };
void sim_broker_counts(const struct sim_broker *b, struct sim_counts *ret);
