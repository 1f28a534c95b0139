/* Everything that happens. An event is plain data of a fixed layout (little-endian, explicit padding): the same bytes
 * go through core_step() and into the journal. Prices 1/10,000 rupee, quantities in units, times UTC ns. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/base/stamp.h"
#include "lib/core/instrument.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "journal bytes are little-endian structs");

/* The head of every journal record, event or action. `seq` is dense and assigned by the engine. */
struct record {
	uint64_t seq;
	nanos_t stamp;
	uint16_t kind;       /* enum event_kind below 64, enum action_kind from 64 */
	uint16_t flags;
	uint32_t instrument; /* INSTRUMENT_NONE when the record is not about one */
};

enum event_kind {
	EVENT_NONE,
	EVENT_START,      /* a process begins: mode, epoch, seed, config identity */
	EVENT_STRATEGY,   /* defines or redefines strategy number `index` */
	EVENT_INSTRUMENT, /* defines an instrument */
	EVENT_SESSION,    /* a trading day begins or ends */
	EVENT_TICK,
	EVENT_DEPTH,      /* follows its tick */
	EVENT_BAR,        /* a closed bar from a feed that has bars only; stamp = end of bar */
	EVENT_TIMER,      /* core_wake_at() was reached */
	EVENT_ORDER,      /* the broker's report on one order */
	EVENT_FILL,       /* one execution */
	EVENT_LINK,       /* a feed or broker connection came up or went down */
	EVENT_FUNDS,      /* the broker's limits */
	EVENT_COMMAND,    /* an operator's order; this record is the audit entry */
	EVENT_FEED_END,   /* replay only: no more data */
	EVENT_FOREIGN,    /* what the account holds of a contract beyond what this engine traded */
	EVENT_ACCOUNT,    /* which of the account's books are read, and whether the clocks agree */
	EVENT_MANUAL,     /* a person's order, or the cancel of one; this record is the audit entry */
	EVENT_ADOPT,      /* what the broker's books prove that others did in a contract: it may become a book of ours, or one that became ours ends */
	EVENT_COUNT,
};

enum engine_mode { MODE_DEMO, MODE_REPLAY, MODE_PAPER, MODE_LIVE };

struct event_start {
	uint32_t mode;           /* enum engine_mode */
	uint32_t epoch;          /* grows with every start; part of every order tag */
	uint64_t seed;
	uint64_t config_hash;    /* of strategies, parameters, limits */
	uint64_t tables_hash;    /* of the market tables */
	money_t capital;
	nanos_t feed_step;       /* coarseness of the data: 0 for ticks, 60 s for minute bars */
	uint32_t flags;          /* enum start_flag */
	uint32_t pad;
	char build[32];
	char source[96];         /* data file or feed, for people */
};
enum start_flag {
	START_ASSUME_UNKNOWN = 1 << 0, /* replay and demo: an unknown lot, charge or calendar day is assumed, not denied */
	START_QUIET          = 1 << 1, /* backtest: no OUTCOME_BAR, no minute-by-minute OUTCOME_EQUITY */
	START_FOREIGN_IGNORE = 1 << 2, /* what people and the broker trade in the account holds back no entry */
	START_FOREIGN_ADOPT  = 1 << 3, /* it becomes a book of ours */
	START_AFTER_MARKET   = 1 << 4, /* strategies look on after the close, on copies: a dry run (dry.c) */
};

#define STRATEGY_PARAMS_MAX 48
struct event_strategy {
	uint32_t index;
	uint32_t commons;    /* how many common parameters its params begin with; 0 = as many as the first builds had (strategy.h) */
	char ops[24];        /* built-in name, "amd" */
	char id[24];         /* "amd" or the operator's name for this instance */
	char underlying[16]; /* symbol of the instrument that gives the signals */
	int64_t params[STRATEGY_PARAMS_MAX]; /* common parameters first, then the strategy's own; see strategy.h */
};

enum session_edge { SESSION_BEGIN = 1, SESSION_END = 2 };
enum session_flag {
	SESSION_ASSUMED  = 1 << 0, /* from the file's own bars or a nearest row, not from the calendar */
	SESSION_NO_TRADE = 1 << 1, /* muhurat and other sessions where strategies take no entry */
	SESSION_HISTORY  = 1 << 2, /* a past day whose bars follow (BAR_HISTORY): windows begin anew, the account's day does not */
};
struct event_session {
	date_t date;
	uint16_t edge;       /* enum session_edge */
	uint16_t flags;      /* enum session_flag */
	nanos_t open, close; /* of continuous trading in the traded segment */
};

enum tick_flag {
	TICK_OPEN_OF_BAR = 1 << 0, /* record.flags: open of a bar whose EVENT_BAR follows; updates the quote, not the bars */
	TICK_STALE       = 1 << 1, /* record.flags: repeats an old price; proof of life only */
};
struct event_tick {
	price_t last, bid, ask;    /* 0 = none */
	qty_t bid_qty, ask_qty;    /* 0 = not known */
	qty_t last_qty;
	int64_t volume;            /* the day's running total, units */
	int64_t oi;
	nanos_t exchange_stamp;    /* 0 = not given */
};

