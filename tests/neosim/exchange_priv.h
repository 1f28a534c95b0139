/* What the exchange's own files share. An order walks through steps, each due at an instant; matching has a timer of its own, so that a
 * fill can cross a modification or a cancel. */
#pragma once

#include "lib/base/stamp.h"
#include "tests/neosim/calendar.h"
#include "tests/neosim/exchange.h"

enum step { STEP_NONE, STEP_APPEAR, STEP_AMO, STEP_VALIDATE, STEP_RISK, STEP_EXCHANGE, STEP_MODIFY_CHECK, STEP_MODIFY_DO, STEP_MODIFY_END, STEP_CANCEL };

struct order {
	struct sim_order o;          /* first: what the outside sees */
	enum step step, paused;      /* paused: what goes on once a hidden order appears */
	int64_t due, match_at;       /* STAMP_NEVER = no timer */
	bool at_exchange;            /* can be matched or triggered */
	bool untriggered;            /* a stop that waits for its price */
	bool resting;                /* has looked at the book once: from now on it is filled at its own price */
	bool waited;                 /* an AMO that has been released */
	bool cancel_wanted, modify_wanted; /* asked for before the exchange had it */
	struct sim_request wanted;   /* terms of the modification under way */
	int64_t blocked;             /* margin for the whole quantity */
};

struct position {
	struct sim_position p;       /* first */
	int64_t mark;                /* price at the last close */
};

/* What our own fills took from a shown level while the quote has not changed. */
struct taken { const struct scrip *scrip; uint64_t changes; char side; int64_t qty; };
#define TAKEN 16

#define SIM_EXCHANGE_MAGIC 0x58434847u
struct exchange {
	uint32_t magic;
	struct exchange_options opt;
	struct market *market;
	const struct sim_clock *clock;
	struct exchange_events events;
	int32_t date;
	uint64_t random, numbers;    /* numbers: of today */
	struct order **order;
	size_t n_orders, cap_orders;
	struct order **live;         /* those not terminal, in order of receipt */
	size_t n_live, cap_live;
	struct sim_trade **trade;
	size_t n_trades, cap_trades;
	struct position **position, **past; /* past: of days gone by, kept because pointers to them were given out */
	size_t n_positions, cap_positions, n_past, cap_past;
	struct taken taken[TAKEN];
	unsigned next_taken;
	int64_t cash;
	bool squared[2], closed;     /* today: MIS of cash [0] and derivatives [1] blocked; derivatives closed and settled */
	int64_t square_at[2];        /* the next look at MIS positions, once squared */
	char refusal[192];           /* a fault */
	unsigned refusals;
};

static inline bool is_option(const struct scrip *s) { return s->option[0] == 'C' || s->option[0] == 'P'; }
static inline int64_t exchange_now(const struct exchange *x) { return sim_now(x->clock); }

/* exchange.c */
void *exchange_grow(void *list, size_t n, size_t *cap); /* of pointers; asserts that memory lasts */
void exchange_show(struct exchange *x, struct order *o, enum sim_status status); /* the step everyone sees */
void exchange_end(struct exchange *x, struct order *o, enum sim_status status, const char *reason); /* terminal */
struct order *exchange_enter(struct exchange *x, const struct sim_request *r, bool ours);

/* exchange_steps.c */
void exchange_step(struct exchange *x, struct order *o);
void exchange_begin_cancel(struct exchange *x, struct order *o);
void exchange_begin_modify(struct exchange *x, struct order *o, const struct sim_request *wanted);

/* exchange_rules.c: NULL = fine, else the reason; `text` holds 192 bytes for one that has to be written. */
const char *exchange_risk(struct exchange *x, const struct order *o, const struct sim_request *r, char *text);
const char *exchange_accepts(const struct exchange *x, const struct order *o, const struct sim_request *r);
const char *exchange_price_protection(const struct exchange *x, const struct scrip *s, int64_t price);
/* A market order becomes a limit: false without a last price. */
bool exchange_protect(const struct exchange *x, const struct scrip *s, struct sim_request *r);

/* exchange_match.c */
void exchange_match(struct exchange *x, struct order *o);

/* exchange_margin.c */
struct position *exchange_position_of(struct exchange *x, const struct scrip *s, const char *product); /* made when missing */
int64_t position_net(const struct sim_position *p);
int64_t position_realised(const struct sim_position *p);
int64_t position_unrealised(const struct sim_position *p, int64_t price);
int64_t exchange_available(const struct exchange *x);
int64_t exchange_need(const struct exchange *x, const struct order *self, const struct sim_request *r); /* self: left out of what is pending; may be NULL */

/* exchange_session.c */
void exchange_session(struct exchange *x);
int64_t exchange_session_next(const struct exchange *x);
int64_t exchange_order_ends(const struct exchange *x, const struct order *o); /* stamp at which a day order is cancelled */
bool exchange_takes_orders(const struct exchange *x, const struct scrip *s);   /* open, or collecting orders before the open */
bool exchange_trades_now(const struct exchange *x, const struct scrip *s);
int64_t exchange_next_open(const struct exchange *x, const struct scrip *s);
const struct scrip *exchange_underlying(const struct exchange *x, const struct scrip *s); /* NULL = none listed */
bool exchange_is_cash(int segment);
