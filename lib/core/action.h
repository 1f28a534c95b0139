/* What core_step() wants done, and what it wants remembered. Requests go to the broker port after the journal holds
 * them; outcomes are records for the store, the dashboard and the operator. Fixed layout, as events. */
#pragma once

#include "lib/core/charges.h"
#include "lib/core/event.h"

enum action_kind {
	ACTION_PLACE = 64,   /* struct order_request */
	ACTION_MODIFY,       /* struct order_request: same id, new price */
	ACTION_CANCEL,       /* struct order_request: id and instrument matter */
	OUTCOME_ORDER = 72,  /* an order after a change of state */
	OUTCOME_FILL,        /* an own fill with its charges */
	OUTCOME_TRADE,       /* a closed round trip */
	OUTCOME_DECISION,    /* a signal: taken, or refused with its reason */
	OUTCOME_EQUITY,      /* account value, once a minute and at each fill */
	OUTCOME_BAR,         /* a closed bar of a series a strategy watches */
	OUTCOME_STATE,       /* the engine's own state changed */
	OUTCOME_ALERT,       /* something a person must hear */
	OUTCOME_REPLY,       /* the answer to EVENT_COMMAND.request */
	OUTCOME_DAY,         /* end of a trading day */
	ACTION_COUNT_END,
};

#define ORDER_TAG_TEXT 16
#define STRATEGY_MANUAL UINT32_MAX

enum order_type { ORDER_LIMIT, ORDER_SL };
enum order_purpose { PURPOSE_ENTRY, PURPOSE_EXIT, PURPOSE_STOP, PURPOSE_MANUAL };

struct order_request {
	uint64_t order;          /* intent number, unique within the epoch */
	char tag[ORDER_TAG_TEXT];/* base36(epoch, intent): the broker's `ig`, NUL-terminated */
	uint32_t strategy;       /* index, STRATEGY_MANUAL */
	uint8_t side;            /* enum side */
	uint8_t type;            /* enum order_type */
	uint8_t purpose;         /* enum order_purpose */
	uint8_t product;         /* enum product (charges.h) */
	qty_t qty;
	price_t price;           /* limit, on the tick */
	price_t trigger;         /* SL only */
};

struct outcome_order {
	struct order_request request;
	uint32_t state;          /* enum order_state */
	uint32_t modifies;
	qty_t filled;
	price_t average;         /* 0 until filled */
	nanos_t created;
	char broker_ref[BROKER_REF_TEXT];
	char reason[REASON_TEXT];/* entry or exit reason, then the broker's words when it refuses */
};

struct outcome_fill {
	uint64_t order, trade;
	uint32_t strategy;
	uint32_t side;
	qty_t qty;
	price_t price;
	qty_t position;          /* own book after this fill, signed */
	struct charge_set charges;
};

enum exit_reason {
	EXIT_NONE, EXIT_KILL, EXIT_SHUTDOWN, EXIT_DAY_LOSS, EXIT_SQUARE_OFF, EXIT_INDEX_STOP, EXIT_OPTION_STOP, EXIT_TRAILING_STOP,
	EXIT_TARGET, EXIT_SIGNAL, EXIT_MANUAL, EXIT_EXPIRY,
	EXIT_DRAWDOWN, EXIT_PROFIT_LOCK, EXIT_REASONS,
};

/* Padded with NULs, so that it is copied whole. */
struct reason_text { char text[REASON_TEXT]; };

struct outcome_trade {
	uint64_t number;         /* dense, from 1 */
	uint32_t strategy;
	uint32_t exit_reason;    /* enum exit_reason */
	uint32_t side;           /* of the entry */
	uint32_t incomplete;     /* bit set of enum charge_kind that are not known; 0 = net is exact */
	qty_t qty;
	price_t entry, exit;     /* averages, rounded */
	nanos_t entered, left;
	money_t gross, charges, net;
	price_t index_stop, signal_price;
};

struct outcome_decision {
	uint32_t strategy;
	uint32_t refusal;        /* enum refusal; REFUSAL_NONE = taken */
	int32_t direction;       /* +1 bullish, -1 bearish */
	uint32_t lots;
	price_t close;           /* of the signal bar */
	price_t index_stop, index_target;
	price_t stop, target;    /* on the traded contract; 0 = none */
	price_t premium;         /* price the sizing used */
	uint64_t order;          /* 0 when refused */
};