#define DEPTH_LEVELS 5
struct depth_level { price_t price; qty_t qty; };
struct event_depth { struct depth_level bid[DEPTH_LEVELS], ask[DEPTH_LEVELS]; }; /* best first; price 0 = no level */

struct bar {
	nanos_t start;
	price_t open, high, low, close;
	int64_t volume;            /* of the bar, units */
};
/* What was missed, told later: it warms windows and indicators. No strategy may act on it, no stop looks at it, no quote is made of it. */
enum bar_flag { BAR_HISTORY = 1 << 0 /* record.flags */ };
struct event_bar {
	struct bar bar;
	int64_t oi;
	uint32_t interval_s;
	uint32_t pad;
};

/* The order's life; design.md "Order life". */
enum order_state {
	ORDER_NEW, ORDER_DENIED, ORDER_INTENT, ORDER_SENT, ORDER_UNKNOWN, ORDER_ABSENT, ORDER_PENDING, ORDER_TRIGGER_PENDING,
	ORDER_OPEN, ORDER_PARTIAL, ORDER_FILLED, ORDER_CANCELLED, ORDER_REJECTED, ORDER_EXPIRED, ORDER_STATES,
};

#define BROKER_REF_TEXT 24
#define REASON_TEXT 64
enum order_report {
	REPORT_SENT,             /* the request left the process */
	REPORT_ACCEPTED,         /* pending at the broker */
	REPORT_OPEN,
	REPORT_TRIGGER_PENDING,
	REPORT_MODIFIED,
	REPORT_MODIFY_REJECTED,
	REPORT_CANCELLED,
	REPORT_CANCEL_REJECTED,
	REPORT_REJECTED,
	REPORT_EXPIRED,
	REPORT_UNKNOWN,          /* the outcome of a request is not known */
	REPORT_ABSENT,           /* absence proven by two complete books */
	REPORT_KINDS,
};
struct event_order {
	uint64_t order;          /* our intent number */
	uint32_t report;         /* enum order_report */
	uint32_t other_terms;    /* 1 = trigger, quantity or kind at rest are not what was asked for; the price is told below */
	qty_t filled;            /* cumulative, as the broker reports it; -1 = not told */
	price_t price;           /* resting price after a modify; 0 = not told */
	char broker_ref[BROKER_REF_TEXT];
	char reason[REASON_TEXT];
};

enum side { SIDE_BUY, SIDE_SELL };
struct event_fill {
	uint64_t order;          /* our intent number; 0 = not ours */
	uint64_t trade;          /* unique trade id of the day */
	uint32_t side;           /* enum side */
	uint32_t pad;
	qty_t qty;               /* > 0 */
	price_t price;
	char broker_ref[BROKER_REF_TEXT];
};

/* LINK_JOURNAL: up unless told; down = the journal has nothing in reserve, the disk is full or failing. */
enum link { LINK_FEED, LINK_BROKER, LINK_JOURNAL, LINK_COUNT };
struct event_link { uint32_t link, up; char reason[REASON_TEXT]; };

struct event_funds { money_t cash, margin_used, collateral; }; /* NUM_UNKNOWN where not told */

/* Units of one contract that are in no book of ours, by who moved them; bought is positive. All zero: nothing any more. */
struct event_foreign {
	char symbol[40];
	char underlying[16];
	qty_t manual;            /* traded today by people */
	qty_t broker;            /* traded today when the broker closes intraday positions */
	qty_t unexplained;       /* held beyond our books and those two */
	uint32_t orders;         /* of others, at work */
	uint32_t pad;
	qty_t ours;              /* what our books held when the positions were compared with them; NUM_UNKNOWN: they were not now */
};

enum account_book {
	ACCOUNT_ORDERS    = 1 << 0,
	ACCOUNT_TRADES    = 1 << 1,
	ACCOUNT_POSITIONS = 1 << 2,
	ACCOUNT_FUNDS     = 1 << 3,
	ACCOUNT_COMPARED  = 1 << 4, /* positions against our books: equal, or the difference is told */
	ACCOUNT_ALL       = (1 << 5) - 1,
};
struct event_account {
	uint32_t unread;         /* enum account_book: not yet since the newest login */
	uint32_t apart;          /* 1 = the wall clock was set, or is not the broker's */
	nanos_t offset;          /* the broker's clock less ours; NUM_UNKNOWN */
};

#define ADOPT_ORDERS_TEXT 64
struct event_adopt {
	uint32_t product;        /* enum product, of the position (charges.h) */
	uint32_t pad;
	qty_t qty;               /* held under that product beyond our books; bought is positive */
	qty_t ours;              /* what our books held of the contract when the positions were compared with them */
	price_t price;           /* average of the trades that made it; 0 = not told */
	char orders[ADOPT_ORDERS_TEXT]; /* numbers of others' orders that made it, the newest; "..." when there are more */
};

