/* Orders, matching, positions and money of one account: the truth the engine is measured against. Nothing here knows HTTP. */
#pragma once

#include "tests/neosim/market.h"

/* Life of an order as Kotak shows it; the text is what order book and feed carry. Steps follow one another with delays. */
enum sim_status {
	SIM_PUT_RECEIVED, SIM_VALIDATION_PENDING, SIM_OPEN_PENDING, SIM_OPEN, SIM_TRIGGER_PENDING, SIM_MODIFY_VALIDATION, SIM_MODIFY_PENDING,
	SIM_MODIFIED, SIM_NOT_MODIFIED, SIM_CANCEL_PENDING, SIM_NOT_CANCELLED, SIM_AMO_RECEIVED, SIM_COMPLETE, SIM_REJECTED, SIM_CANCELLED,
	SIM_AMO_CANCELLED, SIM_STATUSES,
};
const char *sim_status_text(enum sim_status s);
bool sim_status_terminal(enum sim_status s);

struct sim_request {             /* place; and modify with number set (full new values; qty = total) */
	char number[20];
	int segment;
	char symbol[32], product[8], type[8] /* L MKT SL SL-M */, validity[4], side /* B S */, tag[80];
	bool has_tag, amo;
	bool human;                  /* from the phone app, not through the API: the order is not `ours` */
	int64_t qty, price, trigger, disclosed; /* units, paise */
};

struct sim_order {
	uint64_t index;              /* dense, from 0, in order of receipt */
	char number[20];             /* YYMMDD + nine digits */
	char exchange_number[24];    /* "" until the exchange has it */
	struct sim_request asked;    /* present terms */
	char gui_id[80];             /* what GuiOrdId shows: the tag, later perhaps a server value */
	const struct scrip *scrip;
	enum sim_status status;
	char reason[192];            /* "--" = none */
	int64_t filled, cancelled, value; /* value: sum of qty * paise */
	int64_t entered, confirmed, updated; /* virtual ns; updated grows strictly for an order */
	bool ours;                   /* false: placed by the human or the broker through /sim/order */
	bool hidden;                 /* in no book: a fault (accepted, materialises later), or an order of a day gone by */
};

struct sim_trade { uint64_t order; char id[20]; int64_t qty, price, stamp; };

struct sim_position { const struct scrip *scrip; char product[8]; int64_t cf_buy, cf_sell, cf_buy_value, cf_sell_value, buy, sell, buy_value, sell_value; };

/* Paise. Available = cash + collateral + realised + unrealised - used - premium. `premium` is what open bought options cost; `unrealised` leaves
 * them out, since what they gained is no money before they are sold. */
struct sim_funds { int64_t cash, collateral, used, premium, realised, unrealised; };

struct exchange_options {
	int64_t cash;                /* paise */
	int64_t step_delay;          /* virtual ns between two status steps */
	int64_t fill_delay;
	bool partial_fills;          /* marketable orders take what the touch shows, then the next level */
	bool replace_tag;            /* GuiOrdId becomes a server value after modify or cancel */
	bool square_off;             /* MIS positions are closed by the broker, open MIS orders cancelled first: cash 15:20 (15:10 where shares close by auction), F&O 15:25 */
	uint64_t seed;
};

struct exchange;
/* place, modify and cancel show their first step before they return, the others come from exchange_advance(). order(): after each step of an order, in order. trade(): after a fill, before the order() that shows it. */
struct exchange_events { void (*order)(void *ctx, const struct sim_order *o); void (*trade)(void *ctx, const struct sim_order *o, const struct sim_trade *t); void (*position)(void *ctx, const struct sim_position *p); void *ctx; };
int exchange_open(const struct exchange_options *o, struct market *m, const struct sim_clock *clock, const struct exchange_events *e, struct exchange **ret);
void exchange_close(struct exchange **x);

/* 200, or the stCode the server answers at once (1004 1006 1007 1017 1021 5204 14 ...; section 2.4) with its text. Later refusals come as
 * SIM_REJECTED: margin, lot, tick, band, freeze, session closed, SL-M, unknown symbol. */
int exchange_place(struct exchange *x, const struct sim_request *r, const struct sim_order **ret, const char **ret_text);
int exchange_modify(struct exchange *x, const struct sim_request *r, const struct sim_order **ret, const char **ret_text);
int exchange_cancel(struct exchange *x, const char *number, bool amo, const struct sim_order **ret, const char **ret_text);

/* A price moved / time passed: match, take due steps, square off, end of day. */
void exchange_price(struct exchange *x, const struct scrip *s);
void exchange_advance(struct exchange *x);
int64_t exchange_next_at(const struct exchange *x);

size_t exchange_orders(const struct exchange *x);
const struct sim_order *exchange_order(const struct exchange *x, size_t i);
const struct sim_order *exchange_find(const struct exchange *x, const char *number);
size_t exchange_trades(const struct exchange *x);
const struct sim_trade *exchange_trade(const struct exchange *x, size_t i);
size_t exchange_positions(const struct exchange *x);
const struct sim_position *exchange_position(const struct exchange *x, size_t i);
void exchange_funds(const struct exchange *x, struct sim_funds *ret);
/* Margin a new order would need, paise: premium for bought options, a SPAN-like part of notional for futures and shorts (shorts with a
 * bought hedge need less, so closing the hedge first is refused), full value for CNC, a fifth for MIS shares. */
int64_t exchange_margin(const struct exchange *x, const struct sim_request *r);

/* Faults of the broker's inside (see faults.h): hide the order until `until`; invent a status; refuse all with a reason. */
void exchange_hide(struct exchange *x, const struct sim_order *o, int64_t until);
void exchange_refuse_next(struct exchange *x, const char *reason, unsigned times);