struct outcome_equity {
	money_t equity;          /* capital + realised - charges + unrealised */
	money_t realised, unrealised, charges; /* since the engine's beginning; unrealised NUM_UNKNOWN without a price */
	money_t day_pnl;         /* net of charges */
	money_t cash_free;
};

struct outcome_bar { struct bar bar; uint32_t interval_s, pad; };

enum engine_state { ENGINE_STARTING, ENGINE_RUNNING, ENGINE_PAUSED, ENGINE_STOPPED, ENGINE_LOCKED, ENGINE_STOPPING, ENGINE_FLAT, ENGINE_STATES };
struct outcome_state {
	uint32_t state;          /* enum engine_state */
	uint32_t strategy;       /* UINT32_MAX = the engine, else this strategy was paused (state) or resumed */
	char principal[PRINCIPAL_TEXT];
	char reason[REASON_TEXT];
};

enum alert { ALERT_DAY_LOSS, ALERT_NOT_FLAT, ALERT_EXIT_LATE, ALERT_LINK, ALERT_REJECTED, ALERT_ASSUMED, ALERT_FOREIGN, ALERT_LATE_FILL,
             ALERT_CLOCK, ALERT_DRAWDOWN, ALERT_PROFIT_LOCK, ALERT_RUNAWAY, ALERT_DELIVERY, ALERT_STOP, ALERT_KINDS };
struct outcome_alert { uint32_t alert; uint32_t strategy; int64_t value; char text[REASON_TEXT * 2]; };

struct outcome_reply {
	uint64_t request;
	uint32_t refusal;        /* enum refusal or 0 */
	int32_t err;             /* enum err */
	char text[REASON_TEXT];
};

struct outcome_day {
	date_t date;
	uint32_t trades;
	money_t gross, charges, net, equity;
	uint32_t incomplete, pad;
};

struct action {
	struct record head;
	union {
		struct order_request request;
		struct outcome_order order;
		struct outcome_fill fill;
		struct outcome_trade trade;
		struct outcome_decision decision;
		struct outcome_equity equity;
		struct outcome_bar bar;
		struct outcome_state state;
		struct outcome_alert alert;
		struct outcome_reply reply;
		struct outcome_day day;
	};
};

/* A list the engine hands to core_step(); the core never needs more than ACTIONS_PER_STEP slots in one step. */
#define ACTIONS_PER_STEP 512
struct actions { uint32_t count; struct action at[ACTIONS_PER_STEP]; };

/* 0 = unknown kind */
static inline size_t action_payload_size(uint16_t kind)
{
	switch (kind) {
	case ACTION_PLACE:
	case ACTION_MODIFY:
	case ACTION_CANCEL:    return sizeof(struct order_request);
	case OUTCOME_ORDER:    return sizeof(struct outcome_order);
	case OUTCOME_FILL:     return sizeof(struct outcome_fill);
	case OUTCOME_TRADE:    return sizeof(struct outcome_trade);
	case OUTCOME_DECISION: return sizeof(struct outcome_decision);
	case OUTCOME_EQUITY:   return sizeof(struct outcome_equity);
	case OUTCOME_BAR:      return sizeof(struct outcome_bar);
	case OUTCOME_STATE:    return sizeof(struct outcome_state);
	case OUTCOME_ALERT:    return sizeof(struct outcome_alert);
	case OUTCOME_REPLY:    return sizeof(struct outcome_reply);
	case OUTCOME_DAY:      return sizeof(struct outcome_day);
	default:               return 0;
	}
}

const char *action_kind_name(uint16_t kind);
const char *exit_reason_name(enum exit_reason r);   /* "index_stop" */
const struct reason_text *exit_reason_text(enum exit_reason r); /* the same; r < EXIT_REASONS (asserted) */
const char *engine_state_name(enum engine_state s); /* "running" */
const char *alert_name(enum alert a);

enum refusal {
#define REFUSAL(name, code, text) REFUSAL_##name,
#include "lib/core/refusal.tbl.h"
#undef REFUSAL
	REFUSAL_COUNT,
};
const char *refusal_code(enum refusal r);
const char *refusal_text(enum refusal r);