enum command {
	COMMAND_PAUSE,           /* no new entries; exits live on */
	COMMAND_RESUME,
	COMMAND_KILL_STOP,       /* pause + cancel every open entry order */
	COMMAND_KILL_FLATTEN,    /* flatten and lock; survives restart */
	COMMAND_SHUTDOWN,        /* value = enum shutdown_positions */
	COMMAND_STRATEGY_PAUSE,  /* index, value = 0 or PAUSE_REMOVED */
	COMMAND_STRATEGY_RESUME, /* index */
	COMMAND_STRATEGY_PARAM,  /* index, param, value */
	COMMAND_LIMIT,           /* param = enum limit, value */
	COMMAND_ACKNOWLEDGE,     /* index of core_state.foreign, value = its quantity; ACKNOWLEDGE_NOT_FLAT, value = core_state.not_flat.times */
	COMMAND_STOP_PROBE,      /* value = 1: a stop may rest without margin for a short; 0: it may not */
	COMMAND_KINDS,
};
#define ACKNOWLEDGE_NOT_FLAT UINT32_MAX
#define PAUSE_REMOVED 1  /* value of a strategy's pause: it is in the settings no longer */
#define KILL_LEFT_OPEN 1 /* value of a kill: whoever closed positions in the engine's place ended before all were */
enum shutdown_positions { SHUTDOWN_FLATTEN, SHUTDOWN_KEEP };
#define PRINCIPAL_TEXT 24
struct event_command {
	uint64_t request;        /* who waits for the reply; 0 = nobody */
	uint32_t command;        /* enum command */
	uint32_t index;          /* strategy */
	uint32_t param;
	uint32_t pad;
	int64_t value;
	char principal[PRINCIPAL_TEXT]; /* "uid:1000", "token:dash", "signal", "watchdog" */
	char reason[REASON_TEXT];
};

/* head.instrument names the contract. The same key never places twice, also across a restart. */
#define MANUAL_KEY_TEXT 72
struct event_manual {
	uint64_t request;        /* who waits for the reply; 0 = nobody */
	uint64_t cancel;         /* our intent number of the order to cancel; 0 = place one */
	uint32_t side;           /* enum side */
	uint32_t product;        /* enum product (charges.h) */
	qty_t qty;
	price_t price;           /* limit; 0 = what the market gives now */
	char key[MANUAL_KEY_TEXT];
	char principal[PRINCIPAL_TEXT];
	char reason[REASON_TEXT];
};

struct event {
	struct record head;
	union {
		struct event_start start;
		struct event_strategy strategy;
		struct instrument instrument;
		struct event_session session;
		struct event_tick tick;
		struct event_depth depth;
		struct event_bar bar;
		struct event_order order;
		struct event_fill fill;
		struct event_link link;
		struct event_funds funds;
		struct event_command command;
		struct event_foreign foreign;
		struct event_account account;
		struct event_manual manual;
		struct event_adopt adopt;
	};
};

/* Bytes of the payload that kind carries; 0 for kinds without one and for unknown kinds. */
size_t event_payload_size(uint16_t kind);

/* The same, for a kind that is known when this is compiled. */
static inline size_t event_size_of(uint16_t kind)
{
	switch (kind) {
	case EVENT_START:      return sizeof(struct event_start);
	case EVENT_STRATEGY:   return sizeof(struct event_strategy);
	case EVENT_INSTRUMENT: return sizeof(struct instrument);
	case EVENT_SESSION:    return sizeof(struct event_session);
	case EVENT_TICK:       return sizeof(struct event_tick);
	case EVENT_DEPTH:      return sizeof(struct event_depth);
	case EVENT_BAR:        return sizeof(struct event_bar);
	case EVENT_ORDER:      return sizeof(struct event_order);
	case EVENT_FILL:       return sizeof(struct event_fill);
	case EVENT_LINK:       return sizeof(struct event_link);
	case EVENT_FUNDS:      return sizeof(struct event_funds);
	case EVENT_COMMAND:    return sizeof(struct event_command);
	case EVENT_FOREIGN:    return sizeof(struct event_foreign);
	case EVENT_ACCOUNT:    return sizeof(struct event_account);
	case EVENT_MANUAL:     return sizeof(struct event_manual);
	case EVENT_ADOPT:      return sizeof(struct event_adopt);
	default:               return 0;
	}
}

const char *event_kind_name(uint16_t kind); /* "tick"; "unknown" */

/* Zeroes head and payload and sets kind, stamp and instrument; seq stays 0 until the engine posts it. */
static inline void event_init(struct event *e, enum event_kind kind, nanos_t stamp, uint32_t instrument)
{
	memset(e, 0, sizeof(e->head) + event_size_of((uint16_t)kind));
	e->head.kind = (uint16_t)kind;
	e->head.stamp = stamp;
	e->head.instrument = instrument;
}

const char *order_state_name(enum order_state s);   /* "trigger_pending" */
const char *order_report_name(enum order_report r);
const char *command_name(enum command c);           /* "kill_flatten" */
